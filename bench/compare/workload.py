"""The statements of a workload, and which columns each of them names."""
import re


class Query:
    """A statement; its columns are (table, column) pairs of the database."""

    def __init__(self, name, text):
        self.name = name
        self.text = text
        self.words = set(re.findall(r"\w+", text.lower()))
        self.columns = frozenset()

    def find_columns(self, columns):
        """Note the columns it names.  Where columns carry the alias of a table
        (as in JOB) the alias decides, else the bare name does."""
        text = self.text.lower()
        named = set(re.findall(r"(\w+)\.(\w+)", text))
        aliases = {alias: table for table, alias in re.findall(r"(\w+) as (\w+)", text)}
        qualified = {(aliases.get(alias, alias), column) for alias, column in named}
        tables = {table for table, _ in columns if table in self.words}
        by_alias = {c for c in columns if c in qualified}
        bare = {(t, c) for t, c in columns if t in tables and c in self.words}
        self.columns = frozenset(by_alias if len(by_alias) > len(bare) / 4 else bare)
        self.tables = tables


def read_queries(path, skip):
    """The queries of a file in which "-- query NAME" starts each."""
    with open(path) as file:
        parts = re.split(r"^-- query (\S+).*$", file.read(), flags=re.M)[1:]
    return [Query(name, text.strip().rstrip(";").rstrip())
            for name, text in zip(parts[::2], parts[1::2])
            if name not in skip and name.rstrip("ab") not in skip]


def set_workload(database, queries):
    """Make these statements dbadvisor's workload, a unit of cost being as dear
    in one as in the other."""
    database.run("SELECT dbadvisor.workload_clear()")
    for query in queries:
        cost, _ = database.plan(query.text)
        database.run("SELECT dbadvisor.workload_add(%s, 1, %s)", (query.text, cost / 1000))
