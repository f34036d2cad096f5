/*-------------------------------------------------------------------------
 *
 * prove.c
 *		Does the plan change once the planner knows better, and what does it
 *		gain?
 *
 * The statement is planned again with the sampled figures.  What the old plan
 * would cost under them is what the planner makes of it when everything that the
 * new plan has and the old one has not is forbidden: node types and indexes.
 * Only a plan of the old shape counts as an answer; there may be none.
 * Entry points: prove_change(), prove_corrections().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/guc.h"

#include "statistics/statistics_internal.h"

/* Attempts to get the old plan. */
#define MAX_ROUNDS 4

/* The planner adds 1e10 for what is forbidden but cannot be done without. */
#define COST_OF_FORBIDDEN 1e9

/* Share of the rows from which on the planner caps a product of distinct
 * values; see estimate_num_groups(). */
#define CAPPED_SHARE 0.1

/* How a node type is forbidden. */
static const struct
{
	const char *name;
	const char *setting;
	const char *value;
}			forbid[] =

{
	{"Nested Loop", "enable_nestloop", "off"},
	{"Hash Join", "enable_hashjoin", "off"},
	{"Merge Join", "enable_mergejoin", "off"},
	{"Seq Scan", "enable_seqscan", "off"},
	{"Index Scan", "enable_indexscan", "off"},
	{"Index Only Scan", "enable_indexonlyscan", "off"},
	{"Bitmap Heap Scan", "enable_bitmapscan", "off"},
	{"Tid Scan", "enable_tidscan", "off"},
	{"HashAggregate", "enable_hashagg", "off"},
	{"Sort", "enable_sort", "off"},
	{"Incremental Sort", "enable_incremental_sort", "off"},
	{"Memoize", "enable_memoize", "off"},
	{"Materialize", "enable_material", "off"},
	{"Gather", "max_parallel_workers_per_gather", "0"},
	{"Gather Merge", "enable_gathermerge", "off"},
};

/*
 * Does the shape hold a node of this name?
 */
static bool
shape_has(const char *shape, const char *name)
{
	const char *found = shape;

	while ((found = strstr(found, name)) != NULL)
	{
		const char *end = found + strlen(name);

		if ((found == shape || found[-1] == '(' ||
			 (found[-1] == ' ' && found - shape >= 2 && found[-2] == ',')) &&
			(*end == '\0' || *end == ',' || *end == ')' ||
			 strncmp(end, " (", 2) == 0 || strncmp(end, " on ", 4) == 0 ||
			 strncmp(end, " using ", 7) == 0))
			return true;
		found = end;
	}
	return false;
}

/*
 * The correction of what clauses select together.
 */
static JointCorrection *
joint_correction(const Question *question, const Measure *measure,
				 uint32 items)
{
	JointCorrection *joint = palloc0(sizeof(JointCorrection));
	uint32		bits[MAX_ITEMS];
	int			nitems = 0;

	joint->relid = question->relid;
	for (int i = 0; i < question->nitems; i++)
	{
		CorrectItem *item;

		if ((items & (1 << i)) == 0)
			continue;
		item = palloc(sizeof(CorrectItem));
		item->expr = question->items[i].expr;
		item->clauses = question->items[i].clauses;
		joint->items = lappend(joint->items, item);
		bits[nitems++] = 1 << i;
	}
	joint->selectivity = palloc((1 << nitems) * sizeof(double));
	joint->selectivity[0] = -1;
	for (int set = 1; set < 1 << nitems; set++)
	{
		uint32		theirs = 0;

		for (int i = 0; i < nitems; i++)
			theirs |= (set & (1 << i)) != 0 ? bits[i] : 0;
		joint->selectivity[set] = measure->joint[theirs];
	}
	/* A column has statistics of its own; an expression gets them only now. */
	for (int i = 0; i < nitems; i++)
	{
		if (IsA(((CorrectItem *) list_nth(joint->items, i))->expr, Var))
			joint->selectivity[1 << i] = -1;
	}
	return joint;
}

/*
 * Add the correction of one column's number of distinct values, unless there
 * is one.
 */
static List *
add_distinct(List *distincts, Oid relid, AttrNumber attnum, double distinct)
{
	DistinctCorrection *correction;
	ListCell   *cell;

	foreach(cell, distincts)
	{
		if (((DistinctCorrection *) lfirst(cell))->attnum == attnum)
			return distincts;
	}
	correction = palloc(sizeof(DistinctCorrection));
	correction->relid = relid;
	correction->attnum = attnum;
	correction->distinct = Max(rint(distinct), 1);
	correction->grouping = true;
	return lappend(distincts, correction);
}

/*
 * The corrections of what columns are grouped by.  The planner multiplies
 * distinct values of columns: each one gets what it adds to those before it, so
 * that the first columns of a sorted input come out right as well.  Where the
 * planner would cap the product the first column gets it all.
 */
static List *
distinct_corrections(const Question *question, const Measure *measure,
					 uint32 items)
{
	List	   *distincts = NIL;
	bool		capped = measure->joint[items] >
	measure->tuples * CAPPED_SHARE;
	uint32		before = 0;
	double		told = 1;

	for (int i = 0; i < question->nitems; i++)
	{
		double		adds;
		ListCell   *cell;

		if ((items & (1 << i)) == 0)
			continue;
		before |= 1 << i;
		adds = measure->joint[capped ? items : before] / told;
		told *= Max(rint(adds), 1);
		foreach(cell, pull_var_clause(question->items[i].expr, 0))
		{
			distincts = add_distinct(distincts, question->relid,
									 lfirst_node(Var, cell)->varattno, adds);
			adds = 1;
		}
	}
	return distincts;
}

/*
 * What the planner is to believe instead.
 */
static Corrections *
make_corrections(const Question *question, const Measure *measure,
				 const Misjudged *misjudged)
{
	Corrections *corrections = palloc0(sizeof(Corrections));

	if (question->grouping)
		corrections->distincts = distinct_corrections(question, measure,
													  misjudged->items);
	else
		corrections->joints = list_make1(joint_correction(question, measure,
														  misjudged->items));
	return corrections;
}

/*
 * Forbid the node types that one shape has and the other has not; until the
 * settings level ends.
 */
static void
forbid_nodes(const char *shape, const char *wanted)
{
	for (int i = 0; i < (int) lengthof(forbid); i++)
	{
		if (shape_has(shape, forbid[i].name) &&
			!shape_has(wanted, forbid[i].name))
			(void) set_config_option(forbid[i].setting, forbid[i].value,
									 PGC_USERSET, PGC_S_SESSION,
									 GUC_ACTION_SAVE, true, 0, false);
	}
}

/*
 * What the old plan would cost under the corrections, or -1.
 */
static double
cost_of_old_plan(Statement *stmt, const Corrections *corrections,
				 const WhatIfResult *before, const char *wanted,
				 const WhatIfResult *after, const char *shape)
{
	int			nest = NewGUCNestLevel();
	WhatIfConfig config = {.indexes = NIL};
	WhatIfResult result = *after;
	double		cost = -1;

	for (int round = 0; round < MAX_ROUNDS && cost < 0; round++)
	{
		char	   *next;

		CHECK_FOR_INTERRUPTS();
		forbid_nodes(shape, wanted);
		config.hidden = list_concat_unique_oid(config.hidden,
											   list_difference_oid(result.used,
																   before->used));
		result = whatif_corrected(stmt, &config, corrections, &next);
		if (result.error != NULL)
			break;
		if (strcmp(next, wanted) == 0 && result.cost < COST_OF_FORBIDDEN)
			cost = result.cost;
		else if (strcmp(next, shape) == 0 && round > 0)
			break;
		shape = next;
	}
	AtEOXact_GUC(false, nest);
	return cost;
}

/*
 * Plan the statement again under corrections; NULL when it fails.
 */
Proof *
prove_corrections(Statement *stmt, const Corrections *corrections,
				  const WhatIfResult *before, char *shape)
{
	Proof	   *proof = palloc0(sizeof(Proof));
	WhatIfResult after = whatif_corrected(stmt, NULL, corrections,
										  &proof->plan_after);

	if (after.error != NULL)
		return NULL;
	proof->plan_before = shape;
	proof->cost_believed = before->cost;
	proof->cost_after = after.cost;
	proof->cost_before = -1;
	proof->changed = strcmp(shape, proof->plan_after) != 0;
	if (proof->changed)
		proof->cost_before = cost_of_old_plan(stmt, corrections, before, shape,
											  &after, proof->plan_after);
	return proof;
}

/*
 * Plan the statement again with the sampled figures of a misjudged set.
 */
Proof *
prove_change(Statement *stmt, const Question *question,
			 const Measure *measure, const Misjudged *misjudged,
			 const WhatIfResult *before, char *shape)
{
	return prove_corrections(stmt,
							 make_corrections(question, measure, misjudged),
							 before, shape);
}
