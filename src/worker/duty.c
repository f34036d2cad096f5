/*-------------------------------------------------------------------------
 *
 * duty.c
 *		What a worker does in a database that has the extension.
 *
 * The work itself is done by SQL functions of the extension; here is what they
 * cannot do for themselves: one transaction for each step, pauses between them
 * while the server is busy, and telling how far the work is.  On a standby, which
 * has no store to write, the advice of each rule is kept in memory.
 * Entry point: duty_run().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "postmaster/interrupt.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#include "compat.h"
#include "worker_internal.h"

/* How often a worker that waits looks again, ms. */
#define WAIT_STEP_MS 1000L
/* How often it tries to get at the store while somebody else analyses. */
#define STORE_ATTEMPTS 600

/* What an analysis runs: all rules, or those that new load concerns. */
#define ALL_RULES "SELECT dbadvisor.begin_run(NULL)"
#define LOAD_RULES "SELECT dbadvisor.begin_run(dbadvisor.load_categories())"

/* Columns of standby_rule(). */
#define COLUMN_RANK 1
#define COLUMN_ITEM 2
#define COLUMN_FAILED 3

/* What is to be done now. */
typedef struct Due
{
	bool		look;
	bool		snapshot;
	bool		analysis;
	bool		new_load;		/* what the look has found */
} Due;

/* An analysis under way. */
typedef struct Analysis
{
	MemoryContext context;		/* of the names */
	const char *begin;			/* query that begins it */
	int64		run_id;
	List	   *rules;			/* names, in the order to run them */
	const char *rule;			/* the one in hand */
	PhaseFn		run_rule;		/* what is done with it */
} Analysis;

/* The last times, as the tables know them. */
typedef struct Times
{
	TimestampTz snapshot;
	TimestampTz analysis;
} Times;

/*
 * Wait for a moment; reload and termination are heeded.
 */
static void
wait_a_moment(void)
{
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
					 WAIT_STEP_MS, wait_event_extension("DbadvisorPause"));
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
	if (ConfigReloadPending)
	{
		ConfigReloadPending = false;
		ProcessConfigFile(PGC_SIGHUP);
	}
}

/*
 * Wait, outside of any transaction, while the server is busy.
 */
static void
wait_for_calm(int64 done, int64 total)
{
	const char *reason;

	while ((reason = load_too_high()) != NULL)
	{
		progress_report(reason, done, total, NULL);
		wait_a_moment();
	}
}

/*
 * Run a query of the extension that returns something.
 */
static void
query_run(const char *query, int nargs, Oid *types, Datum *values)
{
	int			result = SPI_execute_with_args(query, nargs, types, values,
											   NULL, false, 0);

	if (result != SPI_OK_SELECT)
		elog(ERROR, "could not run \"%s\": %s", query,
			 SPI_result_code_string(result));
}

/*
 * Time in a column of the first row; 0 for null.
 */
static TimestampTz
row_time(int column)
{
	bool		isnull;
	Datum		value = SPI_getbinval(SPI_tuptable->vals[0],
									  SPI_tuptable->tupdesc, column, &isnull);

	return isnull ? 0 : DatumGetTimestampTz(value);
}

/*
 * PhaseFn: read the last times.
 */
static void
read_times(void *arg)
{
	Times	   *times = (Times *) arg;

	query_run("SELECT t.snapshot_at, t.analysis_at"
			  "  FROM dbadvisor.last_times() t", 0, NULL, NULL);
	times->snapshot = row_time(1);
	times->analysis = row_time(2);
}

/*
 * PhaseFn: take a snapshot of the counters.
 */
static void
take_snapshot(void *arg)
{
	Times	   *times = (Times *) arg;

	query_run("SELECT dbadvisor.take_snapshot()", 0, NULL, NULL);
	times->snapshot = row_time(1);
}

/*
 * PhaseFn: see what was applied, and what it has brought.
 */
static void
follow_applied(void *arg)
{
	(void) arg;
	query_run("SELECT dbadvisor.follow_applied()", 0, NULL, NULL);
}

/*
 * PhaseFn: ask the registered standbys.
 */
static void
refresh_nodes(void *arg)
{
	(void) arg;
	query_run("SELECT dbadvisor.refresh_nodes()", 0, NULL, NULL);
}

/*
 * Take the rules that a query has returned.
 */
static void
rules_take(Analysis *analysis)
{
	MemoryContext old = MemoryContextSwitchTo(analysis->context);

	for (uint64 i = 0; i < SPI_processed; i++)
		analysis->rules = lappend(analysis->rules,
								  pstrdup(SPI_getvalue(SPI_tuptable->vals[i],
													   SPI_tuptable->tupdesc,
													   1)));
	MemoryContextSwitchTo(old);
}

/*
 * PhaseFn: note a new analysis, and read which rules it has.
 */
static void
begin_run(void *arg)
{
	Analysis   *analysis = (Analysis *) arg;
	Oid			types[1] = {INT8OID};
	Datum		run_id;
	bool		isnull;

	query_run(analysis->begin, 0, NULL, NULL);
	run_id = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1,
						   &isnull);
	analysis->run_id = DatumGetInt64(run_id);
	query_run("SELECT r.rule FROM dbadvisor.rules_of_run($1) r"
			  " ORDER BY r.rule", 1, types, &run_id);
	rules_take(analysis);
}

/*
 * PhaseFn: read which rules there are, on a standby.
 */
static void
begin_on_standby(void *arg)
{
	query_run("SELECT r.rule FROM dbadvisor.rule r ORDER BY r.rule",
			  0, NULL, NULL);
	rules_take((Analysis *) arg);
}

/*
 * PhaseFn: run the rule in hand.
 */
static void
run_rule(void *arg)
{
	Analysis   *analysis = (Analysis *) arg;
	Oid			types[2] = {INT8OID, TEXTOID};
	Datum		values[2] = {Int64GetDatum(analysis->run_id),
	CStringGetTextDatum(analysis->rule)};

	query_run("SELECT dbadvisor.lock_store()", 0, NULL, NULL);
	query_run("SELECT dbadvisor.record_rule($1, $2)", 2, types, values);
}

/*
 * PhaseFn: run the rule in hand and keep its advice.  The first row is what
 * became of the rule; of one that failed, the advice of before stays.
 */
static void
keep_rule(void *arg)
{
	Analysis   *analysis = (Analysis *) arg;
	Oid			types[1] = {TEXTOID};
	Datum		values[1] = {CStringGetTextDatum(analysis->rule)};
	List	   *items = NIL;
	bool		isnull;
	bool		failed;

	query_run("SELECT s.severity_rank, s.item, s.failed"
			  "  FROM dbadvisor.standby_rule($1) s", 1, types, values);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	row = SPI_tuptable->vals[i];
		TupleDesc	descriptor = SPI_tuptable->tupdesc;
		Datum		rank = SPI_getbinval(row, descriptor, COLUMN_RANK, &isnull);

		items = lappend(items, kept_item(analysis->rule,
										 isnull ? KEPT_RULE_RUN : DatumGetInt32(rank),
										 SPI_getvalue(row, descriptor, COLUMN_ITEM)));
	}
	failed = DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0],
										SPI_tuptable->tupdesc, COLUMN_FAILED,
										&isnull));
	kept_replace(analysis->rule, items, failed);
}

/*
 * PhaseFn: note the end of the analysis.
 */
static void
end_run(void *arg)
{
	Analysis   *analysis = (Analysis *) arg;
	Oid			types[1] = {INT8OID};
	Datum		values[1] = {Int64GetDatum(analysis->run_id)};

	query_run("SELECT dbadvisor.lock_store()", 0, NULL, NULL);
	query_run("SELECT dbadvisor.end_run($1)", 1, types, values);
}

/*
 * Run a phase that needs the store; while somebody else has it, wait.
 */
static ErrorData *
store_phase(const char *activity, PhaseFn fn, void *arg)
{
	ErrorData  *error = NULL;

	for (int i = 0; i < STORE_ATTEMPTS; i++)
	{
		error = phase_run(activity, fn, arg);
		if (error == NULL || error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE)
			return error;
		progress_object("waiting for another session");
		wait_a_moment();
	}
	return error;
}

/*
 * Run all rules, each when the server is calm.  On a standby the promotion ends
 * it.
 */
static ErrorData *
run_rules(Analysis *analysis)
{
	int64		total = list_length(analysis->rules);
	int64		done = 0;
	bool		on_standby = RecoveryInProgress();
	ErrorData  *error;
	ListCell   *lc;

	foreach(lc, analysis->rules)
	{
		if (on_standby && !RecoveryInProgress())
			return NULL;
		analysis->rule = (const char *) lfirst(lc);
		wait_for_calm(done, total);
		progress_report(analysis->rule, done, total, NULL);
		error = store_phase(psprintf("analysis: rule %s", analysis->rule),
							analysis->run_rule, analysis);
		if (error != NULL)
			return error;
		done++;
	}
	return NULL;
}

/*
 * PhaseFn: look for statements that take much more time than before.
 */
static void
look_for_load(void *arg)
{
	Due		   *due = (Due *) arg;

	query_run("SELECT n.queryid FROM dbadvisor.new_load() n", 0, NULL, NULL);
	due->new_load = SPI_processed > 0;
}

/*
 * Analyse the database.  A rule that fails is noted in its row of rule_run; an
 * error here is one of the store.
 */
static ErrorData *
analyse(const char *begin)
{
	Analysis	analysis = {CurrentMemoryContext, begin, 0, NIL, NULL, run_rule};
	ErrorData  *error;

	wait_for_calm(0, 0);
	progress_report("asking standbys", 0, 0, NULL);
	error = phase_run("asking standbys", refresh_nodes, NULL);
	if (error == NULL)
		error = store_phase("analysis: start", begin_run, &analysis);
	if (error == NULL)
		error = run_rules(&analysis);
	if (error == NULL)
		error = store_phase("analysis: end", end_run, &analysis);
	return error;
}

/*
 * What is due, by the slot of our database; the slot learns the last times.
 */
static void
what_is_due(const Times *times, Due *due)
{
	TimestampTz now = GetCurrentTimestamp();
	DatabaseSlot *slot;

	MemSet(due, 0, sizeof(Due));
	LWLockAcquire(worker_lock, LW_EXCLUSIVE);
	slot = slot_find(MyDatabaseId);
	if (slot != NULL)
	{
		slot->times_known = true;
		slot->last_snapshot = times->snapshot;
		slot->last_analysis = times->analysis;
		due->snapshot = snapshot_due(slot, now);
		due->analysis = analysis_due(slot, now);
		/* A snapshot makes the load of now the usual one: look before. */
		due->look = !due->analysis &&
			(look_due(slot, now) || (due->snapshot && look_allowed(slot, now)));
		if (due->look)
			slot->looked_us = slot->active_us;
		/* A request that comes from now on asks for another analysis. */
		slot->requested = false;
	}
	LWLockRelease(worker_lock);
}

/*
 * Note in the slot when something was done.
 */
static void
note_times(TimestampTz snapshot, TimestampTz analysis)
{
	DatabaseSlot *slot;

	LWLockAcquire(worker_lock, LW_EXCLUSIVE);
	slot = slot_find(MyDatabaseId);
	if (slot != NULL && snapshot != 0)
		slot->last_snapshot = snapshot;
	if (slot != NULL && analysis != 0)
		slot->last_analysis = analysis;
	LWLockRelease(worker_lock);
}

/*
 * Note in the slot that new load was analysed, so that the next is not at once.
 */
static void
note_load(TimestampTz started)
{
	DatabaseSlot *slot;

	LWLockAcquire(worker_lock, LW_EXCLUSIVE);
	slot = slot_find(MyDatabaseId);
	if (slot != NULL)
		slot->next_look = next_look_time(started, GetCurrentTimestamp());
	LWLockRelease(worker_lock);
}

/*
 * Follow what was applied and take a snapshot, in this order: so a change that
 * is recognised lies in the window of a snapshot to come.
 */
static ErrorData *
observe(Times *times)
{
	ErrorData  *error;

	progress_report("following applied advice", 0, 0, NULL);
	error = store_phase("following applied advice", follow_applied, NULL);
	if (error != NULL)
		return error;
	progress_report("snapshot", 0, 0, NULL);
	error = store_phase("snapshot", take_snapshot, times);
	if (error == NULL)
		note_times(times->snapshot, 0);
	return error;
}

/*
 * Analyse everything, or what new load concerns, and note when.
 */
static ErrorData *
analyse_due(const Due *due)
{
	TimestampTz started = GetCurrentTimestamp();
	ErrorData  *error = analyse(due->analysis ? ALL_RULES : LOAD_RULES);

	if (error == NULL && due->analysis)
		note_times(0, started);
	else if (error == NULL)
		note_load(started);
	return error;
}

/*
 * On a standby: the last times are those of its own workers, which the slot
 * knows.
 */
static void
times_on_standby(Times *times)
{
	DatabaseSlot *slot;

	MemSet(times, 0, sizeof(Times));
	LWLockAcquire(worker_lock, LW_SHARED);
	slot = slot_find(MyDatabaseId);
	if (slot != NULL)
		times->analysis = slot->last_analysis;
	LWLockRelease(worker_lock);
}

/*
 * Do what is due on a standby: an analysis.  Returns NULL, or the error that
 * ended it.
 */
static ErrorData *
standby_run(void)
{
	TimestampTz started = GetCurrentTimestamp();
	Analysis	analysis = {CurrentMemoryContext, NULL, 0, NIL, NULL, keep_rule};
	Times		times;
	Due			due;
	ErrorData  *error;

	times_on_standby(&times);
	what_is_due(&times, &due);
	if (!due.analysis)
		return NULL;
	error = phase_run("analysis: start", begin_on_standby, &analysis);
	if (error == NULL)
		error = run_rules(&analysis);
	if (error == NULL)
		note_times(0, started);
	return error;
}

/*
 * Do all that is due.  Returns NULL, or the error that ended it.
 */
ErrorData *
duty_run(void)
{
	Times		times;
	Due			due;
	ErrorData  *error;

	if (RecoveryInProgress())
		return standby_run();
	error = phase_run("reading the last times", read_times, &times);
	if (error != NULL)
		return error;
	what_is_due(&times, &due);
	if (due.look)
		error = phase_run("looking for new load", look_for_load, &due);
	/* The snapshot makes what was found the load that is known. */
	if (error == NULL && (due.snapshot || due.new_load))
		error = observe(&times);
	if (error == NULL && (due.analysis || due.new_load))
		error = analyse_due(&due);
	return error;
}
