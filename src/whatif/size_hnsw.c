/*-------------------------------------------------------------------------
 *
 * size_hnsw.c
 *		Pages and storage parameters of an HNSW index that has not been built.
 *
 * Such an index stores an element for each different vector, up to ten rows
 * with it, and behind each element the list of its neighbours, whose length
 * follows from m and from the number of layers that the element is in.  Elements
 * are put on pages in turn; here some thousand of them are, and the pages of all
 * follow.
 * Entry points: hnsw_estimate(), hnsw_choose_options().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "storage/bufpage.h"
#include "storage/itemptr.h"
#include "utils/rel.h"

#include "whatif/whatif_internal.h"

/* Layout of pgvector 0.5 to 0.8: bytes of an element in front of its vector, of a
 * neighbour list in front of its entries, and at the end of each page. */
#define ELEMENT_HEADER 72
#define NEIGHBOUR_HEADER 4
#define PAGE_SPECIAL 8

/* Rows with equal vectors that one element holds. */
#define ROWS_PER_ELEMENT 10

/* Elements put on pages; the rest behave the same. */
#define SIMULATED_ELEMENTS 4096

/* pgvector's default of m, and what is chosen for tables of more rows than
 * LARGE_TABLE, where a search would miss more: twice its default of
 * ef_construction. */
#define DEFAULT_M 16
#define LARGE_TABLE 1e6
#define LARGE_M "24"
#define LARGE_EF_CONSTRUCTION "128"

/* The golden ratio's fraction spreads layers evenly over elements. */
#define GOLDEN_FRACTION 0.6180339887498949

/* A page being filled. */
typedef struct FillingPage
{
	double		pages;			/* begun */
	Size		space;			/* left on the last one, line pointers apart */
} FillingPage;

/*
 * Begin a page.
 */
static void
next_page(FillingPage *page)
{
	page->pages++;
	page->space = BLCKSZ - SizeOfPageHeaderData - MAXALIGN(PAGE_SPECIAL);
}

/*
 * Does an item fit on the page, beside its line pointer?
 */
static bool
fits(const FillingPage *page, Size item)
{
	return page->space >= item + sizeof(ItemIdData);
}

/*
 * Put an item on the page.
 */
static void
put(FillingPage *page, Size item)
{
	page->space -= Min(page->space, item + sizeof(ItemIdData));
}

/*
 * Put an element and its neighbours on pages: on the same one where both fit on
 * any.
 */
static void
put_element(FillingPage *page, Size element, Size neighbours)
{
	Size		together = element + neighbours + sizeof(ItemIdData);
	Size		largest = BLCKSZ - SizeOfPageHeaderData - MAXALIGN(PAGE_SPECIAL);

	if (!fits(page, element) ||
		(together <= largest && !fits(page, together)))
		next_page(page);
	put(page, element);
	if (!fits(page, neighbours))
		next_page(page);
	put(page, neighbours);
}

/*
 * Return the highest layer of an element: each further one has one in m of
 * those of the layer below it.
 */
static int
layer_of(int number, int m)
{
	double		chance = fmod((number + 0.5) * GOLDEN_FRACTION, 1.0);

	return (int) floor(-log(chance) / log(m));
}

/*
 * Predict the pages of an HNSW index.
 */
void
hnsw_estimate(HypoIndex *index, Relation rel, double table_pages)
{
	VectorSample sample = vector_sample_make(index, rel);
	double		copies = sample.distinct > 0 ? sample.rows / sample.distinct : 1;
	double		elements = sample.distinct * ceil(copies / ROWS_PER_ELEMENT);
	int			simulated = (int) Min(ceil(elements), SIMULATED_ELEMENTS);
	int			m = hypo_index_option(index, "m", DEFAULT_M);
	Size		element = MAXALIGN(ELEMENT_HEADER + (Size) sample.value_bytes);
	FillingPage page = {0};

	(void) table_pages;
	next_page(&page);
	for (int i = 0; i < simulated; i++)
	{
		CHECK_FOR_INTERRUPTS();
		put_element(&page, element,
					MAXALIGN(NEIGHBOUR_HEADER +
							 (layer_of(i, m) + 2) * m * sizeof(ItemPointerData)));
	}
	/* metapage */
	index->pages = 1 + ceil(page.pages * Max(elements / Max(simulated, 1), 1));
}

/*
 * Choose m and ef_construction; pgvector's defaults do for most tables.
 */
void
hnsw_choose_options(HypoIndex *index, double rows)
{
	if (rows <= LARGE_TABLE)
		return;
	hypo_index_set_option(index, "m", LARGE_M);
	hypo_index_set_option(index, "ef_construction", LARGE_EF_CONSTRUCTION);
}
