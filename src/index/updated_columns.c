/*-------------------------------------------------------------------------
 *
 * updated_columns.c
 *		The SQL function dbadvisor.updated_columns(): which columns recorded
 *		statements update.
 *
 * An update keeps out of the indexes (HOT) only while no index reads a column
 * that it changes; the counters say how often that failed, the statements why.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "parser/parsetree.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "index/write_cost.h"

PG_FUNCTION_INFO_V1(dbadvisor_updated_columns);

/* Time for analysing, in microseconds. */
#define TIME_LIMIT (5 * USECS_PER_SEC)

/* Columns of a result row. */
enum
{
	COL_QUERYID, COL_RELID, COL_COLUMNS, COL_CALLS, COL_ROWS, NCOLUMNS
};

/*
 * Could the text contain an update?  Saves the analysis of all others.
 */
static bool
text_may_update(const char *text)
{
	for (const char *c = text; c != NULL && *c != '\0'; c++)
		if (pg_strncasecmp(c, "update", 6) == 0)
			return true;
	return false;
}

/*
 * Attribute numbers as an array.
 */
static Datum
columns_datum(const Bitmapset *columns)
{
	Datum	   *values = palloc(Max(bms_num_members(columns), 1) * sizeof(Datum));
	int			count = 0;
	int			member = -1;

	while ((member = bms_next_member(columns, member)) >= 0)
		values[count++] = Int16GetDatum(member +
										FirstLowInvalidHeapAttributeNumber);
	return PointerGetDatum(construct_array(values, count, INT2OID,
										   sizeof(int16), true,
										   TYPALIGN_SHORT));
}

/*
 * Put out a row for one query, if it updates a table.
 */
static void
put_update(ReturnSetInfo *result, const Statement *stmt, const Query *query)
{
	List	   *targets = query->commandType == CMD_UPDATE ? query->targetList : NIL;
	Datum		values[NCOLUMNS];
	bool		nulls[NCOLUMNS] = {false};

	if (query->commandType == CMD_INSERT && query->onConflict != NULL)
		targets = query->onConflict->onConflictSet;
	if (targets == NIL || query->resultRelation == 0)
		return;
	values[COL_QUERYID] = Int64GetDatum((int64) stmt->queryid);
	values[COL_RELID] = ObjectIdGetDatum(rt_fetch(query->resultRelation,
												  query->rtable)->relid);
	values[COL_COLUMNS] =
		columns_datum(write_changed_columns(targets, query->resultRelation));
	values[COL_CALLS] = Float8GetDatum(stmt->calls);
	values[COL_ROWS] = Float8GetDatum(stmt->rows);
	nulls[COL_QUERYID] = stmt->queryid == 0;
	nulls[COL_CALLS] = stmt->calls < 0;
	nulls[COL_ROWS] = stmt->rows < 0;
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/*
 * dbadvisor.updated_columns(): a row for each recorded statement and table.
 */
Datum
dbadvisor_updated_columns(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	TimestampTz deadline = GetCurrentTimestamp() + TIME_LIMIT;
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context;
	const char *missing;
	ListCell   *lc;
	ListCell   *lc2;

	InitMaterializedSRF(fcinfo, 0);
	context = AllocSetContextCreate(caller, "dbadvisor updated columns",
									ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(context);
	foreach(lc, workload_read(&missing))
	{
		Statement  *stmt = (Statement *) lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		if (text_may_update(stmt->text) && GetCurrentTimestamp() < deadline)
		{
			statement_analyze(stmt);
			if (stmt->state == STATEMENT_PLANNABLE)
				foreach(lc2, stmt->queries)
					put_update(result, stmt, (Query *) lfirst(lc2));
		}
		statement_free(stmt);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	return (Datum) 0;
}
