/*-------------------------------------------------------------------------
 *
 * trial.c
 *		Compare plan spaces with the planner, for the benchmarks.
 *
 * Not part of the extension's SQL: bench/cache_error.sh makes the function
 * itself, as a superuser.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/pg_prng.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "dbadvisor.h"
#include "index/index_internal.h"

PG_FUNCTION_INFO_V1(dbadvisor_plan_space_trial);

/* Candidates of a random set. */
#define MAX_MEMBERS 12

/* Evaluations that are timed together. */
#define TIMED 50

/* Columns of a result row. */
enum
{
	COL_STATEMENT, COL_INDEXES, COL_CACHED, COL_EXACT, COL_MICROSECONDS, NCOLUMNS
};

/*
 * A random member of a set.
 */
static int
random_member(pg_prng_state *random, const Bitmapset *set)
{
	int			nth = (int) pg_prng_uint64_range(random, 0,
												 bms_num_members(set) - 1);
	int			id = -1;

	do
		id = bms_next_member(set, id);
	while (nth-- > 0);
	return id;
}

/*
 * A random set of candidates that matter to the item: every other one is near
 * a plan that is known to be good.
 */
static Bitmapset *
random_set(pg_prng_state *random, const WorkItem *item)
{
	Bitmapset  *set = NULL;
	int			count = (int) pg_prng_uint64_range(random, 1, MAX_MEMBERS);

	if (item->bundles != NIL && pg_prng_bool(random))
	{
		Bitmapset  *good = (Bitmapset *)
		list_nth(item->bundles,
				 (int) pg_prng_uint64_range(random, 0,
											list_length(item->bundles) - 1));

		set = bms_int_members(bms_copy(good), item->relevant);
		if (!bms_is_empty(set) && pg_prng_bool(random))
			set = bms_del_member(set, random_member(random, set));
		count = Min(count, 3);
	}
	while (count-- > 0)
		set = bms_add_member(set, random_member(random, item->relevant));
	return set;
}

/*
 * Microseconds that one evaluation takes, in turn with that of another set: an
 * evaluation takes over what is as it was in the last one.
 */
static double
time_evaluation(WorkItem *item, const Bitmapset *set, const Bitmapset *other)
{
	instr_time	start;
	instr_time	end;

	INSTR_TIME_SET_CURRENT(start);
	for (int i = 0; i < TIMED; i++)
		(void) planspace_cost(item->space, i % 2 == 0 ? set : other, NULL);
	INSTR_TIME_SET_CURRENT(end);
	INSTR_TIME_SUBTRACT(end, start);
	return INSTR_TIME_GET_DOUBLE(end) * 1e6 / TIMED;
}

/*
 * The definitions of these candidates.
 */
static Datum
definitions(const Search *search, const Bitmapset *set)
{
	List	   *texts = NIL;
	int			id = -1;

	while ((id = bms_next_member(set, id)) >= 0)
		texts = lappend(texts,
						hypo_index_definition(search->pool->candidates[id]->index,
											  false));
	return text_array(texts);
}

/*
 * One trial, as a result row; false where the item has no plan space.
 */
static bool
try_once(Search *search, pg_prng_state *random, ReturnSetInfo *result)
{
	WorkItem   *item = search->item[pg_prng_uint64_range(random, 0,
														 search->nitems - 1)];
	Datum		values[NCOLUMNS];
	bool		nulls[NCOLUMNS] = {false};
	Bitmapset  *set;
	Bitmapset  *other;
	Price	   *exact;

	if (item->space == NULL || bms_is_empty(item->relevant))
		return false;
	set = random_set(random, item);
	other = random_set(random, item);
	exact = price_plan(search, item, set);
	item->prices = list_delete_ptr(item->prices, exact);
	values[COL_STATEMENT] = CStringGetTextDatum(item->stmt->text);
	values[COL_INDEXES] = definitions(search, set);
	values[COL_CACHED] = Float8GetDatum(planspace_cost(item->space, set, NULL));
	values[COL_EXACT] = Float8GetDatum(exact->cost);
	values[COL_MICROSECONDS] = Float8GetDatum(time_evaluation(item, set, other));
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	bms_free(set);
	bms_free(other);
	return true;
}

/*
 * plan_space_trial(trials int, seed int): rows (statement text, indexes
 * text[], cached float8, exact float8, microseconds float8), one per trial.
 */
Datum
dbadvisor_plan_space_trial(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext caller = CurrentMemoryContext;
	Search	   *search;
	pg_prng_state random;
	int			trials = PG_GETARG_INT32(0);

	if (!superuser())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be superuser to compare plan spaces with the planner")));
	InitMaterializedSRF(fcinfo, 0);
	pg_prng_seed(&random, (uint64) PG_GETARG_INT32(1));
	search = search_new(caller, DEFAULT_MAX_COLUMNS);
	items_take_in(search);
	items_relate(search);
	for (int misses = 0; trials > 0 && misses < 1000 && search->nitems > 0;)
	{
		CHECK_FOR_INTERRUPTS();
		if (try_once(search, &random, result))
			trials--;
		else
			misses++;
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(search->context);
	return (Datum) 0;
}
