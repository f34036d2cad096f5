/*-------------------------------------------------------------------------
 *
 * what_if.c
 *		SQL function dbadvisor.what_if(): what a statement would cost with
 *		other indexes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "whatif/request.h"
#include "whatif/whatif_internal.h"

PG_FUNCTION_INFO_V1(dbadvisor_what_if);

/*
 * Return a text array of C strings.
 */
Datum
text_array_of_list(List *strings)
{
	Datum	   *elements = palloc((list_length(strings) + 1) * sizeof(Datum));
	int			count = 0;
	ListCell   *cell;

	foreach(cell, strings)
		elements[count++] = CStringGetTextDatum(lfirst(cell));
	return PointerGetDatum(construct_array(elements, count, TEXTOID, -1, false,
										   TYPALIGN_INT));
}

/*
 * Return the predicted sizes as an array.
 */
static Datum
sizes_array(List *indexes)
{
	Datum	   *elements = palloc((list_length(indexes) + 1) * sizeof(Datum));
	int			count = 0;
	ListCell   *cell;

	foreach(cell, indexes)
		elements[count++] = Int64GetDatum((int64) hypo_index_bytes(lfirst(cell)));
	return PointerGetDatum(construct_array(elements, count, INT8OID,
										   sizeof(int64), FLOAT8PASSBYVAL,
										   TYPALIGN_DOUBLE));
}

/*
 * Return the definitions as a list of strings.
 */
static List *
definitions(List *indexes)
{
	List	   *result = NIL;
	ListCell   *cell;

	foreach(cell, indexes)
		result = lappend(result, hypo_index_definition(lfirst(cell), false));
	return result;
}

/*
 * Plan the statement, or raise the error that planning it raised.
 */
static WhatIfResult
plan_or_raise(Statement *stmt, const WhatIfConfig *config)
{
	WhatIfResult result = whatif_statement(stmt, config, true);

	if (result.error != NULL)
		ThrowErrorData(result.error);
	return result;
}

/*
 * Return what parameters without a value mean for the result, or NULL.
 */
static char *
parameters_note(const Statement *stmt)
{
	if (stmt->nparams == 0 || stmt->params != NULL)
		return NULL;
	return pstrdup("parameters have no values: both plans are generic plans");
}

/*
 * what_if(query text, create_indexes text[], hide_indexes regclass[])
 *
 * Plans the query as the calling user, with the caller's search_path.
 */
Datum
dbadvisor_what_if(PG_FUNCTION_ARGS)
{
	TupleDesc	desc;
	Datum		values[8];
	bool		nulls[8] = {0};
	Statement  *stmt;
	WhatIfConfig *config;
	WhatIfResult before;
	WhatIfResult after;
	List	   *notes;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("query must not be null")));
	stmt = statement_make(text_to_cstring(PG_GETARG_TEXT_PP(0)), GetUserId(),
						  NULL);
	statement_analyze_or_raise(stmt);
	config = request_config(fcinfo, 1);
	before = plan_or_raise(stmt, NULL);
	after = plan_or_raise(stmt, config);
	notes = config_notes(config);
	if (parameters_note(stmt) != NULL)
		notes = lappend(notes, parameters_note(stmt));

	values[0] = Float8GetDatum(before.cost);
	values[1] = Float8GetDatum(after.cost);
	values[2] = text_array_of_list(index_names(config, after.used));
	values[3] = text_array_of_list(definitions(config->indexes));
	values[4] = sizes_array(config->indexes);
	values[5] = text_array_of_list(notes);
	values[6] = CStringGetTextDatum(before.plan ? before.plan : "");
	values[7] = CStringGetTextDatum(after.plan ? after.plan : "");
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc),
													  values, nulls)));
}
