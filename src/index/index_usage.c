/*-------------------------------------------------------------------------
 *
 * index_usage.c
 *		SQL function dbadvisor.index_last_scan(): when an index was last read.
 *
 * The server has a function for it from 16 on; rules that are written in SQL
 * cannot name it before, and its view reads the whole catalog for one index.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "pgstat.h"
#include "utils/timestamp.h"

#include "compat.h"

PG_FUNCTION_INFO_V1(dbadvisor_index_last_scan);

/*
 * index_last_scan(index oid): null when there was none, or before 16.
 */
Datum
dbadvisor_index_last_scan(PG_FUNCTION_ARGS)
{
	PgStat_StatTabEntry *entry = pgstat_fetch_stat_tabentry(PG_GETARG_OID(0));

	if (entry == NULL || stat_entry_last_scan(entry) == 0)
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(stat_entry_last_scan(entry));
}
