/*-------------------------------------------------------------------------
 *
 * grow.c
 *		Add candidates to a selection, greedily.
 *
 * A move adds one candidate, or all that one plan used together: an OR over
 * two columns gains nothing before both have their index.  The moves are
 * looked at in the order of the most that they could gain, so that the first
 * whose real gain no other could exceed ends the round.  What a move could
 * gain is bounded by its floors, and by what it gained in an earlier round:
 * indexes seldom gain by others' being there, and where they do, it is as
 * parts of one plan, which is a move of its own.
 * Entry point: selection_grow().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/float.h"

#include "index/index_internal.h"

/*
 * Moves tried in vain before the best one so far is made.  The others stay for
 * the next round.
 */
#define PATIENCE 40

/* A way to extend the selection. */
typedef struct Move
{
	Bitmapset  *more;			/* candidates to add */
	double		known_gain;		/* at most, as an earlier round found */
	Bitmapset  *members;		/* of the selection afterwards; NULL: no go */
	double		score;			/* at most, in this round */
} Move;

/*
 * What a move takes: bytes, or a number of indexes.
 */
static double
price_of_move(const Search *search, const Selection *from,
			  const Bitmapset *members, bool by_ratio)
{
	double		bytes = 0;
	int			count = 0;
	int			id = -1;

	while ((id = bms_next_member(members, id)) >= 0)
	{
		if (bms_is_member(id, from->members))
			continue;
		bytes += search->pool->candidates[id]->bytes;
		count++;
	}
	return by_ratio ? Max(bytes, BLCKSZ) : Max(count, 1);
}

/*
 * Score of a move that leads to this total: gain per byte, or per index.
 */
static double
score_of(const Search *search, const Selection *from, double total,
		 const Bitmapset *members, bool by_ratio)
{
	return (from->total - total) /
		price_of_move(search, from, members, by_ratio);
}

/*
 * See what a move could bring to the selection now.
 */
static void
move_assess(Search *search, const Selection *from, bool by_ratio,
			Move *move)
{
	double	   *floors;
	double		gain;

	bms_free(move->members);
	move->members = NULL;
	move->score = 0;
	if (bms_is_subset(move->more, from->members))
		return;
	move->members = bms_union(from->members, move->more);
	floors = selection_floors(search, from, move->members);
	gain = Min(from->total - search_total(search, floors), move->known_gain);
	if (gain >= search_least_gain(search) && search_fits(search, move->members) &&
		search_worth(search, from->costs, floors))
		move->score = score_of(search, from, from->total - gain,
							   move->members, by_ratio);
	else
	{
		bms_free(move->members);
		move->members = NULL;
	}
	pfree(floors);
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
	return bms_num_members(left->more) - bms_num_members(right->more);
}

/*
 * A move that adds these candidates.
 */
static Move *
move_make(const Bitmapset *more)
{
	Move	   *move = (Move *) palloc0(sizeof(Move));

	move->more = bms_copy(more);
	move->known_gain = get_float8_infinity();
	return move;
}

/*
 * All moves there are: each candidate, and each set that a plan used.
 */
static List *
list_moves(const Search *search)
{
	List	   *moves = NIL;
	int			id = -1;
	ListCell   *lc;

	while ((id = bms_next_member(search->selectable, id)) >= 0)
		moves = lappend(moves, move_make(bms_make_singleton(id)));
	for (int i = 0; i < search->nitems; i++)
		foreach(lc, search->item[i]->bundles)
	{
		if (bms_membership((Bitmapset *) lfirst(lc)) == BMS_MULTIPLE)
			moves = lappend(moves, move_make((Bitmapset *) lfirst(lc)));
	}
	return moves;
}

/*
 * The total that a move may have at most to be as good as "score".
 */
static double
limit_for(const Search *search, const Selection *from,
		  const Bitmapset *members, double score, bool by_ratio)
{
	return from->total -
		score * price_of_move(search, from, members, by_ratio);
}

/*
 * Price a move; NULL when its score is below the one given, or when it is not
 * worth it.  Remembers what it gains.
 */
static Selection *
move_try(Search *search, const Selection *from, Move *move, double score,
		 bool by_ratio)
{
	double		limit = limit_for(search, from, move->members, score,
								  by_ratio);
	Selection  *trial;

	limit = Min(limit, from->total - search_least_gain(search));
	trial = selection_with(search, from, move->members, limit);

	move->known_gain = from->total - (trial ? trial->total : limit);
	if (trial != NULL && search_worth(search, from->costs, trial->costs))
		return trial;
	if (trial != NULL)
		selection_free(trial);
	return NULL;
}

/*
 * The best move from a selection, or NULL.  Among equal gains the smaller
 * indexes win.
 */
static Selection *
best_move(Search *search, const Selection *from, List *moves, bool by_ratio)
{
	Selection  *best = NULL;
	double		best_score = 0;
	int			tries = 0;
	ListCell   *lc;

	foreach(lc, moves)
	{
		CHECK_FOR_INTERRUPTS();
		move_assess(search, from, by_ratio, (Move *) lfirst(lc));
	}
	list_sort(moves, compare_moves);
	foreach(lc, moves)
	{
		Move	   *move = (Move *) lfirst(lc);
		Selection  *trial;
		double		score;

		if (move->score <= 0 || (best != NULL && move->score < best_score) ||
			(best != NULL && ++tries > PATIENCE))
			break;
		trial = move_try(search, from, move, best_score, by_ratio);
		if (trial == NULL)
			continue;
		score = score_of(search, from, trial->total, move->members, by_ratio);
		if (best == NULL || score > best_score ||
			(score == best_score && trial->bytes < best->bytes))
		{
			if (best != NULL)
				selection_free(best);
			best = trial;
			best_score = score;
			tries = 0;
		}
		else
			selection_free(trial);
	}
	return best;
}

/*
 * Add to a selection, by gain per index or by gain per byte, until nothing more
 * is worth it.
 */
Selection *
selection_grow(Search *search, Selection *selection, bool by_ratio)
{
	List	   *moves = list_moves(search);
	Selection  *better;

	while ((better = best_move(search, selection, moves, by_ratio)) != NULL)
		selection = better;
	list_free_deep(moves);
	return selection;
}
