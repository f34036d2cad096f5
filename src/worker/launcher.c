/*-------------------------------------------------------------------------
 *
 * launcher.c
 *		The process that starts workers: one for each database that is due.
 *
 * It is connected to no database, so that none is kept from being dropped or
 * copied, and reads shared catalogs only.  A worker comes, works and leaves;
 * between two passes nothing of ours is connected anywhere.  On a standby workers
 * keep their advice in memory; the promotion ends them, and others come that
 * write.
 * Entry points: launcher_init(), dbadvisor_launcher_main().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <signal.h>

#include "access/xlog.h"
#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/proc.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#include "compat.h"
#include "worker_internal.h"

/* Seconds after which a launcher that failed is started again. */
#define LAUNCHER_RESTART_SECONDS 5
/* How often a standby looks whether it has been promoted, ms. */
#define PROMOTION_POLL_MS 1000L
/* How long to wait where no worker can be started, ms. */
#define CROWDED_WAIT_MS 10000L
/* Databases are read anew after this long, ms; new ones tell themselves. */
#define RESCAN_MS 60000L

/* A worker on its way, known to the launcher only. */
typedef struct Started
{
	Oid			dboid;
	uint32		start_number;	/* of its slot when it was started */
	BackgroundWorkerHandle *handle;
} Started;

static List *started = NIL;		/* of Started */
static bool told_crowded = false;

PGDLLEXPORT void dbadvisor_launcher_main(Datum arg);

/*
 * before_shmem_exit callback: nobody can wake this process any more.
 */
static void
launcher_exit(int code, Datum arg)
{
	(void) code;
	(void) arg;
	LWLockAcquire(worker_lock, LW_EXCLUSIVE);
	worker_shared->launcher = NULL;
	LWLockRelease(worker_lock);
}

/*
 * Make ourselves known; forget workers that a launcher before us wanted.
 */
static void
launcher_enter(void)
{
	before_shmem_exit(launcher_exit, (Datum) 0);
	LWLockAcquire(worker_lock, LW_EXCLUSIVE);
	worker_shared->launcher = &MyProc->procLatch;
	worker_shared->rescan = true;
	for (int i = 0; i < MAX_DATABASES; i++)
		worker_shared->slots[i].starting = false;
	LWLockRelease(worker_lock);
	progress_init(REPORT_LAUNCHER);
}

/*
 * Free the slot of a worker that has ended without doing so itself.  Another may
 * have been started since, when its end was seen in the slot before the
 * postmaster told of it: that one's slot stays as it is.
 */
static void
slot_free(const Started *ended)
{
	DatabaseSlot *slot;

	LWLockAcquire(worker_lock, LW_EXCLUSIVE);
	slot = slot_find(ended->dboid);
	if (slot != NULL && slot->pid == 0 &&
		slot->start_number == ended->start_number)
		slot->starting = false;
	LWLockRelease(worker_lock);
}

/*
 * Forget workers that have ended.
 */
static void
forget_ended(void)
{
	List	   *running = NIL;
	ListCell   *lc;

	foreach(lc, started)
	{
		Started    *one = (Started *) lfirst(lc);
		pid_t		pid;

		if (GetBackgroundWorkerPid(one->handle, &pid) != BGWH_STOPPED)
		{
			running = lappend(running, one);
			continue;
		}
		slot_free(one);
		pfree(one->handle);
		pfree(one);
	}
	list_free(started);
	started = running;
}

/*
 * What to tell the postmaster of a worker for a task.
 */
static void
worker_describe(BackgroundWorker *worker, const WorkerTask *task)
{
	MemSet(worker, 0, sizeof(BackgroundWorker));
	worker->bgw_flags = BGWORKER_SHMEM_ACCESS |
		BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker->bgw_start_time = BgWorkerStart_ConsistentState;
	worker->bgw_restart_time = BGW_NEVER_RESTART;
	worker->bgw_notify_pid = MyProcPid;
	strlcpy(worker->bgw_library_name, "dbadvisor", BGW_MAXLEN);
	strlcpy(worker->bgw_function_name, "dbadvisor_worker_main", BGW_MAXLEN);
	snprintf(worker->bgw_name, BGW_MAXLEN, "dbadvisor worker for database %u",
			 task->dboid);
	strlcpy(worker->bgw_type, "dbadvisor worker", BGW_MAXLEN);
	memcpy(worker->bgw_extra, task, sizeof(WorkerTask));
}

/*
 * Start a worker.  Where the server has no room for it, that is said once.
 */
static bool
worker_start(const WorkerTask *task, uint32 start_number)
{
	BackgroundWorker worker;
	Started    *one = (Started *) palloc(sizeof(Started));

	worker_describe(&worker, task);
	one->dboid = task->dboid;
	one->start_number = start_number;
	if (RegisterDynamicBackgroundWorker(&worker, &one->handle))
	{
		started = lappend(started, one);
		told_crowded = false;
		return true;
	}
	pfree(one);
	if (!told_crowded)
		ereport(LOG,
				(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				 errmsg("dbadvisor cannot start a background worker"),
				 errhint("You might need to increase max_worker_processes.")));
	told_crowded = true;
	return false;
}

/*
 * Take the next database that is due, after place "*at"; true when there is
 * one.  Its slot is marked in the same moment.
 */
static bool
task_take(int *at, WorkerTask *task, uint32 *start_number)
{
	TimestampTz now = GetCurrentTimestamp();
	bool		found = false;

	LWLockAcquire(worker_lock, LW_EXCLUSIVE);
	for (; *at < MAX_DATABASES && !found; (*at)++)
	{
		DatabaseSlot *slot = &worker_shared->slots[*at];

		if (!slot_is_due(slot, now))
			continue;
		found = true;
		slot->starting = true;
		*start_number = ++slot->start_number;
		slot->told_to_stop = false;
		/* Before the work, so that one that breaks off has left its trace. */
		slot->failures++;
		slot->retry_at = retry_time(slot->failures, now);
		task->dboid = slot->dboid;
		task->owner = slot->state == DATABASE_PRESENT ? slot->owner : InvalidOid;
	}
	LWLockRelease(worker_lock);
	return found;
}

/*
 * A worker that could not be started has not failed.
 */
static void
task_give_back(const WorkerTask *task)
{
	DatabaseSlot *slot;

	LWLockAcquire(worker_lock, LW_EXCLUSIVE);
	slot = slot_find(task->dboid);
	if (slot != NULL)
	{
		slot->starting = false;
		slot->failures--;
		slot->retry_at = 0;
	}
	LWLockRelease(worker_lock);
}

/*
 * Start workers for the databases that are due, as many as may run.  Returns
 * false where the server has no room.
 */
static bool
start_due(void)
{
	/* So that no database waits for good behind busy ones. */
	static int	first = 0;
	WorkerTask	task;
	uint32		start_number;

	if (first >= MAX_DATABASES)
		first = 0;
	while (list_length(started) < worker_max_workers)
	{
		if (!task_take(&first, &task, &start_number))
		{
			first = 0;
			if (!task_take(&first, &task, &start_number))
				return true;
		}
		if (!worker_start(&task, start_number))
		{
			task_give_back(&task);
			return false;
		}
	}
	return true;
}

/*
 * Milliseconds that nothing is to be done for.
 */
static long
idle_ms(void)
{
	TimestampTz now = GetCurrentTimestamp();
	long		wait = RESCAN_MS;

	/* When one of them ends, we are woken. */
	if (list_length(started) >= worker_max_workers)
		return wait;
	LWLockAcquire(worker_lock, LW_SHARED);
	for (int i = 0; i < MAX_DATABASES; i++)
		wait = Min(wait, slot_wait_ms(&worker_shared->slots[i], now));
	LWLockRelease(worker_lock);
	return Max(wait, 10);
}

/*
 * Have databases come since the last look, or has it been long ago?
 */
static bool
rescan_wanted(void)
{
	static TimestampTz last = 0;
	TimestampTz now = GetCurrentTimestamp();
	bool		wanted;

	LWLockAcquire(worker_lock, LW_EXCLUSIVE);
	wanted = worker_shared->rescan || last > now ||
		TimestampDifferenceExceeds(last, now, RESCAN_MS);
	worker_shared->rescan = false;
	LWLockRelease(worker_lock);
	if (wanted)
		last = now;
	return wanted;
}

/*
 * Is the server a standby?  Notes that it is no longer one: a worker that keeps
 * its advice has to leave, what it knew of times is not what the tables say, and
 * what was kept goes.
 */
static bool
standby_check(void)
{
	bool		on_standby = RecoveryInProgress();
	bool		promoted;

	LWLockAcquire(worker_lock, LW_EXCLUSIVE);
	promoted = worker_shared->on_standby && !on_standby;
	worker_shared->on_standby = on_standby;
	for (int i = 0; promoted && i < MAX_DATABASES; i++)
	{
		DatabaseSlot *slot = &worker_shared->slots[i];

		slot->times_known = false;
		if (slot->state == DATABASE_ABSENT)
			slot->state = DATABASE_UNKNOWN;
		if (slot->pid == 0)
			continue;
		slot->told_to_stop = true;
		kill(slot->pid, SIGTERM);
	}
	LWLockRelease(worker_lock);
	for (int i = 0; promoted && i < MAX_DATABASES; i++)
		kept_forget(worker_shared->slots[i].dboid);
	return on_standby;
}

/*
 * Start what is due and return how long to wait for more, ms.
 */
static long
launcher_work(void)
{
	progress_report("waiting", 0, 0, NULL);
	if (rescan_wanted())
		databases_read();
	activity_read();
	return start_due() ? idle_ms() : CROWDED_WAIT_MS;
}

/*
 * One turn; returns how long to wait for the next, ms.
 */
static long
launcher_turn(void)
{
	forget_ended();
	if (standby_check())
	{
		if (worker_enabled && worker_standby_size > 0)
			return Min(launcher_work(), PROMOTION_POLL_MS);
		progress_report("waiting for promotion", 0, 0, NULL);
		return PROMOTION_POLL_MS;
	}
	if (!worker_enabled)
	{
		progress_report("switched off", 0, 0, NULL);
		return RESCAN_MS;
	}
	return launcher_work();
}

/*
 * Read the configuration anew; other databases may be chosen now.
 */
static void
launcher_reload(void)
{
	ConfigReloadPending = false;
	ProcessConfigFile(PGC_SIGHUP);
	launcher_wake(true);
}

/*
 * Entry point of the launcher.
 */
void
dbadvisor_launcher_main(Datum arg)
{
	long		wait;

	(void) arg;
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);
	launcher_enter();
	MemoryContextSwitchTo(TopMemoryContext);
	for (;;)
	{
		wait = launcher_turn();
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 wait, wait_event_extension("DbadvisorLauncher"));
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		if (ConfigReloadPending)
			launcher_reload();
	}
}

/*
 * Have the postmaster start the launcher as soon as the server can be read.
 */
void
launcher_init(void)
{
	BackgroundWorker worker;

	MemSet(&worker, 0, sizeof(worker));
	worker.bgw_flags = BGWORKER_SHMEM_ACCESS |
		BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker.bgw_start_time = BgWorkerStart_ConsistentState;
	worker.bgw_restart_time = LAUNCHER_RESTART_SECONDS;
	strlcpy(worker.bgw_library_name, "dbadvisor", BGW_MAXLEN);
	strlcpy(worker.bgw_function_name, "dbadvisor_launcher_main", BGW_MAXLEN);
	strlcpy(worker.bgw_name, "dbadvisor launcher", BGW_MAXLEN);
	strlcpy(worker.bgw_type, "dbadvisor launcher", BGW_MAXLEN);
	RegisterBackgroundWorker(&worker);
}
