/*-------------------------------------------------------------------------
 *
 * generate.c
 *		Think up indexes that could serve what a statement asks of a relation.
 *
 * A B-tree reads one stretch of its entries when equality columns come
 * first, in any order, and one range or one sort order follows.  All shapes
 * below come from that sentence.  They are cheap guesses: the planner judges
 * them all, so generating a useless one costs microseconds while missing one
 * costs the advice.  Shapes made first are the likelier ones, since a limit
 * cuts off the rest.
 * Entry point: generate_candidates().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type_d.h"
#include "commands/defrem.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "index/shapes.h"

/* Candidates of one relation in one statement, partial ones apart. */
#define MAX_SHAPES 60

/* And partial ones. */
#define MAX_PARTIAL_SHAPES 30

/* Equality columns of which every order is tried; 3 give 15 sequences. */
#define MAX_PERMUTED 3

/* Columns and bytes that INCLUDE may add for index-only scans. */
#define MAX_INCLUDED 4
#define MAX_COVERING_WIDTH 100

/* A table with more columns, all of them read, is not copied into an index. */
#define MAX_COPIED 2

/*
 * An equality that more of the rows satisfy is no key beside others: it would
 * spare less than half of the entries, and an index that it leads looks better
 * sorted than it is.
 */
#define MAX_EQUAL_SHARE 0.5

/* Share of all-visible pages from which index-only scans pay off. */
#define MIN_ALL_VISIBLE 0.5

/* A covering index without a search key must be this much narrower. */
#define MIN_NARROWER 3

/* BRIN: heap pages (8 MB) and correlation from which it filters well. */
#define MIN_BRIN_PAGES 1024
#define MIN_BRIN_CORRELATION 0.9

/* Hash: average key width in bytes from which it beats a B-tree's size. */
#define MIN_HASH_WIDTH 24

/*
 * Add a shape unless it is there or there are enough.
 */
static void
add_shape(Shapes *shapes, const char *am_name, List *keys, List *included)
{
	Candidate  *shape;
	ListCell   *lc;

	if (keys == NIL || list_length(shapes->made) >= shapes->limit)
		return;
	shape = candidate_make(shapes->demand->relid, am_name, keys, included);
	shape->predicate = shapes->predicate;
	foreach(lc, shapes->made)
	{
		if (candidate_same((Candidate *) lfirst(lc), shape))
			return;
	}
	shapes->made = lappend(shapes->made, shape);
}

/*
 * Put columns after others, each expression once, no more than allowed.
 */
static List *
append_columns(const Shapes *shapes, List *columns, List *more)
{
	List	   *result = list_copy(columns);
	ListCell   *lc;

	foreach(lc, more)
	{
		KeyColumn  *column = (KeyColumn *) lfirst(lc);

		if (list_length(result) < shapes->max_columns &&
			!key_columns_contain(result, column->expr))
			result = lappend(result, column);
	}
	return result;
}

/*
 * Add the B-tree on "first" followed by "then".
 */
void
shapes_add_btree(Shapes *shapes, List *first, List *then)
{
	add_shape(shapes, "btree", append_columns(shapes,
											  append_columns(shapes, NIL, first),
											  then),
			  NIL);
}

/*
 * Order of KeyItems: the most selective first.
 */
static int
compare_selectivity(const ListCell *a, const ListCell *b)
{
	double		left = ((KeyItem *) lfirst(a))->selectivity;
	double		right = ((KeyItem *) lfirst(b))->selectivity;

	return (left > right) - (left < right);
}

/*
 * Sort the items of an arm that a B-tree serves into roles.
 */
Arm
arm_split(List *items)
{
	Arm			arm = {NIL, NIL, NIL};
	ListCell   *lc;

	items = list_copy(items);
	list_sort(items, compare_selectivity);
	foreach(lc, items)
	{
		KeyItem    *item = (KeyItem *) lfirst(lc);
		KeyColumn  *column = (KeyColumn *) palloc0(sizeof(KeyColumn));

		column->expr = item->expr;
		column->opclass = item->opclass;
		if (item->role == KEY_EQUAL &&
			item->selectivity > MAX_EQUAL_SHARE && list_length(items) > 1)
			continue;
		if (item->role == KEY_EQUAL)
			arm.equal = lappend(arm.equal, column);
		else if (item->role == KEY_JOIN)
			arm.join = lappend(arm.join, column);
		else if (item->role == KEY_RANGE)
			arm.range = lappend(arm.range, column);
	}
	return arm;
}

/*
 * Add "first" followed by each of the columns alone.
 */
static void
add_each(Shapes *shapes, List *first, List *columns)
{
	ListCell   *lc;

	foreach(lc, columns)
		shapes_add_btree(shapes, first, list_make1(lfirst(lc)));
}

/*
 * Add what can follow a sequence of equality columns: a range, or a sort order
 * with or without a range to filter by.
 */
static void
add_tails(Shapes *shapes, List *first, List *ranges)
{
	ListCell   *lc;

	add_each(shapes, first, ranges);
	foreach(lc, shapes->demand->orders)
	{
		List	   *order = (List *) lfirst(lc);

		shapes_add_btree(shapes, first, order);
		add_each(shapes, append_columns(shapes, first, order), ranges);
	}
}

/*
 * Add keys for joins: join columns before and after the equality columns, and
 * pairs of join columns.
 */
static void
add_joins(Shapes *shapes, const Arm *arm)
{
	ListCell   *lc;

	foreach(lc, arm->join)
	{
		List	   *join = list_make1(lfirst(lc));
		List	   *both = append_columns(shapes, arm->equal, join);

		shapes_add_btree(shapes, join, arm->equal);
		shapes_add_btree(shapes, both, NIL);
		add_tails(shapes, both, arm->range);
		add_tails(shapes, join, arm->range);
		add_each(shapes, join, arm->join);
		shapes_add_btree(shapes, arm->range, join);
	}
	if (list_length(arm->join) > 2)
		shapes_add_btree(shapes, arm->join, arm->equal);
}

/*
 * Add every sequence of up to MAX_PERMUTED of the columns after "first": which
 * order is best depends on what other statements ask.
 */
static void
add_permutations(Shapes *shapes, List *first, List *columns)
{
	ListCell   *lc;

	foreach(lc, columns)
	{
		KeyColumn  *column = (KeyColumn *) lfirst(lc);
		List	   *longer;

		if (key_columns_contain(first, column->expr))
			continue;
		longer = append_columns(shapes, first, list_make1(column));
		if (list_length(longer) == list_length(first))
			continue;
		shapes_add_btree(shapes, longer, NIL);
		if (list_length(longer) < MAX_PERMUTED)
			add_permutations(shapes, longer, columns);
	}
}

/*
 * Add the shapes for one arm: likely ones first.
 */
void
shapes_add_arm(Shapes *shapes, const Arm *arm)
{
	shapes_add_btree(shapes, arm->equal, NIL);
	add_tails(shapes, arm->equal, arm->range);
	add_each(shapes, NIL, arm->equal);
	add_each(shapes, NIL, arm->join);
	add_joins(shapes, arm);
	add_tails(shapes, NIL, arm->range);
	/* Entries outside of a second range are skipped without their rows. */
	if (list_length(arm->range) > 1)
		shapes_add_btree(shapes, arm->equal, arm->range);
	if (arm->equal != NIL)
		add_tails(shapes, list_make1(linitial(arm->equal)), arm->range);
}

/*
 * May the column be included: is there a bound on its width, or is it a string,
 * whose average tells enough?  A document or an array may outgrow the index
 * tuple, and then the row cannot be written.
 */
static bool
column_is_includable(Oid relid, AttrNumber attno)
{
	ColumnType	type;
	char		category;
	bool		preferred;

	if (!relation_column_type(relid, attno, &type))
		return false;
	if (get_typlen(type.oid) > 0)
		return true;
	get_type_category_preferred(type.oid, &category, &preferred);
	return category != TYPCATEGORY_USER && category != TYPCATEGORY_ARRAY &&
		category != TYPCATEGORY_COMPOSITE;
}

/*
 * The columns that INCLUDE would have to add to the keys for an index-only
 * scan.  False when they are too many or too wide.
 */
static bool
columns_to_include(const Demand *demand, List *keys, List *predicate,
				   List **included)
{
	Bitmapset  *needed = columns_needed(demand, predicate);
	int			attno = -1;
	int			width = 0;

	*included = NIL;
	while ((attno = bms_next_member(needed, attno)) >= 0)
	{
		bool		is_key = false;
		ListCell   *lc;

		foreach(lc, keys)
		{
			Expr	   *expr = ((KeyColumn *) lfirst(lc))->expr;

			is_key |= IsA(expr, Var) && ((Var *) expr)->varattno == attno;
		}
		width += relation_column_width(demand->relid, attno);
		if (!is_key && !column_is_includable(demand->relid, attno))
			return false;
		if (!is_key)
			*included = lappend_int(*included, attno);
	}
	return width <= MAX_COVERING_WIDTH &&
		list_length(*included) <= MAX_INCLUDED;
}

/*
 * Add an index that is worth reading as a whole, only because it is so much
 * narrower than the table.
 */
static void
add_narrow_copy(Shapes *shapes)
{
	const Demand *demand = shapes->demand;
	int			attno = -1;
	int			width = sizeof(IndexTupleData) + sizeof(ItemIdData);

	while ((attno = bms_next_member(demand->needed, attno)) >= 0)
		width += relation_column_width(demand->relid, attno);
	if (width * MIN_NARROWER > demand->width)
		return;

	attno = -1;
	while ((attno = bms_next_member(demand->needed, attno)) >= 0)
	{
		KeyColumn  *column = (KeyColumn *) palloc0(sizeof(KeyColumn));
		List	   *included;
		ColumnType	type;

		if (!relation_column_type(demand->relid, attno, &type))
			return;
		column->opclass = GetDefaultOpClass(type.oid, BTREE_AM_OID);
		column->expr = (Expr *) makeVar(1, attno, type.oid, type.typmod,
										type.collation, 0);
		if (!OidIsValid(column->opclass))
			continue;
		if (columns_to_include(demand, list_make1(column), NIL, &included))
			add_shape(shapes, "btree", list_make1(column), included);
		return;
	}
}

/*
 * Does the statement read all columns of the table, as SELECT * does?  Then an
 * index with all of them is another copy of the table.
 */
static bool
reads_whole_rows(const Demand *demand)
{
	return demand->ncolumns > MAX_COPIED &&
		bms_num_members(demand->needed) >= demand->ncolumns;
}

/*
 * Add, for the B-trees made so far, their twins that contain all columns the
 * statement reads.
 */
static void
add_covering(Shapes *shapes)
{
	List	   *plain = list_copy(shapes->made);
	ListCell   *lc;

	if (!shapes->demand->coverable || reads_whole_rows(shapes->demand) ||
		shapes->demand->allvisfrac < MIN_ALL_VISIBLE)
		return;
	add_narrow_copy(shapes);
	foreach(lc, plain)
	{
		Candidate  *candidate = (Candidate *) lfirst(lc);
		List	   *included;

		if (strcmp(candidate->am_name, "btree") == 0 &&
			columns_to_include(shapes->demand, candidate->keys,
							   candidate->predicate, &included) &&
			included != NIL)
		{
			shapes->predicate = candidate->predicate;
			add_shape(shapes, "btree", candidate->keys, included);
		}
	}
	shapes->predicate = NIL;
}

/*
 * How well the heap is sorted by a column: 0 to 1.
 */
static double
column_correlation(Oid relid, AttrNumber attno)
{
	HeapTuple	tuple = SearchSysCache3(STATRELATTINH,
										ObjectIdGetDatum(relid),
										Int16GetDatum(attno),
										BoolGetDatum(false));
	AttStatsSlot slot;
	double		correlation = 0;

	if (!HeapTupleIsValid(tuple))
		return 0;
	if (get_attstatsslot(&slot, tuple, STATISTIC_KIND_CORRELATION,
						 InvalidOid, ATTSTATSSLOT_NUMBERS))
	{
		if (slot.nnumbers > 0)
			correlation = fabs(slot.numbers[0]);
		free_attstatsslot(&slot);
	}
	ReleaseSysCache(tuple);
	return correlation;
}

/*
 * Add the index of another method than B-tree that one item could use.
 */
static void
add_other_methods(Shapes *shapes, const KeyItem *item)
{
	const Demand *demand = shapes->demand;
	KeyColumn  *column;
	AttrNumber	attno;

	if (item->am_name != NULL)
	{
		column = (KeyColumn *) palloc0(sizeof(KeyColumn));
		column->expr = item->expr;
		column->opclass = item->opclass;
		column->operator = item->operator;
		add_shape(shapes, item->am_name, list_make1(column), NIL);
		return;
	}
	if (!IsA(item->expr, Var))
		return;
	attno = ((Var *) item->expr)->varattno;
	column = (KeyColumn *) palloc0(sizeof(KeyColumn));
	column->expr = item->expr;
	if (item->hashable && relation_column_width(demand->relid, attno) >= MIN_HASH_WIDTH)
		add_shape(shapes, "hash", list_make1(column), NIL);
	if (item->role == KEY_RANGE && demand->pages >= MIN_BRIN_PAGES &&
		column_correlation(demand->relid, attno) >= MIN_BRIN_CORRELATION)
		add_shape(shapes, "brin", list_make1(column), NIL);
}

/*
 * Add the same for all items of an arm.
 */
static void
add_methods_of(Shapes *shapes, List *items)
{
	ListCell   *lc;

	foreach(lc, items)
		add_other_methods(shapes, (KeyItem *) lfirst(lc));
}

/*
 * Candidates that could serve a demand, with keys of at most "max_columns"
 * columns: a list of Candidate without predictions.
 */
List *
generate_candidates(const Demand *demand, int max_columns)
{
	Shapes		shapes = {
		.demand = demand,
		.max_columns = max_columns,
		.limit = MAX_SHAPES,
	};
	List	   *anded = (List *) linitial(demand->arms);
	Arm			arm = arm_split(anded);
	ListCell   *lc;

	foreach(lc, demand->arms)
		add_methods_of(&shapes, (List *) lfirst(lc));
	shapes_add_arm(&shapes, &arm);
	for_each_from(lc, demand->arms, 1)
	{
		List	   *own = (List *) lfirst(lc);
		Arm			alone = arm_split(own);
		Arm			together = arm_split(list_concat_copy(anded, own));

		shapes_add_arm(&shapes, &alone);
		shapes_add_btree(&shapes, together.equal, together.range);
	}
	shapes.limit = list_length(shapes.made) + MAX_PARTIAL_SHAPES;
	shapes_add_partial(&shapes, anded);
	shapes.limit = MAX_SHAPES + MAX_PARTIAL_SHAPES;
	add_covering(&shapes);
	add_permutations(&shapes, NIL, arm.equal);
	return shapes.made;
}
