/*-------------------------------------------------------------------------
 *
 * pick.c
 *		Sets of indexes with what they gain over known options: extend, prune
 *		and exchange.
 *
 * A statement gains by the best of its offers whose members are all in the
 * set.  Everything here keeps to the budget and the numbers of indexes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "index/pick.h"

/* Differences below this share are rounding. */
#define ROUNDING 1e-12

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
	pick->in_group = (int *) palloc0(Max(layout->problem->nindexes, 1) *
									 sizeof(int));
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
	pfree(pick->in_group);
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
	memcpy(to->in_group, from->in_group,
		   layout->problem->nindexes * sizeof(int));
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
	if (layout->problem->groups != NULL)
		pick->in_group[layout->problem->groups[index]]++;
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
static void
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
	if (layout->problem->groups != NULL)
		pick->in_group[layout->problem->groups[index]]--;
}

/*
 * Is there room for those of these indexes that are not in the set?
 */
bool
pick_has_room(const Layout *layout, const Pick *pick, const int *members,
			  int nmembers)
{
	const FacilityProblem *problem = layout->problem;
	double		bytes = pick->bytes;
	int			count = pick->count;

	for (int i = 0; i < nmembers; i++)
		if (!pick->in[members[i]])
		{
			bytes += problem->bytes[members[i]];
			count++;
		}
	return bytes <= problem->budget && count <= problem->max_indexes &&
		groups_have_room(problem, pick->in_group, pick->in, members, nmembers);
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
			pick->barred[i] || !pick_has_room(layout, pick, &i, 1))
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
		if (score <= 0 ||
			!pick_has_room(layout, pick, layout->offers[o].members,
						   layout->offers[o].nmembers))
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
 * Take one out and refill, whatever is best of all; false when nothing is
 * better.
 */
static bool
exchange_once(const Layout *layout, Pick *pick, Pick *less, Pick *trial,
			  Pick *best)
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
		less->barred[i] = false;
		pick_add(layout, less, i);
	}
	pick_copy(layout, pick, best);
	return better;
}

/*
 * Exchange single members, as long as that gains.
 */
void
pick_exchange(const Layout *layout, Pick *pick)
{
	Pick	   *less = pick_make(layout);
	Pick	   *trial = pick_make(layout);
	Pick	   *best = pick_make(layout);

	while (exchange_once(layout, pick, less, trial, best))
		pick_prune(layout, pick);
	pick_free(less);
	pick_free(trial);
	pick_free(best);
}
