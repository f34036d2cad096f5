/*-------------------------------------------------------------------------
 *
 * significance.c
 *		How surprising a dependency is.
 *
 * In few rows, or with a determinant that hardly repeats, dependencies arise by
 * chance.  The surprise is minus the logarithm of the probability that rows
 * split at random, with the same sizes of groups, leave every group pure: for
 * each column x of the determinant X, the groups of X without x are given, and
 * each is split by x.  The column that explains least counts.
 * Entry point: surprise_bits().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "dependency/dependency_internal.h"

/* Of larger determinants, or with less redundancy, nobody makes a table. */
#define MAX_SURPRISE_COLUMNS 3
#define MIN_SURPRISE_REDUNDANCY 0.005

/*
 * Is the dependency one whose surprise somebody may ask for?
 */
bool
surprise_is_wanted(const Rows *rows, const Found *found)
{
	return found->nlhs >= 1 && found->nlhs <= MAX_SURPRISE_COLUMNS &&
		found->rhs != rows->row_number &&
		rows->nrows - found->ngroups >= MIN_SURPRISE_REDUNDANCY * rows->nrows;
}

/*
 * Sizes of groups, and how many have each.  The sizes are few: different ones
 * add up to the number of rows at most.
 */
typedef struct Histogram
{
	int			nsizes;
	int32	   *sizes;			/* different ones */
	int32	   *times;			/* by size; 0 for all others */
} Histogram;

/*
 * Make an empty histogram of groups of so many rows in all.
 */
static void
histogram_make(Histogram *histogram, int nrows)
{
	histogram->nsizes = 0;
	histogram->sizes = palloc_extended(sizeof(int32) *
									   ((Size) sqrt(2.0 * nrows) + 2),
									   MCXT_ALLOC_HUGE);
	histogram->times = palloc_extended(sizeof(int32) * ((Size) nrows + 1),
									   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

/*
 * Empty it.
 */
static void
histogram_reset(Histogram *histogram)
{
	for (int i = 0; i < histogram->nsizes; i++)
		histogram->times[histogram->sizes[i]] = 0;
	histogram->nsizes = 0;
}

/*
 * Free its memory.
 */
static void
histogram_free(Histogram *histogram)
{
	pfree(histogram->sizes);
	pfree(histogram->times);
}

/*
 * Bits of surprise that "size" rows are equal, if each has one of the values
 * whose frequencies among "total" rows are in the histogram.
 */
static double
purity_bits(const Histogram *values, double total, int size)
{
	double		most = 0;
	double		sum = 0;

	for (int i = 0; i < values->nsizes; i++)
		most = Max(most, values->sizes[i]);
	for (int i = 0; i < values->nsizes; i++)
		sum += values->times[values->sizes[i]] *
			pow(values->sizes[i] / most, size);
	return -(size * log2(most / total) + log2(sum));
}

/*
 * Put the sizes of the groups of equal codes into the histogram; groups of fewer
 * than "least" rows are left out.
 */
static void
group_sizes(PartitionStack *stack, const int32 *rows, int nrows,
			const int32 *codes, int least, Histogram *into)
{
	for (int i = 0; i < nrows; i++)
	{
		allow_cancel(i);
		stack->counts[codes[rows[i]]]++;
	}
	for (int i = 0; i < nrows; i++)
	{
		int32	   *count = &stack->counts[codes[rows[i]]];

		allow_cancel(i);
		if (*count >= least && into->times[*count]++ == 0)
			into->sizes[into->nsizes++] = *count;
		*count = 0;
	}
}

/*
 * Bits that splitting one group by "split" is worth.
 */
static double
split_bits(PartitionStack *stack, const int32 *group, int nrows,
		   const int32 *split, const int32 *rhs, Histogram *parts,
		   Histogram *values)
{
	double		bits = 0;

	histogram_reset(parts);
	histogram_reset(values);
	group_sizes(stack, group, nrows, split, 2, parts);
	group_sizes(stack, group, nrows, rhs, 1, values);
	/* of equal rows nothing is surprising */
	if (values->nsizes == 1 && values->sizes[0] == nrows)
		return 0;
	for (int i = 0; i < parts->nsizes; i++)
	{
		bits += parts->times[parts->sizes[i]] *
			purity_bits(values, nrows, parts->sizes[i]);
		(void) budget_spend(stack->budget, 10 * values->nsizes);
	}
	return bits;
}

/*
 * Bits that one column of the determinant is worth, given the others; NaN where
 * memory or time has ended.
 */
static double
column_bits(PartitionStack *stack, const Found *found, int which)
{
	const Rows *rows = stack->rows;
	int			others[MAX_SURPRISE_COLUMNS];
	int			nothers = 0;
	Partition  *parents;
	Histogram	parts;
	Histogram	values;
	double		bits = 0;

	for (int i = 0; i < found->nlhs; i++)
		if (i != which)
			others[nothers++] = found->lhs[i];
	parents = partition_reach(stack, others, nothers);
	if (parents == NULL ||
		!budget_has_room(stack->budget, sizeof(int32) * 2 * (Size) rows->nrows))
		return NAN;
	histogram_make(&parts, rows->nrows);
	histogram_make(&values, rows->nrows);
	for (int i = 0; i < parents->ngroups; i++)
	{
		int32		start = parents->starts[i];
		int			nrows = parents->starts[i + 1] - start;

		bits += split_bits(stack, parents->rows + start, nrows,
						   rows->columns[found->lhs[which]].codes,
						   rows->columns[found->rhs].codes, &parts, &values);
		if (!budget_spend(stack->budget, 4 * nrows))
			bits = NAN;
	}
	histogram_free(&parts);
	histogram_free(&values);
	return bits;
}

/*
 * The surprise of a dependency; see the top of the file.
 */
double
surprise_bits(PartitionStack *stack, const Found *found)
{
	double		least = INFINITY;

	for (int i = 0; i < found->nlhs; i++)
	{
		double		bits = column_bits(stack, found, i);

		if (isnan(bits))
			return bits;
		least = Min(least, bits);
	}
	return least;
}
