/*-------------------------------------------------------------------------
 *
 * selection.c
 *		A set of candidates together with the cost of every statement.
 *
 * Entry points: selection_empty(), selection_with(), selection_exact().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "index/index_internal.h"

/*
 * The objective: predicted milliseconds, or weighted cost.
 */
double
search_total(const Search *search, const double *costs)
{
	double		total = 0;

	for (int i = 0; i < search->nitems; i++)
		total += search->item[i]->weight * costs[i];
	return total;
}

/*
 * What the members cost to keep, in the objective.
 */
static double
members_write_cost(const Search *search, const Bitmapset *members)
{
	return search->write_cost_of_set == NULL ? 0 :
		search->write_cost_of_set(search, members);
}

/*
 * Make a selection of these members without prices.
 */
static Selection *
selection_make(const Search *search, const Bitmapset *members)
{
	Selection  *selection = (Selection *) palloc0(sizeof(Selection));
	int			id = -1;

	selection->members = bms_copy(members);
	selection->costs = (double *) palloc(Max(search->nitems, 1) *
										 sizeof(double));
	while ((id = bms_next_member(members, id)) >= 0)
	{
		selection->count++;
		selection->bytes += search->pool->candidates[id]->bytes;
	}
	return selection;
}

/*
 * The selection of nothing.
 */
Selection *
selection_empty(const Search *search)
{
	Selection  *selection = selection_make(search, NULL);

	for (int i = 0; i < search->nitems; i++)
		selection->costs[i] = search->item[i]->base_cost;
	selection->total = search->base_total;
	return selection;
}

/*
 * The statements whose cost may differ between the two sets.
 */
static Bitmapset *
items_between(const Search *search, const Bitmapset *left,
			  const Bitmapset *right)
{
	Bitmapset  *changed = bms_join(bms_difference(left, right),
								   bms_difference(right, left));
	Bitmapset  *items = NULL;
	int			id = -1;

	while ((id = bms_next_member(changed, id)) >= 0)
		items = bms_add_members(items, search->concerned[id]);
	bms_free(changed);
	return items;
}

/*
 * Costs below which no statement can be with "members"; only these items may have
 * another one than in "from".
 */
static double *
floors_of(const Search *search, const Selection *from,
		  const Bitmapset *members, const Bitmapset *items)
{
	double	   *floors = (double *) palloc(Max(search->nitems, 1) *
										   sizeof(double));
	int			i = -1;

	memcpy(floors, from->costs, search->nitems * sizeof(double));
	while ((i = bms_next_member(items, i)) >= 0)
		floors[i] = price_floor(search->item[i], members);
	return floors;
}

/*
 * Costs below which no statement can be with "members".
 */
double *
selection_floors(const Search *search, const Selection *from,
				 const Bitmapset *members)
{
	Bitmapset  *items = items_between(search, from->members, members);
	double	   *floors = floors_of(search, from, members, items);

	bms_free(items);
	return floors;
}

/* A statement whose cost is not known yet, and what is at stake there. */
typedef struct Open
{
	int			item;
	double		stake;
} Open;

/*
 * Order of open statements: the highest stake first.
 */
static int
compare_open(const void *a, const void *b)
{
	const Open *left = (const Open *) a;
	const Open *right = (const Open *) b;

	if (left->stake != right->stake)
		return left->stake > right->stake ? -1 : 1;
	return left->item - right->item;
}

/*
 * These statements, whose cost is between their floor and that in "from", the
 * highest stake first.
 */
static Open *
list_open(const Search *search, const Selection *from,
		  const Bitmapset *items, const double *floors, int *count)
{
	Open	   *open = (Open *) palloc(Max(search->nitems, 1) * sizeof(Open));
	int			i = -1;

	*count = 0;
	while ((i = bms_next_member(items, i)) >= 0)
	{
		const WorkItem *item = search->item[i];

		open[*count].item = i;
		open[(*count)++].stake = item->weight *
			Max(fabs(from->costs[i] - floors[i]),
				item->base_cost - floors[i]);
	}
	qsort(open, *count, sizeof(Open), compare_open);
	return open;
}

/*
 * Price another selection, starting from one whose prices are known:
 * statements that the difference does not concern keep their cost.  Returns
 * NULL as soon as it is certain that the total exceeds "limit".
 */
Selection *
selection_with(Search *search, const Selection *from,
			   const Bitmapset *members, double limit)
{
	Selection  *result = selection_make(search, members);
	Bitmapset  *items = items_between(search, from->members, members);
	double	   *floors = floors_of(search, from, members, items);
	int			count;
	Open	   *open = list_open(search, from, items, floors, &count);
	double		writes = members_write_cost(search, members);

	pfree(result->costs);
	result->costs = floors;
	result->total = writes + search_total(search, floors);
	for (int i = 0; i < count && result->total <= limit; i++)
	{
		WorkItem   *item = search->item[open[i].item];
		double		cost = price_of(search, item, members);

		CHECK_FOR_INTERRUPTS();
		result->total += item->weight * (cost - floors[open[i].item]);
		floors[open[i].item] = cost;
	}
	pfree(open);
	bms_free(items);
	result->total = writes + search_total(search, result->costs);
	if (result->total <= limit)
		return result;
	selection_free(result);
	return NULL;
}

/*
 * Price a selection with plans made for exactly these members; *used becomes
 * those that some plan uses.
 */
Selection *
selection_exact(Search *search, const Bitmapset *members, Bitmapset **used)
{
	Selection  *result = selection_make(search, members);

	*used = NULL;
	for (int i = 0; i < search->nitems; i++)
	{
		Price	   *price = price_exact(search, search->item[i], members);

		result->costs[i] = price ? price->cost : search->item[i]->base_cost;
		if (price != NULL)
			*used = bms_add_members(*used, price->used);
	}
	result->total = members_write_cost(search, members) +
		search_total(search, result->costs);
	return result;
}

/*
 * Free a selection.
 */
void
selection_free(Selection *selection)
{
	bms_free(selection->members);
	pfree(selection->costs);
	pfree(selection);
}
