/*-------------------------------------------------------------------------
 *
 * show.c
 *		Read the samples, and the SQL functions that show them.
 *
 * Values are data: a row is shown to the user whose statement it is, and to
 * those who may see everybody's statements in pg_stat_statements.
 * Entry points: sampler_read(); the SQL functions parameter_samples(),
 * sampler_status() and sampler_reset().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_authid_d.h"
#include "catalog/pg_type_d.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "sampler_internal.h"

PG_FUNCTION_INFO_V1(dbadvisor_parameter_samples);
PG_FUNCTION_INFO_V1(dbadvisor_sampler_status);
PG_FUNCTION_INFO_V1(dbadvisor_sampler_reset);

#define SAMPLE_COLUMNS 11
#define STATUS_COLUMNS 10

/*
 * What is known of the parameters of an entry's statement.
 */
static void
shares_read(const SamplerEntry *entry, SampledStatement *statement)
{
	statement->executions = entry->seen;
	statement->share = palloc0((entry->nparams + 1) * sizeof(double));
	for (int i = 0; i < Min(entry->nparams, SAMPLER_VOTES); i++)
		statement->share[i] = (double) entry->votes[i].matches / entry->seen;
}

/*
 * Make a statement of a copy of an entry.
 */
static SampledStatement *
entry_read(const SamplerEntry *entry)
{
	SampledStatement *statement = palloc0(sizeof(SampledStatement));

	statement->queryid = entry->head.key.queryid;
	statement->userid = entry->head.key.userid;
	statement->nparams = entry->nparams;
	statement->nsets = entry->nsets;
	statement->sets = palloc0(entry->nsets * sizeof(SampledSet));
	for (int i = 0; i < entry->nsets; i++)
		set_unpack(sampler_set(entry, i), entry->nparams, &statement->sets[i]);
	shares_read(entry, statement);
	return statement;
}

/*
 * Read samples; see sampler.h.
 */
List *
sampler_read(int64 queryid, Oid userid)
{
	List	   *result = NIL;
	char	   *copies;
	int			count;

	if (sampler_shared == NULL)
		return NIL;
	copies = sampler_copy(KIND_SAMPLES, queryid, userid, &count);
	for (int i = 0; i < count; i++)
		result = lappend(result,
						 entry_read((SamplerEntry *) (copies + (Size) i *
													  sampler_shared->areas[KIND_SAMPLES].entry_size)));
	pfree(copies);
	return result;
}

/*
 * An array with one element per parameter of a set, of one sort.
 */
typedef enum ParameterArray
{
	ARRAY_VALUES, ARRAY_TYPES, ARRAY_CONSTANT, ARRAY_KEPT
} ParameterArray;

static Datum
parameter_array(const SampledStatement *statement, const SampledSet *set,
				ParameterArray sort)
{
	static const Oid types[] = {TEXTOID, REGTYPEOID, BOOLOID, BOOLOID};
	static const int lengths[] = {-1, sizeof(Oid), 1, 1};
	static const char aligns[] = {TYPALIGN_INT, TYPALIGN_INT, TYPALIGN_CHAR,
	TYPALIGN_CHAR};
	int			count = statement->nparams;
	Datum	   *items = palloc0((count + 1) * sizeof(Datum));
	bool	   *nulls = palloc0((count + 1) * sizeof(bool));
	int			lower = 1;

	for (int i = 0; i < count; i++)
	{
		const SampledValue *value = &set->values[i];

		if (sort == ARRAY_VALUES && value->text !=NULL)
			items[i] = CStringGetTextDatum(value->text);
		else if (sort == ARRAY_VALUES)
			nulls[i] = true;
		else if (sort == ARRAY_TYPES)
			items[i] = ObjectIdGetDatum(value->type);
		else if (sort == ARRAY_CONSTANT)
			items[i] = BoolGetDatum(value->constant);
		else
			items[i] = BoolGetDatum(value->state != SAMPLED_ABSENT);
	}
	return PointerGetDatum(construct_md_array(items, nulls, count > 0 ? 1 : 0,
											  &count, &lower, types[sort],
											  lengths[sort], lengths[sort] > 0,
											  aligns[sort]));
}

/*
 * The share of the most frequent value per parameter; null where not known.
 */
static Datum
share_array(const SampledStatement *statement)
{
	int			count = statement->nparams;
	Datum	   *items = palloc0((count + 1) * sizeof(Datum));
	bool	   *nulls = palloc0((count + 1) * sizeof(bool));
	int			lower = 1;

	for (int i = 0; i < count; i++)
	{
		items[i] = Float8GetDatum(statement->share[i]);
		nulls[i] = statement->share[i] <= 0;
	}
	return PointerGetDatum(construct_md_array(items, nulls, count > 0 ? 1 : 0,
											  &count, &lower, FLOAT8OID,
											  sizeof(float8), FLOAT8PASSBYVAL,
											  TYPALIGN_DOUBLE));
}

/*
 * Put a row for each set of a statement.
 */
static void
statement_put(ReturnSetInfo *result, const SampledStatement *statement)
{
	for (int i = 0; i < statement->nsets; i++)
	{
		const SampledSet *set = &statement->sets[i];
		Datum		values[SAMPLE_COLUMNS];
		bool		nulls[SAMPLE_COLUMNS] = {false};

		values[0] = Int64GetDatum(statement->queryid);
		values[1] = ObjectIdGetDatum(statement->userid);
		values[2] = CStringGetTextDatum(set->search_path);
		values[3] = parameter_array(statement, set, ARRAY_VALUES);
		values[4] = parameter_array(statement, set, ARRAY_TYPES);
		values[5] = parameter_array(statement, set, ARRAY_CONSTANT);
		values[6] = parameter_array(statement, set, ARRAY_KEPT);
		values[7] = share_array(statement);
		values[8] = Float8GetDatum(set->ms);
		values[9] = Float8GetDatum(set->rows);
		values[10] = TimestampTzGetDatum(set->at);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
}

/*
 * All samples of this database that the caller may see.
 */
Datum
dbadvisor_parameter_samples(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	bool		all = has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS);
	ListCell   *lc;

	InitMaterializedSRF(fcinfo, 0);
	foreach(lc, sampler_read(0, all ? InvalidOid : GetUserId()))
		statement_put(result, lfirst(lc));
	return (Datum) 0;
}

/*
 * What keeps the sampler from sampling; NULL for nothing.
 */
static const char *
sampler_state(void)
{
	if (sampler_shared == NULL)
		return sampler_size == 0 ? "no memory" : "not preloaded";
	if (!sampler_enabled || sampler_rate <= 0)
		return "off";
	return IsQueryIdEnabled() ? "on" : "no query identifiers";
}

/*
 * Count statements and sets, and the bytes that sets really fill.
 */
static void
usage_count(int64 *statements, int64 *sets, int64 *bytes)
{
	*statements = *sets = *bytes = 0;
	for (int bucket = 0; bucket < sampler_shared->areas[KIND_SAMPLES].nbuckets; bucket++)
	{
		CHECK_FOR_INTERRUPTS();
		LWLockAcquire(sampler_lock(KIND_SAMPLES, bucket), LW_SHARED);
		for (int way = 0; way < SAMPLER_WAYS; way++)
		{
			const SamplerEntry *entry = (SamplerEntry *)
			sampler_entry(KIND_SAMPLES, bucket, way);

			if (entry->head.key.queryid == 0)
				continue;
			(*statements)++;
			*sets += entry->nsets;
			for (int i = 0; i < entry->nsets; i++)
				*bytes += sampler_set(entry, i)->length;
		}
		LWLockRelease(sampler_lock(KIND_SAMPLES, bucket));
	}
}

/*
 * One row about the sampler itself, of all databases.
 */
Datum
dbadvisor_sampler_status(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum		values[STATUS_COLUMNS] = {0};
	bool		nulls[STATUS_COLUMNS];
	int64		counts[3];

	InitMaterializedSRF(fcinfo, 0);
	memset(nulls, sampler_shared == NULL, sizeof(nulls));
	nulls[0] = false;
	values[0] = CStringGetTextDatum(sampler_state());
	if (sampler_shared != NULL)
	{
		usage_count(&counts[0], &counts[1], &counts[2]);
		values[1] = Int64GetDatum(counts[0]);
		values[2] = Int64GetDatum((int64) sampler_shared->areas[KIND_SAMPLES].nbuckets * SAMPLER_WAYS);
		values[3] = Int64GetDatum(counts[1]);
		values[4] = Int64GetDatum(counts[2]);
		values[5] = Int64GetDatum(pg_atomic_read_u64(&sampler_shared->recorded));
		values[6] = Int64GetDatum(pg_atomic_read_u64(&sampler_shared->evicted));
		values[7] = Int64GetDatum(pg_atomic_read_u64(&sampler_shared->lost[LOSS_BUSY]));
		values[8] = Int64GetDatum(pg_atomic_read_u64(&sampler_shared->lost[LOSS_PARAMETERS]) +
								  pg_atomic_read_u64(&sampler_shared->lost[LOSS_LENGTH]));
		values[9] = Int64GetDatum(pg_atomic_read_u64(&sampler_shared->lost[LOSS_UNKNOWN]));
	}
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	return (Datum) 0;
}

/*
 * Forget all samples, of all databases.
 */
Datum
dbadvisor_sampler_reset(PG_FUNCTION_ARGS)
{
	(void) fcinfo;
	if (sampler_shared != NULL)
		sampler_forget();
	PG_RETURN_VOID();
}
