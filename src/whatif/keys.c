/*-------------------------------------------------------------------------
 *
 * keys.c
 *		A hypothetical index from key columns that the planner has shown.
 *
 * What CREATE INDEX would refuse is no error here: the caller tries many keys
 * and wants to know which of them can be an index.
 * Entry point: hypo_index_from_keys().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_proc.h"
#include "commands/defrem.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "utils/syscache.h"

#include "whatif/whatif_internal.h"

/* What hypo_index_from_keys() was asked, in one place. */
typedef struct KeyRequest
{
	Relation	rel;
	Oid			am;
	List	   *keys;
	List	   *included;
	List	   *predicate;
	const Oid  *opclasses;
	const bool *descending;
	const bool *nulls_first;
} KeyRequest;

/*
 * check_functions_in_node() callback: is this the function of somebody who may
 * not do what the table's owner may?  A function that is gone is nobody's.
 */
static bool
function_is_foreign(Oid function, void *table_owner)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		return true;
	owner = ((Form_pg_proc) GETSTRUCT(tuple))->proowner;
	ReleaseSysCache(tuple);
	return !has_privs_of_role(owner, *(Oid *) table_owner);
}

/*
 * Could the expression run foreign code with the rights of the table's owner?
 * The statement that it comes from ran it as its own user only; sampling it,
 * and every later write to the table, would not.  The constraints of a domain
 * call functions that cannot be seen here.
 */
static bool
runs_foreign_code(Node *node, void *table_owner)
{
	if (node == NULL)
		return false;
	if (IsA(node, CoerceToDomain) ||
		check_functions_in_node(node, function_is_foreign, table_owner))
		return true;
	return expression_tree_walker(node, runs_foreign_code, table_owner);
}

/*
 * May the owner of a table evaluate these expressions over it; see whatif.h.
 */
bool
expressions_are_trusted(Oid relid, List *exprs)
{
	Oid			owner = relation_owner(relid);

	return OidIsValid(owner) && !runs_foreign_code((Node *) exprs, &owner);
}

/*
 * Can the expression be a key: a user column, or an immutable expression over
 * user columns that the table's owner can trust?
 */
static bool
key_is_indexable(Relation rel, Node *key)
{
	Bitmapset  *columns = NULL;
	int			member = -1;

	pull_varattnos(key, 1, &columns);
	if (columns == NULL)
		return false;
	while ((member = bms_next_member(columns, member)) >= 0)
	{
		if (!hypo_column_indexable(rel, member +
								   FirstLowInvalidHeapAttributeNumber))
			return false;
	}
	return IsA(key, Var) ||
		(!runs_foreign_code(key, &rel->rd_rel->relowner) &&
		 !hypo_expression_is_mutable(key));
}

/*
 * Is the operator class one of the access method for values of this type?
 * Others would misread them.
 */
static bool
class_fits(Oid opclass, Oid am, Oid type)
{
	HeapTuple	tuple = SearchSysCache1(CLAOID, ObjectIdGetDatum(opclass));
	Form_pg_opclass class;
	bool		fits;

	if (!HeapTupleIsValid(tuple))
		return false;
	class = (Form_pg_opclass) GETSTRUCT(tuple);
	fits = class->opcmethod == am && IsBinaryCoercible(type, class->opcintype);
	ReleaseSysCache(tuple);
	return fits;
}

/*
 * Set key column "column"; false when it cannot be one.
 */
static bool
set_key(HypoIndex *index, int column, Node *key, const KeyRequest *request)
{
	Oid			opclass = request->opclasses ? request->opclasses[column] :
	InvalidOid;
	Oid			collation = exprCollation(key);

	if (!key_is_indexable(request->rel, key))
		return false;
	if (!OidIsValid(opclass))
		opclass = hypo_default_opclass(exprType(key), index->am);
	if (!class_fits(opclass, index->am, exprType(key)) ||
		(type_is_collatable(exprType(key)) && !OidIsValid(collation)))
		return false;
	hypo_index_set_column(index, column, key, opclass, collation);
	if (request->descending && hypo_am_routine(index->am)->amcanorder)
		index->descending[column] = request->descending[column];
	if (request->nulls_first && hypo_am_routine(index->am)->amcanorder)
		index->nulls_first[column] = request->nulls_first[column];
	return true;
}

/*
 * Set all columns; false when an index on them cannot exist.
 */
static bool
set_columns(HypoIndex *index, const KeyRequest *request)
{
	int			column = 0;
	ListCell   *cell;

	foreach(cell, request->keys)
	{
		if (!set_key(index, column, lfirst(cell), request))
			return false;
		column++;
	}
	foreach(cell, request->included)
	{
		if (!hypo_column_indexable(request->rel, lfirst_int(cell)))
			return false;
		index->attnums[column++] = (AttrNumber) lfirst_int(cell);
	}
	return request->predicate == NIL ||
		(!runs_foreign_code((Node *) request->predicate,
							&request->rel->rd_rel->relowner) &&
		 !hypo_expression_is_mutable((Node *) request->predicate));
}

/*
 * Return the name that CREATE INDEX would use for an expression.
 */
static char *
expression_name(const Node *node)
{
	if (IsA(node, FuncExpr) &&
		((const FuncExpr *) node)->funcformat == COERCE_EXPLICIT_CALL)
		return get_func_name(((const FuncExpr *) node)->funcid);
	return pstrdup("expr");
}

/*
 * Return the names that CREATE INDEX would use for the columns.
 */
static List *
column_names(const HypoIndex *index)
{
	ListCell   *expression = list_head(index->exprs);
	List	   *names = NIL;

	for (int i = 0; i < index->ncolumns; i++)
	{
		if (index->attnums[i] != 0)
			names = lappend(names, get_attname(index->relid,
											   index->attnums[i], false));
		else
		{
			names = lappend(names, expression_name(lfirst(expression)));
			expression = lnext(index->exprs, expression);
		}
	}
	return names;
}

/*
 * Is a row of the index as a rule too wide for its access method?
 */
static bool
too_wide(const HypoIndex *index)
{
	double		width = 0;
	ListCell   *cell;

	if (index->am != BTREE_AM_OID)
		return false;
	for (int i = 0; i < index->ncolumns; i++)
		if (index->attnums[i] != 0)
			width += Max(get_attavgwidth(index->relid, index->attnums[i]), 0);
	foreach(cell, index->exprs)
		width += get_typavgwidth(exprType(lfirst(cell)),
								 exprTypmod(lfirst(cell)));
	/* a B-tree page must hold three rows */
	return width > BLCKSZ / 3;
}

/*
 * Complete the index in a subtransaction: an expression, or what an operator
 * class makes of a value, may fail on some row,
 * and then CREATE INDEX would fail too.  False when it does; what is not the
 * expression's fault, cancellation above all, is raised again.
 */
static bool
complete_or_fail(HypoIndex *index, Relation rel)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile bool done = false;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		hypo_index_complete(index, rel);
		ReleaseCurrentSubTransaction();
		done = true;
	}
	PG_CATCH();
	{
		ErrorData  *error;
		int			class;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
		class = ERRCODE_TO_CATEGORY(error->sqlerrcode);
		if (class == ERRCODE_OPERATOR_INTERVENTION ||
			class == ERRCODE_INSUFFICIENT_RESOURCES ||
			class == ERRCODE_INTERNAL_ERROR)
			ReThrowError(error);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return done;
}

/*
 * Make the index, or return NULL.
 */
static HypoIndex *
make_index(const KeyRequest *request)
{
	int			nkeys = list_length(request->keys);
	int			ncolumns = nkeys + list_length(request->included);
	HypoIndex  *index;

	if (!hypo_am_supported(request->am) ||
		!hypo_relation_indexable(request->rel) ||
		nkeys == 0 || ncolumns > INDEX_MAX_KEYS ||
		(nkeys > 1 && !hypo_am_routine(request->am)->amcanmulticol) ||
		(ncolumns > nkeys && !hypo_am_routine(request->am)->amcaninclude))
		return NULL;
	index = hypo_index_new(request->rel, request->am, nkeys, ncolumns);
	if (!set_columns(index, request) || too_wide(index))
		return NULL;
	index->predicate = copyObject(request->predicate);
	if (index_method(index->am)->choose_options != NULL)
		hypo_index_choose_options(index, request->rel);
	index->name = hypo_index_choose_name(request->rel, column_names(index));
	if (index->exprs == NIL && !hypo_index_reads_rows(index))
		hypo_index_complete(index, request->rel);
	else if (!complete_or_fail(index, request->rel))
		return NULL;
	return index;
}

/*
 * Make a hypothetical index from key columns; see whatif.h.
 */
HypoIndex *
hypo_index_from_keys(Oid relid, const char *am_name, List *keys,
					 const Oid *opclasses, const bool *descending,
					 const bool *nulls_first, List *included,
					 List *predicate)
{
	KeyRequest	request = {
		.rel = table_open(relid, AccessShareLock),
		.am = get_index_am_oid(am_name, false),
		.keys = keys,
		.included = included,
		.predicate = predicate,
		.opclasses = opclasses,
		.descending = descending,
		.nulls_first = nulls_first,
	};
	HypoIndex  *index = make_index(&request);

	table_close(request.rel, NoLock);
	return index;
}
