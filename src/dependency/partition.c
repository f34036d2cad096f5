/*-------------------------------------------------------------------------
 *
 * partition.c
 *		Rows grouped by the columns of a determinant, and tests on the groups.
 *
 * Only groups of two rows or more are kept: a row that is alone cannot
 * contradict anything.  The groups of the columns chosen so far are kept on a
 * stack, so that neighbours in the search share them.
 * Entry points: partition_reach(), partition_test().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "dependency/dependency_internal.h"

/* Columns whose groups are kept take no more than this share of the memory. */
#define KEPT_SHARE 0.5

/* Groups up to this size are split by comparing rows with each other. */
#define SMALL_GROUP 8

/* Values between two looks at the budget. */
#define WORK_PER_SPEND 4096

/*
 * Note what was looked at, and begin to count anew; false when time is up.
 */
static inline bool
spend(PartitionStack *stack, int *work)
{
	bool		going_on = budget_spend(stack->budget, *work);

	*work = 0;
	return going_on;
}

/*
 * Make a stack for these rows, whose first level has all rows in one group.
 */
PartitionStack *
partition_stack_make(const Rows *rows, Budget *budget)
{
	PartitionStack *stack = palloc0(sizeof(PartitionStack));
	Size		ncodes = Max(rows->max_codes, 1);

	stack->rows = rows;
	stack->budget = budget;
	stack->context = CurrentMemoryContext;
	stack->nlevels = rows->ncolumns + 2;
	stack->columns = palloc(sizeof(int) * stack->nlevels);
	stack->levels = palloc0(sizeof(Partition *) * stack->nlevels);
	stack->counts = palloc_extended(sizeof(int32) * ncodes,
									MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	stack->marks = palloc_extended(sizeof(Mark) * ncodes,
								   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	return stack;
}

/*
 * Allocate groups with room for so many rows, or NULL where there is no memory.
 */
static Partition *
partition_make(PartitionStack *stack, int room)
{
	Size		starts = sizeof(int32) * ((Size) room / 2 + 2);
	Size		rows = sizeof(int32) * ((Size) room + 2);
	Partition  *partition;
	MemoryContext old;

	if (!budget_has_room(stack->budget, starts + rows))
		return NULL;
	old = MemoryContextSwitchTo(stack->context);
	partition = palloc0(sizeof(Partition));
	partition->room = room;
	partition->rows = palloc_extended(rows, MCXT_ALLOC_HUGE);
	partition->starts = palloc_extended(starts, MCXT_ALLOC_HUGE);
	MemoryContextSwitchTo(old);
	return partition;
}

/*
 * Free groups.
 */
static void
partition_free(Partition *partition)
{
	if (partition == NULL)
		return;
	pfree(partition->rows);
	pfree(partition->starts);
	pfree(partition);
}

/*
 * Put all rows in one group.
 */
static Partition *
partition_of_all(PartitionStack *stack)
{
	int			nrows = stack->rows->nrows;
	Partition  *partition = partition_make(stack, nrows);

	if (partition == NULL)
		return NULL;
	for (int row = 0; row < nrows; row++)
		partition->rows[row] = row;
	partition->starts[0] = 0;
	partition->starts[1] = nrows;
	partition->ngroups = nrows > 0 ? 1 : 0;
	partition->nrows = nrows;
	return partition;
}

/*
 * Split a group of two rows: append it if they have the same code.  They are
 * written in any case, as nobody can predict the branch; there is room for one
 * pair more than can be.
 */
static inline void
split_pair(const int32 *group, const int32 *codes, Partition *into)
{
	int			same = codes[group[0]] == codes[group[1]];

	into->rows[into->nrows] = group[0];
	into->rows[into->nrows + 1] = group[1];
	into->nrows += 2 * same;
	into->ngroups += same;
	into->starts[into->ngroups] = into->nrows;
}

/*
 * Do the rows of a small group certainly have different codes?  Some bits of the
 * codes tell, without a branch for each pair.
 */
static inline bool
all_differ(const int32 *group, int nrows, const int32 *codes)
{
	uint64		seen = 0;
	uint64		again = 0;

	for (int i = 0; i < nrows; i++)
	{
		uint64		bit = UINT64CONST(1) << (codes[group[i]] & 63);

		again |= seen & bit;
		seen |= bit;
	}
	return again == 0;
}

/*
 * Split a group of a few rows, as split_group() does.
 */
static inline void
split_small(const int32 *group, int nrows, const int32 *codes, Partition *into)
{
	int32		own[SMALL_GROUP];
	bool		taken[SMALL_GROUP] = {false};

	if (all_differ(group, nrows, codes))
		return;
	for (int i = 0; i < nrows; i++)
		own[i] = codes[group[i]];
	for (int i = 0; i < nrows; i++)
	{
		int			start = into->nrows;

		for (int j = i + 1; j < nrows && !taken[i]; j++)
		{
			if (taken[j] || own[j] != own[i])
				continue;
			if (into->nrows == start)
				into->rows[into->nrows++] = group[i];
			into->rows[into->nrows++] = group[j];
			taken[j] = true;
		}
		if (into->nrows > start)
			into->starts[++into->ngroups] = into->nrows;
	}
}

/*
 * Split one group by the codes of a column, and append the parts that have two
 * rows or more.  "counts" is 0 for all codes, before and after.
 *
 * While rows are placed, the count of a code is replaced by minus the place of
 * its next row, minus 1.
 */
static void
split_group(const int32 *group, int nrows, const int32 *codes, int32 *counts,
			Partition *into)
{
	for (int i = 0; i < nrows; i++)
	{
		allow_cancel(i);
		counts[codes[group[i]]]++;
	}
	for (int i = 0; i < nrows; i++)
	{
		int32	   *count = &counts[codes[group[i]]];

		allow_cancel(i);
		if (*count == 1 || *count == 0)
			continue;
		if (*count > 0)
		{
			int32		size = *count;

			*count = -into->nrows - 1;
			into->nrows += size;
			into->starts[++into->ngroups] = into->nrows;
		}
		into->rows[-*count - 1] = group[i];
		(*count)--;
	}
	for (int i = 0; i < nrows; i++)
	{
		allow_cancel(i);
		counts[codes[group[i]]] = 0;
	}
}

/*
 * Split all groups by a column; false when time is up in the middle.
 */
static bool
partition_split(PartitionStack *stack, const Partition *from, int column,
				Partition *into)
{
	const int32 *codes = stack->rows->columns[column].codes;
	int			work = 0;

	into->ngroups = 0;
	into->nrows = 0;
	into->starts[0] = 0;
	for (int i = 0; i < from->ngroups; i++)
	{
		int			nrows = from->starts[i + 1] - from->starts[i];

		if (nrows == 2)
			split_pair(from->rows + from->starts[i], codes, into);
		else if (nrows <= SMALL_GROUP)
			split_small(from->rows + from->starts[i], nrows, codes, into);
		else
			split_group(from->rows + from->starts[i], nrows, codes,
						stack->counts, into);
		work += 3 * nrows;
		if (unlikely(work >= WORK_PER_SPEND) && !spend(stack, &work))
			return false;
	}
	return spend(stack, &work);
}

/*
 * The rows grouped by one column, kept as long as the rows where memory allows;
 * NULL where it does not, or time is up.
 */
static Partition *
column_partition(PartitionStack *stack, int column)
{
	Column	   *kept = &stack->rows->columns[column];
	Size		bytes = sizeof(int32) * 2 * (Size) stack->rows->nrows;
	Partition  *partition;

	if (kept->partition != NULL)
		return kept->partition;
	if (MemoryContextMemAllocated(stack->budget->context, true) + bytes >
		stack->budget->memory_limit * KEPT_SHARE)
		return NULL;
	partition = partition_make(stack, stack->rows->nrows);
	if (partition == NULL)
		return NULL;
	if (!partition_split(stack, stack->levels[0], column, partition))
	{
		partition_free(partition);
		return NULL;
	}
	kept->partition = partition;
	return partition;
}

/*
 * Make a level of the stack from the one before; false where memory or time
 * ends.
 */
static bool
level_make(PartitionStack *stack, int level, int column)
{
	Partition  *from = stack->levels[level - 1];
	Partition  *into = stack->levels[level];

	if (level == 1)
	{
		Partition  *kept = column_partition(stack, column);

		if (kept != NULL)
		{
			stack->levels[1] = kept;
			return true;
		}
		/* the place may hold what a column keeps */
		for (int i = 0; i <= stack->rows->ncolumns; i++)
			if (into != NULL && stack->rows->columns[i].partition == into)
				into = NULL;
	}
	if (into != NULL && into->room < from->nrows)
	{
		partition_free(into);
		into = NULL;
	}
	if (into == NULL)
	{
		stack->levels[level] = NULL;
		into = partition_make(stack, from->nrows);
	}
	stack->levels[level] = into;
	return into != NULL && partition_split(stack, from, column, into);
}

/*
 * The rows grouped by the first "depth" of the columns; NULL where memory or
 * time has ended.  Good until the next call.
 */
Partition *
partition_reach(PartitionStack *stack, const int *columns, int depth)
{
	int			same = 0;

	if (stack->levels[0] == NULL)
		stack->levels[0] = partition_of_all(stack);
	if (stack->levels[0] == NULL)
		return NULL;
	while (same < depth && same < stack->depth &&
		   stack->columns[same] == columns[same])
		same++;
	stack->depth = same;
	while (stack->depth < depth)
	{
		int			column = columns[stack->depth];

		if (!level_make(stack, stack->depth + 1, column))
			return NULL;
		stack->columns[stack->depth++] = column;
	}
	return stack->levels[depth];
}

/*
 * A stamp that no mark has.
 */
static uint32
next_stamp(PartitionStack *stack)
{
	if (++stack->stamp == 0)
	{
		memset(stack->marks, 0,
			   sizeof(Mark) * (Size) Max(stack->rows->max_codes, 1));
		stack->stamp = 1;
	}
	return stack->stamp;
}

/*
 * Test one group: its rows with the same code in "codes" (NULL: all rows) must
 * agree in "rhs".  Returns the number of distinct codes, or 0 and a pair of
 * rows that contradicts.
 */
static int
test_group(PartitionStack *stack, const int32 *group, int nrows,
		   const int32 *codes, const int32 *rhs, int32 *first, int32 *second)
{
	uint32		stamp;
	int			ngroups = 0;

	if (nrows <= SMALL_GROUP && codes != NULL &&
		all_differ(group, nrows, codes))
		return nrows;
	stamp = next_stamp(stack);
	for (int i = 0; i < nrows; i++)
	{
		int32		row = group[i];
		Mark	   *mark = &stack->marks[codes == NULL ? 0 : codes[row]];

		allow_cancel(i);
		if (mark->stamp != stamp)
		{
			mark->stamp = stamp;
			mark->row = row;
			ngroups++;
		}
		else if (rhs[mark->row] != rhs[row])
		{
			*first = mark->row;
			*second = row;
			return 0;
		}
	}
	return ngroups;
}

/*
 * The same for a group of two rows.
 */
static inline int
test_pair(const int32 *group, const int32 *codes, const int32 *rhs,
		  int32 *first, int32 *second)
{
	int			differ = codes != NULL && codes[group[0]] != codes[group[1]];

	/* which is seldom, other than that the codes differ */
	if (unlikely(!differ & (rhs[group[0]] != rhs[group[1]])))
	{
		*first = group[0];
		*second = group[1];
		return 0;
	}
	return 1 + differ;
}

/*
 * Does "lhs" determine "rhs" on all rows?  If not, "violations" gets some pairs
 * of rows, from different groups; if it does, the number of its distinct
 * values.  Returns false where memory or time has ended.
 */
bool
partition_test(PartitionStack *stack, const int *lhs, int nlhs, int rhs,
			   Violations *violations)
{
	const Rows *rows = stack->rows;
	Partition  *partition = partition_reach(stack, lhs, Max(nlhs - 1, 0));
	const int32 *codes = nlhs == 0 ? NULL : rows->columns[lhs[nlhs - 1]].codes;
	const int32 *dependent = rows->columns[rhs].codes;
	int			work = 0;

	violations->npairs = 0;
	if (partition == NULL)
		return false;
	violations->ngroups = rows->nrows - partition->nrows;
	for (int i = 0; i < partition->ngroups; i++)
	{
		const int32 *group = partition->rows + partition->starts[i];
		int			n = partition->starts[i + 1] - partition->starts[i];
		int32	   *first = &violations->first[violations->npairs];
		int32	   *second = &violations->second[violations->npairs];
		int			found = n == 2 ?
		test_pair(group, codes, dependent, first, second) :
		test_group(stack, group, n, codes, dependent, first, second);

		violations->ngroups += found;
		if (found == 0 && ++violations->npairs == MAX_VIOLATIONS)
			break;
		work += 2 * n;
		if (unlikely(work >= WORK_PER_SPEND) && !spend(stack, &work))
			return false;
	}
	return spend(stack, &work);
}

/*
 * Distinct values of the columns that the rows are grouped by.
 */
int64
partition_ngroups(const Rows *rows, const Partition *partition)
{
	return (int64) rows->nrows - partition->nrows + partition->ngroups;
}

/*
 * Rows to be deleted so that the columns of the partition determine "rhs": in
 * each group all but those with the most frequent value.  Stops counting above
 * "limit".
 */
int64
partition_errors(PartitionStack *stack, const Partition *partition, int rhs,
				 int64 limit)
{
	const int32 *codes = stack->rows->columns[rhs].codes;
	int64		errors = 0;

	for (int i = 0; i < partition->ngroups && errors <= limit; i++)
	{
		const int32 *group = partition->rows + partition->starts[i];
		int			nrows = partition->starts[i + 1] - partition->starts[i];
		int32		most = 0;

		for (int j = 0; j < nrows; j++)
		{
			int32		count = ++stack->counts[codes[group[j]]];

			allow_cancel(j);
			most = Max(most, count);
		}
		for (int j = 0; j < nrows; j++)
		{
			allow_cancel(j);
			stack->counts[codes[group[j]]] = 0;
		}
		errors += nrows - most;
		if (!budget_spend(stack->budget, 2 * nrows))
			return PG_INT64_MAX;
	}
	return errors;
}
