/*-------------------------------------------------------------------------
 *
 * write_entry.c
 *		What one new entry of an index costs, by access method.
 *
 * Three things are priced with the server's own cost settings: the CPU of
 * finding the place and putting the entry there, pages that are read because
 * the cache cannot hold the index, and pages that are written: each page
 * touched between two checkpoints once, and the WAL, with a full image of such
 * a page.  Keys that come in order touch the same page again and again; keys
 * that come anywhere touch as many pages as there are.
 * Entry points: write_entry(), write_index_of().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/itup.h"
#include "access/sysattr.h"
#include "access/xlog.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_class.h"
#include "catalog/pg_statistic.h"
#include "commands/defrem.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "postmaster/bgwriter.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "index/write_cost.h"

/* selfuncs.c: what the planner charges for a page on the way down, in
 * cpu_operator_cost. */
#define PAGE_CPU_MULTIPLIER 50.0

/*
 * In cpu_operator_cost, as bench/write_cost.sh measures it against a scan: to
 * change a page and to write the WAL record; to fetch a page that is in shared
 * buffers but not in the processor's cache, which holds about so many.
 */
#define CHANGE_OPERATORS 100.0
#define FETCH_OPERATORS 430.0
#define PROCESSOR_CACHE_PAGES 400.0

/* WAL of one insertion beside the tuple: record header 24 bytes, block header
 * 20, data header 2, offset 2. */
#define WAL_RECORD_BYTES 48.0

/* A split copies half a page once per half a page of tuples, so over time each
 * tuple is logged twice. */
#define WAL_TUPLE_COPIES 2.0

/* Full page images leave out the hole in the middle of a page. */
#define IMAGE_FILL 0.75

/* Bytes of an index tuple's header and of its line pointer. */
#define TUPLE_OVERHEAD (sizeof(IndexTupleData) + sizeof(ItemIdData))

/* Rows of a GIN column have this many keys where statistics do not tell:
 * words of a sentence. */
#define DEFAULT_GIN_KEYS 10.0

/* The pending list of GIN logs many keys at once: about this many bytes for
 * each, and sorting before it is merged saves most descents. */
#define GIN_PENDING_SAVING 0.5

/* GiST computes a penalty for every key on each page of the way, by functions
 * that are several operators long. */
#define GIST_PENALTY_OPERATORS 4.0

/* pgvector's defaults of m and ef_construction, and of lists per row. */
#define HNSW_M 16.0
#define HNSW_EF_CONSTRUCTION 64.0
#define IVFFLAT_ROWS_PER_LIST 1000.0

/* Bytes of a vector compared in the time of one operator. */
#define VECTOR_BYTES_PER_OPERATOR 32.0

/* autovacuum_vacuum_threshold and _scale_factor as they are shipped: dead rows
 * before a table's indexes are vacuumed. */
#define VACUUM_THRESHOLD 50.0
#define VACUUM_SCALE 0.2

/*
 * CPU of walking down a tree of this height and finding the place among this
 * many tuples; as btcostestimate() has it.
 */
static double
descent_cost(double tuples, int height)
{
	double		levels = height >= 0 ? height : Max(log(Max(tuples, 1)) / log(200), 0);

	return cpu_operator_cost * (ceil(log2(Max(tuples, 2))) +
								PAGE_CPU_MULTIPLIER * (levels + 1));
}

/*
 * CPU of getting at the page and changing it.  Where keys come in order it is
 * the page that was changed last.
 */
static double
change_cost(const WriteIndex *index)
{
	double		away = index->pages / (index->pages + PROCESSOR_CACHE_PAGES);

	return cpu_index_tuple_cost + cpu_operator_cost *
		(CHANGE_OPERATORS + (1 - index->order) * away * FETCH_OPERATORS);
}

/*
 * CPU of one entry of a B-tree: the way down, unless keys come in order, and
 * the page.
 */
static double
btree_cpu(const WriteIndex *index)
{
	return (1 - index->order) * descent_cost(index->tuples, index->height) +
		change_cost(index) + index->nkeys * cpu_operator_cost;
}

/*
 * CPU of one row in a GIN index: each key goes its own way.
 */
static double
gin_cpu(const WriteIndex *index)
{
	double		distinct = Max(index->tuples, 2);

	return CHANGE_OPERATORS * cpu_operator_cost + index->keys_per_row *
		(GIN_PENDING_SAVING * descent_cost(distinct, -1) + cpu_index_tuple_cost);
}

/*
 * CPU of one entry of GiST or SP-GiST: the penalty of every entry on each page
 * of the way.
 */
static double
gist_cpu(const WriteIndex *index)
{
	double		per_page = BLCKSZ / Max(index->tuple_bytes, TUPLE_OVERHEAD);
	double		levels = Max(log(Max(index->tuples, 2)) / log(Max(per_page, 2)), 1);

	return levels * (PAGE_CPU_MULTIPLIER +
					 per_page * GIST_PENALTY_OPERATORS) * cpu_operator_cost +
		change_cost(index);
}

/*
 * CPU of one vector: distances to all that the search visits.
 */
static double
vector_cpu(const WriteIndex *index, double visits)
{
	double		distance = cpu_operator_cost *
	(1 + index->tuple_bytes / VECTOR_BYTES_PER_OPERATOR);

	return visits * (distance + PAGE_CPU_MULTIPLIER * cpu_operator_cost) +
		change_cost(index);
}

/*
 * CPU of one entry by access method.  pgvector's have no fixed OID.
 */
static double
entry_cpu(const WriteIndex *index)
{
	char	   *name;

	switch (index->am)
	{
		case BTREE_AM_OID:
			return btree_cpu(index);
		case HASH_AM_OID:
			return PAGE_CPU_MULTIPLIER * cpu_operator_cost +
				change_cost(index);
		case BRIN_AM_OID:
			/* the summary is looked at, and is seldom changed */
			return (PAGE_CPU_MULTIPLIER + index->nkeys) * cpu_operator_cost;
		case GIN_AM_OID:
			return gin_cpu(index);
		default:
			break;
	}
	name = get_am_name(index->am);
	if (name != NULL && strcmp(name, "hnsw") == 0)
		return vector_cpu(index, HNSW_EF_CONSTRUCTION * HNSW_M);
	if (name != NULL && strcmp(name, "ivfflat") == 0)
		return vector_cpu(index,
						  Max(index->tuples / IVFFLAT_ROWS_PER_LIST, 1));
	return gist_cpu(index);
}

/*
 * Pages that one row puts entries into.
 */
static double
pages_per_row(const WriteIndex *index)
{
	char	   *name;

	if (index->am == GIN_AM_OID)
		return index->keys_per_row * GIN_PENDING_SAVING;
	name = get_am_name(index->am);
	if (name != NULL && strcmp(name, "hnsw") == 0)
		return 1 + HNSW_M;		/* the neighbours learn of it */
	return 1;
}

/*
 * Entries between two checkpoints; all where the window is not known.
 */
static double
entries_between_checkpoints(double entries, double seconds)
{
	if (seconds <= CheckPointTimeout)
		return Max(entries, 1);
	return Max(entries * CheckPointTimeout / seconds, 1);
}

/*
 * Distinct pages touched per entry: in order, a page takes as many as fit; in
 * no order, each of the pages is hit until all are dirty.
 */
static double
pages_touched(const WriteIndex *index, double entries, double seconds)
{
	double		in_order = index->tuple_bytes / BLCKSZ;
	double		touches = entries_between_checkpoints(entries, seconds) *
	pages_per_row(index);
	double		pages = Max(index->pages, 1);
	double		anywhere = pages * (1 - exp(-touches / pages)) / touches *
	pages_per_row(index);

	return index->order * in_order + (1 - index->order) * anywhere;
}

/*
 * WAL of one row.  BRIN writes some only when a summary changes: for a new
 * range of pages, of which there are as many as pages in the index hold.
 */
static double
entry_wal(const WriteIndex *index, double touched)
{
	double		image = fullPageWrites ? touched * BLCKSZ * IMAGE_FILL : 0;
	double		records = index->am == GIN_AM_OID ? index->keys_per_row :
	pages_per_row(index);

	if (index->unlogged)
		return 0;
	if (index->am == BRIN_AM_OID)
		return Max(index->pages, 1) * BLCKSZ / Max(index->tuples, 1);
	return records * (WAL_RECORD_BYTES +
					  WAL_TUPLE_COPIES * index->tuple_bytes /
					  (index->am == GIN_AM_OID ? index->keys_per_row : 1)) +
		image;
}

/*
 * Share of the index that the cache cannot hold, and keys in order do not
 * need.
 */
static double
miss_share(const WriteIndex *index)
{
	double		cached = effective_cache_size / Max(index->pages, 1);

	return (1 - index->order) * Max(1 - cached, 0);
}

/*
 * What one row costs that gets an entry, when there are "entries" in
 * "seconds" (-1: not known).
 */
WriteEntry
write_entry(const WriteIndex *index, double entries, double seconds)
{
	double		touched = index->am == BRIN_AM_OID ? 0 :
	pages_touched(index, entries, seconds);
	WriteEntry	result;

	result.wal_bytes = entry_wal(index, touched);
	result.cost = entry_cpu(index) +
		miss_share(index) * pages_per_row(index) * random_page_cost +
		(touched + result.wal_bytes / BLCKSZ) * seq_page_cost;
	return result;
}

/*
 * What one dead entry costs when VACUUM comes: its share of reading and
 * writing the index.
 */
double
write_vacuum_cost(const WriteIndex *index)
{
	if (index->am == BRIN_AM_OID)
		return 0;				/* it is not vacuumed by entry */
	return (2 * index->pages * seq_page_cost +
			index->tuples * index->keys_per_row * cpu_index_tuple_cost) /
		(VACUUM_THRESHOLD + VACUUM_SCALE * index->tuples);
}

/*
 * 0 .. 1: do new keys of an index come in order, at its end?  Those of a column
 * that lies in order in the table do, where the access method keeps order.
 */
double
write_key_order(Oid am, Oid relid, AttrNumber attnum)
{
	return attnum > 0 && (am == BTREE_AM_OID || am == BRIN_AM_OID) ?
		whatif_column_order(relid, attnum) : 0;
}

/*
 * Bytes of an average value of the column.
 */
double
write_column_width(Oid relid, AttrNumber attnum)
{
	int32		width = get_attavgwidth(relid, attnum);
	Oid			type;
	int32		typmod;
	Oid			collation;

	if (width > 0)
		return width;
	get_atttypetypmodcoll(relid, attnum, &type, &typmod, &collation);
	return get_typavgwidth(type, typmod);
}

/*
 * Keys of an average row in a GIN index on an array column.
 */
double
write_gin_keys(Oid relid, AttrNumber attnum)
{
	HeapTuple	tuple = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(relid),
										Int16GetDatum(attnum),
										BoolGetDatum(false));
	AttStatsSlot slot;
	double		keys = DEFAULT_GIN_KEYS;

	if (!HeapTupleIsValid(tuple))
		return keys;
	/* its last number is the average count of distinct elements */
	if (get_attstatsslot(&slot, tuple, STATISTIC_KIND_DECHIST, InvalidOid,
						 ATTSTATSSLOT_NUMBERS))
	{
		if (slot.nnumbers > 0)
			keys = Max(slot.numbers[slot.nnumbers - 1], 1);
		free_attstatsslot(&slot);
	}
	ReleaseSysCache(tuple);
	return keys;
}

/*
 * Columns that a hypothetical index reads.
 */
static Bitmapset *
columns_of(const HypoIndex *index)
{
	Bitmapset  *columns = NULL;

	for (int i = 0; i < index->ncolumns; i++)
		if (index->attnums[i] != 0)
			columns = bms_add_member(columns, index->attnums[i] -
									 FirstLowInvalidHeapAttributeNumber);
	pull_varattnos((Node *) index->exprs, 1, &columns);
	pull_varattnos((Node *) index->predicate, 1, &columns);
	return columns;
}

/*
 * Bytes of an entry of a hypothetical index, from the widths of its columns.
 */
static double
tuple_bytes_of(const HypoIndex *index)
{
	double		bytes = 0;
	ListCell   *lc;

	for (int i = 0; i < index->ncolumns; i++)
		if (index->attnums[i] != 0)
			bytes += write_column_width(index->relid, index->attnums[i]);
	foreach(lc, index->exprs)
		bytes += get_typavgwidth(exprType((Node *) lfirst(lc)),
								 exprTypmod((Node *) lfirst(lc)));
	if (index->am == HASH_AM_OID)
		bytes = sizeof(uint32);
	return MAXALIGN((Size) bytes) + TUPLE_OVERHEAD;
}

/*
 * Describe a hypothetical index; of one on a partitioned table, the average
 * leaf.
 */
WriteIndex
write_index_of(const HypoIndex *index)
{
	WriteIndex	result = {0};
	double		leaves = Max(list_length(index->leaves), 1);
	const HypoIndex *sample = index->leaves != NIL ?
	(const HypoIndex *) linitial(index->leaves) : index;

	result.am = index->am;
	result.unlogged = get_rel_persistence(sample->relid) != RELPERSISTENCE_PERMANENT;
	result.nkeys = index->nkeycolumns;
	result.tuples = index->tuples / leaves;
	result.pages = index->pages / leaves;
	result.height = sample->tree_height;
	result.tuple_bytes = tuple_bytes_of(sample);
	result.order = write_key_order(index->am, sample->relid,
								   sample->attnums[0]);
	result.keys_per_row = index->am == GIN_AM_OID ?
		write_gin_keys(sample->relid, sample->attnums[0]) : 1;
	result.share = index->predicate != NIL && index->table_tuples > 0 ?
		Min(index->tuples / index->table_tuples, 1) : 1;
	result.columns = columns_of(index);
	return result;
}
