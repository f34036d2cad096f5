/*-------------------------------------------------------------------------
 *
 * whatif_cpu.c
 *		Measure the CPU time of a what-if call against the planner's own.
 *
 * Linked with the extension's code, since that is not visible from outside.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <time.h>

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "optimizer/planner.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "whatif/whatif.h"

PG_FUNCTION_INFO_V1(bench_what_if);

/* Calls timed together; the fastest batch counts. */
#define BATCH 20

/* What one benchmark works on. */
typedef struct Bench
{
	Statement  *stmt;
	const char *definition;		/* NULL: none */
	WhatIfConfig config;
	int			batches;
	double		create_us;		/* making the hypothetical index */
	double		planner_us;		/* standard_planner() alone */
	double		what_if_us;		/* whatif_plan() inside a sandbox */
	double		statement_us;	/* whatif_statement(), own sandbox */
} Bench;

/* One step that is timed. */
typedef void (*Step) (Bench *bench);

/*
 * Return the CPU time of this process in microseconds.
 */
static double
cpu_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

/*
 * Return the time of one call of the step: that of the fastest batch.
 */
static double
time_step(Bench *bench, Step step)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "bench step",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	double		best = -1;

	for (int batch = 0; batch < bench->batches; batch++)
	{
		double		start = cpu_us();
		double		used;

		for (int i = 0; i < BATCH; i++)
		{
			step(bench);
			MemoryContextReset(context);
		}
		used = (cpu_us() - start) / BATCH;
		best = best < 0 ? used : Min(best, used);
		CHECK_FOR_INTERRUPTS();
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	return best;
}

/*
 * Make the hypothetical index.
 */
static void
step_create(Bench *bench)
{
	(void) hypo_index_from_text(bench->definition);
}

/*
 * Run the planner as the database is.
 */
static void
step_planner(Bench *bench)
{
	Query	   *query = copyObject(linitial_node(Query, bench->stmt->queries));

	(void) standard_planner(query, bench->stmt->text, CURSOR_OPT_PARALLEL_OK,
							NULL);
}

/*
 * Copy the query, which step_planner() does too.
 */
static void
step_copy(Bench *bench)
{
	(void) copyObject(linitial_node(Query, bench->stmt->queries));
}

/*
 * Plan under the configuration, inside a sandbox.
 */
static void
step_what_if(Bench *bench)
{
	(void) whatif_plan(bench->stmt, &bench->config, false);
}

/*
 * Plan under the configuration, with a sandbox of its own.
 */
static void
step_statement(Bench *bench)
{
	WhatIfResult result = whatif_statement(bench->stmt, &bench->config, false);

	if (result.error != NULL)
		ReThrowError(result.error);
}

/*
 * Time what runs inside a sandbox; a SandboxFn.
 */
static void
bench_inside(void *arg)
{
	Bench	   *bench = arg;

	statement_prepare(bench->stmt);
	if (bench->definition != NULL)
	{
		bench->config.indexes =
			list_make1(hypo_index_from_text(bench->definition));
		bench->create_us = time_step(bench, step_create);
	}
	bench->planner_us = time_step(bench, step_planner) -
		time_step(bench, step_copy);
	bench->what_if_us = time_step(bench, step_what_if);
}

/*
 * bench_what_if(query text, definition text, batches int): CPU microseconds.
 */
Datum
bench_what_if(PG_FUNCTION_ARGS)
{
	TupleDesc	desc;
	Datum		values[4];
	bool		nulls[4] = {0};
	Bench		bench = {0};
	ErrorData  *error;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	bench.stmt = statement_make(text_to_cstring(PG_GETARG_TEXT_PP(0)),
								GetUserId(), NULL);
	bench.definition = PG_ARGISNULL(1) ? NULL :
		text_to_cstring(PG_GETARG_TEXT_PP(1));
	bench.batches = PG_GETARG_INT32(2);
	statement_analyze_or_raise(bench.stmt);
	error = sandbox_run(GetUserId(), NULL, bench_inside, &bench);
	if (error != NULL)
		ReThrowError(error);
	bench.statement_us = time_step(&bench, step_statement);
	values[0] = Float8GetDatum(bench.create_us);
	values[1] = Float8GetDatum(bench.planner_us);
	values[2] = Float8GetDatum(bench.what_if_us);
	values[3] = Float8GetDatum(bench.statement_us);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc),
													  values, nulls)));
}
