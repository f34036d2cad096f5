/*-------------------------------------------------------------------------
 *
 * build.c
 *		Make a plan space: the planner calls, and the part above the joins.
 *
 * Entry point: planspace_make().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/float.h"
#include "utils/memutils.h"

#include "planspace/planspace_internal.h"

/* What plan_recorded() is to do, and what came of it. */
typedef struct RecordTask
{
	Statement  *stmt;
	const WhatIfConfig *config;
	Recording  *recording;
	double		cost;
} RecordTask;

/*
 * Plan the statement while the recorder watches; a SandboxFn.
 */
static void
plan_recorded(void *arg)
{
	RecordTask *task = (RecordTask *) arg;

	statement_prepare(task->stmt);
	whatif_record(&planspace_recorder, task->recording);
	PG_TRY();
	{
		task->cost = whatif_plan(task->stmt, task->config, false).cost;
	}
	PG_FINALLY();
	{
		whatif_record(NULL, NULL);
	}
	PG_END_TRY();
}

/*
 * Plan the statement in the sandbox and record it.  Returns false when it
 * cannot be planned or represented.
 */
static bool
record_statement(Statement *stmt, Recording *recording, double *cost)
{
	WhatIfConfig config = {0};
	RecordTask	task = {stmt, &config, recording, 0};
	ErrorData  *error;
	ListCell   *lc;

	foreach(lc, recording->candidates)
		config.known = lappend(config.known,
							   ((SpaceCandidate *) lfirst(lc))->index);
	config.informed = recording->informed;
	error = sandbox_run(stmt->userid, stmt->search_path, plan_recorded, &task);
	if (error != NULL)
	{
		recording->failed = true;
		recording->reason = error_summary(error);
	}
	*cost = task.cost;
	return !recording->failed;
}

/*
 * What sorting the rows of the top node as the upper part wants them costs.
 */
static double
top_sort(const Block *block)
{
	const RelNode *node = &block->nodes[block->top];

	return node->sort_startup[block->query_order] +
		node->sort_run[block->query_order];
}

/*
 * Settle what is above the joins so that the level costs without candidates
 * what the planner said.  Where it already reads rows in the order wanted, the
 * other way is to sort them.
 */
static void
settle_above(Block *block)
{
	const State *top;
	int			any = block->first_rows >= 0 ? block->first_rows : ORDER_ANY;
	int			query = block->query_order;
	double		unordered;
	double		ordered = get_float8_infinity();

	if (block->top < 0)
		return;
	top = &block->states[block->top * block->norders];
	unordered = block_objective(block, any, top[any].startup, top[any].total);
	/* What the planner paid is the better base: see note_joined(). */
	if (block->joined > 0 && block->first_rows < 0)
		unordered = block->joined;
	block->above = block->base_cost - unordered;
	/* Until here this is what hashed groups save. */
	if (block->above_hashed <= 0 || unordered < block->hashed_below)
		block->hashed_below = 0;
	block->above_hashed = block->above - block->above_hashed;
	if (query < 0)
		return;
	if (!block->ordered_known)
		block->above_ordered = block->above - top_sort(block);
	if (isinf(top[query].total))
		return;
	ordered = block_objective(block, query, top[query].startup,
							  top[query].total);
	if (!block->ordered_known)
		block->above_ordered = Max(block->above_ordered,
								   block->base_cost - ordered);
	else if (ordered + block->above_ordered <= block->base_cost * 1.01)
	{
		block->above_ordered = block->base_cost - ordered;
		block->above = Max(block->above,
						   block->above_ordered + top_sort(block));
	}
}

/*
 * Evaluate the space without candidates and settle what is above the joins of
 * each level.
 */
static void
settle(PlanSpace *space)
{
	memset(space->in, false, (space->max_id + 1) * sizeof(bool));
	space->penalties = NULL;
	for (int b = 0; b < space->nblocks; b++)
	{
		block_evaluate(space, &space->blocks[b]);
		settle_above(&space->blocks[b]);
		space->blocks[b].now = space->blocks[b].base_cost;
		space->blocks[b].now_penalty = 0;
	}
}

/*
 * An empty space for these candidates.
 */
static PlanSpace *
space_new(List *candidates)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "dbadvisor plan space",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	PlanSpace  *space = (PlanSpace *) palloc0(sizeof(PlanSpace));
	ListCell   *lc;

	space->context = context;
	space->like_planner = true;
	foreach(lc, candidates)
		space->max_id = Max(space->max_id,
							((SpaceCandidate *) lfirst(lc))->id);
	space->in = (bool *) palloc0((space->max_id + 1) * sizeof(bool));
	MemoryContextSwitchTo(old);
	return space;
}

/*
 * Can every level be evaluated: is its top node reached by the joins that were
 * recorded?
 */
static bool
space_is_whole(PlanSpace *space)
{
	for (int b = 0; b < space->nblocks; b++)
	{
		Block	   *block = &space->blocks[b];

		if (block->top < 0)
			continue;
		block_evaluate(space, block);
		if (isinf(block->states[block->top * block->norders].total))
			return false;
		block->now = block->base_cost;
	}
	return true;
}

/*
 * Make a space; see planspace.h.
 */
PlanSpace *
planspace_make(Statement *stmt, List *candidates, bool informed, bool draft,
			   const SpaceOrders *orders, const char **reason)
{
	PlanSpace  *space;
	MemoryContext caller = CurrentMemoryContext;
	Recording	recording = {0};
	bool		ok;

	/* One planner call is recorded, and several sets take several. */
	if (stmt->nparam_sets > 1)
	{
		if (reason != NULL)
			*reason = "several sets of parameter values";
		return NULL;
	}
	space = space_new(candidates);
	recording.context = AllocSetContextCreate(caller, "dbadvisor recording",
											  ALLOCSET_DEFAULT_SIZES);
	recording.scratch = AllocSetContextCreate(recording.context,
											  "dbadvisor join paths",
											  ALLOCSET_DEFAULT_SIZES);
	recording.space = space;
	recording.candidates = candidates;
	recording.informed = informed;
	MemoryContextSwitchTo(recording.context);
	ok = record_statement(stmt, &recording, &space->base_cost);
	MemoryContextSwitchTo(caller);
	if (ok && !space_is_whole(space))
	{
		ok = false;
		recording.reason = "joins that are not represented";
	}
	if (ok)
	{
		space->informing = recording.informing;
		orders_take(space, orders);
		settle(space);
		space_reduce(space);
		space_sample(space, draft);
	}
	else if (reason != NULL)
		*reason = pstrdup(recording.reason ? recording.reason : "unknown");
	MemoryContextDelete(recording.context);
	if (ok)
		return space_compact(space);
	planspace_free(space);
	return NULL;
}

/*
 * Free a space.
 */
void
planspace_free(PlanSpace *space)
{
	MemoryContextDelete(space->context);
}
