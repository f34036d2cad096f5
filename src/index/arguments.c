/*-------------------------------------------------------------------------
 *
 * arguments.c
 *		The arguments that the SQL functions of the search have in common.
 *
 * storage_budget bigint, max_columns int, time_limit interval, max_indexes
 * int, min_saving float8, max_per_table int, in this order; NULL is the
 * default.
 * Entry points: search_new(), search_of_arguments().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "argument.h"
#include "dbadvisor.h"
#include "index/index_internal.h"

#define DEFAULT_MIN_SAVING 0.01

/* Share of the time for reading statements; the rest is for the search. */
#define INTAKE_SHARE 0.5

/*
 * Set the deadlines from an interval.
 */
static void
set_deadlines(Search *search, const Interval *limit)
{
	int64		microseconds = time_limit_microseconds(limit);

	if (microseconds < 0)
		return;
	search->deadline = search->started + microseconds;
	search->intake_deadline = search->started +
		(int64) (microseconds * INTAKE_SHARE);
}

/*
 * The argument max_columns, checked.
 */
static int
max_columns_argument(FunctionCallInfo fcinfo)
{
	int			value = PG_ARGISNULL(1) ? DEFAULT_MAX_COLUMNS :
	PG_GETARG_INT32(1);

	if (value < 1 || value > INDEX_MAX_KEYS)
		refuse_argument("max_columns",
						psprintf("An index has between 1 and %d key columns, not %d.",
								 INDEX_MAX_KEYS, value),
						"Use 2 or 3 unless statements compare many columns at once.");
	return value;
}

/*
 * An argument that limits the number of indexes, checked.
 */
static int
number_argument(FunctionCallInfo fcinfo, int number, const char *name)
{
	int			value = PG_ARGISNULL(number) ? PG_INT32_MAX :
	PG_GETARG_INT32(number);

	if (value < 0)
		refuse_argument(name,
						psprintf("The number of indexes is %d.", value),
						"Use zero or more, or NULL for no limit.");
	return value;
}

/*
 * Read the arguments into the search, or raise an error for a bad one.
 */
static void
read_arguments(Search *search, FunctionCallInfo fcinfo)
{
	search->has_budget = !PG_ARGISNULL(0);
	search->budget = search->has_budget ? (double) PG_GETARG_INT64(0) : 0;
	search->max_indexes = number_argument(fcinfo, 3, "max_indexes");
	search->max_per_table = number_argument(fcinfo, 5, "max_per_table");
	search->min_saving = PG_ARGISNULL(4) ? DEFAULT_MIN_SAVING :
		PG_GETARG_FLOAT8(4);

	if (search->budget < 0)
		refuse_argument("storage_budget",
						psprintf("The budget is %.0f bytes.", search->budget),
						"Use zero or more bytes, or NULL for no limit.");
	if (isnan(search->min_saving) || search->min_saving < 0 ||
		search->min_saving > 1)
		refuse_argument("min_saving",
						psprintf("It is a share of the workload between 0 and 1, not %g.",
								 search->min_saving),
						"Use 0.01 for one percent.");
	if (!PG_ARGISNULL(2))
		set_deadlines(search, PG_GETARG_INTERVAL_P(2));
}

/*
 * A search without limits, in a memory context of its own below "parent",
 * which becomes the current one.
 */
Search *
search_new(MemoryContext parent, int max_columns)
{
	MemoryContext context = AllocSetContextCreate(parent,
												  "dbadvisor index search",
												  ALLOCSET_DEFAULT_SIZES);
	Search	   *search;

	MemoryContextSwitchTo(context);
	search = (Search *) palloc0(sizeof(Search));
	search->context = context;
	search->memory_limit = (Size) dbadvisor_work_mem * 1024;
	search->started = GetCurrentTimestamp();
	search->planner_calls_before = whatif_planner_calls();
	search->max_indexes = PG_INT32_MAX;
	search->max_per_table = PG_INT32_MAX;
	search->min_saving = DEFAULT_MIN_SAVING;
	search->deadline = DT_NOEND;
	search->intake_deadline = DT_NOEND;
	search->pool = pool_make(max_columns);
	return search;
}

/*
 * A search within the limits that the function was called with; see
 * search_new().
 */
Search *
search_of_arguments(FunctionCallInfo fcinfo, MemoryContext parent)
{
	Search	   *search = search_new(parent, max_columns_argument(fcinfo));

	read_arguments(search, fcinfo);
	return search;
}
