/*-------------------------------------------------------------------------
 *
 * join.c
 *		What joining two relations costs, method by method, as a linear form
 *		in the costs of the inputs.
 *
 * The figures come from PostgreSQL's own cost functions, asked with inputs of
 * the costs seen and again with other ones: hash joins, nested loops over a
 * materialised, repeated or looked-up inner side, and merge joins.
 * Entry point: join_record().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "utils/memutils.h"

#include "compat.h"
#include "planspace/planspace_internal.h"

/* A repeated inner side pays only for so few outer rows. */
#define MAX_REPEATS 4.0

/* A pair of relations in one of the two directions. */
typedef struct Pair
{
	Recording  *recording;
	RawBlock   *block;
	PlannerInfo *root;
	RelOptInfo *joinrel;
	RelOptInfo *outerrel;
	RelOptInfo *innerrel;
	JoinType	jointype;		/* as the executor sees it */
	JoinPathExtraData *extra;
	int			node;
	int			outer;
	int			inner;
	Path	   *outer_path;		/* cheapest, made unique where asked for */
	Path	   *inner_path;
	Path	   *outer_below;	/* the same before that */
	Path	   *inner_below;
} Pair;

/*
 * A path like another one, of another cost and kind.
 */
static Path *
path_like(const Path *path, NodeTag pathtype, double startup, double total)
{
	Path	   *copy = makeNode(Path);

	copy->pathtype = pathtype;
	copy->parent = path->parent;
	copy->pathtarget = path->pathtarget;
	copy->param_info = path->param_info;
	copy->rows = path->rows;
	copy->startup_cost = startup;
	copy->total_cost = total;
	return copy;
}

/*
 * A copy of an index or bitmap scan, or of an append of such, with another cost.
 */
static Path *
scan_like(const Path *path, double startup, double total)
{
	Size		size = IsA(path, IndexPath) ? sizeof(IndexPath) :
	IsA(path, AppendPath) ? sizeof(AppendPath) : sizeof(BitmapHeapPath);
	Path	   *copy = (Path *) palloc(size);

	memcpy(copy, path, size);
	copy->startup_cost = startup;
	copy->total_cost = total;
	return copy;
}

/*
 * Add a step of the pair.
 */
static JoinStep *
add_step(Pair *pair, StepKind kind)
{
	RawBlock   *block = pair->block;
	JoinStep   *step;

	if (block->nsteps == block->max_steps)
	{
		block->max_steps = Max(64, block->max_steps * 2);
		block->steps = block->steps == NULL ?
			(JoinStep *) MemoryContextAlloc(pair->recording->context,
											block->max_steps * sizeof(JoinStep)) :
			(JoinStep *) repalloc(block->steps,
								  block->max_steps * sizeof(JoinStep));
	}
	step = &block->steps[block->nsteps++];
	memset(step, 0, sizeof(JoinStep));
	step->kind = kind;
	step->node = pair->node;
	step->outer = pair->outer;
	step->inner = pair->inner;
	if (++pair->recording->nsteps > MAX_STEPS)
	{
		pair->recording->failed = true;
		pair->recording->reason = "too many joins";
	}
	return step;
}

/*
 * Cost of a nested loop over these inputs.
 */
static Path *
nest_path(Pair *pair, Path *outer, Path *inner)
{
	JoinCostWorkspace workspace;

	initial_cost_nestloop(pair->root, &workspace, pair->jointype, outer,
						  inner, pair->extra);
	return (Path *) create_nestloop_path(pair->root, pair->joinrel,
										 pair->jointype, &workspace,
										 pair->extra, outer, inner,
										 pair->extra->restrictlist, NIL, NULL);
}

/*
 * Set a step's forms from the cost of a join and the factors of its total: the
 * constants are what the inputs do not explain.
 */
static void
set_forms(JoinStep *step, const Path *join, const Path *outer,
		  const Path *inner, double inner_startup, double inner_total)
{
	step->total.outer_total = 1;
	step->total.inner_startup = inner_startup;
	step->total.inner_total = inner_total;
	step->total.constant = join->total_cost - outer->total_cost -
		inner_startup * inner->startup_cost - inner_total * inner->total_cost;
	step->startup.outer_startup = 1;
}

/*
 * Hash join.
 */
static void
record_hash(Pair *pair)
{
	JoinCostWorkspace workspace;
	List	   *clauses = NIL;
	Path	   *join;
	JoinStep   *step;
	ListCell   *lc;

	foreach(lc, pair->extra->restrictlist)
	{
		RestrictInfo *rinfo = (RestrictInfo *) lfirst(lc);

		if (!rinfo->can_join || rinfo->hashjoinoperator == InvalidOid)
			continue;
		if (IS_OUTER_JOIN(pair->jointype) &&
			RINFO_IS_PUSHED_DOWN(rinfo, pair->joinrel->relids))
			continue;
		if (bms_is_subset(rinfo->left_relids, pair->outerrel->relids) &&
			bms_is_subset(rinfo->right_relids, pair->innerrel->relids))
			rinfo->outer_is_left = true;
		else if (bms_is_subset(rinfo->left_relids, pair->innerrel->relids) &&
				 bms_is_subset(rinfo->right_relids, pair->outerrel->relids))
			rinfo->outer_is_left = false;
		else
			continue;
		clauses = lappend(clauses, rinfo);
	}
	if (clauses == NIL || !enable_hashjoin)
		return;
	initial_cost_hashjoin(pair->root, &workspace, pair->jointype, clauses,
						  pair->outer_path, pair->inner_path, pair->extra,
						  false);
	join = (Path *) create_hashjoin_path(pair->root, pair->joinrel,
										 pair->jointype, &workspace,
										 pair->extra, pair->outer_path,
										 pair->inner_path, false,
										 pair->extra->restrictlist, NULL,
										 clauses);
	step = add_step(pair, STEP_HASH);
	set_forms(step, join, pair->outer_below, pair->inner_below, 0, 1);
	step->startup.inner_total = 1;
	step->startup.constant = join->startup_cost -
		pair->outer_below->startup_cost - pair->inner_below->total_cost;
}

/*
 * Nested loop over an inner side that does not depend on the outer row.
 */
static void
record_nest_plain(Pair *pair, bool materialize)
{
	double		more = pair->inner_path->total_cost * 0.5 + 100;
	Path	   *inner = path_like(pair->inner_path, T_SeqScan,
								  pair->inner_path->startup_cost,
								  pair->inner_path->total_cost);
	Path	   *dearer = path_like(pair->inner_path, T_SeqScan,
								   pair->inner_path->startup_cost,
								   pair->inner_path->total_cost + more);
	Path	   *join;
	double		factor;
	JoinStep   *step;

	if (materialize)
	{
		inner = (Path *) create_material_path(pair->innerrel, inner);
		dearer = (Path *) create_material_path(pair->innerrel, dearer);
	}
	join = nest_path(pair, pair->outer_path, inner);
	factor = (nest_path(pair, pair->outer_path, dearer)->total_cost -
			  join->total_cost) / more;
	step = add_step(pair, STEP_NEST);
	set_forms(step, join, pair->outer_below, pair->inner_below, 0, factor);
	step->startup.inner_startup = 1;
	step->startup.constant = join->startup_cost -
		pair->outer_below->startup_cost - pair->inner_below->startup_cost;
}

/*
 * The values by which a scan is parameterised, and the operators that hash
 * them, when a cache of its results is possible; see
 * paraminfo_get_equal_hashops() of joinpath.c.
 */
static bool
cache_keys(const Pair *pair, const Path *inner, List **exprs, List **operators)
{
	ListCell   *lc;

	*exprs = *operators = NIL;
	foreach(lc, inner->param_info->ppi_clauses)
	{
		RestrictInfo *rinfo = (RestrictInfo *) lfirst(lc);
		OpExpr	   *clause = (OpExpr *) rinfo->clause;
		bool		outer_is_left;
		Node	   *expr;
		Oid			operator;

		if (!IsA(clause, OpExpr) || list_length(clause->args) != 2)
			return false;
		outer_is_left = bms_is_subset(rinfo->left_relids,
									  pair->outerrel->relids);
		expr = outer_is_left ? linitial(clause->args) : lsecond(clause->args);
		operator = outer_is_left ? rinfo->left_hasheqoperator :
			rinfo->right_hasheqoperator;
		if (!OidIsValid(operator))
			return false;
		if (!list_member(*exprs, expr))
		{
			*exprs = lappend(*exprs, expr);
			*operators = lappend_oid(*operators, operator);
		}
	}
	return *exprs != NIL;
}

/*
 * The scan with a cache of its results, or NULL where PostgreSQL would not
 * consider one; see get_memoize_path() of joinpath.c.
 */
static Path *
cached(const Pair *pair, Path *inner)
{
	List	   *exprs;
	List	   *operators;

	if (!enable_memoize || pair->outer_path->rows < 2 ||
		inner->param_info->ppi_clauses == NIL)
		return NULL;
	if (!pair->extra->inner_unique &&
		(pair->jointype == JOIN_SEMI || pair->jointype == JOIN_ANTI))
		return NULL;
	if (pair->extra->inner_unique &&
		list_length(inner->param_info->ppi_clauses) <
		list_length(pair->extra->restrictlist))
		return NULL;
	if (contain_volatile_functions((Node *) pair->innerrel->reltarget->exprs))
		return NULL;
	if (!cache_keys(pair, inner, &exprs, &operators))
		return NULL;
	return (Path *) create_memoize_path(pair->root, pair->innerrel, inner,
										exprs, operators,
										pair->extra->inner_unique, false,
										pair->outer_path->rows);
}

/*
 * Nested loop over a scan that uses values of the outer row, with or without
 * a cache of its results.
 */
static void
record_nest_param(Pair *pair, const Path *example, int slot, bool cache)
{
	double		startup = example->startup_cost;
	double		total = example->total_cost;
	double		more = total * 0.5 + 1;
	Path	   *inner[3];
	Path	   *join[3];
	JoinStep   *step;

	inner[0] = scan_like(example, startup, total);
	inner[1] = scan_like(example, startup, total + more);
	inner[2] = scan_like(example, startup + more, total + more);
	for (int i = 0; i < 3; i++)
	{
		if (cache && (inner[i] = cached(pair, inner[i])) == NULL)
			return;
		join[i] = nest_path(pair, pair->outer_path, inner[i]);
	}
	step = add_step(pair, STEP_NEST_PARAM);
	step->slot = slot;
	step->total.outer_total = 1;
	step->total.inner_total = (join[1]->total_cost - join[0]->total_cost) / more;
	step->total.inner_startup =
		(join[2]->total_cost - join[1]->total_cost) / more;
	step->total.constant = join[0]->total_cost -
		pair->outer_below->total_cost -
		(double) step->total.inner_total * total -
		(double) step->total.inner_startup * startup;
	step->startup.outer_startup = 1;
	step->startup.inner_startup = 1;
	step->startup.constant = join[0]->startup_cost -
		pair->outer_below->startup_cost - startup;
}

/*
 * The leaf of a node, or NULL.
 */
static RawLeaf *
leaf_of(const RawBlock *block, int node)
{
	ListCell   *lc;

	if (block->levels[node] != 1)
		return NULL;
	foreach(lc, block->leaves)
	{
		if (((RawLeaf *) lfirst(lc))->node == node)
			return (RawLeaf *) lfirst(lc);
	}
	return NULL;
}

/*
 * Is the genetic search at work?  It joins many pairs, and its plans seldom
 * hang on more than hash joins and look-ups.
 */
static bool
searching_genetically(const PlannerInfo *root)
{
	return root->join_search_private != NULL;
}

/*
 * All nested loops of the pair.
 */
static void
record_nest(Pair *pair, bool inner_unique)
{
	RawLeaf    *leaf;
	bool		few;

	if (!enable_nestloop || pair->jointype == JOIN_RIGHT ||
		pair->jointype == JOIN_FULL ||
		join_is_right_anti_or_semi(pair->jointype))
		return;
	few = pair->outer_path->rows <= MAX_REPEATS || !enable_material;
	if (enable_material && (few || !searching_genetically(pair->root)))
		record_nest_plain(pair, true);
	if (few)
		record_nest_plain(pair, false);
	leaf = inner_unique ? NULL : leaf_of(pair->block, pair->inner);
	for (int i = 0; leaf != NULL && i < leaf->nparams; i++)
	{
		if (!bms_is_subset(leaf->outer[i], pair->outerrel->relids))
			continue;
		record_nest_param(pair, leaf->example[i], i, false);
		record_nest_param(pair, leaf->example[i], i, true);
	}
}

/*
 * Cost of a merge join over sorted inputs of these costs.
 */
static Path *
merge_path(Pair *pair, List *clauses, List *outer_keys, List *inner_keys,
		   const double *costs)
{
	Path	   *outer = path_like(pair->outer_path, T_Sort, costs[0], costs[1]);
	Path	   *inner = path_like(pair->inner_path, T_Sort, costs[2], costs[3]);
	JoinCostWorkspace workspace;

	outer->pathkeys = outer_keys;
	inner->pathkeys = inner_keys;
	initial_cost_mergejoin_compat(pair->root, &workspace, pair->jointype,
								  clauses, outer, inner, pair->extra);
	return (Path *) create_mergejoin_path_compat(pair->root, pair->joinrel,
												 pair->jointype, &workspace,
												 pair->extra, outer, inner,
												 pair->extra->restrictlist, NIL, clauses);
}

/*
 * What the inputs do not explain of a cost.
 */
static double
rest_of(double cost, const Linear *form, const double *costs)
{
	return cost - (double) form->outer_startup * costs[0] -
		(double) form->outer_total * costs[1] -
		(double) form->inner_startup * costs[2] -
		(double) form->inner_total * costs[3];
}

/*
 * Merge join on one path key.
 */
static void
record_merge_on(Pair *pair, List *clauses, List *outer_keys, List *inner_keys)
{
	double		costs[4] = {pair->outer_path->startup_cost,
		pair->outer_path->total_cost, pair->inner_path->startup_cost,
	pair->inner_path->total_cost};
	double		slope_total[4];
	double		slope_startup[4];
	Path	   *join = merge_path(pair, clauses, outer_keys, inner_keys,
								  costs);
	JoinStep   *step;
	int			outer_order = raw_order_of(pair->recording, pair->block,
										   outer_keys);
	int			inner_order = raw_order_of(pair->recording, pair->block,
										   inner_keys);

	if (outer_order == ORDER_ANY || inner_order == ORDER_ANY)
		return;
	for (int i = 0; i < 4; i++)
	{
		double		other[4];
		double		more = costs[i | 1] * 0.5 + 100;
		Path	   *dearer;

		/* A start that costs more makes the end cost more. */
		memcpy(other, costs, sizeof(other));
		other[i] += more;
		if ((i & 1) == 0)
			other[i + 1] += more;
		dearer = merge_path(pair, clauses, outer_keys, inner_keys,
							other);
		slope_total[i] = (dearer->total_cost - join->total_cost) / more;
		slope_startup[i] = (dearer->startup_cost - join->startup_cost) / more;
	}
	step = add_step(pair, STEP_MERGE);
	step->outer_order = outer_order;
	step->inner_order = inner_order;
	step->total = (Linear)
	{
		0, slope_total[0] - slope_total[1], slope_total[1],
			slope_total[2] - slope_total[3], slope_total[3]
	};
	step->startup = (Linear)
	{
		0, slope_startup[0] - slope_startup[1], slope_startup[1],
			slope_startup[2] - slope_startup[3], slope_startup[3]
	};
	step->total.constant = rest_of(join->total_cost, &step->total, costs);
	step->startup.constant = rest_of(join->startup_cost, &step->startup, costs);
}

/*
 * All merge joins of the pair, one per path key that could lead.
 */
static void
record_merge(Pair *pair)
{
	List	   *all = pair->extra->mergeclause_list;
	List	   *keys;
	ListCell   *lc;

	if (all == NIL || !enable_mergejoin || pair->jointype == JOIN_FULL ||
		join_is_right_anti_or_semi(pair->jointype))
		return;
	keys = select_outer_pathkeys_for_merge(pair->root, all, pair->joinrel);
	foreach(lc, keys)
	{
		List	   *outer_keys = list_make1(lfirst(lc));
		List	   *clauses = find_mergeclauses_for_outer_pathkeys(pair->root,
																   outer_keys,
																   all);
		List	   *inner_keys;

		if (clauses == NIL)
			continue;
		/* A right join must use every clause that it can. */
		if (pair->jointype == JOIN_RIGHT &&
			list_length(clauses) != list_length(all))
			continue;
		inner_keys = make_inner_pathkeys_for_merge(pair->root, clauses,
												   outer_keys);
		record_merge_on(pair, clauses, outer_keys, inner_keys);
	}
}

/*
 * Was the pair seen before in this direction and way?
 */
static bool
seen_before(RawBlock *block, int outer, int inner, JoinType jointype)
{
	uint64		key = ((uint64) outer << 36) | ((uint64) inner << 8) | jointype;
	bool		found;

	(void) hash_search(block->pairs, &key, HASH_ENTER, &found);
	return found;
}

/*
 * Have one side made unique where the join type asks for it, as
 * add_paths_to_joinrel() does.  False where it cannot be.
 */
static bool
make_unique(Pair *pair)
{
	if (pair->jointype == JOIN_UNIQUE_OUTER)
	{
		pair->outer_path = (Path *)
			create_unique_path(pair->root, pair->outerrel, pair->outer_path,
							   pair->extra->sjinfo);
		pair->jointype = JOIN_INNER;
	}
	else if (pair->jointype == JOIN_UNIQUE_INNER)
	{
		pair->inner_path = (Path *)
			create_unique_path(pair->root, pair->innerrel, pair->inner_path,
							   pair->extra->sjinfo);
		pair->jointype = JOIN_INNER;
	}
	return pair->outer_path != NULL && pair->inner_path != NULL;
}

/*
 * Record the ways to join two relations in one direction.  The paths made for
 * that are thrown away; the planner's own functions keep what they cache.
 */
void
join_record(Recording *recording, RawBlock *block, RelOptInfo *joinrel,
			RelOptInfo *outerrel, RelOptInfo *innerrel, JoinType jointype,
			JoinPathExtraData *extra)
{
	Pair		pair = {
		.recording = recording,
		.block = block,
		.root = block->root,
		.joinrel = joinrel,
		.outerrel = outerrel,
		.innerrel = innerrel,
		.jointype = jointype,
		.extra = extra,
		.outer_path = outerrel->cheapest_total_path,
		.inner_path = innerrel->cheapest_total_path,
	};
	MemoryContext old;

	pair.outer = raw_node_of(block, outerrel->relids, false);
	pair.inner = raw_node_of(block, innerrel->relids, false);
	if (pair.outer < 0 || pair.inner < 0 || pair.outer_path == NULL ||
		pair.inner_path == NULL || PATH_REQ_OUTER(pair.outer_path) != NULL ||
		PATH_REQ_OUTER(pair.inner_path) != NULL ||
		seen_before(block, pair.outer, pair.inner, jointype))
		return;
	pair.node = raw_node_of(block, joinrel->relids, true);
	block->rows[pair.node] = joinrel->rows;
	block->widths[pair.node] = joinrel->reltarget->width;
	pair.outer_below = pair.outer_path;
	pair.inner_below = pair.inner_path;
	old = MemoryContextSwitchTo(recording->scratch);
	if (make_unique(&pair))
	{
		record_hash(&pair);
		record_nest(&pair, jointype == JOIN_UNIQUE_INNER);
		if (jointype != JOIN_UNIQUE_INNER && jointype != JOIN_UNIQUE_OUTER &&
			!searching_genetically(pair.root))
			record_merge(&pair);
	}
	MemoryContextSwitchTo(old);
	MemoryContextReset(recording->scratch);
}
