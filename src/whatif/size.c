/*-------------------------------------------------------------------------
 *
 * size.c
 *		Tuples and pages of an index that has not been built.
 *
 * Entry point: hypo_index_estimate(), which hands over to the file of the
 * access method for the pages.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/plancat.h"
#include "optimizer/planner.h"
#include "parser/parse_node.h"
#include "parser/parse_relation.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/rls.h"

#include "compat.h"
#include "whatif/whatif_internal.h"

/*
 * Make the query SELECT FROM ONLY rel WHERE predicate.  Where row security
 * hides rows from the user, the predicate becomes one that may not see
 * statistics unless it is leakproof.
 */
static Query *
predicate_query(Relation rel, List *predicate)
{
	ParseState *pstate = make_parsestate(NULL);
	Query	   *query = makeNode(Query);
	RangeTblRef *ref = makeNode(RangeTblRef);
	ParseNamespaceItem *item;

	item = addRangeTableEntryForRelation(pstate, rel, AccessShareLock, NULL,
										 false, true);
	if (check_enable_rls(RelationGetRelid(rel), InvalidOid, true) == RLS_ENABLED)
		item->p_rte->securityQuals = list_make1(makeBoolConst(true, false));
	query->commandType = CMD_SELECT;
	query->canSetTag = true;
	query_take_rtable(query, pstate);
	ref->rtindex = item->p_rtindex;
	query->jointree = makeFromExpr(list_make1(ref),
								   copyObject((Node *) make_ands_explicit(predicate)));
	free_parsestate(pstate);
	return query;
}

/*
 * Return how many rows of the relation the planner expects to satisfy the
 * predicate.
 */
static double
predicate_rows(Relation rel, List *predicate)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "dbadvisor predicate",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	PlannedStmt *plan = standard_planner(predicate_query(rel, predicate), "",
										 0, NULL);
	double		rows = plan->planTree->plan_rows;

	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	return rows;
}

/*
 * Predict tuples, pages and height of an index on a table with storage.
 */
void
hypo_index_estimate(HypoIndex *index, Relation rel)
{
	BlockNumber pages;
	double		tuples;
	double		all_visible;

	estimate_rel_size(rel, NULL, &pages, &tuples, &all_visible);
	index->table_tuples = tuples;
	index->tuples = tuples;
	if (index->predicate != NIL && tuples > 0)
		index->tuples = Min(predicate_rows(rel, index->predicate), tuples);
	index_method(index->am)->estimate(index, rel, pages);
}
