/*-------------------------------------------------------------------------
 *
 * rounds.c
 *		The minimal determinants of several columns, small ones first.
 *
 * Without a limit on their size the search of a wide table has no end in sight,
 * and the walk is depth first: stopped somewhere, it could not say what it has
 * not seen.  So the small sizes, which designs are made of, are searched one
 * after the other in all columns, and only then the rest.  What time or memory
 * cuts off is then only larger.  Walking anew costs little, since the edges that
 * a round has learned remain, and a column that has no larger determinants is
 * done.  Entry point: rounds_find().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "dependency/dependency_internal.h"
#include "worker/worker.h"

/* Sizes up to this one have a round of their own. */
#define SINGLE_ROUNDS 3

/*
 * Search all columns in "open" for determinants of up to so many columns, and
 * remove those from it that are done, or that cannot be searched.
 */
static void
search_round(Search *search, uint64 *open, int max_lhs, const char *name)
{
	for (int rhs = 0; rhs <= search->rows->ncolumns; rhs++)
	{
		WalkEnd		end = WALK_STOPPED;

		if (!SET_HAS(open, rhs))
			continue;
		progress_report("finding determinants", rhs, search->rows->ncolumns,
						name);
		if (!search->budget->expired)
			end = walk_find(search, rhs, max_lhs);
		search->nincomplete += end == WALK_STOPPED;
		if (end != WALK_CUT)
			SET_REMOVE(open, rhs);
	}
	search->known_lhs = max_lhs;
	if (search->nincomplete == 0)
		search->complete_lhs = max_lhs;
}

/*
 * Are there columns in the set?
 */
static bool
any_member(const Rows *rows, const uint64 *set)
{
	for (int word = 0; word < rows->nwords; word++)
		if (set[word] != 0)
			return true;
	return false;
}

/*
 * Report the minimal determinants of the wanted columns, the number of the row
 * included, as far as the limits of the search allow.
 */
void
rounds_find(Search *search, const uint64 *wanted, const char *name)
{
	const Rows *rows = search->rows;
	uint64	   *open = palloc(sizeof(uint64) * rows->nwords);
	int			last = Min(search->max_lhs, rows->ncolumns);

	memcpy(open, wanted, sizeof(uint64) * rows->nwords);
	search->known_lhs = search->complete_lhs = -1;
	for (int max_lhs = Min(1, last);; max_lhs++)
	{
		if (max_lhs > SINGLE_ROUNDS)
			max_lhs = last;
		search_round(search, open, max_lhs, name);
		if (max_lhs >= last || !any_member(rows, open))
			break;
	}
	/* a column that is done has no larger ones */
	if (search->nincomplete == 0)
		search->complete_lhs = last;
	pfree(open);
}
