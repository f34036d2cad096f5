/*-------------------------------------------------------------------------
 *
 * observe.c
 *		Find what a statement asks of the columns of its relations together,
 *		while it is planned.
 *
 * The clauses are those that the planner sees after rewriting, and the estimates
 * are its own, for each set of them.  Only such clauses are taken as extended
 * statistics can speak of.
 * Entry point: questions_collect().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "access/transam.h"
#include "catalog/catalog.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "catalog/dependency.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"

#include "statistics/statistics_internal.h"

/* Where the observer puts what it finds. */
typedef struct Collector
{
	MemoryContext context;
	List	   *questions;		/* of Question */
} Collector;

/* One clause, taken apart. */
typedef struct ClauseParts
{
	Node	   *expr;			/* what it restricts, in the query's terms */
	bool		unknown;		/* to a value that is not known */
	bool		equality;
} ClauseParts;

/* A restricted expression with its clauses in the planner's hands. */
typedef struct Restricted
{
	Node	   *expr;			/* in the query's terms */
	List	   *rinfos;			/* of RestrictInfo */
	bool		unknown;
	bool		known;			/* some clause has a constant */
	bool		equality;
} Restricted;

/*
 * May we advise on this relation: a plain table that is not a catalog, not
 * ours, not the temporary table of another session, read as a whole?
 */
static bool
relation_is_advisable(RelOptInfo *rel, RangeTblEntry *rte)
{
	if (rel->reloptkind != RELOPT_BASEREL || rte->inh ||
		rte->tablesample != NULL || rte->securityQuals != NIL ||
		(rte->relkind != RELKIND_RELATION && rte->relkind != RELKIND_MATVIEW))
		return false;
	if (IsCatalogRelationOid(rte->relid) || rte->relid < FirstNormalObjectId ||
		isOtherTempNamespace(get_rel_namespace(rte->relid)))
		return false;
	return rel->tuples > 0 &&
		getExtensionOfObject(RelationRelationId, rte->relid) !=
		get_extension_oid("dbadvisor", true);
}

/*
 * Does the expression hold anything that only this execution knows?
 */
static bool
holds_execution(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param) || IsA(node, SubLink) || IsA(node, SubPlan) ||
		IsA(node, Aggref) || IsA(node, GroupingFunc) ||
		IsA(node, WindowFunc) || IsA(node, PlaceHolderVar))
		return true;
	return expression_tree_walker(node, holds_execution, context);
}

/*
 * The operand as something that statistics can be made on, or NULL.
 */
static Node *
statistics_expression(PlannerInfo *root, RelOptInfo *rel, Node *operand)
{
	Relids		varnos;
	Bitmapset  *columns = NULL;
	int			member = -1;

	while (operand != NULL && IsA(operand, RelabelType))
		operand = (Node *) ((RelabelType *) operand)->arg;
	if (operand == NULL || type_is_rowtype(exprType(operand)))
		return NULL;
	varnos = pull_varnos(root, operand);
	if (bms_membership(varnos) != BMS_SINGLETON ||
		!bms_is_member(rel->relid, varnos) ||
		holds_execution(operand, NULL) || contain_mutable_functions(operand))
		return NULL;
	pull_varattnos(operand, rel->relid, &columns);
	while ((member = bms_next_member(columns, member)) >= 0)
	{
		if (member + FirstLowInvalidHeapAttributeNumber <= 0)
			return NULL;
	}
	return operand;
}

/*
 * Is this a value: a constant, or a parameter whose value is not known?
 */
static bool
is_value(Node *node, bool *unknown)
{
	while (node != NULL && IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	if (node == NULL)
		return false;
	*unknown = IsA(node, Param);
	return *unknown || (IsA(node, Const) && !((Const *) node)->constisnull);
}

/*
 * Take "expression operator value" apart; false for what statistics say nothing
 * of.
 */
static bool
comparison_parts(PlannerInfo *root, RelOptInfo *rel, List *args, Oid operator,
				 bool is_list, ClauseParts *parts)
{
	RegProcedure estimator = get_oprrest(operator);
	Node	   *left = linitial(args);
	Node	   *right = lsecond(args);

	if (is_value(right, &parts->unknown))
		parts->expr = statistics_expression(root, rel, left);
	else if (!is_list && is_value(left, &parts->unknown))
		parts->expr = statistics_expression(root, rel, right);
	if (parts->expr == NULL)
		return false;
	parts->equality = estimator == F_EQSEL;
	/* Of a value that is not known only equality tells something. */
	if (parts->unknown)
		return parts->equality && !is_list;
	return parts->equality ||
		(!is_list && (estimator == F_NEQSEL ||
					  estimator == F_SCALARLTSEL || estimator == F_SCALARLESEL ||
					  estimator == F_SCALARGTSEL || estimator == F_SCALARGESEL));
}

/*
 * Take a clause apart; false for what statistics say nothing of.
 */
static bool
clause_parts(PlannerInfo *root, RelOptInfo *rel, Node *clause,
			 ClauseParts *parts)
{
	memset(parts, 0, sizeof(*parts));
	if (IsA(clause, OpExpr) && list_length(((OpExpr *) clause)->args) == 2)
		return comparison_parts(root, rel, ((OpExpr *) clause)->args,
								((OpExpr *) clause)->opno, false, parts);
	if (IsA(clause, ScalarArrayOpExpr) && ((ScalarArrayOpExpr *) clause)->useOr)
		return comparison_parts(root, rel, ((ScalarArrayOpExpr *) clause)->args,
								((ScalarArrayOpExpr *) clause)->opno, true,
								parts);
	if (IsA(clause, NullTest) && !((NullTest *) clause)->argisrow)
		parts->expr = statistics_expression(root, rel,
											(Node *) ((NullTest *) clause)->arg);
	else if (is_notclause(clause))
		parts->expr = (Node *) get_notclausearg((Expr *) clause);
	else
		parts->expr = clause;
	if (parts->expr == NULL)
		return false;
	/* a boolean column by itself is a comparison with true */
	parts->equality = !IsA(clause, NullTest);
	return IsA(parts->expr, Var) &&
		statistics_expression(root, rel, parts->expr) != NULL;
}

/*
 * Add a clause to the restricted expressions.
 */
static List *
add_clause(List *restricted, RestrictInfo *rinfo, const ClauseParts *parts)
{
	Restricted *entry = NULL;
	ListCell   *cell;

	foreach(cell, restricted)
	{
		if (equal(((Restricted *) lfirst(cell))->expr, parts->expr))
			entry = lfirst(cell);
	}
	if (entry == NULL)
	{
		entry = palloc0(sizeof(Restricted));
		entry->expr = parts->expr;
		entry->equality = true;
		restricted = lappend(restricted, entry);
	}
	entry->rinfos = lappend(entry->rinfos, rinfo);
	entry->unknown |= parts->unknown;
	entry->known |= !parts->unknown;
	entry->equality &= parts->equality;
	return restricted;
}

/*
 * The restricted expressions of a relation: a list of Restricted.
 */
static List *
find_restricted(PlannerInfo *root, RelOptInfo *rel)
{
	List	   *restricted = NIL;
	ListCell   *cell;

	foreach(cell, rel->baserestrictinfo)
	{
		RestrictInfo *rinfo = lfirst_node(RestrictInfo, cell);
		ClauseParts parts;

		if (!rinfo->pseudoconstant && rinfo->security_level == 0 &&
			clause_parts(root, rel, (Node *) rinfo->clause, &parts))
			restricted = add_clause(restricted, rinfo, &parts);
	}
	foreach(cell, restricted)
	{
		Restricted *entry = lfirst(cell);

		if (entry->known && entry->unknown)
			restricted = foreach_delete_current(restricted, cell);
	}
	return restricted;
}

/*
 * Put a restricted expression into a question.
 */
static void
add_restricted_item(Question *question, const Restricted *entry, Index relid)
{
	StatItem   *item = &question->items[question->nitems++];
	ListCell   *cell;

	item->expr = correct_expression(entry->expr, relid);
	foreach(cell, entry->rinfos)
		item->clauses = lappend(item->clauses,
								correct_expression((Node *) lfirst_node(RestrictInfo, cell)->clause,
												   relid));
	item->unknown = entry->unknown;
	item->equality = entry->equality;
}

/*
 * Start a question about a relation.
 */
static Question *
question_start(RelOptInfo *rel, RangeTblEntry *rte, bool grouping)
{
	Question   *question = palloc0(sizeof(Question));

	question->relid = rte->relid;
	question->tuples = rel->tuples;
	question->grouping = grouping;
	return question;
}

/*
 * Write down the clauses of a relation; NULL where there are none.
 */
static Question *
restriction_question(PlannerInfo *root, RelOptInfo *rel, RangeTblEntry *rte)
{
	List	   *restricted = find_restricted(root, rel);
	Question   *question;
	ListCell   *cell;

	if (restricted == NIL)
		return NULL;
	restricted = list_truncate(restricted, MAX_ITEMS);
	question = question_start(rel, rte, false);
	foreach(cell, restricted)
		add_restricted_item(question, lfirst(cell), rel->relid);
	for (uint32 items = 1; items < (uint32) (1 << question->nitems); items++)
	{
		List	   *rinfos = NIL;

		CHECK_FOR_INTERRUPTS();
		for (int i = 0; i < question->nitems; i++)
		{
			if ((items & (1 << i)) != 0)
				rinfos = list_concat(rinfos,
									 ((Restricted *) list_nth(restricted, i))->rinfos);
		}
		question->estimate[items] = clauselist_selectivity(root, rinfos, 0,
														   JOIN_INNER, NULL);
	}
	return question;
}

/*
 * The expressions of a GROUP BY or DISTINCT that are of this relation.
 */
static List *
grouped_expressions(PlannerInfo *root, RelOptInfo *rel, List *clauses)
{
	List	   *exprs = NIL;
	ListCell   *cell;

	foreach(cell, get_sortgrouplist_exprs(clauses, root->processed_tlist))
	{
		Node	   *expr = statistics_expression(root, rel, lfirst(cell));

		if (expr != NULL && !list_member(exprs, expr))
			exprs = lappend(exprs, expr);
	}
	return list_truncate(exprs, MAX_ITEMS);
}

/*
 * Number of groups that the planner expects in the whole relation.
 */
static double
estimate_groups(PlannerInfo *root, RelOptInfo *rel, List *exprs)
{
	double		rows = rel->rows;
	double		groups;

	rel->rows = rel->tuples;
	groups = estimate_num_groups(root, exprs, rel->tuples, NULL, NULL);
	rel->rows = rows;
	return groups;
}

/*
 * Write down what a relation is grouped by; NULL where it is not.
 */
static Question *
grouping_question(PlannerInfo *root, RelOptInfo *rel, RangeTblEntry *rte,
				  List *clauses)
{
	List	   *exprs = grouped_expressions(root, rel, clauses);
	Question   *question;
	ListCell   *cell;

	if (exprs == NIL)
		return NULL;
	question = question_start(rel, rte, true);
	foreach(cell, exprs)
		question->items[question->nitems++].expr =
		correct_expression(lfirst(cell), rel->relid);
	for (uint32 items = 1; items < (uint32) (1 << question->nitems); items++)
	{
		List	   *some = NIL;

		for (int i = 0; i < question->nitems; i++)
		{
			if ((items & (1 << i)) != 0)
				some = lappend(some, list_nth(exprs, i));
		}
		question->estimate[items] = estimate_groups(root, rel, some);
	}
	return question;
}

/*
 * WhatIfObserver: collect what is asked of one relation.
 */
static void
observe(PlannerInfo *root, RelOptInfo *rel, RangeTblEntry *rte, void *arg)
{
	Collector  *collector = arg;
	Query	   *parse = root->parse;
	MemoryContext old;
	Question   *questions[3] = {NULL};

	if (!relation_is_advisable(rel, rte) || IS_DUMMY_REL(rel))
		return;
	old = MemoryContextSwitchTo(collector->context);
	questions[0] = restriction_question(root, rel, rte);
	if (parse->groupClause != NIL && parse->groupingSets == NIL)
		questions[1] = grouping_question(root, rel, rte, parse->groupClause);
	if (parse->distinctClause != NIL && !parse->hasDistinctOn)
		questions[2] = grouping_question(root, rel, rte,
										 parse->distinctClause);
	for (int i = 0; i < (int) lengthof(questions); i++)
	{
		if (questions[i] != NULL)
			collector->questions = lappend(collector->questions, questions[i]);
	}
	MemoryContextSwitchTo(old);
}

/*
 * Plan a statement, under corrections if any; return what it asks, a list of Question
 * in the current memory context, with its cost and the shape of its plan.
 */
List *
questions_collect(Statement *stmt, const Corrections *corrections,
				  WhatIfResult *result, char **shape)
{
	Collector	collector = {CurrentMemoryContext, NIL};

	whatif_observe(observe, &collector);
	PG_TRY();
	{
		*result = whatif_corrected(stmt, NULL, corrections, shape);
	}
	PG_FINALLY();
	{
		whatif_observe(NULL, NULL);
	}
	PG_END_TRY();
	return result->error ? NIL : collector.questions;
}
