/*-------------------------------------------------------------------------
 *
 * feature_show.c
 *		SQL functions that show what is seen in the trees of statements.
 *
 * Constants and parameter values are looked at and not shown.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "features.h"
#include "workload_internal.h"

PG_FUNCTION_INFO_V1(dbadvisor_statement_features);
PG_FUNCTION_INFO_V1(dbadvisor_workload_features);

/* An OFFSET is shown as a power of this, since it is a value of the user's. */
#define OFFSET_STEP 10.0

/* Columns of dbadvisor.workload_features(). */
enum
{
	SHOW_QUERYID, SHOW_USERID, SHOW_QUERY, SHOW_STATE, SHOW_CALLS,
	SHOW_TOTAL_MS, SHOW_ROWS, SHOW_SINCE, SHOW_MS_PER_DAY, SHOW_WINDOW_DAYS,
	SHOW_COUNTERS, SHOW_RELATIONS, SHOW_FEATURES, SHOW_TIME_SHARE, SHOW_COLUMNS
};

/* A JSON object or array that is being built. */
typedef struct Json
{
	JsonbParseState *state;
} Json;

/*
 * Push a key.
 */
static void
json_key(Json *json, const char *key)
{
	JsonbValue	value = {.type = jbvString};

	value.val.string.val = unconstify(char *, key);
	value.val.string.len = strlen(key);
	pushJsonbValue(&json->state, WJB_KEY, &value);
}

/*
 * Push a text as the value of a key; nothing for NULL.
 */
static void
json_text(Json *json, const char *key, const char *text)
{
	JsonbValue	value = {.type = jbvString};

	if (text == NULL)
		return;
	json_key(json, key);
	value.val.string.val = unconstify(char *, text);
	value.val.string.len = strlen(text);
	pushJsonbValue(&json->state, WJB_VALUE, &value);
}

/*
 * Push a truth as the value of a key.
 */
static void
json_bool(Json *json, const char *key, bool truth)
{
	JsonbValue	value = {.type = jbvBool};

	json_key(json, key);
	value.val.boolean = truth;
	pushJsonbValue(&json->state, WJB_VALUE, &value);
}

/*
 * Push a number as the value of a key; nothing for one below 0.
 */
static void
json_number(Json *json, const char *key, int64 number)
{
	JsonbValue	value = {.type = jbvNumeric};

	if (number < 0)
		return;
	json_key(json, key);
	value.val.numeric = int64_to_numeric(number);
	pushJsonbValue(&json->state, WJB_VALUE, &value);
}

/*
 * Push one comparison.
 */
static void
json_comparison(Json *json, const Comparison *comparison)
{
	pushJsonbValue(&json->state, WJB_BEGIN_OBJECT, NULL);
	if (OidIsValid(comparison->relid))
	{
		json_number(json, "relid", comparison->relid);
		json_number(json, "attnum", comparison->attnum);
	}
	json_text(json, "column", comparison->column);
	json_text(json, "operator", comparison->operator);
	json_text(json, "wrapped_in", comparison->wrapped_in);
	json_text(json, "wrapper", comparison->wrapper);
	if (comparison->wrapped_in != NULL)
		json_bool(json, "immutable", comparison->immutable);
	json_text(json, "expression", comparison->expression);
	json_text(json, "compared_with", comparison->compared_with);
	if (OidIsValid(comparison->other_relid))
	{
		json_number(json, "other_relid", comparison->other_relid);
		json_number(json, "other_attnum", comparison->other_attnum);
	}
	json_number(json, "elements", comparison->elements);
	if (comparison->is_pattern)
		json_bool(json, "is_pattern", true);
	if (comparison->leading_wildcard >= 0)
		json_bool(json, "leading_wildcard", comparison->leading_wildcard > 0);
	pushJsonbValue(&json->state, WJB_END_OBJECT, NULL);
}

/*
 * Push all comparisons.
 */
static void
json_comparisons(Json *json, List *comparisons)
{
	ListCell   *lc;

	json_key(json, "comparisons");
	pushJsonbValue(&json->state, WJB_BEGIN_ARRAY, NULL);
	foreach(lc, comparisons)
		json_comparison(json, (const Comparison *) lfirst(lc));
	pushJsonbValue(&json->state, WJB_END_ARRAY, NULL);
}

/*
 * Push the columns whose documents are taken apart; nothing where there are none.
 */
static void
json_documents(Json *json, List *documents)
{
	ListCell   *lc;

	if (documents == NIL)
		return;
	json_key(json, "documents");
	pushJsonbValue(&json->state, WJB_BEGIN_ARRAY, NULL);
	foreach(lc, documents)
	{
		const TableColumn *column = lfirst(lc);

		pushJsonbValue(&json->state, WJB_BEGIN_OBJECT, NULL);
		json_number(json, "relid", column->relid);
		json_number(json, "attnum", column->attnum);
		pushJsonbValue(&json->state, WJB_END_OBJECT, NULL);
	}
	pushJsonbValue(&json->state, WJB_END_ARRAY, NULL);
}

/*
 * Push a list of names, of which some may be NULL; nothing for an empty one.
 */
static void
json_names(Json *json, const char *key, List *names)
{
	ListCell   *lc;

	if (names == NIL)
		return;
	json_key(json, key);
	pushJsonbValue(&json->state, WJB_BEGIN_ARRAY, NULL);
	foreach(lc, names)
	{
		JsonbValue	value = {.type = jbvString};

		if (lfirst(lc) == NULL)
			continue;
		value.val.string.val = (char *) lfirst(lc);
		value.val.string.len = strlen(value.val.string.val);
		pushJsonbValue(&json->state, WJB_ELEM, &value);
	}
	pushJsonbValue(&json->state, WJB_END_ARRAY, NULL);
}

/*
 * Push what is known of the result of an aggregating SELECT.
 */
static void
json_result(Json *json, const Features *features)
{
	if (!features->keeps_result)
		return;
	json_key(json, "result");
	pushJsonbValue(&json->state, WJB_BEGIN_OBJECT, NULL);
	json_bool(json, "mutable", features->result_mutable);
	json_bool(json, "values", features->result_values);
	json_bool(json, "varies", features->result_varies);
	json_number(json, "width", features->result_width);
	json_names(json, "key", features->result_key);
	json_text(json, "query", features->result_query);
	pushJsonbValue(&json->state, WJB_END_OBJECT, NULL);
}

/*
 * Push what the outermost query is.
 */
static void
json_outermost(Json *json, const Features *features)
{
	json_text(json, "command", features->command);
	if (OidIsValid(features->target))
		json_number(json, "target", features->target);
	json_number(json, "tables", features->tables);
	json_number(json, "insert_rows", features->insert_rows);
	json_bool(json, "has_where", features->has_where);
	json_bool(json, "select_star", features->select_star);
	json_bool(json, "count_only", features->count_only);
	json_bool(json, "count_compared", features->count_compared);
	json_bool(json, "distinct", features->distinct);
	json_bool(json, "grouped", features->grouped);
	json_bool(json, "aggregated", features->aggregated);
	json_bool(json, "union_distinct", features->union_distinct);
	json_bool(json, "for_update", features->for_update);
	json_bool(json, "skip_locked", features->skip_locked);
	json_bool(json, "on_conflict", features->on_conflict);
	json_bool(json, "returning", features->returning);
	json_bool(json, "ordered", features->ordered);
	json_bool(json, "order_by_random", features->order_by_random);
	json_text(json, "limit", features->limit);
	json_text(json, "offset", features->offset);
	if (features->offset_value >= 1)
	{
		double		step = 1;

		while (step * OFFSET_STEP <= features->offset_value)
			step *= OFFSET_STEP;
		json_number(json, "offset_at_least", (int64) step);
	}
	json_names(json, "changed_columns", features->changed_columns);
	json_number(json, "self_assignments", features->self_assignments);
}

/*
 * Everything as one object.
 */
static Jsonb *
features_json(const Features *features)
{
	Json		json = {NULL};
	JsonbValue *result;

	pushJsonbValue(&json.state, WJB_BEGIN_OBJECT, NULL);
	json_outermost(&json, features);
	json_number(&json, "parameters", features->stmt->nparams);
	json_number(&json, "most_tables", features->most_tables);
	json_number(&json, "outer_joins", features->outer_joins);
	json_number(&json, "cross_joins", features->cross_joins);
	json_number(&json, "subqueries", features->subqueries);
	json_number(&json, "ctes", features->ctes);
	json_bool(&json, "recursive", features->recursive);
	json_bool(&json, "limit_in_locking", features->limit_in_locking);
	json_number(&json, "not_in", features->not_in);
	json_number(&json, "not_in_nullable", features->not_in_nullable);
	json_number(&json, "or_across_columns", features->or_across_columns);
	json_number(&json, "optional_filters", features->optional_filters);
	json_number(&json, "null_comparisons", features->null_comparisons);
	json_number(&json, "longest_list", features->longest_list);
	json_comparisons(&json, features->comparisons);
	json_documents(&json, features->documents);
	json_result(&json, features);
	result = pushJsonbValue(&json.state, WJB_END_OBJECT, NULL);
	return JsonbValueToJsonb(result);
}

/*
 * Features of a text that the caller typed; an error where it has none.
 */
Datum
dbadvisor_statement_features(PG_FUNCTION_ARGS)
{
	Statement  *stmt = statement_make(text_to_cstring(PG_GETARG_TEXT_PP(0)),
									  GetUserId(), NULL);
	Features   *features;

	statement_analyze_or_raise(stmt);
	features = features_read(stmt);
	if (features == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("statement can no longer be analysed")));
	PG_RETURN_JSONB_P(features_json(features));
}

/*
 * Time of all statements together.
 */
static double
workload_time(List *workload)
{
	double		total_ms = 0;
	ListCell   *lc;

	foreach(lc, workload)
		total_ms += Max(((Statement *) lfirst(lc))->total_ms, 0);
	return total_ms;
}

/*
 * Is the statement among those that were asked for?  All are where none is
 * named; one given by hand has no number and is always wanted.
 */
static bool
is_wanted(const Statement *stmt, const Datum *wanted, int count, bool all,
		  double min_ms)
{
	if (stmt->manual)
		return true;
	if (stmt->total_ms < min_ms)
		return false;
	if (all)
		return true;
	for (int i = 0; i < count; i++)
		if (DatumGetInt64(wanted[i]) == stmt->queryid)
			return true;
	return false;
}

/*
 * OIDs of the relations that a statement reads or writes.
 */
static Datum
relation_array(const Statement *stmt)
{
	Datum	   *oids = palloc((list_length(stmt->relations) + 1) *
							  sizeof(Datum));
	int			count = 0;
	ListCell   *lc;

	foreach(lc, stmt->relations)
		oids[count++] = ObjectIdGetDatum(lfirst_oid(lc));
	return PointerGetDatum(construct_array(oids, count, OIDOID, sizeof(Oid),
										   true, TYPALIGN_INT));
}

/*
 * Put the counters of a statement into its row; what is not known stays null.
 */
static void
row_counters(const Statement *stmt, Datum *values, bool *nulls)
{
	DailyTime	daily = statement_daily_time(stmt);
	const struct
	{
		int			column;
		double		value;
	}			numbers[] = {
		{SHOW_CALLS, stmt->calls}, {SHOW_TOTAL_MS, stmt->total_ms},
		{SHOW_ROWS, stmt->rows}, {SHOW_MS_PER_DAY, daily.ms},
		{SHOW_WINDOW_DAYS, daily.ms >= 0 ? daily.days : -1},
	};

	for (size_t i = 0; i < lengthof(numbers); i++)
	{
		values[numbers[i].column] = Float8GetDatum(numbers[i].value);
		nulls[numbers[i].column] = numbers[i].value < 0;
	}
	values[SHOW_SINCE] = TimestampTzGetDatum(stmt->since);
	nulls[SHOW_SINCE] = stmt->since == 0;
	values[SHOW_COUNTERS] = JsonbPGetDatum(stmt->counters);
	nulls[SHOW_COUNTERS] = stmt->counters == NULL;
}

/*
 * Add the row of one statement.  Values of parameters are looked for where
 * somebody has given them: choosing some would take many planner calls.
 */
static void
row_add(ReturnSetInfo *result, Statement *stmt, double workload_ms)
{
	Datum		values[SHOW_COLUMNS] = {0};
	bool		nulls[SHOW_COLUMNS] = {0};
	Features   *features = NULL;

	if (stmt->examples != NULL)
		statement_analyze(stmt);
	else
		statement_analyze_bare(stmt);
	if (stmt->state == STATEMENT_PLANNABLE)
		features = features_read(stmt);
	values[SHOW_QUERYID] = Int64GetDatum(stmt->queryid);
	nulls[SHOW_QUERYID] = stmt->queryid == 0;
	values[SHOW_USERID] = ObjectIdGetDatum(stmt->userid);
	nulls[SHOW_QUERY] = stmt->text == NULL;
	if (stmt->text !=NULL)
		values[SHOW_QUERY] = CStringGetTextDatum(stmt->text);
	values[SHOW_STATE] = CStringGetTextDatum(statement_state_name(stmt->state));
	row_counters(stmt, values, nulls);
	values[SHOW_RELATIONS] = relation_array(stmt);
	if (features != NULL)
		values[SHOW_FEATURES] = JsonbPGetDatum(features_json(features));
	nulls[SHOW_FEATURES] = features == NULL;
	nulls[SHOW_TIME_SHARE] = stmt->total_ms < 0 || workload_ms <= 0;
	if (!nulls[SHOW_TIME_SHARE])
		values[SHOW_TIME_SHARE] = Float8GetDatum(stmt->total_ms / workload_ms);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/*
 * Features of the statements of the workload.
 */
Datum
dbadvisor_workload_features(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	bool		all = PG_ARGISNULL(0);
	double		min_share = PG_ARGISNULL(1) ? 0 : PG_GETARG_FLOAT8(1);
	double		workload_ms;
	Datum	   *wanted = NULL;
	int			count = 0;
	const char *missing;
	List	   *workload;
	MemoryContext work;
	MemoryContext caller;
	ListCell   *lc;

	InitMaterializedSRF(fcinfo, 0);
	if (!all)
		deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), INT8OID, sizeof(int64),
						  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &wanted, NULL,
						  &count);
	work = AllocSetContextCreate(CurrentMemoryContext, "dbadvisor features",
								 ALLOCSET_DEFAULT_SIZES);
	workload = workload_read(&missing);
	workload_ms = workload_time(workload);
	foreach(lc, workload)
	{
		Statement  *stmt = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		caller = MemoryContextSwitchTo(work);
		if (is_wanted(stmt, wanted, count, all, workload_ms * min_share))
			row_add(result, stmt, workload_ms);
		MemoryContextSwitchTo(caller);
		statement_free(stmt);
		MemoryContextReset(work);
	}
	return (Datum) 0;
}
