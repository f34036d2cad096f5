/*-------------------------------------------------------------------------
 *
 * inject.c
 *		Show the planner a configuration, for exactly one query.
 *
 * The hooks act only while plan_under_config() plans, and only on the Query
 * that it was given: a function that the planner evaluates on the way may plan
 * statements of its own, which must see the database as it is.
 *
 * One thing that a real B-tree tells the planner is not imitated.  For a range
 * that reaches into the first or last bin of the histogram, or beyond it,
 * get_actual_variable_range() of selfuncs.c asks an index that leads with the
 * column for the true minimum or maximum; it skips hypothetical indexes, which
 * have no pages.  Unless another B-tree leads with the column, only a scan of
 * the table could tell: the blocks at its end hold the extreme of a column only
 * where rows come in its order, and those of a BRIN index only where there is
 * one.  So the bounds that ANALYZE saw stand, as in all plans without an index,
 * and such a range is taken to match too few rows where the column has rare
 * extremes or has grown since ANALYZE.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/partition.h"
#include "optimizer/paths.h"
#include "optimizer/plancat.h"
#include "optimizer/planner.h"
#include "parser/parsetree.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/selfuncs.h"

#include "sampler/sampler.h"
#include "whatif/whatif_internal.h"

/* Rows on a page of a table that is taken for a larger one: wide ones. */
#define ENLARGED_ROWS_PER_PAGE 2

/* The planner call in progress; NULL when we do not plan. */
typedef struct ActivePlan
{
	const Query *query;			/* our private copy */
	const WhatIfConfig *config; /* may be NULL: the database as it is */
} ActivePlan;

static ActivePlan *active = NULL;
static WhatIfObserver observer = NULL;
static void *observer_arg = NULL;
static const WhatIfRecorder *recorder = NULL;
static void *recorder_arg = NULL;
static uint64 planner_calls = 0;

static get_relation_info_hook_type prev_get_relation_info = NULL;
static get_index_stats_hook_type prev_get_index_stats = NULL;
static set_rel_pathlist_hook_type prev_set_rel_pathlist = NULL;
static set_join_pathlist_hook_type prev_set_join_pathlist = NULL;
static create_upper_paths_hook_type prev_create_upper_paths = NULL;

/*
 * Is this part of the query that we plan?
 */
bool
plan_is_ours(PlannerInfo *root)
{
	if (active == NULL)
		return false;
	while (root->parent_root != NULL)
		root = root->parent_root;
	return root->parse == active->query;
}

/*
 * The index with this OID of the configuration in force, or NULL.
 */
HypoIndex *
hypo_index_being_planned(Oid oid)
{
	HypoIndex  *index;

	if (active == NULL || active->config == NULL)
		return NULL;
	index = hypo_index_exact(active->config->indexes, oid);
	return index != NULL ? index :
		hypo_index_exact(active->config->known, oid);
}

/*
 * Return the index or its leaf that is on this very table, or NULL.
 */
const HypoIndex *
hypo_index_on_table(const HypoIndex *index, Oid relid)
{
	ListCell   *cell;

	if (index->relid == relid)
		return index;
	foreach(cell, index->leaves)
	{
		const HypoIndex *leaf = lfirst(cell);

		if (leaf->relid == relid)
			return leaf;
	}
	return NULL;
}

/*
 * The shadow of the configuration in force, or NULL.
 */
const Shadow *
shadow_in_force(void)
{
	return active == NULL || active->config == NULL ? NULL :
		active->config->shadow;
}

/*
 * Add the indexes of the configuration that are on this table.
 */
static void
add_indexes(const WhatIfConfig *config, Oid relid, RelOptInfo *rel)
{
	Relation	relation = NULL;
	ListCell   *cell;

	foreach(cell, config->indexes)
	{
		const HypoIndex *index = hypo_index_on_table(lfirst(cell), relid);

		if (index == NULL)
			continue;
		/* locked already: the planner has just looked at it */
		if (relation == NULL)
			relation = table_open(relid, NoLock);
		rel->indexlist = lcons(hypo_index_info(index, rel, relation),
							   rel->indexlist);
	}
	if (relation != NULL)
		table_close(relation, NoLock);
}

/*
 * Let the planner see the statistics of expressions that would come with an index,
 * but not the index: it makes no path of one that can neither return rows one by
 * one nor as a bitmap.
 */
static void
add_statistics(const WhatIfConfig *config, Oid relid, RelOptInfo *rel)
{
	Relation	relation = NULL;
	List	   *seen = NIL;
	ListCell   *cell;

	foreach(cell, config->known)
	{
		const HypoIndex *index = hypo_index_on_table(lfirst(cell), relid);
		IndexOptInfo *info;

		/* statistics of a partial index do not speak for the table */
		if (index == NULL || index->exprs == NIL || index->predicate != NIL ||
			list_difference(index->exprs, seen) == NIL)
			continue;
		if (relation == NULL)
			relation = table_open(relid, NoLock);
		info = hypo_index_info(index, rel, relation);
		info->amhasgettuple = info->amhasgetbitmap = false;
		info->amcanparallel = false;
		rel->indexlist = lappend(rel->indexlist, info);
		seen = list_concat(seen, index->exprs);
	}
	if (relation != NULL)
		table_close(relation, NoLock);
}

/*
 * Is the index hidden, itself or as part of a partitioned index?
 */
static bool
is_hidden(const WhatIfConfig *config, Oid oid)
{
	ListCell   *cell;

	if (list_member_oid(config->hidden, oid))
		return true;
	if (!get_rel_relispartition(oid))
		return false;
	foreach(cell, get_partition_ancestors(oid))
	{
		if (list_member_oid(config->hidden, lfirst_oid(cell)))
			return true;
	}
	return false;
}

/*
 * Take the hidden indexes away.
 */
static void
remove_hidden(const WhatIfConfig *config, RelOptInfo *rel)
{
	ListCell   *cell;

	foreach(cell, rel->indexlist)
	{
		IndexOptInfo *info = lfirst(cell);

		if (is_hidden(config, info->indexoid))
			rel->indexlist = foreach_delete_current(rel->indexlist, cell);
	}
}

/*
 * Let a small table pass for a larger one with wide rows, and its indexes for
 * such that cost more to read from end to end than the table does.  Only a
 * search that an index leads to is cheap then.
 */
static void
enlarge(RelOptInfo *rel, double pages)
{
	ListCell   *cell;

	if (rel->pages >= pages)
		return;
	rel->pages = (BlockNumber) pages;
	rel->tuples = Max(rel->tuples, pages * ENLARGED_ROWS_PER_PAGE);
	foreach(cell, rel->indexlist)
	{
		IndexOptInfo *info = lfirst(cell);

		info->pages = Max(info->pages, rel->pages);
		info->tuples = Max(info->tuples, rel->tuples);
	}
}

/*
 * get_relation_info_hook: change the indexes that the planner sees.
 */
static void
whatif_get_relation_info(PlannerInfo *root, Oid relid, bool inhparent,
						 RelOptInfo *rel)
{
	if (prev_get_relation_info)
		prev_get_relation_info(root, relid, inhparent, rel);
	if (!plan_is_ours(root) || active->config == NULL)
		return;
	if (active->config->hidden != NIL)
		remove_hidden(active->config, rel);
	if (!inhparent)
		add_indexes(active->config, relid, rel);
	if (!inhparent && active->config->informed)
		add_statistics(active->config, relid, rel);
	if (!inhparent && active->config->least_pages > 0)
		enlarge(rel, active->config->least_pages);
	if (active->config->shadow != NULL)
		shadow_relation_info(active->config->shadow, root, relid, inhparent,
							 rel);
}

/*
 * Does the planner's relation carry this index?
 */
static bool
carries_index(const RelOptInfo *rel, Oid oid)
{
	ListCell   *cell;

	foreach(cell, rel->indexlist)
	{
		if (((IndexOptInfo *) lfirst(cell))->indexoid == oid)
			return true;
	}
	return false;
}

/*
 * May the user of the query read all rows of the relation?  Statistics are
 * shown to functions of the user only then.  For a partition the question is
 * put to the table that the query names.
 */
static bool
may_read_all(PlannerInfo *root, Index relid)
{
	RangeTblEntry *rte;
	Oid			userid;

	while (root->append_rel_array != NULL &&
		   root->append_rel_array[relid] != NULL &&
		   planner_rt_fetch(root->append_rel_array[relid]->parent_relid,
							root)->rtekind == RTE_RELATION)
		relid = root->append_rel_array[relid]->parent_relid;
	rte = planner_rt_fetch(relid, root);
	userid = root->simple_rel_array[relid] == NULL ? InvalidOid :
		root->simple_rel_array[relid]->userid;
	return rte->securityQuals == NIL &&
		pg_class_aclcheck(shadow_source(shadow_in_force(), rte->relid),
						  OidIsValid(userid) ? userid : GetUserId(),
						  ACL_SELECT) == ACLCHECK_OK;
}

/*
 * The same for a table of the range table.
 */
bool
plan_may_read_all(PlannerInfo *root, RangeTblEntry *rte)
{
	for (int i = 1; i < root->simple_rel_array_size; i++)
	{
		if (root->simple_rte_array[i] == rte)
			return may_read_all(root, i);
	}
	return false;
}

/*
 * The planner is done with a statistics row that we keep.
 */
static void
keep_statistics(HeapTuple tuple)
{
	(void) tuple;
}

/*
 * Find the planner's relation that carries the index, and say whether its rows
 * may be read.
 */
bool
plan_index_rows_readable(PlannerInfo *root, Oid oid)
{
	for (int i = 1; i < root->simple_rel_array_size; i++)
	{
		RelOptInfo *rel = root->simple_rel_array[i];

		if (rel != NULL && rel->rtekind == RTE_RELATION &&
			carries_index(rel, oid))
			return may_read_all(root, i);
	}
	return false;
}

/*
 * get_index_stats_hook: statistics of the expression columns, from our sample.
 * As with real indexes, those of a partial index do not speak for the table.
 */
static bool
whatif_get_index_stats(PlannerInfo *root, Oid oid, AttrNumber column,
					   VariableStatData *vardata)
{
	HypoIndex  *index = plan_is_ours(root) ? hypo_index_being_planned(oid) : NULL;

	if (index == NULL && shadow_in_force() != NULL && plan_is_ours(root) &&
		shadow_index_statistics(shadow_in_force(), root, oid, column, vardata))
		return true;
	if (index == NULL)
		return prev_get_index_stats != NULL &&
			prev_get_index_stats(root, oid, column, vardata);
	if (recorder != NULL && recorder->statistics != NULL)
		recorder->statistics(index, column, recorder_arg);
	vardata->statsTuple = index->predicate != NIL ? NULL :
		hypo_column_statistics(index, column - 1);
	vardata->freefunc = keep_statistics;
	vardata->acl_ok = vardata->statsTuple == NULL ||
		plan_index_rows_readable(root, oid);
	return true;
}

/*
 * set_rel_pathlist_hook: let the observer look at a relation of our query.
 */
static void
whatif_set_rel_pathlist(PlannerInfo *root, RelOptInfo *rel, Index rti,
						RangeTblEntry *rte)
{
	if (plan_is_ours(root))
		correct_relation(root, rel);
	if (prev_set_rel_pathlist)
		prev_set_rel_pathlist(root, rel, rti, rte);
	if (observer != NULL && rte->rtekind == RTE_RELATION && plan_is_ours(root))
		observer(root, rel, rte, observer_arg);
	if (recorder != NULL && recorder->relation != NULL && plan_is_ours(root))
		recorder->relation(root, rel, rte, recorder_arg);
}

/*
 * set_join_pathlist_hook: let the recorder look at a pair of relations.
 */
static void
whatif_set_join_pathlist(PlannerInfo *root, RelOptInfo *joinrel,
						 RelOptInfo *outerrel, RelOptInfo *innerrel,
						 JoinType jointype, JoinPathExtraData *extra)
{
	if (prev_set_join_pathlist)
		prev_set_join_pathlist(root, joinrel, outerrel, innerrel, jointype,
							   extra);
	if (recorder != NULL && recorder->join != NULL && plan_is_ours(root))
		recorder->join(root, joinrel, outerrel, innerrel, jointype, extra,
					   recorder_arg);
}

/*
 * create_upper_paths_hook: let the recorder look at what is above the joins.
 */
static void
whatif_create_upper_paths(PlannerInfo *root, UpperRelationKind stage,
						  RelOptInfo *input, RelOptInfo *output, void *extra)
{
	if (prev_create_upper_paths)
		prev_create_upper_paths(root, stage, input, output, extra);
	if (recorder != NULL && recorder->upper != NULL && plan_is_ours(root))
		recorder->upper(root, stage, output, recorder_arg);
}

/*
 * Install the planner's hooks, which have nothing to do before we plan: sessions
 * that never ask us are not slowed by them.
 */
static void
planner_hooks_require(void)
{
	static bool installed = false;

	if (installed)
		return;
	installed = true;
	prev_get_relation_info = get_relation_info_hook;
	get_relation_info_hook = whatif_get_relation_info;
	prev_get_index_stats = get_index_stats_hook;
	get_index_stats_hook = whatif_get_index_stats;
	prev_set_rel_pathlist = set_rel_pathlist_hook;
	set_rel_pathlist_hook = whatif_set_rel_pathlist;
	prev_set_join_pathlist = set_join_pathlist_hook;
	set_join_pathlist_hook = whatif_set_join_pathlist;
	prev_create_upper_paths = create_upper_paths_hook;
	create_upper_paths_hook = whatif_create_upper_paths;
	correct_hooks();
	shadow_hooks();
	exposure_hooks();
}

/*
 * Plan one query under a configuration.  Scribbles on the query.
 */
PlannedStmt *
plan_under_config(Query *query, const char *text, const WhatIfConfig *config,
				  ParamListInfo params)
{
	ActivePlan	mine = {
		.query = query,
		.config = config,
	};
	ActivePlan *outer = active;
	PlannedStmt *plan;

	planner_hooks_require();
	planner_calls++;
	if (config != NULL && config->shadow != NULL)
		shadow_swap(config->shadow, query);
	if (config != NULL && config->at_start)
		shadow_fold(query, params);
	active = &mine;
	PG_TRY();
	{
		/* not planner(): other extensions have no part in this */
		plan = standard_planner(query, text, CURSOR_OPT_PARALLEL_OK, params);
	}
	PG_FINALLY();
	{
		active = outer;
	}
	PG_END_TRY();
	return plan;
}

/*
 * Have an observer called while we plan; NULL ends it.
 */
void
whatif_observe(WhatIfObserver fn, void *arg)
{
	observer = fn;
	observer_arg = arg;
}

/*
 * Have a recorder called while we plan; NULL ends it.
 */
void
whatif_record(const WhatIfRecorder *which, void *arg)
{
	recorder = which;
	recorder_arg = arg;
}

/*
 * Return the number of planner calls so far.
 */
uint64
whatif_planner_calls(void)
{
	return planner_calls + workload_planner_calls();
}

/*
 * Install what is needed from the start.
 */
void
whatif_init(void)
{
	method_init();
	default_opclass_init();
	sampler_set_plan_describer(plan_shape);
	explain_init();
	sensitivity_init();
}
