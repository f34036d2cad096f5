/*-------------------------------------------------------------------------
 *
 * bound_earn.c
 *		The most that a set within the limits can earn at given prices.
 *
 * With a budget alone that is a knapsack of which the last index is taken in part.
 * Where numbers of indexes are limited, too, these are kept exactly and the
 * budget by a price per byte.
 * Entry point: bound_earns().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/float.h"

#include "index/bound.h"

/* Prices per byte that are tried where numbers of indexes are limited, too. */
#define RATE_STEPS 20

/* A candidate in a heap: that of the highest value is on top. */
typedef struct Ranked
{
	double		value;
	int			id;
} Ranked;

/* For sorting candidates: what each is worth. */
static const double *sorting_values = NULL;

/*
 * Lay out what is needed here.
 */
void
bound_earn_init(Bound *bound)
{
	int			ids = Max(bound->search->pool->ncandidates, 1);

	bound->earned = (double *) palloc0(ids * sizeof(double));
	bound->taken = (double *) palloc0(ids * sizeof(double));
	bound->taken_ids = (int *) palloc0(ids * sizeof(int));
	bound->worth = (double *) palloc0(ids * sizeof(double));
	bound->table = (int *) palloc0(ids * sizeof(int));
	bound->on_table = (int *) palloc0(ids * sizeof(int));
	bound->order = (int *) palloc0(ids * sizeof(int));
	bound->heap = (Ranked *) palloc0(ids * sizeof(Ranked));
	for (int id = 0; id < bound->search->pool->ncandidates; id++)
		while (bound->search->pool->candidates[bound->table[id]]->relid !=
			   bound->search->pool->candidates[id]->relid)
			bound->table[id]++;
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
 * Does the first belong above the second?
 */
static inline bool
ranks_above(const Ranked *left, const Ranked *right)
{
	return left->value > right->value ||
		(left->value == right->value && left->id < right->id);
}

/*
 * Let a candidate sink to where it belongs in the heap.
 */
static void
heap_sink(Ranked *heap, int count, int place)
{
	Ranked		sinking = heap[place];

	for (;;)
	{
		int			child = 2 * place + 1;

		if (child >= count)
			break;
		if (child + 1 < count && ranks_above(&heap[child + 1], &heap[child]))
			child++;
		if (!ranks_above(&heap[child], &sinking))
			break;
		heap[place] = heap[child];
		place = child;
	}
	heap[place] = sinking;
}

/*
 * Make a heap.  Few are ever taken from the top, so that this is cheaper than to sort.
 */
static void
heap_make(Ranked *heap, int count)
{
	for (int place = count / 2 - 1; place >= 0; place--)
		heap_sink(heap, count, place);
}

/*
 * Take the candidate on top away.
 */
static int
heap_pop(Ranked *heap, int *count)
{
	int			id = heap[0].id;

	heap[0] = heap[--*count];
	heap_sink(heap, *count, 0);
	return id;
}

/*
 * Take a share of a candidate.
 */
static void
take(Bound *bound, int id, double share)
{
	bound->taken[id] = share;
	bound->taken_ids[bound->ntaken++] = id;
}

/*
 * Take nothing.
 */
static void
take_nothing(Bound *bound)
{
	for (int i = 0; i < bound->ntaken; i++)
		bound->taken[bound->taken_ids[i]] = 0;
	bound->ntaken = 0;
}

/*
 * The most that a set within the budget can earn, its last index taken in
 * part.
 */
static double
knapsack(Bound *bound, int count)
{
	Candidate **candidates = bound->search->pool->candidates;
	double		room = bound->room;
	double		value = 0;

	bound->rate = 0;
	for (int i = 0; i < count; i++)
	{
		int			id = bound->order[i];

		bound->heap[i].id = id;
		bound->heap[i].value = bound->earned[id] /
			Max(candidates[id]->bytes, BLCKSZ);
	}
	heap_make(bound->heap, count);
	while (count > 0)
	{
		int			id = heap_pop(bound->heap, &count);
		double		bytes = Max(candidates[id]->bytes, 1);
		double		share = bytes <= room ? 1 : room / bytes;

		if (share > 0)
			take(bound, id, share);
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

	take_nothing(bound);
	memset(bound->on_table, 0, search->pool->ncandidates * sizeof(int));
	for (int id = 0; id < search->pool->ncandidates; id++)
		bound->on_table[bound->table[id]] += bound->fixed[id] == FIXED_IN;
	for (int i = 0; i < count; i++)
	{
		int			id = bound->order[i];

		bound->heap[i].id = id;
		bound->heap[i].value = bound->earned[id] -
			rate * search->pool->candidates[id]->bytes;
	}
	heap_make(bound->heap, count);
	*bytes = 0;
	while (count > 0 && taken < search->max_indexes)
	{
		double		worth = bound->heap[0].value;
		int			id = heap_pop(bound->heap, &count);

		if (worth <= 0)
			break;
		if (bound->on_table[bound->table[id]] >= search->max_per_table)
			continue;
		bound->on_table[bound->table[id]]++;
		take(bound, id, 1);
		value += worth;
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
 * The most that a set within the limits can earn by "earned".  An index that
 * does not fit alone is in no set.  Fills "taken".
 */
double
bound_earns(Bound *bound)
{
	const Search *search = bound->search;
	int			count = 0;

	take_nothing(bound);
	for (int id = 0; id < search->pool->ncandidates; id++)
		if (bound->earned[id] > 0 && bound->fixed[id] == 0 &&
			search->pool->candidates[id]->bytes <= bound->room)
			bound->order[count++] = id;
	if (search->max_indexes == PG_INT32_MAX &&
		search->max_per_table == PG_INT32_MAX)
		return knapsack(bound, count);
	return knapsack_by_number(bound, count);
}
