/*-------------------------------------------------------------------------
 *
 * vector_cost.c
 *		Costs of hypothetical HNSW and IVFFlat indexes.
 *
 * pgvector's own estimates open the index to learn m or the number of lists;
 * these take both from the definition and reckon as it does from 0.8 on.  What a
 * search visits depends on settings of the session, which are read by name.
 * Entry points: hnsw_cost_estimate(), ivfflat_cost_estimate().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "optimizer/cost.h"
#include "utils/guc.h"
#include "utils/selfuncs.h"
#include "utils/spccache.h"

#include "compat.h"
#include "whatif/whatif_internal.h"

/* Defaults of pgvector. */
#define DEFAULT_M 16
#define DEFAULT_EF_SEARCH 40
#define DEFAULT_MAX_SCAN_TUPLES 20000
#define DEFAULT_LISTS 100
#define DEFAULT_PROBES 1

/* Share of the candidates of the lowest layer that are compared, as pgvector
 * has measured it. */
#define HNSW_SCAN_SCALE 0.55

/* Share of an IVFFlat index's pages that are read in their order. */
#define IVFFLAT_SEQUENTIAL 0.5

/* A scan that reads less of the index than this reads only vectors. */
#define PARTIAL_SCAN 0.5

/*
 * Cost of what cannot be done: an order is all that these indexes have.  Not
 * infinity, of which the planner would make no number.
 */
#define NEVER_COST 1.0e100

/* Where an estimate goes. */
typedef struct VectorCost
{
	GenericCosts generic;
	double		random_extra;	/* of a page read out of order */
	double		seq_page_cost;
	double		table_pages;
} VectorCost;

/*
 * Return the index behind a path.
 */
static HypoIndex *
index_of_path(const IndexPath *path)
{
	HypoIndex  *index = hypo_index_being_planned(path->indexinfo->indexoid);

	if (index == NULL)
		elog(ERROR, "unexpected vector index %u", path->indexinfo->indexoid);
	return index;
}

/*
 * Return a setting of pgvector, or its default while the library is not loaded.
 */
static double
setting(const char *name, int missing)
{
	const char *value = GetConfigOption(name, true, false);

	return value == NULL ? missing : atoi(value);
}

/*
 * Is this setting of pgvector, which 0.8 brought, anything but off?
 */
static bool
is_iterative(const char *name)
{
	const char *value = GetConfigOption(name, true, false);

	return value != NULL && strcmp(value, "off") != 0;
}

/*
 * Rows that a search looks at; see whatif.h.
 */
double
whatif_search_depth(Oid am, double rows)
{
	if (strcmp(index_method(am)->name, "hnsw") == 0)
		return is_iterative("hnsw.iterative_scan") ?
			setting("hnsw.max_scan_tuples", DEFAULT_MAX_SCAN_TUPLES) :
			setting("hnsw.ef_search", DEFAULT_EF_SEARCH);
	return is_iterative("ivfflat.iterative_scan") ? rows :
		setting("ivfflat.probes", DEFAULT_PROBES) * rows /
		ivfflat_lists_for(rows);
}

/*
 * Begin with what any index costs.
 */
static void
start_cost(VectorCost *cost, PlannerInfo *root, IndexPath *path,
		   double loop_count)
{
	memset(cost, 0, sizeof(VectorCost));
	genericcostestimate(root, path, loop_count, &cost->generic);
	get_tablespace_page_costs(path->indexinfo->reltablespace, NULL,
							  &cost->seq_page_cost);
	cost->random_extra = cost->generic.spc_random_page_cost -
		cost->seq_page_cost;
	cost->table_pages = path->indexinfo->rel->pages;
}

/*
 * Set the cost before the first row, for which "ratio" of the index is read.
 * Where that is more than the table has pages, since its vectors are out of
 * line, pages are taken to be in order, "unordered" of them at most, and no more
 * than the table's count.
 */
static void
set_startup(VectorCost *cost, double ratio, double unordered)
{
	double		pages = cost->generic.numIndexPages * ratio;

	cost->generic.indexStartupCost = cost->generic.indexTotalCost * ratio;
	if (pages > cost->table_pages && ratio < PARTIAL_SCAN)
		cost->generic.indexStartupCost -=
			unordered * pages * cost->random_extra +
			(pages - cost->table_pages) * cost->seq_page_cost;
}

/*
 * Return the share of the rows that a search of an HNSW graph compares: m on
 * each layer on the way down, and in the lowest one the neighbours of the
 * nearest, those that were met before left out.
 */
static double
hnsw_ratio(double tuples, int m)
{
	double		ef_search = setting("hnsw.ef_search", DEFAULT_EF_SEARCH);
	double		layers;
	double		met_first;

	if (tuples <= 0)
		return 1;
	layers = floor(log(tuples) / log(m));
	met_first = HNSW_SCAN_SCALE * log(tuples) / (log(m) * (1 + log(ef_search)));
	return Min((layers * m + 2 * m * ef_search * met_first) / tuples, 1);
}

/*
 * Estimate the cost of an HNSW scan; an amcostestimate function.
 */
void
hnsw_cost_estimate(PlannerInfo *root, IndexPath *path, double loop_count,
				   Cost *startup_cost, Cost *total_cost,
				   Selectivity *selectivity, double *correlation,
				   double *pages)
{
	VectorCost	cost;

	start_cost(&cost, root, path, loop_count);
	set_startup(&cost,
				hnsw_ratio(path->indexinfo->tuples,
						   hypo_index_option(index_of_path(path), "m", DEFAULT_M)),
				1);
	*startup_cost = cost.generic.indexStartupCost;
	*total_cost = cost.generic.indexTotalCost;
	*selectivity = cost.generic.indexSelectivity;
	*correlation = cost.generic.indexCorrelation;
	*pages = cost.generic.numIndexPages;
	if (path->indexorderbys == NIL)
		*startup_cost = *total_cost = NEVER_COST;
}

/*
 * Estimate the cost of an IVFFlat scan; an amcostestimate function.
 */
void
ivfflat_cost_estimate(PlannerInfo *root, IndexPath *path, double loop_count,
					  Cost *startup_cost, Cost *total_cost,
					  Selectivity *selectivity, double *correlation,
					  double *pages)
{
	VectorCost	cost;
	double		lists = hypo_index_option(index_of_path(path), "lists",
										  DEFAULT_LISTS);
	double		probes = setting("ivfflat.probes", DEFAULT_PROBES);

	start_cost(&cost, root, path, loop_count);
	cost.generic.indexTotalCost -= IVFFLAT_SEQUENTIAL *
		cost.generic.numIndexPages * cost.random_extra;
	set_startup(&cost, Min(probes / lists, 1), 1 - IVFFLAT_SEQUENTIAL);
	*startup_cost = cost.generic.indexStartupCost;
	*total_cost = cost.generic.indexTotalCost;
	*selectivity = cost.generic.indexSelectivity;
	*correlation = cost.generic.indexCorrelation;
	*pages = cost.generic.numIndexPages;
	if (path->indexorderbys == NIL)
		*startup_cost = *total_cost = NEVER_COST;
}
