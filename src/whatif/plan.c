/*-------------------------------------------------------------------------
 *
 * plan.c
 *		Plan a statement under a configuration.
 *
 * A statement with several sets of parameter values costs the mean over them,
 * by weight; the indexes used are those of any.  A plan's text is that of the
 * first set, values and all: it is for the caller to mask.
 *
 * Entry points: whatif_statement() with a sandbox of its own, whatif_plan()
 * for callers that are inside one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/plannodes.h"
#include "utils/memutils.h"

#include "compat.h"
#include "whatif/whatif_internal.h"

/*
 * Estimated rows that a plan returns or, as the server counts them for a
 * command, writes.
 */
static double
rows_of(const Plan *plan)
{
	return IsA(plan, ModifyTable) ? outerPlan(plan)->plan_rows :
		plan->plan_rows;
}

/*
 * Note the indexes that an INSERT ... ON CONFLICT relies upon; a PlanVisitor.
 */
static void
note_arbiters(Plan *plan, void *arg)
{
	List	  **arbiters = arg;

	if (IsA(plan, ModifyTable))
		*arbiters = list_concat_unique_oid(*arbiters,
										   ((ModifyTable *) plan)->arbiterIndexes);
}

/*
 * Add what the plan of one query tells, by its weight, to the result, which
 * lives in "result_context".  "root" is the top of the query.
 */
static void
take_plan(WhatIfResult *result, PlannedStmt *plan, PlannerInfo *root,
		  const WhatIfConfig *config, double weight,
		  MemoryContext result_context)
{
	List	   *used = plan_indexes(plan);
	double		planned = plan->planTree->total_cost;
	double		cost = planned;
	double		memory = 0;
	MemoryContext old;

	if (config != NULL && config->timed)
		memory = query_memory_cost(root, config->shadow, planned);
	if (config != NULL && config->exposure != NULL)
		query_expose(root, config->us_per_cost, planned, config->exposure);
	old = MemoryContextSwitchTo(result_context);

	if (config != NULL && config->shadow != NULL)
	{
		double		extra;

		result->partitions += weight *
			shadow_partitions(config->shadow, plan, &extra);
		cost += extra;
	}
	result->cost += weight * cost;
	if (planned > 0)
		result->memory_cost += weight * memory * cost / planned;
	result->rows = rows_of(plan->planTree);
	result->used = list_concat_unique_oid(result->used, used);
	if (config == NULL)
	{
		result->relations = result->relations == NIL ?
			list_copy(plan->relationOids) :
			list_concat_unique_oid(result->relations, plan->relationOids);
		plan_visit(plan, note_arbiters, &result->arbiters);
	}
	MemoryContextSwitchTo(old);
}

/*
 * Add the EXPLAIN text of one query to the result.
 */
static void
take_explanation(WhatIfResult *result, PlannedStmt *plan, Statement *stmt,
				 const WhatIfConfig *config, MemoryContext result_context)
{
	char	   *text = plan_explain(plan, stmt->text, config, stmt->params);
	MemoryContext old = MemoryContextSwitchTo(result_context);

	result->plan = result->plan == NULL ? pstrdup(text) :
		psprintf("%s\n\n%s", result->plan, text);
	MemoryContextSwitchTo(old);
}

/*
 * Plan all queries of a statement with one set of values (NULL: none), which
 * has this share of all sets' weight, and add what comes of it to the result.
 * The plans live in a context of their own, which goes with them; on error it
 * goes with its parent.
 */
static void
plan_with_params(Statement *stmt, const WhatIfConfig *config, bool want_plan,
				 ParamListInfo params, double weight, WhatIfResult *result)
{
	MemoryContext result_context = CurrentMemoryContext;
	MemoryContext plan_context = AllocSetContextCreate(result_context,
													   "dbadvisor plan",
													   ALLOCSET_DEFAULT_SIZES);
	ListCell   *cell;

	MemoryContextSwitchTo(plan_context);
	foreach(cell, stmt->queries)
	{
		Query	   *query = copyObject(lfirst_node(Query, cell));
		PlannedStmt *plan;
		PlannerInfo *root;

		CHECK_FOR_INTERRUPTS();
		if (query->commandType == CMD_UTILITY)
			continue;			/* NOTIFY, from a rule */
		plan = plan_with_root(query, stmt->text, config, params, &root);

		/*
		 * A cost tells something about the data: only to who may run it.  A
		 * shadow belongs to nobody; its statements were planned without it
		 * first.
		 */
		if (config == NULL || config->shadow == NULL)
			plan_check_permissions(plan);
		take_plan(result, plan, root, config, weight, result_context);
		if (config != NULL && config->look != NULL)
			config->look(plan, config->look_arg);
		plan_add_shape(plan);
		if (want_plan)
			take_explanation(result, plan, stmt, config, result_context);
	}
	MemoryContextSwitchTo(result_context);
	MemoryContextDelete(plan_context);
}

/*
 * Plan a statement with all its sets of values; see whatif.h.
 */
WhatIfResult
whatif_plan(Statement *stmt, const WhatIfConfig *config, bool want_plan)
{
	WhatIfResult result = {0};
	double		total = 0;
	double		rows = 0;

	if (stmt->nparam_sets == 0 || stmt->params == NULL)
	{
		plan_with_params(stmt, config, want_plan, NULL, 1, &result);
		return result;
	}
	for (int i = 0; i < stmt->nparam_sets; i++)
		total += stmt->param_sets[i].weight;
	for (int i = 0; i < stmt->nparam_sets; i++)
	{
		double		share = stmt->param_sets[i].weight / total;

		plan_with_params(stmt, config, want_plan && i == 0,
						 stmt->param_sets[i].params, share, &result);
		rows += share * result.rows;
	}
	result.rows = rows;
	return result;
}

/* What plan_in_sandbox() is to do, and what came of it. */
typedef struct PlanTask
{
	Statement  *stmt;
	const WhatIfConfig *config;
	bool		want_plan;
	WhatIfResult result;
} PlanTask;

/*
 * Plan the statement; a SandboxFn.
 */
static void
plan_in_sandbox(void *arg)
{
	PlanTask   *task = arg;

	statement_prepare(task->stmt);
	task->result = whatif_plan(task->stmt, task->config, task->want_plan);
}

/*
 * Plan a statement in a sandbox of its own; see whatif.h.
 */
WhatIfResult
whatif_statement(Statement *stmt, const WhatIfConfig *config, bool want_plan)
{
	PlanTask	task = {
		.stmt = stmt,
		.config = config,
		.want_plan = want_plan,
	};
	ErrorData  *error = sandbox_run(stmt->userid, stmt->search_path,
									plan_in_sandbox, &task);

	if (error != NULL)
	{
		memset(&task.result, 0, sizeof(task.result));
		task.result.error = error;
	}
	return task.result;
}
