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
 * A step changes few prices: of what plans use, and of what the set has.  What follows
 * from prices is changed with them, and only plans that pay them are chosen anew.
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
 * Number of prices of an item: of its candidates, by place.
 */
static int
count_prices(const WorkItem *item)
{
	int			count = 0;

	for (int place = 0; place < planspace_places(item->space); place++)
		count += bms_num_members(planspace_readable(item->space, place));
	return count;
}

/*
 * List the candidates that matter to an item, with their first prices.
 */
static void
list_prices(Bound *bound, ItemPrices *prices, const Selection *best)
{
	WorkItem   *item = prices->item;
	int			count = Max(count_prices(item), 1);
	int			first = bound->nprices;
	int			id = -1;

	prices->ids = bound->ids + first;
	prices->price = bound->price + first;
	prices->pay = bound->pay + first;
	prices->entries = (int *) palloc(count * sizeof(int));
	prices->asked_pay = (double *) palloc0(count * sizeof(double));
	prices->used = (bool *) palloc0(count * sizeof(bool));
	for (int place = 0; place < planspace_places(item->space); place++)
	{
		const Bitmapset *readable = planspace_readable(item->space, place);

		for (id = -1; (id = bms_next_member(readable, id)) >= 0;)
		{
			bound->owner[bound->nprices++] = prices - bound->items;
			prices->ids[prices->count] = id;
			prices->entries[prices->count++] =
				planspace_entry(item->space, place, id);
		}
	}
	bound_plans_init(prices);
	for (id = -1; (id = bms_next_member(item->relevant, id)) >= 0;)
		share_price(prices, id, first_price(bound, item, id, best));
}

/*
 * List the prices of each candidate.
 */
static void
list_by_candidate(Bound *bound)
{
	int			ids = bound->search->pool->ncandidates;
	int		   *next;

	bound->first_price = (int *) palloc0((ids + 1) * sizeof(int));
	bound->prices_of = (int *) palloc(Max(bound->nprices, 1) * sizeof(int));
	for (int i = 0; i < bound->nprices; i++)
		bound->first_price[bound->ids[i] + 1]++;
	for (int id = 0; id < ids; id++)
		bound->first_price[id + 1] += bound->first_price[id];
	next = (int *) palloc((ids + 1) * sizeof(int));
	memcpy(next, bound->first_price, (ids + 1) * sizeof(int));
	for (int i = 0; i < bound->nprices; i++)
		bound->prices_of[next[bound->ids[i]]++] = i;
	pfree(next);
}

/*
 * Make the arrays of all prices.
 */
static void
make_prices(Bound *bound, const Selection *best)
{
	int			room = 1;
	int			entries = 1;

	for (int q = 0; q < bound->nitems; q++)
	{
		room += count_prices(bound->items[q].item);
		entries = Max(entries, planspace_entries(bound->items[q].item->space));
	}
	bound->penalties = (double *) palloc0(entries * sizeof(double));
	bound->ids = (int *) palloc(room * sizeof(int));
	bound->owner = (int *) palloc(room * sizeof(int));
	bound->active = (int *) palloc(room * sizeof(int));
	bound->price = (double *) palloc0(room * sizeof(double));
	bound->pay = (double *) palloc0(room * sizeof(double));
	bound->best_prices = (float *) palloc(room * sizeof(float));
	bound->guess_prices = (float *) palloc(room * sizeof(float));
	for (int q = 0; q < bound->nitems; q++)
	{
		CHECK_FOR_INTERRUPTS();
		list_prices(bound, &bound->items[q], best);
	}
	list_by_candidate(bound);
}

/*
 * Does the bound know plans of the item?
 */
bool
bound_prices(const WorkItem *item)
{
	return item->stmt != NULL && item->space != NULL && !item->rough &&
		item->weight > 0;
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
	bound->mean_taken = (double *) palloc0(ids * sizeof(double));
	bound->fixed = (signed char *) palloc0(ids);
	bound_earn_init(bound);
	for (int i = 0; i < search->nitems; i++)
	{
		WorkItem   *item = search->item[i];
		double		floor = item->weight * price_least(item);

		bound->floor += floor;
		if (bound_prices(item))
		{
			bound->items[bound->nitems++].item = item;
			bound->effort += planspace_effort(item->space);
		}
		else
			bound->unpriced += floor;
	}
	make_prices(bound, best);
	bound_fixed(bound);
}

/*
 * What is paid at a price, as the branch has it.
 */
static inline double
price_to_pay(const Bound *bound, int i)
{
	signed char fixed = bound->fixed[bound->ids[i]];

	return fixed == FIXED_IN ? 0 :
		fixed == FIXED_OUT ? get_float8_infinity() : bound->price[i];
}

/*
 * Take account of what is fixed now, and of all prices.
 */
void
bound_fixed(Bound *bound)
{
	int			ids = bound->search->pool->ncandidates;
	const double *write_cost = bound->search->write_cost;

	/* What updates lose by the first index on a column comes on top. */
	for (int id = 0; id < ids; id++)
		bound->earned[id] = write_cost == NULL ? 0 : -write_cost[id];
	for (int i = 0; i < bound->nprices; i++)
	{
		bound->earned[bound->ids[i]] += bound->price[i];
		bound->pay[i] = price_to_pay(bound, i);
	}
	for (int q = 0; q < bound->nitems; q++)
		bound->items[q].stale = true;
}

/*
 * Change one price that is not settled by the branch.
 */
static inline void
change_price(Bound *bound, int i, double price)
{
	if (bound->price[i] == price)
		return;
	bound->earned[bound->ids[i]] += price - bound->price[i];
	bound->price[i] = bound->pay[i] = price;
	bound->items[bound->owner[i]].stale = true;
}

/*
 * Let an item choose its plan at its prices: of those that are known, or
 * of all.  Returns its objective and the prices that it pays.
 */
static double
item_choose(Bound *bound, ItemPrices *prices, bool of_all)
{
	double		least;

	if (!of_all && !prices->stale)
		return prices->value;
	least = of_all ? bound_plan_ask(prices, bound->penalties) :
		get_float8_infinity();
	prices->value = bound_plan_choose(prices);
	prices->stale = false;
	return Min(least, prices->value);
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
	return value - bound_earns(bound);
}

/*
 * How the bound changes with a price.
 */
static inline double
price_slope(const Bound *bound, int i)
{
	const ItemPrices *prices = &bound->items[bound->owner[i]];

	return (prices->used[i - (prices->ids - bound->ids)] ? 1 : 0) -
		bound->taken[bound->ids[i]];
}

/*
 * List the prices that a step may change: of what plans use, and of what the set
 * has.  A branch has settled those of what it fixes.
 */
static int
list_active(Bound *bound)
{
	int			count = 0;

	for (int q = 0; q < bound->nitems; q++)
	{
		const ItemPrices *prices = &bound->items[q];
		const BoundPlan *plan = &prices->plans[prices->chosen];
		int			first = prices->ids - bound->ids;

		for (int i = 0; i < plan->nuses; i++)
			if (bound->fixed[prices->ids[plan->uses[i]]] == 0)
				bound->active[count++] = first + plan->uses[i];
	}
	for (int t = 0; t < bound->ntaken; t++)
	{
		int			id = bound->taken_ids[t];

		for (int n = bound->first_price[id]; n < bound->first_price[id + 1]; n++)
		{
			int			i = bound->prices_of[n];
			const ItemPrices *prices = &bound->items[bound->owner[i]];

			if (!prices->used[i - (prices->ids - bound->ids)])
				bound->active[count++] = i;
		}
	}
	return count;
}

/*
 * Change the prices: up where a plan uses what the set lacks, down where the
 * set has what the plan does not use.
 */
static void
bound_step(Bound *bound, double distance)
{
	int			count = list_active(bound);
	double		norm = 0;
	double		length;

	for (int n = 0; n < count; n++)
	{
		double		slope = price_slope(bound, bound->active[n]);

		if (slope > 0 || bound->price[bound->active[n]] > 0)
			norm += slope * slope;
	}
	if (norm <= 0)
		return;
	length = distance / norm;
	for (int n = 0; n < count; n++)
	{
		int			i = bound->active[n];

		change_price(bound, i, Max(bound->price[i] +
								   length * price_slope(bound, i), 0));
	}
}

/*
 * Note the prices of all items, one after another.
 */
void
bound_keep_prices(const Bound *bound, float *prices)
{
	for (int i = 0; i < bound->nprices; i++)
		prices[i] = (float) bound->price[i];
}

/*
 * Go back to prices that were noted, and take account of what is fixed now.
 */
void
bound_restore_prices(Bound *bound, const float *prices)
{
	for (int i = 0; i < bound->nprices; i++)
		bound->price[i] = prices[i];
	bound_fixed(bound);
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
 * Raise the bound round by round, trying sets on the way and at its end, at the
 * prices of the highest.  When time is up, what was reached holds all the same.
 */
double
bound_raise(Bound *bound, const double *best_total, const BoundEffort *effort,
			BoundTry try, void *arg)
{
	double		highest = -get_float8_infinity();
	double		length = effort->length;

	memset(bound->mean_taken, 0,
		   bound->search->pool->ncandidates * sizeof(double));
	for (int round = 1; round <= effort->rounds; round++)
	{
		double		value = bound_evaluate(bound, true);

		if (value > highest)
		{
			highest = value;
			bound_keep_prices(bound, bound->best_prices);
		}
		if (*best_total - highest <= SMALL_GAP * *best_total ||
			search_expired(bound->search))
			break;
		raise_guess(bound, value, *best_total, effort->steps, &length);
		if (round % effort->each == 0 && round < effort->rounds)
			try(arg);
	}
	bound_restore_prices(bound, bound->best_prices);
	try(arg);
	return Max(highest, bound->floor);
}

/*
 * Fill "worth" with what each candidate earns per byte at the present prices.
 */
void
bound_merits(Bound *bound)
{
	(void) bound_keep(bound);
	(void) bound_earns(bound);
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
	bound_fixed(bound);
	value = bound_evaluate(bound, false);
	pfree(bound->fixed);
	bound->fixed = fixed;
	bound_fixed(bound);
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
	(void) bound_earns(bound);
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
