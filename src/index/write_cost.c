/*-------------------------------------------------------------------------
 *
 * write_cost.c
 *		What a set of candidate indexes costs to keep.
 *
 * Each row inserted and each update that is not HOT puts an entry into every
 * index, and each entry that dies is VACUUM's work later: that part adds up
 * over the set.  The other part does not.  An update stays HOT while no index
 * reads a column that it changes; the first index that does makes the update
 * put an entry into all indexes of the table, and the second one adds nothing
 * to that.
 * Entry points: write_costs_prepare(), write_cost_of_set(),
 * write_cost_evidence().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "compat.h"
#include "index/write_cost.h"

/*
 * Objective per planner cost unit: as the statements whose times are known
 * have it on average.  Those that write do not count: the planner prices how
 * their rows are found, not that they are written.
 */
static double
objective_per_cost(const Search *search)
{
	double		known_ms = 0;
	double		known_cost = 0;

	for (int i = 0; i < search->nitems; i++)
	{
		const WorkItem *item = search->item[i];

		if (item->total_ms <= 0 || item->writes)
			continue;
		known_ms += item->total_ms;
		known_cost += item->base_cost * Max(item->calls, 1);
	}
	return known_ms > 0 && known_cost > 0 ? known_ms / known_cost : 1;
}

/*
 * Does an index of the table read a column of the change, so that it is not
 * HOT whatever else there is?
 */
static bool
existing_breaks(const WriteTable *table, const WriteChange *change)
{
	ListCell   *lc;

	foreach(lc, table->existing)
	{
		const WriteIndex *index = (const WriteIndex *) lfirst(lc);

		if (!am_keeps_hot(index->am) &&
			bms_overlap(index->columns, change->columns))
			return true;
	}
	return false;
}

/*
 * Split the updates of a table into those that are HOT now and others, and
 * say how many of the first a further index would break.
 *
 * The counters say how many are HOT; the columns, how many could be.  Where
 * more are HOT than could be, statements assign indexed columns without
 * changing them: then a part of the others does so as well, and keeps HOT.
 */
static void
split_updates(WriteTable *table)
{
	double		captured = 0;
	double		free_rows = 0;
	double		share = table->hot_share;
	double		possible;
	ListCell   *lc;

	foreach(lc, table->changes)
	{
		WriteChange *change = (WriteChange *) lfirst(lc);

		captured += change->rows;
		if (!existing_breaks(table, change))
			free_rows += change->rows;
	}
	possible = captured > 0 ? free_rows / captured : 0;
	table->entry_updates = (table->updates - captured) *
		(share < 0 ? 1 : 1 - share);
	foreach(lc, table->changes)
	{
		WriteChange *change = (WriteChange *) lfirst(lc);
		bool		broken = existing_breaks(table, change);
		double		unchanged = possible < 1 && share > possible ?
		(share - possible) / (1 - possible) : 0;

		if (share < 0)
			change->hot = 0;
		else if (broken)
			change->hot = change->rows * unchanged;
		else
			change->hot = change->rows * Min(share / possible, 1);
		change->lost = broken ? 0 : change->hot * (1 - unchanged);
		table->entry_updates += change->rows - change->hot;
	}
}

/*
 * Rows per window that put an entry into every index of the table.
 */
static double
entry_rows(const WriteTable *table)
{
	return table->inserts + table->entry_updates;
}

/*
 * Add up what one entry in each existing index costs.
 */
static void
sum_existing(WriteModel *model, WriteTable *table)
{
	ListCell   *lc;

	foreach(lc, table->existing)
	{
		const WriteIndex *index = (const WriteIndex *) lfirst(lc);
		WriteEntry	entry = write_entry(index, entry_rows(table),
										model->seconds);

		table->existing_entry.cost += index->share *
			(entry.cost + write_vacuum_cost(index));
		table->existing_entry.wal_bytes += index->share * entry.wal_bytes;
	}
}

/*
 * The entry of a table, filled in.
 */
static WriteTable *
table_ready(WriteModel *model, Oid relid)
{
	WriteTable *table = write_table(model, relid);
	MemoryContext old = MemoryContextSwitchTo(model->context);

	if (!table->read)
	{
		write_load_read(model, table);
		write_existing_read(model, table);
		split_updates(table);
		sum_existing(model, table);
	}
	MemoryContextSwitchTo(old);
	return table;
}

/*
 * Updates of the table that lose HOT by an index on these columns alone.
 */
static double
lost_by(const WriteTable *table, const WriteIndex *index)
{
	double		lost = 0;
	ListCell   *lc;

	if (am_keeps_hot(index->am))
		return 0;
	foreach(lc, table->changes)
	{
		const WriteChange *change = (const WriteChange *) lfirst(lc);

		if (bms_overlap(change->columns, index->columns))
			lost += change->lost;
	}
	return lost;
}

/*
 * Note which changes the candidate breaks.
 */
static void
note_breaker(WriteTable *table, const WriteIndex *index, int id)
{
	ListCell   *lc;

	table->candidates = bms_add_member(table->candidates, id);
	if (am_keeps_hot(index->am))
		return;
	foreach(lc, table->changes)
	{
		WriteChange *change = (WriteChange *) lfirst(lc);

		if (change->lost > 0 && bms_overlap(change->columns, index->columns))
			change->breakers = bms_add_member(change->breakers, id);
	}
}

/*
 * Fill in one candidate.
 */
static void
prepare_candidate(WriteModel *model, const Candidate *candidate)
{
	WriteCandidate *result = &model->candidates[candidate->id];
	WriteIndex	index;
	double		rows;

	memset(result, 0, sizeof(WriteCandidate));
	if (candidate->index == NULL)
		return;
	result->table = table_ready(model, candidate->relid);
	index = write_index_of(candidate->index);
	result->share = index.share;
	rows = entry_rows(result->table) + lost_by(result->table, &index);
	result->entries = rows * index.share;
	result->entry = write_entry(&index, result->entries, model->seconds);
	result->vacuum_cost = write_vacuum_cost(&index);
	note_breaker(result->table, &index, candidate->id);
}

/*
 * Planner cost of what a candidate gets by itself: its entries, and their
 * removal when rows are deleted or updated.
 */
static double
own_cost(const WriteCandidate *candidate)
{
	double		dead;

	if (candidate->table == NULL)
		return 0;
	dead = candidate->table->deletes * candidate->share + candidate->entries -
		candidate->table->inserts * candidate->share;
	return candidate->entries * candidate->entry.cost +
		dead * candidate->vacuum_cost;
}

/*
 * Make room for all candidates of the pool.
 */
static void
make_room(Search *search, WriteModel *model)
{
	int			capacity = search->pool->capacity;

	if (capacity <= model->capacity)
		return;
	if (model->candidates == NULL)
	{
		model->candidates = (WriteCandidate *)
			palloc(capacity * sizeof(WriteCandidate));
		search->write_cost = (double *) palloc(capacity * sizeof(double));
	}
	else
	{
		model->candidates = (WriteCandidate *)
			repalloc(model->candidates, capacity * sizeof(WriteCandidate));
		search->write_cost = (double *)
			repalloc(search->write_cost, capacity * sizeof(double));
	}
	model->capacity = capacity;
}

/*
 * Price the writes of all candidates; when called again, of those that have
 * come since.  The statements have been taken in and weighed.
 */
void
write_costs_prepare(Search *search)
{
	WriteModel *model = write_model(search);
	MemoryContext old = MemoryContextSwitchTo(model->context);

	if (model->ncandidates == 0)
	{
		model->unit = objective_per_cost(search);
		model->seconds = search->since == 0 ? -1 :
			Max((GetCurrentTimestamp() - search->since) / (double) USECS_PER_SEC, 1);
	}
	make_room(search, model);
	for (; model->ncandidates < search->pool->ncandidates; model->ncandidates++)
	{
		int			id = model->ncandidates;

		CHECK_FOR_INTERRUPTS();
		prepare_candidate(model, search->pool->candidates[id]);
		search->write_cost[id] = own_cost(&model->candidates[id]) * model->unit;
	}
	search->write_cost_of_set = write_cost_of_set;
	MemoryContextSwitchTo(old);
}

/*
 * Planner cost of the updates of one kind that a set makes lose HOT: an entry
 * in each existing index, and in each of the set that does not read the
 * column; those that do have counted it themselves.
 */
static double
change_cost(const WriteModel *model, const WriteChange *change,
			const Bitmapset *members)
{
	const WriteTable *table = change->table;
	double		entry = table->existing_entry.cost;
	int			id = -1;

	if (!bms_overlap(change->breakers, members))
		return 0;
	while ((id = bms_next_member(table->candidates, id)) >= 0)
	{
		const WriteCandidate *candidate = &model->candidates[id];

		if (bms_is_member(id, members) && !bms_is_member(id, change->breakers))
			entry += candidate->share *
				(candidate->entry.cost + candidate->vacuum_cost);
	}
	return change->lost * entry;
}

/*
 * What a set costs to keep, in units of the objective.
 */
double
write_cost_of_set(const Search *search, const Bitmapset *members)
{
	const WriteModel *model = search->writes;
	double		cost = 0;
	double		hot_cost = 0;
	ListCell   *lc;
	int			id = -1;

	while ((id = bms_next_member(members, id)) >= 0)
		cost += search->write_cost[id];
	foreach(lc, model->changes)
		hot_cost += change_cost(model, (const WriteChange *) lfirst(lc),
								members);
	return cost + hot_cost * model->unit;
}
