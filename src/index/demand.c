/*-------------------------------------------------------------------------
 *
 * demand.c
 *		Collect what a statement asks of each relation, while it is planned.
 *
 * The planner has rewritten the statement by then: views, CTEs, subqueries,
 * row security and implied equalities are plain clauses, equivalence classes
 * and path keys of a relation.  A partitioned table speaks for its
 * partitions, since one index on it is an index on each of them; a child of
 * plain inheritance or of UNION ALL speaks for itself.
 * Entry point: demand_collect().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "access/sysattr.h"
#include "access/transam.h"
#include "catalog/catalog.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace_d.h"
#include "commands/defrem.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/appendinfo.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/plancat.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/selfuncs.h"

#include "compat.h"
#include "index/index_internal.h"

/* Where the observer puts what it finds. */
typedef struct Collector
{
	MemoryContext context;
	List	   *demands;		/* of Demand */
} Collector;

/*
 * May we advise an index on this table: not a catalog, not ours, not the
 * temporary table of another session?
 */
static bool
relation_is_advisable(Oid relid, char relkind)
{
	Oid			namespace = get_rel_namespace(relid);

	if (relkind != RELKIND_RELATION && relkind != RELKIND_MATVIEW &&
		relkind != RELKIND_PARTITIONED_TABLE)
		return false;
	if (IsCatalogRelationOid(relid) || relid < FirstNormalObjectId ||
		IsToastNamespace(namespace) || isOtherTempNamespace(namespace))
		return false;
	return getExtensionOfObject(RelationRelationId, relid) !=
		get_extension_oid("dbadvisor", true);
}

/*
 * The parent of which this relation is a child in the query, or NULL.
 */
static AppendRelInfo *
parent_link(PlannerInfo *root, Index relid)
{
	return root->append_rel_array == NULL ? NULL :
		root->append_rel_array[relid];
}

/*
 * Does this relation speak for itself in its query?
 */
static bool
relation_speaks(PlannerInfo *root, RelOptInfo *rel, RangeTblEntry *rte)
{
	AppendRelInfo *link = parent_link(root, rel->relid);

	if (rel->reloptkind != RELOPT_BASEREL &&
		rel->reloptkind != RELOPT_OTHER_MEMBER_REL)
		return false;
	if (link != NULL)
	{
		RangeTblEntry *parent = root->simple_rte_array[link->parent_relid];

		if (parent->rtekind == RTE_RELATION &&
			parent->relkind == RELKIND_PARTITIONED_TABLE)
			return false;
	}
	/* A parent of plain inheritance appears once more, as its own child. */
	if (rte->inh && rte->relkind != RELKIND_PARTITIONED_TABLE)
		return false;
	return relation_is_advisable(rte->relid, rte->relkind);
}

/*
 * Rewrite an expression of an ancestor into one of this child.  Returns NULL
 * when "ancestor" is none.
 */
static Node *
translate_to_child(PlannerInfo *root, Node *node, Index ancestor, Index child)
{
	AppendRelInfo *link;

	if (ancestor == child)
		return node;
	link = parent_link(root, child);
	if (link == NULL)
		return NULL;
	node = translate_to_child(root, node, ancestor, link->parent_relid);
	return node == NULL ? NULL :
		adjust_appendrel_attrs(root, node, 1, &link);
}

/*
 * The expression by which an equivalence class speaks of this relation, or of
 * an ancestor of it, in terms of this relation; NULL when it does not.
 */
static Node *
member_expression(PlannerInfo *root, RelOptInfo *rel, EquivalenceClass *class)
{
	ListCell   *lc;

	foreach(lc, class->ec_members)
	{
		EquivalenceMember *member = (EquivalenceMember *) lfirst(lc);
		int			relid;
		Node	   *found;

		if (member->em_is_child || member->em_is_const ||
			!bms_get_singleton_member(member->em_relids, &relid))
			continue;
		found = translate_to_child(root, (Node *) member->em_expr, relid,
								   rel->relid);
		if (found != NULL)
			return found;
	}
	return NULL;
}

/*
 * Share of a relation's rows that one value of an expression has.
 */
static double
selectivity_of_one_value(PlannerInfo *root, Node *expr)
{
	VariableStatData statistics;
	bool		is_default;
	double		ndistinct;

	examine_variable(root, expr, 0, &statistics);
	ndistinct = get_variable_numdistinct(&statistics, &is_default);
	ReleaseVariableStats(statistics);
	return 1.0 / Max(ndistinct, 1.0);
}

/*
 * Add the columns that equivalence classes join with other relations.
 */
static List *
add_join_keys(PlannerInfo *root, RelOptInfo *rel, List *items)
{
	ListCell   *lc;

	foreach(lc, root->eq_classes)
	{
		EquivalenceClass *class = (EquivalenceClass *) lfirst(lc);
		Node	   *operand;
		Expr	   *key;
		Oid			opclass;

		/* With a constant, it is a plain clause of the relation already. */
		if (class->ec_has_const || class->ec_has_volatile ||
			bms_membership(class->ec_relids) != BMS_MULTIPLE)
			continue;
		operand = member_expression(root, rel, class);
		key = operand ? clause_key(root, rel, operand) : NULL;
		if (key == NULL)
			continue;
		opclass = GetDefaultOpClass(exprType((Node *) key), BTREE_AM_OID);
		if (OidIsValid(opclass) &&
			list_member_oid(class->ec_opfamilies, get_opclass_family(opclass)))
			items = clause_add_item(items, key, opclass, KEY_JOIN, true,
									selectivity_of_one_value(root, operand));
	}
	return items;
}

/*
 * Items of all clauses in a list, ORs put aside in the scan.
 */
static List *
restriction_items(ClauseScan *scan, List *clauses, List *items)
{
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, clauses)
	{
		CHECK_FOR_INTERRUPTS();
		foreach(lc2, clause_items(scan, (Node *) lfirst(lc)))
			items = clause_merge_item(items, (KeyItem *) lfirst(lc2));
	}
	return items;
}

/*
 * Add what the query orders by the distance from a given value, as long as it
 * wants the nearest rows only.
 */
static List *
add_nearest(ClauseScan *scan, const NearestSearch *nearest, List *items)
{
	PathKey    *pathkey;
	Node	   *distance;
	ListCell   *lc;

	if (scan->root->parse->limitCount == NULL ||
		list_length(scan->root->query_pathkeys) != 1)
		return items;
	pathkey = (PathKey *) linitial(scan->root->query_pathkeys);
	if (pathkey_is_descending(pathkey) || pathkey->pk_nulls_first ||
		pathkey->pk_eclass->ec_has_volatile)
		return items;
	distance = member_expression(scan->root, scan->rel, pathkey->pk_eclass);
	if (distance == NULL || !IsA(distance, OpExpr))
		return items;
	foreach(lc, operator_class_nearest(scan, (OpExpr *) distance,
									   pathkey->pk_opfamily))
		approximate_sort_item(scan, nearest, (KeyItem *) lfirst(lc), &items);
	return items;
}

/*
 * Set all items of a relation: first those of its ANDed clauses and joins, then
 * those of each arm of an OR.
 */
static void
set_arms(Demand *demand, PlannerInfo *root, RelOptInfo *rel)
{
	ClauseScan	scan = {.root = root,.rel = rel};
	List	   *items = NIL;

	items = restriction_items(&scan, rel->baserestrictinfo, items);
	items = restriction_items(&scan, rel->joininfo, items);
	items = add_join_keys(root, rel, items);
	demand->nearest = approximate_nearest(root);
	items = add_nearest(&scan, &demand->nearest, items);
	demand->arms = lcons(items, scan.arms);
	demand->exact = scan.exact;
}

/*
 * Turn one path key into a key column of this relation, or NULL.
 */
static KeyColumn *
order_column(PlannerInfo *root, RelOptInfo *rel, PathKey *pathkey)
{
	Node	   *operand = member_expression(root, rel, pathkey->pk_eclass);
	Expr	   *key = operand ? clause_key(root, rel, operand) : NULL;
	KeyColumn  *column;
	Oid			opclass;

	if (key == NULL || pathkey->pk_eclass->ec_has_volatile)
		return NULL;
	opclass = GetDefaultOpClass(exprType((Node *) key), BTREE_AM_OID);
	if (!OidIsValid(opclass) ||
		get_opclass_family(opclass) != pathkey->pk_opfamily ||
		pathkey->pk_eclass->ec_collation != exprCollation((Node *) key))
		return NULL;

	column = (KeyColumn *) palloc0(sizeof(KeyColumn));
	column->expr = key;
	column->opclass = opclass;
	column->descending = pathkey_is_descending(pathkey);
	column->nulls_first = pathkey->pk_nulls_first;
	return column;
}

/*
 * Make the first column ascend: a B-tree is read backwards as well.
 */
static void
normalise_direction(List *columns)
{
	ListCell   *lc;

	if (columns == NIL || !((KeyColumn *) linitial(columns))->descending)
		return;
	foreach(lc, columns)
	{
		KeyColumn  *column = (KeyColumn *) lfirst(lc);

		column->descending = !column->descending;
		column->nulls_first = !column->nulls_first;
	}
}

/*
 * Add the part of a sort order that this relation can deliver.
 */
static List *
add_order(PlannerInfo *root, RelOptInfo *rel, List *pathkeys, List *orders)
{
	List	   *columns = NIL;
	ListCell   *lc;

	foreach(lc, pathkeys)
	{
		KeyColumn  *column = order_column(root, rel, (PathKey *) lfirst(lc));

		if (column == NULL)
			break;
		columns = lappend(columns, column);
	}
	normalise_direction(columns);
	return columns == NIL ? orders : lappend(orders, columns);
}

/*
 * All sort orders that the query would like from this relation.
 */
static List *
relation_orders(PlannerInfo *root, RelOptInfo *rel)
{
	List	   *orders = NIL;

	orders = add_order(root, rel, root->query_pathkeys, orders);
	orders = add_order(root, rel, root->group_pathkeys, orders);
	orders = add_order(root, rel, root->window_pathkeys, orders);
	orders = add_order(root, rel, root->distinct_pathkeys, orders);
	return add_order(root, rel, root->sort_pathkeys, orders);
}

/*
 * Note which columns an index-only scan would have to deliver.
 */
static void
note_needed(Demand *demand, RelOptInfo *rel)
{
	Bitmapset  *used = NULL;
	int			member = -1;
	ListCell   *lc;

	pull_varattnos((Node *) rel->reltarget->exprs, rel->relid, &used);
	foreach(lc, rel->baserestrictinfo)
		pull_varattnos((Node *) ((RestrictInfo *) lfirst(lc))->clause,
					   rel->relid, &used);

	demand->coverable = enable_indexonlyscan;
	while ((member = bms_next_member(used, member)) >= 0)
	{
		int			attno = member + FirstLowInvalidHeapAttributeNumber;

		if (attno <= 0)
			demand->coverable = false;
		else
			demand->needed = bms_add_member(demand->needed, attno);
	}
}

/*
 * Add pages of a relation and its partitions, and those of them that are
 * all-visible.
 */
static void
sum_pages(PlannerInfo *root, RelOptInfo *rel, double *pages, double *visible)
{
	*pages += rel->pages;
	*visible += rel->pages * rel->allvisfrac;
	for (int i = 1; i < root->simple_rel_array_size; i++)
	{
		AppendRelInfo *link = parent_link(root, i);

		if (link != NULL && link->parent_relid == rel->relid &&
			root->simple_rel_array[i] != NULL)
			sum_pages(root, root->simple_rel_array[i], pages, visible);
	}
}

/*
 * Average width of a table's row in bytes.
 */
static int
row_width(Oid relid, RelOptInfo *rel)
{
	return rel->pages > 0 && rel->tuples > 0 ?
		(int) (rel->pages * (double) BLCKSZ / rel->tuples) :
		get_relation_data_width(relid, NULL);
}

/*
 * Number of columns that a table has now.
 */
static int
table_columns(RelOptInfo *rel, Oid relid)
{
	int			count = 0;

	for (AttrNumber attno = 1; attno <= rel->max_attr; attno++)
		count += OidIsValid(get_atttype(relid, attno));
	return count;
}

/*
 * Write down what the query asks of a relation.
 */
static Demand *
demand_make(PlannerInfo *root, RelOptInfo *rel, RangeTblEntry *rte)
{
	Demand	   *demand = (Demand *) palloc0(sizeof(Demand));
	double		visible = 0;

	demand->relid = rte->relid;
	sum_pages(root, rel, &demand->pages, &visible);
	demand->allvisfrac = demand->pages > 0 ? visible / demand->pages : 0;
	demand->width = row_width(rte->relid, rel);
	demand->ncolumns = table_columns(rel, rte->relid);
	set_arms(demand, root, rel);
	demand->orders = relation_orders(root, rel);
	demand->terms = predicate_terms(root, rel);
	note_needed(demand, rel);
	return demand;
}

/*
 * WhatIfObserver: collect the demand on one relation.
 */
static void
observe(PlannerInfo *root, RelOptInfo *rel, RangeTblEntry *rte, void *arg)
{
	Collector  *collector = (Collector *) arg;
	MemoryContext old;
	Demand	   *demand;

	if (!relation_speaks(root, rel, rte) || IS_DUMMY_REL(rel))
		return;
	old = MemoryContextSwitchTo(collector->context);
	demand = demand_make(root, rel, rte);
	collector->demands = lappend(collector->demands, demand);
	demand = demand_on_root(demand);
	if (demand != NULL)
		collector->demands = lappend(collector->demands, demand);
	MemoryContextSwitchTo(old);
}

/*
 * Plan a statement as the database is, and see what it asks meanwhile; learn
 * about its orders where they are not NULL.
 */
static WhatIfResult
plan_observed(Statement *stmt, Collector *collector, SpaceOrders *orders)
{
	WhatIfConfig nothing = {0};
	WhatIfResult result;

	whatif_observe(observe, collector);
	if (orders != NULL)
		planspace_orders_begin(orders);
	PG_TRY();
	{
		result = whatif_statement(stmt, &nothing, false);
	}
	PG_FINALLY();
	{
		whatif_observe(NULL, NULL);
		if (orders != NULL)
			planspace_orders_end(orders);
	}
	PG_END_TRY();
	return result;
}

/*
 * Plan the statement without the values that were chosen for its parameters:
 * what is constant then is so for every call.
 */
static List *
demands_of_every_call(Statement *stmt)
{
	Collector	collector = {CurrentMemoryContext, NIL};
	ParamListInfo params = stmt->params;
	WhatIfResult result;

	stmt->params = NULL;
	PG_TRY();
	{
		result = plan_observed(stmt, &collector, NULL);
	}
	PG_FINALLY();
	{
		stmt->params = params;
	}
	PG_END_TRY();
	if (result.error == NULL)
		return collector.demands;
	FreeErrorData(result.error);
	return NIL;
}

/*
 * Terms of all demands on a relation.
 */
static List *
terms_on(List *demands, Oid relid)
{
	List	   *terms = NIL;
	ListCell   *lc;

	foreach(lc, demands)
	{
		Demand	   *demand = (Demand *) lfirst(lc);

		if (demand->relid == relid)
			terms = list_concat(terms, demand->terms);
	}
	return terms;
}

/*
 * Drop those terms whose constant is the value of a parameter: a plan for any
 * other value could not use the index.
 */
static void
drop_terms_of_values(Statement *stmt, List *demands)
{
	List	   *always;
	bool		any = false;
	ListCell   *lc;

	foreach(lc, demands)
		any |= ((Demand *) lfirst(lc))->terms != NIL;
	if (stmt->params == NULL || !any)
		return;
	always = demands_of_every_call(stmt);
	foreach(lc, demands)
	{
		Demand	   *demand = (Demand *) lfirst(lc);

		demand->terms = predicate_terms_confirmed(demand->terms,
												  terms_on(always,
														   demand->relid));
	}
}

/*
 * Plan a statement as the database is; return its demands, a list in the
 * current memory context, and its cost.  When it cannot be planned, *error
 * says why.  "orders", where not NULL, learns from the same call, and may spoil
 * the cost.
 */
List *
demand_collect(Statement *stmt, SpaceOrders *orders, double *cost,
			   ErrorData **error)
{
	Collector	collector = {CurrentMemoryContext, NIL};
	WhatIfResult result = plan_observed(stmt, &collector, orders);

	*error = result.error;
	*cost = result.cost;
	if (result.error != NULL)
		return NIL;
	drop_terms_of_values(stmt, collector.demands);
	return collector.demands;
}
