/*-------------------------------------------------------------------------
 *
 * size_brin.c
 *		Pages of a BRIN index that has not been built.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/brin_internal.h"
#include "access/brin_page.h"
#include "access/brin_tuple.h"
#include "access/htup_details.h"
#include "access/tupmacs.h"
#include "fmgr.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/typcache.h"

#include "whatif/whatif_internal.h"

/*
 * Return the number of values of the column's type that its operator class
 * stores per range: two for minimum and maximum.
 */
static int
stored_values(const HypoIndex *index, int column)
{
	Oid			type = index->opcintypes[column];
	Oid			proc = get_opfamily_proc(index->opfamilies[column], type, type,
										 BRIN_PROCNUM_OPCINFO);
	BrinOpcInfo *info;

	if (!OidIsValid(proc))
		return 2;
	info = (BrinOpcInfo *) DatumGetPointer(OidFunctionCall1(proc,
															ObjectIdGetDatum(type)));
	return info->oi_nstored;
}

/*
 * Return the size of the summary of one range.
 */
static double
summary_size(const HypoIndex *index, Relation rel)
{
	ColumnSamples *samples = palloc(sizeof(ColumnSamples));
	double		data = 0;
	bool		nulls = false;

	for (int column = 0; column < index->nkeycolumns; column++)
	{
		int			values = stored_values(index, column);
		double		width = 0;

		column_samples_make(index, rel, column, samples);
		for (int i = 0; i < KEY_SAMPLES; i++)
		{
			nulls |= samples->rows[i].isnull;
			width += samples->rows[i].width;
		}
		width /= KEY_SAMPLES;
		for (int i = 0; i < values; i++)
			data = att_align_nominal((Size) ceil(data), samples->alignment) + width;
	}
	pfree(samples);
	return MAXALIGN(SizeOfBrinTuple +
					(nulls ? BITMAPLEN(index->nkeycolumns * 2) : 0)) +
		MAXALIGN((Size) ceil(data));
}

/*
 * Predict the pages of a BRIN index on a table of as many pages: metapage, map
 * of ranges, summaries.
 */
void
brin_estimate(HypoIndex *index, Relation rel, double table_pages)
{
	double		ranges = Max(ceil(table_pages / index->pages_per_range), 1.0);
	double		item = summary_size(index, rel) + sizeof(ItemIdData);
	double		space = BLCKSZ - SizeOfPageHeaderData -
	MAXALIGN(sizeof(BrinSpecialSpace));

	index->pages = 1 + ceil(ranges / REVMAP_PAGE_MAXITEMS) +
		ceil(ranges / floor(space / item));
}
