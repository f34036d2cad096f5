/*-------------------------------------------------------------------------
 *
 * search.c
 *		Find the set of candidates that makes the workload cheapest.
 *
 * Two greedy searches, by gain and by gain per byte.  The proof of how far the best
 * result can be from the optimum looks at sets as a whole, and comes upon better
 * ones, which exchanges better further.  Statements that have no plan
 * space are no part of that: for them the plans that the searches met are
 * chosen from.  The best set wins and is planned once more, exactly.
 * Entry points: search_run(), or search_prepare() and search_best() for several
 * searches over the same statements.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/float.h"

#include "index/index_internal.h"

/*
 * Where statements without a plan space can save less than this share of the
 * workload, the greedy searches and the proof do well enough by them.
 */
#define SMALL_SHARE 0.2

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
 * Share of the workload that indexes may save in statements without a plan
 * space.
 */
static double
share_without_space(Search *search)
{
	double		stake = 0;

	for (int i = 0; i < search->nitems; i++)
	{
		WorkItem   *item = search->item[i];

		if (item->stmt != NULL && item->space == NULL)
			stake += item->weight *
				(item->base_cost - price_least(item));
	}
	return stake / search->base_total;
}

/*
 * A good set within the limits, priced by what is known of plans; search_bound() is
 * to better it.  "seed" is one within the limits to start from, or NULL; no worse
 * set is returned.  Where nothing limits the set, what an index brings per byte
 * does not matter, and there is nothing to choose between.
 */
static Selection *
solve(Search *search, Selection *seed)
{
	Selection  *best;

	search->keeps_plans = search_is_limited(search) &&
		share_without_space(search) >= SMALL_SHARE;
	best = selection_grow(search, seed ? seed : selection_empty(search),
						  false);
	if (!search_is_limited(search) || search_over(search))
		return best;
	best = better_of(selection_grow(search, selection_empty(search), true),
					 best);
	return search->keeps_plans ?
		selection_solve(search, selection_improve(search, best)) : best;
}

/*
 * Plan the winner exactly and drop what no plan uses after all.
 */
static Selection *
confirm(Search *search, Selection *selection)
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
 * Time to keep for planning the winner: half of what planning all statements for the
 * search has taken, and of what is left.
 */
static int64
time_to_confirm(const Search *search)
{
	TimestampTz now = GetCurrentTimestamp();

	return Min(search->prepared - search->started,
			   Max(search->deadline - now, 0)) / 2;
}

/*
 * The best set within the limits that the search finds in the time it has, exactly
 * priced, and a bound below which none of the known candidates is.  "seed" as
 * for solve().
 */
Selection *
search_best(Search *search, Selection *seed, double *bound)
{
	TimestampTz deadline = search->deadline;
	Selection  *best;

	if (deadline != DT_NOEND)
		search->deadline -= time_to_confirm(search);
	best = solve(search, seed);
	*bound = search_bound(search, &best);
	search->deadline = deadline;
	search->expired = false;
	return confirm(search, best);
}

/*
 * The member whose addition brings most now, by what is known; the smallest
 * among equals.  When time is up, the order matters less than an answer.
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
		if (best != NULL && search_over(search) && search->expired)
			break;
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
 * The selections that lead from nothing to the final one, which is the last: what
 * brings most comes first, by what is known.
 */
static List *
order_members(Search *search, Selection *final, List **chosen)
{
	Selection  *current = selection_empty(search);
	List	   *selections = list_make1(current);

	*chosen = NIL;
	while (current->count < final->count)
	{
		int			id = next_member(search, current, final);
		Bitmapset  *members = bms_add_member(bms_copy(current->members), id);

		*chosen = lappend_int(*chosen, id);
		current = current->count + 1 == final->count ? final :
			selection_with(search, current, members, get_float8_infinity());
		bms_free(members);
		selections = lappend(selections, current);
	}
	return selections;
}

/*
 * Order the selection for creation: what brings most comes first.  Exact prices are
 * asked for from the last to the first, since a plan that uses nothing that comes
 * later is known then.
 */
static List *
search_steps(Search *search, Selection *final)
{
	List	   *chosen;
	List	   *selections = order_members(search, final, &chosen);
	List	   *steps = NIL;
	ListCell   *lc;

	for (int i = list_length(selections) - 2; i > 0; i--)
	{
		const Selection *by_model = (const Selection *) list_nth(selections, i);
		Bitmapset  *used;

		lfirst(list_nth_cell(selections, i)) =
			selection_exact(search, by_model->members, &used);
	}
	foreach(lc, chosen)
	{
		Step	   *step = (Step *) palloc(sizeof(Step));
		int			number = foreach_current_index(lc);

		step->before = (Selection *) list_nth(selections, number);
		step->after = (Selection *) list_nth(selections, number + 1);
		step->candidate = search->pool->candidates[lfirst_int(lc)];
		steps = lappend(steps, step);
	}
	return steps;
}

/*
 * Read the workload and find what could help it.  Returns whether there is
 * anything to search.
 */
bool
search_prepare(Search *search)
{
	items_take_in(search);
	items_relate(search);
	search->bound = search->base_total;
	if (bms_is_empty(search->selectable) || search->base_total <= 0)
		return false;
	write_costs_prepare(search);
	search->prepared = GetCurrentTimestamp();
	return true;
}

/*
 * Run the whole search.  Returns a list of Step in order of creation.
 */
List *
search_run(Search *search)
{
	if (!search_prepare(search))
		return NIL;
	return search_steps(search, search_best(search, NULL, &search->bound));
}
