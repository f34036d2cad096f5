/*-------------------------------------------------------------------------
 *
 * frontier.c
 *		The SQL function dbadvisor.search_frontier(): what the workload costs
 *		at each of many storage budgets.
 *
 * Statements are read, planned and their plan spaces priced once; then the
 * budgets are searched one after another, the greatest first, since it tells
 * which budgets are of interest.  The others come from the smallest to the
 * largest, each starting from the set of the one before as well, so that more
 * space is never worse.  The time that is left is shared out among them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "argument.h"
#include "dbadvisor.h"
#include "index/index_internal.h"

PG_FUNCTION_INFO_V1(dbadvisor_search_frontier);

/* Columns of a result row. */
enum
{
	COL_BUDGET_BYTES, COL_SIZE_BYTES, COL_DEFINITIONS, COL_COST_BEFORE,
	COL_COST_AFTER, COL_BOUND, COL_COMPLETE, NCOLUMNS
};

/* Its own arguments come after those of arguments.c. */
#define ARG_BUDGETS 6
#define ARG_POINTS 7

#define DEFAULT_POINTS 10
#define MAX_POINTS 1000

/* One budget with its answer. */
typedef struct Point
{
	double		budget;			/* bytes */
	Selection  *set;			/* exactly priced; NULL: nothing to find */
	double		bound;			/* no set within the budget costs less */
	bool		complete;		/* nothing was cut short */
} Point;

typedef struct Frontier
{
	Search	   *search;
	TimestampTz deadline;		/* of all together */
	double		most;			/* the caller's budget */
	bool		has_most;
	int			npoints;
	Point	   *points;			/* by budget, ascending */
	int			left;			/* points that are not searched yet */
} Frontier;

/*
 * Order of points: by budget.
 */
static int
compare_points(const void *a, const void *b)
{
	double		left = ((const Point *) a)->budget;
	double		right = ((const Point *) b)->budget;

	return (left > right) - (left < right);
}

/*
 * Take the budgets that the caller names.
 */
static void
take_budgets(Frontier *frontier, ArrayType *array)
{
	Datum	   *elements;
	bool	   *nulls;

	deconstruct_array(array, INT8OID, sizeof(int64), FLOAT8PASSBYVAL,
					  TYPALIGN_DOUBLE, &elements, &nulls, &frontier->npoints);
	if (frontier->npoints > MAX_POINTS)
		refuse_argument("budgets",
						psprintf("There are %d budgets.", frontier->npoints),
						psprintf("Name at most %d.", MAX_POINTS));
	frontier->points = (Point *) palloc0(Max(frontier->npoints, 1) *
										 sizeof(Point));
	for (int i = 0; i < frontier->npoints; i++)
	{
		if (nulls[i] || DatumGetInt64(elements[i]) < 0)
			refuse_argument("budgets", "A budget is NULL or negative.",
							"Use zero or more bytes for each.");
		frontier->points[i].budget = (double) DatumGetInt64(elements[i]);
	}
	qsort(frontier->points, frontier->npoints, sizeof(Point), compare_points);
}

/*
 * Read the arguments that are not those of every search.
 */
static void
read_arguments(Frontier *frontier, FunctionCallInfo fcinfo)
{
	int			points = PG_ARGISNULL(ARG_POINTS) ? DEFAULT_POINTS :
	PG_GETARG_INT32(ARG_POINTS);

	frontier->has_most = frontier->search->has_budget;
	frontier->most = frontier->search->budget;
	frontier->deadline = frontier->search->deadline;
	if (points < 1 || points > MAX_POINTS)
		refuse_argument("points",
						psprintf("The number of points is %d.", points),
						psprintf("Use 1 to %d.", MAX_POINTS));
	frontier->npoints = points;
	if (!PG_ARGISNULL(ARG_BUDGETS))
		take_budgets(frontier, PG_GETARG_ARRAYTYPE_P(ARG_BUDGETS));
}

/*
 * Give the next search its share of the time that is left.
 */
static void
share_time(Frontier *frontier)
{
	Search	   *search = frontier->search;
	TimestampTz now = GetCurrentTimestamp();

	if (frontier->deadline == DT_NOEND)
		return;
	search->expired = search->cut_short = false;
	search->deadline = now + Max(frontier->deadline - now, 0) /
		Max(frontier->left, 1);
	frontier->left--;
}

/*
 * The better of two exactly priced sets.
 */
static Selection *
better_exact(Selection *left, Selection *right)
{
	return right == NULL || left->total < right->total ? left : right;
}

/*
 * Find the best set for a point; "seed" is one that fits into it, or NULL.
 */
static void
point_solve(Frontier *frontier, Point *point, Selection *seed)
{
	Search	   *search = frontier->search;

	share_time(frontier);
	search->has_budget = true;
	search->budget = frontier->has_most ? Min(point->budget, frontier->most) :
		point->budget;
	point->set = better_exact(search_best(search, seed, &point->bound), seed);
	point->complete = search_is_complete(search);
}

/*
 * Search without a budget but the caller's.  Sets the budgets that he does not
 * name: even steps up to what that set takes.
 */
static Point
solve_greatest(Frontier *frontier)
{
	Point		greatest = {0};
	Search	   *search = frontier->search;

	share_time(frontier);
	greatest.set = search_best(search, NULL, &greatest.bound);
	greatest.budget = greatest.set->bytes;
	greatest.complete = search_is_complete(search);
	if (frontier->points != NULL)
		return greatest;
	frontier->points = (Point *) palloc0(frontier->npoints * sizeof(Point));
	for (int i = 0; i < frontier->npoints; i++)
		frontier->points[i].budget =
			rint(greatest.budget * (i + 1) / frontier->npoints);
	return greatest;
}

/*
 * Search all budgets.
 */
static void
frontier_solve(Frontier *frontier)
{
	Selection  *seed = NULL;
	Point		greatest;

	if (!search_prepare(frontier->search))
	{
		frontier->npoints = 0;
		return;
	}
	frontier->left = frontier->npoints + 1;
	greatest = solve_greatest(frontier);
	for (int i = 0; i < frontier->npoints; i++)
	{
		Point	   *point = &frontier->points[i];

		CHECK_FOR_INTERRUPTS();
		/* the set that needs no more is the best for all that is larger */
		if (point->budget >= greatest.set->bytes)
		{
			point->set = greatest.set;
			point->bound = greatest.bound;
			point->complete = greatest.complete;
			continue;
		}
		point_solve(frontier, point, seed);
		seed = point->set;
	}
}

/* A set whose indexes are being written. */
typedef struct Definitions
{
	const Search *search;
	const Selection *set;
	List	   *texts;
} Definitions;

/*
 * Write the indexes of a set as text; a SandboxFn, since their tables may be
 * gone or locked by now.
 */
static void
describe_set(void *arg)
{
	Definitions *definitions = (Definitions *) arg;
	int			id = -1;

	while ((id = bms_next_member(definitions->set->members, id)) >= 0)
		definitions->texts =
			lappend(definitions->texts,
					hypo_index_definition(definitions->search->pool->candidates[id]->index,
										  false));
}

/*
 * Put out the row of a point; its indexes are NULL where they cannot be
 * written.
 */
static void
put_point(ReturnSetInfo *result, const Search *search, const Point *point)
{
	Datum		values[NCOLUMNS];
	bool		nulls[NCOLUMNS] = {false};
	Definitions definitions = {search, point->set, NIL};
	ErrorData  *error = sandbox_run(GetUserId(), NULL, describe_set,
									&definitions);

	nulls[COL_DEFINITIONS] = error != NULL;
	if (error != NULL)
		FreeErrorData(error);
	else
		values[COL_DEFINITIONS] = text_array(definitions.texts);
	values[COL_BUDGET_BYTES] = Int64GetDatum((int64) point->budget);
	values[COL_SIZE_BYTES] = Int64GetDatum((int64) point->set->bytes);
	values[COL_COST_BEFORE] = Float8GetDatum(search->base_total);
	values[COL_COST_AFTER] = Float8GetDatum(point->set->total);
	values[COL_BOUND] = Float8GetDatum(Min(point->bound, point->set->total));
	values[COL_COMPLETE] = BoolGetDatum(point->complete);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/*
 * dbadvisor.search_frontier(), with the arguments of arguments.c, then budgets
 * bigint[] and points int: one row per budget.
 */
Datum
dbadvisor_search_frontier(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext caller = CurrentMemoryContext;
	Frontier	frontier = {0};

	InitMaterializedSRF(fcinfo, 0);
	frontier.search = search_of_arguments(fcinfo, caller);
	read_arguments(&frontier, fcinfo);
	frontier_solve(&frontier);
	for (int i = 0; i < frontier.npoints; i++)
		put_point(result, frontier.search, &frontier.points[i]);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(frontier.search->context);
	return (Datum) 0;
}
