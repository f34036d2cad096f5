/*-------------------------------------------------------------------------
 *
 * what_if_partitioning.c
 *		SQL function dbadvisor.price_partitioning(): what the statements of the
 *		workload would cost if a table were partitioned.
 *
 * Statements are planned as they are first, which also tells whether their user
 * may run them; then with the shadow, in one subtransaction that is always
 * rolled back.  The cost of the planner has neither the time for planning nor the
 * start of the executor in it, which grow with the partitions that are left, so a
 * term for these is added.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "executor/instrument.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "parser/parsetree.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/tuplestore.h"

#include "partition/partition.h"
#include "partition/partition_internal.h"
#include "workload/workload.h"

PG_FUNCTION_INFO_V1(dbadvisor_price_partitioning);

/*
 * Milliseconds that each partition left costs: planning, by relation (the
 * partition and its indexes), and starting the executor.  Measured on
 * PostgreSQL 15 and 18 with 12 to 3,000 partitions: 13 to 26 us of planning with
 * two indexes, 30 to 106 us of both together with four.
 */
#define PLANNING_MS_PER_RELATION 0.0067
#define START_MS_PER_PARTITION 0.027

/* A statement loses when it takes longer by more than the model's error. */
#define LOSS_RATIO 1.1

int			partition_shadow_limit = 100;

/* A statement and what became of it. */
typedef struct PricedStatement
{
	Statement  *stmt;
	double		cost_before;
	double		cost_after;		/* -1: no longer possible, or not planned */
	double		partitions_left;	/* after planning */
	double		partitions_started; /* when execution has started */
	double		memory_before;	/* what it takes with all pages in memory, as
								 * things are and when execution has started */
	double		memory_started;
	const char *reason;			/* why there is no cost; or NULL */
	bool		fails;			/* only with the table partitioned */
} PricedStatement;

/* All of them, and what the shadow cost. */
typedef struct Pricing
{
	const Scheme *scheme;
	List	   *statements;		/* of PricedStatement */
} Pricing;

/* Columns of dbadvisor.price_partitioning(). */
enum
{
	ROW_QUERYID, ROW_USERID, ROW_QUERY, ROW_CALLS, ROW_MS_PER_DAY,
	ROW_WINDOW_DAYS, ROW_COST_BEFORE, ROW_COST_AFTER, ROW_RATIO,
	ROW_PARTITIONS_LEFT, ROW_PARTITIONS_STARTED, ROW_PARTITIONS, ROW_OVERHEAD_MS, ROW_MS_BEFORE,
	ROW_MS_AFTER, ROW_LOSES, ROW_REASON, ROW_DELETES, ROW_COLUMNS
};

/*
 * Refuse where nothing can be created, even for a moment.
 */
static void
check_writable(void)
{
	if (!RecoveryInProgress() && !XactReadOnly)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
			 errmsg("cannot price partitioning %s",
					RecoveryInProgress() ? "on a standby" :
					"in a read-only transaction"),
			 errdetail("The planner is asked with empty tables, which are created and rolled back."),
			 errhint("Call it in a read-write transaction of the primary; dbadvisor.partition_candidates() works here.")));
}

/*
 * Keep a statement if it touches the table and can be planned as that is.
 */
static void
take_statement(Pricing *pricing, Statement *stmt)
{
	PricedStatement *priced;
	WhatIfConfig as_it_is = {.timed = true};
	WhatIfResult before;

	statement_analyze(stmt);
	if (stmt->state != STATEMENT_PLANNABLE ||
		!list_member_oid(stmt->relations, pricing->scheme->relid))
	{
		statement_free(stmt);
		return;
	}
	priced = palloc0(sizeof(PricedStatement));
	priced->stmt = stmt;
	priced->cost_after = -1;
	before = whatif_statement(stmt, &as_it_is, false);
	priced->cost_before = before.cost;
	priced->memory_before = before.memory_cost;
	if (before.error != NULL)
		priced->reason = error_summary(before.error);
	pricing->statements = lappend(pricing->statements, priced);
}

/*
 * Read the workload, and keep of it what is to be priced.
 */
static void
take_workload(Pricing *pricing)
{
	const char *missing;
	ListCell   *cell;

	foreach(cell, workload_read(&missing))
	{
		CHECK_FOR_INTERRUPTS();
		take_statement(pricing, lfirst(cell));
	}
}

/*
 * Take look-ups that no workload shows, since triggers do them, each with its
 * number of calls.
 */
static void
take_lookups(Pricing *pricing, List *texts, ArrayType *calls)
{
	Oid			owner = pricing->scheme->owner;
	ListCell   *cell;

	if (ARR_NDIM(calls) > 1 || array_contains_nulls(calls) ||
		ArrayGetNItems(ARR_NDIM(calls), ARR_DIMS(calls)) != list_length(texts))
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("each look-up needs a number of calls")));
	foreach(cell, texts)
	{
		Statement  *stmt = statement_make(lfirst(cell), owner,
										  "pg_catalog, pg_temp");

		CHECK_FOR_INTERRUPTS();
		stmt->calls = ((float8 *) ARR_DATA_PTR(calls))[foreach_current_index(cell)];
		take_statement(pricing, stmt);
	}
}

/*
 * Plan a statement with the shadow; where partitions are left, once more with
 * those that are left when execution has started.
 */
static void
price_statement(PricedStatement *priced, WhatIfConfig *config)
{
	WhatIfResult after = whatif_statement(priced->stmt, config, false);

	priced->cost_after = after.cost;
	priced->partitions_left = priced->partitions_started = after.partitions;
	if (after.error == NULL && after.partitions > 1)
	{
		config->at_start = true;
		after = whatif_statement(priced->stmt, config, false);
		config->at_start = false;
		priced->partitions_started = after.partitions;
	}
	priced->memory_started = after.memory_cost;
	if (after.error == NULL)
		return;
	priced->reason = error_summary(after.error);
	priced->fails = after.error->sqlerrcode != ERRCODE_QUERY_CANCELED &&
		after.error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE;
}

/*
 * Plan the statements with the shadow.
 */
static void
price_statements(Pricing *pricing)
{
	WhatIfConfig config = {.shadow = create_shadow(pricing->scheme),.timed = true};
	ListCell   *cell;

	foreach(cell, pricing->statements)
	{
		PricedStatement *priced = lfirst(cell);

		CHECK_FOR_INTERRUPTS();
		if (priced->reason == NULL)
			price_statement(priced, &config);
	}
}

/*
 * The same in a subtransaction that is rolled back in the end, whatever
 * happened.
 */
static void
price_and_roll_back(Pricing *pricing)
{
	MemoryContext caller_context = CurrentMemoryContext;
	ResourceOwner caller_owner = CurrentResourceOwner;
	ErrorData  *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	PG_TRY();
	{
		MemoryContextSwitchTo(caller_context);
		price_statements(pricing);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(caller_context);
		error = CopyErrorData();
		FlushErrorState();
	}
	PG_END_TRY();
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(caller_context);
	CurrentResourceOwner = caller_owner;
	if (error != NULL)
		ReThrowError(error);
}

/*
 * Milliseconds per call as things are: as counted, or as the cost says.
 */
static double
ms_before(const PricedStatement *priced)
{
	const Statement *stmt = priced->stmt;

	return stmt->calls > 0 && stmt->total_ms > 0 ? stmt->total_ms / stmt->calls :
		priced->cost_before * whatif_us_per_cost(stmt, priced->cost_before) / 1000;
}

/*
 * What partitions beyond the first take; see partition_internal.h.
 */
double
partition_overhead_ms(double left, double started, int index_count)
{
	return Max(left - 1, 0) * PLANNING_MS_PER_RELATION * (1 + index_count) +
		Max(started - 1, 0) * START_MS_PER_PARTITION;
}

/*
 * Set a number of a row.
 */
void
row_set_number(Datum *values, bool *nulls, int column, double value)
{
	values[column] = Float8GetDatum(value);
	nulls[column] = false;
}

/*
 * Set a text of a row; NULL stays null.
 */
void
row_set_text(Datum *values, bool *nulls, int column, const char *value)
{
	if (value == NULL)
		return;
	values[column] = CStringGetTextDatum(value);
	nulls[column] = false;
}

/*
 * Fill in whose statement it is and what it takes.
 */
static void
fill_statement(const Statement *stmt, Datum *values, bool *nulls)
{
	DailyTime	daily = statement_daily_time(stmt);

	values[ROW_QUERYID] = Int64GetDatum(stmt->queryid);
	nulls[ROW_QUERYID] = stmt->queryid == 0;
	values[ROW_USERID] = ObjectIdGetDatum(stmt->userid);
	nulls[ROW_USERID] = false;
	row_set_text(values, nulls, ROW_QUERY, stmt->text);
	if (stmt->calls >= 0)
		row_set_number(values, nulls, ROW_CALLS, stmt->calls);
	if (daily.ms >= 0)
	{
		row_set_number(values, nulls, ROW_MS_PER_DAY, daily.ms);
		row_set_number(values, nulls, ROW_WINDOW_DAYS, daily.days);
	}
}

/*
 * Fill in what partitioning does to it.
 */
static void
fill_prices(const PricedStatement *priced, const Scheme *scheme,
			Datum *values, bool *nulls)
{
	double		before = ms_before(priced);
	double		cost = priced->cost_before > 0 ? priced->cost_before : 1;
	double		overhead = partition_overhead_ms(priced->partitions_left,
												 priced->partitions_started,
												 scheme->index_count);
	double		ratio = priced->memory_before > 0 ?
	priced->memory_started / priced->memory_before : priced->cost_after / cost;
	double		after = before * ratio + overhead;

	row_set_number(values, nulls, ROW_COST_BEFORE, priced->cost_before);
	row_set_number(values, nulls, ROW_COST_AFTER, priced->cost_after);
	row_set_number(values, nulls, ROW_RATIO, priced->cost_after / cost);
	row_set_number(values, nulls, ROW_PARTITIONS_LEFT, priced->partitions_left);
	row_set_number(values, nulls, ROW_PARTITIONS_STARTED,
				   priced->partitions_started);
	row_set_number(values, nulls, ROW_OVERHEAD_MS, overhead);
	row_set_number(values, nulls, ROW_MS_BEFORE, before);
	row_set_number(values, nulls, ROW_MS_AFTER, after);
	values[ROW_LOSES] = BoolGetDatum(after > before * LOSS_RATIO);
	nulls[ROW_LOSES] = false;
}

/*
 * Does the statement delete rows of the table, and nothing else?
 */
static bool
deletes_from(const Statement *stmt, Oid relid)
{
	Query	   *query;

	if (list_length(stmt->queries) != 1)
		return false;
	query = linitial_node(Query, stmt->queries);
	return query->commandType == CMD_DELETE &&
		rt_fetch(query->resultRelation, query->rtable)->relid == relid;
}

/*
 * Put out the row of one statement.
 */
static void
put_row(ReturnSetInfo *result, const PricedStatement *priced,
		const Scheme *scheme)
{
	Datum		values[ROW_COLUMNS] = {0};
	bool		nulls[ROW_COLUMNS];

	memset(nulls, true, sizeof(nulls));
	fill_statement(priced->stmt, values, nulls);
	row_set_number(values, nulls, ROW_PARTITIONS, scheme->partitions);
	row_set_text(values, nulls, ROW_REASON, priced->reason);
	values[ROW_DELETES] = BoolGetDatum(deletes_from(priced->stmt, scheme->relid));
	nulls[ROW_DELETES] = false;
	if (priced->reason == NULL)
		fill_prices(priced, scheme, values, nulls);
	else if (priced->fails)
	{
		row_set_number(values, nulls, ROW_COST_BEFORE, priced->cost_before);
		row_set_number(values, nulls, ROW_MS_BEFORE, ms_before(priced));
		values[ROW_LOSES] = BoolGetDatum(true);
		nulls[ROW_LOSES] = false;
	}
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/*
 * The elements of a text array as strings.
 */
static List *
strings_of_array(ArrayType *array)
{
	List	   *strings = NIL;
	Datum	   *elements;
	bool	   *nulls;
	int			count;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &elements,
					  &nulls, &count);
	for (int i = 0; i < count; i++)
		if (!nulls[i])
			strings = lappend(strings, TextDatumGetCString(elements[i]));
	return strings;
}

/*
 * price_partitioning(relation, key, strategy, bounds, partitions, sub_key,
 *					sub_partitions, lookups, calls)
 *
 * "bounds" are the inner bounds of ranges or the values of a list, "sub_key" the
 * column of a second level, "" for none, "lookups" statements beside the workload
 * with the number of their calls.
 */
Datum
dbadvisor_price_partitioning(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context;
	Pricing		pricing = {0};
	ListCell   *cell;

	check_writable();
	InitMaterializedSRF(fcinfo, 0);
	context = AllocSetContextCreate(caller, "dbadvisor partitioning",
									ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(context);
	pricing.scheme = scheme_make(PG_GETARG_OID(0),
								 text_to_cstring(PG_GETARG_TEXT_PP(1)),
								 text_to_cstring(PG_GETARG_TEXT_PP(2)),
								 strings_of_array(PG_GETARG_ARRAYTYPE_P(3)),
								 PG_GETARG_INT32(4),
								 text_to_cstring(PG_GETARG_TEXT_PP(5)),
								 PG_GETARG_INT32(6));
	take_workload(&pricing);
	take_lookups(&pricing, strings_of_array(PG_GETARG_ARRAYTYPE_P(7)),
				 PG_GETARG_ARRAYTYPE_P(8));
	price_and_roll_back(&pricing);
	foreach(cell, pricing.statements)
		put_row(result, lfirst(cell), pricing.scheme);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	return (Datum) 0;
}

/*
 * Define the settings.  Called once, when the library is loaded.
 */
void
partition_init(void)
{
	DefineCustomIntVariable("dbadvisor.shadow_partitions",
							"Most empty partitions that are created and rolled back to price partitioning.",
							"Further partitions are planned as one, and what they cost more is added.",
							&partition_shadow_limit,
							100, 2, 1000, PGC_USERSET, 0,
							NULL, NULL, NULL);
}
