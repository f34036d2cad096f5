/*-------------------------------------------------------------------------
 *
 * shape.c
 *		The shape of a plan: node types, order of joins, indexes; no figures
 *		and no values.
 *
 * Two plans of a statement with equal shapes do the same work in the same
 * order.  Entry point: plan_note_shapes(), then plan_add_shape() for each plan.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/plannodes.h"
#include "parser/parsetree.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "whatif/whatif_internal.h"

/* Where shapes are written; NULL when nobody wants them. */
static StringInfo sink = NULL;

static void add_node(StringInfo text, PlannedStmt *stmt, Plan *plan);

/*
 * Name of a node that has nothing more to tell; NULL for one that only passes
 * rows on.
 */
static const char *
plain_name(Plan *plan)
{
	switch (nodeTag(plan))
	{
		case T_SeqScan:
			return "Seq Scan";
		case T_BitmapHeapScan:
			return "Bitmap Heap Scan";
		case T_TidScan:
		case T_TidRangeScan:
			return "Tid Scan";
		case T_NestLoop:
			return "Nested Loop";
		case T_MergeJoin:
			return "Merge Join";
		case T_HashJoin:
			return "Hash Join";
		case T_BitmapAnd:
			return "BitmapAnd";
		case T_BitmapOr:
			return "BitmapOr";
		case T_Append:
			return "Append";
		case T_MergeAppend:
			return "Merge Append";
		case T_Material:
			return "Materialize";
		case T_Memoize:
			return "Memoize";
		case T_Sort:
			return "Sort";
		case T_IncrementalSort:
			return "Incremental Sort";
		case T_Group:
			return "Group";
		case T_WindowAgg:
			return "WindowAgg";
		case T_Unique:
			return "Unique";
		case T_Gather:
			return "Gather";
		case T_GatherMerge:
			return "Gather Merge";
		case T_SetOp:
			return "SetOp";
		case T_Limit:
			return "Limit";
		case T_SubqueryScan:
			return "Subquery Scan";
		case T_ModifyTable:
			return "Modify";
		case T_CteScan:
			return "CTE Scan";
		case T_FunctionScan:
			return "Function Scan";
		case T_ValuesScan:
			return "Values Scan";
		case T_ForeignScan:
			return "Foreign Scan";
		case T_CustomScan:
			return "Custom Scan";
		case T_Hash:
		case T_Result:
			return NULL;
		default:
			return "Node";
	}
}

/*
 * Name of an aggregation.
 */
static const char *
aggregate_name(const Agg *agg)
{
	switch (agg->aggstrategy)
	{
		case AGG_SORTED:
			return "GroupAggregate";
		case AGG_HASHED:
			return "HashAggregate";
		case AGG_MIXED:
			return "MixedAggregate";
		default:
			return "Aggregate";
	}
}

/*
 * Add the table of a scan.
 */
static void
add_table(StringInfo text, PlannedStmt *stmt, const Scan *scan)
{
	RangeTblEntry *rte;

	if (scan->scanrelid == 0)
		return;
	rte = rt_fetch(scan->scanrelid, stmt->rtable);
	if (rte->eref != NULL)
		appendStringInfo(text, " on %s",
						 quote_identifier(rte->eref->aliasname));
}

/*
 * Add the index of a scan.
 */
static void
add_index(StringInfo text, Oid oid)
{
	char	   *name = get_rel_name(oid);

	if (name != NULL)
		appendStringInfo(text, " using %s", quote_identifier(name));
	else
		appendStringInfo(text, " using %u", oid);
}

/*
 * Add what a node is.  False when it is not worth a word.
 */
static bool
add_name(StringInfo text, PlannedStmt *stmt, Plan *plan)
{
	const char *name;

	switch (nodeTag(plan))
	{
		case T_Agg:
			appendStringInfoString(text, aggregate_name((Agg *) plan));
			return true;
		case T_IndexScan:
			appendStringInfoString(text, "Index Scan");
			add_index(text, ((IndexScan *) plan)->indexid);
			add_table(text, stmt, (Scan *) plan);
			return true;
		case T_IndexOnlyScan:
			appendStringInfoString(text, "Index Only Scan");
			add_index(text, ((IndexOnlyScan *) plan)->indexid);
			add_table(text, stmt, (Scan *) plan);
			return true;
		case T_BitmapIndexScan:
			appendStringInfoString(text, "Bitmap Index Scan");
			add_index(text, ((BitmapIndexScan *) plan)->indexid);
			return true;
		default:
			break;
	}
	name = plain_name(plan);
	if (name == NULL)
		return false;
	appendStringInfoString(text, name);
	if (IsA(plan, SeqScan) || IsA(plan, BitmapHeapScan) ||
		IsA(plan, TidScan) || IsA(plan, TidRangeScan))
		add_table(text, stmt, (Scan *) plan);
	return true;
}

/*
 * Add the plans of a list, each after a comma.
 */
static void
add_list(StringInfo text, PlannedStmt *stmt, List *plans)
{
	ListCell   *cell;

	foreach(cell, plans)
		add_node(text, stmt, lfirst(cell));
}

/*
 * Add the children of a node.
 */
static void
add_children(StringInfo text, PlannedStmt *stmt, Plan *plan)
{
	if (IsA(plan, Append))
		add_list(text, stmt, ((Append *) plan)->appendplans);
	else if (IsA(plan, MergeAppend))
		add_list(text, stmt, ((MergeAppend *) plan)->mergeplans);
	else if (IsA(plan, BitmapAnd))
		add_list(text, stmt, ((BitmapAnd *) plan)->bitmapplans);
	else if (IsA(plan, BitmapOr))
		add_list(text, stmt, ((BitmapOr *) plan)->bitmapplans);
	else if (IsA(plan, SubqueryScan))
		add_node(text, stmt, ((SubqueryScan *) plan)->subplan);
	else if (IsA(plan, CustomScan))
		add_list(text, stmt, ((CustomScan *) plan)->custom_plans);
	add_node(text, stmt, plan->lefttree);
	add_node(text, stmt, plan->righttree);
}

/*
 * Add a node and all below it, parents first and children in brackets; a node
 * that only passes rows on is left out and its children take its place.
 */
static void
add_node(StringInfo text, PlannedStmt *stmt, Plan *plan)
{
	int			start = text->len;

	if (plan == NULL)
		return;
	check_stack_depth();
	if (start > 0 && text->data[start - 1] != '(')
		appendStringInfoString(text, ", ");
	if (!add_name(text, stmt, plan))
	{
		text	  ->data[text->len = start] = '\0';

		add_children(text, stmt, plan);
		return;
	}
	start = text->len;

	appendStringInfoString(text, " (");
	add_children(text, stmt, plan);
	if (text->data[text->len - 1] != '(')
		appendStringInfoChar(text, ')');
	else
		text	  ->data[text->len = start] = '\0';
}

/*
 * Have the shapes of plans written to a text from now on; NULL ends it.
 */
void
plan_note_shapes(StringInfo text)
{
	sink = text;
}

/*
 * Add the shape of a planned statement, where somebody wants it.
 */
void
plan_add_shape(PlannedStmt *stmt)
{
	if (sink == NULL)
		return;
	add_node(sink, stmt, stmt->planTree);
	add_list(sink, stmt, stmt->subplans);
}

/*
 * The shape of a planned statement, palloc'd.
 */
char *
plan_shape(PlannedStmt *stmt)
{
	StringInfoData text;

	initStringInfo(&text);
	add_node(&text, stmt, stmt->planTree);
	add_list(&text, stmt, stmt->subplans);
	return text.data;
}
