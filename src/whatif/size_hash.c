/*-------------------------------------------------------------------------
 *
 * size_hash.c
 *		Pages of a hash index that has not been built.
 *
 * The number of buckets follows _hash_init(); rows with equal keys share a
 * bucket, so that repetitive columns need overflow pages.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/hash.h"
#include "common/pg_prng.h"
#include "utils/rel.h"

#include "whatif/whatif_internal.h"

/* An index tuple with its line pointer: the hash value is all it holds. */
#define HASH_ITEM_SIZE \
	(MAXALIGN(sizeof(IndexTupleData)) + MAXALIGN(sizeof(uint32)) + \
	 sizeof(ItemIdData))

/* Rows on one page. */
#define HASH_PAGE_ITEMS \
	((int) ((BLCKSZ - SizeOfPageHeaderData - \
			 MAXALIGN(sizeof(HashPageOpaqueData))) / HASH_ITEM_SIZE))

/* Buckets simulated; the rest behave the same. */
#define SIMULATED_BUCKETS 1024

/* A key with as many rows is thrown as a whole, others are dust. */
#define LUMP_ROWS 8

/*
 * Return the number of buckets of a new index; see _hash_init().
 */
static double
initial_buckets(double tuples, int fillfactor)
{
	int			per_bucket = Max(BLCKSZ * fillfactor / 100 /
								 (int) HASH_ITEM_SIZE, 10);
	double		buckets = tuples / per_bucket;

	if (buckets <= 2.0)
		return 2;
	if (buckets >= (double) 0x40000000)
		return 0x40000000;
	return _hash_get_totalbuckets(_hash_spareindex((uint32) buckets));
}

/*
 * Return the overflow pages of a bucket with as many rows.
 */
static double
overflow_pages(double rows)
{
	return rows <= HASH_PAGE_ITEMS ? 0 : ceil(rows / HASH_PAGE_ITEMS) - 1;
}

/*
 * Throw the keys that occur often into the simulated buckets.  Returns the
 * rows that are left, and adds the overflow pages of keys so frequent that
 * there is less than one of them per simulated part to *overflow.
 */
static double
throw_lumps(const HypoIndex *index, const KeySample *samples, double *loads,
			int simulated, double part, double *overflow)
{
	pg_prng_state random;
	double		dust = 0;
	double		due = 0;

	pg_prng_seed(&random, 1);
	for (int i = 0; i < KEY_SAMPLES; i++)
	{
		double		rows = index->tuples / KEY_SAMPLES;
		double		mean = samples[i].mean;

		if (mean < LUMP_ROWS)
			dust += rows;
		else if (mean * KEY_SAMPLES > index->tuples)
			*overflow += overflow_pages(mean) * rows / mean;
		else
			for (due += rows / mean * part; due >= 1.0; due -= 1.0)
				loads[pg_prng_uint64_range(&random, 0, simulated - 1)] += mean;
	}
	return dust;
}

/*
 * Predict the overflow pages of an index with as many buckets.
 */
static double
all_overflow_pages(const HypoIndex *index, const KeySample *samples,
				   double buckets)
{
	int			simulated = (int) Min(buckets, SIMULATED_BUCKETS);
	double	   *loads = palloc0(simulated * sizeof(double));
	double		frequent = 0;
	double		sum = 0;
	double		dust;

	dust = throw_lumps(index, samples, loads, simulated, simulated / buckets,
					   &frequent) / buckets;
	for (int i = 0; i < simulated; i++)
	{
		/* spread like a Poisson distribution of that mean */
		double		chance = fmod(i * 0.6180339887498949, 1.0);

		sum += overflow_pages(loads[i] + dust +
							  sqrt(3 * dust) * (2 * chance - 1));
	}
	pfree(loads);
	return frequent + sum * buckets / simulated;
}

/*
 * Predict the pages of a hash index.  NULLs are not in it.
 */
void
hash_estimate(HypoIndex *index, Relation rel)
{
	KeySample	samples[KEY_SAMPLES];
	double		buckets = initial_buckets(index->table_tuples,
										  index->fillfactor);

	/* metapage, first bitmap page, buckets */
	index->pages = 2 + buckets;
	if (index->tuples < 1)
		return;
	key_samples_make(index, rel, 1, samples);
	index->pages += ceil(all_overflow_pages(index, samples, buckets));
}
