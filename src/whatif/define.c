/*-------------------------------------------------------------------------
 *
 * define.c
 *		A hypothetical index from the text of a CREATE INDEX statement.
 *
 * The text goes through the server's own parser and the checks of
 * DefineIndex(), with its messages, so that what is accepted here can be
 * created.  Entry point: hypo_index_from_text().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/brin.h"
#include "access/gist_private.h"
#include "access/hash.h"
#include "access/nbtree.h"
#include "access/relation.h"
#include "access/reloptions.h"
#include "access/spgist_private.h"
#include "access/sysattr.h"
#include "catalog/catalog.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_tablespace.h"
#include "commands/defrem.h"
#include "commands/tablespace.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_utilcmd.h"
#include "parser/parser.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/partcache.h"
#include "utils/rel.h"

#include "whatif/define.h"
#include "whatif/whatif_internal.h"

/*
 * Error context: show positions in the index definition, not in the SQL
 * statement that passed it to us.
 */
static void
definition_error_context(void *arg)
{
	int			position = geterrposition();

	if (position > 0)
	{
		errposition(0);
		internalerrposition(position);
		internalerrquery((const char *) arg);
	}
	else
		errcontext("index definition \"%s\"", (const char *) arg);
}

/*
 * Parse the text; anything but one CREATE INDEX is an error.
 */
static IndexStmt *
parse_definition(const char *definition)
{
	List	   *raw = raw_parser(definition, RAW_PARSE_DEFAULT);
	Node	   *stmt = raw == NIL ? NULL : linitial_node(RawStmt, raw)->stmt;

	if (list_length(raw) != 1 || !IsA(stmt, IndexStmt))
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("index definition must be one CREATE INDEX statement"),
				 errhint("Write for example \"CREATE INDEX ON orders (customer_id)\".")));
	return (IndexStmt *) stmt;
}

/*
 * Refuse a relation that cannot carry an index.
 */
static void
check_relation(Relation rel)
{
	char		relkind = rel->rd_rel->relkind;

	if (relkind != RELKIND_RELATION && relkind != RELKIND_MATVIEW &&
		relkind != RELKIND_PARTITIONED_TABLE)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("cannot create index on relation \"%s\"",
						RelationGetRelationName(rel)),
				 errdetail_relkind_not_supported(relkind),
				 relkind == RELKIND_VIEW ?
				 errhint("Index the tables that the view reads.") : 0,
				 relkind == RELKIND_FOREIGN_TABLE ?
				 errhint("Index the table on its own server.") : 0));
	if (IsSystemRelation(rel))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied: \"%s\" is a system catalog",
						RelationGetRelationName(rel)),
				 errhint("Only user tables can get a hypothetical index.")));
	if (RELATION_IS_OTHER_TEMP(rel))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot create indexes on temporary tables of other sessions"),
				 errhint("Ask in the session that made the table.")));
}

/*
 * Open and lock the relation that the statement names.
 */
static Relation
open_relation(const IndexStmt *stmt)
{
	RangeVar   *name = stmt->relation;
	Oid			relid = RangeVarGetRelid(name, AccessShareLock, true);
	Relation	rel;

	if (!OidIsValid(relid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation \"%s%s%s\" does not exist",
						name->schemaname ? name->schemaname : "",
						name->schemaname ? "." : "", name->relname),
				 errhint("Check the name, or qualify it with its schema.")));
	rel = relation_open(relid, NoLock);
	check_relation(rel);
	return rel;
}

/*
 * Refuse what the server would refuse for a partitioned table.
 */
static void
check_partitioned(const IndexStmt *stmt, Relation rel)
{
	if (rel->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
		return;
	if (stmt->concurrent)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot create index on partitioned table \"%s\" concurrently",
						RelationGetRelationName(rel)),
				 errhint("Leave out CONCURRENTLY.")));
	if (!stmt->relation->inh)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("an index on only the partitioned table \"%s\" would be invalid",
						RelationGetRelationName(rel)),
				 errhint("Leave out ONLY.")));
}

/*
 * Look the access method up and see that it can do what is asked of it.
 */
static Oid
check_access_method(const IndexStmt *stmt)
{
	Oid			am = get_index_am_oid(stmt->accessMethod, false);
	const IndexAmRoutine *routine;

	if (!hypo_am_supported(am))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("access method \"%s\" is not supported for hypothetical indexes",
						stmt->accessMethod),
				 errhint("Use btree, hash, brin, gin, gist, spgist, bloom, or hnsw or ivfflat of pgvector.")));
	routine = hypo_am_routine(am);
	if (stmt->unique && !routine->amcanunique)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("access method \"%s\" does not support unique indexes",
						stmt->accessMethod)));
	if (stmt->indexIncludingParams != NIL && !routine->amcaninclude)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("access method \"%s\" does not support included columns",
						stmt->accessMethod)));
	if (list_length(stmt->indexParams) > 1 && !routine->amcanmulticol)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("access method \"%s\" does not support multicolumn indexes",
						stmt->accessMethod)));
	return am;
}

/*
 * Keep the storage parameters that the engine has no field for, as text.
 */
static void
keep_other_options(HypoIndex *index, const IndexStmt *stmt)
{
	ListCell   *cell;

	if (!index_method(index->am)->keeps_options)
		return;
	foreach(cell, stmt->options)
	{
		DefElem    *option = lfirst_node(DefElem, cell);
		char	   *value = option->arg != NULL ? defGetString(option) : "true";

		if (strcmp(option->defname, "fillfactor") != 0)
			hypo_index_set_option(index, option->defname, value);
	}
}

/*
 * Read the storage parameters, checked as the access method does.
 */
static void
read_options(HypoIndex *index, const IndexStmt *stmt)
{
	Datum		options = transformRelOptions((Datum) 0, stmt->options, NULL,
											  NULL, false, false);
	const IndexAmRoutine *routine = hypo_am_routine(index->am);
	bytea	   *parsed = index_reloptions(routine->amoptions, options, true);

	if (parsed == NULL)
		return;
	keep_other_options(index, stmt);
	if (index->am == BTREE_AM_OID)
	{
		index->fillfactor = ((BTOptions *) parsed)->fillfactor;
		index->deduplicate = ((BTOptions *) parsed)->deduplicate_items;
	}
	else if (index->am == HASH_AM_OID)
		index->fillfactor = ((HashOptions *) parsed)->fillfactor;
	else if (index->am == GIST_AM_OID)
		index->fillfactor = ((GiSTOptions *) parsed)->fillfactor;
	else if (index->am == SPGIST_AM_OID)
		index->fillfactor = ((SpGistOptions *) parsed)->fillfactor;
	else if (index->am == BRIN_AM_OID)
		index->pages_per_range = ((BrinOptions *) parsed)->pagesPerRange;
}

/*
 * Find the tablespace that the index would be in; InvalidOid for the
 * database's default one.
 */
static Oid
choose_tablespace(const IndexStmt *stmt, Relation rel)
{
	bool		partitioned = rel->rd_rel->relkind == RELKIND_PARTITIONED_TABLE;
	Oid			tablespace;

	if (stmt->tableSpace == NULL)
		tablespace = GetDefaultTablespace(rel->rd_rel->relpersistence,
										  partitioned);
	else
	{
		tablespace = get_tablespace_oid(stmt->tableSpace, false);
		if (partitioned && tablespace == MyDatabaseTableSpace)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("cannot specify default tablespace for partitioned relations")));
	}
	if (tablespace == GLOBALTABLESPACE_OID)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("only shared relations can be placed in pg_global tablespace")));
	return tablespace == MyDatabaseTableSpace ? InvalidOid : tablespace;
}

/*
 * Refuse a predicate that could change its mind about a row.
 */
static void
set_predicate(HypoIndex *index, const IndexStmt *stmt)
{
	if (stmt->whereClause == NULL)
		return;
	if (hypo_expression_is_mutable(stmt->whereClause))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
				 errmsg("functions in index predicate must be marked IMMUTABLE")));
	index->predicate = make_ands_implicit((Expr *) stmt->whereClause);
}

/*
 * Return the columns that the index reads, as pull_varattnos() numbers them.
 */
static Bitmapset *
columns_read(const HypoIndex *index)
{
	Bitmapset  *columns = NULL;

	pull_varattnos((Node *) index->exprs, 1, &columns);
	pull_varattnos((Node *) index->predicate, 1, &columns);
	for (int i = 0; i < index->ncolumns; i++)
		if (index->attnums[i] != 0)
			columns = bms_add_member(columns, index->attnums[i] -
									 FirstLowInvalidHeapAttributeNumber);
	return columns;
}

/*
 * Refuse system columns, and columns that the user may not read: the predicted
 * size tells something about what is in them.
 */
static void
check_columns(const Bitmapset *columns, Relation rel)
{
	Oid			relid = RelationGetRelid(rel);
	bool		readable = pg_class_aclcheck(relid, GetUserId(),
											 ACL_SELECT) == ACLCHECK_OK;
	int			member = -1;

	while ((member = bms_next_member(columns, member)) >= 0)
	{
		AttrNumber	attnum = member + FirstLowInvalidHeapAttributeNumber;

		if (attnum < 0)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("index creation on system columns is not supported")));
		if (attnum > 0 && !hypo_column_indexable(rel, attnum))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("indexes on virtual generated columns are not supported")));
		if (readable)
			continue;
		if (attnum == 0 ||
			pg_attribute_aclcheck(relid, attnum, GetUserId(),
								  ACL_SELECT) != ACLCHECK_OK)
			aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE,
						   RelationGetRelationName(rel));
	}
}

/*
 * Is the column number a key column of the index?
 */
static bool
is_key_column(const HypoIndex *index, AttrNumber attnum)
{
	for (int i = 0; i < index->nkeycolumns; i++)
		if (attnum != 0 && index->attnums[i] == attnum)
			return true;
	return false;
}

/*
 * Refuse a unique index on a partitioned table that does not contain the
 * partition key.
 */
static void
check_unique_partitioned(const HypoIndex *index, Relation rel)
{
	PartitionKey key;

	if (!index->unique_asked ||
		rel->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
		return;
	key = RelationGetPartitionKey(rel);
	for (int i = 0; i < key->partnatts; i++)
		if (!is_key_column(index, key->partattrs[i]))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("unique constraint on partitioned table must include all partitioning columns"),
					 errhint("Add the partition key of \"%s\" to the index.",
							 RelationGetRelationName(rel))));
}

/*
 * Take the name from the statement, or choose one as the server would.
 */
static char *
choose_name(const IndexStmt *stmt, Relation rel)
{
	if (stmt->idxname == NULL)
		return hypo_index_choose_name(rel, index_elem_names(stmt));
	if (OidIsValid(get_relname_relid(stmt->idxname, RelationGetNamespace(rel))))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_TABLE),
				 errmsg("relation \"%s\" already exists", stmt->idxname),
				 errhint("Leave out the name to have one chosen.")));
	return pstrdup(stmt->idxname);
}

/*
 * Make the index that a transformed statement describes.
 */
static HypoIndex *
index_from_stmt(const IndexStmt *stmt, Relation rel)
{
	Oid			am = check_access_method(stmt);
	int			nkeycolumns = list_length(stmt->indexParams);
	HypoIndex  *index = hypo_index_new(rel, am, nkeycolumns, nkeycolumns +
									   list_length(stmt->indexIncludingParams));

	if (index->ncolumns > INDEX_MAX_KEYS)
		ereport(ERROR,
				(errcode(ERRCODE_TOO_MANY_COLUMNS),
				 errmsg("cannot use more than %d columns in an index",
						INDEX_MAX_KEYS)));
	index->tablespace = choose_tablespace(stmt, rel);
	index->name = choose_name(stmt, rel);
	index->unique_asked = stmt->unique;
	index->nulls_not_distinct = stmt->nulls_not_distinct;
	set_predicate(index, stmt);
	read_options(index, stmt);
	index_elems_resolve(index, stmt);
	check_columns(columns_read(index), rel);
	check_unique_partitioned(index, rel);
	hypo_index_complete(index, rel);
	return index;
}

/*
 * Parse and transform a definition, and open and lock its table.  Runs no code
 * of anybody yet.
 */
static IndexStmt *
definition_open(const char *definition, Relation *rel)
{
	IndexStmt  *stmt = parse_definition(definition);

	*rel = open_relation(stmt);
	check_partitioned(stmt, *rel);
	return transformIndexStmt(RelationGetRelid(*rel), stmt, definition);
}

/*
 * Make a hypothetical index from CREATE INDEX text; see whatif.h.
 */
HypoIndex *
hypo_index_from_text(const char *definition)
{
	ErrorContextCallback context;
	IndexStmt  *stmt;
	Relation	rel;
	HypoIndex  *index;

	context.callback = definition_error_context;
	context.arg = unconstify(char *, definition);
	context.previous = error_context_stack;
	error_context_stack = &context;

	stmt = definition_open(definition, &rel);
	index = index_from_stmt(stmt, rel);
	relation_close(rel, NoLock);

	error_context_stack = context.previous;
	return index;
}

/*
 * The expressions of a transformed statement, its predicate included.
 */
static List *
stmt_expressions(const IndexStmt *stmt)
{
	List	   *exprs = NIL;
	ListCell   *cell;

	foreach(cell, stmt->indexParams)
	{
		Node	   *expr = lfirst_node(IndexElem, cell)->expr;

		if (expr != NULL)
			exprs = lappend(exprs, expr);
	}
	if (stmt->whereClause != NULL)
		exprs = lappend(exprs, stmt->whereClause);
	return exprs;
}

/*
 * The columns that a transformed statement reads, as pull_varattnos() numbers
 * them.  One that does not exist is refused later.
 */
static Bitmapset *
stmt_columns(const IndexStmt *stmt, Oid relid)
{
	List	   *elems = list_concat_copy(stmt->indexParams,
										 stmt->indexIncludingParams);
	Bitmapset  *columns = NULL;
	ListCell   *cell;

	pull_varattnos((Node *) stmt_expressions(stmt), 1, &columns);
	foreach(cell, elems)
	{
		char	   *name = lfirst_node(IndexElem, cell)->name;
		AttrNumber	attnum = name == NULL ? InvalidAttrNumber :
		get_attnum(relid, name);

		if (attnum != InvalidAttrNumber)
			columns = bms_add_member(columns, attnum -
									 FirstLowInvalidHeapAttributeNumber);
	}
	return columns;
}

/*
 * May an index that somebody else has defined be looked at; see whatif.h.
 */
Oid
hypo_index_check_stored(const char *definition)
{
	Relation	rel;
	IndexStmt  *stmt = definition_open(definition, &rel);
	Oid			relid = RelationGetRelid(rel);
	Oid			owner = rel->rd_rel->relowner;

	check_columns(stmt_columns(stmt, relid), rel);
	if (!expressions_are_trusted(relid, stmt_expressions(stmt)))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied: the index would run a function that the owner of \"%s\" does not trust",
						RelationGetRelationName(rel)),
				 errhint("Have the function owned by the owner of the table.")));
	relation_close(rel, NoLock);
	return owner;
}
