/*-------------------------------------------------------------------------
 *
 * write_load.c
 *		How much the workload writes, by table and by column.
 *
 * Recorded statements tell rows over the very window of the objective, and
 * which columns they change.  The tables' own counters also know what comes
 * from functions, cascades and replication, but since another time: they are
 * scaled to the window, and what they have beyond the statements counts.
 * Counters are young where a database is new: the load that filled it must
 * not pass for a habit, so they count as if they covered a day at least.  Where
 * history has a day or more, its rates take the place of the counters.
 *
 * Where the window is not known (statements given by hand), only the
 * statements count.  A standby sees no writes at all.
 * Entry points: write_load_note(), write_load_read().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <sys/stat.h>

#include "access/sysattr.h"
#include "access/xlog.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/parser.h"
#include "parser/parsetree.h"
#include "pgstat.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "index/write_cost.h"

/* Counters of a table are taken for a rate over this time at least. */
#define MIN_COUNTER_SECONDS 86400.0

/* What is noted of one statement. */
typedef struct NoteTask
{
	Search	   *search;
	Statement  *stmt;
	double		rows;			/* of all calls */
} NoteTask;

/*
 * The model of the search, made at first use.
 */
WriteModel *
write_model(Search *search)
{
	WriteModel *model = search->writes;

	if (model == NULL)
	{
		MemoryContext context = AllocSetContextCreate(search->context,
													  "dbadvisor write costs",
													  ALLOCSET_DEFAULT_SIZES);

		model = (WriteModel *) MemoryContextAllocZero(context,
													  sizeof(WriteModel));
		model->context = context;
		write_rates_read(model);
		/* history comes to a standby from its primary */
		model->blind = RecoveryInProgress() && model->rates == NULL;
		search->writes = model;
	}
	return model;
}

/*
 * The entry of a table, made where there is none.
 */
WriteTable *
write_table(WriteModel *model, Oid relid)
{
	MemoryContext old;
	WriteTable *table;
	ListCell   *lc;

	foreach(lc, model->tables)
	{
		table = (WriteTable *) lfirst(lc);
		if (table->relid == relid)
			return table;
	}
	old = MemoryContextSwitchTo(model->context);
	table = (WriteTable *) palloc0(sizeof(WriteTable));
	table->relid = relid;
	table->hot_share = -1;
	model->tables = lappend(model->tables, table);
	MemoryContextSwitchTo(old);
	return table;
}

/*
 * The entry for updates of these columns, made where there is none.
 */
static WriteChange *
change_of(WriteModel *model, WriteTable *table, const Bitmapset *columns)
{
	MemoryContext old;
	WriteChange *change;
	ListCell   *lc;

	foreach(lc, table->changes)
	{
		change = (WriteChange *) lfirst(lc);
		if (bms_equal(change->columns, columns))
			return change;
	}
	old = MemoryContextSwitchTo(model->context);
	change = (WriteChange *) palloc0(sizeof(WriteChange));
	change->table = table;
	change->columns = bms_copy(columns);
	table->changes = lappend(table->changes, change);
	model->changes = lappend(model->changes, change);
	MemoryContextSwitchTo(old);
	return change;
}

/*
 * Is it the assignment of a column to itself?
 */
static bool
assigns_itself(const TargetEntry *entry, int relation)
{
	const Var  *var = (const Var *) entry->expr;

	return IsA(var, Var) && var->varno == relation &&
		var->varattno == entry->resno && var->varlevelsup == 0;
}

/*
 * Columns that an UPDATE's target list changes.
 */
Bitmapset *
write_changed_columns(List *targets, int relation)
{
	Bitmapset  *columns = NULL;
	ListCell   *lc;

	foreach(lc, targets)
	{
		TargetEntry *entry = (TargetEntry *) lfirst(lc);

		if (!entry->resjunk && !assigns_itself(entry, relation))
			columns = bms_add_member(columns, entry->resno -
									 FirstLowInvalidHeapAttributeNumber);
	}
	return columns;
}

/*
 * The same columns of another table of the partition tree.
 */
Bitmapset *
write_columns_of(const Bitmapset *columns, Oid from, Oid to)
{
	Bitmapset  *result = NULL;
	int			i = -1;

	while ((i = bms_next_member(columns, i)) >= 0)
	{
		char	   *name = get_attname(from, i +
									   FirstLowInvalidHeapAttributeNumber, true);
		AttrNumber	attnum = name ? get_attnum(to, name) : InvalidAttrNumber;

		if (attnum != InvalidAttrNumber)
			result = bms_add_member(result, attnum -
									FirstLowInvalidHeapAttributeNumber);
	}
	return result;
}

/*
 * Note rows that are updated in a table and, as indexes on partitioned tables
 * are indexes on this one too, in all that it is a partition of.
 */
static void
note_update(WriteModel *model, Oid relid, const Bitmapset *columns,
			double rows, double upserts)
{
	List	   *tables = list_make1_oid(relid);
	ListCell   *lc;

	if (get_rel_relispartition(relid))
		tables = list_concat(tables, get_partition_ancestors(relid));
	foreach(lc, tables)
	{
		Oid			oid = lfirst_oid(lc);
		WriteChange *change = change_of(model, write_table(model, oid),
										write_columns_of(columns, relid, oid));

		change->rows += rows;
		change->upserts += upserts;
	}
}

/*
 * Note rows that are inserted or deleted.
 */
static void
note_rows(WriteModel *model, Oid relid, double inserts, double deletes)
{
	List	   *tables = list_make1_oid(relid);
	ListCell   *lc;

	if (get_rel_relispartition(relid))
		tables = list_concat(tables, get_partition_ancestors(relid));
	foreach(lc, tables)
	{
		WriteTable *table = write_table(model, lfirst_oid(lc));

		table->captured_inserts += inserts;
		table->captured_deletes += deletes;
	}
}

/*
 * Note a MERGE: its rows are spread evenly over its actions.
 */
static void
note_merge(WriteModel *model, const Query *query, Oid relid, double rows)
{
	int			count = Max(list_length(query->mergeActionList), 1);
	ListCell   *lc;

	foreach(lc, query->mergeActionList)
	{
		MergeAction *action = (MergeAction *) lfirst(lc);

		if (action->commandType == CMD_UPDATE)
			note_update(model, relid,
						write_changed_columns(action->targetList,
											  query->resultRelation),
						rows / count, 0);
		else if (action->commandType == CMD_INSERT)
			note_rows(model, relid, rows / count, 0);
		else if (action->commandType == CMD_DELETE)
			note_rows(model, relid, 0, rows / count);
	}
}

/*
 * Note what one query writes, "rows" of them.
 */
static void
note_query(WriteModel *model, const Query *query, double rows)
{
	Oid			relid;

	if (query->resultRelation == 0)
		return;
	relid = rt_fetch(query->resultRelation, query->rtable)->relid;
	switch (query->commandType)
	{
		case CMD_INSERT:
			note_rows(model, relid, rows, 0);
			if (query->onConflict != NULL &&
				query->onConflict->action == ONCONFLICT_UPDATE)
				note_update(model, relid,
							write_changed_columns(query->onConflict->onConflictSet,
												  query->resultRelation),
							0, rows);
			break;
		case CMD_UPDATE:
			note_update(model, relid,
						write_changed_columns(query->targetList,
											  query->resultRelation), rows, 0);
			break;
		case CMD_DELETE:
			note_rows(model, relid, 0, rows);
			break;
		case CMD_MERGE:
			note_merge(model, query, relid, rows);
			break;
		default:
			break;
	}
}

/*
 * Does the query write a table?
 */
static bool
query_writes(const Query *query)
{
	return query->resultRelation != 0 && query->commandType != CMD_SELECT &&
		query->commandType != CMD_UTILITY;
}

/*
 * Rows that the statement writes in all its calls: as counted, or as
 * the planner estimates them.
 */
static double
rows_written(Statement *stmt)
{
	WhatIfResult result;

	if (stmt->rows >= 0)
		return stmt->rows;
	result = whatif_statement(stmt, NULL, false);
	if (result.error != NULL)
	{
		FreeErrorData(result.error);
		return 0;
	}
	return Max(result.rows, 1) * (stmt->calls >= 0 ? stmt->calls : 1);
}

/*
 * Note what an analysed statement writes: its queries, and those of its WITH
 * clauses, which count as many rows for want of better knowledge.  Returns
 * whether it writes anything.
 */
bool
write_load_note(Search *search, Statement *stmt)
{
	WriteModel *model = write_model(search);
	double		rows = -1;
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, stmt->queries)
	{
		Query	   *query = (Query *) lfirst(lc);
		List	   *parts = list_make1(query);

		foreach(lc2, query->cteList)
			parts = lappend(parts, ((CommonTableExpr *) lfirst(lc2))->ctequery);
		foreach(lc2, parts)
		{
			Query	   *part = (Query *) lfirst(lc2);

			if (!IsA(part, Query) || !query_writes(part))
				continue;
			if (rows < 0)
				rows = rows_written(stmt);
			note_query(model, part, rows);
		}
	}
	return rows >= 0;
}

/*
 * SandboxFn: note the rows of a COPY into a table.
 */
static void
note_copy(void *arg)
{
	NoteTask   *task = (NoteTask *) arg;
	ListCell   *lc;

	foreach(lc, raw_parser(task->stmt->text, RAW_PARSE_DEFAULT))
	{
		Node	   *node = ((RawStmt *) lfirst(lc))->stmt;
		CopyStmt   *copy = (CopyStmt *) node;
		Oid			relid;

		if (!IsA(node, CopyStmt) || !copy->is_from || copy->relation == NULL)
			continue;
		relid = RangeVarGetRelid(copy->relation, NoLock, true);
		if (OidIsValid(relid))
			note_rows(write_model(task->search), relid, task->stmt->rows, 0);
	}
}

/*
 * Note what a statement writes that cannot be planned: COPY is the one that
 * matters.
 */
void
write_load_note_utility(Search *search, Statement *stmt)
{
	NoteTask	task = {search, stmt, stmt->rows};
	MemoryContext old;
	ErrorData  *error;

	if (stmt->text == NULL || stmt->rows <= 0 ||
		pg_strncasecmp(stmt->text, "copy", 4) != 0)
		return;
	old = MemoryContextSwitchTo(stmt->context);
	error = sandbox_run(stmt->userid, stmt->search_path, note_copy, &task);
	if (error != NULL)
		FreeErrorData(error);
	MemoryContextSwitchTo(old);
}

/*
 * Seconds that the tables' counters cover, at most: since they were reset, or
 * since the database was made.
 */
static double
counter_seconds(void)
{
	PgStat_StatDBEntry *entry = pgstat_fetch_stat_dbentry(MyDatabaseId);
	TimestampTz since = entry != NULL ? entry->stat_reset_timestamp : 0;
	struct stat made;
	char	   *path;

	if (since == 0)
	{
		/* written once, by CREATE DATABASE */
		path = psprintf("%s/PG_VERSION", DatabasePath);
		if (stat(path, &made) == 0)
			since = time_t_to_timestamptz(made.st_mtime);
		pfree(path);
	}
	if (since == 0)
		return -1;
	return Max((GetCurrentTimestamp() - since) / (double) USECS_PER_SEC, 1);
}

/*
 * Sum of one counter over the table and its partitions; 0 on a standby.
 */
static double
counter(const WriteModel *model, List *relids, Oid function)
{
	double		sum = 0;
	ListCell   *lc;

	if (model->blind)
		return 0;
	foreach(lc, relids)
		sum += (double) DatumGetInt64(OidFunctionCall1(function,
													   ObjectIdGetDatum(lfirst_oid(lc))));
	return sum;
}

/*
 * A counter, or a rate of history, in the window of the objective; or what the
 * statements have where that is more.
 */
static double
in_window(const WriteModel *model, double count, double captured)
{
	if (model->seconds >= 0 && model->rates != NULL)
		return Max(captured, count * model->seconds);
	if (model->seconds < 0 || model->counter_seconds < 0)
		return captured;
	return Max(captured, count * model->seconds /
			   Max(model->counter_seconds, MIN_COUNTER_SECONDS));
}

/*
 * Give the upserts their rows: updates that the counters have beyond those of
 * UPDATE statements.
 */
static double
spread_upserts(WriteTable *table, double updates)
{
	double		captured = 0;
	double		upserts = 0;
	ListCell   *lc;

	foreach(lc, table->changes)
	{
		captured += ((WriteChange *) lfirst(lc))->rows;
		upserts += ((WriteChange *) lfirst(lc))->upserts;
	}
	foreach(lc, table->changes)
	{
		WriteChange *change = (WriteChange *) lfirst(lc);
		double		rows;

		if (change->upserts <= 0)
			continue;
		rows = Min(change->upserts,
				   Max(updates - captured, 0) * change->upserts / upserts);
		change->rows += rows;
	}
	return Max(updates, captured);
}

/*
 * Rows written to a table so far as its counters know; zero on a standby.
 */
static WriteRate
counted(WriteModel *model, List *relids)
{
	WriteRate	rows = {InvalidOid};

	if (model->counter_seconds == 0)
		model->counter_seconds = model->blind ? -1 : counter_seconds();
	rows.inserts = counter(model, relids, F_PG_STAT_GET_TUPLES_INSERTED);
	rows.updates = counter(model, relids, F_PG_STAT_GET_TUPLES_UPDATED);
	rows.hot_updates = counter(model, relids, F_PG_STAT_GET_TUPLES_HOT_UPDATED);
	rows.deletes = counter(model, relids, F_PG_STAT_GET_TUPLES_DELETED);
	return rows;
}

/*
 * Fill in what is written to a table, in the window of the objective: by history
 * where that has a day, else by the counters.  Its parts are known.
 */
void
write_load_read(WriteModel *model, WriteTable *table)
{
	WriteRate	rows = model->rates != NULL ?
	write_rates_of(model, table->parts) : counted(model, table->parts);
	double		captured = 0;
	ListCell   *lc;

	table->read = true;
	foreach(lc, table->changes)
		captured += ((WriteChange *) lfirst(lc))->rows;
	table->inserts = in_window(model, rows.inserts, table->captured_inserts);
	table->deletes = in_window(model, rows.deletes, table->captured_deletes);
	table->updates = spread_upserts(table,
									in_window(model, rows.updates, captured));
	if (rows.updates > 0)
		table->hot_share = Min(rows.hot_updates / rows.updates, 1);
}
