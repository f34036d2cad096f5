/*-------------------------------------------------------------------------
 *
 * threshold.c
 *		Thresholds of rules with what dbadvisor.rule_setting says instead: SQL
 *		functions threshold_text(), threshold() and name_matches().
 *
 * Rules ask for each of thousands of objects.  So the thresholds of a rule are
 * read once, and hold as long as the snapshot that they were read under: then
 * another look at the tables would find the same.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_collation_d.h"
#include "catalog/pg_type_d.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "compat.h"

PG_FUNCTION_INFO_V1(dbadvisor_name_matches);
PG_FUNCTION_INFO_V1(dbadvisor_threshold);
PG_FUNCTION_INFO_V1(dbadvisor_threshold_text);

/* A value of a threshold, and the objects that it is for. */
typedef struct Threshold
{
	char	   *name;
	text	   *pattern;		/* NULL for all objects */
	text	   *value;			/* NULL where the registry says null */
} Threshold;

/* What there is for one rule. */
typedef struct RuleThresholds
{
	char	   *rule;
	List	   *values;			/* of Threshold, those that go first in front */
} RuleThresholds;

/* What decides which rows a query sees; two that are equal see the same. */
typedef struct Visibility
{
	Oid			user;
	SubTransactionId subxact;
	TimestampTz started_at;		/* of the transaction */
	CommandId	command;
	TransactionId xmin;
	TransactionId xmax;
	uint32		xids;
	int32		subxids;
} Visibility;

/* What was read, in a context of its own, and what was visible then. */
static MemoryContext known_context = NULL;
static Visibility known_under;
static List *known_rules = NIL; /* of RuleThresholds */

/*
 * Settings by the order of dbadvisor.settings_of(), then the registry's row.
 */
static const char *const read_query =
"SELECT t.key, s.object_pattern, t.value,"
"       pg_catalog.length(s.object_pattern) AS length"
"  FROM dbadvisor.rule r"
"  JOIN dbadvisor.rule_setting s ON s.rule = r.rule"
" CROSS JOIN LATERAL pg_catalog.jsonb_each_text(s.thresholds) t"
" WHERE r.rule = $1"
"   AND r.thresholds OPERATOR(pg_catalog.?) t.key"
"   AND t.value IS NOT NULL"
" UNION ALL "
"SELECT t.key, NULL, t.value, NULL"
"  FROM dbadvisor.rule r"
" CROSS JOIN LATERAL pg_catalog.jsonb_each_text(r.thresholds) t"
" WHERE r.rule = $1"
" ORDER BY length DESC NULLS LAST, object_pattern";

/*
 * Does a name match a pattern with the wildcards of a shell?
 */
static bool
name_matches(text *name, text *pattern)
{
	StringInfoData like;

	initStringInfo(&like);
	for (int i = 0; i < (int) VARSIZE_ANY_EXHDR(pattern); i++)
	{
		char		c = VARDATA_ANY(pattern)[i];

		if (c == '\\' || c == '%' || c == '_')
			appendStringInfoChar(&like, '\\');
		appendStringInfoChar(&like, c == '*' ? '%' : c == '?' ? '_' : c);
	}
	return DatumGetBool(DirectFunctionCall2Coll(textlike, DEFAULT_COLLATION_OID,
												PointerGetDatum(name),
												PointerGetDatum(cstring_to_text_with_len(like.data, like.len))));
}

/*
 * SQL: name_matches(name text, pattern text)
 */
Datum
dbadvisor_name_matches(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(name_matches(PG_GETARG_TEXT_PP(0), PG_GETARG_TEXT_PP(1)));
}

/*
 * What is visible to the query that asks.
 */
static void
visibility_now(Visibility *now)
{
	Snapshot	snapshot = GetActiveSnapshot();

	/* Padding is compared, too. */
	memset(now, 0, sizeof(*now));
	now->user = GetUserId();
	now->subxact = GetCurrentSubTransactionId();
	now->started_at = GetCurrentTransactionStartTimestamp();
	now->command = snapshot->curcid;
	now->xmin = snapshot->xmin;
	now->xmax = snapshot->xmax;
	now->xids = snapshot->xcnt;
	now->subxids = snapshot->subxcnt;
}

/*
 * Forget what was read under another snapshot.
 */
static void
forget_what_is_old(void)
{
	Visibility	now;

	visibility_now(&now);
	if (known_context == NULL)
		known_context = AllocSetContextCreate(TopMemoryContext,
											  "dbadvisor thresholds",
											  ALLOCSET_SMALL_SIZES);
	else if (memcmp(&now, &known_under, sizeof(now)) == 0)
		return;
	MemoryContextReset(known_context);
	known_rules = NIL;
	memcpy(&known_under, &now, sizeof(now));
}

/*
 * A column of a row that was read as text; NULL where it is null.
 */
static text *
row_text(uint64 row, int column)
{
	char	   *value = SPI_getvalue(SPI_tuptable->vals[row],
									 SPI_tuptable->tupdesc, column);

	return value == NULL ? NULL : cstring_to_text(value);
}

/*
 * Run a query about a threshold.
 */
static void
query_threshold(const char *query, const char *rule, const char *name)
{
	Oid			types[] = {TEXTOID, TEXTOID};
	Datum		values[] = {CStringGetTextDatum(rule), CStringGetTextDatum(name)};

	if (SPI_execute_with_args(query, lengthof(types), types, values, NULL,
							  true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read thresholds: %s",
			 SPI_result_code_string(SPI_result));
}

/*
 * Copy what was read to where it is kept.
 */
static RuleThresholds *
keep_rows(const char *rule)
{
	MemoryContext old = MemoryContextSwitchTo(known_context);
	RuleThresholds *result = palloc0(sizeof(RuleThresholds));

	result->rule = pstrdup(rule);
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		Threshold  *threshold = palloc(sizeof(Threshold));

		threshold->name = text_to_cstring(row_text(row, 1));
		threshold->pattern = row_text(row, 2);
		threshold->value = row_text(row, 3);
		result->values = lappend(result->values, threshold);
	}
	known_rules = lcons(result, known_rules);
	MemoryContextSwitchTo(old);
	return result;
}

/*
 * The values of the thresholds of a rule, for a caller who wants this one.
 */
static List *
values_of(const char *rule, const char *name)
{
	RuleThresholds *result;
	ListCell   *lc;

	forget_what_is_old();
	foreach(lc, known_rules)
	{
		result = lfirst(lc);
		if (strcmp(result->rule, rule) == 0)
			return result->values;
	}
	SPI_connect();
	query_threshold(read_query, rule, name);
	result = keep_rows(rule);
	SPI_finish();
	return result->values;
}

/*
 * Is the threshold for an object, or for objects in general where that is NULL?
 */
static bool
is_for_object(const Threshold *threshold, text *object)
{
	if (threshold->pattern == NULL ||
		(VARSIZE_ANY_EXHDR(threshold->pattern) == 1 &&
		 VARDATA_ANY(threshold->pattern)[0] == '*'))
		return true;
	return object != NULL && name_matches(object, threshold->pattern);
}

/*
 * The value of a threshold for an object; NULL where the registry says null.
 */
static text *
threshold_value(const char *rule, const char *name, text *object)
{
	ListCell   *lc;

	foreach(lc, values_of(rule, name))
	{
		Threshold  *threshold = lfirst(lc);

		if (strcmp(threshold->name, name) == 0 &&
			is_for_object(threshold, object))
			return threshold->value;
	}

	/* There is none of this name: raise the error. */
	SPI_connect();
	query_threshold("SELECT dbadvisor.require_threshold($1, $2)", rule, name);
	SPI_finish();
	return NULL;
}

/*
 * The value that a caller of threshold_text() or threshold() asks for.
 */
static text *
argument_value(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		return NULL;
	return threshold_value(text_to_cstring(PG_GETARG_TEXT_PP(0)),
						   text_to_cstring(PG_GETARG_TEXT_PP(1)),
						   PG_ARGISNULL(2) ? NULL : PG_GETARG_TEXT_PP(2));
}

/*
 * SQL: threshold_text(rule text, name text, object_name text)
 */
Datum
dbadvisor_threshold_text(PG_FUNCTION_ARGS)
{
	text	   *value = argument_value(fcinfo);

	if (value == NULL)
		PG_RETURN_NULL();

	/* The caller may keep it longer than we do. */
	PG_RETURN_TEXT_P(cstring_to_text_with_len(VARDATA_ANY(value),
											  VARSIZE_ANY_EXHDR(value)));
}

/*
 * SQL: threshold(rule text, name text, object_name text)
 */
Datum
dbadvisor_threshold(PG_FUNCTION_ARGS)
{
	text	   *value = argument_value(fcinfo);

	if (value == NULL)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(DirectFunctionCall3(numeric_in,
										CStringGetDatum(text_to_cstring(value)),
										ObjectIdGetDatum(InvalidOid),
										Int32GetDatum(-1)));
}
