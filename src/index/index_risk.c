/*-------------------------------------------------------------------------
 *
 * index_risk.c
 *		Say of each statement of a recommendation whether its gain is at risk.
 *
 * The plans with and without the index are made once more, to see what they
 * rest on; a plan that several steps have in common is made once.
 * Entry point: risk_evidence().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "utils/json.h"
#include "utils/memutils.h"

#include "index/index_internal.h"

/* What the plan of an item with these candidates rests on. */
typedef struct ItemExposure
{
	Bitmapset  *members;
	WhatIfExposure exposure;
} ItemExposure;

/*
 * Plan the item with these candidates, in memory that goes again.
 */
static WhatIfExposure
expose(Search *search, WorkItem *item, const Bitmapset *members)
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
												  item->base_cost));
	MemoryContextSwitchTo(old);
	MemoryContextDelete(step);
	return exposure;
}

/*
 * The exposure of the item with these candidates, found out at first use.
 */
static const WhatIfExposure *
item_exposure(Search *search, WorkItem *item, const Bitmapset *members)
{
	Bitmapset  *relevant = bms_intersect(members, item->relevant);
	MemoryContext old;
	ItemExposure *entry;
	ListCell   *lc;

	foreach(lc, item->exposures)
	{
		entry = (ItemExposure *) lfirst(lc);
		if (bms_equal(entry->members, relevant))
			return &entry->exposure;
	}
	old = MemoryContextSwitchTo(search->context);
	entry = (ItemExposure *) palloc(sizeof(ItemExposure));
	entry->members = bms_copy(relevant);
	entry->exposure = expose(search, item, relevant);
	item->exposures = lappend(item->exposures, entry);
	MemoryContextSwitchTo(old);
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
		risk = whatif_risk(item_exposure(search, item, before),
						   item_exposure(search, item, after));
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
