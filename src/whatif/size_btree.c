/*-------------------------------------------------------------------------
 *
 * size_btree.c
 *		Pages and height of a B-tree that has not been built.
 *
 * Fills simulated leaf pages as nbtsort.c fills real ones, deduplication and
 * fillfactor included, with keys that stand for the whole index.  Keys are
 * taken in classes by how often they occur, since that decides how long their
 * posting lists are.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/nbtree.h"
#include "fmgr.h"
#include "port/pg_bitutils.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "whatif/whatif_internal.h"

/* Free space of an empty page, as PageGetFreeSpace() sees it. */
#define EMPTY_PAGE_SPACE \
	(BLCKSZ - SizeOfPageHeaderData - MAXALIGN(sizeof(BTPageOpaqueData)) - \
	 2 * sizeof(ItemIdData))

/* Longest tuple with a posting list during a build; nbtsort.c, _bt_load() */
#define MAX_POSTING_TUPLE \
	(MAXALIGN_DOWN(BLCKSZ * 10 / 100) - sizeof(ItemIdData))

/* Keys of one class occur between 2^n and 2^(n + 1) times; the last class has
 * no upper bound, as its keys fill many pages each. */
#define CLASSES 13

/* Keys and pages after which a class is known well enough. */
#define CLASS_KEYS 4000
#define CLASS_PAGES 10

/* A simulated page of one level, and the pages filled before it. */
typedef struct LevelFill
{
	int			full;			/* free space at which a page is full */
	int			reserve;		/* a leaf keeps space for a heap TID */
	int			free;			/* space left on the current page */
	int			items;			/* on the current page */
	int			last_size;		/* of the last item with its line pointer */
	int			last_extra;		/* posting list of the last item */
	double		pages;			/* finished */
} LevelFill;

/*
 * Start filling a level.
 */
static void
level_start(LevelFill *level, int fillfactor, bool leaf)
{
	memset(level, 0, sizeof(LevelFill));
	level->full = BLCKSZ * (100 - fillfactor) / 100;
	level->reserve = leaf ? MAXALIGN(sizeof(ItemPointerData)) : 0;
	level->free = EMPTY_PAGE_SPACE;
}

/*
 * Add an item, of which "extra" bytes are a posting list; see _bt_buildadd().
 * The last item of a page moves to the next one and leaves its key behind as
 * high key.
 */
static void
level_add(LevelFill *level, int size, int extra)
{
	if (level->items >= 2 &&
		(level->free < size + level->reserve ||
		 level->free + level->last_extra < level->full))
	{
		level->pages++;
		level->items = 1;
		level->free = EMPTY_PAGE_SPACE - level->last_size;
	}
	level->free -= size + sizeof(ItemIdData);
	level->last_size = size + sizeof(ItemIdData);
	level->last_extra = extra;
	level->items++;
}

/*
 * Return the pages filled so far, the current one by its part.
 */
static double
level_pages(const LevelFill *level)
{
	double		used = EMPTY_PAGE_SPACE - level->free;

	return level->pages + Min(used / (EMPTY_PAGE_SPACE - level->full), 1.0);
}

/*
 * Return the TIDs that fit into a posting list on this key; at most 1: none.
 */
static int
posting_capacity(int key_size)
{
	int			space = MAXALIGN_DOWN(MAX_POSTING_TUPLE) - key_size;

	return space / (int) sizeof(ItemPointerData);
}

/*
 * Add one key that occurs "copies" times, deduplicated.
 */
static void
add_key(LevelFill *level, int key_size, int copies)
{
	int			capacity = posting_capacity(key_size);

	while (copies > 0)
	{
		int			tids = capacity > 1 ? Min(copies, capacity) : 1;
		int			extra = tids * sizeof(ItemPointerData);

		if (tids == 1)
			level_add(level, key_size, 0);
		else
		{
			int			size = MAXALIGN(key_size + extra);

			level_add(level, size, size - key_size);
		}
		copies -= tids;
	}
}

/*
 * Return how often a key occurs that is expected "mean" times and occurs at
 * least once; "chance" (0 to 1) chooses among the possibilities.
 */
static int
copies_of_key(double mean, double chance)
{
	double		zero = exp(-mean);
	double		target = zero + chance * (1 - zero);
	double		probability = zero;
	double		sum = zero;
	int			copies = 0;

	if (mean < 1e-6)
		return 1;
	if (mean > 30)
		/* evenly spread with the variance of the Poisson distribution */
		return (int) rint(mean + sqrt(3 * mean) * (2 * chance - 1));
	while (sum < target && copies < 200)
	{
		copies++;
		probability *= mean / copies;
		sum += probability;
	}
	return Max(copies, 1);
}

/*
 * The class of a key by the number of its rows.
 */
static int
class_of(const KeySample *sample)
{
	uint64		rows = (uint64) Min(1 + sample->mean, (double) PG_INT64_MAX);

	return Min(pg_leftmost_one_pos64(rows), CLASSES - 1);
}

/*
 * Return leaf pages per row for keys that fill many pages each: nothing but
 * full posting lists.
 */
static double
pages_per_row_of_long_key(int key_size, int fillfactor)
{
	int			capacity = Max(posting_capacity(key_size), 1);
	int			extra = capacity > 1 ? capacity * sizeof(ItemPointerData) : 0;
	int			size = MAXALIGN(key_size + extra);
	LevelFill	level;
	int			items = 0;

	level_start(&level, fillfactor, true);
	while (level.pages < CLASS_PAGES)
	{
		level_add(&level, size, extra);
		items++;
	}
	return CLASS_PAGES / ((double) (items - 2) * capacity);
}

/*
 * Return leaf pages per row for the keys of one class, whose samples occur
 * "least" times or more.  The samples are rows, so that a key that occurs twice
 * as often is there twice as often, and is taken half the time.
 */
static double
pages_per_row_of_class(const KeySample **members, int count, double least,
					   int fillfactor)
{
	double		most = poisson_seen_share(least);
	LevelFill	level;
	double		rows = 0;
	double		due = 0;
	int			keys = 0;

	level_start(&level, fillfactor, true);
	for (int i = 0; level.pages < CLASS_PAGES; i++)
	{
		const KeySample *member = members[i % count];
		int			copies;

		due += poisson_seen_share(member->mean) / most;
		if (due < 1.0)
			continue;
		due -= 1.0;
		keys++;
		copies = copies_of_key(member->mean,
							   fmod(keys * 0.6180339887498949, 1.0));
		add_key(&level, member->tuple_size, copies);
		rows += copies;
		if (keys > CLASS_KEYS)
			break;
	}
	return level_pages(&level) / rows;
}

/*
 * Return leaf pages per row for one class of the samples, and the number of
 * samples in it.
 */
static double
class_pages(const KeySample *samples, int class, int fillfactor, int *count)
{
	const KeySample *members[KEY_SAMPLES];
	double		least = exp2(class) - 1;
	double		sum = 0;

	*count = 0;
	for (int i = 0; i < KEY_SAMPLES; i++)
		if (class_of(&samples[i]) == class)
			members[(*count)++] = &samples[i];
	if (*count == 0)
		return 0;
	if (class < CLASSES - 1)
		return pages_per_row_of_class(members, *count, least, fillfactor);
	for (int i = 0; i < *count; i++)
		sum += pages_per_row_of_long_key(members[i]->tuple_size, fillfactor);
	return sum / *count;
}

/*
 * Return the number of leaf pages.
 */
static double
leaf_pages(const HypoIndex *index, const KeySample *samples)
{
	double		pages = 0;

	for (int class = 0; class < CLASSES; class++)
	{
		int			count;
		double		per_row = class_pages(samples, class, index->fillfactor,
										  &count);

		pages += per_row * index->tuples * count / KEY_SAMPLES;
	}
	return Max(ceil(pages), 1.0);
}

/*
 * Would equal keys be merged into posting lists?  All classes must say that
 * equal values are the same bytes; see _bt_allequalimage() and _bt_load().
 */
static bool
is_deduplicated(const HypoIndex *index)
{
	if (!index->deduplicate || index->unique ||
		index->ncolumns != index->nkeycolumns)
		return false;
	for (int i = 0; i < index->nkeycolumns; i++)
	{
		Oid			type = index->opcintypes[i];
		Oid			proc = get_opfamily_proc(index->opfamilies[i], type, type,
											 BTEQUALIMAGE_PROC);

		if (!OidIsValid(proc) ||
			!DatumGetBool(OidFunctionCall1Coll(proc, index->collations[i],
											   ObjectIdGetDatum(type))))
			return false;
	}
	return true;
}

/*
 * Return the average size of a key that separates two of "leaves" leaf pages:
 * only as many columns as are needed to tell neighbours apart are kept.
 */
static int
pivot_size(const HypoIndex *index, Relation rel, double leaves)
{
	KeySample	samples[KEY_SAMPLES];
	bool		apart = false;
	double		sum = 0;

	for (int n = 1; n <= index->nkeycolumns && !apart; n++)
	{
		key_samples_make(index, rel, n, samples);
		apart = key_samples_distinct(samples, index->tuples) > 2 * leaves;
	}
	for (int i = 0; i < KEY_SAMPLES; i++)
		sum += samples[i].tuple_size;
	/* a heap TID is added where keys alone do not do */
	return MAXALIGN((int) (sum / KEY_SAMPLES)) +
		(apart ? 0 : MAXALIGN(sizeof(ItemPointerData)));
}

/*
 * Return the number of pages above "pages" pages of the level below.
 */
static double
upper_level_pages(double pages, int size)
{
	LevelFill	level;
	int			capacity = 0;

	level_start(&level, BTREE_NONLEAF_FILLFACTOR, false);
	while (level.pages < 1)
	{
		level_add(&level, size, 0);
		capacity++;
	}
	/* the item that did not fit, and the one that moved on with it */
	capacity -= 2;
	return pages <= capacity + 1 ? 1 : ceil((pages - 1) / capacity);
}

/*
 * Predict pages and height of a B-tree.
 */
void
btree_estimate(HypoIndex *index, Relation rel)
{
	KeySample	samples[KEY_SAMPLES];
	double		pages;
	int			size;

	index->tree_height = 0;
	index->pages = 1;			/* the metapage */
	if (index->tuples < 1)
		return;
	key_samples_make(index, rel, index->ncolumns, samples);
	if (!is_deduplicated(index))
		for (int i = 0; i < KEY_SAMPLES; i++)
			samples[i].mean = 0;
	pages = leaf_pages(index, samples);
	index->pages += pages;
	if (pages <= 1)
		return;
	size = pivot_size(index, rel, pages);
	while (pages > 1)
	{
		pages = upper_level_pages(pages, size);
		index->pages += pages;
		index->tree_height++;
	}
}
