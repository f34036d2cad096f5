"""Prices sets of indexes by the planner with the indexes really built.

Every index is built once and stays.  Those that are not in the set at hand are
marked invalid, so that the planner does not see them: dropping and building them
again for each set would take hours.  The server must be a throwaway one.
"""
from database import table_of


class Judge:
    """Knows the true sizes of indexes and the true costs of sets."""

    def __init__(self, database, queries, sizes):
        self.database = database
        self.queries = queries
        self.sizes = sizes
        self.oids = {}                      # text of an index after ON -> its oid
        self.valid = set()
        self.known = {}
        self.clear()
        self.settle()
        self.without = [self.cost(n, ()) for n in range(len(queries))]

    def clear(self):
        """Drop what an earlier run has built here."""
        for name, in self.database.rows("SELECT relname FROM pg_catalog.pg_class"
                                        " WHERE relkind = 'i' AND relname ~ '^compare_[0-9]+$'"):
            self.database.run(f"DROP INDEX {name}")

    def settle(self):
        """Build and drop one index per table.  CREATE INDEX writes the exact
        number of rows into pg_class, where ANALYZE left an estimate: from here
        on building another one changes nothing."""
        for table, column in dict(reversed(self.database.columns())).items():
            self.settle_table(table, column)

    def settle_table(self, table, column):
        self.database.run(f"CREATE INDEX compare_settle ON {table} ({column})")
        self.database.run("DROP INDEX compare_settle")

    def build(self, body):
        """Have an index, visible or not; returns its bytes."""
        if body not in self.oids:
            name = f"compare_{len(self.oids)}"
            self.database.run(f"CREATE INDEX {name} ON {body}")
            self.oids[body], size, expression = self.database.rows(
                "SELECT c.oid, pg_catalog.pg_relation_size(c.oid), i.indexprs IS NOT NULL"
                "  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid"
                " WHERE c.relname = %s", (name,))[0]
            self.valid.add(body)
            self.sizes.known[body] = size
            if expression:
                self.analyze_expressions(table_of(body))
        return self.sizes.known[body]

    def analyze_expressions(self, table):
        """Give the expressions of a table's indexes statistics, and leave those of
        its columns as they are: ANALYZE passes over a column with target 0."""
        target = ("UPDATE pg_catalog.pg_attribute SET attstattarget = %s"
                  " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped")
        self.database.run(target, (0, table))
        self.database.run(f"ANALYZE {table}")
        self.database.run(target, (-1, table))
        self.settle_table(table, next(c for t, c in self.database.columns() if t == table))

    def show(self, bodies):
        """Let the planner see exactly these indexes."""
        for body in bodies:
            self.build(body)
        for wanted, changed in ((False, self.valid - set(bodies)), (True, set(bodies) - self.valid)):
            if changed:
                self.database.run("UPDATE pg_catalog.pg_index SET indisvalid = %s WHERE indexrelid = ANY (%s::oid[])",
                                  (wanted, [self.oids[b] for b in changed]))
        self.valid = set(bodies)

    def cost(self, number, bodies):
        """Cost of one query with a set, of which its tables' indexes matter."""
        query = self.queries[number]
        key = number, frozenset(b for b in bodies if table_of(b) in query.words)
        if key not in self.known:
            self.show(key[1])
            self.known[key] = self.database.plan(query.text)[0]
        return self.known[key]

    def costs(self, bodies):
        """Cost of each query with a set."""
        return [self.cost(n, bodies) for n in range(len(self.queries))]

    def relative(self, bodies):
        """Cost of the workload with a set, as a share of that without."""
        return sum(self.costs(bodies)) / sum(self.without)

    def size(self, bodies):
        return sum(self.build(b) for b in bodies)

    def fit(self, bodies, budget):
        """In the order of choice, what fits into the budget by its true size."""
        taken, used = [], 0
        for body in dict.fromkeys(bodies):
            if used + self.build(body) <= budget:
                taken.append(body)
                used += self.build(body)
        return taken
