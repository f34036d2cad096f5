/*-------------------------------------------------------------------------
 *
 * orders.c
 *		What the plan above ordered rows costs, query level by query level.
 *
 * A candidate may deliver rows in the order that the upper part of a level wants
 * to group, to sort or to number them.  What the upper part costs then does not
 * hang on the candidate, so that it is learnt once, before there are any: the
 * planner is given such rows for nothing.  The call that does so serves other
 * observers as well.
 * Entry points: planspace_orders_begin(), orders_take().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "planspace/planspace_internal.h"

/*
 * Nothing known yet; see planspace.h.
 */
SpaceOrders *
planspace_orders_make(void)
{
	SpaceOrders *orders = (SpaceOrders *) palloc0(sizeof(SpaceOrders));

	orders->context = CurrentMemoryContext;
	return orders;
}

/*
 * Watch the planner from here on.
 */
void
planspace_orders_begin(SpaceOrders *orders)
{
	MemoryContext context = AllocSetContextCreate(orders->context,
												  "dbadvisor orders",
												  ALLOCSET_DEFAULT_SIZES);

	orders->recording = (Recording *)
		MemoryContextAllocZero(context, sizeof(Recording));
	orders->recording->context = context;
	orders->recording->orders = orders;
	whatif_record(&planspace_recorder, orders->recording);
}

/*
 * Watch no longer.
 */
void
planspace_orders_end(SpaceOrders *orders)
{
	whatif_record(NULL, NULL);
	MemoryContextDelete(orders->recording->context);
	orders->recording = NULL;
}

/*
 * Has the planner been given rows for nothing?
 */
bool
planspace_orders_spoil(const SpaceOrders *orders)
{
	return orders->spoiled;
}

/*
 * Note what a level costs over ordered rows; levels come one after another.
 */
void
orders_note(SpaceOrders *orders, int level, double cost)
{
	Size		size = (level + 1) * sizeof(double);

	orders->above = orders->above == NULL ?
		(double *) MemoryContextAlloc(orders->context, size) :
		(double *) repalloc(orders->above, size);
	orders->above[level] = cost;
	orders->nlevels = level + 1;
}

/*
 * Tell the levels of a space what is known.
 */
void
orders_take(PlanSpace *space, const SpaceOrders *orders)
{
	if (orders == NULL || orders->nlevels != space->nblocks)
		return;
	for (int b = 0; b < space->nblocks; b++)
	{
		space->blocks[b].above_ordered = orders->above[b];
		space->blocks[b].ordered_known = true;
	}
}
