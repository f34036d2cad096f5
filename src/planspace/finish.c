/*-------------------------------------------------------------------------
 *
 * finish.c
 *		Turn what was recorded of a query level into numbers that outlive the
 *		planner call.
 *
 * Entry point: block_finish().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "optimizer/cost.h"
#include "optimizer/paths.h"

#include "compat.h"
#include "planspace/planspace_internal.h"

/*
 * Cheapest of the paths by total cost.
 */
static Path *
cheapest_of(List *paths)
{
	Path	   *best = NULL;
	ListCell   *lc;

	foreach(lc, paths)
	{
		Path	   *path = (Path *) lfirst(lc);

		if (best == NULL || path->total_cost < best->total_cost)
			best = path;
	}
	return best;
}

/*
 * Share of its rows that the level reads before its LIMIT stops it, groups being
 * taken for equally large, as the planner takes them: what its cost says.
 */
static double
limit_share(RelOptInfo *output)
{
	Path	   *path = cheapest_of(output->pathlist);
	Path	   *below;

	if (!IsA(path, LimitPath))
		return 1;
	below = ((LimitPath *) path)->subpath;
	if (below->total_cost <= below->startup_cost)
		return 1;
	return (path->total_cost - below->startup_cost) /
		(below->total_cost - below->startup_cost);
}

/*
 * Must the upper part read all rows before it returns the first?
 */
static bool
reads_all_rows(const Query *parse)
{
	return parse->hasAggs || parse->groupClause != NIL ||
		parse->groupingSets != NIL || parse->distinctClause != NIL ||
		parse->hasWindowFuncs || parse->setOperations != NULL ||
		parse->havingQual != NULL;
}

/*
 * Settle the orders of the block: those of its joins, the one that the upper
 * part wants, and any order with the first rows soon.
 */
static void
settle_orders(Block *block, RawBlock *raw, RelOptInfo *output)
{
	double		share = limit_share(output);

	block->first_rows = block->query_order = -1;
	/* A sort on top of another one reads all rows. */
	if (!pathkeys_contained_in(raw->root->sort_pathkeys,
							   raw->root->query_pathkeys))
		share = 1;
	if (raw->root->query_pathkeys != NIL)
	{
		/* not shared with a join's: it has a share of rows of its own */
		block->query_order = raw->norders++;
		raw->orders[block->query_order] = raw->root->query_pathkeys;
	}
	else if (share < 1 && !reads_all_rows(raw->root->parse))
	{
		block->first_rows = raw->norders++;
		raw->orders[block->first_rows] = NIL;
	}
	block->norders = raw->norders;
	block->fraction = (double *) palloc(block->norders * sizeof(double));
	block->satisfies = (uint32 *) palloc0(block->norders * sizeof(uint32));
	for (int i = 0; i < block->norders; i++)
	{
		block->fraction[i] = i == block->query_order ||
			i == block->first_rows ? share : 1;
		for (int j = 0; j < block->norders; j++)
			if (pathkeys_contained_in(raw->orders[j], raw->orders[i]))
				block->satisfies[i] |= (uint32) 1 << j;
	}
}

/*
 * Do the relations have the columns of an order?
 */
static bool
order_is_ours(Relids relids, List *pathkeys)
{
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, pathkeys)
	{
		EquivalenceClass *class = ((PathKey *) lfirst(lc))->pk_eclass;

		foreach(lc2, class->ec_members)
		{
			EquivalenceMember *member = (EquivalenceMember *) lfirst(lc2);

			if (!member->em_is_const && !member->em_is_child &&
				!bms_is_empty(member->em_relids) &&
				bms_is_subset(member->em_relids, relids))
				break;
		}
		if (lc2 == NULL)
			return false;
	}
	return true;
}

/*
 * What it costs to sort the rows of a node for each order of a merge join.
 */
static void
price_sorts(Block *block, RawBlock *raw, int number)
{
	RelNode    *node = &block->nodes[number];

	node->sort_startup = (double *) palloc(block->norders * sizeof(double));
	node->sort_run = (double *) palloc(block->norders * sizeof(double));
	for (int i = 0; i < block->norders; i++)
	{
		Path		sort;

		node->sort_run[i] = -1;
		if (raw->orders[i] == NIL ||
			!order_is_ours(raw->relids[number], raw->orders[i]))
			continue;
		cost_sort_compat(&sort, raw->root, raw->orders[i], 0.0,
						 raw->rows[number], raw->widths[number], work_mem);
		node->sort_startup[i] = sort.startup_cost;
		node->sort_run[i] = sort.total_cost - sort.startup_cost;
	}
}

/*
 * Order of accesses that do the same.
 */
static int
compare_access(const void *a, const void *b)
{
	const Access *left = (const Access *) a;
	const Access *right = (const Access *) b;

	if (left->total != right->total)
		return left->total < right->total ? -1 : 1;
	return left->nmembers - right->nmembers;
}

/*
 * Number the leaf's parameterisation by these relations has, or -1.
 */
static int
param_of(const Leaf *leaf, Relids outer)
{
	for (int i = 0; i < leaf->nparams; i++)
		if (bms_equal(leaf->outer[i], outer))
			return i;
	return -1;
}

/*
 * Add an access to a slot that has room for it.
 */
static void
slot_add(Slot *slot, const RawAccess *raw, int room)
{
	Access	   *access;

	if (slot->access == NULL)
		slot->access = (Access *) palloc(room * sizeof(Access));
	access = &slot->access[slot->naccess++];
	access->startup = raw->path->startup_cost;
	access->total = raw->path->total_cost;
	access->nmembers = raw->nmembers;
	memcpy(access->members, raw->members, sizeof(access->members));
}

/*
 * Put the accesses of a recorded relation into the slots of a leaf.
 */
static void
fill_slots(const Block *block, const RawBlock *rawblock, Leaf *leaf,
		   const RawLeaf *raw)
{
	int			most = list_length(raw->accesses);
	ListCell   *lc;

	foreach(lc, raw->accesses)
	{
		RawAccess  *access = (RawAccess *) lfirst(lc);
		Relids		outer = PATH_REQ_OUTER(access->path);
		int			param = outer == NULL ? -1 : param_of(leaf, outer);

		if (param >= 0)
			slot_add(&leaf->params[param], access, most);
		for (int i = 0; outer == NULL && i < block->norders; i++)
			if (pathkeys_contained_in(rawblock->orders[i],
									  access->path->pathkeys))
				slot_add(&leaf->ordered[i], access, most);
	}
	for (int i = 0; i < block->norders; i++)
		qsort(leaf->ordered[i].access, leaf->ordered[i].naccess,
			  sizeof(Access), compare_access);
	for (int i = 0; i < leaf->nparams; i++)
	{
		qsort(leaf->params[i].access, leaf->params[i].naccess,
			  sizeof(Access), compare_access);
		leaf->params[i].front = (int *)
			palloc0(Max(leaf->params[i].naccess, 1) * sizeof(int));
	}
}

/*
 * Number of the block of a level that is finished, or -1.
 */
static int
block_number_of(const Recording *recording, const PlannerInfo *root)
{
	ListCell   *lc;

	foreach(lc, recording->blocks)
	{
		RawBlock   *raw = (RawBlock *) lfirst(lc);

		if (raw->root == root)
			return raw->number;
	}
	return -1;
}

/*
 * Tell a leaf which blocks are part of it; they have no share of their own in
 * the statement's cost.
 */
static void
link_children(Recording *recording, Leaf *leaf, const RawLeaf *raw)
{
	ListCell   *lc;

	leaf->children = (int *) palloc(Max(list_length(raw->subroots), 1) *
									sizeof(int));
	foreach(lc, raw->subroots)
	{
		int			number = block_number_of(recording,
											 (PlannerInfo *) lfirst(lc));

		if (number < 0)
			continue;
		leaf->children[leaf->nchildren++] = number;
		recording->space->blocks[number].coefficient = 0;
	}
}

/*
 * Turn the relations of a block into leaves.
 */
static void
make_leaves(Recording *recording, Block *block, RawBlock *raw)
{
	ListCell   *lc;

	block->leaves = (Leaf *) palloc0(Max(list_length(raw->leaves), 1) *
									 sizeof(Leaf));
	foreach(lc, raw->leaves)
	{
		RawLeaf    *from = (RawLeaf *) lfirst(lc);
		Leaf	   *leaf = &block->leaves[block->nleaves];

		leaf->relid = from->rel->relid;
		leaf->reloid = from->reloid;
		leaf->ordered = (Slot *) palloc0(block->norders * sizeof(Slot));
		leaf->nparams = from->nparams;
		leaf->outer = (Relids *) palloc0(Max(from->nparams, 1) *
										 sizeof(Relids));
		leaf->params = (Slot *) palloc0(Max(from->nparams, 1) * sizeof(Slot));
		leaf->chosen = (State *) palloc0(block->norders * sizeof(State));
		for (int i = 0; i < from->nparams; i++)
			leaf->outer[i] = bms_copy(from->outer[i]);
		fill_slots(block, raw, leaf, from);
		link_children(recording, leaf, from);
		block->nodes[from->node].leaf = block->nleaves++;
	}
}

/*
 * The leaves of a node, as RelNode.leaves has them.
 */
static uint64
leaf_set(const RawBlock *raw, int number)
{
	uint64		leaves = 0;
	int			i = 0;
	ListCell   *lc;

	foreach(lc, raw->leaves)
	{
		if (bms_is_subset(((RawLeaf *) lfirst(lc))->rel->relids,
						  raw->relids[number]))
			leaves |= UINT64CONST(1) << (i % 64);
		i++;
	}
	return leaves;
}

/*
 * Turn what was recorded of nodes and joins into a block.
 */
static void
make_nodes(Block *block, RawBlock *raw)
{
	block->nnodes = raw->nnodes;
	block->top = -1;
	block->nodes = (RelNode *) palloc0(Max(raw->nnodes, 1) * sizeof(RelNode));
	for (int i = 0; i < raw->nnodes; i++)
	{
		block->nodes[i].leaf = -1;
		block->nodes[i].level = raw->levels[i];
		block->nodes[i].leaves = leaf_set(raw, i);
		price_sorts(block, raw, i);
		if (block->top < 0 || raw->levels[i] > raw->levels[block->top])
			block->top = i;
	}
	block->nsteps = raw->nsteps;
	block->steps = (JoinStep *) palloc(Max(raw->nsteps, 1) * sizeof(JoinStep));
	if (raw->nsteps > 0)
		memcpy(block->steps, raw->steps, raw->nsteps * sizeof(JoinStep));
}

/*
 * A new block in the space; "number" is its number.
 */
static Block *
new_block(PlanSpace *space, int number)
{
	if (space->blocks == NULL)
		space->blocks = (Block *) palloc0((number + 1) * sizeof(Block));
	else
		space->blocks = (Block *) repalloc(space->blocks,
										   (number + 1) * sizeof(Block));
	memset(&space->blocks[number], 0, sizeof(Block));
	space->nblocks = number + 1;
	return &space->blocks[number];
}

/*
 * Does any access of the block need a candidate?
 */
static bool
uses_candidates(const RawBlock *raw)
{
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, raw->leaves)
		foreach(lc2, ((RawLeaf *) lfirst(lc))->accesses)
	{
		if (((RawAccess *) lfirst(lc2))->nmembers > 0)
			return true;
	}
	return false;
}

/*
 * Has the planner tried to read MIN or MAX off an index?  It plans a level of
 * its own for that, which ends before its upper part.
 */
static bool
tries_minmax(const Recording *recording, const RawBlock *block)
{
	ListCell   *lc;

	foreach(lc, recording->blocks)
	{
		RawBlock   *other = (RawBlock *) lfirst(lc);

		if (other->number < 0 && other->root->parent_root == block->root &&
			uses_candidates(other))
			return true;
	}
	return false;
}

/*
 * Finish a level: make its block, or note the cost of its upper part over
 * ordered rows.
 */
void
block_finish(Recording *recording, RawBlock *raw, RelOptInfo *output)
{
	PlanSpace  *space = recording->space;
	double		cost = cheapest_of(output->pathlist)->total_cost;
	MemoryContext old;
	Block	   *block;

	if (recording->orders != NULL)
	{
		orders_note(recording->orders, raw->number, cost);
		return;
	}
	if (raw->correlated && uses_candidates(raw))
		recording->reason = "a subquery that runs once per row";
	if (tries_minmax(recording, raw))
		recording->reason = "MIN or MAX of a table";
	recording->failed |= recording->reason != NULL;
	if (recording->failed)
		return;
	old = MemoryContextSwitchTo(space->context);
	block = new_block(space, raw->number);
	block->coefficient = 1;
	block->base_cost = cost;
	block->now = cost;
	block->joined = raw->joined;
	block->hashed_below = raw->hashed_below;
	block->above_hashed = raw->hashed_saving;
	settle_orders(block, raw, output);
	make_nodes(block, raw);
	make_leaves(recording, block, raw);
	block_order_steps(space, block);
	MemoryContextSwitchTo(old);
}
