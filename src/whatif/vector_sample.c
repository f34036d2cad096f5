/*-------------------------------------------------------------------------
 *
 * vector_sample.c
 *		What the access methods of pgvector would store of a column.
 *
 * Most types of vectors have one width, so that a few rows suffice; how many are
 * different is what ANALYZE has found.
 * Entry point: vector_sample_make().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/selfuncs.h"

#include "compat.h"
#include "whatif/column_statistics.h"
#include "whatif/whatif_internal.h"

/* Bytes of a vector in a table without rows: 1,536 dimensions. */
#define UNKNOWN_VECTOR_BYTES (8 + 4 * 1536)

/* What the rows are added up to. */
typedef struct VectorRows
{
	double		values;			/* that are not NULL */
	double		bytes;
	int			nhashes;
	uint64		hashes[VECTOR_SAMPLE_ROWS];
} VectorRows;

/*
 * Count a row in; a RowVisitor.
 */
static bool
add_row(const Datum *values, const bool *nulls, void *arg)
{
	VectorRows *rows = arg;
	struct varlena *value;

	if (nulls[0])
		return true;
	value = PG_DETOAST_DATUM(values[0]);
	rows->values++;
	rows->bytes += VARSIZE(value);
	if (rows->nhashes < VECTOR_SAMPLE_ROWS)
		rows->hashes[rows->nhashes++] =
			hash_bytes_extended((unsigned char *) VARDATA(value),
								VARSIZE(value) - VARHDRSZ, 0);
	return true;
}

/*
 * Compare hashes; a qsort comparator.
 */
static int
compare_hashes(const void *a, const void *b)
{
	uint64		left = *(const uint64 *) a;
	uint64		right = *(const uint64 *) b;

	return left < right ? -1 : left > right;
}

/*
 * Has the sample two equal values?
 */
static bool
has_duplicates(VectorRows *rows)
{
	qsort(rows->hashes, rows->nhashes, sizeof(uint64), compare_hashes);
	for (int i = 1; i < rows->nhashes; i++)
		if (rows->hashes[i] == rows->hashes[i - 1])
			return true;
	return false;
}

/*
 * Complete the sample by what ANALYZE has found: the number of different values
 * and, where the index is not partial, of NULLs.  Without statistics all values
 * are different unless the sample shows that they are not.
 */
static void
use_statistics(VectorSample *sample, const HypoIndex *index, Relation rel,
			   VectorRows *rows)
{
	StoredType	stored = {
		.type = hypo_index_column_type(index, rel, 0),
		.typmod = -1,
	};
	ColumnStatistics statistics;

	column_statistics_read(&statistics, index, 0, &stored);
	if (index->predicate == NIL && statistics.null_fraction > 0)
		sample->rows = index->tuples * (1 - statistics.null_fraction);
	sample->distinct = sample->rows;
	if (statistics.distinct > DEFAULT_NUM_DISTINCT || has_duplicates(rows))
		sample->distinct = Min(statistics.distinct, sample->rows);
	column_statistics_free(&statistics);
}

/*
 * Refuse a column that the build would refuse: one whose vectors may have any
 * number of dimensions, where the type has such a number.
 */
static void
check_dimensions(const HypoIndex *index, Relation rel)
{
	int32		typmod = index->attnums[0] != 0 ?
	TupleDescAttr(RelationGetDescr(rel), index->attnums[0] - 1)->atttypmod :
	exprTypmod(linitial(index->exprs));

	if (typmod < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
				 errmsg("column does not have dimensions"),
				 errhint("Give its type a number of dimensions, as in vector(768), or index a cast to such a type.")));
}

/*
 * Look at some rows of the column and at its statistics.
 */
VectorSample
vector_sample_make(HypoIndex *index, Relation rel)
{
	VectorRows *rows = palloc0(sizeof(VectorRows));
	VectorSample sample = {.value_bytes = UNKNOWN_VECTOR_BYTES};
	double		visited;

	check_dimensions(index, rel);
	visited = hypo_index_sample_rows(index, rel, add_row, rows);
	sample.rows = index->tuples;
	if (visited > 0)
		sample.rows *= rows->values / visited;
	if (rows->values > 0)
		sample.value_bytes = rows->bytes / rows->values;
	use_statistics(&sample, index, rel, rows);
	pfree(rows);
	return sample;
}
