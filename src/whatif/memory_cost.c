/*-------------------------------------------------------------------------
 *
 * memory_cost.c
 *		What a plan takes when all pages that it reads are in memory.
 *
 * The planner's prices are for pages on a disk.  In memory a page takes a
 * fraction of that, but a row that an index finds takes more: the planner has
 * one look at each page for rows that lie in order, and the executor has one
 * whenever the next row is in another page, which may be close by.  How often
 * that is, some pages of the index tell.  So the charge for pages, and for rows
 * that are held in a hash table or sorted, is taken off a plan's cost; what is
 * left are processor costs, and what follows is added in their units.  The unit
 * itself does not matter, since only two plans of one statement are compared.
 *
 * Entry points: memory_cost(), and the functions for each kind of path,
 * which exposure.c calls.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/nbtree.h"
#include "access/relation.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "nodes/pathnodes.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "storage/bufmgr.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/spccache.h"
#include "utils/syscache.h"
#include "utils/tuplesort.h"

#include "whatif/whatif_internal.h"

/*
 * In units of the planner's processor costs: a page in shared buffers, and one
 * that the operating system holds; a row that an index finds in another page than
 * the row before, and what more it takes where that page is anywhere; a row that a
 * bitmap names; a row that is written.  See "How the time is predicted" in
 * bench/RESULTS-partition.md; that of rows that lie anywhere is what
 * bench/fetch_cost.sh measures.
 */
#define PAGE_COST 0.1
#define COPIED_PAGE_COST 0.5
#define FETCH_COST 0.034
#define SCATTERED_COST 0.2
#define BITMAP_ROW_COST 0.02
#define WRITE_COST 0.06

/*
 * What is done to rows that are held in a hash table or sorted takes as many
 * times as long as the planner's prices say, and a page of them that does not
 * fit work_mem this, to be written or read.
 */
#define HELD_FACTOR 2.0
#define SPILLED_PAGE_COST 0.3

/* Leaf pages of an index that are looked at. */
#define SAMPLE_PAGES 8

/* Of a cost at least this share is the processor's, whatever rounding says. */
#define MIN_PROCESSOR_SHARE 0.02

/*
 * By how many processes a scan is shared, as the planner divides its processor
 * costs: the leader helps less, the more workers it has to serve.
 */
static double
scan_processes(const Path *path)
{
	double		workers = path->parallel_workers;

	if (!path->parallel_aware || workers <= 0)
		return 1;
	return workers +
		(parallel_leader_participation ? Max(1 - 0.3 * workers, 0) : 0);
}

/*
 * What a page of a table or of its indexes takes: a table that is larger than
 * shared buffers does not stay there.
 */
double
page_in_memory_cost(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	bool		copied;

	if (!HeapTupleIsValid(tuple))
		return PAGE_COST;
	copied = ((Form_pg_class) GETSTRUCT(tuple))->relpages > NBuffers;
	ReleaseSysCache(tuple);
	return copied ? COPIED_PAGE_COST : PAGE_COST;
}

/*
 * What reading some pages at random takes, spread over "loops" turns.
 */
static double
random_pages(PlannerInfo *root, double pages, BlockNumber of, double index_pages,
			 double loops)
{
	if (loops <= 1)
		return pages;
	return index_pages_fetched(pages * loops, of, index_pages, root) / loops;
}

/*
 * A scan of a whole table.
 */
PathReads
scan_path_reads(const Path *path, double page_cost)
{
	PathReads	reads;
	RelOptInfo *rel = path->parent;
	double		random_cost;
	double		sequential_cost;

	get_tablespace_page_costs(rel->reltablespace, &random_cost,
							  &sequential_cost);
	reads.replaced_cost = rel->pages * sequential_cost;
	reads.memory_cost = rel->pages * page_cost / scan_processes(path);
	return reads;
}

/*
 * The leaf pages of a search in an index.
 */
static PathReads
search_reads(PlannerInfo *root, const IndexPath *path, double page_cost,
			 double loops)
{
	IndexOptInfo *index = path->indexinfo;
	double		pages = ceil(path->indexselectivity * index->pages);
	PathReads	reads;
	double		random_cost;
	double		sequential_cost;

	get_tablespace_page_costs(index->reltablespace, &random_cost,
							  &sequential_cost);
	reads.replaced_cost = random_cost *
		random_pages(root, pages, index->pages, index->pages, loops);
	reads.memory_cost = pages * page_cost;
	return reads;
}

/*
 * What the planner charges for the pages of a table where an index finds its
 * rows, as cost_index() does.
 */
static double
fetch_page_cost(PlannerInfo *root, const IndexPath *path, double tuples,
				double loops, double order)
{
	RelOptInfo *rel = path->path.parent;
	BlockNumber index_pages = path->indexinfo->pages;
	double		in_order = ceil(path->indexselectivity * rel->pages);
	double		random_cost;
	double		sequential_cost;
	double		most;
	double		least;

	get_tablespace_page_costs(rel->reltablespace, &random_cost,
							  &sequential_cost);
	most = random_cost * index_pages_fetched(tuples * loops, rel->pages,
											 index_pages, root) / loops;
	if (loops > 1)
		least = random_cost * random_pages(root, in_order, rel->pages,
										   index_pages, loops);
	else
		least = random_cost + Max(in_order - 1, 0) * sequential_cost;
	return most + order * (least - most);
}

/* Rows that follow each other in an index, and how many change the page. */
typedef struct Turnover
{
	double		rows;
	double		changes;
	BlockNumber last;
} Turnover;

/*
 * Count one row.
 */
static void
count_row(Turnover *turnover, ItemPointer tid)
{
	BlockNumber block = ItemPointerGetBlockNumberNoCheck(tid);

	turnover->rows++;
	turnover->changes += block != turnover->last;
	turnover->last = block;
}

/*
 * Count the rows of a page of a B-tree, if it is a leaf.
 */
static void
count_page(Turnover *turnover, Page page)
{
	BTPageOpaque opaque;

	if (PageIsNew(page))
		return;
	opaque = BTPageGetOpaque(page);
	if (!P_ISLEAF(opaque) || P_IGNORE(opaque))
		return;
	for (OffsetNumber i = P_FIRSTDATAKEY(opaque); i <= PageGetMaxOffsetNumber(page); i++)
	{
		IndexTuple	tuple = (IndexTuple) PageGetItem(page, PageGetItemId(page, i));

		if (!BTreeTupleIsPosting(tuple))
			count_row(turnover, &tuple->t_tid);
		else
			for (int n = 0; n < BTreeTupleGetNPosting(tuple); n++)
				count_row(turnover, BTreeTupleGetPostingN(tuple, n));
	}
}

/*
 * 0 .. 1: how often the next row of a B-tree is in another page of the table,
 * from pages spread over it; 1 for any other index, and one that does not exist.
 */
static double
page_changes(Oid oid)
{
	Relation	index = OidIsValid(oid) && get_rel_relkind(oid) == RELKIND_INDEX ?
	try_relation_open(oid, AccessShareLock) : NULL;
	Turnover	turnover = {.last = InvalidBlockNumber};
	BlockNumber pages;

	if (index == NULL)
		return 1;
	pages = index->rd_rel->relam == BTREE_AM_OID ?
		RelationGetNumberOfBlocks(index) : 0;
	for (int i = 0; i < SAMPLE_PAGES && pages > 1; i++)
	{
		BlockNumber block = 1 + (BlockNumber) ((i + 0.5) / SAMPLE_PAGES * (pages - 1));
		Buffer		buffer = ReadBuffer(index, Min(block, pages - 1));

		CHECK_FOR_INTERRUPTS();
		LockBuffer(buffer, BUFFER_LOCK_SHARE);
		count_page(&turnover, BufferGetPage(buffer));
		UnlockReleaseBuffer(buffer);
	}
	relation_close(index, AccessShareLock);
	return turnover.rows > 0 ? turnover.changes / turnover.rows : 1;
}

/*
 * A scan through an index, of rows that lie in its order to this degree.
 */
PathReads
index_path_reads(PlannerInfo *root, const IndexPath *path, double page_cost,
				 double loops, double order)
{
	RelOptInfo *rel = path->path.parent;
	double		tuples = clamp_row_est(path->indexselectivity * rel->tuples);
	double		looked_up = path->path.pathtype == T_IndexOnlyScan ?
	1 - rel->allvisfrac : 1;
	PathReads	reads = search_reads(root, path, page_cost, Max(loops, 1));

	reads.replaced_cost += looked_up *
		fetch_page_cost(root, path, tuples, Max(loops, 1), order);
	reads.memory_cost += looked_up * tuples *
		(page_changes(path->indexinfo->indexoid) * FETCH_COST +
		 (1 - order) * SCATTERED_COST) /
		scan_processes(&path->path);
	return reads;
}

/*
 * Add the searches of a bitmap.
 */
static void
add_bitmap_searches(PlannerInfo *root, const Path *path, double page_cost,
					PathReads *reads)
{
	List	   *parts = NIL;
	ListCell   *cell;

	check_stack_depth();
	if (IsA(path, IndexPath))
	{
		PathReads	search = search_reads(root, (const IndexPath *) path,
										  page_cost, 1);

		reads->replaced_cost += search.replaced_cost;
		reads->memory_cost += search.memory_cost;
	}
	else if (IsA(path, BitmapAndPath))
		parts = ((const BitmapAndPath *) path)->bitmapquals;
	else if (IsA(path, BitmapOrPath))
		parts = ((const BitmapOrPath *) path)->bitmapquals;
	foreach(cell, parts)
		add_bitmap_searches(root, lfirst(cell), page_cost, reads);
}

/*
 * A scan of the pages that a bitmap names.
 */
PathReads
bitmap_path_reads(PlannerInfo *root, const BitmapHeapPath *path,
				  double page_cost, double pages, double tuples)
{
	RelOptInfo *rel = path->path.parent;
	double		shared = tuples / scan_processes(&path->path);
	double		processor = shared *
	(cpu_tuple_cost + rel->baserestrictcost.per_tuple);
	PathReads	reads = {0};
	Cost		search_cost;
	Selectivity selectivity;

	cost_bitmap_tree_node(path->bitmapqual, &search_cost, &selectivity);
	reads.replaced_cost = Max(path->path.total_cost - search_cost - processor, 0);
	reads.memory_cost = pages * page_cost + shared * BITMAP_ROW_COST;
	add_bitmap_searches(root, path->bitmapqual, page_cost, &reads);
	return reads;
}

/*
 * Rows that are written, which the planner does not charge for.
 */
double
written_rows_cost(double rows)
{
	return rows * WRITE_COST;
}

/*
 * Pages that rows of this width take in a temporary file, as the planner counts
 * them.
 */
static double
row_pages(double rows, int width)
{
	return ceil(rows * (MAXALIGN(width) + MAXALIGN(SizeofHeapTupleHeader)) /
				BLCKSZ);
}

/*
 * Pages that a hash join with batches writes and reads, as
 * initial_cost_hashjoin() has it.
 */
static double
hash_pages(const HashPath *path)
{
	const Path *outer = path->jpath.outerjoinpath;
	const Path *inner = path->jpath.innerjoinpath;

	return 2 * (row_pages(outer->rows, outer->pathtarget->width) +
				row_pages(inner->rows, inner->pathtarget->width));
}

/*
 * Pages that a sort writes and reads, as cost_tuplesort() has it.
 */
static double
sort_pages(const SortPath *path)
{
	const Path *input = path->subpath;
	int			width = input->pathtarget->width;
	double		bytes = input->rows *
	(MAXALIGN(width) + MAXALIGN(SizeofHeapTupleHeader));
	double		memory = (double) work_mem * 1024;
	double		runs = bytes / memory;
	double		order = tuplesort_merge_order(work_mem * INT64CONST(1024));

	if (bytes <= memory)
		return 0;
	return 2 * row_pages(input->rows, width) *
		(runs > order ? ceil(log(runs) / log(order)) : 1);
}

/*
 * The processor's part of a hash join: both sides are hashed, and rows of the
 * inner one kept.  The planner's charge for rows of the same bucket changes with
 * what it can prove of the inner side, which no execution does.
 */
static double
hash_processor_cost(const HashPath *path)
{
	double		outer = path->jpath.outerjoinpath->rows;
	double		inner = path->jpath.innerjoinpath->rows;

	return cpu_operator_cost * list_length(path->path_hashclauses) *
		(outer + inner) + cpu_tuple_cost * (inner + path->jpath.path.rows);
}

/*
 * What a node takes that holds rows in a hash table or sorts them.
 */
PathReads
held_path_reads(const Path *path, double input_cost)
{
	double		own_cost = Max(path->total_cost - input_cost, 0);
	double		processor;
	double		pages = 0;
	double		page_price = seq_page_cost;
	PathReads	reads;

	if (IsA(path, HashPath) && ((const HashPath *) path)->num_batches > 1)
		pages = hash_pages((const HashPath *) path);
	else if (IsA(path, SortPath))
	{
		pages = sort_pages((const SortPath *) path);
		page_price = 0.75 * seq_page_cost + 0.25 * random_page_cost;
	}
	if (pages * page_price > own_cost)
		pages = 0;				/* a sort that keeps the first rows only */
	processor = IsA(path, HashPath) ?
		hash_processor_cost((const HashPath *) path) :
		own_cost - pages * page_price;
	reads.replaced_cost = own_cost;
	reads.memory_cost = pages * SPILLED_PAGE_COST + processor * HELD_FACTOR;
	return reads;
}

/*
 * What a plan takes with all its pages in memory.
 */
double
memory_cost(const WhatIfExposure *exposure)
{
	return Max(exposure->cost - exposure->replaced_cost,
			   MIN_PROCESSOR_SHARE * exposure->cost) + exposure->memory_cost;
}
