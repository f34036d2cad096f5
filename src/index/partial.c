/*-------------------------------------------------------------------------
 *
 * partial.c
 *		Think up partial indexes that could serve what a statement asks.
 *
 * A predicate takes the place of a key column: what it says needs no search,
 * so the keys are what the statement asks besides.  The terms are clauses of
 * the statement, hence the predicate is implied whatever its parameters are.
 * A key that is mostly NULL has a predicate without any clause: whatever
 * compares it implies that it is not.
 * Entry point: shapes_add_partial().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_statistic.h"
#include "commands/defrem.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "index/shapes.h"

/* Terms of one relation that get indexes of their own, the rarest first. */
#define MAX_TERMS 3

/*
 * A list of values, or all but some, is special only if this share of the rows
 * or less has them.
 */
#define MAX_LIST_SHARE 0.3

/* A key of which so many are NULL is worth an index on the rest alone. */
#define MIN_NULL_SHARE 0.5

/*
 * Does one of the terms say all about the expression?
 */
static bool
expression_is_pinned(List *terms, const Expr *expr)
{
	ListCell   *lc;

	foreach(lc, terms)
	{
		PredicateTerm *term = (PredicateTerm *) lfirst(lc);

		if (term->pins && equal(term->operand, expr))
			return true;
	}
	return false;
}

/*
 * Those items that the terms leave open.
 */
static List *
items_left(List *items, List *terms)
{
	List	   *left = NIL;
	ListCell   *lc;

	foreach(lc, items)
	{
		if (!expression_is_pinned(terms, ((KeyItem *) lfirst(lc))->expr))
			left = lappend(left, lfirst(lc));
	}
	return left;
}

/*
 * Order of terms in a predicate: the same from all statements.
 */
static int
compare_clauses(const ListCell *a, const ListCell *b)
{
	PredicateTerm *left = (PredicateTerm *) lfirst(a);
	PredicateTerm *right = (PredicateTerm *) lfirst(b);

	if (IsA(left->operand, Var) && IsA(right->operand, Var) &&
		((Var *) left->operand)->varattno != ((Var *) right->operand)->varattno)
		return ((Var *) left->operand)->varattno -
			((Var *) right->operand)->varattno;
	return strcmp(nodeToString(left->clause), nodeToString(right->clause));
}

/*
 * The predicate that terms make together.
 */
static List *
predicate_of(List *terms)
{
	List	   *sorted = list_copy(terms);
	List	   *predicate = NIL;
	ListCell   *lc;

	list_sort(sorted, compare_clauses);
	foreach(lc, sorted)
		predicate = lappend(predicate, ((PredicateTerm *) lfirst(lc))->clause);
	return predicate;
}

/*
 * Add an index on what a term tests, for a statement that asks nothing else.
 */
static void
add_own_column(Shapes *shapes, const PredicateTerm *term)
{
	KeyColumn  *column = (KeyColumn *) palloc0(sizeof(KeyColumn));

	column->expr = term->operand;
	column->opclass = GetDefaultOpClass(exprType((Node *) term->operand),
										BTREE_AM_OID);
	if (OidIsValid(column->opclass))
		shapes_add_btree(shapes, list_make1(column), NIL);
}

/*
 * Do the terms together leave few enough rows for what they are?
 */
static bool
terms_are_special(List *terms)
{
	double		share = 1.0;
	bool		listed = false;
	ListCell   *lc;

	foreach(lc, terms)
	{
		PredicateTerm *term = (PredicateTerm *) lfirst(lc);

		share *= term->share;
		listed |= !term->pins && !IsA(term->clause, NullTest);
	}
	return !listed || share <= MAX_LIST_SHARE;
}

/*
 * Add the shapes for rows that satisfy the terms.
 */
static void
add_under_terms(Shapes *shapes, List *terms, List *anded)
{
	Arm			arm = arm_split(items_left(anded, terms));

	if (!terms_are_special(terms))
		return;
	shapes->predicate = predicate_of(terms);
	if (arm.equal == NIL && arm.join == NIL && arm.range == NIL)
		add_own_column(shapes, (PredicateTerm *) linitial(terms));
	shapes_add_arm(shapes, &arm);
	shapes->predicate = NIL;
}

/*
 * Share of a column's values that are NULL, 0 when unknown.  A partitioned
 * table has the statistics of all its partitions.
 */
static double
null_share(Oid relid, AttrNumber attno)
{
	bool		inherited = get_rel_relkind(relid) == RELKIND_PARTITIONED_TABLE;
	HeapTuple	tuple = SearchSysCache3(STATRELATTINH,
										ObjectIdGetDatum(relid),
										Int16GetDatum(attno),
										BoolGetDatum(inherited));
	double		share;

	if (!HeapTupleIsValid(tuple))
		return 0;
	share = ((Form_pg_statistic) GETSTRUCT(tuple))->stanullfrac;
	ReleaseSysCache(tuple);
	return share;
}

/*
 * Does the comparison of this item imply that its key is not NULL, and is it
 * NULL in most rows?
 */
static bool
item_is_sparse(const Demand *demand, const KeyItem *item)
{
	/* IS NULL makes an item too; more rows satisfy it than have a value */
	return IsA(item->expr, Var) && item->am_name == NULL &&
		item->selectivity < MIN_NULL_SHARE &&
		null_share(demand->relid, ((Var *) item->expr)->varattno) >=
		MIN_NULL_SHARE;
}

/*
 * The predicate that a column is not NULL.
 */
static List *
not_null(Expr *column)
{
	NullTest   *test = makeNode(NullTest);

	test->arg = column;
	test->nulltesttype = IS_NOT_NULL;
	test->location = -1;
	return list_make1(test);
}

/*
 * Add indexes without the rows in which a key is NULL.
 */
static void
add_sparse(Shapes *shapes, List *anded)
{
	Arm			all = arm_split(anded);
	ListCell   *lc;

	foreach(lc, anded)
	{
		KeyItem    *item = (KeyItem *) lfirst(lc);
		Arm			alone;

		if (!item_is_sparse(shapes->demand, item))
			continue;
		alone = arm_split(list_make1(item));
		shapes->predicate = not_null(item->expr);
		shapes_add_arm(shapes, &alone);
		if (item->role == KEY_EQUAL)
			shapes_add_btree(shapes, all.equal, all.range);
		else if (item->role == KEY_JOIN)
			shapes_add_btree(shapes, alone.join, all.equal);
		else
			shapes_add_btree(shapes, all.equal, alone.range);
	}
	shapes->predicate = NIL;
}

/*
 * Add partial indexes for the ANDed items of a demand: under each of the rarest
 * terms alone, then under all of them.
 */
void
shapes_add_partial(Shapes *shapes, List *anded)
{
	List	   *terms = list_truncate(list_copy(shapes->demand->terms),
									  MAX_TERMS);
	ListCell   *lc;

	foreach(lc, terms)
		add_under_terms(shapes, list_make1(lfirst(lc)), anded);
	if (list_length(terms) > 1)
		add_under_terms(shapes, terms, anded);
	add_sparse(shapes, anded);
}

/*
 * The columns that an index with the predicate must contain for an index-only
 * scan: those that the statement reads for the predicate alone are not needed.
 */
Bitmapset *
columns_needed(const Demand *demand, List *predicate)
{
	Bitmapset  *needed = bms_copy(demand->needed);
	ListCell   *lc;

	if (predicate == NIL)
		return needed;
	foreach(lc, demand->terms)
	{
		PredicateTerm *term = (PredicateTerm *) lfirst(lc);

		if (term->frees > 0 && list_member(predicate, term->clause))
			needed = bms_del_member(needed, term->frees);
	}
	return needed;
}
