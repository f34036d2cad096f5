/*-------------------------------------------------------------------------
 *
 * price.c
 *		Cost of a statement under a set of candidates, asking the planner as
 *		seldom as possible.
 *
 * A plan made with set S that uses only U of it is the cheapest plan for
 * every set between U and S: more sets than one get their cost from one
 * planner call, exactly.  Every known plan whose indexes are in a set bounds
 * its cost from above, and every known superset bounds it from below; that
 * is what answers when time is up, and what saves looking at all.
 * Entry points: price_of(), price_exact(), price_floor().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "index/index_internal.h"

/* A cost that a plan space gave. */
typedef struct Memo
{
	uint64		fingerprint;	/* hash key: of the relevant candidates */
	double		cost;
	char		status;			/* simplehash.h's own */
} Memo;

#define SH_PREFIX memo
#define SH_ELEMENT_TYPE Memo
#define SH_KEY_TYPE uint64
#define SH_KEY fingerprint
#define SH_HASH_KEY(table, key) ((uint32) (key))
#define SH_EQUAL(table, a, b) ((a) == (b))
#define SH_SCOPE static inline
#define SH_DEFINE
#define SH_DECLARE
#include "lib/simplehash.h"

/*
 * The what-if configuration with these candidates.
 */
static WhatIfConfig
config_of(const Pool *pool, const Bitmapset *members)
{
	WhatIfConfig config = {0};
	int			id = -1;

	while ((id = bms_next_member(members, id)) >= 0)
		config.indexes = lappend(config.indexes, pool->candidates[id]->index);
	return config;
}

/*
 * The candidates whose indexes a plan used.
 */
static Bitmapset *
used_candidates(const Pool *pool, const Bitmapset *members,
				const WhatIfConfig *config, List *used)
{
	Bitmapset  *result = NULL;
	ListCell   *lc;
	int			id = -1;

	foreach(lc, used)
	{
		HypoIndex  *index = hypo_index_find(config->indexes, lfirst_oid(lc));

		id = -1;
		while (index != NULL && (id = bms_next_member(members, id)) >= 0)
			if (pool->candidates[id]->index == index)
				result = bms_add_member(result, id);
	}
	return result;
}

/*
 * Planner calls for one statement while sets are searched.  After these its known
 * plans answer: those without the best plan's candidates, and so on, are among them.
 */
#define MAX_PLANNED 40

/*
 * price_plan(), and note what the plan rests on where "exposure" is not NULL.
 */
static Price *
plan_and_remember(Search *search, WorkItem *item, const Bitmapset *members,
				  WhatIfExposure *exposure)
{
	MemoryContext step = AllocSetContextCreate(CurrentMemoryContext,
											   "dbadvisor price",
											   ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(step);
	WhatIfConfig config = config_of(search->pool, members);
	WhatIfResult result;
	Price	   *price;

	CHECK_FOR_INTERRUPTS();
	config.exposure = exposure;
	if (exposure != NULL)
		config.us_per_cost = whatif_us_per_cost(item->stmt, item->base_cost);
	result = whatif_statement(item->stmt, &config, false);
	MemoryContextSwitchTo(search->context);
	item->nplanned++;
	price = (Price *) palloc0(sizeof(Price));
	price->offered = bms_copy(members);
	price->cost = item->base_cost;
	if (result.error == NULL)
	{
		price->used = used_candidates(search->pool, members, &config,
									  result.used);
		price->cost = result.cost;
		price->exposure = exposure;
	}
	/* A plan is dearer than its memory. */
	if (search_has_memory(search, 1))
		item->prices = lappend(item->prices, price);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(step);
	return price;
}

/*
 * Plan the item with these candidates and remember the answer, in the
 * search's memory.  A statement that cannot be planned any more costs what it
 * did.
 */
Price *
price_plan(Search *search, WorkItem *item, const Bitmapset *members)
{
	return plan_and_remember(search, item, members, NULL);
}

/*
 * The same for a winner, of which it is noted what its plan rests on.  That
 * would be of several plans where there are several sets of values.
 */
static Price *
plan_winner(Search *search, WorkItem *item, const Bitmapset *members)
{
	uint64		calls = whatif_planner_calls();
	WhatIfExposure *exposure = item->nparam_sets > 1 ? NULL :
	(WhatIfExposure *) MemoryContextAllocZero(search->context,
											  sizeof(WhatIfExposure));
	Price	   *price = plan_and_remember(search, item, members, exposure);

	search->replans += whatif_planner_calls() - calls;
	return price;
}

/*
 * The remembered price that is exactly that of "members", or NULL.
 */
static Price *
price_known(const WorkItem *item, const Bitmapset *members)
{
	ListCell   *lc;

	foreach(lc, item->prices)
	{
		Price	   *price = (Price *) lfirst(lc);

		if (!price->model && bms_is_subset(price->used, members) &&
			bms_is_subset(members, price->offered))
			return price;
	}
	return NULL;
}

/*
 * The price of the item with "members" where a plan was made for exactly these or
 * stands for them, or NULL.
 */
const Price *
price_planned(const WorkItem *item, const Bitmapset *members)
{
	Bitmapset  *relevant = bms_intersect(members, item->relevant);
	const Price *price = price_known(item, relevant);

	bms_free(relevant);
	return price;
}

/*
 * The cheapest remembered plan that "members" allow, or NULL for the plan
 * without candidates.
 */
static Price *
price_ceiling(const WorkItem *item, const Bitmapset *members)
{
	Price	   *best = NULL;
	ListCell   *lc;

	foreach(lc, item->prices)
	{
		Price	   *price = (Price *) lfirst(lc);

		if (price->cost < (best ? best->cost : item->base_cost) &&
			bms_is_subset(price->used, members))
			best = price;
	}
	return best;
}

/* Plans of one statement that are remembered from its plan space. */
#define MAX_MODEL_PLANS 300

/* Costs of one statement that are remembered, at most and to begin with. */
#define MAX_MEMOS 3600
#define MEMOS_AT_FIRST 64

/*
 * Remember a plan of the plan space, unless one with the same candidates is
 * known.
 */
static void
remember_plan(Search *search, WorkItem *item, const Bitmapset *used,
			  double cost)
{
	MemoryContext old;
	Price	   *price;
	ListCell   *lc;

	if (list_length(item->prices) >= MAX_MODEL_PLANS)
		return;
	foreach(lc, item->prices)
	{
		if (bms_equal(((Price *) lfirst(lc))->used, used))
			return;
	}
	old = MemoryContextSwitchTo(search->context);
	price = (Price *) palloc0(sizeof(Price));
	price->used = bms_copy(used);
	price->cost = cost;
	price->model = true;
	item->prices = lappend(item->prices, price);
	MemoryContextSwitchTo(old);
}

/*
 * The fingerprint of a set with one more candidate, or without it.
 */
uint64
fingerprint_with(uint64 fingerprint, int id)
{
	return fingerprint ^ hash_bytes_uint32_extended((uint32) id, 0);
}

/*
 * What stands for those of the members that matter to the item.  Two sets of an item
 * that are remembered at once have the same number with odds of one in 10^12.
 */
uint64
relevant_fingerprint(const WorkItem *item, const Bitmapset *members)
{
	uint64		fingerprint = 0;
	int			id = -1;

	while ((id = bms_next_member(members, id)) >= 0)
		if (bms_is_member(id, item->relevant))
			fingerprint = fingerprint_with(fingerprint, id);
	return fingerprint;
}

/*
 * The remembered cost of the item with candidates of this fingerprint, or NULL.
 */
static const Memo *
memo_find(const WorkItem *item, uint64 fingerprint)
{
	return item->memos == NULL ? NULL :
		memo_lookup(item->memos, fingerprint);
}

/*
 * Remember a cost, as long as there is room.
 */
static void
memo_enter(Search *search, WorkItem *item, uint64 fingerprint, double cost)
{
	bool		found;

	if (item->memos == NULL)
		item->memos = memo_create(search->context, MEMOS_AT_FIRST, NULL);
	if (item->memos->members < MAX_MEMOS &&
		(item->memos->members < item->memos->grow_threshold ||
		 search_has_room(search)))
		memo_insert(item->memos, fingerprint, &found)->cost = cost;
}

/*
 * Cost of the item with "members" by its plan space.
 */
static double
price_model(Search *search, WorkItem *item, const Bitmapset *members)
{
	uint64		fingerprint = relevant_fingerprint(item, members);
	const Memo *memo = memo_find(item, fingerprint);
	Bitmapset  *relevant;
	Bitmapset  *used;
	double		cost;

	search->evaluations++;
	if (memo != NULL)
		return memo->cost;
	relevant = bms_intersect(members, item->relevant);
	cost = planspace_cost(item->space, relevant, &used);
	cost = Min(cost, item->base_cost);
	if (search->keeps_plans && search_has_room(search))
		remember_plan(search, item, used, cost);
	memo_enter(search, item, fingerprint, cost);
	bms_free(used);
	bms_free(relevant);
	return cost;
}

/*
 * Does the item's plan space say what no set undercuts?
 */
static bool
has_true_space(const WorkItem *item)
{
	return item->stmt != NULL && item->space != NULL && !item->rough;
}

/*
 * A cost below which no plan with these of the relevant candidates can be: that in
 * the plan space with exactly these, where it is known, or that with any.
 */
double
price_floor_of(const WorkItem *item, uint64 fingerprint)
{
	const Memo *memo = has_true_space(item) ? memo_find(item, fingerprint) :
	NULL;

	return memo ? memo->cost : price_least(item);
}

/*
 * A cost below which no plan with "members" can be.
 */
double
price_floor(const WorkItem *item, const Bitmapset *members)
{
	Bitmapset  *relevant;
	double		floor = 0;
	ListCell   *lc;

	if (item->stmt == NULL || !bms_overlap(members, item->relevant))
		return item->base_cost;
	if (has_true_space(item))
		return price_floor_of(item, relevant_fingerprint(item, members));
	relevant = bms_intersect(members, item->relevant);
	foreach(lc, item->prices)
	{
		Price	   *price = (Price *) lfirst(lc);

		if (price->cost > floor && bms_is_subset(relevant, price->offered))
			floor = price->cost;
	}
	bms_free(relevant);
	return Min(floor, item->base_cost);
}

/*
 * A cost below which the item is with no set of candidates.
 */
double
price_least(const WorkItem *item)
{
	return has_true_space(item) && !bms_is_empty(item->relevant) ?
		item->least_cost : price_floor(item, item->relevant);
}

/*
 * Cost of an item whose plan space lacks plans: by that, or by a plan that the
 * planner has made.
 */
static double
price_rough(Search *search, WorkItem *item, const Bitmapset *members)
{
	const Price *price = price_ceiling(item, members);
	double		cost = price_model(search, item, members);

	return price ? Min(price->cost, cost) : cost;
}

/*
 * Cost of the item with "members": by its plan space, else exact, or from
 * above once time is up or the planner was asked often enough.
 */
double
price_of(Search *search, WorkItem *item, const Bitmapset *members)
{
	Bitmapset  *relevant;
	Price	   *price;
	double		cost;

	if (item->stmt == NULL || !bms_overlap(members, item->relevant))
		return item->base_cost;
	if (item->space != NULL)
		return item->rough ? price_rough(search, item, members) :
			price_model(search, item, members);
	relevant = bms_intersect(members, item->relevant);
	price = price_known(item, relevant);
	if (price == NULL)
		price = item->nplanned >= MAX_PLANNED || search_over(search) ?
			price_ceiling(item, relevant) : price_plan(search, item, relevant);
	cost = price ? price->cost : item->base_cost;
	bms_free(relevant);
	return cost;
}

/*
 * The plan of the item in its plan space, as a price that is not remembered.
 */
static Price *
price_by_model(WorkItem *item, const Bitmapset *members)
{
	Price	   *price = (Price *) palloc0(sizeof(Price));

	price->cost = planspace_cost(item->space, members, &price->used);
	price->cost = Min(price->cost, item->base_cost);
	price->model = true;
	return price;
}

/*
 * The plan of the item with exactly "members" offered, made by the planner now
 * or before; NULL when it has no use for any.  Once time is up, the best plan
 * known that "members" allow.
 */
Price *
price_exact(Search *search, WorkItem *item, const Bitmapset *members)
{
	Bitmapset  *relevant;
	Price	   *price;

	if (item->stmt == NULL || !bms_overlap(members, item->relevant))
		return NULL;
	relevant = bms_intersect(members, item->relevant);
	price = price_known(item, relevant);
	if (price == NULL && !search_over(search))
		price = plan_winner(search, item, relevant);
	else if (price == NULL && item->space != NULL)
		price = price_by_model(item, relevant);
	else if (price == NULL)
		price = price_ceiling(item, relevant);
	bms_free(relevant);
	return price;
}
