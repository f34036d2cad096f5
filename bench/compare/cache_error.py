"""Compare cached costs with the planner's; prints one row of a Markdown table.

    cache_error.py --name NAME --keys KEYS --queries FILE --database DATABASE [--trials 10000]
"""
import argparse
import statistics
import sys

from database import Database
from workload import read_queries

# The bar: an error of at most this.
BAR = 0.01

# Attempts to reach the number of trials.
MOST_SEEDS = 5

# Statements of which the worst case is shown.
WORST = 10


def try_plans(database, trials):
    """Rows (statement, indexes, cached cost, exact cost, microseconds)."""
    library = database.value("SELECT probin FROM pg_catalog.pg_proc WHERE prosrc = 'dbadvisor_search_indexes'")
    database.run("CREATE SCHEMA IF NOT EXISTS bench")
    database.run("DROP FUNCTION IF EXISTS bench.plan_space_trial(int, int)")
    database.run("CREATE FUNCTION bench.plan_space_trial(trials int, seed int)"
                 " RETURNS TABLE (statement text, indexes text[], cached float8, exact float8, cache_us float8)"
                 f" LANGUAGE c AS '{library}', 'dbadvisor_plan_space_trial'")
    rows = []
    for seed in range(1, MOST_SEEDS + 1):      # a run ends early where it draws nothing for long
        if len(rows) < trials:
            rows += database.rows("SELECT * FROM bench.plan_space_trial(%s, %s)", (trials - len(rows), seed))
    return rows


def quantile(values, share):
    """The value that this share of the sorted values does not exceed."""
    return values[min(len(values) - 1, int(share * len(values)))]


def print_worst(rows, names):
    """For who looks into the errors: the statements with most of them, with the worst case of each."""
    wrong = {}
    for row in rows:
        if abs(row[2] - row[3]) > BAR * row[3]:
            wrong.setdefault(row[0], []).append(row)
    for text, cases in sorted(wrong.items(), key=lambda item: -len(item[1]))[:WORST]:
        _, indexes, cached, exact, _ = max(cases, key=lambda r: abs(r[2] - r[3]) / r[3])
        print(f"  statement {names[text]}: {len(cases)} cases off; cached {cached:.2f}, exact {exact:.2f} with", file=sys.stderr)
        for index in indexes:
            print(f"    {index}", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser()
    for name in ("--name", "--keys", "--queries", "--database"):
        parser.add_argument(name, required=True)
    parser.add_argument("--skip", default="")
    parser.add_argument("--trials", type=int, default=10000)
    options = parser.parse_args()
    database = Database(options.database)
    database.run("SELECT dbadvisor.workload_clear()")
    names = {}
    for query in read_queries(options.queries, set(options.skip.split(","))):
        database.run("SELECT dbadvisor.workload_add(%s)", (query.text,))
        names[query.text] = query.name
    rows = try_plans(database, options.trials)
    errors = sorted(abs(cached - exact) / exact for _, _, cached, exact, _ in rows)
    times = sorted(r[4] for r in rows)
    low = sum(c < (1 - BAR) * e for _, _, c, e, _ in rows)
    high = sum(c > (1 + BAR) * e for _, _, c, e, _ in rows)
    cells = [options.name, options.keys, len(rows)]
    cells += [f"{100 * e:.3f} %" for e in (statistics.median(errors), quantile(errors, 0.9), quantile(errors, 0.99),
                                           quantile(errors, 0.999), errors[-1])]
    cells += [f"{100 * sum(e <= BAR for e in errors) / len(errors):.2f} %", low, high,
              f"{statistics.median(times):.2f}", f"{quantile(times, 0.9):.2f}"]
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)
    print_worst(rows, names)


main()
