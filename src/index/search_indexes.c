/*-------------------------------------------------------------------------
 *
 * search_indexes.c
 *		The SQL function dbadvisor.search_indexes().
 *
 * Reads, never writes: works in read-only transactions and on standbys, and
 * leaves no lock behind.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/defrem.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "dbadvisor.h"
#include "index/index_internal.h"

PG_FUNCTION_INFO_V1(dbadvisor_search_indexes);

/* Columns of a result row. */
enum
{
	COL_STEP, COL_RELID, COL_DEFINITION, COL_INDEX_NAME, COL_AM,
	COL_KEY_COLUMNS, COL_INCLUDE_COLUMNS, COL_SIZE_BYTES, COL_COST_BEFORE,
	COL_COST_AFTER, COL_SAVED, COL_STATEMENTS, COL_SUMMARY, COL_WRITES, NCOLUMNS
};

/*
 * Strings as text[].
 */
Datum
text_array(List *strings)
{
	Datum	   *elements = (Datum *) palloc(Max(list_length(strings), 1) *
											sizeof(Datum));
	int			n = 0;
	ListCell   *lc;

	foreach(lc, strings)
		elements[n++] = CStringGetTextDatum((char *) lfirst(lc));
	return PointerGetDatum(construct_array(elements, n, TEXTOID, -1, false,
										   TYPALIGN_INT));
}

/*
 * JSON text as jsonb.
 */
static Datum
jsonb_datum(char *json)
{
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(json));
}

/*
 * Give indexes of one schema different names: each got its own as if it were
 * the only one to be created.
 */
static void
make_names_unique(List *steps)
{
	int			suffix = 0;

	for (int i = 1; i < list_length(steps); i++)
		for (int j = 0; j < i; j++)
		{
			HypoIndex  *index = ((Step *) list_nth(steps, i))->candidate->index;
			HypoIndex  *other = ((Step *) list_nth(steps, j))->candidate->index;
			Oid			schema = get_rel_namespace(index->relid);

			if (strcmp(index->name, other->name) != 0 ||
				schema != get_rel_namespace(other->relid))
				continue;
			do
				index->name = makeObjectName(other->name, NULL,
											 psprintf("%d", ++suffix));
			while (OidIsValid(get_relname_relid(index->name, schema)));
			j = -1;				/* compare the new name with all */
		}
}

/*
 * The summary row: step 0.
 */
static void
put_summary(ReturnSetInfo *result, const Search *search, List *steps)
{
	Datum		values[NCOLUMNS] = {0};
	bool		nulls[NCOLUMNS];
	const Selection *final = steps == NIL ? NULL :
	((Step *) llast(steps))->after;

	memset(nulls, true, sizeof(nulls));
	values[COL_STEP] = Int32GetDatum(0);
	values[COL_SIZE_BYTES] = Int64GetDatum(final ? (int64) final->bytes : 0);
	values[COL_COST_BEFORE] = Float8GetDatum(search->base_total);
	values[COL_COST_AFTER] = Float8GetDatum(final ? final->total :
											search->base_total);
	values[COL_SUMMARY] = jsonb_datum(evidence_summary(search, steps, final));
	nulls[COL_STEP] = nulls[COL_SIZE_BYTES] = nulls[COL_COST_BEFORE] =
		nulls[COL_COST_AFTER] = nulls[COL_SUMMARY] = false;
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* A row that is being filled. */
typedef struct StepRow
{
	const Step *step;
	Datum		values[NCOLUMNS];
	bool		nulls[NCOLUMNS];
}			StepRow;

/*
 * Write the recommended index as text; a SandboxFn, since its table may be gone
 * or locked by now.
 */
static void
describe_step(void *arg)
{
	StepRow    *row = (StepRow *) arg;
	const Candidate *candidate = row->step->candidate;
	char	   *schema = get_namespace_name(get_rel_namespace(candidate->relid));

	row->values[COL_DEFINITION] =
		CStringGetTextDatum(hypo_index_definition(candidate->index, true));
	row->values[COL_INDEX_NAME] =
		CStringGetTextDatum(quote_qualified_identifier(schema,
													   candidate->index->name));
	row->values[COL_KEY_COLUMNS] = text_array(evidence_keys(candidate));
	row->values[COL_INCLUDE_COLUMNS] = text_array(evidence_included(candidate));
}

/*
 * The row of one recommended index; NULL where it cannot be written.
 */
static StepRow *
make_row(Search *search, const Step *step, int number)
{
	StepRow    *row = (StepRow *) palloc0(sizeof(StepRow));
	ErrorData  *error;
	double		saved;

	row->step = step;
	error = sandbox_run(GetUserId(), NULL, describe_step, row);
	if (error != NULL)
	{
		FreeErrorData(error);
		return NULL;
	}
	row->values[COL_STEP] = Int32GetDatum(number);
	row->values[COL_RELID] = ObjectIdGetDatum(step->candidate->relid);
	row->values[COL_AM] = CStringGetTextDatum(step->candidate->am_name);
	row->values[COL_SIZE_BYTES] = Int64GetDatum((int64) step->candidate->bytes);
	row->values[COL_COST_BEFORE] = Float8GetDatum(step->before->total);
	row->values[COL_COST_AFTER] = Float8GetDatum(step->after->total);
	row->nulls[COL_SAVED] = !evidence_saved(search, step, &saved);
	row->values[COL_SAVED] = Float8GetDatum(saved);
	row->values[COL_STATEMENTS] =
		jsonb_datum(evidence_statements(search, step));
	row->nulls[COL_SUMMARY] = true;
	row->values[COL_WRITES] = jsonb_datum(evidence_writes(search, step));
	return row;
}

/*
 * The rows of all recommended indexes.  One whose table is gone or locked is
 * left out, and the search is not complete.
 */
static List *
make_rows(Search *search, List *steps)
{
	List	   *rows = NIL;
	ListCell   *lc;

	foreach(lc, steps)
	{
		StepRow    *row = make_row(search, (Step *) lfirst(lc),
								   foreach_current_index(lc) + 1);

		CHECK_FOR_INTERRUPTS();
		if (row != NULL)
			rows = lappend(rows, row);
		else
			search->left_out++;
	}
	return rows;
}

/*
 * dbadvisor.search_indexes(), with the arguments of arguments.c: one summary
 * row, then one row per recommended index in order of creation.
 */
Datum
dbadvisor_search_indexes(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext caller = CurrentMemoryContext;
	Search	   *search;
	List	   *steps;
	List	   *rows;
	ListCell   *lc;

	InitMaterializedSRF(fcinfo, 0);
	search = search_of_arguments(fcinfo, caller);
	steps = search_run(search);
	make_names_unique(steps);
	rows = make_rows(search, steps);
	put_summary(result, search, steps);
	foreach(lc, rows)
	{
		StepRow    *row = (StepRow *) lfirst(lc);

		tuplestore_putvalues(result->setResult, result->setDesc, row->values,
							 row->nulls);
	}

	MemoryContextSwitchTo(caller);
	MemoryContextDelete(search->context);
	return (Datum) 0;
}
