/*-------------------------------------------------------------------------
 *
 * facility.c
 *		Choose indexes under a budget, and prove how good the choice is.
 *
 * Each statement gains by one offer (a set of indexes and what it saves).
 * Let p_s >= 0 be any price per statement: then no set X of indexes gains more
 * than
 *		sum of p_s  +  sum over offers o within X of max(0, gain_o - p_s(o)),
 * since the one offer that s takes gains at most p_s + (gain_o - p_s).  The
 * second sum is split over the members of each offer, in proportion to their
 * bytes; letting a member count its share without the others only adds to it.
 * What remains is a knapsack of indexes with values, and its fractional
 * solution bounds every X: the Lagrangian relaxation of "one offer per
 * statement".  Prices that lower the bound are found by the subgradient, and
 * the set in each knapsack, repaired, is an answer.  The bound is made
 * tighter by branching: some index is in, or it is out.
 * Entry point: facility_solve().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "index/pick.h"

/* Changes of the prices at the root, and at each branch. */
#define ROOT_ITERATIONS 300
#define BRANCH_ITERATIONS 30

/* Branches that are looked at. */
#define MAX_BRANCHES 200

/* The step is halved when the bound has not fallen for so many changes. */
#define ROOT_PATIENCE 12
#define BRANCH_PATIENCE 4

/* A proven gap below this share of the objective is none. */
#define GAP_CLOSED 1e-6

/* Distinct sets that are remembered, so that none is repaired twice. */
#define MAX_SEEN 1024

/* What a branch says of an index. */
typedef enum Fixing
{
	FREE,
	FIXED_IN,
	FIXED_OUT
} Fixing;

/* A part of all sets: those that agree with the fixings. */
typedef struct Branch
{
	char	   *fixing;			/* of Fixing, per index */
	double	   *prices;			/* best known, per statement */
	double		bound;			/* no set of these gains more */
	int			split;			/* index to branch on, -1: none is left */
} Branch;

/* An index in the knapsack. */
typedef struct Item
{
	int			index;
	double		value;
	double		ratio;
} Item;

/* One run. */
typedef struct Solver
{
	const FacilityProblem *problem;
	Layout	   *layout;
	Pick	   *best;
	Pick	   *empty;
	Pick	   *trial;
	double		base_total;		/* objective without any index */
	uint64		seen[MAX_SEEN];
	int			nseen;

	/* Scratch of one evaluation of the bound. */
	double	   *values;			/* per index */
	double	   *shares;			/* per index: part that is in the knapsack */
	double	   *taken;			/* per index: sum of the shares */
	double	   *excess;			/* per statement: offers in the set above one */
	Item	   *items;
	int			nitems;
	int		   *fixed;			/* indexes that a branch has in */
} Solver;

/*
 * Is the time up?
 */
static bool
solver_over(Solver *solver)
{
	CHECK_FOR_INTERRUPTS();
	return solver->problem->over != NULL &&
		solver->problem->over(solver->problem->over_arg);
}

/*
 * Is an answer as good as the bound, as far as it matters?
 */
static bool
gap_closed(const Solver *solver, double bound)
{
	return bound - solver->best->gain <= GAP_CLOSED * solver->base_total;
}

/*
 * Bytes of the members that a branch leaves open; -1 when one of them is out.
 */
static double
open_bytes(const Solver *solver, const Branch *branch, const Offer *offer)
{
	double		bytes = 0;

	for (int i = 0; i < offer->nmembers; i++)
	{
		if (branch->fixing[offer->members[i]] == FIXED_OUT)
			return -1;
		if (branch->fixing[offer->members[i]] == FREE)
			bytes += Max(solver->problem->bytes[offer->members[i]], 1);
	}
	return bytes;
}

/*
 * Share out what offers gain beyond the prices to their open members' values.
 * Returns what is gained without any of these.
 */
static double
share_out(Solver *solver, const Branch *branch, const double *prices)
{
	double		certain = 0;

	memset(solver->values, 0, solver->problem->nindexes * sizeof(double));
	for (int s = 0; s < solver->problem->nstatements; s++)
	{
		certain += prices[s];
		for (int o = solver->layout->statement_first[s];
			 o < solver->layout->statement_first[s + 1]; o++)
		{
			const Offer *offer = &solver->layout->offers[o];
			double		beyond = offer->gain - prices[s];
			double		bytes;

			if (beyond <= 0)
				break;
			bytes = open_bytes(solver, branch, offer);
			if (bytes == 0)
				certain += beyond;
			for (int i = 0; bytes > 0 && i < offer->nmembers; i++)
			{
				int			member = offer->members[i];

				if (branch->fixing[member] == FREE)
					solver->values[member] += beyond *
						Max(solver->problem->bytes[member], 1) / bytes;
			}
		}
	}
	return certain;
}

/*
 * Order in the knapsack: the most valuable per byte first.
 */
static int
compare_ratio(const void *a, const void *b)
{
	const Item *left = (const Item *) a;
	const Item *right = (const Item *) b;

	if (left->ratio != right->ratio)
		return left->ratio > right->ratio ? -1 : 1;
	return left->index - right->index;
}

/*
 * Order by value alone.
 */
static int
compare_value(const void *a, const void *b)
{
	const Item *left = (const Item *) a;
	const Item *right = (const Item *) b;

	if (left->value != right->value)
		return left->value > right->value ? -1 : 1;
	return left->index - right->index;
}

/*
 * Put open indexes that fit by themselves into the fractional knapsack.
 * Returns its value, with the shares set.
 */
static double
fill_bytes(Solver *solver, double room)
{
	double		value = 0;

	memset(solver->shares, 0, solver->problem->nindexes * sizeof(double));
	qsort(solver->items, solver->nitems, sizeof(Item), compare_ratio);
	for (int i = 0; i < solver->nitems; i++)
	{
		const Item *item = &solver->items[i];
		double		bytes = solver->problem->bytes[item->index];
		double		share = bytes <= room ? 1 : room / bytes;

		solver->shares[item->index] = share;
		value += share * item->value;
		room = share < 1 ? 0 : room - bytes;
	}
	return value;
}

/*
 * The same for the number of indexes.
 */
static double
fill_count(Solver *solver, int room)
{
	double		value = 0;

	memset(solver->shares, 0, solver->problem->nindexes * sizeof(double));
	qsort(solver->items, solver->nitems, sizeof(Item), compare_value);
	for (int i = 0; i < solver->nitems && i < room; i++)
	{
		solver->shares[solver->items[i].index] = 1;
		value += solver->items[i].value;
	}
	return value;
}

/*
 * What the open indexes are worth at most, with the shares that say how.
 * Both limits hold, so that the lesser of the two bounds does.
 */
static double
fill_knapsack(Solver *solver, const Branch *branch)
{
	const FacilityProblem *problem = solver->problem;
	double		bytes = problem->budget;
	int			count = problem->max_indexes;
	double		by_bytes;

	for (int i = 0; i < problem->nindexes; i++)
		if (branch->fixing[i] == FIXED_IN)
		{
			bytes -= problem->bytes[i];
			count--;
		}
	solver->nitems = 0;
	for (int i = 0; i < problem->nindexes; i++)
	{
		Item	   *item = &solver->items[solver->nitems];

		if (branch->fixing[i] != FREE || solver->values[i] <= 0 ||
			problem->bytes[i] > bytes)
			continue;
		item->index = i;
		item->value = solver->values[i];
		item->ratio = solver->values[i] / Max(problem->bytes[i], 1);
		solver->nitems++;
	}
	by_bytes = fill_bytes(solver, bytes);
	if (count >= solver->nitems)
		return by_bytes;
	if (fill_count(solver, count) < by_bytes)
		return fill_count(solver, count);
	return fill_bytes(solver, bytes);
}

/*
 * Has this knapsack's set been seen before?  Remembers it.
 */
static bool
set_seen(Solver *solver, const Branch *branch)
{
	uint64		hash = UINT64CONST(14695981039346656037);

	for (int i = 0; i < solver->problem->nindexes; i++)
		if (branch->fixing[i] == FIXED_IN || solver->shares[i] >= 1)
			hash = (hash ^ (uint64) i) * UINT64CONST(1099511628211);
	for (int i = 0; i < solver->nseen; i++)
		if (solver->seen[i] == hash)
			return true;
	if (solver->nseen < MAX_SEEN)
		solver->seen[solver->nseen++] = hash;
	return false;
}

/*
 * Take a set as the answer if it is the best so far.
 */
static void
solver_offer(Solver *solver, Pick *pick)
{
	if (pick->gain > solver->best->gain)
		pick_copy(solver->layout, solver->best, pick);
}

/*
 * Repair the knapsack's set into an answer: keep to both limits, leave out what
 * is needless beside the others, and fill up by what indexes really add; by
 * what they add alone in the end, when there is room for few.
 */
static void
repair(Solver *solver, const Branch *branch)
{
	Pick	   *pick = solver->trial;

	pick_copy(solver->layout, pick, solver->empty);
	for (int i = 0; i < solver->problem->nindexes; i++)
		if ((branch->fixing[i] == FIXED_IN || solver->shares[i] >= 1) &&
			pick_has_room(solver->layout, pick, &i, 1))
			pick_add(solver->layout, pick, i);
	pick_prune(solver->layout, pick);
	pick_fill(solver->layout, pick, true);
	pick_prune(solver->layout, pick);
	pick_fill(solver->layout, pick, false);
	solver_offer(solver, pick);
}

/*
 * For each statement, how many of its offers beyond the price the knapsack
 * holds, less the one that there should be.  Returns the sum of squares.
 */
static double
find_excess(Solver *solver, const Branch *branch, const double *prices)
{
	double		squares = 0;

	for (int s = 0; s < solver->problem->nstatements; s++)
	{
		double		excess = -1;

		for (int o = solver->layout->statement_first[s];
			 o < solver->layout->statement_first[s + 1]; o++)
		{
			const Offer *offer = &solver->layout->offers[o];
			double		bytes;

			if (offer->gain <= prices[s])
				break;
			bytes = open_bytes(solver, branch, offer);
			if (bytes == 0)
				excess += 1;
			for (int i = 0; bytes > 0 && i < offer->nmembers; i++)
				excess += solver->shares[offer->members[i]] *
					Max(solver->problem->bytes[offer->members[i]], 1) / bytes;
		}
		/* A price at its limit does not move beyond it. */
		if (prices[s] <= 0 && excess < 0)
			excess = 0;
		solver->excess[s] = excess;
		squares += excess * excess;
	}
	return squares;
}

/*
 * The index to branch on: of those that the knapsacks took in part or by
 * turns, the one with most value at stake.
 */
static int
choose_split(Solver *solver, const Branch *branch, int iterations)
{
	int			best = -1;
	double		most = 0;

	for (int i = 0; i < solver->problem->nindexes; i++)
	{
		double		mean = solver->taken[i] / Max(iterations, 1);
		double		stake = Min(mean, 1 - mean) *
		solver->problem->bytes[i];

		if (branch->fixing[i] != FREE || stake <= most)
			continue;
		most = stake;
		best = i;
	}
	return best;
}

/*
 * Lower the bound of a branch by changing the prices, repairing the sets met
 * on the way.
 */
static void
lower_bound(Solver *solver, Branch *branch, int iterations, int patience)
{
	int			nstatements = solver->problem->nstatements;
	double	   *prices = (double *) palloc(Max(nstatements, 1) *
										   sizeof(double));
	double		theta = 1;
	int			vain = 0;
	int			done = 0;

	memcpy(prices, branch->prices, nstatements * sizeof(double));
	memset(solver->taken, 0, solver->problem->nindexes * sizeof(double));
	while (done < iterations && !gap_closed(solver, branch->bound) &&
		   !solver_over(solver))
	{
		double		bound = share_out(solver, branch, prices) +
		fill_knapsack(solver, branch);
		double		squares;
		double		step;

		done++;
		for (int i = 0; i < solver->problem->nindexes; i++)
			solver->taken[i] += solver->shares[i];
		if (!set_seen(solver, branch))
			repair(solver, branch);
		if (bound < branch->bound)
		{
			branch->bound = bound;
			memcpy(branch->prices, prices, nstatements * sizeof(double));
			vain = 0;
		}
		else if (++vain >= patience)
		{
			theta /= 2;
			vain = 0;
			memcpy(prices, branch->prices, nstatements * sizeof(double));
			continue;
		}
		squares = find_excess(solver, branch, prices);
		if (squares <= 0)
			break;
		step = theta * Max(bound - solver->best->gain, 0) / squares;
		for (int s = 0; s < nstatements; s++)
			prices[s] = Max(0, prices[s] + step * solver->excess[s]);
	}
	branch->split = choose_split(solver, branch, done);
	pfree(prices);
}

/*
 * A branch that agrees with another but for one index; with NULL the root, in
 * which nothing is fixed.
 */
static Branch *
branch_make(Solver *solver, const Branch *from, Fixing fixing)
{
	const FacilityProblem *problem = solver->problem;
	Branch	   *branch = (Branch *) palloc0(sizeof(Branch));

	branch->fixing = (char *) palloc0(problem->nindexes + 1);
	branch->prices = (double *) palloc0((problem->nstatements + 1) *
										sizeof(double));
	branch->split = -1;
	if (from != NULL)
	{
		memcpy(branch->fixing, from->fixing, problem->nindexes);
		memcpy(branch->prices, from->prices,
			   problem->nstatements * sizeof(double));
		branch->fixing[from->split] = fixing;
		branch->bound = from->bound;
		return branch;
	}
	for (int s = 0; s < problem->nstatements; s++)
	{
		int			first = solver->layout->statement_first[s];

		if (first == solver->layout->statement_first[s + 1])
			continue;
		branch->bound += solver->layout->offers[first].gain;
		branch->prices[s] = Max(solver->best->got[s],
								solver->layout->offers[first].gain / 2);
	}
	return branch;
}

/*
 * Free a branch.
 */
static void
branch_free(Branch *branch)
{
	pfree(branch->fixing);
	pfree(branch->prices);
	pfree(branch);
}

/*
 * Do the indexes that a branch fixes keep to the limits?
 */
static bool
branch_fits(Solver *solver, const Branch *branch)
{
	const FacilityProblem *problem = solver->problem;
	double		bytes = 0;
	int		   *members = solver->fixed;
	int			count = 0;

	for (int i = 0; i < problem->nindexes; i++)
		if (branch->fixing[i] == FIXED_IN)
		{
			bytes += problem->bytes[i];
			members[count++] = i;
		}
	return bytes <= problem->budget && count <= problem->max_indexes &&
		groups_have_room(problem, NULL, NULL, members, count);
}

/*
 * The branch whose bound is highest.
 */
static int
weakest_branch(Branch **branches, int nbranches)
{
	int			weakest = 0;

	for (int i = 1; i < nbranches; i++)
		if (branches[i]->bound > branches[weakest]->bound)
			weakest = i;
	return weakest;
}

/*
 * Split the branch with the highest bound, again and again, until the gap is
 * closed or enough was done.  Returns the bound over all sets.
 */
static double
search_branches(Solver *solver, Branch *root)
{
	Branch	  **branches = (Branch **) palloc((MAX_BRANCHES + 2) *
											  sizeof(Branch *));
	int			nbranches = 1;
	double		bound;

	branches[0] = root;
	for (int made = 0; made < MAX_BRANCHES && nbranches > 0; made += 2)
	{
		int			weakest = weakest_branch(branches, nbranches);
		Branch	   *parent = branches[weakest];

		if (parent->split < 0 || gap_closed(solver, parent->bound) ||
			solver_over(solver))
			break;
		branches[weakest] = branches[--nbranches];
		for (int way = 0; way < 2; way++)
		{
			Branch	   *child = branch_make(solver, parent,
											way == 0 ? FIXED_IN : FIXED_OUT);

			if (branch_fits(solver, child))
			{
				lower_bound(solver, child, BRANCH_ITERATIONS, BRANCH_PATIENCE);
				branches[nbranches++] = child;
			}
			else
				branch_free(child);
		}
		branch_free(parent);
	}
	bound = nbranches > 0 ? branches[weakest_branch(branches, nbranches)]->bound :
		solver->best->gain;
	while (nbranches > 0)
		branch_free(branches[--nbranches]);
	pfree(branches);
	return Max(bound, solver->best->gain);
}

/*
 * Start with the answers of both greedy searches, exchanged.
 */
static void
solver_seed(Solver *solver)
{
	for (int way = 0; way < 2; way++)
	{
		Pick	   *pick = pick_make(solver->layout);

		pick_fill(solver->layout, pick, way == 0);
		pick_prune(solver->layout, pick);
		pick_exchange(solver->layout, pick);
		solver_offer(solver, pick);
		pick_free(pick);
	}
}

/*
 * Prepare a run.
 */
static void
solver_init(Solver *solver, const FacilityProblem *problem)
{
	Size		nindexes = problem->nindexes + 1;

	memset(solver, 0, sizeof(Solver));
	solver->problem = problem;
	solver->layout = layout_make(problem);
	solver->best = pick_make(solver->layout);
	solver->empty = pick_make(solver->layout);
	solver->trial = pick_make(solver->layout);
	for (int s = 0; s < problem->nstatements; s++)
		solver->base_total += problem->statements[s].weight *
			problem->statements[s].base_cost;
	solver->values = (double *) palloc0(nindexes * sizeof(double));
	solver->shares = (double *) palloc0(nindexes * sizeof(double));
	solver->taken = (double *) palloc0(nindexes * sizeof(double));
	solver->excess = (double *) palloc0((problem->nstatements + 1) *
										sizeof(double));
	solver->items = (Item *) palloc(nindexes * sizeof(Item));
	solver->fixed = (int *) palloc(nindexes * sizeof(int));
}

/*
 * The set found, with its total added up anew: sums of differences drift.
 */
static FacilityAnswer *
solver_answer(Solver *solver, double bound)
{
	FacilityAnswer *answer = (FacilityAnswer *) palloc(sizeof(FacilityAnswer));

	answer->chosen = solver->best->in;
	answer->total = solver->base_total;
	for (int s = 0; s < solver->problem->nstatements; s++)
		answer->total -= solver->best->got[s];
	answer->bound = Min(solver->base_total - bound, answer->total);
	return answer;
}

/*
 * Choose indexes within the limits so that the options they allow make the
 * statements cheapest.  The bound holds for every set within the limits, as
 * far as the options given say what a set costs.  Both are the best so far
 * when the time is up.  Deterministic; memory of the current context.
 */
FacilityAnswer *
facility_solve(const FacilityProblem *problem)
{
	Solver		solver;
	Branch	   *root;

	solver_init(&solver, problem);
	solver_seed(&solver);
	root = branch_make(&solver, NULL, FREE);
	lower_bound(&solver, root, ROOT_ITERATIONS, ROOT_PATIENCE);
	pick_exchange(solver.layout, solver.best);
	return solver_answer(&solver, search_branches(&solver, root));
}
