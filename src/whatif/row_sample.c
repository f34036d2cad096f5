/*-------------------------------------------------------------------------
 *
 * row_sample.c
 *		Values that an index would be given, from a sample of the table.
 *
 * Read with the rights of the current user, a batch at a time, so that rows of
 * any width need little memory.  Entry point: hypo_index_sample_rows().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"
#include "utils/snapmgr.h"

#include "whatif/whatif_internal.h"

/* Rows fetched at a time. */
#define BATCH_ROWS 50

/* Where the rows go. */
typedef struct RowSink
{
	RowVisitor	visit;
	void	   *arg;
	double		visited;
} RowSink;

/*
 * Does the size of the index follow from a sample of rows?
 */
bool
hypo_index_reads_rows(const HypoIndex *index)
{
	return index_method(index->am)->sample_rows > 0;
}

/*
 * Append the columns of the index to the SELECT list.
 */
static void
append_columns(StringInfo query, const HypoIndex *index, List *context)
{
	ListCell   *expression = list_head(index->exprs);

	for (int i = 0; i < index->ncolumns; i++)
	{
		if (i > 0)
			appendStringInfoString(query, ", ");
		if (index->attnums[i] != 0)
			appendStringInfoString(query,
								   quote_identifier(get_attname(index->relid,
																index->attnums[i],
																false)));
		else
		{
			sample_append_expression(query, lfirst(expression), context);
			expression = lnext(index->exprs, expression);
		}
	}
}

/*
 * Return the query that reads the sample; of a partial index more rows, so that
 * enough remain.
 */
static char *
sample_query(const HypoIndex *index, Relation rel)
{
	StringInfoData query;
	List	   *context = deparse_context_for(RelationGetRelationName(rel),
											  RelationGetRelid(rel));
	double		rows = index->sample_rows * index->table_tuples /
	Max(index->tuples, 1);
	char	   *condition = NULL;

	if (index->predicate != NIL)
		condition = deparse_expression((Node *) make_ands_explicit(index->predicate),
									   context, false, false);
	initStringInfo(&query);
	appendStringInfoString(&query, "SELECT ");
	append_columns(&query, index, context);
	appendStringInfoString(&query, ", ctid");
	sample_append_from(&query, rel, index->table_tuples, Max(rows, 1),
					   condition);
	return query.data;
}

/*
 * Raise an error unless the result has the columns' types: an expression may
 * read otherwise as text.
 */
static void
check_types(const HypoIndex *index, Relation rel, TupleDesc descriptor)
{
	if (descriptor->natts != index->ncolumns + 1)
		elog(ERROR, "sample of relation %u has %d columns for %d of an index",
			 index->relid, descriptor->natts - 1, index->ncolumns);
	for (int i = 0; i < index->ncolumns; i++)
		if (TupleDescAttr(descriptor, i)->atttypid !=
			hypo_index_column_type(index, rel, i))
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("index column %d does not keep its type as text",
							i + 1)));
}

/*
 * Show the rows of one batch to the visitor; false when it has seen enough.
 */
static bool
visit_batch(const HypoIndex *index, RowSink *sink)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "dbadvisor sampled row",
												  ALLOCSET_DEFAULT_SIZES);
	Datum		values[INDEX_MAX_KEYS + 1];
	bool		nulls[INDEX_MAX_KEYS + 1];
	bool		more = true;

	for (uint64 i = 0; i < SPI_processed && more; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(context);

		CHECK_FOR_INTERRUPTS();
		for (int column = 0; column <= index->ncolumns; column++)
			values[column] = SPI_getbinval(SPI_tuptable->vals[i],
										   SPI_tuptable->tupdesc, column + 1,
										   &nulls[column]);
		more = sink->visit(values, nulls, sink->arg);
		sink->visited++;
		MemoryContextSwitchTo(old);
		MemoryContextReset(context);
	}
	MemoryContextDelete(context);
	return more;
}

/*
 * Run the query and show its rows to the visitor.
 */
static void
visit_rows(const HypoIndex *index, Relation rel, RowSink *sink)
{
	SPIPlanPtr	plan = SPI_prepare(sample_query(index, rel), 0, NULL);
	Portal		portal;
	bool		more = true;

	if (plan == NULL)
		elog(ERROR, "could not sample relation %u: %s", index->relid,
			 SPI_result_code_string(SPI_result));
	portal = SPI_cursor_open(NULL, plan, NULL, NULL, true);
	while (more && sink->visited < index->sample_rows)
	{
		CHECK_FOR_INTERRUPTS();
		SPI_cursor_fetch(portal, true, BATCH_ROWS);
		if (SPI_processed == 0)
			break;
		if (sink->visited == 0)
			check_types(index, rel, SPI_tuptable->tupdesc);
		more = visit_batch(index, sink);
		SPI_freetuptable(SPI_tuptable);
	}
	SPI_cursor_close(portal);
}

/*
 * Show a sample of rows to the visitor; see whatif_internal.h.  Where the user
 * may not read the table there are none.
 */
double
hypo_index_sample_rows(const HypoIndex *index, Relation rel,
					   RowVisitor visit, void *arg)
{
	RowSink		sink = {.visit = visit,.arg = arg};
	bool		push = !ActiveSnapshotSet();
	int			nest;

	if (pg_class_aclcheck(index->relid, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
		return 0;
	nest = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp",
							 PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
							 true, 0, false);
	if (push)
		PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	visit_rows(index, rel, &sink);
	SPI_finish();
	if (push)
		PopActiveSnapshot();
	AtEOXact_GUC(false, nest);
	return sink.visited;
}
