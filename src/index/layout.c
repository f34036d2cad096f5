/*-------------------------------------------------------------------------
 *
 * layout.c
 *		Lay a choice of indexes out for quick evaluation.
 *
 * What cannot be had under the limits is left out, and what is needless beside
 * something else whatever is chosen: that makes most of the work disappear.
 * Entry point: layout_make().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "index/pick.h"

/*
 * Is the index a member of the offer?
 */
bool
offer_needs(const Offer *offer, int index)
{
	for (int i = 0; i < offer->nmembers; i++)
		if (offer->members[i] == index)
			return true;
	return false;
}

/*
 * Bytes of an option's members.
 */
static double
option_bytes(const FacilityProblem *problem, const FacilityOption *option)
{
	double		bytes = 0;

	for (int i = 0; i < option->nmembers; i++)
		bytes += problem->bytes[option->members[i]];
	return bytes;
}

/*
 * Do the groups take those of these indexes that are not "in", beside the
 * "in_group" ones that they have?  NULL for either: none.
 */
bool
groups_have_room(const FacilityProblem *problem, const int *in_group,
				 const bool *in, const int *members, int nmembers)
{
	const int  *groups = problem->groups;

	for (int i = 0; groups != NULL && i < nmembers; i++)
	{
		int			count = in_group ? in_group[groups[members[i]]] : 0;

		if (in != NULL && in[members[i]])
			continue;
		for (int j = 0; j < nmembers; j++)
			if (groups[members[j]] == groups[members[i]] &&
				(in == NULL || !in[members[j]]))
				count++;
		if (count > problem->max_per_group)
			return false;
	}
	return true;
}

/*
 * Order of offers: by statement, then the best first; the smaller among equals.
 */
static int
compare_offers(const void *a, const void *b)
{
	const Offer *left = (const Offer *) a;
	const Offer *right = (const Offer *) b;

	if (left->statement != right->statement)
		return left->statement - right->statement;
	if (left->gain != right->gain)
		return left->gain > right->gain ? -1 : 1;
	if (left->bytes != right->bytes)
		return left->bytes < right->bytes ? -1 : 1;
	return left->members[0] - right->members[0];
}

/*
 * List the options that gain anything and can be had under the limits.
 */
static void
layout_offers(Layout *layout)
{
	const FacilityProblem *problem = layout->problem;
	int			most = 1;

	for (int s = 0; s < problem->nstatements; s++)
		most += problem->statements[s].noptions;
	layout->offers = (Offer *) palloc(most * sizeof(Offer));
	for (int s = 0; s < problem->nstatements; s++)
	{
		const FacilityStatement *statement = &problem->statements[s];

		for (int i = 0; i < statement->noptions; i++)
		{
			const FacilityOption *option = &statement->options[i];
			Offer		offer;

			offer.statement = s;
			offer.nmembers = option->nmembers;
			offer.members = option->members;
			offer.gain = statement->weight *
				(statement->base_cost - option->cost);
			offer.bytes = option_bytes(problem, option);
			if (offer.gain > 0 && offer.bytes <= problem->budget &&
				offer.nmembers > 0 && offer.nmembers <= problem->max_indexes &&
				groups_have_room(problem, NULL, NULL, offer.members,
								 offer.nmembers))
				layout->offers[layout->noffers++] = offer;
		}
	}
	qsort(layout->offers, layout->noffers, sizeof(Offer), compare_offers);
}

/*
 * Are the members of one offer among those of another?
 */
static bool
offer_within(const Offer *offer, const Offer *other)
{
	for (int i = 0; i < offer->nmembers; i++)
		if (!offer_needs(other, offer->members[i]))
			return false;
	return true;
}

/*
 * Leave out the offers that need all indexes of a better one and more.
 */
static void
layout_offers_reduce(Layout *layout)
{
	int			first = 0;
	int			kept = 0;

	for (int o = 0; o < layout->noffers; o++)
	{
		const Offer *offer = &layout->offers[o];
		bool		needless = false;

		CHECK_FOR_INTERRUPTS();
		if (first < kept && layout->offers[first].statement != offer->statement)
			first = kept;
		for (int i = first; i < kept && !needless; i++)
			needless = offer_within(&layout->offers[i], offer);
		if (!needless)
			layout->offers[kept++] = *offer;
	}
	layout->noffers = kept;
}

/*
 * Note where the offers of each statement and of each index are.
 */
static void
layout_places(Layout *layout)
{
	const FacilityProblem *problem = layout->problem;
	int			nentries = 0;
	int		   *next;

	layout->statement_first = (int *) palloc0((problem->nstatements + 1) *
											  sizeof(int));
	layout->index_first = (int *) palloc0((problem->nindexes + 1) *
										  sizeof(int));
	for (int o = 0; o < layout->noffers; o++)
	{
		const Offer *offer = &layout->offers[o];

		layout->statement_first[offer->statement + 1]++;
		nentries += offer->nmembers;
		for (int i = 0; i < offer->nmembers; i++)
			layout->index_first[offer->members[i] + 1]++;
	}
	for (int s = 0; s < problem->nstatements; s++)
		layout->statement_first[s + 1] += layout->statement_first[s];
	for (int i = 0; i < problem->nindexes; i++)
		layout->index_first[i + 1] += layout->index_first[i];

	layout->index_offers = (int *) palloc(Max(nentries, 1) * sizeof(int));
	next = (int *) palloc((problem->nindexes + 1) * sizeof(int));
	memcpy(next, layout->index_first, (problem->nindexes + 1) * sizeof(int));
	for (int o = 0; o < layout->noffers; o++)
		for (int i = 0; i < layout->offers[o].nmembers; i++)
			layout->index_offers[next[layout->offers[o].members[i]]++] = o;
	pfree(next);
}

/*
 * Does one index make another needless: of the same group, no larger, and at
 * least as good for every statement?  Of two that are alike, the first does.
 */
static bool
index_dominates(const Layout *layout, int index, int other)
{
	const double *bytes = layout->problem->bytes;
	int			e = layout->index_first[index];
	bool		better = bytes[index] < bytes[other] || index < other;

	if (index == other || bytes[index] > bytes[other] ||
		(layout->problem->groups != NULL &&
		 layout->problem->groups[index] != layout->problem->groups[other]))
		return false;
	for (int f = layout->index_first[other]; f < layout->index_first[other + 1]; f++)
	{
		const Offer *offer = &layout->offers[layout->index_offers[f]];
		const Offer *mine;

		while (e < layout->index_first[index + 1] &&
			   layout->offers[layout->index_offers[e]].statement < offer->statement)
			e++;
		if (e == layout->index_first[index + 1])
			return false;
		mine = &layout->offers[layout->index_offers[e]];
		if (mine->statement != offer->statement || mine->nmembers > 1 ||
			offer->nmembers > 1 || mine->gain < offer->gain)
			return false;
		better |= mine->gain > offer->gain;
	}
	return better || layout->index_first[index + 1] - layout->index_first[index] >
		layout->index_first[other + 1] - layout->index_first[other];
}

/*
 * Does any index make this one needless?  It would serve the statement of the
 * first offer at least as well.
 */
static bool
index_dominated(const Layout *layout, int index)
{
	int			first;
	const Offer *offer;

	if (layout->index_first[index] == layout->index_first[index + 1])
		return false;
	first = layout->index_offers[layout->index_first[index]];
	offer = &layout->offers[first];
	for (int o = layout->statement_first[offer->statement];
		 o < layout->statement_first[offer->statement + 1] &&
		 layout->offers[o].gain >= offer->gain; o++)
		if (index_dominates(layout, layout->offers[o].members[0], index))
			return true;
	return false;
}

/*
 * Leave out the offers of indexes that others make needless.
 */
static void
layout_reduce(Layout *layout)
{
	bool	   *dominated = (bool *) palloc0(Max(layout->problem->nindexes, 1) *
											 sizeof(bool));
	int			kept = 0;

	for (int i = 0; i < layout->problem->nindexes; i++)
		dominated[i] = index_dominated(layout, i);
	for (int o = 0; o < layout->noffers; o++)
		if (!dominated[layout->offers[o].members[0]])
			layout->offers[kept++] = layout->offers[o];
	layout->noffers = kept;
	pfree(dominated);
	pfree(layout->statement_first);
	pfree(layout->index_first);
	pfree(layout->index_offers);
	layout_places(layout);
}

/*
 * Note what each index can add to any set, and which offers are of several.
 */
static void
layout_limits(Layout *layout)
{
	int			nindexes = layout->problem->nindexes;

	layout->several = (int *) palloc(Max(layout->noffers, 1) * sizeof(int));
	layout->in_several = (bool *) palloc0(Max(nindexes, 1) * sizeof(bool));
	layout->most = (double *) palloc0(Max(nindexes, 1) * sizeof(double));
	for (int i = 0; i < nindexes; i++)
	{
		int			last = -1;

		for (int e = layout->index_first[i]; e < layout->index_first[i + 1]; e++)
		{
			const Offer *offer = &layout->offers[layout->index_offers[e]];

			if (offer->nmembers > 1)
				layout->in_several[i] = true;
			if (offer->statement != last)
				layout->most[i] += offer->gain;
			last = offer->statement;
		}
	}
	for (int o = 0; o < layout->noffers; o++)
		if (layout->offers[o].nmembers > 1)
			layout->several[layout->nseveral++] = o;
}

/*
 * Lay a problem out.
 */
Layout *
layout_make(const FacilityProblem *problem)
{
	Layout	   *layout = (Layout *) palloc0(sizeof(Layout));

	layout->problem = problem;
	layout_offers(layout);
	layout_offers_reduce(layout);
	layout_places(layout);
	layout_reduce(layout);
	layout_limits(layout);
	return layout;
}
