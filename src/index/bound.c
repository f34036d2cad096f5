/*-------------------------------------------------------------------------
 *
 * bound.c
 *		How far from the best any set can be: a lower bound on the total.
 *
 * An index may be used by a statement only if it is in the set.  Give up that
 * rule, and charge each statement instead a price for each index that it uses:
 * then every statement chooses its cheapest plan by itself, over all plans of
 * its plan space, and the set of indexes that earns most of these prices
 * within the limits is a knapsack.  For any prices the two together are a
 * lower bound (Lagrangian relaxation; Geoffrion 1974, and for index selection
 * CoPhy, Dash et al., PVLDB 2011).  The prices are improved step by step
 * (Polyak's subgradient method), starting from what each index brings beside
 * the best set known.
 *
 * A statement without a plan space counts with its cost under all candidates,
 * which no set undercuts.
 * A branch fixes some candidates in the set or out of it; see branch.c.
 * Entry points: bound_init(), bound_raise().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/float.h"
#include "utils/memutils.h"

#include "index/bound.h"

/* Steps in vain before they get shorter. */
#define PATIENCE 6

/* Weight of the last step in a mean. */
#define MEAN_SHARE 0.05

/* Prices per byte that are tried where numbers of indexes are limited, too. */
#define RATE_STEPS 20

/*
 * What a candidate brings an item beside the set, or what it would be missed
 * for in it.
 */
static double
first_price(Bound *bound, WorkItem *item, int id, const Selection *best)
{
	double		now = price_of(bound->search, item, best->members);
	Bitmapset  *other = bms_copy(best->members);
	double		cost;

	other = bms_is_member(id, other) ? bms_del_member(other, id) :
		bms_add_member(other, id);
	cost = price_of(bound->search, item, other);
	bms_free(other);
	return item->weight * fabs(cost - now);
}

/*
 * Share the first price of a candidate out among its places.
 */
static void
share_price(ItemPrices *prices, int id, double price)
{
	int			places = 0;

	for (int i = 0; i < prices->count; i++)
		places += prices->ids[i] == id;
	for (int i = 0; i < prices->count; i++)
		if (prices->ids[i] == id)
			prices->price[i] = price / places;
}

/*
 * List the candidates that matter to an item, with their first prices.
 */
static void
list_prices(Bound *bound, WorkItem *item, const Selection *best)
{
	ItemPrices *prices = &bound->items[bound->nitems++];
	int			entries = planspace_entries(item->space);
	int			id = -1;

	prices->item = item;
	prices->count = 0;
	prices->ids = (int *) palloc(Max(entries, 1) * sizeof(int));
	prices->entries = (int *) palloc(Max(entries, 1) * sizeof(int));
	prices->penalties = (double *) palloc0(Max(entries, 1) * sizeof(double));
	for (int place = 0; place < planspace_places(item->space); place++)
	{
		const Bitmapset *readable = planspace_readable(item->space, place);

		for (id = -1; (id = bms_next_member(readable, id)) >= 0;)
		{
			prices->ids[prices->count] = id;
			prices->entries[prices->count++] =
				planspace_entry(item->space, place, id);
		}
	}
	prices->price = (double *) palloc0(Max(prices->count, 1) *
									   sizeof(double));
	prices->pay = (double *) palloc0(Max(prices->count, 1) * sizeof(double));
	prices->asked_pay = (double *) palloc0(Max(prices->count, 1) *
										   sizeof(double));
	prices->used = (bool *) palloc0(Max(prices->count, 1) * sizeof(bool));
	bound_plans_init(prices);
	bound->nprices += prices->count;
	for (id = -1; (id = bms_next_member(item->relevant, id)) >= 0;)
		share_price(prices, id, first_price(bound, item, id, best));
}

/*
 * Lay the bound out.
 */
void
bound_init(Bound *bound, Search *search, const Selection *best)
{
	int			ids = Max(search->pool->ncandidates, 1);

	memset(bound, 0, sizeof(Bound));
	bound->search = search;
	bound->items = (ItemPrices *) palloc0(Max(search->nitems, 1) *
										  sizeof(ItemPrices));
	bound->earned = (double *) palloc0(ids * sizeof(double));
	bound->taken = (double *) palloc0(ids * sizeof(double));
	bound->mean_taken = (double *) palloc0(ids * sizeof(double));
	bound->fixed = (signed char *) palloc0(ids);
	bound->worth = (double *) palloc0(ids * sizeof(double));
	bound->table = (int *) palloc0(ids * sizeof(int));
	bound->on_table = (int *) palloc0(ids * sizeof(int));
	bound->order = (int *) palloc0(ids * sizeof(int));
	for (int id = 0; id < search->pool->ncandidates; id++)
		while (search->pool->candidates[bound->table[id]]->relid !=
			   search->pool->candidates[id]->relid)
			bound->table[id]++;
	for (int i = 0; i < search->nitems; i++)
	{
		WorkItem   *item = search->item[i];
		double		floor = item->weight *
		price_least(item);

		CHECK_FOR_INTERRUPTS();
		bound->floor += floor;
		if (item->stmt != NULL && item->space != NULL && item->weight > 0)
			list_prices(bound, item, best);
		else
			bound->unpriced += floor;
	}
	bound->best_prices = (float *) palloc(Max(bound->nprices, 1) *
										  sizeof(float));
	bound->guess_prices = (float *) palloc(Max(bound->nprices, 1) *
										   sizeof(float));
}

/*
 * Let an item choose its plan at its prices: of those that are known, or
 * of all.  Returns its objective and the prices that it pays.
 */
static double
item_choose(const Bound *bound, ItemPrices *prices, bool of_all)
{
	double		least;

	for (int i = 0; i < prices->count; i++)
	{
		signed char fixed = bound->fixed[prices->ids[i]];

		prices->pay[i] = fixed == FIXED_IN ? 0 :
			fixed == FIXED_OUT ? get_float8_infinity() : prices->price[i];
	}
	least = of_all ? bound_plan_ask(prices) : get_float8_infinity();
	return Min(least, bound_plan_choose(prices));
}

/* For sorting candidates: what is in force, or what each is worth. */
static const Bound *sorting = NULL;
static const double *sorting_values = NULL;

/*
 * Order of candidates: those that earn most per byte first.
 */
static int
compare_by_ratio(const void *a, const void *b)
{
	int			left = *(const int *) a;
	int			right = *(const int *) b;
	Candidate **candidates = sorting->search->pool->candidates;
	double		by_left = sorting->earned[left] /
	Max(candidates[left]->bytes, BLCKSZ);
	double		by_right = sorting->earned[right] /
	Max(candidates[right]->bytes, BLCKSZ);

	if (by_left != by_right)
		return by_left > by_right ? -1 : 1;
	return left - right;
}

/*
 * Order of candidates: those that are worth most first.
 */
static int
compare_by_value(const void *a, const void *b)
{
	int			left = *(const int *) a;
	int			right = *(const int *) b;

	if (sorting_values[left] != sorting_values[right])
		return sorting_values[left] > sorting_values[right] ? -1 : 1;
	return left - right;
}

/*
 * Sort candidates by what they are worth, the most first.
 */
void
bound_sort(int *ids, int count, const double *values)
{
	sorting_values = values;
	qsort(ids, count, sizeof(int), compare_by_value);
}

/*
 * The most that a set within the budget can earn, its last index taken in
 * part.  Fills "taken".
 */
static double
knapsack(Bound *bound, int count)
{
	const Search *search = bound->search;
	double		room = bound->room;
	double		value = 0;

	bound->rate = 0;
	qsort(bound->order, count, sizeof(int), compare_by_ratio);
	for (int i = 0; i < count; i++)
	{
		int			id = bound->order[i];
		double		bytes = Max(search->pool->candidates[id]->bytes, 1);
		double		share = bytes <= room ? 1 : room / bytes;

		bound->taken[id] = share;
		value += share * bound->earned[id];
		room -= share * bytes;
		if (share < 1)
		{
			bound->rate = bound->earned[id] / bytes;
			break;
		}
	}
	return value;
}

/*
 * Take the most valuable of the candidates, as many as are allowed in all and
 * per table, when each byte costs "rate".  Returns what they are worth then;
 * *bytes becomes their size.
 */
static double
take_by_number(Bound *bound, int count, double rate, double *bytes)
{
	const Search *search = bound->search;
	double		value = 0;
	int			taken = bound->nfixed_in;

	memset(bound->on_table, 0, search->pool->ncandidates * sizeof(int));
	for (int id = 0; id < search->pool->ncandidates; id++)
		bound->on_table[bound->table[id]] += bound->fixed[id] == FIXED_IN;
	for (int i = 0; i < count; i++)
	{
		int			id = bound->order[i];

		bound->worth[id] = bound->earned[id] -
			rate * search->pool->candidates[id]->bytes;
		bound->taken[id] = 0;
	}
	bound_sort(bound->order, count, bound->worth);
	*bytes = 0;
	for (int i = 0; i < count && taken < search->max_indexes; i++)
	{
		int			id = bound->order[i];

		if (bound->worth[id] <= 0)
			break;
		if (bound->on_table[bound->table[id]] >= search->max_per_table)
			continue;
		bound->on_table[bound->table[id]]++;
		bound->taken[id] = 1;
		value += bound->worth[id];
		*bytes += search->pool->candidates[id]->bytes;
		taken++;
	}
	return value;
}

/*
 * The most that a set within all limits can earn.  The numbers of indexes are
 * kept exactly, the budget by a price per byte: for every such price the value
 * of the best set and of the whole budget is an upper bound.
 */
static double
knapsack_by_number(Bound *bound, int count)
{
	const Search *search = bound->search;
	double		bytes;
	double		value = take_by_number(bound, count, 0, &bytes);
	double		low = 0;
	double		high = 0;

	bound->rate = -1;
	if (bytes <= bound->room)
		return value;
	for (int i = 0; i < count; i++)
		high = Max(high, bound->earned[bound->order[i]] /
				   Max(search->pool->candidates[bound->order[i]]->bytes, 1));
	for (int i = 0; i < RATE_STEPS; i++)
	{
		double		rate = (low + high) / 2;
		double		with_rate = take_by_number(bound, count, rate, &bytes) +
		rate * bound->room;

		value = Min(value, with_rate);
		if (bytes > bound->room)
			low = rate;
		else
			high = rate;
	}
	return value;
}

/*
 * The most that a set within the limits can earn at the present prices.  An
 * index that does not fit alone is in no set.
 */
static double
set_earns(Bound *bound)
{
	const Search *search = bound->search;
	int			count = 0;

	memset(bound->earned, 0, search->pool->ncandidates * sizeof(double));
	memset(bound->taken, 0, search->pool->ncandidates * sizeof(double));
	for (int q = 0; q < bound->nitems; q++)
		for (int i = 0; i < bound->items[q].count; i++)
			bound->earned[bound->items[q].ids[i]] += bound->items[q].price[i];
	/* What updates lose by the first index on a column comes on top. */
	for (int id = 0; search->write_cost != NULL &&
		 id < search->pool->ncandidates; id++)
		bound->earned[id] -= search->write_cost[id];
	for (int id = 0; id < search->pool->ncandidates; id++)
		if (bound->fixed[id] == 0 && bound->earned[id] > 0 &&
			search->pool->candidates[id]->bytes <= bound->room)
			bound->order[count++] = id;
	sorting = bound;
	if (search->max_indexes == PG_INT32_MAX &&
		search->max_per_table == PG_INT32_MAX)
		return knapsack(bound, count);
	return knapsack_by_number(bound, count);
}

/*
 * What the candidates that are fixed in the set cost to keep.  Notes the room
 * that they leave.
 */
static double
bound_keep(Bound *bound)
{
	const Search *search = bound->search;
	double		keep = 0;

	bound->room = search->has_budget ? search->budget : get_float8_infinity();
	bound->nfixed_in = 0;
	for (int id = 0; id < search->pool->ncandidates; id++)
		if (bound->fixed[id] == FIXED_IN)
		{
			bound->room -= search->pool->candidates[id]->bytes;
			bound->nfixed_in++;
			if (search->write_cost != NULL)
				keep += search->write_cost[id];
		}
	return keep;
}

/*
 * The bound at the present prices; over known plans only, a guess from above.
 */
static double
bound_evaluate(Bound *bound, bool of_all)
{
	double		value = bound->unpriced + bound_keep(bound);

	CHECK_FOR_INTERRUPTS();
	for (int q = 0; q < bound->nitems; q++)
		value += item_choose(bound, &bound->items[q], of_all);
	return value - set_earns(bound);
}

/*
 * How the bound changes with a price; a branch has settled that of what it
 * fixes.
 */
static double
price_slope(const Bound *bound, const ItemPrices *prices, int i)
{
	int			id = prices->ids[i];

	return bound->fixed[id] != 0 ? 0 :
		(prices->used[i] ? 1 : 0) - bound->taken[id];
}

/*
 * Change the prices: up where a plan uses what the set lacks, down where the
 * set has what the plan does not use.
 */
static void
bound_step(Bound *bound, double distance)
{
	double		norm = 0;
	double		length;

	for (int q = 0; q < bound->nitems; q++)
		for (int i = 0; i < bound->items[q].count; i++)
		{
			const ItemPrices *prices = &bound->items[q];
			double		slope = price_slope(bound, prices, i);

			if (slope > 0 || prices->price[i] > 0)
				norm += slope * slope;
		}
	if (norm <= 0)
		return;
	length = distance / norm;
	for (int q = 0; q < bound->nitems; q++)
		for (int i = 0; i < bound->items[q].count; i++)
		{
			ItemPrices *prices = &bound->items[q];
			double		slope = price_slope(bound, prices, i);

			prices->price[i] = Max(prices->price[i] + length * slope, 0);
		}
}

/*
 * Note the prices of all items, one after another.
 */
void
bound_keep_prices(const Bound *bound, float *prices)
{
	for (int q = 0; q < bound->nitems; q++)
		for (int i = 0; i < bound->items[q].count; i++)
			*prices++ = (float) bound->items[q].price[i];
}

/*
 * Go back to prices that were noted.
 */
void
bound_restore_prices(Bound *bound, const float *prices)
{
	for (int q = 0; q < bound->nitems; q++)
		for (int i = 0; i < bound->items[q].count; i++)
			bound->items[q].price[i] = *prices++;
}

/*
 * Note which candidates the knapsacks take, the last ones most.
 */
static void
note_taken(Bound *bound)
{
	for (int id = 0; id < bound->search->pool->ncandidates; id++)
		bound->mean_taken[id] += MEAN_SHARE *
			(bound->taken[id] - bound->mean_taken[id]);
}

/*
 * Change the prices over known plans, and leave them where the bound would be
 * highest by these.  "length" of the steps gets shorter where they are in vain.
 */
static void
raise_guess(Bound *bound, double guess, double best_total, int steps,
			double *length)
{
	double		highest = -get_float8_infinity();
	int			in_vain = 0;

	for (int i = 0; i < steps && best_total > guess; i++)
	{
		bound_step(bound, *length * (best_total - guess));
		guess = bound_evaluate(bound, false);
		note_taken(bound);
		if (guess > highest)
		{
			highest = guess;
			bound_keep_prices(bound, bound->guess_prices);
			in_vain = 0;
		}
		else if (++in_vain == PATIENCE)
		{
			*length /= 2;
			in_vain = 0;
		}
	}
	if (!isinf(highest))
		bound_restore_prices(bound, bound->guess_prices);
}

/*
 * Raise the bound round by round.  At its end, or when time is up, what was
 * reached holds all the same.
 */
double
bound_raise(Bound *bound, double best_total, const BoundEffort *effort)
{
	double		highest = -get_float8_infinity();
	double		length = effort->length;

	memset(bound->mean_taken, 0,
		   bound->search->pool->ncandidates * sizeof(double));
	for (int round = 0; round < effort->rounds; round++)
	{
		double		value = bound_evaluate(bound, true);

		if (value > highest)
		{
			highest = value;
			bound_keep_prices(bound, bound->best_prices);
		}
		if (best_total - highest <= SMALL_GAP * best_total ||
			search_expired(bound->search))
			break;
		raise_guess(bound, value, best_total, effort->steps, &length);
	}
	bound_restore_prices(bound, bound->best_prices);
	return Max(highest, bound->floor);
}

/*
 * Fill "worth" with what each candidate earns per byte at the present prices.
 */
void
bound_merits(Bound *bound)
{
	(void) bound_keep(bound);
	(void) set_earns(bound);
	for (int id = 0; id < bound->search->pool->ncandidates; id++)
		bound->worth[id] = bound->earned[id] /
			Max(bound->search->pool->candidates[id]->bytes, BLCKSZ);
}

/*
 * What a set costs by the plans that are known, items without a plan space
 * taken at their least.
 */
double
bound_guess(Bound *bound, const Bitmapset *members)
{
	signed char *fixed = bound->fixed;
	int			ids = bound->search->pool->ncandidates;
	double		value;

	bound->fixed = (signed char *) palloc(Max(ids, 1));
	for (int id = 0; id < ids; id++)
		bound->fixed[id] = bms_is_member(id, members) ? FIXED_IN : FIXED_OUT;
	value = bound_evaluate(bound, false);
	pfree(bound->fixed);
	bound->fixed = fixed;
	return value;
}

/*
 * Fix what no set that costs less than "enough" has, or lacks, where the bound
 * at the present prices is "value": what a byte earns at the margin says
 * by how much the bound rises with a candidate, or without it.
 */
void
bound_fix(Bound *bound, double value, double enough)
{
	const Search *search = bound->search;

	(void) bound_keep(bound);
	(void) set_earns(bound);
	for (int id = 0; id < search->pool->ncandidates; id++)
	{
		double		bytes = Max(search->pool->candidates[id]->bytes, 1);
		double		missed = bound->earned[id] - bound->rate * bytes;

		if (bound->fixed[id] != 0)
			continue;
		if (bytes > bound->room ||
			(bound->rate >= 0 && value - missed >= enough))
			bound->fixed[id] = FIXED_OUT;
		else if (bound->rate >= 0 && value + missed >= enough)
			bound->fixed[id] = FIXED_IN;
	}
}
