/*-------------------------------------------------------------------------
 *
 * what_if_copied_columns.c
 *		SQL function dbadvisor.what_if_copied_columns(): what statements of the
 *		workload would cost if the few columns that they join a table for were
 *		in the table that refers to it.
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
#include "utils/tuplestore.h"

#include "whatif/copied_columns.h"
#include "whatif/whatif.h"
#include "workload/workload.h"

PG_FUNCTION_INFO_V1(dbadvisor_what_if_copied_columns);

/* Columns of dbadvisor.what_if_copied_columns(). */
enum
{
	ROW_QUERYID, ROW_QUERY, ROW_RELID, ROW_KEY, ROW_SOURCE, ROW_COLUMNS_COPIED,
	ROW_COST_BEFORE, ROW_COST_AFTER, ROW_COLUMNS
};

/* One statement to price. */
typedef struct CopyTask
{
	Statement  *stmt;
	List	   *queries;		/* of the statement, as they are */
	List	   *found;			/* of CopiedColumns */
	double		cost;			/* of the statement as it is */
} CopyTask;

/*
 * Find the joins of a statement and plan it without each; a SandboxFn.
 */
static void
price_joins(void *arg)
{
	CopyTask   *task = arg;
	Statement  *stmt = task->stmt;
	List	   *found;
	ListCell   *lc;

	statement_prepare(stmt);
	task->queries = stmt->queries;
	if (list_length(stmt->queries) != 1)
		return;
	found = copied_columns_find(linitial_node(Query, stmt->queries));
	if (found == NIL)
		return;
	task->cost = whatif_plan(stmt, NULL, false).cost;
	foreach(lc, found)
	{
		CopiedColumns *copied = (CopiedColumns *) lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		stmt->queries = list_make1(copied->query);
		copied->cost = whatif_plan(stmt, NULL, false).cost;
	}
	task->found = found;
}

/*
 * The columns of a join as an array of smallint.
 */
static Datum
column_array(List *columns)
{
	Datum	   *numbers = palloc(list_length(columns) * sizeof(Datum));
	int			count = 0;
	ListCell   *lc;

	foreach(lc, columns)
		numbers[count++] = Int16GetDatum((int16) lfirst_int(lc));
	return PointerGetDatum(construct_array(numbers, count, INT2OID,
										   sizeof(int16), true, TYPALIGN_SHORT));
}

/*
 * Add a row for each join of a statement; none where it cannot be planned.
 */
static void
add_rows(ReturnSetInfo *result, Statement *stmt)
{
	CopyTask	task = {.stmt = stmt};
	ErrorData  *error = sandbox_run(stmt->userid, stmt->search_path,
									price_joins, &task);
	ListCell   *lc;

	if (task.queries != NIL)
		stmt->queries = task.queries;
	if (error != NULL)
		return;
	foreach(lc, task.found)
	{
		const CopiedColumns *copied = (const CopiedColumns *) lfirst(lc);
		Datum		values[ROW_COLUMNS];
		bool		nulls[ROW_COLUMNS] = {0};

		values[ROW_QUERYID] = Int64GetDatum(stmt->queryid);
		nulls[ROW_QUERYID] = stmt->queryid == 0;
		values[ROW_QUERY] = CStringGetTextDatum(stmt->text);
		values[ROW_RELID] = ObjectIdGetDatum(copied->relid);
		values[ROW_KEY] = Int16GetDatum(copied->key);
		values[ROW_SOURCE] = ObjectIdGetDatum(copied->source);
		values[ROW_COLUMNS_COPIED] = column_array(copied->columns);
		values[ROW_COST_BEFORE] = Float8GetDatum(task.cost);
		values[ROW_COST_AFTER] = Float8GetDatum(copied->cost);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
}

/*
 * Is the statement among those that were asked for?  One given by hand has no
 * number and always is.
 */
static bool
is_asked_for(const Statement *stmt, const Datum *queryids, int count)
{
	if (stmt->manual)
		return true;
	for (int i = 0; i < count; i++)
		if (DatumGetInt64(queryids[i]) == stmt->queryid)
			return true;
	return false;
}

/*
 * what_if_copied_columns(queryids bigint[])
 *
 * Each statement is planned as its own user.
 */
Datum
dbadvisor_what_if_copied_columns(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum	   *queryids;
	int			count;
	const char *missing;
	List	   *workload;
	MemoryContext work;
	ListCell   *lc;

	InitMaterializedSRF(fcinfo, 0);
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), INT8OID, sizeof(int64),
					  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &queryids, NULL,
					  &count);
	work = AllocSetContextCreate(CurrentMemoryContext,
								 "dbadvisor copied columns",
								 ALLOCSET_DEFAULT_SIZES);
	workload = workload_read(&missing);
	foreach(lc, workload)
	{
		Statement  *stmt = (Statement *) lfirst(lc);
		MemoryContext caller = MemoryContextSwitchTo(work);

		CHECK_FOR_INTERRUPTS();
		if (is_asked_for(stmt, queryids, count))
		{
			statement_analyze(stmt);
			if (stmt->state == STATEMENT_PLANNABLE)
				add_rows(result, stmt);
		}
		MemoryContextSwitchTo(caller);
		statement_free(stmt);
		MemoryContextReset(work);
	}
	return (Datum) 0;
}
