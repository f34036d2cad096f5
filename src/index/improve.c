/*-------------------------------------------------------------------------
 *
 * improve.c
 *		Better a selection: drop, narrow, and exchange its candidates.
 *
 * What a greedy search took early may be needless after what it took later.
 * Entry points: selection_improve(), selection_prune_strictly().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/float.h"

#include "index/index_internal.h"

/* Rounds of dropping, narrowing, exchanging and filling up. */
#define MAX_ROUNDS 3

/* Losses beyond this many times the bar of worth are not looked at. */
#define LOSS_MARGIN 2

/* Exchanges of one member that are priced. */
#define MAX_TRIES 40

/* An exchange must save this share of the workload. */
#define MIN_EXCHANGE 0.001

/* Putting one candidate in the place of another. */
typedef struct Exchange
{
	int			in;
	double		floor;			/* of the total afterwards */
} Exchange;

/*
 * The selection with "out" replaced by "in" (-1: by nothing).
 */
static Bitmapset *
replaced(const Selection *selection, int out, int in)
{
	Bitmapset  *members = bms_del_member(bms_copy(selection->members), out);

	return in < 0 ? members : bms_add_member(members, in);
}

/*
 * A total beyond which the loss is surely not for nothing.
 */
static double
loss_limit(const Search *search, const Selection *selection)
{
	return selection->total + LOSS_MARGIN * search_bar(search);
}

/*
 * The selection without the member that is missed least, if it is not worth
 * its place; NULL when all are.  A total beyond "limit" is taken for a loss
 * that matters.
 */
static Selection *
drop_one(Search *search, const Selection *selection, double limit)
{
	Selection  *best = NULL;
	int			id = -1;

	while ((id = bms_next_member(selection->members, id)) >= 0)
	{
		Bitmapset  *members;
		Selection  *trial;

		if (search_expired(search))
			break;
		members = replaced(selection, id, -1);
		trial = selection_with(search, selection, members, limit);
		bms_free(members);
		if (trial == NULL)
			continue;
		if ((trial->total <= selection->total ||
			 !search_worth(search, trial->costs, selection->costs)) &&
			(best == NULL || trial->total < best->total))
		{
			if (best != NULL)
				selection_free(best);
			best = trial;
		}
		else
			selection_free(trial);
	}
	return best;
}

/*
 * Drop the members that save nothing beside the others, one after another.
 */
static Selection *
drop_needless(Search *search, Selection *selection)
{
	Bitmapset  *members = bms_copy(selection->members);
	int			id = -1;

	while ((id = bms_next_member(members, id)) >= 0 && !search_expired(search))
	{
		Bitmapset  *others = replaced(selection, id, -1);
		Selection  *trial = selection_with(search, selection, others,
										   selection->total);

		bms_free(others);
		if (trial != NULL)
			selection = trial;
	}
	bms_free(members);
	return selection;
}

/*
 * Drop all members that are not worth their place.
 */
static Selection *
selection_prune(Search *search, Selection *selection)
{
	Selection  *pruned;

	selection = drop_needless(search, selection);
	while ((pruned = drop_one(search, selection,
							  loss_limit(search, selection))) != NULL)
		selection = pruned;
	return selection;
}

/*
 * The same for a selection of members that nobody has found worth it one by
 * one: however much the total rises without one, that may be for savings that
 * do not count.
 */
Selection *
selection_prune_strictly(Search *search, Selection *selection)
{
	Selection  *pruned;

	selection = drop_needless(search, selection);
	while ((pruned = drop_one(search, selection,
							  get_float8_infinity())) != NULL)
		selection = pruned;
	return selection;
}

/*
 * Do the two candidates start with the same key?
 */
static bool
is_relative(const Candidate *left, const Candidate *right)
{
	return equal(((KeyColumn *) linitial(left->keys))->expr,
				 ((KeyColumn *) linitial(right->keys))->expr);
}

/*
 * Replace one member by the smallest relative that does not lose more than
 * the member's extra columns would have to bring.
 */
static Selection *
narrow_one(Search *search, Selection *selection, int id)
{
	Candidate **candidates = search->pool->candidates;
	Selection  *best = selection;
	int			other = -1;

	while ((other = bms_next_member(search->selectable, other)) >= 0)
	{
		Bitmapset  *members;
		Selection  *trial;

		if (candidates[other]->relid != candidates[id]->relid ||
			candidates[other]->bytes >= candidates[id]->bytes ||
			!is_relative(candidates[other], candidates[id]) ||
			bms_is_member(other, selection->members))
			continue;
		members = replaced(selection, id, other);
		trial = selection_with(search, selection, members,
							   loss_limit(search, selection));
		bms_free(members);
		if (trial == NULL)
			continue;
		if (!search_worth(search, trial->costs, selection->costs) &&
			(trial->bytes < best->bytes ||
			 (trial->bytes == best->bytes && trial->total < best->total)))
		{
			if (best != selection)
				selection_free(best);
			best = trial;
		}
		else
			selection_free(trial);
	}
	return best;
}

/*
 * Narrow each member once.
 */
static Selection *
selection_narrow(Search *search, Selection *selection)
{
	Bitmapset  *members = bms_copy(selection->members);
	int			id = -1;

	while ((id = bms_next_member(members, id)) >= 0)
	{
		if (search_over(search))
			break;
		selection = narrow_one(search, selection, id);
	}
	bms_free(members);
	return selection;
}

/*
 * Could replacing "out" by "in" help: do they share a table, or do limits keep
 * both from being there?
 */
static bool
exchange_makes_sense(const Search *search, const Selection *selection,
					 int out, int in)
{
	Bitmapset  *both;
	bool		fits;

	if (search->pool->candidates[in]->relid ==
		search->pool->candidates[out]->relid)
		return true;
	both = bms_add_member(bms_copy(selection->members), in);
	fits = search_fits(search, both);
	bms_free(both);
	return !fits;
}

/*
 * Order of exchanges: the one that could save most first.
 */
static int
compare_exchanges(const ListCell *a, const ListCell *b)
{
	Exchange   *left = (Exchange *) lfirst(a);
	Exchange   *right = (Exchange *) lfirst(b);

	if (left->floor != right->floor)
		return left->floor < right->floor ? -1 : 1;
	return left->in - right->in;
}

/*
 * A total below which the selection "beside" cannot come with the candidate, too.
 * "fingerprints" are those of the former, by item.
 */
static double
floor_with(const Search *search, const Selection *beside,
		   const uint64 *fingerprints, int id)
{
	double		floor = beside->total;
	int			i = -1;

	while ((i = bms_next_member(search->concerned[id], i)) >= 0)
	{
		const WorkItem *item = search->item[i];

		floor -= item->weight *
			(beside->costs[i] -
			 price_floor_of(item,
							fingerprint_with(fingerprints[i], id)));
	}
	return floor;
}

/*
 * Exchanges of a member that could bring the total below "limit", the most
 * promising first.
 */
static List *
list_exchanges(Search *search, const Selection *selection, int out,
			   double limit)
{
	Bitmapset  *others = replaced(selection, out, -1);
	Selection  *beside = selection_with(search, selection, others,
										get_float8_infinity());
	uint64	   *fingerprints = (uint64 *) palloc(Max(search->nitems, 1) *
												 sizeof(uint64));
	List	   *exchanges = NIL;
	int			in = -1;

	for (int i = 0; i < search->nitems; i++)
		fingerprints[i] = relevant_fingerprint(search->item[i], others);
	while ((in = bms_next_member(search->selectable, in)) >= 0)
	{
		Exchange   *exchange;
		double		floor;

		CHECK_FOR_INTERRUPTS();
		if (bms_is_member(in, selection->members))
			continue;
		floor = floor_with(search, beside, fingerprints, in);
		if (floor > limit ||
			!exchange_makes_sense(search, selection, out, in))
			continue;
		exchange = (Exchange *) palloc(sizeof(Exchange));
		exchange->in = in;
		exchange->floor = floor;
		exchanges = lappend(exchanges, exchange);
	}
	list_sort(exchanges, compare_exchanges);
	pfree(fingerprints);
	selection_free(beside);
	bms_free(others);
	return exchanges;
}

/*
 * Exchange one member for the first candidate that saves enough, or leave the
 * selection as it is.
 */
static Selection *
exchange_one(Search *search, Selection *selection, int out)
{
	double		limit = selection->total - MIN_EXCHANGE * search->base_total;
	List	   *exchanges = list_exchanges(search, selection, out, limit);
	Selection  *trial = NULL;
	int			tries = 0;
	ListCell   *lc;

	foreach(lc, exchanges)
	{
		Bitmapset  *members = replaced(selection, out,
									   ((Exchange *) lfirst(lc))->in);

		if (search_fits(search, members) && ++tries <= MAX_TRIES)
			trial = selection_with(search, selection, members, limit);
		bms_free(members);
		if (trial != NULL || tries > MAX_TRIES || search_over(search))
			break;
	}
	list_free_deep(exchanges);
	return trial ? trial : selection;
}

/*
 * Try to exchange each member once.
 */
static Selection *
selection_exchange(Search *search, Selection *selection)
{
	Bitmapset  *members = bms_copy(selection->members);
	int			out = -1;

	while ((out = bms_next_member(members, out)) >= 0 && !search_over(search))
		if (bms_is_member(out, selection->members))
			selection = exchange_one(search, selection, out);
	bms_free(members);
	return selection;
}

/*
 * Better a selection until nothing changes or the rounds are used up.
 */
Selection *
selection_improve(Search *search, Selection *selection)
{
	selection = selection_prune(search, selection);
	for (int round = 0; round < MAX_ROUNDS && !search_over(search); round++)
	{
		Selection  *exchanged = selection_exchange(search, selection);

		if (exchanged == selection)
			break;
		selection = selection_grow(search, exchanged, false);
		selection = selection_prune(search, selection);
	}
	selection = selection_narrow(search, selection);
	return selection_prune(search, selection);
}
