/*-------------------------------------------------------------------------
 *
 * hypo.c
 *		The life of an index that does not exist: made empty, given columns,
 *		completed with what can be known of it before it is built.
 *
 * Everything of a HypoIndex is copied into the memory context in which it is
 * made; nothing points into the caches, so it survives invalidations.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/brin.h"
#include "access/genam.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/catalog.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "commands/defrem.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/plancat.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "whatif/whatif_internal.h"

/* OIDs below FirstNormalObjectId that a relation has; read once. */
static bool *oid_taken = NULL;
static Oid	last_oid = FirstNormalObjectId;

/*
 * Note which low OIDs name a relation.  They are given out by initdb only, so
 * that one look per session suffices.
 */
static void
read_taken_oids(void)
{
	Relation	pg_class = table_open(RelationRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	bool	   *taken = MemoryContextAllocZero(TopMemoryContext,
											   FirstNormalObjectId * sizeof(bool));

	ScanKeyInit(&key, Anum_pg_class_oid, BTLessStrategyNumber, F_OIDLT,
				ObjectIdGetDatum(FirstNormalObjectId));
	scan = systable_beginscan(pg_class, ClassOidIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		taken[((Form_pg_class) GETSTRUCT(tuple))->oid] = true;
	systable_endscan(scan);
	table_close(pg_class, AccessShareLock);
	oid_taken = taken;
}

/*
 * Return an OID that no relation has.  They are given out downwards and come
 * round again after some fifteen thousand.
 */
static Oid
next_oid(void)
{
	if (oid_taken == NULL)
		read_taken_oids();
	do
	{
		if (--last_oid == InvalidOid)
			last_oid = FirstNormalObjectId - 1;
	} while (oid_taken[last_oid]);
	return last_oid;
}

/*
 * Make an index without columns on a relation, everything at its default.
 */
HypoIndex *
hypo_index_new(Relation rel, Oid am, int nkeycolumns, int ncolumns)
{
	HypoIndex  *index = palloc0(sizeof(HypoIndex));

	index->oid = next_oid();
	index->relid = RelationGetRelid(rel);
	index->am = am;
	index->am_name = get_am_name(am);
	index->ncolumns = ncolumns;
	index->nkeycolumns = nkeycolumns;
	index->attnums = palloc0(ncolumns * sizeof(AttrNumber));
	index->collations = palloc0(ncolumns * sizeof(Oid));
	index->opclasses = palloc0(nkeycolumns * sizeof(Oid));
	index->opfamilies = palloc0(nkeycolumns * sizeof(Oid));
	index->opcintypes = palloc0(nkeycolumns * sizeof(Oid));
	index->descending = palloc0(nkeycolumns * sizeof(bool));
	index->nulls_first = palloc0(nkeycolumns * sizeof(bool));
	index->opclass_options = palloc0(nkeycolumns * sizeof(Datum));
	index->fillfactor = hypo_am_fillfactor(am);
	index->deduplicate = true;
	index->pages_per_range = BRIN_DEFAULT_PAGES_PER_RANGE;
	index->sample_rows = index_method(am)->sample_rows;
	index->tree_height = -1;
	return index;
}

/*
 * Set a column to "key": a Var of the table, or an expression over its Vars.
 * The operator class is InvalidOid for an INCLUDE column.
 */
void
hypo_index_set_column(HypoIndex *index, int column, Node *key, Oid opclass,
					  Oid collation)
{
	if (IsA(key, Var) && ((Var *) key)->varattno != InvalidAttrNumber)
		index->attnums[column] = ((Var *) key)->varattno;
	else
		index->exprs = lappend(index->exprs, copyObject(key));
	index->collations[column] = collation;
	if (column >= index->nkeycolumns)
		return;
	index->opclasses[column] = opclass;
	index->opfamilies[column] = get_opclass_family(opclass);
	index->opcintypes[column] = get_opclass_input_type(opclass);
}

/*
 * Choose the storage parameters that depend on the number of rows: of a
 * partitioned table, those of its largest partition.
 */
void
hypo_index_choose_options(HypoIndex *index, Relation rel)
{
	double		rows = 0;
	ListCell   *cell;

	foreach(cell, find_all_inheritors(RelationGetRelid(rel), AccessShareLock,
									  NULL))
	{
		Relation	table = table_open(lfirst_oid(cell), NoLock);
		BlockNumber pages;
		double		tuples = 0;
		double		all_visible;

		CHECK_FOR_INTERRUPTS();
		if (RELKIND_HAS_STORAGE(table->rd_rel->relkind))
			estimate_rel_size(table, NULL, &pages, &tuples, &all_visible);
		table_close(table, NoLock);
		rows = Max(rows, tuples);
	}
	index_method(index->am)->choose_options(index, rows);
}

/*
 * Fill in everything that follows from the definition and the statistics.  The
 * relation is locked.
 */
void
hypo_index_complete(HypoIndex *index, Relation rel)
{
	if (index->unique_asked)
		index->unique = hypo_index_unique_is_proven(index, rel);
	if (rel->rd_rel->relkind == RELKIND_PARTITIONED_TABLE)
	{
		hypo_index_add_leaves(index, rel);
		return;
	}
	if (index->exprs != NIL)
		hypo_index_sample_expressions(index, rel, EXPRESSION_SAMPLE_ROWS);
	hypo_index_estimate(index, rel);
}

/*
 * Is this a relation that the engine makes indexes on: a user's table or
 * materialized view, and not a temporary one of another session?
 */
bool
hypo_relation_indexable(Relation rel)
{
	char		relkind = rel->rd_rel->relkind;

	return (relkind == RELKIND_RELATION || relkind == RELKIND_MATVIEW ||
			relkind == RELKIND_PARTITIONED_TABLE) &&
		!IsSystemRelation(rel) && !RELATION_IS_OTHER_TEMP(rel);
}

/*
 * Can the column be in an index: neither a system column nor a generated one
 * that is not stored?
 */
bool
hypo_column_indexable(Relation rel, AttrNumber attnum)
{
	char		generated;

	if (attnum <= 0)
		return false;
	generated = TupleDescAttr(RelationGetDescr(rel), attnum - 1)->attgenerated;
	return generated == '\0' || generated == ATTRIBUTE_GENERATED_STORED;
}

/*
 * Would the server refuse to index this, because its value may change?  The
 * functions are looked at after inlining and default arguments, as in
 * DefineIndex().
 */
bool
hypo_expression_is_mutable(Node *node)
{
	Expr	   *planned = expression_planner((Expr *) copyObject(node));

	return contain_mutable_functions((Node *) planned);
}

/*
 * Return the index or leaf with exactly this OID, or NULL.
 */
HypoIndex *
hypo_index_exact(List *indexes, Oid oid)
{
	ListCell   *cell;

	foreach(cell, indexes)
	{
		HypoIndex  *index = lfirst(cell);

		if (index->oid == oid)
			return index;
		if (index->leaves != NIL)
		{
			HypoIndex  *leaf = hypo_index_exact(index->leaves, oid);

			if (leaf != NULL)
				return leaf;
		}
	}
	return NULL;
}

/*
 * Return the top-level index that has this OID or a leaf with it, or NULL.
 */
HypoIndex *
hypo_index_find(List *indexes, Oid oid)
{
	ListCell   *cell;

	foreach(cell, indexes)
	{
		HypoIndex  *index = lfirst(cell);

		if (index->oid == oid || hypo_index_exact(index->leaves, oid) != NULL)
			return index;
	}
	return NULL;
}

/*
 * Return the predicted size on disk.
 */
double
hypo_index_bytes(const HypoIndex *index)
{
	return index->pages * BLCKSZ;
}
