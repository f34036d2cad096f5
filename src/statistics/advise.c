/*-------------------------------------------------------------------------
 *
 * advise.c
 *		Go through the workload and collect the statistics that it lacks.
 *
 * Statements come in order of their time, those first for which a sampled
 * execution had other rows than the planner expected.  One that cannot be analysed, planned
 * or measured is counted and passed over.
 * Entry point: advise_workload().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "sampler/sampler.h"
#include "statistics/statistics_internal.h"

/*
 * An estimate that was this far off when the statement ran calls for a look.
 */
#define MISESTIMATED 5

/*
 * The worst of the estimates that were seen of a statement, of one table or of
 * all (InvalidOid); NULL where its rows were not counted.
 */
static const SampledEstimate *
worst_estimate(List *estimates, const Statement *stmt, Oid relid)
{
	const SampledEstimate *worst = NULL;
	ListCell   *cell;

	foreach(cell, estimates)
	{
		const SampledEstimate *estimate = lfirst(cell);

		if (estimate->queryid == stmt->queryid &&
			estimate->userid == stmt->userid &&
			(!OidIsValid(relid) || estimate->relid == relid) &&
			(worst == NULL || estimate->factor > worst->factor))
			worst = estimate;
	}
	return worst;
}

/*
 * Put the statements first whose estimates were seen to be wrong.
 */
static List *
misestimated_first(List *statements)
{
	List	   *estimates = sampler_estimates(0, InvalidOid);
	List	   *wrong = NIL;
	List	   *others = NIL;
	ListCell   *cell;

	foreach(cell, statements)
	{
		const SampledEstimate *worst = worst_estimate(estimates, lfirst(cell),
													  InvalidOid);

		if (worst != NULL && worst->factor >= MISESTIMATED)
			wrong = lappend(wrong, lfirst(cell));
		else
			others = lappend(others, lfirst(cell));
	}
	return list_concat(wrong, others);
}

/*
 * Order of statements: those whose time is unknown were given by hand and are
 * few, then the most expensive first.
 */
static int
compare_importance(const ListCell *a, const ListCell *b)
{
	double		left = ((Statement *) lfirst(a))->total_ms;
	double		right = ((Statement *) lfirst(b))->total_ms;

	if ((left < 0) != (right < 0))
		return left < 0 ? -1 : 1;
	return (left < right) - (left > right);
}

/*
 * Is there neither time nor memory for another statement?
 */
static bool
advisor_over(Advisor *advisor)
{
	CHECK_FOR_INTERRUPTS();
	return GetCurrentTimestamp() >= advisor->deadline ||
		MemoryContextMemAllocated(advisor->context, true) >=
		advisor->memory_limit;
}

/*
 * Order of the expressions of statistics: columns first, as they are in the
 * table.
 */
static int
compare_expressions(const ListCell *a, const ListCell *b)
{
	Node	   *left = lfirst(a);
	Node	   *right = lfirst(b);

	if (IsA(left, Var) && IsA(right, Var))
		return ((Var *) left)->varattno - ((Var *) right)->varattno;
	if (IsA(left, Var) || IsA(right, Var))
		return IsA(left, Var) ? -1 : 1;
	return strcmp(nodeToString(left), nodeToString(right));
}

/*
 * The advice that would put a misjudged set right, without uses.
 */
static Advice *
advice_make(const Question *question, const Measure *measure,
			const Misjudged *misjudged)
{
	Advice	   *advice = palloc0(sizeof(Advice));

	advice->relid = question->relid;
	advice->kinds = misjudged->kinds;
	advice->target = misjudged->target;
	advice->sample_rows = measure->nrows;
	advice->sample_whole = measure->whole;
	advice->tuples = measure->tuples;
	for (int i = 0; i < question->nitems; i++)
	{
		if ((misjudged->items & (1 << i)) != 0)
			advice->exprs = lappend(advice->exprs, question->items[i].expr);
	}
	list_sort(advice->exprs, compare_expressions);
	return advice;
}

/* What exist_in_sandbox() is to find out. */
typedef struct ExistTask
{
	Advice	   *advice;
	bool		unwanted;		/* exists, or cannot be made */
} ExistTask;

/*
 * Look for existing statistics, and for a reason not to make these; a
 * SandboxFn.
 */
static void
exist_in_sandbox(void *arg)
{
	ExistTask  *task = arg;

	task->unwanted = statistics_exist(task->advice, &task->advice->existing) ||
		!expressions_are_trusted(task->advice->relid, task->advice->exprs);
}

/*
 * May this be advised?  ANALYZE evaluates the expressions as the table's
 * owner, and must not run somebody else's code for him.
 */
static bool
advice_is_wanted(Advice *advice)
{
	ExistTask	task = {.advice = advice};

	return sandbox_run(GetUserId(), NULL, exist_in_sandbox, &task) == NULL &&
		!task.unwanted;
}

/*
 * Is the new plan worth it?  Where the old plan could not be priced, it is
 * enough that the planner, which knows better now, prefers another.
 */
static bool
proof_counts(const Advisor *advisor, const Proof *proof)
{
	return proof != NULL && proof->changed &&
		(proof->cost_before < 0 ||
		 proof->cost_after <= proof->cost_before * (1 - advisor->min_gain));
}

/*
 * What is to be known of a statement for which the advice holds.
 */
static Use *
use_make(const Statement *stmt, const Question *question,
		 const Misjudged *misjudged, const Proof *proof)
{
	Use		   *use = palloc0(sizeof(Use));
	double		unit = question->grouping ? 1 : question->tuples;
	const SampledEstimate *seen =
	worst_estimate(sampler_estimates(stmt->queryid, stmt->userid), stmt,
				   question->relid);

	use->queryid = stmt->queryid;
	use->calls = stmt->calls;
	use->total_ms = stmt->total_ms;
	use->daily = statement_daily_time(stmt);
	use->params_source = pstrdup(stmt->params_source ?
								 stmt->params_source : "generic");
	use->grouping = question->grouping;
	use->rows_estimated = Max(misjudged->estimate * unit, 1);
	use->rows_sampled = misjudged->sampled * unit;
	use->factor = misjudged->factor;
	if (seen != NULL && !question->grouping)
	{
		use->executions = seen->executions;
		use->rows_expected = seen->estimated;
		use->rows_counted = seen->actual;
	}
	use->proof = *proof;
	use->proof.plan_before = pstrdup(proof->plan_before);
	use->proof.plan_after = pstrdup(proof->plan_after);
	return use;
}

/*
 * Add a use to the advice that says the same, or to a new one.
 */
static void
advice_add(Advisor *advisor, const Advice *advice, const Statement *stmt,
		   const Question *question, const Misjudged *misjudged,
		   const Proof *proof)
{
	MemoryContext old = MemoryContextSwitchTo(advisor->context);
	Advice	   *known = NULL;
	ListCell   *cell;

	foreach(cell, advisor->advice)
	{
		Advice	   *other = lfirst(cell);

		if (other->relid == advice->relid &&
			(other->kinds & KIND_TARGET) == (advice->kinds & KIND_TARGET) &&
			equal(other->exprs, advice->exprs))
			known = other;
	}
	if (known == NULL)
	{
		known = palloc(sizeof(Advice));
		*known = *advice;
		known->exprs = copyObject(advice->exprs);
		known->uses = NIL;
		advisor->advice = lappend(advisor->advice, known);
	}
	known->kinds |= advice->kinds;
	known->target = Max(known->target, advice->target);
	known->uses = lappend(known->uses,
						  use_make(stmt, question, misjudged, proof));
	MemoryContextSwitchTo(old);
}

/*
 * Advise statistics on several columns, or on expressions.
 */
static void
advise_extended(Advisor *advisor, Statement *stmt, const Question *question,
				const Measure *measure, const WhatIfResult *before,
				char *shape)
{
	ListCell   *cell;

	foreach(cell, choose_misjudged(advisor, question, measure))
	{
		const Misjudged *misjudged = lfirst(cell);
		Advice	   *advice = advice_make(question, measure, misjudged);
		Proof	   *proof;

		advisor->nmisjudged++;
		if (!advice_is_wanted(advice))
			continue;
		proof = prove_change(stmt, question, measure, misjudged, before, shape);
		if (proof_counts(advisor, proof))
			advice_add(advisor, advice, stmt, question, misjudged, proof);
	}
}

/*
 * Advise finer statistics on single columns.
 */
static void
advise_targets(Advisor *advisor, Statement *stmt, const Question *question,
			   const Measure *measure, const Sample *sample,
			   const WhatIfResult *before, char *shape)
{
	for (int i = 0; i < question->nitems; i++)
	{
		Misjudged	misjudged;
		Proof	   *proof = target_advise(advisor, stmt, question, measure,
										  sample, i, &misjudged, before,
										  shape);

		if (proof_counts(advisor, proof))
			advice_add(advisor, advice_make(question, measure, &misjudged),
					   stmt, question, &misjudged, proof);
	}
}

/*
 * Could a question have an answer that is wanted: several columns or an
 * expression, or a column with a value that is known?
 */
static bool
question_is_open(const Advisor *advisor, const Question *question)
{
	if (advisor->want_extended &&
		(question->nitems > 1 || !IsA(question->items[0].expr, Var)))
		return true;
	for (int i = 0; i < question->nitems; i++)
	{
		if (advisor->want_targets && !question->grouping &&
			!question->items[i].unknown)
			return true;
	}
	return false;
}

/*
 * Measure one question of a statement, and advise on what is wrong and
 * matters.
 */
static void
answer_question(Advisor *advisor, Statement *stmt, const Question *question,
				const WhatIfResult *before, char *shape)
{
	Sample	   *sample = sample_find(advisor, question, stmt->userid);
	ErrorData  *error = NULL;
	Measure    *measure = sample == NULL ? NULL :
	measure_make(question, sample, stmt, &error);

	advisor->nunmeasured += error != NULL;
	if (measure == NULL)
		return;
	if (advisor->want_extended)
		advise_extended(advisor, stmt, question, measure, before, shape);
	if (advisor->want_targets)
		advise_targets(advisor, stmt, question, measure, sample, before,
					   shape);
}

/*
 * Take one analysed statement.
 */
static void
advise_statement(Advisor *advisor, Statement *stmt)
{
	MemoryContext old = MemoryContextSwitchTo(stmt->context);
	WhatIfResult before;
	char	   *shape;
	List	   *questions = questions_collect(stmt, NULL, &before, &shape);
	ListCell   *cell;

	if (before.error != NULL)
		advisor->nskipped[statement_state_of_error(before.error)]++;
	else
		advisor->nplanned++;
	foreach(cell, questions)
	{
		if (question_is_open(advisor, lfirst(cell)))
			answer_question(advisor, stmt, lfirst(cell), &before, shape);
	}
	if (before.error == NULL && stmt->queryid != 0 && stmt->since != 0 &&
		(advisor->since == 0 || stmt->since < advisor->since))
		advisor->since = stmt->since;
	MemoryContextSwitchTo(old);
}

/*
 * Go through the workload, as far as time and memory allow.
 */
void
advise_workload(Advisor *advisor)
{
	List	   *statements = workload_read(&advisor->missing);
	ListCell   *cell;

	list_sort(statements, compare_importance);
	statements = misestimated_first(statements);
	advisor->nstatements = list_length(statements);
	foreach(cell, statements)
	{
		Statement  *stmt = lfirst(cell);

		if (advisor_over(advisor))
			advisor->left_out++;
		else
		{
			statement_analyze(stmt);
			/* Values chosen by the statistics prove nothing against them. */
			if (strcmp(stmt->params_source, "statistics") == 0)
				statement_forget_parameters(stmt);
			if (stmt->state == STATEMENT_PLANNABLE)
				advise_statement(advisor, stmt);
			else
				advisor->nskipped[stmt->state]++;
		}
		statement_free(stmt);
	}
}
