/*-------------------------------------------------------------------------
 *
 * key_sample.c
 *		Simulated rows of an index: how wide the index tuple is and how many
 *		other rows have the same key.
 *
 * Columns are combined as if they were independent, in a fixed order that
 * pairs every part of one column's distribution with every part of the
 * others'.  Extended statistics on the number of distinct combinations correct
 * for columns that are not independent, and where an existing index says that
 * some of the columns are unique, no key occurs twice.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/itup.h"
#include "access/tupmacs.h"
#include "catalog/pg_statistic_ext.h"
#include "statistics/statistics.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/syscache.h"

#include "whatif/whatif_internal.h"

/* Steps of Newton's method, which needs about five. */
#define NEWTON_STEPS 12

/*
 * Odd multipliers permute the samples of a column: KEY_SAMPLES is a power of
 * two.  One per column, spread by the golden ratio.
 */
#define SAMPLE_OF(row, column) \
	(((row) * (2 * ((column) * 158) + 1) + (column) * 61) % KEY_SAMPLES)

/*
 * Return the share of possible values that occurs when each occurs "mean" times
 * on average, divided by the mean: distinct values per row.
 */
double
poisson_seen_share(double mean)
{
	return mean < 1e-6 ? 1.0 : (1.0 - exp(-mean)) / mean;
}

/*
 * Return the mean number of rows per possible value, given the mean number per
 * value that occurs: the inverse of 1 / poisson_seen_share().
 */
double
poisson_mean_of_seen(double mean_seen)
{
	double		mean = Min(mean_seen, 2 * (mean_seen - 1));

	if (mean_seen <= 1.0)
		return 0;
	if (mean_seen > 30)
		return mean_seen;
	/* from above, where Newton's method cannot overshoot */
	for (int i = 0; i < NEWTON_STEPS; i++)
	{
		double		zero = exp(-mean);
		double		step = (mean - mean_seen * (1 - zero)) /
		(1 - mean_seen * zero);

		mean -= step;
		if (step < 1e-6 * mean)
			break;
	}
	return Max(mean, 0);
}

/*
 * Return the number of distinct keys among "tuples" rows.
 */
double
key_samples_distinct(const KeySample *samples, double tuples)
{
	double		sum = 0;
	double		share = 0;

	for (int i = 0; i < KEY_SAMPLES; i++)
	{
		/* most often all rare values occur equally often */
		if (i == 0 || samples[i].mean != samples[i - 1].mean)
			share = poisson_seen_share(samples[i].mean);
		sum += share;
	}
	return sum / KEY_SAMPLES * tuples;
}

/*
 * Return the number of distinct rows when the given shares of some of the
 * columns are all multiplied by "factor", and in *slope the change of its
 * logarithm with that of the factor.
 */
static double
distinct_with_factor(const double *shares, double tuples, double factor,
					 double *slope)
{
	double		sum = 0;
	double		change = 0;
	double		seen = 0;
	double		mean = 0;

	for (int i = 0; i < KEY_SAMPLES; i++)
	{
		if (i == 0 || shares[i] != shares[i - 1])
		{
			mean = Min(shares[i] * factor, 1.0) * tuples;
			seen = poisson_seen_share(mean);
		}
		sum += seen;
		/* the share of values not seen is exp(-mean) */
		change += 1.0 - mean * seen - seen;
	}
	*slope = change / sum;
	return sum / KEY_SAMPLES * tuples;
}

/*
 * Return the factor that would be right if all shares were equal.
 */
static double
first_factor(const double *shares, double tuples, double distinct)
{
	double		smallest = 1e-6 / tuples;
	double		values = 0;

	/* the share of a value that occurs in one row only is given as 0 */
	for (int i = 0; i < KEY_SAMPLES; i++)
		values += 1.0 / Max(shares[i], smallest);
	return Max(poisson_mean_of_seen(tuples / distinct), 1e-6) *
		values / KEY_SAMPLES / tuples;
}

/*
 * Scale the shares of a combination of columns so that it has the number of
 * distinct values that extended statistics tell.
 */
static void
fit_distinct(double *shares, double tuples, double distinct)
{
	double		factor = first_factor(shares, tuples, distinct);

	for (int i = 0; i < NEWTON_STEPS; i++)
	{
		double		slope;
		double		off = log(distinct_with_factor(shares, tuples, factor,
												   &slope) / distinct);

		if (fabs(off) < 1e-4)
			break;
		/* a distinct value per row, or one in all: the slope vanishes */
		slope = Min(slope, -1e-3);
		factor *= exp(Max(Min(-off / slope, 30), -30));
	}
	for (int i = 0; i < KEY_SAMPLES; i++)
		shares[i] = Min(shares[i] * factor, 1.0);
}

/*
 * Multiply the shares of a column into those of a combination.
 */
static void
multiply_shares(double *shares, const ColumnSamples *samples, int column)
{
	for (int i = 0; i < KEY_SAMPLES; i++)
		shares[i] *= samples->rows[SAMPLE_OF(i, column)].share;
}

/*
 * Find the column of the index with this attribute number, or -1.
 */
static int
key_column_of(const HypoIndex *index, int ncolumns, AttrNumber attnum)
{
	for (int i = 0; i < ncolumns; i++)
		if (index->attnums[i] == attnum)
			return i;
	return -1;
}

/*
 * Return the columns of the index that the item covers, NULL when it has one
 * that is not in the index.
 */
static Bitmapset *
columns_covered(const HypoIndex *index, int ncolumns,
				const MVNDistinctItem *item)
{
	Bitmapset  *columns = NULL;

	for (int i = 0; i < item->nattributes; i++)
	{
		int			column = key_column_of(index, ncolumns, item->attributes[i]);

		if (column < 0)
			return NULL;
		columns = bms_add_member(columns, column);
	}
	return columns;
}

/*
 * Look in one statistics object for the item that covers most columns of the
 * index, and more than *covered.
 */
static void
search_statistics(const HypoIndex *index, int ncolumns, Oid oid,
				  Bitmapset **covered, double *distinct)
{
	HeapTuple	data = SearchSysCache2(STATEXTDATASTXOID, ObjectIdGetDatum(oid),
									   BoolGetDatum(false));
	bool		built = HeapTupleIsValid(data) &&
	statext_is_kind_built(data, STATS_EXT_NDISTINCT);
	MVNDistinct *items;

	if (HeapTupleIsValid(data))
		ReleaseSysCache(data);
	if (!built)
		return;
	items = statext_ndistinct_load(oid, false);
	for (uint32 i = 0; i < items->nitems; i++)
	{
		Bitmapset  *columns = columns_covered(index, ncolumns, &items->items[i]);

		if (bms_num_members(columns) > bms_num_members(*covered))
		{
			*covered = columns;
			*distinct = items->items[i].ndistinct;
		}
	}
}

/*
 * Find extended statistics on the number of distinct values; returns the set of
 * columns that they cover, or NULL.
 */
static Bitmapset *
extended_distinct(const HypoIndex *index, Relation rel, int ncolumns,
				  double *distinct)
{
	Bitmapset  *covered = NULL;
	ListCell   *cell;

	foreach(cell, RelationGetStatExtList(rel))
		search_statistics(index, ncolumns, lfirst_oid(cell), &covered,
						  distinct);
	return covered;
}

/*
 * Set how often keys occur that an existing index proves to be different, where
 * none of the first "nkeys" columns is NULL: never again.
 */
static void
set_proven_means(const HypoIndex *index, Relation rel, int nkeys,
				 const KeyColumns *columns, KeySample *samples)
{
	HypoIndex	prefix = *index;

	prefix.nkeycolumns = nkeys;
	prefix.nulls_not_distinct = false;
	if (!hypo_index_unique_is_proven(&prefix, rel))
		return;
	for (int i = 0; i < KEY_SAMPLES; i++)
	{
		bool		has_null = false;

		for (int k = 0; k < nkeys; k++)
			has_null |= columns->columns[k]->rows[SAMPLE_OF(i, k)].isnull;
		if (!has_null)
			samples[i].mean = 0;
	}
}

/*
 * Set how often the keys occur, from the columns' samples.
 */
static void
set_means(const HypoIndex *index, Relation rel, int nkeys,
		  const KeyColumns *columns, KeySample *samples)
{
	double		distinct = 0;
	Bitmapset  *covered = nkeys < 2 ? NULL :
	extended_distinct(index, rel, nkeys, &distinct);
	double		shares[KEY_SAMPLES];

	for (int i = 0; i < KEY_SAMPLES; i++)
		shares[i] = 1.0;
	for (int i = 0; i < nkeys; i++)
		if (bms_is_member(i, covered))
			multiply_shares(shares, columns->columns[i], i);
	if (covered != NULL)
		fit_distinct(shares, index->table_tuples, distinct);
	for (int i = 0; i < nkeys; i++)
		if (!bms_is_member(i, covered))
			multiply_shares(shares, columns->columns[i], i);
	for (int i = 0; i < KEY_SAMPLES; i++)
		samples[i].mean = shares[i] * index->tuples;
	set_proven_means(index, rel, nkeys, columns, samples);
}

/*
 * Return the size of the index tuple of simulated row "row".
 */
static int
tuple_size(const KeyColumns *columns, int ncolumns, int row)
{
	Size		header = sizeof(IndexTupleData);
	Size		data = 0;

	for (int i = 0; i < ncolumns; i++)
	{
		const ColumnSamples *column = columns->columns[i];
		const ColumnSample *sample = &column->rows[SAMPLE_OF(row, i)];

		if (sample->isnull)
		{
			header = MAXALIGN(sizeof(IndexTupleData) +
							  sizeof(IndexAttributeBitMapData));
			continue;
		}
		if (sample->aligned)
			data = att_align_nominal(data, column->alignment);
		data += sample->width;
	}
	return MAXALIGN(header + data);
}

/*
 * Set the sizes of the index tuples.
 */
static void
set_sizes(const KeyColumns *columns, int ncolumns, KeySample *samples)
{
	bool		uniform = true;

	for (int i = 0; i < ncolumns; i++)
		uniform &= columns->columns[i]->uniform;
	for (int i = 0; i < KEY_SAMPLES; i++)
		samples[i].tuple_size = uniform && i > 0 ? samples[0].tuple_size :
			tuple_size(columns, ncolumns, i);
}

/*
 * Simulate the values of the first "ncolumns" columns of the index.
 */
void
key_columns_make(KeyColumns *columns, const HypoIndex *index, Relation rel,
				 int ncolumns)
{
	columns->ncolumns = ncolumns;
	for (int i = 0; i < ncolumns; i++)
	{
		columns->columns[i] = palloc(sizeof(ColumnSamples));
		column_samples_make(index, rel, i, columns->columns[i]);
	}
}

/*
 * Let go of the simulated values.
 */
void
key_columns_free(KeyColumns *columns)
{
	for (int i = 0; i < columns->ncolumns; i++)
		pfree(columns->columns[i]);
}

/*
 * Simulate KEY_SAMPLES rows of an index that has the first "ncolumns" of the
 * columns.
 */
void
key_samples_make(const HypoIndex *index, Relation rel,
				 const KeyColumns *columns, int ncolumns, KeySample *samples)
{
	set_sizes(columns, ncolumns, samples);
	set_means(index, rel, Min(ncolumns, index->nkeycolumns), columns, samples);
}
