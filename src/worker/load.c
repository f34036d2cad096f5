/*-------------------------------------------------------------------------
 *
 * load.c
 *		Is the server too busy for work that can wait?
 *
 * Read from shared memory: neither the rights of the worker's role nor a
 * transaction are needed.
 * Entry point: load_too_high().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <unistd.h>

#include "miscadmin.h"
#include "replication/walsender.h"
#include "replication/walsender_private.h"
#include "utils/backend_status.h"

#include "compat.h"
#include "worker_internal.h"

/*
 * Active sessions from which on there are too many; 0 for any number.
 */
static int
backend_threshold(void)
{
	static int	processors = 0;

	if (worker_pause_backends >= 0)
		return worker_pause_backends;
	if (processors == 0)
		processors = Max((int) sysconf(_SC_NPROCESSORS_ONLN), 1);
	return 2 * processors;
}

/*
 * Sessions that run a statement now.
 */
static int
active_backends(void)
{
	int			active = 0;
	int			count;

	pgstat_clear_backend_activity_snapshot();
	count = pgstat_fetch_stat_numbackends();
	for (int i = 1; i <= count; i++)
	{
		LocalPgBackendStatus *entry = pgstat_local_beentry(i);

		if (entry != NULL &&
			entry->backendStatus.st_backendType == B_BACKEND &&
			entry->backendStatus.st_state == STATE_RUNNING)
			active++;
	}
	pgstat_clear_backend_activity_snapshot();
	return active;
}

/*
 * Longest replay lag of an attached standby, ms; 0 without one.
 */
static int64
replication_lag_ms(void)
{
	int64		longest = 0;

	for (int i = 0; i < max_wal_senders; i++)
	{
		WalSnd	   *sender = &WalSndCtl->walsnds[i];
		TimeOffset	lag = -1;

		SpinLockAcquire(&sender->mutex);
		if (sender->pid != 0)
			lag = sender->applyLag;
		SpinLockRelease(&sender->mutex);
		longest = Max(longest, lag / 1000);
	}
	return longest;
}

/*
 * Why to pause, in words for dbadvisor.progress; NULL to go on.
 */
const char *
load_too_high(void)
{
	int			threshold = backend_threshold();

	if (threshold > 0 && active_backends() >= threshold)
		return "paused: many active sessions";
	if (worker_pause_lag >= 0 && replication_lag_ms() > worker_pause_lag)
		return "paused: a standby lags";
	return NULL;
}
