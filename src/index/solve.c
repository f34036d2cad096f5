/*-------------------------------------------------------------------------
 *
 * solve.c
 *		Set up the choice of candidates from what plans are known to cost.
 *
 * Every plan that the search has seen is an option of its statement: these
 * candidates, at that cost.  The best choice among these options needs no
 * planner, and keeps what it promises: where the plan's candidates are all
 * there, the planner finds it or a cheaper one.
 * Entry point: selection_solve().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/float.h"
#include "utils/memutils.h"

#include "index/facility.h"
#include "index/index_internal.h"

/* Prices that a proposal adds are taken into account so often. */
#define MAX_PROPOSALS 5

/* A proposal must promise this share of the workload to be priced. */
#define MIN_PROMISE 1e-4

/*
 * Number the candidates that some plan used: *ids become their Candidate.id by
 * number; the result is the number by Candidate.id.
 */
static int *
number_candidates(const Search *search, int **ids, int *count)
{
	int		   *numbers = (int *) palloc(Max(search->pool->ncandidates, 1) *
										 sizeof(int));
	Bitmapset  *used = NULL;
	int			id = -1;
	ListCell   *lc;

	for (int i = 0; i < search->nitems; i++)
		foreach(lc, search->item[i]->prices)
			used = bms_add_members(used, ((Price *) lfirst(lc))->used);
	used = bms_int_members(used, search->selectable);
	*ids = (int *) palloc(Max(bms_num_members(used), 1) * sizeof(int));
	*count = 0;
	for (int i = 0; i < search->pool->ncandidates; i++)
		numbers[i] = -1;
	while ((id = bms_next_member(used, id)) >= 0)
	{
		numbers[id] = *count;
		(*ids)[(*count)++] = id;
	}
	return numbers;
}

/*
 * The option that a known plan is.
 */
static FacilityOption
option_of(const Price *price, const int *numbers)
{
	FacilityOption option;
	int			id = -1;

	option.nmembers = 0;
	option.members = (int *) palloc(bms_num_members(price->used) *
									sizeof(int));
	option.cost = price->cost;
	while ((id = bms_next_member(price->used, id)) >= 0)
		option.members[option.nmembers++] = numbers[id];
	return option;
}

/*
 * The statement that an item is, with the plans that are known.
 */
static FacilityStatement
statement_of(const Search *search, const WorkItem *item, const int *numbers)
{
	FacilityStatement statement;
	ListCell   *lc;

	statement.weight = item->weight;
	statement.base_cost = item->base_cost;
	statement.noptions = 0;
	statement.options = (FacilityOption *)
		palloc(Max(list_length(item->prices), 1) * sizeof(FacilityOption));
	foreach(lc, item->prices)
	{
		Price	   *price = (Price *) lfirst(lc);

		if (price->cost < item->base_cost && !bms_is_empty(price->used) &&
			bms_is_subset(price->used, search->selectable))
			statement.options[statement.noptions++] = option_of(price, numbers);
	}
	return statement;
}

/*
 * The group of each candidate: the number of the first one on its table.
 */
static int *
group_by_table(const Search *search, const int *ids, int count)
{
	Candidate **candidates = search->pool->candidates;
	int		   *groups = (int *) palloc(Max(count, 1) * sizeof(int));

	for (int i = 0; i < count; i++)
	{
		groups[i] = 0;
		while (candidates[ids[groups[i]]]->relid != candidates[ids[i]]->relid)
			groups[i]++;
	}
	return groups;
}

/*
 * search_over() as the solver calls it.
 */
static bool
solve_over(void *search)
{
	return search_over((Search *) search);
}

/*
 * The best choice by what is known now, and the total that it promises.
 * Memory of the current context.
 */
static Bitmapset *
propose(Search *search, double *promise)
{
	FacilityProblem problem;
	FacilityAnswer *answer;
	Bitmapset  *members = NULL;
	int		   *ids;
	int		   *numbers = number_candidates(search, &ids, &problem.nindexes);

	problem.bytes = (double *) palloc(Max(problem.nindexes, 1) *
									  sizeof(double));
	for (int i = 0; i < problem.nindexes; i++)
		problem.bytes[i] = search->pool->candidates[ids[i]]->bytes;
	problem.budget = search->has_budget ? search->budget :
		get_float8_infinity();
	problem.max_indexes = search->max_indexes;
	problem.max_per_group = search->max_per_table;
	problem.groups = search->max_per_table == PG_INT32_MAX ? NULL :
		group_by_table(search, ids, problem.nindexes);
	problem.nstatements = search->nitems;
	problem.statements = (FacilityStatement *)
		palloc(Max(search->nitems, 1) * sizeof(FacilityStatement));
	for (int i = 0; i < search->nitems; i++)
		problem.statements[i] = statement_of(search, search->item[i], numbers);
	problem.over = solve_over;
	problem.over_arg = search;

	answer = facility_solve(&problem);
	for (int i = 0; i < problem.nindexes; i++)
		if (answer->chosen[i])
			members = bms_add_member(members, ids[i]);
	*promise = answer->total;
	return members;
}

/*
 * propose() without leaving its memory behind.
 */
static Bitmapset *
propose_cleanly(Search *search, double *promise)
{
	MemoryContext step = AllocSetContextCreate(CurrentMemoryContext,
											   "dbadvisor proposal",
											   ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(step);
	Bitmapset  *members = propose(search, promise);

	MemoryContextSwitchTo(old);
	members = bms_copy(members);
	MemoryContextDelete(step);
	return members;
}

/*
 * A selection better than "best" by what plans are known to cost, or "best".
 * Pricing it may show plans that make yet another one better: only the last
 * one is bettered by exchanges, which take most of the planner calls.
 */
Selection *
selection_solve(Search *search, Selection *best)
{
	Selection  *current = best;

	for (int i = 0; i < MAX_PROPOSALS && !search_over(search); i++)
	{
		double		promise;
		Bitmapset  *members = propose_cleanly(search, &promise);

		if (promise > current->total - MIN_PROMISE * search->base_total)
			break;
		current = selection_with(search, current, members,
								 get_float8_infinity());
	}
	if (current == best)
		return best;
	current = selection_improve(search, current);
	return current->total < best->total ? current : best;
}
