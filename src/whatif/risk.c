/*-------------------------------------------------------------------------
 *
 * risk.c
 *		Judge whether a promised gain may turn out to be a loss.
 *
 * Two questions, by cost.  Is the new plan still cheaper when each row that is
 * fetched through an index costs what it takes at least?  If not, the gain is
 * at risk.  And is it still when there are more outer rows than estimated, by
 * as much as estimates may be off: a factor for every relation that is joined
 * before, as errors multiply?  If not, it is sensitive to estimates; many such
 * gains are real, so that is told and no more.  Plans that have the same
 * exposure before and after are no riskier than they were.
 * A third question is asked where executions have counted rows: is the new plan
 * still cheaper when the planner believes these?
 * Entry points: whatif_risk(), whatif_counted_level(), whatif_us_per_cost().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "utils/float.h"
#include "utils/lsyscache.h"

#include "whatif/whatif_internal.h"

/*
 * Microseconds per cost unit of a scan, where nothing was observed, and the
 * least believed, below which an estimate is off rather than a server fast.
 * bench/fetch_cost.sh prints them.
 */
#define USUAL_US_PER_COST 2.0
#define MIN_US_PER_COST 0.5

/*
 * By how much the estimate of an outer side is off that joins this many
 * relations: the median error of estimates grows by about two with each join
 * (Leis et al., "How good are query optimizers, really?", PVLDB 9(3), 2015,
 * figure 3).
 */
#define ERROR_PER_RELATION 2.0
#define MAX_ERROR 16.0

/* A gain of less than this share is rounding. */
#define MIN_GAIN 0.01

/* A gain of which counted rows leave less than this share hangs on them. */
#define KEPT_GAIN 0.5

/*
 * Microseconds that one cost unit of the statement takes, from what its calls
 * took; see whatif.h.
 */
double
whatif_us_per_cost(const Statement *stmt, double cost)
{
	if (stmt->total_ms <= 0 || stmt->calls <= 0 || cost <= 0)
		return USUAL_US_PER_COST;
	return Max(stmt->total_ms * 1000 / stmt->calls / cost, MIN_US_PER_COST);
}

/*
 * The factor of outer rows at which a plan costs as much as the other one.
 */
static double
break_even(const WhatIfExposure *before, const WhatIfExposure *after)
{
	double		growth = after->loop_cost - before->loop_cost;
	double		gain = before->cost + before->unpriced -
	after->cost - after->unpriced;

	if (growth <= 0)
		return get_float8_infinity();
	return 1 + Max(gain, 0) / growth;
}

/*
 * Name of the table that is exposed most.
 */
static char *
worst_table(const WhatIfExposure *exposure)
{
	char	   *name = get_rel_name(exposure->worst_relid);

	return name != NULL ? name : pstrdup("a table");
}

/*
 * Say in words why fetches make it risky.
 */
static char *
fetch_reason(const WhatIfExposure *after)
{
	return psprintf("the plan fetches about %.0f rows of \"%s\" one by one, "
					"in %.0f turns of a nested loop, and the planner counts "
					"%.2g cost units for each; at what a fetch takes at least, "
					"the plan costs more than the one before",
					after->worst_fetches, worst_table(after),
					after->worst_loops, after->worst_price);
}

/*
 * Say in words why estimates make it risky.
 */
static char *
estimate_reason(const WhatIfExposure *after, double factor)
{
	return psprintf("the plan pays only while the %.0f outer rows of its "
					"nested loop, estimated over %d joined relation%s, are not "
					"more than %.1f times as many",
					after->outer_rows, after->outer_relations,
					after->outer_relations == 1 ? "" : "s", factor);
}

/*
 * Judge the change from one plan to another; see whatif.h.
 */
WhatIfRisk
whatif_risk(const WhatIfExposure *before, const WhatIfExposure *after)
{
	WhatIfRisk	risk = {0};

	risk.known = !before->failed && !after->failed;
	if (!risk.known)
		return risk;
	risk.fetches = after->fetches;
	risk.pessimistic_before = before->cost + before->unpriced;
	risk.pessimistic_after = after->cost + after->unpriced;
	risk.break_even = break_even(before, after);
	risk.error_expected = Min(pow(ERROR_PER_RELATION, after->outer_relations),
							  MAX_ERROR);
	if (after->cost > before->cost * (1 - MIN_GAIN))
		return risk;			/* promises nothing */
	if (risk.pessimistic_after > risk.pessimistic_before * (1 - MIN_GAIN))
	{
		risk.at_risk = true;
		risk.reason = fetch_reason(after);
	}
	else if (risk.break_even < risk.error_expected)
		risk.reason = estimate_reason(after, risk.break_even);
	return risk;
}

/*
 * The share of the cost that a change of plans saves.
 */
static double
saved_share(const WhatIfExposure *before, const WhatIfExposure *after)
{
	return before->cost > 0 ? 1 - after->cost / before->cost : 0;
}

/*
 * What counted rows leave of a gain, in one word; see whatif.h.
 */
const char *
whatif_counted_level(const WhatIfExposure *before, const WhatIfExposure *after,
					 const WhatIfExposure *counted_before,
					 const WhatIfExposure *counted_after)
{
	double		promised = saved_share(before, after);
	double		left = saved_share(counted_before, counted_after);

	if (promised < MIN_GAIN)
		return "none";
	if (left < MIN_GAIN)
		return "at_risk";
	return left < promised * KEPT_GAIN ? "sensitive" : "none";
}

/*
 * The level of a known risk in one word; see whatif.h.
 */
const char *
whatif_risk_level(const WhatIfRisk *risk)
{
	if (risk->at_risk)
		return "at_risk";
	return risk->reason != NULL ? "sensitive" : "none";
}
