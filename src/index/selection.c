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
 * The candidates in one of the sets but not in both.
 */
static Bitmapset *
difference(const Bitmapset *left, const Bitmapset *right)
{
	return bms_join(bms_difference(left, right), bms_difference(right, left));
}

/*
 * Price another selection, starting from one whose prices are known:
 * statements that the difference does not concern keep their cost.
 */
Selection *
selection_with(Search *search, const Selection *from,
			   const Bitmapset *members)
{
	Selection  *result = selection_make(search, members);
	Bitmapset  *changed = difference(from->members, members);

	for (int i = 0; i < search->nitems; i++)
	{
		CHECK_FOR_INTERRUPTS();
		result->costs[i] =
			bms_overlap(search->item[i]->relevant, changed) ?
			price_of(search, search->item[i], members) : from->costs[i];
	}
	result->total = search_total(search, result->costs);
	bms_free(changed);
	return result;
}

/*
 * Costs below which no statement can be with "members".
 */
double *
selection_floors(const Search *search, const Selection *from,
				 const Bitmapset *members)
{
	double	   *floors = (double *) palloc(Max(search->nitems, 1) *
										   sizeof(double));
	Bitmapset  *changed = difference(from->members, members);

	for (int i = 0; i < search->nitems; i++)
		floors[i] = bms_overlap(search->item[i]->relevant, changed) ?
			price_floor(search->item[i], members) : from->costs[i];
	bms_free(changed);
	return floors;
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
	result->total = search_total(search, result->costs);
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
