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
		slots[i].access = (Access *)
			copy_bytes(from[i].access, from[i].naccess * sizeof(Access));
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
		leaf->looked_up = (State *) palloc0(Max(leaf->nparams, 1) *
											sizeof(State));
		leaf->children = (int *) copy_bytes(leaf->children,
											leaf->nchildren * sizeof(int));
	}
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
	Size		size = block->norders * sizeof(double);

	for (int i = 0; i < block->nordered; i++)
	{
		numbers[block->ordered[i]] = i;
		nodes[i] = block->nodes[block->ordered[i]];
		nodes[i].sort_startup = (double *) copy_bytes(nodes[i].sort_startup,
													  size);
		nodes[i].sort_run = (double *) copy_bytes(nodes[i].sort_run, size);
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
	block->fraction = (double *) copy_bytes(block->fraction,
											block->norders * sizeof(double));
	block->satisfies = (uint32 *) copy_bytes(block->satisfies,
											 block->norders * sizeof(uint32));
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
	copy->in = (bool *) copy_bytes(space->in, ids * sizeof(bool));
	copy->places = (int *) copy_bytes(space->places, ids * sizeof(int));
	copy->shared = (double *) copy_bytes(space->shared, ids * sizeof(double));
	copy->blocks = (Block *) copy_bytes(space->blocks,
										space->nblocks * sizeof(Block));
	for (int b = 0; b < copy->nblocks; b++)
		copy_block(copy, &copy->blocks[b]);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(old_space);
	return copy;
}
