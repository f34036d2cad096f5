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

/* A plan that the plan space of an item has given. */
typedef struct BoundPlan
{
	double		cost;			/* objective units, without prices */
	uint64		chosen;			/* when last, in steps */
	int			nuses;
	int		   *uses;			/* which of the item's prices it pays,
								 * ascending */
} BoundPlan;

/* The prices of one item. */
typedef struct ItemPrices
{
	WorkItem   *item;
	int			count;			/* candidates that matter to it, by place */
	int		   *ids;			/* candidate; these three are parts of the
								 * bound's arrays */
	double	   *price;			/* objective units */
	double	   *pay;			/* the same as the branch has it: nothing for
								 * what is in, infinity for what is out */
	int		   *entries;		/* entry in its plan space */
	bool	   *used;			/* by its plan at these prices */
	double	   *asked_pay;		/* "pay" when the plan space was asked last */
	double		asked;			/* and its answer; negative: never */
	double		value;			/* least at these prices, unless: */
	bool		stale;			/* prices have changed since */
	uint64		steps;			/* choices made */
	int			nplans;			/* known ones, the cheapest first */
	int			chosen;			/* the best at these prices */
	BoundPlan  *plans;
} ItemPrices;

typedef struct Bound
{
	Search	   *search;
	int			nitems;
	ItemPrices *items;
	double		unpriced;		/* objective of items without a plan space */
	double		floor;			/* objective with all candidates, their keep
								 * not counted */
	double		effort;			/* to ask all plan spaces once, in steps */
	int			nprices;		/* of all items, one after another: */
	int		   *ids;			/* candidate */
	double	   *price;
	double	   *pay;
	int		   *owner;			/* item */
	int		   *first_price;	/* by candidate id: where its part of the next
								 * begins */
	int		   *prices_of;		/* prices by candidate */
	int		   *active;			/* those that a step changes */
	double	   *penalties;		/* by entry of one plan space; scratch */
	float	   *best_prices;	/* those of the highest bound */
	float	   *guess_prices;	/* those of the highest since the plan spaces
								 * were asked */
	double		room;			/* bytes that what is fixed leaves */
	double		rate;			/* what a byte of it earns at the margin;
								 * negative: not known */
	int			nfixed_in;
	double	   *earned;			/* by candidate id: sum of its prices, less
								 * what it costs to keep */
	double	   *taken;			/* by candidate id: share in the knapsack */
	int			ntaken;			/* candidates of which it is above 0 */
	int		   *taken_ids;
	double	   *mean_taken;		/* the same, mean over the last steps */
	signed char *fixed;			/* by candidate id: 0, FIXED_IN or FIXED_OUT */
	double	   *worth;			/* by candidate id: earned per byte */
	int		   *table;			/* by candidate id: first one on its table */
	int		   *on_table;		/* by such a first one: number taken */
	int		   *order;			/* candidate ids, for sorting */
	struct Ranked *heap;		/* see bound_earn.c */
} Bound;

/* How hard to try. */
typedef struct BoundEffort
{
	int			rounds;			/* in which the plan spaces are asked */
	int			steps;			/* over known plans in each of them */
	double		length;			/* of the first ones, times Polyak's */
	int			each;			/* rounds after which sets are tried, and at
								 * the end */
} BoundEffort;

/* Try the sets that the prices in force point to; may lower the best total. */
typedef void (*BoundTry) (void *arg);

/* bound.c */
extern bool bound_prices(const WorkItem *item);
extern void bound_init(Bound *bound, Search *search, const Selection *best);
extern void bound_fixed(Bound *bound);
extern void bound_keep_prices(const Bound *bound, float *prices);
extern void bound_restore_prices(Bound *bound, const float *prices);
extern double bound_raise(Bound *bound, const double *best_total,
						  const BoundEffort *effort, BoundTry try, void *arg);
extern void bound_merits(Bound *bound);
extern double bound_guess(Bound *bound, const Bitmapset *members);
extern void bound_fix(Bound *bound, double value, double enough);

/* bound_earn.c */
extern void bound_earn_init(Bound *bound);
extern double bound_earns(Bound *bound);
extern void bound_sort(int *ids, int count, const double *values);

/* bound_plan.c */
extern void bound_plans_init(ItemPrices *prices);
extern double bound_plan_ask(ItemPrices *prices, double *penalties);
extern double bound_plan_choose(ItemPrices *prices);

#endif							/* DBADVISOR_BOUND_H */
