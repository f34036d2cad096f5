/*-------------------------------------------------------------------------
 *
 * schedule.c
 *		When a database is due for its worker.
 *
 * Only the last times are kept, never the next ones: so a reload changes the
 * schedule at once, and a clock that was set back delays nothing.
 * All functions expect the lock to be held.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "utils/timestamp.h"

#include "worker_internal.h"

/* After a failure: a minute, then twice as long each time, up to an hour. */
#define FIRST_RETRY_MS 60000L
#define LONGEST_RETRY_MS 3600000L
/* Less active time of a database's sessions than this is not looked at, us. */
#define MIN_ACTIVE_US INT64CONST(500000)
/* Looking for new load may lead to analyses for a tenth of the time, with a
 * pause between them of half the minute in which advice is to come. */
#define LOOK_PAUSE_FACTOR 10
#define SHORTEST_LOOK_PAUSE_MS 30000L
/* A standby is not told of CREATE EXTENSION: it looks again. */
#define ABSENCE_MS 300000
/* Nothing is waited for longer than this: windows open, databases come. */
#define LONGEST_WAIT_MS 60000L

/*
 * Milliseconds until an interval (seconds, 0: never) has passed since a time;
 * 0 where it has.
 */
static long
wait_since(TimestampTz since, int interval, TimestampTz now)
{
	if (interval == 0)
		return LONGEST_WAIT_MS;
	if (since == 0 || since > now)
		return 0;
	return TimestampDifferenceMilliseconds(now,
										   TimestampTzPlusMilliseconds(since, interval * INT64CONST(1000)));
}

/*
 * Milliseconds until the next snapshot.  A standby takes none.
 */
static long
wait_for_snapshot(const DatabaseSlot *slot, TimestampTz now)
{
	if (RecoveryInProgress())
		return LONGEST_WAIT_MS;
	return wait_since(slot->last_snapshot, worker_snapshot_interval, now);
}

/*
 * Is it time for a snapshot?
 */
bool
snapshot_due(const DatabaseSlot *slot, TimestampTz now)
{
	return wait_for_snapshot(slot, now) == 0;
}

/*
 * Is it time for an analysis?
 */
bool
analysis_due(const DatabaseSlot *slot, TimestampTz now)
{
	if (slot->requested)
		return true;
	return wait_since(slot->last_analysis, worker_analyze_interval, now) == 0 &&
		window_is_open(worker_window, now);
}

/*
 * Are databases looked at for new load?  What is new is told from a snapshot,
 * which a standby does not have.
 */
static bool
watch_is_on(void)
{
	return worker_watch_interval > 0 && worker_snapshot_interval > 0 &&
		worker_analyze_interval > 0 && !RecoveryInProgress();
}

/*
 * Is it time to read how active the database is?
 */
bool
activity_due(const DatabaseSlot *slot, TimestampTz now)
{
	return watch_is_on() && OidIsValid(slot->dboid) && slot->chosen &&
		wait_since(slot->active_at, worker_watch_interval, now) == 0;
}

/*
 * May new load be looked for, as far as time goes?
 */
bool
look_allowed(const DatabaseSlot *slot, TimestampTz now)
{
	return watch_is_on() && slot->last_snapshot != 0 &&
		slot->next_look <= now && window_is_open(worker_window, now);
}

/*
 * Is it time to look for new load?  Where sessions were hardly active since the
 * last look there is none.
 */
bool
look_due(const DatabaseSlot *slot, TimestampTz now)
{
	int64		active_us = slot->active_us - slot->looked_us;

	/* statistics were reset */
	if (active_us < 0)
		active_us = slot->active_us;
	return active_us >= MIN_ACTIVE_US && look_allowed(slot, now);
}

/*
 * When to look again after new load was analysed from "started" to "now".
 */
TimestampTz
next_look_time(TimestampTz started, TimestampTz now)
{
	long		took = TimestampDifferenceMilliseconds(started, now);

	return TimestampTzPlusMilliseconds(now, Max(SHORTEST_LOOK_PAUSE_MS,
												LOOK_PAUSE_FACTOR * took));
}

/*
 * Is it so long ago that the extension was not there that a standby looks again?
 */
static bool
absence_is_stale(const DatabaseSlot *slot, TimestampTz now)
{
	return RecoveryInProgress() &&
		TimestampDifferenceExceeds(slot->absent_at, now, ABSENCE_MS);
}

/*
 * Shall a worker be started?  One that does not know the last times is started
 * to find out.
 */
bool
slot_is_due(const DatabaseSlot *slot, TimestampTz now)
{
	if (!OidIsValid(slot->dboid) || !slot->chosen ||
		slot->pid != 0 || slot->starting || slot->blocked_until > now)
		return false;
	if (slot->state == DATABASE_ABSENT)
		return absence_is_stale(slot, now);
	if (slot->retry_at > now && !slot->requested)
		return false;
	return slot->state == DATABASE_UNKNOWN || !slot->times_known ||
		snapshot_due(slot, now) || look_due(slot, now) ||
		analysis_due(slot, now);
}

/*
 * Milliseconds after which slot_is_due() may say something else.
 */
long
slot_wait_ms(const DatabaseSlot *slot, TimestampTz now)
{
	long		wait = LONGEST_WAIT_MS;

	if (!OidIsValid(slot->dboid) || !slot->chosen ||
		slot->state == DATABASE_ABSENT || slot->pid != 0 || slot->starting)
		return wait;
	if (slot->times_known)
	{
		wait = Min(wait, wait_for_snapshot(slot, now));
		if (watch_is_on())
			wait = Min(wait, wait_since(slot->active_at,
										worker_watch_interval, now));
		if (window_is_open(worker_window, now))
			wait = Min(wait, wait_since(slot->last_analysis,
										worker_analyze_interval, now));
	}
	else
		wait = 0;
	if (slot->requested)
		wait = 0;
	else if (slot->retry_at > now)
		wait = Max(wait, TimestampDifferenceMilliseconds(now, slot->retry_at));
	if (slot->blocked_until > now)
		wait = Max(wait, TimestampDifferenceMilliseconds(now,
														 slot->blocked_until));
	return Min(wait, LONGEST_WAIT_MS);
}

/*
 * When to try again after so many failures in a row.
 */
TimestampTz
retry_time(int failures, TimestampTz now)
{
	long		wait = FIRST_RETRY_MS;

	for (int i = 1; i < failures && wait < LONGEST_RETRY_MS; i++)
		wait *= 2;
	return TimestampTzPlusMilliseconds(now, Min(wait, LONGEST_RETRY_MS));
}
