/*-------------------------------------------------------------------------
 *
 * choose.c
 *		Which columns the planner is wrong about, and which statistics would
 *		put it right.
 *
 * A set of columns counts when the planner's estimate for it is off by the
 * threshold, and when the product of what the sample says of each column by
 * itself is off as well: otherwise the statistics of a single column are to
 * blame, and statistics on several would be of no use.  Of all such sets the
 * smallest is taken that explains the error of the whole.
 * Entry point: choose_misjudged().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "commands/vacuum.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"

#include "statistics/statistics_internal.h"

/* With fewer rows than this nothing depends on how many there are. */
#define MIN_ROWS 2

/* The largest statistics target that PostgreSQL takes. */
#define MAX_TARGET 10000

/*
 * The larger through the smaller.
 */
double
estimate_ratio(double left, double right)
{
	left = Max(left, 1e-15);
	right = Max(right, 1e-15);
	return left > right ? left / right : right / left;
}

/*
 * By which factor is the expected selectivity off, as far as the sample can
 * tell?  Of "count" rows found, between (sqrt(count) - 1)^2 and (sqrt(count) +
 * 1)^2 were to be expected in about 95 of 100 samples.
 */
static double
sure_factor(const Measure *measure, double expected, uint32 items)
{
	double		sampled = measure->joint[items];
	double		root = sqrt(sampled * measure->nrows);

	if (measure->whole || (items & measure->unknown) != 0)
		return estimate_ratio(expected, sampled);
	if (sampled > expected)
		sampled = pow(Max(root - 1, 0), 2) / measure->nrows;
	else
		sampled = pow(root + 1, 2) / measure->nrows;
	/* On the other side of what was expected: it may well be right. */
	if ((sampled > expected) != (measure->joint[items] > expected))
		return 1;
	return estimate_ratio(expected, sampled);
}

/*
 * The product over the items of what is said of each by itself.
 */
static double
product(const double *values, uint32 items)
{
	double		result = 1;

	for (int i = 0; i < MAX_ITEMS; i++)
	{
		if ((items & (1 << i)) != 0)
			result *= values[1 << i];
	}
	return result;
}

/*
 * The factor by which the planner is wrong on a set of items, 1 where its
 * columns are not the cause.
 */
static double
error_of_set(const Question *question, const Measure *measure, uint32 items)
{
	double		independent = product(measure->joint, items);

	if (question->grouping)
		return Min(estimate_ratio(question->estimate[items], measure->joint[items]),
				   estimate_ratio(Min(independent, measure->tuples),
								  measure->joint[items]));
	return Min(sure_factor(measure, question->estimate[items], items),
			   sure_factor(measure, independent, items));
}

/*
 * The factor that is left unexplained on all items once a set is right.
 */
static double
error_left(const Question *question, const Measure *measure, uint32 items)
{
	uint32		all = (1 << question->nitems) - 1;
	double		expected = measure->joint[items] *
	product(question->estimate, all & ~items);

	if (question->grouping)
		expected = Min(expected, measure->tuples);
	return estimate_ratio(expected, measure->joint[all]);
}

/*
 * The set of items to correct, or 0: the fewest items that leave nothing
 * unexplained, else those that leave least.
 */
static uint32
choose_set(const Advisor *advisor, const Question *question,
		   const Measure *measure)
{
	uint32		best = 0;
	double		best_left = 0;
	double		best_error = 0;

	for (uint32 items = 1; items < (uint32) (1 << question->nitems); items++)
	{
		double		error;
		double		left;
		int			size = pg_popcount32(items);

		if (size < 2)
			continue;
		error = error_of_set(question, measure, items);
		if (error < advisor->min_factor)
			continue;
		left = Max(error_left(question, measure, items), NEAR_FACTOR);
		if (best != 0 && left > best_left)
			continue;
		if (best != 0 && left == best_left &&
			(size > pg_popcount32(best) ||
			 (size == pg_popcount32(best) && error <= best_error)))
			continue;
		best = items;
		best_left = left;
		best_error = error;
	}
	return best;
}

/*
 * Are all items of the set equalities?
 */
static bool
all_equalities(const Question *question, uint32 items)
{
	for (int i = 0; i < question->nitems; i++)
	{
		if ((items & (1 << i)) != 0 && !question->items[i].equality)
			return false;
	}
	return true;
}

/*
 * The smallest target with which a list of common combinations would do, or 0.
 * For values that are not known the list must hold all combinations.
 */
static int
mcv_target(const Measure *measure, uint32 items)
{
	for (int target = default_statistics_target;; target *= 10)
	{
		bool		enough;

		target = Min(target, MAX_TARGET);
		CHECK_FOR_INTERRUPTS();
		if ((items & measure->unknown) != 0)
			enough = measure_distinct(measure, items, 0) <= target;
		else
			enough = estimate_ratio(predict_mcv(measure, items, target),
									measure->joint[items]) <= NEAR_FACTOR;
		if (enough)
			return target;
		if (target == MAX_TARGET)
			return 0;
	}
}

/*
 * Choose the kind of statistics for a set; false when none would help.
 */
static bool
choose_kind(const Question *question, const Measure *measure,
			Misjudged *misjudged)
{
	int			target;

	if (question->grouping)
	{
		misjudged->kinds = KIND_NDISTINCT;
		return true;
	}
	if (all_equalities(question, misjudged->items) &&
		estimate_ratio(predict_dependencies(measure, misjudged->items),
					   misjudged->sampled) <= NEAR_FACTOR)
	{
		misjudged->kinds = KIND_DEPENDENCIES;
		return true;
	}
	target = mcv_target(measure, misjudged->items);
	misjudged->kinds = KIND_MCV;
	misjudged->target = target > default_statistics_target ? target : 0;
	return target > 0;
}

/*
 * Write down what is wrong about a set.
 */
static Misjudged *
misjudged_make(const Question *question, const Measure *measure, uint32 items)
{
	Misjudged  *misjudged = palloc0(sizeof(Misjudged));

	misjudged->items = items;
	misjudged->estimate = question->estimate[items];
	misjudged->sampled = measure->joint[items];
	misjudged->factor = estimate_ratio(misjudged->estimate, misjudged->sampled);
	return misjudged;
}

/*
 * Can the number of rows matter, as estimated or as it is?
 */
static bool
rows_matter(const Question *question, const Misjudged *misjudged)
{
	return question->grouping ||
		Max(misjudged->estimate, misjudged->sampled) * question->tuples >=
		MIN_ROWS;
}

/*
 * Add the expressions that the planner has no idea of: those without
 * statistics of their own.
 */
static List *
add_expressions(const Advisor *advisor, const Question *question,
				const Measure *measure, List *result)
{
	for (int i = 0; i < question->nitems; i++)
	{
		uint32		item = 1 << i;
		double		error = question->grouping ?
		estimate_ratio(question->estimate[item], measure->joint[item]) :
		sure_factor(measure, question->estimate[item], item);
		Misjudged  *misjudged;

		if (IsA(question->items[i].expr, Var) || error < advisor->min_factor)
			continue;
		misjudged = misjudged_make(question, measure, item);
		misjudged->kinds = KIND_EXPRESSION;
		if (rows_matter(question, misjudged))
			result = lappend(result, misjudged);
	}
	return result;
}

/*
 * What the planner is wrong about in a question: a list of Misjudged.
 */
List *
choose_misjudged(const Advisor *advisor, const Question *question,
				 const Measure *measure)
{
	List	   *result = add_expressions(advisor, question, measure, NIL);
	uint32		items = choose_set(advisor, question, measure);
	Misjudged  *misjudged;

	if (items == 0)
		return result;
	misjudged = misjudged_make(question, measure, items);
	if (rows_matter(question, misjudged) &&
		choose_kind(question, measure, misjudged))
		result = lappend(result, misjudged);
	return result;
}

/*
 * Is the planner wrong about a column by itself, for the values that the
 * statement has?
 */
bool
choose_column(const Advisor *advisor, const Question *question,
			  const Measure *measure, int item, Misjudged *misjudged)
{
	uint32		bit = 1 << item;

	if (question->grouping || question->items[item].unknown ||
		!IsA(question->items[item].expr, Var) ||
		sure_factor(measure, question->estimate[bit], bit) <
		advisor->min_factor)
		return false;
	*misjudged = *misjudged_make(question, measure, bit);
	misjudged->kinds = KIND_TARGET;
	return rows_matter(question, misjudged);
}
