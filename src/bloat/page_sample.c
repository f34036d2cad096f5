/*-------------------------------------------------------------------------
 *
 * page_sample.c
 *		Measure how full a table or B-tree is, from a sample of its pages.
 *
 * Blocks are chosen at random, as ANALYZE does, and read through a small ring of
 * buffers, so that the cache stays as it is.  Reading a page needs no value of
 * any row.  What the same content would take anew follows from the mean of the
 * live bytes per page, with the error of that mean.
 * Entry point: the SQL function page_sample().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/heapam.h"
#include "access/nbtree.h"
#include "access/relation.h"
#include "access/tableam.h"
#include "access/xlog.h"
#include "catalog/index.h"
#include "catalog/pg_am.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/procarray.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/sampling.h"

#include "bloat/bloat_internal.h"
#include "compat.h"
#include "whatif/whatif.h"
#include "workload/workload.h"

PG_FUNCTION_INFO_V1(dbadvisor_page_sample);

/* Most pages that may be asked for: at 8 kB, 8 GB. */
#define MAX_SAMPLE_PAGES 1000000

/* Half-width of a 95 % confidence interval, in standard errors. */
#define CONFIDENCE_ERRORS 1.96

/* Columns of the result. */
#define SAMPLE_COLUMNS 11

/* One question, and what has been seen so far. */
typedef struct SampleTask
{
	Oid			relid;
	int			max_pages;
	const char *problem;		/* why it was not measured */
	BlockNumber pages;			/* of the relation */
	int			sampled;
	int			leaves;			/* of the sampled, those that count */
	int			recyclable;
	double		usable;			/* bytes of a page that a new build fills */
	PageContent sum;
	double		live_squares;	/* sum of squares of the live bytes */
} SampleTask;

/*
 * May the caller look at the relation?  As for pgstattuple, or who may read or
 * maintain the table anyway.
 */
static bool
may_look(Oid table)
{
	Oid			userid = GetUserId();

	return has_privs_of_role(userid, relation_owner(table)) ||
		has_privs_of_role(userid, ROLE_PG_STAT_SCAN_TABLES) ||
		pg_class_aclcheck(table, userid, ACL_SELECT) == ACLCHECK_OK ||
		may_maintain(table, userid);
}

/*
 * Why an open relation cannot be measured, or NULL.
 */
static const char *
find_problem(Relation rel)
{
	char		kind = rel->rd_rel->relkind;
	Oid			table = kind == RELKIND_INDEX ?
	rel->rd_index->indrelid : RelationGetRelid(rel);

	if (!RELKIND_HAS_STORAGE(kind) || kind == RELKIND_SEQUENCE)
		return "it has no pages of its own";
	if (kind == RELKIND_INDEX ? rel->rd_rel->relam != BTREE_AM_OID :
		rel->rd_tableam != GetHeapamTableAmRoutine())
		return "pages of its access method cannot be read";
	if (RELATION_IS_OTHER_TEMP(rel))
		return "it is a temporary table of another session";
	if (kind == RELKIND_INDEX && !rel->rd_index->indisvalid)
		return "the index is not valid";
	/* Pages of unlogged tables are not there on a standby. */
	if (RecoveryInProgress() &&
		rel->rd_rel->relpersistence != RELPERSISTENCE_PERMANENT)
		return "it is not there on a standby";
	if (!may_look(table))
		return "permission denied";
	return NULL;
}

/*
 * Bytes of a page that tuples fill when the relation is built anew.
 */
static double
usable_bytes(Relation rel)
{
	if (rel->rd_rel->relkind == RELKIND_INDEX)
		return PAGE_CAPACITY(sizeof(BTPageOpaqueData)) -
			BTGetTargetPageFreeSpace(rel);
	return PAGE_CAPACITY(0) -
		RelationGetTargetPageFreeSpace(rel, HEAP_DEFAULT_FILLFACTOR);
}

/*
 * Read one page and add what it holds.
 */
static void
read_page(SampleTask *task, Relation rel, BlockNumber block,
		  TransactionId horizon, BufferAccessStrategy ring)
{
	PageContent content = {0};
	Buffer		buffer;

	buffer = ReadBufferExtended(rel, MAIN_FORKNUM, block, RBM_NORMAL, ring);
	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	if (rel->rd_rel->relkind == RELKIND_INDEX)
		btree_page_content(buffer, &content);
	else
		heap_page_content(rel, buffer, horizon, &content);
	UnlockReleaseBuffer(buffer);

	task->sampled++;
	if (!content.is_leaf)
		return;
	task->leaves++;
	task->recyclable += content.is_recyclable;
	task->sum.live += content.live;
	task->sum.dead += content.dead;
	task->sum.kept += content.kept;
	task->sum.free += content.free;
	task->live_squares += content.live * content.live;
}

/*
 * Read the sample; a SandboxFn.
 */
static void
read_sample(void *arg)
{
	SampleTask *task = arg;
	Relation	rel = try_relation_open(task->relid, AccessShareLock);
	BufferAccessStrategy ring = GetAccessStrategy(BAS_BULKREAD);
	TransactionId horizon = InvalidTransactionId;
	BlockSamplerData sampler;

	if (rel == NULL)
	{
		task->problem = "it does not exist";
		return;
	}
	task->problem = find_problem(rel);
	if (task->problem == NULL)
	{
		task->pages = RelationGetNumberOfBlocks(rel);
		task->usable = usable_bytes(rel);
		if (rel->rd_rel->relkind != RELKIND_INDEX)
			horizon = GetOldestNonRemovableTransactionId(rel);
		BlockSampler_Init(&sampler, task->pages, task->max_pages, task->relid);
		while (BlockSampler_HasMore(&sampler))
		{
			CHECK_FOR_INTERRUPTS();
			read_page(task, rel, BlockSampler_Next(&sampler), horizon, ring);
		}
	}
	FreeAccessStrategy(ring);
	relation_close(rel, NoLock);
}

/*
 * Error of the mean of the live bytes per page, as a share of that mean.  What
 * was read in full has none.
 */
static double
relative_error(const SampleTask *task)
{
	double		n = task->leaves;
	double		mean;
	double		variance;
	double		unread;

	if (n < 2 || task->sampled >= (int) task->pages || task->sum.live <= 0)
		return 0;
	mean = task->sum.live / n;
	variance = Max(task->live_squares / n - mean * mean, 0) * n / (n - 1);
	unread = 1 - task->sampled / (double) task->pages;
	return CONFIDENCE_ERRORS * sqrt(variance / n * unread) / mean;
}

/*
 * Bytes that "live" bytes of content take when the relation is built anew; what
 * is no leaf stays in the same proportion to the leaves.
 */
static double
fresh_bytes(const SampleTask *task, double live)
{
	double		leaves = ceil(live / task->usable);
	double		others = 0;

	if (task->leaves > 0)
		others = (task->sampled - task->leaves) / (double) task->leaves;
	return leaves * (1 + others) * BLCKSZ;
}

/*
 * Write the measured columns.
 */
static void
fill_measured(const SampleTask *task, Datum *values, bool *nulls)
{
	double		scale = task->sampled > 0 ?
	task->pages / (double) task->sampled : 0;
	double		live = task->sum.live * scale;
	double		error = relative_error(task);

	memset(nulls, false, SAMPLE_COLUMNS - 1);
	values[0] = Int64GetDatum((int64) task->pages * BLCKSZ);
	values[1] = Int32GetDatum(task->sampled);
	values[2] = Int64GetDatum((int64) live);
	values[3] = Int64GetDatum((int64) (task->sum.dead * scale));
	values[4] = Int64GetDatum((int64) (task->sum.kept * scale));
	values[5] = Int64GetDatum((int64) (task->sum.free * scale));
	values[6] = Int64GetDatum((int64) (task->recyclable * scale));
	values[7] = Int64GetDatum((int64) fresh_bytes(task, live));
	values[8] = Int64GetDatum((int64) fresh_bytes(task,
												  live * Max(1 - error, 0)));
	values[9] = Int64GetDatum((int64) fresh_bytes(task, live * (1 + error)));
}

/*
 * page_sample(relation oid, max_pages integer)
 */
Datum
dbadvisor_page_sample(PG_FUNCTION_ARGS)
{
	SampleTask	task = {.relid = PG_GETARG_OID(0),.max_pages = PG_GETARG_INT32(1)};
	Datum		values[SAMPLE_COLUMNS] = {0};
	bool		nulls[SAMPLE_COLUMNS];
	ErrorData  *error;
	TupleDesc	desc;

	if (task.max_pages < 1 || task.max_pages > MAX_SAMPLE_PAGES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("max_pages must be between 1 and %d",
						MAX_SAMPLE_PAGES)));
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	memset(nulls, true, sizeof(nulls));
	error = sandbox_run(GetUserId(), "pg_catalog, pg_temp", read_sample, &task);
	if (error != NULL)
		task.problem = error->message;
	if (task.problem == NULL)
		fill_measured(&task, values, nulls);
	else
	{
		values[SAMPLE_COLUMNS - 1] = CStringGetTextDatum(task.problem);
		nulls[SAMPLE_COLUMNS - 1] = false;
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc),
													  values, nulls)));
}
