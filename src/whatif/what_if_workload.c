/*-------------------------------------------------------------------------
 *
 * what_if_workload.c
 *		SQL function dbadvisor.what_if_workload(): what every statement of the
 *		workload would cost with other indexes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/tupdesc.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "whatif/request.h"
#include "whatif/whatif_internal.h"
#include "workload/workload.h"

PG_FUNCTION_INFO_V1(dbadvisor_what_if_workload);

/* Columns of dbadvisor.what_if_workload(). */
enum
{
	ROW_QUERYID, ROW_USERID, ROW_QUERY, ROW_CALLS, ROW_COST_BEFORE,
	ROW_COST_AFTER, ROW_INDEXES_USED, ROW_REASON, ROW_COLUMNS
};

/*
 * Plan the statement with and without the configuration and fill in what came
 * of it; an error becomes the row's reason.
 */
static void
fill_costs(Statement *stmt, const WhatIfConfig *config, Datum *values,
		   bool *nulls)
{
	WhatIfResult before = whatif_statement(stmt, NULL, false);
	WhatIfResult after = {.error = before.error};

	if (before.error == NULL)
		after = whatif_statement(stmt, config, false);
	if (after.error != NULL)
	{
		values[ROW_REASON] = CStringGetTextDatum(error_summary(after.error));
		nulls[ROW_REASON] = false;
		return;
	}
	values[ROW_COST_BEFORE] = Float8GetDatum(before.cost);
	values[ROW_COST_AFTER] = Float8GetDatum(after.cost);
	values[ROW_INDEXES_USED] =
		text_array_of_list(index_names(config, after.used));
	nulls[ROW_COST_BEFORE] = nulls[ROW_COST_AFTER] = false;
	nulls[ROW_INDEXES_USED] = false;
}

/*
 * Fill in the row of one statement; unknown values stay null.
 */
static void
fill_row(Statement *stmt, const WhatIfConfig *config, Datum *values,
		 bool *nulls)
{
	memset(nulls, true, ROW_COLUMNS * sizeof(bool));
	values[ROW_QUERYID] = Int64GetDatum(stmt->queryid);
	nulls[ROW_QUERYID] = stmt->queryid == 0;
	values[ROW_USERID] = ObjectIdGetDatum(stmt->userid);
	nulls[ROW_USERID] = !OidIsValid(stmt->userid);
	values[ROW_CALLS] = Float8GetDatum(stmt->calls);
	nulls[ROW_CALLS] = stmt->calls < 0;
	if (stmt->text)
	{
		values[ROW_QUERY] = CStringGetTextDatum(stmt->text);
		nulls[ROW_QUERY] = false;
	}
	if (stmt->state == STATEMENT_PLANNABLE)
		fill_costs(stmt, config, values, nulls);
	else
	{
		values[ROW_REASON] =
			CStringGetTextDatum(stmt->reason ? stmt->reason :
								statement_state_name(stmt->state));
		nulls[ROW_REASON] = false;
	}
}

/*
 * what_if_workload(create_indexes text[], hide_indexes regclass[])
 *
 * Each statement is planned as its own user.
 */
Datum
dbadvisor_what_if_workload(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	WhatIfConfig *config = request_config(fcinfo, 0);
	const char *missing;
	ListCell   *cell;

	InitMaterializedSRF(fcinfo, 0);
	foreach(cell, workload_read(&missing))
	{
		Statement  *stmt = lfirst(cell);
		Datum		values[ROW_COLUMNS] = {0};
		bool		nulls[ROW_COLUMNS];

		CHECK_FOR_INTERRUPTS();
		statement_analyze(stmt);
		fill_row(stmt, config, values, nulls);
		tuplestore_putvalues(result->setResult, result->setDesc, values,
							 nulls);
		statement_free(stmt);
	}
	return (Datum) 0;
}
