/*-------------------------------------------------------------------------
 *
 * search_statistics.c
 *		The SQL function dbadvisor.search_statistics().
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
#include "catalog/pg_type_d.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "argument.h"
#include "dbadvisor.h"
#include "statistics/statistics_internal.h"

PG_FUNCTION_INFO_V1(dbadvisor_search_statistics);

/* Columns of a result row. */
enum
{
	COL_STEP, COL_RELID, COL_COLUMNS, COL_KINDS, COL_NAME, COL_EXISTS,
	COL_TARGET, COL_DEFINITION, COL_REVERT, COL_SAVED, COL_SAMPLE,
	COL_STATEMENTS, COL_SUMMARY, NCOLUMNS
};

#define DEFAULT_MIN_FACTOR 5.0
#define DEFAULT_MIN_GAIN 0.01

/*
 * Read the arguments, or raise an error for a bad one.
 */
static void
read_arguments(Advisor *advisor, FunctionCallInfo fcinfo)
{
	int64		limit;

	advisor->deadline = DT_NOEND;
	advisor->min_factor = PG_ARGISNULL(1) ? DEFAULT_MIN_FACTOR :
		PG_GETARG_FLOAT8(1);
	advisor->min_gain = PG_ARGISNULL(2) ? DEFAULT_MIN_GAIN :
		PG_GETARG_FLOAT8(2);
	advisor->want_extended = PG_ARGISNULL(3) || PG_GETARG_BOOL(3);
	advisor->want_targets = PG_ARGISNULL(4) || PG_GETARG_BOOL(4);
	limit = PG_ARGISNULL(0) ? -1 :
		time_limit_microseconds(PG_GETARG_INTERVAL_P(0));
	if (limit >= 0)
		advisor->deadline = advisor->started + limit;
	if (isnan(advisor->min_factor) || advisor->min_factor < 1)
		refuse_argument("min_factor",
						psprintf("It is a factor of at least 1, not %g.",
								 advisor->min_factor),
						"Use 5 unless plans go wrong by less.");
	if (isnan(advisor->min_gain) || advisor->min_gain < 0 ||
		advisor->min_gain > 1)
		refuse_argument("min_gain",
						psprintf("It is a share of a plan's cost between 0 and 1, not %g.",
								 advisor->min_gain),
						"Use 0.01 for one percent.");
}

/*
 * Start in a memory context of its own.
 */
static Advisor *
advisor_start(FunctionCallInfo fcinfo)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "dbadvisor statistics search",
												  ALLOCSET_DEFAULT_SIZES);
	Advisor    *advisor;

	MemoryContextSwitchTo(context);
	advisor = palloc0(sizeof(Advisor));
	advisor->context = context;
	advisor->memory_limit = (Size) dbadvisor_work_mem * 1024;
	advisor->started = GetCurrentTimestamp();
	advisor->planner_calls_before = whatif_planner_calls();
	read_arguments(advisor, fcinfo);
	return advisor;
}

/*
 * Append a number to a JSON object, or null where it is not known.
 */
static void
append_number(StringInfo json, const char *name, double value, bool known)
{
	appendStringInfo(json, ", \"%s\": ", name);
	if (!known || isnan(value) || isinf(value))
		appendStringInfoString(json, "null");
	else if (value == floor(value) && fabs(value) < 1e15)
		appendStringInfo(json, "%.0f", value);
	else
		appendStringInfo(json, "%.6g", value);
}

/*
 * Append a string, or null.
 */
static void
append_string(StringInfo json, const char *name, const char *value)
{
	appendStringInfo(json, ", \"%s\": ", name);
	if (value == NULL)
		appendStringInfoString(json, "null");
	else
		escape_json(json, value);
}

/*
 * Milliseconds per day that a statement saves; false when that is unknown.
 */
static bool
use_saved(const Use *use, double *ms_per_day)
{
	if (use->daily.ms < 0 || use->proof.cost_before <= 0)
		return false;
	*ms_per_day = use->daily.ms *
		(1 - use->proof.cost_after / use->proof.cost_before);
	return true;
}

/*
 * Milliseconds per day that all statements of an advice save.
 */
static bool
advice_saved(const Advice *advice, double *ms_per_day)
{
	bool		known = false;
	ListCell   *cell;

	*ms_per_day = 0;
	foreach(cell, advice->uses)
	{
		double		saved;

		if (use_saved(lfirst(cell), &saved))
		{
			*ms_per_day += saved;
			known = true;
		}
	}
	return known;
}

/*
 * Append the JSON object of one statement.
 */
static void
append_use(StringInfo json, const Use *use)
{
	const Proof *proof = &use->proof;
	double		saved = 0;
	bool		known = use_saved(use, &saved);
	const char *unit = use->grouping ? "groups" : "rows";

	appendStringInfo(json, "%s{\"queryid\": " INT64_FORMAT,
					 json->len > 1 ? ", " : "", use->queryid);
	append_number(json, "calls", use->calls, use->calls >= 0);
	append_number(json, "total_ms", use->total_ms, use->total_ms >= 0);
	append_string(json, "parameters", use->params_source);
	append_number(json, psprintf("%s_estimated", unit), use->rows_estimated,
				  true);
	append_number(json, psprintf("%s_sampled", unit), use->rows_sampled, true);
	append_number(json, "factor", use->factor, true);
	append_number(json, "counted_executions", use->executions,
				  use->executions > 0);
	append_number(json, "counted_rows_expected", use->rows_expected,
				  use->executions > 0);
	append_number(json, "counted_rows", use->rows_counted,
				  use->executions > 0);
	append_string(json, "plan_before", proof->plan_before);
	append_string(json, "plan_after", proof->plan_after);
	append_number(json, "cost_believed", proof->cost_believed, true);
	append_number(json, "cost_before", proof->cost_before,
				  proof->cost_before >= 0);
	append_number(json, "cost_after", proof->cost_after, true);
	append_number(json, "saved_ms_per_day", saved, known);
	append_string(json, "window", known ? use->daily.window : NULL);
	appendStringInfoChar(json, '}');
}

/*
 * JSON array of the statements of an advice.
 */
static char *
statements_json(const Advice *advice)
{
	StringInfoData json;
	ListCell   *cell;

	initStringInfo(&json);
	appendStringInfoChar(&json, '[');
	foreach(cell, advice->uses)
		append_use(&json, lfirst(cell));
	appendStringInfoChar(&json, ']');
	return json.data;
}

/*
 * JSON object that tells what was sampled.
 */
static char *
sample_json(const Advice *advice)
{
	return psprintf("{\"rows\": %d, \"table_rows\": %.0f, \"whole_table\": %s}",
					advice->sample_rows, advice->tuples,
					advice->sample_whole ? "true" : "false");
}

/*
 * Append the number of statements skipped, by state.
 */
static void
append_skipped(StringInfo json, const Advisor *advisor)
{
	const char *separator = "";

	appendStringInfoString(json, ", \"skipped\": {");
	for (int state = 0; state <= STATEMENT_FAILED; state++)
	{
		if (advisor->nskipped[state] == 0)
			continue;
		appendStringInfo(json, "%s\"%s\": %d", separator,
						 statement_state_name((StatementState) state),
						 advisor->nskipped[state]);
		separator = ", ";
	}
	appendStringInfoChar(json, '}');
}

/*
 * JSON object that says what was looked at and what was left out.
 */
static char *
summary_json(const Advisor *advisor)
{
	StringInfoData json;
	char		buffer[MAXDATELEN + 1];

	initStringInfo(&json);
	appendStringInfo(&json, "{\"statements\": %d, \"planned\": %d",
					 advisor->nstatements, advisor->nplanned);
	append_skipped(&json, advisor);
	append_number(&json, "left_out", advisor->left_out, true);
	append_number(&json, "relations_not_sampled", advisor->nunreadable, true);
	append_number(&json, "not_measured", advisor->nunmeasured, true);
	append_number(&json, "misjudged", advisor->nmisjudged, true);
	append_number(&json, "planner_calls",
				  whatif_planner_calls() - advisor->planner_calls_before, true);
	append_number(&json, "elapsed_ms",
				  (GetCurrentTimestamp() - advisor->started) / 1000.0, true);
	if (advisor->since != 0)
		JsonEncodeDateTime(buffer, TimestampTzGetDatum(advisor->since),
						   TIMESTAMPTZOID, NULL);
	append_string(&json, "since", advisor->since != 0 ? buffer : NULL);
	append_string(&json, "pg_stat_statements", advisor->missing);
	appendStringInfoChar(&json, '}');
	return json.data;
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
 * Strings as text[].
 */
static Datum
text_array(List *strings)
{
	Datum	   *elements = palloc(Max(list_length(strings), 1) * sizeof(Datum));
	int			n = 0;
	ListCell   *cell;

	foreach(cell, strings)
		elements[n++] = CStringGetTextDatum((char *) lfirst(cell));
	return PointerGetDatum(construct_array(elements, n, TEXTOID, -1, false,
										   TYPALIGN_INT));
}

/*
 * The summary row: step 0.
 */
static void
put_summary(ReturnSetInfo *result, const Advisor *advisor)
{
	Datum		values[NCOLUMNS] = {0};
	bool		nulls[NCOLUMNS];

	memset(nulls, true, sizeof(nulls));
	values[COL_STEP] = Int32GetDatum(0);
	values[COL_SUMMARY] = jsonb_datum(summary_json(advisor));
	nulls[COL_STEP] = nulls[COL_SUMMARY] = false;
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* A row that is being filled. */
typedef struct AdviceRow
{
	const Advice *advice;
	Datum		values[NCOLUMNS];
	bool		nulls[NCOLUMNS];
}			AdviceRow;

/*
 * Write the advice as SQL; a SandboxFn, since its table may be gone or locked
 * by now.
 */
static void
describe_advice(void *arg)
{
	AdviceRow  *row = arg;
	char	   *apply;
	char	   *revert;
	char	   *name = definition_sql(row->advice, &apply, &revert);

	row->values[COL_COLUMNS] = text_array(definition_columns(row->advice));
	row->values[COL_KINDS] = text_array(definition_kinds(row->advice));
	row->nulls[COL_NAME] = name == NULL;
	if (name != NULL)
		row->values[COL_NAME] = CStringGetTextDatum(name);
	row->values[COL_DEFINITION] = CStringGetTextDatum(apply);
	row->nulls[COL_REVERT] = revert == NULL;
	if (revert != NULL)
		row->values[COL_REVERT] = CStringGetTextDatum(revert);
}

/*
 * The row of one advice; NULL where it cannot be written.
 */
static AdviceRow *
make_row(const Advice *advice, int number)
{
	AdviceRow  *row = palloc0(sizeof(AdviceRow));
	double		saved;

	row->advice = advice;
	if (sandbox_run(GetUserId(), NULL, describe_advice, row) != NULL)
		return NULL;
	row->values[COL_STEP] = Int32GetDatum(number);
	row->values[COL_RELID] = ObjectIdGetDatum(advice->relid);
	row->values[COL_EXISTS] = BoolGetDatum(OidIsValid(advice->existing));
	row->nulls[COL_TARGET] = advice->target == 0;
	row->values[COL_TARGET] = Int32GetDatum(advice->target);
	row->nulls[COL_SAVED] = !advice_saved(advice, &saved);
	row->values[COL_SAVED] = Float8GetDatum(saved);
	row->values[COL_SAMPLE] = jsonb_datum(sample_json(advice));
	row->values[COL_STATEMENTS] = jsonb_datum(statements_json(advice));
	row->nulls[COL_SUMMARY] = true;
	return row;
}

/*
 * The rows of all advice.  Where the table is gone or locked it is left out,
 * and the search is not complete.
 */
static List *
make_rows(Advisor *advisor)
{
	List	   *rows = NIL;
	ListCell   *cell;

	foreach(cell, advisor->advice)
	{
		AdviceRow  *row = make_row(lfirst(cell),
								   foreach_current_index(cell) + 1);

		CHECK_FOR_INTERRUPTS();
		if (row != NULL)
			rows = lappend(rows, row);
		else
			advisor->left_out++;
	}
	return rows;
}

/*
 * dbadvisor.search_statistics(time_limit interval, min_factor float8, min_gain
 * float8, extended boolean, targets boolean): one summary row, then one row per
 * statistics object to make and column to look at more closely.
 */
Datum
dbadvisor_search_statistics(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext caller = CurrentMemoryContext;
	Advisor    *advisor;
	List	   *rows;
	ListCell   *cell;

	InitMaterializedSRF(fcinfo, 0);
	advisor = advisor_start(fcinfo);
	advise_workload(advisor);
	rows = make_rows(advisor);
	put_summary(result, advisor);
	foreach(cell, rows)
	{
		AdviceRow  *row = lfirst(cell);

		tuplestore_putvalues(result->setResult, result->setDesc, row->values,
							 row->nulls);
	}

	MemoryContextSwitchTo(caller);
	MemoryContextDelete(advisor->context);
	return (Datum) 0;
}
