/*-------------------------------------------------------------------------
 *
 * show.c
 *		SQL functions of the workload: show it, and add a statement by hand.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "workload/workload.h"

PG_FUNCTION_INFO_V1(dbadvisor_workload_statements);
PG_FUNCTION_INFO_V1(dbadvisor_workload_add);

/* Columns of dbadvisor.workload_statements(). */
enum
{
	SHOW_QUERYID, SHOW_USERID, SHOW_QUERY, SHOW_SOURCE, SHOW_STATE,
	SHOW_REASON, SHOW_CALLS, SHOW_TOTAL_MS, SHOW_MEAN_MS, SHOW_ROWS,
	SHOW_SINCE, SHOW_SEARCH_PATH, SHOW_REPAIRED, SHOW_PARAMETER_TYPES,
	SHOW_PARAMETERS, SHOW_PARAMETER_SETS, SHOW_PARAMETER_SENSITIVE,
	SHOW_COUNTERS, SHOW_COLUMNS
};

/* A row that is being filled; every value is null until it is set. */
typedef struct Row
{
	Datum		values[SHOW_COLUMNS];
	bool		nulls[SHOW_COLUMNS];
} Row;

/*
 * Set a value unless there is none.
 */
static void
row_set(Row *row, int column, Datum value, bool known)
{
	row->values[column] = value;
	row->nulls[column] = !known;
}

/*
 * Set a text, or null for NULL.
 */
static void
row_set_text(Row *row, int column, const char *text)
{
	if (text)
		row_set(row, column, CStringGetTextDatum(text), true);
	else
		row_set(row, column, (Datum) 0, false);
}

/*
 * Set a counter; negative ones are unknown.
 */
static void
row_set_counter(Row *row, int column, double value)
{
	row_set(row, column, Float8GetDatum(value), value >= 0);
}

/*
 * Types of the parameters as regtype[].
 */
static Datum
parameter_types(const Statement *stmt)
{
	Datum	   *types = palloc((stmt->nparams + 1) * sizeof(Datum));

	for (int i = 0; i < stmt->nparams; i++)
		types[i] = ObjectIdGetDatum(stmt->param_types[i]);
	return PointerGetDatum(construct_array(types, stmt->nparams, REGTYPEOID,
										   sizeof(Oid), true, TYPALIGN_INT));
}

/*
 * Fill a row with what is known of a statement.
 */
static void
row_fill(Row *row, const Statement *stmt)
{
	double		mean = -1;

	if (stmt->calls > 0 && stmt->total_ms >= 0)
		mean = stmt->total_ms / stmt->calls;
	row_set(row, SHOW_QUERYID, Int64GetDatum(stmt->queryid),
			stmt->queryid != 0);
	row_set(row, SHOW_USERID, ObjectIdGetDatum(stmt->userid),
			OidIsValid(stmt->userid));
	row_set_text(row, SHOW_QUERY, stmt->text);
	row_set_text(row, SHOW_SOURCE,
				 stmt->manual ? "manual" : "pg_stat_statements");
	row_set_text(row, SHOW_STATE, statement_state_name(stmt->state));
	row_set_text(row, SHOW_REASON, stmt->reason);
	row_set_counter(row, SHOW_CALLS, stmt->calls);
	row_set_counter(row, SHOW_TOTAL_MS, stmt->total_ms);
	row_set_counter(row, SHOW_MEAN_MS, mean);
	row_set_counter(row, SHOW_ROWS, stmt->rows);
	row_set(row, SHOW_SINCE, TimestampTzGetDatum(stmt->since),
			stmt->since != 0);
	row_set_text(row, SHOW_SEARCH_PATH, stmt->search_path);
	row_set_text(row, SHOW_REPAIRED, stmt->repaired);
	row_set(row, SHOW_PARAMETER_TYPES, parameter_types(stmt),
			stmt->tree_context != NULL);
	row_set_text(row, SHOW_PARAMETERS,
				 stmt->nparams > 0 ? stmt->params_source : NULL);
	row_set(row, SHOW_PARAMETER_SETS, Int32GetDatum(stmt->nparam_sets),
			stmt->nparams > 0);
	row_set(row, SHOW_PARAMETER_SENSITIVE,
			BoolGetDatum(stmt->parameter_sensitive), stmt->nparams > 0);
	row_set(row, SHOW_COUNTERS, JsonbPGetDatum(stmt->counters),
			stmt->counters != NULL);
}

/*
 * All statements of the workload, each analysed.
 */
Datum
dbadvisor_workload_statements(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const char *missing;
	ListCell   *lc;

	InitMaterializedSRF(fcinfo, 0);
	foreach(lc, workload_read(&missing))
	{
		Statement  *stmt = lfirst(lc);
		Row			row;

		CHECK_FOR_INTERRUPTS();
		statement_analyze(stmt);
		row_fill(&row, stmt);
		tuplestore_putvalues(result->setResult, result->setDesc, row.values,
							 row.nulls);
		statement_free(stmt);
	}
	if (missing != NULL)
		ereport(NOTICE,
				(errmsg("pg_stat_statements cannot be read"),
				 errdetail("%s.", missing),
				 errhint("Add pg_stat_statements to shared_preload_libraries, "
						 "restart the server and run CREATE EXTENSION "
						 "pg_stat_statements; or give statements with "
						 "dbadvisor.workload_add().")));
	return (Datum) 0;
}

/*
 * Raise an error unless the argument is a sensible number.
 */
static void
number_check(double value, const char *name)
{
	if (isnan(value) || isinf(value) || value < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be a number of zero or more", name)));
}

/*
 * An argument that has to be there.
 */
static void
argument_check(FunctionCallInfo fcinfo, int argument, const char *name)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null", name)));
}

/*
 * Raise the server's error for a text that could not be planned, or an error
 * for example values (or NULL) that do not fit it.
 */
static void
text_check(const char *text, Jsonb *examples)
{
	Statement  *stmt = statement_make(text, GetUserId(), NULL);

	statement_analyze_or_raise(stmt);
	if (examples != NULL)
		statement_check_examples(stmt, examples);
	statement_free(stmt);
}

/*
 * Insert a statement and return its id.  Runs as the owner of the table:
 * nobody else may write it, as a forged role name would have a text planned
 * with that role's rights.
 */
static Datum
statement_insert(Oid table, Datum *values, const char *nulls)
{
	Oid			types[] = {TEXTOID, NAMEOID, TEXTOID, FLOAT8OID, FLOAT8OID,
	JSONBOID};
	bool		isnull;
	Datum		id;

	SPI_connect();
	if (SPI_execute_with_args("INSERT INTO dbadvisor.workload_statement"
							  "       (query, role_name, search_path, calls,"
							  "        mean_ms, parameters)"
							  "VALUES ($1, $2, $3, $4, $5, $6)"
							  "RETURNING id",
							  lengthof(types), types, values, nulls, false,
							  0) != SPI_OK_INSERT_RETURNING)
		elog(ERROR, "could not add to relation %u: %s", table,
			 SPI_result_code_string(SPI_result));
	id = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1,
					   &isnull);
	SPI_finish();
	return id;
}

/*
 * Owner of the table of statements given by hand.
 */
static Oid
table_owner(Oid table)
{
	Relation	relation = RelationIdGetRelation(table);
	Oid			owner;

	if (!RelationIsValid(relation))
		elog(ERROR, "could not open relation with OID %u", table);
	owner = relation->rd_rel->relowner;
	RelationClose(relation);
	return owner;
}

/*
 * Add a statement by hand: it will be planned as the caller, under the
 * caller's search path.  Returns its id.
 */
Datum
dbadvisor_workload_add(PG_FUNCTION_ARGS)
{
	Oid			table = get_relname_relid("workload_statement",
										  get_namespace_oid("dbadvisor", false));
	Datum		values[6];
	char		nulls[] = "      ";
	Oid			caller;
	int			context;
	Datum		id;

	argument_check(fcinfo, 0, "query");
	argument_check(fcinfo, 1, "calls");
	number_check(PG_GETARG_FLOAT8(1), "calls");
	if (!PG_ARGISNULL(2))
		number_check(PG_GETARG_FLOAT8(2), "mean_ms");
	text_check(text_to_cstring(PG_GETARG_TEXT_PP(0)),
			   PG_ARGISNULL(3) ? NULL : PG_GETARG_JSONB_P(3));

	GetUserIdAndSecContext(&caller, &context);
	values[0] = PG_GETARG_DATUM(0);
	values[1] = CStringGetDatum(GetUserNameFromId(caller, false));
	values[2] = CStringGetTextDatum(namespace_search_path);
	values[3] = PG_GETARG_DATUM(1);
	values[4] = PG_ARGISNULL(2) ? (Datum) 0 : PG_GETARG_DATUM(2);
	nulls[4] = PG_ARGISNULL(2) ? 'n' : ' ';
	values[5] = PG_ARGISNULL(3) ? (Datum) 0 : PG_GETARG_DATUM(3);
	nulls[5] = PG_ARGISNULL(3) ? 'n' : ' ';

	SetUserIdAndSecContext(table_owner(table),
						   context | SECURITY_LOCAL_USERID_CHANGE);
	id = statement_insert(table, values, nulls);
	SetUserIdAndSecContext(caller, context);
	PG_RETURN_DATUM(id);
}
