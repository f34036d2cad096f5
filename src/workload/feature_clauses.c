/*-------------------------------------------------------------------------
 *
 * feature_clauses.c
 *		Which columns the clauses of a query compare, with what, and what the
 *		columns are wrapped in.
 *
 * Entry point: features_clauses().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteManip.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"

#include "compat.h"
#include "features.h"

/* Comparisons beyond this many of a statement are left out. */
#define MAX_COMPARISONS 200

/*
 * expression_tree_walker() callback: find the first column of this query.
 */
static bool
first_var_walker(Node *node, Var **found)
{
	if (node == NULL || IsA(node, Query))
		return false;
	if (IsA(node, Var) && ((Var *) node)->varlevelsup == 0)
	{
		*found = (Var *) node;
		return true;
	}
	return expression_tree_walker(node, first_var_walker, found);
}

/*
 * The first column of this query in an expression; NULL where it has none.
 */
static Var *
first_var(Node *node)
{
	Var		   *var = NULL;

	(void) first_var_walker(node, &var);
	return var;
}

/*
 * expression_tree_walker() callback: is there a parameter?
 */
static bool
has_parameter(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXTERN)
		return true;
	return expression_tree_walker(node, has_parameter, context);
}

/*
 * What a column is compared with.
 */
static const char *
operand_kind(Node *node)
{
	if (node == NULL)
		return NULL;
	if (first_var(node) != NULL)
		return "column";
	node = strip_implicit_coercions(node);
	if (IsA(node, SubLink))
		return "subquery";
	if (has_parameter(node, NULL))
		return VALUE_PARAMETER;
	return IsA(node, Const) || IsA(node, ArrayExpr) ? VALUE_CONSTANT :
		VALUE_EXPRESSION;
}

/*
 * Say what a column is wrapped in: the outermost function, cast or operator.
 */
static void
note_wrapper(Comparison *comparison, Node *node)
{
	CoercionForm form = COERCE_EXPLICIT_CALL;

	while (IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	if (IsA(node, Var))
		return;
	comparison->immutable = !contain_mutable_functions(node);
	if (IsA(node, FuncExpr))
		form = ((FuncExpr *) node)->funcformat;
	else if (IsA(node, CoerceViaIO))
		form = ((CoerceViaIO *) node)->coerceformat;
	else if (IsA(node, ArrayCoerceExpr))
		form = ((ArrayCoerceExpr *) node)->coerceformat;
	if (form == COERCE_EXPLICIT_CAST || form == COERCE_IMPLICIT_CAST)
	{
		comparison->wrapped_in = form == COERCE_EXPLICIT_CAST ?
			"cast" : "implicit cast";
		comparison->wrapper = format_type_be(exprType(node));
	}
	else if (IsA(node, Aggref))
	{
		comparison->wrapped_in = "aggregate";
		comparison->wrapper = get_func_name(((Aggref *) node)->aggfnoid);
	}
	else if (IsA(node, OpExpr))
	{
		comparison->wrapped_in = "operator";
		comparison->wrapper = get_opname(((OpExpr *) node)->opno);
	}
	else
	{
		comparison->wrapped_in = "function";
		comparison->wrapper = IsA(node, FuncExpr) ?
			get_func_name(((FuncExpr *) node)->funcid) : NULL;
	}
}

/*
 * check_functions_in_node() callback: is it a function that must be found on a
 * search path?
 */
static bool
is_own_function(Oid function, void *context pg_attribute_unused())
{
	return function >= FirstNormalObjectId;
}

/*
 * expression_tree_walker() callback: is there anything but functions of the
 * server and columns of one table, of the server's types?  Constants are among
 * it: they are values of the user's.
 */
static bool
is_more_than_columns(Node *node, int *varno)
{
	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_Var:
			if (((Var *) node)->varlevelsup > 0 ||
				((Var *) node)->varno != *varno ||
				((Var *) node)->varattno <= 0)
				return true;
			break;
		case T_FuncExpr:
		case T_OpExpr:
		case T_RelabelType:
		case T_CoerceViaIO:
			break;
		case T_List:
			return expression_tree_walker(node, is_more_than_columns, varno);
		default:
			return true;
	}
	if (exprType(node) >= FirstNormalObjectId ||
		exprCollation(node) >= FirstNormalObjectId ||
		check_functions_in_node(node, is_own_function, NULL))
		return true;
	return expression_tree_walker(node, is_more_than_columns, varno);
}

/*
 * The wrapped column as SQL, where an index could have it as an expression.
 */
static const char *
index_expression(Node *node, int varno, Oid relid)
{
	char	   *name = get_rel_name(relid);

	if (name == NULL || is_more_than_columns(node, &varno))
		return NULL;
	node = copyObject(node);
	ChangeVarNodes(node, varno, 1, 0);
	/* implicit casts too, which are what the index is for */
	return deparse_expression(node, deparse_context_for(name, relid), false,
							  true);
}

/*
 * Add a comparison of the first column of an expression; NULL where it has none
 * that is known, or there are too many.
 */
static Comparison *
comparison_add(Features *features, Node *node, const char *operator)
{
	Var		   *var = first_var(node);
	RangeTblEntry *rte;
	Comparison *comparison;

	if (var != NULL)
		var = features_base_var(features, var);
	if (var == NULL || var->varattno <= 0 ||
		list_length(features->comparisons) >= MAX_COMPARISONS)
		return NULL;
	rte = rt_fetch(var->varno, features_query(features, 0)->rtable);
	comparison = palloc0(sizeof(Comparison));
	comparison->relid = rte->rtekind == RTE_RELATION ? rte->relid : InvalidOid;
	comparison->attnum = var->varattno;
	comparison->column = get_rte_attribute_name(rte, var->varattno);
	comparison->operator = operator;
	comparison->elements = -1;
	comparison->leading_wildcard = -1;
	note_wrapper(comparison, node);
	if (comparison->immutable && OidIsValid(comparison->relid))
		comparison->expression = index_expression(node, var->varno,
												  comparison->relid);
	features->comparisons = lappend(features->comparisons, comparison);
	return comparison;
}

/*
 * Does the function look for a pattern, as LIKE does?
 */
static bool
is_like(Oid function)
{
	switch (function)
	{
		case F_TEXTLIKE:
		case F_TEXTNLIKE:
		case F_TEXTICLIKE:
		case F_TEXTICNLIKE:
		case F_BPCHARLIKE:
		case F_BPCHARNLIKE:
		case F_BPCHARICLIKE:
		case F_BPCHARICNLIKE:
		case F_NAMELIKE:
		case F_NAMENLIKE:
			return true;
		default:
			return false;
	}
}

/*
 * Does a pattern begin with a wildcard?  What it begins with decides: a
 * constant of a concatenation, too.  -1 where that is not known.
 */
static int
leading_wildcard(const Features *features, Node *pattern)
{
	int			result = -1;

	while (pattern != NULL && IsA(pattern, OpExpr) &&
		   (((OpExpr *) pattern)->opfuncid == F_TEXTCAT ||
			((OpExpr *) pattern)->opfuncid == F_TEXTANYCAT))
		pattern = linitial(((OpExpr *) pattern)->args);
	pattern = pattern != NULL ? strip_implicit_coercions(pattern) : NULL;
	for (int set = 0; set == 0 || set < features_sets(features->stmt); set++)
	{
		Const	   *value = features_value(features, pattern, set);
		char	   *known;

		if (value == NULL || value->constisnull ||
			(value->consttype != TEXTOID && value->consttype != VARCHAROID &&
			 value->consttype != BPCHAROID))
			continue;
		known = TextDatumGetCString(value->constvalue);
		result = Max(result, known[0] == '%' || known[0] == '_');
	}
	return result;
}

/*
 * Note what a column is compared with.
 */
static void
note_operand(Features *features, Comparison *comparison, Node *operand)
{
	TableColumn other;

	comparison->compared_with = operand_kind(operand);
	if (features_column(features, operand, &other))
	{
		comparison->other_relid = other.relid;
		comparison->other_attnum = other.attnum;
	}
}

/*
 * Note an operator between two expressions; a join compares both.
 */
static void
note_operator(Features *features, OpExpr *clause)
{
	Node	   *left = linitial(clause->args);
	Node	   *right = lsecond(clause->args);
	char	   *name = get_opname(clause->opno);
	Oid			commutator = get_commutator(clause->opno);
	Comparison *comparison = comparison_add(features, left, name);

	if (comparison != NULL)
	{
		note_operand(features, comparison, right);
		comparison->is_pattern = is_like(get_opcode(clause->opno));
		if (comparison->is_pattern)
			comparison->leading_wildcard = leading_wildcard(features, right);
	}
	if (OidIsValid(commutator))
		name = get_opname(commutator);
	comparison = comparison_add(features, right, name);
	if (comparison != NULL)
		note_operand(features, comparison, left);
	if ((IsA(left, Const) && ((Const *) left)->constisnull) ||
		(IsA(right, Const) && ((Const *) right)->constisnull))
		features->null_comparisons++;
}

/*
 * Constants of a list; 0 where their number is not known.
 */
static int
list_elements(Node *list)
{
	list = strip_implicit_coercions(list);
	if (IsA(list, ArrayExpr))
		return list_length(((ArrayExpr *) list)->elements);
	if (IsA(list, Const) && !((Const *) list)->constisnull)
	{
		ArrayType  *array = DatumGetArrayTypeP(((Const *) list)->constvalue);

		return ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	}
	return 0;
}

/*
 * Note IN and the like.
 */
static void
note_list(Features *features, ScalarArrayOpExpr *clause)
{
	Comparison *comparison = comparison_add(features, linitial(clause->args),
											get_opname(clause->opno));
	int			elements = list_elements(lsecond(clause->args));

	features->longest_list = Max(features->longest_list, elements);
	if (comparison == NULL)
		return;
	comparison->compared_with = operand_kind(lsecond(clause->args));
	comparison->elements = elements;
}

/*
 * expression_tree_walker() callback: is a column tested for NOT NULL?
 */
static bool
tests_not_null(Node *node, Var *var)
{
	NullTest   *test = (NullTest *) node;

	if (node == NULL || IsA(node, Query))
		return false;
	if (IsA(node, NullTest) && test->nulltesttype == IS_NOT_NULL &&
		equal(test->arg, var))
		return true;
	/* under OR or NOT it may not hold */
	if (IsA(node, BoolExpr) && ((BoolExpr *) node)->boolop != AND_EXPR)
		return false;
	return expression_tree_walker(node, tests_not_null, var);
}

/*
 * expression_tree_walker() callback: is there an outer join in FROM?
 */
static bool
joins_outer(Node *node, void *context)
{
	if (node == NULL || IsA(node, Query))
		return false;
	if (IsA(node, JoinExpr) && ((JoinExpr *) node)->jointype != JOIN_INNER)
		return true;
	return expression_tree_walker(node, joins_outer, context);
}

/*
 * Is a column of a table declared NOT NULL?
 */
static bool
column_not_null(Oid relid, AttrNumber attnum)
{
	HeapTuple	tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relid),
										Int16GetDatum(attnum));
	bool		result;

	if (!HeapTupleIsValid(tuple))
		return false;
	result = ((Form_pg_attribute) GETSTRUCT(tuple))->attnotnull;
	ReleaseSysCache(tuple);
	return result;
}

/*
 * May the first column that a subquery returns be NULL?
 */
static bool
subquery_is_nullable(const Query *query)
{
	Node	   *expr = (Node *) linitial_node(TargetEntry,
											  query->targetList)->expr;
	Var		   *var;
	RangeTblEntry *rte;

	while (IsA(expr, RelabelType))
		expr = (Node *) ((RelabelType *) expr)->arg;
	var = (Var *) expr;
	if (!IsA(expr, Var) || var->varlevelsup > 0 || query->setOperations != NULL)
		return !IsA(expr, Const) || ((Const *) expr)->constisnull;
	if (tests_not_null(query->jointree->quals, var))
		return false;
	rte = rt_fetch(var->varno, query->rtable);
	return joins_outer((Node *) query->jointree, NULL) ||
		rte->rtekind != RTE_RELATION ||
		!column_not_null(rte->relid, var->varattno);
}

/*
 * Note column <> ALL (SELECT ...), which NOT IN is, too.
 */
static void
note_not_in(Features *features, SubLink *sublink)
{
	features->not_in++;
	if (subquery_is_nullable((Query *) sublink->subselect))
		features->not_in_nullable++;
}

/*
 * Is a subquery in a clause what NOT IN says of it?
 */
static bool
is_not_in(Node *node, bool negated)
{
	SubLink    *sublink = (SubLink *) node;

	if (!IsA(node, SubLink))
		return false;
	if (sublink->subLinkType == ANY_SUBLINK)
		return negated;
	return sublink->subLinkType == ALL_SUBLINK && !negated &&
		sublink->testexpr != NULL && IsA(sublink->testexpr, OpExpr) &&
		strcmp(get_opname(((OpExpr *) sublink->testexpr)->opno), "<>") == 0;
}

/*
 * The column that an arm of OR compares with a value; NULL where it does
 * anything else.
 */
static Var *
arm_column(Node *arm)
{
	OpExpr	   *clause = (OpExpr *) arm;
	Node	   *left;
	Node	   *right;

	if (!IsA(arm, OpExpr) || list_length(clause->args) != 2)
		return NULL;
	left = strip_implicit_coercions(linitial(clause->args));
	right = strip_implicit_coercions(lsecond(clause->args));
	if (IsA(left, Var) && first_var(right) == NULL)
		return (Var *) left;
	if (IsA(right, Var) && first_var(left) == NULL)
		return (Var *) right;
	return NULL;
}

/*
 * Note what is special to an OR: other columns in its arms, or a parameter that
 * switches a filter off.
 */
static void
note_or(Features *features, BoolExpr *clause)
{
	Var		   *first = NULL;
	bool		across = false;
	bool		optional = false;
	ListCell   *lc;

	foreach(lc, clause->args)
	{
		Node	   *arm = (Node *) lfirst(lc);
		Var		   *var = arm_column(arm);

		if (IsA(arm, NullTest) &&
			IsA(strip_implicit_coercions((Node *) ((NullTest *) arm)->arg), Param))
			optional = true;
		if (var == NULL)
			continue;
		if (first != NULL && !(first->varno == var->varno &&
							   first->varattno == var->varattno))
			across = true;
		first = var;
	}
	features->or_across_columns += across;
	features->optional_filters += optional && first != NULL;
}

/*
 * Note the column of IS NULL or IS NOT NULL.
 */
static void
note_null_test(Features *features, NullTest *test)
{
	(void) comparison_add(features, (Node *) test->arg,
						  test->nulltesttype == IS_NULL ?
						  "IS NULL" : "IS NOT NULL");
}

/*
 * expression_tree_walker() callback: look at one node of a clause.
 */
static bool
clauses_walker(Node *node, Features *features)
{
	if (node == NULL || IsA(node, Query))
		return false;
	if (IsA(node, OpExpr) && list_length(((OpExpr *) node)->args) == 2 &&
		exprType(node) == BOOLOID)
		note_operator(features, (OpExpr *) node);
	else if (IsA(node, ScalarArrayOpExpr))
		note_list(features, (ScalarArrayOpExpr *) node);
	else if (IsA(node, NullTest))
		note_null_test(features, (NullTest *) node);
	else if (is_not_in(node, false))
		note_not_in(features, (SubLink *) node);
	else if (IsA(node, BoolExpr) && ((BoolExpr *) node)->boolop == OR_EXPR)
		note_or(features, (BoolExpr *) node);
	else if (IsA(node, BoolExpr) && ((BoolExpr *) node)->boolop == NOT_EXPR &&
			 is_not_in(linitial(((BoolExpr *) node)->args), true))
		note_not_in(features, linitial(((BoolExpr *) node)->args));
	return expression_tree_walker(node, clauses_walker, features);
}

/*
 * Note what the clauses in a part of the innermost query compare.
 */
void
features_clauses(Features *features, Node *node)
{
	(void) clauses_walker(node, features);
}
