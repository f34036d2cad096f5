/*-------------------------------------------------------------------------
 *
 * dependency_internal.h
 *		Shared by the files that look for dependencies in the rows of a table.
 *
 * The way of the data: target.c says which columns may be read, read.c reads
 * rows, encode.c turns their values into small numbers, pairs.c compares some
 * rows, walk.c finds the minimal determinants that these pairs leave possible
 * and tests each on all rows with partition.c; verify.c tests on the whole
 * table what was found on a part of it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DEPENDENCY_INTERNAL_H
#define DEPENDENCY_INTERNAL_H

#include "postgres.h"

#include "access/attnum.h"
#include "datatype/timestamp.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/bitmapset.h"
#include "nodes/pg_list.h"
#include "port/pg_bitutils.h"
#include "utils/array.h"
#include "utils/relcache.h"
#include "utils/timestamp.h"

/*
 * A set of columns is an array of words, as many as Rows.nwords; the members are
 * positions in Rows.columns.
 */
#define SET_BITS 64
#define SET_WORDS(n) (((n) + SET_BITS - 1) / SET_BITS)
#define SET_ADD(set, i) ((set)[(i) / SET_BITS] |= UINT64CONST(1) << ((i) % SET_BITS))
#define SET_REMOVE(set, i) ((set)[(i) / SET_BITS] &= ~(UINT64CONST(1) << ((i) % SET_BITS)))
#define SET_HAS(set, i) (((set)[(i) / SET_BITS] >> ((i) % SET_BITS)) & 1)

/* No limit on the columns of a determinant. */
#define UNLIMITED_COLUMNS PG_INT32_MAX

/*
 * Time and memory that a call may take.  budget_spend() is to be called in every
 * loop with the number of values that were looked at.
 */
typedef struct Budget
{
	MemoryContext context;		/* whose memory counts, children included */
	Size		memory_limit;	/* bytes */
	TimestampTz deadline;		/* DT_NOEND: none */
	int64		work;			/* values since we last looked at the clock */
	Size		kept;			/* bytes of values since we last looked at the
								 * memory */
	bool		expired;		/* the deadline has passed */
	bool		exhausted;		/* something was left out for lack of memory */
} Budget;

/* Values between two looks at the clock: well below 10 ms. */
#define WORK_PER_LOOK (1 << 16)

/* Rows between two looks whether to cancel, a power of two: each may take some
 * ten nanoseconds. */
#define ROWS_PER_CANCEL (1 << 14)

/* Which table and columns the call is about, and what may be read of it. */
typedef struct Target
{
	Oid			relid;
	const char *name;			/* qualified and quoted */
	int			ncolumns;
	AttrNumber *attnums;		/* ncolumns entries, ascending */
	const char **names;			/* of the columns */
	List	   *left_out;		/* names of columns that cannot be compared */
	List	   *keys;			/* of DeclaredKey */
	List	   *leaves;			/* OIDs of the relations with the rows */
	double		pages;			/* of all leaves */
	double		tuples;			/* as the planner estimates them */
} Target;

/* A unique index on plain columns, for all rows. */
typedef struct DeclaredKey
{
	Bitmapset  *positions;		/* in Target.attnums; NULL: has others too */
	bool		strict;			/* no two rows are equal, nulls included */
} DeclaredKey;

/* One column of the rows that were read. */
typedef struct Column
{
	int			position;		/* in Target.attnums; -1: the row itself */
	int32	   *codes;			/* one per row; equal codes for equal values */
	int			ncodes;			/* codes are below this */
	int			ndistinct;		/* codes that occur, null included */
	int			nnulls;
	struct Partition *partition;	/* by this column; NULL: not made yet */
} Column;

/* The rows that were read. */
typedef struct Rows
{
	int			nrows;
	int			ncolumns;		/* of the table */
	int			nwords;			/* of a set of columns */
	Column	   *columns;		/* those with most values first; after the
								 * last one the number of the row, as a column
								 * that only keys determine */
	int			row_number;		/* position of that column: ncolumns */
	int			max_codes;		/* largest ncodes */
	bool		whole;			/* these are all rows of the table */
} Rows;

/*
 * Rows grouped by equal values; groups of a single row are left out.  Group i
 * is rows[starts[i]] up to before rows[starts[i + 1]].
 */
typedef struct Partition
{
	int			ngroups;
	int			nrows;			/* in groups */
	int32	   *rows;
	int32	   *starts;			/* ngroups + 1 entries */
	int			room;			/* rows allocated; starts has half as many + 1 */
} Partition;

/* Scratch space to group rows and to test dependencies. */
typedef struct Mark
{
	uint32		stamp;			/* group that "row" was seen in */
	int32		row;			/* the first one there with this code */
} Mark;

typedef struct PartitionStack
{
	const Rows *rows;
	Budget	   *budget;
	MemoryContext context;
	int			depth;			/* levels that are valid */
	int			nlevels;		/* levels allocated */
	int		   *columns;		/* of each level but the first */
	Partition **levels;			/* level i groups by the first i columns */
	int32	   *counts;			/* max_codes entries, all 0 between calls */
	Mark	   *marks;			/* max_codes entries */
	uint32		stamp;			/* last one given */
} PartitionStack;

/* Pairs of rows that contradict a dependency; one is enough, more save time. */
#define MAX_VIOLATIONS 16

typedef struct Violations
{
	int			npairs;
	int32		first[MAX_VIOLATIONS];
	int32		second[MAX_VIOLATIONS];
	int64		ngroups;		/* distinct determinants, if there is no pair */
} Violations;

/* Minimal sets of columns, one of which every determinant must have. */
typedef struct EdgeList
{
	int			nedges;
	int			room;
	uint64	   *edges;			/* nedges * nwords */
} EdgeList;

/* What comparing pairs of rows has told, for each dependent column. */
typedef struct Pool
{
	const Rows *rows;
	Budget	   *budget;
	MemoryContext context;
	uint64	   *wanted;			/* dependent columns in question */
	EdgeList   *lists;			/* one per column, and one for the row number */
	uint64	   *seen;			/* recently added sets, by hash */
	uint64	   *scratch;
	int64		ncompared;		/* pairs of rows */
	int64		nadded;			/* that told something new */
	int64		work;			/* words compared among sets */
} Pool;

/* A dependency that was found. */
typedef struct Found
{
	int			rhs;			/* position in Rows.columns */
	int			nlhs;
	const int  *lhs;			/* positions in Rows.columns */
	int64		ngroups;		/* distinct determinants */
	int64		nerrors;		/* rows to be deleted for it to hold */
} Found;

typedef void (*FoundFn) (const Found *found, void *arg);

/* A dependency to be shown, or first to be verified on the whole table. */
typedef struct Candidate
{
	int			rhs;			/* position in Target.attnums; -1: the row */
	int			nlhs;
	int64		ngroups;		/* distinct determinants */
	int64		nerrors;
	int64		nrows;			/* that these figures are about */
	double		bits;			/* see surprise_bits(); NaN: not computed */
	bool		whole;			/* holds on the whole table */
	bool		refuted;		/* does not */
	int16		lhs[FLEXIBLE_ARRAY_MEMBER]; /* positions in Target.attnums */
} Candidate;

/* What is looked for. */
typedef struct Search
{
	const Rows *rows;
	Budget	   *budget;
	Pool	   *pool;
	PartitionStack *stack;
	int			max_lhs;
	int			known_lhs;		/* determinants of at most so many columns
								 * have been reported; -1: none */
	double		max_error;		/* share of rows, g3 */
	int64		min_redundant;	/* rows minus distinct determinants at least */
	FoundFn		found;
	void	   *arg;
	int			complete_lhs;	/* all determinants of at most so many columns
								 * have been reported; -1: not even that */
	int			nincomplete;	/* dependent columns not searched to the end */
	int64		ntests;			/* dependencies tested on all rows */
	int64		nfailed;		/* of which did not hold */
} Search;

/* How the search for the determinants of a column has ended. */
typedef enum WalkEnd
{
	WALK_STOPPED,				/* memory or time has ended */
	WALK_CUT,					/* only larger ones may have been missed */
	WALK_DONE					/* there are no more */
} WalkEnd;

/* budget.c */
extern void budget_start(Budget *budget, MemoryContext context);
extern void budget_set_deadline(Budget *budget, const Interval *limit);
extern bool budget_look(Budget *budget);
extern bool budget_has_room(Budget *budget, Size bytes);
extern void release_freed_memory(void);
extern void *allocate_zeros(MemoryContext context, Size bytes);

/*
 * Note that some values were looked at; false when time is up.
 */
static inline bool
budget_spend(Budget *budget, int64 values)
{
	budget->work += values;
	if (likely(budget->work < WORK_PER_LOOK))
		return !budget->expired;
	return budget_look(budget);
}

/*
 * To be called in loops over rows that may be many, with the number of the row.
 */
static inline void
allow_cancel(uint32 row)
{
	if (unlikely(row % ROWS_PER_CANCEL == 0))
		CHECK_FOR_INTERRUPTS();
}

/*
 * Spread the bits of a number over all of it: MurmurHash3's last step.
 */
static inline uint64
mix_bits(uint64 value)
{
	value ^= value >> 33;
	value *= UINT64CONST(0xff51afd7ed558ccd);
	value ^= value >> 33;
	value *= UINT64CONST(0xc4ceb9fe1a85ec53);
	return value ^ (value >> 33);
}

/* target.c */
extern Target *target_open(Oid relid, ArrayType *columns);
extern Relation target_leaf_open(const Target *target, Oid leaf,
								 AttrNumber *attnums);
extern void target_leaf_close(Relation rel);

/* read.c */
typedef bool (*RowFn) (const Datum *values, const bool *nulls, void *arg);
extern bool read_runs(const Target *target, Budget *budget, double share,
					  RowFn fn, void *arg);
extern Rows *rows_read(const Target *target, Budget *budget,
					   int64 sample_rows, bool null_equals_null);

/* encode.c */
typedef struct Encoder Encoder;
extern Encoder *encoder_make(Relation rel, AttrNumber attnum, Budget *budget,
							 MemoryContext context);
extern int32 encoder_code(Encoder *encoder, Datum value);
extern int	encoder_ncodes(const Encoder *encoder);
extern void encoder_free(Encoder *encoder);

/* partition.c */
extern PartitionStack *partition_stack_make(const Rows *rows, Budget *budget);
extern Partition *partition_reach(PartitionStack *stack, const int *columns,
								  int depth);
extern bool partition_test(PartitionStack *stack, const int *lhs, int nlhs,
						   int rhs, Violations *violations);
extern int64 partition_ngroups(const Rows *rows, const Partition *partition);
extern int64 partition_errors(PartitionStack *stack,
							  const Partition *partition, int rhs,
							  int64 limit);

/* pairs.c */
extern Pool *pairs_make(const Rows *rows, Budget *budget, const uint64 *wanted);
extern void pairs_difference(const Rows *rows, int32 first, int32 second,
							 uint64 *set);
extern bool pairs_add(Pool *pool, const uint64 *difference);
extern void pairs_sample(Pool *pool);

/* walk.c */
extern WalkEnd walk_find(Search *search, int rhs, int max_lhs);

/* rounds.c */
extern void rounds_find(Search *search, const uint64 *wanted,
						const char *name);

/* significance.c */
extern bool surprise_is_wanted(const Rows *rows, const Found *found);
extern double surprise_bits(PartitionStack *stack, const Found *found);

/* verify.c */
extern int	verify_candidates(const Target *target, Budget *budget,
							  List *candidates, bool null_equals_null);

/* approximate.c */
extern void approximate_find(Search *search, const uint64 *wanted);

#endif							/* DEPENDENCY_INTERNAL_H */
