/*-------------------------------------------------------------------------
 *
 * existing_size.c
 *		What an index that exists would take if it were built anew.
 *
 * Its definition is copied into a hypothetical index, for which the size is
 * predicted as for any other.  Entry points: the SQL functions
 * predicted_index_size() and index_size().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/brin.h"
#include "access/genam.h"
#include "access/hash.h"
#include "access/nbtree.h"
#include "access/reloptions.h"
#include "access/table.h"
#include "catalog/index.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "commands/defrem.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/parsenodes.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/syscache.h"

#include "whatif/whatif_internal.h"
#include "workload/workload.h"

PG_FUNCTION_INFO_V1(dbadvisor_predicted_index_size);
PG_FUNCTION_INFO_V1(dbadvisor_index_size);

/* One question about the size of an index. */
typedef struct SizeTask
{
	Oid			index;
	bool		predicted;		/* of a new build, or as it is */
	double		bytes;			/* the answer; negative when there is none */
} SizeTask;

/*
 * Operator classes of an open index.
 */
static oidvector *
index_opclasses(Relation index)
{
	bool		isnull;
	Datum		datum = SysCacheGetAttr(INDEXRELID, index->rd_indextuple,
										Anum_pg_index_indclass, &isnull);

	if (isnull)
		elog(ERROR, "index %u has no operator classes",
			 RelationGetRelid(index));
	return (oidvector *) DatumGetPointer(datum);
}

/*
 * A plain column of the table, with varno 1.
 */
static Node *
table_column(Oid relid, AttrNumber attnum)
{
	Oid			type;
	int32		typmod;
	Oid			collation;

	get_atttypetypmodcoll(relid, attnum, &type, &typmod, &collation);
	return (Node *) makeVar(1, attnum, type, typmod, collation, 0);
}

/*
 * Copy the columns.
 */
static void
copy_columns(HypoIndex *hypo, Relation index)
{
	List	   *exprs = RelationGetIndexExpressions(index);
	ListCell   *next = list_head(exprs);
	oidvector  *opclasses = index_opclasses(index);

	for (int i = 0; i < hypo->ncolumns; i++)
	{
		bool		is_key = i < hypo->nkeycolumns;
		AttrNumber	attnum = index->rd_index->indkey.values[i];
		Node	   *key = attnum != 0 ? table_column(hypo->relid, attnum) :
		lfirst(next);

		if (attnum == 0)
			next = lnext(exprs, next);
		hypo_index_set_column(hypo, i, key,
							  is_key ? opclasses->values[i] : InvalidOid,
							  is_key ? index->rd_indcollation[i] : InvalidOid);
		if (!is_key)
			continue;
		hypo->descending[i] = (index->rd_indoption[i] & INDOPTION_DESC) != 0;
		hypo->nulls_first[i] =
			(index->rd_indoption[i] & INDOPTION_NULLS_FIRST) != 0;
	}
}

/*
 * Copy the storage parameters that the engine has no field for.
 */
static void
copy_text_options(HypoIndex *hypo, Relation index)
{
	HeapTuple	tuple = SearchSysCache1(RELOID,
										ObjectIdGetDatum(RelationGetRelid(index)));
	bool		isnull = true;
	Datum		options = 0;
	ListCell   *cell;

	if (!HeapTupleIsValid(tuple))
		return;
	options = SysCacheGetAttr(RELOID, tuple, Anum_pg_class_reloptions,
							  &isnull);
	foreach(cell, isnull ? NIL : untransformRelOptions(options))
	{
		DefElem    *option = lfirst_node(DefElem, cell);

		if (strcmp(option->defname, "fillfactor") != 0)
			hypo_index_set_option(hypo, option->defname, defGetString(option));
	}
	ReleaseSysCache(tuple);
}

/*
 * Copy the storage parameters that change the size.
 */
static void
copy_options(HypoIndex *hypo, Relation index)
{
	if (index->rd_options == NULL)
		return;
	if (index_method(hypo->am)->keeps_options)
		copy_text_options(hypo, index);
	if (hypo->am == BTREE_AM_OID)
	{
		BTOptions  *options = (BTOptions *) index->rd_options;

		hypo->fillfactor = options->fillfactor;
		hypo->deduplicate = options->deduplicate_items;
	}
	else if (hypo->am == HASH_AM_OID)
		hypo->fillfactor = ((HashOptions *) index->rd_options)->fillfactor;
	else if (hypo->am == BRIN_AM_OID)
		hypo->pages_per_range =
			((BrinOptions *) index->rd_options)->pagesPerRange;
}

/*
 * Copy the definition of an index and predict its size; NULL for access methods
 * that the engine cannot predict.  Inside sandbox_run(), with both relations
 * locked.  The index is unique because it exists, so nothing has to be proven.
 */
static HypoIndex *
hypo_index_from_existing(Oid oid)
{
	Relation	index = index_open(oid, NoLock);
	Form_pg_index form = index->rd_index;
	HypoIndex  *hypo = NULL;

	if (index->rd_rel->relkind == RELKIND_INDEX &&
		hypo_am_supported(index->rd_rel->relam))
	{
		Relation	table = table_open(form->indrelid, NoLock);

		if (hypo_relation_indexable(table))
		{
			hypo = hypo_index_new(table, index->rd_rel->relam,
								  form->indnkeyatts, form->indnatts);
			hypo->unique = form->indisunique;
			hypo->predicate = copyObject(RelationGetIndexPredicate(index));
			hypo->tablespace = index->rd_rel->reltablespace;
			copy_columns(hypo, index);
			copy_options(hypo, index);
			hypo_index_complete(hypo, table);
		}
		table_close(table, NoLock);
	}
	index_close(index, NoLock);
	return hypo;
}

/*
 * Bytes on disk of an index that is locked.
 */
static double
actual_bytes(Oid oid)
{
	Relation	index = index_open(oid, NoLock);
	double		bytes = (double) RelationGetNumberOfBlocks(index) * BLCKSZ;

	index_close(index, NoLock);
	return bytes;
}

/*
 * Answer a question about the size, unless that would mean to wait for a lock;
 * a SandboxFn.
 */
static void
find_size(void *arg)
{
	SizeTask   *task = arg;
	Oid			table = IndexGetRelation(task->index, true);
	HypoIndex  *hypo;

	if (!OidIsValid(table) ||
		!ConditionalLockRelationOid(table, AccessShareLock) ||
		!ConditionalLockRelationOid(task->index, AccessShareLock) ||
		get_rel_relkind(task->index) != RELKIND_INDEX)
		return;
	if (!task->predicted)
	{
		task->bytes = actual_bytes(task->index);
		return;
	}
	hypo = hypo_index_from_existing(task->index);
	if (hypo != NULL)
		task->bytes = hypo_index_bytes(hypo);
}

/*
 * Return the size in question, or null.  Expressions of the index run as the
 * owner of the table, as they do when it is built.
 */
static Datum
size_datum(FunctionCallInfo fcinfo, bool predicted)
{
	SizeTask	task = {.index = PG_GETARG_OID(0),.predicted = predicted,
	.bytes = -1};
	Oid			table = IndexGetRelation(task.index, true);
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		PG_RETURN_NULL();
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	if (sandbox_run(owner, "pg_catalog, pg_temp", find_size, &task) != NULL ||
		task.bytes < 0)
		PG_RETURN_NULL();
	PG_RETURN_INT64((int64) task.bytes);
}

/*
 * predicted_index_size(index regclass)
 */
Datum
dbadvisor_predicted_index_size(PG_FUNCTION_ARGS)
{
	return size_datum(fcinfo, true);
}

/*
 * index_size(index regclass)
 */
Datum
dbadvisor_index_size(PG_FUNCTION_ARGS)
{
	return size_datum(fcinfo, false);
}
