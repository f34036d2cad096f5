/*-------------------------------------------------------------------------
 *
 * definition.c
 *		CREATE INDEX text that makes a hypothetical index real.
 *
 * Everything is quoted and qualified, so that the text runs under any
 * search_path.  Entry point: hypo_index_definition().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/brin.h"
#include "access/hash.h"
#include "access/nbtree.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "commands/tablespace.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"

#include "whatif/whatif_internal.h"

/*
 * Append an expression; anything but a plain function call is parenthesised.
 */
static void
append_expression(StringInfo text, const HypoIndex *index, Node *node,
				  bool parentheses)
{
	List	   *context = deparse_context_for(get_rel_name(index->relid),
											  index->relid);
	char	   *expression = deparse_expression(node, context, false, false);

	appendStringInfo(text, parentheses ? "(%s)" : "%s", expression);
}

/*
 * Append options given as an array of "name=value".
 */
static void
append_option_array(StringInfo out, Datum options)
{
	Datum	   *elements;
	int			count;

	deconstruct_array(DatumGetArrayTypeP(options), TEXTOID, -1, false,
					  TYPALIGN_INT, &elements, NULL, &count);
	for (int i = 0; i < count; i++)
	{
		char	   *name = TextDatumGetCString(elements[i]);
		char	   *value = strchr(name, '=');

		if (value != NULL)
			*value++ = '\0';
		appendStringInfo(out, "%s%s = %s", i == 0 ? "" : ", ",
						 quote_identifier(name),
						 quote_literal_cstr(value != NULL ? value : ""));
	}
}

/*
 * Append the operator class where it is not the type's default, and its
 * options.
 */
static void
append_opclass(StringInfo text, const HypoIndex *index, int column, Oid type)
{
	Oid			opclass = index->opclasses[column];
	Datum		options = index->opclass_options[column];
	HeapTuple	tuple;
	Form_pg_opclass form;

	if (options == 0 && hypo_default_opclass(type, index->am) == opclass)
		return;
	tuple = SearchSysCache1(CLAOID, ObjectIdGetDatum(opclass));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator class %u", opclass);
	form = (Form_pg_opclass) GETSTRUCT(tuple);
	appendStringInfo(text, " %s",
					 quote_qualified_identifier(get_namespace_name(form->opcnamespace),
												NameStr(form->opcname)));
	ReleaseSysCache(tuple);
	if (options != 0)
	{
		appendStringInfoString(text, " (");
		append_option_array(text, options);
		appendStringInfoChar(text, ')');
	}
}

/*
 * Append DESC and NULLS FIRST or LAST where they differ from the default.
 */
static void
append_order(StringInfo text, const HypoIndex *index, int column)
{
	bool		descending = index->descending[column];
	bool		nulls_first = index->nulls_first[column];

	if (descending)
		appendStringInfoString(text, " DESC");
	if (nulls_first != descending)
		appendStringInfoString(text,
							   nulls_first ? " NULLS FIRST" : " NULLS LAST");
}

/*
 * Append a collation other than the column's own.
 */
static void
append_collation(StringInfo text, const HypoIndex *index, int column, Oid own)
{
	Oid			collation = index->collations[column];

	if (OidIsValid(collation) && collation != own)
		appendStringInfo(text, " COLLATE %s",
						 generate_collation_name(collation));
}

/*
 * Append one key column; "expression" is the next of index->exprs or NULL.
 */
static void
append_key(StringInfo text, const HypoIndex *index, int column,
		   Node *expression)
{
	Oid			type;
	int32		typmod;
	Oid			collation;

	if (expression != NULL)
	{
		append_expression(text, index, expression, true);
		type = exprType(expression);
		collation = exprCollation(expression);
	}
	else
	{
		AttrNumber	attnum = index->attnums[column];

		appendStringInfoString(text,
							   quote_identifier(get_attname(index->relid,
															attnum, false)));
		get_atttypetypmodcoll(index->relid, attnum, &type, &typmod, &collation);
	}
	append_collation(text, index, column, collation);
	append_opclass(text, index, column, type);
	append_order(text, index, column);
}

/*
 * Append one column: a key with its order, or an included column.
 */
static void
append_column(StringInfo text, const HypoIndex *index, int column)
{
	int			expression = 0;

	if (column >= index->nkeycolumns)
	{
		appendStringInfoString(text,
							   quote_identifier(get_attname(index->relid,
															index->attnums[column],
															false)));
		return;
	}
	if (index->attnums[column] != 0)
	{
		append_key(text, index, column, NULL);
		return;
	}
	for (int i = 0; i < column; i++)
		expression += index->attnums[i] == 0;
	append_key(text, index, column, list_nth(index->exprs, expression));
}

/*
 * Append the key columns and the INCLUDE columns.
 */
static void
append_columns(StringInfo text, const HypoIndex *index)
{
	for (int i = 0; i < index->ncolumns; i++)
	{
		if (i == index->nkeycolumns)
			appendStringInfoString(text, ") INCLUDE (");
		else if (i > 0)
			appendStringInfoString(text, ", ");
		append_column(text, index, i);
	}
}

/*
 * Append the storage parameters that differ from their defaults.
 */
static void
append_options(StringInfo text, const HypoIndex *index)
{
	List	   *options = list_copy(index->other_options);
	ListCell   *cell;

	if (index->fillfactor != hypo_am_fillfactor(index->am))
		options = lappend(options,
						  psprintf("fillfactor=%d", index->fillfactor));
	if (index->am == BTREE_AM_OID && !index->deduplicate)
		options = lappend(options, "deduplicate_items=off");
	if (index->am == BRIN_AM_OID &&
		index->pages_per_range != BRIN_DEFAULT_PAGES_PER_RANGE)
		options = lappend(options, psprintf("pages_per_range=%d",
											index->pages_per_range));
	foreach(cell, options)
		appendStringInfo(text, "%s%s",
						 cell == list_head(options) ? " WITH (" : ", ",
						 (char *) lfirst(cell));
	if (options != NIL)
		appendStringInfoChar(text, ')');
}

/*
 * Write the statement; see hypo_index_definition().
 */
static void
append_definition(StringInfo text, const HypoIndex *index, bool concurrently)
{
	char	   *schema = get_namespace_name(get_rel_namespace(index->relid));

	/* PostgreSQL cannot build concurrently on a partitioned table. */
	if (get_rel_relkind(index->relid) == RELKIND_PARTITIONED_TABLE)
		concurrently = false;
	appendStringInfo(text, "CREATE %sINDEX %s%s ON %s USING %s (",
					 index->unique_asked ? "UNIQUE " : "",
					 concurrently ? "CONCURRENTLY " : "",
					 quote_identifier(index->name),
					 quote_qualified_identifier(schema,
												get_rel_name(index->relid)),
					 quote_identifier(index->am_name));
	append_columns(text, index);
	appendStringInfoChar(text, ')');
	if (index->nulls_not_distinct)
		appendStringInfoString(text, " NULLS NOT DISTINCT");
	append_options(text, index);
	if (OidIsValid(index->tablespace))
		appendStringInfo(text, " TABLESPACE %s",
						 quote_identifier(get_tablespace_name(index->tablespace)));
	if (index->predicate != NIL)
	{
		appendStringInfoString(text, " WHERE ");
		append_expression(text, index,
						  (Node *) make_ands_explicit(index->predicate), false);
	}
}

/*
 * From here to the end of the settings level names outside pg_catalog come out qualified.
 */
static int
settings_qualify(void)
{
	int			nest = NewGUCNestLevel();

	(void) set_config_option("search_path", "pg_catalog, pg_temp",
							 PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
							 true, 0, false);
	return nest;
}

/*
 * Return the CREATE INDEX statement; see whatif.h.
 */
char *
hypo_index_definition(const HypoIndex *index, bool concurrently)
{
	StringInfoData text;
	int			nest = settings_qualify();

	initStringInfo(&text);
	append_definition(&text, index, concurrently);
	AtEOXact_GUC(true, nest);
	return text.data;
}

/*
 * Return one column as the statement has it; see whatif.h.
 */
char *
hypo_index_column(const HypoIndex *index, int column)
{
	StringInfoData text;
	int			nest = settings_qualify();

	initStringInfo(&text);
	append_column(&text, index, column);
	AtEOXact_GUC(true, nest);
	return text.data;
}
