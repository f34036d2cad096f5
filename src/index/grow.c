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

#include "lib/binaryheap.h"
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
	int			number;			/* the lowest are preferred among equals */
	Bitmapset  *more;			/* candidates to add */
	int			count;			/* of them */
	double		bytes;			/* that they take */
	double		most_gain;		/* that it could have, as last seen */
	Bitmapset  *members;		/* of the selection afterwards; NULL: not
								 * known in this round */
	double		score;			/* at most, in this round */
} Move;

/*
 * What a move takes: bytes, or a number of indexes.
 */
static double
price_of_move(const Search *search, const Selection *from,
			  const Bitmapset *more, bool by_ratio)
{
	double		bytes = 0;
	int			count = 0;
	int			id = -1;

	while ((id = bms_next_member(more, id)) >= 0)
	{
		if (bms_is_member(id, from->members))
			continue;
		bytes += search->pool->candidates[id]->bytes;
		count++;
	}
	return by_ratio ? Max(bytes, BLCKSZ) : Max(count, 1);
}

/*
 * Score of a gain by these candidates: per byte, or per index.
 */
static double
score_of(const Search *search, const Selection *from, double gain,
		 const Bitmapset *more, bool by_ratio)
{
	return gain / price_of_move(search, from, more, by_ratio);
}

/*
 * Begin a round for a move: it gains no more than it could before, since what is
 * there only makes statements cheaper.
 */
static void
move_begin(const Search *search, const Selection *from, bool by_ratio,
		   Move *move)
{
	bms_free(move->members);
	move->members = NULL;
	move->score = 0;
	if (move->most_gain >= search_least_gain(search) &&
		!bms_is_subset(move->more, from->members))
		move->score = score_of(search, from, move->most_gain, move->more,
							   by_ratio);
}

/*
 * See what a move could bring to the selection now.
 */
static void
move_assess(const Search *search, const Selection *from, bool by_ratio,
			Move *move)
{
	double	   *floors;

	move->members = bms_union(from->members, move->more);
	move->score = 0;
	if (!search_fits(search, move->members))
		return;
	floors = selection_floors(search, from, move->members);
	move->most_gain = Min(from->total - search_total(search, floors),
						  move->most_gain);
	if (move->most_gain >= search_least_gain(search) &&
		search_worth(search, from->costs, floors))
		move->score = score_of(search, from, move->most_gain, move->more,
							   by_ratio);
	pfree(floors);
}

/*
 * Order of moves: the most promising first; among equals the one that takes
 * fewer indexes, then fewer bytes, then the first.
 */
static int
compare_moves(Datum a, Datum b, void *arg)
{
	const Move *left = (const Move *) DatumGetPointer(a);
	const Move *right = (const Move *) DatumGetPointer(b);

	(void) arg;
	if (left->score != right->score)
		return left->score > right->score ? 1 : -1;
	if (left->count != right->count)
		return left->count < right->count ? 1 : -1;
	if (left->bytes != right->bytes)
		return left->bytes < right->bytes ? 1 : -1;
	return right->number - left->number;
}

/*
 * A move that adds these candidates.
 */
static Move *
move_make(const Search *search, const Bitmapset *more, int number)
{
	Move	   *move = (Move *) palloc0(sizeof(Move));
	int			id = -1;

	move->number = number;
	move->more = bms_copy(more);
	while ((id = bms_next_member(more, id)) >= 0)
	{
		move->count++;
		move->bytes += search->pool->candidates[id]->bytes;
	}
	move->most_gain = get_float8_infinity();
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
		moves = lappend(moves, move_make(search, bms_make_singleton(id),
										 list_length(moves)));
	for (int i = 0; i < search->nitems; i++)
		foreach(lc, search->item[i]->bundles)
	{
		if (bms_membership((Bitmapset *) lfirst(lc)) == BMS_MULTIPLE)
			moves = lappend(moves, move_make(search, (Bitmapset *) lfirst(lc),
											 list_length(moves)));
	}
	return moves;
}

/*
 * Free moves and what they hold.
 */
static void
moves_free(List *moves)
{
	ListCell   *lc;

	foreach(lc, moves)
	{
		Move	   *move = (Move *) lfirst(lc);

		bms_free(move->more);
		bms_free(move->members);
	}
	list_free_deep(moves);
}

/*
 * Price a move; NULL when its score is below the one given, or when it is not
 * worth it.  Remembers what it gains.
 */
static Selection *
move_try(Search *search, const Selection *from, Move *move, double score,
		 bool by_ratio)
{
	double		least = Max(score * price_of_move(search, from, move->more,
												  by_ratio),
							search_least_gain(search));
	double		limit = from->total - least;
	Selection  *trial = selection_with(search, from, move->members, limit);

	move->most_gain = from->total - (trial ? trial->total : limit);
	if (trial != NULL && search_worth(search, from->costs, trial->costs))
		return trial;
	if (trial != NULL)
		selection_free(trial);
	return NULL;
}

/*
 * The moves, the most promising on top.
 */
static binaryheap *
heap_of_moves(const Search *search, const Selection *from, List *moves,
			  bool by_ratio)
{
	binaryheap *heap = binaryheap_allocate(Max(list_length(moves), 1),
										   compare_moves, NULL);
	ListCell   *lc;

	foreach(lc, moves)
	{
		Move	   *move = (Move *) lfirst(lc);

		move_begin(search, from, by_ratio, move);
		if (move->score > 0)
			binaryheap_add_unordered(heap, PointerGetDatum(move));
	}
	binaryheap_build(heap);
	return heap;
}

/*
 * The better of two selections by score, the smaller among equals; frees the
 * other.
 */
static Selection *
better_trial(Selection *best, double *best_score, Selection *trial,
			 double score)
{
	if (best != NULL && (score < *best_score ||
						 (score == *best_score && trial->bytes >= best->bytes)))
	{
		selection_free(trial);
		return best;
	}
	if (best != NULL)
		selection_free(best);
	*best_score = score;
	return trial;
}

/*
 * The best move from a selection, or NULL.  Among equal gains the smaller
 * indexes win.  Only moves that come to the top are looked at.
 */
static Selection *
best_move(Search *search, const Selection *from, List *moves, bool by_ratio)
{
	binaryheap *heap = heap_of_moves(search, from, moves, by_ratio);
	Selection  *best = NULL;
	double		best_score = 0;
	int			tries = 0;

	while (!binaryheap_empty(heap))
	{
		Move	   *move = (Move *) DatumGetPointer(binaryheap_first(heap));
		Selection  *trial;

		CHECK_FOR_INTERRUPTS();
		if (move->score <= 0 || (best != NULL && move->score < best_score))
			break;
		if (move->members == NULL)
		{
			move_assess(search, from, by_ratio, move);
			binaryheap_replace_first(heap, PointerGetDatum(move));
			continue;
		}
		(void) binaryheap_remove_first(heap);
		if (best != NULL && ++tries > PATIENCE)
			break;
		trial = move_try(search, from, move, best_score, by_ratio);
		if (trial == NULL)
			continue;
		best = better_trial(best, &best_score, trial,
							score_of(search, from, from->total - trial->total,
									 move->more, by_ratio));
		if (best == trial)
			tries = 0;
	}
	binaryheap_free(heap);
	return best;
}

/*
 * Add to a selection, by gain per index or by gain per byte, until nothing more
 * is worth it or time is up.
 */
Selection *
selection_grow(Search *search, Selection *selection, bool by_ratio)
{
	List	   *moves = list_moves(search);
	Selection  *better;

	while (!search_expired(search) &&
		   (better = best_move(search, selection, moves, by_ratio)) != NULL)
		selection = better;
	moves_free(moves);
	return selection;
}
