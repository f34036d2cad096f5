/*-------------------------------------------------------------------------
 *
 * target.c
 *		The table and the columns that a search for dependencies is about.
 *
 * Rows are read with the caller's own rights: SELECT on every column, and no row
 * security in force, since what is hidden by a policy could be told from what
 * holds for all rows.  A partitioned table is read through its partitions.
 * No lock outlives the reading of a relation, and none is waited for longer than
 * dbadvisor.lock_timeout.  Entry points: target_open(), target_leaf_open().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type_d.h"
#include "miscadmin.h"
#include "optimizer/plancat.h"
#include "storage/bufmgr.h"
#include "storage/proc.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "argument.h"
#include "dbadvisor.h"
#include "dependency/dependency_internal.h"

/*
 * Open a relation, waiting for its lock no longer than is allowed.
 */
static Relation
open_impatiently(Oid relid)
{
	int			nest = NewGUCNestLevel();
	Relation	rel;

	if (LockTimeout == 0 || LockTimeout > dbadvisor_lock_timeout)
	{
		char		value[16];

		snprintf(value, sizeof(value), "%d", dbadvisor_lock_timeout);
		(void) set_config_option("lock_timeout", value, PGC_USERSET,
								 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
								 false);
	}
	rel = table_open(relid, AccessShareLock);
	AtEOXact_GUC(false, nest);
	return rel;
}

/*
 * Can values of this type be told apart, by its own default operator class?
 */
static bool
type_is_comparable(Oid typid)
{
	TypeCacheEntry *type = lookup_type_cache(typid, TYPECACHE_EQ_OPR |
											 TYPECACHE_HASH_PROC |
											 TYPECACHE_CMP_PROC);

	return (OidIsValid(type->hash_proc) && OidIsValid(type->eq_opr)) ||
		OidIsValid(type->cmp_proc);
}

/*
 * Raise an error unless the relation holds rows that can be read in order.
 */
static void
check_kind(Relation rel)
{
	char		kind = rel->rd_rel->relkind;

	if (kind != RELKIND_RELATION && kind != RELKIND_MATVIEW &&
		kind != RELKIND_PARTITIONED_TABLE)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a table or materialized view",
						RelationGetRelationName(rel))));
	if (RELATION_IS_OTHER_TEMP(rel))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot read temporary tables of other sessions")));
	if (!RelationIsPopulated(rel))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("materialized view \"%s\" has not been populated",
						RelationGetRelationName(rel)),
				 errhint("Use the REFRESH MATERIALIZED VIEW command.")));
}

/*
 * Raise an error unless the caller may read this column.
 */
static void
check_column_right(Relation rel, AttrNumber attnum)
{
	Oid			relid = RelationGetRelid(rel);

	if (pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) != ACLCHECK_OK &&
		pg_attribute_aclcheck(relid, attnum, GetUserId(),
							  ACL_SELECT) != ACLCHECK_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for column \"%s\" of relation \"%s\"",
						get_attname(relid, attnum, false),
						RelationGetRelationName(rel)),
				 errhint("Name the columns that you may read, or ask for SELECT on the table.")));
}

/*
 * Raise an error where a policy hides rows from the caller.
 */
static void
check_row_security(Relation rel)
{
	if (check_enable_rls(RelationGetRelid(rel), InvalidOid, true) != RLS_ENABLED)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("row-level security is in force on \"%s\"",
					RelationGetRelationName(rel)),
			 errdetail("What holds for all rows would tell of rows that a policy hides from you."),
			 errhint("Ask as the owner of the table, or as a role with BYPASSRLS.")));
}

/*
 * The attributes of the relation that the call names, or all that can be
 * compared; those left out are noted.
 */
static Bitmapset *
choose_attributes(Relation rel, ArrayType *columns, Target *target)
{
	TupleDesc	descriptor = RelationGetDescr(rel);
	Bitmapset  *chosen = NULL;
	Datum	   *elements;
	bool	   *nulls;
	int			nelements;

	if (columns == NULL)
	{
		for (int i = 0; i < descriptor->natts; i++)
		{
			Form_pg_attribute attribute = TupleDescAttr(descriptor, i);

			if (attribute->attisdropped)
				continue;
			if (type_is_comparable(attribute->atttypid) &&
				(attribute->attgenerated == '\0' ||
				 attribute->attgenerated == ATTRIBUTE_GENERATED_STORED))
				chosen = bms_add_member(chosen, attribute->attnum);
			else
				target->left_out = lappend(target->left_out,
										   pstrdup(NameStr(attribute->attname)));
		}
		return chosen;
	}
	deconstruct_array(columns, TEXTOID, -1, false, TYPALIGN_INT, &elements,
					  &nulls, &nelements);
	for (int i = 0; i < nelements; i++)
	{
		char	   *name;
		AttrNumber	attnum;

		if (nulls[i])
			refuse_argument("columns", "A column's name is null.",
							"Name columns of the table, or pass NULL for all.");
		name = TextDatumGetCString(elements[i]);
		attnum = get_attnum(RelationGetRelid(rel), name);
		if (attnum <= 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("column \"%s\" of relation \"%s\" does not exist",
							name, RelationGetRelationName(rel))));
		chosen = bms_add_member(chosen, attnum);
	}
	return chosen;
}

/*
 * Raise an error for a column that was named but cannot be compared.
 */
static void
check_comparable(Relation rel, AttrNumber attnum)
{
	Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(rel),
												attnum - 1);

	if (attribute->attgenerated != '\0' &&
		attribute->attgenerated != ATTRIBUTE_GENERATED_STORED)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("column \"%s\" is computed when it is read",
						NameStr(attribute->attname)),
				 errdetail("What determines it is in its definition.")));
	if (!type_is_comparable(attribute->atttypid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("values of column \"%s\" cannot be compared",
						NameStr(attribute->attname)),
				 errdetail("Type %s has no default operator class for hashing or sorting.",
						   format_type_be(attribute->atttypid))));
}

/*
 * Set the columns of the target, each checked.
 */
static void
set_columns(Target *target, Relation rel, ArrayType *columns)
{
	Bitmapset  *chosen = choose_attributes(rel, columns, target);
	int			n = bms_num_members(chosen);
	int			attnum = -1;

	target->attnums = palloc0(sizeof(AttrNumber) * Max(n, 1));
	target->names = palloc0(sizeof(char *) * Max(n, 1));
	while ((attnum = bms_next_member(chosen, attnum)) >= 0)
	{
		check_column_right(rel, attnum);
		check_comparable(rel, attnum);
		target->attnums[target->ncolumns] = attnum;
		target->names[target->ncolumns++] = get_attname(target->relid, attnum,
														false);
	}
}

/*
 * Note a relation with rows, and how many there may be.
 */
static void
add_leaf(Target *target, Relation rel)
{
	BlockNumber pages;
	double		tuples;
	double		all_visible;

	if (!RELKIND_HAS_STORAGE(rel->rd_rel->relkind))
		return;
	estimate_rel_size(rel, NULL, &pages, &tuples, &all_visible);
	target->leaves = lappend_oid(target->leaves, RelationGetRelid(rel));
	target->pages += RelationGetNumberOfBlocks(rel);
	target->tuples += tuples;
}

/*
 * Note the partitions of a partitioned table that hold rows.  Foreign tables
 * among them make the answer one about a part, so they are refused.
 */
static void
add_partitions(Target *target)
{
	ListCell   *cell;

	foreach(cell, find_all_inheritors(target->relid, NoLock, NULL))
	{
		Relation	rel;

		if (lfirst_oid(cell) == target->relid)
			continue;
		rel = open_impatiently(lfirst_oid(cell));
		if (rel->rd_rel->relkind == RELKIND_FOREIGN_TABLE)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("partition \"%s\" is a foreign table",
							RelationGetRelationName(rel)),
					 errhint("Ask about the other partitions one by one.")));
		add_leaf(target, rel);
		table_close(rel, AccessShareLock);
	}
}

/*
 * The position of a column among those of the target, or -1.
 */
static int
position_of(const Target *target, AttrNumber attnum)
{
	for (int i = 0; i < target->ncolumns; i++)
		if (target->attnums[i] == attnum)
			return i;
	return -1;
}

/*
 * Note a unique index, if it says something of all rows and of our columns
 * alone.
 */
static void
add_key(Target *target, Relation rel, Form_pg_index index)
{
	DeclaredKey *key;

	if (!index->indisunique || !index->indisvalid || !index->indislive)
		return;
	key = palloc0(sizeof(DeclaredKey));
	key->strict = index->indimmediate;
	for (int i = 0; i < index->indnkeyatts; i++)
	{
		AttrNumber	attnum = index->indkey.values[i];
		int			position = position_of(target, attnum);

		if (position < 0)
			return;
		key->positions = bms_add_member(key->positions, position);
		if (!TupleDescAttr(RelationGetDescr(rel), attnum - 1)->attnotnull &&
			!index->indnullsnotdistinct)
			key->strict = false;
	}
	target->keys = lappend(target->keys, key);
}

/*
 * Note the unique indexes of the table.
 */
static void
set_keys(Target *target, Relation rel)
{
	List	   *indexes = RelationGetIndexList(rel);
	ListCell   *cell;

	foreach(cell, indexes)
	{
		HeapTuple	tuple = SearchSysCache1(INDEXRELID,
											ObjectIdGetDatum(lfirst_oid(cell)));

		if (!HeapTupleIsValid(tuple))
			continue;
		if (heap_attisnull(tuple, Anum_pg_index_indpred, NULL) &&
			heap_attisnull(tuple, Anum_pg_index_indexprs, NULL))
			add_key(target, rel, (Form_pg_index) GETSTRUCT(tuple));
		ReleaseSysCache(tuple);
	}
	list_free(indexes);
}

/*
 * Find out what is to be read, or raise an error; see the top of the file.
 */
Target *
target_open(Oid relid, ArrayType *columns)
{
	Target	   *target = palloc0(sizeof(Target));
	Relation	rel = open_impatiently(relid);

	target->relid = relid;
	target->name = quote_qualified_identifier(get_namespace_name(RelationGetNamespace(rel)),
											  RelationGetRelationName(rel));
	check_kind(rel);
	check_row_security(rel);
	set_columns(target, rel, columns);
	set_keys(target, rel);
	if (rel->rd_rel->relkind == RELKIND_PARTITIONED_TABLE)
		add_partitions(target);
	else
		add_leaf(target, rel);
	table_close(rel, AccessShareLock);
	return target;
}

/*
 * Open a relation with rows of the target, and set the numbers that the columns
 * have in it.
 */
Relation
target_leaf_open(const Target *target, Oid leaf, AttrNumber *attnums)
{
	Relation	rel = open_impatiently(leaf);

	for (int i = 0; i < target->ncolumns; i++)
	{
		attnums[i] = leaf == target->relid ? target->attnums[i] :
			get_attnum(leaf, target->names[i]);
		if (attnums[i] <= 0 ||
			attnums[i] > RelationGetDescr(rel)->natts)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("column \"%s\" of relation \"%s\" does not exist",
							target->names[i], RelationGetRelationName(rel))));
	}
	return rel;
}

/*
 * Close it, and release its lock.
 */
void
target_leaf_close(Relation rel)
{
	table_close(rel, AccessShareLock);
}
