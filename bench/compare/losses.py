"""Tell why a peer's set was better than ours; prints Markdown.

    losses.py --name NAME --queries FILE --database KEYS=DATABASE ... FILE

FILE is what compare.py wrote.  For each budget at which a peer's set of at most the
same true size is cheaper: the statements that it makes cheaper, with the indexes that
their plans use; which of these are no candidates of ours; and whether the costs that
our search goes by are wrong for it.  What is left was missed by the search.
"""
import argparse

from database import Database, Sizes
from judge import Judge
from report import Instance, read
from workload import read_queries, set_workload

# Statements shown.
SHOWN = 8

# A cost is wrong when it is off by more than this.
WRONG = 0.01


def pairs(values):
    """KEYS=VALUE arguments as a dictionary."""
    return dict(value.split("=", 1) for value in values)


def make_trial(database):
    """Make the function that asks the search about a set."""
    library = database.value("SELECT probin FROM pg_catalog.pg_proc WHERE prosrc = 'dbadvisor_search_indexes'")
    database.run("CREATE SCHEMA IF NOT EXISTS bench")
    database.run("CREATE OR REPLACE FUNCTION bench.index_set_trial(bodies text[])"
                 " RETURNS TABLE (definition text, candidate int, base float8, cached float8, exact float8, space bool)"
                 f" LANGUAGE c AS '{library}', 'dbadvisor_index_set_trial'")


def in_full(body):
    """The text of an index as our definitions have it."""
    if " USING " in body:
        return body
    table, columns = body.split("(", 1)
    table = table.strip()
    return f"{table if '.' in table else 'public.' + table} USING btree ({columns.strip()}"


def used_indexes(judge, number, bodies):
    """Indexes of the set in the plan of a statement."""
    judge.show(bodies)
    _, names = judge.database.plan(judge.queries[number].text)
    body_of_name = {f"compare_{place}": body for place, body in enumerate(judge.oids)}
    return [body_of_name.get(name, name) for name in sorted(names)]


def ask_search(judge, bodies):
    """What the search says of the set: known definitions, and its costs by
    statement."""
    judge.show([])
    rows = judge.database.rows("SELECT * FROM bench.index_set_trial(%s)", ([in_full(b) for b in bodies],))
    known = {row[0] for row in rows if row[0] is not None and row[1] is not None}
    return known, [row[2:] for row in rows if row[0] is None]


def explain(judge, instance):
    """Why the best peer is better at this budget."""
    ours, peer = instance.ours["fits"], instance.best["fits"]
    mine, theirs = judge.costs(ours), judge.costs(peer)
    total = sum(judge.without)
    print(f"### {instance.ours['workload']}, {instance.keys}, {instance.budget} %: ours"
          f" {instance.ours['relative']:.4f}, {instance.best['advisor']} {instance.best['relative']:.4f}\n")
    known, costs = ask_search(judge, peer)
    wrong = [c for c in costs if abs(c[1] - c[2]) > WRONG * c[2]]
    print(f"{len(known)} of the peer's {len(peer)} indexes are candidates of ours as they stand."
          f" With these the search takes {sum(c[1] for c in costs):,.0f} for the statements concerned, the planner"
          f" {sum(c[2] for c in costs):,.0f}; {len(wrong)} of {len(costs)} are off by more than a hundredth.\n")
    print("| statement | share of all | ours | peer | the peer's plan uses | no candidate of ours |\n|---|---:|---:|---:|---|---|")
    order = sorted(range(len(mine)), key=lambda n: theirs[n] - mine[n])
    for n in [n for n in order[:SHOWN] if theirs[n] < mine[n]]:
        used = used_indexes(judge, n, peer)
        print(f"| {judge.queries[n].name} | {100 * (mine[n] - theirs[n]) / total:.2f} % | {mine[n]:,.0f} | {theirs[n]:,.0f} |"
              f" {'; '.join(used)} | {'; '.join(b for b in used if b in peer and in_full(b) not in known)} |")
    print("\nOurs: " + "; ".join(ours) + "\n\nPeer: " + "; ".join(peer) + "\n", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--name", required=True)
    parser.add_argument("--queries", required=True)
    parser.add_argument("--database", action="append", required=True, metavar="KEYS=DATABASE")
    parser.add_argument("--skip", default="")
    options = parser.parse_args()
    rows = [r for r in read(options.file) if r["workload"] == options.name]
    for keys, name in pairs(options.database).items():
        budgets = sorted({r["budget"] for r in rows if r["keys"] == keys and r["budget"]})
        lost = [i for i in (Instance(rows, keys, budget) for budget in budgets) if not i.met()]
        if not lost:
            continue
        database = Database(name)
        make_trial(database)
        queries = read_queries(options.queries, set(options.skip.split(",")))
        judge = Judge(database, queries, Sizes())
        set_workload(database, queries)
        for instance in lost:
            explain(judge, instance)
        judge.show([])


if __name__ == "__main__":
    main()
