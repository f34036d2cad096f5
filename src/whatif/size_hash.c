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
#include "port/pg_bitutils.h"
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

/* Hash slots simulated; the rest behave the same.  A power of two. */
#define SIMULATED_SLOTS 1024

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
 * Throw the keys that occur often into the simulated slots, which are "part" of
 * all.  Returns the rows that are left, and adds the overflow pages of keys so
 * frequent that there is less than one of them in the part to *overflow.
 */
static double
throw_lumps(const HypoIndex *index, const KeySample *samples, double *loads,
			int slots, double part, double *overflow)
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
				loads[pg_prng_uint64_range(&random, 0, slots - 1)] += mean;
	}
	return dust;
}

/*
 * Return the load of a simulated bucket: its own slot, and the slot that waits
 * for a bucket of its own, since the number of buckets is no power of two.
 */
static double
bucket_load(const double *loads, int slots, int buckets, double dust,
			int bucket)
{
	int			partner = bucket + slots / 2;
	bool		doubled = bucket < slots / 2 && partner >= buckets;
	double		mean = doubled ? 2 * dust : dust;
	double		chance = fmod(bucket * 0.6180339887498949, 1.0);

	/* spread like a Poisson distribution of that mean */
	return loads[bucket] + (doubled ? loads[partner] : 0) + mean +
		sqrt(3 * mean) * (2 * chance - 1);
}

/*
 * Predict the overflow pages of an index with as many buckets.
 */
static double
all_overflow_pages(const HypoIndex *index, const KeySample *samples,
				   double buckets)
{
	double		slots = pg_nextpower2_32((uint32) buckets);
	int			simulated = (int) Min(slots, SIMULATED_SLOTS);
	int			part_buckets = (int) (buckets * simulated / slots);
	double	   *loads = palloc0(simulated * sizeof(double));
	double		frequent = 0;
	double		sum = 0;
	double		dust = throw_lumps(index, samples, loads, simulated,
								   simulated / slots, &frequent) / slots;

	for (int i = 0; i < part_buckets; i++)
		sum += overflow_pages(bucket_load(loads, simulated, part_buckets,
										  dust, i));
	pfree(loads);
	return frequent + sum * slots / simulated;
}

/*
 * Predict the pages of a hash index.  NULLs are not in it.
 */
void
hash_estimate(HypoIndex *index, Relation rel, double table_pages)
{
	KeySample	samples[KEY_SAMPLES];
	KeyColumns	columns;
	double		buckets = initial_buckets(index->table_tuples,
										  index->fillfactor);

	(void) table_pages;
	/* metapage, first bitmap page, buckets */
	index->pages = 2 + buckets;
	if (index->tuples < 1)
		return;
	key_columns_make(&columns, index, rel, 1);
	key_samples_make(index, rel, &columns, 1, samples);
	key_columns_free(&columns);
	index->pages += ceil(all_overflow_pages(index, samples, buckets));
}
