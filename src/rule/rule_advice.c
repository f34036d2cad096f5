/*-------------------------------------------------------------------------
 *
 * rule_advice.c
 *		Run the query of one rule within bounds: SQL function rule_advice().
 *
 * A rule is somebody's query on the catalog.  It ends after
 * dbadvisor.rule_timeout, does not wait long for a lock, and is not compiled
 * by JIT, which takes longer than the rules that it would speed up.  The
 * caller has a subtransaction around it; settings and locks go with that.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <signal.h>

#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

#include "dbadvisor.h"

PG_FUNCTION_INFO_V1(dbadvisor_rule_advice);

/* Our timer; MAX_TIMEOUTS until it is registered. */
static TimeoutId rule_timer = MAX_TIMEOUTS;
static volatile sig_atomic_t rule_timed_out = false;

/*
 * Timer handler: cancel what runs, as a cancel request would.
 */
static void
rule_timeout_handler(void)
{
	rule_timed_out = true;
	InterruptPending = true;
	QueryCancelPending = true;
}

/*
 * Start the timer and return true, unless there is no limit or a rule around
 * this one has it running.
 */
static bool
timer_start(void)
{
	TimestampTz end;

	if (rule_timer == MAX_TIMEOUTS)
		rule_timer = RegisterTimeout(USER_TIMEOUT, rule_timeout_handler);
	if (dbadvisor_rule_timeout == 0 || get_timeout_active(rule_timer))
		return false;

	/* It repeats: a function may catch the cancellation and go on. */
	rule_timed_out = false;
	end = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
									  dbadvisor_rule_timeout);
	enable_timeout_every(rule_timer, end, dbadvisor_rule_timeout);
	return true;
}

/*
 * Stop the timer.  A cancellation that it asked for and that nothing has acted
 * upon must not hit the caller.
 */
static void
timer_stop(void)
{
	disable_timeout(rule_timer, false);
	if (rule_timed_out)
		QueryCancelPending = false;
}

/*
 * Set a setting for the query.
 */
static void
setting_set(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

/*
 * Settings that the query of a rule runs with; the caller undoes them.
 */
static void
settings_enter(void)
{
	if (LockTimeout == 0 || LockTimeout > dbadvisor_lock_timeout)
		setting_set("lock_timeout", psprintf("%d", dbadvisor_lock_timeout));
	setting_set("jit", "off");
	setting_set("quote_all_identifiers", "off");
}

/*
 * Run a query and return its first column of its first row, in the caller's
 * memory context.
 */
static Datum
query_value(const char *query, bool *isnull)
{
	Datum		value;
	int			code;

	SPI_connect();
	code = SPI_execute(query, false, 1);
	if (code != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "unexpected result of a rule's query: %s, " UINT64_FORMAT " rows",
			 SPI_result_code_string(code), SPI_processed);
	value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1,
						  isnull);
	if (!*isnull)
		value = SPI_datumTransfer(value, false, -1);
	SPI_finish();
	return value;
}

/*
 * Is the error at hand the cancellation that our timer asked for?  The caller's
 * statement_timeout and a user's request say something else, or nothing has
 * timed out.
 */
static bool
error_is_our_timeout(MemoryContext context)
{
	ErrorData  *error;

	if (!rule_timed_out || geterrcode() != ERRCODE_QUERY_CANCELED)
		return false;
	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	return strcmp(error->message,
				  _("canceling statement due to user request")) == 0;
}

/*
 * Run a query that returns one value, advice[], within the bounds of a rule.
 */
Datum
dbadvisor_rule_advice(PG_FUNCTION_ARGS)
{
	char	   *query = text_to_cstring(PG_GETARG_TEXT_PP(0));
	MemoryContext context = CurrentMemoryContext;
	int			nest_level = NewGUCNestLevel();
	bool		timer_is_ours = timer_start();
	bool		isnull = true;
	volatile Datum value = (Datum) 0;

	PG_TRY();
	{
		settings_enter();
		value = query_value(query, &isnull);
	}
	PG_CATCH();
	{
		if (timer_is_ours)
			timer_stop();
		if (timer_is_ours && error_is_our_timeout(context))
		{
			FlushErrorState();
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("rule took longer than %d ms", dbadvisor_rule_timeout),
					 errhint("Raise dbadvisor.rule_timeout.")));
		}
		PG_RE_THROW();
	}
	PG_END_TRY();

	if (timer_is_ours)
		timer_stop();
	AtEOXact_GUC(true, nest_level);
	if (isnull)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(value);
}
