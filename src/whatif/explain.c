/*-------------------------------------------------------------------------
 *
 * explain.c
 *		EXPLAIN text of a plan that cannot run.
 *
 * The executor is started only as far as EXPLAIN needs it, which opens no
 * index; the standard functions are called directly, so that no other
 * extension sees the plan.  Starting checks the user's permissions on every
 * table of the query, as EXPLAIN does.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/explain.h"
#include "executor/executor.h"
#include "tcop/dest.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include EXPLAIN_STATE_HEADER
#include "whatif/whatif_internal.h"

static explain_get_index_name_hook_type prev_index_name = NULL;

/* Where names are looked up while we print; NULL otherwise. */
static const WhatIfConfig *printing = NULL;

/*
 * explain_get_index_name_hook: the name of a hypothetical index.  On the leaf
 * of a partitioned index the parent's name is shown.
 */
static const char *
whatif_index_name(Oid oid)
{
	HypoIndex  *index = printing == NULL ? NULL :
	hypo_index_find(printing->indexes, oid);

	if (index != NULL)
		return index->name;
	return prev_index_name == NULL ? NULL : prev_index_name(oid);
}

/*
 * Write the plan of a started query.
 */
static char *
print_plan(QueryDesc *desc)
{
	ExplainState *state = NewExplainState();

	state->costs = true;
	ExplainPrintPlan(state, desc);
	while (state->str->len > 0 && state->str->data[state->str->len - 1] == '\n')
		state->str->data[--state->str->len] = '\0';
	return state->str->data;
}

/*
 * Forget about pruning partitions at executor start: parameters of a generic
 * plan have no value yet.  A PlanVisitor.
 */
static void
forget_pruning(Plan *plan, void *arg)
{
	(void) arg;
	if (IsA(plan, Append))
		append_forget_pruning((Append *) plan);
	else if (IsA(plan, MergeAppend))
		append_forget_pruning((MergeAppend *) plan);
}

/*
 * Does a parameter of the plan have no value?
 */
static bool
values_missing(ParamListInfo params)
{
	if (params == NULL)
		return true;
	for (int i = 0; i < params->numParams; i++)
		if (!OidIsValid(params->params[i].ptype))
			return true;
	return false;
}

/*
 * Return the EXPLAIN text of a plan made under a configuration.
 */
char *
plan_explain(PlannedStmt *plan, const char *text, const WhatIfConfig *config,
			 ParamListInfo params)
{
	QueryDesc  *desc = CreateQueryDesc(plan, text, GetActiveSnapshot(),
									   InvalidSnapshot, None_Receiver, params,
									   NULL, 0);
	bool		generic = values_missing(params);
	char	   *result;

	if (generic)
		plan_visit(plan, forget_pruning, NULL);
	standard_ExecutorStart(desc, generic ? EXEC_FLAGS_EXPLAIN_GENERIC :
						   EXEC_FLAG_EXPLAIN_ONLY);
	printing = config;
	PG_TRY();
	{
		result = print_plan(desc);
	}
	PG_FINALLY();
	{
		printing = NULL;
	}
	PG_END_TRY();
	standard_ExecutorEnd(desc);
	FreeQueryDesc(desc);
	return result;
}

/*
 * Install the hook.
 */
void
explain_init(void)
{
	prev_index_name = explain_get_index_name_hook;
	explain_get_index_name_hook = whatif_index_name;
}
