/*-------------------------------------------------------------------------
 *
 * search.c
 *		Find the set of candidates that makes the workload cheapest.
 *
 * Two greedy searches, by gain and by gain per byte, each bettered by
 * exchanges.  Under a limit the plans that they met are then chosen from as a
 * whole, which sees what no single exchange does.  The best result wins and
 * is planned once more, exactly.
 * Entry point: search_run().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/float.h"

#include "index/index_internal.h"

/*
 * The better of two selections; the smaller among equals.
 */
static Selection *
better_of(Selection *left, Selection *right)
{
	if (left->total != right->total)
		return left->total < right->total ? left : right;
	return left->bytes < right->bytes ? left : right;
}

/*
 * The best that the searches find.  Where nothing limits the set, what an index
 * brings per byte does not matter, and there is nothing to choose between.
 */
static Selection *
search_best(Search *search)
{
	Selection  *by_gain;
	Selection  *by_ratio;

	by_gain = selection_grow(search, selection_empty(search), false);
	by_gain = selection_improve(search, by_gain);
	if ((!search->has_budget && search->max_indexes == PG_INT32_MAX) ||
		search_over(search))
		return by_gain;
	by_ratio = selection_grow(search, selection_empty(search), true);
	by_ratio = selection_improve(search, by_ratio);
	return selection_solve(search, better_of(by_ratio, by_gain));
}

/*
 * Plan the winner exactly and drop what no plan uses after all.
 */
static Selection *
search_confirm(Search *search, Selection *selection)
{
	for (;;)
	{
		Bitmapset  *used;
		Selection  *exact = selection_exact(search, selection->members, &used);

		if (bms_equal(used, exact->members))
			return exact;
		exact->members = used;
		selection = exact;
	}
}

/*
 * The member whose addition brings most now, by what is known; the smallest
 * among equals.
 */
static int
next_member(Search *search, const Selection *from, const Selection *final)
{
	Selection  *best = NULL;
	int			chosen = -1;
	int			id = -1;

	while ((id = bms_next_member(final->members, id)) >= 0)
	{
		Bitmapset  *members;
		Selection  *trial;

		if (bms_is_member(id, from->members))
			continue;
		members = bms_add_member(bms_copy(from->members), id);
		trial = selection_with(search, from, members,
							   get_float8_infinity());
		bms_free(members);
		if (best == NULL || trial->total < best->total ||
			(trial->total == best->total && trial->bytes < best->bytes))
		{
			if (best != NULL)
				selection_free(best);
			best = trial;
			chosen = id;
		}
		else
			selection_free(trial);
	}
	return chosen;
}

/*
 * Order the selection for creation: what brings most comes first.
 */
static List *
search_steps(Search *search, const Selection *final)
{
	Selection  *current = selection_empty(search);
	List	   *steps = NIL;

	while (current->count < final->count)
	{
		Step	   *step = (Step *) palloc(sizeof(Step));
		int			chosen = next_member(search, current, final);
		Bitmapset  *used;

		step->before = current;
		step->after = selection_exact(search,
									  bms_add_member(bms_copy(current->members),
													 chosen), &used);
		step->candidate = search->pool->candidates[chosen];
		current = step->after;
		steps = lappend(steps, step);
	}
	return steps;
}

/*
 * Run the whole search.  Returns a list of Step in order of creation.
 */
List *
search_run(Search *search)
{
	Selection  *best;

	items_take_in(search);
	items_relate(search);
	search->bound = search->base_total;
	if (bms_is_empty(search->selectable) || search->base_total <= 0)
		return NIL;
	write_costs_prepare(search);
	best = search_best(search);
	search->bound = search_bound(search, best);
	return search_steps(search, search_confirm(search, best));
}
