/*-------------------------------------------------------------------------
 *
 * brin_cost.c
 *		Cost of a hypothetical BRIN index with its own pages_per_range.
 *
 * brincostestimate() opens a real index to learn its pages_per_range and
 * assumes the default, 128, for a hypothetical one.  Here it is called with a
 * table size that makes it count the right number of ranges; the terms that
 * depend on the range size itself are corrected afterwards.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/brin.h"
#include "access/brin_page.h"
#include "catalog/pg_am.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "utils/index_selfuncs.h"
#include "utils/spccache.h"

#include "whatif/whatif_internal.h"

/*
 * Estimate the cost of a BRIN scan; an amcostestimate function.
 */
void
brin_cost_estimate(PlannerInfo *root, IndexPath *path, double loop_count,
				   Cost *startup_cost, Cost *total_cost,
				   Selectivity *selectivity, double *correlation,
				   double *pages)
{
	IndexOptInfo *info = path->indexinfo;
	HypoIndex  *index = hypo_index_being_planned(info->indexoid);
	BlockNumber table_pages = info->rel->pages;
	double		random_page_cost_here;
	double		seq_page_cost_here;
	double		ranges;
	double		revmap_assumed;
	double		revmap_real;
	Cost		revmap_cost;

	if (index == NULL)
		elog(ERROR, "unexpected BRIN index %u", info->indexoid);
	ranges = Max(ceil((double) table_pages / index->pages_per_range), 1.0);
	info->rel->pages = Min(ranges * BRIN_DEFAULT_PAGES_PER_RANGE,
						   (double) MaxBlockNumber);
	brincostestimate(root, path, loop_count, startup_cost, total_cost,
					 selectivity, correlation, pages);
	info->rel->pages = table_pages;

	/*
	 * A real index reports one revmap page less than it has, see
	 * brinGetStats(); the estimate for a hypothetical one does not.
	 */
	get_tablespace_page_costs(info->reltablespace, &random_page_cost_here,
							  &seq_page_cost_here);
	revmap_assumed = floor(ranges / REVMAP_PAGE_MAXITEMS) + 1;
	revmap_real = ceil(ranges / REVMAP_PAGE_MAXITEMS) - 1;
	revmap_cost = seq_page_cost_here * loop_count *
		(revmap_real - revmap_assumed);
	*startup_cost += revmap_cost;
	*total_cost += revmap_cost + random_page_cost_here * loop_count *
		(revmap_assumed - revmap_real);

	/* setting bits, one per page of a matching range */
	*total_cost += 0.1 * cpu_operator_cost * (*selectivity * ranges) *
		(index->pages_per_range - BRIN_DEFAULT_PAGES_PER_RANGE);
}
