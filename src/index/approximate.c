/*-------------------------------------------------------------------------
 *
 * approximate.c
 *		Decide where an index that may miss some of the nearest rows will do.
 *
 * HNSW and IVFFlat look at a fixed number of rows near the given value, and
 * other conditions are tested after that.  So a statement whose conditions leave
 * few rows gets fewer than it asks for, and one that writes or locks what it
 * finds would do so to other rows than before.  Such a statement gets no
 * candidate of these methods; and a candidate that it would use nevertheless,
 * since another statement made it worth having, is not proposed at all.
 * Entry points: approximate_nearest(), approximate_keep_safe(),
 * approximate_evidence().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "commands/defrem.h"
#include "miscadmin.h"
#include "nodes/pathnodes.h"

#include "index/index_internal.h"

/* A table with more rows gets IVFFlat: the graph of HNSW takes hours to build
 * and does not fit into memory, without which it takes days. */
#define MAX_HNSW_ROWS 1e7

/* Where the LIMIT is not known, conditions that leave a smaller share than this
 * are taken for a filter. */
#define UNFILTERED_SHARE 0.99

/*
 * Does the statement only read, at every level above this one?
 */
static bool
only_reads(const PlannerInfo *root)
{
	for (; root != NULL; root = root->parent_root)
		if (root->parse->commandType != CMD_SELECT ||
			root->parse->rowMarks != NIL || root->parse->hasModifyingCTE)
			return false;
	return true;
}

/*
 * Share of the rows that conditions on this relation and on those that it is
 * joined with leave.
 */
static double
share_left(const PlannerInfo *root)
{
	double		share = 1;

	for (int i = 1; i < root->simple_rel_array_size; i++)
	{
		const RelOptInfo *rel = root->simple_rel_array[i];

		if (rel != NULL && rel->reloptkind == RELOPT_BASEREL &&
			rel->tuples > 0)
			share *= Min(rel->rows / rel->tuples, 1);
	}
	return share;
}

/*
 * What a query that orders by a distance asks of the search.
 */
NearestSearch
approximate_nearest(const PlannerInfo *root)
{
	NearestSearch search = {
		.limit = root->limit_tuples,
		.share = share_left(root),
		.only_reads = only_reads(root),
	};

	return search;
}

/*
 * May an index of this method on a table of as many rows answer the search:
 * would the rows that it looks at be enough?
 */
static bool
may_serve(const NearestSearch *search, Oid am, double rows)
{
	if (!search->only_reads)
		return false;
	if (search->limit < 0)
		return search->share >= UNFILTERED_SHARE;
	return search->limit <= whatif_search_depth(am, rows) * search->share;
}

/*
 * Is this the approximate method for a table of as many rows?
 */
static bool
suits_size(Oid am, double rows)
{
	return (strcmp(whatif_method_name(am), "hnsw") == 0) ==
		(rows <= MAX_HNSW_ROWS);
}

/*
 * Put an item for the nearest rows among those of the demand, or among those
 * that must not be served so.
 */
void
approximate_sort_item(ClauseScan *scan, const NearestSearch *search,
					  KeyItem *item, List **items)
{
	Oid			am = get_index_am_oid(item->am_name, true);
	double		rows = scan->rel->tuples;

	if (!OidIsValid(am) || !whatif_method_is_approximate(am))
		*items = clause_merge_item(*items, item);
	else if (!may_serve(search, am, rows))
		scan->exact = lappend(scan->exact, item);
	else if (suits_size(am, rows))
		*items = clause_merge_item(*items, item);
}

/*
 * Is the candidate of a method that is approximate?
 */
static bool
is_approximate(const Candidate *candidate)
{
	return candidate->index != NULL &&
		whatif_method_is_approximate(candidate->index->am);
}

/*
 * Is one of the items about the candidate's key and operator class?
 */
static bool
items_match(List *items, const Candidate *candidate)
{
	const KeyColumn *key = (const KeyColumn *) linitial(candidate->keys);
	ListCell   *lc;

	foreach(lc, items)
	{
		const KeyItem *item = (const KeyItem *) lfirst(lc);

		if (item->opclass == key->opclass && equal(item->expr, key->expr))
			return true;
	}
	return false;
}

/*
 * Has the item a search that no approximate index may serve?
 */
bool
approximate_forbidden(const WorkItem *item)
{
	ListCell   *lc;

	foreach(lc, item->demands)
		if (((const Demand *) lfirst(lc))->exact != NIL)
		return true;
	return false;
}

/*
 * Would the item be served by the candidate although it must not?
 */
static bool
would_spoil(Search *search, WorkItem *item, const Candidate *candidate)
{
	ListCell   *lc;

	if (item->stmt == NULL)
		return false;
	foreach(lc, item->demands)
	{
		const Demand *demand = (const Demand *) lfirst(lc);

		if (demand->relid == candidate->relid &&
			items_match(demand->exact, candidate))
			return bms_is_member(candidate->id,
								 price_plan(search, item,
											bms_make_singleton(candidate->id))->used);
	}
	return false;
}

/*
 * Return the candidates without those approximate ones that would spoil the
 * answer of some statement.  The planner is asked, with the candidate alone:
 * with others beside it the statement may still come to use it.
 */
Bitmapset *
approximate_keep_safe(Search *search, Bitmapset *candidates)
{
	int			id = -1;

	while ((id = bms_next_member(candidates, id)) >= 0)
	{
		const Candidate *candidate = search->pool->candidates[id];

		if (!is_approximate(candidate))
			continue;
		for (int i = 0; i < search->nitems; i++)
		{
			CHECK_FOR_INTERRUPTS();
			if (!would_spoil(search, search->item[i], candidate))
				continue;
			candidates = bms_del_member(candidates, id);
			search->nspoiling++;
			break;
		}
	}
	return candidates;
}

/*
 * Append to the evidence of a statement what becomes approximate in it: nothing
 * where the candidate is exact.
 */
void
approximate_evidence(StringInfo json, const WorkItem *item,
					 const Candidate *candidate)
{
	ListCell   *lc;

	if (!is_approximate(candidate))
		return;
	foreach(lc, item->demands)
	{
		const Demand *demand = (const Demand *) lfirst(lc);

		if (demand->relid != candidate->relid ||
			!items_match((List *) linitial(demand->arms), candidate))
			continue;
		appendStringInfo(json, ", \"approximate\": {\"rows_searched\": %.0f, \"share_left\": %.6g",
						 whatif_search_depth(candidate->index->am,
											 candidate->index->table_tuples),
						 demand->nearest.share);
		if (demand->nearest.limit >= 0)
			appendStringInfo(json, ", \"limit\": %.0f", demand->nearest.limit);
		appendStringInfoChar(json, '}');
		return;
	}
}
