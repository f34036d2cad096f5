/*-------------------------------------------------------------------------
 *
 * show_plan.c
 *		SQL functions that show estimates and plans of sampled executions.
 *
 * As with samples, a row is shown to the user whose statement it is, and to
 * those who may see everybody's statements.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_authid_d.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "sampler_internal.h"

PG_FUNCTION_INFO_V1(dbadvisor_estimate_rows);
PG_FUNCTION_INFO_V1(dbadvisor_plan_rows);

#define ESTIMATE_COLUMNS 13
#define PLAN_COLUMNS 11

/* In the order of EstimateSort. */
static const char *const sort_names[] = {"scan", "sort", "hash", "aggregate"};

StaticAssertDecl(lengthof(sort_names) == ESTIMATE_AGGREGATE + 1,
				 "every sort has a name");

/*
 * Copies of the entries of a kind that the caller may see.
 */
static char *
entries_visible(SamplerKind kind, int *count)
{
	bool		all = has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS);

	*count = 0;
	if (sampler_shared == NULL)
		return NULL;
	return sampler_copy(kind, 0, all ? InvalidOid : GetUserId(), count);
}

/*
 * Estimated and actual rows of clauses, sorts and hashes.
 */
Datum
dbadvisor_estimate_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	EstimateEntry *entries;
	int			count;

	InitMaterializedSRF(fcinfo, 0);
	entries = (EstimateEntry *) entries_visible(KIND_ESTIMATES, &count);
	for (int i = 0; i < count; i++)
	{
		const EstimateEntry *entry = &entries[i];
		Datum		values[ESTIMATE_COLUMNS];
		bool		nulls[ESTIMATE_COLUMNS] = {false};

		values[0] = Int64GetDatum(entry->head.key.queryid);
		values[1] = ObjectIdGetDatum(entry->head.key.userid);
		values[2] = CStringGetTextDatum(sort_names[Min(entry->sort, ESTIMATE_AGGREGATE)]);
		values[3] = ObjectIdGetDatum(entry->relid);
		nulls[3] = !OidIsValid(entry->relid);
		values[4] = CStringGetTextDatum(entry->clause);
		nulls[4] = entry->clause[0] == '\0';
		values[5] = Int64GetDatum(entry->executions);
		values[6] = Float8GetDatum(entry->estimated / entry->executions);
		values[7] = Float8GetDatum(entry->actual / entry->executions);
		values[8] = Float8GetDatum(entry->removed / entry->executions);
		values[9] = Float8GetDatum(exp(entry->error / entry->executions));
		values[10] = Int64GetDatum(entry->spills);
		values[11] = Float8GetDatum(entry->spilled_kb);
		values[12] = TimestampTzGetDatum(entry->at);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/*
 * Plans of statements.
 */
Datum
dbadvisor_plan_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	PlanEntry  *entries;
	int			count;

	InitMaterializedSRF(fcinfo, 0);
	entries = (PlanEntry *) entries_visible(KIND_PLANS, &count);
	for (int i = 0; i < count; i++)
	{
		const PlanEntry *entry = &entries[i];
		Datum		values[PLAN_COLUMNS];
		bool		nulls[PLAN_COLUMNS] = {false};

		values[0] = Int64GetDatum(entry->head.key.queryid);
		values[1] = ObjectIdGetDatum(entry->head.key.userid);
		values[2] = Int64GetDatum((int64) entry->head.key.variant);
		values[3] = CStringGetTextDatum(entry->shape);
		values[4] = Int64GetDatum(entry->executions);
		values[5] = Float8GetDatum(entry->total_ms / entry->executions);
		values[6] = Float8GetDatum(entry->slowest_ms);
		values[7] = TimestampTzGetDatum(entry->since);
		values[8] = TimestampTzGetDatum(entry->at);
		values[9] = Float8GetDatum(entry->total_rows / entry->executions);
		values[10] = Float8GetDatum(entry->total_cost / entry->executions);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
