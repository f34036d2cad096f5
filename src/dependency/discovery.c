/*-------------------------------------------------------------------------
 *
 * discovery.c
 *		One call that discovers dependencies or keys, from its limits to its
 *		summary.
 *
 * What was found on all rows is shown at once; what was found on a part of them
 * is kept and verified on the whole table first.
 * Entry point: discovery_run().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type_d.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

#include "argument.h"
#include "dependency/discovery.h"

/* Candidates that wait for verification take no more of the memory. */
#define CANDIDATE_SHARE 0.25

/*
 * A candidate from what was found, with columns as the target numbers them.
 */
static Candidate *
candidate_make(Discovery *discovery, const Found *found)
{
	Rows	   *rows = discovery->rows;
	Candidate  *candidate = palloc0(offsetof(Candidate, lhs) +
									sizeof(int16) * found->nlhs);

	candidate->rhs = rows->columns[found->rhs].position;
	candidate->ngroups = found->ngroups;
	candidate->nerrors = found->nerrors;
	candidate->nrows = rows->nrows;
	candidate->whole = rows->whole;
	candidate->bits = NAN;
	for (int i = 0; i < found->nlhs; i++)
	{
		int16		position = rows->columns[found->lhs[i]].position;
		int			place = candidate->nlhs++;

		for (; place > 0 && candidate->lhs[place - 1] > position; place--)
			candidate->lhs[place] = candidate->lhs[place - 1];
		candidate->lhs[place] = position;
	}
	if (discovery->want_surprise && surprise_is_wanted(rows, found))
		candidate->bits = surprise_bits(discovery->surprise, found);
	return candidate;
}

/*
 * Show one candidate.
 */
static void
show(Discovery *discovery, const Candidate *candidate)
{
	MemoryContext old = MemoryContextSwitchTo(discovery->row_context);

	discovery->show(discovery, ++discovery->nshown, candidate);
	MemoryContextSwitchTo(old);
	MemoryContextReset(discovery->row_context);
}

/*
 * Take something that was found; a FoundFn.
 */
static void
take_found(const Found *found, void *arg)
{
	Discovery  *discovery = arg;
	MemoryContext old = MemoryContextSwitchTo(discovery->verify ?
											  discovery->context :
											  discovery->row_context);
	Candidate  *candidate;

	if (discovery->verify &&
		list_length(discovery->candidates) * (sizeof(Candidate) + 64) >
		discovery->budget.memory_limit * CANDIDATE_SHARE)
		discovery->nforgotten++;
	else
	{
		candidate = candidate_make(discovery, found);
		if (discovery->verify)
			discovery->candidates = lappend(discovery->candidates, candidate);
		else
			show(discovery, candidate);
	}
	MemoryContextSwitchTo(old);
}

/*
 * Begin a call: check what it may read, and prepare its result.
 */
static void
discovery_start(Discovery *discovery, FunctionCallInfo fcinfo, Oid relid,
				ArrayType *columns)
{
	InitMaterializedSRF(fcinfo, 0);
	discovery->result = (ReturnSetInfo *) fcinfo->resultinfo;
	discovery->target = target_open(relid, columns);
	discovery->names = palloc(sizeof(Datum) *
							  Max(discovery->target->ncolumns, 1));
	for (int i = 0; i < discovery->target->ncolumns; i++)
		discovery->names[i] = CStringGetTextDatum(discovery->target->names[i]);
	discovery->row_context = AllocSetContextCreate(discovery->context,
												   "dbadvisor result row",
												   ALLOCSET_DEFAULT_SIZES);
	discovery->rows_context = AllocSetContextCreate(discovery->context,
													"dbadvisor rows",
													ALLOCSET_DEFAULT_SIZES);
}

/*
 * Is the table small enough to be read once more to verify?
 */
static bool
may_verify(const Discovery *discovery)
{
	return discovery->target->pages * BLCKSZ <= discovery->verify_bytes;
}

/*
 * Read rows, and prepare to search them.  Leaves the context of the rows as the
 * current one.
 */
static void
discovery_read(Discovery *discovery)
{
	Search	   *search = &discovery->search;

	MemoryContextSwitchTo(discovery->rows_context);
	discovery->rows = rows_read(discovery->target, &discovery->budget,
								discovery->sample_rows,
								discovery->null_equals_null);
	discovery->nrows = discovery->rows->nrows;
	discovery->whole = discovery->rows->whole;
	discovery->verify = !discovery->whole && may_verify(discovery) &&
		search->max_error == 0;
	search->rows = discovery->rows;
	search->budget = &discovery->budget;
	search->min_redundant = (int64) ceil(discovery->min_redundancy *
										 discovery->nrows);
	search->found = take_found;
	search->arg = discovery;
	search->stack = partition_stack_make(discovery->rows, &discovery->budget);
	if (discovery->want_surprise)
		discovery->surprise = partition_stack_make(discovery->rows,
												   &discovery->budget);
}

/*
 * End the call: verify and show what waits for it, and add the summary.
 */
static void
discovery_finish(Discovery *discovery)
{
	ListCell   *cell;

	if (discovery->search.pool != NULL)
		discovery->ncompared = discovery->search.pool->ncompared;
	MemoryContextSwitchTo(discovery->context);
	MemoryContextDelete(discovery->rows_context);
	release_freed_memory();
	discovery->rows = NULL;
	if (discovery->candidates != NIL && !discovery->budget.expired)
		discovery->nuntold =
			verify_candidates(discovery->target, &discovery->budget,
							  discovery->candidates,
							  discovery->null_equals_null);
	foreach(cell, discovery->candidates)
	{
		const Candidate *candidate = lfirst(cell);

		if (candidate->refuted)
			discovery->nrefuted++;
		else
			show(discovery, candidate);
	}
	discovery->show(discovery, 0, NULL);
}

/*
 * The columns of a determinant or key, as text[].
 */
Datum
discovery_columns(const Discovery *discovery, const Candidate *candidate)
{
	Datum	   *elements = palloc(sizeof(Datum) * Max(candidate->nlhs, 1));

	for (int i = 0; i < candidate->nlhs; i++)
		elements[i] = discovery->names[candidate->lhs[i]];
	return PointerGetDatum(construct_array(elements, candidate->nlhs, TEXTOID,
										   -1, false, TYPALIGN_INT));
}

/*
 * Append why something was left out, if it was.
 */
static void
append_reason(StringInfo json, bool applies, const char *reason)
{
	if (!applies)
		return;
	if (json->data[json->len - 1] != '[')
		appendStringInfoString(json, ", ");
	escape_json(json, reason);
}

/*
 * Append all reasons for which the answer is not complete.
 */
static void
append_reasons(StringInfo json, const Discovery *discovery)
{
	const Search *search = &discovery->search;

	append_reason(json, discovery->budget.expired, "the time limit has passed");
	append_reason(json, discovery->budget.exhausted,
				  "dbadvisor.work_mem is too small for all of it");
	append_reason(json, discovery->nforgotten > 0,
				  "more was found than could be kept for verification");
	append_reason(json, !discovery->whole && !discovery->verify &&
				  !may_verify(discovery),
				  "the table is larger than verify_bytes, so nothing was verified on all of it");
	append_reason(json, !discovery->whole && search->max_error > 0,
				  "approximate dependencies are not verified on the whole table");
	append_reason(json, discovery->nuntold > 0,
				  "columns of some types cannot be verified on the whole table");
	append_reason(json, discovery->nrefuted > 0,
				  "some that hold on the rows read do not on the whole table, where larger determinants may");
}

/*
 * Append the columns that were left out.
 */
static void
append_left_out(StringInfo json, const Discovery *discovery)
{
	ListCell   *cell;
	const char *separator = "";

	foreach(cell, discovery->target->left_out)
	{
		appendStringInfoString(json, separator);
		escape_json(json, lfirst(cell));
		separator = ", ";
	}
}

/*
 * What the call has done and left out, as jsonb.
 */
Datum
discovery_summary(const Discovery *discovery)
{
	const Search *search = &discovery->search;
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfo(&json,
					 "{\"rows_read\": " INT64_FORMAT ", \"whole_table\": %s"
					 ", \"columns\": %d, \"found\": %d, \"refuted\": %d"
					 ", \"not_searched_to_the_end\": %d"
					 ", \"searched_completely_up_to\": %d"
					 ", \"pairs_compared\": " INT64_FORMAT
					 ", \"tests\": " INT64_FORMAT ", \"tests_failed\": " INT64_FORMAT,
					 discovery->nrows, discovery->whole ? "true" : "false",
					 discovery->target->ncolumns, discovery->nshown,
					 discovery->nrefuted, search->nincomplete,
					 search->complete_lhs,
					 discovery->ncompared, search->ntests, search->nfailed);
	appendStringInfo(&json, ", \"complete\": %s, \"left_out\": [",
					 search->nincomplete == 0 && discovery->nforgotten == 0 &&
					 !discovery->budget.expired ? "true" : "false");
	append_reasons(&json, discovery);
	appendStringInfoString(&json, "], \"columns_left_out\": [");
	append_left_out(&json, discovery);
	appendStringInfoString(&json, "]}");
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data));
}

/*
 * Read the limits that all kinds have, or raise an error for a bad one.
 */
static void
read_limits(Discovery *discovery, FunctionCallInfo fcinfo,
			const LimitArguments * at)
{
	discovery->sample_rows = PG_ARGISNULL(at->sample_rows) ? PG_INT32_MAX :
		PG_GETARG_INT64(at->sample_rows);
	if (discovery->sample_rows < 1)
		refuse_argument("sample_rows",
						psprintf("It is a number of rows, not " INT64_FORMAT ".",
								 discovery->sample_rows),
						"Use 100000, or NULL for as many as memory suffices for.");
	discovery->null_equals_null = PG_ARGISNULL(at->null_equals_null) ||
		PG_GETARG_BOOL(at->null_equals_null);
	discovery->verify_bytes = PG_ARGISNULL(at->verify_bytes) ? PG_INT64_MAX :
		PG_GETARG_INT64(at->verify_bytes);
	if (!PG_ARGISNULL(at->time_limit))
		budget_set_deadline(&discovery->budget,
							PG_GETARG_INTERVAL_P(at->time_limit));
}

/*
 * Run a function of one kind: read its arguments and the rows, search, and
 * return what was found as its result.
 */
void
discovery_run(FunctionCallInfo fcinfo, const DiscoveryKind * kind)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "dbadvisor discovery",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old;
	Discovery  *discovery;

	if (PG_ARGISNULL(0))
		refuse_argument("relation", "The table is null.", "Name a table.");
	old = MemoryContextSwitchTo(context);
	discovery = palloc0(sizeof(Discovery));
	discovery->context = context;
	discovery->show = kind->show;
	discovery->want_surprise = kind->want_surprise;
	budget_start(&discovery->budget, context);
	kind->read_arguments(discovery, fcinfo);
	read_limits(discovery, fcinfo, &kind->limits);
	MemoryContextSwitchTo(old);
	discovery_start(discovery, fcinfo, PG_GETARG_OID(0),
					PG_ARGISNULL(1) ? NULL : PG_GETARG_ARRAYTYPE_P(1));
	discovery_read(discovery);
	if (discovery->nrows > 0)
		kind->search(discovery);
	discovery_finish(discovery);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	release_freed_memory();
}
