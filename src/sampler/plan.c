/*-------------------------------------------------------------------------
 *
 * plan.c
 *		Which plans a statement was executed with, and how long each takes.
 *
 * A plan is known by a hash of its nodes, tables and indexes; the words for it
 * are found only when it is new.
 * Entry point: plan_record().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "common/hashfn.h"
#include "mb/pg_wchar.h"
#include "nodes/execnodes.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"
#include "utils/timestamp.h"

#include "plan_node.h"
#include "sampler_internal.h"

static PlanDescriber describer = NULL;

/* One walk over a plan. */
typedef struct PlanWalk
{
	List	   *rtable;
	uint64		hash;
} PlanWalk;

/*
 * Install the words for plans; see sampler.h.
 */
void
sampler_set_plan_describer(PlanDescriber new_describer)
{
	describer = new_describer;
}

/*
 * The table that a node reads, or InvalidOid.
 */
static Oid
node_table(const Plan *plan, List *rtable)
{
	return plan_scans_table(plan) ?
		rt_fetch(((const Scan *) plan)->scanrelid, rtable)->relid : InvalidOid;
}

/*
 * The index that a node reads, or how a join joins.
 */
static uint32
node_detail(const Plan *plan)
{
	switch (nodeTag(plan))
	{
		case T_IndexScan:
			return ((const IndexScan *) plan)->indexid;
		case T_IndexOnlyScan:
			return ((const IndexOnlyScan *) plan)->indexid;
		case T_BitmapIndexScan:
			return ((const BitmapIndexScan *) plan)->indexid;
		case T_NestLoop:
		case T_MergeJoin:
		case T_HashJoin:
			return ((const Join *) plan)->jointype + 1;
		case T_Agg:
			return ((const Agg *) plan)->aggstrategy + 1;
		default:
			return 0;
	}
}

/*
 * planstate_tree_walker: add a node and those below it to the hash.
 */
static bool
plan_walker(PlanState * state, PlanWalk *walk)
{
	uint64		node = hash_combine64(nodeTag(state->plan),
									  ((uint64) node_table(state->plan, walk->rtable) << 32) |
									  node_detail(state->plan));

	walk->hash = hash_combine64(walk->hash, node);
	(void) planstate_tree_walker(state, plan_walker, walk);
	/* Where the children end, so that the same nodes in another tree differ. */
	walk->hash = hash_combine64(walk->hash, 1);
	return false;
}

/*
 * Count an execution to its plan.  Without words only to one that is known:
 * returns false where it is not.
 */
static bool
entry_count(const SamplerKey *key, double ms, double rows, double cost,
			const char *shape)
{
	LWLock	   *lock;
	bool		made;
	PlanEntry  *entry = (PlanEntry *) sampler_entry_get(KIND_PLANS, key, &lock,
														&made);

	if (entry == NULL)
		return true;
	if (made && shape == NULL)
		entry->head.key.queryid = 0;
	else
	{
		entry->executions++;
		entry->total_ms += ms;
		entry->slowest_ms = Max(entry->slowest_ms, ms);
		entry->total_rows += rows;
		entry->total_cost += cost;
		entry->at = GetCurrentStatementStartTimestamp();
	}
	if (made && shape != NULL)
	{
		entry->since = entry->at;
		memcpy(entry->shape, shape,
			   pg_mbcliplen(shape, (int) strlen(shape), SHAPE_LENGTH - 1));
	}
	LWLockRelease(lock);
	return !made || shape != NULL;
}

/*
 * Record which plan an execution had, its time and its rows.
 */
void
plan_record(const SamplerKey *key, const QueryDesc *desc, double ms,
			double rows)
{
	PlanWalk	walk = {desc->plannedstmt->rtable, 0};
	double		cost = desc->plannedstmt->planTree->total_cost;
	SamplerKey	own = *key;

	(void) plan_walker(desc->planstate, &walk);
	own.variant = walk.hash;
	if (!entry_count(&own, ms, rows, cost, NULL))
		(void) entry_count(&own, ms, rows, cost, describer == NULL ? "" :
						   describer(desc->plannedstmt));
}
