/*-------------------------------------------------------------------------
 *
 * index_info.c
 *		Describe a hypothetical index to the planner.
 *
 * Fills an IndexOptInfo as get_relation_info() does for an index that exists.
 * Entry point: hypo_index_info().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/tableam.h"
#include "catalog/pg_am.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteManip.h"
#include "utils/rel.h"

#include "compat.h"
#include "whatif/whatif_internal.h"

/*
 * Build the target list of an index: its columns as the planner refers to them.
 */
static List *
index_target_list(const IndexOptInfo *info, Relation rel)
{
	List	   *targets = NIL;
	ListCell   *expression = list_head(info->indexprs);

	for (int i = 0; i < info->ncolumns; i++)
	{
		Expr	   *column;

		if (info->indexkeys[i] != 0)
		{
			Form_pg_attribute att = TupleDescAttr(RelationGetDescr(rel),
												  info->indexkeys[i] - 1);

			column = (Expr *) makeVar(info->rel->relid, att->attnum,
									  att->atttypid, att->atttypmod,
									  att->attcollation, 0);
		}
		else
		{
			column = lfirst(expression);
			expression = lnext(info->indexprs, expression);
		}
		targets = lappend(targets,
						  makeTargetEntry(column, i + 1, NULL, false));
	}
	return targets;
}

/*
 * Return a copy of expressions with their Vars numbered for the relation, and
 * simplified as RelationGetIndexExpressions() does: the planner compares them
 * with what it has simplified in the query.
 */
static List *
expressions_for(List *expressions, const RelOptInfo *rel)
{
	List	   *copy = (List *) eval_const_expressions(NULL,
													   copyObject((Node *) expressions));

	if (rel->relid != 1)
		ChangeVarNodes((Node *) copy, 1, rel->relid, 0);
	return copy;
}

/*
 * Set what the access method can do.
 */
static void
set_am_abilities(IndexOptInfo *info, const HypoIndex *index, Relation rel)
{
	const IndexAmRoutine *routine = hypo_am_routine(index->am);

	info->relam = index->am;
	info->amcanorderbyop = routine->amcanorderbyop;
	info->amoptionalkey = routine->amoptionalkey;
	info->amsearcharray = routine->amsearcharray;
	info->amsearchnulls = routine->amsearchnulls;
	info->amcanparallel = routine->amcanparallel;
	info->amhasgettuple = routine->amgettuple != NULL;
	info->amhasgetbitmap = routine->amgetbitmap != NULL &&
		table_has_bitmap_scan(rel);
	info->amcanmarkpos = routine->ammarkpos != NULL &&
		routine->amrestrpos != NULL;
	info->amcostestimate = index_method(index->am)->cost_estimate;
	if (info->amcostestimate == NULL)
		info->amcostestimate = routine->amcostestimate;
}

/*
 * Set the columns.  The arrays are the HypoIndex's own: the planner only reads
 * them.
 */
static void
set_columns(IndexOptInfo *info, const HypoIndex *index, Relation rel)
{
	info->ncolumns = index->ncolumns;
	info->nkeycolumns = index->nkeycolumns;
	info->indexkeys = palloc(index->ncolumns * sizeof(int));
	info->canreturn = palloc(index->ncolumns * sizeof(bool));
	for (int i = 0; i < index->ncolumns; i++)
	{
		info->indexkeys[i] = index->attnums[i];
		info->canreturn[i] = hypo_index_can_return(index, rel, i);
	}
	info->indexcollations = index->collations;
	info->opfamily = index->opfamilies;
	info->opcintype = index->opcintypes;
	if (index->am == BTREE_AM_OID)
	{
		info->sortopfamily = info->opfamily;
		info->reverse_sort = index->descending;
		info->nulls_first = index->nulls_first;
	}
	/* GIN's cost estimate calls functions of the class with its options */
	info->opclassoptions = palloc0(index->nkeycolumns * sizeof(bytea *));
	if (hypo_index_reads_rows(index))
		for (int i = 0; i < index->nkeycolumns; i++)
			info->opclassoptions[i] = hypo_index_opclass_options(index, i);
	info->indexprs = expressions_for(index->exprs, info->rel);
	info->indpred = expressions_for(index->predicate, info->rel);
	info->indextlist = index_target_list(info, rel);
}

/*
 * Set the size, in proportion when the table has grown since the prediction.
 */
static void
set_size(IndexOptInfo *info, const HypoIndex *index, const RelOptInfo *rel)
{
	double		growth = index->table_tuples > 0 ?
	rel->tuples / index->table_tuples : 1.0;

	info->pages = Min(ceil(index->pages * growth), (double) MaxBlockNumber);
	info->tuples = index->predicate == NIL ? rel->tuples :
		Min(index->tuples * growth, rel->tuples);
	/* of other trees get_relation_info() does not ask it */
	info->tree_height = index->am == BTREE_AM_OID ? index->tree_height : -1;
}

/*
 * Describe a hypothetical index to the planner, as get_relation_info() would
 * describe it once it is built.
 */
IndexOptInfo *
hypo_index_info(const HypoIndex *index, RelOptInfo *rel, Relation relation)
{
	IndexOptInfo *info = makeNode(IndexOptInfo);

	info->indexoid = index->oid;
	info->reltablespace = index->tablespace;
	info->rel = rel;
	set_am_abilities(info, index, relation);
	set_columns(info, index, relation);
	set_size(info, index, rel);
	info->unique = index->unique;
	index_opt_info_set_nulls_not_distinct(info, index->nulls_not_distinct);
	info->immediate = true;
	info->hypothetical = true;
	return info;
}
