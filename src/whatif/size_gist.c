/*-------------------------------------------------------------------------
 *
 * size_gist.c
 *		Pages and height of GiST and SP-GiST indexes that have not been built.
 *
 * The width of an entry is taken from a sample, compressed by the operator class
 * itself.  How full pages become depends on what the class does with neighbours:
 * where a build inserts rows one by one, part of the sample is inserted into a
 * tree in memory; else it is a measured constant.
 * Entry points: gist_estimate(), spgist_estimate().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/gist.h"
#include "access/gist_private.h"
#include "access/itup.h"
#include "access/spgist_private.h"
#include "access/tupmacs.h"
#include "catalog/pg_am.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "whatif/gist_tree.h"
#include "whatif/spgist_tree.h"
#include "whatif/whatif_internal.h"

/*
 * Share of a page that is used, measured on indexes of 3,000 to 30,000 rows.  A
 * sorted build splits four full pages at a time; inserting, for tables too small
 * to try it, splits one.
 */
#define GIST_FILL_SORTED 0.69
#define GIST_FILL_INSERTED 0.66

/* SP-GiST fills pages with the leaves of several inner nodes; of small tables
 * that are not tried. */
#define SPGIST_FILL 0.70

/* Pages that an inner page leads to. */
#define SPGIST_FANOUT 50.0

/* Width of an entry where there is no row to measure: a box. */
#define UNKNOWN_ENTRY_BYTES 48

/* What is measured. */
typedef struct EntryWidths
{
	const HypoIndex *index;
	SupportFunction columns[INDEX_MAX_KEYS];
	int			header;			/* bytes in front of the data */
	double		bytes;			/* sum over the rows */
	GistTree   *tree;			/* they are inserted into; NULL: none */
	SpTree	   *sp_tree;
	int16		plain_length;	/* of the first column's type */
} EntryWidths;

/*
 * Return what the class stores of a value: by GiST's compress function, which
 * gets an entry, or by SP-GiST's, which gets the value.
 */
static Datum
compressed(EntryWidths *widths, int number, Datum value)
{
	SupportFunction *column = &widths->columns[number];
	GISTENTRY	entry;
	GISTENTRY  *result;

	if (!OidIsValid(column->function.fn_oid))
		return column->length == -1 ?
			PointerGetDatum(PG_DETOAST_DATUM_PACKED(value)) : value;
	if (widths->index->am == SPGIST_AM_OID)
		return FunctionCall1Coll(&column->function, column->collation, value);
	gistentryinit(entry, value, NULL, NULL, 0, true);
	result = (GISTENTRY *)
		DatumGetPointer(FunctionCall1Coll(&column->function,
										  column->collation,
										  PointerGetDatum(&entry)));
	/* it may be the value itself */
	return column->length == -1 ?
		PointerGetDatum(PG_DETOAST_DATUM_PACKED(result->key)) : result->key;
}

/*
 * Return the value of the first column as SP-GiST's functions get it: out of
 * line and compressed values as they are in memory, as spgdoinsert() has them.
 */
static Datum
plain_value(const EntryWidths *widths, Datum value)
{
	return widths->plain_length == -1 ?
		PointerGetDatum(PG_DETOAST_DATUM(value)) : value;
}

/*
 * Add the width of a row's entry; a RowVisitor.
 */
static bool
add_row(const Datum *values, const bool *nulls, void *arg)
{
	EntryWidths *widths = arg;
	const HypoIndex *index = widths->index;
	Size		data = 0;
	bool		has_nulls = false;
	Datum		first = 0;
	Size		first_end = 0;
	int			size;

	for (int i = 0; i < index->ncolumns; i++)
	{
		SupportFunction *column = &widths->columns[i];
		Datum		value;
		bool		aligned;
		int			width;

		has_nulls |= nulls[i];
		if (nulls[i])
			continue;
		value = i < index->nkeycolumns ? compressed(widths, i, values[i]) :
			column->length == -1 ?
			PointerGetDatum(PG_DETOAST_DATUM_PACKED(values[i])) : values[i];
		width = stored_width(column, value, &aligned);
		if (aligned)
			data = att_align_nominal(data, column->alignment);
		data += width;
		if (i > 0)
			continue;
		first = value;
		first_end = data;
	}
	size = MAXALIGN(MAXALIGN(widths->header +
							 (has_nulls ? sizeof(IndexAttributeBitMapData) : 0)) + data) +
		sizeof(ItemIdData);
	widths->bytes += size;
	if (widths->tree != NULL && !nulls[0])
		gist_tree_add(widths->tree, first, size);
	if (widths->sp_tree != NULL && !nulls[0])
		spgist_tree_add(widths->sp_tree, plain_value(widths, values[0]), first,
						(int) (data - first_end));
	return true;
}

/*
 * Describe an INCLUDE column, which is stored as it is.
 */
static void
find_included(SupportFunction *column, const HypoIndex *index, Relation rel,
			  int number)
{
	MemSet(column, 0, sizeof(SupportFunction));
	column->stored_type = hypo_index_column_type(index, rel, number);
	get_typlenbyvalalign(column->stored_type, &column->length, &column->byval,
						 &column->alignment);
	column->storage = get_typstorage(column->stored_type);
}

/*
 * Return the average bytes that an entry takes on a leaf page, its line pointer
 * included.  The trees may be NULL.
 */
static double
entry_bytes(const HypoIndex *index, Relation rel, int header, int compress,
			GistTree *tree, SpTree *sp_tree)
{
	EntryWidths *widths = palloc0(sizeof(EntryWidths));
	double		rows;
	double		bytes;

	widths->index = index;
	widths->header = header;
	widths->tree = tree;
	widths->sp_tree = sp_tree;
	widths->plain_length = get_typlen(hypo_index_column_type(index, rel, 0));
	for (int i = 0; i < index->ncolumns; i++)
	{
		if (i < index->nkeycolumns)
			support_function_find(&widths->columns[i], index, rel, i, compress);
		else
			find_included(&widths->columns[i], index, rel, i);
	}
	rows = hypo_index_sample_rows(index, rel, add_row, widths);
	bytes = rows > 0 ? widths->bytes / rows : UNKNOWN_ENTRY_BYTES;
	pfree(widths);
	return bytes;
}

/*
 * Would the build sort?  Only when all classes can; see gistbuild().
 */
static bool
is_sorted(const HypoIndex *index)
{
	for (int i = 0; i < index->nkeycolumns; i++)
		if (!OidIsValid(get_opfamily_proc(index->opfamilies[i],
										  index->opcintypes[i],
										  index->opcintypes[i],
										  GIST_SORTSUPPORT_PROC)))
			return false;
	return true;
}

/*
 * Set pages and height of a tree whose pages hold "per_page" entries.
 */
static void
set_tree(HypoIndex *index, double leaves, double per_page)
{
	index->pages = leaves;
	index->tree_height = 0;
	while (leaves > 1)
	{
		leaves = ceil(leaves / per_page);
		index->pages += leaves;
		index->tree_height++;
	}
}

/*
 * Predict pages and height of a GiST index.  Only a build that inserts leaves
 * the space free that the fill factor says.
 */
void
gist_estimate(HypoIndex *index, Relation rel, double table_pages)
{
	int			space = BLCKSZ - SizeOfPageHeaderData -
	MAXALIGN(sizeof(GISTPageOpaqueData));
	int			filled = space - BLCKSZ * (100 - index->fillfactor) / 100;
	GistTree   *tree = is_sorted(index) ? NULL :
	gist_tree_begin(index, rel, filled);
	double		bytes = entry_bytes(index, rel, sizeof(IndexTupleData),
									GIST_COMPRESS_PROC, tree, NULL);
	double		used = tree == NULL ? space * GIST_FILL_SORTED :
	gist_tree_fill(tree);
	double		per_page;

	(void) table_pages;
	if (used <= 0)
		used = filled * GIST_FILL_INSERTED;
	per_page = Max(used / bytes, 2);
	set_tree(index, index->tuples * bytes <= filled ? 1 :
			 ceil(index->tuples / per_page), per_page);
}

/*
 * Predict pages and height of an SP-GiST index: metapage, the roots of the two
 * trees, one of which is for NULLs, and what comes below.
 */
void
spgist_estimate(HypoIndex *index, Relation rel, double table_pages)
{
	SpTree	   *tree = spgist_tree_begin(index, rel);
	double		bytes = entry_bytes(index, rel, SGLTHDRSZ(false),
									SPGIST_COMPRESS_PROC, NULL, tree);
	double		per_row = spgist_tree_pages_per_row(tree);
	double		leaves;

	(void) table_pages;
	if (per_row <= 0)
		per_row = bytes / (SPGIST_PAGE_CAPACITY * SPGIST_FILL);
	leaves = index->tuples * bytes <= SPGIST_PAGE_CAPACITY ? 0 :
		ceil(index->tuples * per_row);
	index->tree_height = (int) (log(Max(leaves, 1)) / log(SPGIST_FANOUT));

	/*
	 * metapage, the roots of two trees, at least one page each of leaves and
	 * of inner tuples
	 */
	index->pages = 3 + (leaves > 0 ? Max(leaves, 2) : 0);
}
