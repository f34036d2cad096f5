/*-------------------------------------------------------------------------
 *
 * size_ivfflat.c
 *		Pages and storage parameters of an IVFFlat index that has not been built.
 *
 * Such an index is a set of lists, each of which begins a page of its own, and
 * the table of their centers.
 * Entry points: ivfflat_estimate(), ivfflat_choose_options().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/itup.h"
#include "access/tupmacs.h"
#include "storage/bufpage.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "compat.h"
#include "whatif/whatif_internal.h"

/* Layout of pgvector 0.4 to 0.8: bytes of a list in front of its center, and at
 * the end of each page; default and bounds of lists. */
#define LIST_HEADER 8
#define PAGE_SPECIAL 8
#define DEFAULT_LISTS 100
#define MAX_LISTS 32768

/* As pgvector's documentation advises: a list for so many rows up to a million
 * rows, and the square root beyond. */
#define ROWS_PER_LIST 1000.0
#define SQUARE_ROOT_FROM 1e6

/* Space on a page for items with their line pointers. */
#define PAGE_SPACE (BLCKSZ - SizeOfPageHeaderData - MAXALIGN(PAGE_SPECIAL))

/*
 * Return how many items of this size fit on a page.
 */
static double
items_per_page(Size item)
{
	return Max(floor((double) PAGE_SPACE / (item + sizeof(ItemIdData))), 1);
}

/*
 * Return the bytes of an index tuple with a value that has as many bytes with
 * its full header.
 */
static Size
entry_size(Oid type, double value_bytes)
{
	Size		payload = (Size) value_bytes - VARHDRSZ;

	if (get_typstorage(type) != TYPSTORAGE_PLAIN &&
		payload + VARHDRSZ_SHORT <= VARATT_SHORT_MAX)
		return MAXALIGN(sizeof(IndexTupleData) + payload + VARHDRSZ_SHORT);
	return MAXALIGN(sizeof(IndexTupleData) + payload + VARHDRSZ);
}

/*
 * Return the pages of an average list of as many pages' worth of entries.
 * Lists differ in length about as much as they are long, and the last page of
 * each is its own.
 */
static double
pages_per_list(double worth)
{
	return worth <= 0 ? 1 : 1 / (1 - exp(-1 / worth));
}

/*
 * Predict the pages of an IVFFlat index.
 */
void
ivfflat_estimate(HypoIndex *index, Relation rel, double table_pages)
{
	VectorSample sample = vector_sample_make(index, rel);
	double		lists = hypo_index_option(index, "lists", DEFAULT_LISTS);
	double		per_page = items_per_page(entry_size(hypo_index_column_type(index, rel, 0),
													 sample.value_bytes));
	Size		center = MAXALIGN(LIST_HEADER + (Size) sample.value_bytes);

	(void) table_pages;
	/* metapage, centers, lists */
	index->pages = 1 + ceil(lists / items_per_page(center)) +
		ceil(lists * pages_per_list(sample.rows / lists / per_page));
}

/*
 * Return the number of lists for a table of as many rows.
 */
double
ivfflat_lists_for(double rows)
{
	double		lists = rows <= SQUARE_ROOT_FROM ? rows / ROWS_PER_LIST :
	sqrt(rows);

	return Min(Max(ceil(lists), 1), MAX_LISTS);
}

/*
 * Choose the number of lists by the number of rows.
 */
void
ivfflat_choose_options(HypoIndex *index, double rows)
{
	hypo_index_set_option(index, "lists",
						  psprintf("%.0f", ivfflat_lists_for(rows)));
}
