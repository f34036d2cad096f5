/*-------------------------------------------------------------------------
 *
 * feature_joins.c
 *		Items in FROM that no clause ties to the others: each row of one meets
 *		each row of the other.
 *
 * An item that a clause compares with a value counts as tied, for it may be one
 * row; so does what is computed from the others (LATERAL, functions) and what
 * is small by itself (VALUES, a subquery that returns one row).
 * Entry point: features_untied().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"

#include "features.h"

/* The items of one FROM, and what clauses have tied so far. */
typedef struct Ties
{
	const Features *features;
	Query	   *query;
	Bitmapset  *items;			/* range table indexes that have to be tied */
	int		   *group;			/* by range table index; the same for all that
								 * hang together, 0 for what is small */
} Ties;

/* Items that one clause speaks of. */
typedef struct Mentioned
{
	const Features *features;
	Index		depth;			/* of subqueries that we are in */
	Bitmapset  *items;
} Mentioned;

/*
 * Note the item that a column belongs to.
 */
static void
mention(Mentioned *mentioned, const Var *var)
{
	Var		   *here = copyObject(unconstify(Var *, var));

	here->varlevelsup = 0;
	here = features_base_var(mentioned->features, here);
	if (here != NULL && here->varno > 0)
		mentioned->items = bms_add_member(mentioned->items, here->varno);
}

/*
 * expression_tree_walker() callback: collect the items that a clause mentions.
 */
static bool
mentioned_walker(Node *node, Mentioned *mentioned)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
	{
		if (((Var *) node)->varlevelsup == mentioned->depth)
			mention(mentioned, (Var *) node);
		return false;
	}
	/* a correlated subquery ties what it speaks of */
	if (IsA(node, Query))
	{
		mentioned->depth++;
		(void) query_tree_walker((Query *) node, mentioned_walker, mentioned, 0);
		mentioned->depth--;
		return false;
	}
	return expression_tree_walker(node, mentioned_walker, mentioned);
}

/*
 * Put two groups together.
 */
static void
groups_join(Ties *ties, int keep, int give_up)
{
	int			count = list_length(ties->query->rtable);

	for (int i = 1; i <= count; i++)
		if (ties->group[i] == give_up)
			ties->group[i] = keep;
}

/*
 * Tie what one clause speaks of: items to each other, or one to a value.
 */
static void
tie_clause(Ties *ties, Node *clause)
{
	Mentioned	mentioned = {.features = ties->features};
	int			first = -1;
	int			i = -1;

	(void) mentioned_walker(clause, &mentioned);
	first = bms_next_member(mentioned.items, -1);
	if (first <= 0)
		return;
	if (bms_membership(mentioned.items) == BMS_SINGLETON)
	{
		/* a comparison with a value, not a mere test such as IS NOT NULL */
		if (IsA(clause, OpExpr) || IsA(clause, ScalarArrayOpExpr))
			groups_join(ties, 0, ties->group[first]);
		return;
	}
	while ((i = bms_next_member(mentioned.items, i)) >= 0)
	{
		int			group = ties->group[i];

		/* small items tie nothing: they are left out */
		if (group != 0 && ties->group[first] != 0)
			groups_join(ties, ties->group[first], group);
		else if (group != 0 || ties->group[first] != 0)
			groups_join(ties, 0, group != 0 ? group : ties->group[first]);
	}
}

/*
 * Tie by all clauses that are joined by AND.
 */
static void
tie_clauses(Ties *ties, Node *node)
{
	ListCell   *lc;

	if (node == NULL)
		return;
	if (IsA(node, List))
	{
		foreach(lc, (List *) node)
			tie_clauses(ties, lfirst(lc));
	}
	else if (IsA(node, BoolExpr) && ((BoolExpr *) node)->boolop == AND_EXPR)
		tie_clauses(ties, (Node *) ((BoolExpr *) node)->args);
	else
		tie_clause(ties, node);
}

/*
 * Must the item be tied by clauses?
 */
static bool
item_is_large(const RangeTblEntry *rte)
{
	const Query *inner = rte->subquery;

	if (rte->lateral)
		return false;
	switch (rte->rtekind)
	{
		case RTE_RELATION:
		case RTE_CTE:
			return true;
		case RTE_SUBQUERY:
			return inner->limitCount == NULL &&
				!(inner->hasAggs && inner->groupClause == NIL) &&
				(inner->jointree->fromlist != NIL || inner->setOperations != NULL);
		default:
			return false;
	}
}

/*
 * Give each item of a part of FROM a group of its own, and tie by ON clauses.
 */
static void
items_collect(Ties *ties, Node *node)
{
	ListCell   *lc;

	if (node == NULL)
		return;
	if (IsA(node, RangeTblRef))
	{
		int			index = ((RangeTblRef *) node)->rtindex;

		if (item_is_large(rt_fetch(index, ties->query->rtable)))
		{
			ties->group[index] = index;
			ties->items = bms_add_member(ties->items, index);
		}
	}
	else if (IsA(node, JoinExpr))
	{
		items_collect(ties, ((JoinExpr *) node)->larg);
		items_collect(ties, ((JoinExpr *) node)->rarg);
		tie_clauses(ties, ((JoinExpr *) node)->quals);
	}
	else if (IsA(node, FromExpr))
	{
		foreach(lc, ((FromExpr *) node)->fromlist)
			items_collect(ties, lfirst(lc));
		tie_clauses(ties, ((FromExpr *) node)->quals);
	}
}

/*
 * Number of items in FROM of the innermost query that nothing ties to the
 * others.
 */
int
features_untied(const Features *features)
{
	Ties		ties = {.features = features};
	Bitmapset  *groups = NULL;
	int			i = -1;

	ties.query = features_query(features, 0);
	ties.group = palloc0((list_length(ties.query->rtable) + 1) * sizeof(int));
	items_collect(&ties, (Node *) ties.query->jointree);
	while ((i = bms_next_member(ties.items, i)) >= 0)
		if (ties.group[i] != 0)
			groups = bms_add_member(groups, ties.group[i]);
	return Max(bms_num_members(groups) - 1, 0);
}
