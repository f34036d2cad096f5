/*-------------------------------------------------------------------------
 *
 * argument.c
 *		Arguments that the SQL functions of several modules have.
 *
 * Entry points: refuse_argument(), time_limit_microseconds().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "argument.h"

/*
 * Raise the error for a bad argument; see argument.h.
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
 * Read a time limit, whose months have 30 days; see argument.h.
 */
int64
time_limit_microseconds(const Interval *limit)
{
	double		days = limit->month * (double) DAYS_PER_MONTH + limit->day;
	double		microseconds = days * USECS_PER_DAY + (double) limit->time;

	if (microseconds < 0)
		refuse_argument("time_limit", "The time limit is negative.",
						"Use an interval of zero or more, or NULL for no limit.");
	if (microseconds > (double) USECS_PER_DAY * DAYS_PER_YEAR)
		return -1;
	return (int64) microseconds;
}
