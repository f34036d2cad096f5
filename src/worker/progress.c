/*-------------------------------------------------------------------------
 *
 * progress.c
 *		How far analyses have come, of workers and of sessions alike.
 *
 * A backend has at most one report.  That of a session goes with its
 * transaction, that of a worker with its process.
 * Entry points: progress_report(), progress_object(); the SQL functions
 * report_progress(), progress_rows() and worker_rows().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/dbcommands.h"
#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "worker_internal.h"

#define PROGRESS_COLUMNS 9
#define WORKER_COLUMNS 9

static Report *my_report = NULL;
static ReportKind my_kind = REPORT_SESSION;

PG_FUNCTION_INFO_V1(dbadvisor_report_progress);
PG_FUNCTION_INFO_V1(dbadvisor_progress_rows);
PG_FUNCTION_INFO_V1(dbadvisor_worker_rows);

/*
 * Copy a text, cut between characters where it is too long.
 */
static void
copy_text(char *target, const char *text)
{
	size_t		length = strlen(text);

	if (length >= REPORT_TEXT_LENGTH)
		length = pg_mbcliplen(text, (int) length, REPORT_TEXT_LENGTH - 1);
	memcpy(target, text, length);
	target[length] = '\0';
}

/*
 * Give up our report, if we have one.
 */
static void
progress_clear(void)
{
	if (my_report == NULL)
		return;
	LWLockAcquire(worker_lock, LW_EXCLUSIVE);
	my_report->pid = 0;
	my_report = NULL;
	LWLockRelease(worker_lock);
}

/*
 * XactCallback: a session's report ends with its transaction.
 */
static void
progress_at_xact_end(XactEvent event, void *arg)
{
	(void) arg;
	if (my_kind == REPORT_SESSION &&
		(event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT ||
		 event == XACT_EVENT_PREPARE))
		progress_clear();
}

/*
 * before_shmem_exit callback.
 */
static void
progress_exit(int code, Datum arg)
{
	(void) code;
	(void) arg;
	progress_clear();
}

/*
 * Say what kind of process reports from now on.
 */
void
progress_init(ReportKind kind)
{
	static bool registered = false;

	my_kind = kind;
	if (registered)
		return;
	registered = true;
	RegisterXactCallback(progress_at_xact_end, NULL);
	before_shmem_exit(progress_exit, (Datum) 0);
}

/*
 * Take a free place for our report; NULL where there is none.  With the lock
 * held.
 */
static Report *
report_take(void)
{
	for (int i = 0; i < MAX_REPORTS; i++)
	{
		Report	   *report = &worker_shared->reports[i];

		if (report->pid != 0)
			continue;
		MemSet(report, 0, sizeof(Report));
		report->pid = MyProcPid;
		report->kind = my_kind;
		report->dboid = MyDatabaseId;
		report->started_at = GetCurrentTimestamp();
		return report;
	}
	return NULL;
}

/*
 * Tell how far we are; see worker.h.
 */
void
progress_report(const char *phase, int64 done, int64 total, const char *object)
{
	if (worker_shared == NULL)
		return;
	progress_init(my_kind);
	LWLockAcquire(worker_lock, LW_EXCLUSIVE);
	if (my_report == NULL)
		my_report = report_take();
	if (my_report != NULL)
	{
		copy_text(my_report->phase, phase);
		copy_text(my_report->object, object ? object : "");
		my_report->done = done;
		my_report->total = total;
		my_report->changed_at = GetCurrentTimestamp();
	}
	LWLockRelease(worker_lock);
}

/*
 * Tell what is in hand, in a phase that was told before.
 */
void
progress_object(const char *object)
{
	if (my_report == NULL)
		return;
	LWLockAcquire(worker_lock, LW_EXCLUSIVE);
	copy_text(my_report->object, object ? object : "");
	my_report->changed_at = GetCurrentTimestamp();
	LWLockRelease(worker_lock);
}

/*
 * SQL: report_progress(phase, done, total, object).
 */
Datum
dbadvisor_report_progress(PG_FUNCTION_ARGS)
{
	char	   *object = NULL;

	if (PG_ARGISNULL(0))
	{
		progress_clear();
		PG_RETURN_VOID();
	}
	if (!PG_ARGISNULL(3))
		object = text_to_cstring(PG_GETARG_TEXT_PP(3));
	progress_report(text_to_cstring(PG_GETARG_TEXT_PP(0)),
					PG_ARGISNULL(1) ? 0 : PG_GETARG_INT64(1),
					PG_ARGISNULL(2) ? 0 : PG_GETARG_INT64(2), object);
	PG_RETURN_VOID();
}

/*
 * A name of shared memory may be in another database's encoding: ask the
 * catalog.
 */
static Datum
database_name(Oid dboid, bool *isnull)
{
	char	   *name = OidIsValid(dboid) ? get_database_name(dboid) : NULL;

	*isnull = name == NULL;
	return name ? CStringGetTextDatum(name) : (Datum) 0;
}

/*
 * A time; null where it is not known.
 */
static Datum
known_time(TimestampTz time, bool *isnull)
{
	*isnull = time == 0;
	return TimestampTzGetDatum(time);
}

/*
 * A text of another process; null where it is empty or may be in an encoding
 * that is not ours.
 */
static Datum
told_text(const char *text, Oid dboid, bool *isnull)
{
	*isnull = text[0] == '\0' ||
	(dboid != MyDatabaseId &&
	 !pg_verifymbstr(text, (int) strlen(text), true));

	return *isnull ? (Datum) 0 : CStringGetTextDatum(text);
}

/*
 * SQL: progress_rows(), the reports of all backends.
 */
Datum
dbadvisor_progress_rows(PG_FUNCTION_ARGS)
{
	static const char *const kinds[] = {"session", "worker", "launcher"};
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Report	   *reports = (Report *) palloc(sizeof(Report) * MAX_REPORTS);

	InitMaterializedSRF(fcinfo, 0);
	if (worker_shared == NULL)
		return (Datum) 0;
	LWLockAcquire(worker_lock, LW_SHARED);
	memcpy(reports, worker_shared->reports, sizeof(Report) * MAX_REPORTS);
	LWLockRelease(worker_lock);
	for (int i = 0; i < MAX_REPORTS; i++)
	{
		Report	   *report = &reports[i];
		Datum		values[PROGRESS_COLUMNS] = {0};
		bool		nulls[PROGRESS_COLUMNS] = {0};

		if (report->pid == 0)
			continue;
		values[0] = Int32GetDatum(report->pid);
		values[1] = CStringGetTextDatum(kinds[report->kind]);
		values[2] = database_name(report->dboid, &nulls[2]);
		values[3] = told_text(report->phase, report->dboid, &nulls[3]);
		values[4] = Int64GetDatum(report->done);
		values[5] = Int64GetDatum(report->total);
		nulls[4] = nulls[5] = report->total == 0;
		values[6] = told_text(report->object, report->dboid, &nulls[6]);
		values[7] = TimestampTzGetDatum(report->started_at);
		values[8] = TimestampTzGetDatum(report->changed_at);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/*
 * What state a database is in, in one word or two.
 */
static const char *
slot_state(const DatabaseSlot *slot, TimestampTz now)
{
	if (!slot->chosen)
		return "not chosen";
	if (slot->pid != 0 || slot->starting)
		return slot->state == DATABASE_PRESENT ? "working" : "looking";
	if (slot->state == DATABASE_ABSENT)
		return "not installed";
	if (slot->blocked_until > now)
		return "out of the way";
	if (slot->failures > 0)
		return "failed";
	return slot->state == DATABASE_UNKNOWN ? "not looked at" : "waiting";
}

/*
 * SQL: worker_rows(), the databases as the launcher knows them.
 */
Datum
dbadvisor_worker_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	TimestampTz now = GetCurrentTimestamp();

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; worker_shared != NULL && i < MAX_DATABASES; i++)
	{
		DatabaseSlot slot;
		Datum		values[WORKER_COLUMNS] = {0};
		bool		nulls[WORKER_COLUMNS] = {0};

		LWLockAcquire(worker_lock, LW_SHARED);
		slot = worker_shared->slots[i];
		LWLockRelease(worker_lock);
		if (!OidIsValid(slot.dboid))
			continue;
		values[0] = database_name(slot.dboid, &nulls[0]);
		values[1] = CStringGetTextDatum(slot_state(&slot, now));
		values[2] = Int32GetDatum(slot.pid);
		nulls[2] = slot.pid == 0;
		values[3] = BoolGetDatum(slot.requested);
		values[4] = known_time(slot.last_snapshot, &nulls[4]);
		values[5] = known_time(slot.last_analysis, &nulls[5]);
		values[6] = Int32GetDatum(slot.failures);
		values[7] = known_time(slot.retry_at, &nulls[7]);
		values[8] = told_text(slot.problem, slot.dboid, &nulls[8]);
		if (!nulls[0])
			tuplestore_putvalues(result->setResult, result->setDesc, values,
								 nulls);
	}
	return (Datum) 0;
}
