/*-------------------------------------------------------------------------
 *
 * write_existing.c
 *		The indexes that a table has, as far as writes go.
 *
 * They matter when a new index makes updates lose HOT: then each of them gets
 * an entry for each such update.  A partitioned table has those of its largest
 * partition.  A table that cannot be locked in time has none; that makes
 * writes too cheap, never too dear.
 * Entry points: write_existing_read(), write_index_describe().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/itup.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/relcache.h"

#include "index/write_cost.h"

/* What the sandbox is asked to do. */
typedef struct ReadTask
{
	WriteModel *model;
	WriteTable *table;
} ReadTask;

/*
 * Columns that an open index reads.
 */
static Bitmapset *
columns_of(Relation index)
{
	Form_pg_index form = index->rd_index;
	Bitmapset  *columns = NULL;

	for (int i = 0; i < form->indnatts; i++)
		if (form->indkey.values[i] != 0)
			columns = bms_add_member(columns, form->indkey.values[i] -
									 FirstLowInvalidHeapAttributeNumber);
	pull_varattnos((Node *) RelationGetIndexExpressions(index), 1, &columns);
	pull_varattnos((Node *) RelationGetIndexPredicate(index), 1, &columns);
	return columns;
}

/*
 * Describe an open index of an open table, in the current memory context.
 */
WriteIndex *
write_index_describe(Relation rel, Relation index)
{
	WriteIndex *result = (WriteIndex *) palloc0(sizeof(WriteIndex));
	Form_pg_index form = index->rd_index;
	double		width = 0;

	for (int i = 0; i < form->indnatts; i++)
		if (form->indkey.values[i] > 0)
			width += write_column_width(form->indrelid, form->indkey.values[i]);
	result->am = index->rd_rel->relam;
	result->unlogged = rel->rd_rel->relpersistence != RELPERSISTENCE_PERMANENT;
	result->nkeys = form->indnkeyatts;
	result->tuples = Max(index->rd_rel->reltuples, 0);
	result->pages = Max(index->rd_rel->relpages, 1);
	result->height = -1;
	result->tuple_bytes = MAXALIGN((Size) width) + sizeof(IndexTupleData) +
		sizeof(ItemIdData);
	result->order = write_key_order(result->am, form->indrelid,
									form->indkey.values[0]);
	/* the index's own count of tuples is that of rows after ANALYZE */
	result->keys_per_row = result->am == GIN_AM_OID ?
		write_gin_keys(form->indrelid, form->indkey.values[0]) : 1;
	result->share = result->am != GIN_AM_OID && rel->rd_rel->reltuples > 0 ?
		Min(result->tuples / rel->rd_rel->reltuples, 1) : 1;
	result->columns = columns_of(index);
	return result;
}

/*
 * Add the indexes of an open table with storage, and its rows.
 */
static void
read_indexes(WriteTable *table, Relation rel)
{
	List	   *oids = RelationGetIndexList(rel);
	ListCell   *lc;

	table->tuples = Max(rel->rd_rel->reltuples, 0);
	foreach(lc, oids)
	{
		Relation	index = index_open(lfirst_oid(lc), AccessShareLock);

		if (index->rd_index->indisready)
			table->existing = lappend(table->existing,
									  write_index_describe(rel, index));
		index_close(index, AccessShareLock);
	}
	list_free(oids);
}

/*
 * The partition with most rows; the table itself where it has none.
 */
static Oid
largest_leaf(Oid relid)
{
	List	   *oids = find_all_inheritors(relid, AccessShareLock, NULL);
	Oid			largest = relid;
	double		most = -1;
	ListCell   *lc;

	foreach(lc, oids)
	{
		Relation	rel = table_open(lfirst_oid(lc), NoLock);

		if (RELKIND_HAS_STORAGE(rel->rd_rel->relkind) &&
			rel->rd_rel->reltuples > most)
		{
			largest = lfirst_oid(lc);
			most = rel->rd_rel->reltuples;
		}
		table_close(rel, NoLock);
	}
	list_free(oids);
	return largest;
}

/*
 * SandboxFn: read the indexes of the table.
 */
static void
read_in_sandbox(void *arg)
{
	ReadTask   *task = (ReadTask *) arg;
	Relation	rel = table_open(task->table->relid, AccessShareLock);
	bool		partitioned = rel->rd_rel->relkind == RELKIND_PARTITIONED_TABLE;

	if (!partitioned)
		read_indexes(task->table, rel);
	table_close(rel, AccessShareLock);
	if (partitioned)
	{
		Relation	leaf = table_open(largest_leaf(task->table->relid),
									  AccessShareLock);

		if (RELKIND_HAS_STORAGE(leaf->rd_rel->relkind))
			read_indexes(task->table, leaf);
		table_close(leaf, AccessShareLock);
	}
}

/*
 * Fill in the existing indexes of a table.
 */
void
write_existing_read(WriteModel *model, WriteTable *table)
{
	ReadTask	task = {model, table};
	MemoryContext old = MemoryContextSwitchTo(model->context);
	ErrorData  *error = sandbox_run(GetUserId(), NULL, read_in_sandbox, &task);

	if (error != NULL)
	{
		table->existing = NIL;
		FreeErrorData(error);
	}
	MemoryContextSwitchTo(old);
}
