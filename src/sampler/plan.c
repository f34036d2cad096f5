/*-------------------------------------------------------------------------
 *
 * plan.c
 *		Which plans a statement was executed with, and how long each takes.
 *
 * A plan is known by a hash of its nodes, tables and indexes; the words for it
 * are found only when it is new.  Where a plan is executed all the time each
 * session adds its executions up for a while: the entry in shared memory would
 * go from one processor's cache to the next one's with each of them.
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
#include "storage/ipc.h"
#include "utils/timestamp.h"

#include "plan_node.h"
#include "sampler_internal.h"

/* Plans of which a session adds up executions. */
#define TALLIES 64

/* So many executions of a plan a session counts at once, then ... */
#define FIRST_COUNTED 512

/* ... as many together, or those of so many milliseconds. */
#define COUNTED_TOGETHER 32
#define COUNTED_TOGETHER_MS 1000

/* Executions of one plan that a session has yet to count. */
typedef struct PlanTally
{
	SamplerKey	key;
	uint32		resets;			/* of the sampler, when they began */
	int			seen;			/* executions, with those counted */
	int			executions;
	double		total_ms;
	double		slowest_ms;
	double		total_rows;
	double		total_cost;
	TimestampTz since;			/* of the first one */
	TimestampTz at;				/* of the last one */
} PlanTally;

static PlanTally tallies[TALLIES];
static bool exit_arranged = false;

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
 * Add what a session has tallied to the entry of the plan, or leave it for later
 * while somebody else has the lock.  Without words only to a plan that is known:
 * returns false where it is not.
 */
static bool
tally_count(PlanTally *tally, const char *shape)
{
	LWLock	   *lock;
	bool		made;
	PlanEntry  *entry = (PlanEntry *) sampler_entry_get(KIND_PLANS, &tally->key,
														&lock, &made);

	if (entry == NULL)
		return true;
	if (made && shape == NULL)
	{
		entry->head.key.queryid = 0;
		LWLockRelease(lock);
		return false;
	}
	if (made)
	{
		entry->since = tally->since;
		memcpy(entry->shape, shape,
			   pg_mbcliplen(shape, (int) strlen(shape), SHAPE_LENGTH - 1));
	}
	entry->executions += tally->executions;
	entry->total_ms += tally->total_ms;
	entry->slowest_ms = Max(entry->slowest_ms, tally->slowest_ms);
	entry->total_rows += tally->total_rows;
	entry->total_cost += tally->total_cost;
	entry->at = Max(entry->at, tally->at);
	LWLockRelease(lock);
	tally->executions = 0;
	return true;
}

/*
 * Count what is left of a tally whose plan is not at hand.  Where it is no
 * longer known, or was forgotten since, it is left.
 */
static void
tally_leave(PlanTally *tally)
{
	if (tally->executions > 0 && tally->resets == sampler_resets())
		(void) tally_count(tally, NULL);
}

/*
 * before_shmem_exit callback: the session ends.
 */
static void
tallies_leave(int code pg_attribute_unused(), Datum arg pg_attribute_unused())
{
	for (int i = 0; i < TALLIES; i++)
		tally_leave(&tallies[i]);
}

/*
 * The tally of a plan.
 */
static PlanTally *
tally_of(const SamplerKey *key)
{
	PlanTally  *tally = &tallies[key->variant % TALLIES];

	if (!exit_arranged)
	{
		before_shmem_exit(tallies_leave, (Datum) 0);
		exit_arranged = true;
	}
	if (tally->resets != sampler_resets() ||
		memcmp(&tally->key, key, sizeof(SamplerKey)) != 0)
	{
		tally_leave(tally);
		memset(tally, 0, sizeof(PlanTally));
		tally->key = *key;
		tally->resets = sampler_resets();
	}
	return tally;
}

/*
 * Add an execution to a tally.
 */
static void
tally_add(PlanTally *tally, double ms, double rows, double cost)
{
	tally->at = GetCurrentStatementStartTimestamp();
	if (tally->executions == 0)
	{
		tally->since = tally->at;
		tally->total_ms = tally->slowest_ms = tally->total_rows = 0;
		tally->total_cost = 0;
	}
	tally->seen = Min(tally->seen, FIRST_COUNTED) + 1;
	tally->executions++;
	tally->total_ms += ms;
	tally->slowest_ms = Max(tally->slowest_ms, ms);
	tally->total_rows += rows;
	tally->total_cost += cost;
}

/*
 * Is it time to count a tally?
 */
static bool
tally_is_due(const PlanTally *tally)
{
	return tally->seen <= FIRST_COUNTED ||
		tally->executions >= COUNTED_TOGETHER ||
		TimestampDifferenceExceeds(tally->since, tally->at, COUNTED_TOGETHER_MS);
}

/*
 * Record which plan an execution had, its time and its rows.
 */
void
plan_record(const SamplerKey *key, const QueryDesc *desc, double ms,
			double rows)
{
	PlanWalk	walk = {desc->plannedstmt->rtable, 0};
	SamplerKey	own = *key;
	PlanTally  *tally;

	(void) plan_walker(desc->planstate, &walk);
	own.variant = walk.hash;
	tally = tally_of(&own);
	tally_add(tally, ms, rows, desc->plannedstmt->planTree->total_cost);
	if (tally_is_due(tally) && !tally_count(tally, NULL))
		(void) tally_count(tally, describer == NULL ? "" :
						   describer(desc->plannedstmt));
}
