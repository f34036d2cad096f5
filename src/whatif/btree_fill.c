/*-------------------------------------------------------------------------
 *
 * btree_fill.c
 *		Fill simulated pages of a B-tree.
 *
 * Pages are filled as nbtsort.c fills real ones, deduplication and fillfactor
 * included.  Bytes per row follow from how often keys occur; simulated is only
 * how full a page gets before the next item does not fit, for which few pages
 * suffice.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/nbtree.h"

#include "whatif/whatif_internal.h"

/* Free space of an empty page, as PageGetFreeSpace() sees it. */
#define EMPTY_PAGE_SPACE \
	(BLCKSZ - SizeOfPageHeaderData - MAXALIGN(sizeof(BTPageOpaqueData)) - \
	 2 * sizeof(ItemIdData))

/* Longest tuple with a posting list during a build; nbtsort.c, _bt_load() */
#define MAX_POSTING_TUPLE \
	(MAXALIGN_DOWN(BLCKSZ * 10 / 100) - sizeof(ItemIdData))

/*
 * Rows of one class have keys that occur about as often: from 2^n to 1.5 * 2^n
 * or from there to 2^(n + 1) times.  The last class has no upper bound, as its
 * keys fill many pages each.
 */
#define CLASSES 25

/* Simulated pages and items after which the fill of a page is known. */
#define FILL_PAGES 10
#define FILL_ITEMS 256

/* Possible numbers of rows of a key, equally likely; a power of two. */
#define COPIES 128

/* Odd, about COPIES divided by the golden ratio: scatters the numbers. */
#define COPIES_STEP 79

/* 2^32 divided by the golden ratio: scatters the samples. */
#define GOLDEN_STEP 2654435769U

/* Above this mean the Poisson distribution is as good as an even one. */
#define POISSON_MEAN_MAX 4.0

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
	double		bytes;			/* on finished pages, with line pointers */
} LevelFill;

/* Simulated rows whose keys occur about as often. */
typedef struct KeyClass
{
	int			count;
	int			sizes[KEY_SAMPLES]; /* of the index tuples */
	double		size;			/* their average */
	double		mean;			/* average of the samples' means */
} KeyClass;

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
		level->bytes += EMPTY_PAGE_SPACE - level->free - level->last_size;
		level->items = 1;
		level->free = EMPTY_PAGE_SPACE - level->last_size;
	}
	level->free -= size + sizeof(ItemIdData);
	level->last_size = size + sizeof(ItemIdData);
	level->last_extra = extra;
	level->items++;
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
 * Fill in how often a key occurs that is expected "mean" times and occurs at
 * least once: possibilities that are equally likely.
 */
static void
set_copies(int *copies, double mean)
{
	double		zero = exp(-mean);
	double		probability = zero * mean / (1 - zero);
	double		sum = probability;
	int			n = 1;

	for (int i = 0; i < COPIES; i++)
	{
		while (sum < (i + 0.5) / COPIES)
		{
			n++;
			probability *= mean / n;
			sum += probability;
		}
		copies[i] = n;
	}
}

/*
 * The same for a large mean: evenly spread, with mean and variance of the
 * distribution.
 */
static void
set_many_copies(int *copies, double mean)
{
	double		seen = 1 / poisson_seen_share(mean);
	double		spread = sqrt(3 * seen * Max(1 + mean - seen, 0));

	for (int i = 0; i < COPIES; i++)
		copies[i] = Max((int) rint(seen + spread *
								   ((2 * i + 1.0) / COPIES - 1)), 1);
}

/*
 * Return the bytes per row of keys of this average size, which occur as often
 * as the array says, line pointers included.
 */
static double
bytes_per_row(const int *copies, double key_size)
{
	int			capacity = Max(posting_capacity((int) key_size), 1);
	int			longest = capacity > 1 ?
	MAXALIGN(capacity * sizeof(ItemPointerData)) : 0;
	double		rows = 0;
	double		items = 0;
	double		lists = 0;		/* bytes */

	for (int i = 0; i < COPIES; i++)
	{
		int			full = copies[i] < capacity ? 0 : copies[i] / capacity;
		int			rest = copies[i] - full * capacity;

		rows += copies[i];
		items += full + (rest > 0);
		lists += full * longest;
		if (rest > 1)
			lists += MAXALIGN(rest * sizeof(ItemPointerData));
	}
	return (items * (key_size + sizeof(ItemIdData)) + lists) / rows;
}

/*
 * Return how many bytes of items are on a leaf page with keys of this class,
 * which occur as often as the array says.
 */
static double
bytes_per_page(const KeyClass *class, const int *copies, int fillfactor)
{
	LevelFill	level;
	int			keys = 0;

	level_start(&level, fillfactor, true);
	while (level.pages < 1 ||
		   (keys < FILL_ITEMS && level.pages < FILL_PAGES))
	{
		uint64		chance = (uint32) (keys * GOLDEN_STEP);

		add_key(&level, class->sizes[(chance * class->count) >> 32],
				copies[(keys * COPIES_STEP) % COPIES]);
		keys++;
	}
	return level.bytes / level.pages;
}

/*
 * Return leaf pages per row for keys that fill many pages each: nothing but
 * full posting lists.
 */
static double
pages_per_row_of_long_key(int key_size, int fillfactor)
{
	int			capacity = Max(posting_capacity(key_size), 1);
	int			extra = capacity > 1 ?
	MAXALIGN(capacity * sizeof(ItemPointerData)) : 0;
	LevelFill	level;
	int			items = 0;

	level_start(&level, fillfactor, true);
	while (level.pages < 1)
	{
		level_add(&level, key_size + extra, extra);
		items++;
	}
	/* without the one that did not fit, and the one that moved on with it */
	return 1.0 / ((double) (items - 2) * capacity);
}

/*
 * Return leaf pages per row for a class of long keys.
 */
static double
pages_per_row_of_long_keys(const KeyClass *class, int fillfactor)
{
	double		sum = 0;
	double		pages = 0;

	for (int i = 0; i < class->count; i++)
	{
		if (i == 0 || class->sizes[i] != class->sizes[i - 1])
			pages = pages_per_row_of_long_key(class->sizes[i], fillfactor);
		sum += pages;
	}
	return sum / class->count;
}

/*
 * Return leaf pages per row for the keys of one class.
 */
static double
pages_per_row(const KeyClass *class, int fillfactor)
{
	int			copies[COPIES];

	if (class->mean > POISSON_MEAN_MAX)
		set_many_copies(copies, class->mean);
	else if (class->mean > 1e-6)
		set_copies(copies, class->mean);
	else
		for (int i = 0; i < COPIES; i++)
			copies[i] = 1;
	return bytes_per_row(copies, class->size) /
		bytes_per_page(class, copies, fillfactor);
}

/*
 * The class of a key that is expected to occur "mean" times beside once: its
 * power of two, and the half of it.  They are the exponent and the highest bit
 * of a number that is at least 1.
 */
static int
class_of(double mean)
{
	int			exponent;
	double		half = frexp(1 + mean, &exponent);

	return Min(2 * (exponent - 1) + (half >= 0.75), CLASSES - 1);
}

/*
 * Put the samples into classes.
 */
static void
classify(KeyClass *classes, const KeySample *samples, bool deduplicated)
{
	for (int i = 0; i < CLASSES; i++)
	{
		classes[i].count = 0;
		classes[i].size = 0;
		classes[i].mean = 0;
	}
	for (int i = 0; i < KEY_SAMPLES; i++)
	{
		double		mean = deduplicated ? samples[i].mean : 0;
		KeyClass   *class = &classes[class_of(mean)];

		class->sizes[class->count++] = samples[i].tuple_size;
		class->size += samples[i].tuple_size;
		class->mean += mean;
	}
	for (int i = 0; i < CLASSES; i++)
	{
		classes[i].size /= Max(classes[i].count, 1);
		classes[i].mean /= Max(classes[i].count, 1);
	}
}

/*
 * Return the number of leaf pages.
 */
double
btree_leaf_pages(const HypoIndex *index, const KeySample *samples,
				 bool deduplicated)
{
	KeyClass	classes[CLASSES];
	double		pages = 0;

	classify(classes, samples, deduplicated);
	for (int i = 0; i < CLASSES; i++)
	{
		const KeyClass *class = &classes[i];
		double		rows = index->tuples * class->count / KEY_SAMPLES;

		if (class->count == 0)
			continue;
		pages += rows * (i < CLASSES - 1 ?
						 pages_per_row(class, index->fillfactor) :
						 pages_per_row_of_long_keys(class, index->fillfactor));
	}
	return Max(ceil(pages), 1.0);
}

/*
 * Return the number of pages above "pages" pages of the level below.
 */
double
btree_upper_pages(double pages, int size)
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
