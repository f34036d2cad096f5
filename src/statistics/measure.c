/*-------------------------------------------------------------------------
 *
 * measure.c
 *		What is true of a statement's clauses and groups in a sample.
 *
 * Where a value is not known, the measure is the mean over all combinations of
 * values that occur, each counted once: the planner's own assumption for such a
 * value is one of the column's distinct values, too.  With constants beside it
 * the combinations are those of the rows that the constants select.
 * Entry points: measure_make(), measure_distinct().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

#include "compat.h"
#include "statistics/statistics_internal.h"

/* What measure_in_sandbox() is to do. */
typedef struct MeasureTask
{
	const Question *question;
	const Sample *sample;
	Measure    *measure;
	bool		done;
} MeasureTask;

/* The expressions of a question, ready to run. */
typedef struct Runnable
{
	ExprState  *value[MAX_ITEMS];
	List	   *clauses[MAX_ITEMS]; /* of ExprState */
	TypeCacheEntry *type[MAX_ITEMS];
	Oid			collation[MAX_ITEMS];
} Runnable;

/*
 * Prepare the expressions.  False when values of one of them cannot be told
 * apart by a hash.
 */
static bool
make_runnable(Runnable *runnable, const Question *question, EState *estate)
{
	memset(runnable, 0, sizeof(*runnable));
	for (int i = 0; i < question->nitems; i++)
	{
		const StatItem *item = &question->items[i];
		ListCell   *cell;

		runnable->type[i] = lookup_type_cache(exprType(item->expr),
											  TYPECACHE_HASH_EXTENDED_PROC_FINFO);
		if (!OidIsValid(runnable->type[i]->hash_extended_proc_finfo.fn_oid))
			return false;
		runnable->collation[i] = exprCollation(item->expr);
		runnable->value[i] = ExecPrepareExpr((Expr *) item->expr, estate);
		if (item->unknown)
			continue;
		foreach(cell, item->clauses)
			runnable->clauses[i] = lappend(runnable->clauses[i],
										   ExecPrepareExpr(lfirst(cell), estate));
	}
	return true;
}

/*
 * Put a row of the sample into the slot.
 */
static void
fill_slot(TupleTableSlot *slot, const Sample *sample, int row)
{
	ExecClearTuple(slot);
	for (int i = 0; i < sample->descriptor->natts; i++)
	{
		slot->tts_isnull[i] = sample->values[i] == NULL ||
			sample->nulls[i][row];
		slot->tts_values[i] = slot->tts_isnull[i] ? (Datum) 0 :
			sample->values[i][row];
	}
	ExecStoreVirtualTuple(slot);
}

/*
 * Do all clauses hold for the current row?
 */
static bool
clauses_hold(List *clauses, ExprContext *context)
{
	ListCell   *cell;

	foreach(cell, clauses)
	{
		bool		isnull;
		Datum		value = ExecEvalExprSwitchContext(lfirst(cell), context,
													  &isnull);

		if (isnull || !DatumGetBool(value))
			return false;
	}
	return true;
}

/*
 * Measure one row.
 */
static void
measure_row(Measure *measure, const Runnable *runnable, ExprContext *context,
			int row)
{
	for (int i = 0; i < measure->nitems; i++)
	{
		bool		isnull;
		Datum		value = ExecEvalExprSwitchContext(runnable->value[i],
													  context, &isnull);
		MemoryContext old = MemoryContextSwitchTo(context->ecxt_per_tuple_memory);

		if (isnull)
			measure->isnull[row] |= 1 << i;
		else
			measure->codes[i][row] =
				DatumGetUInt64(FunctionCall2Coll(&runnable->type[i]->hash_extended_proc_finfo,
												 runnable->collation[i], value,
												 UInt64GetDatum(0)));
		MemoryContextSwitchTo(old);
		if (clauses_hold(runnable->clauses[i], context))
			measure->holds[row] |= 1 << i;
	}
}

/*
 * Evaluate the expressions on all rows; a SandboxFn.
 */
static void
measure_in_sandbox(void *arg)
{
	MeasureTask *task = arg;
	EState	   *estate = CreateExecutorState();
	ExprContext *context = GetPerTupleExprContext(estate);
	TupleTableSlot *slot = MakeSingleTupleTableSlot(task->sample->descriptor,
													&TTSOpsVirtual);
	Runnable	runnable;

	if (make_runnable(&runnable, task->question, estate))
	{
		context->ecxt_scantuple = slot;
		for (int row = 0; row < task->sample->nrows; row++)
		{
			CHECK_FOR_INTERRUPTS();
			ResetExprContext(context);
			fill_slot(slot, task->sample, row);
			measure_row(task->measure, &runnable, context, row);
		}
		task->done = true;
	}
	ExecDropSingleTupleTableSlot(slot);
	FreeExecutorState(estate);
}

/*
 * Order of codes.
 */
static int
compare_codes(const void *a, const void *b)
{
	uint64		left = *(const uint64 *) a;
	uint64		right = *(const uint64 *) b;

	return (left > right) - (left < right);
}

/*
 * One code per row for the values of a set of items together, sorted, of those
 * rows in which the items of "among" hold.  A group may have NULLs; a value
 * that is not known is none.  palloc'd.
 */
static uint64 *
measure_combine(const Measure *measure, uint32 items, uint32 among,
				int *count)
{
	uint64	   *codes = palloc((measure->nrows + 1) * sizeof(uint64));

	*count = 0;
	for (int row = 0; row < measure->nrows; row++)
	{
		uint64		code = 0;

		if ((measure->holds[row] & among) != among ||
			(measure->isnull[row] & items & measure->unknown) != 0)
			continue;
		for (int i = 0; i < measure->nitems; i++)
		{
			if ((items & (1 << i)) != 0)
				code = hash_combine64(code, measure->codes[i][row] +
									  ((measure->isnull[row] >> i) & 1));
		}
		codes[(*count)++] = code;
	}
	qsort(codes, *count, sizeof(uint64), compare_codes);
	return codes;
}

/*
 * Number of distinct combinations of values in the whole relation, among the
 * rows where the items of "among" hold: Duj1 of Haas and Stokes, as ANALYZE
 * has it.
 */
double
measure_distinct(const Measure *measure, uint32 items, uint32 among)
{
	int			count;
	uint64	   *codes = measure_combine(measure, items, among, &count);
	double		distinct = 0;
	double		once = 0;
	double		total;

	for (int i = 0; i < count; i++)
	{
		bool		starts = i == 0 || codes[i] != codes[i - 1];
		bool		ends = i == count - 1 || codes[i] != codes[i + 1];

		distinct += starts;
		once += starts && ends;
	}
	pfree(codes);
	if (count == 0)
		return 0;
	total = Max(measure->tuples * count / measure->nrows, count);
	if (measure->whole)
		return distinct;
	return Min(total, count * distinct /
			   (count - once + once * count / total));
}

/*
 * Share of the rows in which the items hold that have a constant.
 */
static double
share_of_known(const Measure *measure, uint32 items)
{
	double		count = 0;

	for (int row = 0; row < measure->nrows; row++)
		count += (measure->holds[row] & items) == items;
	return count / measure->nrows;
}

/*
 * Selectivity of a set of items together.
 */
static double
joint_selectivity(const Measure *measure, uint32 items)
{
	uint32		unknown = items & measure->unknown;
	double		share = share_of_known(measure, items & ~unknown);
	double		distinct = 1;

	if (unknown != 0)
		distinct = Max(measure_distinct(measure, unknown, items & ~unknown), 1);
	/* None in the sample is not none. */
	if (share == 0)
		share = 0.5 / measure->nrows;
	return share / distinct;
}

/*
 * Work out all sets of items.
 */
static void
measure_sets(Measure *measure, bool grouping)
{
	for (uint32 items = 1; items < (uint32) (1 << measure->nitems); items++)
	{
		CHECK_FOR_INTERRUPTS();
		measure->joint[items] = grouping ?
			measure_distinct(measure, items, 0) :
			joint_selectivity(measure, items);
	}
}

/*
 * Measure a question on a sample, as the statement's user.  NULL where it
 * cannot be done; *error is what a clause raised, or NULL.
 */
Measure *
measure_make(const Question *question, const Sample *sample,
			 const Statement *stmt, ErrorData **error)
{
	Measure    *measure = palloc0(sizeof(Measure));
	MeasureTask task = {question, sample, measure, false};

	*error = NULL;
	if (sample->nrows == 0)
		return NULL;
	measure->nrows = sample->nrows;
	measure->whole = sample->whole;
	measure->tuples = Max(question->tuples, sample->nrows);
	measure->nitems = question->nitems;
	measure->holds = palloc0(sample->nrows * sizeof(uint32));
	measure->isnull = palloc0(sample->nrows * sizeof(uint32));
	for (int i = 0; i < question->nitems; i++)
	{
		measure->codes[i] = palloc0(sample->nrows * sizeof(uint64));
		if (question->items[i].unknown)
			measure->unknown |= 1 << i;
	}
	*error = sandbox_run(stmt->userid, stmt->search_path, measure_in_sandbox,
						 &task);
	if (*error != NULL || !task.done)
		return NULL;
	measure_sets(measure, question->grouping);
	return measure;
}
