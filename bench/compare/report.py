"""Make Markdown tables of what compare.py wrote.

    report.py FILE

Prints, per workload, the costs at each budget and the effort.
"""
import json
import sys

# The order of the columns; what else there is are sets of other tools.
PEERS = ("Extend", "Extend, true sizes", "DB2Advis", "DB2Advis, true sizes")

# Issue: CPU at most this share of Extend's, planner calls per statement, proven gap.
CPU_SHARE, CALLS_PER_STATEMENT, GAP = 1 / 20, 4, 0.01


def read(path):
    with open(path) as file:
        return [json.loads(line) for line in file]


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")
    print()


def in_words(row):
    """Cost, size in % of the tables, number of indexes."""
    if row is None:
        return ""
    return (f"{row['relative']:.3f} ({100 * row['bytes'] / row['tables']:.0f} %, {len(row['fits'])})"
            + ("" if row.get("finished", True) else " *")
            + (f" -{row['left_out']}" if row["left_out"] else ""))


class Instance:
    """The rows of one workload with one kind of keys at one budget."""

    def __init__(self, rows, keys, budget):
        self.keys, self.budget = keys, budget
        here = [r for r in rows if r["keys"] == keys]
        self.at = {r["advisor"]: r for r in here if r["budget"] == budget}
        self.ours = self.at["ours"]
        limit = self.ours["tables"] * budget / 100
        # whatever fits counts, also what was asked for at another budget
        self.peers = [r for r in here if r["advisor"] != "ours" and r["bytes"] <= limit]
        self.best = min(self.peers, key=lambda r: r["relative"], default=None)
        self.stored = min((r for r in self.peers if r.get("stored")), key=lambda r: r["relative"], default=None)

    def met(self):
        """Within rounding, at most the cost of the best peer."""
        return self.best is None or self.ours["relative"] <= self.best["relative"] * 1.00005


def costs(instances):
    table(["keys", "budget %", "ours", "best peer", "which", "met", *PEERS, "best stored set"],
          [[i.keys, i.budget, "**" + in_words(i.ours) + "**", in_words(i.best),
            f"{i.best['advisor']}, asked for {i.best['budget']} %" if i.best and not i.best.get("stored")
            else i.best["advisor"] if i.best else "", "yes" if i.met() else "no",
            *(in_words(i.at.get(p)) for p in PEERS),
            f"{in_words(i.stored)} {i.stored['advisor']}" if i.stored else ""] for i in instances])


def effort(instances):
    rows = []
    for i in instances:
        peer = i.at.get("Extend")
        gap = i.ours.get("gap")
        rows.append([i.keys, i.budget, f"{i.ours['cpu']:.2f}", f"{peer['cpu']:.1f}" if peer else "",
                     f"{peer['cpu'] / i.ours['cpu']:.0f}" if peer else "",
                     f"{i.at['DB2Advis']['cpu']:.2f}" if "DB2Advis" in i.at else "",
                     i.ours["calls"], f"{i.ours['calls'] / i.ours['statements']:.1f}",
                     f"{(i.ours['calls'] - i.ours['summary']['replans']) / i.ours['statements']:.1f}",
                     peer["calls"] if peer else "", f"{i.ours['wall']:.2f}",
                     "" if gap is None else f"{100 * gap:.2f}"])
    table(["keys", "budget %", "CPU s ours", "Extend", "times as much", "DB2Advis", "planner calls ours",
           "per statement", "without re-plans of winners", "Extend", "seconds ours", "proven gap %"], rows)


def without_budget(rows):
    """What the advice takes where nothing limits it."""
    for row in rows:
        if row["budget"] is None and row["advisor"] == "ours":
            print(f"Without a budget, {row['keys']}: {row['statements']} statements answered in {row['wall']:.2f} s"
                  f" ({row['cpu']:.2f} s of CPU), {row['calls'] / row['statements']:.1f} planner calls per statement,"
                  f" {in_words(row)}.\n")


def bars(instances):
    count = len(instances)
    cheaper = sum(i.met() for i in instances)
    fast = [i for i in instances if "Extend" in i.at]
    share = sum(i.ours["cpu"] <= CPU_SHARE * i.at["Extend"]["cpu"] for i in fast)
    gap = sum(i.ours.get("gap") is not None and i.ours["gap"] <= GAP for i in instances)
    print(f"Cost at most that of the best peer: {cheaper} of {count}. CPU at most a twentieth of Extend's:"
          f" {share} of {len(fast)}. Proven gap at most 1 %: {gap} of {count}. Planner calls per statement:"
          f" at most {max(i.ours['calls'] / i.ours['statements'] for i in instances):.1f}, in the median"
          f" {sorted(i.ours['calls'] / i.ours['statements'] for i in instances)[count // 2]:.1f}.\n")


def main():
    rows = read(sys.argv[1])
    for workload in dict.fromkeys(r["workload"] for r in rows):
        mine = [r for r in rows if r["workload"] == workload]
        instances = [Instance(mine, keys, budget)
                     for keys in dict.fromkeys(r["keys"] for r in mine)
                     for budget in sorted({r["budget"] for r in mine if r["budget"]})]
        print(f"### {workload}: {mine[0]['queries']} statements, tables {mine[0]['tables'] / 1e6:,.0f} MB\n")
        costs(instances)
        effort(instances)
        without_budget(mine)
        bars(instances)


if __name__ == "__main__":
    main()
