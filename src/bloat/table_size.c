/*-------------------------------------------------------------------------
 *
 * table_size.c
 *		What a table would take if it were written anew, by its statistics.
 *
 * Widths and shares of NULLs come from ANALYZE, rows from the last VACUUM or
 * ANALYZE.  Alignment is counted as rows are laid out: exact up to the first
 * column of variable width, half of the step after it.
 * Entry point: the SQL function predicted_table_size().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/tupmacs.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_statistic.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/syscache.h"

#include "bloat/bloat_internal.h"
#include "compat.h"
#include "workload/workload.h"

PG_FUNCTION_INFO_V1(dbadvisor_predicted_table_size);

/* One question about the size of a table. */
typedef struct TableSizeTask
{
	Oid			relid;
	double		bytes;			/* the answer; negative when there is none */
} TableSizeTask;

/* A row as it is laid out so far. */
typedef struct RowWidth
{
	double		bytes;
	bool		is_exact;		/* no column of variable width yet */
	bool		has_nulls;
} RowWidth;

/*
 * Bytes that a type's alignment asks for.
 */
static int
alignment_bytes(char align)
{
	switch (align)
	{
		case TYPALIGN_SHORT:
			return ALIGNOF_SHORT;
		case TYPALIGN_INT:
			return ALIGNOF_INT;
		case TYPALIGN_DOUBLE:
			return ALIGNOF_DOUBLE;
		default:
			return 1;
	}
}

/*
 * Add a column; false where nothing is known of its width.
 */
static bool
add_column(RowWidth *row, Oid relid, Form_pg_attribute attribute)
{
	HeapTuple	tuple = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(relid),
										Int16GetDatum(attribute->attnum),
										BoolGetDatum(false));
	int			align = alignment_bytes(attribute->attalign);
	double		width = attribute->attlen;
	double		present = 1;

	if (HeapTupleIsValid(tuple))
	{
		Form_pg_statistic stats = (Form_pg_statistic) GETSTRUCT(tuple);

		if (width < 0)
			width = stats->stawidth;
		present = 1 - stats->stanullfrac;
		ReleaseSysCache(tuple);
	}
	if (width < 0)
		return false;
	if (present < 1)
		row->has_nulls = true;
	/* A short value of variable width is not aligned at all. */
	if (row->is_exact && attribute->attlen > 0)
		row->bytes = ceil(row->bytes / align) * align;
	else if (attribute->attlen > 0)
		row->bytes += present * (align - 1) / 2.0;
	if (attribute->attlen < 0 || present < 1)
		row->is_exact = false;
	row->bytes += present * width;
	return true;
}

/*
 * Mean bytes of a row with its line pointer; negative when not known.
 */
static double
row_bytes(Relation rel)
{
	TupleDesc	desc = RelationGetDescr(rel);
	RowWidth	row = {.is_exact = true};
	double		header;

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		/* Dropped and virtual columns are stored as NULL. */
		if (attribute->attisdropped ||
			(attribute->attgenerated != '\0' &&
			 attribute->attgenerated != ATTRIBUTE_GENERATED_STORED))
			row.has_nulls = true;
		else if (!add_column(&row, RelationGetRelid(rel), attribute))
			return -1;
	}
	header = MAXALIGN(SizeofHeapTupleHeader +
					  (row.has_nulls ? BITMAPLEN(desc->natts) : 0));
	if (row.is_exact)
		row.bytes = MAXALIGN((int) row.bytes);
	else
		row.bytes += (MAXIMUM_ALIGNOF - 1) / 2.0;
	return header + row.bytes + sizeof(ItemIdData);
}

/*
 * Predict the size; a SandboxFn.
 */
static void
predict_size(void *arg)
{
	TableSizeTask *task = arg;
	Relation	rel = try_relation_open(task->relid, AccessShareLock);
	double		width;

	if (rel == NULL)
		return;
	if ((rel->rd_rel->relkind == RELKIND_RELATION ||
		 rel->rd_rel->relkind == RELKIND_MATVIEW) &&
		rel->rd_rel->reltuples >= 0 &&
		(width = row_bytes(rel)) > 0)
	{
		double		usable = PAGE_CAPACITY(0) -
		RelationGetTargetPageFreeSpace(rel, HEAP_DEFAULT_FILLFACTOR);
		double		per_page = Max(floor(usable / width), 1);

		task->bytes = ceil(rel->rd_rel->reltuples / per_page) * BLCKSZ;
	}
	relation_close(rel, NoLock);
}

/*
 * predicted_table_size(relation oid)
 */
Datum
dbadvisor_predicted_table_size(PG_FUNCTION_ARGS)
{
	TableSizeTask task = {.relid = PG_GETARG_OID(0),.bytes = -1};

	if (sandbox_run(GetUserId(), "pg_catalog, pg_temp", predict_size,
					&task) != NULL || task.bytes < 0)
		PG_RETURN_NULL();
	PG_RETURN_INT64((int64) task.bytes);
}
