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
 * Bits of surprise that "size" rows are equal, if each has value i with
 * probability counts[i] / total.
 */
static double
purity_bits(const int32 *counts, int ncounts, double total, int size)
{
	double		most = 0;
	double		sum = 0;

	for (int i = 0; i < ncounts; i++)
		most = Max(most, counts[i]);
	for (int i = 0; i < ncounts; i++)
		sum += pow(counts[i] / most, size);
	return -(size * log2(most / total) + log2(sum));
}

/*
 * Put the sizes of the groups of equal codes into "sizes"; returns how many.
 * Groups of one row are left out when "pairs".
 */
static int
group_sizes(PartitionStack *stack, const int32 *rows, int nrows,
			const int32 *codes, bool pairs, int32 *sizes)
{
	int			n = 0;

	for (int i = 0; i < nrows; i++)
		stack->counts[codes[rows[i]]]++;
	for (int i = 0; i < nrows; i++)
	{
		int32	   *count = &stack->counts[codes[rows[i]]];

		if (*count > (pairs ? 1 : 0))
			sizes[n++] = *count;
		*count = 0;
	}
	return n;
}

/*
 * Order of sizes.
 */
static int
compare_sizes(const void *a, const void *b)
{
	int32		left = *(const int32 *) a;
	int32		right = *(const int32 *) b;

	return (left > right) - (left < right);
}

/*
 * Bits that splitting one group by "split" is worth.
 */
static double
split_bits(PartitionStack *stack, const int32 *group, int nrows,
		   const int32 *split, const int32 *rhs, int32 *sizes, int32 *counts)
{
	int			nsizes = group_sizes(stack, group, nrows, split, true, sizes);
	int			ncounts = group_sizes(stack, group, nrows, rhs, false, counts);
	double		bits = 0;
	double		last = 0;

	if (ncounts < 2)
		return 0;
	qsort(sizes, nsizes, sizeof(int32), compare_sizes);
	for (int i = 0; i < nsizes; i++)
	{
		if (i == 0 || sizes[i] != sizes[i - 1])
		{
			last = purity_bits(counts, ncounts, nrows, sizes[i]);
			(void) budget_spend(stack->budget, 10 * ncounts);
		}
		bits += last;
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
	int32	   *sizes;
	int32	   *counts;
	double		bits = 0;

	for (int i = 0; i < found->nlhs; i++)
		if (i != which)
			others[nothers++] = found->lhs[i];
	parents = partition_reach(stack, others, nothers);
	if (parents == NULL ||
		!budget_has_room(stack->budget, sizeof(int32) * 2 * (Size) rows->nrows))
		return NAN;
	sizes = palloc_extended(sizeof(int32) * Max(rows->nrows, 1), MCXT_ALLOC_HUGE);
	counts = palloc_extended(sizeof(int32) * Max(rows->nrows, 1), MCXT_ALLOC_HUGE);
	for (int i = 0; i < parents->ngroups; i++)
	{
		int32		start = parents->starts[i];
		int			nrows = parents->starts[i + 1] - start;

		bits += split_bits(stack, parents->rows + start, nrows,
						   rows->columns[found->lhs[which]].codes,
						   rows->columns[found->rhs].codes, sizes, counts);
		if (!budget_spend(stack->budget, 4 * nrows))
			bits = NAN;
	}
	pfree(sizes);
	pfree(counts);
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
