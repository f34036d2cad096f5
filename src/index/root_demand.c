/*-------------------------------------------------------------------------
 *
 * root_demand.c
 *		Say what a statement asks of a partition as a demand on the partitioned
 *		table that it belongs to.
 *
 * A statement may name a partition directly.  An index on it alone would do,
 * but so does one on the whole table, which other statements may need: both
 * are candidates then, and the search sees that one of them is enough.
 * Columns are found by name, since a partition may have them in another order.
 * Entry point: demand_on_root().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/partition.h"
#include "nodes/nodeFuncs.h"
#include "utils/lsyscache.h"

#include "index/index_internal.h"

typedef struct RootMapper
{
	Oid			leaf;
	Oid			root;
	bool		failed;			/* a column that the root does not have */
} RootMapper;

/*
 * Number of a partition's column in the root.
 */
static AttrNumber
map_attribute(RootMapper *mapper, AttrNumber attno)
{
	char	   *name = get_attname(mapper->leaf, attno, true);
	AttrNumber	mapped = name == NULL ? InvalidAttrNumber :
	get_attnum(mapper->root, name);

	mapper->failed |= mapped == InvalidAttrNumber;
	return mapped;
}

/*
 * Copy an expression of the partition as one of the root.
 */
static Node *
map_mutator(Node *node, RootMapper *mapper)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Var))
	{
		Var		   *var = (Var *) copyObject(node);

		var->varattno = map_attribute(mapper, var->varattno);
		var->varattnosyn = var->varattno;
		return (Node *) var;
	}
	return expression_tree_mutator(node, map_mutator, mapper);
}

/*
 * The same for an expression.
 */
static Expr *
map_expression(RootMapper *mapper, Expr *expr)
{
	return (Expr *) map_mutator((Node *) expr, mapper);
}

/*
 * The items of one arm.
 */
static List *
map_items(RootMapper *mapper, List *items)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, items)
	{
		KeyItem    *item = (KeyItem *) palloc(sizeof(KeyItem));

		*item = *(KeyItem *) lfirst(lc);
		item->expr = map_expression(mapper, item->expr);
		result = lappend(result, item);
	}
	return result;
}

/*
 * The columns of one order.
 */
static List *
map_columns(RootMapper *mapper, List *columns)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, columns)
	{
		KeyColumn  *column = (KeyColumn *) palloc(sizeof(KeyColumn));

		*column = *(KeyColumn *) lfirst(lc);
		column->expr = map_expression(mapper, column->expr);
		result = lappend(result, column);
	}
	return result;
}

/*
 * The constant clauses.
 */
static List *
map_terms(RootMapper *mapper, List *terms)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, terms)
	{
		PredicateTerm *term = (PredicateTerm *) palloc(sizeof(PredicateTerm));

		*term = *(PredicateTerm *) lfirst(lc);
		term->clause = map_expression(mapper, term->clause);
		term->operand = map_expression(mapper, term->operand);
		if (term->frees > 0)
			term->frees = map_attribute(mapper, term->frees);
		result = lappend(result, term);
	}
	return result;
}

/*
 * A set of attribute numbers.
 */
static Bitmapset *
map_set(RootMapper *mapper, const Bitmapset *set)
{
	Bitmapset  *result = NULL;
	int			attno = -1;

	while ((attno = bms_next_member(set, attno)) >= 0)
		result = bms_add_member(result,
								Max(map_attribute(mapper, attno), 0));
	return result;
}

/*
 * The topmost table that a partition belongs to; InvalidOid for what is none,
 * and for one that is being detached, which has no ancestors any more.
 */
static Oid
partition_root(Oid relid)
{
	List	   *ancestors = get_rel_relispartition(relid) ?
	get_partition_ancestors(relid) : NIL;

	return ancestors == NIL ? InvalidOid : llast_oid(ancestors);
}

/*
 * The demand on a partition as one on the topmost table that it belongs to, or
 * NULL when it is no partition.
 */
Demand *
demand_on_root(const Demand *demand)
{
	RootMapper	mapper = {
		.leaf = demand->relid,
		.root = partition_root(demand->relid),
	};
	Demand	   *result;
	ListCell   *lc;

	if (!OidIsValid(mapper.root))
		return NULL;
	result = (Demand *) palloc(sizeof(Demand));
	*result = *demand;
	result->relid = mapper.root;
	result->arms = NIL;
	result->orders = NIL;
	foreach(lc, demand->arms)
		result->arms = lappend(result->arms,
							   map_items(&mapper, (List *) lfirst(lc)));
	foreach(lc, demand->orders)
		result->orders = lappend(result->orders,
								 map_columns(&mapper, (List *) lfirst(lc)));
	result->terms = map_terms(&mapper, demand->terms);
	result->exact = map_items(&mapper, demand->exact);
	result->needed = map_set(&mapper, demand->needed);
	return mapper.failed ? NULL : result;
}
