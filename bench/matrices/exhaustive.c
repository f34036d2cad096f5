/*-------------------------------------------------------------------------
 *
 * exhaustive.c
 *		Compare the search for indexes with trying every set, on small random
 *		problems.
 *
 * Options of one to three indexes, indexes without size, budgets, numbers of
 * indexes, in all and per group, and none of these.  Fails where an answer breaks a limit, a total is not
 * what the set costs, or some set is below the bound; prints how many answers
 * were the best.
 * Usage: exhaustive COUNT
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>

#include "index/facility.h"

#define MAX_INDEXES 11
#define MAX_STATEMENTS 9
#define MAX_OPTIONS 20
#define MAX_MEMBERS 3

/* Share of the objective that is rounding. */
#define ROUNDING 1e-9

/* A problem with room for all that it points to. */
typedef struct Instance
{
	FacilityProblem problem;
	double		bytes[MAX_INDEXES];
	int			groups[MAX_INDEXES];
	FacilityStatement statements[MAX_STATEMENTS];
	FacilityOption options[MAX_STATEMENTS][MAX_OPTIONS];
	int			members[MAX_STATEMENTS][MAX_OPTIONS][MAX_MEMBERS];
}			Instance;

static uint64 random_state;

/*
 * A number from 0 to below "limit", the same on every machine.
 */
static int
random_below(int limit)
{
	random_state = random_state * UINT64CONST(6364136223846793005) +
		UINT64CONST(1442695040888963407);
	return (int) ((random_state >> 33) % limit);
}

/*
 * Make a statement with random options.
 */
static void
make_statement(Instance * instance, int s, int most_members)
{
	FacilityStatement *statement = &instance->statements[s];

	statement->weight = 1 + random_below(3);
	statement->base_cost = 50 + random_below(400);
	statement->noptions = random_below(MAX_OPTIONS + 1);
	statement->options = instance->options[s];
	for (int o = 0; o < statement->noptions; o++)
	{
		FacilityOption *option = &statement->options[o];
		int			wanted = 1 + random_below(most_members);
		unsigned	used = 0;

		option->members = instance->members[s][o];
		option->nmembers = 0;
		option->cost = statement->base_cost * random_below(1100) / 1000;
		while (option->nmembers < wanted)
		{
			int			index = random_below(instance->problem.nindexes);

			if (used >> index & 1)
				continue;
			used |= 1u << index;
			option->members[option->nmembers++] = index;
		}
	}
}

/*
 * Make the random problem of this number.
 */
static void
make_instance(Instance * instance, int number)
{
	FacilityProblem *problem = &instance->problem;

	memset(instance, 0, sizeof(Instance));
	random_state = number;
	problem->nindexes = 3 + random_below(MAX_INDEXES - 2);
	problem->nstatements = 2 + random_below(MAX_STATEMENTS - 1);
	problem->bytes = instance->bytes;
	problem->statements = instance->statements;
	for (int i = 0; i < problem->nindexes; i++)
		instance->bytes[i] = 8192 * random_below(9);
	for (int s = 0; s < problem->nstatements; s++)
		make_statement(instance, s, number % 2 ? 1 : MAX_MEMBERS);
	problem->budget = number % 3 == 0 ? INFINITY : 8192 * random_below(25);
	problem->max_indexes = number % 4 == 0 ? INT_MAX : random_below(5);
	if (number % 5 < 2)
		return;
	problem->groups = instance->groups;
	problem->max_per_group = random_below(3);
	for (int i = 0; i < problem->nindexes; i++)
		instance->groups[i] = random_below(3);
}

/*
 * What a set of indexes costs, given as bits; infinite beyond the limits.
 */
static double
total_of(const FacilityProblem *problem, unsigned set)
{
	double		total = 0;
	double		bytes = 0;
	int			count = 0;
	int			in_group[MAX_INDEXES] = {0};

	for (int i = 0; i < problem->nindexes; i++)
		if (set >> i & 1)
		{
			bytes += problem->bytes[i];
			count++;
			if (problem->groups != NULL &&
				++in_group[problem->groups[i]] > problem->max_per_group)
				return INFINITY;
		}
	if (bytes > problem->budget || count > problem->max_indexes)
		return INFINITY;
	for (int s = 0; s < problem->nstatements; s++)
	{
		const FacilityStatement *statement = &problem->statements[s];
		double		cost = statement->base_cost;

		for (int o = 0; o < statement->noptions; o++)
		{
			unsigned	needed = 0;

			for (int i = 0; i < statement->options[o].nmembers; i++)
				needed |= 1u << statement->options[o].members[i];
			if ((needed & ~set) == 0)
				cost = Min(cost, statement->options[o].cost);
		}
		total += statement->weight * cost;
	}
	return total;
}

/*
 * Check the answer to one problem; returns whether it is the best there is.
 */
static bool
check_instance(const FacilityProblem *problem, int number)
{
	FacilityAnswer *answer = facility_solve(problem);
	double		slack = ROUNDING * total_of(problem, 0);
	double		best = INFINITY;
	double		total;
	unsigned	chosen = 0;

	for (unsigned set = 0; set < 1u << problem->nindexes; set++)
		best = Min(best, total_of(problem, set));
	for (int i = 0; i < problem->nindexes; i++)
		chosen |= (unsigned) answer->chosen[i] << i;
	total = total_of(problem, chosen);
	if (!(fabs(answer->total - total) <= slack) || answer->bound > best + slack)
	{
		fprintf(stderr, "problem %d: total %g, said to be %g; bound %g; best %g\n",
				number, total, answer->total, answer->bound, best);
		exit(1);
	}
	return total <= best + slack;
}

int
main(int argc, char **argv)
{
	int			count = argc == 2 ? atoi(argv[1]) : 0;
	int			nbest = 0;
	Instance	instance;

	for (int number = 1; number <= count; number++)
	{
		make_instance(&instance, number);
		nbest += check_instance(&instance.problem, number);
	}
	printf("%d random problems against every set: %d answers are the best, no bound is wrong\n",
		   count, nbest);
	return count > 0 ? 0 : 2;
}
