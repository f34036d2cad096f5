/*-------------------------------------------------------------------------
 *
 * reduce.c
 *		Leave out of a plan space what no plan will use.
 *
 * With all candidates every node is as cheap as it can be, without any it is
 * as dear as it can be.  A join that costs more at its cheapest than the node
 * does at its dearest is never chosen; nor is an access that needs candidates
 * and costs more than one that needs none.
 * Entry points: block_order_steps(), number_readable(), space_reduce().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/float.h"

#include "planspace/planspace_internal.h"

/*
 * Order of steps: by the node that they make.
 */
static int
compare_steps(const void *a, const void *b)
{
	const JoinStep *left = (const JoinStep *) a;
	const JoinStep *right = (const JoinStep *) b;

	if (left->node != right->node)
		return left->node - right->node;
	if (left->outer != right->outer)
		return left->outer - right->outer;
	if (left->inner != right->inner)
		return left->inner - right->inner;
	return (int) left->kind - (int) right->kind;
}

/*
 * Note where the steps of each node are, and in which order nodes are made:
 * tables, pairs, and so on.
 */
void
block_order_steps(PlanSpace *space, Block *block)
{
	int			most = 0;

	qsort(block->steps, block->nsteps, sizeof(JoinStep), compare_steps);
	for (int i = 0; i < block->nnodes; i++)
	{
		block->nodes[i].first_step = block->nodes[i].nsteps = 0;
		most = Max(most, block->nodes[i].level);
	}
	for (int i = block->nsteps - 1; i >= 0; i--)
	{
		block->nodes[block->steps[i].node].first_step = i;
		block->nodes[block->steps[i].node].nsteps++;
	}
	if (block->ordered == NULL)
	{
		block->ordered = (int *)
			MemoryContextAlloc(space->context,
							   Max(block->nnodes, 1) * sizeof(int));
		block->states = (State *)
			MemoryContextAllocZero(space->context,
								   Max(block->nnodes, 1) * block->norders *
								   sizeof(State));
	}
	block->evaluated = false;
	block->nordered = 0;
	for (int level = 1; level <= most; level++)
		for (int i = 0; i < block->nnodes; i++)
			if (block->nodes[i].level == level)
				block->ordered[block->nordered++] = i;
}

/*
 * Have every candidate exist, or none.
 */
static void
evaluate_with(PlanSpace *space, bool all)
{
	double		penalty;

	memset(space->in, all, (space->max_id + 1) * sizeof(bool));
	(void) space_evaluate(space, &penalty);
}

/*
 * What a node in an order costs at most: nothing is known of an order that
 * only candidates deliver.
 */
static double
dearest(const Block *block, const State *highest, int node, int order)
{
	const State *state = &highest[node * block->norders + order];

	return isinf(state->total) ? get_float8_infinity() :
		block_objective(block, order, state->startup, state->total);
}

/*
 * Could the step over an outer side in order "from" make its node in order
 * "to" at least as cheap as it is at its dearest?
 */
static bool
step_may_serve(const Block *block, const State *highest, const JoinStep *step,
			   const State *inner, int from, int to)
{
	const State *outer = &block->states[step->outer * block->norders + from];

	if (isinf(outer->total))
		return false;
	return block_objective(block, to, step_startup(step, outer, inner),
						   step_total(step, outer, inner)) <=
		dearest(block, highest, step->node, to);
}

/*
 * The inner side of a step at its cheapest, when all candidates exist; false
 * when there is none.
 */
static bool
cheapest_inner(const Block *block, const JoinStep *step, State *inner)
{
	const Slot *slot;

	if (step->kind != STEP_NEST_PARAM)
	{
		*inner = block->states[step->inner * block->norders +
							   (step->kind == STEP_MERGE ?
								step->inner_order : ORDER_ANY)];
		return !isinf(inner->total);
	}
	slot = &block->leaves[block->nodes[step->inner].leaf].params[step->slot];
	if (slot->naccess == 0)
		return false;
	inner->startup = slot->access[0].startup;
	inner->total = slot->access[0].total;
	for (int i = 1; i < slot->naccess; i++)
		inner->startup = Min(inner->startup, slot->access[i].startup);
	return true;
}

/*
 * Is the step of any use?
 */
static bool
step_is_useful(const Block *block, const State *highest, const JoinStep *step)
{
	State		inner;

	if (!cheapest_inner(block, step, &inner))
		return false;
	for (int k = 0; k < block->norders; k++)
	{
		if (step->kind == STEP_MERGE)
		{
			if ((block->satisfies[step->outer_order] & ((uint32) 1 << k)) &&
				step_may_serve(block, highest, step, &inner,
							   step->outer_order, k))
				return true;
		}
		else if (step->kind == STEP_HASH && k != ORDER_ANY &&
				 k != block->first_rows)
			continue;
		else if (step_may_serve(block, highest, step, &inner, k, k))
			return true;
	}
	return false;
}

/*
 * Leave out the accesses of a slot that cost more than one that needs no
 * candidate.
 */
static void
slot_reduce(Slot *slot, double startup_factor, double total_factor)
{
	double		limit = get_float8_infinity();
	int			kept = 0;

	for (int i = 0; i < slot->naccess; i++)
		if (slot->access[i].nmembers == 0)
			limit = Min(limit, startup_factor * slot->access[i].startup +
						total_factor * slot->access[i].total);
	for (int i = 0; i < slot->naccess; i++)
		if (slot->access[i].nmembers == 0 ||
			startup_factor * slot->access[i].startup +
			total_factor * slot->access[i].total < limit)
			slot->access[kept++] = slot->access[i];
	slot->naccess = kept;
}

/*
 * Reduce the slots of a block's leaves.
 */
static void
leaves_reduce(Block *block)
{
	for (int i = 0; i < block->nleaves; i++)
	{
		Leaf	   *leaf = &block->leaves[i];

		for (int k = 0; k < block->norders; k++)
			slot_reduce(&leaf->ordered[k], 1 - block->fraction[k],
						block->fraction[k]);
		for (int k = 0; k < leaf->nparams; k++)
			slot_reduce(&leaf->params[k], 0, 1);
	}
}

/*
 * Mark the nodes that plans of the top node are made of.
 */
static void
mark_reached(const Block *block, int node, bool *reached)
{
	if (reached[node])
		return;
	reached[node] = true;
	for (int i = 0; i < block->nodes[node].nsteps; i++)
	{
		const JoinStep *step = &block->steps[block->nodes[node].first_step + i];

		mark_reached(block, step->outer, reached);
		mark_reached(block, step->inner, reached);
	}
}

/*
 * Keep the steps of nodes that are reached, and leave the other nodes out of
 * the order of evaluation.
 */
void
block_drop_unreached(PlanSpace *space, Block *block)
{
	bool	   *reached = (bool *) palloc0(Max(block->nnodes, 1) *
										   sizeof(bool));
	int			kept = 0;

	if (block->top >= 0)
		mark_reached(block, block->top, reached);
	for (int i = 0; i < block->nsteps; i++)
		if (reached[block->steps[i].node])
			block->steps[kept++] = block->steps[i];
	block->nsteps = kept;
	block_order_steps(space, block);
	kept = 0;
	for (int i = 0; i < block->nordered; i++)
		if (reached[block->ordered[i]])
			block->ordered[kept++] = block->ordered[i];
	block->nordered = kept;
	block->evaluated = false;
	pfree(reached);
}

/*
 * Add the candidates of a slot to the set.
 */
static void
note_members(const Slot *slot, Bitmapset **here)
{
	for (int i = 0; i < slot->naccess; i++)
		for (int m = 0; m < slot->access[i].nmembers; m++)
			*here = bms_add_member(*here, slot->access[i].members[m]);
}

/*
 * Number the leaves.
 */
static void
number_places(PlanSpace *space)
{
	space->nplaces = 0;
	for (int b = 0; b < space->nblocks; b++)
		for (int i = 0; i < space->blocks[b].nleaves; i++)
			space->blocks[b].leaves[i].place = space->nplaces++;
	space->readable = (Bitmapset **) palloc0(Max(space->nplaces, 1) *
											 sizeof(Bitmapset *));
}

/*
 * Number the leaves, note which candidates matter, and where each may be read.
 */
void
number_readable(PlanSpace *space)
{
	MemoryContext old = MemoryContextSwitchTo(space->context);

	bms_free(space->relevant);
	space->relevant = NULL;
	number_places(space);
	for (int b = 0; b < space->nblocks; b++)
		for (int i = 0; i < space->blocks[b].nleaves; i++)
		{
			Leaf	   *leaf = &space->blocks[b].leaves[i];
			Bitmapset  *here = NULL;

			for (int k = 0; k < space->blocks[b].norders; k++)
				note_members(&leaf->ordered[k], &here);
			for (int k = 0; k < leaf->nparams; k++)
				note_members(&leaf->params[k], &here);
			space->readable[leaf->place] = here;
			space->relevant = bms_add_members(space->relevant, here);
		}
	MemoryContextSwitchTo(old);
}

/*
 * Forget the accesses of slots that no step looks into.
 */
static void
drop_unused_params(Block *block)
{
	for (int i = 0; i < block->nleaves; i++)
		for (int k = 0; k < block->leaves[i].nparams; k++)
		{
			bool		used = false;

			for (int s = 0; s < block->nsteps && !used; s++)
				used = block->steps[s].kind == STEP_NEST_PARAM &&
					block->nodes[block->steps[s].inner].leaf == i &&
					block->steps[s].slot == k;
			if (!used)
				block->leaves[i].params[k].naccess = 0;
		}
}

/*
 * Forget another way to group where no set of candidates makes the joins cheap
 * enough for it.
 */
static void
drop_hashed(Block *block)
{
	const State *top = &block->states[block->top * block->norders];

	if (block->top >= 0 && block->hashed_below <= top[ORDER_ANY].total)
		block->hashed_below = 0;
}

/*
 * Reduce the whole space.
 */
void
space_reduce(PlanSpace *space)
{
	State	  **highest = (State **) palloc(Max(space->nblocks, 1) *
											sizeof(State *));

	for (int b = 0; b < space->nblocks; b++)
		leaves_reduce(&space->blocks[b]);
	space->like_planner = true;
	evaluate_with(space, false);
	space->like_planner = false;
	for (int b = 0; b < space->nblocks; b++)
	{
		Block	   *block = &space->blocks[b];
		Size		size = Max(block->nnodes, 1) * block->norders *
		sizeof(State);

		highest[b] = (State *) palloc(size);
		memcpy(highest[b], block->states, size);
	}
	evaluate_with(space, true);
	space->like_planner = true;
	for (int b = 0; b < space->nblocks; b++)
	{
		Block	   *block = &space->blocks[b];
		int			kept = 0;

		drop_hashed(block);
		for (int i = 0; i < block->nsteps; i++)
			if (step_is_useful(block, highest[b], &block->steps[i]))
				block->steps[kept++] = block->steps[i];
		block->nsteps = kept;
		block_order_steps(space, block);
		block_drop_unreached(space, block);
		drop_unused_params(block);
		block->evaluated = false;
		pfree(highest[b]);
	}
	pfree(highest);
	number_readable(space);
}
