/*-------------------------------------------------------------------------
 *
 * drop_prove.c
 *		SQL function dbadvisor.prove_drops(): does anybody need these indexes?
 *
 * Reads, never writes, waits for no lock.  Rules give it the indexes that the
 * catalog and the counters make suspect; it answers with what the planner says.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/index.h"
#include "catalog/partition.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "dbadvisor.h"
#include "index/drop_internal.h"

PG_FUNCTION_INFO_V1(dbadvisor_prove_drops);

/* Arguments and result columns of the function. */
enum
{
	ARG_INDEXES, ARG_DEFINITIONS, ARG_TOLERANCES, ARG_TWINS, ARG_TIME_LIMIT
};
enum
{
	COL_ORDINAL, COL_INDEX, COL_PASSED, COL_GATES, NCOLUMNS
};

/* An array argument taken apart. */
typedef struct Elements
{
	Datum	   *values;
	bool	   *nulls;
	int			count;
} Elements;

/*
 * Take an array argument apart.
 */
static Elements
array_argument(FunctionCallInfo fcinfo, int argument, Oid type)
{
	Elements	elements = {0};
	int16		length;
	bool		byval;
	char		alignment;

	if (PG_ARGISNULL(argument))
		return elements;
	get_typlenbyvalalign(type, &length, &byval, &alignment);
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(argument), type, length, byval,
					  alignment, &elements.values, &elements.nulls,
					  &elements.count);
	return elements;
}

/*
 * Raise an error when the arrays are not of one length.
 */
static void
check_lengths(const Elements *indexes, const Elements *other)
{
	if (indexes->count != other->count)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("arrays must have one element per index")));
}

/*
 * Can the table be looked at now?  A suspect whose table somebody has locked is
 * left for another time.
 */
static bool
table_is_free(Oid relid)
{
	if (!ConditionalLockRelationOid(relid, AccessShareLock))
		return false;
	UnlockRelationOid(relid, AccessShareLock);
	return true;
}

/*
 * Make a suspect.
 */
static Suspect *
suspect_make(Oid index, const char *definition, double tolerance, bool twin)
{
	Suspect    *suspect = palloc0(sizeof(Suspect));

	suspect->index = index;
	suspect->relid = IndexGetRelation(index, true);
	suspect->definition = definition;
	suspect->tolerance = tolerance;
	suspect->twin = twin;
	if (OidIsValid(suspect->relid) && get_rel_relispartition(suspect->relid))
		suspect->ancestors = get_partition_ancestors(suspect->relid);
	return suspect;
}

/*
 * Read the arguments.
 */
static void
read_suspects(DropSearch *search, FunctionCallInfo fcinfo)
{
	Elements	indexes = array_argument(fcinfo, ARG_INDEXES, OIDOID);
	Elements	definitions = array_argument(fcinfo, ARG_DEFINITIONS, TEXTOID);
	Elements	tolerances = array_argument(fcinfo, ARG_TOLERANCES, FLOAT8OID);
	Elements	twins = array_argument(fcinfo, ARG_TWINS, BOOLOID);

	check_lengths(&indexes, &definitions);
	check_lengths(&indexes, &tolerances);
	check_lengths(&indexes, &twins);
	for (int i = 0; i < indexes.count; i++)
	{
		Suspect    *suspect;

		if (indexes.nulls[i])
			continue;
		suspect = suspect_make(DatumGetObjectId(indexes.values[i]),
							   definitions.nulls[i] ? NULL :
							   TextDatumGetCString(definitions.values[i]),
							   tolerances.nulls[i] ? 0 :
							   DatumGetFloat8(tolerances.values[i]),
							   !twins.nulls[i] &&
							   DatumGetBool(twins.values[i]));
		suspect->ordinal = i + 1;
		if (OidIsValid(suspect->relid))
			search->suspects = lappend(search->suspects, suspect);
	}
}

/*
 * When to stop; never without a limit.
 */
static TimestampTz
deadline_argument(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(ARG_TIME_LIMIT))
		return DT_NOEND;
	return DatumGetTimestampTz(DirectFunctionCall2(timestamptz_pl_interval,
												   TimestampTzGetDatum(GetCurrentTimestamp()),
												   PG_GETARG_DATUM(ARG_TIME_LIMIT)));
}

/*
 * Append one gate as a member of a JSON object.
 */
static void
gate_json(StringInfo json, const char *name, const Gate *gate)
{
	appendStringInfo(json, "\"%s\": {\"passed\": %s", name,
					 gate->verdict == VERDICT_PASSED ? "true" :
					 gate->verdict == VERDICT_FAILED ? "false" : "null");
	if (gate->detail != NULL)
	{
		appendStringInfoString(json, ", \"detail\": ");
		escape_json(json, gate->detail);
	}
}

/*
 * All gates of a suspect as JSON.
 */
static char *
gates_json(const DropSearch *search, const Suspect *suspect)
{
	char		since[MAXDATELEN + 1];

	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	gate_json(&json, "planner", &suspect->planner);
	appendStringInfo(&json, ", \"statements\": %d", suspect->nstatements);
	if (search->since != 0)
		appendStringInfo(&json, ", \"since\": \"%s\"",
						 JsonEncodeDateTime(since,
											TimestampTzGetDatum(search->since),
											TIMESTAMPTZOID, NULL));
	if (suspect->nstatements > 0)
		appendStringInfo(&json, ", \"worst\": {\"queryid\": \"" INT64_FORMAT
						 "\", \"cost_before\": %.4f, \"cost_after\": %.4f}",
						 suspect->worst_queryid, suspect->worst_before,
						 suspect->worst_after);
	appendStringInfoString(&json, "}, ");
	gate_json(&json, "conflict_arbiter", &suspect->arbiter);
	appendStringInfoString(&json, "}, ");
	gate_json(&json, "foreign_key_support", &suspect->foreign_key);
	appendStringInfoString(&json, "}}");
	return json.data;
}

/*
 * What all gates together say.
 */
static Verdict
overall(const Suspect *suspect)
{
	if (suspect->planner.verdict == VERDICT_FAILED ||
		suspect->arbiter.verdict == VERDICT_FAILED ||
		suspect->foreign_key.verdict == VERDICT_FAILED)
		return VERDICT_FAILED;
	if (suspect->planner.verdict == VERDICT_PASSED &&
		suspect->arbiter.verdict == VERDICT_PASSED &&
		suspect->foreign_key.verdict == VERDICT_PASSED)
		return VERDICT_PASSED;
	return VERDICT_UNKNOWN;
}

/*
 * Return the row of one suspect.
 */
static void
put_suspect(ReturnSetInfo *result, const DropSearch *search,
			const Suspect *suspect)
{
	Datum		values[NCOLUMNS];
	bool		nulls[NCOLUMNS] = {false};
	Verdict		verdict = overall(suspect);

	values[COL_ORDINAL] = Int32GetDatum(suspect->ordinal);
	values[COL_INDEX] = ObjectIdGetDatum(suspect->index);
	values[COL_PASSED] = BoolGetDatum(verdict == VERDICT_PASSED);
	nulls[COL_PASSED] = verdict == VERDICT_UNKNOWN;
	values[COL_GATES] = DirectFunctionCall1(jsonb_in,
											CStringGetDatum(gates_json(search, suspect)));
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/*
 * Put off the suspects whose table is locked: they are not tried.
 */
static void
put_off_locked(DropSearch *search)
{
	ListCell   *lc;

	foreach(lc, search->suspects)
	{
		Suspect    *suspect = lfirst(lc);

		if (!table_is_free(suspect->relid))
		{
			suspect->locked = true;
			suspect->planner.detail = pstrdup("the table is locked");
		}
	}
}

/*
 * prove_drops(indexes oid[], definitions text[], tolerances float8[],
 * twins bool[], time_limit interval)
 */
Datum
dbadvisor_prove_drops(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext caller = CurrentMemoryContext;
	DropSearch	search = {0};
	ListCell   *lc;

	InitMaterializedSRF(fcinfo, 0);
	search.context = AllocSetContextCreate(caller, "dbadvisor drop search",
										   ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(search.context);
	search.memory_limit = (Size) dbadvisor_work_mem * 1024;
	search.deadline = deadline_argument(fcinfo);
	read_suspects(&search, fcinfo);
	if (search.suspects != NIL)
	{
		put_off_locked(&search);
		drop_read_workload(&search);
		drop_try_all(&search);
	}
	foreach(lc, search.suspects)
		put_suspect(result, &search, lfirst(lc));
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(search.context);
	return (Datum) 0;
}
