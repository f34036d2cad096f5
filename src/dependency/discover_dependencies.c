/*-------------------------------------------------------------------------
 *
 * discover_dependencies.c
 *		The SQL function dbadvisor.discover_dependencies().
 *
 * Reads, never writes: works in read-only transactions and on standbys, and
 * leaves no lock behind.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "argument.h"
#include "dependency/discovery.h"
#include "worker/worker.h"

PG_FUNCTION_INFO_V1(dbadvisor_discover_dependencies);

/* Arguments. */
enum
{
	ARG_RELATION, ARG_COLUMNS, ARG_MAX_LHS, ARG_MAX_ERROR, ARG_SAMPLE_ROWS,
	ARG_NULL_EQUALS_NULL, ARG_TIME_LIMIT, ARG_MIN_REDUNDANCY, ARG_VERIFY_BYTES
};

/* Columns of a result row. */
enum
{
	COL_STEP, COL_DETERMINANT, COL_DEPENDENT, COL_ERROR, COL_DISTINCT,
	COL_REDUNDANT, COL_ROWS, COL_WHOLE, COL_DECLARED, COL_BITS, COL_SUMMARY,
	NCOLUMNS
};

/*
 * A share between 0 and 1 that is less than 1, or an error.
 */
static double
share_argument(FunctionCallInfo fcinfo, int number, const char *name,
			   const char *hint)
{
	double		value = PG_ARGISNULL(number) ? 0 : PG_GETARG_FLOAT8(number);

	if (isnan(value) || value < 0 || value >= 1)
		refuse_argument(name,
						psprintf("It is a share of the rows, at least 0 and below 1, not %g.",
								 value), hint);
	return value;
}

/*
 * Read the limits, or raise an error for a bad one.
 */
static void
read_arguments(Discovery *discovery, FunctionCallInfo fcinfo)
{
	Search	   *search = &discovery->search;

	search->max_lhs = PG_ARGISNULL(ARG_MAX_LHS) ? UNLIMITED_COLUMNS :
		PG_GETARG_INT32(ARG_MAX_LHS);
	if (search->max_lhs < 0)
		refuse_argument("max_lhs",
						psprintf("A determinant cannot have %d columns.",
								 search->max_lhs),
						"Use 3 unless you know better, or NULL for no limit.");
	search->max_error = share_argument(fcinfo, ARG_MAX_ERROR, "max_error",
									   "Use 0 for dependencies that hold without exception.");
	discovery->min_redundancy = share_argument(fcinfo, ARG_MIN_REDUNDANCY,
											   "min_redundancy",
											   "Use 0 for all dependencies.");
}

/*
 * Does a declared key say that the dependency holds?
 */
static bool
follows_from_key(const Discovery *discovery, const Candidate *candidate)
{
	Bitmapset  *lhs = NULL;
	ListCell   *cell;

	for (int i = 0; i < candidate->nlhs; i++)
		lhs = bms_add_member(lhs, candidate->lhs[i]);
	foreach(cell, discovery->target->keys)
	{
		const DeclaredKey *key = lfirst(cell);

		if (key->strict && bms_is_subset(key->positions, lhs))
			return true;
	}
	return false;
}

/*
 * Put a row into the result; a ShowFn.
 */
static void
show_dependency(Discovery *discovery, int step, const Candidate *candidate)
{
	Datum		values[NCOLUMNS] = {0};
	bool		nulls[NCOLUMNS];

	memset(nulls, step == 0, sizeof(nulls));
	nulls[COL_STEP] = false;
	values[COL_STEP] = Int32GetDatum(step);
	nulls[COL_SUMMARY] = step != 0;
	if (step == 0)
		values[COL_SUMMARY] = discovery_summary(discovery);
	else
	{
		values[COL_DETERMINANT] = discovery_columns(discovery, candidate);
		values[COL_DEPENDENT] = discovery->names[candidate->rhs];
		values[COL_ERROR] = Float8GetDatum(candidate->nerrors /
										   Max((double) candidate->nrows, 1));
		values[COL_DISTINCT] = Int64GetDatum(candidate->ngroups);
		values[COL_REDUNDANT] = Int64GetDatum(candidate->nrows -
											  candidate->ngroups);
		values[COL_ROWS] = Int64GetDatum(candidate->nrows);
		values[COL_WHOLE] = BoolGetDatum(candidate->whole);
		values[COL_DECLARED] = BoolGetDatum(follows_from_key(discovery,
															 candidate));
		values[COL_BITS] = Float8GetDatum(candidate->bits);
		nulls[COL_BITS] = isnan(candidate->bits);
	}
	tuplestore_putvalues(discovery->result->setResult,
						 discovery->result->setDesc, values, nulls);
}

/*
 * Look for the determinants of every column.
 */
static void
search_all(Discovery *discovery)
{
	Search	   *search = &discovery->search;
	const Rows *rows = discovery->rows;
	uint64	   *wanted = palloc0(sizeof(uint64) * rows->nwords);

	for (int i = 0; i < rows->ncolumns; i++)
		SET_ADD(wanted, i);
	if (search->max_error > 0)
	{
		approximate_find(search, wanted);
		return;
	}
	search->pool = pairs_make(rows, &discovery->budget, wanted);
	pairs_sample(search->pool);
	rounds_find(search, wanted, discovery->target->name);
}

/*
 * SQL: discover_dependencies(); see its comment there.
 */
Datum
dbadvisor_discover_dependencies(PG_FUNCTION_ARGS)
{
	static const DiscoveryKind kind = {
		{ARG_SAMPLE_ROWS, ARG_NULL_EQUALS_NULL, ARG_TIME_LIMIT, ARG_VERIFY_BYTES},
		read_arguments, search_all, show_dependency, true
	};

	discovery_run(fcinfo, &kind);
	return (Datum) 0;
}
