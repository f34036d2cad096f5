/*-------------------------------------------------------------------------
 *
 * drop_workload.c
 *		Collect what could testify for an index that might be dropped.
 *
 * Witnesses are the statements of the workload that touch its table, and a
 * probe for each foreign key of that table, in the form in which the server
 * looks for children when a parent is deleted.  Statements that cannot be
 * planned are kept by their text: they might touch the table.
 * Entry points: drop_read_workload(), drop_plan().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/formatting.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "index/drop_internal.h"

/* Characters before the colon of a reason that comes from an error. */
#define SQLSTATE_LENGTH 5

/* Names by which a text could reach one of the tables $1. */
static const char names_query[] =
"SELECT n.relid, n.name FROM dbadvisor.names_reaching($1) n";

/* Probes for the foreign keys of the tables $1. */
static const char probes_query[] =
"SELECT p.relid, p.owner, p.probe, p.note"
"  FROM dbadvisor.foreign_key_probes($1) p";

/* What plan_witness() is to do, and what came of it. */
typedef struct WitnessTask
{
	const Witness *witness;
	const WhatIfConfig *config;
	WhatIfResult result;
} WitnessTask;

/*
 * Is there neither time nor memory left?  Notes why statements are left out.
 */
bool
drop_out_of_time(DropSearch *search)
{
	if (search->cut_short != NULL)
		return true;
	if (GetCurrentTimestamp() >= search->deadline)
		search->cut_short = "time is up";
	else if (MemoryContextMemAllocated(search->context, true) >
			 search->memory_limit)
		search->cut_short = "dbadvisor.work_mem is used up";
	return search->cut_short != NULL;
}

/*
 * Plan a witness; a SandboxFn.  A probe is planned as if a scan of the table
 * were out of the question: the table may be small today, and will not stay so.
 */
static void
plan_witness(void *arg)
{
	WitnessTask *task = arg;

	if (task->witness->probe)
		(void) set_config_option("enable_seqscan", "off", PGC_USERSET,
								 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
								 false);
	statement_prepare(task->witness->stmt);
	task->result = whatif_plan(task->witness->stmt, task->config, false);
}

/*
 * Plan a witness under a configuration; *error is NULL when that went well.
 */
WhatIfResult
drop_plan(const Witness *witness, const WhatIfConfig *config,
		  ErrorData **error)
{
	WitnessTask task = {.witness = witness,.config = config};

	*error = sandbox_run(witness->stmt->userid, witness->stmt->search_path,
						 plan_witness, &task);
	return task.result;
}

/*
 * Is the suspect's table, or a partitioned parent of it, among the relations?
 */
bool
suspect_table_is_in(const Suspect *suspect, const List *relations)
{
	ListCell   *lc;

	if (list_member_oid(relations, suspect->relid))
		return true;
	foreach(lc, suspect->ancestors)
	{
		if (list_member_oid(relations, lfirst_oid(lc)))
			return true;
	}
	return false;
}

/*
 * Do the relations include the table of any suspect?
 */
static bool
touches_suspect(const DropSearch *search, const List *relations)
{
	ListCell   *lc;

	foreach(lc, search->suspects)
	{
		if (suspect_table_is_in(lfirst(lc), relations))
			return true;
	}
	return false;
}

/*
 * Why a statement is not plannable, without a message: that may hold data.
 */
static char *
reason_without_message(const Statement *stmt)
{
	const char *state = statement_state_name(stmt->state);

	if (stmt->reason != NULL && strlen(stmt->reason) > SQLSTATE_LENGTH &&
		stmt->reason[SQLSTATE_LENGTH] == ':')
		return psprintf("%s (%.*s)", state, SQLSTATE_LENGTH, stmt->reason);
	return pstrdup(state);
}

/*
 * Keep a statement that could not be planned.
 */
static void
keep_unproven(DropSearch *search, const Statement *stmt, char *reason)
{
	Unproven   *unproven = palloc0(sizeof(Unproven));

	if (stmt->text !=NULL && stmt->state != STATEMENT_TRUNCATED)
		unproven->text = str_tolower(stmt->text, strlen(stmt->text),
									 DEFAULT_COLLATION_OID);
	unproven->queryid = stmt->queryid;
	unproven->reason = reason;
	unproven->relations = list_copy(stmt->relations);
	search->unproven = lappend(search->unproven, unproven);
}

/*
 * Plan a witness as the database is.  Returns false, with the error, when that
 * fails.
 */
static bool
witness_plan_base(Witness *witness, ErrorData **error)
{
	WhatIfResult result = drop_plan(witness, NULL, error);

	if (*error != NULL)
		return false;
	witness->cost = result.cost;
	witness->cost_accepted = result.cost;
	witness->rows = result.rows;
	witness->used = result.used;
	witness->relations = list_concat_unique_oid(result.relations,
												witness->stmt->relations);
	witness->arbiters = result.arbiters;
	return true;
}

/*
 * Take one statement in.  Returns true when it is kept.
 */
static bool
take_statement(DropSearch *search, Statement *stmt)
{
	Witness    *witness;
	ErrorData  *error;

	statement_analyze(stmt);
	if (stmt->state == STATEMENT_UTILITY || stmt->state == STATEMENT_OWN ||
		stmt->state == STATEMENT_SYSTEM)
		return false;
	if (stmt->state != STATEMENT_PLANNABLE)
	{
		keep_unproven(search, stmt, reason_without_message(stmt));
		return false;
	}
	witness = palloc0(sizeof(Witness));
	witness->stmt = stmt;
	if (!witness_plan_base(witness, &error))
	{
		keep_unproven(search, stmt,
					  pstrdup(unpack_sql_state(error->sqlerrcode)));
		return false;
	}
	if (!touches_suspect(search, witness->relations))
		return false;
	search->witnesses = lappend(search->witnesses, witness);
	return true;
}

/*
 * Take the statements of the workload in, as far as time and memory reach.
 */
static void
take_statements(DropSearch *search)
{
	ListCell   *lc;

	foreach(lc, workload_read(&search->missing))
	{
		Statement  *stmt = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		if (drop_out_of_time(search))
			return;
		if (!stmt->manual && stmt->since != 0 &&
			(search->since == 0 || stmt->since < search->since))
			search->since = stmt->since;
		if (!take_statement(search, stmt))
			statement_free(stmt);
	}
}

/*
 * Tables of the suspects as oid[].
 */
static Datum
suspect_tables(const DropSearch *search)
{
	Datum	   *elements = palloc(list_length(search->suspects) *
								  sizeof(Datum));
	int			count = 0;
	ListCell   *lc;

	foreach(lc, search->suspects)
		elements[count++] = ObjectIdGetDatum(((Suspect *) lfirst(lc))->relid);
	return PointerGetDatum(construct_array(elements, count, OIDOID,
										   sizeof(Oid), true,
										   TYPALIGN_INT));
}

/*
 * Run one of our queries over the suspects' tables.
 */
static void
query_tables(const DropSearch *search, const char *query)
{
	Oid			types[] = {OIDARRAYOID};
	Datum		values[] = {suspect_tables(search)};

	if (SPI_execute_with_args(query, lengthof(types), types, values, NULL,
							  true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the catalog: %s",
			 SPI_result_code_string(SPI_result));
}

/*
 * An OID of a row of the query's result.
 */
static Oid
row_oid(uint64 row, int column)
{
	bool		isnull;
	Datum		value = SPI_getbinval(SPI_tuptable->vals[row],
									  SPI_tuptable->tupdesc, column, &isnull);

	return isnull ? InvalidOid : DatumGetObjectId(value);
}

/*
 * A text of a row of the query's result, in the search's context.
 */
static char *
row_text(const DropSearch *search, uint64 row, int column)
{
	char	   *value = SPI_getvalue(SPI_tuptable->vals[row],
									 SPI_tuptable->tupdesc, column);

	return value == NULL ? NULL : MemoryContextStrdup(search->context, value);
}

/*
 * Read the names by which the tables could be reached.
 */
static void
read_names(DropSearch *search)
{
	query_tables(search, names_query);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		MemoryContext caller = MemoryContextSwitchTo(search->context);
		ReachingName *name = palloc(sizeof(ReachingName));

		name->relid = row_oid(i, 1);
		name->name = row_text(search, i, 2);
		search->names = lappend(search->names, name);
		MemoryContextSwitchTo(caller);
	}
}

/*
 * Take the probe of one foreign key in.
 */
static void
take_probe(DropSearch *search, uint64 row)
{
	Witness    *witness = palloc0(sizeof(Witness));
	ErrorData  *error;

	witness->probe = true;
	witness->probed = row_oid(row, 1);
	witness->note = row_text(search, row, 4);
	witness->stmt = statement_make(row_text(search, row, 3), row_oid(row, 2),
								   "pg_catalog, pg_temp");
	search->witnesses = lappend(search->witnesses, witness);
	statement_analyze(witness->stmt);
	/* A probe without relations says that nothing could be found out. */
	if (witness->stmt->state == STATEMENT_PLANNABLE)
		(void) witness_plan_base(witness, &error);
}

/*
 * Read the probes.
 */
static void
read_probes(DropSearch *search)
{
	SPITupleTable *table;
	uint64		count;

	query_tables(search, probes_query);
	table = SPI_tuptable;
	count = SPI_processed;
	for (uint64 i = 0; i < count; i++)
	{
		MemoryContext caller = MemoryContextSwitchTo(search->context);

		/* planning runs functions, which may use SPI themselves */
		SPI_tuptable = table;
		take_probe(search, i);
		MemoryContextSwitchTo(caller);
	}
}

/*
 * Collect witnesses for all suspects.
 */
void
drop_read_workload(DropSearch *search)
{
	take_statements(search);
	SPI_connect();
	read_names(search);
	read_probes(search);
	SPI_finish();
}
