/*-------------------------------------------------------------------------
 *
 * evidence.c
 *		Put the figures behind a recommendation into JSON and words.
 *
 * A figure that cannot be known is null: savings per day need both observed
 * times and the moment since which they were counted.
 * Entry points: evidence_summary(), evidence_statements().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type_d.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/json.h"

#include "index/index_internal.h"

/*
 * Append a number, or null where it is not one.
 */
static void
append_number(StringInfo json, const char *name, double value, bool known)
{
	appendStringInfo(json, ", \"%s\": ", name);
	if (!known || isnan(value) || isinf(value))
		appendStringInfoString(json, "null");
	else if (value == floor(value) && fabs(value) < 1e15)
		appendStringInfo(json, "%.0f", value);
	else
		appendStringInfo(json, "%.6g", value);
}

/*
 * Append a string, or null.
 */
static void
append_string(StringInfo json, const char *name, const char *value)
{
	appendStringInfo(json, ", \"%s\": ", name);
	if (value == NULL)
		appendStringInfoString(json, "null");
	else
		escape_json(json, value);
}

/*
 * Milliseconds per day that an item saves when its cost falls by "gain".  False
 * when its time per day is unknown.
 */
static bool
item_saved(const WorkItem *item, double gain, double *ms_per_day)
{
	if (item->daily.ms < 0 || item->base_cost <= 0)
		return false;
	*ms_per_day = item->daily.ms * gain / item->base_cost;
	return true;
}

/*
 * Milliseconds per day that a step saves.  False when that is unknown for
 * every statement concerned.
 */
bool
evidence_saved(const Search *search, const Step *step,
			   double *saved_ms_per_day)
{
	bool		known = false;

	*saved_ms_per_day = 0;
	for (int i = 0; i < search->nitems; i++)
	{
		double		gain = step->before->costs[i] - step->after->costs[i];
		double		saved;

		if (gain != 0 && item_saved(search->item[i], gain, &saved))
		{
			*saved_ms_per_day += saved;
			known = true;
		}
	}
	return known;
}

/*
 * Append what the values of an item's parameters do to its plans.  The costs
 * are those with an index on the column that is compared.
 */
static void
append_parameters(StringInfo json, const WorkItem *item)
{
	append_number(json, "parameter_sets", item->nparam_sets, true);
	appendStringInfo(json, ", \"parameter_sensitive\": %s",
					 item->parameter_sensitive ? "true" : "false");
	if (!item->parameter_sensitive)
		return;
	append_number(json, "cost_rare_value", item->cost_rare, true);
	append_number(json, "cost_common_value", item->cost_common, true);
}

/*
 * Append the JSON object of one statement of a step.
 */
static void
append_statement(StringInfo json, Search *search, int number, const Step *step)
{
	WorkItem   *item = search->item[number];
	double		before = step->before->costs[number];
	double		after = step->after->costs[number];
	double		saved = 0;
	bool		known = item_saved(item, before - after, &saved);

	appendStringInfo(json, "%s{\"queryid\": " INT64_FORMAT,
					 json->len > 1 ? ", " : "", item->queryid);
	append_number(json, "calls", item->calls, item->calls >= 0);
	append_number(json, "total_ms", item->total_ms, item->total_ms >= 0);
	append_number(json, "cost_before", before, true);
	append_number(json, "cost_after", after, true);
	append_number(json, "saved_ms_per_day", saved, known);
	append_string(json, "window", known ? item->daily.window : NULL);
	append_number(json, "window_days", item->daily.days, known);
	append_string(json, "parameters", item->params_source);
	if (item->stmt != NULL && item->stmt->foreign_key != NULL)
		append_string(json, "foreign_key", item->stmt->foreign_key);
	appendStringInfoString(json, ", \"risk\": ");
	risk_evidence(json, search, item, step->before->members,
				  step->after->members);
	appendStringInfoString(json, ", \"counted\": ");
	counted_evidence(json, search, item, step->before->members,
					 step->after->members);
	append_parameters(json, item);
	approximate_evidence(json, item, step->candidate);
	appendStringInfoChar(json, '}');
}

/*
 * JSON array of the statements that get cheaper at a step, or whose plan uses
 * the index then.
 */
char *
evidence_statements(Search *search, const Step *step)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoChar(&json, '[');
	for (int i = 0; i < search->nitems; i++)
	{
		WorkItem   *item = search->item[i];
		double		before = step->before->costs[i];
		double		after = step->after->costs[i];
		Price	   *price = price_exact(search, item, step->after->members);

		if (after < before ||
			(price != NULL &&
			 bms_is_member(step->candidate->id, price->used)))
			append_statement(&json, search, i, step);
	}
	appendStringInfoChar(&json, ']');
	return json.data;
}

/*
 * JSON object of what the index of a step costs to keep.
 */
char *
evidence_writes(const Search *search, const Step *step)
{
	StringInfoData json;

	initStringInfo(&json);
	write_cost_evidence(&json, search, step->candidate, step->before->members);
	return json.data;
}

/*
 * Append the number of statements skipped, by state.
 */
static void
append_skipped(StringInfo json, const Search *search)
{
	const char *separator = "";

	appendStringInfoString(json, ", \"skipped\": {");
	for (int state = 0; state <= STATEMENT_FAILED; state++)
	{
		if (search->nskipped[state] == 0)
			continue;
		appendStringInfo(json, "%s\"%s\": %d", separator,
						 statement_state_name((StatementState) state),
						 search->nskipped[state]);
		separator = ", ";
	}
	appendStringInfoChar(json, '}');
}

/*
 * Append the moment from which counters were collected, or null.
 */
static void
append_since(StringInfo json, TimestampTz since)
{
	char		buffer[MAXDATELEN + 1];

	if (since != 0)
		JsonEncodeDateTime(buffer, TimestampTzGetDatum(since), TIMESTAMPTZOID,
						   NULL);
	append_string(json, "since", since != 0 ? buffer : NULL);
}

/*
 * Planner cost of all calls of the workload.
 */
static double
cost_of_calls(const Search *search, const Selection *selection)
{
	double		sum = 0;

	for (int i = 0; i < search->nitems; i++)
	{
		const WorkItem *item = search->item[i];
		double		cost = selection ? selection->costs[i] : item->base_cost;

		sum += cost * (item->calls >= 0 ? item->calls : 1);
	}
	return sum;
}

/*
 * Append what no set within the limits can go below, and how far above it the
 * set is, as a share.
 */
static void
append_bound(StringInfo json, const Search *search, const Selection *final)
{
	double		total = final ? final->total : search->base_total;

	append_number(json, "bound", search->bound, true);
	append_number(json, "proven_gap",
				  Max(total - search->bound, 0) / total, total > 0);
}

/*
 * JSON object that says what the search saw and what it left out.
 */
char *
evidence_summary(const Search *search, List *steps, const Selection *final)
{
	StringInfoData json;
	bool		complete = search_is_complete(search);

	initStringInfo(&json);
	appendStringInfo(&json, "{\"statements\": %d, \"planned\": %d",
					 search->nstatements, search->nitems);
	append_skipped(&json, search);
	append_number(&json, "left_out", search->left_out, true);
	append_number(&json, "planner_calls",
				  whatif_planner_calls() - search->planner_calls_before, true);
	append_number(&json, "replans", (double) search->replans, true);
	append_number(&json, "plan_spaces", search->nspaces, true);
	append_number(&json, "cached_costs", (double) search->evaluations, true);
	append_bound(&json, search, final);
	append_number(&json, "elapsed_ms",
				  (GetCurrentTimestamp() - search->started) / 1000.0, true);
	append_number(&json, "candidates", search->pool->ncandidates, true);
	append_number(&json, "approximate_left_out", search->nspoiling, true);
	append_number(&json, "indexes", list_length(steps), true);
	appendStringInfo(&json, ", \"complete\": %s, \"memory_full\": %s",
					 complete ? "true" : "false",
					 search->memory_full ? "true" : "false");
	append_number(&json, "budget_bytes", search->budget, search->has_budget);
	append_string(&json, "unit", search->in_ms ? "ms" : "cost");
	append_number(&json, "planner_cost_before", cost_of_calls(search, NULL),
				  true);
	append_number(&json, "planner_cost_after", cost_of_calls(search, final),
				  true);
	append_since(&json, search->since);
	append_string(&json, "pg_stat_statements", search->missing);
	appendStringInfoChar(&json, '}');
	return json.data;
}

/*
 * Key columns of a candidate: a list of strings.
 */
List *
evidence_keys(const Candidate *candidate)
{
	List	   *result = NIL;

	for (int i = 0; i < candidate->index->nkeycolumns; i++)
		result = lappend(result, hypo_index_column(candidate->index, i));
	return result;
}

/*
 * Columns that a candidate includes: a list of strings.
 */
List *
evidence_included(const Candidate *candidate)
{
	const HypoIndex *index = candidate->index;
	List	   *result = NIL;

	for (int i = index->nkeycolumns; i < index->ncolumns; i++)
		result = lappend(result, hypo_index_column(index, i));
	return result;
}
