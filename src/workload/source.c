/*-------------------------------------------------------------------------
 *
 * source.c
 *		Read the statements of the current database.
 *
 * They come from pg_stat_statements, in whatever version is installed, from
 * those of registered standbys, and from dbadvisor.workload_statement.  Entry point: workload_read().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "workload/workload.h"
#include "workload_internal.h"

/* The quoted schema of pg_stat_statements; no row where it is not installed. */
static const char schema_query[] =
"SELECT pg_catalog.quote_ident(n.nspname)"
"  FROM pg_catalog.pg_extension e"
"  JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace"
" WHERE e.extname = 'pg_stat_statements'";

/*
 * Counters by name, since each version of pg_stat_statements adds and renames
 * columns.  stats_since exists from 1.11 on; before it, all counters start at
 * the last reset.  Each %s is the quoted schema.
 *
 * The search path is that of the role and database.  A role that has none set
 * has what the server is configured with: the session's own reset value is
 * that, unless the session got it from its own role; then the value compiled
 * in is nearest.
 *
 * What standbys run is added as if they had counted as long as this server has.
 */
static const char statements_query[] =
"WITH local AS ("
" SELECT s.queryid, s.userid, s.query, pg_catalog.to_jsonb(s) AS counters"
"   FROM %s.pg_stat_statements s"
"  WHERE s.dbid = (SELECT d.oid"
"                    FROM pg_catalog.pg_database d"
"                   WHERE d.datname = pg_catalog.current_database())"
"), since AS ("
" SELECT l.*, coalesce((l.counters ->> 'stats_since')::timestamptz, i.stats_reset) AS since"
"   FROM local l"
"  CROSS JOIN %s.pg_stat_statements_info i"
"), added AS ("
/* of several entries of one statement, toplevel and not, one is enough */
" SELECT DISTINCT ON (n.userid, n.queryid) n.*, s.counters"
"   FROM dbadvisor.node_workload() n"
"   LEFT JOIN local s ON s.queryid = n.queryid AND s.userid = n.userid"
"  ORDER BY n.userid, n.queryid, (s.counters ->> 'calls')::float8 DESC"
"), statement AS ("
" SELECT s.queryid, s.userid, s.query, s.since, s.counters,"
"        coalesce(n.calls_per_day, 0) AS node_calls,"
"        coalesce(n.ms_per_day, 0) AS node_ms,"
"        coalesce(n.rows_per_day, 0) AS node_rows"
"   FROM since s"
"   LEFT JOIN added n"
"     ON n.queryid = s.queryid AND n.userid = s.userid AND n.counters = s.counters"
"  UNION ALL"
" SELECT n.queryid, n.userid, n.query, i.stats_reset, NULL,"
"        n.calls_per_day, n.ms_per_day, n.rows_per_day"
"   FROM added n"
"  CROSS JOIN %s.pg_stat_statements_info i"
"  WHERE n.counters IS NULL"
"), path AS ("
" SELECT DISTINCT ON (u.userid) u.userid,"
"        pg_catalog.substr(c.setting, 13) AS search_path"
"   FROM (SELECT DISTINCT s.userid FROM statement s) u"
"   JOIN pg_catalog.pg_db_role_setting r ON r.setrole IN (u.userid, 0)"
"   LEFT JOIN pg_catalog.pg_database d ON d.oid = r.setdatabase"
"  CROSS JOIN pg_catalog.unnest(r.setconfig) c (setting)"
"  WHERE c.setting LIKE 'search\\_path=%%'"
"    AND (r.setdatabase = 0 OR d.datname = pg_catalog.current_database())"
"  ORDER BY u.userid, r.setrole = 0, r.setdatabase = 0"
"), otherwise AS ("
" SELECT CASE WHEN EXISTS (SELECT"
"                            FROM pg_catalog.pg_db_role_setting r"
"                            JOIN pg_catalog.pg_roles o ON o.oid = r.setrole"
"                           CROSS JOIN pg_catalog.unnest(r.setconfig) c (setting)"
"                           WHERE o.rolname = session_user"
"                             AND c.setting LIKE 'search\\_path=%%')"
"             THEN g.boot_val"
"             ELSE g.reset_val"
"        END AS search_path"
"   FROM pg_catalog.pg_settings g"
"  WHERE g.name = 'search_path'"
") "
"SELECT s.queryid, s.userid, s.query,"
"       coalesce(p.search_path, o.search_path),"
"       coalesce((s.counters ->> 'calls')::float8, 0) + s.node_calls * d.days,"
"       coalesce((s.counters ->> 'total_exec_time')::float8, 0) + s.node_ms * d.days,"
"       coalesce((s.counters ->> 'rows')::float8, 0) + s.node_rows * d.days,"
"       s.since,"
"       s.counters - 'query', h.ms_per_day + s.node_ms, h.seconds / 86400"
"  FROM statement s"
" CROSS JOIN LATERAL (SELECT EXTRACT(epoch FROM pg_catalog.clock_timestamp()"
"                                               - s.since)::float8 / 86400) d (days)"
" CROSS JOIN otherwise o"
"  LEFT JOIN path p ON p.userid = s.userid"
"  LEFT JOIN dbadvisor.workload_rates() h"
"    ON h.userid = s.userid AND h.queryid = s.queryid"
"   AND h.seconds >= 86400"
" ORDER BY 6 DESC, s.queryid, s.userid";

/* The same columns of the statements given by hand, and two more. */
static const char manual_query[] =
"SELECT NULL::bigint, coalesce(r.oid, 0::oid), w.query, w.search_path,"
"       w.calls, w.calls * w.mean_ms, NULL::float8, w.added_at, NULL::jsonb,"
"       NULL::float8, NULL::float8, w.role_name, w.parameters"
"  FROM dbadvisor.workload_statement w"
"  LEFT JOIN pg_catalog.pg_roles r ON r.rolname = w.role_name"
" ORDER BY w.id";

/* Columns of both queries. */
enum
{
	COLUMN_QUERYID = 1, COLUMN_USERID, COLUMN_QUERY, COLUMN_SEARCH_PATH,
	COLUMN_CALLS, COLUMN_TOTAL_MS, COLUMN_ROWS, COLUMN_SINCE, COLUMN_COUNTERS,
	COLUMN_DAY_MS, COLUMN_DAY_WINDOW, COLUMN_ROLE_NAME, COLUMN_PARAMETERS
};

/* One reading: what goes into the sandbox and comes out of it. */
typedef struct Reading
{
	bool		manual;			/* which source to read */
	bool		installed;		/* pg_stat_statements, where it is read */
	MemoryContext context;		/* of the caller: result and statements */
	List	   *statements;
} Reading;

/*
 * A number of the current row, or "otherwise" where it is null.
 */
static double
row_number(HeapTuple row, int column, double otherwise)
{
	bool		isnull;
	Datum		value = SPI_getbinval(row, SPI_tuptable->tupdesc, column,
									  &isnull);

	return isnull ? otherwise : DatumGetFloat8(value);
}

/*
 * Set the state of a statement that need not be analysed: pg_stat_statements
 * hides its text and id from the caller, or has lost the text.
 */
static void
statement_set_unreadable(Statement *stmt, bool hidden)
{
	stmt->text = NULL;
	stmt->state = hidden ? STATEMENT_HIDDEN : STATEMENT_TRUNCATED;
	stmt->reason = hidden ?
		"text of another user; needs the privileges of pg_read_all_stats" :
		"pg_stat_statements has lost the text";
}

/*
 * Keep the parameter values that came with a statement given by hand.
 */
static void
statement_set_examples(Statement *stmt, HeapTuple row)
{
	bool		isnull;
	Datum		value = SPI_getbinval(row, SPI_tuptable->tupdesc,
									  COLUMN_PARAMETERS, &isnull);
	MemoryContext caller;

	if (isnull)
		return;
	caller = MemoryContextSwitchTo(stmt->context);
	stmt->examples = DatumGetJsonbPCopy(value);
	MemoryContextSwitchTo(caller);
}

/*
 * Set what is special to a row of pg_stat_statements, or to one given by hand.
 */
static void
statement_set_source(Statement *stmt, HeapTuple row, bool manual)
{
	bool		hidden = SPI_getvalue(row, SPI_tuptable->tupdesc,
									  COLUMN_QUERYID) == NULL;

	stmt->manual = manual;
	if (!manual && (hidden || stmt->text == NULL))
		statement_set_unreadable(stmt, hidden);
	if (manual)
		statement_set_examples(stmt, row);
	if (manual && !OidIsValid(stmt->userid))
	{
		stmt->state = STATEMENT_UNDEFINED;
		stmt->reason = MemoryContextStrdup(stmt->context,
										   psprintf("42704: role \"%s\" does not exist",
													SPI_getvalue(row, SPI_tuptable->tupdesc,
																 COLUMN_ROLE_NAME)));
	}
}

/*
 * Set the counters of a statement from its row.
 */
static void
statement_set_counters(Statement *stmt, HeapTuple row)
{
	TupleDesc	desc = SPI_tuptable->tupdesc;
	MemoryContext caller;
	bool		isnull;
	Datum		value;

	value = SPI_getbinval(row, desc, COLUMN_QUERYID, &isnull);
	stmt->queryid = isnull ? 0 : DatumGetInt64(value);
	stmt->calls = row_number(row, COLUMN_CALLS, -1);
	stmt->total_ms = row_number(row, COLUMN_TOTAL_MS, -1);
	stmt->rows = row_number(row, COLUMN_ROWS, -1);
	stmt->day_ms = row_number(row, COLUMN_DAY_MS, -1);
	stmt->day_window = row_number(row, COLUMN_DAY_WINDOW, 0);
	value = SPI_getbinval(row, desc, COLUMN_SINCE, &isnull);
	stmt->since = isnull ? 0 : DatumGetTimestampTz(value);
	value = SPI_getbinval(row, desc, COLUMN_COUNTERS, &isnull);
	if (isnull)
		return;
	caller = MemoryContextSwitchTo(stmt->context);
	stmt->counters = DatumGetJsonbPCopy(value);
	MemoryContextSwitchTo(caller);
}

/*
 * Make a statement of a row.
 */
static Statement *
statement_from_row(const Reading *reading, HeapTuple row)
{
	TupleDesc	desc = SPI_tuptable->tupdesc;
	const char *query = SPI_getvalue(row, desc, COLUMN_QUERY);
	const char *path = SPI_getvalue(row, desc, COLUMN_SEARCH_PATH);
	MemoryContext caller;
	Statement  *stmt;
	bool		isnull;
	Datum		userid = SPI_getbinval(row, desc, COLUMN_USERID, &isnull);

	caller = MemoryContextSwitchTo(reading->context);
	stmt = statement_make(query, DatumGetObjectId(userid), path);
	MemoryContextSwitchTo(caller);
	statement_set_counters(stmt, row);
	statement_set_source(stmt, row, reading->manual);
	return stmt;
}

/*
 * The query that reads pg_stat_statements where it is installed; NULL where it
 * is not.
 */
static const char *
statements_query_here(void)
{
	const char *schema;

	if (SPI_execute(schema_query, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look for pg_stat_statements: %s",
			 SPI_result_code_string(SPI_result));
	if (SPI_processed == 0)
		return NULL;
	schema = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
	return psprintf(statements_query, schema, schema, schema);
}

/*
 * Make statements of all rows of the query.
 */
static void
rows_read(Reading *reading, const char *query)
{
	MemoryContext caller;

	if (SPI_execute(query, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the workload: %s",
			 SPI_result_code_string(SPI_result));
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		Statement  *stmt = statement_from_row(reading, SPI_tuptable->vals[i]);

		caller = MemoryContextSwitchTo(reading->context);
		reading->statements = lappend(reading->statements, stmt);
		MemoryContextSwitchTo(caller);
		CHECK_FOR_INTERRUPTS();
	}
}

/*
 * Read one source; runs in the sandbox.
 */
static void
reading_run(void *arg)
{
	Reading    *reading = arg;
	const char *query;

	SPI_connect();
	query = reading->manual ? manual_query : statements_query_here();
	if (query != NULL)
		rows_read(reading, query);
	reading->installed = query != NULL;
	SPI_finish();
}

/*
 * Statements of pg_stat_statements, or none with the reason in *missing.
 */
static List *
statements_read(const char **missing)
{
	Reading		reading = {.context = CurrentMemoryContext};
	ErrorData  *error = sandbox_run(GetUserId(), "pg_catalog, pg_temp",
									reading_run, &reading);

	*missing = NULL;
	if (error != NULL)
		*missing = error_summary(error);
	else if (!reading.installed)
		*missing = "extension pg_stat_statements is not installed in this database";
	return error ? NIL : reading.statements;
}

/*
 * Statements given by hand.
 */
static List *
manual_statements_read(void)
{
	Reading		reading = {.manual = true,.context = CurrentMemoryContext};
	ErrorData  *error = sandbox_run(GetUserId(), "pg_catalog, pg_temp",
									reading_run, &reading);

	if (error != NULL)
		ThrowErrorData(error);
	return reading.statements;
}

/*
 * Read the workload; see workload.h.
 */
List *
workload_read(const char **missing)
{
	List	   *statements = statements_read(missing);

	return list_concat(statements, manual_statements_read());
}
