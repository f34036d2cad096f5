/*-------------------------------------------------------------------------
 *
 * record.c
 *		Watch the planner: which query levels there are, which relations they
 *		join, and in which orders rows are of use.
 *
 * Everything here happens inside a planner call and lives in its memory; what
 * outlives it is made by finish.c when a level is done.
 * Entry point: planspace_recorder.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/bitmapset.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"

#include "planspace/planspace_internal.h"

/*
 * Is the level run once per row of a level around it?  While such a level is
 * planned, the one that gives it values has them listed.
 */
static bool
level_is_correlated(PlannerInfo *root)
{
	for (PlannerInfo *outer = root->parent_root; outer != NULL;
		 outer = outer->parent_root)
		if (outer->plan_params != NIL)
			return true;
	return false;
}

/*
 * Make a block for a level.
 */
static RawBlock *
raw_block_make(Recording *recording, PlannerInfo *root)
{
	RawBlock   *block = (RawBlock *) palloc0(sizeof(RawBlock));
	HASHCTL		control;

	memset(&control, 0, sizeof(control));
	control.keysize = sizeof(Relids);
	control.entrysize = sizeof(RawNode);
	control.hash = bitmap_hash;
	control.match = bitmap_match;
	control.hcxt = recording->context;
	block->nodes = hash_create("dbadvisor plan space nodes", 64, &control,
							   HASH_ELEM | HASH_FUNCTION | HASH_COMPARE |
							   HASH_CONTEXT);
	control.keysize = sizeof(uint64);
	control.entrysize = sizeof(uint64);
	block->pairs = hash_create("dbadvisor plan space pairs", 64, &control,
							   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	block->root = root;
	block->norders = 1;			/* ORDER_ANY */
	block->correlated = level_is_correlated(root);
	block->number = -1;
	return block;
}

/*
 * The block of a level, made when it is seen first.
 */
RawBlock *
raw_block_of(Recording *recording, PlannerInfo *root)
{
	MemoryContext old;
	RawBlock   *block;
	ListCell   *lc;

	foreach(lc, recording->blocks)
	{
		if (((RawBlock *) lfirst(lc))->root == root)
			return (RawBlock *) lfirst(lc);
	}
	old = MemoryContextSwitchTo(recording->context);
	block = raw_block_make(recording, root);
	recording->blocks = lappend(recording->blocks, block);
	MemoryContextSwitchTo(old);
	return block;
}

/*
 * Make room for one more node.
 */
static void
reserve_node(RawBlock *block)
{
	if (block->nnodes < block->capacity)
		return;
	if (block->capacity == 0)
	{
		block->capacity = 32;
		block->relids = (Relids *) palloc(32 * sizeof(Relids));
		block->levels = (int *) palloc(32 * sizeof(int));
		block->rows = (double *) palloc(32 * sizeof(double));
		block->widths = (int *) palloc(32 * sizeof(int));
		return;
	}
	block->capacity *= 2;
	block->relids = (Relids *) repalloc(block->relids,
										block->capacity * sizeof(Relids));
	block->levels = (int *) repalloc(block->levels,
									 block->capacity * sizeof(int));
	block->rows = (double *) repalloc(block->rows,
									  block->capacity * sizeof(double));
	block->widths = (int *) repalloc(block->widths,
									 block->capacity * sizeof(int));
}

/*
 * Number of the node of these relations; -1 if there is none and none is to be
 * made.  The caller is in the recording's memory context.
 */
int
raw_node_of(RawBlock *block, Relids relids, bool make)
{
	RawNode    *node;
	bool		found;

	node = (RawNode *) hash_search(block->nodes, &relids,
								   make ? HASH_ENTER : HASH_FIND, &found);
	if (found)
		return node->number;
	if (!make)
		return -1;
	reserve_node(block);
	node->relids = bms_copy(relids);
	node->number = block->nnodes;
	block->relids[block->nnodes] = node->relids;
	block->levels[block->nnodes] = bms_num_members(relids);
	return block->nnodes++;
}

/*
 * Number of an order of rows; ORDER_ANY when there are too many.
 */
int
raw_order_of(Recording *recording, RawBlock *block, List *pathkeys)
{
	MemoryContext old;

	for (int i = 1; i < block->norders; i++)
		if (compare_pathkeys(block->orders[i], pathkeys) == PATHKEYS_EQUAL)
			return i;
	/* Two places are kept for the orders that the upper part wants. */
	if (pathkeys == NIL || block->norders >= MAX_ORDERS - 2)
		return ORDER_ANY;
	old = MemoryContextSwitchTo(recording->context);
	block->orders[block->norders] = list_copy(pathkeys);
	MemoryContextSwitchTo(old);
	return block->norders++;
}

/*
 * Size of a path node that can be copied, or 0.
 */
static Size
path_size(const Path *path)
{
	switch (nodeTag(path))
	{
		case T_Path:
			return sizeof(Path);
		case T_IndexPath:
			return sizeof(IndexPath);
		case T_BitmapHeapPath:
			return sizeof(BitmapHeapPath);
		case T_NestPath:
			return sizeof(NestPath);
		case T_MergePath:
			return sizeof(MergePath);
		case T_HashPath:
			return sizeof(HashPath);
		default:
			return 0;
	}
}

/*
 * Give the relation a path that costs nothing and comes in the order that the
 * upper part wants: what the level costs then is the cost of the upper part.
 * The plan made of it is never run.
 */
static void
add_ordered_path(PlannerInfo *root, RelOptInfo *rel, SpaceOrders *orders)
{
	ListCell   *lc;

	foreach(lc, rel->pathlist)
	{
		Path	   *path = (Path *) lfirst(lc);
		Size		size = path_size(path);
		Path	   *copy;

		if (size == 0 || PATH_REQ_OUTER(path) != NULL)
			continue;
		copy = (Path *) palloc(size);
		memcpy(copy, path, size);
		copy->pathkeys = root->query_pathkeys;
		copy->startup_cost = 0;
		copy->total_cost = 0;
		add_path(rel, copy);
		orders->spoiled = true;
		return;
	}
}

/*
 * Are these all relations of the level?
 */
static bool
is_top(PlannerInfo *root, RelOptInfo *rel)
{
	return bms_is_subset(root->all_baserels, rel->relids);
}

/*
 * Note what the planner pays for all relations of the level, each time that it
 * has found another way: the last one stands.  It may be up to a hundredth
 * above the cheapest, since add_path() takes close costs for equal.
 */
static void
note_joined(RawBlock *block, const RelOptInfo *rel)
{
	ListCell   *lc;

	block->joined = 0;
	foreach(lc, rel->pathlist)
	{
		const Path *path = (const Path *) lfirst(lc);

		if (PATH_REQ_OUTER(path) == NULL &&
			(block->joined == 0 || path->total_cost < block->joined))
			block->joined = path->total_cost;
	}
}

/*
 * The base relation of which this is a member, by inheritance or UNION ALL.
 */
static Index
base_parent(PlannerInfo *root, Index relid)
{
	while (root->append_rel_array != NULL &&
		   root->append_rel_array[relid] != NULL)
		relid = root->append_rel_array[relid]->parent_relid;
	return relid;
}

/*
 * Is there a candidate on the table?
 */
static bool
has_candidate(const Recording *recording, Oid reloid)
{
	ListCell   *lc;

	foreach(lc, recording->candidates)
	{
		HypoIndex  *index = ((SpaceCandidate *) lfirst(lc))->index;
		ListCell   *leaf;

		if (index->relid == reloid)
			return true;
		foreach(leaf, index->leaves)
			if (((HypoIndex *) lfirst(leaf))->relid == reloid)
			return true;
	}
	return false;
}

/*
 * Is this a member of a UNION ALL that is a relation of the level?
 */
static bool
is_union_member(PlannerInfo *root, const RelOptInfo *rel)
{
	Index		parent = root->append_rel_array[rel->relid]->parent_relid;

	return root->append_rel_array[parent] == NULL &&
		root->simple_rte_array[parent]->rtekind == RTE_SUBQUERY;
}

/*
 * Take notice of a member of an append relation: its subquery is part of the
 * parent's cost; candidates on a child table are beyond what we represent.
 */
static void
member_record(Recording *recording, RawBlock *block, RelOptInfo *rel,
			  RangeTblEntry *rte)
{
	if (is_union_member(block->root, rel))
		leaf_record_member(recording, block, rel, rte);
	else if (rte->rtekind == RTE_RELATION &&
			 has_candidate(recording, rte->relid))
	{
		recording->failed = true;
		recording->reason = "a candidate is on a partition or child table";
	}
	if (rel->subroot != NULL)
		recording->child_levels =
			lappend(recording->child_levels,
					list_make2(rel->subroot,
							   makeInteger((int) base_parent(block->root,
															 rel->relid))));
}

/*
 * WhatIfRecorder: a relation has its paths.
 */
static void
relation_seen(PlannerInfo *root, RelOptInfo *rel, RangeTblEntry *rte,
			  void *arg)
{
	Recording  *recording = (Recording *) arg;
	RawBlock   *block;
	MemoryContext old;

	CHECK_FOR_INTERRUPTS();
	if (recording->failed)
		return;
	block = raw_block_of(recording, root);
	if (recording->orders != NULL)
	{
		if (root->query_pathkeys != NIL && rel->reloptkind == RELOPT_BASEREL &&
			is_top(root, rel))
			add_ordered_path(root, rel, recording->orders);
		return;
	}
	old = MemoryContextSwitchTo(recording->context);
	if (rel->reloptkind == RELOPT_BASEREL && is_top(root, rel))
		note_joined(block, rel);
	if (rel->reloptkind == RELOPT_BASEREL)
		block->leaves = lappend(block->leaves,
								leaf_record(recording, block, rel, rte));
	else if (rel->reloptkind == RELOPT_OTHER_MEMBER_REL)
		member_record(recording, block, rel, rte);
	MemoryContextSwitchTo(old);
}

/*
 * WhatIfRecorder: a pair of relations has its join paths.
 */
static void
join_seen(PlannerInfo *root, RelOptInfo *joinrel, RelOptInfo *outerrel,
		  RelOptInfo *innerrel, JoinType jointype, JoinPathExtraData *extra,
		  void *arg)
{
	Recording  *recording = (Recording *) arg;
	MemoryContext old;

	CHECK_FOR_INTERRUPTS();
	if (recording->failed || IS_OTHER_REL(joinrel))
		return;
	if (recording->orders != NULL)
	{
		if (root->query_pathkeys != NIL && is_top(root, joinrel))
			add_ordered_path(root, joinrel, recording->orders);
		return;
	}
	/* GEQO plans in a memory context that does not last. */
	old = MemoryContextSwitchTo(recording->context);
	if (is_top(root, joinrel))
		note_joined(raw_block_of(recording, root), joinrel);
	join_record(recording, raw_block_of(recording, root), joinrel, outerrel,
				innerrel, jointype, extra);
	MemoryContextSwitchTo(old);
}

/*
 * WhatIfRecorder: a stage above the joins has its paths; the last one ends the level.
 */
static void
upper_seen(PlannerInfo *root, UpperRelationKind stage,
		   RelOptInfo *output, void *arg)
{
	Recording  *recording = (Recording *) arg;
	RawBlock   *block;
	MemoryContext old;

	if (recording->failed || output->pathlist == NIL)
		return;
	if (stage == UPPERREL_GROUP_AGG && recording->orders == NULL)
		groups_record(raw_block_of(recording, root), output);
	if (stage != UPPERREL_FINAL)
		return;
	block = raw_block_of(recording, root);
	block->number = recording->nfinished++;
	old = MemoryContextSwitchTo(recording->context);
	block_finish(recording, block, output);
	MemoryContextSwitchTo(old);
}

/*
 * WhatIfRecorder: the planner wants to know statistics that come with a candidate.
 */
static void
statistics_seen(const HypoIndex *index, int column, void *arg)
{
	Recording  *recording = (Recording *) arg;

	if (recording->orders == NULL)
		inform_note(recording, index, column);
}

const WhatIfRecorder planspace_recorder = {
	.statistics = statistics_seen,
	.relation = relation_seen,
	.join = join_seen,
	.upper = upper_seen,
};
