/*-------------------------------------------------------------------------
 *
 * walk.c
 *		The minimal determinants of a column, depth first.
 *
 * Every determinant has a column of each edge (see pairs.c).  The walk chooses
 * columns until no edge is left uncovered; such a set is minimal for the edges
 * known, and is then tested on all rows.  Rows that contradict it give new edges
 * which no column chosen so far covers, and the walk goes on from there.
 *
 * Every column chosen is critical: it alone covers some edge.  That keeps sets
 * minimal, and nothing is missed although edges come late: if a minimal
 * determinant X is cut because f in it has no critical edge yet, then X without
 * f lies in a branch that has been finished; there it either held, so that X is
 * not minimal, or gave edges that it misses, and one of these is critical for f.
 *
 * Memory is the edges and one path.  Entry point: walk_find().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "dependency/dependency_internal.h"

/* Edges that there is room for beyond those known at the start. */
#define SPARE_EDGES 128

/* One step of the path; sets of edges have Walk.ewords words. */
typedef struct Frame
{
	uint64	   *uncovered;		/* edges without a column of the path */
	uint64	   *critical;		/* for each column of the path the edges that
								 * it alone covers */
	uint64	   *candidates;		/* columns that may still be chosen */
} Frame;

typedef struct Walk
{
	Search	   *search;
	const Rows *rows;
	int			rhs;
	int			nedges;
	int			ewords;
	uint64	   *edges;			/* sets of columns */
	uint64	   *covers;			/* for each column the edges that have it */
	Frame	   *frames;
	int			nframes;		/* that have memory */
	int		   *path;
	int			max_lhs;		/* longest path */
	bool		cut;			/* a longer one might have been one */
	bool		stopped;		/* memory or time has ended */
} Walk;

/*
 * Copy sets of edges into sets with more words.
 */
static uint64 *
widen(uint64 *sets, int count, int from, int to)
{
	uint64	   *wide = palloc0(sizeof(uint64) * Max((Size) count * to, 1));

	for (int i = 0; i < count; i++)
		memcpy(wide + (Size) i * to, sets + (Size) i * from,
			   sizeof(uint64) * from);
	pfree(sets);
	return wide;
}

/*
 * Make room for twice as many edges; false where there is no memory.
 */
static bool
walk_grow(Walk *walk)
{
	int			ewords = walk->ewords * 2;
	Size		bytes = (Size) walk->rows->ncolumns * ewords +
	(Size) walk->nframes * (walk->nframes + 1) / 2 * ewords +
	(Size) ewords * SET_BITS * walk->rows->nwords;

	if (!budget_has_room(walk->search->budget, bytes * sizeof(uint64)))
		return false;
	walk->covers = widen(walk->covers, walk->rows->ncolumns, walk->ewords,
						 ewords);
	for (int i = 0; i < walk->nframes; i++)
	{
		Frame	   *frame = &walk->frames[i];

		CHECK_FOR_INTERRUPTS();
		frame->uncovered = widen(frame->uncovered, 1, walk->ewords, ewords);
		frame->critical = widen(frame->critical, i, walk->ewords, ewords);
	}
	walk->edges = repalloc_huge(walk->edges, sizeof(uint64) * ewords *
								SET_BITS * walk->rows->nwords);
	walk->ewords = ewords;
	return true;
}

/*
 * Append an edge.
 */
static void
walk_append(Walk *walk, const uint64 *edge)
{
	int			nwords = walk->rows->nwords;

	memcpy(walk->edges + (Size) walk->nedges * nwords, edge,
		   sizeof(uint64) * nwords);
	for (int word = 0; word < nwords; word++)
		for (uint64 members = edge[word]; members != 0; members &= members - 1)
		{
			int			column = word * SET_BITS +
			pg_rightmost_one_pos64(members);

			SET_ADD(walk->covers + (Size) column * walk->ewords, walk->nedges);
		}
	walk->nedges++;
}

/*
 * Memory for a step of the path, if it has none; false where there is none.
 */
static bool
frame_prepare(Walk *walk, int depth)
{
	Size		words = (Size) (depth + 1) * walk->ewords + walk->rows->nwords;
	Frame	   *frame = &walk->frames[depth];

	if (depth < walk->nframes)
		return true;
	if (!budget_has_room(walk->search->budget, words * sizeof(uint64)))
		return false;
	frame->uncovered = palloc0(sizeof(uint64) * walk->ewords);
	frame->critical = palloc0(sizeof(uint64) * Max((Size) depth * walk->ewords, 1));
	frame->candidates = palloc0(sizeof(uint64) * walk->rows->nwords);
	walk->nframes = depth + 1;
	return true;
}

/*
 * Is there an edge without a column of the path?
 */
static bool
has_uncovered(const Walk *walk, const Frame *frame)
{
	for (int i = 0; i < walk->ewords; i++)
		if (frame->uncovered[i] != 0)
			return true;
	return false;
}

/*
 * Add an edge that two rows give, which no open step of the path covers.
 */
static bool
add_late_edge(Walk *walk, int depth, const uint64 *edge)
{
	if (walk->nedges == walk->ewords * SET_BITS && !walk_grow(walk))
		return false;
	walk_append(walk, edge);
	for (int i = 0; i <= depth; i++)
		SET_ADD(walk->frames[i].uncovered, walk->nedges - 1);
	return true;
}

/*
 * Turn pairs of rows that contradict the path into edges; false where there is
 * no memory.  What they say of other dependent columns goes to the pool.
 */
static bool
learn(Walk *walk, int depth, const Violations *violations)
{
	uint64	   *edge = palloc(sizeof(uint64) * walk->rows->nwords);
	bool		room = true;

	for (int i = 0; i < violations->npairs && room; i++)
	{
		pairs_difference(walk->rows, violations->first[i],
						 violations->second[i], edge);
		(void) pairs_add(walk->search->pool, edge);
		SET_REMOVE(edge, walk->rows->row_number);
		SET_REMOVE(edge, walk->rhs);
		room = add_late_edge(walk, depth, edge);
	}
	pfree(edge);
	return room;
}

/*
 * Test the path, which covers all edges: report it if it determines the column,
 * else learn from the rows that contradict.  Returns whether there is nothing
 * more to do below it.
 */
static bool
test_path(Walk *walk, int depth)
{
	Search	   *search = walk->search;
	Violations	violations;
	Found		found;

	search->ntests++;
	if (!partition_test(search->stack, walk->path, depth, walk->rhs,
						&violations))
	{
		walk->stopped = true;
		return true;
	}
	if (violations.npairs > 0)
	{
		search->nfailed++;
		walk->stopped = !learn(walk, depth, &violations);
		return walk->stopped;
	}
	if (depth <= search->known_lhs ||
		walk->rows->nrows - violations.ngroups < search->min_redundant)
		return true;
	found.rhs = walk->rhs;
	found.lhs = walk->path;
	found.nlhs = depth;
	found.ngroups = violations.ngroups;
	found.nerrors = 0;
	search->found(&found, search->arg);
	return true;
}

/*
 * Is the path as good as unique, so that nothing below it can be wanted?
 */
static bool
too_few_repeat(Walk *walk, int depth)
{
	Search	   *search = walk->search;
	Partition  *partition;

	if (search->min_redundant <= 0 || depth == 0)
		return false;
	partition = partition_reach(search->stack, walk->path, depth);
	if (partition == NULL)
	{
		walk->stopped = true;
		return true;
	}
	return walk->rows->nrows - partition_ngroups(walk->rows, partition) <
		search->min_redundant;
}

/*
 * Set "choice" to the candidates in the uncovered edge that has fewest of them;
 * returns how many these are.
 */
static int
choose_edge(const Walk *walk, const Frame *frame, uint64 *choice)
{
	int			nwords = walk->rows->nwords;
	const uint64 *best = NULL;
	int			fewest = PG_INT32_MAX;

	for (int i = 0; i < walk->ewords && fewest > 1; i++)
		for (uint64 left = frame->uncovered[i]; left != 0; left &= left - 1)
		{
			const uint64 *edge = walk->edges + (Size) nwords *
			(i * SET_BITS + pg_rightmost_one_pos64(left));
			int			count = 0;

			walk->search->budget->work += nwords;
			for (int word = 0; word < nwords; word++)
				count += pg_popcount64(edge[word] & frame->candidates[word]);
			if (count < fewest)
			{
				fewest = count;
				best = edge;
			}
		}
	for (int word = 0; word < nwords; word++)
		choice[word] = best[word] & frame->candidates[word];
	return fewest;
}

/*
 * Set the step after this one, with "column" chosen; false when a column of the
 * path would no longer be critical.
 */
static bool
enter_column(Walk *walk, int depth, int column)
{
	const Frame *from = &walk->frames[depth];
	Frame	   *into = &walk->frames[depth + 1];
	const uint64 *covers = walk->covers + (Size) column * walk->ewords;
	uint64	   *own = into->critical + (Size) depth * walk->ewords;

	walk->search->budget->work += walk->ewords * (depth + 1);
	for (int i = 0; i < depth; i++)
	{
		const uint64 *before = from->critical + (Size) i * walk->ewords;
		uint64	   *after = into->critical + (Size) i * walk->ewords;
		uint64		any = 0;

		for (int word = 0; word < walk->ewords; word++)
			any |= after[word] = before[word] & ~covers[word];
		if (any == 0)
			return false;
	}
	for (int word = 0; word < walk->ewords; word++)
	{
		own[word] = from->uncovered[word] & covers[word];
		into->uncovered[word] = from->uncovered[word] & ~covers[word];
	}
	memcpy(into->candidates, from->candidates,
		   sizeof(uint64) * walk->rows->nwords);
	walk->path[depth] = column;
	return true;
}

static bool visit(Walk *walk, int depth);

/*
 * Choose each column of an uncovered edge in turn.
 */
static void
visit_choices(Walk *walk, int depth)
{
	int			nwords = walk->rows->nwords;
	uint64	   *choice = palloc(sizeof(uint64) * nwords);
	Frame	   *frame = &walk->frames[depth];

	(void) choose_edge(walk, frame, choice);
	for (int word = 0; word < nwords; word++)
		frame->candidates[word] &= ~choice[word];
	for (int word = 0; word < nwords && !walk->stopped; word++)
		for (uint64 left = choice[word]; left != 0 && !walk->stopped;
			 left &= left - 1)
		{
			int			column = word * SET_BITS + pg_rightmost_one_pos64(left);

			/* where it is of no use, it is of none to later ones either */
			if (enter_column(walk, depth, column) && visit(walk, depth + 1))
				SET_ADD(frame->candidates, column);
		}
	pfree(choice);
}

/*
 * Look for determinants that begin with the path; false if nothing that has
 * these columns can be wanted.
 */
static bool
visit(Walk *walk, int depth)
{
	Frame	   *frame = &walk->frames[depth];

	check_stack_depth();
	if (!budget_spend(walk->search->budget, 16 + walk->ewords))
		walk->stopped = true;
	if (walk->stopped)
		return true;
	if (too_few_repeat(walk, depth))
		return false;
	if (!has_uncovered(walk, frame) && test_path(walk, depth))
		return true;
	if (depth >= walk->max_lhs)
	{
		walk->cut = true;
		return true;
	}
	if (!frame_prepare(walk, depth + 1))
		walk->stopped = true;
	else
		visit_choices(walk, depth);
	return true;
}

/*
 * Begin with the edges that the pool has for the column, all uncovered.
 */
static void
walk_start(Walk *walk, Search *search, int rhs, int max_lhs)
{
	const Rows *rows = search->rows;
	const EdgeList *list = &search->pool->lists[rhs];

	walk->search = search;
	walk->rows = rows;
	walk->rhs = rhs;
	walk->max_lhs = max_lhs;
	walk->ewords = SET_WORDS(list->nedges + SPARE_EDGES);
	walk->edges = palloc_extended(sizeof(uint64) * walk->ewords * SET_BITS *
								  rows->nwords, MCXT_ALLOC_HUGE);
	walk->covers = palloc0(sizeof(uint64) *
						   Max((Size) walk->ewords * rows->ncolumns, 1));
	walk->frames = palloc0(sizeof(Frame) * (rows->ncolumns + 2));
	walk->path = palloc(sizeof(int) * (rows->ncolumns + 1));
	for (int i = 0; i < list->nedges; i++)
		walk_append(walk, list->edges + (Size) i * rows->nwords);
	if (!frame_prepare(walk, 0))
	{
		walk->stopped = true;
		return;
	}
	for (int i = 0; i < walk->nedges; i++)
		SET_ADD(walk->frames[0].uncovered, i);
	for (int i = 0; i < rows->ncolumns; i++)
		if (i != rhs)
			SET_ADD(walk->frames[0].candidates, i);
}

/*
 * Report all minimal determinants of a column that have at most so many columns
 * and more than have been searched before.
 */
WalkEnd
walk_find(Search *search, int rhs, int max_lhs)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "dbadvisor walk",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	Walk		walk = {0};

	walk_start(&walk, search, rhs, max_lhs);
	if (!walk.stopped)
		(void) visit(&walk, 0);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	if (walk.stopped)
		return WALK_STOPPED;
	return walk.cut ? WALK_CUT : WALK_DONE;
}
