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
	prices->asked = -1;
}

/*
 * Does a plan that uses these pay for all that the other uses?
 */
static bool
uses_contain(const int *uses, int nuses, const BoundPlan *other)
{
	int			n = 0;

	for (int i = 0; i < nuses && n < other->nuses; i++)
		n += uses[i] == other->uses[n];
	return n == other->nuses;
}

/*
 * Is there a plan that uses nothing else and costs no more, so that no prices
 * make this one the better?
 */
static bool
plan_needless(const ItemPrices *prices, const int *uses, int nuses, double cost)
{
	for (int p = 0; p < prices->nplans && prices->plans[p].cost <= cost; p++)
		if (uses_contain(uses, nuses, &prices->plans[p]))
			return true;
	return false;
}

/*
 * Forget a plan.
 */
static void
plan_drop(ItemPrices *prices, int p)
{
	const BoundPlan *plan = &prices->plans[p];

	if (prices->chosen == p)
		for (int i = 0; i < plan->nuses; i++)
			prices->used[plan->uses[i]] = false;
	if (plan->uses != NULL)
		pfree(plan->uses);
	memmove(&prices->plans[p], &prices->plans[p + 1],
			(--prices->nplans - p) * sizeof(BoundPlan));
	if (prices->chosen == p)
		prices->chosen = -1;
	else if (prices->chosen > p)
		prices->chosen--;
}

/*
 * Forget the plans that this one makes needless, and where there are too many
 * still, the one whose choice is longest ago; that without any candidate stays.
 */
static void
plan_make_room(ItemPrices *prices, const int *uses, int nuses, double cost)
{
	BoundPlan	new = {.nuses = nuses,.uses = unconstify(int *, uses)};
	int			oldest = -1;

	for (int p = prices->nplans - 1; p >= 0; p--)
		if (prices->plans[p].cost >= cost &&
			uses_contain(prices->plans[p].uses, prices->plans[p].nuses, &new))
			plan_drop(prices, p);
	if (prices->nplans < MAX_PLANS)
		return;
	for (int p = 0; p < prices->nplans; p++)
		if (prices->plans[p].nuses > 0 &&
			(oldest < 0 ||
			 prices->plans[p].chosen < prices->plans[oldest].chosen))
			oldest = p;
	plan_drop(prices, oldest);
}

/*
 * Put a plan in its place among the others, which are the cheapest first.
 */
static void
plan_insert(ItemPrices *prices, int *uses, int nuses, double cost)
{
	int			p = prices->nplans++;

	while (p > 0 && prices->plans[p - 1].cost > cost)
		p--;
	memmove(&prices->plans[p + 1], &prices->plans[p],
			(prices->nplans - 1 - p) * sizeof(BoundPlan));
	prices->plans[p].cost = cost;
	prices->plans[p].chosen = prices->steps;
	prices->plans[p].nuses = nuses;
	prices->plans[p].uses = uses;
	if (prices->chosen >= p)
		prices->chosen++;
}

/*
 * Keep a plan: the set of entries used, and its cost.
 */
static void
plan_keep(ItemPrices *prices, const Bitmapset *used, double cost)
{
	int		   *uses = (int *) palloc((bms_num_members(used) + 1) *
									  sizeof(int));
	int			nuses = 0;

	for (int i = 0; i < prices->count; i++)
		if (bms_is_member(prices->entries[i], used))
			uses[nuses++] = i;
	if (plan_needless(prices, uses, nuses, cost))
	{
		pfree(uses);
		return;
	}
	plan_make_room(prices, uses, nuses, cost);
	plan_insert(prices, uses, nuses, cost);
}

/*
 * Ask the plan space what the item costs at least at the prices in force, and
 * keep its plan.  "penalties" is room for one number per entry.
 */
double
bound_plan_ask(ItemPrices *prices, double *penalties)
{
	double		weight = prices->item->weight;
	Size		size = prices->count * sizeof(double);
	Bitmapset  *used;
	double		cost;

	if (prices->asked >= 0 &&
		memcmp(prices->pay, prices->asked_pay, size) == 0)
		return prices->asked;
	for (int i = 0; i < prices->count; i++)
		penalties[prices->entries[i]] = prices->pay[i] / weight;
	prices->asked = weight * planspace_relaxed(prices->item->space,
											   penalties, &used,
											   &cost);
	memcpy(prices->asked_pay, prices->pay, size);
	plan_keep(prices, used, weight * cost);
	bms_free(used);
	return prices->asked;
}

/*
 * Choose the known plan that is cheapest at the prices in force, and note what
 * it uses.  None that costs more without them is looked at.
 */
double
bound_plan_choose(ItemPrices *prices)
{
	const BoundPlan *plan;
	double		best = get_float8_infinity();

	if (prices->chosen >= 0)
	{
		plan = &prices->plans[prices->chosen];
		for (int i = 0; i < plan->nuses; i++)
			prices->used[plan->uses[i]] = false;
	}
	for (int p = 0; p < prices->nplans && prices->plans[p].cost < best; p++)
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
	prices->plans[prices->chosen].chosen = ++prices->steps;
	plan = &prices->plans[prices->chosen];
	for (int i = 0; i < plan->nuses; i++)
		prices->used[plan->uses[i]] = true;
	return best;
}
