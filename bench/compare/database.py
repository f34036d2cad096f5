"""One connection to PostgreSQL: planner calls, CPU time, true index sizes."""
import re
import time

import psycopg2

# The settings that plans depend on are the server's; these keep plans serial.
SESSION = "-c jit=off -c max_parallel_workers_per_gather=0 -c max_parallel_maintenance_workers=0" \
          " -c work_mem=64MB -c effective_cache_size=12GB -c random_page_cost=4" \
          " -c maintenance_work_mem=256MB -c client_min_messages=warning"


class Database:
    """A session that counts the planner calls it asks for."""

    def __init__(self, name):
        self.connection = psycopg2.connect(dbname=name, options=SESSION)
        self.connection.autocommit = True
        self.cursor = self.connection.cursor()
        self.name = name
        self.calls = 0
        self.pid = self.value("SELECT pg_catalog.pg_backend_pid()")

    def run(self, sql, values=None):
        self.cursor.execute(sql, values)

    def rows(self, sql, values=None):
        self.cursor.execute(sql, values)
        return self.cursor.fetchall()

    def value(self, sql, values=None):
        return self.rows(sql, values)[0][0]

    def cpu(self):
        """CPU seconds so far of this process and its backend."""
        try:
            with open(f"/proc/{self.pid}/schedstat") as file:
                backend = int(file.read().split()[0]) / 1e9
        except OSError:                        # a kernel without it: in ticks of 10 ms
            with open(f"/proc/{self.pid}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            backend = (int(fields[11]) + int(fields[12])) / 100
        return backend + time.process_time()

    def plan(self, query):
        """Cost of a query and the names of the indexes in its plan."""
        self.calls += 1
        top = self.value("EXPLAIN (FORMAT JSON) " + query)[0]["Plan"]
        return top["Total Cost"], indexes_of(top)

    def table_bytes(self):
        """Heap and TOAST of all tables, without indexes."""
        return int(self.value("SELECT pg_catalog.sum(pg_catalog.pg_table_size(oid))::bigint"
                              "  FROM pg_catalog.pg_class"
                              " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"))

    def columns(self):
        """(table, column) of all tables, in order."""
        return self.rows("SELECT c.relname, a.attname"
                         "  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid"
                         " WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"
                         "   AND a.attnum > 0 AND NOT a.attisdropped"
                         " ORDER BY c.relname, a.attnum")


def indexes_of(plan):
    """Names of the indexes that a plan in JSON uses."""
    names = {plan["Index Name"]} if "Index Name" in plan else set()
    for child in plan.get("Plans", ()):
        names |= indexes_of(child)
    return names


class Sizes:
    """True sizes of indexes: each is built once, measured and rolled back.

    Shared by the databases of one data set, whose rows are the same.
    """

    def __init__(self):
        self.known = {}

    def size(self, database, body):
        """Bytes of the index "CREATE INDEX ON body"."""
        if body not in self.known:
            database.run("BEGIN")
            database.run("CREATE INDEX compare_size ON " + body)
            self.known[body] = database.value("SELECT pg_catalog.pg_relation_size('compare_size')")
            database.run("ROLLBACK")
        return self.known[body]


def body_of(statement):
    """What follows ON in a CREATE INDEX statement: table, columns and the rest."""
    text = re.sub(r"\s+", " ", statement).strip().rstrip("; ")
    match = re.match(r"(?i)CREATE INDEX (?:CONCURRENTLY )?(?:IF NOT EXISTS )?(?:(?!ON )\S+ )?ON (?:ONLY )?(.*)$", text)
    if match is None:
        raise ValueError("not a plain CREATE INDEX: " + text)
    return match.group(1)


def table_of(body):
    """Name of the table in the text of an index, without its schema."""
    return re.match(r'(?:"?\w+"?\.)?"?(\w+)"?', body).group(1)
