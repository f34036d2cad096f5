/*-------------------------------------------------------------------------
 *
 * sandbox.c
 *		Run code on somebody else's statement without trusting it.
 *
 * Parsing and planning a statement can run functions: its user could write
 * anything into them.  So everything of that kind runs as that user, in a
 * security-restricted operation, read-only, with short timeouts, and in a
 * subtransaction that is rolled back in the end, whatever happened.  The
 * rollback restores the user, the settings, the read-only flag and the
 * snapshots, and releases all locks.  No transaction id is ever assigned.
 *
 * Entry point: sandbox_run().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <signal.h>

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "miscadmin.h"
#include "storage/proc.h"
#include "utils/guc.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

#include "dbadvisor.h"
#include "workload/workload.h"

#define TRACK_SETTING "pg_stat_statements.track"

/* Our timer; MAX_TIMEOUTS until it is registered. */
static TimeoutId sandbox_timer = MAX_TIMEOUTS;
static volatile sig_atomic_t sandbox_timed_out = false;

/*
 * Timer handler: cancel what runs, as a cancel request would.
 */
static void
sandbox_timeout_handler(void)
{
	sandbox_timed_out = true;
	InterruptPending = true;
	QueryCancelPending = true;
}

/*
 * Start the timer and return true, unless there is no limit or an outer
 * sandbox has it running: then that limit holds for us too.
 */
static bool
timer_start(void)
{
	TimestampTz end;

	if (sandbox_timer == MAX_TIMEOUTS)
		sandbox_timer = RegisterTimeout(USER_TIMEOUT, sandbox_timeout_handler);
	if (dbadvisor_statement_timeout == 0 || get_timeout_active(sandbox_timer))
		return false;

	/* It repeats: a function may catch the cancellation and go on. */
	sandbox_timed_out = false;
	end = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
									  dbadvisor_statement_timeout);
	enable_timeout_every(sandbox_timer, end, dbadvisor_statement_timeout);
	return true;
}

/*
 * Stop the timer that timer_start() started.  A cancellation that it asked for
 * and that nothing has acted upon must not hit the caller.
 */
static void
timer_stop(void)
{
	disable_timeout(sandbox_timer, false);
	if (sandbox_timed_out)
		QueryCancelPending = false;
}

/*
 * Set a setting until the end of the subtransaction.
 */
static void
setting_set(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_SUSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

/*
 * Settings of the sandbox.  Each is compared first, as setting one costs as
 * much as planning half of a simple statement.
 */
static void
settings_enter(const char *search_path)
{
	const char *track = GetConfigOption(TRACK_SETTING, true, false);

	if (search_path != NULL && strcmp(search_path, namespace_search_path) != 0)
		setting_set("search_path", search_path);
	if (LockTimeout == 0 || LockTimeout > dbadvisor_lock_timeout)
	{
		char		value[16];

		snprintf(value, sizeof(value), "%d", dbadvisor_lock_timeout);
		setting_set("lock_timeout", value);
	}
	/* What functions do while we plan is not the user's workload. */
	if (track != NULL && strcmp(track, "none") != 0)
		setting_set(TRACK_SETTING, "none");
}

/*
 * Give up everything that the statement's user must not have.  Raises an error
 * when there is no such role.
 */
static void
sandbox_enter(Oid userid, const char *search_path)
{
	Oid			caller;
	int			context;

	GetUserIdAndSecContext(&caller, &context);
	if (userid != caller &&
		!SearchSysCacheExists1(AUTHOID, ObjectIdGetDatum(userid)))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("role with OID %u does not exist", userid)));
	SetUserIdAndSecContext(userid, context | SECURITY_LOCAL_USERID_CHANGE |
						   SECURITY_RESTRICTED_OPERATION);
	settings_enter(search_path);
	XactReadOnly = true;
	PushActiveSnapshot(GetTransactionSnapshot());
}

/*
 * Has this error come from our own timer, rather than from the user or the
 * session's statement_timeout?  An error that an inner sandbox has passed on
 * has lost its message_id.
 */
static bool
error_is_our_timeout(const ErrorData *error)
{
	return sandbox_timed_out &&
		error->sqlerrcode == ERRCODE_QUERY_CANCELED &&
		error->message != NULL &&
		strcmp(error->message,
			   _("canceling statement due to user request")) == 0;
}

/*
 * Must this error reach the top of the session?
 */
static bool
error_concerns_session(const ErrorData *error)
{
	switch (error->sqlerrcode)
	{
		case ERRCODE_QUERY_CANCELED:
		case ERRCODE_ADMIN_SHUTDOWN:
		case ERRCODE_CRASH_SHUTDOWN:
		case ERRCODE_DATABASE_DROPPED:
		case ERRCODE_OUT_OF_MEMORY:
		case ERRCODE_DISK_FULL:
			return true;
		default:
			return false;
	}
}

/*
 * Word the cancellation by our timer as what it was.
 */
static void
error_describe_timeout(ErrorData *error)
{
	error->message = psprintf("analysis or planning took longer than %d ms",
							  dbadvisor_statement_timeout);
	error->detail = NULL;
	error->hint = pstrdup("Raise dbadvisor.statement_timeout.");
}

/*
 * Run fn(arg) in the sandbox; see workload.h.
 */
ErrorData *
sandbox_run(Oid userid, const char *search_path, SandboxFn fn, void *arg)
{
	MemoryContext caller_context = CurrentMemoryContext;
	ResourceOwner caller_owner = CurrentResourceOwner;
	ErrorData  *volatile error = NULL;
	bool		timer_is_ours;

	BeginInternalSubTransaction(NULL);
	timer_is_ours = timer_start();
	PG_TRY();
	{
		MemoryContextSwitchTo(caller_context);
		/* What runs us would take the error's position for one in its text. */
		error_context_stack = NULL;
		sandbox_enter(userid, search_path);
		fn(arg);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(caller_context);
		error = CopyErrorData();
		FlushErrorState();
	}
	PG_END_TRY();

	if (timer_is_ours)
		timer_stop();
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(caller_context);
	CurrentResourceOwner = caller_owner;

	if (error == NULL)
		return NULL;
	if (timer_is_ours && error_is_our_timeout(error))
		error_describe_timeout(error);
	else if (error_concerns_session(error))
		ThrowErrorData(error);
	return error;
}
