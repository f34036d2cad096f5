"""Run statements and measure them."""
import time

import psycopg2

# Runs of a statement that took longer than this are not repeated, seconds.
LONG = 10.0

# A quick statement is run this many times as often as is asked for, or for this
# long: what disturbs it then has passed at least once.
MORE_RUNS, ENOUGH = 4, 0.5


def run_once(database, query, timeout):
    """Seconds of one run, all rows fetched; the timeout where it is reached."""
    database.run(f"SET statement_timeout = {int(timeout * 1000)}")
    started = time.perf_counter()
    try:
        database.run("BEGIN READ ONLY")
        database.rows(query.text)
        return time.perf_counter() - started
    except psycopg2.errors.QueryCanceled:
        return timeout
    finally:
        database.run("ROLLBACK")
        database.run("SET statement_timeout = 0")


def enough(side, runs):
    """Whether a side has been run often enough."""
    if side and side[0] >= LONG:
        return True
    return len(side) >= runs and (len(side) >= MORE_RUNS * runs or sum(side) >= ENOUGH)


def by_turns(judge, query, left, right, timeout, runs):
    """Least seconds of at least "runs" with the set "left" and with the set
    "right", by turns so that other work on the machine hits both alike.  Each
    run is the second of two, so that pages and plans of a set are warm."""
    sides = [], []
    while not all(enough(side, runs) for side in sides):
        for side, bodies in zip(sides, (left, right)):
            if not side or side[0] < LONG:
                judge.show(bodies)
                judge.database.plan(query.text)
                side.append(run_once(judge.database, query, timeout))
    return tuple(min(side) for side in sides)
