/*-------------------------------------------------------------------------
 *
 * estimate.c
 *		What the planner expected of the nodes of a plan, and what came.
 *
 * Read at the end of an execution whose rows were counted.  A node that may not
 * have run to its end, below a LIMIT for example, tells nothing where it
 * returned fewer rows than expected.  Clauses are told apart by a hash of what
 * they compare, without constants, and written only when one is new.
 * Entry points: estimates_record(), sampler_estimates(),
 * sampler_conditions_hash().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "common/hashfn.h"
#include "executor/hashjoin.h"
#include "executor/instrument.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteManip.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"
#include "utils/timestamp.h"
#include "utils/tuplesort.h"

#include "sampler_internal.h"

/* How a constant stands in a clause until it is written. */
#define CONSTANT_ID 0
#define CONSTANT_TEXT "$0"

/* One walk over a plan. */
typedef struct Walk
{
	SamplerKey	key;
	const QueryDesc *desc;
	bool		complete;		/* the current node runs to its end */
} Walk;

/* What is counted of one node. */
typedef struct NodeCount
{
	EstimateSort sort;
	Oid			relid;
	List	   *clauses;		/* of the node, in its own terms */
	Index		rtindex;
	double		estimated;
	double		actual;
	double		removed;
	double		spilled_kb;
} NodeCount;

/*
 * Clauses of an index-only scan speak of the index's columns.
 */
static Node *
index_column_mutator(Node *node, List *columns)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Var) && ((Var *) node)->varno == INDEX_VAR &&
		((Var *) node)->varattno <= list_length(columns))
		return copyObject((Node *) ((TargetEntry *)
									list_nth(columns, ((Var *) node)->varattno - 1))->expr);
	return expression_tree_mutator(node, index_column_mutator, columns);
}

/*
 * The clauses under which a node reads its table; false for a node that reads
 * none.
 */
static bool
scan_clauses(const Plan *plan, List **clauses)
{
	switch (nodeTag(plan))
	{
		case T_SeqScan:
			*clauses = plan->qual;
			return true;
		case T_IndexScan:
			*clauses = list_concat_copy(((const IndexScan *) plan)->indexqualorig,
										plan->qual);
			return true;
		case T_IndexOnlyScan:
			*clauses = list_concat_copy(((const IndexOnlyScan *) plan)->recheckqual,
										plan->qual);
			*clauses = (List *) index_column_mutator((Node *) *clauses,
													 ((const IndexOnlyScan *) plan)->indextlist);
			return true;
		case T_BitmapHeapScan:
			*clauses = list_concat_copy(((const BitmapHeapScan *) plan)->bitmapqualorig,
										plan->qual);
			return true;
		default:
			return false;
	}
}

/*
 * Make what differs between executions the same: constants, parameters, values
 * from other nodes.
 */
static Node *
constants_mutator(Node *node, void *context)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Const) || IsA(node, Param) || IsA(node, SubPlan) ||
		IsA(node, AlternativeSubPlan))
	{
		Param	   *param = makeNode(Param);

		param->paramkind = PARAM_EXTERN;
		param->paramid = CONSTANT_ID;
		param->paramtype = exprType(node);
		param->paramtypmod = -1;
		param->paramcollid = exprCollation(node);
		param->location = -1;
		return (Node *) param;
	}
	return expression_tree_mutator(node, constants_mutator, context);
}

/*
 * Add what a clause compares to a hash.
 */
static bool
clause_hash_walker(Node *node, uint64 *hash)
{
	uint64		detail = 0;

	if (node == NULL)
		return false;
	if (IsA(node, Var))
		detail = ((Var *) node)->varattno;
	else if (IsA(node, OpExpr))
		detail = ((OpExpr *) node)->opno;
	else if (IsA(node, ScalarArrayOpExpr))
		detail = ((ScalarArrayOpExpr *) node)->opno;
	else if (IsA(node, FuncExpr))
		detail = ((FuncExpr *) node)->funcid;
	else if (IsA(node, BoolExpr))
		detail = ((BoolExpr *) node)->boolop;
	else if (IsA(node, NullTest))
		detail = ((NullTest *) node)->nulltesttype;
	else if (IsA(node, BooleanTest))
		detail = ((BooleanTest *) node)->booltesttype;
	*hash = hash_combine64(*hash, hash_combine64(nodeTag(node), detail + 1));
	return expression_tree_walker(node, clause_hash_walker, hash);
}

/*
 * A hash of conditions, in any order; see sampler.h.
 */
uint64
sampler_conditions_hash(Oid relid, List *conditions)
{
	uint64		sum = 0;
	ListCell   *lc;

	foreach(lc, conditions)
	{
		uint64		one = 0;

		(void) clause_hash_walker(constants_mutator((Node *) lfirst(lc), NULL),
								  &one);
		sum += one;
	}
	return hash_combine64(hash_combine64(relid, ESTIMATE_SCAN), sum);
}

/*
 * Replace the stand-in for constants by a question mark.
 */
static void
constants_mask(char *text)
{
	char	   *to = text;

	for (char *from = text; *from != '\0'; from++)
	{
		bool		constant = strncmp(from, CONSTANT_TEXT, strlen(CONSTANT_TEXT)) == 0;

		*to++ = constant ? '?' : *from;
		if (constant)
			from += strlen(CONSTANT_TEXT) - 1;
	}
	*to = '\0';
}

/*
 * Write a clause without constants.
 */
static char *
clause_text(Node *clause, Oid relid)
{
	char	   *name = get_rel_name(relid);
	char	   *text;

	if (clause == NULL || name == NULL)
		return "";
	text = deparse_expression(clause, deparse_context_for(name, relid), false,
							  false);

	constants_mask(text);
	return text;
}

/*
 * The clause of a node in terms of its table, without constants; NULL for none.
 */
static Node *
node_clause(const NodeCount *count)
{
	Node	   *clause;

	if (count->clauses == NIL)
		return NULL;
	clause = constants_mutator((Node *) make_ands_explicit(count->clauses), NULL);
	ChangeVarNodes(clause, count->rtindex, 1, 0);
	return clause;
}

/*
 * Add what was counted to an entry.
 */
static void
entry_count(EstimateEntry *entry, const NodeCount *count)
{
	entry->sort = count->sort;
	entry->relid = count->relid;
	entry->executions++;
	entry->estimated += count->estimated;
	entry->actual += count->actual;
	entry->removed += count->removed;
	entry->error += fabs(log(Max(count->estimated, 1) / Max(count->actual, 1)));
	entry->spills += count->spilled_kb > 0;
	entry->spilled_kb = Max(entry->spilled_kb, count->spilled_kb);
	entry->at = GetCurrentStatementStartTimestamp();
}

/*
 * Is there an entry for this key already?  Without it the clause has to be
 * written, which is not done under a lock.
 */
static bool
entry_add(const SamplerKey *key, const NodeCount *count, const char *text)
{
	LWLock	   *lock;
	bool		made;
	EstimateEntry *entry = (EstimateEntry *)
	sampler_entry_get(KIND_ESTIMATES, key, &lock, &made);

	if (entry == NULL)
		return true;
	if (made && text == NULL)
		entry->head.key.queryid = 0;
	else
		entry_count(entry, count);
	if (made && text !=NULL)
		memcpy(entry->clause, text,
			   pg_mbcliplen(text, (int) strlen(text), CLAUSE_LENGTH - 1));
	LWLockRelease(lock);
	return !made || text !=NULL;
}

/*
 * Record what was counted of a node.
 */
static void
count_record(const Walk *walk, const NodeCount *count)
{
	SamplerKey	key = walk->key;

	key.variant = count->sort == ESTIMATE_SCAN ?
		sampler_conditions_hash(count->relid, count->clauses) :
		(uint64) count->sort;
	if (!entry_add(&key, count, NULL))
		(void) entry_add(&key, count, clause_text(node_clause(count),
												  count->relid));
}

/*
 * Kilobytes that a node has written to disk, for want of memory.
 */
static double
spilled_kb(PlanState * state, EstimateSort *sort)
{
	TuplesortInstrumentation sorted;

	switch (nodeTag(state))
	{
		case T_SortState:
			*sort = ESTIMATE_SORT;
			if (!((SortState *) state)->sort_Done ||
				((SortState *) state)->tuplesortstate == NULL)
				return 0;
			tuplesort_get_stats(((SortState *) state)->tuplesortstate, &sorted);
			return sorted.spaceType == SORT_SPACE_TYPE_DISK ? sorted.spaceUsed : 0;
		case T_HashState:
			*sort = ESTIMATE_HASH;
			if (((HashState *) state)->hashtable == NULL ||
				((HashState *) state)->hashtable->nbatch <= 1)
				return 0;
			/* What does not fit: all batches but the one in memory. */
			return ((HashState *) state)->hashtable->spacePeak / 1024.0 *
				(((HashState *) state)->hashtable->nbatch - 1);
		case T_AggState:
			*sort = ESTIMATE_AGGREGATE;
			return (double) ((AggState *) state)->hash_disk_used;
		default:
			*sort = ESTIMATE_SCAN;
			return 0;
	}
}

/*
 * Count one node, where it tells something.
 */
static void
node_count(const Walk *walk, PlanState * state)
{
	Instrumentation *instrument = state->instrument;
	NodeCount	count = {.estimated = state->plan->plan_rows};
	bool		scan = scan_clauses(state->plan, &count.clauses);

	count.spilled_kb = spilled_kb(state, &count.sort);
	if (!scan && count.spilled_kb == 0)
		return;
	InstrEndLoop(instrument);
	if (instrument->nloops < 1)
		return;
	count.actual = instrument->ntuples / instrument->nloops;
	count.removed = (instrument->nfiltered1 + instrument->nfiltered2) /
		instrument->nloops;
	if (scan && !walk->complete && count.actual < count.estimated)
		return;
	if (scan)
	{
		count.rtindex = ((const Scan *) state->plan)->scanrelid;
		count.relid = rt_fetch(count.rtindex,
							   walk->desc->plannedstmt->rtable)->relid;
	}
	count_record(walk, &count);
}

/*
 * May the children of a node be left before they have returned all their rows?
 */
static bool
children_complete(const PlanState * state, bool complete)
{
	switch (nodeTag(state))
	{
		case T_LimitState:
		case T_MergeJoinState:
			return false;
		case T_NestLoopState:
			return complete && !((const JoinState *) state)->single_match;
		case T_SortState:
		case T_HashState:
		case T_AggState:
			return true;
		default:
			return complete;
	}
}

/*
 * planstate_tree_walker: count a node and those below it.
 */
static bool
count_walker(PlanState * state, Walk *walk)
{
	bool		complete = walk->complete;

	CHECK_FOR_INTERRUPTS();
	if (state->instrument != NULL)
		node_count(walk, state);
	walk->complete = children_complete(state, complete);
	(void) planstate_tree_walker(state, count_walker, walk);
	walk->complete = complete;
	return false;
}

/*
 * Record what the plan's nodes did in an execution that ends.
 */
void
estimates_record(const SamplerKey *key, QueryDesc *desc, bool complete)
{
	Walk		walk = {*key, desc, complete};

	(void) count_walker(desc->planstate, &walk);
}

/*
 * Read what was counted of a statement; see sampler.h.
 */
List *
sampler_estimates(int64 queryid, Oid userid)
{
	List	   *result = NIL;
	EstimateEntry *entries;
	int			count;

	if (sampler_shared == NULL)
		return NIL;
	entries = (EstimateEntry *) sampler_copy(KIND_ESTIMATES, queryid, userid,
											 &count);
	for (int i = 0; i < count; i++)
	{
		SampledEstimate *estimate;

		if (entries[i].sort != ESTIMATE_SCAN)
			continue;
		estimate = palloc(sizeof(SampledEstimate));
		estimate->queryid = entries[i].head.key.queryid;
		estimate->userid = entries[i].head.key.userid;
		estimate->relid = entries[i].relid;
		estimate->conditions = entries[i].head.key.variant;
		estimate->executions = entries[i].executions;
		estimate->estimated = entries[i].estimated / entries[i].executions;
		estimate->actual = entries[i].actual / entries[i].executions;
		estimate->factor = exp(entries[i].error / entries[i].executions);
		result = lappend(result, estimate);
	}
	return result;
}
