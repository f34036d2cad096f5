/*-------------------------------------------------------------------------
 *
 * approximate.c
 *		Dependencies that hold but for a few rows.
 *
 * The error of X -> A is g3: the share of rows to be deleted so that it holds.
 * It falls when X grows, so there are minimal determinants here too, but no pair
 * of rows alone contradicts anything.  Sets are tried by size, so that the
 * smaller ones are known when a larger one comes.
 * Entry point: approximate_find().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "utils/memutils.h"

#include "dependency/dependency_internal.h"
#include "worker/worker.h"

/* Determinants found of each column, and the set at hand. */
typedef struct Levels
{
	Search	   *search;
	const uint64 *wanted;
	EdgeList   *found;			/* one per column */
	uint64	   *set;			/* of the path */
	int		   *path;
	int			size;			/* columns of the sets at hand */
	int64		limit;			/* rows that may err */
	bool		tried;			/* some set of this size was tested */
	bool		stopped;		/* memory or time has ended */
} Levels;

/*
 * Has a subset of the path been found to determine the column?
 */
static bool
is_settled(const Levels *levels, int rhs)
{
	const EdgeList *list = &levels->found[rhs];
	int			nwords = levels->search->rows->nwords;

	/* looked at by complete_path(), soon enough */
	levels->search->budget->work += (int64) list->nedges * nwords;
	for (int i = 0; i < list->nedges; i++)
	{
		const uint64 *found = list->edges + (Size) i * nwords;
		bool		subset = true;

		for (int word = 0; word < nwords && subset; word++)
			subset = (found[word] & ~levels->set[word]) == 0;
		if (subset)
			return true;
	}
	return false;
}

/*
 * Is the column one to be asked about, with the path as its determinant?
 */
static bool
is_open(const Levels *levels, int rhs)
{
	return SET_HAS(levels->wanted, rhs) && !SET_HAS(levels->set, rhs) &&
		!is_settled(levels, rhs);
}

/*
 * Note that the path determines the column, and report it.
 */
static void
settle(Levels *levels, int rhs, const Partition *partition, int64 errors)
{
	Search	   *search = levels->search;
	EdgeList   *list = &levels->found[rhs];
	Size		bytes = sizeof(uint64) * search->rows->nwords;
	Found		found = {.rhs = rhs,.nlhs = levels->size,.lhs = levels->path};

	if (list->nedges == list->room)
	{
		list->room = Max(list->room * 2, 16);
		if (!budget_has_room(search->budget, list->room * bytes))
		{
			levels->stopped = true;
			return;
		}
		if (list->edges == NULL)
			list->edges = palloc(list->room * bytes);
		else
			list->edges = repalloc_huge(list->edges, list->room * bytes);
	}
	memcpy(list->edges + (Size) list->nedges * search->rows->nwords,
		   levels->set, bytes);
	list->nedges++;
	found.ngroups = partition_ngroups(search->rows, partition);
	found.nerrors = errors;
	if (search->rows->nrows - found.ngroups >= search->min_redundant)
		search->found(&found, search->arg);
}

/*
 * Test the path for all columns that are open.
 */
static void
test_set(Levels *levels)
{
	Search	   *search = levels->search;
	Partition  *partition = partition_reach(search->stack, levels->path,
											levels->size);

	levels->stopped = partition == NULL;
	for (int rhs = 0; rhs < search->rows->ncolumns && !levels->stopped; rhs++)
	{
		int64		errors;

		if (!is_open(levels, rhs))
			continue;
		levels->tried = true;
		search->ntests++;
		errors = partition_errors(search->stack, partition, rhs,
								  levels->limit);
		if (errors == PG_INT64_MAX)
			levels->stopped = true;
		else if (errors <= levels->limit)
			settle(levels, rhs, partition, errors);
		else
			search->nfailed++;
	}
}

/*
 * Is any column open?
 */
static bool
any_open(const Levels *levels)
{
	for (int rhs = 0; rhs < levels->search->rows->ncolumns; rhs++)
		if (is_open(levels, rhs))
			return true;
	return false;
}

/*
 * Complete the path, of which "depth" columns are set, with columns from "from"
 * on.
 */
static void
complete_path(Levels *levels, int depth, int from)
{
	int			ncolumns = levels->search->rows->ncolumns;

	if (depth == levels->size)
	{
		test_set(levels);
		return;
	}
	/* supersets of the path have open columns only where it has */
	if (!any_open(levels))
		return;
	for (int column = from;
		 column <= ncolumns - (levels->size - depth) && !levels->stopped;
		 column++)
	{
		if (!budget_spend(levels->search->budget, ncolumns))
			levels->stopped = true;
		levels->path[depth] = column;
		SET_ADD(levels->set, column);
		complete_path(levels, depth + 1, column + 1);
		SET_REMOVE(levels->set, column);
	}
}

/*
 * Report all minimal determinants of the wanted columns with an error of at most
 * max_error.
 */
void
approximate_find(Search *search, const uint64 *wanted)
{
	const Rows *rows = search->rows;
	Levels		levels = {.search = search,.wanted = wanted,.tried = true};

	levels.found = palloc0(sizeof(EdgeList) * (rows->ncolumns + 1));
	levels.set = palloc0(sizeof(uint64) * rows->nwords);
	levels.path = palloc0(sizeof(int) * (rows->ncolumns + 1));
	levels.limit = (int64) floor(search->max_error * rows->nrows);
	search->complete_lhs = -1;
	for (levels.size = 0; levels.tried && !levels.stopped &&
		 levels.size <= Min(search->max_lhs, rows->ncolumns - 1); levels.size++)
	{
		progress_report("testing determinants by size", levels.size,
						Min(search->max_lhs, rows->ncolumns - 1), NULL);
		levels.tried = false;
		complete_path(&levels, 0, 0);
		if (!levels.stopped)
			search->complete_lhs = levels.size;
	}
	if (!levels.stopped)
	{
		search->complete_lhs = Min(search->max_lhs, rows->ncolumns);
		return;
	}
	for (int rhs = 0; rhs < rows->ncolumns; rhs++)
		search->nincomplete += SET_HAS(wanted, rhs) ? 1 : 0;
}
