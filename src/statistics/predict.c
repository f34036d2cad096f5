/*-------------------------------------------------------------------------
 *
 * predict.c
 *		What extended statistics of a kind would make the planner believe,
 *		reckoned from a sample as ANALYZE and the planner would.
 *
 * Entry points: predict_dependencies(), predict_mcv().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"

#include "statistics/statistics_internal.h"

/* Two codes of one row. */
typedef struct CodePair
{
	uint64		left;
	uint64		right;
} CodePair;

/* A combination of values. */
typedef struct Combination
{
	uint64		code;
	double		count;			/* rows */
	double		base;			/* share of rows if columns were independent */
	bool		holds;			/* the clauses select it */
} Combination;

/*
 * Order of pairs.
 */
static int
compare_pairs(const void *a, const void *b)
{
	const CodePair *left = a;
	const CodePair *right = b;

	if (left->left != right->left)
		return left->left > right->left ? 1 : -1;
	return (left->right > right->right) - (left->right < right->right);
}

/*
 * Degree to which item "from" determines item "to": the share of rows whose
 * value of "from" occurs with one value of "to" only.
 */
static double
dependency_degree(const Measure *measure, int from, int to)
{
	CodePair   *pairs = palloc(measure->nrows * sizeof(CodePair));
	double		supporting = 0;
	int			start = 0;

	for (int row = 0; row < measure->nrows; row++)
	{
		pairs[row].left = measure->codes[from][row];
		pairs[row].right = measure->codes[to][row];
	}
	qsort(pairs, measure->nrows, sizeof(CodePair), compare_pairs);
	for (int row = 1; row <= measure->nrows; row++)
	{
		if (row < measure->nrows && pairs[row].left == pairs[start].left)
			continue;
		/* sorted: a group is of one value when its ends are */
		if (pairs[start].right == pairs[row - 1].right)
			supporting += row - start;
		start = row;
	}
	pfree(pairs);
	return supporting / measure->nrows;
}

/*
 * The item of a set with the lowest selectivity.
 */
static int
most_selective(const Measure *measure, uint32 items)
{
	int			best = -1;

	for (int i = 0; i < measure->nitems; i++)
	{
		if ((items & (1 << i)) != 0 &&
			(best < 0 || measure->joint[1 << i] < measure->joint[1 << best]))
			best = i;
	}
	return best;
}

/*
 * Selectivity that functional dependencies would give a set of equalities: each
 * item adds to the more selective ones only as far as none of them determines
 * it.
 */
double
predict_dependencies(const Measure *measure, uint32 items)
{
	uint32		taken = 0;
	double		selectivity = 1;

	while (items != 0)
	{
		int			item = most_selective(measure, items);
		double		mine = measure->joint[1 << item];
		double		degree = 0;

		CHECK_FOR_INTERRUPTS();
		for (int i = 0; i < measure->nitems; i++)
		{
			if ((taken & (1 << i)) != 0)
				degree = Max(degree, dependency_degree(measure, i, item));
		}
		selectivity *= degree + (1 - degree) * mine;
		taken |= 1 << item;
		items &= ~(1 << item);
	}
	return selectivity;
}

/*
 * Order of codes.
 */
static int
compare_codes(const void *a, const void *b)
{
	uint64		left = *(const uint64 *) a;
	uint64		right = *(const uint64 *) b;

	return (left > right) - (left < right);
}

/*
 * Number of entries of a sorted array that are below a code, or not above it.
 */
static int
count_below(const uint64 *codes, int count, uint64 code, bool or_equal)
{
	int			low = 0;

	while (low < count)
	{
		int			middle = low + (count - low) / 2;

		if (codes[middle] < code || (or_equal && codes[middle] == code))
			low = middle + 1;
		else
			count = middle;
	}
	return low;
}

/*
 * Multiply the base share of each row's combination by that of the row's value
 * of one item.
 */
static void
multiply_base(const Measure *measure, int item, Combination *rows)
{
	uint64	   *codes = palloc(measure->nrows * sizeof(uint64));

	memcpy(codes, measure->codes[item], measure->nrows * sizeof(uint64));
	qsort(codes, measure->nrows, sizeof(uint64), compare_codes);
	for (int row = 0; row < measure->nrows; row++)
	{
		uint64		code = measure->codes[item][row];
		double		same = count_below(codes, measure->nrows, code, true) -
		count_below(codes, measure->nrows, code, false);

		rows[row].base *= same / measure->nrows;
		rows[row].code = hash_combine64(rows[row].code, code);
	}
	pfree(codes);
}

/*
 * Order of combinations by code.
 */
static int
compare_combinations(const void *a, const void *b)
{
	return compare_codes(&((const Combination *) a)->code,
						 &((const Combination *) b)->code);
}

/*
 * Order of combinations, the most common first.
 */
static int
compare_common(const void *a, const void *b)
{
	const Combination *left = a;
	const Combination *right = b;

	if (left->count != right->count)
		return left->count < right->count ? 1 : -1;
	return compare_codes(&left->code, &right->code);
}

/*
 * All combinations of values of a set of items, the most common first.
 */
static Combination *
list_combinations(const Measure *measure, uint32 items, int *count)
{
	Combination *rows = palloc(measure->nrows * sizeof(Combination));
	int			last = 0;

	for (int row = 0; row < measure->nrows; row++)
	{
		rows[row].code = 0;
		rows[row].count = 1;
		rows[row].base = 1;
		rows[row].holds = (measure->holds[row] & items) == items;
	}
	for (int i = 0; i < measure->nitems; i++)
	{
		if ((items & (1 << i)) != 0)
			multiply_base(measure, i, rows);
	}
	qsort(rows, measure->nrows, sizeof(Combination), compare_combinations);
	for (int row = 1; row < measure->nrows; row++)
	{
		if (rows[row].code == rows[last].code)
			rows[last].count++;
		else
			rows[++last] = rows[row];
	}
	*count = last + 1;
	qsort(rows, *count, sizeof(Combination), compare_common);
	return rows;
}

/*
 * Selectivity that a list of the "target" most common combinations would give a
 * set of items: see mcv_combine_selectivities() of the planner.
 */
double
predict_mcv(const Measure *measure, uint32 items, int target)
{
	int			count;
	Combination *combinations = list_combinations(measure, items, &count);
	double		least = measure->whole ? 1 : 2;
	double		simple = 1;
	double		listed = 0;
	double		total = 0;
	double		base = 0;

	for (int i = 0; i < measure->nitems; i++)
	{
		if ((items & (1 << i)) != 0)
			simple *= measure->joint[1 << i];
	}
	for (int i = 0; i < Min(count, target) &&
		 combinations[i].count >= least; i++)
	{
		double		share = combinations[i].count / measure->nrows;

		total += share;
		listed += combinations[i].holds ? share : 0;
		base += combinations[i].holds ? combinations[i].base : 0;
	}
	pfree(combinations);
	listed += Max(Min(simple - base, 1 - total), 0);
	/* None in the sample is not none; the measure has it so too. */
	return Max(listed, 0.5 / measure->nrows);
}
