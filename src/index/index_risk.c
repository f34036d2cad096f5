/*-------------------------------------------------------------------------
 *
 * index_risk.c
 *		Say of each statement of a recommendation whether its gain is at risk.
 *
 * What the plans with and without the index rest on was noted when they were made
 * for their exact cost, or they are made once more; where executions have counted
 * other rows than the planner expected, with these, too.  A plan that several steps
 * have in common is made once.
 * Entry points: risk_evidence(), counted_evidence().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "utils/json.h"
#include "utils/memutils.h"

#include "index/index_internal.h"
#include "sampler/sampler.h"
#include "whatif/correct.h"

/*
 * Rows that executions counted are looked at where they differ from the estimate
 * by this factor: where dbadvisor.misestimates begins.
 */
#define COUNTED_MIN_FACTOR 2.0

/* What the plan of an item with these candidates rests on. */
typedef struct ItemExposure
{
	bool		counted;		/* with rows that executions counted */
	Bitmapset  *members;
	WhatIfExposure exposure;
} ItemExposure;

/*
 * Plan the item with these candidates, in memory that goes again.
 */
static WhatIfExposure
expose(Search *search, WorkItem *item, const Bitmapset *members,
	   const Corrections *corrections)
{
	MemoryContext step = AllocSetContextCreate(CurrentMemoryContext,
											   "dbadvisor risk",
											   ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(step);
	WhatIfConfig config = {0};
	WhatIfExposure exposure;
	int			id = -1;

	while ((id = bms_next_member(members, id)) >= 0)
		config.indexes = lappend(config.indexes,
								 search->pool->candidates[id]->index);
	exposure = whatif_exposure(item->stmt, &config,
							   whatif_us_per_cost(item->stmt,
												  item->base_cost),
							   corrections);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(step);
	return exposure;
}

/*
 * The exposure of the item with these candidates, by the planner's estimates or
 * with counted rows, found out at first use.
 */
static const WhatIfExposure *
item_exposure(Search *search, WorkItem *item, const Bitmapset *members,
			  bool counted)
{
	const Price *price = price_planned(item, members);
	Bitmapset  *plan;
	MemoryContext old;
	ItemExposure *entry;
	uint64		calls = whatif_planner_calls();
	ListCell   *lc;

	if (!counted && price != NULL && price->exposure != NULL)
		return price->exposure;
	/* The plan is the same with those alone that it uses. */
	plan = price ? bms_copy(price->used) :
		bms_intersect(members, item->relevant);
	foreach(lc, item->exposures)
	{
		entry = (ItemExposure *) lfirst(lc);
		if (entry->counted == counted && bms_equal(entry->members, plan))
		{
			bms_free(plan);
			return &entry->exposure;
		}
	}
	old = MemoryContextSwitchTo(search->context);
	entry = (ItemExposure *) palloc(sizeof(ItemExposure));
	entry->counted = counted;
	entry->members = bms_copy(plan);
	entry->exposure = expose(search, item, plan,
							 counted ? item->counted : NULL);
	item->exposures = lappend(item->exposures, entry);
	search->replans += whatif_planner_calls() - calls;
	MemoryContextSwitchTo(old);
	bms_free(plan);
	return &entry->exposure;
}

/*
 * Append the JSON value of the risk: null where it was not looked at.
 */
void
risk_evidence(StringInfo json, Search *search, WorkItem *item,
			  const Bitmapset *before, const Bitmapset *after)
{
	WhatIfRisk	risk = {0};

	if (item->stmt != NULL && !search_over(search))
		risk = whatif_risk(item_exposure(search, item, before, false),
						   item_exposure(search, item, after, false));
	if (!risk.known)
	{
		appendStringInfoString(json, "null");
		return;
	}
	appendStringInfo(json, "{\"level\": \"%s\", \"reason\": ",
					 whatif_risk_level(&risk));
	if (risk.reason)
		escape_json(json, risk.reason);
	else
		appendStringInfoString(json, "null");
	appendStringInfo(json, ", \"fetches\": %.0f, \"pessimistic_before\": %.6g"
					 ", \"pessimistic_after\": %.6g",
					 risk.fetches, risk.pessimistic_before,
					 risk.pessimistic_after);
	if (isinf(risk.break_even))
		appendStringInfoString(json, ", \"break_even_factor\": null");
	else
		appendStringInfo(json, ", \"break_even_factor\": %.4g",
						 risk.break_even);
	appendStringInfo(json, ", \"error_expected\": %.0f}", risk.error_expected);
}

/*
 * The estimate of the statement that was most wrong, of those that executions
 * counted; NULL where none was.
 */
static const SampledEstimate *
worst_count(Search *search, WorkItem *item)
{
	const SampledEstimate *worst = NULL;
	ListCell   *lc;

	if (!item->counted_known)
	{
		MemoryContext old = MemoryContextSwitchTo(search->context);

		item->counted = corrections_counted(item->stmt, COUNTED_MIN_FACTOR);
		item->counted_known = true;
		MemoryContextSwitchTo(old);
	}
	if (item->counted == NULL)
		return NULL;
	foreach(lc, item->counted->counts)
	{
		const SampledEstimate *estimate = (const SampledEstimate *) lfirst(lc);

		if (worst == NULL || estimate->factor > worst->factor)
			worst = estimate;
	}
	return worst;
}

/*
 * Append the JSON value of what counted rows leave of the gain: null where the
 * planner was right or nothing was counted.
 */
void
counted_evidence(StringInfo json, Search *search, WorkItem *item,
				 const Bitmapset *before, const Bitmapset *after)
{
	const SampledEstimate *worst = NULL;
	const WhatIfExposure *old;
	const WhatIfExposure *new;

	if (item->stmt != NULL && !search_over(search))
		worst = worst_count(search, item);
	if (worst == NULL)
	{
		appendStringInfoString(json, "null");
		return;
	}
	old = item_exposure(search, item, before, true);
	new = item_exposure(search, item, after, true);
	if (old->failed || new->failed)
	{
		appendStringInfoString(json, "null");
		return;
	}
	appendStringInfo(json, "{\"level\": \"%s\", \"relid\": %u"
					 ", \"executions\": %.0f, \"factor\": %.6g"
					 ", \"rows_estimated\": %.6g, \"rows_counted\": %.6g"
					 ", \"cost_before\": %.6g, \"cost_after\": %.6g}",
					 whatif_counted_level(item_exposure(search, item, before, false),
										  item_exposure(search, item, after, false),
										  old, new),
					 worst->relid, worst->executions, worst->factor,
					 worst->estimated, worst->actual, old->cost, new->cost);
}
