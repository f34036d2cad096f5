/*-------------------------------------------------------------------------
 *
 * param_estimate.c
 *		Ask the planner how many rows conditions let pass.
 *
 * For the conditions of one table its own estimation functions are called
 * directly, on a planner state that knows that table alone; that takes
 * microseconds.  What a join makes of them needs a planner call.
 *
 * Everything here runs as the statement's user, inside the sandbox.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/planner.h"
#include "parser/parse_node.h"
#include "parser/parse_relation.h"
#include "utils/acl.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "compat.h"
#include "params_internal.h"

/* Planner calls made by this backend to estimate joins. */
static uint64 planner_calls = 0;

/*
 * Number of planner calls; see workload.h.
 */
uint64
workload_planner_calls(void)
{
	return planner_calls;
}

/*
 * May the user read the column, all rows of it?  As pg_stats asks.
 */
bool
param_column_readable(Oid relid, Oid userid, AttrNumber attnum)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	bool		row_security;

	if (!HeapTupleIsValid(tuple))
		return false;
	row_security = ((Form_pg_class) GETSTRUCT(tuple))->relrowsecurity;
	ReleaseSysCache(tuple);
	if (row_security)
		return false;
	return pg_class_aclcheck(relid, userid, ACL_SELECT) == ACLCHECK_OK ||
		pg_attribute_aclcheck(relid, attnum, userid,
							  ACL_SELECT) == ACLCHECK_OK;
}

/*
 * A planner state for "SELECT FROM rel".
 */
static PlannerInfo *
root_make(Relation rel)
{
	PlannerInfo *root = makeNode(PlannerInfo);
	ParseState *pstate = make_parsestate(NULL);

	(void) addRangeTableEntryForRelation(pstate, rel, AccessShareLock, NULL,
										 false, true);
	root->parse = makeNode(Query);
	root->parse->commandType = CMD_SELECT;
	query_take_rtable(root->parse, pstate);
	root->glob = makeNode(PlannerGlobal);
	root->query_level = 1;
	root->planner_cxt = CurrentMemoryContext;
	root->wt_param_id = -1;
	setup_simple_rel_arrays(root);
	free_parsestate(pstate);
	return root;
}

/*
 * Rows of a table, or of all partitions of one at the last ANALYZE; 0 when
 * unknown.  Of a table with children we know too little.
 */
static double
table_tuples(Relation rel, const RelOptInfo *info)
{
	if (rel->rd_rel->relkind == RELKIND_PARTITIONED_TABLE)
		return Max(rel->rd_rel->reltuples, 0);
	if (rel->rd_rel->relkind != RELKIND_RELATION ||
		has_subclass(RelationGetRelid(rel)) || rel->rd_rel->reltuples < 0)
		return 0;
	return info->tuples;
}

/*
 * Fill in what the planner knows of a table.
 */
void
param_table_open(ParamTable *table)
{
	Relation	rel = table_open(table->relid, AccessShareLock);

	if (rel->rd_rel->relkind == RELKIND_RELATION ||
		rel->rd_rel->relkind == RELKIND_PARTITIONED_TABLE)
	{
		table->root = root_make(rel);
		table->tuples = table_tuples(rel, build_simple_rel(table->root, 1,
														   NULL));
		/* The statistics of a partitioned table are those of all its rows. */
		table->root->simple_rte_array[1]->inh =
			rel->rd_rel->relkind == RELKIND_PARTITIONED_TABLE;
		table->readable = table->tuples >= 1;
	}
	table_close(rel, NoLock);
}

/*
 * Share of the table's rows that the clauses let pass, with these values; NULL
 * for none.
 */
double
param_selectivity(const ParamTable *table, List *clauses, ParamListInfo values)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "dbadvisor selectivity",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	Node	   *clause = (Node *) copyObject(make_ands_explicit(clauses));
	double		result;

	CHECK_FOR_INTERRUPTS();
	table->root->glob->boundParams = values;
	clause = eval_const_expressions(table->root, clause);
	result = clauselist_selectivity(table->root,
									make_ands_implicit((Expr *) clause), 0,
									JOIN_INNER, NULL);
	table->root->glob->boundParams = NULL;
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	return result;
}

/*
 * Rows that the planner expects of a query, or expects it to change.
 */
double
param_plan_rows(const Statement *stmt, Query *query, ParamListInfo values)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "dbadvisor plan",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	PlannedStmt *plan;
	double		rows;

	planner_calls++;
	plan = standard_planner(copyObject(query), stmt->text,
							CURSOR_OPT_PARALLEL_OK, values);
	rows = IsA(plan->planTree, ModifyTable) ?
		outerPlan(plan->planTree)->plan_rows : plan->planTree->plan_rows;
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	return rows;
}
