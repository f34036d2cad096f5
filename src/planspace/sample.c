/*-------------------------------------------------------------------------
 *
 * sample.c
 *		Leave out of a large plan space what is never chosen.
 *
 * A statement that joins ten tables has tens of thousands of join steps, of
 * which a few hundred are the best in any circumstances.  Which those are is
 * tried out: without candidates, with each alone, with all, and with random
 * sets of them.  What no node chose in any of these is dropped.  A plan space
 * is then a little too dear in rare cases, never too cheap.
 * Entry point: space_sample().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/pg_prng.h"
#include "miscadmin.h"

#include "planspace/planspace_internal.h"

/* Smaller spaces are left whole. */
#define MIN_STEPS 300

/* Sets of each kind that are tried; of a draft, the first. */
#define DRAFT_SETS 15
#define MOST_SETS 60

/* Any seed will do, as long as the same statement gives the same space. */
#define SEED 20120824

/* The steps that some set has chosen, per block. */
typedef struct Chosen
{
	bool	  **steps;
} Chosen;

/*
 * Note the steps that the last evaluation chose for any node.
 */
static void
note_chosen(const PlanSpace *space, Chosen *chosen)
{
	for (int b = 0; b < space->nblocks; b++)
	{
		const Block *block = &space->blocks[b];

		for (int i = 0; i < block->nordered; i++)
		{
			int			number = block->ordered[i];
			const State *states = &block->states[number * block->norders];

			if (block->nodes[number].leaf >= 0)
				continue;
			for (int k = 0; k < block->norders; k++)
				if (states[k].choice >= 0)
					chosen->steps[b][states[k].choice] = true;
		}
	}
}

/*
 * Evaluate the space with the candidates that "in" says, and note the choice.
 */
static void
try_set(PlanSpace *space, Chosen *chosen)
{
	double		penalty;

	CHECK_FOR_INTERRUPTS();
	(void) space_evaluate(space, &penalty);
	note_chosen(space, chosen);
}

/*
 * Try the sets: none, each alone, all, and random ones of all sizes.
 */
static void
try_sets(PlanSpace *space, Chosen *chosen, int most)
{
	Size		size = (space->max_id + 1) * sizeof(bool);
	int			count = bms_num_members(space->relevant);
	int			every = 1 + count / most;
	int			id = -1;
	int			i = 0;
	pg_prng_state random;

	pg_prng_seed(&random, SEED);
	memset(space->in, false, size);
	try_set(space, chosen);
	while ((id = bms_next_member(space->relevant, id)) >= 0)
	{
		if (i++ % every != 0)
			continue;
		space->in[id] = true;
		try_set(space, chosen);
		space->in[id] = false;
	}
	memset(space->in, true, size);
	try_set(space, chosen);
	for (i = 0; i < most; i++)
	{
		/* from a few of them to most of them */
		double		share = 0.9 * (i + 1) / most;

		id = -1;
		while ((id = bms_next_member(space->relevant, id)) >= 0)
			space->in[id] = pg_prng_double(&random) < share * share;
		try_set(space, chosen);
	}
}

/*
 * Drop the steps of a block that were not chosen.
 */
static void
keep_chosen(PlanSpace *space, Block *block, const bool *chosen)
{
	int			kept = 0;

	for (int i = 0; i < block->nsteps; i++)
		if (chosen[i])
			block->steps[kept++] = block->steps[i];
	block->nsteps = kept;
	block_order_steps(space, block);
	block_drop_unreached(space, block);
}

/*
 * Reduce a large space to what is chosen; a draft in less time.
 */
void
space_sample(PlanSpace *space, bool draft)
{
	Chosen		chosen;
	int			most = 0;

	for (int b = 0; b < space->nblocks; b++)
		most = Max(most, space->blocks[b].nsteps);
	if (most < MIN_STEPS)
		return;
	chosen.steps = (bool **) palloc(space->nblocks * sizeof(bool *));
	for (int b = 0; b < space->nblocks; b++)
		chosen.steps[b] = (bool *) palloc0(Max(space->blocks[b].nsteps, 1) *
										   sizeof(bool));
	try_sets(space, &chosen, draft ? DRAFT_SETS : MOST_SETS);
	for (int b = 0; b < space->nblocks; b++)
	{
		keep_chosen(space, &space->blocks[b], chosen.steps[b]);
		pfree(chosen.steps[b]);
	}
	pfree(chosen.steps);
}
