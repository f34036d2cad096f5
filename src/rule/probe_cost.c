/*-------------------------------------------------------------------------
 *
 * probe_cost.c
 *		What an index would do for a probe: SQL function dbadvisor.probe_cost().
 *
 * A probe is the query with which the server looks for the rows that refer to
 * another one.  It is planned generically, as the server plans it, with the
 * indexes that there are and with one made for it.  A table that is small by
 * now is taken for one of a few hundred megabytes with indexes as large, since
 * the question is whether an index can be used, not whether it pays today.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "whatif/whatif.h"

PG_FUNCTION_INFO_V1(dbadvisor_probe_cost);

/* Pages that a smaller table is taken to have. */
#define LEAST_PAGES 10000

/* Columns of the result. */
enum
{
	RESULT_COST_NOW, RESULT_USES_INDEX, RESULT_COST_INDEXED, RESULT_DEFINITION,
	RESULT_INDEX_NAME, RESULT_INDEX_BYTES, RESULT_PROBLEM, RESULT_COLUMNS
};

/* What to plan, and what came of it. */
typedef struct ProbeTask
{
	Statement  *stmt;
	Oid			relid;			/* table that is searched */
	List	   *keys;			/* of Var: columns of the index */
	MemoryContext context;		/* of the caller */
	double		cost_now;
	bool		uses_index;		/* as it is now */
	double		cost_indexed;	/* -1: no such index can exist */
	char	   *definition;		/* of the index; NULL likewise */
	char	   *index_name;
	double		index_bytes;
} ProbeTask;

/*
 * The columns of a smallint[] as a list of Var.
 */
static List *
key_list(Oid relid, ArrayType *columns)
{
	Datum	   *numbers;
	int			count;
	List	   *keys = NIL;

	deconstruct_array(columns, INT2OID, sizeof(int16), true, TYPALIGN_SHORT,
					  &numbers, NULL, &count);
	for (int i = 0; i < count; i++)
	{
		AttrNumber	attnum = DatumGetInt16(numbers[i]);
		ColumnType	type;

		if (!relation_column_type(relid, attnum, &type))
			return NIL;
		keys = lappend(keys, makeVar(1, attnum, type.oid, type.typmod,
									 type.collation, 0));
	}
	return keys;
}

/*
 * Plan the probe both ways; a SandboxFn.
 */
static void
probe_plan(void *arg)
{
	ProbeTask  *task = arg;
	WhatIfConfig config = {.least_pages = LEAST_PAGES};
	WhatIfResult now;
	HypoIndex  *index;
	MemoryContext old;

	statement_prepare(task->stmt);
	now = whatif_plan(task->stmt, &config, false);
	task->cost_now = now.cost;
	task->uses_index = now.used != NIL;
	index = hypo_index_from_keys(task->relid, "btree", task->keys, NULL, NULL,
								 NULL, NIL, NIL);
	if (index == NULL)
		return;
	config.indexes = list_make1(index);
	task->cost_indexed = whatif_plan(task->stmt, &config, false).cost;
	old = MemoryContextSwitchTo(task->context);
	task->definition = hypo_index_definition(index, true);
	task->index_name = pstrdup(quote_identifier(index->name));
	task->index_bytes = hypo_index_bytes(index);
	MemoryContextSwitchTo(old);
}

/*
 * Plan the probe in a sandbox; returns why that was not possible, or NULL.
 */
static char *
probe_run(ProbeTask *task, const char *probe)
{
	Oid			owner = relation_owner(task->relid);
	ErrorData  *error;

	if (!OidIsValid(owner) || task->keys == NIL)
		return pstrdup("the table is gone");
	task->stmt = statement_make(probe, owner, "pg_catalog, pg_temp");
	statement_analyze(task->stmt);
	if (task->stmt->state != STATEMENT_PLANNABLE)
		return pstrdup(task->stmt->reason != NULL ? task->stmt->reason :
					   statement_state_name(task->stmt->state));
	task->stmt->nparam_sets = 0;
	task->stmt->params = NULL;
	error = sandbox_run(owner, task->stmt->search_path, probe_plan, task);
	return error == NULL ? NULL : error_summary(error);
}

/*
 * Fill the row of the result.
 */
static Datum
probe_result(const ProbeTask *task, const char *problem, TupleDesc desc)
{
	Datum		values[RESULT_COLUMNS] = {0};
	bool		nulls[RESULT_COLUMNS];

	memset(nulls, true, sizeof(nulls));
	if (problem != NULL)
	{
		values[RESULT_PROBLEM] = CStringGetTextDatum(problem);
		nulls[RESULT_PROBLEM] = false;
		return HeapTupleGetDatum(heap_form_tuple(desc, values, nulls));
	}
	values[RESULT_COST_NOW] = Float8GetDatum(task->cost_now);
	values[RESULT_USES_INDEX] = BoolGetDatum(task->uses_index);
	nulls[RESULT_COST_NOW] = nulls[RESULT_USES_INDEX] = false;
	if (task->definition != NULL)
	{
		values[RESULT_COST_INDEXED] = Float8GetDatum(task->cost_indexed);
		values[RESULT_DEFINITION] = CStringGetTextDatum(task->definition);
		values[RESULT_INDEX_NAME] = CStringGetTextDatum(task->index_name);
		values[RESULT_INDEX_BYTES] = Int64GetDatum((int64) task->index_bytes);
		for (int i = RESULT_COST_INDEXED; i <= RESULT_INDEX_BYTES; i++)
			nulls[i] = false;
	}
	return HeapTupleGetDatum(heap_form_tuple(desc, values, nulls));
}

/*
 * probe_cost(relid oid, columns smallint[], probe text)
 */
Datum
dbadvisor_probe_cost(PG_FUNCTION_ARGS)
{
	char	   *probe = text_to_cstring(PG_GETARG_TEXT_PP(2));
	ProbeTask	task = {
		.relid = PG_GETARG_OID(0),
		.context = CurrentMemoryContext,
		.cost_indexed = -1,
	};
	TupleDesc	desc;
	char	   *problem;

	CHECK_FOR_INTERRUPTS();
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	task.keys = key_list(task.relid, PG_GETARG_ARRAYTYPE_P(1));
	problem = probe_run(&task, probe);
	if (task.stmt != NULL)
		statement_free(task.stmt);
	return probe_result(&task, problem, BlessTupleDesc(desc));
}
