/*-------------------------------------------------------------------------
 *
 * what_if_risk.c
 *		SQL function dbadvisor.what_if_risk(): whether what what_if() promises
 *		is at risk.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "whatif/request.h"
#include "whatif/whatif_internal.h"

PG_FUNCTION_INFO_V1(dbadvisor_what_if_risk);

/* Columns of the result. */
enum
{
	RISK_COST_BEFORE, RISK_COST_AFTER, RISK_PESSIMISTIC_BEFORE,
	RISK_PESSIMISTIC_AFTER, RISK_FETCHES, RISK_BREAK_EVEN, RISK_EXPECTED,
	RISK_LEVEL, RISK_REASON, RISK_COLUMNS
};

/*
 * The statement of the arguments, analysed.
 */
static Statement *
statement_argument(FunctionCallInfo fcinfo)
{
	Statement  *stmt;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("query must not be null")));
	stmt = statement_make(text_to_cstring(PG_GETARG_TEXT_PP(0)), GetUserId(),
						  NULL);
	if (!PG_ARGISNULL(3))
	{
		stmt->calls = 1;
		stmt->total_ms = PG_GETARG_FLOAT8(3);
	}
	statement_analyze_or_raise(stmt);
	return stmt;
}

/*
 * Plan it, or raise the error that planning it raised.
 */
static double
cost_or_raise(Statement *stmt, const WhatIfConfig *config)
{
	WhatIfResult result = whatif_statement(stmt, config, false);

	if (result.error != NULL)
		ThrowErrorData(result.error);
	return result.cost;
}

/*
 * what_if_risk(query text, create_indexes text[], hide_indexes regclass[],
 * mean_ms float8)
 */
Datum
dbadvisor_what_if_risk(PG_FUNCTION_ARGS)
{
	TupleDesc	desc;
	Datum		values[RISK_COLUMNS];
	bool		nulls[RISK_COLUMNS] = {false};
	Statement  *stmt;
	WhatIfConfig *config;
	WhatIfExposure before;
	WhatIfExposure after;
	WhatIfRisk	risk;
	double		us_per_cost;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	stmt = statement_argument(fcinfo);
	config = request_config(fcinfo, 1);
	us_per_cost = whatif_us_per_cost(stmt, cost_or_raise(stmt, NULL));
	before = whatif_exposure(stmt, NULL, us_per_cost, NULL);
	after = whatif_exposure(stmt, config, us_per_cost, NULL);
	risk = whatif_risk(&before, &after);

	values[RISK_COST_BEFORE] = Float8GetDatum(before.cost);
	values[RISK_COST_AFTER] = Float8GetDatum(after.cost);
	values[RISK_PESSIMISTIC_BEFORE] = Float8GetDatum(risk.pessimistic_before);
	values[RISK_PESSIMISTIC_AFTER] = Float8GetDatum(risk.pessimistic_after);
	values[RISK_FETCHES] = Float8GetDatum(risk.fetches);
	values[RISK_BREAK_EVEN] = Float8GetDatum(risk.break_even);
	nulls[RISK_BREAK_EVEN] = isinf(risk.break_even);
	values[RISK_EXPECTED] = Float8GetDatum(risk.error_expected);
	values[RISK_LEVEL] = CStringGetTextDatum(whatif_risk_level(&risk));
	values[RISK_REASON] = risk.reason ? CStringGetTextDatum(risk.reason) :
		(Datum) 0;
	nulls[RISK_REASON] = risk.reason == NULL;
	if (!risk.known)
		memset(nulls, true, sizeof(nulls));
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc),
													  values, nulls)));
}
