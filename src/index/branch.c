/*-------------------------------------------------------------------------
 *
 * branch.c
 *		Prove how far from the best any set can be, by cases.
 *
 * The bound of bound.c lets a set hold parts of indexes, and statements pay for
 * each index by itself.  Where that leaves a gap, the sets are divided into
 * those with a certain index and those without: each part has a bound of its
 * own, which is closer, and the lowest of all parts holds for every set.  The
 * part with the lowest bound is divided next (branch and bound; Land and Doig
 * 1960).  What the prices say of good sets is tried on the way: a better one
 * than was known takes its place.
 * Entry point: search_bound().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/float.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "index/bound.h"

/* Effort at the root and at each branch. */
static const BoundEffort root_effort = {60, 15, 1.0, 3};
static const BoundEffort branch_effort = {5, 6, 0.25, 5};

/* Branches that are looked at. */
#define MAX_BRANCHES 1000

/*
 * Effort that branches take in vain before the rest is left: that of some dozens of
 * branches where statements have many plans, of some hundreds where few.  A gap
 * beyond the first of these shares of the best total is worth more, up to the second.
 */
#define PATIENCE 2e6
#define USUAL_GAP 0.01
#define WIDE_GAP 0.04

/* What changes the best total or the bound by this share of it was not in vain. */
#define PROGRESS 0.001

/* Share of the workload that another set must save to be a better one. */
#define MIN_BETTER 1e-6

/* Sets are priced up to this factor of the best total: known plans are not all. */
#define GUESS_MARGIN 1.03

/* Share of the memory that the branches may take. */
#define MEMORY_SHARE 0.1

/* Sets that agree with some fixings. */
typedef struct Branch
{
	signed char *fixed;			/* see Bound */
	float	   *prices;			/* of all items, one after another */
	double		bound;			/* no such set costs less */
	int			split;			/* candidate to divide by, -1: none */
} Branch;

/* The parts that are not proven yet to hold nothing better. */
typedef struct Proof
{
	Bound	   *bound;
	MemoryContext caller;		/* of the best set */
	Selection  *best;
	double		best_total;
	int			nbranches;
	Branch	   *branches[MAX_BRANCHES + 2];
	double		excluded;		/* no set that was left out costs less */
	double		gap;			/* at the last progress */
	double		in_vain;		/* effort since then */
	int64		to_settle;		/* microseconds that the best set took */
} Proof;

/*
 * A bound from which on a set is no better than the best one, or too little.  That
 * takes statements without a plan space at their least, and the best set hardly has
 * all of these.
 */
static double
enough(const Proof *proof)
{
	const Bound *bound = proof->bound;
	double		slack = -bound->unpriced;

	for (int i = 0; i < bound->search->nitems; i++)
		if (!bound_prices(bound->search->item[i]))
			slack += bound->search->item[i]->weight * proof->best->costs[i];
	return proof->best_total * (1 - SMALL_GAP) - slack;
}

/*
 * The candidate to divide by: of those that the knapsacks took in part or by
 * turns, the one with most at stake; -1 if there is none.
 */
static int
choose_split(const Bound *bound)
{
	int			best = -1;
	double		most = 0;

	for (int id = 0; id < bound->search->pool->ncandidates; id++)
	{
		double		mean = bound->mean_taken[id];
		double		stake = Min(mean, 1 - mean) * bound->earned[id];

		if (bound->fixed[id] != 0 || stake <= most)
			continue;
		most = stake;
		best = id;
	}
	return best;
}

/*
 * Do the candidates that a branch has in the set keep to the limits?
 */
static bool
branch_fits(const Search *search, const signed char *fixed)
{
	Bitmapset  *members = NULL;
	bool		fits;

	for (int id = 0; id < search->pool->ncandidates; id++)
		if (fixed[id] == FIXED_IN)
			members = bms_add_member(members, id);
	fits = search_fits(search, members);
	bms_free(members);
	return fits;
}

/*
 * Add to the members what is worth most by "merit", as long as it fits and is
 * not barred.
 */
static Bitmapset *
fill_up(Bound *bound, Bitmapset *members, const Bitmapset *barred,
		const double *merit)
{
	int			count = 0;

	for (int id = 0; id < bound->search->pool->ncandidates; id++)
		if (bound->fixed[id] == 0 && merit[id] > 0 &&
			!bms_is_member(id, barred))
			bound->order[count++] = id;
	bound_sort(bound->order, count, merit);
	for (int i = 0; i < count; i++)
	{
		members = bms_add_member(members, bound->order[i]);
		if (!search_fits(bound->search, members))
			members = bms_del_member(members, bound->order[i]);
	}
	return members;
}

/*
 * The members that no plan uses at the prices in force.
 */
static Bitmapset *
needless_members(const Bound *bound, const Bitmapset *members)
{
	Bitmapset  *needless = bms_copy(members);

	for (int q = 0; q < bound->nitems; q++)
	{
		const ItemPrices *prices = &bound->items[q];

		for (int i = 0; i < prices->count; i++)
			if (prices->used[i])
				needless = bms_del_member(needless, prices->ids[i]);
	}
	return needless;
}

/*
 * Take a set for the best one if it is better; its items without a plan space
 * are priced only where the others promise that.
 */
static void
offer_set(Proof *proof, const Bitmapset *members, double guess)
{
	Search	   *search = proof->bound->search;
	double		limit = proof->best_total - MIN_BETTER * search->base_total;
	MemoryContext old;
	Selection  *better;

	if (guess > limit * GUESS_MARGIN)
		return;
	old = MemoryContextSwitchTo(proof->caller);
	better = selection_with(search, proof->best, members, limit);
	MemoryContextSwitchTo(old);
	if (better == NULL)
		return;
	proof->best = better;
	proof->best_total = better->total;
}

/*
 * Try the set that the branch comes to: what it has fixed and what is worth
 * most by "merit"; then the same with others in the place of what that does
 * not need.
 */
static void
try_set(Proof *proof, const double *merit)
{
	Bound	   *bound = proof->bound;
	Bitmapset  *members = NULL;
	Bitmapset  *needless;
	double		guess;

	for (int id = 0; id < bound->search->pool->ncandidates; id++)
		if (bound->fixed[id] == FIXED_IN)
			members = bms_add_member(members, id);
	members = fill_up(bound, members, NULL, merit);
	guess = bound_guess(bound, members);
	needless = needless_members(bound, members);
	offer_set(proof, members, guess);
	if (!bms_is_empty(needless))
	{
		members = fill_up(bound, bms_del_members(members, needless), needless,
						  merit);
		offer_set(proof, members, bound_guess(bound, members));
	}
	bms_free(needless);
	bms_free(members);
}

/*
 * Try sets of the branch by what the knapsacks took most often, and by what
 * earns most per byte at its prices.
 */
static void
try_sets(void *arg)
{
	Proof	   *proof = (Proof *) arg;
	Bound	   *bound = proof->bound;

	try_set(proof, bound->mean_taken);
	bound_merits(bound);
	try_set(proof, bound->worth);
}

/*
 * Add the branch of the bound's present fixings, unless it is proven that
 * nothing better is in it.  No less is known of it than of its parent.
 */
static void
add_branch(Proof *proof, double parent, const BoundEffort *effort)
{
	Bound	   *bound = proof->bound;
	int			ids = bound->search->pool->ncandidates;
	double		value = Max(bound_raise(bound, &proof->best_total, effort,
										try_sets, proof),
							parent);
	double		bar;
	Branch	   *branch;

	bar = enough(proof);
	proof->excluded = Min(proof->excluded, Max(value, bar));
	if (value >= bar)
		return;
	bound_fix(bound, value, bar);
	branch = (Branch *) palloc(sizeof(Branch));
	branch->fixed = (signed char *) palloc(Max(ids, 1));
	memcpy(branch->fixed, bound->fixed, ids);
	branch->prices = (float *) palloc(Max(bound->nprices, 1) * sizeof(float));
	bound_keep_prices(bound, branch->prices);
	branch->bound = value;
	branch->split = choose_split(bound);
	proof->branches[proof->nbranches++] = branch;
}

/*
 * Free a branch.
 */
static void
branch_free(Branch *branch)
{
	pfree(branch->fixed);
	pfree(branch->prices);
	pfree(branch);
}

/*
 * Number of the branch with the lowest bound.
 */
static int
lowest_branch(const Proof *proof)
{
	int			lowest = 0;

	for (int i = 1; i < proof->nbranches; i++)
		if (proof->branches[i]->bound < proof->branches[lowest]->bound)
			lowest = i;
	return lowest;
}

/*
 * Divide a branch, which is no longer among the others, into its two parts.
 */
static void
divide(Proof *proof, Branch *parent)
{
	Bound	   *bound = proof->bound;
	int			ids = bound->search->pool->ncandidates;

	for (int fixing = FIXED_OUT; fixing <= FIXED_IN; fixing += 2)
	{
		memcpy(bound->fixed, parent->fixed, ids);
		bound->fixed[parent->split] = fixing;
		if (!branch_fits(bound->search, bound->fixed))
			continue;
		bound_restore_prices(bound, parent->prices);
		add_branch(proof, parent->bound, &branch_effort);
	}
}

/*
 * Is what is set aside for the branches used up?
 */
static bool
memory_used(const Proof *proof)
{
	const Search *search = proof->bound->search;
	Size		each = proof->bound->nprices * sizeof(float) +
	search->pool->ncandidates;

	return (proof->nbranches + 1) * each > search->memory_limit * MEMORY_SHARE;
}

/*
 * No set is below this.
 */
static double
proven_bound(const Proof *proof)
{
	return proof->nbranches == 0 ? proof->excluded :
		Min(proof->branches[lowest_branch(proof)]->bound, proof->excluded);
}

/*
 * Were too many branches in vain by now?
 */
static bool
out_of_patience(Proof *proof)
{
	double		gap = proof->best_total - proven_bound(proof);

	proof->in_vain += proof->bound->effort;
	if (gap <= proof->gap - PROGRESS * proof->best_total)
	{
		proof->gap = gap;
		proof->in_vain = 0;
	}
	return proof->in_vain > PATIENCE *
		Min(Max(gap / proof->best_total, USUAL_GAP), WIDE_GAP) / USUAL_GAP;
}

/*
 * Is what is left of the time needed to settle the best set?  Notes that something
 * was cut short.
 */
static bool
must_settle(const Proof *proof)
{
	Search	   *search = proof->bound->search;

	if (GetCurrentTimestamp() + proof->to_settle < search->deadline)
		return false;
	search->cut_short = true;
	return true;
}

/*
 * Divide the branch with the lowest bound, again and again, until the gap is
 * small or enough was done.
 */
static void
prove(Proof *proof)
{
	proof->gap = get_float8_infinity();
	for (int made = 0; made < MAX_BRANCHES && proof->nbranches > 0; made += 2)
	{
		int			lowest = lowest_branch(proof);
		Branch	   *branch = proof->branches[lowest];

		CHECK_FOR_INTERRUPTS();
		if (branch->split < 0 || branch->bound >= enough(proof) ||
			out_of_patience(proof) ||
			must_settle(proof) || memory_used(proof))
			break;
		proof->branches[lowest] = proof->branches[--proof->nbranches];
		divide(proof, branch);
		branch_free(branch);
	}
}

/*
 * The best set without what is not worth its place, and bettered by exchanges.
 */
static Selection *
settle_best(Proof *proof)
{
	Search	   *search = proof->bound->search;
	MemoryContext old = MemoryContextSwitchTo(proof->caller);
	Selection  *settled = selection_prune_strictly(search, proof->best);

	settled = selection_improve(search, settled);
	settled = selection_prune_strictly(search, settled);
	MemoryContextSwitchTo(old);
	return settled;
}

/*
 * A total below which no set of the known candidates within the limits can
 * come, by the plan spaces.  *best is the best one known, priced by them;
 * it becomes a better one where the proof comes upon it.
 */
double
search_bound(Search *search, Selection **best)
{
	MemoryContext step = AllocSetContextCreate(CurrentMemoryContext,
											   "dbadvisor bound",
											   ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(step);
	Bound		bound;
	Proof		proof = {.bound = &bound,.caller = old};
	Selection  *settled;
	double		value;

	bound_init(&bound, search, *best);
	proof.best = *best;
	proof.best_total = (*best)->total;
	proof.excluded = get_float8_infinity();
	add_branch(&proof, bound.floor, &root_effort);
	proof.to_settle = -GetCurrentTimestamp();
	settled = proof.best = settle_best(&proof);
	proof.to_settle += GetCurrentTimestamp();
	proof.best_total = settled->total;
	prove(&proof);
	value = proven_bound(&proof);
	if (proof.best != settled)
		proof.best = settle_best(&proof);
	*best = proof.best->total < settled->total ? proof.best : settled;
	MemoryContextSwitchTo(old);
	MemoryContextDelete(step);
	return value;
}
