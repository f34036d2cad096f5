/*-------------------------------------------------------------------------
 *
 * size_btree.c
 *		Pages and height of a B-tree that has not been built.
 *
 * Entry point: btree_estimate().  Keys that stand for the whole index come from
 * key_sample.c, the pages that they fill from btree_fill.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/nbtree.h"
#include "fmgr.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "whatif/whatif_internal.h"

/*
 * Would equal keys be merged into posting lists?  All classes must say that
 * equal values are the same bytes; see _bt_allequalimage() and _bt_load().
 */
static bool
is_deduplicated(const HypoIndex *index)
{
	if (!index->deduplicate || index->unique ||
		index->ncolumns != index->nkeycolumns)
		return false;
	for (int i = 0; i < index->nkeycolumns; i++)
	{
		Oid			type = index->opcintypes[i];
		Oid			proc = get_opfamily_proc(index->opfamilies[i], type, type,
											 BTEQUALIMAGE_PROC);

		if (!OidIsValid(proc) ||
			!DatumGetBool(OidFunctionCall1Coll(proc, index->collations[i],
											   ObjectIdGetDatum(type))))
			return false;
	}
	return true;
}

/*
 * Return the average size of a key that separates two of "leaves" leaf pages:
 * only as many columns as are needed to tell neighbours apart are kept.
 * "samples" are those of all columns.
 */
static int
pivot_size(const HypoIndex *index, Relation rel, const KeyColumns *columns,
		   const KeySample *samples, double leaves)
{
	KeySample	shorter[KEY_SAMPLES];
	const KeySample *kept = samples;
	bool		apart = false;
	double		sum = 0;

	for (int n = 1; n <= index->nkeycolumns && !apart; n++)
	{
		kept = n < index->ncolumns ? shorter : samples;
		if (kept == shorter)
			key_samples_make(index, rel, columns, n, shorter);
		apart = key_samples_distinct(kept, index->tuples) > 2 * leaves;
	}
	for (int i = 0; i < KEY_SAMPLES; i++)
		sum += kept[i].tuple_size;
	/* a heap TID is added where keys alone do not do */
	return MAXALIGN((int) (sum / KEY_SAMPLES)) +
		(apart ? 0 : MAXALIGN(sizeof(ItemPointerData)));
}

/*
 * Predict pages and height of a B-tree.
 */
void
btree_estimate(HypoIndex *index, Relation rel, double table_pages)
{
	KeySample	samples[KEY_SAMPLES];
	KeyColumns	columns;
	double		pages;
	int			size;

	(void) table_pages;
	index->tree_height = 0;
	index->pages = 1;			/* the metapage */
	if (index->tuples < 1)
		return;
	key_columns_make(&columns, index, rel, index->ncolumns);
	key_samples_make(index, rel, &columns, index->ncolumns, samples);
	pages = btree_leaf_pages(index, samples, is_deduplicated(index));
	index->pages += pages;
	size = pages > 1 ? pivot_size(index, rel, &columns, samples, pages) : 0;
	key_columns_free(&columns);
	while (pages > 1)
	{
		pages = btree_upper_pages(pages, size);
		index->pages += pages;
		index->tree_height++;
	}
}
