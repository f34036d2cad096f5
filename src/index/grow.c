/*-------------------------------------------------------------------------
 *
 * grow.c
 *		Add candidates to a selection, greedily.
 *
 * A move adds one candidate, or all that one plan used together: an OR over
 * two columns gains nothing before both have their index.  The moves are
 * looked at in the order of the most that they could gain, so that the first
 * whose real gain no other could exceed ends the round.
 * Entry point: selection_grow().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "index/index_internal.h"

/* A way to extend the selection. */
typedef struct Move
{
	Bitmapset  *members;		/* of the selection afterwards */
	double		score;			/* at most */
} Move;

/*
 * Bytes that a move adds; never nothing.
 */
static double
added_bytes(const Search *search, const Selection *from,
			const Bitmapset *members)
{
	double		bytes = 0;
	int			id = -1;

	while ((id = bms_next_member(members, id)) >= 0)
		if (!bms_is_member(id, from->members))
			bytes += search->pool->candidates[id]->bytes;
	return Max(bytes, BLCKSZ);
}

/*
 * Gain of a move that leads to this total, per byte if asked for.
 */
static double
score_of(const Search *search, const Selection *from, double total,
		 const Bitmapset *members, bool by_ratio)
{
	return by_ratio ?
		(from->total - total) / added_bytes(search, from, members) :
		from->total - total;
}

/*
 * Add a move to the list if it fits the limits and might be worth it.
 */
static List *
add_move(const Search *search, const Selection *from, const Bitmapset *more,
		 bool by_ratio, List *moves)
{
	Bitmapset  *members;
	double	   *floors;
	Move	   *move;

	if (bms_is_subset(more, from->members))
		return moves;
	members = bms_union(from->members, more);
	if (!search_fits(search, members))
		return moves;
	floors = selection_floors(search, from, members);
	if (!search_worth(search, from->costs, floors))
	{
		pfree(floors);
		bms_free(members);
		return moves;
	}
	move = (Move *) palloc(sizeof(Move));
	move->members = members;
	move->score = score_of(search, from, search_total(search, floors), members,
						   by_ratio);
	pfree(floors);
	return lappend(moves, move);
}

/*
 * Order of moves: the most promising first; the smaller set among equals.
 */
static int
compare_moves(const ListCell *a, const ListCell *b)
{
	Move	   *left = (Move *) lfirst(a);
	Move	   *right = (Move *) lfirst(b);

	if (left->score != right->score)
		return left->score > right->score ? -1 : 1;
	return bms_num_members(left->members) - bms_num_members(right->members);
}

/*
 * All moves from a selection, the most promising first.
 */
static List *
list_moves(const Search *search, const Selection *from, bool by_ratio)
{
	List	   *moves = NIL;
	int			id = -1;
	ListCell   *lc;

	while ((id = bms_next_member(search->selectable, id)) >= 0)
	{
		Bitmapset  *one = bms_make_singleton(id);

		CHECK_FOR_INTERRUPTS();
		moves = add_move(search, from, one, by_ratio, moves);
		bms_free(one);
	}
	for (int i = 0; i < search->nitems; i++)
		foreach(lc, search->item[i]->bundles)
			if (bms_membership((Bitmapset *) lfirst(lc)) == BMS_MULTIPLE)
				moves = add_move(search, from, (Bitmapset *) lfirst(lc),
								 by_ratio, moves);
	list_sort(moves, compare_moves);
	return moves;
}

/*
 * The total that a move may have at most to be as good as "score".
 */
static double
limit_for(const Search *search, const Selection *from,
		  const Bitmapset *members, double score, bool by_ratio)
{
	return by_ratio ?
		from->total - score * added_bytes(search, from, members) :
		from->total - score;
}

/*
 * The best move from a selection, or NULL.  Among equal gains the smaller
 * indexes win.
 */
static Selection *
best_move(Search *search, const Selection *from, bool by_ratio)
{
	List	   *moves = list_moves(search, from, by_ratio);
	Selection  *best = NULL;
	double		best_score = 0;
	ListCell   *lc;

	foreach(lc, moves)
	{
		Move	   *move = (Move *) lfirst(lc);
		Selection  *trial;
		double		score;

		if (best != NULL && move->score < best_score)
			break;
		trial = selection_with(search, from, move->members,
							   limit_for(search, from, move->members,
										 best_score, by_ratio));
		if (trial == NULL)
			continue;
		score = score_of(search, from, trial->total, move->members, by_ratio);
		if (search_worth(search, from->costs, trial->costs) &&
			(best == NULL || score > best_score ||
			 (score == best_score && trial->bytes < best->bytes)))
		{
			if (best != NULL)
				selection_free(best);
			best = trial;
			best_score = score;
		}
		else
			selection_free(trial);
	}
	foreach(lc, moves)
		bms_free(((Move *) lfirst(lc))->members);
	list_free_deep(moves);
	return best;
}

/*
 * Add to a selection, by total gain or by gain per byte, until nothing more
 * is worth it.
 */
Selection *
selection_grow(Search *search, Selection *selection, bool by_ratio)
{
	Selection  *better;

	while ((better = best_move(search, selection, by_ratio)) != NULL)
		selection = better;
	return selection;
}
