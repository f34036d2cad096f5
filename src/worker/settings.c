/*-------------------------------------------------------------------------
 *
 * settings.c
 *		Settings of the background workers.
 *
 * Those that the launcher reads are changed by a reload.  They are defined
 * whether or not the library is preloaded, so that a configuration with them
 * is valid either way.
 * Entry point: worker_settings_init().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "utils/guc.h"

#include "compat.h"
#include "worker_internal.h"

/* Longest interval that can be set, s: a year. */
#define LONGEST_INTERVAL 31536000

bool		worker_enabled = true;
char	   *worker_databases = NULL;
int			worker_analyze_interval = 3600;
int			worker_snapshot_interval = 300;
int			worker_watch_interval = 15;
char	   *worker_window = NULL;
int			worker_max_workers = 1;
int			worker_pause_backends = -1;
int			worker_pause_lag = 30000;
int			worker_standby_size = 1024;

/* Read by SQL functions only. */
static int	notify_severity = 3;
static int	history_retention = 43200;
static int	history_size = 512;
static int	outcome_min_calls = 20;

static const struct config_enum_entry severity_options[] = {
	{"info", 0, false},
	{"low", 1, false},
	{"medium", 2, false},
	{"high", 3, false},
	{"critical", 4, false},
	{"none", 5, false},
	{NULL, 0, false}
};

/*
 * GucStringCheckHook of dbadvisor.maintenance_window.
 */
static bool
check_window(char **newval, void **extra, GucSource source)
{
	const char *problem;

	(void) extra;
	(void) source;
	if (window_check(*newval, &problem))
		return true;
	GUC_check_errdetail("%s", problem);
	return false;
}

/*
 * Settings of the schedule.
 */
static void
schedule_settings(void)
{
	DefineCustomBoolVariable("dbadvisor.worker",
							 "Lets background workers take snapshots and run analyses.",
							 "Needs dbadvisor in shared_preload_libraries.",
							 &worker_enabled, true, PGC_SIGHUP, 0,
							 NULL, NULL, NULL);
	DefineCustomStringVariable("dbadvisor.databases",
							   "Databases that background workers look after.",
							   "Names separated by commas, * and ? as wildcards; of these, the databases that have the extension.",
							   &worker_databases, "*", PGC_SIGHUP,
							   GUC_LIST_INPUT, NULL, NULL, NULL);
	DefineCustomIntVariable("dbadvisor.analyze_interval",
							"Time between two analyses of a database.",
							"Zero leaves analyses to analyze() and request_analysis().",
							&worker_analyze_interval,
							3600, 0, LONGEST_INTERVAL, PGC_SIGHUP, GUC_UNIT_S,
							NULL, NULL, NULL);
	DefineCustomIntVariable("dbadvisor.snapshot_interval",
							"Time between two snapshots of the counters of a database.",
							"Zero takes none: there is no history then.",
							&worker_snapshot_interval,
							300, 0, LONGEST_INTERVAL, PGC_SIGHUP, GUC_UNIT_S,
							NULL, NULL, NULL);
	DefineCustomIntVariable("dbadvisor.watch_interval",
							"How often a busy database is looked at for statements that take much more time than before.",
							"One that is found leads to an analysis of indexes and queries at once; zero waits for the next scheduled one.",
							&worker_watch_interval,
							15, 0, LONGEST_INTERVAL, PGC_SIGHUP, GUC_UNIT_S,
							NULL, NULL, NULL);
	DefineCustomStringVariable("dbadvisor.maintenance_window",
							   "Times of the week at which scheduled analyses may start.",
							   "Such as 22:00-06:00 or Mon-Fri 22:00-06:00, Sat 00:00-24:00, in the server's time zone; empty for any time.",
							   &worker_window, "", PGC_SIGHUP, 0,
							   check_window, NULL, NULL);
}

/*
 * Settings that keep the workers out of the way.
 */
static void
load_settings(void)
{
	DefineCustomIntVariable("dbadvisor.max_workers",
							"Databases that are worked on at the same time.",
							NULL, &worker_max_workers,
							1, 1, 16, PGC_SIGHUP, 0,
							NULL, NULL, NULL);
	DefineCustomIntVariable("dbadvisor.pause_active_backends",
							"Active sessions from which on a worker pauses.",
							"Zero never pauses, -1 is twice the number of processors.",
							&worker_pause_backends,
							-1, -1, INT_MAX, PGC_SIGHUP, 0,
							NULL, NULL, NULL);
	DefineCustomIntVariable("dbadvisor.pause_replication_lag",
							"Replay lag of a standby from which on a worker pauses.",
							"-1 never pauses.",
							&worker_pause_lag,
							30000, -1, INT_MAX, PGC_SIGHUP, GUC_UNIT_MS,
							NULL, NULL, NULL);
	DefineCustomIntVariable("dbadvisor.standby_advice_size",
							"Shared memory for the advice that a worker keeps of a database on a standby.",
							"The least severe advice is left out where it is not enough; zero starts no worker before the promotion.",
							&worker_standby_size,
							1024, 0, MAX_KILOBYTES, PGC_SIGHUP, GUC_UNIT_KB,
							NULL, NULL, NULL);
}

/*
 * Settings of notifications, history and outcomes.
 */
static void
history_settings(void)
{
	DefineCustomEnumVariable("dbadvisor.notify_severity",
							 "Lowest severity of new findings that are told by NOTIFY dbadvisor.",
							 NULL, &notify_severity, 3, severity_options,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("dbadvisor.history_retention",
							"How long snapshots are kept.",
							"They go in parts of a seventh of this time.",
							&history_retention,
							43200, 7, INT_MAX / 60, PGC_SIGHUP, GUC_UNIT_MIN,
							NULL, NULL, NULL);
	DefineCustomIntVariable("dbadvisor.history_size",
							"Disk space that the snapshots of a database may take.",
							"The oldest go before their time where it is not enough.",
							&history_size,
							512, 8, INT_MAX / 1024, PGC_SIGHUP, GUC_UNIT_MB,
							NULL, NULL, NULL);
	DefineCustomIntVariable("dbadvisor.outcome_min_calls",
							"Calls of a statement before and after advice was applied, below which its outcome is not judged.",
							NULL, &outcome_min_calls,
							20, 1, INT_MAX, PGC_USERSET, 0,
							NULL, NULL, NULL);
}

/*
 * Define the settings.
 */
void
worker_settings_init(void)
{
	schedule_settings();
	load_settings();
	history_settings();
}
