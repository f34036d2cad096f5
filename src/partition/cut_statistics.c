/*-------------------------------------------------------------------------
 *
 * cut_statistics.c
 *		What ANALYZE would find of a partition key in one partition.
 *
 * The row of pg_statistic of the whole table, less the values that lie outside of
 * the partition.  A histogram of dates or whole numbers gets as many bins again,
 * since a partition often has only a few of those of the table.  Entry points:
 * cut_statistics() for ranges and lists, cut_hash_statistics().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/partition.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "partition/partition_internal.h"

/* The bounds of a partition, to compare values with. */
typedef struct Bounds
{
	FmgrInfo   *compare;
	Oid			collation;
	bool		has_lower;
	bool		has_upper;
	Datum		lower;			/* inclusive */
	Datum		upper;			/* exclusive */
} Bounds;

/* A new row of pg_statistic in the making. */
typedef struct NewRow
{
	Datum		values[Natts_pg_statistic];
	bool		nulls[Natts_pg_statistic];
	bool		replace[Natts_pg_statistic];
} NewRow;

/*
 * Compare two values of the key.
 */
static int
compare(const Bounds *bounds, Datum a, Datum b)
{
	return DatumGetInt32(FunctionCall2Coll(bounds->compare, bounds->collation,
										   a, b));
}

/*
 * Does a value lie in the partition?
 */
static bool
is_inside(const Bounds *bounds, Datum value)
{
	return (!bounds->has_lower || compare(bounds, value, bounds->lower) >= 0) &&
		(!bounds->has_upper || compare(bounds, value, bounds->upper) < 0);
}

/*
 * Read a bound's text as a value of the key.
 */
static Datum
read_bound(const Scheme *scheme, const char *text)
{
	Oid			input;
	Oid			param;

	getTypeInputInfo(scheme->key.type, &input, &param);
	return OidInputFunctionCall(input, pstrdup(text), param, -1);
}

/*
 * Read the bounds of a range.
 */
static Bounds
read_bounds(const Scheme *scheme, const PlannedLeaf *leaf)
{
	TypeCacheEntry *type = lookup_type_cache(scheme->key.type,
											 TYPECACHE_CMP_PROC_FINFO);
	Bounds		bounds = {
		.compare = &type->cmp_proc_finfo,
		.collation = scheme->key.collation,
		.has_lower = leaf->lower != NULL,
		.has_upper = leaf->upper != NULL,
	};

	if (bounds.has_lower)
		bounds.lower = read_bound(scheme, leaf->lower);
	if (bounds.has_upper)
		bounds.upper = read_bound(scheme, leaf->upper);
	return bounds;
}

/*
 * Set a field of the row.
 */
static void
set_field(NewRow *row, AttrNumber attnum, Datum value, bool isnull)
{
	row->values[attnum - 1] = value;
	row->nulls[attnum - 1] = isnull;
	row->replace[attnum - 1] = true;
}

/*
 * Set a slot of the row; without values it becomes an empty one.  "numbers" may
 * be NULL.
 */
static void
set_slot(NewRow *row, int slot, Oid type, Datum *values, int count,
		 Datum *numbers)
{
	int16		length;
	bool		byval;
	char		alignment;

	get_typlenbyvalalign(type, &length, &byval, &alignment);
	if (count == 0)
		set_field(row, Anum_pg_statistic_stakind1 + slot, Int16GetDatum(0),
				  false);
	set_field(row, Anum_pg_statistic_stanumbers1 + slot,
			  count == 0 || numbers == NULL ? (Datum) 0 :
			  PointerGetDatum(construct_array(numbers, count, FLOAT4OID, 4,
											  true, TYPALIGN_INT)),
			  count == 0 || numbers == NULL);
	set_field(row, Anum_pg_statistic_stavalues1 + slot,
			  count == 0 ? (Datum) 0 :
			  PointerGetDatum(construct_array(values, count, type, length,
											  byval, alignment)),
			  count == 0);
}

/*
 * Keep the common values of the partition, with their share of its rows.
 * Returns how many there are.
 */
static int
cut_common(NewRow *row, int slot, AttStatsSlot *common, const Bounds *bounds,
		   double fraction)
{
	Datum	   *values = palloc(sizeof(Datum) * Max(common->nvalues, 1));
	Datum	   *numbers = palloc(sizeof(Datum) * Max(common->nvalues, 1));
	int			count = 0;

	for (int i = 0; i < common->nvalues; i++)
	{
		if (!is_inside(bounds, common->values[i]))
			continue;
		values[count] = common->values[i];
		numbers[count++] = Float4GetDatum((float4)
										  Min(common->numbers[i] / fraction, 1.0));
	}
	set_slot(row, slot, common->valuetype, values, count, numbers);
	return count;
}

/*
 * Is the type one whose values are whole numbers, of days or microseconds too?
 */
static bool
type_is_whole(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID ||
		type == DATEOID || type == TIMESTAMPOID || type == TIMESTAMPTZOID;
}

/*
 * A value of such a type as a number, and back.
 */
static double
number_of(Oid type, Datum value)
{
	if (type == INT2OID)
		return DatumGetInt16(value);
	if (type == INT4OID || type == DATEOID)
		return DatumGetInt32(value);
	return (double) DatumGetInt64(value);
}

static Datum
value_of(Oid type, double number)
{
	if (type == INT2OID)
		return Int16GetDatum((int16) number);
	if (type == INT4OID || type == DATEOID)
		return Int32GetDatum((int32) number);
	/* infinity is the largest number of all */
	return Int64GetDatum(number >= (double) PG_INT64_MAX ? PG_INT64_MAX :
						 (int64) number);
}

/*
 * Where a value lies among the bounds of the histogram, in bins from its begin;
 * rows of a bin are taken to be spread evenly.
 */
static double
place_of(const AttStatsSlot *histogram, const Bounds *bounds, Datum value)
{
	double		number = number_of(histogram->valuetype, value);
	double		from;
	double		to;
	int			bin = 0;

	while (bin < histogram->nvalues &&
		   compare(bounds, histogram->values[bin], value) <= 0)
		bin++;
	if (bin == 0)
		return 0;
	if (bin == histogram->nvalues)
		return histogram->nvalues - 1;
	from = number_of(histogram->valuetype, histogram->values[bin - 1]);
	to = number_of(histogram->valuetype, histogram->values[bin]);
	return bin - 1 + (number - from) / (to - from);
}

/*
 * The value at a place in the histogram.
 */
static Datum
value_at(const AttStatsSlot *histogram, double place)
{
	int			bin = Min((int) place, histogram->nvalues - 2);
	double		from = number_of(histogram->valuetype, histogram->values[bin]);
	double		to = number_of(histogram->valuetype, histogram->values[bin + 1]);

	return value_of(histogram->valuetype, from + (place - bin) * (to - from));
}

/*
 * Cut the histogram of whole numbers: as many bins as it has, of as many rows
 * each.  Returns the number of values.
 */
static int
cut_whole(const AttStatsSlot *histogram, const Bounds *bounds, Datum *values)
{
	double		last = histogram->nvalues - 1;
	double		from = bounds->has_lower ?
	place_of(histogram, bounds, bounds->lower) : 0;
	double		to = bounds->has_upper ?
	place_of(histogram, bounds, bounds->upper) : last;

	if (to <= from)
		return 0;
	for (int i = 0; i <= last; i++)
		values[i] = value_at(histogram, from + (to - from) * i / last);
	return histogram->nvalues;
}

/*
 * Cut the histogram of any other type: the values inside, and as ends the bounds,
 * where values on both sides of them tell that there are rows.  Returns the
 * number of values.
 */
static int
cut_ordered(const AttStatsSlot *histogram, const Bounds *bounds,
			Datum *values)
{
	Datum		first = histogram->values[0];
	Datum		last = histogram->values[histogram->nvalues - 1];
	int			count = 0;

	if (bounds->has_lower && compare(bounds, first, bounds->lower) < 0 &&
		compare(bounds, last, bounds->lower) > 0)
		values[count++] = bounds->lower;
	for (int i = 0; i < histogram->nvalues; i++)
	{
		if (is_inside(bounds, histogram->values[i]) &&
			(count == 0 ||
			 compare(bounds, histogram->values[i], values[count - 1]) > 0))
			values[count++] = histogram->values[i];
	}
	if (bounds->has_upper && compare(bounds, last, bounds->upper) >= 0 &&
		compare(bounds, first, bounds->upper) < 0)
		values[count++] = bounds->upper;
	return count;
}

/*
 * Cut the histogram to the partition.  The planner wants two values at least.
 */
static void
cut_histogram(NewRow *row, int slot, AttStatsSlot *histogram,
			  const Bounds *bounds)
{
	Datum	   *values = palloc(sizeof(Datum) * (histogram->nvalues + 2));
	int			count = 0;

	if (histogram->nvalues >= 2)
		count = type_is_whole(histogram->valuetype) ?
			cut_whole(histogram, bounds, values) :
			cut_ordered(histogram, bounds, values);
	set_slot(row, slot, histogram->valuetype, values, count < 2 ? 0 : count,
			 NULL);
}

/*
 * The number of distinct values in the partition, as pg_statistic has it.
 */
static float4
cut_distinct(float4 distinct, double fraction, int common)
{
	return distinct <= 0 ? distinct :
		(float4) Max(Max(distinct * fraction, common), 1);
}

/*
 * The slot of this kind, or -1.
 */
static int
find_slot(HeapTuple tuple, int16 kind)
{
	Form_pg_statistic form = (Form_pg_statistic) GETSTRUCT(tuple);

	for (int i = 0; i < STATISTIC_NUM_SLOTS; i++)
		if ((&form->stakind1)[i] == kind)
			return i;
	return -1;
}

/*
 * Cut a row to a range.
 */
static void
cut_range(NewRow *row, HeapTuple tuple, const Scheme *scheme,
		  const PlannedLeaf *leaf)
{
	Bounds		bounds = read_bounds(scheme, leaf);
	int			common_slot = find_slot(tuple, STATISTIC_KIND_MCV);
	int			histogram_slot = find_slot(tuple, STATISTIC_KIND_HISTOGRAM);
	int			common = 0;
	AttStatsSlot slot;

	if (common_slot >= 0 &&
		get_attstatsslot(&slot, tuple, STATISTIC_KIND_MCV, InvalidOid,
						 ATTSTATSSLOT_VALUES | ATTSTATSSLOT_NUMBERS))
	{
		common = cut_common(row, common_slot, &slot, &bounds, leaf->fraction);
		free_attstatsslot(&slot);
	}
	if (histogram_slot >= 0 &&
		get_attstatsslot(&slot, tuple, STATISTIC_KIND_HISTOGRAM, InvalidOid,
						 ATTSTATSSLOT_VALUES))
	{
		cut_histogram(row, histogram_slot, &slot, &bounds);
		free_attstatsslot(&slot);
	}
	set_field(row, Anum_pg_statistic_stadistinct,
			  Float4GetDatum(cut_distinct(((Form_pg_statistic) GETSTRUCT(tuple))->stadistinct,
										  leaf->fraction, common)), false);
}

/*
 * A row for a partition with one value.
 */
static void
cut_to_value(NewRow *row, HeapTuple tuple, const Scheme *scheme,
			 const PlannedLeaf *leaf)
{
	Datum		value = read_bound(scheme, leaf->value);
	Datum		share = Float4GetDatum(1.0);
	int			common_slot = find_slot(tuple, STATISTIC_KIND_MCV);
	int			histogram_slot = find_slot(tuple, STATISTIC_KIND_HISTOGRAM);

	if (common_slot >= 0)
		set_slot(row, common_slot, scheme->key.type, &value, 1, &share);
	if (histogram_slot >= 0)
		set_slot(row, histogram_slot, scheme->key.type, NULL, 0, NULL);
	set_field(row, Anum_pg_statistic_stadistinct, Float4GetDatum(1.0), false);
}

/*
 * The statistics of a key in the table, or NULL.
 */
static HeapTuple
whole_statistics(const Scheme *scheme, const SchemeKey *key)
{
	HeapTuple	tuple = SearchSysCache3(STATRELATTINH,
										ObjectIdGetDatum(scheme->relid),
										Int16GetDatum(key->attnum),
										BoolGetDatum(false));

	return HeapTupleIsValid(tuple) ? tuple : NULL;
}

/*
 * Make the row of the partition and let go of that of the table.
 */
static HeapTuple
finish_row(HeapTuple tuple, NewRow *row)
{
	Relation	pg_statistic = table_open(StatisticRelationId, AccessShareLock);
	HeapTuple	cut = heap_modify_tuple(tuple, RelationGetDescr(pg_statistic),
										row->values, row->nulls, row->replace);

	table_close(pg_statistic, AccessShareLock);
	ReleaseSysCache(tuple);
	return cut;
}

/*
 * The remainder of a value, as get_partition_for_tuple() has it.
 */
static int
hash_remainder(const SchemeKey *key, Datum value, int modulus)
{
	TypeCacheEntry *type = lookup_type_cache(key->type,
											 TYPECACHE_HASH_EXTENDED_PROC_FINFO);
	uint64		hash = DatumGetUInt64(FunctionCall2Coll(&type->hash_extended_proc_finfo,
														key->collation, value,
														UInt64GetDatum(HASH_PARTITION_SEED)));

	return (int) (hash_combine64(0, hash) % (uint64) modulus);
}

/*
 * Keep the common values that have this remainder, with their share of its rows.
 * "others" is the share of the table that other rows of it have; *share becomes
 * that of all.  Returns how many values there are.
 */
static int
cut_hash_common(NewRow *row, int place, AttStatsSlot *common,
				const SchemeKey *key, int modulus, int remainder,
				double others, double *share)
{
	Datum	   *values = palloc(sizeof(Datum) * Max(common->nvalues, 1));
	Datum	   *numbers = palloc(sizeof(Datum) * Max(common->nvalues, 1));
	float4	   *shares = palloc(sizeof(float4) * Max(common->nvalues, 1));
	int			count = 0;

	*share = others;
	for (int i = 0; i < common->nvalues; i++)
	{
		if (hash_remainder(key, common->values[i], modulus) != remainder)
			continue;
		*share += common->numbers[i];
		values[count] = common->values[i];
		shares[count++] = common->numbers[i];
	}
	for (int i = 0; i < count; i++)
		numbers[i] = Float4GetDatum((float4) Min(shares[i] / *share, 1.0));
	set_slot(row, place, common->valuetype, values, count, numbers);
	return count;
}

/*
 * The share of the table that the common values have together.
 */
static double
common_share(const AttStatsSlot *common)
{
	double		all = 0;

	for (int i = 0; i < common->nvalues; i++)
		all += common->numbers[i];
	return all;
}

/*
 * Return the statistics of a key in a partition by its hash, or NULL where the
 * table has none: it has the values of all, only fewer of them, and the first has
 * the nulls.
 */
HeapTuple
cut_hash_statistics(const Scheme *scheme, const SchemeKey *key, int modulus,
					int remainder, double *share)
{
	HeapTuple	tuple = whole_statistics(scheme, key);
	NewRow	   *row = palloc0(sizeof(NewRow));
	Form_pg_statistic form;
	AttStatsSlot slot;
	double		nulls;
	int			common = 0;
	int			place;

	*share = 1.0 / modulus;
	if (tuple == NULL)
		return NULL;
	form = (Form_pg_statistic) GETSTRUCT(tuple);
	nulls = remainder == 0 ? form->stanullfrac : 0;
	*share = (1 - form->stanullfrac) / modulus + nulls;
	place = find_slot(tuple, STATISTIC_KIND_MCV);
	if (place >= 0 &&
		get_attstatsslot(&slot, tuple, STATISTIC_KIND_MCV, InvalidOid,
						 ATTSTATSSLOT_VALUES | ATTSTATSSLOT_NUMBERS))
	{
		double		others = Max(1 - form->stanullfrac - common_share(&slot), 0);

		common = cut_hash_common(row, place, &slot, key, modulus, remainder,
								 others / modulus + nulls, share);
		free_attstatsslot(&slot);
	}
	set_field(row, Anum_pg_statistic_stanullfrac,
			  Float4GetDatum(*share > 0 ? (float4) (nulls / *share) : 0), false);
	set_field(row, Anum_pg_statistic_stadistinct,
			  Float4GetDatum(cut_distinct(form->stadistinct, 1.0 / modulus,
										  common)), false);
	return finish_row(tuple, row);
}

/*
 * Return the statistics of the key in a range or in a partition of a list, or NULL
 * where the table has none.
 */
HeapTuple
cut_statistics(const Scheme *scheme, const PlannedLeaf *leaf)
{
	HeapTuple	tuple = whole_statistics(scheme, &scheme->key);
	NewRow	   *row = palloc0(sizeof(NewRow));

	if (tuple == NULL)
		return NULL;
	if (scheme->strategy == PARTITION_STRATEGY_RANGE)
		cut_range(row, tuple, scheme, leaf);
	else if (leaf->value != NULL)
		cut_to_value(row, tuple, scheme, leaf);
	else
		set_field(row, Anum_pg_statistic_stadistinct,
				  Float4GetDatum(cut_distinct(((Form_pg_statistic) GETSTRUCT(tuple))->stadistinct,
											  leaf->fraction, 0)), false);
	if (scheme->strategy != PARTITION_STRATEGY_LIST || leaf->value != NULL)
		set_field(row, Anum_pg_statistic_stanullfrac, Float4GetDatum(0), false);
	return finish_row(tuple, row);
}
