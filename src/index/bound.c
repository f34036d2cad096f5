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
 * Entry point: search_bound().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/float.h"
#include "utils/memutils.h"

#include "index/index_internal.h"

/* Steps of the subgradient method, and how long one may be in vain. */
#define MAX_STEPS 300
#define PATIENCE 6

/* First length of a step, as a share of Polyak's. */
#define FIRST_LENGTH 1.0

/* Prices per byte that are tried where numbers of indexes are limited, too. */
#define RATE_STEPS 20

/* A gap that needs no further work, as a share of the total. */
#define SMALL_GAP 0.002

/* The prices of one item. */
typedef struct ItemPrices
{
	WorkItem   *item;
	int			count;
	int		   *ids;			/* candidates that matter to it */
	double	   *price;			/* objective units, per candidate */
	bool	   *used;			/* by its plan at these prices */
} ItemPrices;

typedef struct Bound
{
	Search	   *search;
	int			nitems;
	ItemPrices *items;
	double		fixed;			/* objective of items without a plan space */
	double		floor;			/* objective with all candidates, their keep
								 * not counted */
	double	   *penalties;		/* by candidate id, for one item */
	double	   *earned;			/* by candidate id: sum of its prices, less
								 * what it costs to keep */
	double	   *taken;			/* by candidate id: share in the knapsack */
	double	   *worth;			/* by candidate id: earned, less its bytes */
	int		   *table;			/* by candidate id: first one on its table */
	int		   *on_table;		/* by such a first one: number taken */
	int		   *order;			/* candidate ids, for sorting */
} Bound;

/*
 * Give the candidates of an item their first prices: what they bring beside
 * the set, or what they would be missed for in it.
 */
static void
first_prices(Bound *bound, ItemPrices *prices, const Selection *best)
{
	Search	   *search = bound->search;
	double		now = price_of(search, prices->item, best->members);

	for (int i = 0; i < prices->count; i++)
	{
		int			id = prices->ids[i];
		Bitmapset  *other = bms_copy(best->members);
		double		cost;

		other = bms_is_member(id, other) ? bms_del_member(other, id) :
			bms_add_member(other, id);
		cost = price_of(search, prices->item, other);
		bms_free(other);
		prices->price[i] = prices->item->weight *
			(bms_is_member(id, best->members) ? Max(cost - now, 0) :
			 Max(now - cost, 0));
	}
}

/*
 * List the candidates that matter to an item.
 */
static void
list_prices(Bound *bound, WorkItem *item, const Selection *best)
{
	ItemPrices *prices = &bound->items[bound->nitems++];
	int			id = -1;
	int			count = bms_num_members(item->relevant);

	prices->item = item;
	prices->count = 0;
	prices->ids = (int *) palloc(Max(count, 1) * sizeof(int));
	prices->price = (double *) palloc0(Max(count, 1) * sizeof(double));
	prices->used = (bool *) palloc0(Max(count, 1) * sizeof(bool));
	while ((id = bms_next_member(item->relevant, id)) >= 0)
		prices->ids[prices->count++] = id;
	first_prices(bound, prices, best);
}

/*
 * Lay the bound out.
 */
static void
bound_init(Bound *bound, Search *search, const Selection *best)
{
	int			ids = Max(search->pool->ncandidates, 1);

	memset(bound, 0, sizeof(Bound));
	bound->search = search;
	bound->items = (ItemPrices *) palloc0(Max(search->nitems, 1) *
										  sizeof(ItemPrices));
	bound->penalties = (double *) palloc0(ids * sizeof(double));
	bound->earned = (double *) palloc0(ids * sizeof(double));
	bound->taken = (double *) palloc0(ids * sizeof(double));
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
		price_floor(search, item, item->relevant);

		CHECK_FOR_INTERRUPTS();
		bound->floor += floor;
		if (item->stmt != NULL && item->space != NULL)
			list_prices(bound, item, best);
		else
			bound->fixed += floor;
	}
}

/*
 * Let an item choose its plan at its prices.  Returns its objective and the
 * prices that it pays.
 */
static double
item_choose(Bound *bound, ItemPrices *prices)
{
	double		weight = prices->item->weight;
	Bitmapset  *used;
	double		cost;
	double		value;

	if (weight <= 0)
		return 0;
	for (int i = 0; i < prices->count; i++)
		bound->penalties[prices->ids[i]] = prices->price[i] / weight;
	value = planspace_relaxed(prices->item->space, bound->penalties, &used,
							  &cost);
	for (int i = 0; i < prices->count; i++)
	{
		prices->used[i] = bms_is_member(prices->ids[i], used);
		bound->penalties[prices->ids[i]] = 0;
	}
	bms_free(used);
	return weight * Min(value, prices->item->base_cost);
}

/* For sorting candidates: what is in force. */
static const Bound *sorting = NULL;

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
compare_by_worth(const void *a, const void *b)
{
	int			left = *(const int *) a;
	int			right = *(const int *) b;

	if (sorting->worth[left] != sorting->worth[right])
		return sorting->worth[left] > sorting->worth[right] ? -1 : 1;
	return left - right;
}

/*
 * The most that a set within the budget can earn, its last index taken in
 * part.  Fills "taken".
 */
static double
knapsack(Bound *bound, int count)
{
	const Search *search = bound->search;
	double		room = search->has_budget ? search->budget :
	get_float8_infinity();
	double		value = 0;

	qsort(bound->order, count, sizeof(int), compare_by_ratio);
	for (int i = 0; i < count; i++)
	{
		int			id = bound->order[i];
		double		bytes = Max(search->pool->candidates[id]->bytes, 1);
		double		share = bytes <= room ? 1 : room / bytes;

		bound->taken[id] = share;
		value += share * bound->earned[id];
		room -= share * bytes;
		if (room <= 0)
			break;
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
	int			taken = 0;

	for (int i = 0; i < count; i++)
	{
		int			id = bound->order[i];

		bound->worth[id] = bound->earned[id] -
			rate * search->pool->candidates[id]->bytes;
		bound->on_table[bound->table[id]] = 0;
		bound->taken[id] = 0;
	}
	qsort(bound->order, count, sizeof(int), compare_by_worth);
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

	if (!search->has_budget || bytes <= search->budget)
		return value;
	for (int i = 0; i < count; i++)
		high = Max(high, bound->earned[bound->order[i]] /
				   Max(search->pool->candidates[bound->order[i]]->bytes, 1));
	for (int i = 0; i < RATE_STEPS; i++)
	{
		double		rate = (low + high) / 2;
		double		with_rate = take_by_number(bound, count, rate, &bytes) +
		rate * search->budget;

		value = Min(value, with_rate);
		if (bytes > search->budget)
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
		if (bound->earned[id] > 0 &&
			(!search->has_budget ||
			 search->pool->candidates[id]->bytes <= search->budget))
			bound->order[count++] = id;
	sorting = bound;
	if (search->max_indexes >= count && search->max_per_table >= count)
		return knapsack(bound, count);
	return knapsack_by_number(bound, count);
}

/*
 * The bound at the present prices.
 */
static double
bound_evaluate(Bound *bound)
{
	double		value = bound->fixed;

	for (int q = 0; q < bound->nitems; q++)
	{
		CHECK_FOR_INTERRUPTS();
		value += item_choose(bound, &bound->items[q]);
	}
	return value - set_earns(bound);
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
			ItemPrices *prices = &bound->items[q];
			double		slope = (prices->used[i] ? 1 : 0) -
			bound->taken[prices->ids[i]];

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
			double		slope = (prices->used[i] ? 1 : 0) -
			bound->taken[prices->ids[i]];

			prices->price[i] = Max(prices->price[i] + length * slope, 0);
		}
}

/*
 * Raise the bound step by step.  At its end, or when time is up, what was
 * reached holds all the same.
 */
static double
bound_raise(Bound *bound, const Selection *best)
{
	double		highest = Max(bound_evaluate(bound), bound->floor);
	double		share = FIRST_LENGTH;
	int			in_vain = 0;

	for (int i = 0; i < MAX_STEPS && !search_over(bound->search) &&
		 best->total - highest > SMALL_GAP * best->total; i++)
	{
		double		value;

		bound_step(bound, share * (best->total - highest));
		value = bound_evaluate(bound);
		if (value > highest)
		{
			highest = value;
			in_vain = 0;
		}
		else if (++in_vain == PATIENCE)
		{
			share /= 2;
			in_vain = 0;
		}
	}
	return highest;
}

/*
 * A total below which no set of the known candidates within the limits can
 * come, by the plan spaces: "best" is the best one known, priced by them.
 */
double
search_bound(Search *search, const Selection *best)
{
	MemoryContext step = AllocSetContextCreate(CurrentMemoryContext,
											   "dbadvisor bound",
											   ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(step);
	Bound		bound;
	double		value;

	bound_init(&bound, search, best);
	value = bound_raise(&bound, best);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(step);
	return value;
}
