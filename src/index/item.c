/*-------------------------------------------------------------------------
 *
 * item.c
 *		Take the statements of the workload into the search.
 *
 * Each statement is planned once as the database is, which tells what it asks
 * of its tables, and once more for its cost and its plan space over the
 * candidates that could serve it.  The best plans in it, each without the
 * candidates of those before, tell which are worth searching; their merges
 * are priced in a second plan space.  Where a statement has none, or where its
 * space does not agree with the planner, the planner answers instead.
 * Entry points: items_take_in(), items_relate().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "index/index_internal.h"

/* Plans with candidates per statement before the search. */
#define HARVEST_ROUNDS 3

/* Plans with all candidates of the workload that concern the statement. */
#define BOUND_ROUNDS 8

/* Candidates of one statement; inheritance trees would have thousands. */
#define MAX_OWN 400

/* A plan must be this much cheaper for its indexes to be of interest. */
#define MIN_GAIN 0.01

/* Plans looked at in a plan space, each without the candidates of the last. */
#define SPACE_ROUNDS 12

/* A plan space that is further off than this is not used. */
#define MAX_MODEL_ERROR 0.2

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
 * Is there neither time nor memory to take another statement in?
 */
static bool
intake_over(Search *search)
{
	return GetCurrentTimestamp() >= search->intake_deadline ||
		!search_memory_left(search);
}

/*
 * Make and enter the candidates that could serve the item's demands.
 */
static void
item_make_candidates(Search *search, WorkItem *item)
{
	ListCell   *lc;

	foreach(lc, item->demands)
	{
		MemoryContext step = AllocSetContextCreate(CurrentMemoryContext,
												   "dbadvisor candidates",
												   ALLOCSET_DEFAULT_SIZES);
		MemoryContext old = MemoryContextSwitchTo(step);
		Bitmapset  *ids;

		ids = pool_add(search->pool,
					   generate_candidates((Demand *) lfirst(lc),
										   search->pool->max_columns));
		MemoryContextSwitchTo(old);
		item->own = bms_add_members(item->own, ids);
		MemoryContextDelete(step);
		if (bms_num_members(item->own) >= MAX_OWN)
			break;
	}
}

/*
 * Find which of the candidates plans of the item use: those of the best plan,
 * then without them those of the next, and so on.
 */
static void
item_harvest(Search *search, WorkItem *item, const Bitmapset *candidates,
			 int rounds)
{
	Bitmapset  *offered = bms_copy(candidates);

	for (int round = 0; round < rounds; round++)
	{
		Price	   *price;

		if (bms_is_empty(offered) || search_over(search))
			break;
		price = price_plan(search, item, offered);
		if (bms_is_empty(price->used) ||
			price->cost > item->base_cost * (1 - MIN_GAIN))
			break;
		item->bundles = lappend(item->bundles, price->used);
		offered = bms_del_members(offered, price->used);
	}
}

/*
 * The plan space of the item over these candidates, in the search's memory;
 * NULL where there is none.  "informed" and "draft" as for planspace_make().
 */
static PlanSpace *
item_space(Search *search, WorkItem *item, const Bitmapset *ids,
		   bool informed, bool draft)
{
	MemoryContext old = MemoryContextSwitchTo(search->context);
	List	   *candidates = NIL;
	PlanSpace  *space;
	const char *reason = NULL;
	int			id = -1;

	while ((id = bms_next_member(ids, id)) >= 0)
	{
		SpaceCandidate *candidate = (SpaceCandidate *)
		palloc(sizeof(SpaceCandidate));

		candidate->id = id;
		candidate->index = search->pool->candidates[id]->index;
		candidates = lappend(candidates, candidate);
	}
	space = candidates == NIL ? NULL :
		planspace_make(item->stmt, candidates, informed, draft, item->orders,
					   &reason);
	if (reason != NULL)
		elog(DEBUG1, "statement " INT64_FORMAT " has no plan space: %s",
			 item->queryid, reason);
	list_free_deep(candidates);
	MemoryContextSwitchTo(old);
	return space;
}

/*
 * item_harvest() in the plan space.
 */
static void
item_harvest_space(Search *search, WorkItem *item)
{
	Bitmapset  *offered = bms_copy(planspace_relevant(item->space));

	for (int round = 0; round < SPACE_ROUNDS && !bms_is_empty(offered); round++)
	{
		Bitmapset  *used;
		double		cost = planspace_cost(item->space, offered, &used);

		search->evaluations++;
		if (bms_is_empty(used) || cost > item->base_cost * (1 - MIN_GAIN))
			break;
		item->bundles = lappend(item->bundles, used);
		offered = bms_del_members(offered, used);
	}
}

/*
 * How much dearer the plan space is than the planner, where all candidates exist,
 * as a share; 0 where nobody knows.  *used becomes the set of those that its plan
 * uses.
 */
static double
item_space_error(Search *search, WorkItem *item, Bitmapset **used)
{
	double		cost = planspace_cost(item->space, item->relevant, used);
	Price	   *price;

	if (bms_is_empty(*used) || search_over(search))
		return 0;
	price = price_plan(search, item, *used);
	elog(DEBUG1, "statement " INT64_FORMAT ": plan space %g, planner %g",
		 item->queryid, cost, price->cost);
	return (cost - price->cost) / Max(price->cost, 1);
}

/*
 * Has one of the candidates an expression, whose statistics come with it?
 */
static bool
some_have_expressions(Search *search, const Bitmapset *ids)
{
	int			id = -1;

	while ((id = bms_next_member(ids, id)) >= 0)
		if (search->pool->candidates[id]->index->exprs != NIL)
			return true;
	return false;
}

/*
 * Drop a plan space that disagrees with the planner.  Where that is for the
 * statistics that the best plan's candidates bring along, try one that knows them,
 * and keep the other for sets without such candidates.  One that only is too
 * dear still says what the plans that it has cost.
 */
static void
item_check_space(Search *search, WorkItem *item)
{
	Bitmapset  *used;
	double		error = item_space_error(search, item, &used);

	if (fabs(error) > MAX_MODEL_ERROR && some_have_expressions(search, used) &&
		search_memory_left(search))
	{
		PlanSpace  *plain = item->space;

		item->space = item_space(search, item, item->relevant, true, false);
		if (item->space != NULL)
			error = item_space_error(search, item, &used);
		if (item->space != NULL && fabs(error) <= MAX_MODEL_ERROR)
			planspace_inform(item->space, plain);
		else
			planspace_free(plain);
	}
	item->rough = item->space != NULL && error > MAX_MODEL_ERROR;
	if (item->space == NULL || error >= -MAX_MODEL_ERROR)
		return;
	planspace_free(item->space);
	item->space = NULL;
}

/*
 * Forget the statement's trees, once no index can help it; its cost stays.
 */
static void
item_settle(WorkItem *item)
{
	statement_free(item->stmt);
	item->stmt = NULL;
	item->demands = NIL;
	item->bundles = NIL;
	item->prices = NIL;
	item->relevant = NULL;
	if (item->space != NULL)
		planspace_free(item->space);
	item->space = NULL;
}

/*
 * Make an item of a plannable statement with its figures.
 */
static WorkItem *
item_make(Statement *stmt)
{
	WorkItem   *item = (WorkItem *) palloc0(sizeof(WorkItem));

	item->stmt = stmt;
	item->queryid = stmt->queryid;
	item->calls = stmt->calls;
	item->total_ms = stmt->total_ms;
	/* Calls given by hand were not counted over any time. */
	item->since = stmt->queryid != 0 ? stmt->since : 0;
	item->daily = statement_daily_time(stmt);
	item->params_source = pstrdup(stmt->params_source ?
								  stmt->params_source : "generic");
	item->nparam_sets = stmt->nparam_sets;
	item->parameter_sensitive = stmt->parameter_sensitive;
	item->cost_rare = stmt->cost_rare;
	item->cost_common = stmt->cost_common;
	return item;
}

/*
 * Learn what the item costs without candidates, where the first planner call
 * does not say so.  Returns what went wrong, or NULL.
 */
static ErrorData *
item_price_base(WorkItem *item)
{
	WhatIfConfig nothing = {0};
	WhatIfResult result;

	if (item->space != NULL)
		item->base_cost = planspace_base_cost(item->space);
	if (item->space != NULL || item->orders == NULL ||
		!planspace_orders_spoil(item->orders))
		return NULL;
	result = whatif_statement(item->stmt, &nothing, false);
	item->base_cost = result.cost;
	return result.error;
}

/*
 * Take one analysed statement in, or count why not.
 */
static void
item_take_in(Search *search, Statement *stmt)
{
	WorkItem   *item = item_make(stmt);
	MemoryContext old = MemoryContextSwitchTo(stmt->context);
	ErrorData  *error;

	/* One planner call is recorded, and several sets of values take several. */
	item->orders = stmt->nparam_sets > 1 ? NULL : planspace_orders_make();
	item->demands = demand_collect(stmt, item->orders, &item->base_cost,
								   &error);
	MemoryContextSwitchTo(old);
	if (error == NULL)
	{
		item_make_candidates(search, item);
		item->space = item_space(search, item, item->own, false, true);
		error = item_price_base(item);
	}
	if (error != NULL)
	{
		search->nskipped[statement_state_of_error(error)]++;
		statement_free(stmt);
		return;
	}

	item->writes = write_load_note(search, stmt);
	if (item->space != NULL)
		item_harvest_space(search, item);
	else
		item_harvest(search, item, item->own, HARVEST_ROUNDS);
	if (item->bundles == NIL && !approximate_forbidden(item))
		item_settle(item);
	search->items = lappend(search->items, item);
	search->nitems++;
	if (item->since != 0 &&
		(search->since == 0 || item->since < search->since))
		search->since = item->since;
}

/*
 * Give each item its weight, so that the sum of weighted costs predicts
 * milliseconds: the observed time spread over the planner's cost.  Items
 * whose time is unknown get the others' average; when no time is known at
 * all, the objective is the planner's cost times calls.
 */
static void
items_weigh(Search *search)
{
	double		known_ms = 0;
	double		known_cost = 0;
	double		ms_per_cost;

	for (int i = 0; i < search->nitems; i++)
	{
		WorkItem   *item = search->item[i];

		if (item->total_ms <= 0)
			continue;
		known_ms += item->total_ms;
		known_cost += item->base_cost * Max(item->calls, 1);
	}
	search->in_ms = known_ms > 0 && known_cost > 0;
	ms_per_cost = search->in_ms ? known_ms / known_cost : 1;
	for (int i = 0; i < search->nitems; i++)
	{
		WorkItem   *item = search->item[i];
		double		calls = item->calls >= 0 ? item->calls : 1;

		if (item->base_cost <= 0)
			item->weight = 0;
		else if (item->total_ms > 0)
			item->weight = item->total_ms / item->base_cost;
		else
			item->weight = calls * ms_per_cost;
		search->base_total += item->weight * item->base_cost;
	}
}

/*
 * Read the workload and take in what time and memory allow, the most
 * important statements first.
 */
void
items_take_in(Search *search)
{
	List	   *statements = foreign_key_statements(workload_read(&search->missing));
	ListCell   *lc;
	int			i = 0;

	list_sort(statements, compare_importance);
	search->nstatements = list_length(statements);
	foreach(lc, statements)
	{
		Statement  *stmt = (Statement *) lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		if (intake_over(search))
		{
			search->left_out++;
			statement_free(stmt);
			continue;
		}
		statement_analyze(stmt);
		if (stmt->state == STATEMENT_PLANNABLE)
			item_take_in(search, stmt);
		else
		{
			if (stmt->state == STATEMENT_UTILITY)
				write_load_note_utility(search, stmt);
			search->nskipped[stmt->state]++;
			statement_free(stmt);
		}
	}

	search->item = (WorkItem **) palloc(Max(search->nitems, 1) *
										sizeof(WorkItem *));
	foreach(lc, search->items)
		search->item[i++] = (WorkItem *) lfirst(lc);
	items_weigh(search);
}

/*
 * Does the candidate contain every column that the demand reads?
 */
static bool
covers_demand(const Candidate *candidate, const Demand *demand)
{
	Bitmapset  *stored = NULL;
	ListCell   *lc;
	bool		result;

	if (!demand->coverable || bms_is_empty(demand->needed))
		return false;
	foreach(lc, candidate->keys)
	{
		Expr	   *expr = ((KeyColumn *) lfirst(lc))->expr;

		if (IsA(expr, Var))
			stored = bms_add_member(stored, ((Var *) expr)->varattno);
	}
	foreach(lc, candidate->included)
		stored = bms_add_member(stored, lfirst_int(lc));
	result = bms_is_subset(demand->needed, stored);
	bms_free(stored);
	return result;
}

/*
 * Does the demand restrict or order by a key column of the candidate?
 */
static bool
keys_demanded(const Candidate *candidate, const Demand *demand)
{
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, demand->arms)
		foreach(lc2, (List *) lfirst(lc))
	{
		if (key_columns_contain(candidate->keys,
								((KeyItem *) lfirst(lc2))->expr))
			return true;
	}
	foreach(lc, demand->orders)
	{
		if (key_columns_contain(candidate->keys,
								((KeyColumn *) linitial((List *) lfirst(lc)))->expr))
			return true;
	}
	return false;
}

/*
 * Could the candidate change the item's plan?
 */
static bool
item_concerns(const WorkItem *item, const Candidate *candidate)
{
	ListCell   *lc;

	foreach(lc, item->demands)
	{
		Demand	   *demand = (Demand *) lfirst(lc);

		if (demand->relid == candidate->relid &&
			(keys_demanded(candidate, demand) ||
			 covers_demand(candidate, demand)))
			return true;
	}
	return false;
}

/*
 * Make the item's plan space cover all candidates that concern it.
 */
static void
item_complete_space(Search *search, WorkItem *item)
{
	if (item->space == NULL)
		return;
	if (!bms_is_subset(item->relevant, item->own) && !search_over(search) &&
		search_memory_left(search))
	{
		planspace_free(item->space);
		item->space = item_space(search, item, item->relevant, false, false);
	}
	if (item->space != NULL)
		item_check_space(search, item);
	if (item->space == NULL)
		return;
	item->relevant = bms_intersect(item->relevant,
								   planspace_relevant(item->space));
	item->least_cost = Min(planspace_least_cost(item->space), item->base_cost);
	search->evaluations++;
	search->nspaces++;
}

/*
 * List for each candidate the items that it concerns.
 */
static void
items_list_concerned(Search *search)
{
	search->concerned = (Bitmapset **)
		palloc0(Max(search->pool->ncandidates, 1) * sizeof(Bitmapset *));
	for (int i = 0; i < search->nitems; i++)
	{
		int			id = -1;

		while ((id = bms_next_member(search->item[i]->relevant, id)) >= 0)
			search->concerned[id] = bms_add_member(search->concerned[id], i);
	}
}

/*
 * Settle which candidates the search may pick, and which of them concern which
 * item.
 */
void
items_relate(Search *search)
{
	Bitmapset  *used = NULL;
	Bitmapset  *selectable;
	ListCell   *lc;

	for (int i = 0; i < search->nitems; i++)
		foreach(lc, search->item[i]->bundles)
			used = bms_add_members(used, (Bitmapset *) lfirst(lc));
	selectable = approximate_keep_safe(search,
									   pool_derive(search->pool, used));

	for (int i = 0; i < search->nitems; i++)
	{
		WorkItem   *item = search->item[i];
		int			id = -1;

		CHECK_FOR_INTERRUPTS();
		if (item->stmt == NULL)
			continue;
		while ((id = bms_next_member(selectable, id)) >= 0)
			if (item_concerns(item, search->pool->candidates[id]))
				item->relevant = bms_add_member(item->relevant, id);
		item_complete_space(search, item);
		/* The costs of these plans bound those of all other sets. */
		if (item->space == NULL || item->rough)
			item_harvest(search, item, item->relevant, BOUND_ROUNDS);
	}
	search->selectable = selectable;
	items_list_concerned(search);
}
