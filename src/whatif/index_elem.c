/*-------------------------------------------------------------------------
 *
 * index_elem.c
 *		Resolve the columns of a CREATE INDEX statement: attribute numbers,
 *		expressions, collations, operator classes and order.
 *
 * Follows ComputeIndexAttrs() of the server, with its messages.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/amapi.h"
#include "access/reloptions.h"
#include "catalog/heap.h"
#include "catalog/namespace.h"
#include "catalog/pg_attribute.h"
#include "commands/defrem.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "whatif/define.h"
#include "whatif/whatif_internal.h"

/*
 * Return a Var for the named column of the relation.
 */
static Node *
column_by_name(Oid relid, const char *name)
{
	HeapTuple	tuple = SearchSysCacheAttName(relid, name);
	Form_pg_attribute att;
	Node	   *var;

	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" does not exist", name)));
	att = (Form_pg_attribute) GETSTRUCT(tuple);
	var = (Node *) makeVar(1, att->attnum, att->atttypid, att->atttypmod,
						   att->attcollation, 0);
	ReleaseSysCache(tuple);
	return var;
}

/*
 * Return what the element indexes, a COLLATE clause on top removed: a Var or
 * an immutable expression.
 */
static Node *
elem_key(const IndexElem *elem, Oid relid)
{
	Node	   *key;

	if (elem->name != NULL)
		return column_by_name(relid, elem->name);
	key = elem->expr;
	while (IsA(key, CollateExpr))
		key = (Node *) ((CollateExpr *) key)->arg;
	if (!IsA(key, Var) && hypo_expression_is_mutable(key))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
				 errmsg("functions in index expression must be marked IMMUTABLE")));
	return key;
}

/*
 * Return the collation of a key column, and see that the type can have one.
 */
static Oid
elem_collation(const IndexElem *elem, const Node *key)
{
	Oid			type = exprType(key);
	Oid			collation = elem->expr != NULL ? exprCollation(elem->expr) :
	exprCollation(key);

	if (elem->collation != NIL)
		collation = get_collation_oid(elem->collation, false);
	if (type_is_collatable(type) && !OidIsValid(collation))
		ereport(ERROR,
				(errcode(ERRCODE_INDETERMINATE_COLLATION),
				 errmsg("could not determine which collation to use for index expression"),
				 errhint("Use the COLLATE clause to set the collation explicitly.")));
	if (!type_is_collatable(type) && OidIsValid(collation))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("collations are not supported by type %s",
						format_type_be(type))));
	return collation;
}

/*
 * Set the order of a key column.
 */
static void
resolve_order(HypoIndex *index, int column, const IndexElem *elem)
{
	bool		descending = elem->ordering == SORTBY_DESC;

	if (hypo_am_routine(index->am)->amcanorder)
	{
		index->descending[column] = descending;
		index->nulls_first[column] =
			elem->nulls_ordering == SORTBY_NULLS_DEFAULT ? descending :
			elem->nulls_ordering == SORTBY_NULLS_FIRST;
		return;
	}
	if (elem->ordering != SORTBY_DEFAULT)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("access method \"%s\" does not support ASC/DESC options",
						index->am_name)));
	if (elem->nulls_ordering != SORTBY_NULLS_DEFAULT)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("access method \"%s\" does not support NULLS FIRST/LAST options",
						index->am_name)));
}

/*
 * Keep the operator class options of a column, checked by the class itself.
 */
static void
resolve_opclass_options(HypoIndex *index, int column, const IndexElem *elem)
{
	const IndexAmRoutine *routine = hypo_am_routine(index->am);
	local_relopts relopts;
	Datum		options;
	Oid			proc = InvalidOid;

	if (elem->opclassopts == NIL)
		return;
	options = transformRelOptions((Datum) 0, elem->opclassopts, NULL, NULL,
								  false, false);
	if (routine->amoptsprocnum != 0)
		proc = get_opfamily_proc(index->opfamilies[column],
								 index->opcintypes[column],
								 index->opcintypes[column],
								 routine->amoptsprocnum);
	if (!OidIsValid(proc))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("operator class of column %d has no options",
						column + 1)));
	init_local_reloptions(&relopts, 0);
	OidFunctionCall1(proc, PointerGetDatum(&relopts));
	(void) build_local_reloptions(&relopts, options, true);
	index->opclass_options[column] = options;
}

/*
 * Return the operator class of a key column, the named or the default one.
 */
static Oid
elem_opclass(const IndexElem *elem, Oid type, const HypoIndex *index)
{
	Oid			opclass = elem->opclass != NIL ? InvalidOid :
	hypo_default_opclass(type, index->am);

	/* the server has the error message where there is none */
	return OidIsValid(opclass) ? opclass :
		ResolveOpClass(elem->opclass, type, index->am_name, index->am);
}

/*
 * Resolve a key column.
 */
static void
resolve_key_elem(HypoIndex *index, int column, const IndexElem *elem)
{
	Node	   *key = elem_key(elem, index->relid);
	Oid			collation = elem_collation(elem, key);
	Oid			opclass = elem_opclass(elem, exprType(key), index);

	/* as index_create() does: a "record" cannot be stored, for one */
	CheckAttributeType(elem->indexcolname ? elem->indexcolname : "expr",
					   exprType(key), collation, NIL, 0);
	hypo_index_set_column(index, column, key, opclass, collation);
	resolve_order(index, column, elem);
	resolve_opclass_options(index, column, elem);
}

/*
 * Resolve an INCLUDE column, which has nothing but its name.
 */
static void
resolve_included_elem(HypoIndex *index, int column, const IndexElem *elem)
{
	const char *excess = NULL;

	if (elem->expr != NULL && !IsA(elem->expr, Var))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("expressions are not supported in included columns")));
	if (elem->collation != NIL)
		excess = "a collation";
	else if (elem->opclass != NIL)
		excess = "an operator class";
	else if (elem->ordering != SORTBY_DEFAULT)
		excess = "ASC/DESC options";
	else if (elem->nulls_ordering != SORTBY_NULLS_DEFAULT)
		excess = "NULLS FIRST/LAST options";
	if (excess != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
				 errmsg("including column does not support %s", excess)));
	hypo_index_set_column(index, column, elem_key(elem, index->relid),
						  InvalidOid, InvalidOid);
}

/*
 * Resolve the columns of a transformed statement into the index.
 */
void
index_elems_resolve(HypoIndex *index, const IndexStmt *stmt)
{
	int			column = 0;
	ListCell   *cell;

	foreach(cell, stmt->indexParams)
		resolve_key_elem(index, column++, lfirst_node(IndexElem, cell));
	foreach(cell, stmt->indexIncludingParams)
		resolve_included_elem(index, column++, lfirst_node(IndexElem, cell));
}

/*
 * Return the names that CREATE INDEX would give to the columns.
 */
List *
index_elem_names(const IndexStmt *stmt)
{
	List	   *elems = list_concat_copy(stmt->indexParams,
										 stmt->indexIncludingParams);
	List	   *names = NIL;
	ListCell   *cell;

	foreach(cell, elems)
	{
		IndexElem  *elem = lfirst_node(IndexElem, cell);
		const char *name = elem->indexcolname;

		if (name == NULL)
			name = elem->name != NULL ? elem->name : "expr";
		names = lappend(names, pstrdup(name));
	}
	return names;
}
