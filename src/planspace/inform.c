/*-------------------------------------------------------------------------
 *
 * inform.c
 *		Statistics that come with candidates.
 *
 * An index on an expression brings statistics of it, with which the planner
 * expects other numbers of rows.  A plan space has one number of rows for each
 * set of relations, so that a statement that such statistics matter to has two:
 * one for sets with such a candidate, one for the others.
 * Entry points: inform_note(), planspace_inform().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "planspace/planspace_internal.h"

/*
 * Expression in a column of the index, counted from 1; NULL for a plain one.
 */
static Expr *
column_expression(const HypoIndex *index, int column)
{
	int			number = 0;

	if (index->attnums[column - 1] != 0)
		return NULL;
	for (int i = 0; i < column - 1; i++)
		if (index->attnums[i] == 0)
			number++;
	return (Expr *) list_nth(index->exprs, number);
}

/*
 * Note the candidates that bring the statistics of an index column along; those
 * of a partial index do not speak for the table.
 */
void
inform_note(Recording *recording, const HypoIndex *index, int column)
{
	Expr	   *expr = column_expression(index, column);
	MemoryContext old = MemoryContextSwitchTo(recording->space->context);
	ListCell   *lc;

	foreach(lc, recording->candidates)
	{
		SpaceCandidate *candidate = (SpaceCandidate *) lfirst(lc);
		const HypoIndex *other = hypo_index_on_table(candidate->index,
													 index->relid);

		if (expr != NULL && other != NULL && other->predicate == NIL &&
			list_member(other->exprs, expr))
			recording->informing = bms_add_member(recording->informing,
												  candidate->id);
	}
	MemoryContextSwitchTo(old);
}

/*
 * Leave out the accesses of a slot that need one of these candidates.
 */
static void
slot_without(Slot *slot, const Bitmapset *candidates)
{
	int			kept = 0;

	for (int i = 0; i < slot->naccess; i++)
	{
		const Access *access = &slot->access[i];
		bool		needs = false;

		for (int m = 0; m < access->nmembers; m++)
			needs |= bms_is_member(access->members[m], candidates);
		if (!needs)
			slot->access[kept++] = *access;
	}
	slot->naccess = kept;
}

/*
 * Leave these candidates out of the space.
 */
static void
space_without(PlanSpace *space, const Bitmapset *candidates)
{
	for (int b = 0; b < space->nblocks; b++)
	{
		Block	   *block = &space->blocks[b];

		for (int i = 0; i < block->nleaves; i++)
		{
			for (int k = 0; k < block->norders; k++)
				slot_without(&block->leaves[i].ordered[k], candidates);
			for (int k = 0; k < block->leaves[i].nparams; k++)
				slot_without(&block->leaves[i].params[k], candidates);
		}
		block->evaluated = false;
	}
	number_readable(space);
}

/*
 * Take a space for sets without statistics; see planspace.h.  One that does not
 * mention the same tables is of no use.
 */
void
planspace_inform(PlanSpace *space, PlanSpace *plain)
{
	MemoryContext old;

	if (plain->nplaces != space->nplaces || plain->max_id != space->max_id ||
		bms_is_empty(space->informing))
	{
		planspace_free(plain);
		return;
	}
	space_without(plain, space->informing);
	MemoryContextSetParent(plain->context, space->context);
	space->plain = plain;
	old = MemoryContextSwitchTo(space->context);
	space->relevant = bms_add_members(space->relevant, plain->relevant);
	for (int i = 0; i < space->nplaces; i++)
		space->readable[i] = bms_add_members(space->readable[i],
											 plain->readable[i]);
	MemoryContextSwitchTo(old);
}
