"""Build what is recommended, run the statements, and compare.

    executed.py --name NAME --queries FILE --database DATABASE [--skip 2,17,20]

The workload is the statements with their measured times.  The recommended set for
a budget is built in the order of the advice.  Prints Markdown: whether each index
lowers the time of a statement that it claims, measured with the indexes before it
and with it; and how long each statement takes without any and with all of them.
"""
import argparse
import sys
import time

from database import Database, Sizes, body_of
from judge import Judge
from timing import by_turns, run_once
from workload import read_queries

# Faster or slower than chance makes a statement; the second is the bar.
FASTER, SLOWER = 0.97, 1.10

# An index claims a statement whose planner cost it brings below this share.
CLAIM = 0.99

# Claimed statements that are measured before an index counts as useless.
CLAIMS_TRIED = 6


def say(text):
    print(f"{time.strftime('%H:%M:%S')}  {text}", file=sys.stderr, flush=True)


def set_workload(database, queries, timeout):
    """Make the statements, with the time that each takes now, the workload."""
    database.run("SELECT dbadvisor.workload_clear()")
    for query in queries:
        query.before = run_once(database, query, timeout)
        database.run("SELECT dbadvisor.workload_add(%s, 1, %s)", (query.text, 1000 * query.before))


def ask(database, budget, options):
    """The advice, or what to measure in its place: CREATE INDEX statements in order."""
    if options.indexes:
        with open(options.indexes) as file:
            return [s.strip() for s in file.read().split(";") if s.strip()]
    return [row[0] for row in
            database.rows("SELECT definition FROM dbadvisor.search_indexes(storage_budget => %s,"
                          " time_limit => %s, min_saving => %s) WHERE step > 0 ORDER BY step",
                          (budget, f"{options.seconds} s", options.saving))]


def risk(judge, query, advice):
    """What dbadvisor says of the risk that the advice makes a statement slower."""
    judge.show([])
    return judge.database.value("SELECT level FROM dbadvisor.what_if_risk(%s, %s, '{}', %s)",
                                (query.text, advice, 1000 * query.before))


def claims(judge, earlier, body):
    """Statements that an index makes cheaper, the greatest share first."""
    before, after = judge.costs(earlier), judge.costs(earlier + [body])
    ratio = {n: after[n] / before[n] for n in range(len(before)) if after[n] < CLAIM * before[n]}
    return [judge.queries[n] for n in sorted(ratio, key=ratio.get)]


def try_index(judge, earlier, body, options):
    """(claims, query, before, after) for the claimed statement that the index
    helps most among those tried."""
    claimed = claims(judge, earlier, body)
    best = None
    for query in claimed[:CLAIMS_TRIED]:
        before, after = by_turns(judge, query, earlier, earlier + [body], options.timeout, options.runs)
        if best is None or after / before < best[2] / best[1]:
            best = query, before, after
        if after < FASTER * before:
            break
    return len(claimed), best


def report_indexes(judge, bodies, options):
    """One line per index, with those before it built."""
    print("| step | index | MB | claims | statement | ms before | ms after | faster |\n|---|---|---|---|---|---|---|---|")
    useful = 0
    for place, body in enumerate(bodies):
        count, best = try_index(judge, bodies[:place], body, options)
        faster = best is not None and best[2] < FASTER * best[1]
        useful += faster
        times = f"{best[0].name} | {1000 * best[1]:.1f} | {1000 * best[2]:.1f}" if best else " | | "
        print(f"| {place + 1} | {body} | {judge.build(body) / 1e6:.1f} | {count} | {times} | {'yes' if faster else 'no'} |",
              flush=True)
        say(f"index {place + 1} of {len(bodies)}: {'faster' if faster else 'not faster'}")
    print(f"\n{useful} of {len(bodies)} indexes ({100 * useful / max(len(bodies), 1):.0f} %) lower the measured time"
          " of a statement they claim (bar 95 %).\n")


def measure_statements(judge, bodies, options):
    """(query, cost after, before, after) of those with another plan, and of those
    with the same, a control."""
    rows, control = [], []
    for number, query in enumerate(judge.queries):
        before, after = by_turns(judge, query, [], bodies, options.timeout, options.runs)
        cost = judge.cost(number, bodies)
        if after > SLOWER * before and cost != judge.without[number]:
            # once more: what is slow twice is slow
            again = by_turns(judge, query, [], bodies, options.timeout, 2 * options.runs)
            before, after = min(before, again[0]), min(after, again[1])
        (control if cost == judge.without[number] else rows).append(
            (query, cost / judge.without[number], before, after))
    return rows, control


def report_statements(judge, bodies, advice, options):
    rows, control = measure_statements(judge, bodies, options)
    slower = [r for r in rows if r[3] > SLOWER * r[2]]
    print(f"Statements with another plan: {len(rows)}, {sum(r[2] for r in rows):.1f} s before,"
          f" {sum(r[3] for r in rows):.1f} s after; {sum(r[3] < FASTER * r[2] for r in rows)} faster,"
          f" {len(slower)} more than a tenth slower (bar 0)."
          f" Control, the same plan: {len(control)}, {sum(r[2] for r in control):.1f} s before,"
          f" {sum(r[3] for r in control):.1f} s after; {sum(r[3] < FASTER * r[2] for r in control)} faster,"
          f" {sum(r[3] > SLOWER * r[2] for r in control)} more than a tenth slower.\n")
    if slower:
        print("| slower statement | planner cost after, % | ms before | ms after | times | risk |\n|---|---|---|---|---|---|")
    for query, cost, before, after in sorted(slower, key=lambda r: -r[3] / r[2]):
        print(f"| {query.name} | {100 * cost:.0f} | {1000 * before:.1f} | {1000 * after:.1f} | {after / before:.2f} |"
              f" {risk(judge, query, advice)} |")
    flagged = [q.name for q, _, before, after in rows if after <= SLOWER * before and risk(judge, q, advice) == "at_risk"]
    print(f"\nAt risk by what_if_risk() and not slower: {', '.join(flagged) or 'none'}.\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--name", required=True)
    parser.add_argument("--queries", required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--skip", default="")
    parser.add_argument("--indexes", metavar="FILE", help="CREATE INDEX statements to measure instead of the advice")
    parser.add_argument("--budget", type=float, default=50, help="per cent of the tables")
    parser.add_argument("--timeout", type=float, default=30, help="seconds of one run")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=60, help="time limit of the advice")
    parser.add_argument("--saving", type=float, default=0.001, help="least saving of an index")
    options = parser.parse_args()
    database = Database(options.database)
    queries = read_queries(options.queries, set(options.skip.split(",")))
    judge = Judge(database, queries, Sizes())
    say("running the workload")
    set_workload(database, queries, options.timeout)
    tables = database.table_bytes()
    advice = ask(database, int(tables * options.budget / 100), options)
    title = "a given set" if options.indexes else f"budget {options.budget:.0f} %"
    print(f"### {options.name}: {len(queries)} statements, tables {tables / 1e6:,.0f} MB, {title},"
          f" {len(advice)} indexes\n")
    say(f"{len(advice)} indexes")
    bodies = [body_of(definition) for definition in advice]
    if not options.indexes:
        report_indexes(judge, bodies, options)
    report_statements(judge, bodies, advice, options)


main()
