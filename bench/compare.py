"""Compare the index advice with other advisors on one database.

    compare.py --dsn DSN --queries FILE [--skip 2,17,20] [--budgets 10,25,50,100]
               [--extend-seconds 120] [--peers FOLDER] [--name NAME]

The database holds the tables, vacuumed and analyzed, and has the extensions
dbadvisor and hypopg.  FILE has the statements, each after a line "-- query N".
The workload of dbadvisor is replaced by these statements.

Advisors: dbadvisor's search_indexes(); re-implementations of DB2Advis and Extend,
written from their published descriptions, over HypoPG; and sets of CREATE INDEX
statements in FOLDER/*.sql, as other tools recommended them.  Every set is built for
real and judged by the planner's cost then.  A set whose true size exceeds the
budget is cut from its end.  Prints a table in markdown.

Needs python3-psycopg2 and the HypoPG package of the server.
"""
import argparse
import glob
import os
import re
import time

import psycopg2

MIN_IMPROVEMENT = 1.003          # Extend stops below this ratio


class Database:
    """One connection, with counts of planner calls and CPU seconds."""

    def __init__(self, dsn):
        self.connection = psycopg2.connect(dsn)
        self.connection.autocommit = True
        self.cursor = self.connection.cursor()
        self.calls = 0
        self.pid = self.one("SELECT pg_backend_pid()")

    def rows(self, sql, values=None):
        self.cursor.execute(sql, values)
        return self.cursor.fetchall()

    def one(self, sql, values=None):
        return self.rows(sql, values)[0][0]

    def run(self, sql, values=None):
        self.cursor.execute(sql, values)

    def cpu(self):
        """CPU seconds of this process and its backend."""
        with open(f"/proc/{self.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        ticks = int(fields[11]) + int(fields[12])
        own = os.times()
        return ticks / os.sysconf("SC_CLK_TCK") + own.user + own.system

    def cost(self, query):
        self.calls += 1
        plan = self.rows("EXPLAIN (FORMAT JSON) " + query)[0][0]
        return plan[0]["Plan"]["Total Cost"]


def read_queries(path, skip):
    parts = re.split(r"^-- query (\S+)\s*$", open(path).read(), flags=re.M)[1:]
    pairs = zip(parts[::2], parts[1::2])
    return [(name, text.strip().rstrip(";")) for name, text in pairs
            if name not in skip and name.rstrip("abcdefgh") not in skip]


class WhatIf:
    """Costs under hypothetical indexes, remembered per query and the indexes
    on columns that it names."""

    def __init__(self, database, queries):
        self.database = database
        self.queries = queries
        self.known = {}
        self.sizes = {}
        database.run("SELECT hypopg_reset()")
        self.columns = [(table, column) for table, column in database.rows(
            "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"
            " AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, 2")]
        self.words = [set(re.findall(r"\w+", text.lower())) for _, text in queries]

    def relevant(self, number, config):
        return frozenset(index for index in config
                         if index[0] in self.words[number] and index[1] in self.words[number])

    def size(self, index):
        if index not in self.sizes:
            oid = self.database.one("SELECT indexrelid FROM hypopg_create_index(%s)",
                                    (definition(index),))
            self.sizes[index] = self.database.one("SELECT hypopg_relation_size(%s)", (oid,))
            self.database.run("SELECT hypopg_reset()")
        return self.sizes[index]

    def costs(self, config):
        """The cost of each query."""
        result = [None] * len(self.queries)
        missing = {}
        for number in range(len(self.queries)):
            key = (number, self.relevant(number, config))
            result[number] = self.known.get(key)
            if result[number] is None:
                missing.setdefault(key[1], []).append(number)
        for indexes, numbers in missing.items():
            self.database.run("SELECT hypopg_reset()")
            for index in indexes:
                self.database.run("SELECT hypopg_create_index(%s)", (definition(index),))
            for number in numbers:
                result[number] = self.database.cost(self.queries[number][1])
                self.known[(number, indexes)] = result[number]
        return result

    def cost(self, config):
        return sum(self.costs(config))


def definition(index):
    return f"CREATE INDEX ON {index[0]} ({', '.join(index[1:])})"


def candidates(what_if):
    """Columns that some query names together with their table."""
    return [column for column in what_if.columns
            if any(column[0] in words and column[1] in words for words in what_if.words)]


def extend(what_if, budget, width, seconds):
    """Extend (Schlosser, Kossmann, Boissier, ICDE 2019), re-implemented: add a
    one-column index or append a column to a chosen one, whichever saves most
    per byte, while it fits."""
    start = what_if.database.cpu()
    single = candidates(what_if)
    config, size = [], 0
    current = what_if.cost(config)
    while what_if.database.cpu() - start < seconds:
        best = None
        moves = [(config + [column], what_if.size(column)) for column in single if column not in config]
        for place, index in enumerate(config):
            if len(index) - 1 >= width:
                continue
            for table, column in single:
                if table != index[0] or column in index:
                    continue
                wider = index + (column,)
                moves.append((config[:place] + [wider] + config[place + 1:],
                              what_if.size(wider) - what_if.size(index)))
        for changed, more in moves:
            if size + more > budget:
                continue
            cost = what_if.cost(changed)
            if cost * MIN_IMPROVEMENT > current:
                continue
            score = (current - cost) / max(more, 1)
            if best is None or score > best[0]:
                best = (score, changed, size + more, cost)
            if what_if.database.cpu() - start > seconds:
                break
        if best is None:
            break
        _, config, size, current = best
    return config


def db2advis(what_if, budget, width):
    """DB2Advis (Valentin et al., ICDE 2000), re-implemented without its random
    phase: all indexes of a query at once, the saving credited to each that the
    plan uses, then by saving per byte while it fits."""
    benefit = {}
    for number, (_, text) in enumerate(what_if.queries):
        words = what_if.words[number]
        columns = [c for c in what_if.columns if c[0] in words and c[1] in words]
        offered = list(columns)
        if width > 1:
            offered += [(a[0], a[1], b[1]) for a in columns for b in columns
                        if a[0] == b[0] and a != b]
        what_if.database.run("SELECT hypopg_reset()")
        before = what_if.database.cost(text)
        names = {}
        for index in offered[:400]:
            oid, name = what_if.database.rows("SELECT * FROM hypopg_create_index(%s)",
                                              (definition(index),))[0]
            names[name] = index
        plan = what_if.database.rows("EXPLAIN (FORMAT JSON) " + text)[0][0]
        what_if.database.calls += 1
        after = plan[0]["Plan"]["Total Cost"]
        for name, index in names.items():
            if f"'{name}'" in str(plan):
                benefit[index] = benefit.get(index, 0) + before - after
    what_if.database.run("SELECT hypopg_reset()")
    config, size = [], 0
    for index in sorted(benefit, key=lambda i: -benefit[i] / what_if.size(i)):
        if any(index == other[:len(index)] for other in config):
            continue
        if size + what_if.size(index) <= budget and benefit[index] > 0:
            config.append(index)
            size += what_if.size(index)
    return config


class Judge:
    """Builds sets of indexes and tells their size and the cost with them."""

    def __init__(self, database, queries):
        self.database = database
        self.queries = queries
        self.built = {}
        self.base = self.total()

    def total(self):
        return sum(self.database.cost(text) for _, text in self.queries)

    def build(self, statements):
        """Have exactly these indexes; returns their names in order."""
        plain = [re.sub(r"\s+", " ", s.replace("CONCURRENTLY ", "")).strip().rstrip(";") for s in statements]
        keys = [re.sub(r"(?i)^CREATE INDEX (?:\S+ )?ON ", "CREATE INDEX ON ", s) for s in plain]
        for key in list(self.built):
            if key not in keys:
                self.database.run(f"DROP INDEX {self.built.pop(key)[0]}")
        for key in keys:
            if key not in self.built:
                name = f"judge_{abs(hash(key)) % 10**12}"
                self.database.run(key.replace("INDEX ON", f"INDEX {name} ON", 1))
                self.built[key] = (name, self.database.one("SELECT pg_relation_size(%s)", (name,)))
        return keys

    def judge(self, statements, budget):
        """(relative cost, bytes, number, number cut off)."""
        keys = list(dict.fromkeys(self.build(statements)))
        size, kept = 0, []
        for key in keys:
            if size + self.built[key][1] <= budget:
                size += self.built[key][1]
                kept.append(key)
        self.build(kept)
        return self.total() / self.base, size, len(kept), len(keys) - len(kept)

    def clear(self):
        self.build([])


def ours(database, budget, seconds):
    rows = database.rows("SELECT step, definition, summary FROM dbadvisor.search_indexes(%s, time_limit => %s,"
                         " min_saving => 0.0005) ORDER BY step", (budget, f"{seconds} s"))
    return [row[1] for row in rows[1:]], rows[0][2]


def measure(database, run):
    """Run an advisor; returns its result, CPU seconds and planner calls."""
    calls, cpu = database.calls, database.cpu()
    result = run()
    return result, database.cpu() - cpu, database.calls - calls


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dsn", required=True)
    parser.add_argument("--queries", required=True)
    parser.add_argument("--skip", default="")
    parser.add_argument("--budgets", default="10,25,50,100")
    parser.add_argument("--width", type=int, default=2)
    parser.add_argument("--extend-seconds", type=int, default=120)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--peers")
    parser.add_argument("--name", default="")
    options = parser.parse_args()
    database = Database(options.dsn)
    queries = read_queries(options.queries, set(options.skip.split(",")))
    database.run("SELECT dbadvisor.workload_clear()")
    for _, text in queries:
        database.run("SELECT dbadvisor.workload_add(%s)", (text,))
    tables = database.one("SELECT sum(pg_table_size(c.oid))::float8 FROM pg_class c WHERE c.relkind = 'r'"
                          " AND c.relnamespace = 'public'::regnamespace")
    judge = Judge(database, queries)
    print(f"### {options.name}: {len(queries)} statements, tables {tables / 1e6:.0f} MB\n")
    print("| budget % | advisor | relative cost | true size % | indexes | cut off | CPU s | planner calls | bound |")
    print("|---|---|---|---|---|---|---|---|---|")
    for percent in (float(p) for p in options.budgets.split(",")):
        budget = int(tables * percent / 100)
        results = []
        (statements, summary), cpu, _ = measure(database, lambda: ours(database, budget, options.seconds))
        results.append(("ours", statements, cpu, summary["planner_calls"], f"{100 * summary['proven_gap']:.1f} %"))
        what_if = WhatIf(database, queries)
        config, cpu, calls = measure(database, lambda: db2advis(what_if, budget, options.width))
        results.append(("DB2Advis (ours)", [definition(i) for i in config], cpu, calls, ""))
        what_if = WhatIf(database, queries)
        config, cpu, calls = measure(database, lambda: extend(what_if, budget, options.width, options.extend_seconds))
        results.append(("Extend (ours)", [definition(i) for i in config], cpu, calls, ""))
        database.run("SELECT hypopg_reset()")
        for path in sorted(glob.glob(f"{options.peers}/*.sql")) if options.peers else []:
            texts = [s for s in open(path).read().split(";") if s.strip()]
            results.append((os.path.basename(path)[:-4], texts, None, None, ""))
        for name, statements, cpu, calls, bound in results:
            try:
                cost, size, count, cut = judge.judge(statements, budget)
            except psycopg2.Error as error:
                print(f"| {percent:.0f} | {name} | {str(error).splitlines()[0]} | | | | | | |")
                continue
            print(f"| {percent:.0f} | {name} | {cost:.4f} | {100 * size / tables:.1f} | {count} | {cut} |"
                  f" {'' if cpu is None else f'{cpu:.2f}'} | {'' if calls is None else calls} | {bound} |", flush=True)
        judge.clear()
    database.run("SELECT dbadvisor.workload_clear()")


main()
