/*-------------------------------------------------------------------------
 *
 * shadow.c
 *		Plan an ordinary table as if it were partitioned.
 *
 * A shadow is a partitioned table without rows.  In the private copy of a query
 * it takes the place of its source, so that pruning, partitionwise joins, updates
 * and the order of appended scans are the planner's own.  What the planner then
 * asks of a leaf is answered from the source: pages and rows in proportion,
 * the indexes too, and the statistics, of which those of the key are cut to the
 * leaf's bounds.
 *
 * The indexes are described under the OIDs of the source's: cost estimates may
 * open them.  B-trees are marked as hypothetical, since the planner would look
 * for extremes of a leaf's column in them.
 *
 * A leaf may stand for several partitions.  Its pages are all theirs, but a scan
 * through an index would descend in each: that is added to the plan's cost.
 *
 * Entry points: shadow_swap() and shadow_fold() before planning, shadow_relation_info() while
 * planning, shadow_partitions() for the finished plan.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/itup.h"
#include "access/nbtree.h"
#include "catalog/index.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_index.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/plancat.h"
#include "parser/parse_coerce.h"
#include "parser/parse_relation.h"
#include "parser/parsetree.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"
#include "utils/syscache.h"

#include "compat.h"
#include "plan_node.h"
#include "whatif/whatif_internal.h"

/*
 * Pages that a search of one more partition's index reads at random: a leaf of
 * the index and, unless it is read alone, a page of the table.  The planner
 * takes the upper pages for cached, and expects a row at least.
 */
#define DESCENT_INDEX_PAGES 1
#define DESCENT_TABLE_PAGES 1

static get_relation_stats_hook_type prev_get_relation_stats = NULL;
static get_attavgwidth_hook_type prev_get_attavgwidth = NULL;

/*
 * Order of leaves: by relid.
 */
static int
compare_leaf(const void *relid, const void *leaf)
{
	Oid			left = *(const Oid *) relid;
	Oid			right = ((const ShadowLeaf *) leaf)->relid;

	return (left > right) - (left < right);
}

/*
 * The leaf that this table is, or NULL.
 */
static const ShadowLeaf *
find_leaf(const Shadow *shadow, Oid relid)
{
	return bsearch(&relid, shadow->leaves, shadow->nleaves,
				   sizeof(ShadowLeaf), compare_leaf);
}

/*
 * Is the table a partition with partitions of its own?
 */
static bool
is_middle(const Shadow *shadow, Oid relid)
{
	return shadow->nmiddles > 0 &&
		bsearch(&relid, shadow->middles, shadow->nmiddles, sizeof(Oid),
				oid_cmp) != NULL;
}

/*
 * The table that a table of the shadow stands for; any other is itself.
 */
Oid
shadow_source(const Shadow *shadow, Oid relid)
{
	if (shadow != NULL &&
		(relid == shadow->relid || find_leaf(shadow, relid) != NULL ||
		 is_middle(shadow, relid)))
		return shadow->source;
	return relid;
}

/*
 * Are the keys among these columns, so that they can be unique over all
 * partitions?
 */
static bool
has_keys(const Shadow *shadow, const Bitmapset *columns)
{
	return bms_is_member(shadow->key, columns) &&
		(shadow->sub_key == 0 || bms_is_member(shadow->sub_key, columns));
}

/*
 * The key columns of an index.
 */
static Bitmapset *
index_columns(Oid index)
{
	HeapTuple	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index));
	Bitmapset  *columns = NULL;
	Form_pg_index form;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	form = (Form_pg_index) GETSTRUCT(tuple);
	for (int i = 0; i < form->indnkeyatts; i++)
		if (form->indkey.values[i] > 0)
			columns = bms_add_member(columns, form->indkey.values[i]);
	ReleaseSysCache(tuple);
	return columns;
}

/*
 * Are the keys among the columns that ON CONFLICT names?
 */
static bool
conflict_has_keys(const Shadow *shadow, const OnConflictExpr * conflict)
{
	Bitmapset  *columns = NULL;
	ListCell   *cell;

	foreach(cell, conflict->arbiterElems)
	{
		Node	   *expr = lfirst_node(InferenceElem, cell)->expr;

		if (IsA(expr, Var) && ((Var *) expr)->varattno > 0)
			columns = bms_add_member(columns, ((Var *) expr)->varattno);
	}
	return has_keys(shadow, columns) ||
		(OidIsValid(conflict->constraint) &&
		 has_keys(shadow, index_columns(get_constraint_index(conflict->constraint))));
}

/*
 * The shadow has no constraint that ON CONFLICT could infer: raise the error
 * that the partitioned table would, or let the clause infer nothing, which
 * costs the same.
 */
static void
swap_conflict(const Shadow *shadow, OnConflictExpr * conflict)
{
	if (conflict->arbiterElems == NIL && !OidIsValid(conflict->constraint))
		return;
	if (!conflict_has_keys(shadow, conflict))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_COLUMN_REFERENCE),
				 errmsg("there is no unique or exclusion constraint matching the ON CONFLICT specification"),
				 errdetail("Unique constraints of a partitioned table include its partition key.")));
	conflict->arbiterElems = NIL;
	conflict->arbiterWhere = NULL;
	conflict->constraint = InvalidOid;
}

/*
 * Put the shadow into the range table of one query.
 */
static void
swap_range_table(const Shadow *shadow, Query *query)
{
	int			rti = 0;
	ListCell   *cell;

	foreach(cell, query->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, cell);

		rti++;
		if (rte->rtekind != RTE_RELATION || rte->relid != shadow->source)
			continue;
		rte_set_relation(query, rte, shadow->relid);
		rte->relkind = RELKIND_PARTITIONED_TABLE;
		if (rti != query->resultRelation || query->commandType != CMD_INSERT)
			rte->inh = true;
		else if (query->onConflict != NULL)
			swap_conflict(shadow, query->onConflict);
	}
}

/*
 * Walk over a query and all below it; rows as a whole get the shadow's type.
 */
static bool
swap_walker(Node *node, void *context)
{
	const Shadow *shadow = context;

	if (node == NULL)
		return false;
	if (IsA(node, Var))
	{
		Var		   *var = (Var *) node;

		if (var->varattno == InvalidAttrNumber &&
			var->vartype == shadow->source_type)
			var->vartype = shadow->type;
		return false;
	}
	if (IsA(node, Query))
	{
		swap_range_table(shadow, (Query *) node);
		return query_tree_walker((Query *) node, swap_walker, context, 0);
	}
	return expression_tree_walker(node, swap_walker, context);
}

/*
 * Put the shadow in the place of its source, in a query that is ours alone.
 */
void
shadow_swap(const Shadow *shadow, Query *query)
{
	(void) swap_walker((Node *) query, (void *) shadow);
}

/*
 * The comparison of a column with a constant of another type as one of its own
 * type; the same comparison where there is none.  The former may be stable, as
 * that of timestamp with timestamptz, and the planner does not prune by it.
 */
static Node *
compare_in_own_type(PlannerInfo *root, OpExpr *comparison)
{
	Node	   *column = linitial(comparison->args);
	Node	   *value = lsecond(comparison->args);
	Oid			type = exprType(column);
	OperatorMeaning *meaning;
	List	   *meanings;
	Oid			operator;

	if (!IsA(column, Var) || !IsA(value, Const) || exprType(value) == type ||
		op_volatile(comparison->opno) != PROVOLATILE_STABLE)
		return (Node *) comparison;
	meanings = operator_meanings(comparison->opno);
	if (meanings == NIL)
		return (Node *) comparison;
	meaning = linitial(meanings);
	operator = operator_of_own_type(meaning, type);
	value = coerce_to_target_type(NULL, value, exprType(value), type, -1,
								  COERCION_ASSIGNMENT, COERCE_IMPLICIT_CAST, -1);
	if (!OidIsValid(operator) || value == NULL)
		return (Node *) comparison;
	return (Node *) make_opclause(operator, BOOLOID, false, (Expr *) column,
								  (Expr *) estimate_expression_value(root, value),
								  InvalidOid, comparison->inputcollid);
}

/*
 * Have all comparisons of columns with constants in the columns' types.
 */
static Node *
own_type_mutator(Node *node, void *context)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, OpExpr) && list_length(((OpExpr *) node)->args) == 2)
		return compare_in_own_type(context, (OpExpr *) node);
	return expression_tree_mutator(node, own_type_mutator, context);
}

/*
 * Walk over a query and all below it; in its conditions stable functions become
 * the values that they have now.
 */
static bool
fold_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		Query	   *query = (Query *) node;

		query->jointree = (FromExpr *)
			own_type_mutator(estimate_expression_value(context,
													   (Node *) query->jointree),
							 context);
		return query_tree_walker(query, fold_walker, context, 0);
	}
	return expression_tree_walker(node, fold_walker, context);
}

/*
 * Let the planner prune what the executor prunes when it starts.  Only functions
 * are called that the planner would call for its estimates.
 */
void
shadow_fold(Query *query, ParamListInfo params)
{
	PlannerInfo root = {.type = T_PlannerInfo};
	PlannerGlobal global = {.type = T_PlannerGlobal};

	global.		boundParams = params;

	root.glob = &global;
	(void) fold_walker((Node *) query, &root);
}

/*
 * Describe the source as get_relation_info() does, with the indexes of the
 * configuration, under the number of another relation.
 */
static RelOptInfo *
describe_source(const Shadow *shadow, PlannerInfo *root, RelOptInfo *rel)
{
	RelOptInfo *source = makeNode(RelOptInfo);

	/* not a base relation: the planner shall not note its foreign keys */
	source->reloptkind = RELOPT_OTHER_MEMBER_REL;
	source->rtekind = RTE_RELATION;
	source->relid = rel->relid;
	get_relation_info(root, shadow->source, false, source);
	return source;
}

/*
 * Height of a B-tree with a fraction of the pages of a tree of this height.
 * Inner pages are filled to 70 of 100 where leaves are to 90, and hold at most
 * as many entries as the smallest tuples allow.
 */
static int
scaled_height(const IndexOptInfo *info, double pages)
{
	double		fanout;

	if (info->tree_height <= 0 || info->pages <= 1)
		return info->tree_height;
	fanout = Min(info->tuples / info->pages / BTREE_DEFAULT_FILLFACTOR,
				 (double) MaxIndexTuplesPerPage / 100) *
		BTREE_NONLEAF_FILLFACTOR;
	fanout = Max(fanout, pow(info->pages, 1.0 / (info->tree_height + 1)));
	fanout = Max(fanout, 2);
	return Min(info->tree_height,
			   (int) ceil(log(Max(pages - 1, 1)) / log(fanout)));
}

/*
 * Give a leaf its part of an index of the source.
 */
static void
scale_index(IndexOptInfo *info, RelOptInfo *rel, double fraction)
{
	/* one page, the first, does not shrink */
	double		pages = 1 + ceil(Max((double) info->pages - 1, 0) * fraction);

	info->rel = rel;
	info->tree_height = scaled_height(info, pages);
	info->tuples *= fraction;
	info->pages = (BlockNumber) pages;
	if (info->sortopfamily != NULL)
		info->hypothetical = true;
}

/*
 * Give a leaf its part of the source.
 */
static void
describe_leaf(const Shadow *shadow, const ShadowLeaf *leaf, PlannerInfo *root,
			  RelOptInfo *rel)
{
	RelOptInfo *source = describe_source(shadow, root, rel);
	ListCell   *cell;

	rel->pages = (BlockNumber) ceil(source->pages * leaf->fraction);
	rel->tuples = source->tuples * leaf->fraction;
	rel->allvisfrac = source->allvisfrac;
	rel->rel_parallel_workers = source->rel_parallel_workers;
	rel_copy_not_null(rel, source);
	rel->indexlist = source->indexlist;
	foreach(cell, rel->indexlist)
		scale_index(lfirst(cell), rel, leaf->fraction);
	rel->statlist = source->statlist;
	foreach(cell, rel->statlist)
		((StatisticExtInfo *) lfirst(cell))->rel = rel;
}

/*
 * Are the keys columns of the index?
 */
static bool
index_has_keys(const Shadow *shadow, const IndexOptInfo *info)
{
	Bitmapset  *columns = NULL;
	bool		found;

	for (int i = 0; i < info->nkeycolumns; i++)
		if (info->indexkeys[i] > 0)
			columns = bms_add_member(columns, info->indexkeys[i]);
	found = has_keys(shadow, columns);
	bms_free(columns);
	return found;
}

/*
 * Tell what the planner knows of a partitioned table as a whole.
 */
static void
describe_parent(const Shadow *shadow, PlannerInfo *root, RelOptInfo *rel)
{
	RelOptInfo *source = describe_source(shadow, root, rel);
	ListCell   *cell;

	rel_copy_not_null(rel, source);
	if (!partitioned_table_has_indexes())
		return;
	foreach(cell, source->indexlist)
	{
		IndexOptInfo *info = lfirst(cell);

		if (!info->unique || !index_has_keys(shadow, info))
			continue;
		info->rel = rel;
		info->hypothetical = true;
		rel->indexlist = lappend(rel->indexlist, info);
	}
}

/*
 * Describe a table of the shadow; to be called in get_relation_info_hook.
 */
void
shadow_relation_info(const Shadow *shadow, PlannerInfo *root, Oid relid,
					 bool inhparent, RelOptInfo *rel)
{
	const ShadowLeaf *leaf;

	if (inhparent && (relid == shadow->relid || is_middle(shadow, relid)))
		describe_parent(shadow, root, rel);
	else if ((leaf = find_leaf(shadow, relid)) != NULL)
		describe_leaf(shadow, leaf, root, rel);
}

/*
 * The planner is done with statistics that belong to the shadow.
 */
static void
keep_statistics(HeapTuple tuple)
{
	(void) tuple;
}

/*
 * get_relation_stats_hook: statistics of a column of the shadow.
 */
static bool
shadow_relation_stats(PlannerInfo *root, RangeTblEntry *rte,
					  AttrNumber attnum, VariableStatData *vardata)
{
	const Shadow *shadow = shadow_in_force();
	const ShadowLeaf *leaf;

	if (shadow == NULL || rte->rtekind != RTE_RELATION ||
		shadow_source(shadow, rte->relid) == rte->relid ||
		!plan_is_ours(root))
		return prev_get_relation_stats != NULL &&
			prev_get_relation_stats(root, rte, attnum, vardata);
	leaf = find_leaf(shadow, rte->relid);
	vardata->freefunc = keep_statistics;
	if (leaf != NULL && attnum == shadow->key && leaf->key_statistics != NULL)
		vardata->statsTuple = leaf->key_statistics;
	else if (leaf != NULL && attnum == shadow->sub_key &&
			 leaf->sub_statistics != NULL)
		vardata->statsTuple = leaf->sub_statistics;
	else
	{
		vardata->statsTuple = SearchSysCache3(STATRELATTINH,
											  ObjectIdGetDatum(shadow->source),
											  Int16GetDatum(attnum),
											  BoolGetDatum(false));
		vardata->freefunc = ReleaseSysCache;
	}
	vardata->acl_ok = vardata->statsTuple == NULL ||
		plan_may_read_all(root, rte);
	return true;
}

/*
 * Statistics of an expression column of an index of the source; false for any
 * other index.
 */
bool
shadow_index_statistics(const Shadow *shadow, PlannerInfo *root, Oid oid,
						AttrNumber column, VariableStatData *vardata)
{
	if (IndexGetRelation(oid, true) != shadow->source)
		return false;
	vardata->statsTuple = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(oid),
										  Int16GetDatum(column),
										  BoolGetDatum(false));
	vardata->freefunc = ReleaseSysCache;
	vardata->acl_ok = vardata->statsTuple == NULL ||
		plan_index_rows_readable(root, oid);
	return true;
}

/*
 * get_attavgwidth_hook: width of a column of the shadow.
 */
static int32
shadow_average_width(Oid relid, AttrNumber attnum)
{
	const Shadow *shadow = shadow_in_force();

	if (shadow != NULL && shadow_source(shadow, relid) != relid)
		return get_attavgwidth(shadow->source, attnum);
	return prev_get_attavgwidth != NULL ? prev_get_attavgwidth(relid, attnum) : 0;
}

/* What shadow_partitions() counts. */
typedef struct LeafCount
{
	const Shadow *shadow;
	List	   *rtable;
	Bitmapset  *seen;			/* leaves by their place */
	double		partitions;
	double		extra_cost;
} LeafCount;

/*
 * Count the leaf that a node scans, if any; a PlanVisitor.
 */
static void
count_leaf(Plan *plan, void *arg)
{
	LeafCount  *count = arg;
	const ShadowLeaf *leaf;

	if (!plan_scans_table(plan))
		return;
	leaf = find_leaf(count->shadow, rt_fetch(((Scan *) plan)->scanrelid,
											 count->rtable)->relid);
	if (leaf == NULL)
		return;
	if (IsA(plan, IndexOnlyScan))
		count->extra_cost += (leaf->partitions - 1) * random_page_cost *
			DESCENT_INDEX_PAGES;
	else if (IsA(plan, IndexScan) || IsA(plan, BitmapHeapScan))
		count->extra_cost += (leaf->partitions - 1) * random_page_cost *
			(DESCENT_INDEX_PAGES + DESCENT_TABLE_PAGES);
	if (bms_is_member(leaf - count->shadow->leaves, count->seen))
		return;
	count->seen = bms_add_member(count->seen, leaf - count->shadow->leaves);
	count->partitions += leaf->partitions;
}

/*
 * Return how many partitions of the shadow a plan can read, and what leaves that
 * stand for several of them cost beyond the planner's figure.
 */
double
shadow_partitions(const Shadow *shadow, PlannedStmt *plan, double *extra_cost)
{
	LeafCount	count = {.shadow = shadow,.rtable = plan->rtable};

	plan_visit(plan, count_leaf, &count);
	bms_free(count.seen);
	*extra_cost = count.extra_cost;
	return count.partitions;
}

/*
 * Install the hooks.
 */
void
shadow_hooks(void)
{
	prev_get_relation_stats = get_relation_stats_hook;
	get_relation_stats_hook = shadow_relation_stats;
	prev_get_attavgwidth = get_attavgwidth_hook;
	get_attavgwidth_hook = shadow_average_width;
}
