/*-------------------------------------------------------------------------
 *
 * job.c
 *		The process that works in one database: connect, work, leave.
 *
 * A first one, as superuser, only looks whether the extension is there and
 * whose it is; it runs nothing that anybody could have changed.  The next ones
 * connect as the owner of the extension, so that what he may have changed in
 * it runs with his rights.  Every phase is a transaction of its own.
 * Entry points: dbadvisor_worker_main(), phase_run().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "worker_internal.h"

/* Longest wait for a connection to another server, s. */
#define CONNECT_TIMEOUT "3"

/* What the first look finds. */
typedef struct Finding
{
	bool		present;
	Oid			owner;
} Finding;

PGDLLEXPORT void dbadvisor_worker_main(Datum arg);

static WorkerTask my_task;

/*
 * Run fn(arg) in a transaction with SPI and a snapshot.  Returns NULL, or the
 * error that it raised, copied into the caller's memory context.
 */
ErrorData *
phase_run(const char *activity, PhaseFn fn, void *arg)
{
	MemoryContext caller = CurrentMemoryContext;
	ErrorData  *volatile error = NULL;

	CHECK_FOR_INTERRUPTS();
	SetCurrentStatementStartTimestamp();
	pgstat_report_activity(STATE_RUNNING, activity);
	PG_TRY();
	{
		StartTransactionCommand();
		SPI_connect();
		PushActiveSnapshot(GetTransactionSnapshot());
		fn(arg);
		PopActiveSnapshot();
		SPI_finish();
		CommitTransactionCommand();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(caller);
		HOLD_INTERRUPTS();
		error = CopyErrorData();
		FlushErrorState();
		AbortCurrentTransaction();
		RESUME_INTERRUPTS();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	pgstat_report_stat(true);
	pgstat_report_activity(STATE_IDLE, NULL);
	return error;
}

/*
 * PhaseFn: is the extension here, and whose is it?
 */
static void
look_for_extension(void *arg)
{
	Finding    *finding = (Finding *) arg;
	bool		isnull;

	if (SPI_execute("SELECT e.extowner FROM pg_catalog.pg_extension e"
					" WHERE e.extname OPERATOR(pg_catalog.=) 'dbadvisor'",
					true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look for the extension: %s",
			 SPI_result_code_string(SPI_result));
	finding->present = SPI_processed > 0;
	if (finding->present)
		finding->owner = DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[0],
														SPI_tuptable->tupdesc,
														1, &isnull));
}

/*
 * Note that the work is done, or what went wrong, in the slot and the log.
 */
static void
note_result(const Finding *finding, const ErrorData *error)
{
	DatabaseSlot *slot;

	LWLockAcquire(worker_lock, LW_EXCLUSIVE);
	slot = slot_find(my_task.dboid);
	if (slot != NULL && error == NULL)
	{
		slot->failures = 0;
		slot->retry_at = 0;
		slot->problem[0] = '\0';
		/* Where the extension has changed hands, somebody looks again. */
		slot->state = !finding->present ? DATABASE_ABSENT :
			OidIsValid(my_task.owner) && finding->owner != my_task.owner ?
			DATABASE_UNKNOWN : DATABASE_PRESENT;
		slot->owner = finding->owner;
		if (!finding->present)
		{
			slot->requested = false;
			slot->absent_at = GetCurrentTimestamp();
		}
	}
	else if (slot != NULL)
	{
		strlcpy(slot->problem, error->message ? error->message : "unknown error",
				PROBLEM_LENGTH);
		slot->requested = false;
	}
	LWLockRelease(worker_lock);
	if (error == NULL && !finding->present)
		kept_forget(my_task.dboid);
	if (error != NULL)
		ereport(LOG,
				(errcode(error->sqlerrcode),
				 errmsg("dbadvisor could not work in database %u: %s",
						my_task.dboid,
						error->message ? error->message : "unknown error"),
				 error->detail ? errdetail_internal("%s", error->detail) : 0,
				 error->hint ? errhint("%s", error->hint) : 0));
}

/*
 * before_shmem_exit callback: the database is free again.  Who left because
 * he was told to has not failed; who was ended otherwise, by a conflict with
 * what a standby replays for example, has told the log only.
 */
static void
worker_exit(int code, Datum arg)
{
	DatabaseSlot *slot;

	(void) arg;
	LWLockAcquire(worker_lock, LW_EXCLUSIVE);
	slot = slot_find(my_task.dboid);
	if (slot != NULL && slot->pid == MyProcPid)
	{
		slot->pid = 0;
		slot->starting = false;
		if (slot->told_to_stop && slot->failures > 0)
		{
			slot->failures--;
			slot->retry_at = 0;
		}
		else if (code != 0)
			strlcpy(slot->problem, "the worker was ended; the server's log says why",
					PROBLEM_LENGTH);
		slot->told_to_stop = false;
	}
	if (worker_shared->launcher != NULL)
		SetLatch(worker_shared->launcher);
	LWLockRelease(worker_lock);
}

/*
 * Take the slot of our database; false where a command wants the database, it
 * has gone, or a worker from before a restart of the launcher is there.
 */
static bool
worker_enter(void)
{
	TimestampTz now = GetCurrentTimestamp();
	DatabaseSlot *slot;
	bool		free_to_go;

	before_shmem_exit(worker_exit, (Datum) 0);
	LWLockAcquire(worker_lock, LW_EXCLUSIVE);
	slot = slot_find(my_task.dboid);
	free_to_go = slot != NULL && slot->pid == 0 && slot->blocked_until <= now;
	if (slot != NULL && slot->pid == 0)
		slot->pid = MyProcPid;
	LWLockRelease(worker_lock);
	return free_to_go;
}

/*
 * Settings under which a worker works, whatever its role and database say.  They
 * are those of a session, so that what RESET would give stays what the server is
 * configured with: that is the search path of statements whose role has none.
 */
static void
worker_settings(void)
{
	static const char *const settings[][2] = {
		{"application_name", "dbadvisor worker"},
		{"search_path", "pg_catalog, pg_temp"},
		/* A standby that is away must not hang us. */
		{"synchronous_commit", "local"},
		{"lock_timeout", "1s"},
		{"statement_timeout", "0"},
		{"idle_in_transaction_session_timeout", "0"},
		{"idle_session_timeout", "0"},
		{"transaction_timeout", "0"},
		{"default_transaction_read_only", "off"},
		{"default_transaction_isolation", "read committed"},
		{"default_transaction_deferrable", "off"},
	};

	/* dblink waits for a connection without looking at interrupts. */
	(void) setenv("PGCONNECT_TIMEOUT", CONNECT_TIMEOUT, 0);
	for (size_t i = 0; i < lengthof(settings); i++)
	{
		/* transaction_timeout came with 17 */
		if (GetConfigOption(settings[i][0], true, false) != NULL)
			SetConfigOption(settings[i][0], settings[i][1], PGC_USERSET,
							PGC_S_SESSION);
	}
}

/*
 * Entry point of a worker.
 */
void
dbadvisor_worker_main(Datum arg)
{
	Finding		finding = {false, InvalidOid};
	ErrorData  *error;

	(void) arg;
	memcpy(&my_task, MyBgworkerEntry->bgw_extra, sizeof(WorkerTask));
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	if (!worker_enter())
		proc_exit(0);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(my_task.dboid, my_task.owner,
											  WORKER_CONNECTION_FLAGS);
	worker_settings();
	progress_init(REPORT_WORKER);
	MemoryContextSwitchTo(TopMemoryContext);
	error = phase_run("looking for dbadvisor", look_for_extension, &finding);
	if (error == NULL && finding.present && finding.owner == my_task.owner)
		error = duty_run();
	note_result(&finding, error);
	proc_exit(0);
}
