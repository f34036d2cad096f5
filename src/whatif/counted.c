/*-------------------------------------------------------------------------
 *
 * counted.c
 *		Rows that sampled executions have counted, as corrections of the
 *		planner's estimates.
 *
 * The sampler knows how many rows a scan returned under all conditions on its
 * table, and knows the conditions by a hash; a relation of a query with the same
 * conditions is given as many.  What fewer of the conditions select is not known:
 * it stays what the planner thinks, but is no less than what all of them select.
 * Entry points: corrections_counted(), counted_joint().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/restrictinfo.h"
#include "rewrite/rewriteManip.h"

#include "sampler/sampler.h"
#include "whatif/correct.h"
#include "whatif/whatif_internal.h"

/*
 * The estimates of a statement that were off by this factor or more, as
 * corrections; NULL where there are none.  palloc'd.
 */
Corrections *
corrections_counted(const Statement *stmt, double min_factor)
{
	Corrections *corrections = NULL;
	ListCell   *cell;

	if (stmt->queryid == 0)
		return NULL;
	foreach(cell, sampler_estimates(stmt->queryid, stmt->userid))
	{
		SampledEstimate *estimate = (SampledEstimate *) lfirst(cell);

		if (estimate->factor < min_factor)
			continue;
		if (corrections == NULL)
			corrections = (Corrections *) palloc0(sizeof(Corrections));
		corrections->counts = lappend(corrections->counts, estimate);
	}
	return corrections;
}

/*
 * What a condition restricts, with varno 1: the side of a comparison that is of
 * the relation, or the condition itself.
 */
static Node *
restricted_expression(const RestrictInfo *rinfo, Index relid)
{
	Node	   *expr = (Node *) rinfo->clause;

	if (IsA(expr, OpExpr) && list_length(((OpExpr *) expr)->args) == 2)
	{
		List	   *args = ((OpExpr *) expr)->args;

		expr = contain_var_clause(linitial(args)) ? linitial(args) :
			lsecond(args);
	}
	return correct_expression(expr, relid);
}

/*
 * Add a condition to the items, those on the same expression to the same one.
 */
static List *
add_condition(List *items, const RestrictInfo *rinfo, Index relid)
{
	Node	   *expr = restricted_expression(rinfo, relid);
	CorrectItem *item = NULL;
	ListCell   *cell;

	foreach(cell, items)
	{
		if (equal(((CorrectItem *) lfirst(cell))->expr, expr))
			item = (CorrectItem *) lfirst(cell);
	}
	if (item == NULL)
	{
		item = (CorrectItem *) palloc0(sizeof(CorrectItem));
		item->expr = expr;
		items = lappend(items, item);
	}
	item->clauses = lappend(item->clauses,
							correct_expression((Node *) rinfo->clause, relid));
	return items;
}

/*
 * What the planner thinks that a set of items selects.
 */
static double
planner_selectivity(PlannerInfo *root, RelOptInfo *rel, List *items, uint32 set)
{
	List	   *clauses = NIL;
	ListCell   *cell;

	foreach(cell, items)
	{
		if ((set & (1 << foreach_current_index(cell))) != 0)
			clauses = list_concat(clauses,
								  copyObject(((CorrectItem *) lfirst(cell))->clauses));
	}
	ChangeVarNodes((Node *) clauses, 1, rel->relid, 0);
	return clauselist_selectivity(root, clauses, rel->relid, JOIN_INNER, NULL);
}

/*
 * Make the correction of a relation that returns a share of its rows; NULL where
 * it has too many conditions.
 */
static JointCorrection *
joint_make(PlannerInfo *root, RelOptInfo *rel, Oid relid, double share)
{
	JointCorrection *joint = (JointCorrection *) palloc0(sizeof(JointCorrection));
	ListCell   *cell;
	uint32		all;

	joint->relid = relid;
	foreach(cell, rel->baserestrictinfo)
		joint->items = add_condition(joint->items,
									 lfirst_node(RestrictInfo, cell),
									 rel->relid);
	if (list_length(joint->items) > CORRECT_MAX_ITEMS)
		return NULL;
	all = (1 << list_length(joint->items)) - 1;
	joint->selectivity = (double *) palloc((all + 1) * sizeof(double));
	joint->selectivity[all] = share;
	for (uint32 set = 1; set < all; set++)
	{
		CHECK_FOR_INTERRUPTS();
		joint->selectivity[set] =
			planner_selectivity(root, rel, joint->items, set) < share ?
			share : -1;
	}
	return joint;
}

/*
 * The correction that was counted for a relation; NULL where none was for its
 * conditions.
 */
JointCorrection *
counted_joint(PlannerInfo *root, RelOptInfo *rel, List *counts)
{
	Oid			relid = root->simple_rte_array[rel->relid]->relid;
	uint64		conditions;
	ListCell   *cell;

	if (counts == NIL || rel->baserestrictinfo == NIL || rel->tuples < 1)
		return NULL;
	conditions = sampler_conditions_hash(relid,
										 get_actual_clauses(rel->baserestrictinfo));
	foreach(cell, counts)
	{
		const SampledEstimate *estimate = (const SampledEstimate *) lfirst(cell);

		if (estimate->conditions == conditions)
			return joint_make(root, rel, relid,
							  Min(Max(estimate->actual, 1) / rel->tuples, 1));
	}
	return NULL;
}
