/*-------------------------------------------------------------------------
 *
 * index_pairs.c
 *		Which index can stand in for which: SQL functions index_pairs() and
 *		index_covered_by().
 *
 * Looks into the catalog only and locks no table.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "index/drop_internal.h"

PG_FUNCTION_INFO_V1(dbadvisor_index_pairs);
PG_FUNCTION_INFO_V1(dbadvisor_index_covered_by);

/* An index, its table and its first key; 0 for an expression. */
typedef struct IndexOnTable
{
	Oid			relid;
	Oid			index;
	AttrNumber	first_key;
} IndexOnTable;

/* A comparison of all indexes of a table, or of one more with them. */
typedef struct Comparison
{
	ReturnSetInfo *result;
	List	   *shapes;			/* of IndexShape */
	const char *definition;		/* of the index that does not exist, or NULL */
} Comparison;

/*
 * Order by table and first key.
 */
static int
compare_places(const ListCell *a, const ListCell *b)
{
	const IndexOnTable *left = lfirst(a);
	const IndexOnTable *right = lfirst(b);

	if (left->relid != right->relid)
		return left->relid < right->relid ? -1 : 1;
	if (left->first_key != right->first_key)
		return left->first_key < right->first_key ? -1 : 1;
	return (left->index > right->index) - (left->index < right->index);
}

/*
 * Indexes of the tables of users, ordered by table and first key; of one table
 * only where "relid" names one.
 */
static List *
indexes_by_table(Oid relid)
{
	Relation	pg_index = table_open(IndexRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(pg_index, InvalidOid, false, NULL, 0,
										  NULL);
	List	   *result = NIL;
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_index form = (Form_pg_index) GETSTRUCT(tuple);
		IndexOnTable *entry;

		if (form->indrelid < FirstNormalObjectId ||
			(OidIsValid(relid) && form->indrelid != relid))
			continue;
		entry = palloc(sizeof(IndexOnTable));
		entry->relid = form->indrelid;
		entry->index = form->indexrelid;
		entry->first_key = form->indkey.values[0];
		result = lappend(result, entry);
	}
	systable_endscan(scan);
	table_close(pg_index, AccessShareLock);
	list_sort(result, compare_places);
	return result;
}

/*
 * Has an index the table and first key of the one at another place of the list?
 */
static bool
is_rival(const List *indexes, const IndexOnTable *entry, int place)
{
	const IndexOnTable *other;

	if (place < 0 || place >= list_length(indexes))
		return false;
	other = list_nth(indexes, place);
	return other->relid == entry->relid && other->first_key == entry->first_key;
}

/*
 * Those of the ordered indexes that begin with the same key as another one of
 * their table.  No other can cover one or be covered: most need not be read.
 */
static List *
rivals(const List *indexes)
{
	List	   *result = NIL;

	for (int i = 0; i < list_length(indexes); i++)
	{
		IndexOnTable *entry = list_nth(indexes, i);

		if (is_rival(indexes, entry, i - 1) || is_rival(indexes, entry, i + 1))
			result = lappend(result, entry);
	}
	return result;
}

/*
 * Return the row that says how an index is covered.
 */
static void
put_pair(ReturnSetInfo *result, const IndexShape *index,
		 const IndexShape *other, Cover cover)
{
	Datum		values[3];
	bool		nulls[3] = {false};

	values[0] = ObjectIdGetDatum(index->oid);
	values[1] = ObjectIdGetDatum(other->oid);
	values[2] = CStringGetTextDatum(cover_name(cover));
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/*
 * Compare each index of a table with each other; a SandboxFn.
 */
static void
compare_all(void *arg)
{
	Comparison *comparison = arg;
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, comparison->shapes)
		foreach(lc2, comparison->shapes)
	{
		Cover		cover = index_shape_cover(lfirst(lc), lfirst(lc2));

		CHECK_FOR_INTERRUPTS();
		if (cover != COVER_NONE)
			put_pair(comparison->result, lfirst(lc), lfirst(lc2), cover);
	}
}

/*
 * Number of indexes with a predicate.
 */
static int
count_partial(List *shapes)
{
	int			count = 0;
	ListCell   *lc;

	foreach(lc, shapes)
		count += ((IndexShape *) lfirst(lc))->predicate != NIL;
	return count;
}

/*
 * Compare the indexes of one table.  Two predicates may need operators of the
 * table's owner to be compared, so that is done as the owner; an error there
 * means that nothing is known of this table.
 */
static void
compare_table(ReturnSetInfo *result, List *shapes)
{
	Comparison	comparison = {.result = result,.shapes = shapes};
	Oid			owner;

	if (list_length(shapes) < 2)
		return;
	if (count_partial(shapes) < 2)
	{
		compare_all(&comparison);
		return;
	}
	owner = relation_owner(((IndexShape *) linitial(shapes))->relid);
	if (OidIsValid(owner))
		(void) sandbox_run(owner, "pg_catalog, pg_temp", compare_all,
						   &comparison);
}

/*
 * index_pairs(): every index that another one of its table covers.
 */
Datum
dbadvisor_index_pairs(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext step;
	MemoryContext caller = CurrentMemoryContext;
	List	   *indexes;
	List	   *shapes = NIL;
	Oid			relid = InvalidOid;
	ListCell   *lc;

	InitMaterializedSRF(fcinfo, 0);
	indexes = rivals(indexes_by_table(InvalidOid));
	step = AllocSetContextCreate(caller, "dbadvisor index pairs",
								 ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(step);
	foreach(lc, indexes)
	{
		IndexOnTable *entry = lfirst(lc);
		IndexShape *shape;

		CHECK_FOR_INTERRUPTS();
		if (entry->relid != relid)
		{
			compare_table(result, shapes);
			MemoryContextReset(step);
			shapes = NIL;
			relid = entry->relid;
		}
		shape = index_shape_read(entry->index);
		if (shape != NULL)
			shapes = lappend(shapes, shape);
	}
	compare_table(result, shapes);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(step);
	return (Datum) 0;
}

/*
 * Compare the existing indexes of a table with one that does not exist; a
 * SandboxFn.
 */
static void
compare_with_new(void *arg)
{
	Comparison *comparison = arg;
	IndexShape *other =
	index_shape_of_hypo(index_of_plain_columns(comparison->definition));
	ListCell   *lc;

	foreach(lc, indexes_by_table(other->relid))
	{
		IndexShape *shape =
		index_shape_read(((IndexOnTable *) lfirst(lc))->index);
		Cover		cover = shape == NULL ? COVER_NONE :
		index_shape_cover(shape, other);

		if (cover != COVER_NONE)
			put_pair(comparison->result, shape, other, cover);
	}
}

/*
 * index_covered_by(definition text): the indexes that one to be created would
 * cover.  None when it cannot be created, or is not one on plain columns.
 */
Datum
dbadvisor_index_covered_by(PG_FUNCTION_ARGS)
{
	Comparison	comparison = {.result = (ReturnSetInfo *) fcinfo->resultinfo};

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	comparison.definition = text_to_cstring(PG_GETARG_TEXT_PP(0));
	(void) sandbox_run(GetUserId(), "pg_catalog, pg_temp", compare_with_new,
					   &comparison);
	return (Datum) 0;
}
