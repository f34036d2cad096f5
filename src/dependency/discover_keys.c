/*-------------------------------------------------------------------------
 *
 * discover_keys.c
 *		The SQL function dbadvisor.discover_keys().
 *
 * A key is what determines the number of the row, so it is found like any other
 * determinant.  Reads, never writes: works in read-only transactions and on
 * standbys, and leaves no lock behind.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

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

PG_FUNCTION_INFO_V1(dbadvisor_discover_keys);

/* Arguments. */
enum
{
	ARG_RELATION, ARG_COLUMNS, ARG_MAX_COLUMNS, ARG_SAMPLE_ROWS,
	ARG_NULL_EQUALS_NULL, ARG_TIME_LIMIT, ARG_VERIFY_BYTES
};

/* Columns of a result row. */
enum
{
	COL_STEP, COL_KEY, COL_ROWS, COL_WHOLE, COL_DECLARED, COL_SUMMARY, NCOLUMNS
};

/*
 * Read the limits, or raise an error for a bad one.
 */
static void
read_arguments(Discovery *discovery, FunctionCallInfo fcinfo)
{
	Search	   *search = &discovery->search;

	search->max_lhs = PG_ARGISNULL(ARG_MAX_COLUMNS) ? UNLIMITED_COLUMNS :
		PG_GETARG_INT32(ARG_MAX_COLUMNS);
	if (search->max_lhs < 0)
		refuse_argument("max_columns",
						psprintf("A key cannot have %d columns.",
								 search->max_lhs),
						"Use 3 unless you know better, or NULL for no limit.");
}

/*
 * Is there a unique index on exactly these columns?
 */
static bool
is_declared(const Discovery *discovery, const Candidate *candidate)
{
	Bitmapset  *lhs = NULL;
	ListCell   *cell;

	for (int i = 0; i < candidate->nlhs; i++)
		lhs = bms_add_member(lhs, candidate->lhs[i]);
	foreach(cell, discovery->target->keys)
		if (bms_equal(((const DeclaredKey *) lfirst(cell))->positions, lhs))
		return true;
	return false;
}

/*
 * Put a row into the result; a ShowFn.
 */
static void
show_key(Discovery *discovery, int step, const Candidate *candidate)
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
		values[COL_KEY] = discovery_columns(discovery, candidate);
		values[COL_ROWS] = Int64GetDatum(candidate->nrows);
		values[COL_WHOLE] = BoolGetDatum(candidate->whole);
		values[COL_DECLARED] = BoolGetDatum(is_declared(discovery, candidate));
	}
	tuplestore_putvalues(discovery->result->setResult,
						 discovery->result->setDesc, values, nulls);
}

/*
 * Look for what determines the number of the row.
 */
static void
search_keys(Discovery *discovery)
{
	Search	   *search = &discovery->search;
	const Rows *rows = discovery->rows;
	uint64	   *wanted = palloc0(sizeof(uint64) * rows->nwords);

	SET_ADD(wanted, rows->row_number);
	search->pool = pairs_make(rows, &discovery->budget, wanted);
	pairs_sample(search->pool);
	rounds_find(search, wanted, discovery->target->name);
}

/*
 * SQL: discover_keys(); see its comment there.
 */
Datum
dbadvisor_discover_keys(PG_FUNCTION_ARGS)
{
	static const DiscoveryKind kind = {
		{ARG_SAMPLE_ROWS, ARG_NULL_EQUALS_NULL, ARG_TIME_LIMIT, ARG_VERIFY_BYTES},
		read_arguments, search_keys, show_key, false
	};

	discovery_run(fcinfo, &kind);
	return (Datum) 0;
}
