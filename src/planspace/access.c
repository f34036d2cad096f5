/*-------------------------------------------------------------------------
 *
 * access.c
 *		Price the access paths of a relation, candidate by candidate.
 *
 * A candidate is priced on a copy of the relation that has no other index, so
 * that none of its paths loses against another index's before it is seen.
 * What takes several candidates together, the arms of an OR, comes from copies
 * that have two of them, and one that has them all.
 * Entry points: leaf_record(), leaf_record_member().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "miscadmin.h"
#include "optimizer/paths.h"
#include "optimizer/restrictinfo.h"
#include "utils/rel.h"

#include "planspace/planspace_internal.h"

/* Candidates that are tried together on one relation. */
#define MAX_TOGETHER 60

/* The same, each with each. */
#define MAX_PAIRED 40

/*
 * Add a path to the leaf; those that some rows of other relations must be
 * known for have an index or bitmap scan below.
 */
static void
add_access(RawLeaf *leaf, Path *path, const int *members, int nmembers)
{
	RawAccess  *access;

	if (PATH_REQ_OUTER(path) != NULL && !IsA(path, IndexPath) &&
		!IsA(path, BitmapHeapPath))
		return;
	access = (RawAccess *) palloc0(sizeof(RawAccess));
	access->path = path;
	access->nmembers = nmembers;
	for (int i = 0; i < nmembers; i++)
		access->members[i] = members[i];
	leaf->accesses = lappend(leaf->accesses, access);
}

/*
 * A copy of the relation with these indexes and the paths that they give it.
 */
static RelOptInfo *
relation_with(PlannerInfo *root, RelOptInfo *rel, List *infos)
{
	RelOptInfo *copy = makeNode(RelOptInfo);

	memcpy(copy, rel, sizeof(RelOptInfo));
	copy->pathlist = NIL;
	copy->partial_pathlist = NIL;
	copy->ppilist = list_copy(rel->ppilist);
	copy->consider_parallel = false;
	copy->indexlist = infos;
	check_index_predicates(root, copy);
	create_index_paths(root, copy);
	return copy;
}

/*
 * The candidate whose index is this one, or -1.
 */
static int
candidate_of(List *candidates, Oid reloid, Oid indexoid)
{
	ListCell   *lc;

	foreach(lc, candidates)
	{
		SpaceCandidate *candidate = (SpaceCandidate *) lfirst(lc);

		const HypoIndex *index = hypo_index_on_table(candidate->index, reloid);

		if (index != NULL && index->oid == indexoid)
			return candidate->id;
	}
	return -1;
}

/*
 * Add the candidates below a bitmap path to "members"; false when one is
 * unknown or when there are too many.
 */
static bool
bitmap_members(Path *path, List *candidates, Oid reloid, int *members,
			   int *nmembers)
{
	List	   *below = NIL;
	ListCell   *lc;

	if (IsA(path, BitmapAndPath))
		below = ((BitmapAndPath *) path)->bitmapquals;
	else if (IsA(path, BitmapOrPath))
		below = ((BitmapOrPath *) path)->bitmapquals;
	else
	{
		int			id = candidate_of(candidates, reloid,
									  castNode(IndexPath, path)->indexinfo->indexoid);

		for (int i = 0; i < *nmembers; i++)
			if (members[i] == id)
				return true;
		if (id < 0 || *nmembers == MAX_ACCESS_MEMBERS)
			return false;
		members[(*nmembers)++] = id;
		return true;
	}
	foreach(lc, below)
	{
		if (!bitmap_members((Path *) lfirst(lc), candidates, reloid, members,
							nmembers))
			return false;
	}
	return true;
}

/*
 * Price the candidates of one table that the list names, each by itself.
 * Returns their descriptions.
 */
static List *
price_each(PlannerInfo *root, RelOptInfo *rel, Relation relation,
		   RawLeaf *leaf, List *candidates)
{
	List	   *infos = NIL;
	ListCell   *lc;

	foreach(lc, candidates)
	{
		SpaceCandidate *candidate = (SpaceCandidate *) lfirst(lc);
		const HypoIndex *index = hypo_index_on_table(candidate->index,
													 leaf->reloid);
		IndexOptInfo *info;
		RelOptInfo *copy;
		ListCell   *lc2;

		CHECK_FOR_INTERRUPTS();
		if (index == NULL)
			continue;
		info = hypo_index_info(index, rel, relation);
		copy = relation_with(root, rel, list_make1(info));
		foreach(lc2, copy->pathlist)
			add_access(leaf, (Path *) lfirst(lc2), &candidate->id, 1);
		infos = lappend(infos, info);
	}
	return infos;
}

/*
 * Does a clause of the relation have arms that may each want an index?
 */
static bool
has_or_clause(RelOptInfo *rel)
{
	ListCell   *lc;

	foreach(lc, rel->baserestrictinfo)
	{
		if (restriction_is_or_clause((RestrictInfo *) lfirst(lc)))
			return true;
	}
	foreach(lc, rel->joininfo)
	{
		if (restriction_is_or_clause((RestrictInfo *) lfirst(lc)))
			return true;
	}
	return false;
}

/*
 * Price what takes several candidates of these.
 */
static void
price_several(PlannerInfo *root, RelOptInfo *rel, RawLeaf *leaf,
			  List *candidates, List *infos)
{
	RelOptInfo *copy = relation_with(root, rel, infos);
	ListCell   *lc;

	foreach(lc, copy->pathlist)
	{
		Path	   *path = (Path *) lfirst(lc);
		int			members[MAX_ACCESS_MEMBERS];
		int			nmembers = 0;

		if (IsA(path, BitmapHeapPath) &&
			bitmap_members(((BitmapHeapPath *) path)->bitmapqual, candidates,
						   leaf->reloid, members, &nmembers) && nmembers > 1)
			add_access(leaf, path, members, nmembers);
	}
}

/*
 * Price what takes several candidates: all there are, and any two, since fewer may
 * exist.
 */
static void
price_together(PlannerInfo *root, RelOptInfo *rel, RawLeaf *leaf,
			   List *candidates, List *infos)
{
	int			count = list_length(infos);

	if (count > 2 && count <= MAX_TOGETHER)
		price_several(root, rel, leaf, candidates, infos);
	for (int i = 0; i < Min(count, MAX_PAIRED); i++)
		for (int j = 0; j < i; j++)
		{
			CHECK_FOR_INTERRUPTS();
			price_several(root, rel, leaf, candidates,
						  list_make2(list_nth(infos, i), list_nth(infos, j)));
		}
}

/*
 * Price what the candidates on the table bring.
 */
static void
price_candidates(Recording *recording, PlannerInfo *root, RelOptInfo *rel,
				 RawLeaf *leaf)
{
	Relation	relation = table_open(leaf->reloid, NoLock);
	List	   *infos = price_each(root, rel, relation, leaf,
								   recording->candidates);

	if (has_or_clause(rel))
		price_together(root, rel, leaf, recording->candidates, infos);
	table_close(relation, NoLock);
}

/*
 * Number the parameterisations of the leaf's paths.
 */
static void
number_params(RawLeaf *leaf)
{
	ListCell   *lc;
	int			most = list_length(leaf->accesses);

	leaf->outer = (Relids *) palloc(Max(most, 1) * sizeof(Relids));
	leaf->example = (Path **) palloc(Max(most, 1) * sizeof(Path *));
	foreach(lc, leaf->accesses)
	{
		Path	   *path = ((RawAccess *) lfirst(lc))->path;
		int			i = 0;

		if (PATH_REQ_OUTER(path) == NULL)
			continue;
		while (i < leaf->nparams &&
			   !bms_equal(leaf->outer[i], PATH_REQ_OUTER(path)))
			i++;
		if (i == leaf->nparams)
		{
			leaf->outer[i] = PATH_REQ_OUTER(path);
			leaf->example[leaf->nparams++] = path;
		}
	}
}

/*
 * The levels whose cost is part of this relation's.
 */
static List *
leaf_subroots(Recording *recording, PlannerInfo *root, RelOptInfo *rel)
{
	List	   *subroots = NIL;
	ListCell   *lc;

	if (rel->subroot != NULL)
		subroots = lappend(subroots, rel->subroot);
	foreach(lc, recording->child_levels)
	{
		List	   *pair = (List *) lfirst(lc);

		if (intVal(lsecond(pair)) == (int) rel->relid &&
			((PlannerInfo *) linitial(pair))->parent_root == root)
			subroots = lappend(subroots, linitial(pair));
	}
	return subroots;
}

/*
 * A relation with the ways to read it that the planner knows, and those that
 * candidates bring.
 */
static RawLeaf *
leaf_make(Recording *recording, PlannerInfo *root, RelOptInfo *rel,
		  RangeTblEntry *rte)
{
	RawLeaf    *leaf = (RawLeaf *) palloc0(sizeof(RawLeaf));
	ListCell   *lc;

	leaf->rel = rel;
	if (rel->lateral_relids != NULL)
	{
		recording->failed = true;
		recording->reason = "LATERAL";
	}
	foreach(lc, rel->pathlist)
		add_access(leaf, (Path *) lfirst(lc), NULL, 0);
	if (rte->rtekind == RTE_RELATION && !rte->inh && !IS_DUMMY_REL(rel))
	{
		leaf->reloid = rte->relid;
		price_candidates(recording, root, rel, leaf);
	}
	return leaf;
}

/*
 * Record a relation with all ways to read it.
 */
RawLeaf *
leaf_record(Recording *recording, RawBlock *block, RelOptInfo *rel,
			RangeTblEntry *rte)
{
	RawLeaf    *leaf = leaf_make(recording, block->root, rel, rte);

	leaf->node = raw_node_of(block, rel->relids, true);
	block->rows[leaf->node] = rel->rows;
	block->widths[leaf->node] = rel->reltarget->width;
	leaf->subroots = leaf_subroots(recording, block->root, rel);
	append_record(recording, block->root, rel, leaf);
	number_params(leaf);
	return leaf;
}

/*
 * Record a member of a UNION ALL, which is no node of the block.
 */
void
leaf_record_member(Recording *recording, RawBlock *block, RelOptInfo *rel,
				   RangeTblEntry *rte)
{
	if (!IS_DUMMY_REL(rel))
		append_note_member(recording, block->root,
						   block->root->append_rel_array[rel->relid]->parent_relid,
						   leaf_make(recording, block->root, rel, rte));
}
