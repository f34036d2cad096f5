/*-------------------------------------------------------------------------
 *
 * index_entry_cost.c
 *		SQL function dbadvisor.index_entry_cost(): what one more entry of an
 *		index costs.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/index.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"

#include "index/write_cost.h"

PG_FUNCTION_INFO_V1(dbadvisor_index_entry_cost);

/* What the sandbox is asked to do. */
typedef struct EntryTask
{
	Oid			indexrelid;
	WriteIndex *index;
} EntryTask;

/*
 * SandboxFn: describe the index.
 */
static void
describe_in_sandbox(void *arg)
{
	EntryTask  *task = (EntryTask *) arg;
	Oid			relid = IndexGetRelation(task->indexrelid, false);
	Relation	rel = table_open(relid, AccessShareLock);
	Relation	index = index_open(task->indexrelid, AccessShareLock);

	task->index = write_index_describe(rel, index);
	index_close(index, AccessShareLock);
	table_close(rel, AccessShareLock);
}

/*
 * Raise an error unless the OID is that of an index with storage.
 */
static void
check_index(Oid oid)
{
	char		relkind = get_rel_relkind(oid);

	if (relkind == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("index with OID %u does not exist", oid)));
	if (relkind != RELKIND_INDEX)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not an index with storage", get_rel_name(oid)),
				 errhint("Name an index that is there, for example "
						 "'orders_pkey'; of a partitioned one, name one on a "
						 "partition.")));
}

/*
 * An optional number of zero or more.
 */
static double
number_argument(FunctionCallInfo fcinfo, int argument, double otherwise,
				const char *name)
{
	double		value = PG_ARGISNULL(argument) ? otherwise :
	PG_GETARG_FLOAT8(argument);

	if (!PG_ARGISNULL(argument) && (isnan(value) || isinf(value) || value < 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be a number of zero or more", name)));
	return value;
}

/*
 * index_entry_cost(index regclass, entries float8, seconds float8): planner
 * cost, WAL bytes and VACUUM's cost of one of that many entries.
 */
Datum
dbadvisor_index_entry_cost(PG_FUNCTION_ARGS)
{
	TupleDesc	desc;
	Datum		values[3];
	bool		nulls[3] = {false};
	EntryTask	task = {InvalidOid, NULL};
	WriteEntry	entry;
	ErrorData  *error;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	task.indexrelid = PG_GETARG_OID(0);
	check_index(task.indexrelid);
	error = sandbox_run(GetUserId(), NULL, describe_in_sandbox, &task);
	if (error != NULL)
		ThrowErrorData(error);
	entry = write_entry(task.index, number_argument(fcinfo, 1, 1, "entries"),
						number_argument(fcinfo, 2, -1, "seconds"));
	values[0] = Float8GetDatum(entry.cost);
	values[1] = Float8GetDatum(entry.wal_bytes);
	values[2] = Float8GetDatum(write_vacuum_cost(task.index));
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc),
													  values, nulls)));
}
