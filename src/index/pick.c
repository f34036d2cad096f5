/*-------------------------------------------------------------------------
 *
 * pick.c
 *		Sets of indexes with what they gain over known options: extend, prune
 *		and exchange.
 *
 * A statement gains by the best of its offers whose members are all in the
 * set.  Everything here keeps to the budget and the number of indexes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "index/pick.h"

/* Differences below this share are rounding. */
#define ROUNDING 1e-12

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
				offer.nmembers > 0 && offer.nmembers <= problem->max_indexes)
				layout->offers[layout->noffers++] = offer;
		}
	}
	qsort(layout->offers, layout->noffers, sizeof(Offer), compare_offers);
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
 * Does one index make another needless: no larger, and at least as good for
 * every statement?  Of two that are alike, the first does.
 */
static bool
index_dominates(const Layout *layout, int index, int other)
{
	const double *bytes = layout->problem->bytes;
	int			e = layout->index_first[index];
	bool		better = bytes[index] < bytes[other] || index < other;

	if (index == other || bytes[index] > bytes[other])
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
	layout_places(layout);
	layout_reduce(layout);
	layout_limits(layout);
	return layout;
}

/*
 * The empty set.
 */
Pick *
pick_make(const Layout *layout)
{
	Pick	   *pick = (Pick *) palloc0(sizeof(Pick));

	pick->in = (bool *) palloc0(Max(layout->problem->nindexes, 1) *
								sizeof(bool));
	pick->barred = (bool *) palloc0(Max(layout->problem->nindexes, 1) *
									sizeof(bool));
	pick->missing = (int *) palloc(Max(layout->noffers, 1) * sizeof(int));
	for (int o = 0; o < layout->noffers; o++)
		pick->missing[o] = layout->offers[o].nmembers;
	pick->got = (double *) palloc0(Max(layout->problem->nstatements, 1) *
								   sizeof(double));
	pick->upper = (double *) palloc(Max(layout->problem->nindexes, 1) *
									sizeof(double));
	memcpy(pick->upper, layout->most,
		   layout->problem->nindexes * sizeof(double));
	return pick;
}

/*
 * Free a set.
 */
void
pick_free(Pick *pick)
{
	pfree(pick->in);
	pfree(pick->barred);
	pfree(pick->missing);
	pfree(pick->got);
	pfree(pick->upper);
	pfree(pick);
}

/*
 * Make one set the same as another.
 */
void
pick_copy(const Layout *layout, Pick *to, const Pick *from)
{
	memcpy(to->in, from->in, layout->problem->nindexes * sizeof(bool));
	memcpy(to->barred, from->barred, layout->problem->nindexes * sizeof(bool));
	memcpy(to->missing, from->missing, layout->noffers * sizeof(int));
	memcpy(to->got, from->got, layout->problem->nstatements * sizeof(double));
	memcpy(to->upper, from->upper, layout->problem->nindexes * sizeof(double));
	to->gain = from->gain;
	to->bytes = from->bytes;
	to->count = from->count;
}

/*
 * Put an index into the set, if it is not there.
 */
void
pick_add(const Layout *layout, Pick *pick, int index)
{
	if (pick->in[index])
		return;
	pick->in[index] = true;
	pick->bytes += layout->problem->bytes[index];
	pick->count++;
	for (int e = layout->index_first[index]; e < layout->index_first[index + 1]; e++)
	{
		int			o = layout->index_offers[e];
		const Offer *offer = &layout->offers[o];

		if (--pick->missing[o] == 0 && offer->gain > pick->got[offer->statement])
		{
			pick->gain += offer->gain - pick->got[offer->statement];
			pick->got[offer->statement] = offer->gain;
		}
	}
}

/*
 * Is the index a member of the offer?
 */
static bool
offer_needs(const Offer *offer, int index)
{
	for (int i = 0; i < offer->nmembers; i++)
		if (offer->members[i] == index)
			return true;
	return false;
}

/*
 * What the statement gains by the members of the set but this one.
 */
static double
gain_without(const Layout *layout, const Pick *pick, int statement, int index)
{
	for (int o = layout->statement_first[statement];
		 o < layout->statement_first[statement + 1]; o++)
		if (pick->missing[o] == 0 && !offer_needs(&layout->offers[o], index))
			return layout->offers[o].gain;
	return 0;
}

/*
 * A statement gains less than before: other indexes may now add more.
 */
static void
statement_lower(const Layout *layout, Pick *pick, int statement, double to)
{
	double		from = pick->got[statement];

	for (int o = layout->statement_first[statement];
		 o < layout->statement_first[statement + 1]; o++)
	{
		const Offer *offer = &layout->offers[o];

		if (offer->gain <= to)
			break;
		if (!layout->in_several[offer->members[0]])
			pick->upper[offer->members[0]] += Min(offer->gain, from) - to;
	}
	pick->got[statement] = to;
	pick->gain -= from - to;
}

/*
 * Take an index out of the set, if it is there.
 */
void
pick_remove(const Layout *layout, Pick *pick, int index)
{
	if (!pick->in[index])
		return;
	for (int e = layout->index_first[index]; e < layout->index_first[index + 1]; e++)
	{
		int			o = layout->index_offers[e];
		const Offer *offer = &layout->offers[o];

		if (pick->missing[o] == 0 && offer->gain >= pick->got[offer->statement])
			statement_lower(layout, pick, offer->statement,
							gain_without(layout, pick, offer->statement, index));
	}
	for (int e = layout->index_first[index]; e < layout->index_first[index + 1]; e++)
		pick->missing[layout->index_offers[e]]++;
	pick->in[index] = false;
	pick->bytes -= layout->problem->bytes[index];
	pick->count--;
}

/*
 * Is there room for these bytes and this many indexes more?
 */
bool
pick_has_room(const Layout *layout, const Pick *pick, double bytes, int count)
{
	return pick->bytes + bytes <= layout->problem->budget &&
		pick->count + count <= layout->problem->max_indexes;
}

/*
 * What an index adds to the gain by itself.
 */
static double
index_gain(const Layout *layout, const Pick *pick, int index)
{
	double		gain = 0;
	int			last = -1;

	for (int e = layout->index_first[index]; e < layout->index_first[index + 1]; e++)
	{
		int			o = layout->index_offers[e];
		const Offer *offer = &layout->offers[o];

		/* The first of a statement that can be had is the best. */
		if (pick->missing[o] != 1 || offer->statement == last ||
			offer->gain <= pick->got[offer->statement])
			continue;
		gain += offer->gain - pick->got[offer->statement];
		last = offer->statement;
	}
	return gain;
}

/*
 * What an offer of several indexes adds, counting its own statement only.
 * Sets *bytes and *count to what it needs besides the set; 0 if that is barred.
 */
static double
offer_gain(const Layout *layout, const Pick *pick, int number, double *bytes,
		   int *count)
{
	const Offer *offer = &layout->offers[number];

	*count = pick->missing[number];
	*bytes = 0;
	if (*count < 2 || offer->gain <= pick->got[offer->statement])
		return 0;
	for (int i = 0; i < offer->nmembers; i++)
	{
		if (pick->barred[offer->members[i]])
			return 0;
		if (!pick->in[offer->members[i]])
			*bytes += layout->problem->bytes[offer->members[i]];
	}
	return offer->gain - pick->got[offer->statement];
}

/*
 * The index that adds most, per byte or by count, and has room; -1 if none.
 * Without offers of several indexes, what an index adds only falls while
 * others are added: what it added before spares looking at it again.
 */
static int
best_index(const Layout *layout, Pick *pick, bool by_ratio,
		   double *best_score)
{
	const double *sizes = layout->problem->bytes;
	int			best = -1;

	for (int i = 0; i < layout->problem->nindexes; i++)
	{
		double		unit = by_ratio ? Max(sizes[i], 1) : 1;
		double		gain;

		if (pick->upper[i] <= *best_score * unit || pick->in[i] ||
			pick->barred[i] || !pick_has_room(layout, pick, sizes[i], 1))
			continue;
		gain = index_gain(layout, pick, i);
		if (!layout->in_several[i])
			pick->upper[i] = gain;
		if (gain > *best_score * unit)
		{
			*best_score = gain / unit;
			best = i;
		}
	}
	return best;
}

/*
 * The offer of several indexes that adds more than that, or -1.
 */
static int
best_several(const Layout *layout, const Pick *pick, bool by_ratio,
			 double *best_score)
{
	int			best = -1;

	for (int i = 0; i < layout->nseveral; i++)
	{
		int			o = layout->several[i];
		double		bytes;
		int			count;
		double		score;

		score = offer_gain(layout, pick, o, &bytes, &count);
		if (score <= 0 || !pick_has_room(layout, pick, bytes, count))
			continue;
		score /= by_ratio ? Max(bytes, 1) : count;
		if (score > *best_score)
		{
			*best_score = score;
			best = o;
		}
	}
	return best;
}

/*
 * Add what brings most, per byte or per index, until nothing more helps and
 * has room.
 */
void
pick_fill(const Layout *layout, Pick *pick, bool by_ratio)
{
	for (;;)
	{
		double		score = 0;
		int			index = best_index(layout, pick, by_ratio, &score);
		int			several = best_several(layout, pick, by_ratio, &score);

		CHECK_FOR_INTERRUPTS();
		if (several >= 0)
			for (int i = 0; i < layout->offers[several].nmembers; i++)
				pick_add(layout, pick, layout->offers[several].members[i]);
		else if (index >= 0)
			pick_add(layout, pick, index);
		else
			return;
	}
}

/*
 * What is lost without a member of the set.
 */
static double
index_loss(const Layout *layout, const Pick *pick, int index)
{
	double		loss = 0;
	int			last = -1;

	for (int e = layout->index_first[index]; e < layout->index_first[index + 1]; e++)
	{
		int			o = layout->index_offers[e];
		int			statement = layout->offers[o].statement;

		if (pick->missing[o] != 0 || statement == last ||
			layout->offers[o].gain < pick->got[statement])
			continue;
		loss += pick->got[statement] -
			gain_without(layout, pick, statement, index);
		last = statement;
	}
	return loss;
}

/*
 * Take out what nothing is lost by, large indexes first.
 */
void
pick_prune(const Layout *layout, Pick *pick)
{
	const double *sizes = layout->problem->bytes;
	int			needless;

	do
	{
		needless = -1;
		for (int i = 0; i < layout->problem->nindexes; i++)
			if (pick->in[i] && (needless < 0 || sizes[i] > sizes[needless]) &&
				index_loss(layout, pick, i) <= 0)
				needless = i;
		if (needless >= 0)
			pick_remove(layout, pick, needless);
	} while (needless >= 0);
}

/*
 * Is the time up?
 */
static bool
time_is_up(const Layout *layout)
{
	CHECK_FOR_INTERRUPTS();
	return layout->problem->over != NULL &&
		layout->problem->over(layout->problem->over_arg);
}

/*
 * Fill what was taken out of "pick" in both ways; if either is better than
 * "best", it becomes that.
 */
static bool
refill_better(const Layout *layout, const Pick *pick, Pick *trial, Pick *best)
{
	bool		better = false;

	for (int way = 0; way < 2; way++)
	{
		pick_copy(layout, trial, pick);
		pick_fill(layout, trial, way == 0);
		if (trial->gain <= best->gain * (1 + ROUNDING))
			continue;
		pick_copy(layout, best, trial);
		memset(best->barred, 0, layout->problem->nindexes * sizeof(bool));
		better = true;
	}
	return better;
}

/*
 * Take one or two out and refill, whatever is best of all; false when nothing
 * is better.
 */
static bool
exchange_once(const Layout *layout, Pick *pick, Pick *less, Pick *trial,
			  Pick *best, bool in_pairs)
{
	int			nindexes = layout->problem->nindexes;
	bool		better = false;

	pick_copy(layout, best, pick);
	pick_copy(layout, less, pick);
	for (int i = 0; i < nindexes && !time_is_up(layout); i++)
	{
		if (!pick->in[i])
			continue;
		pick_remove(layout, less, i);
		less->barred[i] = true;
		better |= refill_better(layout, less, trial, best);
		for (int j = i + 1; in_pairs && j < nindexes; j++)
		{
			if (!pick->in[j])
				continue;
			pick_remove(layout, less, j);
			less->barred[j] = true;
			better |= refill_better(layout, less, trial, best);
			less->barred[j] = false;
			pick_add(layout, less, j);
		}
		less->barred[i] = false;
		pick_add(layout, less, i);
	}
	pick_copy(layout, pick, best);
	return better;
}

/*
 * Exchange single members, or pairs too, as long as that gains.
 */
void
pick_exchange(const Layout *layout, Pick *pick, bool in_pairs)
{
	Pick	   *less = pick_make(layout);
	Pick	   *trial = pick_make(layout);
	Pick	   *best = pick_make(layout);

	while (exchange_once(layout, pick, less, trial, best, in_pairs))
		pick_prune(layout, pick);
	pick_free(less);
	pick_free(trial);
	pick_free(best);
}
