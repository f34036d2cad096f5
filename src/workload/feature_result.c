/*-------------------------------------------------------------------------
 *
 * feature_result.c
 *		What the result of an aggregating SELECT depends on, and the query that
 *		a materialized view would keep it with.
 *
 * A result can be kept when nothing but the tables decides it: no function that
 * may return something else at another time or in another session, and no value
 * that differs from call to call.  The query is written only where the
 * statement has no value at all, since values are not shown.
 * Entry point: features_result().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"

#include "features.h"

/*
 * Does the tree have a value: a constant that the text has, or a parameter?
 * What the parser adds by itself has no place in the text.
 */
static bool
has_value(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Const))
		return ((Const *) node)->location >= 0;
	if (IsA(node, Param))
		return ((Param *) node)->paramkind == PARAM_EXTERN;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, has_value, context, 0);
	return expression_tree_walker(node, has_value, context);
}

/*
 * Does the tree have a parameter where it chooses rows: in WHERE, ON, HAVING,
 * LIMIT or OFFSET, of any query in it?
 */
static bool
has_choosing_parameter(Node *node, bool *choosing)
{
	Query	   *query = (Query *) node;
	bool		inside = true;

	if (node == NULL)
		return false;
	if (IsA(node, Param))
		return *choosing && ((Param *) node)->paramkind == PARAM_EXTERN;
	if (!IsA(node, Query))
		return expression_tree_walker(node, has_choosing_parameter, choosing);
	return has_choosing_parameter((Node *) query->jointree, &inside) ||
		has_choosing_parameter(query->havingQual, &inside) ||
		has_choosing_parameter(query->limitCount, &inside) ||
		has_choosing_parameter(query->limitOffset, &inside) ||
		query_tree_walker(query, has_choosing_parameter, choosing, 0);
}

/*
 * Does a query in the tree lock rows?
 */
static bool
locks_rows(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return ((Query *) node)->rowMarks != NIL ||
			query_tree_walker((Query *) node, locks_rows, context, 0);
	return expression_tree_walker(node, locks_rows, context);
}

/*
 * A name for a column of the result that none before it has.
 */
static char *
unused_name(List *names, char *wanted)
{
	char	   *name = strcmp(wanted, "?column?") == 0 ? "value" : wanted;
	const char *stem = name;
	ListCell   *lc;

	for (int number = 2;; number++)
	{
		bool		used = false;

		foreach(lc, names)
			used |= strcmp(name, lfirst(lc)) == 0;
		if (!used)
			return name;
		name = psprintf("%s_%d", stem, number);
	}
}

/*
 * Name the columns of the result, each differently, and add up their widths.
 */
static void
name_columns(Features *features, Query *query)
{
	List	   *names = NIL;
	ListCell   *lc;

	foreach(lc, query->targetList)
	{
		TargetEntry *entry = (TargetEntry *) lfirst(lc);

		if (entry->resjunk)
			continue;
		entry->resname = unused_name(names, entry->resname);
		names = lappend(names, entry->resname);
		features->result_width += get_typavgwidth(exprType((Node *) entry->expr),
												  exprTypmod((Node *) entry->expr));
	}
}

/*
 * Note the columns of the result that no two of its rows have alike: those of
 * GROUP BY, or any where there is only one row.
 */
static void
note_key(Features *features, Query *query)
{
	ListCell   *lc;

	if (query->groupingSets != NIL || query->hasTargetSRFs)
		return;
	foreach(lc, query->groupClause)
	{
		TargetEntry *entry = get_sortgroupclause_tle((SortGroupClause *) lfirst(lc),
													 query->targetList);

		if (entry->resjunk)
		{
			features->result_key = NIL;
			return;
		}
		features->result_key = lappend(features->result_key, entry->resname);
	}
	if (query->groupClause == NIL)
		features->result_key =
			list_make1(linitial_node(TargetEntry, query->targetList)->resname);
}

/*
 * The query as SQL, with all names qualified.
 */
static char *
query_text(Query *query)
{
	int			level = NewGUCNestLevel();
	char	   *text;

	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	text = pg_get_querydef(query, false);

	AtEOXact_GUC(true, level);
	return text;
}

/*
 * Note what the result of the outermost query depends on.  Inside the sandbox.
 */
void
features_result(Features *features, const Query *outermost)
{
	Query	   *query;
	bool		choosing = false;

	if (outermost->commandType != CMD_SELECT || !outermost->hasAggs ||
		outermost->hasModifyingCTE)
		return;
	query = copyObject(unconstify(Query *, outermost));
	if (locks_rows((Node *) query, NULL))
		return;
	features->keeps_result = true;
	/* views are expanded in the rewritten tree only */
	features->result_mutable =
		contain_mutable_functions((Node *) features->stmt->queries);
	features->result_values = has_value((Node *) query, NULL);
	features->result_varies = has_choosing_parameter((Node *) query, &choosing);
	name_columns(features, query);
	note_key(features, query);
	if (!features->result_values && !features->result_mutable &&
		features->result_key != NIL)
		features->result_query = query_text(query);
}
