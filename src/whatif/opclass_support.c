/*-------------------------------------------------------------------------
 *
 * opclass_support.c
 *		How the operator class of a GIN, GiST or SP-GiST column makes an index
 *		entry of a value, and how wide that is.
 *
 * Operator classes are made by superusers only, so that their functions may
 * run with anybody's rights.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/amapi.h"
#include "access/gist.h"
#include "access/htup_details.h"
#include "access/reloptions.h"
#include "access/spgist.h"
#include "catalog/pg_am.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "whatif/whatif_internal.h"

/*
 * Return the type of the values that are given to an index column.
 */
Oid
hypo_index_column_type(const HypoIndex *index, Relation rel, int column)
{
	int			expression = 0;

	if (index->attnums[column] != 0)
		return TupleDescAttr(RelationGetDescr(rel),
							 index->attnums[column] - 1)->atttypid;
	for (int i = 0; i < column; i++)
		if (index->attnums[i] == 0)
			expression++;
	return exprType(list_nth(index->exprs, expression));
}

/*
 * Return support function "proc" of a column's operator class, or InvalidOid.
 */
static Oid
support_proc(const HypoIndex *index, int column, int proc)
{
	return get_opfamily_proc(index->opfamilies[column],
							 index->opcintypes[column],
							 index->opcintypes[column], proc);
}

/*
 * Ask an SP-GiST class what it does with values of a type.
 */
spgConfigOut
spgist_config(const HypoIndex *index, int column, Oid type)
{
	Oid			proc = support_proc(index, column, SPGIST_CONFIG_PROC);
	spgConfigIn in = {.attType = type};
	spgConfigOut out = {0};

	if (OidIsValid(proc))
		OidFunctionCall2Coll(proc, index->collations[column],
							 PointerGetDatum(&in), PointerGetDatum(&out));
	return out;
}

/*
 * Return the type that SP-GiST stores in its leaves; as getSpGistTupleDesc()
 * and spgGetCache() decide.
 */
static Oid
spgist_leaf_type(const HypoIndex *index, int column, Oid type)
{
	spgConfigOut out = spgist_config(index, column, type);

	return OidIsValid(out.leafType) ? out.leafType : type;
}

/*
 * Can an index-only scan return the values of a column?  What amcanreturn of
 * the access method says of an index that exists.
 */
bool
hypo_index_can_return(const HypoIndex *index, Relation rel, int column)
{
	switch (index->am)
	{
		case BTREE_AM_OID:
			return true;
		case GIST_AM_OID:
			return column >= index->nkeycolumns ||
				OidIsValid(support_proc(index, column, GIST_FETCH_PROC)) ||
				!OidIsValid(support_proc(index, column, GIST_COMPRESS_PROC));
		case SPGIST_AM_OID:
			return column >= index->nkeycolumns ||
				spgist_config(index, column,
							  hypo_index_column_type(index, rel,
													 column)).canReturnData;
		default:
			return false;
	}
}

/*
 * Return the type that the class stores for a column; as
 * ConstructTupleDescriptor() of the server decides.
 */
static Oid
stored_type(const HypoIndex *index, int column, Oid type)
{
	HeapTuple	tuple = SearchSysCache1(CLAOID,
										ObjectIdGetDatum(index->opclasses[column]));
	Oid			key_type;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator class %u",
			 index->opclasses[column]);
	key_type = ((Form_pg_opclass) GETSTRUCT(tuple))->opckeytype;
	ReleaseSysCache(tuple);
	if (index->am == SPGIST_AM_OID)
		return spgist_leaf_type(index, column, type);
	if (key_type == ANYELEMENTOID && index->opcintypes[column] == ANYARRAYOID)
		return get_base_element_type(type);
	/* other polymorphic ones store what they are given */
	if (!OidIsValid(key_type) || get_typtype(key_type) == TYPTYPE_PSEUDO)
		return key_type == CSTRINGOID ? CSTRINGOID : type;
	return key_type;
}

/*
 * Return the options of the class, its defaults where none are given; NULL
 * where it has none.
 */
bytea *
hypo_index_opclass_options(const HypoIndex *index, int column)
{
	int			number = hypo_am_routine(index->am)->amoptsprocnum;
	Oid			type = index->opcintypes[column];
	Oid			proc = number == 0 ? InvalidOid :
	get_opfamily_proc(index->opfamilies[column], type, type, number);
	local_relopts options;

	if (!OidIsValid(proc))
		return NULL;
	init_local_reloptions(&options, 0);
	OidFunctionCall1(proc, PointerGetDatum(&options));
	return build_local_reloptions(&options, index->opclass_options[column],
								  false);
}

/*
 * Look up what the class does to the values of a column: support function
 * "proc" and the type that it stores.  Lives in the current memory context.
 */
void
support_function_find(SupportFunction *support, const HypoIndex *index,
					  Relation rel, int column, int proc)
{
	Oid			function = support_proc(index, column, proc);

	MemSet(support, 0, sizeof(SupportFunction));
	/* as initGinState() and initGISTstate() do */
	support->collation = OidIsValid(index->collations[column]) ?
		index->collations[column] : DEFAULT_COLLATION_OID;
	support->stored_type = stored_type(index, column,
									   hypo_index_column_type(index, rel,
															  column));
	get_typlenbyvalalign(support->stored_type, &support->length,
						 &support->byval, &support->alignment);
	support->storage = get_typstorage(support->stored_type);
	if (!OidIsValid(function))
		return;
	fmgr_info(function, &support->function);
	set_fn_opclass_options(&support->function,
						   hypo_index_opclass_options(index, column));
}

/*
 * Return the bytes that a stored value takes in an index tuple, and whether
 * they start at the type's alignment.
 */
int
stored_width(const SupportFunction *support, Datum value, bool *aligned)
{
	Size		payload;

	*aligned = support->length > 0;
	if (support->length > 0)
		return support->length;
	if (support->length == -2)
		return (int) strlen(DatumGetCString(value)) + 1;
	payload = VARSIZE_ANY_EXHDR(DatumGetPointer(value));
	if (support->storage != TYPSTORAGE_PLAIN &&
		payload + VARHDRSZ_SHORT <= VARATT_SHORT_MAX)
		return (int) payload + VARHDRSZ_SHORT;
	*aligned = true;
	return (int) payload + VARHDRSZ;
}
