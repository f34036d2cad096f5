"""Run statements and measure them."""
import statistics
import time

import psycopg2

# Runs of a statement that took longer than this are not repeated, seconds.
LONG = 10.0


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


def by_turns(judge, query, left, right, timeout, runs):
    """Median seconds with the set "left" and with the set "right", run by turns
    so that other work on the machine hits both alike."""
    times = [], []
    for _ in range(runs):
        for side, bodies in zip(times, (left, right)):
            if len(side) < 1 or side[0] < LONG:
                judge.show(bodies)
                side.append(run_once(judge.database, query, timeout))
    return tuple(statistics.median(side) for side in times)
