/*-------------------------------------------------------------------------
 *
 * search_indexes.c
 *		The SQL function dbadvisor.search_indexes().
 *
 * Reads, never writes: works in read-only transactions and on standbys, and
 * leaves no lock behind.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "commands/defrem.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "dbadvisor.h"
#include "index/index_internal.h"

PG_FUNCTION_INFO_V1(dbadvisor_search_indexes);

/* Columns of a result row. */
enum
{
	COL_STEP, COL_RELID, COL_DEFINITION, COL_INDEX_NAME, COL_AM,
	COL_KEY_COLUMNS, COL_INCLUDE_COLUMNS, COL_SIZE_BYTES, COL_COST_BEFORE,
	COL_COST_AFTER, COL_SAVED, COL_STATEMENTS, COL_SUMMARY, COL_WRITES, NCOLUMNS
};

#define DEFAULT_MIN_SAVING 0.01

/* Share of the time for reading statements; the rest is for the search. */
#define INTAKE_SHARE 0.5

/*
 * Raise the error for a bad argument.
 */
static void
refuse_argument(const char *name, const char *detail, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for \"%s\"", name),
			 errdetail_internal("%s", detail),
			 errhint("%s", hint)));
}

/*
 * Microseconds of an interval, never more than fit; a month has 30 days.
 */
static double
interval_microseconds(const Interval *interval)
{
	double		days = interval->month * (double) DAYS_PER_MONTH +
	interval->day;

	return days * USECS_PER_DAY + (double) interval->time;
}

/*
 * Set the deadlines from an interval.
 */
static void
set_deadlines(Search *search, const Interval *limit)
{
	double		microseconds = interval_microseconds(limit);

	if (microseconds < 0)
		refuse_argument("time_limit", "The time limit is negative.",
						"Use an interval of zero or more, or NULL for no limit.");
	if (microseconds > (double) USECS_PER_DAY * DAYS_PER_YEAR)
		return;
	search->deadline = search->started + (int64) microseconds;
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
 * Read the arguments into the search, or raise an error for a bad one.
 */
static void
read_arguments(Search *search, FunctionCallInfo fcinfo)
{
	search->has_budget = !PG_ARGISNULL(0);
	search->budget = search->has_budget ? (double) PG_GETARG_INT64(0) : 0;
	search->max_indexes = PG_ARGISNULL(3) ? PG_INT32_MAX : PG_GETARG_INT32(3);
	search->min_saving = PG_ARGISNULL(4) ? DEFAULT_MIN_SAVING :
		PG_GETARG_FLOAT8(4);

	if (search->budget < 0)
		refuse_argument("storage_budget",
						psprintf("The budget is %.0f bytes.", search->budget),
						"Use zero or more bytes, or NULL for no limit.");
	if (search->max_indexes < 0)
		refuse_argument("max_indexes",
						psprintf("The number of indexes is %d.",
								 search->max_indexes),
						"Use zero or more, or NULL for no limit.");
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
	search->min_saving = DEFAULT_MIN_SAVING;
	search->deadline = DT_NOEND;
	search->intake_deadline = DT_NOEND;
	search->pool = pool_make(max_columns);
	return search;
}

/*
 * Strings as text[].
 */
static Datum
text_array(List *strings)
{
	Datum	   *elements = (Datum *) palloc(Max(list_length(strings), 1) *
											sizeof(Datum));
	int			n = 0;
	ListCell   *lc;

	foreach(lc, strings)
		elements[n++] = CStringGetTextDatum((char *) lfirst(lc));
	return PointerGetDatum(construct_array(elements, n, TEXTOID, -1, false,
										   TYPALIGN_INT));
}

/*
 * JSON text as jsonb.
 */
static Datum
jsonb_datum(char *json)
{
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(json));
}

/*
 * Give indexes of one schema different names: each got its own as if it were
 * the only one to be created.
 */
static void
make_names_unique(List *steps)
{
	int			suffix = 0;

	for (int i = 1; i < list_length(steps); i++)
		for (int j = 0; j < i; j++)
		{
			HypoIndex  *index = ((Step *) list_nth(steps, i))->candidate->index;
			HypoIndex  *other = ((Step *) list_nth(steps, j))->candidate->index;
			Oid			schema = get_rel_namespace(index->relid);

			if (strcmp(index->name, other->name) != 0 ||
				schema != get_rel_namespace(other->relid))
				continue;
			do
				index->name = makeObjectName(other->name, NULL,
											 psprintf("%d", ++suffix));
			while (OidIsValid(get_relname_relid(index->name, schema)));
			j = -1;				/* compare the new name with all */
		}
}

/*
 * The summary row: step 0.
 */
static void
put_summary(ReturnSetInfo *result, const Search *search, List *steps)
{
	Datum		values[NCOLUMNS] = {0};
	bool		nulls[NCOLUMNS];
	const Selection *final = steps == NIL ? NULL :
	((Step *) llast(steps))->after;

	memset(nulls, true, sizeof(nulls));
	values[COL_STEP] = Int32GetDatum(0);
	values[COL_SIZE_BYTES] = Int64GetDatum(final ? (int64) final->bytes : 0);
	values[COL_COST_BEFORE] = Float8GetDatum(search->base_total);
	values[COL_COST_AFTER] = Float8GetDatum(final ? final->total :
											search->base_total);
	values[COL_SUMMARY] = jsonb_datum(evidence_summary(search, steps, final));
	nulls[COL_STEP] = nulls[COL_SIZE_BYTES] = nulls[COL_COST_BEFORE] =
		nulls[COL_COST_AFTER] = nulls[COL_SUMMARY] = false;
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/*
 * The row of one recommended index.
 */
static void
put_step(ReturnSetInfo *result, Search *search, const Step *step, int number)
{
	const Candidate *candidate = step->candidate;
	char	   *schema = get_namespace_name(get_rel_namespace(candidate->relid));
	Datum		values[NCOLUMNS];
	bool		nulls[NCOLUMNS] = {false};
	double		saved;

	values[COL_STEP] = Int32GetDatum(number);
	values[COL_RELID] = ObjectIdGetDatum(candidate->relid);
	values[COL_DEFINITION] =
		CStringGetTextDatum(hypo_index_definition(candidate->index, true));
	values[COL_INDEX_NAME] =
		CStringGetTextDatum(quote_qualified_identifier(schema,
													   candidate->index->name));
	values[COL_AM] = CStringGetTextDatum(candidate->am_name);
	values[COL_KEY_COLUMNS] = text_array(evidence_keys(candidate));
	values[COL_INCLUDE_COLUMNS] = text_array(evidence_included(candidate));
	values[COL_SIZE_BYTES] = Int64GetDatum((int64) candidate->bytes);
	values[COL_COST_BEFORE] = Float8GetDatum(step->before->total);
	values[COL_COST_AFTER] = Float8GetDatum(step->after->total);
	nulls[COL_SAVED] = !evidence_saved(search, step, &saved);
	values[COL_SAVED] = Float8GetDatum(saved);
	values[COL_STATEMENTS] = jsonb_datum(evidence_statements(search, step));
	values[COL_SUMMARY] = (Datum) 0;
	nulls[COL_SUMMARY] = true;
	values[COL_WRITES] = jsonb_datum(evidence_writes(search, step));
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/*
 * dbadvisor.search_indexes(storage_budget bigint, max_columns int, time_limit
 * interval, max_indexes int, min_saving float8): one summary row, then one
 * row per recommended index in order of creation.
 */
Datum
dbadvisor_search_indexes(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext caller = CurrentMemoryContext;
	Search	   *search;
	List	   *steps;
	ListCell   *lc;
	int			number = 0;

	InitMaterializedSRF(fcinfo, 0);
	search = search_new(caller, max_columns_argument(fcinfo));
	read_arguments(search, fcinfo);
	steps = search_run(search);
	make_names_unique(steps);
	put_summary(result, search, steps);
	foreach(lc, steps)
		put_step(result, search, (Step *) lfirst(lc), ++number);

	MemoryContextSwitchTo(caller);
	MemoryContextDelete(search->context);
	return (Datum) 0;
}
