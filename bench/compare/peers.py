"""Re-implementations of two index advisors, over HypoPG.

They are written from the published descriptions, not from anybody's code, and
stand for the algorithms, not for the tools that carry their names:

* DB2Advis: Valentin, Zuliani, Zilio, Lohman, Skelley, "DB2 Advisor", ICDE 2000
* Extend: Schlosser, Kossmann, Boissier, "Efficient Scalable Multi-Attribute
  Index Selection Using Recursive Strategies", ICDE 2019

An index is a tuple (table, column, ...).  Sizes come from HypoPG, as in the tools,
or from indexes that were really built.
"""
from itertools import permutations

# Extend stops when the best step makes the workload less than 0.3 % cheaper.
LEAST_IMPROVEMENT = 1.003

# HypoPG has about 2,800 numbers for the indexes of a session.
MOST_HYPOTHETICAL = 2500


def body(index):
    """The text of an index after CREATE INDEX ON."""
    return f"{index[0]} ({', '.join(index[1:])})"


class Budget(Exception):
    """The CPU time of a run is over."""


class WhatIf:
    """Costs of queries under sets of hypothetical indexes.

    A cost is asked once for each query and those indexes that have one of its
    columns, and remembered beyond one run.  A run that gets a cost from an
    earlier run is charged for the CPU time and the planner call all the same,
    the first time that it asks.
    """

    def __init__(self, database, queries):
        self.database = database
        self.queries = queries
        self.known = {}                     # (query, indexes) -> cost, CPU seconds
        self.estimated = {}                 # index -> bytes as HypoPG has it
        self.current = {}                   # index -> oid of those in HypoPG now
        self.begin(None, None)

    def begin(self, limit, sizes):
        """A new run that may take "limit" CPU seconds, those of costs that it
        finds not counted, and takes true sizes, or, without them, HypoPG's."""
        self.limit = limit
        self.true_sizes = sizes
        self.started = self.database.cpu()
        self.excluded = self.charged = 0.0
        self.seen = set()
        self.calls = 0

    def seconds(self):
        """CPU seconds of this run: its own, and those of costs it found."""
        return self.own_seconds() + self.charged

    def own_seconds(self):
        return self.database.cpu() - self.started - self.excluded

    def check(self):
        if self.limit is not None and self.own_seconds() > self.limit:
            raise Budget()

    def have(self, indexes):
        """Let HypoPG hold exactly these indexes."""
        for index in [i for i in self.current if i not in indexes]:
            self.database.run("SELECT hypopg_drop_index(%s)", (self.current.pop(index),))
        for index in indexes:
            if index not in self.current:
                self.current[index] = self.database.value(
                    "SELECT indexrelid FROM hypopg_create_index(%s)", ("CREATE INDEX ON " + body(index),))

    def cost(self, number, config):
        """Cost of one query with a set of indexes."""
        columns = self.queries[number].columns
        key = number, frozenset(i for i in config if any((i[0], c) in columns for c in i[1:]))
        if key in self.known:
            cost, seconds = self.known[key]
            if key not in self.seen:
                self.charged += seconds
                self.calls += 1
        else:
            before = self.database.cpu()
            self.have(key[1])
            cost, _ = self.database.plan(self.queries[number].text)
            self.known[key] = cost, self.database.cpu() - before
            self.calls += 1
        self.seen.add(key)
        return cost

    def total(self, config):
        return sum(self.cost(n, config) for n in range(len(self.queries)))

    def size(self, index):
        """Bytes of an index."""
        if self.true_sizes is not None:
            before = self.database.cpu()
            size = self.true_sizes.size(self.database, body(index))
            self.excluded += self.database.cpu() - before
            return size
        if index not in self.estimated:
            self.have(set(self.current) | {index})
            self.estimated[index] = self.database.value("SELECT hypopg_relation_size(%s)", (self.current[index],))
        return self.estimated[index]


def db2advis(what_if, budget, width):
    """Offer a query all permutations of its columns at once; credit what the
    query saves to every index in its plan; take by benefit per byte what fits."""
    benefit = {}
    for number, query in enumerate(what_if.queries):
        what_if.check()
        offered = permutations_of(query.columns, width)
        before, _ = what_if.database.plan(query.text)
        what_if.have(offered)
        after, used = what_if.database.plan(query.text)
        what_if.calls += 2
        for index in chosen(what_if, used):
            benefit[index] = benefit.get(index, 0) + before - after
        what_if.have(())
    ratio = {i: benefit[i] / what_if.size(i) for i in benefit if benefit[i] > 0}
    ranked = sorted(ratio, key=lambda i: (-ratio[i], i))
    return fill(merge_subsumed(ranked), budget, what_if)


def permutations_of(columns, width):
    """All indexes of at most "width" columns of one table; narrow ones first,
    since HypoPG has no room for more than some thousand."""
    by_table = {}
    for table, column in sorted(columns):
        by_table.setdefault(table, []).append(column)
    indexes = [(table, *order) for size in range(1, width + 1)
               for table, names in by_table.items() for order in permutations(names, size)]
    return indexes[:MOST_HYPOTHETICAL]


def chosen(what_if, names):
    """The hypothetical indexes behind names in a plan."""
    oid_of = {name.split(">")[0].lstrip("<"): name for name in names if name.startswith("<")}
    return [i for i, oid in what_if.current.items() if str(oid) in oid_of]


def merge_subsumed(ranked):
    """Drop an index that is the prefix of one with a better ratio."""
    kept = []
    for index in ranked:
        if not any(better[:len(index)] == index for better in kept):
            kept.append(index)
    return kept


def fill(ranked, budget, what_if):
    """What fits into the budget, in order."""
    taken, used = [], 0
    for index in ranked:
        size = what_if.size(index)
        if used + size <= budget:
            taken.append(index)
            used += size
    return taken


def extend(what_if, budget, width):
    """Grow a set: add a one-column index, or append a column to one in the set,
    whichever saves most per byte and fits; until nothing saves enough."""
    config, used = [], 0
    costs = [what_if.cost(n, ()) for n in range(len(what_if.queries))]
    single = sorted({c for q in what_if.queries for c in q.columns})
    try:
        while True:
            step = best_step(what_if, config, used, costs, single, budget, width)
            if step is None:
                return config, True
            config, used, costs = step
    except Budget:
        return config, False


def best_step(what_if, config, used, costs, single, budget, width):
    """The set after the best step, with its size and costs; None where no step
    is good enough."""
    best, best_score, total = None, 0, sum(costs)
    for changed, index, more in steps(what_if, config, single, width):
        what_if.check()
        if used + more > budget:
            continue
        # queries that name none of its columns cost what they did
        after = [what_if.cost(n, changed) if any((index[0], c) in q.columns for c in index[1:]) else costs[n]
                 for n, q in enumerate(what_if.queries)]
        if sum(after) * LEAST_IMPROVEMENT > total:
            continue
        score = (total - sum(after)) / max(more, 1)
        if score > best_score:
            best, best_score = (changed, used + more, after), score
    return best


def steps(what_if, config, single, width):
    """Sets one step away: the set, its new index, the bytes it takes more."""
    for index in single:
        if index not in config:
            yield config + [index], index, what_if.size(index)
    for place, index in enumerate(config):
        for table, column in single:
            if len(index) <= width and table == index[0] and column not in index[1:]:
                wider = index + (column,)
                yield (config[:place] + [wider] + config[place + 1:], wider,
                       what_if.size(wider) - what_if.size(index))
