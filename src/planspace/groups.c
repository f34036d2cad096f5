/*-------------------------------------------------------------------------
 *
 * groups.c
 *		Whether the rows of a level are grouped by sorting or by hashing.
 *
 * The planner takes costs for equal that differ by less than a hundredth, and of
 * two such plans prefers the one with sorted groups.  What is a hundredth of a
 * plan without candidates may be a tenth of one with them, so that the planner then
 * prefers the other.  Here its price is noted beside that of the groups sorted.
 * Entry point: groups_record().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/prep.h"
#include "optimizer/tlist.h"

#include "compat.h"
#include "planspace/planspace_internal.h"

/* Groups made of sorted rows. */
typedef struct SortedGroups
{
	Path	   *path;
	Path	   *input;			/* before it is sorted */
	List	   *clauses;		/* of the groups */
	List	   *having;
	double		count;			/* of groups */
} SortedGroups;

/*
 * The only path of a grouped relation, where it sorts the rows for its groups;
 * false where it does not, or where the number of groups is not known.
 */
static bool
sorted_groups(const RelOptInfo *grouped, SortedGroups *groups)
{
	Path	   *path = (Path *) linitial(grouped->pathlist);
	Path	   *sort;

	groups->path = path;
	if (list_length(grouped->pathlist) != 1)
		return false;
	if (IsA(path, AggPath))
	{
		const AggPath *agg = (const AggPath *) path;

		sort = agg->subpath;
		groups->clauses = agg->groupClause;
		groups->having = agg->qual;
		groups->count = agg->numGroups;
		if (agg->aggstrategy != AGG_SORTED || agg->aggsplit != AGGSPLIT_SIMPLE)
			return false;
	}
	else if (IsA(path, GroupPath))
	{
		const GroupPath *group = (const GroupPath *) path;

		sort = group->subpath;
		groups->clauses = group->groupClause;
		groups->having = group->qual;
		groups->count = path->rows;
		if (group->qual != NIL)
			return false;
	}
	else
		return false;
	if (!IsA(sort, SortPath))
		return false;
	groups->input = ((SortPath *) sort)->subpath;
	return true;
}

/*
 * The same groups, hashed; NULL where they cannot be.
 */
static Path *
hashed_groups(PlannerInfo *root, RelOptInfo *grouped,
			  const SortedGroups *sorted)
{
	AggClauseCosts costs;

	if (!enable_hashagg || root->parse->groupingSets != NIL ||
		root->numOrderedAggs > 0 || !grouping_is_hashable(sorted->clauses))
		return NULL;
	memset(&costs, 0, sizeof(costs));
	get_agg_clause_costs(root, AGGSPLIT_SIMPLE, &costs);
	return (Path *) create_agg_path(root, grouped, sorted->input,
									sorted->path->pathtarget, AGG_HASHED,
									AGGSPLIT_SIMPLE, sorted->clauses,
									sorted->having, &costs, sorted->count);
}

/*
 * What it costs to sort the groups as the statement wants them, where the groups
 * sorted are so already.
 */
static double
sort_after(PlannerInfo *root, const Path *sorted, const Path *hashed)
{
	Path		sort;

	if (root->sort_pathkeys == NIL ||
		!pathkeys_contained_in(root->sort_pathkeys, sorted->pathkeys))
		return 0;
	cost_sort_compat(&sort, root, root->sort_pathkeys, hashed->total_cost,
					 hashed->rows, hashed->pathtarget->width, work_mem);
	return sort.total_cost - hashed->total_cost;
}

/*
 * Cost of the input below which one of two costs on top of it is cheaper by more
 * than counts.
 */
static double
differs_below(double dearer, double cheaper)
{
	return (dearer - FUZZ * cheaper) / (FUZZ - 1);
}

/*
 * Note what hashing saves where the planner has sorted, and from where on it
 * would hash.
 */
void
groups_record(RawBlock *block, RelOptInfo *grouped)
{
	PlannerInfo *root = block->root;
	SortedGroups sorted;
	Path	   *hashed;
	double		input;

	if (root->parse->hasWindowFuncs || root->parse->distinctClause != NIL ||
		!sorted_groups(grouped, &sorted))
		return;
	hashed = hashed_groups(root, grouped, &sorted);
	if (hashed == NULL)
		return;
	input = sorted.input->total_cost;
	block->hashed_saving = sorted.path->total_cost - hashed->total_cost -
		sort_after(root, sorted.path, hashed);
	block->hashed_below =
		Max(differs_below(sorted.path->total_cost - input,
						  hashed->total_cost - input),
			differs_below(sorted.path->startup_cost - input,
						  hashed->startup_cost - input)) -
		(block->joined > 0 ? input - block->joined : 0);
}
