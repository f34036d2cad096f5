/*-------------------------------------------------------------------------
 *
 * limits.c
 *		What bounds the search, and what makes an index worth having.
 *
 * When is an index worth it?  When it saves min_saving of the workload; or
 * when the statements that it at least halves make up min_saving of the
 * workload.  The second half is there because a share of everything hides
 * clear wins for single statements: beside one report that takes all night,
 * nothing else would ever count.  In a workload of more than a hundred
 * statements a hundredth of it is more than a statement's fair share, so
 * that for halved statements the bar comes down in proportion.
 *
 * Either way a statement counts only where one execution saves more than
 * two random page reads.  Less than that is a look-up by primary key made
 * index-only: a saving on paper, where the cache holds those pages anyway,
 * for a second copy of the index.
 * Entry points: search_over(), search_fits(), search_worth().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "utils/memutils.h"

#include "index/index_internal.h"

/* Statements that the second half of the rule takes for a usual workload. */
#define USUAL_STATEMENTS 100.0

/* Random page reads that one execution must save to count. */
#define MIN_PAGES_SAVED 2

/* Share of the memory that may be filled with what is kept. */
#define KEEP_SHARE 0.75

/* Less than this share of the workload is rounding, whatever is asked for. */
#define NOISE 1e-6

/*
 * Is the time up?  Notes that something was cut short.
 */
bool
search_expired(Search *search)
{
	CHECK_FOR_INTERRUPTS();
	if (!search->expired && GetCurrentTimestamp() >= search->deadline)
		search->expired = search->cut_short = true;
	return search->expired;
}

/*
 * Is less than this share of the memory used?
 */
bool
search_has_memory(const Search *search, double share)
{
	return MemoryContextMemAllocated(search->context, true) <
		search->memory_limit * share;
}

/*
 * Is the time up, or the memory?  Notes that something was cut short.
 */
bool
search_over(Search *search)
{
	if (search_expired(search))
		return true;
	if (search_has_memory(search, 1))
		return false;
	search->memory_full = true;
	return true;
}

/*
 * Is there memory to remember more?  A part is kept for the search over what is
 * there.
 */
bool
search_has_room(const Search *search)
{
	return search_has_memory(search, KEEP_SHARE);
}

/*
 * Is there memory to take in more?  Notes when there is not.
 */
bool
search_memory_left(Search *search)
{
	if (!search->memory_full && !search_has_room(search))
		search->memory_full = true;
	return !search->memory_full;
}

/*
 * Has nothing been left out or cut short so far?
 */
bool
search_is_complete(const Search *search)
{
	return !search->cut_short && !search->memory_full &&
		!search->pool->full && search->left_out == 0;
}

/*
 * Is there a limit to the set itself?
 */
bool
search_is_limited(const Search *search)
{
	return search->has_budget || search->max_indexes != PG_INT32_MAX ||
		search->max_per_table != PG_INT32_MAX;
}

/*
 * Number of the members that are on the table.
 */
static int
members_on(const Search *search, const Bitmapset *members, Oid relid)
{
	int			count = 0;
	int			id = -1;

	while ((id = bms_next_member(members, id)) >= 0)
		count += search->pool->candidates[id]->relid == relid;
	return count;
}

/*
 * Do these candidates keep to the budget and the number of indexes, in all and
 * per table?
 */
bool
search_fits(const Search *search, const Bitmapset *members)
{
	double		bytes = 0;
	int			id = -1;

	if (bms_num_members(members) > search->max_indexes)
		return false;
	while ((id = bms_next_member(members, id)) >= 0)
	{
		const Candidate *candidate = search->pool->candidates[id];

		bytes += candidate->bytes;
		if (search->max_per_table != PG_INT32_MAX &&
			members_on(search, members, candidate->relid) >
			search->max_per_table)
			return false;
	}
	return !search->has_budget || bytes <= search->budget;
}

/*
 * What an index has to save, unless it halves statements.
 */
double
search_bar(const Search *search)
{
	return Max(search->min_saving, NOISE) * search->base_total;
}

/*
 * The bar for the cost of statements that are halved.
 */
static double
halved_bar(const Search *search)
{
	return search_bar(search) *
		Min(1.0, USUAL_STATEMENTS / Max(search->nitems, 1));
}

/*
 * A gain below which nothing is worth it under either half of the rule.
 */
double
search_least_gain(const Search *search)
{
	return halved_bar(search) / 2;
}

/*
 * Is it worth going from one set of costs to another?  The rule above.
 */
bool
search_worth(const Search *search, const double *before, const double *after)
{
	double		gain = 0;
	double		halved = 0;

	for (int i = 0; i < search->nitems; i++)
	{
		double		weight = search->item[i]->weight;

		if (before[i] - after[i] <= MIN_PAGES_SAVED * random_page_cost)
			continue;
		gain += weight * (before[i] - after[i]);
		if (after[i] <= before[i] / 2)
			halved += weight * before[i];
	}
	if (gain <= 0)
		return false;
	return gain >= search_bar(search) || halved >= halved_bar(search);
}
