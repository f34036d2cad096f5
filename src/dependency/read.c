/*-------------------------------------------------------------------------
 *
 * read.c
 *		Read rows of a table and encode them.
 *
 * A table that is too large is read in runs of consecutive blocks, spread evenly
 * over it: rows that belong together lie side by side, and rows chosen one by
 * one would not show that a column repeats.  Entry points: rows_read(),
 * read_runs().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/relscan.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/pg_statistic.h"
#include "common/pg_prng.h"
#include "executor/tuptable.h"
#include "storage/bufmgr.h"
#include "storage/itemptr.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "dependency/dependency_internal.h"
#include "worker/worker.h"

/* Blocks of a run at least, and runs at most. */
#define RUN_BLOCKS 8
#define MAX_RUNS 400

/* The runs begin at the same places in every call. */
#define RUN_SEED 20230604

/* Read as a whole what has so many times the wanted rows by an estimate. */
#define WHOLE_SLACK 1.2

/* Bytes of the table that a sample may read for each wanted row: 60 MB for 100,000
 * rows.  Of wider rows fewer are read. */
#define SAMPLE_ROW_BYTES 600

/* Bytes per row beside its codes: scratch space, and a partition or two. */
#define ROW_BYTES 64

/* Bytes per distinct value of a column beside the value: a hash table, half
 * full, the value's place, and the header of its memory. */
#define VALUE_BYTES 48

/* Values of columns without statistics are taken to be so wide. */
#define DEFAULT_WIDTH 16

#define FIRST_ROWS 1024

/* Bytes of values between two looks at the memory they take. */
#define KEPT_PER_LOOK (256 * 1024)

/* What encode_row() works on. */
typedef struct Intake
{
	const Target *target;
	Budget	   *budget;
	Rows	   *rows;
	Encoder   **encoders;
	int			room;			/* rows that there is space for */
	int64		wanted;			/* rows at most */
	bool		null_equals_null;
	bool		full;			/* rows were left out */
	MemoryContext row_context;	/* what comparing leaves behind */
} Intake;

/*
 * Read the blocks of a relation from "from" to before "to", which is
 * InvalidBlockNumber for all; false when the visitor or the clock has ended it.
 */
static bool
read_blocks(Relation rel, const Target *target, const AttrNumber *attnums,
			BlockNumber from, BlockNumber to, Budget *budget, RowFn fn,
			void *arg)
{
	TupleTableSlot *slot = table_slot_create(rel, NULL);
	Datum	   *values = palloc(sizeof(Datum) * Max(target->ncolumns, 1));
	bool	   *nulls = palloc(sizeof(bool) * Max(target->ncolumns, 1));
	bool		ranged = to != InvalidBlockNumber;
	bool		more = true;
	ItemPointerData first,
				last;
	TableScanDesc scan;

	if (ranged)
	{
		ItemPointerSet(&first, from, FirstOffsetNumber);
		ItemPointerSet(&last, to - 1, MaxOffsetNumber);
		scan = table_beginscan_tidrange(rel, GetActiveSnapshot(), &first,
										&last);
	}
	else
		scan = table_beginscan_strat(rel, GetActiveSnapshot(), 0, NULL, true,
									 false);
	while (more && (ranged ?
					table_scan_getnextslot_tidrange(scan, ForwardScanDirection, slot) :
					table_scan_getnextslot(scan, ForwardScanDirection, slot)))
	{
		/* how long a row takes, its values decide */
		CHECK_FOR_INTERRUPTS();
		for (int i = 0; i < target->ncolumns; i++)
			values[i] = slot_getattr(slot, attnums[i], &nulls[i]);
		more = fn(values, nulls, arg) &&
			budget_spend(budget, 4 * target->ncolumns + 16);
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	pfree(values);
	pfree(nulls);
	return more;
}

/*
 * Read the part of a run that lies in this relation, whose first block is number
 * "offset" of the table.
 */
static bool
read_run(Relation rel, const Target *target, const AttrNumber *attnums,
		 double offset, double from, double to, Budget *budget, RowFn fn,
		 void *arg)
{
	double		nblocks = RelationGetNumberOfBlocks(rel);

	from = Max(from - offset, 0);
	to = Min(to - offset, nblocks);
	if (from >= to)
		return true;
	return read_blocks(rel, target, attnums, (BlockNumber) from,
					   (BlockNumber) to, budget, fn, arg);
}

/*
 * Where run number "run" of "nruns" begins: somewhere in its part of the table.
 */
static double
run_start(int run, int nruns, double pages, double length)
{
	pg_prng_state state;
	double		part = pages / nruns;

	pg_prng_seed(&state, RUN_SEED + run);
	return floor(run * part + pg_prng_double(&state) * Max(part - length, 0));
}

/*
 * Can the relation be read from block to block?
 */
static bool
has_block_ranges(Relation rel)
{
	return rel->rd_tableam->scan_set_tidrange != NULL;
}

/*
 * Read one relation of the target: all of it, or what the runs take of it.
 */
static bool
read_leaf(const Target *target, Oid leaf, double offset, int nruns,
		  double length, Budget *budget, RowFn fn, void *arg)
{
	AttrNumber *attnums = palloc(sizeof(AttrNumber) * Max(target->ncolumns, 1));
	Relation	rel = target_leaf_open(target, leaf, attnums);
	bool		more = true;

	if (nruns == 0 || !has_block_ranges(rel))
		more = read_blocks(rel, target, attnums, 0, InvalidBlockNumber,
						   budget, fn, arg);
	for (int run = 0; more && run < nruns && has_block_ranges(rel); run++)
	{
		double		start = run_start(run, nruns, target->pages, length);

		more = read_run(rel, target, attnums, offset, start, start + length,
						budget, fn, arg);
	}
	target_leaf_close(rel);
	pfree(attnums);
	return more;
}

/*
 * Show the visitor a share of the rows, 1 for all, until it has seen enough;
 * false when it has, or when time is up.
 */
bool
read_runs(const Target *target, Budget *budget, double share, RowFn fn,
		  void *arg)
{
	double		blocks = target->pages * share;
	int			nruns = share >= 1 ? 0 :
	(int) Min(Max(blocks / RUN_BLOCKS, 1), MAX_RUNS);
	double		length = nruns == 0 ? 0 : Max(floor(blocks / nruns), 1);
	double		offset = 0;
	bool		more = true;
	ListCell   *cell;

	foreach(cell, target->leaves)
	{
		Oid			leaf = lfirst_oid(cell);
		Relation	rel;

		if (!more)
			return false;
		progress_report("reading rows", (int64) offset, (int64) target->pages,
						target->name);
		more = read_leaf(target, leaf, offset, nruns, length, budget, fn, arg);
		rel = RelationIdGetRelation(leaf);
		if (rel == NULL)
			continue;
		offset += RelationGetNumberOfBlocks(rel);
		RelationClose(rel);
	}
	return more;
}

/*
 * Make room for more rows; false where there is no memory.
 */
static bool
intake_grow(Intake *intake)
{
	int			room = Max(intake->room + intake->room / 2, FIRST_ROWS);
	Size		bytes = sizeof(int32) * intake->target->ncolumns;

	room = (int) Min(room, intake->wanted);
	if (intake->room > 0 &&
		!budget_has_room(intake->budget, bytes * (room - intake->room) +
						 (Size) ROW_BYTES * room))
		return false;
	for (int i = 0; i < intake->target->ncolumns; i++)
	{
		Column	   *column = &intake->rows->columns[i];

		if (column->codes == NULL)
			column->codes = palloc_extended(sizeof(int32) * room,
											MCXT_ALLOC_HUGE);
		else
			column->codes = repalloc_huge(column->codes,
										  sizeof(int32) * room);
	}
	intake->room = room;
	return true;
}

/*
 * Is there memory for one more row?  Statistics may tell too little of the width
 * of values, so it is looked at again when many bytes have been kept.
 */
static bool
intake_has_room(Intake *intake)
{
	Budget	   *budget = intake->budget;

	if (intake->rows->nrows >= intake->wanted)
		return false;
	if (budget->kept > KEPT_PER_LOOK)
	{
		budget->kept = 0;
		if (!budget_has_room(budget, (Size) ROW_BYTES * intake->room))
			return false;
	}
	return intake->rows->nrows < intake->room || intake_grow(intake);
}

/*
 * Encode one row; a RowFn.
 */
static bool
encode_row(const Datum *values, const bool *nulls, void *arg)
{
	Intake	   *intake = arg;
	Rows	   *rows = intake->rows;
	MemoryContext old;

	if (!intake_has_room(intake))
	{
		intake->full = true;
		return false;
	}
	old = MemoryContextSwitchTo(intake->row_context);
	for (int i = 0; i < intake->target->ncolumns; i++)
	{
		/* codes of nulls are given when all other codes are known */
		if (nulls[i])
		{
			rows->columns[i].codes[rows->nrows] = -1;
			rows->columns[i].nnulls++;
		}
		else
			rows->columns[i].codes[rows->nrows] =
				encoder_code(intake->encoders[i], values[i]);
	}
	MemoryContextSwitchTo(old);
	MemoryContextReset(intake->row_context);
	rows->nrows++;
	return true;
}

/*
 * Give the nulls of a column codes: one for all, or one for each.
 */
static void
number_nulls(const Rows *rows, Column *column, const Encoder *encoder,
			 bool null_equals_null)
{
	int			ncodes = encoder_ncodes(encoder);

	column->ndistinct = ncodes;
	if (column->nnulls > 0)
	{
		for (int row = 0; row < rows->nrows; row++)
		{
			allow_cancel(row);
			if (column->codes[row] < 0)
				column->codes[row] = null_equals_null ? ncodes : ncodes++;
		}
		if (null_equals_null)
			ncodes++;
		column->ndistinct = ncodes;
	}
	column->ncodes = ncodes;
}

/*
 * Add the number of the row as the last column, and find the largest code.
 */
static void
add_row_number(Rows *rows)
{
	Column	   *column = &rows->columns[rows->row_number];

	column->position = -1;
	column->codes = palloc_extended(sizeof(int32) * Max(rows->nrows, 1),
									MCXT_ALLOC_HUGE);
	for (int row = 0; row < rows->nrows; row++)
		column->codes[row] = row;
	column->ncodes = column->ndistinct = rows->nrows;
	for (int i = 0; i <= rows->ncolumns; i++)
		rows->max_codes = Max(rows->max_codes, rows->columns[i].ncodes);
}

/*
 * Order of columns: those with most values first, as they leave least to
 * compare.
 */
static int
compare_columns(const void *a, const void *b)
{
	const Column *left = a;
	const Column *right = b;

	if (left->ndistinct != right->ndistinct)
		return left->ndistinct > right->ndistinct ? -1 : 1;
	return left->position - right->position;
}

/*
 * Bytes that a row needs in the dictionary of a column, on average, by the
 * table's statistics.
 */
static double
dictionary_bytes(const Target *target, AttrNumber attnum)
{
	HeapTuple	tuple = SearchSysCache3(STATRELATTINH,
										ObjectIdGetDatum(target->relid),
										Int16GetDatum(attnum),
										BoolGetDatum(list_length(target->leaves) != 1 ||
													 linitial_oid(target->leaves) != target->relid));
	double		width = DEFAULT_WIDTH;
	double		distinct = 1;

	if (HeapTupleIsValid(tuple))
	{
		Form_pg_statistic statistic = (Form_pg_statistic) GETSTRUCT(tuple);

		width = Max(statistic->stawidth, 1);
		if (statistic->stadistinct < 0)
			distinct = -statistic->stadistinct;
		else if (statistic->stadistinct > 0)
			distinct = Min(statistic->stadistinct / Max(target->tuples, 1), 1);
		ReleaseSysCache(tuple);
	}
	return distinct * (width + VALUE_BYTES);
}

/*
 * Rows that memory suffices for.
 */
static double
affordable_rows(const Target *target, const Budget *budget)
{
	double		bytes = ROW_BYTES;

	for (int i = 0; i < target->ncolumns; i++)
		bytes += sizeof(int32) + dictionary_bytes(target, target->attnums[i]);
	return budget->memory_limit / bytes;
}

/*
 * Rows that may be read when so many are wanted, by the space that they take.
 */
static double
readable_rows(const Target *target, double wanted)
{
	double		width = target->pages * BLCKSZ / Max(target->tuples, 1);

	return wanted * Min(SAMPLE_ROW_BYTES / Max(width, 1), 1);
}

/*
 * Prepare to take rows in.
 */
static void
intake_start(Intake *intake)
{
	const Target *target = intake->target;
	Relation	rel = table_open(target->relid, AccessShareLock);

	intake->encoders = palloc(sizeof(Encoder *) * Max(target->ncolumns, 1));
	for (int i = 0; i < target->ncolumns; i++)
		intake->encoders[i] = encoder_make(rel, target->attnums[i],
										   intake->budget,
										   CurrentMemoryContext);
	table_close(rel, AccessShareLock);
	intake->row_context = AllocSetContextCreate(CurrentMemoryContext,
												"dbadvisor encoded row",
												ALLOCSET_DEFAULT_SIZES);
	intake->rows->columns = palloc0(sizeof(Column) * (target->ncolumns + 1));
	(void) intake_grow(intake);
}

/*
 * Finish the columns, and let the values go.
 */
static void
intake_finish(Intake *intake)
{
	Rows	   *rows = intake->rows;

	rows->ncolumns = rows->row_number = intake->target->ncolumns;
	rows->nwords = SET_WORDS(rows->ncolumns + 1);
	for (int i = 0; i < rows->ncolumns; i++)
	{
		CHECK_FOR_INTERRUPTS();
		rows->columns[i].position = i;
		number_nulls(rows, &rows->columns[i], intake->encoders[i],
					 intake->null_equals_null);
		encoder_free(intake->encoders[i]);
	}
	qsort(rows->columns, rows->ncolumns, sizeof(Column), compare_columns);
	add_row_number(rows);
	MemoryContextDelete(intake->row_context);
}

/*
 * Read up to "sample_rows" rows, fewer where memory or time ends.
 */
Rows *
rows_read(const Target *target, Budget *budget, int64 sample_rows,
		  bool null_equals_null)
{
	Rows	   *rows = palloc0(sizeof(Rows));
	Intake		intake = {.target = target,.budget = budget,.rows = rows};
	double		affordable = Max(affordable_rows(target, budget), FIRST_ROWS);
	double		share;
	bool		complete;

	intake.wanted = Min(sample_rows, PG_INT32_MAX / 2);
	intake.null_equals_null = null_equals_null;
	share = Min(Min(readable_rows(target, sample_rows), affordable) *
				WHOLE_SLACK / Max(target->tuples, 1), 1);
	if (share < 1)
		share /= WHOLE_SLACK;
	intake_start(&intake);
	complete = read_runs(target, budget, share, encode_row, &intake);
	rows->whole = complete && share >= 1 && !intake.full;
	intake_finish(&intake);
	return rows;
}
