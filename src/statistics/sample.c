/*-------------------------------------------------------------------------
 *
 * sample.c
 *		Read some rows of a relation, once for all statements.
 *
 * Blocks are chosen by TABLESAMPLE and rows thinned within them, as ANALYZE
 * does.  Plain columns only are read, as the table's owner, so that no code of
 * anybody runs; the clauses of a statement run over the rows later, as its user,
 * and only where that user may read the columns.
 * Entry point: sample_find().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/detoast.h"
#include "access/htup_details.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "storage/bufmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "statistics/statistics_internal.h"

/* As many as ANALYZE takes at its default target, 300 * 100. */
#define SAMPLE_ROWS 30000

/* Blocks read; rows are thinned within them. */
#define SAMPLE_BLOCKS 6000

/* Longer values are not kept; ANALYZE has the same limit. */
#define MAX_VALUE_BYTES 1024

/* What read_in_sandbox() is to do. */
typedef struct SampleTask
{
	Sample	   *sample;
	Size		memory_limit;
} SampleTask;

/*
 * The columns that a question speaks of.
 */
static Bitmapset *
question_columns(const Question *question)
{
	Bitmapset  *members = NULL;
	Bitmapset  *columns = NULL;
	int			member = -1;

	for (int i = 0; i < question->nitems; i++)
	{
		pull_varattnos(question->items[i].expr, 1, &members);
		pull_varattnos((Node *) question->items[i].clauses, 1, &members);
	}
	while ((member = bms_next_member(members, member)) >= 0)
		columns = bms_add_member(columns,
								 member + FirstLowInvalidHeapAttributeNumber);
	return columns;
}

/*
 * May the user read these columns, in all rows?
 */
static bool
columns_readable(Oid relid, const Bitmapset *columns, Oid userid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	bool		row_security;
	int			attnum = -1;

	if (!HeapTupleIsValid(tuple))
		return false;
	row_security = ((Form_pg_class) GETSTRUCT(tuple))->relrowsecurity;
	ReleaseSysCache(tuple);
	if (row_security)
		return false;
	if (pg_class_aclcheck(relid, userid, ACL_SELECT) == ACLCHECK_OK)
		return true;
	while ((attnum = bms_next_member(columns, attnum)) >= 0)
	{
		if (pg_attribute_aclcheck(relid, attnum, userid,
								  ACL_SELECT) != ACLCHECK_OK)
			return false;
	}
	return true;
}

/*
 * The rows to be expected in a table, from its density at the last VACUUM or
 * ANALYZE.
 */
static double
expected_rows(Relation rel, double pages)
{
	if (rel->rd_rel->reltuples <= 0 || rel->rd_rel->relpages <= 0)
		return 0;
	return rel->rd_rel->reltuples / rel->rd_rel->relpages * pages;
}

/*
 * Return the query that reads the sample.
 */
static char *
sample_query(Sample *sample, Relation rel)
{
	StringInfoData query;
	double		pages = Max(RelationGetNumberOfBlocks(rel), 1);
	double		percent = Min(100.0 * SAMPLE_BLOCKS / pages, 100.0);
	double		rows = expected_rows(rel, pages) * percent / 100;
	int			keep_one_of = (int) ceil(rows / SAMPLE_ROWS - 0.1);
	int			attnum = -1;
	const char *separator = "SELECT ";

	initStringInfo(&query);
	while ((attnum = bms_next_member(sample->columns, attnum)) >= 0)
	{
		appendStringInfo(&query, "%s%s", separator,
						 quote_identifier(get_attname(sample->relid, attnum,
													  false)));
		separator = ", ";
	}
	appendStringInfo(&query, " FROM ONLY %s",
					 quote_qualified_identifier(get_namespace_name(RelationGetNamespace(rel)),
												RelationGetRelationName(rel)));
	if (percent < 100.0)
		appendStringInfo(&query, " TABLESAMPLE SYSTEM (%f) REPEATABLE (1)",
						 percent);
	if (keep_one_of > 1)
		appendStringInfo(&query,
						 " WHERE (pg_catalog.hashtid(ctid) & 2147483647) %% %d = 0",
						 keep_one_of);
	sample->whole = percent >= 100.0 && keep_one_of <= 1;
	return query.data;
}

/*
 * Copy one value; a long one is left out and noted.
 */
static Datum
keep_value(Sample *sample, Form_pg_attribute attribute, Datum value)
{
	if (attribute->attlen == -1)
	{
		if (toast_raw_datum_size(value) > MAX_VALUE_BYTES)
		{
			sample->wide = bms_add_member(sample->wide, attribute->attnum);
			return (Datum) 0;
		}
		value = PointerGetDatum(PG_DETOAST_DATUM(value));
	}
	return datumCopy(value, attribute->attbyval, attribute->attlen);
}

/*
 * Keep result column "position" (from 1) as a column of the sample.
 */
static void
keep_column(Sample *sample, int attnum, int position)
{
	Form_pg_attribute attribute = TupleDescAttr(sample->descriptor,
												attnum - 1);
	MemoryContext old = MemoryContextSwitchTo(sample->context);
	Datum	   *values = palloc((sample->nrows + 1) * sizeof(Datum));
	bool	   *nulls = palloc((sample->nrows + 1) * sizeof(bool));

	for (int row = 0; row < sample->nrows; row++)
	{
		values[row] = SPI_getbinval(SPI_tuptable->vals[row],
									SPI_tuptable->tupdesc, position,
									&nulls[row]);
		if (!nulls[row])
			values[row] = keep_value(sample, attribute, values[row]);
	}
	sample->values[attnum - 1] = values;
	sample->nulls[attnum - 1] = nulls;
	MemoryContextSwitchTo(old);
}

/*
 * Run the query and keep its rows, while there is memory.
 */
static void
read_rows(const SampleTask *task, Relation rel)
{
	Sample	   *sample = task->sample;
	int			attnum = -1;
	int			position = 0;

	/* A table that has grown since it was counted is cut off. */
	if (SPI_execute(sample_query(sample, rel), true,
					4 * SAMPLE_ROWS) != SPI_OK_SELECT)
		elog(ERROR, "could not sample relation %u", sample->relid);
	sample->nrows = (int) SPI_processed;
	if (sample->nrows >= 4 * SAMPLE_ROWS)
		return;
	while ((attnum = bms_next_member(sample->columns, attnum)) >= 0)
	{
		CHECK_FOR_INTERRUPTS();
		keep_column(sample, attnum, ++position);
		if (MemoryContextMemAllocated(sample->context, true) >
			task->memory_limit)
			return;
	}
	sample->usable = true;
}

/*
 * Is every column stored, rather than computed by some function when it is
 * read?
 */
static bool
columns_are_stored(const Sample *sample)
{
	int			attnum = -1;

	while ((attnum = bms_next_member(sample->columns, attnum)) >= 0)
	{
		char		generated = TupleDescAttr(sample->descriptor,
											  attnum - 1)->attgenerated;

		if (generated != '\0' && generated != ATTRIBUTE_GENERATED_STORED)
			return false;
	}
	return true;
}

/*
 * Read the sample; a SandboxFn.
 */
static void
read_in_sandbox(void *arg)
{
	const SampleTask *task = arg;
	Sample	   *sample = task->sample;
	Relation	rel = table_open(sample->relid, AccessShareLock);
	MemoryContext old = MemoryContextSwitchTo(sample->context);

	sample->descriptor = CreateTupleDescCopy(RelationGetDescr(rel));
	sample->values = palloc0(sample->descriptor->natts * sizeof(Datum *));
	sample->nulls = palloc0(sample->descriptor->natts * sizeof(bool *));
	MemoryContextSwitchTo(old);
	/* CreateTupleDescCopy() forgets what is generated. */
	for (int i = 0; i < sample->descriptor->natts; i++)
		TupleDescAttr(sample->descriptor, i)->attgenerated =
			TupleDescAttr(RelationGetDescr(rel), i)->attgenerated;
	if (columns_are_stored(sample))
	{
		SPI_connect();
		read_rows(task, rel);
		SPI_finish();
	}
	table_close(rel, NoLock);
}

/*
 * The owner of a relation.
 */
static Oid
relation_owner(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid			owner = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
		ReleaseSysCache(tuple);
	}
	return owner;
}

/*
 * Make a sample of these columns of a relation.
 */
static Sample *
sample_make(Advisor *advisor, Oid relid, Bitmapset *columns)
{
	MemoryContext context = AllocSetContextCreate(advisor->context,
												  "dbadvisor sample",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(advisor->context);
	Sample	   *sample = palloc0(sizeof(Sample));
	SampleTask	task = {.sample = sample};

	sample->relid = relid;
	sample->context = context;
	sample->columns = bms_copy(columns);
	task.memory_limit = advisor->memory_limit / 4;
	if (sandbox_run(relation_owner(relid), "pg_catalog, pg_temp",
					read_in_sandbox, &task) != NULL)
		sample->usable = false;
	if (!sample->usable)
	{
		MemoryContextReset(context);
		advisor->nunreadable++;
	}
	MemoryContextSwitchTo(old);
	return sample;
}

/*
 * Forget the rows of samples until there is memory for another one.
 */
static void
make_room(Advisor *advisor)
{
	while (advisor->samples != NIL &&
		   MemoryContextMemAllocated(advisor->context, true) >
		   advisor->memory_limit / 2)
	{
		MemoryContextDelete(((Sample *) linitial(advisor->samples))->context);
		advisor->samples = list_delete_first(advisor->samples);
	}
}

/*
 * Return a sample with the columns of a question, or NULL where the user may
 * not read them or no sample can be had.
 */
Sample *
sample_find(Advisor *advisor, const Question *question, Oid userid)
{
	Bitmapset  *columns = question_columns(question);
	MemoryContext old;
	Sample	   *sample;
	ListCell   *cell;

	if (!columns_readable(question->relid, columns, userid))
		return NULL;
	foreach(cell, advisor->samples)
	{
		sample = lfirst(cell);
		if (sample->relid != question->relid)
			continue;
		if (bms_is_subset(columns, sample->columns))
			return sample->usable && !bms_overlap(columns, sample->wide) ?
				sample : NULL;
		columns = bms_union(columns, sample->columns);
		MemoryContextDelete(sample->context);
		advisor->samples = foreach_delete_current(advisor->samples, cell);
	}
	make_room(advisor);
	sample = sample_make(advisor, question->relid, columns);
	old = MemoryContextSwitchTo(advisor->context);
	advisor->samples = lappend(advisor->samples, sample);
	MemoryContextSwitchTo(old);
	return sample->usable &&
		!bms_overlap(question_columns(question), sample->wide) ? sample : NULL;
}
