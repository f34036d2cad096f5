/*-------------------------------------------------------------------------
 *
 * bcnf.c
 *		Which relations of a design are in Boyce-Codd normal form.
 *
 * Synthesis leaves a relation in third normal form where some determinant in it
 * is no key of it.  That one cannot be split any more: a column of its key would
 * go, and as the cover is minimal, what the key determines follows from nothing
 * else, so a dependency would lie in no relation.  It is for people to weigh.
 * Entry point: judge_relations().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "port/pg_bitutils.h"

#include "dependency/decompose.h"

/*
 * In relations of up to so many columns every set of columns is tried as a
 * determinant; in larger ones those of the cover, of which all others are made.
 */
#define MAX_TRIED_COLUMNS 12

/*
 * The columns that a set determines within a relation.
 */
static uint64
determined_in(const Design *design, uint64 set, uint64 columns)
{
	return closure(set, design->cover, design->ncover, -1) & columns;
}

/*
 * Take note if a set is a determinant in the relation and no key of it, and
 * smaller than the one that is noted.
 */
static void
try_determinant(const Design *design, DesignRelation *relation, uint64 set)
{
	uint64		determined;

	if (!relation->bcnf &&
		pg_popcount64(set) >= pg_popcount64(relation->lhs))
		return;
	determined = determined_in(design, set, relation->columns);
	if (determined == set || determined == relation->columns)
		return;
	relation->bcnf = false;
	relation->lhs = set;
	relation->rhs = determined & ~set;
}

/*
 * Find a determinant of the relation that is no key of it, as small as there
 * are.
 */
static void
judge_relation(const Design *design, DesignRelation *relation)
{
	uint64		columns = relation->columns;

	relation->bcnf = true;
	if (pg_popcount64(columns) > MAX_TRIED_COLUMNS)
	{
		for (int i = 0; i < design->ncover; i++)
			if ((design->cover[i].lhs & ~columns) == 0)
				try_determinant(design, relation, design->cover[i].lhs);
		return;
	}
	/* all subsets, from the largest down */
	for (uint64 set = (columns - 1) & columns; set != 0;
		 set = (set - 1) & columns)
	{
		CHECK_FOR_INTERRUPTS();
		try_determinant(design, relation, set);
	}
}

/*
 * Judge all relations of the design.
 */
void
judge_relations(Design *design)
{
	for (int i = 0; i < design->nrelations; i++)
		judge_relation(design, &design->relations[i]);
}
