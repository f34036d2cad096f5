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
 * 1960).
 * Entry point: search_bound().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "index/bound.h"

/* Steps at the root and at each branch, and how long they are at first. */
#define ROOT_STEPS 300
#define ROOT_LENGTH 1.0
#define BRANCH_STEPS 20
#define BRANCH_LENGTH 0.25

/* Branches that are looked at. */
#define MAX_BRANCHES 120

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
	double		best_total;
	int			nbranches;
	Branch	   *branches[MAX_BRANCHES + 2];
} Proof;

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
 * Add the branch of the bound's present fixings, unless it is proven that
 * nothing better is in it.  No less is known of it than of its parent.
 */
static void
add_branch(Proof *proof, double parent, int steps, double length)
{
	Bound	   *bound = proof->bound;
	int			ids = bound->search->pool->ncandidates;
	double		value = Max(bound_raise(bound, proof->best_total, steps,
										length), parent);
	Branch	   *branch;

	if (proof->best_total - value <= SMALL_GAP * proof->best_total &&
		proof->nbranches > 0)
		return;
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
		add_branch(proof, parent->bound, BRANCH_STEPS, BRANCH_LENGTH);
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
 * Divide the branch with the lowest bound, again and again, until the gap is
 * small or enough was done.  Returns the bound over all sets.
 */
static double
prove(Proof *proof)
{
	const double small = proof->best_total * (1 - SMALL_GAP);

	for (int made = 0; made < MAX_BRANCHES && proof->nbranches > 0; made += 2)
	{
		int			lowest = lowest_branch(proof);
		Branch	   *branch = proof->branches[lowest];

		CHECK_FOR_INTERRUPTS();
		if (branch->split < 0 || branch->bound >= small ||
			search_expired(proof->bound->search) || memory_used(proof))
			break;
		proof->branches[lowest] = proof->branches[--proof->nbranches];
		divide(proof, branch);
		branch_free(branch);
	}
	return proof->nbranches == 0 ? small :
		Min(proof->branches[lowest_branch(proof)]->bound, small);
}

/*
 * A total below which no set of the known candidates within the limits can
 * come, by the plan spaces: "best" is the best one known, priced by them.
 */
double
search_bound(Search *search, const Selection *best)
{
	MemoryContext step = AllocSetContextCreate(CurrentMemoryContext,
											   "dbadvisor bound",
											   ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(step);
	Bound		bound;
	Proof		proof = {.bound = &bound,.best_total = best->total};
	double		value;

	bound_init(&bound, search, best);
	add_branch(&proof, bound.floor, ROOT_STEPS, ROOT_LENGTH);
	value = prove(&proof);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(step);
	return value;
}
