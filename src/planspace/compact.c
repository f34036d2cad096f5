/*-------------------------------------------------------------------------
 *
 * compact.c
 *		Copy a reduced plan space into memory of its size.
 *
 * Entry point: space_compact().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "planspace/planspace_internal.h"

/*
 * A copy of some bytes in the current context; one byte for none.
 */
static void *
copy_bytes(const void *from, Size size)
{
	void	   *copy = palloc(Max(size, 1));

	if (size > 0)
		memcpy(copy, from, size);
	return copy;
}

/*
 * Copy slots with what they hold.
 */
static Slot *
copy_slots(const Slot *from, int count)
{
	Slot	   *slots = (Slot *) copy_bytes(from, count * sizeof(Slot));

	for (int i = 0; i < count; i++)
	{
		slots[i].access = (Access *)
			copy_bytes(from[i].access, from[i].naccess * sizeof(Access));
		if (from[i].front != NULL)
			slots[i].front = (int *)
				copy_bytes(from[i].front, from[i].naccess * sizeof(int));
	}
	return slots;
}

/*
 * Copy the leaves of a block.  Who gives values to a look-up mattered while
 * joins were recorded.
 */
static void
copy_leaves(Block *block)
{
	block->leaves = (Leaf *) copy_bytes(block->leaves,
										block->nleaves * sizeof(Leaf));
	for (int i = 0; i < block->nleaves; i++)
	{
		Leaf	   *leaf = &block->leaves[i];

		leaf->ordered = copy_slots(leaf->ordered, block->norders);
		leaf->params = copy_slots(leaf->params, leaf->nparams);
		leaf->outer = NULL;
		leaf->chosen = (State *) palloc0(block->norders * sizeof(State));
		leaf->children = (int *) copy_bytes(leaf->children,
											leaf->nchildren * sizeof(int));
	}
}

/*
 * Number the orders that some step or the upper part wants, and put the others
 * out of the block: *numbers becomes the new number by the old one.
 */
static void
drop_orders(Block *block, int *numbers)
{
	uint32		wanted = (uint32) 1 << ORDER_ANY;
	int			kept = 0;

	for (int i = 0; i < block->nsteps; i++)
		if (block->steps[i].kind == STEP_MERGE)
			wanted |= ((uint32) 1 << block->steps[i].outer_order) |
				((uint32) 1 << block->steps[i].inner_order);
	if (block->query_order >= 0)
		wanted |= (uint32) 1 << block->query_order;
	if (block->first_rows >= 0)
		wanted |= (uint32) 1 << block->first_rows;
	for (int k = 0; k < block->norders; k++)
		numbers[k] = (wanted & ((uint32) 1 << k)) ? kept++ : -1;
	block->norders_kept = kept;
}

/*
 * Renumber what is kept per order: entries of "size" bytes.
 */
static void *
keep_orders(const Block *block, const int *numbers, const void *from,
			Size size)
{
	char	   *copy = (char *) palloc(block->norders_kept * size);

	for (int k = 0; k < block->norders; k++)
		if (numbers[k] >= 0)
			memcpy(copy + numbers[k] * size, (const char *) from + k * size,
				   size);
	return copy;
}

/*
 * Renumber a set of orders.
 */
static uint32
renumber_set(const Block *block, const int *numbers, uint32 set)
{
	uint32		result = 0;

	for (int k = 0; k < block->norders; k++)
		if ((set & ((uint32) 1 << k)) && numbers[k] >= 0)
			result |= (uint32) 1 << numbers[k];
	return result;
}

/*
 * Keep the orders that matter everywhere in the block.
 */
static void
compact_orders(Block *block)
{
	int			numbers[MAX_ORDERS];

	drop_orders(block, numbers);
	for (int k = 0; k < block->norders; k++)
		block->satisfies[k] = renumber_set(block, numbers,
										   block->satisfies[k]);
	block->fraction = (double *) keep_orders(block, numbers, block->fraction,
											 sizeof(double));
	block->satisfies = (uint32 *) keep_orders(block, numbers,
											  block->satisfies,
											  sizeof(uint32));
	for (int i = 0; i < block->nleaves; i++)
		block->leaves[i].ordered = (Slot *)
			keep_orders(block, numbers, block->leaves[i].ordered,
						sizeof(Slot));
	for (int i = 0; i < block->nordered; i++)
	{
		RelNode    *node = &block->nodes[block->ordered[i]];

		node->sort_startup = (double *) keep_orders(block, numbers,
													node->sort_startup,
													sizeof(double));
		node->sort_run = (double *) keep_orders(block, numbers,
												node->sort_run,
												sizeof(double));
	}
	for (int i = 0; i < block->nsteps; i++)
		if (block->steps[i].kind == STEP_MERGE)
		{
			block->steps[i].outer_order = numbers[block->steps[i].outer_order];
			block->steps[i].inner_order = numbers[block->steps[i].inner_order];
		}
	if (block->query_order >= 0)
		block->query_order = numbers[block->query_order];
	if (block->first_rows >= 0)
		block->first_rows = numbers[block->first_rows];
	block->norders = block->norders_kept;
}

/*
 * Copy the nodes that are evaluated, in the order in which they are, and give
 * steps their new numbers.
 */
static void
copy_nodes(Block *block)
{
	int		   *numbers = (int *) palloc(Max(block->nnodes, 1) * sizeof(int));
	RelNode    *nodes = (RelNode *) palloc(Max(block->nordered, 1) *
										   sizeof(RelNode));

	for (int i = 0; i < block->nordered; i++)
	{
		numbers[block->ordered[i]] = i;
		nodes[i] = block->nodes[block->ordered[i]];
	}
	block->steps = (JoinStep *) copy_bytes(block->steps,
										   block->nsteps * sizeof(JoinStep));
	for (int i = 0; i < block->nsteps; i++)
	{
		block->steps[i].node = numbers[block->steps[i].node];
		block->steps[i].outer = numbers[block->steps[i].outer];
		block->steps[i].inner = numbers[block->steps[i].inner];
	}
	if (block->top >= 0)
		block->top = numbers[block->top];
	pfree(numbers);
	block->nodes = nodes;
	block->nnodes = block->nordered;
}

/*
 * Copy one block over itself.
 */
static void
copy_block(PlanSpace *space, Block *block)
{
	compact_orders(block);
	copy_leaves(block);
	copy_nodes(block);
	block->ordered = NULL;
	block->states = NULL;
	block_order_steps(space, block);
}

/*
 * Move the space into a context of its own size, and free the old one.
 */
PlanSpace *
space_compact(PlanSpace *space)
{
	MemoryContext old_space = space->context;
	MemoryContext context = AllocSetContextCreate(MemoryContextGetParent(old_space),
												  "dbadvisor plan space",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	int			ids = space->max_id + 1;
	PlanSpace  *copy = (PlanSpace *) copy_bytes(space, sizeof(PlanSpace));

	copy->context = context;
	copy->relevant = bms_copy(space->relevant);
	copy->informing = bms_copy(space->informing);
	copy->in = (bool *) copy_bytes(space->in, ids * sizeof(bool));
	copy->offered = (uint64 *) palloc0(Max(space->nplaces, 1) *
									   sizeof(uint64));
	copy->evaluated = (uint64 *) palloc0(Max(space->nplaces, 1) *
										 sizeof(uint64));
	copy->readable = (Bitmapset **) palloc0(Max(space->nplaces, 1) *
											sizeof(Bitmapset *));
	for (int i = 0; i < space->nplaces; i++)
		copy->readable[i] = bms_copy(space->readable[i]);
	copy->blocks = (Block *) copy_bytes(space->blocks,
										space->nblocks * sizeof(Block));
	for (int b = 0; b < copy->nblocks; b++)
		copy_block(copy, &copy->blocks[b]);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(old_space);
	return copy;
}
