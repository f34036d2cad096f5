/*-------------------------------------------------------------------------
 *
 * column_distinct.c
 *		The SQL function dbadvisor.column_distinct(): how many values a column
 *		has by its statistics.
 *
 * Rules must know whether there are statistics at all, also where their reader
 * may not read the values in them; this tells the number alone.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_statistic.h"
#include "fmgr.h"
#include "utils/syscache.h"

PG_FUNCTION_INFO_V1(dbadvisor_column_distinct);

/*
 * column_distinct(relation oid, attnum smallint, inherited boolean)
 */
Datum
dbadvisor_column_distinct(PG_FUNCTION_ARGS)
{
	HeapTuple	tuple = SearchSysCache3(STATRELATTINH, PG_GETARG_DATUM(0),
										PG_GETARG_DATUM(1), PG_GETARG_DATUM(2));
	double		distinct;

	if (!HeapTupleIsValid(tuple))
		PG_RETURN_NULL();
	distinct = ((Form_pg_statistic) GETSTRUCT(tuple))->stadistinct;
	ReleaseSysCache(tuple);
	PG_RETURN_FLOAT8(distinct);
}
