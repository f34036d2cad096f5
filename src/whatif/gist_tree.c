/*-------------------------------------------------------------------------
 *
 * gist_tree.c
 *		Insert sampled entries into a GiST tree in memory, to see how full its
 *		pages become.
 *
 * How evenly a class splits a page, and whether later entries still go to both
 * halves, depends on the class and on the order of the rows; so the class's own
 * functions decide here as they do in a build.  Of an index on several columns
 * only the first one does.
 * Entry points: gist_tree_begin(), gist_tree_add(), gist_tree_fill().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/gist.h"
#include "access/gist_private.h"
#include "access/itup.h"
#include "miscadmin.h"
#include "storage/bufpage.h"
#include "utils/datum.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "whatif/gist_tree.h"

/* Entries inserted; more of them would not fill pages otherwise. */
#define MAX_ENTRIES 2500

/* Time for all insertions, in microseconds: some classes take milliseconds for
 * each, and then fewer have to do. */
#define TIME_LIMIT (300 * INT64CONST(1000))

/* Fewer leaf pages than this tell nothing. */
#define MIN_LEAVES 6

typedef struct TreeNode TreeNode;

/* An entry on a page. */
typedef struct TreeEntry
{
	Datum		key;			/* as support functions see it */
	int			size;			/* bytes on the page */
	TreeNode   *child;			/* NULL on a leaf page */
} TreeEntry;

/* A page. */
struct TreeNode
{
	bool		leaf;
	int			count;
	int			capacity;
	TreeEntry  *entries;
	int			bytes;
};

/* What a split makes of a page beside the page itself. */
typedef struct TreeSplit
{
	TreeNode   *right;			/* NULL: there was none */
	Datum		left_key;		/* unions of both */
	Datum		right_key;
} TreeSplit;

struct GistTree
{
	MemoryContext context;		/* of the tree */
	MemoryContext step;			/* of one insertion */
	SupportFunction penalty;
	SupportFunction make_union;
	SupportFunction picksplit;
	SupportFunction compress;
	SupportFunction decompress;
	Relation	rel;			/* the table, instead of an index */
	char	   *leaf_page;		/* empty ones, for functions that ask what */
	char	   *inner_page;		/* page an entry is on */
	int			space;			/* bytes that a build puts on a page */
	TimestampTz deadline;
	int			inserted;
	int			leaves;
	double		leaf_bytes;
	double		used[MAX_ENTRIES];	/* bytes per leaf after each insertion */
	TreeNode   *root;
};

/*
 * Make an empty page.
 */
static TreeNode *
make_node(GistTree *tree, bool leaf)
{
	TreeNode   *node = MemoryContextAllocZero(tree->context, sizeof(TreeNode));

	node->leaf = leaf;
	node->capacity = 32;
	node->entries = MemoryContextAlloc(tree->context,
									   node->capacity * sizeof(TreeEntry));
	tree->leaves += leaf;
	return node;
}

/*
 * Make an empty page of the index.
 */
static char *
make_page(GistTree *tree, uint16 flags)
{
	char	   *page = MemoryContextAllocZero(tree->context, BLCKSZ);

	PageInit((Page) page, BLCKSZ, sizeof(GISTPageOpaqueData));
	GistPageGetOpaque((Page) page)->flags = flags;
	GistPageGetOpaque((Page) page)->gist_page_id = GIST_PAGE_ID;
	return page;
}

/*
 * Begin a tree for an index; "space" is what a build puts on a page.
 */
GistTree *
gist_tree_begin(const HypoIndex *index, Relation rel, int space)
{
	GistTree   *tree = palloc0(sizeof(GistTree));

	support_function_find(&tree->penalty, index, rel, 0, GIST_PENALTY_PROC);
	support_function_find(&tree->make_union, index, rel, 0, GIST_UNION_PROC);
	support_function_find(&tree->picksplit, index, rel, 0,
						  GIST_PICKSPLIT_PROC);
	support_function_find(&tree->compress, index, rel, 0, GIST_COMPRESS_PROC);
	support_function_find(&tree->decompress, index, rel, 0,
						  GIST_DECOMPRESS_PROC);
	tree->context = AllocSetContextCreate(CurrentMemoryContext,
										  "dbadvisor GiST tree",
										  ALLOCSET_DEFAULT_SIZES);
	tree->step = AllocSetContextCreate(tree->context,
									   "dbadvisor GiST insertion",
									   ALLOCSET_DEFAULT_SIZES);
	tree->rel = rel;
	tree->leaf_page = make_page(tree, F_LEAF);
	tree->inner_page = make_page(tree, 0);
	tree->space = space;
	tree->deadline = GetCurrentTimestamp() + TIME_LIMIT;
	tree->root = make_node(tree, true);
	return tree;
}

/*
 * Keep a key in the tree's memory.
 */
static Datum
keep_key(GistTree *tree, Datum key)
{
	MemoryContext old = MemoryContextSwitchTo(tree->context);
	Datum		copy = datumCopy(key, tree->penalty.byval,
								 tree->penalty.length);

	MemoryContextSwitchTo(old);
	return copy;
}

/*
 * Describe a key to a support function as it is described in a build.
 */
static void
describe(const GistTree *tree, GISTENTRY * entry, Datum key, int offset,
		 bool leaf)
{
	gistentryinit(*entry, key, tree->rel,
				  (Page) (leaf ? tree->leaf_page : tree->inner_page),
				  (OffsetNumber) offset, false);
}

/*
 * Have a support function make another key of one, where the class has it.
 */
static Datum
convert(GistTree *tree, SupportFunction *support, Datum key)
{
	GISTENTRY	entry;
	GISTENTRY  *result;

	if (!OidIsValid(support->function.fn_oid))
		return key;
	describe(tree, &entry, key, 0, false);
	result = (GISTENTRY *)
		DatumGetPointer(FunctionCall1Coll(&support->function,
										  support->collation,
										  PointerGetDatum(&entry)));
	return result->key;
}

/*
 * Return a stored key as support functions want it.
 */
static Datum
decompressed(GistTree *tree, Datum key)
{
	return convert(tree, &tree->decompress, key);
}

/*
 * Return the bytes that a stored key takes on an inner page.
 */
static int
inner_size(const GistTree *tree, Datum stored)
{
	bool		aligned;
	int			width = stored_width(&tree->penalty, stored, &aligned);

	return MAXALIGN(sizeof(IndexTupleData) + width) + sizeof(ItemIdData);
}

/*
 * Put an entry on a page.
 */
static void
put_entry(GistTree *tree, TreeNode *node, Datum key, int size,
		  TreeNode *child)
{
	TreeEntry  *entry;

	if (node->count == node->capacity)
	{
		node->capacity *= 2;
		node->entries = repalloc(node->entries,
								 node->capacity * sizeof(TreeEntry));
	}
	entry = &node->entries[node->count++];
	entry->key = key;
	entry->size = size;
	entry->child = child;
	node->bytes += size;
	if (node->leaf)
		tree->leaf_bytes += size;
}

/*
 * Make the vector of entries that support functions get, numbered from 1 where
 * that is asked for.
 */
static GistEntryVector *
make_vector(const GistTree *tree, const TreeEntry *entries, int count,
			bool from_one)
{
	int			shift = from_one ? 1 : 0;
	GistEntryVector *vector = palloc0(GEVHDRSZ +
									  (count + 1) * sizeof(GISTENTRY));

	vector->n = count + shift;
	for (int i = 0; i < count; i++)
		describe(tree, &vector->vector[i + shift], entries[i].key, i + shift,
				 entries[i].child == NULL);
	return vector;
}

/*
 * Return the union of the keys of some entries, as an inner page stores it.
 */
static Datum
union_of(GistTree *tree, const TreeEntry *entries, int count)
{
	GistEntryVector *vector = make_vector(tree, entries, count, false);
	int			size;

	/* as gistMakeUnionItVec(): functions want two at least */
	if (count == 1)
	{
		vector->n = 2;
		vector->vector[1] = vector->vector[0];
	}
	return convert(tree, &tree->compress,
				   FunctionCall2Coll(&tree->make_union.function,
									 tree->make_union.collation,
									 PointerGetDatum(vector),
									 PointerGetDatum(&size)));
}

/*
 * Move half of the entries to the right, where the class does not know how to
 * split them.
 */
static void
choose_half(GIST_SPLITVEC * split, int count)
{
	split->spl_left = palloc(count * sizeof(OffsetNumber));
	split->spl_right = palloc(count * sizeof(OffsetNumber));
	split->spl_nleft = split->spl_nright = 0;
	for (int i = 1; i <= count; i++)
	{
		if (i <= count / 2)
			split->spl_left[split->spl_nleft++] = i;
		else
			split->spl_right[split->spl_nright++] = i;
	}
}

/*
 * Fill a page with those of the entries that the class has chosen.
 */
static Datum
fill_page(GistTree *tree, TreeNode *node, const TreeEntry *entries,
		  const OffsetNumber *chosen, int count)
{
	if (node->leaf)
		tree->leaf_bytes -= node->bytes;
	node->count = 0;
	node->bytes = 0;
	for (int i = 0; i < count; i++)
	{
		const TreeEntry *entry = &entries[chosen[i] - 1];

		put_entry(tree, node, entry->key, entry->size, entry->child);
	}
	return union_of(tree, node->entries, node->count);
}

/*
 * Split a page that is too full.
 */
static TreeSplit
split_node(GistTree *tree, TreeNode *node)
{
	int			count = node->count;
	Size		length = count * sizeof(TreeEntry);
	TreeEntry  *entries = memcpy(palloc(length), node->entries, length);
	GIST_SPLITVEC split = {0};
	TreeSplit	result;

	FunctionCall2Coll(&tree->picksplit.function, tree->picksplit.collation,
					  PointerGetDatum(make_vector(tree, entries, count, true)),
					  PointerGetDatum(&split));
	if (split.spl_nleft == 0 || split.spl_nright == 0)
		choose_half(&split, count);
	result.right = make_node(tree, node->leaf);
	result.left_key = fill_page(tree, node, entries, split.spl_left,
								split.spl_nleft);
	result.right_key = fill_page(tree, result.right, entries, split.spl_right,
								 split.spl_nright);
	return result;
}

/*
 * Return the number of the child that grows least by a key.
 */
static int
choose_child(GistTree *tree, const TreeNode *node, Datum key)
{
	float		least = 0;
	int			best = 0;

	for (int i = 0; i < node->count; i++)
	{
		GISTENTRY	old;
		GISTENTRY	new;
		float		penalty = 0;

		describe(tree, &old, node->entries[i].key, i + 1, false);
		describe(tree, &new, key, 0, false);
		FunctionCall3Coll(&tree->penalty.function, tree->penalty.collation,
						  PointerGetDatum(&old), PointerGetDatum(&new),
						  PointerGetDatum(&penalty));
		if (i == 0 || penalty < least)
		{
			least = penalty;
			best = i;
		}
		if (least <= 0)
			break;
	}
	return best;
}

/*
 * Give an entry of an inner page another key.
 */
static void
set_key(GistTree *tree, TreeNode *node, int number, Datum stored)
{
	int			size = inner_size(tree, stored);

	node->bytes += size - node->entries[number].size;
	node->entries[number].size = size;
	node->entries[number].key = keep_key(tree, decompressed(tree, stored));
}

/*
 * Insert an entry below a page, and split the page when it becomes too full.
 */
static TreeSplit
insert_below(GistTree *tree, TreeNode *node, Datum key, int size)
{
	TreeSplit	none = {0};

	check_stack_depth();
	if (node->leaf)
		put_entry(tree, node, keep_key(tree, key), size, NULL);
	else
	{
		int			number = choose_child(tree, node, key);
		TreeEntry	both[2] = {node->entries[number], {.key = key}};
		TreeSplit	split = insert_below(tree, node->entries[number].child,
										 key, size);

		if (split.right == NULL)
			set_key(tree, node, number, union_of(tree, both, 2));
		else
		{
			set_key(tree, node, number, split.left_key);
			put_entry(tree, node,
					  keep_key(tree, decompressed(tree, split.right_key)),
					  inner_size(tree, split.right_key), split.right);
		}
	}
	return node->bytes > tree->space && node->count > 1 ?
		split_node(tree, node) : none;
}

/*
 * Insert an entry: its key as it is stored, and its bytes on a leaf page.
 */
void
gist_tree_add(GistTree *tree, Datum stored, int size)
{
	MemoryContext old;
	TreeSplit	split;

	if (tree->inserted >= MAX_ENTRIES ||
		GetCurrentTimestamp() > tree->deadline)
		return;
	CHECK_FOR_INTERRUPTS();
	old = MemoryContextSwitchTo(tree->step);
	split = insert_below(tree, tree->root, decompressed(tree, stored), size);
	if (split.right != NULL)
	{
		TreeNode   *root = make_node(tree, false);

		put_entry(tree, root,
				  keep_key(tree, decompressed(tree, split.left_key)),
				  inner_size(tree, split.left_key), tree->root);
		put_entry(tree, root,
				  keep_key(tree, decompressed(tree, split.right_key)),
				  inner_size(tree, split.right_key), split.right);
		tree->root = root;
	}
	tree->used[tree->inserted++] = tree->leaf_bytes / tree->leaves;
	MemoryContextSwitchTo(old);
	MemoryContextReset(tree->step);
}

/*
 * Return the bytes of an average leaf page that are used; 0 where there are too
 * few to tell.  Pages of a small tree fill up and split at about the same time,
 * those of a large one do not: so this is the mean over the time in which the
 * tree has doubled last.  Ends the tree.
 */
double
gist_tree_fill(GistTree *tree)
{
	double		sum = 0;
	double		weight = 0;

	for (int i = tree->inserted / 2; i < tree->inserted; i++)
	{
		sum += tree->used[i] / (i + 1);
		weight += 1.0 / (i + 1);
	}
	if (tree->leaves < MIN_LEAVES)
		sum = 0;
	MemoryContextDelete(tree->context);
	pfree(tree);
	return sum > 0 ? sum / weight : 0;
}
