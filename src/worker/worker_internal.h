/*-------------------------------------------------------------------------
 *
 * worker_internal.h
 *		The shared memory of launcher and workers, and what the files of this
 *		folder offer each other.
 *
 * All of WorkerShared is protected by one lock, which is held for moments only:
 * nobody waits or raises an error while he has it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_WORKER_INTERNAL_H
#define DBADVISOR_WORKER_INTERNAL_H

#include "postgres.h"

#include <limits.h>

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "storage/dsm.h"
#include "storage/latch.h"
#include "storage/lwlock.h"
#include "utils/elog.h"

#include "worker/worker.h"

/* Databases beyond this many are not looked after; the log says so. */
#define MAX_DATABASES 512
/* Backends that can tell their progress at the same time. */
#define MAX_REPORTS 64
/* Longest texts that shared memory keeps, with the final zero. */
#define REPORT_TEXT_LENGTH 192
#define PROBLEM_LENGTH 256

/* What is known of the extension in a database. */
typedef enum DatabaseState
{
	DATABASE_UNKNOWN,			/* somebody has to look */
	DATABASE_ABSENT,			/* the extension is not there */
	DATABASE_PRESENT
} DatabaseState;

/* One database of the cluster. */
typedef struct DatabaseSlot
{
	Oid			dboid;			/* invalid: the slot is free */
	NameData	name;
	DatabaseState state;
	bool		chosen;			/* dbadvisor.databases names it */
	Oid			owner;			/* of the extension; its worker runs as he */
	bool		starting;		/* a worker is on its way, or there */
	uint32		start_number;	/* counts the workers started for it */
	int			pid;			/* of the worker; 0: none */
	bool		told_to_stop;	/* the worker, for the sake of a command */
	bool		requested;		/* an analysis, by request_analysis() */
	TimestampTz absent_at;		/* when the extension was not there */
	bool		times_known;	/* the two times below are */
	TimestampTz last_snapshot;	/* 0: never */
	TimestampTz last_analysis;	/* start of the last that ended; 0: never */
	int64		active_us;		/* time that its sessions were active */
	TimestampTz active_at;		/* when that was read; 0: never */
	int64		looked_us;		/* active_us at the last look for new load */
	TimestampTz next_look;		/* not before, after new load was analysed */
	TimestampTz blocked_until;	/* a command wants the database for itself */
	TimestampTz retry_at;		/* not before, after a failure */
	int			failures;		/* of its workers in a row */
	dsm_handle	kept;			/* advice of a standby's worker, see kept.c */
	char		problem[PROBLEM_LENGTH];	/* of the last one; empty: none */
} DatabaseSlot;

/* Who tells his progress. */
typedef enum ReportKind
{
	REPORT_SESSION, REPORT_WORKER, REPORT_LAUNCHER
} ReportKind;

/* What one backend tells of its progress. */
typedef struct Report
{
	int			pid;			/* 0: the place is free */
	ReportKind	kind;
	Oid			dboid;			/* invalid for the launcher */
	int64		done;
	int64		total;			/* 0: no parts to count */
	TimestampTz started_at;
	TimestampTz changed_at;
	char		phase[REPORT_TEXT_LENGTH];
	char		object[REPORT_TEXT_LENGTH]; /* empty: none */
} Report;

typedef struct WorkerShared
{
	Latch	   *launcher;		/* NULL while it does not run */
	bool		rescan;			/* databases may have come */
	bool		on_standby;		/* workers keep advice, they write none */
	DatabaseSlot slots[MAX_DATABASES];
	Report		reports[MAX_REPORTS];
} WorkerShared;

/* What a worker is started for; handed over in bgw_extra. */
typedef struct WorkerTask
{
	Oid			dboid;
	Oid			owner;			/* role to run as; invalid: only look whether
								 * the extension is there */
} WorkerTask;

/* settings.c */
extern bool worker_enabled;
extern char *worker_databases;
extern int	worker_analyze_interval;
extern int	worker_snapshot_interval;
extern int	worker_watch_interval;
extern char *worker_window;
extern int	worker_max_workers;
extern int	worker_pause_backends;
extern int	worker_pause_lag;
extern int	worker_standby_size;
extern void worker_settings_init(void);

/* window.c */
extern bool window_check(const char *text, const char **problem);
extern bool window_is_open(const char *text, TimestampTz now);

/* shared.c: NULL and no-ops where the library is not preloaded */
extern WorkerShared *worker_shared;
extern LWLock *worker_lock;
extern void worker_shared_init(void);
extern DatabaseSlot *slot_find(Oid dboid);
extern DatabaseSlot *slot_make(Oid dboid);
extern void launcher_wake(bool rescan);

/* schedule.c: with the lock held */
extern bool snapshot_due(const DatabaseSlot *slot, TimestampTz now);
extern bool analysis_due(const DatabaseSlot *slot, TimestampTz now);
extern bool look_allowed(const DatabaseSlot *slot, TimestampTz now);
extern bool look_due(const DatabaseSlot *slot, TimestampTz now);
extern bool activity_due(const DatabaseSlot *slot, TimestampTz now);
extern TimestampTz next_look_time(TimestampTz started, TimestampTz now);
extern bool slot_is_due(const DatabaseSlot *slot, TimestampTz now);
extern long slot_wait_ms(const DatabaseSlot *slot, TimestampTz now);
extern TimestampTz retry_time(int failures, TimestampTz now);

/* database.c */
extern void databases_read(void);
extern void activity_read(void);

/* kept.c */
#define KEPT_RULE_RUN INT_MAX	/* rank of what became of a rule: goes last */
typedef struct KeptItem KeptItem;
extern KeptItem *kept_item(const char *rule, int rank, const char *json);
extern void kept_replace(const char *rule, List *items, bool run_only);
extern void kept_release(dsm_handle handle);
extern void kept_forget(Oid dboid);

/* load.c */
extern const char *load_too_high(void);

/* progress.c */
extern void progress_init(ReportKind kind);

/* utility.c */
extern void utility_init(void);

/* launcher.c */
extern void launcher_init(void);

/* job.c: what a worker does, one function per transaction */
typedef void (*PhaseFn) (void *arg);
extern ErrorData *phase_run(const char *activity, PhaseFn fn, void *arg);

/* duty.c */
extern ErrorData *duty_run(void);

#endif							/* DBADVISOR_WORKER_INTERNAL_H */
