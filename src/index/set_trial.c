/*-------------------------------------------------------------------------
 *
 * set_trial.c
 *		Ask the search about a given set of indexes, for the benchmarks.
 *
 * Says of each index whether it is a candidate, and of each statement what the
 * search and what the planner take it to cost with those that are.  Tells
 * whether a better set was missed for want of a candidate, by a wrong cost or
 * by the search.  Not part of the extension's SQL: bench/compare/losses.py
 * makes the function itself, as a superuser.
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

#include "dbadvisor.h"
#include "index/index_internal.h"

PG_FUNCTION_INFO_V1(dbadvisor_index_set_trial);

/* Columns of a result row. */
enum
{
	COL_DEFINITION, COL_CANDIDATE, COL_BASE, COL_CACHED, COL_EXACT, COL_SPACE,
	NCOLUMNS
};

/*
 * Number of the selectable candidate whose definition goes on after ON with
 * "body"; -1 if there is none.
 */
static int
find_candidate(const Search *search, const char *body)
{
	int			id = -1;

	while ((id = bms_next_member(search->selectable, id)) >= 0)
	{
		const Candidate *candidate = search->pool->candidates[id];
		const char *on = strstr(hypo_index_definition(candidate->index, false),
								" ON ");

		if (on != NULL && strcmp(on + strlen(" ON "), body) == 0)
			return id;
	}
	return -1;
}

/*
 * The candidates among the definitions, with a row for each definition.
 */
static Bitmapset *
find_set(const Search *search, ArrayType *bodies, ReturnSetInfo *result)
{
	Bitmapset  *set = NULL;
	Datum	   *elements;
	int			count;

	deconstruct_array(bodies, TEXTOID, -1, false, TYPALIGN_INT, &elements,
					  NULL, &count);
	for (int i = 0; i < count; i++)
	{
		Datum		values[NCOLUMNS] = {0};
		bool		nulls[NCOLUMNS];
		int			id = find_candidate(search, TextDatumGetCString(elements[i]));

		memset(nulls, true, sizeof(nulls));
		values[COL_DEFINITION] = elements[i];
		nulls[COL_DEFINITION] = false;
		if (id >= 0)
		{
			set = bms_add_member(set, id);
			values[COL_CANDIDATE] = Int32GetDatum(id);
			nulls[COL_CANDIDATE] = false;
			values[COL_BASE] =
				Float8GetDatum(search->pool->candidates[id]->bytes);
			nulls[COL_BASE] = false;
		}
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return set;
}

/*
 * A row for each statement that the set may matter to.
 */
static void
price_set(Search *search, const Bitmapset *set, ReturnSetInfo *result)
{
	for (int i = 0; i < search->nitems; i++)
	{
		WorkItem   *item = search->item[i];
		Bitmapset  *relevant = bms_intersect(set, item->relevant);
		Datum		values[NCOLUMNS] = {0};
		bool		nulls[NCOLUMNS] = {true, true};

		CHECK_FOR_INTERRUPTS();
		if (item->stmt == NULL || bms_is_empty(relevant))
			continue;
		values[COL_BASE] = Float8GetDatum(item->base_cost);
		values[COL_CACHED] = Float8GetDatum(price_of(search, item, set));
		values[COL_EXACT] =
			Float8GetDatum(price_plan(search, item, relevant)->cost);
		values[COL_SPACE] = BoolGetDatum(item->space != NULL);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
}

/*
 * index_set_trial(bodies text[]): first a row (definition text, candidate int,
 * bytes float8) for each definition, from what follows ON; then a row (base
 * float8, cached float8, exact float8, space bool) for each statement.  Bytes
 * and base share a column.
 */
Datum
dbadvisor_index_set_trial(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext caller = CurrentMemoryContext;
	ArrayType  *bodies = PG_GETARG_ARRAYTYPE_P(0);
	Search	   *search;

	if (!superuser())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be superuser to ask about a set of indexes")));
	InitMaterializedSRF(fcinfo, 0);
	search = search_new(caller, DEFAULT_MAX_COLUMNS);
	items_take_in(search);
	items_relate(search);
	price_set(search, find_set(search, bodies, result), result);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(search->context);
	return (Datum) 0;
}
