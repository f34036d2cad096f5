/*-------------------------------------------------------------------------
 *
 * column_statistics.c
 *		What ANALYZE has noted of all columns, for rules: SQL functions
 *		statistics_rows() and column_values().
 *
 * The view pg_stats names tables and columns instead of numbering them, and of
 * pg_statistic itself there are no statistics: of a join with that view the
 * planner expects a row or two, where there are 70,000, and compares each with
 * each.  A function has the number of rows that we say, and is read once.
 * The values, which are most of the bytes, are asked for column by column.
 *
 * Who may see what is as in pg_stats: columns that the caller may read, of
 * tables whose policies do not bind him.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type_d.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/syscache.h"

PG_FUNCTION_INFO_V1(dbadvisor_statistics_rows);
PG_FUNCTION_INFO_V1(dbadvisor_column_values);

/* Columns of the result of statistics_rows(). */
#define RESULT_COLUMNS 7

/* What the caller may see of the table at hand: its statistics come together. */
typedef struct TableRight
{
	Oid			relid;
	bool		whole;			/* all columns */
	bool		none;			/* policies bind the caller */
}			TableRight;

/*
 * What may the caller see of this table?
 */
static TableRight
table_right(Oid relid)
{
	TableRight	right = {.relid = relid};

	right.none = check_enable_rls(relid, InvalidOid, true) == RLS_ENABLED;
	right.whole = !right.none &&
		pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) == ACLCHECK_OK;
	return right;
}

/*
 * May the caller see the statistics of this column?
 */
static bool
column_is_readable(const TableRight * right, AttrNumber attnum)
{
	return right->whole ||
		(!right->none && pg_attribute_aclcheck(right->relid, attnum, GetUserId(),
											   ACL_SELECT) == ACLCHECK_OK);
}

/*
 * The shares of the most common values; false where there are none.
 */
static bool
common_shares(HeapTuple tuple, Datum *shares)
{
	AttStatsSlot slot;
	Datum	   *numbers;

	if (!get_attstatsslot(&slot, tuple, STATISTIC_KIND_MCV, InvalidOid,
						  ATTSTATSSLOT_NUMBERS))
		return false;
	numbers = palloc(slot.nnumbers * sizeof(Datum));
	for (int i = 0; i < slot.nnumbers; i++)
		numbers[i] = Float4GetDatum(slot.numbers[i]);
	*shares = PointerGetDatum(construct_array(numbers, slot.nnumbers, FLOAT4OID,
											  sizeof(float4), true, TYPALIGN_INT));
	free_attstatsslot(&slot);
	pfree(numbers);
	return true;
}

/*
 * Put the statistics of one column into the result.
 */
static void
result_add(ReturnSetInfo *result, HeapTuple tuple)
{
	Form_pg_statistic form = (Form_pg_statistic) GETSTRUCT(tuple);
	Datum		values[RESULT_COLUMNS] = {0};
	bool		nulls[RESULT_COLUMNS] = {false};

	values[0] = ObjectIdGetDatum(form->starelid);
	values[1] = Int16GetDatum(form->staattnum);
	values[2] = BoolGetDatum(form->stainherit);
	values[3] = Float4GetDatum(form->stanullfrac);
	values[4] = Int32GetDatum(form->stawidth);
	values[5] = Float4GetDatum(form->stadistinct);
	nulls[6] = !common_shares(tuple, &values[6]);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	if (!nulls[6])
		pfree(DatumGetPointer(values[6]));
}

/*
 * statistics_rows(relation oid): a row for each column that the caller may see,
 * of the table or, for NULL, of all.
 */
Datum
dbadvisor_statistics_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Relation	statistics;
	SysScanDesc scan;
	HeapTuple	tuple;
	TableRight	right = {.relid = InvalidOid};
	bool		one_table = !PG_ARGISNULL(0);
	ScanKeyData key;

	InitMaterializedSRF(fcinfo, 0);
	ScanKeyInit(&key, Anum_pg_statistic_starelid, BTEqualStrategyNumber, F_OIDEQ,
				one_table ? PG_GETARG_DATUM(0) : (Datum) 0);
	statistics = table_open(StatisticRelationId, AccessShareLock);
	scan = systable_beginscan(statistics, StatisticRelidAttnumInhIndexId,
							  one_table, NULL, one_table ? 1 : 0, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_statistic form = (Form_pg_statistic) GETSTRUCT(tuple);

		CHECK_FOR_INTERRUPTS();
		if (form->starelid != right.relid)
			right = table_right(form->starelid);
		if (column_is_readable(&right, form->staattnum))
			result_add(result, tuple);
	}
	systable_endscan(scan);
	table_close(statistics, AccessShareLock);
	return (Datum) 0;
}

/*
 * The values of a slot as texts; NULL where there is no such slot.
 */
static ArrayType *
slot_texts(HeapTuple tuple, int kind)
{
	AttStatsSlot slot;
	Datum	   *texts;
	Oid			output;
	bool		is_varlena;
	ArrayType  *result;

	if (!get_attstatsslot(&slot, tuple, kind, InvalidOid, ATTSTATSSLOT_VALUES))
		return NULL;
	getTypeOutputInfo(slot.valuetype, &output, &is_varlena);
	texts = palloc(slot.nvalues * sizeof(Datum));
	for (int i = 0; i < slot.nvalues; i++)
	{
		CHECK_FOR_INTERRUPTS();
		texts[i] = CStringGetTextDatum(OidOutputFunctionCall(output,
															 slot.values[i]));
	}
	result = construct_array(texts, slot.nvalues, TEXTOID, -1, false,
							 TYPALIGN_INT);
	free_attstatsslot(&slot);
	return result;
}

/*
 * column_values(relation oid, attnum smallint, inherited boolean, common
 * boolean): the most common values, or the bounds of the histogram.
 */
Datum
dbadvisor_column_values(PG_FUNCTION_ARGS)
{
	Oid			relid = PG_GETARG_OID(0);
	int			kind = PG_GETARG_BOOL(3) ? STATISTIC_KIND_MCV :
	STATISTIC_KIND_HISTOGRAM;
	HeapTuple	tuple = SearchSysCache3(STATRELATTINH, PG_GETARG_DATUM(0),
										PG_GETARG_DATUM(1), PG_GETARG_DATUM(2));
	TableRight	right;
	ArrayType  *texts = NULL;

	if (!HeapTupleIsValid(tuple))
		PG_RETURN_NULL();
	right = table_right(relid);
	if (column_is_readable(&right, PG_GETARG_INT16(1)))
		texts = slot_texts(tuple, kind);
	ReleaseSysCache(tuple);
	if (texts == NULL)
		PG_RETURN_NULL();
	PG_RETURN_ARRAYTYPE_P(texts);
}
