/*-------------------------------------------------------------------------
 *
 * target.c
 *		Columns whose statistics are too coarse for the values that a statement
 *		asks for.
 *
 * ANALYZE's own functions make the statistics of the column from the sample, at
 * the target that is in force and at larger ones, and the planner estimates with
 * them.  Where those at the present target are right, the column's statistics
 * are only old, and ANALYZE would do; nothing is advised then.
 * Entry point: target_advise().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_attribute.h"
#include "commands/vacuum.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/guc.h"
#include "utils/syscache.h"

#include "statistics/statistics_internal.h"
#include "whatif/whatif.h"

/* The largest statistics target that PostgreSQL takes. */
#define MAX_TARGET 10000

/* What statistics_in_sandbox() is to do. */
typedef struct TargetTask
{
	const Sample *sample;
	const Var  *column;
	double		tuples;
	int			target;
	HeapTuple	statistics;
} TargetTask;

/*
 * The statistics target set for a column, -1 where it is the default.
 */
int
column_target(Oid relid, AttrNumber attnum)
{
	HeapTuple	tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relid),
										Int16GetDatum(attnum));
	bool		isnull;
	Datum		target;

	if (!HeapTupleIsValid(tuple))
		return -1;
	target = SysCacheGetAttr(ATTNUM, tuple, Anum_pg_attribute_attstattarget,
							 &isnull);
	ReleaseSysCache(tuple);
	return isnull ? -1 : DatumGetInt32(target);
}

/*
 * Make the statistics of a column from its sample; a SandboxFn.
 */
static void
statistics_in_sandbox(void *arg)
{
	TargetTask *task = arg;
	int			attnum = task->column->varattno;

	task->statistics = column_statistics_from(task->sample->relid,
											  task->column,
											  task->sample->values[attnum - 1],
											  task->sample->nulls[attnum - 1],
											  task->sample->nrows,
											  task->tuples, task->target);
}

/*
 * The correction by which a column gets statistics of a target; NULL where
 * there are none.
 */
static Corrections *
target_corrections(const Statement *stmt, const Question *question,
				   const Sample *sample, const Var *column, int target)
{
	TargetTask	task = {.sample = sample,.column = column,
	.tuples = question->tuples,.target = target};
	Corrections *corrections = palloc0(sizeof(Corrections));
	ColumnCorrection *correction = palloc(sizeof(ColumnCorrection));

	if (sandbox_run(stmt->userid, "pg_catalog, pg_temp",
					statistics_in_sandbox, &task) != NULL ||
		task.statistics == NULL)
		return NULL;
	correction->relid = question->relid;
	correction->attnum = column->varattno;
	correction->statistics = task.statistics;
	corrections->columns = list_make1(correction);
	return corrections;
}

/*
 * Do two questions ask the same?
 */
static bool
questions_equal(const Question *left, const Question *right)
{
	if (left->relid != right->relid || left->grouping != right->grouping ||
		left->nitems != right->nitems)
		return false;
	for (int i = 0; i < left->nitems; i++)
	{
		if (!equal(left->items[i].expr, right->items[i].expr) ||
			!equal(left->items[i].clauses, right->items[i].clauses))
			return false;
	}
	return true;
}

/*
 * What the planner makes of an item of a question under corrections, or -1.
 */
static double
corrected_estimate(Statement *stmt, const Question *question, uint32 item,
				   const Corrections *corrections)
{
	WhatIfResult result;
	char	   *shape;
	ListCell   *cell;

	foreach(cell, questions_collect(stmt, corrections, &result, &shape))
	{
		const Question *other = lfirst(cell);

		if (questions_equal(question, other))
			return other->estimate[item];
	}
	return -1;
}

/*
 * The corrections of the smallest target that puts an item right, or NULL; not
 * the target in force.
 */
static Corrections *
find_target(Statement *stmt, const Question *question, const Measure *measure,
			const Sample *sample, int item, int *target)
{
	const Var  *column = (const Var *) question->items[item].expr;
	int			present = column_target(question->relid, column->varattno);
	bool		first = true;

	*target = present < 0 ? default_statistics_target : present;
	for (; *target > 0 && *target <= MAX_TARGET; *target *= 10)
	{
		Corrections *corrections = target_corrections(stmt, question, sample,
													  column, *target);
		double		estimate;

		CHECK_FOR_INTERRUPTS();
		if (corrections == NULL)
			return NULL;
		estimate = corrected_estimate(stmt, question, 1 << item, corrections);
		if (estimate >= 0 &&
			estimate_ratio(estimate, measure->joint[1 << item]) <= NEAR_FACTOR)
			return first ? NULL : corrections;
		first = false;
	}
	return NULL;
}

/*
 * A column that the planner is wrong about by itself: a larger target for it
 * and the proof that it matters, or NULL.
 */
Proof *
target_advise(const Advisor *advisor, Statement *stmt,
			  const Question *question, const Measure *measure,
			  const Sample *sample, int item, Misjudged *misjudged,
			  const WhatIfResult *before, char *shape)
{
	Corrections *corrections;

	if (!choose_column(advisor, question, measure, item, misjudged))
		return NULL;
	corrections = find_target(stmt, question, measure, sample, item,
							  &misjudged->target);
	return corrections == NULL ? NULL :
		prove_corrections(stmt, corrections, before, shape);
}
