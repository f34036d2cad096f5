/*-------------------------------------------------------------------------
 *
 * exposure.c
 *		How far a plan rests on what the planner is known to price badly.
 *
 * Rows that an index finds one by one cost a look at the table each.  For the
 * inner side of a nested loop the planner spreads the pages of the table over
 * all turns of the loop and holds what effective_cache_size can hold for free:
 * what remains is a fraction of the time that fetching a row from a large table
 * takes even when every page is in shared buffers.  And the whole inner side
 * grows with the number of outer rows, which is itself an estimate.
 *
 * The paths from which the plan was made know how many rows an index finds
 * before they are filtered, which the plan does not; so they are what is
 * walked.  SubPlans count as if they ran once.  On the way it is noted what
 * the scans take with their pages in memory, see memory_cost.c.
 * Entry points: whatif_exposure() for a statement, query_memory_cost() and
 * query_expose() for a query that plan_with_root() has planned.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_statistic.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/pathnodes.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/planner.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "compat.h"
#include "whatif/correct.h"
#include "whatif/whatif_internal.h"

/*
 * Cost units of fetching a row from a page in shared buffers, for a table of
 * endless size, and the size of table at which it is half of that: what
 * bench/fetch_cost.sh measures against a scan of the same table, so that it
 * does not depend on how fast or how busy the machine is.
 */
#define FETCH_COST 0.55
#define FETCH_HALF_PAGES 5000.0

/*
 * Microseconds of the same, at least: where a cost unit of the statement takes
 * less than in a scan, a fetch is dearer than that.
 */
#define FETCH_US 0.8

/* A semijoin leaves the inner side when it has found a row: half way. */
#define SEMI_SHARE 0.5

/* One walk through the paths of one query. */
typedef struct Walk
{
	PlannerInfo *root;			/* of the part in hand */
	const Shadow *shadow;		/* in force when it was planned, or NULL */
	double		us_per_cost;
	bool		in_memory;		/* also find what it takes with all pages in
								 * memory, which looks at the indexes */
	WhatIfExposure *exposure;
	double		worst_cost;		/* of a loop so far */
} Walk;

/* What the sandbox is asked to do. */
typedef struct ExposureTask
{
	Statement  *stmt;
	const WhatIfConfig *config;
	double		us_per_cost;
	const Corrections *corrections; /* of estimates; NULL: none */
	WhatIfExposure exposure;
} ExposureTask;

/* How a path is run. */
typedef struct Turns
{
	double		loops;			/* how often */
	double		share;			/* of its rows are asked for */
	bool		inner;			/* inside a nested loop's inner side */
} Turns;

static create_upper_paths_hook_type prev_create_upper_paths = NULL;

/* Where to put the top of the query being planned; NULL: nobody asks. */
static PlannerInfo **wanted_root = NULL;

static void walk_path(Walk *walk, Path *path, Turns turns);
static void walk_whole(Walk *walk, Path *path, Turns turns);

/*
 * create_upper_paths_hook: note the top of our query.
 */
static void
exposure_upper_paths(PlannerInfo *root, UpperRelationKind stage,
					 RelOptInfo *input_rel, RelOptInfo *output_rel,
					 void *extra)
{
	if (prev_create_upper_paths)
		prev_create_upper_paths(root, stage, input_rel, output_rel, extra);
	if (wanted_root != NULL && stage == UPPERREL_FINAL &&
		root->parent_root == NULL && plan_is_ours(root))
		*wanted_root = root;
}

/*
 * 0 .. 1: how far rows in the order of the column lie in order in the table;
 * the square of the correlation, as cost_index() takes it.
 */
double
whatif_column_order(Oid relid, AttrNumber attnum)
{
	HeapTuple	tuple = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(relid),
										Int16GetDatum(attnum),
										BoolGetDatum(false));
	AttStatsSlot slot;
	double		order = 0;

	if (!HeapTupleIsValid(tuple))
		return 0;
	if (get_attstatsslot(&slot, tuple, STATISTIC_KIND_CORRELATION, InvalidOid,
						 ATTSTATSSLOT_NUMBERS))
	{
		if (slot.nnumbers == 1)
			order = (double) slot.numbers[0] * slot.numbers[0];
		free_attstatsslot(&slot);
	}
	ReleaseSysCache(tuple);
	return order;
}

/*
 * The same for the leading column of an index as the planner knows it.
 */
static double
index_order(const Walk *walk, const IndexOptInfo *index)
{
	RangeTblEntry *rte = walk->root->simple_rte_array[index->rel->relid];

	if (index->indexkeys[0] <= 0 || !OidIsValid(rte->relid))
		return 0;
	return whatif_column_order(shadow_source(walk->shadow, rte->relid),
							   index->indexkeys[0]);
}

/*
 * What a page of a table, or of its indexes, takes in memory.
 */
static double
table_page_cost(const Walk *walk, const RelOptInfo *rel)
{
	RangeTblEntry *rte = walk->root->simple_rte_array[rel->relid];

	return page_in_memory_cost(shadow_source(walk->shadow, rte->relid));
}

/*
 * Note what one scan reads in all its turns.
 */
static void
note_reads(Walk *walk, PathReads reads, Turns turns)
{
	walk->exposure->replaced_cost += reads.replaced_cost * turns.loops * turns.share;
	walk->exposure->memory_cost += reads.memory_cost * turns.loops *
		turns.share;
}

/*
 * Planner cost units below which fetching one row cannot be.
 */
static double
fetch_floor(const Walk *walk, const RelOptInfo *rel)
{
	double		pages = rel->pages;
	double		away = pages / (pages + FETCH_HALF_PAGES);

	return away * Min(Max(FETCH_COST, FETCH_US / walk->us_per_cost),
					  random_page_cost);
}

/*
 * Note fetches from a table, for which the planner has charged "charged" in
 * all turns together.
 */
static void
note_fetches(Walk *walk, const RelOptInfo *rel, double per_turn, Turns turns,
			 double charged)
{
	WhatIfExposure *exposure = walk->exposure;
	double		fetches = per_turn * turns.loops * turns.share;
	double		missing = fetches * fetch_floor(walk, rel) -
	charged * turns.loops * turns.share;

	exposure->fetches += fetches;
	if (missing <= 0)
		return;
	exposure->unpriced += missing;
	if (turns.inner)
		exposure->loop_cost += missing;
	if (missing > exposure->worst_unpriced)
	{
		exposure->worst_unpriced = missing;
		exposure->worst_relid =
			walk->root->simple_rte_array[rel->relid]->relid;
		exposure->worst_fetches = fetches;
		exposure->worst_loops = turns.loops;
		exposure->worst_price = charged / Max(per_turn, 1);
	}
}

/*
 * Note what a node does with rows that it holds in a hash table or sorts.
 */
static void
note_held_rows(Walk *walk, const Path *path, double input_cost, Turns turns)
{
	note_reads(walk, held_path_reads(path, input_cost), turns);
}

/*
 * A scan of a whole table; others of its kind read none.
 */
static void
walk_scan(Walk *walk, const Path *path, Turns turns)
{
	if (walk->in_memory && path->pathtype == T_SeqScan)
		note_reads(walk, scan_path_reads(path,
										 table_page_cost(walk, path->parent)),
				   turns);
}

/*
 * An index scan: rows that lie in order share pages.
 */
static void
walk_index(Walk *walk, IndexPath *path, Turns turns)
{
	RelOptInfo *rel = path->path.parent;
	double		tuples = clamp_row_est(path->indexselectivity * rel->tuples);
	double		order = index_order(walk, path->indexinfo);
	double		per_page = Max(rel->tuples / Max(rel->pages, 1), 1);
	double		pages = order * tuples / per_page + (1 - order) * tuples;

	if (path->path.pathtype == T_IndexOnlyScan)
		pages *= 1 - rel->allvisfrac;
	note_fetches(walk, rel, pages, turns,
				 Max(path->path.total_cost - path->indextotalcost, 0));
	if (walk->in_memory)
		note_reads(walk, index_path_reads(walk->root, path,
										  table_page_cost(walk, rel),
										  turns.loops, order),
				   turns);
}

/*
 * A bitmap scan goes through the table in order, once in each turn.
 */
static void
walk_bitmap(Walk *walk, BitmapHeapPath *path, Turns turns)
{
	RelOptInfo *rel = path->path.parent;
	double		total = Max(rel->pages, 1);
	double		tuples;
	double		pages;
	Cost		cost;
	Selectivity selectivity;

	cost_bitmap_tree_node(path->bitmapqual, &cost, &selectivity);
	tuples = clamp_row_est(selectivity * rel->tuples);
	pages = Min(2 * total * tuples / (2 * total + tuples), total);
	if (turns.loops > 1)
		note_fetches(walk, rel, pages, turns,
					 Max(path->path.total_cost - cost, 0));
	if (walk->in_memory)
		note_reads(walk, bitmap_path_reads(walk->root, path,
										   table_page_cost(walk, rel), pages,
										   tuples),
				   turns);
}

/*
 * Turns of a cached inner side: those that miss.
 */
static Turns
missing_turns(const MemoizePath *path, Turns turns)
{
	if (path->est_entries > 0)
		turns.loops = Min(turns.loops, path->est_entries);
	return turns;
}

/*
 * A nested loop: its inner side is run for each outer row.
 */
static void
walk_loop(Walk *walk, NestPath *nest, Turns turns)
{
	JoinPath   *join = &nest->jpath;
	Path	   *outer = join->outerjoinpath;
	Path	   *inner = join->innerjoinpath;
	Turns		inside = turns;
	double		cost;

	walk_path(walk, outer, turns);
	inside.loops = Max(turns.loops * outer->rows * turns.share, 1);
	inside.share = join->inner_unique || join->jointype == JOIN_SEMI ||
		join->jointype == JOIN_ANTI ? SEMI_SHARE : 1;
	if (IsA(inner, MaterialPath))
	{
		inside.loops = turns.loops;
		walk_path(walk, inner, inside);
		return;
	}
	/* what the planner has charged for all turns together */
	cost = Max(nest->jpath.path.total_cost - outer->total_cost, 0) *
		turns.loops * turns.share;
	if (!turns.inner)
		walk->exposure->loop_cost += cost;
	if (cost > walk->worst_cost)
	{
		walk->worst_cost = cost;
		walk->exposure->outer_relations =
			Max(bms_num_members(outer->parent->relids), 1);
		walk->exposure->outer_rows = outer->rows;
	}
	inside.inner = true;
	walk_path(walk, inner, inside);
}

/*
 * A hash or merge join: the former reads its inner side whole.
 */
static void
walk_join(Walk *walk, JoinPath *join, Turns turns)
{
	note_held_rows(walk, &join->path, join->outerjoinpath->total_cost +
				   join->innerjoinpath->total_cost, turns);
	walk_path(walk, join->outerjoinpath, turns);
	if (IsA(join, HashPath))
		walk_whole(walk, join->innerjoinpath, turns);
	else
		walk_path(walk, join->innerjoinpath, turns);
}

/*
 * A LIMIT asks for a part of its input.
 */
static void
walk_limit(Walk *walk, LimitPath *path, Turns turns)
{
	Path	   *input = path->subpath;
	double		whole = input->total_cost - input->startup_cost;

	if (whole > 0)
		turns.share *= Min((path->path.total_cost - input->startup_cost) /
						   whole, 1);
	walk_path(walk, input, turns);
}

/*
 * An input that has to be read whole before the first row comes out.
 */
static void
walk_whole(Walk *walk, Path *path, Turns turns)
{
	turns.share = 1;
	walk_path(walk, path, turns);
}

/*
 * Each path of a list.
 */
static void
walk_list(Walk *walk, List *paths, Turns turns)
{
	ListCell   *lc;

	foreach(lc, paths)
		walk_path(walk, (Path *) lfirst(lc), turns);
}

/*
 * A subquery: its paths belong to a root of their own.
 */
static void
walk_subquery(Walk *walk, SubqueryScanPath *path, Turns turns)
{
	PlannerInfo *outside = walk->root;

	walk->root = path->path.parent->subroot;
	walk_path(walk, path->subpath, turns);
	walk->root = outside;
}

/*
 * An aggregate: unless its input is sorted, it reads that whole.
 */
static void
walk_aggregate(Walk *walk, AggPath *path, Turns turns)
{
	if (path->aggstrategy == AGG_HASHED || path->aggstrategy == AGG_MIXED)
		note_held_rows(walk, &path->path, path->subpath->total_cost, turns);
	if (path->aggstrategy == AGG_SORTED)
		walk_path(walk, path->subpath, turns);
	else
		walk_whole(walk, path->subpath, turns);
}

/*
 * Paths above joins and scans.
 */
static void
walk_upper(Walk *walk, Path *path, Turns turns)
{
	switch (nodeTag(path))
	{
		case T_ProjectionPath:
			walk_path(walk, ((ProjectionPath *) path)->subpath, turns);
			break;
		case T_ProjectSetPath:
			walk_path(walk, ((ProjectSetPath *) path)->subpath, turns);
			break;
		case T_IncrementalSortPath:
			walk_path(walk, ((IncrementalSortPath *) path)->spath.subpath,
					  turns);
			break;
		case T_SortPath:
			note_held_rows(walk, path, ((SortPath *) path)->subpath->total_cost,
						   turns);
			walk_whole(walk, ((SortPath *) path)->subpath, turns);
			break;
		case T_GroupPath:
			walk_path(walk, ((GroupPath *) path)->subpath, turns);
			break;
		case T_AggPath:
			walk_aggregate(walk, (AggPath *) path, turns);
			break;
		case T_GroupingSetsPath:
			walk_whole(walk, ((GroupingSetsPath *) path)->subpath, turns);
			break;
		case T_UpperUniquePath:
			walk_path(walk, ((UpperUniquePath *) path)->subpath, turns);
			break;
		case T_WindowAggPath:
			walk_path(walk, ((WindowAggPath *) path)->subpath, turns);
			break;
		case T_LockRowsPath:
			walk_path(walk, ((LockRowsPath *) path)->subpath, turns);
			break;
		case T_LimitPath:
			walk_limit(walk, (LimitPath *) path, turns);
			break;
		case T_ModifyTablePath:
			walk->exposure->memory_cost +=
				written_rows_cost(((ModifyTablePath *) path)->subpath->rows);
			walk_path(walk, ((ModifyTablePath *) path)->subpath, turns);
			break;
		case T_SetOpPath:
			walk_list(walk, set_op_inputs((SetOpPath *) path), turns);
			break;
		case T_RecursiveUnionPath:
			walk_path(walk, ((RecursiveUnionPath *) path)->leftpath, turns);
			walk_path(walk, ((RecursiveUnionPath *) path)->rightpath, turns);
			break;
		default:
			break;				/* nothing below that reads an index */
	}
}

/*
 * Any path.
 */
static void
walk_path(Walk *walk, Path *path, Turns turns)
{
	check_stack_depth();
	switch (nodeTag(path))
	{
		case T_Path:
			walk_scan(walk, path, turns);
			break;
		case T_IndexPath:
			walk_index(walk, (IndexPath *) path, turns);
			break;
		case T_BitmapHeapPath:
			walk_bitmap(walk, (BitmapHeapPath *) path, turns);
			break;
		case T_NestPath:
			walk_loop(walk, (NestPath *) path, turns);
			break;
		case T_MergePath:
		case T_HashPath:
			walk_join(walk, (JoinPath *) path, turns);
			break;
		case T_MaterialPath:
			walk_path(walk, ((MaterialPath *) path)->subpath, turns);
			break;
		case T_MemoizePath:
			walk_path(walk, ((MemoizePath *) path)->subpath,
					  missing_turns((MemoizePath *) path, turns));
			break;
		case T_AppendPath:
			walk_list(walk, ((AppendPath *) path)->subpaths, turns);
			break;
		case T_MergeAppendPath:
			walk_list(walk, ((MergeAppendPath *) path)->subpaths, turns);
			break;
		case T_SubqueryScanPath:
			walk_subquery(walk, (SubqueryScanPath *) path, turns);
			break;
		case T_UniquePath:
			walk_path(walk, ((UniquePath *) path)->subpath, turns);
			break;
		case T_GatherPath:
			walk_path(walk, ((GatherPath *) path)->subpath, turns);
			break;
		case T_GatherMergePath:
			walk_path(walk, ((GatherMergePath *) path)->subpath, turns);
			break;
		default:
			walk_upper(walk, path, turns);
	}
}

/*
 * Walk the best path of a part of the query, as if it ran once.
 */
static void
walk_root(Walk *walk, PlannerInfo *root)
{
	Turns		once = {1, 1, false};
	RelOptInfo *final = fetch_upper_rel(root, UPPERREL_FINAL, NULL);

	walk->root = root;
	if (final->cheapest_total_path != NULL)
		walk_path(walk, final->cheapest_total_path, once);
}

/*
 * Plan one query and note the top of it, whose paths are still there; see
 * whatif_internal.h.
 */
PlannedStmt *
plan_with_root(Query *query, const char *text, const WhatIfConfig *config,
			   ParamListInfo params, PlannerInfo **root)
{
	PlannedStmt *plan;

	*root = NULL;
	wanted_root = root;
	PG_TRY();
	{
		plan = plan_under_config(query, text, config, params);
	}
	PG_FINALLY();
	{
		wanted_root = NULL;
	}
	PG_END_TRY();
	return plan;
}

/*
 * Walk a query and its subplans, each as if it ran once.
 */
static void
walk_query(Walk *walk, PlannerInfo *root)
{
	ListCell   *lc;

	if (root == NULL)
		return;
	walk_root(walk, root);
	foreach(lc, root->glob->subroots)
		walk_root(walk, (PlannerInfo *) lfirst(lc));
}

/*
 * What one query takes with all its pages in memory; see whatif_internal.h.
 */
double
query_memory_cost(PlannerInfo *root, const Shadow *shadow, double cost)
{
	WhatIfExposure exposure = {.cost = cost};
	Walk		walk = {
		.shadow = shadow,
		.us_per_cost = 1,
		.in_memory = true,
		.exposure = &exposure,
	};

	walk_query(&walk, root);
	return memory_cost(&exposure);
}

/*
 * Add what the plan of one query rests on; see whatif_internal.h.
 */
void
query_expose(PlannerInfo *root, double us_per_cost, double cost,
			 WhatIfExposure *exposure)
{
	Walk		walk = {
		.us_per_cost = us_per_cost,
		.exposure = exposure,
	};

	exposure->cost += cost;
	walk_query(&walk, root);
}

/*
 * Plan one query with other estimates, as for any cost: only for who may run it.
 */
static PlannedStmt *
plan_corrected(const ExposureTask *task, Query *query, PlannerInfo **root)
{
	Correcting *before = correct_enter(task->corrections);
	PlannedStmt *volatile plan;

	PG_TRY();
	{
		plan = plan_with_root(query, task->stmt->text, task->config,
							  task->stmt->params, root);
		plan_check_permissions(plan);
	}
	PG_FINALLY();
	{
		correct_leave(before);
	}
	PG_END_TRY();
	return plan;
}

/*
 * Add the exposure of one query.
 */
static void
expose_query(ExposureTask *task, Query *query)
{
	PlannerInfo *root;
	PlannedStmt *plan = plan_corrected(task, query, &root);

	query_expose(root, task->us_per_cost, plan->planTree->total_cost,
				 &task->exposure);
}

/*
 * SandboxFn: plan and walk all queries.
 */
static void
expose_in_sandbox(void *arg)
{
	ExposureTask *task = (ExposureTask *) arg;
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "dbadvisor exposure",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	ListCell   *lc;

	statement_prepare(task->stmt);
	foreach(lc, task->stmt->queries)
	{
		Query	   *query = copyObject(lfirst_node(Query, lc));

		CHECK_FOR_INTERRUPTS();
		if (query->commandType != CMD_UTILITY)
			expose_query(task, query);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

/*
 * Plan a statement and say what its plan rests on; see whatif.h.
 */
WhatIfExposure
whatif_exposure(Statement *stmt, const WhatIfConfig *config,
				double us_per_cost, const Corrections *corrections)
{
	ExposureTask task = {
		.stmt = stmt,
		.config = config,
		.corrections = corrections,
		.us_per_cost = us_per_cost,
	};
	ErrorData  *error = sandbox_run(stmt->userid, stmt->search_path,
									expose_in_sandbox, &task);

	if (error != NULL)
	{
		memset(&task.exposure, 0, sizeof(task.exposure));
		task.exposure.failed = true;
		FreeErrorData(error);
	}
	return task.exposure;
}

/*
 * Install the hook.
 */
void
exposure_hooks(void)
{
	prev_create_upper_paths = create_upper_paths_hook;
	create_upper_paths_hook = exposure_upper_paths;
}
