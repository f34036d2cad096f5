/*-------------------------------------------------------------------------
 *
 * correct.c
 *		Plan a statement with other estimates than the planner's own.
 *
 * A joint selectivity cannot be told to the planner by statistics that do not
 * exist: it reads extended statistics from the catalog only.  It does keep the
 * selectivity of each clause in the clause's RestrictInfo, and it multiplies
 * them.  So for a set of clauses one carries the selectivity of all, and the
 * others are marked as redundant, a mark that the planner itself uses.  What a
 * clause carries depends on what it is looked at together with:
 *
 *	- the size of the relation is that under all of its clauses;
 *	- an index looks at those clauses only that it can use.  A wrapper around
 *	  the cost estimate of each index sets these, and puts them back after.
 *
 * Clauses of single columns keep the planner's estimate, as they would beside
 * extended statistics.
 *
 * The first hook that sees the clauses is set_rel_pathlist_hook.  All relations
 * of the query have their size by then, and the first of them has its paths.
 * At its first call the sizes of all corrected relations are computed anew, and
 * the paths of this one relation are made again; those of the others come
 * later and need nothing.
 *
 * Numbers of distinct values and whole statistics rows of a column go through
 * get_relation_stats_hook.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/amapi.h"
#include "access/htup_details.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_statistic.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "rewrite/rewriteManip.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/selfuncs.h"
#include "utils/syscache.h"

#include "whatif/correct.h"
#include "whatif/whatif_internal.h"

/* The planner's mark for a clause that another one implies. */
#define SELECTIVITY_REDUNDANT 2.0

/* Its guess for an inequality; a range with it would be taken for unknown. */
#define GUESSED_INEQUALITY 0.3333333333333333

/* A correction that has found its clauses in a query. */
typedef struct Applied
{
	RelOptInfo *rel;
	const JointCorrection *joint;
	List	   *clauses[CORRECT_MAX_ITEMS]; /* of RestrictInfo, per item */
} Applied;

/* An index whose cost estimate goes through us. */
typedef struct Wrapped
{
	IndexOptInfo *index;
	amcostestimate_function estimate;
} Wrapped;

/* Everything in force between correct_enter() and correct_leave(). */
struct Correcting
{
	const Corrections *corrections;
	List	   *roots;			/* PlannerInfos done */
	List	   *applied;		/* of Applied */
	List	   *wrapped;		/* of Wrapped */
};

static Correcting *correcting = NULL;

static get_relation_stats_hook_type prev_get_relation_stats = NULL;

/*
 * Copy an expression of a relation of a query; see correct.h.
 */
Node *
correct_expression(Node *node, Index relid)
{
	node = copyObject(node);
	ChangeVarNodes(node, relid, 1, 0);
	return node;
}

/*
 * The restriction of the relation that is this clause, or NULL.
 */
static RestrictInfo *
find_restriction(RelOptInfo *rel, Node *clause)
{
	ListCell   *cell;

	foreach(cell, rel->baserestrictinfo)
	{
		RestrictInfo *rinfo = lfirst_node(RestrictInfo, cell);

		if (equal(correct_expression((Node *) rinfo->clause, rel->relid),
				  clause))
			return rinfo;
	}
	return NULL;
}

/*
 * Look for the clauses of a correction among those of a relation; NULL unless
 * all are there.
 */
static Applied *
find_clauses(const JointCorrection *joint, RelOptInfo *rel)
{
	Applied    *applied = palloc0(sizeof(Applied));
	ListCell   *cell;
	ListCell   *cell2;
	int			item = 0;

	applied->rel = rel;
	applied->joint = joint;
	foreach(cell, joint->items)
	{
		foreach(cell2, ((CorrectItem *) lfirst(cell))->clauses)
		{
			RestrictInfo *rinfo = find_restriction(rel, lfirst(cell2));

			if (rinfo == NULL)
				return NULL;
			applied->clauses[item] = lappend(applied->clauses[item], rinfo);
		}
		item++;
	}
	return applied;
}

/*
 * Which end of a range is this clause: 1 the upper, -1 the lower, 0 none?
 */
static int
range_end(const RestrictInfo *rinfo)
{
	OpExpr	   *clause = (OpExpr *) rinfo->clause;
	bool		constant_right;

	if (!IsA(clause, OpExpr) || list_length(clause->args) != 2)
		return 0;
	constant_right = !contain_var_clause(lsecond(clause->args));
	switch (get_oprrest(clause->opno))
	{
		case F_SCALARLTSEL:
		case F_SCALARLESEL:
			return constant_right ? 1 : -1;
		case F_SCALARGTSEL:
		case F_SCALARGESEL:
			return constant_right ? -1 : 1;
		default:
			return 0;
	}
}

/*
 * The first clause that is this end of a range, or NULL.
 */
static RestrictInfo *
find_end(List *clauses, int end)
{
	ListCell   *cell;

	foreach(cell, clauses)
	{
		if (range_end(lfirst(cell)) == end)
			return lfirst(cell);
	}
	return NULL;
}

/*
 * Share of NULLs in an expression of the relation, as the planner sees it.
 */
static double
null_share(PlannerInfo *root, RelOptInfo *rel, Node *expr)
{
	expr = copyObject(expr);
	ChangeVarNodes(expr, 1, rel->relid, 0);
	return nulltestsel(root, IS_NULL, expr, 0, JOIN_INNER, NULL);
}

/*
 * Make the clauses on one expression have this selectivity together; below 0:
 * what the planner makes of them.
 */
static void
set_selectivity(PlannerInfo *root, RelOptInfo *rel, Node *expr, List *clauses,
				double selectivity)
{
	RestrictInfo *carrier = find_end(clauses, -1);
	RestrictInfo *upper = find_end(clauses, 1);
	ListCell   *cell;

	foreach(cell, clauses)
		((RestrictInfo *) lfirst(cell))->norm_selec =
		selectivity < 0 ? -1 : SELECTIVITY_REDUNDANT;
	if (selectivity < 0 || clauses == NIL)
		return;
	if (carrier == NULL || upper == NULL)
	{
		((RestrictInfo *) linitial(clauses))->norm_selec = selectivity;
		return;
	}
	/* Of a range the planner takes upper + lower - 1 + share of NULLs. */
	if (selectivity == GUESSED_INEQUALITY)
		selectivity = 0.3333;
	carrier->norm_selec = selectivity;
	upper->norm_selec = 1 - null_share(root, rel, expr);
}

/*
 * Make the clauses of all items have their joint selectivity: the first item
 * carries it, the others select nothing more.
 */
static void
set_joint(PlannerInfo *root, const Applied *applied)
{
	uint32		all = (1 << list_length(applied->joint->items)) - 1;
	double		mine = applied->joint->selectivity[all];
	ListCell   *cell;
	int			item = 0;

	foreach(cell, applied->joint->items)
	{
		set_selectivity(root, applied->rel,
						((CorrectItem *) lfirst(cell))->expr,
						applied->clauses[item++], mine);
		mine = 1;
	}
}

/*
 * The item of the correction that a clause belongs to, or -1.
 */
static int
item_of(const Applied *applied, RestrictInfo *rinfo)
{
	int			nitems = list_length(applied->joint->items);

	for (int item = 0; item < nitems; item++)
	{
		if (list_member_ptr(applied->clauses[item], rinfo))
			return item;
	}
	return -1;
}

/* The clauses of one item that an index can use. */
typedef struct IndexItem
{
	int			item;
	List	   *clauses;		/* of RestrictInfo */
} IndexItem;

/*
 * Add a clause to its item.  Items stay in the order of the index's columns.
 */
static List *
add_index_clause(List *items, int item, RestrictInfo *rinfo)
{
	IndexItem  *entry = items == NIL ? NULL : llast(items);

	if (entry == NULL || entry->item != item)
	{
		entry = palloc0(sizeof(IndexItem));
		entry->item = item;
		items = lappend(items, entry);
	}
	entry->clauses = lappend(entry->clauses, rinfo);
	return items;
}

/*
 * Make the clauses that an index can use have their joint selectivity.  A B-tree
 * looks at those of its first columns by themselves as well, so that each column
 * is given what it adds to those before it.
 */
static void
set_index_items(PlannerInfo *root, const Applied *applied, List *items)
{
	const double *selectivity = applied->joint->selectivity;
	uint32		before = 0;
	double		told = 1;
	ListCell   *cell;

	foreach(cell, items)
	{
		IndexItem  *entry = lfirst(cell);
		CorrectItem *item = list_nth(applied->joint->items, entry->item);
		double		mine;

		before |= 1 << entry->item;
		mine = selectivity[before];
		if (mine >= 0)
			mine = Min(mine / told, 1);
		set_selectivity(root, applied->rel, item->expr, entry->clauses, mine);
		if (mine < 0)
			mine = clauselist_selectivity(root, entry->clauses,
										  applied->rel->relid, JOIN_INNER,
										  NULL);
		told = Max(told * mine, 1e-15);
	}
}

/*
 * Set the clauses that an index looks at to what they select together.  They
 * and what they carried are added to the lists.
 */
static void
set_for_index(PlannerInfo *root, const Applied *applied, IndexPath *path,
			  List **saved, List **values)
{
	List	   *items = NIL;
	ListCell   *cell;
	ListCell   *cell2;

	foreach(cell, path->indexclauses)
	{
		IndexClause *clause = lfirst_node(IndexClause, cell);
		int			item = item_of(applied, clause->rinfo);

		if (item < 0)
			continue;
		foreach(cell2, clause->indexquals)
		{
			RestrictInfo *rinfo = lfirst_node(RestrictInfo, cell2);
			double	   *value = palloc(sizeof(double));

			*value = rinfo->norm_selec;
			*saved = lappend(*saved, rinfo);
			*values = lappend(*values, value);
			items = add_index_clause(items, item, rinfo);
		}
	}
	set_index_items(root, applied, items);
}

/*
 * amcostestimate of every index of a corrected relation: the access method's
 * own, with the clauses as this index sees them.
 */
static void
corrected_cost_estimate(PlannerInfo *root, IndexPath *path, double loop_count,
						Cost *startup_cost, Cost *total_cost,
						Selectivity *selectivity, double *correlation,
						double *pages)
{
	amcostestimate_function estimate = NULL;
	List	   *saved = NIL;
	List	   *values = NIL;
	ListCell   *cell;
	ListCell   *cell2;

	foreach(cell, correcting->wrapped)
	{
		Wrapped    *wrapped = lfirst(cell);

		if (wrapped->index == path->indexinfo)
			estimate = wrapped->estimate;
	}
	if (estimate == NULL)
		elog(ERROR, "index %u has no cost estimate", path->indexinfo->indexoid);
	foreach(cell, correcting->applied)
	{
		Applied    *applied = lfirst(cell);

		if (applied->rel == path->path.parent)
			set_for_index(root, applied, path, &saved, &values);
	}
	estimate(root, path, loop_count, startup_cost, total_cost, selectivity,
			 correlation, pages);
	forboth(cell, saved, cell2, values)
		((RestrictInfo *) lfirst(cell))->norm_selec = *(double *) lfirst(cell2);
}

/*
 * Have the cost of the relation's indexes go through us.
 */
static void
wrap_indexes(RelOptInfo *rel)
{
	ListCell   *cell;

	foreach(cell, rel->indexlist)
	{
		IndexOptInfo *index = lfirst(cell);
		Wrapped    *wrapped;

		if ((amcostestimate_function) index->amcostestimate ==
			corrected_cost_estimate)
			continue;
		wrapped = palloc(sizeof(Wrapped));
		wrapped->index = index;
		wrapped->estimate = (amcostestimate_function) index->amcostestimate;
		correcting->wrapped = lappend(correcting->wrapped, wrapped);
		index->amcostestimate = corrected_cost_estimate;
	}
}

/*
 * Take away the extended statistics that speak of an item: the planner would
 * ask them before it looks at the clauses.
 */
static void
hide_statistics(RelOptInfo *rel, const JointCorrection *joint)
{
	ListCell   *cell;
	ListCell   *cell2;

	foreach(cell, rel->statlist)
	{
		StatisticExtInfo *info = lfirst(cell);

		foreach(cell2, joint->items)
		{
			Node	   *expr = ((CorrectItem *) lfirst(cell2))->expr;
			bool		spoken_of;

			if (IsA(expr, Var))
				spoken_of = bms_is_member(((Var *) expr)->varattno, info->keys);
			else
			{
				expr = copyObject(expr);
				ChangeVarNodes(expr, 1, rel->relid, 0);
				spoken_of = list_member(info->exprs, expr);
			}
			if (spoken_of)
			{
				rel->statlist = foreach_delete_current(rel->statlist, cell);
				break;
			}
		}
	}
}

/*
 * Add to the rows of the relations of which this one is a child.
 */
static void
add_to_parents(PlannerInfo *root, RelOptInfo *rel, double rows)
{
	Index		relid = rel->relid;

	while (root->append_rel_array != NULL &&
		   root->append_rel_array[relid] != NULL)
	{
		relid = root->append_rel_array[relid]->parent_relid;
		root->simple_rel_array[relid]->rows =
			clamp_row_est(root->simple_rel_array[relid]->rows + rows);
	}
}

/*
 * Is this a relation that is read by plain scans of one table?
 */
static bool
is_plain_table(PlannerInfo *root, RelOptInfo *rel)
{
	RangeTblEntry *rte = root->simple_rte_array[rel->relid];

	return IS_SIMPLE_REL(rel) && rte->rtekind == RTE_RELATION && !rte->inh &&
		rte->tablesample == NULL &&
		(rte->relkind == RELKIND_RELATION || rte->relkind == RELKIND_MATVIEW);
}

/*
 * Put a correction in force on a relation, if it has these clauses.
 */
static void
apply_joint(PlannerInfo *root, RelOptInfo *rel, const JointCorrection *joint)
{
	Applied    *applied = find_clauses(joint, rel);
	double		rows = rel->rows;

	if (applied == NULL)
		return;
	correcting->applied = lappend(correcting->applied, applied);
	hide_statistics(rel, joint);
	wrap_indexes(rel);
	set_joint(root, applied);
	set_baserel_size_estimates(root, rel);
	add_to_parents(root, rel, rel->rows - rows);
}

/*
 * Make the paths of a relation again, as the planner does.
 */
static void
make_paths_again(PlannerInfo *root, RelOptInfo *rel)
{
	Relids		outer = rel->lateral_relids;
	int			workers = 0;

	rel->pathlist = NIL;
	rel->partial_pathlist = NIL;
	rel->ppilist = NIL;
	add_path(rel, create_seqscan_path(root, rel, outer, 0));
	if (rel->consider_parallel && outer == NULL)
		workers = compute_parallel_worker(rel, rel->pages, -1,
										  max_parallel_workers_per_gather);
	if (workers > 0)
		add_partial_path(rel, create_seqscan_path(root, rel, NULL, workers));
	create_index_paths(root, rel);
	(void) create_tidscan_paths(root, rel);
}

/*
 * From set_rel_pathlist_hook, before anybody else: put the corrections in force
 * when the query's first relation comes by.
 */
void
correct_relation(PlannerInfo *root, RelOptInfo *rel)
{
	ListCell   *cell;

	if (correcting == NULL || list_member_ptr(correcting->roots, root) ||
		(correcting->corrections->joints == NIL &&
		 correcting->corrections->counts == NIL))
		return;
	correcting->roots = lappend(correcting->roots, root);
	for (int i = 1; i < root->simple_rel_array_size; i++)
	{
		RelOptInfo *other = root->simple_rel_array[i];
		JointCorrection *counted;

		if (other == NULL || !is_plain_table(root, other) ||
			IS_DUMMY_REL(other))
			continue;
		foreach(cell, correcting->corrections->joints)
		{
			const JointCorrection *joint = lfirst(cell);

			if (joint->relid == root->simple_rte_array[i]->relid)
				apply_joint(root, other, joint);
		}
		counted = counted_joint(root, other, correcting->corrections->counts);
		if (counted != NULL)
			apply_joint(root, other, counted);
	}
	if (correcting->applied != NIL && is_plain_table(root, rel) &&
		!IS_DUMMY_REL(rel))
		make_paths_again(root, rel);
}

/*
 * Is the planner past the joins, at GROUP BY or DISTINCT?
 */
static bool
is_grouping(PlannerInfo *root)
{
	return root->upper_rels[UPPERREL_GROUP_AGG] != NIL ||
		root->upper_rels[UPPERREL_DISTINCT] != NIL;
}

/*
 * The corrected number of distinct values of a column, or -1.
 */
static double
corrected_distinct(PlannerInfo *root, Oid relid, AttrNumber attnum)
{
	ListCell   *cell;

	foreach(cell, correcting->corrections->distincts)
	{
		const DistinctCorrection *distinct = lfirst(cell);

		if (distinct->relid == relid && distinct->attnum == attnum &&
			(!distinct->grouping || is_grouping(root)))
			return distinct->distinct;
	}
	return -1;
}

/*
 * The corrected statistics of a column, or NULL.
 */
static HeapTuple
corrected_statistics(Oid relid, AttrNumber attnum)
{
	ListCell   *cell;

	foreach(cell, correcting->corrections->columns)
	{
		const ColumnCorrection *column = lfirst(cell);

		if (column->relid == relid && column->attnum == attnum)
			return column->statistics;
	}
	return NULL;
}

/*
 * A copy of a column's statistics with another number of distinct values;
 * NULL where there are none.
 */
static HeapTuple
statistics_with_distinct(Oid relid, AttrNumber attnum, double distinct)
{
	HeapTuple	tuple = SearchSysCacheCopy3(STATRELATTINH,
											ObjectIdGetDatum(relid),
											Int16GetDatum(attnum),
											BoolGetDatum(false));

	if (HeapTupleIsValid(tuple))
		((Form_pg_statistic) GETSTRUCT(tuple))->stadistinct = distinct;
	return tuple;
}

/*
 * The planner is done with a row that lives as long as its plan.
 */
static void
keep_row(HeapTuple tuple)
{
	(void) tuple;
}

/*
 * get_relation_stats_hook: corrected statistics of a column.
 */
static bool
correct_relation_stats(PlannerInfo *root, RangeTblEntry *rte,
					   AttrNumber attnum, VariableStatData *vardata)
{
	HeapTuple	tuple = NULL;

	if (correcting != NULL && rte->rtekind == RTE_RELATION && !rte->inh &&
		plan_is_ours(root))
	{
		double		distinct = corrected_distinct(root, rte->relid, attnum);

		tuple = distinct >= 0 ?
			statistics_with_distinct(rte->relid, attnum, distinct) :
			corrected_statistics(rte->relid, attnum);
	}
	if (tuple == NULL)
		return prev_get_relation_stats != NULL &&
			prev_get_relation_stats(root, rte, attnum, vardata);
	vardata->statsTuple = tuple;
	vardata->freefunc = keep_row;
	vardata->acl_ok = plan_may_read_all(root, rte);
	return true;
}

/*
 * Put corrections (NULL: none) in force until correct_leave(), which is told what
 * was in force before.
 */
Correcting *
correct_enter(const Corrections *corrections)
{
	Correcting *before = correcting;

	correcting = NULL;
	if (corrections != NULL)
	{
		correcting = (Correcting *) palloc0(sizeof(Correcting));
		correcting->corrections = corrections;
	}
	return before;
}

/*
 * The end of correct_enter(), also after an error.
 */
void
correct_leave(Correcting *before)
{
	correcting = before;
}

/*
 * Plan with other estimates; see correct.h.
 */
WhatIfResult
whatif_corrected(Statement *stmt, const WhatIfConfig *config,
				 const Corrections *corrections, char **shape)
{
	WhatIfResult result;
	Correcting *before;
	StringInfoData text;

	initStringInfo(&text);
	before = correct_enter(corrections);
	plan_note_shapes(&text);
	PG_TRY();
	{
		result = whatif_statement(stmt, config, false);
	}
	PG_FINALLY();
	{
		correct_leave(before);
		plan_note_shapes(NULL);
	}
	PG_END_TRY();
	*shape = result.error == NULL ? text.data : NULL;

	return result;
}

/*
 * Install the hook.
 */
void
correct_hooks(void)
{
	prev_get_relation_stats = get_relation_stats_hook;
	get_relation_stats_hook = correct_relation_stats;
}
