/*-------------------------------------------------------------------------
 *
 * column_sample.c
 *		Simulated values of one index column, from its statistics.
 *
 * The samples stand for evenly spaced rows of the table: first the NULLs, then
 * the most common values with the frequency that ANALYZE found, then the rest,
 * whose widths are those of the histogram bounds.  That keeps the spread of
 * the widths, which an average hides and alignment does not forgive.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_am.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "compat.h"
#include "whatif/column_statistics.h"
#include "whatif/whatif_internal.h"

/* Where the walk along the ranks is among the most common values. */
typedef struct CommonWalk
{
	int			next;			/* value after the current one */
	double		end;			/* rank at which the current one ends */
} CommonWalk;

/*
 * Return the expression of an index column, NULL for a plain one.
 */
static Node *
column_expression(const HypoIndex *index, int column)
{
	int			expression = 0;

	if (index->attnums[column] != 0)
		return NULL;
	for (int i = 0; i < column; i++)
		if (index->attnums[i] == 0)
			expression++;
	return list_nth(index->exprs, expression);
}

/*
 * Is the column stored as a C string?  The B-tree class for "name" does so.
 */
static bool
stored_as_cstring(const HypoIndex *index, int column)
{
	HeapTuple	tuple;
	bool		result;

	if (column >= index->nkeycolumns)
		return false;
	tuple = SearchSysCache1(CLAOID, ObjectIdGetDatum(index->opclasses[column]));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator class %u",
			 index->opclasses[column]);
	result = ((Form_pg_opclass) GETSTRUCT(tuple))->opckeytype == CSTRINGOID;
	ReleaseSysCache(tuple);
	return result;
}

/*
 * Find out how the column's values are stored.
 */
static StoredType
stored_type(const HypoIndex *index, Relation rel, int column)
{
	StoredType	stored;
	Node	   *expression = column_expression(index, column);

	if (expression != NULL)
	{
		stored.type = exprType(expression);
		stored.typmod = exprTypmod(expression);
	}
	else
	{
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(rel),
											  index->attnums[column] - 1);

		stored.type = att->atttypid;
		stored.typmod = att->atttypmod;
	}
	get_typlenbyvalalign(stored.type, &stored.length, &stored.byval,
						 &stored.alignment);
	stored.storage = get_typstorage(stored.type);
	stored.as_cstring = stored_as_cstring(index, column);
	return stored;
}

/*
 * Set width and alignment of a sample that is not NULL to what an index tuple
 * needs for "bytes" of payload.
 */
static void
set_width(ColumnSample *sample, const StoredType *stored, int bytes)
{
	sample->aligned = false;
	if (stored->as_cstring || stored->length == -2)
		sample->width = bytes + 1;
	else if (stored->length > 0)
	{
		sample->width = stored->length;
		sample->aligned = true;
	}
	else if (stored->storage != TYPSTORAGE_PLAIN &&
			 bytes + VARHDRSZ_SHORT <= VARATT_SHORT_MAX)
		sample->width = bytes + VARHDRSZ_SHORT;
	else
	{
		sample->width = bytes + VARHDRSZ;
		sample->aligned = true;
	}
}

/*
 * Return the bytes of payload of a value.
 */
static int
payload(const StoredType *stored, Datum value)
{
	if (stored->as_cstring || stored->length == -2)
		return strlen(DatumGetCString(value));
	if (stored->length > 0)
		return stored->length;
	return VARSIZE_ANY_EXHDR(DatumGetPointer(value));
}

/*
 * Return the bytes of payload to assume where no value is known.
 */
static int
average_payload(const StoredType *stored, int average_width)
{
	int			header = stored->length != -1 ? 0 :
	average_width > VARATT_SHORT_MAX ? VARHDRSZ : VARHDRSZ_SHORT;

	return Max(average_width - header, 0);
}

/*
 * Go on to the common value that stands at "rank" (0 to 1) among the rows;
 * false when the rank is beyond the last one.
 */
static bool
common_at(CommonWalk *walk, const ColumnStatistics *statistics, double rank)
{
	const AttStatsSlot *common = &statistics->common;

	while (walk->next < common->nvalues && rank >= walk->end)
		walk->end += common->numbers[walk->next++];
	return rank < walk->end;
}

/*
 * Fill in a sample of a common value.
 */
static void
sample_common(ColumnSample *sample, const ColumnStatistics *statistics,
			  const StoredType *stored, int value)
{
	set_width(sample, stored,
			  payload(stored, statistics->common.values[value]));
	sample->share = statistics->common.numbers[value];
}

/*
 * Fill in a sample of the values that are not common; "position" (0 to 1)
 * chooses among the histogram bounds.
 */
static void
sample_rest(ColumnSample *sample, const ColumnStatistics *statistics,
			const StoredType *stored, double position)
{
	int			bounds = statistics->histogram.nvalues;
	int			bound = Min((int) (position * bounds), bounds - 1);

	sample->share = statistics->rest_share;
	if (bounds > 0)
		set_width(sample, stored,
				  payload(stored, statistics->histogram.values[bound]));
	else
		set_width(sample, stored,
				  average_payload(stored, statistics->average_width));
}

/*
 * Fill in the sample at "rank" (0 to 1) among the rows of the table; to be
 * called with growing ranks.
 */
static void
sample_at(ColumnSample *sample, CommonWalk *walk,
		  const ColumnStatistics *statistics, const StoredType *stored,
		  double rank)
{
	sample->isnull = rank < statistics->null_fraction;
	if (sample->isnull)
	{
		sample->share = statistics->null_fraction;
		sample->width = 0;
		sample->aligned = false;
	}
	else if (common_at(walk, statistics, rank))
		sample_common(sample, statistics, stored, walk->next - 1);
	else
	{
		double		rest = 1.0 - walk->end;

		sample_rest(sample, statistics, stored,
					rest > 0 ? Min((rank - walk->end) / rest, 1.0) : 0);
	}
}

/*
 * Is the node this column?
 */
static bool
is_column(const Node *node, AttrNumber attnum)
{
	if (node != NULL && IsA(node, RelabelType))
		node = (const Node *) ((const RelabelType *) node)->arg;
	return node != NULL && IsA(node, Var) &&
		((const Var *) node)->varattno == attnum;
}

/*
 * Is the clause never true where the column is NULL?
 */
static bool
clause_excludes_nulls(Node *clause, AttrNumber attnum)
{
	ListCell   *cell;

	if (IsA(clause, NullTest))
		return ((NullTest *) clause)->nulltesttype == IS_NOT_NULL &&
			is_column((Node *) ((NullTest *) clause)->arg, attnum);
	if (IsA(clause, Var))
		return is_column(clause, attnum);
	if (!IsA(clause, OpExpr) || !op_strict(((OpExpr *) clause)->opno))
		return false;
	foreach(cell, ((OpExpr *) clause)->args)
	{
		if (is_column(lfirst(cell), attnum))
			return true;
	}
	return false;
}

/*
 * Does the index keep NULLs of this column out?
 */
static bool
index_excludes_nulls(const HypoIndex *index, int column)
{
	ListCell   *cell;

	if (index->am == HASH_AM_OID)
		return true;
	if (index->attnums[column] == 0)
		return false;
	foreach(cell, index->predicate)
	{
		if (clause_excludes_nulls(lfirst(cell), index->attnums[column]))
			return true;
	}
	return false;
}

/*
 * Make KEY_SAMPLES samples of a column.
 */
void
column_samples_make(const HypoIndex *index, Relation rel, int column,
					ColumnSamples *samples)
{
	StoredType	stored = stored_type(index, rel, column);
	ColumnStatistics statistics;
	CommonWalk	walk;
	double		first = 0;

	column_statistics_read(&statistics, index, column, &stored);
	if (index_excludes_nulls(index, column) &&
		statistics.null_fraction < 1.0)
		first = statistics.null_fraction;
	walk.next = 0;
	walk.end = statistics.null_fraction;
	for (int i = 0; i < KEY_SAMPLES; i++)
	{
		sample_at(&samples->rows[i], &walk, &statistics, &stored,
				  first + (1.0 - first) * (i + 0.5) / KEY_SAMPLES);
		samples->rows[i].share /= 1.0 - first;
	}
	samples->alignment = stored.alignment;
	/* NULLs come first */
	samples->uniform = stored.length > 0 && !stored.as_cstring &&
		!samples->rows[0].isnull;
	column_statistics_free(&statistics);
}
