/*-------------------------------------------------------------------------
 *
 * budget.c
 *		Time and memory that a search for dependencies may take.
 *
 * Running out of either is no error: the search ends, keeps what it has found,
 * and its summary says what was left out.  Entry points: budget_start(),
 * budget_spend() and budget_has_room().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "dbadvisor.h"
#include "dependency/dependency_internal.h"

/*
 * Raise the error for a bad argument.
 */
void
refuse_argument(const char *name, const char *detail, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for \"%s\"", name),
			 errdetail_internal("%s", detail),
			 errhint("%s", hint)));
}

/*
 * Start without a deadline; the memory of "context" and its children counts.
 */
void
budget_start(Budget *budget, MemoryContext context)
{
	MemSet(budget, 0, sizeof(Budget));
	budget->context = context;
	budget->memory_limit = (Size) dbadvisor_work_mem * 1024;
	budget->deadline = DT_NOEND;
}

/*
 * Set the deadline from an interval; a month has 30 days.
 */
void
budget_set_deadline(Budget *budget, const Interval *limit)
{
	double		days = limit->month * (double) DAYS_PER_MONTH + limit->day;
	double		microseconds = days * USECS_PER_DAY + (double) limit->time;

	if (microseconds < 0)
		refuse_argument("time_limit", "The time limit is negative.",
						"Use an interval of zero or more, or NULL for no limit.");
	if (microseconds <= (double) USECS_PER_DAY * DAYS_PER_YEAR)
		budget->deadline = GetCurrentTimestamp() + (int64) microseconds;
}

/*
 * Look at the clock, and whether somebody wants us to stop; false when time is
 * up.
 */
bool
budget_look(Budget *budget)
{
	budget->work = 0;
	CHECK_FOR_INTERRUPTS();
	if (!budget->expired && GetCurrentTimestamp() >= budget->deadline)
		budget->expired = true;
	return !budget->expired;
}

/*
 * May so many more bytes be allocated?  Where not, the search will say that it
 * has left something out.
 */
bool
budget_has_room(Budget *budget, Size bytes)
{
	if (MemoryContextMemAllocated(budget->context, true) + bytes <=
		budget->memory_limit)
		return true;
	budget->exhausted = true;
	return false;
}
