/*-------------------------------------------------------------------------
 *
 * index_shape.c
 *		What an index is, and whether another one can stand in for it.
 *
 * Existing indexes are read from the catalog caches without any lock, so that
 * nobody waits; expressions are compared as trees, never as text.
 * Entry points: index_shape_read(), index_shape_of_hypo(), index_shape_cover().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_am.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parser.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "index/drop_internal.h"

/* Both bits of a key's order are turned round when it is read backwards. */
#define ORDER_BITS (INDOPTION_DESC | INDOPTION_NULLS_FIRST)

static const char *const cover_names[] = {
	"none", "same", "reversed", "include", "prefix", "rows"
};

/*
 * Name of a cover, as SQL sees it.
 */
const char *
cover_name(Cover cover)
{
	return cover_names[cover];
}

/*
 * A list of nodes stored in pg_index, or NIL.
 */
static List *
stored_nodes(HeapTuple tuple, int attribute)
{
	bool		isnull;
	Datum		datum = SysCacheGetAttr(INDEXRELID, tuple, attribute, &isnull);

	return isnull ? NIL :
		castNode(List, stringToNode(TextDatumGetCString(datum)));
}

/*
 * An array column of pg_index that is never null.
 */
static Datum
stored_array(HeapTuple tuple, int attribute)
{
	bool		isnull;
	Datum		datum = SysCacheGetAttr(INDEXRELID, tuple, attribute, &isnull);

	if (isnull)
		elog(ERROR, "unexpected null in column %d of pg_index", attribute);
	return datum;
}

/*
 * A column as an expression with varno 1.  No type: within one table the number
 * says it all.
 */
static Node *
column_node(AttrNumber attnum, List *exprs, ListCell **next)
{
	Node	   *expr;

	if (attnum != 0)
		return (Node *) makeVar(1, attnum, InvalidOid, -1, InvalidOid, 0);
	expr = lfirst(*next);
	*next = lnext(exprs, *next);
	return expr;
}

/*
 * Make room for the keys.
 */
static IndexShape *
shape_new(Oid oid, Oid relid, Oid am, int nkeys, int ncolumns)
{
	IndexShape *shape = palloc0(sizeof(IndexShape));

	shape->oid = oid;
	shape->relid = relid;
	shape->am = am;
	shape->nkeys = nkeys;
	shape->ncolumns = ncolumns;
	shape->opfamilies = palloc0(nkeys * sizeof(Oid));
	shape->opcintypes = palloc0(nkeys * sizeof(Oid));
	shape->opclasses = palloc0(nkeys * sizeof(Oid));
	shape->collations = palloc0(nkeys * sizeof(Oid));
	shape->options = palloc0(nkeys * sizeof(int16));
	return shape;
}

/*
 * Has the operator class of an index's column options?  No, when the index is
 * gone.
 */
static bool
column_has_options(Oid index, AttrNumber attnum)
{
	HeapTuple	tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(index),
										Int16GetDatum(attnum));
	bool		isnull = true;

	if (HeapTupleIsValid(tuple))
	{
		(void) SysCacheGetAttr(ATTNUM, tuple, Anum_pg_attribute_attoptions,
							   &isnull);
		ReleaseSysCache(tuple);
	}
	return !isnull;
}

/*
 * The storage parameters of an index as text, or NULL.
 */
static char *
storage_options(HeapTuple class)
{
	bool		isnull;
	Datum		options = SysCacheGetAttr(RELOID, class,
										  Anum_pg_class_reloptions, &isnull);

	return isnull ? NULL : OidOutputFunctionCall(F_ARRAY_OUT, options);
}

/*
 * Set the columns from the row of pg_index.
 */
static void
shape_set_columns(IndexShape *shape, HeapTuple tuple)
{
	Form_pg_index form = (Form_pg_index) GETSTRUCT(tuple);
	oidvector  *classes = (oidvector *)
	DatumGetPointer(stored_array(tuple, Anum_pg_index_indclass));
	oidvector  *collations = (oidvector *)
	DatumGetPointer(stored_array(tuple, Anum_pg_index_indcollation));
	int2vector *options = (int2vector *)
	DatumGetPointer(stored_array(tuple, Anum_pg_index_indoption));
	List	   *exprs = stored_nodes(tuple, Anum_pg_index_indexprs);
	ListCell   *next = list_head(exprs);

	for (int i = 0; i < shape->ncolumns; i++)
	{
		shape->columns = lappend(shape->columns,
								 column_node(form->indkey.values[i], exprs,
											 &next));
		if (i >= shape->nkeys)
			continue;
		shape->opclasses[i] = classes->values[i];
		shape->collations[i] = collations->values[i];
		shape->options[i] = options->values[i];
		get_opclass_opfamily_and_input_type(classes->values[i],
											&shape->opfamilies[i],
											&shape->opcintypes[i]);
		if (column_has_options(shape->oid, i + 1))
			shape->has_opclass_options = true;
	}
}

/*
 * Read an existing index; NULL when it is gone.
 */
IndexShape *
index_shape_read(Oid index)
{
	HeapTuple	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index));
	HeapTuple	class = SearchSysCache1(RELOID, ObjectIdGetDatum(index));
	IndexShape *shape = NULL;

	if (HeapTupleIsValid(tuple) && HeapTupleIsValid(class))
	{
		Form_pg_index form = (Form_pg_index) GETSTRUCT(tuple);

		shape = shape_new(index, form->indrelid,
						  ((Form_pg_class) GETSTRUCT(class))->relam,
						  form->indnkeyatts, form->indnatts);
		shape_set_columns(shape, tuple);
		shape->storage = storage_options(class);
		shape->predicate = stored_nodes(tuple, Anum_pg_index_indpred);
		shape->unique = form->indisunique;
		shape->immediate = form->indimmediate;
		shape->nulls_not_distinct = form->indnullsnotdistinct;
		shape->usable = form->indisvalid && form->indisready &&
			form->indislive;
	}
	if (HeapTupleIsValid(tuple))
		ReleaseSysCache(tuple);
	if (HeapTupleIsValid(class))
		ReleaseSysCache(class);
	return shape;
}

/*
 * The shape of a hypothetical index.  It is never taken for unique.
 */
IndexShape *
index_shape_of_hypo(const HypoIndex *hypo)
{
	IndexShape *shape = shape_new(hypo->oid, hypo->relid, hypo->am,
								  hypo->nkeycolumns, hypo->ncolumns);
	ListCell   *next = list_head(hypo->exprs);

	for (int i = 0; i < shape->ncolumns; i++)
	{
		shape->columns = lappend(shape->columns,
								 column_node(hypo->attnums[i], hypo->exprs,
											 &next));
		if (i >= shape->nkeys)
			continue;
		shape->opclasses[i] = hypo->opclasses[i];
		shape->opfamilies[i] = hypo->opfamilies[i];
		shape->opcintypes[i] = hypo->opcintypes[i];
		shape->collations[i] = hypo->collations[i];
		shape->options[i] = (hypo->descending[i] ? INDOPTION_DESC : 0) |
			(hypo->nulls_first[i] ? INDOPTION_NULLS_FIRST : 0);
		if (hypo->opclass_options[i] != (Datum) 0)
			shape->has_opclass_options = true;
	}
	shape->predicate = hypo->predicate;
	shape->immediate = true;
	shape->usable = true;
	return shape;
}

/*
 * Is it a test of a column for NULL?  That runs no function.
 */
static bool
is_null_test(Node *clause)
{
	return IsA(clause, NullTest) &&
		IsA(castNode(NullTest, clause)->arg, ColumnRef);
}

/*
 * Make the index that a stored finding wants to be created, if it is on plain
 * columns, of all rows or those where one is or is not NULL.  Others are refused before anything of them is looked at: whoever
 * may write findings could have functions run with the rights of who reads
 * them.  Inside sandbox_run().
 */
HypoIndex *
index_of_plain_columns(const char *definition)
{
	List	   *raw = raw_parser(definition, RAW_PARSE_DEFAULT);
	Node	   *stmt = raw == NIL ? NULL : linitial_node(RawStmt, raw)->stmt;
	bool		plain = list_length(raw) == 1 && IsA(stmt, IndexStmt) &&
	(((IndexStmt *) stmt)->whereClause == NULL ||
	 is_null_test(((IndexStmt *) stmt)->whereClause));
	ListCell   *lc;

	if (plain)
		foreach(lc, ((IndexStmt *) stmt)->indexParams)
			plain &= lfirst_node(IndexElem, lc)->expr == NULL;
	if (!plain)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("index is not one on plain columns without conditions")));
	return hypo_index_from_text(definition);
}

/*
 * Do both indexes keep this key by the same rules, but for its direction?
 */
static bool
keys_agree(const IndexShape *index, const IndexShape *other, int key)
{
	return equal(list_nth(index->columns, key), list_nth(other->columns, key)) &&
		index->opclasses[key] == other->opclasses[key] &&
		index->opfamilies[key] == other->opfamilies[key] &&
		index->opcintypes[key] == other->opcintypes[key] &&
		index->collations[key] == other->collations[key];
}

/*
 * Compare the keys of "index" with the first keys of "other".  Sets *reversed
 * when they agree read backwards only.
 */
static bool
keys_lead(const IndexShape *index, const IndexShape *other, bool *reversed)
{
	bool		forwards = true;
	bool		backwards = index->am == BTREE_AM_OID;

	if (index->nkeys > other->nkeys)
		return false;
	for (int i = 0; i < index->nkeys; i++)
	{
		int			difference = index->options[i] ^ other->options[i];

		if (!keys_agree(index, other, i))
			return false;
		if (difference != 0)
			forwards = false;
		if (difference != ORDER_BITS)
			backwards = false;
	}
	*reversed = !forwards;
	return forwards || backwards;
}

/*
 * Do both indexes find rows with the same effort, as far as storage parameters
 * go?  Those of a B-tree or hash index leave it as it is; others say how
 * exact an index is, such as the pages of a BRIN range.
 */
static bool
storage_agrees(const IndexShape *index, const IndexShape *other)
{
	if (index->am == BTREE_AM_OID || index->am == HASH_AM_OID)
		return true;
	if (index->storage == NULL || other->storage == NULL)
		return index->storage == other->storage;
	return strcmp(index->storage, other->storage) == 0;
}

/*
 * Does "other" store each INCLUDE column of "index"?
 */
static bool
included_are_stored(const IndexShape *index, const IndexShape *other)
{
	for (int i = index->nkeys; i < index->ncolumns; i++)
		if (!list_member(other->columns, list_nth(index->columns, i)))
			return false;
	return true;
}

/*
 * Does the predicate of "index" guarantee that of "other", so that each row of
 * the one is in the other?
 */
static bool
rows_are_contained(const IndexShape *index, const IndexShape *other)
{
	return other->predicate == NIL ||
		equal(index->predicate, other->predicate) ||
		(index->predicate != NIL &&
		 predicate_implied_by(other->predicate, index->predicate, false));
}

/*
 * Would "other" enforce the uniqueness that "index" does?  Only the very same
 * keys count: a narrower unique index is no arbiter for ON CONFLICT and no
 * target for a foreign key.
 */
static bool
uniqueness_is_kept(const IndexShape *index, const IndexShape *other)
{
	return !index->unique ||
		(other->unique && other->immediate &&
		 index->nkeys == other->nkeys &&
		 index->nulls_not_distinct == other->nulls_not_distinct &&
		 equal(index->predicate, other->predicate));
}

/*
 * What has "other" more than "index", which it covers?
 */
static Cover
cover_kind(const IndexShape *index, const IndexShape *other, bool reversed)
{
	if (index->nkeys < other->nkeys)
		return COVER_PREFIX;
	if (!rows_are_contained(other, index))
		return COVER_ROWS;
	if (!included_are_stored(other, index))
		return COVER_INCLUDE;
	return reversed ? COVER_REVERSED : COVER_SAME;
}

/*
 * Can "other" do all that "index" does?  Only a B-tree serves by the first of
 * its keys; of other access methods all keys must be the same.  Comparing
 * predicates may run operators: to be called inside sandbox_run() when both
 * have one.
 */
Cover
index_shape_cover(const IndexShape *index, const IndexShape *other)
{
	bool		reversed;

	if (index->oid == other->oid || index->relid != other->relid ||
		index->am != other->am || !other->usable ||
		index->has_opclass_options || other->has_opclass_options ||
		(index->nkeys != other->nkeys && index->am != BTREE_AM_OID))
		return COVER_NONE;
	if (!storage_agrees(index, other) ||
		!keys_lead(index, other, &reversed) ||
		!included_are_stored(index, other) ||
		!uniqueness_is_kept(index, other) ||
		!rows_are_contained(index, other))
		return COVER_NONE;
	return cover_kind(index, other, reversed);
}
