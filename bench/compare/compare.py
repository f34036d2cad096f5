"""Compare the index advice with other advisors on one workload.

    compare.py --name NAME --queries FILE --database KEYS=DATABASE ... --out FILE

Each database holds the same tables, vacuumed and analyzed, with other keys; KEYS
says which.  They have the extensions dbadvisor and hypopg.  FILE has the
statements, each after a line "-- query N".  All advisors see the same statements
with the same weight; every set of theirs is then built and judged by the
planner's cost, with true sizes within the budget.  The figures are appended to
FILE as lines of JSON, from which report.py makes tables.

A set whose true size exceeds the budget loses, in the order of choice, what does
not fit.  So do sets from folders of SQL files (--peers KEYS=FOLDER), as other tools
have recommended them: those are tried at every budget.
"""
import argparse
import glob
import json
import os
import sys
import time

import psycopg2

from database import Database, Sizes, body_of
from judge import Judge
from peers import WhatIf, body, db2advis, extend
from workload import read_queries, set_workload


def say(text):
    print(f"{time.strftime('%H:%M:%S')}  {text}", file=sys.stderr, flush=True)


def pairs(values):
    """KEYS=VALUE arguments as a dictionary."""
    return dict(value.split("=", 1) for value in values)


def ask_ours(database, budget, options):
    """Our recommendation: its indexes and what it says of itself."""
    started, clock = database.cpu(), time.monotonic()
    rows = database.rows("SELECT definition, summary, size_bytes FROM dbadvisor.search_indexes(storage_budget => %s,"
                         " max_columns => 3, time_limit => %s, max_indexes => NULL, min_saving => %s)"
                         " ORDER BY step", (budget, f"{options.seconds} s", options.saving))
    summary = rows[0][1]
    return {"advisor": "ours", "set": [body_of(r[0]) for r in rows[1:]],
            "predicted": [r[2] for r in rows[1:]], "cpu": database.cpu() - started,
            "wall": time.monotonic() - clock, "calls": summary["planner_calls"], "gap": summary.get("proven_gap"),
            "summary": summary, "finished": summary["complete"], "statements": summary["planned"]}


def ask_peer(what_if, name, budget, width, sizes, options):
    """Recommendation of a re-implemented peer."""
    what_if.begin(options.limit, sizes)
    if name.startswith("Extend"):
        config, finished = extend(what_if, budget, width)
    else:
        config, finished = db2advis(what_if, budget, width), True
    return {"advisor": name, "set": [body(i) for i in config], "cpu": what_if.seconds(),
            "calls": what_if.calls, "finished": finished}


def stored_sets(folder):
    """Sets of other tools, from SQL files."""
    for path in sorted(glob.glob(os.path.join(folder, "*.sql"))):
        with open(path) as file:
            lines = [s for s in file.read().split(";") if s.strip()]
        try:
            yield {"advisor": os.path.basename(path)[:-4], "set": [body_of(s) for s in lines], "stored": True}
        except ValueError as error:
            say(f"{path} left out: {error}")


def earlier_rows(path, name, keys, budgets):
    """What peers recommended in an earlier run, with their effort."""
    if path is None:
        return []
    with open(path) as file:
        rows = [json.loads(line) for line in file]
    return [r for r in rows if r["workload"] == name and r["keys"] == keys and r["budget"] in budgets
            and r["advisor"] != "ours"]


def ask_ours_everywhere(database, budgets, options):
    """Ours at every budget, while nothing is built yet."""
    return ask_everywhere({**budgets, None: None}, lambda budget: ask_ours(database, budget, options))


def ask_peers(database, queries, budgets, sizes, options):
    """The re-implemented peers at every budget."""
    what_if = WhatIf(database, queries)
    results = []
    for width in map(int, options.widths.split(",")):
        for label, source in (("", None), (", true sizes", sizes)):
            for name in ("DB2Advis", "Extend"):
                title = name + label + (f", width {width}" if width != 2 else "")
                results += ask_everywhere(budgets, lambda budget: ask_peer(what_if, title, budget, width, source, options))
    database.run("SELECT hypopg_reset()")
    return results


def ask_everywhere(budgets, ask):
    """What an advisor says at each budget.  A peer that did not finish with one would
    do the same with a greater one, and is not asked: its set counts there too."""
    results = []

    for percent, budget in budgets.items():
        result = ask(budget)
        result["budget"] = percent
        results.append(result)
        say(f"{result['advisor']} {percent or 'no budget'}: {len(result['set'])} indexes,"
            f" {result['cpu']:.2f} s of CPU, {result['calls']} calls")
        if not result["finished"] and result["advisor"] != "ours":
            break
    return results


def judge_all(judge, results, budgets):
    """Give each result its relative cost, true size and number of indexes at its
    budget; a stored set is judged at every budget."""
    for result in results:
        percents = budgets if result.get("stored") else [result["budget"]]
        for percent in percents:
            limit = budgets[percent] if percent else None
            try:
                kept = judge.fit(result["set"], limit) if limit else result["set"]
                yield {**result, "budget": percent, "fits": kept, "left_out": len(result["set"]) - len(kept),
                       "relative": judge.relative(kept), "bytes": judge.size(kept),
                       "built": [judge.build(b) for b in result["set"]]}
            except psycopg2.Error as error:
                say(f"{result['advisor']} left out: {str(error).splitlines()[0]}")
                judge.database.run("ROLLBACK")


def compare(options, keys, name, sizes):
    """One database: ask, judge, write."""
    database = Database(name)
    queries = read_queries(options.queries, set(options.skip.split(",")))
    columns = database.columns()
    for query in queries:
        query.find_columns(columns)
    judge = Judge(database, queries, sizes)
    set_workload(database, queries)
    database.run("SET dbadvisor.work_mem = %s", (options.memory,))
    tables = database.table_bytes()
    budgets = {p: int(tables * p / 100) for p in map(int, options.budgets.split(","))}
    say(f"{options.name}, {keys}: {len(queries)} statements, tables {tables / 1e6:.0f} MB")
    same = {"workload": options.name, "keys": keys, "tables": tables, "queries": len(queries),
            "without": judge.without}
    results = ask_ours_everywhere(database, budgets, options)
    judged = earlier_rows(options.earlier, options.name, keys, budgets)
    if any(r.get(key) != value for r in judged for key, value in same.items()):
        say("other rows or statistics than in the earlier run: peers' sets are judged anew")
        results += [r for r in judged if not r.get("stored")]
        judged = []
    elif not judged and not options.no_peers:
        results += ask_peers(database, queries, budgets, sizes, options)
    if keys in options.peers and not judged:
        results += stored_sets(options.peers[keys])
    say("judging")
    with open(options.out, "a") as file:
        for row in judge_all(judge, results, budgets):
            print(json.dumps({**row, **same}), file=file, flush=True)
        for row in judged:
            print(json.dumps(row), file=file)
    say("done")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--name", required=True)
    parser.add_argument("--queries", required=True)
    parser.add_argument("--database", action="append", required=True, metavar="KEYS=DATABASE")
    parser.add_argument("--peers", action="append", default=[], metavar="KEYS=FOLDER")
    parser.add_argument("--out", required=True)
    parser.add_argument("--skip", default="")
    parser.add_argument("--budgets", default="10,25,50,100")
    parser.add_argument("--widths", default="2", help="most columns of a peer's index")
    parser.add_argument("--limit", type=float, default=120, help="new CPU seconds of a peer's run")
    parser.add_argument("--seconds", type=int, default=60, help="time limit of ours")
    parser.add_argument("--memory", default="64MB", help="dbadvisor.work_mem of ours")
    parser.add_argument("--saving", type=float, default=0.0002, help="least saving of an index of ours")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--earlier", metavar="FILE", help="peers' sets from an earlier run's --out")
    options = parser.parse_args()
    options.peers = pairs(options.peers)
    sizes = Sizes()
    for keys, name in pairs(options.database).items():
        compare(options, keys, name, sizes)


main()
