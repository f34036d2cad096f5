/*-------------------------------------------------------------------------
 *
 * planwalk.c
 *		Visit every node of a plan; find the indexes that it reads.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/plannodes.h"

#include "whatif/whatif_internal.h"

static void visit_plan(Plan *plan, PlanVisitor visitor, void *arg);

/*
 * Visit each plan of a list.
 */
static void
visit_list(List *plans, PlanVisitor visitor, void *arg)
{
	ListCell   *cell;

	foreach(cell, plans)
		visit_plan(lfirst(cell), visitor, arg);
}

/*
 * Visit the children that are not the left or right tree.
 */
static void
visit_special_children(Plan *plan, PlanVisitor visitor, void *arg)
{
	switch (nodeTag(plan))
	{
		case T_Append:
			visit_list(((Append *) plan)->appendplans, visitor, arg);
			break;
		case T_MergeAppend:
			visit_list(((MergeAppend *) plan)->mergeplans, visitor, arg);
			break;
		case T_BitmapAnd:
			visit_list(((BitmapAnd *) plan)->bitmapplans, visitor, arg);
			break;
		case T_BitmapOr:
			visit_list(((BitmapOr *) plan)->bitmapplans, visitor, arg);
			break;
		case T_SubqueryScan:
			visit_plan(((SubqueryScan *) plan)->subplan, visitor, arg);
			break;
		case T_CustomScan:
			visit_list(((CustomScan *) plan)->custom_plans, visitor, arg);
			break;
		default:
			break;
	}
}

/*
 * Visit a plan tree, parents first.
 */
static void
visit_plan(Plan *plan, PlanVisitor visitor, void *arg)
{
	if (plan == NULL)
		return;
	check_stack_depth();
	visitor(plan, arg);
	visit_special_children(plan, visitor, arg);
	visit_plan(plan->lefttree, visitor, arg);
	visit_plan(plan->righttree, visitor, arg);
}

/*
 * Visit every node of a planned statement, subplans included.
 */
void
plan_visit(PlannedStmt *plan, PlanVisitor visitor, void *arg)
{
	visit_plan(plan->planTree, visitor, arg);
	visit_list(plan->subplans, visitor, arg);
}

/*
 * Note the index that this node reads, if any; a PlanVisitor.
 */
static void
note_index(Plan *plan, void *arg)
{
	List	  **indexes = arg;
	Oid			oid = InvalidOid;

	if (IsA(plan, IndexScan))
		oid = ((IndexScan *) plan)->indexid;
	else if (IsA(plan, IndexOnlyScan))
		oid = ((IndexOnlyScan *) plan)->indexid;
	else if (IsA(plan, BitmapIndexScan))
		oid = ((BitmapIndexScan *) plan)->indexid;
	if (OidIsValid(oid))
		*indexes = list_append_unique_oid(*indexes, oid);
}

/*
 * Return the OIDs of all indexes that a planned statement reads, each once.
 */
List *
plan_indexes(PlannedStmt *plan)
{
	List	   *indexes = NIL;

	plan_visit(plan, note_index, &indexes);
	return indexes;
}
