/*-------------------------------------------------------------------------
 *
 * sensitivity.c
 *		Do the values of its parameters lead a statement to different plans?
 *
 * The planner says: it is asked for a plan with a rare and with a common value
 * of the compared column, as if that column had an index.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_opclass_d.h"
#include "catalog/pg_type_d.h"
#include "common/hashfn.h"
#include "executor/executor.h"
#include "nodes/makefuncs.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "compat.h"
#include "whatif/whatif_internal.h"

/* Costs of the plans must differ by this ratio. */
#define SENSITIVE_RATIO 10

/* What is asked, and what came of it. */
typedef struct SensitivityTask
{
	Statement  *stmt;
	WhatIfConfig config;
	bool		differ;			/* in nodes or indexes */
	double		rare;			/* costs */
	double		common;
} SensitivityTask;

/*
 * Add a node to the hash of a plan's shape.  A PlanVisitor.
 */
static void
shape_add(Plan *plan, void *arg)
{
	uint32	   *shape = arg;
	Oid			index = InvalidOid;

	if (IsA(plan, IndexScan))
		index = ((IndexScan *) plan)->indexid;
	else if (IsA(plan, IndexOnlyScan))
		index = ((IndexOnlyScan *) plan)->indexid;
	else if (IsA(plan, BitmapIndexScan))
		index = ((BitmapIndexScan *) plan)->indexid;
	*shape = hash_combine(*shape, hash_uint32(nodeTag(plan)));
	*shape = hash_combine(*shape, hash_uint32(index));
}

/*
 * Plan with these values; return the cost and set the shape.
 */
static double
plan_cost(SensitivityTask *task, ParamListInfo params, uint32 *shape)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "dbadvisor plan",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	Query	   *query = copyObject(linitial_node(Query, task->stmt->queries));
	PlannedStmt *plan = plan_under_config(query, task->stmt->text,
										  &task->config, params);
	double		cost = plan->planTree->total_cost;

	plan_check_permissions(plan);
	*shape = 0;
	plan_visit(plan, shape_add, shape);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	return cost;
}

/*
 * The column as a key of an index.
 */
static Var *
column_key(Oid relid, AttrNumber attnum)
{
	HeapTuple	tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relid),
										Int16GetDatum(attnum));
	Form_pg_attribute form;
	Var		   *result;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "column %d of relation %u does not exist", attnum, relid);
	form = (Form_pg_attribute) GETSTRUCT(tuple);
	result = makeVar(1, attnum, form->atttypid, form->atttypmod,
					 form->attcollation, 0);
	ReleaseSysCache(tuple);
	return result;
}

/*
 * A B-tree index on the column that is compared; for patterns with the operator
 * class that knows no collation.
 */
static HypoIndex *
index_on_column(const ParamExtremes *extremes)
{
	Var		   *key = column_key(extremes->relid, extremes->attnum);
	Oid			opclass = key->vartype == BPCHAROID ?
	BPCHAR_BTREE_PATTERN_OPS_OID : TEXT_BTREE_PATTERN_OPS_OID;

	return hypo_index_from_keys(extremes->relid, "btree", list_make1(key),
								extremes->pattern ? &opclass : NULL, NULL,
								NULL, NIL, NIL);
}

/*
 * Make both plans; a SandboxFn.
 */
static void
sensitivity_run(void *arg)
{
	SensitivityTask *task = arg;
	const ParamExtremes *extremes = task->stmt->extremes;
	HypoIndex  *index;
	uint32		rare_shape;
	uint32		common_shape;

	statement_prepare(task->stmt);
	index = index_on_column(extremes);
	if (index != NULL)
		task->config.indexes = list_make1(index);
	task->rare = plan_cost(task, extremes->rare, &rare_shape);
	task->common = plan_cost(task, extremes->common, &common_shape);
	task->differ = rare_shape != common_shape;
}

/*
 * Find out whether the statement is sensitive.  A SensitivityProbe.
 */
static void
sensitivity_probe(Statement *stmt)
{
	SensitivityTask task = {.stmt = stmt};

	if (sandbox_run(stmt->userid, stmt->search_path, sensitivity_run,
					&task) != NULL)
		return;
	stmt->cost_rare = task.rare;
	stmt->cost_common = task.common;
	stmt->parameter_sensitive = task.differ &&
		task.common >= task.rare * SENSITIVE_RATIO;
}

/*
 * Install the probe.
 */
void
sensitivity_init(void)
{
	workload_set_sensitivity_probe(sensitivity_probe);
}
