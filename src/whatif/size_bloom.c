/*-------------------------------------------------------------------------
 *
 * size_bloom.c
 *		Pages of a bloom index that has not been built.
 *
 * Every row, NULLs included, has a signature of the same length, so that the
 * size follows from the number of rows alone.  Entry point: bloom_estimate().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "storage/bufpage.h"
#include "storage/itemptr.h"
#include "utils/rel.h"

#include "whatif/whatif_internal.h"

/* bloom.h: default length of a signature in bits, bits of a word of it, bytes at
 * the end of a page; tuples have no line pointers. */
#define DEFAULT_LENGTH 80
#define WORD_BITS 16
#define PAGE_SPECIAL 8

/*
 * Predict the pages of a bloom index: metapage and signatures.
 */
void
bloom_estimate(HypoIndex *index, Relation rel, double table_pages)
{
	int			bits = hypo_index_option(index, "length", DEFAULT_LENGTH);
	int			words = (bits + WORD_BITS - 1) / WORD_BITS;
	Size		tuple = sizeof(ItemPointerData) + words * sizeof(uint16);
	Size		space = BLCKSZ - MAXALIGN(SizeOfPageHeaderData) -
	MAXALIGN(PAGE_SPECIAL);

	(void) rel;
	(void) table_pages;
	index->pages = 1 + ceil(index->tuples / floor((double) space / tuple));
}
