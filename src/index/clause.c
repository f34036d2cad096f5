/*-------------------------------------------------------------------------
 *
 * clause.c
 *		Tell which index keys a WHERE or join clause could use.
 *
 * The operator decides: it counts when it belongs to the B-tree operator
 * family of the key's type, with the key on either side.  Keys come out
 * with varno 1 and without anything that only this query knows, so that the
 * same key from two statements is equal().
 * Entry point: clause_items().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_database.h"
#include "catalog/pg_opclass_d.h"
#include "catalog/pg_type_d.h"
#include "commands/defrem.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "compat.h"
#include "index/index_internal.h"

/* More arms than this in one OR: nobody wants an index for each. */
#define MAX_ARMS 8

/* IS NOT NULL is no search when more of the rows have a value. */
#define MAX_NOT_NULL_SHARE 0.5

typedef struct KeyMutator
{
	Index		varno;			/* of the relation in this query */
	bool		failed;			/* something that no index can hold */
	bool		has_column;
} KeyMutator;

/*
 * Make an implicit cast a visible one: else the text of the index would have
 * another type than the expression.  To equal() it is the same.
 */
static Node *
show_cast(Node *node)
{
	if (IsA(node, FuncExpr) &&
		((FuncExpr *) node)->funcformat == COERCE_IMPLICIT_CAST)
		((FuncExpr *) node)->funcformat = COERCE_EXPLICIT_CAST;
	else if (IsA(node, CoerceViaIO))
		((CoerceViaIO *) node)->coerceformat = COERCE_EXPLICIT_CAST;
	else if (IsA(node, ArrayCoerceExpr))
		((ArrayCoerceExpr *) node)->coerceformat = COERCE_EXPLICIT_CAST;
	return node;
}

/*
 * Copy an expression with its Vars rewritten to varno 1, as bare as an index
 * definition has them; notes what an index expression may not contain.
 */
static Node *
key_mutator(Node *node, KeyMutator *state)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Var))
	{
		Var		   *var = (Var *) node;

		if (var->varno != (int) state->varno || var->varlevelsup != 0 ||
			var->varattno <= 0)
			state->failed = true;
		state->has_column = true;
		return (Node *) makeVar(1, var->varattno, var->vartype,
								var->vartypmod, var->varcollid, 0);
	}
	if (IsA(node, Const))
	{
		Const	   *constant = (Const *) copyObject(node);

		constant->location = -1;
		return (Node *) constant;
	}
	if (IsA(node, Param) || IsA(node, SubLink) || IsA(node, SubPlan) ||
		IsA(node, Aggref) || IsA(node, GroupingFunc) ||
		IsA(node, WindowFunc) || IsA(node, PlaceHolderVar))
	{
		state->failed = true;
		return node;
	}
	return show_cast(expression_tree_mutator(node, key_mutator, state));
}

/*
 * Return an expression with varno 1, or NULL when it is not one over this
 * relation alone that an index could hold.
 */
Expr *
clause_expression(PlannerInfo *root, RelOptInfo *rel, Node *node)
{
	KeyMutator	state = {rel->relid, false, false};
	Relids		varnos;
	Node	   *key;

	/* From 16 on this also finds Vars that an outer join may set to NULL. */
	varnos = pull_varnos(root, node);
	if (bms_membership(varnos) != BMS_SINGLETON ||
		!bms_is_member(rel->relid, varnos) ||
		contain_mutable_functions(node))
		return NULL;

	key = key_mutator(node, &state);
	if (state.failed || !state.has_column)
		return NULL;
	return (Expr *) key;
}

/*
 * Return the operand as an index key with varno 1, or NULL when it cannot be
 * one.
 */
Expr *
clause_key(PlannerInfo *root, RelOptInfo *rel, Node *operand)
{
	while (operand && IsA(operand, RelabelType))
		operand = (Node *) ((RelabelType *) operand)->arg;
	if (operand == NULL || type_is_rowtype(exprType(operand)) ||
		(IsA(operand, OpExpr) &&
		 operator_is_distance(((OpExpr *) operand)->opno)))
		return NULL;
	return clause_expression(root, rel, operand);
}

/*
 * Add a copy of an item to a list, or sharpen the one that is there for the
 * same key and operator class.
 */
List *
clause_merge_item(List *items, const KeyItem *item)
{
	KeyItem    *copy;
	ListCell   *lc;

	foreach(lc, items)
	{
		KeyItem    *known = (KeyItem *) lfirst(lc);

		if (known->opclass != item->opclass ||
			!equal(known->expr, item->expr))
			continue;
		known->role = Min(known->role, item->role);
		known->hashable |= item->hashable;
		known->selectivity = Min(known->selectivity, item->selectivity);
		return items;
	}

	copy = (KeyItem *) palloc(sizeof(KeyItem));
	*copy = *item;
	return lappend(items, copy);
}

/*
 * The same for a B-tree item from its parts.
 */
List *
clause_add_item(List *items, Expr *expr, Oid opclass, KeyRole role,
				bool hashable, double selectivity)
{
	KeyItem		item = {
		.expr = expr,
		.opclass = opclass,
		.role = role,
		.hashable = hashable,
		.selectivity = selectivity,
	};

	return clause_merge_item(items, &item);
}

/*
 * Could an index value be compared with this operand: does it hold still
 * during a scan of the relation?
 */
bool
clause_operand_holds(ClauseScan *scan, Node *operand)
{
	return !bms_is_member(scan->rel->relid,
						  pull_varnos(scan->root, operand)) &&
		!contain_volatile_functions(operand);
}

/*
 * Items of "key operator operand", for a B-tree operator.
 */
static List *
comparison_items(ClauseScan *scan, Node *key_side, Node *operand, Oid opno,
				 Oid inputcollid, bool is_list, double selectivity)
{
	Expr	   *key;
	Oid			opclass;
	int			strategy;
	KeyRole		role = KEY_RANGE;

	if (!OidIsValid(opno) || !clause_operand_holds(scan, operand))
		return NIL;
	key = clause_key(scan->root, scan->rel, key_side);
	if (key == NULL)
		return NIL;
	if (OidIsValid(inputcollid) &&
		exprCollation((Node *) key) != inputcollid)
		return NIL;
	opclass = GetDefaultOpClass(exprType((Node *) key), BTREE_AM_OID);
	if (!OidIsValid(opclass))
		return NIL;
	strategy = get_op_opfamily_strategy(opno, get_opclass_family(opclass));
	if (strategy == 0)
		return NIL;

	if (strategy == BTEqualStrategyNumber)
		role = bms_is_empty(pull_varnos(scan->root, operand)) ?
			KEY_EQUAL : KEY_JOIN;
	return clause_add_item(NIL, key, opclass, role,
						   role != KEY_RANGE && !is_list, selectivity);
}

/*
 * Does a regular expression begin with something known?  SIMILAR TO puts all
 * of its own into a group.
 */
static bool
regex_is_anchored(const char *regex)
{
	if (*regex++ != '^')
		return false;
	if (strncmp(regex, "(?:", 3) == 0)
		regex += 3;
	return isalnum((unsigned char) *regex) || IS_HIGHBIT_SET(*regex);
}

/*
 * Does the operator search for a pattern whose beginning is known?
 */
bool
clause_pattern_is_anchored(Oid opno, Node *operand)
{
	Const	   *pattern;
	char	   *prefix;

	if (!IsA(operand, Const))
		return false;
	pattern = (Const *) operand;
	if (pattern->constisnull || pattern->consttype != TEXTOID)
		return false;
	prefix = TextDatumGetCString(pattern->constvalue);
	switch (get_opcode(opno))
	{
		case F_TEXTLIKE:
		case F_BPCHARLIKE:
			return prefix[0] != '\0' && prefix[0] != '%' && prefix[0] != '_';
		case F_STARTS_WITH:
			return prefix[0] != '\0';
		case F_TEXTREGEXEQ:
		case F_BPCHARREGEXEQ:
			return regex_is_anchored(prefix);
		default:
			return false;
	}
}

/* Provider "builtin", from 17 on, has collations that compare bytes only. */
#define PROVIDER_BUILTIN 'b'

/*
 * Does a catalog row with this provider and locale name describe a collation
 * that compares byte by byte?
 */
static bool
locale_is_bytewise(char provider, int cache, HeapTuple tuple, AttrNumber name)
{
	bool		isnull;
	Datum		value = SysCacheGetAttr(cache, tuple, name, &isnull);
	char	   *locale;

	if (provider == PROVIDER_BUILTIN)
		return true;
	if (provider != COLLPROVIDER_LIBC || isnull)
		return false;
	locale = TextDatumGetCString(value);
	return strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0;
}

/*
 * Does the collation compare strings byte by byte?  Asked of the catalogs,
 * since the server's own header for it needs those of ICU.
 */
static bool
collation_is_bytewise(Oid collation)
{
	bool		is_default = collation == DEFAULT_COLLATION_OID;
	int			cache = is_default ? DATABASEOID : COLLOID;
	HeapTuple	tuple = SearchSysCache1(cache,
										ObjectIdGetDatum(is_default ?
														 MyDatabaseId : collation));
	bool		result;

	if (!HeapTupleIsValid(tuple))
		return false;
	if (is_default)
		result = locale_is_bytewise(((Form_pg_database) GETSTRUCT(tuple))->datlocprovider,
									cache, tuple, Anum_pg_database_datcollate);
	else
		result = locale_is_bytewise(((Form_pg_collation) GETSTRUCT(tuple))->collprovider,
									cache, tuple, Anum_pg_collation_collcollate);
	ReleaseSysCache(tuple);
	return result;
}

/*
 * The B-tree operator class under which the prefix of a pattern is a range.
 */
static Oid
pattern_opclass(Expr *key, Oid collation)
{
	Oid			type = exprType((Node *) key);

	if (OidIsValid(collation) && collation_is_bytewise(collation))
		return GetDefaultOpClass(type, BTREE_AM_OID);
	switch (type)
	{
		case TEXTOID:
		case VARCHAROID:
			return TEXT_BTREE_PATTERN_OPS_OID;
		case BPCHAROID:
			return BPCHAR_BTREE_PATTERN_OPS_OID;
		default:
			return InvalidOid;
	}
}

/*
 * Items of a binary operator.
 */
static List *
operator_items(ClauseScan *scan, OpExpr *clause, double selectivity)
{
	Node	   *left;
	Node	   *right;
	List	   *items;

	if (list_length(clause->args) != 2)
		return NIL;
	left = (Node *) linitial(clause->args);
	right = (Node *) lsecond(clause->args);

	if (clause_pattern_is_anchored(clause->opno, right))
	{
		Expr	   *key = clause_key(scan->root, scan->rel, left);
		Oid			opclass = key == NULL ? InvalidOid :
		pattern_opclass(key, clause->inputcollid);

		return !OidIsValid(opclass) ? NIL :
			clause_add_item(NIL, key, opclass, KEY_RANGE, false, selectivity);
	}

	items = comparison_items(scan, left, right, clause->opno,
							 clause->inputcollid, false, selectivity);
	if (items == NIL)
		items = comparison_items(scan, right, left,
								 get_commutator(clause->opno),
								 clause->inputcollid, false, selectivity);
	if (items == NIL)
		items = operator_class_items(scan, clause, selectivity);
	return items;
}

/*
 * Items of a comparison of rows: the first column can start a range scan.
 */
static List *
row_items(ClauseScan *scan, RowCompareExpr *clause, double selectivity)
{
	Node	   *left = (Node *) linitial(clause->largs);
	Node	   *right = (Node *) linitial(clause->rargs);
	Oid			opno = linitial_oid(clause->opnos);
	Oid			collation = linitial_oid(clause->inputcollids);
	List	   *items;

	items = comparison_items(scan, left, right, opno, collation, false,
							 selectivity);
	if (items == NIL)
		items = comparison_items(scan, right, left, get_commutator(opno),
								 collation, false, selectivity);
	return items;
}

/*
 * Item of a key that is tested by itself.
 */
static List *
test_items(ClauseScan *scan, Node *operand, KeyRole role, double selectivity)
{
	Expr	   *key = clause_key(scan->root, scan->rel, operand);
	Oid			opclass = key == NULL ? InvalidOid :
	GetDefaultOpClass(exprType((Node *) key), BTREE_AM_OID);

	return !OidIsValid(opclass) ? NIL :
		clause_add_item(NIL, key, opclass, role, false, selectivity);
}

/*
 * Item of a Boolean key, or of its negation: a column, or a function or cast.
 */
static List *
boolean_key_items(ClauseScan *scan, Node *operand, double selectivity)
{
	if (exprType(operand) != BOOLOID ||
		!(IsA(operand, Var) || IsA(operand, FuncExpr) ||
		  IsA(operand, CoerceViaIO)))
		return NIL;
	return test_items(scan, operand, KEY_EQUAL, selectivity);
}

/*
 * Remember each arm of an OR as a list of items of its own; arms without a
 * usable key make the whole OR useless.
 */
static void
collect_arms(ClauseScan *scan, BoolExpr *clause)
{
	List	   *arms = NIL;
	ListCell   *lc;

	if (list_length(clause->args) > MAX_ARMS)
		return;
	foreach(lc, clause->args)
	{
		List	   *items = clause_items(scan, (Node *) lfirst(lc));

		if (items == NIL)
			return;
		arms = lappend(arms, items);
	}
	scan->arms = list_concat(scan->arms, arms);
}

/*
 * Items of all parts of an AND.
 */
static List *
and_items(ClauseScan *scan, BoolExpr *clause)
{
	List	   *items = NIL;
	ListCell   *lc;

	foreach(lc, clause->args)
		items = list_concat(items,
							clause_items(scan, (Node *) lfirst(lc)));
	return items;
}

/*
 * Items of a Boolean connective.
 */
static List *
boolean_items(ClauseScan *scan, BoolExpr *clause, double selectivity)
{
	switch (clause->boolop)
	{
		case AND_EXPR:
			return and_items(scan, clause);
		case OR_EXPR:
			collect_arms(scan, clause);
			return NIL;
		case NOT_EXPR:
			return boolean_key_items(scan, (Node *) linitial(clause->args),
									 selectivity);
	}
	return NIL;
}

/*
 * List of KeyItem for a clause or RestrictInfo.  The arms of ORs inside it are
 * added to scan->arms instead.
 */
List *
clause_items(ClauseScan *scan, Node *clause)
{
	double		selectivity;

	check_stack_depth();
	selectivity = clause_selectivity(scan->root, clause, scan->rel->relid,
									 JOIN_INNER, NULL);
	if (IsA(clause, RestrictInfo))
		clause = (Node *) ((RestrictInfo *) clause)->clause;

	switch (nodeTag(clause))
	{
		case T_OpExpr:
			return operator_items(scan, (OpExpr *) clause, selectivity);
		case T_ScalarArrayOpExpr:
			{
				ScalarArrayOpExpr *array = (ScalarArrayOpExpr *) clause;

				return !array->useOr ? NIL :
					comparison_items(scan, linitial(array->args),
									 lsecond(array->args), array->opno,
									 array->inputcollid, true, selectivity);
			}
		case T_RowCompareExpr:
			return row_items(scan, (RowCompareExpr *) clause, selectivity);
		case T_NullTest:
			if (((NullTest *) clause)->nulltesttype == IS_NULL)
				return test_items(scan, (Node *) ((NullTest *) clause)->arg,
								  KEY_EQUAL, selectivity);
			if (selectivity > MAX_NOT_NULL_SHARE)
				return NIL;
			return test_items(scan, (Node *) ((NullTest *) clause)->arg,
							  KEY_RANGE, selectivity);
		case T_BooleanTest:
			if (((BooleanTest *) clause)->booltesttype != IS_TRUE &&
				((BooleanTest *) clause)->booltesttype != IS_FALSE)
				return NIL;
			return boolean_key_items(scan,
									 (Node *) ((BooleanTest *) clause)->arg,
									 selectivity);
		case T_BoolExpr:
			return boolean_items(scan, (BoolExpr *) clause, selectivity);
		case T_Var:
		case T_FuncExpr:
		case T_CoerceViaIO:
			return boolean_key_items(scan, clause, selectivity);
		default:
			return NIL;
	}
}
