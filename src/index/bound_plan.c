/*-------------------------------------------------------------------------
 *
 * bound_plan.c
 *		The cheapest plan of a statement when it pays for each index.
 *
 * A plan space is asked for it seldom, and each plan that it gives is kept:
 * which of these is the cheapest at other prices is known in a fraction of the
 * time, and guides the prices.  Only an answer of the plan space counts in the
 * bound, since it alone has looked at all plans.
 * Entry points: bound_plan_ask(), bound_plan_choose().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/float.h"

#include "index/bound.h"

/* Plans of one item that are kept. */
#define MAX_PLANS 256

/*
 * Know the plan without any candidate.
 */
void
bound_plans_init(ItemPrices *prices)
{
	prices->plans = (BoundPlan *) palloc0(MAX_PLANS * sizeof(BoundPlan));
	prices->plans[0].cost = prices->item->weight * prices->item->base_cost;
	prices->nplans = 1;
	prices->next = 1;
	prices->asked = -1;
}

/*
 * Is there a plan that uses the same and costs no more?
 */
static bool
plan_known(const ItemPrices *prices, const int *uses, int nuses, double cost)
{
	for (int p = 0; p < prices->nplans; p++)
	{
		const BoundPlan *plan = &prices->plans[p];

		if (plan->nuses == nuses && plan->cost <= cost &&
			memcmp(plan->uses, uses, nuses * sizeof(int)) == 0)
			return true;
	}
	return false;
}

/*
 * Keep a plan: the set of entries used, and its cost.  The oldest gives way
 * when there are too many.
 */
static void
plan_keep(ItemPrices *prices, const Bitmapset *used, double cost)
{
	int		   *uses = (int *) palloc((bms_num_members(used) + 1) *
									  sizeof(int));
	int			nuses = 0;
	BoundPlan  *plan;

	for (int i = 0; i < prices->count; i++)
		if (bms_is_member(prices->entries[i], used))
			uses[nuses++] = i;
	if (plan_known(prices, uses, nuses, cost))
	{
		pfree(uses);
		return;
	}
	if (prices->nplans < MAX_PLANS)
		plan = &prices->plans[prices->nplans++];
	else
	{
		plan = &prices->plans[prices->next];
		prices->next = prices->next + 1 < MAX_PLANS ? prices->next + 1 : 1;
		pfree(plan->uses);
	}
	plan->cost = cost;
	plan->nuses = nuses;
	plan->uses = uses;
}

/*
 * Ask the plan space what the item costs at least at the prices in force, and
 * keep its plan.
 */
double
bound_plan_ask(ItemPrices *prices)
{
	double		weight = prices->item->weight;
	Size		size = prices->count * sizeof(double);
	Bitmapset  *used;
	double		cost;

	if (prices->asked >= 0 &&
		memcmp(prices->pay, prices->asked_pay, size) == 0)
		return prices->asked;
	for (int i = 0; i < prices->count; i++)
		prices->penalties[prices->entries[i]] = prices->pay[i] / weight;
	prices->asked = weight * planspace_relaxed(prices->item->space,
											   prices->penalties, &used,
											   &cost);
	memcpy(prices->asked_pay, prices->pay, size);
	plan_keep(prices, used, weight * cost);
	bms_free(used);
	return prices->asked;
}

/*
 * Choose the known plan that is cheapest at the prices in force, and note what
 * it uses.
 */
double
bound_plan_choose(ItemPrices *prices)
{
	const BoundPlan *plan = &prices->plans[prices->chosen];
	double		best = get_float8_infinity();

	for (int i = 0; i < plan->nuses; i++)
		prices->used[plan->uses[i]] = false;
	for (int p = 0; p < prices->nplans; p++)
	{
		double		value;

		plan = &prices->plans[p];
		value = plan->cost;
		for (int i = 0; i < plan->nuses && value < best; i++)
			value += prices->pay[plan->uses[i]];
		if (value >= best)
			continue;
		best = value;
		prices->chosen = p;
	}
	plan = &prices->plans[prices->chosen];
	for (int i = 0; i < plan->nuses; i++)
		prices->used[plan->uses[i]] = true;
	return best;
}
