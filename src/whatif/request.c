/*-------------------------------------------------------------------------
 *
 * request.c
 *		Configurations given as SQL arguments, and how they are shown.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_type.h"
#include "catalog/dependency.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "whatif/request.h"
#include "whatif/whatif_internal.h"

/* What make_indexes() is to do. */
typedef struct IndexTask
{
	List	   *definitions;	/* of char * */
	List	   *indexes;		/* of HypoIndex: the result */
} IndexTask;

/*
 * Raise an error when an element of the array is NULL, else return its elements
 * and their number; none for a NULL argument.
 */
static int
array_elements(FunctionCallInfo fcinfo, int argument, Oid type, int16 length,
			   bool byval, Datum **elements)
{
	ArrayType  *array;
	int			count;

	*elements = NULL;
	if (PG_ARGISNULL(argument))
		return 0;
	array = PG_GETARG_ARRAYTYPE_P(argument);
	if (array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("array of indexes must not contain nulls")));
	deconstruct_array(array, type, length, byval, TYPALIGN_INT, elements,
					  NULL, &count);
	return count;
}

/*
 * Is the name taken by an index of the list in the same schema?
 */
static bool
name_taken(List *indexes, const HypoIndex *index, const char *name)
{
	ListCell   *cell;

	foreach(cell, indexes)
	{
		const HypoIndex *other = lfirst(cell);

		if (strcmp(other->name, name) == 0 &&
			get_rel_namespace(other->relid) == get_rel_namespace(index->relid))
			return true;
	}
	return false;
}

/*
 * Number the index's name when an earlier one of the list has it, as CREATE
 * INDEX would when run in turn.
 */
static void
make_name_unique(List *indexes, HypoIndex *index)
{
	char	   *name = index->name;

	for (int i = 1; name_taken(indexes, index, name) ||
		 OidIsValid(get_relname_relid(name, get_rel_namespace(index->relid)));
		 i++)
		name = psprintf("%.*s%d", NAMEDATALEN - 12, index->name, i);
	index->name = name;
}

/*
 * Make the hypothetical indexes; a SandboxFn.
 */
static void
make_indexes(void *arg)
{
	IndexTask  *task = arg;
	ListCell   *cell;

	foreach(cell, task->definitions)
	{
		HypoIndex  *index = hypo_index_from_text(lfirst(cell));

		make_name_unique(task->indexes, index);
		task->indexes = lappend(task->indexes, index);
	}
}

/*
 * Make the hypothetical indexes that an argument defines; see request.h.
 */
List *
request_indexes(FunctionCallInfo fcinfo, int argument)
{
	IndexTask	task = {0};
	Datum	   *elements;
	int			count = array_elements(fcinfo, argument, TEXTOID, -1, false,
									   &elements);
	ErrorData  *error;

	for (int i = 0; i < count; i++)
		task.definitions = lappend(task.definitions,
								   TextDatumGetCString(elements[i]));
	error = sandbox_run(GetUserId(), NULL, make_indexes, &task);
	if (error != NULL)
		ThrowErrorData(error);
	return task.indexes;
}

/*
 * Raise an error when the relation is not an index.
 */
static void
check_is_index(Oid oid)
{
	char		relkind = get_rel_relkind(oid);

	if (relkind == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("index with OID %u does not exist", oid)));
	if (relkind != RELKIND_INDEX && relkind != RELKIND_PARTITIONED_INDEX)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not an index", get_rel_name(oid)),
				 errhint("Name existing indexes, for example 'orders_pkey'.")));
}

/*
 * Return the OIDs of the indexes that an argument hides; see request.h.
 */
List *
request_hidden(FunctionCallInfo fcinfo, int argument)
{
	Datum	   *elements;
	int			count = array_elements(fcinfo, argument, REGCLASSOID,
									   sizeof(Oid), true, &elements);
	List	   *hidden = NIL;

	for (int i = 0; i < count; i++)
	{
		Oid			oid = DatumGetObjectId(elements[i]);

		check_is_index(oid);
		hidden = list_append_unique_oid(hidden, oid);
	}
	return hidden;
}

/*
 * Make a configuration from two arguments; see request.h.
 */
WhatIfConfig *
request_config(FunctionCallInfo fcinfo, int first)
{
	WhatIfConfig *config = palloc0(sizeof(WhatIfConfig));

	config->indexes = request_indexes(fcinfo, first);
	config->hidden = request_hidden(fcinfo, first + 1);
	return config;
}

/*
 * Return the qualified name of a relation of this name in another's schema.
 */
static char *
qualified_name(Oid neighbour, const char *name)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(neighbour)),
									  name);
}

/*
 * Return the names of indexes, hypothetical and real; a leaf of a hypothetical
 * partitioned index counts as its parent, and each name comes once.
 */
List *
index_names(const WhatIfConfig *config, List *oids)
{
	List	   *seen = NIL;
	List	   *names = NIL;
	ListCell   *cell;

	foreach(cell, oids)
	{
		Oid			oid = lfirst_oid(cell);
		HypoIndex  *index = hypo_index_find(config->indexes, oid);

		if (index != NULL && list_member_oid(seen, index->oid))
			continue;
		seen = lappend_oid(seen, index != NULL ? index->oid : oid);
		names = lappend(names, index != NULL ?
						qualified_name(index->relid, index->name) :
						qualified_name(oid, get_rel_name(oid)));
	}
	return names;
}

/*
 * Does the index or one of its leaves lack statistics on an expression?
 */
static bool
lacks_statistics(const HypoIndex *index)
{
	ListCell   *cell;

	foreach(cell, index->leaves)
	{
		if (lacks_statistics(lfirst(cell)))
			return true;
	}
	if (index->leaves != NIL || index->exprs == NIL ||
		index->table_tuples < 1)
		return false;
	return index->expr_stats == NIL || list_member_ptr(index->expr_stats, NULL);
}

/*
 * Return what a reader should know of one hypothetical index, or NULL.
 */
static char *
index_note(const HypoIndex *index)
{
	if (index->unique_asked && !index->unique)
		return psprintf("index \"%s\" is planned as not unique: no existing unique index proves its uniqueness",
						index->name);
	if (lacks_statistics(index))
		return psprintf("index \"%s\" has an expression without statistics",
						index->name);
	return NULL;
}

/*
 * Return the notes on a configuration; see request.h.
 */
List *
config_notes(const WhatIfConfig *config)
{
	List	   *notes = NIL;
	ListCell   *cell;

	foreach(cell, config->indexes)
	{
		char	   *note = index_note(lfirst(cell));

		if (note != NULL)
			notes = lappend(notes, note);
	}
	foreach(cell, config->hidden)
	{
		Oid			constraint = get_index_constraint(lfirst_oid(cell));

		if (OidIsValid(constraint))
			notes = lappend(notes,
							psprintf("index \"%s\" is hidden but cannot be dropped alone: constraint \"%s\" needs it",
									 get_rel_name(lfirst_oid(cell)),
									 get_constraint_name(constraint)));
	}
	return notes;
}
