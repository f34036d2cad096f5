/*-------------------------------------------------------------------------
 *
 * definition.c
 *		The SQL text that makes statistics, and the one that drops them.
 *
 * Entry point: definition_sql().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_statistic_ext.h"
#include "commands/defrem.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"

#include "statistics/statistics_internal.h"

/*
 * Is this written as a call, which needs no brackets?
 */
static bool
is_function_call(Node *expr)
{
	return IsA(expr, FuncExpr) &&
		((FuncExpr *) expr)->funcformat == COERCE_EXPLICIT_CALL;
}

/*
 * The columns and expressions as CREATE STATISTICS has them: a list of
 * strings.
 */
List *
definition_columns(const Advice *advice)
{
	List	   *context = deparse_context_for(get_rel_name(advice->relid),
											  advice->relid);
	List	   *result = NIL;
	int			nest = NewGUCNestLevel();
	ListCell   *cell;

	/* Names outside pg_catalog come out qualified. */
	(void) set_config_option("search_path", "pg_catalog, pg_temp",
							 PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
							 true, 0, false);
	foreach(cell, advice->exprs)
	{
		char	   *text = deparse_expression(lfirst(cell), context, false,
											  false);

		/* as pg_get_statisticsobjdef_columns() writes them */
		if (!IsA(lfirst(cell), Var) && !is_function_call(lfirst(cell)))
			text = psprintf("(%s)", text);

		result = lappend(result, text);
	}
	AtEOXact_GUC(true, nest);
	return result;
}

/*
 * The kinds to ask for: a list of strings, empty for those of one expression.
 */
List *
definition_kinds(const Advice *advice)
{
	List	   *kinds = NIL;

	if ((advice->kinds & KIND_NDISTINCT) != 0)
		kinds = lappend(kinds, "ndistinct");
	if ((advice->kinds & KIND_DEPENDENCIES) != 0)
		kinds = lappend(kinds, "dependencies");
	if ((advice->kinds & KIND_MCV) != 0)
		kinds = lappend(kinds, "mcv");
	if ((advice->kinds & KIND_TARGET) != 0)
		kinds = lappend(kinds, "target");
	return kinds;
}

/*
 * Strings with commas between them.
 */
static char *
join_strings(List *strings, const char *separator)
{
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	foreach(cell, strings)
		appendStringInfo(&text, "%s%s", text.len > 0 ? separator : "",
						 (char *) lfirst(cell));
	return text.data;
}

/*
 * A name for the statistics, as CREATE STATISTICS would choose one.
 */
static char *
choose_name(const Advice *advice, Oid schema)
{
	List	   *names = NIL;
	ListCell   *cell;
	char	   *columns;

	foreach(cell, advice->exprs)
	{
		Node	   *expr = lfirst(cell);

		names = lappend(names, IsA(expr, Var) ?
						get_attname(advice->relid, ((Var *) expr)->varattno,
									false) : "expr");
	}
	columns = join_strings(names, "_");
	for (int suffix = 0;; suffix++)
	{
		char	   *label = suffix == 0 ? "stat" : psprintf("stat%d", suffix);
		char	   *name = makeObjectName(get_rel_name(advice->relid), columns,
										  label);

		if (!SearchSysCacheExists2(STATEXTNAMENSP, CStringGetDatum(name),
								   ObjectIdGetDatum(schema)))
			return name;
	}
}

/*
 * The name of an existing statistics object, qualified and quoted.
 */
static char *
existing_name(Oid oid)
{
	HeapTuple	tuple = SearchSysCache1(STATEXTOID, ObjectIdGetDatum(oid));
	Form_pg_statistic_ext form;
	char	   *name;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for statistics object %u", oid);
	form = (Form_pg_statistic_ext) GETSTRUCT(tuple);
	name = quote_qualified_identifier(get_namespace_name(form->stxnamespace),
									  NameStr(form->stxname));
	ReleaseSysCache(tuple);
	return name;
}

/*
 * The ANALYZE that fills the statistics.  Statistics on columns need no others;
 * an expression has no name to be given.
 */
static char *
analyze_sql(const Advice *advice, const char *table)
{
	ListCell   *cell;

	foreach(cell, advice->exprs)
	{
		if (!IsA(lfirst(cell), Var))
			return psprintf("ANALYZE %s", table);
	}
	return psprintf("ANALYZE %s (%s)", table,
					join_strings(definition_columns(advice), ", "));
}

/*
 * The same for finer statistics of a column, which have no name.
 */
static char *
target_sql(const Advice *advice, const char *table, char **apply,
		   char **revert)
{
	AttrNumber	attnum = linitial_node(Var, advice->exprs)->varattno;
	char	   *change = psprintf("ALTER TABLE %s ALTER COLUMN %s SET STATISTICS",
								  table,
								  quote_identifier(get_attname(advice->relid,
															   attnum, false)));

	*apply = psprintf("%s %d;\n%s", change, advice->target, *apply);
	*revert = psprintf("%s %d", change, column_target(advice->relid, attnum));
	return NULL;
}

/*
 * SQL that makes the statistics and SQL that drops them; *revert is NULL where
 * they are there already and only have to be filled.  Returns their name.
 */
char *
definition_sql(const Advice *advice, char **apply, char **revert)
{
	Oid			schema = get_rel_namespace(advice->relid);
	char	   *schema_name = get_namespace_name(schema);
	char	   *table = quote_qualified_identifier(schema_name,
												   get_rel_name(advice->relid));
	char	   *kinds = join_strings(definition_kinds(advice), ", ");
	char	   *name;

	*revert = NULL;
	*apply = analyze_sql(advice, table);
	if ((advice->kinds & KIND_TARGET) != 0)
		return target_sql(advice, table, apply, revert);
	if (OidIsValid(advice->existing))
		return existing_name(advice->existing);
	name = quote_qualified_identifier(schema_name,
									  choose_name(advice, schema));
	*apply = psprintf("CREATE STATISTICS %s%s ON %s FROM %s;\n%s%s",
					  name,
					  *kinds == '\0' ? "" : psprintf(" (%s)", kinds),
					  join_strings(definition_columns(advice), ", "), table,
					  advice->target == 0 ? "" :
					  psprintf("ALTER STATISTICS %s SET STATISTICS %d;\n",
							   name, advice->target),
					  *apply);
	*revert = psprintf("DROP STATISTICS IF EXISTS %s", name);
	return name;
}
