/*-------------------------------------------------------------------------
 *
 * write_evidence.c
 *		The figures behind the write cost of a recommended index.
 *
 * Entry point: write_cost_evidence().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "index/write_cost.h"

/* What one index adds to others, in the window. */
typedef struct WriteFigures
{
	double		objective;		/* units of the objective */
	double		entries;		/* in it and, where HOT is lost, in others */
	double		hot_lost;		/* updates */
	double		wal_bytes;
} WriteFigures;

/*
 * Add the updates of one kind that lose HOT by the candidate.
 */
static void
add_lost(const WriteModel *model, const WriteChange *change,
		 const Bitmapset *others, WriteFigures *figures)
{
	const WriteTable *table = change->table;
	int			id = -1;

	figures->hot_lost += change->lost;
	figures->entries += change->lost * list_length(table->existing);
	figures->wal_bytes += change->lost * table->existing_entry.wal_bytes;
	while ((id = bms_next_member(table->candidates, id)) >= 0)
	{
		const WriteCandidate *candidate = &model->candidates[id];

		if (!bms_is_member(id, others))
			continue;
		figures->entries += change->lost * candidate->share;
		figures->wal_bytes += change->lost * candidate->share *
			candidate->entry.wal_bytes;
	}
}

/*
 * Add the updates that had lost HOT by others already: an entry in the
 * candidate for each, unless it reads the column and has counted it itself.
 */
static void
add_lost_before(const WriteChange *change, int id,
				const WriteCandidate *candidate, WriteFigures *figures)
{
	if (bms_is_member(id, change->breakers))
		return;
	figures->entries += change->lost * candidate->share;
	figures->wal_bytes += change->lost * candidate->share *
		candidate->entry.wal_bytes;
}

/*
 * What the candidate adds to others.
 */
static WriteFigures
figures_of(const Search *search, const Candidate *candidate,
		   const Bitmapset *others)
{
	const WriteModel *model = search->writes;
	const WriteCandidate *own = &model->candidates[candidate->id];
	Bitmapset  *before = bms_del_member(bms_copy(others), candidate->id);
	Bitmapset  *with = bms_add_member(bms_copy(before), candidate->id);
	WriteFigures figures = {0};
	ListCell   *lc;

	figures.objective = write_cost_of_set(search, with) -
		write_cost_of_set(search, before);
	figures.entries = own->entries;
	figures.wal_bytes = own->entries * own->entry.wal_bytes;
	foreach(lc, model->changes)
	{
		const WriteChange *change = (const WriteChange *) lfirst(lc);

		if (change->table != own->table)
			continue;
		if (bms_overlap(change->breakers, before))
			add_lost_before(change, candidate->id, own, &figures);
		else if (bms_is_member(candidate->id, change->breakers))
			add_lost(model, change, before, &figures);
	}
	bms_free(before);
	bms_free(with);
	return figures;
}

/*
 * Append a figure, or null.
 */
static void
append_figure(StringInfo json, const char *name, double value, bool known)
{
	if (known)
		appendStringInfo(json, ", \"%s\": %.6g", name, value);
	else
		appendStringInfo(json, ", \"%s\": null", name);
}

/*
 * Where the counts come from, in words.
 */
static const char *
source_of(const WriteModel *model)
{
	if (model->blind)
		return "none: this server is a standby and sees no writes";
	if (model->seconds < 0)
		return "recorded statements";
	if (model->rates != NULL)
		return "recorded statements and history";
	return "recorded statements and the table's counters";
}

/*
 * Append the JSON object of what the candidate costs to keep beside others.
 */
void
write_cost_evidence(StringInfo json, const Search *search,
					const Candidate *candidate, const Bitmapset *others)
{
	const WriteModel *model = search->writes;
	WriteFigures figures = figures_of(search, candidate, others);
	const WriteTable *table = model->candidates[candidate->id].table;
	bool		daily = model->seconds > 0 && !model->blind;
	double		days = model->seconds / SECS_PER_DAY;

	appendStringInfo(json, "{\"write_cost\": %.6g", figures.objective);
	append_figure(json, "write_ms_per_day", figures.objective / days,
				  daily && search->in_ms);
	append_figure(json, "entries", figures.entries, !model->blind);
	append_figure(json, "entries_per_day", figures.entries / days, daily);
	append_figure(json, "hot_updates_lost", figures.hot_lost, !model->blind);
	append_figure(json, "hot_updates_lost_per_day", figures.hot_lost / days,
				  daily);
	append_figure(json, "hot_share_now", table->hot_share,
				  table->hot_share >= 0);
	append_figure(json, "wal_bytes_per_day", figures.wal_bytes / days, daily);
	append_figure(json, "window_days", days, model->seconds > 0);
	append_figure(json, "counters_days",
				  model->counter_seconds / SECS_PER_DAY, daily &&
				  model->counter_seconds > 0);
	append_figure(json, "history_days", model->history_seconds / SECS_PER_DAY,
				  daily && model->rates != NULL);
	appendStringInfo(json, ", \"source\": \"%s\"}", source_of(model));
}
