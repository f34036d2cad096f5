/*-------------------------------------------------------------------------
 *
 * bound.h
 *		Lower bounds on the total of sets that agree with a branch.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_BOUND_H
#define DBADVISOR_BOUND_H

#include "index/index_internal.h"

/* What a branch says of a candidate. */
#define FIXED_IN 1
#define FIXED_OUT (-1)

/* A gap that needs no further work, as a share of the total. */
#define SMALL_GAP 0.002

/* The prices of one item. */
typedef struct ItemPrices
{
	WorkItem   *item;
	int			count;			/* candidates that matter to it, by place */
	int		   *ids;			/* candidate */
	int		   *entries;		/* entry in its plan space */
	double	   *price;			/* objective units */
	bool	   *used;			/* by its plan at these prices */
	double	   *penalties;		/* by entry; scratch */
} ItemPrices;

typedef struct Bound
{
	Search	   *search;
	int			nitems;
	ItemPrices *items;
	double		unpriced;		/* objective of items without a plan space */
	double		floor;			/* objective with all candidates, their keep
								 * not counted */
	int			nprices;		/* of all items */
	float	   *best_prices;	/* those of the highest bound */
	double		room;			/* bytes that what is fixed leaves */
	int			nfixed_in;
	double	   *earned;			/* by candidate id: sum of its prices, less
								 * what it costs to keep */
	double	   *taken;			/* by candidate id: share in the knapsack */
	double	   *mean_taken;		/* the same, mean over the last steps */
	signed char *fixed;			/* by candidate id: 0, FIXED_IN or FIXED_OUT */
	double	   *worth;			/* by candidate id: earned, less its bytes */
	int		   *table;			/* by candidate id: first one on its table */
	int		   *on_table;		/* by such a first one: number taken */
	int		   *order;			/* candidate ids, for sorting */
} Bound;

/* bound.c */
extern void bound_init(Bound *bound, Search *search, const Selection *best);
extern void bound_keep_prices(const Bound *bound, float *prices);
extern void bound_restore_prices(Bound *bound, const float *prices);
extern double bound_raise(Bound *bound, double best_total, int steps,
						  double length);

#endif							/* DBADVISOR_BOUND_H */
