/*-------------------------------------------------------------------------
 *
 * policy_rewrite.c
 *		What the condition of a policy computes for every row, though it is the
 *		same for all of them.
 *
 * A function of no column, such as current_setting(), is called again for each
 * row that the condition is tested on; as a subquery it is called once.  The
 * condition is taken as the tree that the catalog holds, and given back as text.
 * Entry point: the SQL function policy_rewrite().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_proc.h"
#include "catalog/pg_type_d.h"
#include "fmgr.h"
#include "funcapi.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"

#include "compat.h"

PG_FUNCTION_INFO_V1(dbadvisor_policy_rewrite);

/* Columns of the result. */
#define REWRITE_COLUMNS 3

/* What is found on the way. */
typedef struct RewriteContext
{
	List	   *functions;		/* OIDs of what was put into subqueries */
	List	   *names;			/* texts that are looked for */
	bool		has_name;		/* one of them is a constant of the condition */
} RewriteContext;

/*
 * Is it a call that gives the same for every row, but not for all time?
 */
static bool
is_once(Node *node)
{
	return IsA(node, FuncExpr) &&
		func_volatile(((FuncExpr *) node)->funcid) == PROVOLATILE_STABLE &&
		!((FuncExpr *) node)->funcretset &&
		!contain_var_clause(node);
}

/*
 * Make the subquery (SELECT call).
 */
static Node *
make_subquery(Node *call)
{
	Query	   *query = makeNode(Query);
	SubLink    *link = makeNode(SubLink);

	query->commandType = CMD_SELECT;
	query->querySource = QSRC_ORIGINAL;
	query->canSetTag = true;
	query->jointree = makeFromExpr(NIL, NULL);
	query->targetList = list_make1(makeTargetEntry((Expr *) call, 1,
												   get_func_name(((FuncExpr *) call)->funcid),
												   false));
	link->subLinkType = EXPR_SUBLINK;
	link->subselect = (Node *) query;
	link->location = -1;
	return (Node *) link;
}

/*
 * Note a constant of type text that is looked for.
 */
static void
note_constant(const Const *constant, RewriteContext *context)
{
	ListCell   *lc;

	if (constant->constisnull || constant->consttype != TEXTOID)
		return;
	foreach(lc, context->names)
		if (strcmp(lfirst(lc), TextDatumGetCString(constant->constvalue)) == 0)
		context->has_name = true;
}

/*
 * Look at the inside of a subquery for constants alone: it runs once already, or
 * depends on the row.
 */
static bool
subquery_walker(Node *node, RewriteContext *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Const))
		note_constant((Const *) node, context);
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, subquery_walker, context, 0);
	return expression_tree_walker(node, subquery_walker, context);
}

/*
 * Copy the tree with subqueries in place of such calls.
 */
static Node *
rewrite_mutator(Node *node, RewriteContext *context)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, SubLink))
	{
		(void) subquery_walker(node, context);
		return copyObject(node);
	}
	if (IsA(node, Const))
		note_constant((Const *) node, context);
	if (is_once(node))
	{
		(void) subquery_walker(node, context);
		context->functions = list_append_unique_oid(context->functions,
													((FuncExpr *) node)->funcid);
		return make_subquery(copyObject(node));
	}
	return expression_tree_mutator(node, rewrite_mutator, context);
}

/*
 * OIDs as an array.
 */
static Datum
oids_datum(List *oids)
{
	Datum	   *values = palloc(Max(list_length(oids), 1) * sizeof(Datum));
	ListCell   *lc;

	foreach(lc, oids)
		values[foreach_current_index(lc)] = ObjectIdGetDatum(lfirst_oid(lc));
	return PointerGetDatum(construct_array(values, list_length(oids), OIDOID,
										   sizeof(Oid), true, TYPALIGN_INT));
}

/*
 * The texts of an array as a list of strings.
 */
static List *
names_of(ArrayType *array)
{
	List	   *result = NIL;
	Datum	   *values;
	bool	   *nulls;
	int			count;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &values, &nulls,
					  &count);
	for (int i = 0; i < count; i++)
		if (!nulls[i])
			result = lappend(result, TextDatumGetCString(values[i]));
	return result;
}

/*
 * policy_rewrite(condition pg_node_tree, relation oid, names text[])
 */
Datum
dbadvisor_policy_rewrite(PG_FUNCTION_ARGS)
{
	Node	   *condition = stringToNode(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	char	   *relation = get_rel_name(PG_GETARG_OID(1));
	RewriteContext context = {.names = names_of(PG_GETARG_ARRAYTYPE_P(2))};
	Datum		values[REWRITE_COLUMNS] = {0};
	bool		nulls[REWRITE_COLUMNS] = {false};
	Node	   *rewritten;
	TupleDesc	desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	if (relation == NULL)
		PG_RETURN_NULL();
	rewritten = rewrite_mutator(condition, &context);
	values[0] = oids_datum(context.functions);
	values[1] = CStringGetTextDatum(deparse_expression(rewritten,
													   deparse_context_for(relation,
																		   PG_GETARG_OID(1)),
													   false, false));
	values[2] = BoolGetDatum(context.has_name);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc),
													  values, nulls)));
}
