/*-------------------------------------------------------------------------
 *
 * param_site.c
 *		Find the conditions of a statement in which a column meets a parameter.
 *
 * Only conditions that every row of the result has passed are of interest:
 * those of the top level, of inner joins, and of subqueries and views that
 * neither group nor limit.  A parameter anywhere else that could decide how
 * many rows there are makes the scope incomplete.
 * Entry point: param_scope_collect().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "catalog/pg_operator_d.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteManip.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "params_internal.h"

/* What flatten_mutator() needs. */
typedef struct FlattenContext
{
	const Query *query;			/* whose range table the Vars are of */
	int			rtindex;		/* subquery to replace; 0: joins */
} FlattenContext;

/* What params_walker() collects. */
typedef struct ParamIds
{
	Bitmapset  *ids;
} ParamIds;

/*
 * expression_tree_walker: note the ids of all parameters.
 */
static bool
params_walker(Node *node, ParamIds *found)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXTERN)
		found->ids = bms_add_member(found->ids, ((Param *) node)->paramid);
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, params_walker, found, 0);
	return expression_tree_walker(node, params_walker, found);
}

/*
 * Ids of the parameters in an expression or query.
 */
Bitmapset *
param_ids_in(Node *node)
{
	ParamIds	found = {NULL};

	(void) params_walker(node, &found);
	return found.ids;
}

/*
 * The node without casts that do nothing.
 */
static Node *
without_relabel(Node *node)
{
	while (node != NULL && IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	return node;
}

/*
 * The parameter that an expression is, or NULL.
 */
Param *
param_of(Node *node)
{
	node = without_relabel(node);
	if (node == NULL || !IsA(node, Param) ||
		((Param *) node)->paramkind != PARAM_EXTERN)
		return NULL;
	return (Param *) node;
}

/*
 * The parameter that a bound depends on.  *base is set where it is subtracted
 * from something that is known before the statement runs, as in now() - $1.
 */
static Param *
param_of_bound(Node *node, Node **base)
{
	OpExpr	   *expr = (OpExpr *) without_relabel(node);

	*base = NULL;
	if (!IsA(expr, OpExpr))
		return param_of(node);
	switch (get_opcode(expr->opno))
	{
		case F_TIMESTAMPTZ_MI_INTERVAL:
		case F_TIMESTAMP_MI_INTERVAL:
		case F_DATE_MII:
			*base = linitial(expr->args);
			if (contain_var_clause(*base) || param_ids_in(*base) != NULL ||
				contain_subplans(*base) || contain_volatile_functions(*base))
				return NULL;
			return param_of(lsecond(expr->args));
		default:
			return NULL;
	}
}

/*
 * The column that an expression is of, with lower() or upper() around it if
 * *function is wanted; NULL when it is something else.
 */
static Var *
column_of(Node *node, Oid *function)
{
	FuncExpr   *call;

	node = without_relabel(node);
	call = (FuncExpr *) node;
	if (function != NULL && IsA(node, FuncExpr) &&
		(call->funcid == F_LOWER_TEXT || call->funcid == F_UPPER_TEXT))
	{
		*function = call->funcid;
		node = without_relabel(linitial(call->args));
	}
	if (!IsA(node, Var) || ((Var *) node)->varlevelsup != 0 ||
		((Var *) node)->varattno <= 0)
		return NULL;
	return (Var *) node;
}

/*
 * Clauses of a site as they are in the query.
 */
List *
param_site_originals(const ParamSite *site)
{
	List	   *result = list_make1(site->original);

	if (site->other != NULL)
		result = lappend(result, site->other->original);
	return result;
}

/*
 * Make a site of a condition between "column" and "param".
 */
static ParamSite *
site_make(SiteKind kind, ParamTable *table, Var *column, List *params,
		  Expr *clause)
{
	ParamSite  *site = palloc0(sizeof(ParamSite));

	site->kind = kind;
	site->table = table;
	site->column = column;
	site->params = params;
	site->clause = site->original = clause;
	return site;
}

/*
 * The site of an operator that compares the column with a pattern, or NULL.
 * The planner has no statistics of lower(column): the column itself is a good
 * stand-in.
 */
static ParamSite *
site_of_pattern(ParamTable *table, OpExpr *expr)
{
	Oid			function = InvalidOid;
	Var		   *column = column_of(linitial(expr->args), &function);
	Param	   *param = param_of(lsecond(expr->args));
	SiteKind	kind = SITE_PATTERN;
	ParamSite  *site;

	switch (get_oprrest(expr->opno))
	{
		case F_LIKESEL:
		case F_ICLIKESEL:
			break;
		case F_PREFIXSEL:
			kind = SITE_PREFIX;
			break;
		default:
			return NULL;
	}
	if (column == NULL || param == NULL || param->paramtype != TEXTOID)
		return NULL;
	site = site_make(kind, table, column, list_make1(param), (Expr *) expr);
	if (OidIsValid(function))
	{
		site->function = function;
		site->clause = (Expr *) copyObject(expr);
		linitial(((OpExpr *) site->clause)->args) = column;
	}
	return site;
}

/*
 * The kind of a comparison, whose operator has the column on its left side.
 */
static bool
kind_of_comparison(const Var *column, Oid operator, SiteKind *kind)
{
	TypeCacheEntry *type = lookup_type_cache(column->vartype,
											 TYPECACHE_BTREE_OPFAMILY);

	if (!OidIsValid(operator) || !OidIsValid(type->btree_opf))
		return false;
	switch (get_op_opfamily_strategy(operator, type->btree_opf))
	{
		case BTEqualStrategyNumber:
			*kind = SITE_EQUAL;
			return true;
		case BTLessStrategyNumber:
		case BTLessEqualStrategyNumber:
			*kind = SITE_UPPER;
			return true;
		case BTGreaterStrategyNumber:
		case BTGreaterEqualStrategyNumber:
			*kind = SITE_LOWER;
			return true;
		default:
			return false;
	}
}

/*
 * The site of an operator, whichever side the column is on, or NULL.
 */
static ParamSite *
site_of_operator(ParamTable *table, OpExpr *expr)
{
	Node	   *left = linitial(expr->args);
	Node	   *right = lsecond(expr->args);
	Oid			operator = expr->opno;
	ParamSite  *site;
	SiteKind	kind;
	Node	   *base;

	if (operator == OID_ARRAY_CONTAINS_OP && column_of(left, NULL) != NULL &&
		param_of(right) != NULL)
		return site_make(SITE_CONTAINS, table, column_of(left, NULL),
						 list_make1(param_of(right)), (Expr *) expr);
	if (column_of(left, NULL) == NULL)
	{
		left = right;
		right = linitial(expr->args);
		operator = get_commutator(operator);
	}
	if (column_of(left, NULL) == NULL || param_of_bound(right, &base) == NULL ||
		!kind_of_comparison(column_of(left, NULL), operator, &kind))
		return NULL;
	site = site_make(kind, table, column_of(left, NULL),
					 list_make1(param_of_bound(right, &base)), (Expr *) expr);
	site->base = base;
	return site;
}

/*
 * The parameters that an array is made of, or NIL when there is anything else.
 */
static List *
params_of_array(ArrayExpr *array)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, array->elements)
	{
		Param	   *param = param_of(lfirst(lc));

		if (param == NULL)
			return NIL;
		result = lappend(result, param);
	}
	return result;
}

/*
 * The site of column IN ($1, ...), column = ANY ($1) or $1 = ANY (column), or
 * NULL.
 */
static ParamSite *
site_of_array(ParamTable *table, ScalarArrayOpExpr *expr)
{
	Node	   *left = linitial(expr->args);
	Node	   *right = without_relabel(lsecond(expr->args));
	Var		   *column = column_of(left, NULL);
	SiteKind	kind;

	if (!expr->useOr)
		return NULL;
	if (column == NULL && column_of(right, NULL) != NULL &&
		param_of(left) != NULL && get_oprrest(expr->opno) == F_EQSEL)
		return site_make(SITE_CONTAINS, table, column_of(right, NULL),
						 list_make1(param_of(left)), (Expr *) expr);
	if (column == NULL || !kind_of_comparison(column, expr->opno, &kind) ||
		kind != SITE_EQUAL)
		return NULL;
	if (IsA(right, ArrayExpr) && params_of_array((ArrayExpr *) right) != NIL)
		return site_make(SITE_IN, table, column,
						 params_of_array((ArrayExpr *) right), (Expr *) expr);
	if (param_of(right) != NULL)
		return site_make(SITE_ANY, table, column, list_make1(param_of(right)),
						 (Expr *) expr);
	return NULL;
}

static ParamSite *site_of_clause(ParamTable *table, Expr *clause);

/*
 * The site of "condition OR $1 IS NULL", an optional filter, or NULL.
 */
static ParamSite *
site_of_optional(ParamTable *table, BoolExpr *expr)
{
	Node	   *test = linitial(expr->args);
	Node	   *rest = lsecond(expr->args);
	Param	   *param;
	ParamSite  *site;

	if (!IsA(test, NullTest))
	{
		test = rest;
		rest = linitial(expr->args);
	}
	if (!IsA(test, NullTest) || ((NullTest *) test)->nulltesttype != IS_NULL)
		return NULL;
	param = param_of((Node *) ((NullTest *) test)->arg);
	site = param == NULL ? NULL : site_of_clause(table, (Expr *) rest);
	if (site == NULL || site->kind != SITE_EQUAL || site->base != NULL ||
		((Param *) linitial(site->params))->paramid != param->paramid)
		return NULL;
	site->optional = true;
	site->clause = site->original = (Expr *) expr;
	return site;
}

/*
 * The site that a clause on one table is, or NULL.
 */
static ParamSite *
site_of_clause(ParamTable *table, Expr *clause)
{
	ParamSite  *site;

	if (IsA(clause, ScalarArrayOpExpr))
		return site_of_array(table, (ScalarArrayOpExpr *) clause);
	if (IsA(clause, BoolExpr) && ((BoolExpr *) clause)->boolop == OR_EXPR &&
		list_length(((BoolExpr *) clause)->args) == 2)
		return site_of_optional(table, (BoolExpr *) clause);
	if (!IsA(clause, OpExpr) || list_length(((OpExpr *) clause)->args) != 2)
		return NULL;
	site = site_of_pattern(table, (OpExpr *) clause);
	return site ? site : site_of_operator(table, (OpExpr *) clause);
}

/*
 * Is this "column <> $1", which leaves nearly all rows whatever the value?
 */
static bool
clause_is_inequality(Expr *clause)
{
	return IsA(clause, OpExpr) &&
		get_oprrest(((OpExpr *) clause)->opno) == F_NEQSEL;
}

/*
 * Is another site on the same parameter there already?
 */
static bool
site_is_known(const ParamScope *scope, const ParamSite *site)
{
	ListCell   *lc;

	foreach(lc, site->params)
		if (bms_is_member(((Param *) lfirst(lc))->paramid, scope->explained))
		return true;
	return false;
}

/*
 * Join the two ends of a range on one column.
 */
static void
site_pair(ParamScope *scope, ParamSite *site)
{
	ListCell   *lc;

	if (site->kind != SITE_LOWER && site->kind != SITE_UPPER)
		return;
	foreach(lc, scope->sites)
	{
		ParamSite  *known = lfirst(lc);
		ParamSite  *lower = site->kind == SITE_LOWER ? site : known;
		ParamSite  *upper = site->kind == SITE_LOWER ? known : site;

		if (known->table != site->table || lower->kind != SITE_LOWER ||
			upper->kind != SITE_UPPER || lower->other != NULL ||
			upper->subordinate ||
			known->column->varattno != site->column->varattno)
			continue;
		lower->other = upper;
		upper->subordinate = true;
		return;
	}
}

/*
 * Take a clause on one table, with the table as varno 1.
 */
static void
clause_take(ParamScope *scope, ParamTable *table, Expr *clause)
{
	ParamSite  *site = site_of_clause(table, clause);
	bool		used = site != NULL && !site_is_known(scope, site) &&
	param_column_readable(table->relid, scope->stmt->userid,
						  site->column->varattno);

	if (used)
	{
		site_pair(scope, site);
		scope->sites = lappend(scope->sites, site);
		scope->explained = bms_add_members(scope->explained,
										   param_ids_in((Node *) clause));
	}
	else if (clause_is_inequality(clause))
		scope->explained = bms_add_members(scope->explained,
										   param_ids_in((Node *) clause));
	if (!used || site->kind == SITE_EQUAL || site->kind == SITE_IN)
		table->fixed = lappend(table->fixed, clause);
}

/*
 * The table of the scope that a range table entry is.
 */
static ParamTable *
table_find(ParamScope *scope, const Query *query, Index rtindex)
{
	ParamTable *table;
	ListCell   *lc;

	foreach(lc, scope->tables)
	{
		table = lfirst(lc);
		if (table->query == query && table->rtindex == rtindex)
			return table;
	}
	table = palloc0(sizeof(ParamTable));
	table->query = query;
	table->rtindex = rtindex;
	table->relid = rt_fetch(rtindex, query->rtable)->relid;
	param_table_open(table);
	scope->tables = lappend(scope->tables, table);
	return table;
}

/*
 * expression_tree_mutator: put in place of Vars of the subquery, or of joins,
 * what they stand for.
 */
static Node *
flatten_mutator(Node *node, FlattenContext *context)
{
	Var		   *var = (Var *) node;
	RangeTblEntry *rte;

	if (node == NULL)
		return NULL;
	if (!IsA(node, Var) || var->varlevelsup != 0 || var->varattno <= 0)
		return expression_tree_mutator(node, flatten_mutator, context);
	rte = rt_fetch(var->varno, context->query->rtable);
	if (context->rtindex == 0 && rte->rtekind == RTE_JOIN)
		return flatten_mutator(list_nth(rte->joinaliasvars, var->varattno - 1),
							   context);
	if (context->rtindex == var->varno)
		return (Node *) copyObject(get_tle_by_resno(rte->subquery->targetList,
													var->varattno)->expr);
	return (Node *) copyObject(node);
}

/*
 * May conditions on the result of the query be taken for conditions on its
 * tables, row by row?
 */
static bool
query_keeps_rows(const Query *query)
{
	return query->setOperations == NULL && query->groupClause == NIL &&
		query->groupingSets == NIL && query->distinctClause == NIL &&
		query->havingQual == NULL && !query->hasAggs &&
		!query->hasTargetSRFs && query->limitCount == NULL &&
		query->limitOffset == NULL && query->jointree != NULL &&
		!query->hasRowSecurity;
}

/*
 * Is this a subquery or view that can be looked into?
 */
static bool
entry_is_transparent(const RangeTblEntry *rte)
{
	return rte->rtekind == RTE_SUBQUERY && !rte->security_barrier &&
		rte->subquery->commandType == CMD_SELECT &&
		query_keeps_rows(rte->subquery);
}

/*
 * expression_tree_walker: does it speak of a query around this one?
 */
static bool
outer_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var) && ((Var *) node)->varlevelsup != 0)
		return true;
	return expression_tree_walker(node, outer_walker, context);
}

/*
 * Take one of the clauses of a query.
 */
static void
qual_take(ParamScope *scope, const Query *query, Node *qual)
{
	FlattenContext context = {query, 0};
	RangeTblEntry *rte;
	int			varno;

	qual = flatten_mutator(qual, &context);
	if (checkExprHasSubLink(qual) || outer_walker(qual, NULL) ||
		!bms_get_singleton_member(pull_varnos(NULL, qual), &varno))
		return;
	rte = rt_fetch(varno, query->rtable);
	if (entry_is_transparent(rte))
	{
		context.rtindex = varno;
		qual_take(scope, rte->subquery, flatten_mutator(qual, &context));
	}
	else if (rte->rtekind == RTE_RELATION)
	{
		ParamTable *table = table_find(scope, query, varno);

		ChangeVarNodes(qual, varno, 1, 0);
		if (table->readable)
			clause_take(scope, table, (Expr *) qual);
	}
}

/*
 * Take the clauses of a query, or of a part of its FROM.
 */
static void
quals_take(ParamScope *scope, const Query *query, Node *quals)
{
	ListCell   *lc;

	if (quals == NULL)
		return;
	if (IsA(quals, BoolExpr) && ((BoolExpr *) quals)->boolop == AND_EXPR)
		foreach(lc, ((BoolExpr *) quals)->args)
			quals_take(scope, query, lfirst(lc));
	else
		qual_take(scope, query, quals);
}

/*
 * Take all clauses that rows of this part of FROM have passed.  Those of an
 * outer join take no row away.
 */
static void
from_take(ParamScope *scope, const Query *query, Node *node)
{
	ListCell   *lc;

	if (IsA(node, RangeTblRef))
	{
		RangeTblEntry *rte = rt_fetch(((RangeTblRef *) node)->rtindex,
									  query->rtable);

		if (entry_is_transparent(rte))
			from_take(scope, rte->subquery, (Node *) rte->subquery->jointree);
	}
	else if (IsA(node, FromExpr))
	{
		foreach(lc, ((FromExpr *) node)->fromlist)
			from_take(scope, query, lfirst(lc));
		quals_take(scope, query, ((FromExpr *) node)->quals);
	}
	else if (IsA(node, JoinExpr))
	{
		JoinExpr   *join = (JoinExpr *) node;

		if (join->jointype == JOIN_INNER || join->jointype == JOIN_LEFT)
			from_take(scope, query, join->larg);
		if (join->jointype == JOIN_INNER || join->jointype == JOIN_RIGHT)
			from_take(scope, query, join->rarg);
		if (join->jointype == JOIN_INNER)
			quals_take(scope, query, join->quals);
		else
			scope->explained = bms_add_members(scope->explained,
											   param_ids_in(join->quals));
	}
}

/*
 * Ids of the parameters that can decide how many rows the query has: not those
 * in what it returns or writes.
 */
static Bitmapset *
params_that_count(const Query *query)
{
	Query	   *copy = (Query *) copyObjectImpl(query);

	copy->targetList = NIL;
	copy->returningList = NIL;
	copy->sortClause = NIL;
	copy->windowClause = NIL;
	copy->limitCount = copy->limitOffset = NULL;
	return param_ids_in((Node *) copy);
}

/*
 * Find the sites of a query.
 */
void
param_scope_collect(ParamScope *scope, Statement *stmt, Query *query)
{
	scope->stmt = stmt;
	if (query->jointree == NULL || query->setOperations != NULL ||
		query->hasRowSecurity || query->commandType == CMD_MERGE)
		return;
	from_take(scope, query, (Node *) query->jointree);
	scope->complete = bms_is_subset(params_that_count(query),
									scope->explained);
}
