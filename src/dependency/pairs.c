/*-------------------------------------------------------------------------
 *
 * pairs.c
 *		What comparing some pairs of rows tells of all dependencies.
 *
 * Two rows that differ in A contradict every determinant of A that they agree
 * on: each must have one of the other columns in which they differ.  For every
 * A only the minimal such sets are kept.  Rows that agree in much contradict
 * most, so rows are compared with neighbours in the order of each column.
 * Pairs left out cost time, never truth: the search tests on all rows.
 * Entry points: pairs_make(), pairs_sample(), pairs_add().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "dependency/dependency_internal.h"
#include "worker/worker.h"

/* Places that remember recent sets; a power of two. */
#define SEEN_SETS 32768

/* Pairs compared at a time, column after column. */
#define BATCH_PAIRS 1024

/* Rows are compared with neighbours up to this distance... */
#define MAX_DISTANCE 64

/* ... as long as this share of the comparisons tells something new. */
#define MIN_NEWS 0.01

/* Sets of a dependent column; the search finds what is missing beyond. */
#define MAX_SAMPLED_EDGES 1024

/* Words compared at most, a fraction of a second: in wide tables nearly every
 * pair tells something new, and the search knows better which ones matter. */
#define MAX_SAMPLE_WORK INT64CONST(100000000)

/* Share of the memory that the sets may take. */
#define POOL_SHARE 0.25

/* Pairs of rows to be compared. */
typedef struct Batch
{
	int			npairs;
	int32		first[BATCH_PAIRS];
	int32		second[BATCH_PAIRS];
	uint64		differences[BATCH_PAIRS];
	uint64	   *sets;			/* BATCH_PAIRS * nwords */
} Batch;

/* A column whose order is followed. */
typedef struct Order
{
	int			column;
	int32	   *rows;			/* by this column, then by neighbours */
	int32	   *other;			/* scratch space of the same size */
	int32	   *places;			/* max_codes + 1 entries */
} Order;

/*
 * Make an empty pool for the dependent columns in "wanted".
 */
Pool *
pairs_make(const Rows *rows, Budget *budget, const uint64 *wanted)
{
	Pool	   *pool = palloc0(sizeof(Pool));
	Size		set = sizeof(uint64) * rows->nwords;

	pool->rows = rows;
	pool->budget = budget;
	pool->context = CurrentMemoryContext;
	pool->wanted = palloc(set);
	memcpy(pool->wanted, wanted, set);
	pool->lists = palloc0(sizeof(EdgeList) * (rows->ncolumns + 1));
	pool->seen = palloc0(set * SEEN_SETS);
	pool->scratch = palloc(set);
	return pool;
}

/*
 * Is a subset of b?
 */
static inline bool
is_subset(const uint64 *a, const uint64 *b, int nwords)
{
	for (int i = 0; i < nwords; i++)
		if ((a[i] & ~b[i]) != 0)
			return false;
	return true;
}

/*
 * Does the list have a subset of this set?  What has answered moves towards the
 * front, where it is found soon the next time.
 */
static bool
list_dominates(EdgeList *list, const uint64 *set, int nwords)
{
	for (int i = 0; i < list->nedges; i++)
	{
		uint64	   *edge = list->edges + (Size) i * nwords;

		if (!is_subset(edge, set, nwords))
			continue;
		if (i > 0)
		{
			uint64	   *other = list->edges + (Size) (i / 2) * nwords;

			for (int word = 0; word < nwords; word++)
			{
				uint64		swap = edge[word];

				edge[word] = other[word];
				other[word] = swap;
			}
		}
		return true;
	}
	return false;
}

/*
 * Remove the supersets of a set.
 */
static void
list_remove_supersets(EdgeList *list, const uint64 *set, int nwords)
{
	int			kept = 0;

	for (int i = 0; i < list->nedges; i++)
	{
		const uint64 *edge = list->edges + (Size) i * nwords;

		if (is_subset(set, edge, nwords))
			continue;
		if (kept != i)
			memcpy(list->edges + (Size) kept * nwords, edge,
				   sizeof(uint64) * nwords);
		kept++;
	}
	list->nedges = kept;
}

/*
 * Append a set; false where there is no memory.
 */
static bool
list_append(Pool *pool, EdgeList *list, const uint64 *set)
{
	Size		bytes = sizeof(uint64) * pool->rows->nwords;

	if (list->nedges == list->room)
	{
		int			room = Max(list->room * 2, 16);

		if (MemoryContextMemAllocated(pool->context, false) + room * bytes >
			pool->budget->memory_limit * POOL_SHARE)
			return false;
		if (list->edges == NULL)
			list->edges = MemoryContextAlloc(pool->context, room * bytes);
		else
			list->edges = repalloc_huge(list->edges, room * bytes);
		list->room = room;
	}
	memcpy(list->edges + (Size) list->nedges * pool->rows->nwords, set, bytes);
	list->nedges++;
	return true;
}

/*
 * Add what a pair says of one dependent column; false if that is no news.
 */
static bool
list_add(Pool *pool, EdgeList *list, const uint64 *set)
{
	int			nwords = pool->rows->nwords;

	/* in wide tables what the search learns would be compared for nothing */
	if (list->nedges >= MAX_SAMPLED_EDGES && pool->work > MAX_SAMPLE_WORK)
		return false;
	pool->work += (int64) list->nedges * nwords;
	pool->budget->work += list->nedges / 4;
	if (list_dominates(list, set, nwords))
		return false;
	list_remove_supersets(list, set, nwords);
	return list->nedges < MAX_SAMPLED_EDGES && list_append(pool, list, set);
}

/*
 * Has the set been added lately?  If not, note that it is now.
 */
static bool
seen_before(Pool *pool, const uint64 *set)
{
	int			nwords = pool->rows->nwords;
	Size		bytes = sizeof(uint64) * nwords;
	uint64		hash = 0;
	uint64	   *place;

	for (int i = 0; i < nwords; i++)
		hash = mix_bits(hash ^ set[i]);
	place = pool->seen + (hash % SEEN_SETS) * nwords;
	if (memcmp(place, set, bytes) == 0)
		return true;
	memcpy(place, set, bytes);
	return false;
}

/*
 * Add the set of columns in which two rows differ; true if it tells something
 * new of some dependent column.
 */
bool
pairs_add(Pool *pool, const uint64 *difference)
{
	bool		news = false;

	if (seen_before(pool, difference))
		return false;
	for (int word = 0; word < pool->rows->nwords; word++)
	{
		uint64		members = difference[word] & pool->wanted[word];

		while (members != 0)
		{
			int			bit = pg_rightmost_one_pos64(members);
			int			rhs = word * SET_BITS + bit;

			memcpy(pool->scratch, difference,
				   sizeof(uint64) * pool->rows->nwords);
			SET_REMOVE(pool->scratch, pool->rows->row_number);
			SET_REMOVE(pool->scratch, rhs);
			news |= list_add(pool, &pool->lists[rhs], pool->scratch);
			members &= members - 1;
		}
	}
	pool->nadded += news;
	return news;
}

/*
 * The columns in which two rows differ, the row number among them.
 */
void
pairs_difference(const Rows *rows, int32 first, int32 second, uint64 *set)
{
	memset(set, 0, sizeof(uint64) * rows->nwords);
	for (int i = 0; i <= rows->ncolumns; i++)
		if (rows->columns[i].codes[first] != rows->columns[i].codes[second])
			SET_ADD(set, i);
}

/*
 * Set one word of the sets of all pairs of a batch.
 */
static void
compare_word(const Rows *rows, Batch *batch, int word)
{
	int			last = Min((word + 1) * SET_BITS, rows->ncolumns + 1);

	memset(batch->differences, 0, sizeof(uint64) * batch->npairs);
	for (int i = word * SET_BITS; i < last; i++)
	{
		const int32 *codes = rows->columns[i].codes;
		int			shift = i % SET_BITS;

		for (int pair = 0; pair < batch->npairs; pair++)
			batch->differences[pair] |=
				(uint64) (codes[batch->first[pair]] !=
						  codes[batch->second[pair]]) << shift;
	}
	for (int pair = 0; pair < batch->npairs; pair++)
		batch->sets[(Size) pair * rows->nwords + word] =
			batch->differences[pair];
}

/*
 * Has enough been compared, or is time up?
 */
static bool
sampled_enough(const Pool *pool)
{
	return pool->budget->expired || pool->work > MAX_SAMPLE_WORK;
}

/*
 * Compare the pairs of a batch and empty it; returns how many told something
 * new.
 */
static int
batch_compare(Pool *pool, Batch *batch)
{
	int			news = 0;

	for (int word = 0; word < pool->rows->nwords; word++)
		compare_word(pool->rows, batch, word);
	for (int pair = 0; pair < batch->npairs && !sampled_enough(pool); pair++)
	{
		news += pairs_add(pool, batch->sets + (Size) pair * pool->rows->nwords);
		(void) budget_spend(pool->budget, pool->rows->ncolumns);
	}
	pool->ncompared += batch->npairs;
	batch->npairs = 0;
	return news;
}

/*
 * Put the rows in the order of a column's codes, and leave rows with equal codes
 * in the order that they have.
 */
static void
order_by(const Rows *rows, Order *order, int column, Budget *budget)
{
	const Column *by = &rows->columns[column];
	int32	   *swap = order->rows;

	memset(order->places, 0, sizeof(int32) * ((Size) by->ncodes + 1));
	for (int row = 0; row < rows->nrows; row++)
	{
		allow_cancel(row);
		order->places[by->codes[row] + 1]++;
	}
	for (int code = 0; code < by->ncodes; code++)
		order->places[code + 1] += order->places[code];
	for (int i = 0; i < rows->nrows; i++)
	{
		int32		row = order->rows[i];

		allow_cancel(i);
		order->other[order->places[by->codes[row]]++] = row;
	}
	order->rows = order->other;
	order->other = swap;
	(void) budget_spend(budget, 3 * (int64) rows->nrows);
}

/*
 * Compare rows with the same code at one distance; returns the share that told
 * something new.
 */
static double
compare_at_distance(Pool *pool, const Order *order, int distance, Batch *batch)
{
	const int32 *codes = pool->rows->columns[order->column].codes;
	int64		before = pool->ncompared;
	int64		news = 0;

	for (int i = 0; i + distance < pool->rows->nrows; i++)
	{
		int32		first = order->rows[i];
		int32		second = order->rows[i + distance];

		allow_cancel(i);
		if (codes[first] != codes[second])
			continue;
		batch->first[batch->npairs] = first;
		batch->second[batch->npairs++] = second;
		if (batch->npairs < BATCH_PAIRS)
			continue;
		news += batch_compare(pool, batch);
		if (sampled_enough(pool) ||
			(distance > 1 && pool->ncompared - before >= 8 * BATCH_PAIRS &&
			 news < MIN_NEWS * (pool->ncompared - before)))
			break;
	}
	news += batch_compare(pool, batch);
	return news / Max((double) (pool->ncompared - before), 1);
}

/*
 * Compare neighbours in the order of a column, ever farther apart as long as
 * that tells something.
 */
static void
sample_column(Pool *pool, Order *order, int column, Batch *batch)
{
	int			ncolumns = pool->rows->ncolumns;

	order->column = column;
	for (int row = 0; row < pool->rows->nrows; row++)
		order->rows[row] = row;
	if (ncolumns > 2)
		order_by(pool->rows, order, (column + 2) % ncolumns, pool->budget);
	if (ncolumns > 1)
		order_by(pool->rows, order, (column + 1) % ncolumns, pool->budget);
	order_by(pool->rows, order, column, pool->budget);
	for (int distance = 1; distance <= MAX_DISTANCE; distance++)
		if (sampled_enough(pool) ||
			compare_at_distance(pool, order, distance, batch) < MIN_NEWS)
			break;
}

/*
 * Compare some pairs of rows that have a value in common, and the first rows
 * with each other, which need not have.
 */
void
pairs_sample(Pool *pool)
{
	const Rows *rows = pool->rows;
	Size		bytes = sizeof(int32) * (Size) Max(rows->nrows, 1);
	Batch	   *batch = palloc(sizeof(Batch));
	Order		order;

	batch->npairs = 0;
	batch->sets = palloc(sizeof(uint64) * BATCH_PAIRS * rows->nwords);
	order.rows = palloc_extended(bytes, MCXT_ALLOC_HUGE);
	order.other = palloc_extended(bytes, MCXT_ALLOC_HUGE);
	order.places = palloc_extended(sizeof(int32) * ((Size) rows->max_codes + 1),
								   MCXT_ALLOC_HUGE);
	for (int i = 0; i < rows->ncolumns && !sampled_enough(pool); i++)
	{
		progress_report("comparing rows", i, rows->ncolumns, NULL);
		sample_column(pool, &order, i, batch);
	}
	pfree(order.rows);
	pfree(order.other);
	pfree(order.places);
	pfree(batch->sets);
	pfree(batch);
}
