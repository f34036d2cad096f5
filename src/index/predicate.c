/*-------------------------------------------------------------------------
 *
 * predicate.c
 *		Find the clauses of a statement that a partial index could have as its
 *		predicate.
 *
 * Only what holds for every call counts: tests for NULL, Boolean columns, and
 * comparisons with constants of a column that has few values, or with a value
 * that a good part of the rows has.  An index for one of many values would
 * serve one customer; such a constant is no property of the statement.
 * Entry points: predicate_terms(), predicate_operand().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "access/sysattr.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_type_d.h"
#include "commands/defrem.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"

#include "index/index_internal.h"

/* A predicate that more of the rows satisfy makes the index little smaller. */
#define MAX_SHARE 0.6

/* A column with at most so many values tells states or kinds. */
#define MAX_STATES 32

/* Of other columns, a value that this share of the rows has: a main tenant. */
#define MIN_COMMON_SHARE 0.05

/* Values in an IN list of a predicate. */
#define MAX_LISTED 8

/*
 * What a clause of one operand and constants tests: the constants are on the
 * right.
 */
Expr *
predicate_operand(Expr *clause)
{
	switch (nodeTag(clause))
	{
		case T_NullTest:
			return ((NullTest *) clause)->arg;
		case T_BooleanTest:
			return ((BooleanTest *) clause)->arg;
		case T_BoolExpr:
			return (Expr *) linitial(((BoolExpr *) clause)->args);
		case T_OpExpr:
			return (Expr *) linitial(((OpExpr *) clause)->args);
		case T_ScalarArrayOpExpr:
			return (Expr *) linitial(((ScalarArrayOpExpr *) clause)->args);
		default:
			return clause;
	}
}

/*
 * Is it a constant with a value?
 */
static bool
is_value(Node *node)
{
	return node != NULL && IsA(node, Const) && !((Const *) node)->constisnull;
}

/*
 * A binary clause with its constant on the right, or NULL.
 */
static OpExpr *
constant_on_right(OpExpr *clause)
{
	if (list_length(clause->args) != 2)
		return NULL;
	if (is_value((Node *) lsecond(clause->args)))
		return clause;
	if (!is_value((Node *) linitial(clause->args)) ||
		!OidIsValid(get_commutator(clause->opno)))
		return NULL;
	clause = (OpExpr *) copyObject(clause);
	CommuteOpExpr(clause);
	return clause;
}

/*
 * Strategy of an operator among those that compare values of the type, 0 for
 * none; "not equal" counts as a strategy of its own.
 */
#define NOT_EQUAL_STRATEGY (BTMaxStrategyNumber + 1)

static int
comparison_strategy(Oid opno, Oid type)
{
	Oid			opclass = GetDefaultOpClass(type, BTREE_AM_OID);
	Oid			negator;
	int			strategy;

	if (!OidIsValid(opclass))
		return 0;
	strategy = get_op_opfamily_strategy(opno, get_opclass_family(opclass));
	if (strategy != 0)
		return strategy;
	negator = get_negator(opno);
	return OidIsValid(negator) &&
		get_op_opfamily_strategy(negator, get_opclass_family(opclass)) ==
		BTEqualStrategyNumber ? NOT_EQUAL_STRATEGY : 0;
}

/*
 * Is the clause about a list of few values, IN or NOT IN?
 */
static bool
is_short_list(ScalarArrayOpExpr *clause)
{
	Node	   *list = (Node *) lsecond(clause->args);
	ArrayType  *array;

	if (!is_value(list))
		return false;
	array = DatumGetArrayTypeP(((Const *) list)->constvalue);
	return ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)) <= MAX_LISTED &&
		!array_contains_nulls(array);
}

/*
 * Does the column have statistics, and how many values?  The answer is 0
 * without.
 */
static double
known_values(PlannerInfo *root, RelOptInfo *rel, Node *operand)
{
	VariableStatData statistics;
	bool		is_default;
	double		values = 0;

	examine_variable(root, operand, rel->relid, &statistics);
	if (HeapTupleIsValid(statistics.statsTuple))
		values = get_variable_numdistinct(&statistics, &is_default);
	ReleaseVariableStats(statistics);
	return values;
}

/*
 * Does a comparison with constants tell rows apart that are special for every
 * call of the statement?  The bounds of a range move.
 */
static bool
comparison_is_special(int strategy, double values, double share)
{
	if (strategy == BTEqualStrategyNumber)
		return values <= MAX_STATES || share >= MIN_COMMON_SHARE;
	return strategy == NOT_EQUAL_STRATEGY && values <= MAX_STATES;
}

/*
 * Strategy of a comparison's operator for the type of its operand.
 */
static int
strategy_of(Expr *clause, Oid opno)
{
	return comparison_strategy(opno,
							   exprType((Node *) predicate_operand(clause)));
}

/*
 * Could this clause be a predicate, as far as its form and the number of
 * values go?
 */
static bool
clause_qualifies(Expr *clause, double values, double share)
{
	switch (nodeTag(clause))
	{
		case T_NullTest:
			return !((NullTest *) clause)->argisrow;
		case T_BooleanTest:
			return ((BooleanTest *) clause)->booltesttype == IS_TRUE ||
				((BooleanTest *) clause)->booltesttype == IS_FALSE ||
				((BooleanTest *) clause)->booltesttype == IS_UNKNOWN;
		case T_Var:
			return true;
		case T_BoolExpr:
			return ((BoolExpr *) clause)->boolop == NOT_EXPR &&
				IsA(predicate_operand(clause), Var);
		case T_OpExpr:
			return comparison_is_special(strategy_of(clause,
													 ((OpExpr *) clause)->opno),
										 values, share);
		case T_ScalarArrayOpExpr:
			return is_short_list((ScalarArrayOpExpr *) clause) &&
				values <= MAX_STATES &&
				strategy_of(clause, ((ScalarArrayOpExpr *) clause)->opno) ==
				(((ScalarArrayOpExpr *) clause)->useOr ?
				 BTEqualStrategyNumber : NOT_EQUAL_STRATEGY);
		default:
			return false;
	}
}

/*
 * Does the clause leave its operand one value, or NULL?
 */
bool
predicate_pins(Expr *clause)
{
	switch (nodeTag(clause))
	{
		case T_NullTest:
			return ((NullTest *) clause)->nulltesttype == IS_NULL;
		case T_OpExpr:
			return strategy_of(clause, ((OpExpr *) clause)->opno) ==
				BTEqualStrategyNumber;
		case T_ScalarArrayOpExpr:
			return false;
		default:
			return true;
	}
}

/*
 * A column that the statement reads for this clause only, or 0: an index with
 * the predicate need not contain it.
 */
static AttrNumber
column_of_clause_only(RelOptInfo *rel, const RestrictInfo *own)
{
	Bitmapset  *mine = NULL;
	Bitmapset  *others = NULL;
	int			member;
	ListCell   *lc;

	pull_varattnos((Node *) own->clause, rel->relid, &mine);
	pull_varattnos((Node *) rel->reltarget->exprs, rel->relid, &others);
	foreach(lc, rel->baserestrictinfo)
	{
		RestrictInfo *rinfo = (RestrictInfo *) lfirst(lc);

		if (rinfo != own)
			pull_varattnos((Node *) rinfo->clause, rel->relid, &others);
	}
	if (!bms_get_singleton_member(mine, &member) ||
		bms_is_member(member, others))
		return 0;
	return member + FirstLowInvalidHeapAttributeNumber;
}

/*
 * The term that a clause of the relation is, or NULL.
 */
static PredicateTerm *
term_of(PlannerInfo *root, RelOptInfo *rel, RestrictInfo *rinfo)
{
	Expr	   *clause = rinfo->clause;
	PredicateTerm *term;
	Node	   *operand;
	double		share;
	double		values;

	if (IsA(clause, OpExpr))
		clause = (Expr *) constant_on_right((OpExpr *) clause);
	if (clause == NULL || rinfo->pseudoconstant)
		return NULL;
	operand = (Node *) predicate_operand(clause);
	share = clause_selectivity(root, (Node *) rinfo, rel->relid, JOIN_INNER,
							   NULL);
	if (share > MAX_SHARE || clause_key(root, rel, operand) == NULL)
		return NULL;
	values = known_values(root, rel, operand);
	if (values <= 0 || !clause_qualifies(clause, values, share))
		return NULL;

	term = (PredicateTerm *) palloc0(sizeof(PredicateTerm));
	term->clause = clause_expression(root, rel, (Node *) clause);
	if (term->clause == NULL)
		return NULL;
	term->operand = clause_key(root, rel, operand);
	term->pins = predicate_pins(clause);
	term->share = share;
	term->frees = column_of_clause_only(rel, rinfo);
	return term;
}

/*
 * Order of terms: the fewest rows first.
 */
static int
compare_share(const ListCell *a, const ListCell *b)
{
	double		left = ((PredicateTerm *) lfirst(a))->share;
	double		right = ((PredicateTerm *) lfirst(b))->share;

	return (left > right) - (left < right);
}

/*
 * List of PredicateTerm: the clauses of a relation that hold in every call, the
 * rarest first.
 */
List *
predicate_terms(PlannerInfo *root, RelOptInfo *rel)
{
	List	   *terms = NIL;
	ListCell   *lc;

	foreach(lc, rel->baserestrictinfo)
	{
		PredicateTerm *term = term_of(root, rel, (RestrictInfo *) lfirst(lc));

		CHECK_FOR_INTERRUPTS();
		if (term != NULL)
			terms = lappend(terms, term);
	}
	list_sort(terms, compare_share);
	return terms;
}

/*
 * Those of the terms whose clause is among the known ones.
 */
List *
predicate_terms_confirmed(List *terms, List *known)
{
	List	   *result = NIL;
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, terms)
		foreach(lc2, known)
	{
		if (!equal(((PredicateTerm *) lfirst(lc))->clause,
				   ((PredicateTerm *) lfirst(lc2))->clause))
			continue;
		result = lappend(result, lfirst(lc));
		break;
	}
	return result;
}
