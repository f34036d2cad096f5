/*-------------------------------------------------------------------------
 *
 * size_gin.c
 *		Pages of a GIN index that has not been built.
 *
 * The operator class itself takes the keys out of a sample of rows.  Only their
 * hashes and widths are kept: how often each occurs decides whether its rows
 * are a list within the entry or a tree of their own, and how many keys the
 * sample has not seen.
 * Entry point: gin_estimate().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/gin_private.h"
#include "access/itup.h"
#include "access/tupmacs.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/datum.h"
#include "utils/rel.h"

#include "whatif/whatif_internal.h"

/* Keys kept of a sample: 4 MB.  A sample with more ends early. */
#define MAX_SAMPLED_KEYS (256 * 1024)


/*
 * Share of an entry page that is used when the keys do not fit into
 * maintenance_work_mem: every further batch meets pages at random, as in any
 * B-tree.
 */
#define ENTRY_FILL_AT_RANDOM 0.64

/* The same of an inner page, which is split in the middle at its end. */
#define INNER_FILL 0.52

/* Entries put on pages to see how full these become, and most on one. */
#define MAX_SIMULATED 20000
#define MAX_PAGE_ENTRIES (BLCKSZ / 16)

/* Memory of a key and of a row of it while building; see ginbulk.c. */
#define BUILD_BYTES_PER_KEY 150
#define BUILD_BYTES_PER_ITEM 9

/* Keys that occur up to this often tell how many have not been seen. */
#define COUNTED_COPIES 4

/* Keys whose rows lie in a larger share of the table on average lie anywhere:
 * what is cut off at the ends makes it three quarters. */
#define MAX_ORDERED_SHARE 0.5

/* Segments of a page of row pointers: GinPostingListSegmentTargetSize. */
#define POSTING_SEGMENT 256

/*
 * A row pointer is stored as the distance from the one before, with 11 bits for
 * the place in the page, in bytes of 7 bits: two bytes reach 8 pages, three
 * 1024; see ginpostinglist.c.
 */
#define TWO_BYTES_REACH 8
#define THREE_BYTES_REACH 1024

/* One key of one sampled row. */
typedef struct SampledKey
{
	uint64		hash;
	uint32		tuple_size;		/* of its entry without row pointers */
	BlockNumber block;			/* of the row */
} SampledKey;

/* The sample. */
typedef struct KeyBag
{
	const HypoIndex *index;
	SupportFunction columns[INDEX_MAX_KEYS];
	SampledKey *keys;
	int			nkeys;
	int			capacity;
	BlockNumber block;			/* of the row that is being taken apart */
} KeyBag;

/* What is added up. */
typedef struct GinSize
{
	double		table_pages;
	double		seen_pages;		/* those from which the sample is */
	double		entries;
	double		entry_bytes;	/* on leaf pages of the entry tree */
	double		key_bytes;		/* entries without row pointers */
	double		posting_pages;
	double		items;
	float	   *known;			/* bytes of the entries of keys that the
								 * sample has more than once, in no order */
	int			nknown;
	double		rare;			/* keys beside them */
	float		rare_bytes;		/* of the entry of each */
} GinSize;

/* The last entry page, being filled. */
typedef struct EntryPage
{
	float		entries[MAX_PAGE_ENTRIES + 1];	/* bytes of each */
	int			count;
	float		used;			/* bytes */
	double		left_bytes;		/* on pages that are finished */
	double		left_pages;
} EntryPage;

/*
 * Compare keys by hash; a qsort comparator.
 */
static int
compare_keys(const void *a, const void *b)
{
	uint64		left = ((const SampledKey *) a)->hash;
	uint64		right = ((const SampledKey *) b)->hash;

	return left < right ? -1 : left > right;
}

/*
 * Return the hash of the bytes of a key of a column.
 */
static uint64
hash_key(const SupportFunction *column, int number, Datum key)
{
	if (column->byval)
		return hash_bytes_extended((unsigned char *) &key, sizeof(Datum),
								   number);
	if (column->length == -1)
		return hash_bytes_extended((unsigned char *) VARDATA_ANY(DatumGetPointer(key)),
								   VARSIZE_ANY_EXHDR(DatumGetPointer(key)),
								   number);
	return hash_bytes_extended((unsigned char *) DatumGetPointer(key),
							   datumGetSize(key, false, column->length),
							   number);
}

/*
 * Return the size of the entry of a key, without row pointers; an index on
 * several columns stores the column's number in front.
 */
static uint32
entry_tuple_size(const KeyBag *bag, const SupportFunction *column, Datum key)
{
	bool		aligned;
	int			width = stored_width(column, key, &aligned);
	Size		data = bag->index->nkeycolumns > 1 ? sizeof(int16) : 0;

	if (aligned)
		data = att_align_nominal(data, column->alignment);
	return MAXALIGN(sizeof(IndexTupleData) + data + width);
}

/*
 * Keep a key.
 */
static void
add_key(KeyBag *bag, uint64 hash, uint32 tuple_size)
{
	if (bag->nkeys == bag->capacity)
	{
		bag->capacity *= 2;
		bag->keys = repalloc(bag->keys, bag->capacity * sizeof(SampledKey));
	}
	bag->keys[bag->nkeys].hash = hash;
	bag->keys[bag->nkeys].block = bag->block;
	bag->keys[bag->nkeys++].tuple_size = tuple_size;
}

/*
 * Remove what occurs more than once among the keys from "first" on: those of
 * one value.
 */
static void
drop_duplicates(KeyBag *bag, int first)
{
	int			kept = first;

	qsort(bag->keys + first, bag->nkeys - first, sizeof(SampledKey),
		  compare_keys);
	for (int i = first; i < bag->nkeys; i++)
		if (i == first || bag->keys[i].hash != bag->keys[kept - 1].hash)
			bag->keys[kept++] = bag->keys[i];
	bag->nkeys = kept;
}

/*
 * Keep the placeholder of a value without keys: NULL, or an empty one.
 */
static void
add_placeholder(KeyBag *bag, int number, GinNullCategory category)
{
	add_key(bag, hash_combine64(number, (uint64) (uint8) category),
			MAXALIGN(sizeof(IndexTupleData) + sizeof(IndexAttributeBitMapData)));
}

/*
 * Keep the keys of one value, as ginExtractEntries() takes them out.
 */
static void
add_value(KeyBag *bag, int number, Datum value)
{
	SupportFunction *column = &bag->columns[number];
	int32		nkeys = 0;
	bool	   *nulls = NULL;
	int			first = bag->nkeys;
	Datum	   *keys = (Datum *)
	DatumGetPointer(FunctionCall3Coll(&column->function, column->collation,
									  value, PointerGetDatum(&nkeys),
									  PointerGetDatum(&nulls)));

	if (keys == NULL || nkeys <= 0)
	{
		add_placeholder(bag, number, GIN_CAT_EMPTY_ITEM);
		return;
	}
	for (int i = 0; i < nkeys; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (nulls != NULL && nulls[i])
			add_placeholder(bag, number, GIN_CAT_NULL_KEY);
		else
			add_key(bag, hash_key(column, number, keys[i]),
					entry_tuple_size(bag, column, keys[i]));
	}
	drop_duplicates(bag, first);
}

/*
 * Keep the keys of a row; a RowVisitor.
 */
static bool
add_row(const Datum *values, const bool *nulls, void *arg)
{
	KeyBag	   *bag = arg;
	Datum		place = values[bag->index->ncolumns];

	bag->block = ItemPointerGetBlockNumber((ItemPointer) DatumGetPointer(place));
	for (int i = 0; i < bag->index->nkeycolumns; i++)
	{
		if (nulls[i])
			add_placeholder(bag, i, GIN_CAT_NULL_ITEM);
		else
			add_value(bag, i, values[i]);
	}
	return bag->nkeys < MAX_SAMPLED_KEYS;
}

/*
 * Return the bytes of a pointer to one of "rows" rows of a key that lie
 * anywhere in so many pages of the table.
 */
static double
bytes_per_item(double pages, double rows)
{
	double		per_page = rows / Max(pages, 1);
	double		hit = 1 - exp(-per_page);	/* pages that have a row of it */
	double		on_new_page = per_page > 0 ? hit / per_page : 1;
	double		far = pow(1 - hit, TWO_BYTES_REACH);
	double		very_far = pow(1 - hit, THREE_BYTES_REACH);

	return on_new_page * (2 + far + very_far) + (1 - on_new_page);
}

/*
 * Return the pages of a tree with "bytes" of row pointers.
 */
static double
posting_tree_pages(double bytes)
{
	double		fanout = GinDataPageMaxDataSize / sizeof(PostingItem);
	double		level = ceil(bytes / GinDataPageMaxDataSize);
	double		pages = level;

	while (level > 1)
	{
		level = ceil(level / fanout);
		pages += level;
	}
	return pages;
}

/*
 * Count "entries" keys in that have "rows" rows each within so many pages of the
 * table.  Returns the bytes that each takes on an entry page.
 */
static float
add_entries(GinSize *size, double entries, double tuple_size, double rows,
			double pages)
{
	double		more = Max(rows - 1, 0) * bytes_per_item(pages, rows);
	double		list = offsetof(GinPostingList, bytes) + more;
	double		tuple = MAXALIGN((Size) (tuple_size + list));

	if (tuple > GinMaxItemSize)
	{
		list += more / POSTING_SEGMENT * offsetof(GinPostingList, bytes);
		size->posting_pages += entries * posting_tree_pages(list);
		tuple = tuple_size;
	}
	size->entries += entries;
	size->items += entries * Max(rows, 1);
	size->entry_bytes += entries * (tuple + sizeof(ItemIdData));
	size->key_bytes += entries * (tuple_size + sizeof(ItemIdData));
	return tuple + sizeof(ItemIdData);
}

/*
 * Return the number of keys in the table that the sample has not seen, of whose
 * keys "seen[i]" occur i times; each of its rows stands for "scale" rows.  The
 * estimator of Chao and Lin (2012) for samples without replacement, and what
 * Chiu et al. (2014) add for keys that are not all alike: unlike that of ANALYZE
 * it is not misled by some keys that are very common, which documents have.
 */
static double
unseen_keys(const double *seen, double scale)
{
	double		unseen;

	if (scale <= 1 || seen[1] <= 0)
		return 0;
	unseen = seen[1] * seen[1] / (2 * seen[2] + seen[1] / (scale - 1));
	if (seen[4] > 0)
		unseen += seen[3] / (4 * seen[4]) *
			Max(seen[1] - seen[2] * seen[3] / (2 * seen[4]), 0);
	return Min(unseen, seen[1] * (scale - 1));
}

/*
 * Return the share of the table, as far as the sample has come, within which the
 * rows of a key lie, of which it has seen some: n values of a stretch leave 2 of
 * its n + 1 gaps outside of them.
 */
static double
stretch(const GinSize *size, const SampledKey *keys, int copies)
{
	BlockNumber first = keys[0].block;
	BlockNumber last = keys[0].block;

	for (int i = 1; i < copies; i++)
	{
		first = Min(first, keys[i].block);
		last = Max(last, keys[i].block);
	}
	return Min((last - first + 1.0) * (copies + 1) / (copies - 1) /
			   size->seen_pages, 1);
}

/*
 * Return how often the key at this place of the sorted sample occurs in it.
 */
static int
count_copies(const KeyBag *bag, int place)
{
	int			copies = 1;

	while (place + copies < bag->nkeys &&
		   bag->keys[place + copies].hash == bag->keys[place].hash)
		copies++;
	return copies;
}

/*
 * Count the keys of the sorted sample by how often they occur.  Returns the
 * share of the table within which the rows of a key lie that occurs some times:
 * one such key tells little, all of them tell whether the table is in an order.
 */
static double
count_seen(const GinSize *size, const KeyBag *bag, double *seen)
{
	double		stretches = 0;
	double		several = 0;
	int			copies;

	for (int i = 0; i < bag->nkeys; i += copies)
	{
		CHECK_FOR_INTERRUPTS();
		copies = count_copies(bag, i);
		if (copies > COUNTED_COPIES)
			continue;
		seen[copies]++;
		if (copies == 1)
			continue;
		stretches += stretch(size, &bag->keys[i], copies);
		several++;
	}
	return several == 0 || stretches / several > MAX_ORDERED_SHARE ? 1 :
		stretches / several;
}

/*
 * Count the keys in that the sample has once, and those that it has not.
 */
static void
add_rare(GinSize *size, const double *seen, double bytes, double scale,
		 double share)
{
	if (seen[1] <= 0)
		return;
	size->rare = seen[1] + unseen_keys(seen, scale);
	size->rare_bytes = add_entries(size, size->rare, bytes / seen[1],
								   seen[1] * scale / size->rare,
								   share * size->table_pages);
}

/*
 * Count all keys of the sample in, each of whose rows stands for "scale" rows
 * of the table.
 */
static void
add_sample(GinSize *size, KeyBag *bag, double scale)
{
	double		seen[COUNTED_COPIES + 1] = {0};
	double		once_bytes = 0;
	double		share;
	int			copies;

	qsort(bag->keys, bag->nkeys, sizeof(SampledKey), compare_keys);
	share = count_seen(size, bag, seen);
	for (int i = 0; i < bag->nkeys; i += copies)
	{
		const SampledKey *key = &bag->keys[i];

		CHECK_FOR_INTERRUPTS();
		copies = count_copies(bag, i);
		if (copies > 1)
			size->known[size->nknown++] =
				add_entries(size, 1, key->tuple_size, copies * scale,
							size->table_pages *
							(copies <= COUNTED_COPIES ? share :
							 stretch(size, key, copies)));
		else
			once_bytes += key->tuple_size;
	}
	add_rare(size, seen, once_bytes, scale, share);
}

/*
 * Put the next entry on the page that is being filled, and split it when it is
 * full: entrySplitPage() leaves entries on the left page as long as it has no
 * more than half of all, and the next keys go to the right one.
 */
static void
put_entry(EntryPage *page, double space, float bytes)
{
	float		left = 0;
	int			moved = 0;

	page->entries[page->count++] = bytes;
	page->used += bytes;
	if (page->used <= space && page->count < MAX_PAGE_ENTRIES)
		return;
	while (moved < page->count && left <= page->used / 2)
		left += page->entries[moved++];
	page->count -= moved;
	page->used -= left;
	memmove(page->entries, page->entries + moved,
			page->count * sizeof(float));
	page->left_bytes += left;
	page->left_pages++;
}

/*
 * Return the bytes used of an average entry page when keys come in order, as
 * they do in a build.  Keys that the sample has seen several times are met in
 * turn with rare ones; the pages of some thousand entries tell.
 */
static double
bytes_in_order(const GinSize *size, double space)
{
	EntryPage  *page = palloc0(sizeof(EntryPage));
	double		rare_each = size->nknown > 0 ?
	Min(size->rare / size->nknown, MAX_SIMULATED) : MAX_SIMULATED;
	double		due = 0;
	double		result;

	for (int i = 0; i <= size->nknown && i < MAX_SIMULATED; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (i < size->nknown)
			put_entry(page, space, size->known[i]);
		for (due += size->rare > 0 ? rare_each : 0; due >= 1; due -= 1)
			put_entry(page, space, size->rare_bytes);
	}
	result = page->left_pages > 0 ? page->left_bytes / page->left_pages :
		space / 2;
	pfree(page);
	return result;
}

/*
 * Return the pages of the entry tree.
 */
static double
entry_tree_pages(const GinSize *size)
{
	double		space = BLCKSZ - SizeOfPageHeaderData -
	MAXALIGN(sizeof(GinPageOpaqueData));
	double		memory = size->entries * BUILD_BYTES_PER_KEY +
	size->items * BUILD_BYTES_PER_ITEM;
	double		used = memory > maintenance_work_mem * 1024.0 ?
	space * ENTRY_FILL_AT_RANDOM : bytes_in_order(size, space);
	double		fanout = Max(space * INNER_FILL * size->entries /
							 Max(size->key_bytes, 1), 2);
	double		level = size->entry_bytes <= space ? 1 :
	ceil(size->entry_bytes / used);
	double		pages = level;

	while (level > 1)
	{
		level = ceil(level / fanout);
		pages += level;
	}
	return pages;
}

/*
 * Predict the pages of a GIN index on a table of as many pages: metapage, entry
 * tree, trees of row pointers.
 */
void
gin_estimate(HypoIndex *index, Relation rel, double table_pages)
{
	KeyBag	   *bag = palloc0(sizeof(KeyBag));
	GinSize		size = {.table_pages = table_pages};
	double		rows;

	bag->index = index;
	bag->capacity = 1024;
	bag->keys = palloc(bag->capacity * sizeof(SampledKey));
	for (int i = 0; i < index->nkeycolumns; i++)
		support_function_find(&bag->columns[i], index, rel, i,
							  GIN_EXTRACTVALUE_PROC);
	rows = hypo_index_sample_rows(index, rel, add_row, bag);
	size.known = palloc(Max(bag->nkeys / 2, 1) * sizeof(float));
	size.seen_pages = bag->block + 1.0;
	if (rows > 0)
		add_sample(&size, bag, Max(index->tuples / rows, 1));
	index->pages = 1 + entry_tree_pages(&size) + size.posting_pages;
	pfree(size.known);
	pfree(bag->keys);
	pfree(bag);
}
