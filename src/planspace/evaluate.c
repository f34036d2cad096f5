/*-------------------------------------------------------------------------
 *
 * evaluate.c
 *		The cheapest plan under a set of candidates.
 *
 * One pass over the nodes of a block, tables first: a node in an order is made
 * by the cheapest of its joins, by sorting the same node in any order, or, for
 * a table, by the cheapest access whose candidates exist.  Nothing is
 * allocated; the states of the last evaluation stay, so that the plan can be
 * read off them, and what depends on no candidate that came or went stands.
 * Entry points: planspace_cost(), planspace_relaxed().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "utils/float.h"

#include "planspace/planspace_internal.h"

/* What State.choice says of a state that is no access and no join. */
#define CHOICE_NONE (-1)
#define CHOICE_SORT (-2)

/*
 * Penalty of an access in a place, or infinity where it cannot be had.
 */
static inline double
access_penalty(const PlanSpace *space, int place, const Access *access)
{
	double		penalty = 0;

	for (int i = 0; i < access->nmembers; i++)
	{
		if (space->penalties != NULL)
			penalty += space->penalties[planspace_entry(space, place,
														access->members[i])];
		else if (!space->in[access->members[i]])
			return get_float8_infinity();
	}
	return penalty;
}

/*
 * The best access of a slot in a place when its start and total cost count by these
 * factors; false when there is none.
 */
static bool
slot_best(const PlanSpace *space, int place, const Slot *slot,
		  double startup_factor, double total_factor, State *state)
{
	double		best = get_float8_infinity();

	state->choice = CHOICE_NONE;
	for (int i = 0; i < slot->naccess; i++)
	{
		const Access *access = &slot->access[i];
		double		penalty;
		double		value;

		/* The rest has higher totals. */
		if (total_factor * access->total >= best)
			break;
		penalty = access_penalty(space, place, access);
		if (isinf(penalty))
			continue;
		value = startup_factor * access->startup +
			total_factor * access->total + penalty;
		if (value < best)
		{
			best = value;
			state->startup = access->startup;
			state->total = access->total;
			state->penalty = penalty;
			state->choice = i;
		}
	}
	return state->choice >= 0;
}

/*
 * Find the accesses of a look-up that can be the best of some join: none that costs
 * less has fewer penalties.  Tells whether they are others than before.
 */
static bool
slot_find_front(const PlanSpace *space, int place, Slot *slot)
{
	double		least = get_float8_infinity();
	bool		changed = false;
	int			count = 0;

	for (int i = 0; i < slot->naccess && least > 0; i++)
	{
		double		penalty = access_penalty(space, place, &slot->access[i]);

		if (penalty >= least)
			continue;
		least = penalty;
		changed |= count >= slot->nfront || slot->front[count] != i;
		slot->front[count++] = i;
	}
	changed |= count != slot->nfront;
	slot->nfront = count;
	return changed;
}

/*
 * Put a new state in the place of an old one; tells whether they differ.
 */
static inline bool
state_replace(State *state, const State *by)
{
	bool		differs = state->startup != by->startup ||
	state->total != by->total || state->penalty != by->penalty ||
	state->choice != by->choice;

	*state = *by;
	return differs;
}

/*
 * Would an evaluation of the leaf find what the last one has found?  Otherwise
 * notes what this one is for.
 */
static bool
leaf_stands(PlanSpace *space, const Block *block, Leaf *leaf, double more,
			double penalty)
{
	uint64		offered = space->tracked ? space->offered[leaf->place] : 0;
	bool		stands = block->evaluated && space->tracked &&
	space->evaluated[leaf->place] == offered && leaf->more == more &&
	leaf->more_penalty == penalty;

	if (space->evaluated != NULL)
		space->evaluated[leaf->place] = offered;
	leaf->more = more;
	leaf->more_penalty = penalty;
	return stands;
}

/*
 * Choose the accesses of a leaf for each order and each way to look it up;
 * tells whether anything is other than in the last evaluation.
 */
static bool
leaf_evaluate(PlanSpace *space, Block *block, int number)
{
	Leaf	   *leaf = &block->leaves[block->nodes[number].leaf];
	double		more = 0;
	double		penalty = 0;
	bool		changed = false;
	State		state;

	for (int i = 0; i < leaf->nchildren; i++)
	{
		const Block *child = &space->blocks[leaf->children[i]];

		more += child->now - child->base_cost;
		penalty += child->now_penalty;
	}
	if (leaf_stands(space, block, leaf, more, penalty))
		return false;
	/* The same accesses may be paid for otherwise. */
	changed = space->penalties != NULL && leaf->nparams > 0;
	for (int k = 0; k < block->norders; k++)
	{
		double		fraction = block->fraction[k];

		state.from = k;
		if (slot_best(space, leaf->place, &leaf->ordered[k], 1 - fraction,
					  fraction, &state))
		{
			state.startup += more;
			state.total += more;
			state.penalty += penalty;
		}
		else
		{
			state.startup = state.total = get_float8_infinity();
			state.penalty = 0;
		}
		changed |= state_replace(&leaf->chosen[k], &state);
	}
	for (int k = 0; k < leaf->nparams; k++)
		changed |= slot_find_front(space, leaf->place, &leaf->params[k]);
	return changed;
}

/*
 * Does the planner prefer the first of two ways to the second?  As add_path() of
 * pathnode.c does, it takes costs for equal that differ by less than a hundredth,
 * and the earlier start decides then.
 */
static inline bool
planner_prefers(double startup, double total, double other_startup,
				double other_total)
{
	if (total > other_total * FUZZ)
		return false;
	if (other_total > total * FUZZ)
		return true;
	if (startup > other_startup * FUZZ)
		return false;
	return other_startup > startup * FUZZ || total < other_total;
}

/*
 * Take another way to make a state if it is better.
 */
static inline void
state_offer(const Block *block, State *state, int order, double startup,
			double total, double penalty, int choice, int from)
{
	if (block->like_planner && block->fraction[order] >= 1)
	{
		if (!isinf(state->total) &&
			!planner_prefers(startup, total, state->startup, state->total))
			return;
	}
	else if (block_objective(block, order, startup, total) + penalty >=
			 block_objective(block, order, state->startup, state->total) +
			 state->penalty)
		return;
	state->startup = startup;
	state->total = total;
	state->penalty = penalty;
	state->choice = choice;
	state->from = from;
}

/*
 * A join that keeps the outer order, or that loses it where "any" is set.
 */
static void
step_over_outer(Block *block, int number, const State *inner, bool any)
{
	const JoinStep *step = &block->steps[number];
	State	   *states = &block->states[step->node * block->norders];
	const State *outer = &block->states[step->outer * block->norders];

	for (int k = 0; k < block->norders; k++)
	{
		if (any && k != ORDER_ANY && k != block->first_rows)
			continue;
		if (isinf(outer[k].total))
			continue;
		state_offer(block, &states[k], k, step_startup(step, &outer[k], inner),
					step_total(step, &outer[k], inner),
					outer[k].penalty + inner->penalty, number, k);
	}
}

/*
 * A merge join: its rows come in the order that it needs.
 */
static void
step_merge(Block *block, int number)
{
	const JoinStep *step = &block->steps[number];
	State	   *states = &block->states[step->node * block->norders];
	const State *outer = &block->states[step->outer * block->norders +
										step->outer_order];
	const State *inner = &block->states[step->inner * block->norders +
										step->inner_order];
	double		startup;
	double		total;

	if (isinf(outer->total) || isinf(inner->total))
		return;
	startup = step_startup(step, outer, inner);
	total = step_total(step, outer, inner);
	for (int k = 0; k < block->norders; k++)
		if (block->satisfies[step->outer_order] & ((uint32) 1 << k))
			state_offer(block, &states[k], k, startup, total,
						outer->penalty + inner->penalty, number,
						step->outer_order);
}

/*
 * The best access for a join that looks the inner table up per outer row; false
 * when there is none.
 */
static bool
param_best(const PlanSpace *space, const Block *block, const JoinStep *step,
		   State *inner)
{
	const Leaf *leaf = &block->leaves[block->nodes[step->inner].leaf];
	const Slot *slot = &leaf->params[step->slot];
	double		best = get_float8_infinity();

	for (int i = 0; i < slot->nfront; i++)
	{
		const Access *access = &slot->access[slot->front[i]];
		double		penalty = space->penalties == NULL ? 0 :
		access_penalty(space, leaf->place, access);
		double		value = step->total.inner_startup * access->startup +
		step->total.inner_total * access->total + penalty;

		if (value >= best)
			continue;
		best = value;
		inner->startup = access->startup;
		inner->total = access->total;
		inner->penalty = penalty;
		inner->choice = slot->front[i];
	}
	return slot->nfront > 0;
}

/*
 * Try one join.
 */
static void
step_evaluate(PlanSpace *space, Block *block, int number)
{
	const JoinStep *step = &block->steps[number];
	const State *inner = &block->states[step->inner * block->norders];
	State		looked_up;

	switch (step->kind)
	{
		case STEP_HASH:
			step_over_outer(block, number, inner, true);
			break;
		case STEP_NEST:
			step_over_outer(block, number, inner, false);
			break;
		case STEP_NEST_PARAM:
			if (param_best(space, block, step, &looked_up))
				step_over_outer(block, number, &looked_up, false);
			break;
		case STEP_MERGE:
			step_merge(block, number);
			break;
	}
}

/*
 * Fill the states of a node from those below it; those of a leaf are there.
 */
static void
node_evaluate(PlanSpace *space, Block *block, int number)
{
	const RelNode *node = &block->nodes[number];
	State	   *states = &block->states[number * block->norders];

	for (int k = 0; k < block->norders; k++)
	{
		if (node->leaf >= 0)
		{
			states[k] = block->leaves[node->leaf].chosen[k];
			continue;
		}
		states[k].startup = states[k].total = get_float8_infinity();
		states[k].penalty = 0;
		states[k].choice = CHOICE_NONE;
	}
	for (int i = 0; i < node->nsteps; i++)
		step_evaluate(space, block, node->first_step + i);
	if (isinf(states[ORDER_ANY].total))
		return;
	for (int k = 1; k < block->norders; k++)
		if (node->sort_run[k] >= 0 && k != block->query_order)
			state_offer(block, &states[k], k,
						states[ORDER_ANY].total + node->sort_startup[k],
						states[ORDER_ANY].total + node->sort_startup[k] +
						node->sort_run[k], states[ORDER_ANY].penalty,
						CHOICE_SORT, ORDER_ANY);
}

/*
 * The upper part's share of the cost over rows in any order that cost "unordered".  With
 * penalties the cheapest plan need not be the one that decides how groups are
 * made: the least that it can be.
 */
static inline double
above_unordered(const PlanSpace *space, const Block *block, double unordered)
{
	if (space->penalties != NULL ? block->hashed_below > 0 :
		unordered < block->hashed_below)
		return block->above_hashed;
	return block->above;
}

/*
 * The order in which the top node serves the upper part best, and the cost of
 * the level with it.
 */
static int
upper_best(const PlanSpace *space, const Block *block, double *cost,
		   double *penalty)
{
	const State *top = &block->states[block->top * block->norders];
	int			any = block->first_rows >= 0 ? block->first_rows : ORDER_ANY;
	int			query = block->query_order;
	double		ordered;

	*cost = block_objective(block, any, top[any].startup, top[any].total);
	*cost += above_unordered(space, block, *cost);
	*penalty = top[any].penalty;
	if (query < 0 || isinf(top[query].total))
		return any;
	ordered = block_objective(block, query, top[query].startup,
							  top[query].total) + block->above_ordered;
	if (ordered + top[query].penalty >= *cost + *penalty)
		return any;
	*cost = ordered;
	*penalty = top[query].penalty;
	return query;
}

/*
 * Evaluate a block: its cost with the candidates that exist, or the least of
 * cost and penalties.
 */
void
block_evaluate(PlanSpace *space, Block *block)
{
	bool		like_planner = space->like_planner && space->penalties == NULL;
	uint64		changed = block->evaluated &&
	block->like_planner == like_planner ? 0 : ~UINT64CONST(0);
	double		cost;
	double		penalty;

	if (block->top < 0)
		return;
	block->like_planner = like_planner;
	for (int i = 0; i < block->nordered; i++)
	{
		int			number = block->ordered[i];
		const RelNode *node = &block->nodes[number];

		/* Leaves come first: what none of the changed ones is in stays. */
		if (node->leaf >= 0 && leaf_evaluate(space, block, number))
			changed |= node->leaves;
		if (node->leaves & changed)
			node_evaluate(space, block, number);
	}
	block->evaluated = true;
	(void) upper_best(space, block, &cost, &penalty);
	block->now = cost;
	block->now_penalty = penalty;
}

/*
 * Evaluate the statement.  Returns its cost; *penalty becomes that of the
 * candidates used.
 */
double
space_evaluate(PlanSpace *space, double *penalty)
{
	double		cost = space->base_cost;

	*penalty = 0;
	for (int i = 0; i < space->nblocks; i++)
	{
		Block	   *block = &space->blocks[i];

		block_evaluate(space, block);
		cost += block->coefficient * (block->now - block->base_cost);
		if (block->coefficient > 0)
			*penalty += block->now_penalty;
	}
	return cost;
}

/*
 * Add the candidates of an access to the set, or where "by_place" is set their
 * entries for this place.
 */
static Bitmapset *
add_members(const PlanSpace *space, Bitmapset *used, int place,
			const Access *access, bool by_place)
{
	for (int i = 0; i < access->nmembers; i++)
		used = bms_add_member(used, by_place ?
							  planspace_entry(space, place,
											  access->members[i]) :
							  access->members[i]);
	return used;
}

/*
 * Add the candidates that a node in an order uses, by the states of the last
 * evaluation.
 */
static Bitmapset *
node_used(const PlanSpace *space, const Block *block, int number, int order,
		  bool by_place, Bitmapset *used)
{
	const Leaf *leaf;
	const RelNode *node = &block->nodes[number];
	const State *state = &block->states[number * block->norders + order];
	const JoinStep *step;
	State		looked_up;

	if (state->choice == CHOICE_SORT)
		return node_used(space, block, number, state->from, by_place, used);
	if (state->choice < 0)
		return used;
	if (node->leaf >= 0)
	{
		leaf = &block->leaves[node->leaf];
		return add_members(space, used, leaf->place,
						   &leaf->ordered[state->from].access[state->choice],
						   by_place);
	}
	step = &block->steps[state->choice];
	used = node_used(space, block, step->outer, state->from, by_place, used);
	if (step->kind == STEP_MERGE)
		return node_used(space, block, step->inner, step->inner_order,
						 by_place, used);
	if (step->kind != STEP_NEST_PARAM)
		return node_used(space, block, step->inner, ORDER_ANY, by_place, used);
	leaf = &block->leaves[block->nodes[step->inner].leaf];
	if (param_best(space, block, step, &looked_up))
		used = add_members(space, used, leaf->place,
						   &leaf->params[step->slot].access[looked_up.choice],
						   by_place);
	return used;
}

/*
 * The candidates that the plan of the last evaluation uses, or their entries.
 */
static Bitmapset *
space_used(const PlanSpace *space, bool by_place)
{
	Bitmapset  *used = NULL;

	for (int i = 0; i < space->nblocks; i++)
	{
		const Block *block = &space->blocks[i];
		double		cost;
		double		penalty;

		if (block->top >= 0)
			used = node_used(space, block, block->top,
							 upper_best(space, block, &cost, &penalty), by_place,
							 used);
	}
	return used;
}

/* What stands for no candidates, and for no penalties. */
#define NOTHING_OFFERED UINT64CONST(1)
#define NOTHING_PENALIZED UINT64CONST(2)

/*
 * Note which candidates exist, in all and by place.
 */
static void
offer_members(PlanSpace *space, const Bitmapset *members)
{
	int			id = -1;

	space->penalties = NULL;
	memset(space->in, false, (space->max_id + 1) * sizeof(bool));
	for (int place = 0; place < space->nplaces; place++)
		space->offered[place] = NOTHING_OFFERED;
	while ((id = bms_next_member(members, id)) >= 0 && id <= space->max_id)
	{
		uint64		fingerprint = hash_bytes_uint32_extended((uint32) id, 0);

		space->in[id] = true;
		for (int place = 0; place < space->nplaces; place++)
			if (bms_is_member(id, space->readable[place]))
				space->offered[place] ^= fingerprint;
	}
}

/*
 * Note the penalties, in all and by place.
 */
static void
offer_penalties(PlanSpace *space, const double *penalties)
{
	space->penalties = penalties;
	for (int place = 0; place < space->nplaces; place++)
	{
		uint64		fingerprint = NOTHING_PENALIZED;
		int			id = -1;

		while ((id = bms_next_member(space->readable[place], id)) >= 0)
		{
			uint64		bits;

			memcpy(&bits, &penalties[planspace_entry(space, place, id)],
				   sizeof(bits));
			fingerprint = hash_combine64(fingerprint, bits);
		}
		space->offered[place] = fingerprint;
	}
}

/*
 * space_evaluate() for what was offered last.
 */
static double
evaluate_offered(PlanSpace *space, double *penalty)
{
	double		cost;

	space->tracked = true;
	cost = space_evaluate(space, penalty);
	space->tracked = false;
	return cost;
}

/*
 * Cost with exactly these candidates; see planspace.h.
 */
double
planspace_cost(PlanSpace *space, const Bitmapset *members, Bitmapset **used)
{
	double		penalty;
	double		cost;

	if (space->plain != NULL && !bms_overlap(members, space->informing))
		return planspace_cost(space->plain, members, used);
	offer_members(space, members);
	cost = evaluate_offered(space, &penalty);
	if (used != NULL)
		*used = space_used(space, false);
	return cost;
}

/*
 * Least cost and penalties; see planspace.h.
 */
double
planspace_relaxed(PlanSpace *space, const double *penalties, Bitmapset **used,
				  double *cost)
{
	double		penalty;
	double		plain_cost;
	double		plain;
	Bitmapset  *plain_used;

	offer_penalties(space, penalties);
	*cost = evaluate_offered(space, &penalty);
	*used = space_used(space, true);
	space->penalties = NULL;
	if (space->plain == NULL)
		return *cost + penalty;
	plain = planspace_relaxed(space->plain, penalties, &plain_used, &plain_cost);
	if (plain >= *cost + penalty)
	{
		bms_free(plain_used);
		return *cost + penalty;
	}
	bms_free(*used);
	*used = plain_used;
	*cost = plain_cost;
	return plain;
}

/*
 * Cost with all candidates; see planspace.h.
 */
double
planspace_least_cost(PlanSpace *space)
{
	double		penalty;
	double		cost;

	memset(space->in, true, (space->max_id + 1) * sizeof(bool));
	space->penalties = NULL;
	space->like_planner = false;
	cost = space_evaluate(space, &penalty);
	space->like_planner = true;
	return space->plain == NULL ? cost :
		Min(cost, planspace_least_cost(space->plain));
}

/*
 * Number of entries by place and candidate; see planspace.h.
 */
int
planspace_entries(const PlanSpace *space)
{
	return space->nplaces * (space->max_id + 1);
}

/*
 * Number of places; see planspace.h.
 */
int
planspace_places(const PlanSpace *space)
{
	return space->nplaces;
}

/*
 * What an evaluation takes; see planspace.h.
 */
int
planspace_effort(const PlanSpace *space)
{
	int			effort = space->plain ? planspace_effort(space->plain) : 0;

	for (int b = 0; b < space->nblocks; b++)
	{
		const Block *block = &space->blocks[b];

		effort += block->nsteps * block->norders;
		for (int i = 0; i < block->nleaves; i++)
		{
			for (int k = 0; k < block->norders; k++)
				effort += block->leaves[i].ordered[k].naccess;
			for (int k = 0; k < block->leaves[i].nparams; k++)
				effort += block->leaves[i].params[k].naccess;
		}
	}
	return effort;
}

/*
 * Number of a place and a candidate; see planspace.h.
 */
int
planspace_entry(const PlanSpace *space, int place, int id)
{
	return place * (space->max_id + 1) + id;
}

/*
 * The candidates that may be read in a place; see planspace.h.
 */
const Bitmapset *
planspace_readable(const PlanSpace *space, int place)
{
	return space->readable[place];
}

/*
 * Cost without candidates; see planspace.h.
 */
double
planspace_base_cost(const PlanSpace *space)
{
	return space->plain != NULL ? space->plain->base_cost : space->base_cost;
}

/*
 * The candidates that matter; see planspace.h.
 */
const Bitmapset *
planspace_relevant(const PlanSpace *space)
{
	return space->relevant;
}
