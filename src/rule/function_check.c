/*-------------------------------------------------------------------------
 *
 * function_check.c
 *		What the body of an SQL function says about it: whether it still can be
 *		parsed, and how volatile it has to be declared.
 *
 * The body is analysed as the function's owner, in the sandbox: nothing of it is
 * executed.  Bodies in other languages are theirs to understand.
 * Entry point: the SQL function function_check().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "executor/functions.h"
#include "fmgr.h"
#include "funcapi.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/analyze.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/syscache.h"

#include "workload/workload.h"

PG_FUNCTION_INFO_V1(dbadvisor_function_check);

/* Columns of the result. */
#define CHECK_COLUMNS 3

/* One function to check. */
typedef struct CheckTask
{
	HeapTuple	tuple;			/* of pg_proc */
	char	   *source;
	char		volatility;		/* the answer: i, s or v */
} CheckTask;

/*
 * Does the tree read a table?
 */
static bool
reads_table(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
		return ((RangeTblEntry *) node)->rtekind == RTE_RELATION;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, reads_table, context,
								 QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, reads_table, context);
}

/*
 * The volatility that a query needs.
 */
static char
query_volatility(Query *query)
{
	if (query->commandType != CMD_SELECT || query->rowMarks != NIL ||
		query->hasModifyingCTE || query->utilityStmt != NULL ||
		contain_volatile_functions((Node *) query))
		return PROVOLATILE_VOLATILE;
	if (reads_table((Node *) query, NULL) ||
		contain_mutable_functions((Node *) query))
		return PROVOLATILE_STABLE;
	return PROVOLATILE_IMMUTABLE;
}

/*
 * The more volatile of two.
 */
static char
more_volatile(char a, char b)
{
	if (a == PROVOLATILE_VOLATILE || b == PROVOLATILE_VOLATILE)
		return PROVOLATILE_VOLATILE;
	return a == PROVOLATILE_STABLE ? a : b;
}

/*
 * Analyse the body; a SandboxFn.
 */
static void
check_body(void *arg)
{
	CheckTask  *task = arg;
	SQLFunctionParseInfoPtr info = prepare_sql_fn_parse_info(task->tuple, NULL,
															 InvalidOid);
	ListCell   *lc;

	task->volatility = PROVOLATILE_IMMUTABLE;
	foreach(lc, pg_parse_query(task->source))
	{
		List	   *queries = pg_analyze_and_rewrite_withcb(lfirst(lc),
															task->source,
															(ParserSetupHook) sql_fn_parser_setup,
															info, NULL);
		ListCell   *lc2;

		foreach(lc2, queries)
			task->volatility = more_volatile(task->volatility,
											 query_volatility(lfirst(lc2)));
	}
}

/*
 * Can the body be analysed by itself?  Arguments of a polymorphic type are known
 * in calls only, and a body in standard form was resolved when it was created.
 */
static bool
can_check(HeapTuple tuple)
{
	Form_pg_proc proc = (Form_pg_proc) GETSTRUCT(tuple);
	bool		is_parsed;

	(void) SysCacheGetAttr(PROCOID, tuple, Anum_pg_proc_prosqlbody, &is_parsed);
	is_parsed = !is_parsed;
	if (proc->prolang != SQLlanguageId || is_parsed ||
		proc->prokind == PROKIND_AGGREGATE)
		return false;
	for (int i = 0; i < proc->pronargs; i++)
		if (IsPolymorphicType(proc->proargtypes.values[i]))
			return false;
	return true;
}

/*
 * function_check(function oid, search_path text)
 */
Datum
dbadvisor_function_check(PG_FUNCTION_ARGS)
{
	Oid			oid = PG_GETARG_OID(0);
	char	   *path = text_to_cstring(PG_GETARG_TEXT_PP(1));
	CheckTask	task = {.tuple = SearchSysCacheCopy1(PROCOID, ObjectIdGetDatum(oid))};
	Datum		values[CHECK_COLUMNS] = {0};
	bool		nulls[CHECK_COLUMNS] = {true, true, true};
	ErrorData  *error;
	TupleDesc	desc;
	bool		isnull;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	if (HeapTupleIsValid(task.tuple) && can_check(task.tuple))
	{
		task.source =
			TextDatumGetCString(SysCacheGetAttr(PROCOID, task.tuple,
												Anum_pg_proc_prosrc, &isnull));
		error = sandbox_run(((Form_pg_proc) GETSTRUCT(task.tuple))->proowner,
							path, check_body, &task);
		if (error != NULL)
		{
			values[0] = CStringGetTextDatum(unpack_sql_state(error->sqlerrcode));
			values[1] = CStringGetTextDatum(error->message);
			nulls[0] = nulls[1] = false;
		}
		else
		{
			values[2] = CharGetDatum(task.volatility);
			nulls[2] = false;
		}
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc),
													  values, nulls)));
}
