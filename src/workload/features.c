/*-------------------------------------------------------------------------
 *
 * features.c
 *		What is seen in the tree of a statement that rules about queries ask
 *		for: its kind, LIMIT and OFFSET, counts, rows to insert, subqueries.
 *
 * The tree is the one before rewriting, since what a view does is not the
 * fault of who reads it.  A star in the SELECT list is gone after analysis and
 * is looked for in the raw tree.
 * Entry point: features_read().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

#include "features.h"
#include "workload_internal.h"

/* What goes into the sandbox and comes out of it. */
typedef struct Look
{
	Statement  *stmt;
	Features   *features;
} Look;

static bool features_walker(Node *node, Features *features);

/*
 * The query that is so many levels out from where we are.
 */
Query *
features_query(const Features *features, Index levelsup)
{
	if (levelsup >= (Index) list_length(features->queries))
		return NULL;
	return (Query *) list_nth(features->queries, levelsup);
}

/*
 * The column that a column of a join stands for; NULL where it is none, but an
 * expression over both sides.
 */
Var *
features_base_var(const Features *features, Var *var)
{
	Query	   *query = features_query(features, var->varlevelsup);

	while (query != NULL && var->varno > 0 && var->varattno > 0 &&
		   var->varno <= list_length(query->rtable))
	{
		RangeTblEntry *rte = rt_fetch(var->varno, query->rtable);
		Node	   *alias;

		if (rte->rtekind != RTE_JOIN)
			return var;
		alias = (Node *) list_nth(rte->joinaliasvars, var->varattno - 1);
		if (alias == NULL || !IsA(alias, Var))
			return NULL;
		var = (Var *) alias;
	}
	return var;
}

/*
 * The column of a table that a node is, under casts that change nothing; false
 * where it is anything else.
 */
bool
features_column(const Features *features, Node *node, TableColumn *column)
{
	Var		   *var;
	Query	   *query;
	RangeTblEntry *rte;

	while (node != NULL && IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	if (node == NULL || !IsA(node, Var))
		return false;
	query = features_query(features, ((Var *) node)->varlevelsup);
	var = features_base_var(features, (Var *) node);
	if (query == NULL || var == NULL || var->varno <= 0 || var->varattno <= 0 ||
		var->varno > list_length(query->rtable))
		return false;
	rte = rt_fetch(var->varno, query->rtable);
	column->relid = rte->rtekind == RTE_RELATION ? rte->relid : InvalidOid;
	column->attnum = var->varattno;
	return OidIsValid(column->relid);
}

/*
 * How many sets of parameter values are known to have been used.
 */
int
features_sets(const Statement *stmt)
{
	int			count = 0;

	while (count < stmt->nparam_sets &&
		   strcmp(stmt->param_sets[count].source, "statistics") != 0)
		count++;
	return count;
}

/*
 * The constant that a node is, or that a parameter was in a set of values that
 * was used; NULL where it is not known.
 */
Const *
features_value(const Features *features, Node *node, int set)
{
	Statement  *stmt = features->stmt;
	ParamExternData *known;
	Param	   *param = (Param *) node;
	int16		length;
	bool		by_value;

	if (node != NULL && IsA(node, Const))
		return (Const *) node;
	if (node == NULL || !IsA(node, Param) || param->paramkind != PARAM_EXTERN ||
		set >= features_sets(stmt) || param->paramid > stmt->nparams)
		return NULL;
	known = &stmt->param_sets[set].params->params[param->paramid - 1];
	if (known->ptype != param->paramtype)
		return NULL;
	get_typlenbyval(known->ptype, &length, &by_value);
	return makeConst(known->ptype, -1, param->paramcollid, length,
					 known->value, known->isnull, by_value);
}

/*
 * How a LIMIT or OFFSET is written.
 */
static const char *
value_kind(Node *node)
{
	if (node == NULL)
		return NULL;
	node = strip_implicit_coercions(node);
	if (IsA(node, Param))
		return VALUE_PARAMETER;
	return IsA(node, Const) ? VALUE_CONSTANT : VALUE_EXPRESSION;
}

/*
 * The largest OFFSET that is known; -1 where none is.
 */
static double
offset_value(const Features *features, Node *node)
{
	double		largest = -1;

	if (node != NULL)
		node = strip_implicit_coercions(node);
	for (int set = 0; set == 0 || set < features_sets(features->stmt); set++)
	{
		Const	   *value = features_value(features, node, set);

		if (value == NULL || value->constisnull)
			continue;
		if (value->consttype == INT8OID)
			largest = Max(largest, (double) DatumGetInt64(value->constvalue));
		else if (value->consttype == INT4OID)
			largest = Max(largest, (double) DatumGetInt32(value->constvalue));
	}
	return largest;
}

/*
 * Is it a call of count()?
 */
static bool
is_count(const Node *node)
{
	return node != NULL && IsA(node, Aggref) &&
		(((const Aggref *) node)->aggfnoid == F_COUNT_ ||
		 ((const Aggref *) node)->aggfnoid == F_COUNT_ANY);
}

/*
 * expression_tree_walker() callback: is a count compared with a constant or a
 * parameter?
 */
static bool
compares_count(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, OpExpr) && list_length(((OpExpr *) node)->args) == 2 &&
		((OpExpr *) node)->opresulttype == BOOLOID)
	{
		Node	   *left = linitial(((OpExpr *) node)->args);
		Node	   *right = lsecond(((OpExpr *) node)->args);

		left = strip_implicit_coercions(left);
		if (IsA(left, SubLink) &&
			((SubLink *) left)->subLinkType == EXPR_SUBLINK)
		{
			Query	   *inner = (Query *) ((SubLink *) left)->subselect;
			TargetEntry *entry = linitial(inner->targetList);

			left = (Node *) entry->expr;
		}
		right = strip_implicit_coercions(right);
		if (is_count(left) && (IsA(right, Const) || IsA(right, Param)))
			return true;
	}
	if (IsA(node, Query))
		return false;
	return expression_tree_walker(node, compares_count, context);
}

/*
 * Note what the outermost SELECT list returns.
 */
static void
note_targets(Features *features, const Query *query)
{
	int			visible = 0;
	ListCell   *lc;

	foreach(lc, query->targetList)
	{
		TargetEntry *entry = (TargetEntry *) lfirst(lc);

		if (entry->resjunk)
			continue;
		visible++;
		features->count_only = visible == 1 && is_count((Node *) entry->expr) &&
			!features->grouped && query->havingQual == NULL;
		features->count_compared |= compares_count((Node *) entry->expr, NULL);
	}
}

/*
 * Is the outermost query sorted by something that has nothing to do with its
 * rows, such as random()?
 */
static bool
sorts_by_chance(const Query *query)
{
	ListCell   *lc;

	foreach(lc, query->sortClause)
	{
		Node	   *key = get_sortgroupclause_expr((SortGroupClause *) lfirst(lc),
												   query->targetList);

		if (contain_volatile_functions(key) && !contain_var_clause(key))
			return true;
	}
	return false;
}

/*
 * Rows that an INSERT writes per call; 0 where a query tells.
 */
static int
insert_rows(const Query *query)
{
	ListCell   *lc;

	foreach(lc, query->rtable)
	{
		RangeTblEntry *rte = (RangeTblEntry *) lfirst(lc);

		if (rte->rtekind == RTE_VALUES)
			return list_length(rte->values_lists);
	}
	/* a single row of VALUES is no item in FROM */
	return query->jointree->fromlist == NIL ? 1 : 0;
}

/*
 * Note what an UPDATE sets.
 */
static void
note_assignments(Features *features, const Query *query)
{
	ListCell   *lc;

	foreach(lc, query->targetList)
	{
		TargetEntry *entry = (TargetEntry *) lfirst(lc);
		Var		   *var = (Var *) entry->expr;

		if (entry->resjunk)
			continue;
		features->changed_columns =
			lappend(features->changed_columns,
					get_attname(features->target, entry->resno, true));
		if (IsA(var, Var) && var->varno == query->resultRelation &&
			var->varattno == entry->resno)
			features->self_assignments++;
	}
}

/*
 * Note what the outermost query writes.
 */
static void
note_writes(Features *features, const Query *query)
{
	static const char *const names[] = {"unknown", "select", "update",
	"insert", "delete", "merge"};

	features->insert_rows = -1;
	features->command = query->commandType < lengthof(names) ?
		names[query->commandType] : names[0];
	if (query->resultRelation != 0)
		features->target = rt_fetch(query->resultRelation, query->rtable)->relid;
	if (query->commandType == CMD_INSERT)
		features->insert_rows = insert_rows(query);
	if (query->commandType == CMD_UPDATE)
		note_assignments(features, query);
	features->on_conflict = query->onConflict != NULL;
	features->returning = query->returningList != NIL;
}

/*
 * Note the locks that the outermost query takes on rows.
 */
static void
note_row_locks(Features *features, const Query *query)
{
	ListCell   *lc;

	foreach(lc, query->rowMarks)
	{
		features->for_update = true;
		if (((RowMarkClause *) lfirst(lc))->waitPolicy == LockWaitSkip)
			features->skip_locked = true;
	}
}

/*
 * Note what is special to the outermost query.
 */
static void
note_outermost(Features *features, const Query *query)
{
	SetOperationStmt *operation = (SetOperationStmt *) query->setOperations;

	note_writes(features, query);
	note_row_locks(features, query);
	features->tables = list_length(query->jointree->fromlist);
	features->has_where = query->jointree->quals != NULL;
	features->distinct = query->distinctClause != NIL;
	features->grouped = query->groupClause != NIL || query->groupingSets != NIL;
	features->aggregated = query->hasAggs;
	features->union_distinct = operation != NULL &&
		operation->op == SETOP_UNION && !operation->all;
	features->ordered = query->sortClause != NIL;
	features->order_by_random = sorts_by_chance(query);
	features->limit = value_kind(query->limitCount);
	features->offset = value_kind(query->limitOffset);
	features->offset_value = offset_value(features, query->limitOffset);
	if (query->commandType == CMD_SELECT)
		note_targets(features, query);
}

/*
 * Items in FROM of a query, without the joins between them.
 */
static int
count_items(Node *node, Features *features)
{
	int			count = 0;
	ListCell   *lc;

	if (node == NULL)
		return 0;
	if (IsA(node, RangeTblRef))
		return 1;
	if (IsA(node, JoinExpr))
	{
		JoinExpr   *join = (JoinExpr *) node;

		if (join->jointype != JOIN_INNER)
			features->outer_joins++;
		return count_items(join->larg, features) +
			count_items(join->rarg, features);
	}
	if (IsA(node, FromExpr))
		foreach(lc, ((FromExpr *) node)->fromlist)
			count += count_items(lfirst(lc), features);
	return count;
}

/*
 * Note one query, wherever it stands; then those inside of it.
 */
static void
note_query(Features *features, Query *query)
{
	bool		outermost = features->queries == NIL;
	int			items;
	ListCell   *lc;

	check_stack_depth();
	features->queries = lcons(query, features->queries);
	items = count_items((Node *) query->jointree, features);
	features->most_tables = Max(features->most_tables, items);
	if (outermost)
	{
		note_outermost(features, query);
		features->tables = items;
	}
	else if (query->rowMarks != NIL && query->limitCount != NULL)
		features->limit_in_locking = true;
	foreach(lc, query->cteList)
		features->recursive |= ((CommonTableExpr *) lfirst(lc))->cterecursive;
	features->ctes += list_length(query->cteList);
	features->cross_joins += features_untied(features);
	features_clauses(features, (Node *) query->jointree);
	features_clauses(features, query->havingQual);
	(void) query_tree_walker(query, features_walker, features, 0);
	features->queries = list_delete_first(features->queries);
}

/*
 * The document of which a key is asked for; NULL where the node asks for none.
 */
static Node *
asked_document(Node *node)
{
	if (IsA(node, OpExpr))
	{
		switch (((OpExpr *) node)->opfuncid)
		{
			case F_JSONB_OBJECT_FIELD:
			case F_JSONB_OBJECT_FIELD_TEXT:
			case F_JSONB_EXTRACT_PATH:
			case F_JSONB_EXTRACT_PATH_TEXT:
				return linitial(((OpExpr *) node)->args);
			default:
				return NULL;
		}
	}
	if (IsA(node, FuncExpr) &&
		(((FuncExpr *) node)->funcid == F_JSONB_EXTRACT_PATH ||
		 ((FuncExpr *) node)->funcid == F_JSONB_EXTRACT_PATH_TEXT))
		return linitial(((FuncExpr *) node)->args);
	if (IsA(node, SubscriptingRef) &&
		((SubscriptingRef *) node)->refcontainertype == JSONBOID &&
		((SubscriptingRef *) node)->refassgnexpr == NULL)
		return (Node *) ((SubscriptingRef *) node)->refexpr;
	return NULL;
}

/*
 * Note the column whose documents a node takes apart, once.
 */
static void
note_document(Features *features, Node *node)
{
	TableColumn column;
	TableColumn *copy;
	ListCell   *lc;

	if (!features_column(features, asked_document(node), &column))
		return;
	foreach(lc, features->documents)
	{
		const TableColumn *known = lfirst(lc);

		if (known->relid == column.relid && known->attnum == column.attnum)
			return;
	}
	copy = palloc(sizeof(TableColumn));
	*copy = column;
	features->documents = lappend(features->documents, copy);
}

/*
 * Look for documents, and for the queries inside of a query.
 */
static bool
features_walker(Node *node, Features *features)
{
	if (node == NULL)
		return false;
	note_document(features, node);
	if (IsA(node, Query))
	{
		features->subqueries++;
		note_query(features, (Query *) node);
		return false;
	}
	return expression_tree_walker(node, features_walker, features);
}

/*
 * Does the outermost SELECT list have a star?
 */
static bool
raw_has_star(const Node *raw)
{
	const		SelectStmt *select = (const SelectStmt *) raw;
	ListCell   *lc;

	if (raw == NULL || !IsA(raw, SelectStmt))
		return false;
	if (select->op != SETOP_NONE)
		return raw_has_star((Node *) select->larg) ||
			raw_has_star((Node *) select->rarg);
	foreach(lc, select->targetList)
	{
		const		ResTarget *target = (const ResTarget *) lfirst(lc);

		if (IsA(target, ResTarget) && IsA(target->val, ColumnRef) &&
			IsA(llast(((ColumnRef *) target->val)->fields), A_Star))
			return true;
	}
	return false;
}

/*
 * SandboxFn: analyse and look.
 */
static void
look(void *arg)
{
	Look	   *task = arg;
	Node	   *raw;
	Query	   *query = statement_tree(task->stmt, &raw);
	Features   *features;

	if (query == NULL)
		return;
	features = palloc0(sizeof(Features));
	features->stmt = task->stmt;
	features->select_star = raw_has_star(raw);
	note_query(features, query);
	features_result(features, query);
	task->features = features;
}

/*
 * What is seen in an analysed statement, in the current memory context; NULL
 * where it cannot be analysed any more.
 */
Features *
features_read(Statement *stmt)
{
	Look		task = {.stmt = stmt};
	ErrorData  *error = sandbox_run(stmt->userid, stmt->search_path, look,
									&task);

	if (error != NULL)
		FreeErrorData(error);
	return error == NULL ? task.features : NULL;
}
