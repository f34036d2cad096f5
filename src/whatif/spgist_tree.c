/*-------------------------------------------------------------------------
 *
 * spgist_tree.c
 *		Insert sampled values into an SP-GiST tree in memory, to see how many
 *		pages they take.
 *
 * What a leaf holds depends on how deep it is, since the way to it tells part of
 * the value, and how full pages become depends on how evenly values spread over
 * the nodes; so the class's own functions choose and split here as they do in a
 * build, and leaves are put on pages by the rules of spgdoinsert.c.
 * Entry points: spgist_tree_begin(), spgist_tree_add(),
 * spgist_tree_pages_per_row().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/spgist.h"
#include "access/spgist_private.h"
#include "access/tupmacs.h"
#include "common/pg_prng.h"
#include "miscadmin.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "whatif/spgist_tree.h"

/* Values inserted. */
#define MAX_VALUES SIZE_SAMPLE_ROWS

/* Fewer leaf pages than this tell nothing. */
#define MIN_PAGES 6

/* A value that has not found its place after as many steps has none. */
#define MAX_STEPS 10000

/* doinsert: a list of fewer leaves is moved to another page rather than split. */
#define MOVED_LEAVES 64

/* Nodes that values are dealt to when the class puts all in one. */
#define SAME_NODES 8

/* Share of an inner page that is used. */
#define INNER_FILL 0.8

/* Bytes of what a deleted tuple leaves behind during a build. */
#define PLACEHOLDER ((int) (SGDTSIZE + sizeof(ItemIdData)))

/* Bytes for tuples with their line pointers on a page. */
#define PAGE_SPACE ((int) SPGIST_PAGE_CAPACITY)

typedef struct SpInner SpInner;

/* What a node of an inner tuple leads to: another one, or leaves. */
typedef struct SpLink
{
	SpInner    *inner;			/* NULL: leaves */
	int			page;			/* that has the leaves; -1: there are none */
	int			count;
	int			capacity;
	Datum	   *leaves;
	int			bytes;			/* of the leaves with their line pointers */
} SpLink;

/* An inner tuple. */
struct SpInner
{
	bool		all_the_same;
	bool		has_prefix;
	Datum		prefix;
	int			nnodes;
	Datum	   *labels;			/* NULL: none */
	SpLink	   *links;
};

/* A leaf page. */
typedef struct SpPage
{
	int			space;			/* free */
	int			placeholders;	/* whose place a new leaf takes */
	int			leaves;
} SpPage;

/* How values of a type are copied. */
typedef struct SpType
{
	int16		length;
	bool		byval;
} SpType;

struct SpTree
{
	MemoryContext context;		/* of the tree */
	MemoryContext step;			/* of one insertion */
	SupportFunction choose;
	SupportFunction picksplit;
	SpType		prefix;
	SpType		label;
	int			reserved;		/* left free on a page for the fill factor */
	int			included;		/* bytes of INCLUDE columns in this leaf */
	SpPage	   *pages;
	int			npages;
	int			capacity;		/* of "pages" */
	int			last;			/* page with most space, by what was touched */
	double		inner_bytes;
	int			inserted;
	double		per_row[MAX_VALUES];	/* pages after each insertion */
	SpLink		root;
	pg_prng_state random;
};

/*
 * Look up how values of a type are copied.
 */
static SpType
type_of(Oid type)
{
	SpType		result = {.length = 0,.byval = true};

	if (OidIsValid(type))
		get_typlenbyval(type, &result.length, &result.byval);
	return result;
}

/*
 * Begin a tree for an index.
 */
SpTree *
spgist_tree_begin(const HypoIndex *index, Relation rel)
{
	SpTree	   *tree = palloc0(sizeof(SpTree));
	spgConfigOut config = spgist_config(index, 0,
										hypo_index_column_type(index, rel, 0));

	support_function_find(&tree->choose, index, rel, 0, SPGIST_CHOOSE_PROC);
	support_function_find(&tree->picksplit, index, rel, 0,
						  SPGIST_PICKSPLIT_PROC);
	tree->prefix = type_of(config.prefixType);
	tree->label = type_of(config.labelType);
	tree->context = AllocSetContextCreate(CurrentMemoryContext,
										  "dbadvisor SP-GiST tree",
										  ALLOCSET_DEFAULT_SIZES);
	tree->step = AllocSetContextCreate(tree->context,
									   "dbadvisor SP-GiST insertion",
									   ALLOCSET_DEFAULT_SIZES);
	tree->reserved = BLCKSZ * (100 - index->fillfactor) / 100;
	tree->capacity = 64;
	tree->pages = MemoryContextAlloc(tree->context,
									 tree->capacity * sizeof(SpPage));
	tree->last = -1;
	tree->root.page = -1;
	pg_prng_seed(&tree->random, 1);
	return tree;
}

/*
 * Return the bytes of a leaf on its page.
 */
static int
leaf_size(const SpTree *tree, Datum leaf)
{
	bool		aligned;
	int			width = stored_width(&tree->choose, leaf, &aligned);

	return (int) (Max(MAXALIGN(SGLTHDRSZ(false) + width + tree->included),
					  SGDTSIZE) + sizeof(ItemIdData));
}

/*
 * Return the bytes that a value takes in an inner tuple.
 */
static int
inner_width(SpType type, Datum value)
{
	return type.byval ? sizeof(Datum) :
		MAXALIGN(datumGetSize(value, type.byval, type.length));
}

/*
 * Keep a value in the tree's memory.
 */
static Datum
keep(SpTree *tree, SpType type, Datum value)
{
	MemoryContext old = MemoryContextSwitchTo(tree->context);
	Datum		copy = datumCopy(value, type.byval, type.length);

	MemoryContextSwitchTo(old);
	return copy;
}

/*
 * Add an empty page.
 */
static int
add_page(SpTree *tree)
{
	if (tree->npages == tree->capacity)
	{
		tree->capacity *= 2;
		tree->pages = repalloc(tree->pages, tree->capacity * sizeof(SpPage));
	}
	tree->pages[tree->npages].space = PAGE_SPACE;
	tree->pages[tree->npages].placeholders = 0;
	tree->pages[tree->npages].leaves = 0;
	return tree->npages++;
}

/*
 * Return a page with so many bytes: the one that is remembered, or a new one.
 */
static int
get_page(SpTree *tree, int bytes)
{
	bytes = Min(bytes + tree->reserved, PAGE_SPACE);
	if (tree->last < 0 || tree->pages[tree->last].space < bytes)
		tree->last = add_page(tree);
	return tree->last;
}

/*
 * Remember the page where it has more space than the one before.
 */
static void
touch_page(SpTree *tree, int page)
{
	if (tree->pages[page].space > tree->pages[tree->last].space)
		tree->last = page;
}

/*
 * Does a leaf fit on the page?
 */
static bool
page_fits(const SpPage *page, int bytes)
{
	return page->space + (page->placeholders > 0 ? PLACEHOLDER : 0) >= bytes;
}

/*
 * Take the leaves of a link off their page.
 */
static void
leave_page(SpTree *tree, SpLink *link)
{
	SpPage	   *page = &tree->pages[link->page];

	page->space += link->bytes - link->count * PLACEHOLDER;
	page->placeholders += link->count;
	page->leaves -= link->count;
}

/*
 * Put a leaf on the page of its link.
 */
static void
put_leaf(SpTree *tree, SpLink *link, Datum leaf, int bytes)
{
	SpPage	   *page = &tree->pages[link->page];
	SpType		type = {tree->choose.length, tree->choose.byval};

	if (page->placeholders > 0)
	{
		page->placeholders--;
		page->space += PLACEHOLDER;
	}
	page->space -= bytes;
	page->leaves++;
	if (link->count == link->capacity)
	{
		link->capacity = Max(2 * link->capacity, 8);
		link->leaves = link->leaves == NULL ?
			MemoryContextAlloc(tree->context, link->capacity * sizeof(Datum)) :
			repalloc(link->leaves, link->capacity * sizeof(Datum));
	}
	link->leaves[link->count++] = keep(tree, type, leaf);
	link->bytes += bytes;
	touch_page(tree, link->page);
}

/*
 * Move the leaves of a link to another page, where they stay few.
 */
static void
move_leaves(SpTree *tree, SpLink *link, int more)
{
	int			old = link->page;
	int			page;

	leave_page(tree, link);
	page = get_page(tree, link->bytes + more);
	touch_page(tree, old);
	tree->pages[page].space -= link->bytes;
	tree->pages[page].leaves += link->count;
	link->page = page;
}

/*
 * Make an inner tuple.
 */
static SpInner *
make_inner(SpTree *tree, bool has_prefix, Datum prefix, int nnodes,
		   const Datum *labels)
{
	SpInner    *inner = MemoryContextAllocZero(tree->context, sizeof(SpInner));
	double		bytes = SGITHDRSZ + sizeof(ItemIdData);

	inner->has_prefix = has_prefix;
	if (has_prefix)
	{
		inner->prefix = keep(tree, tree->prefix, prefix);
		bytes += inner_width(tree->prefix, prefix);
	}
	inner->nnodes = nnodes;
	inner->links = MemoryContextAllocZero(tree->context,
										  nnodes * sizeof(SpLink));
	if (labels != NULL)
		inner->labels = MemoryContextAlloc(tree->context,
										   nnodes * sizeof(Datum));
	for (int i = 0; i < nnodes; i++)
	{
		inner->links[i].page = -1;
		bytes += sizeof(IndexTupleData);
		if (labels == NULL)
			continue;
		inner->labels[i] = keep(tree, tree->label, labels[i]);
		bytes += inner_width(tree->label, labels[i]);
	}
	tree->inner_bytes += bytes;
	return inner;
}

/*
 * Where the class has put all in one node, deal them out; checkAllTheSame().
 */
static bool
deal_out(spgPickSplitOut * out, int count, bool too_big)
{
	int			node = out->mapTuplesToNodes[0];
	Datum	   *labels = out->nodeLabels;
	int			limit = too_big ? count - 1 : count;

	for (int i = 1; i < limit; i++)
		if (out->mapTuplesToNodes[i] != node)
			return false;
	out->nNodes = SAME_NODES;
	for (int i = 0; i < count; i++)
		out->mapTuplesToNodes[i] = i % SAME_NODES;
	if (labels == NULL)
		return true;
	out->nodeLabels = palloc(SAME_NODES * sizeof(Datum));
	for (int i = 0; i < SAME_NODES; i++)
		out->nodeLabels[i] = labels[node];
	return true;
}

/*
 * Choose the page of each node's leaves that a split has made: the one that they
 * come from while there is room, or another one.  False when there is not enough
 * for the last leaf.
 */
static bool
choose_pages(SpTree *tree, SpInner *inner, const spgPickSplitOut * out,
			 int count, int page, int total)
{
	int			here = page < 0 ? 0 : tree->pages[page].space;
	int			other = -1;
	int			there = 0;
	int		   *bytes = palloc0(out->nNodes * sizeof(int));

	for (int i = 0; i < count; i++)
		bytes[out->mapTuplesToNodes[i]] +=
			leaf_size(tree, out->leafTupleDatums[i]);
	if (total > here)
	{
		other = get_page(tree, Min(total, PAGE_SPACE));
		if (other == page)
			other = add_page(tree);
		there = tree->pages[other].space;
	}
	for (int i = 0; i < out->nNodes; i++)
	{
		bool		fits = bytes[i] <= here;

		inner->links[i].page = fits ? page : other;
		*(fits ? &here : &there) -= bytes[i];
	}
	return there >= 0;
}

/*
 * Put the leaves that a split has made on pages, where "page" had them before.
 * The last one is left out unless there is room for all.  Returns whether it was
 * put.
 */
static bool
put_split(SpTree *tree, SpInner *inner, const spgPickSplitOut * out, int count,
		  int page, int total)
{
	bool		all;

	/* a long value is cut further before it gets a page */
	if (count == 1 && total > PAGE_SPACE)
		return false;
	all = choose_pages(tree, inner, out, count, page, total);
	/* a build empties a page that has no other leaves */
	if (page >= 0 && tree->pages[page].leaves == 0)
	{
		tree->pages[page].space = PAGE_SPACE;
		tree->pages[page].placeholders = 0;
	}
	for (int i = 0; i < (all ? count : count - 1); i++)
		put_leaf(tree, &inner->links[out->mapTuplesToNodes[i]],
				 out->leafTupleDatums[i],
				 leaf_size(tree, out->leafTupleDatums[i]));
	for (int i = 0; i < out->nNodes; i++)
		if (inner->links[i].count == 0)
			inner->links[i].page = -1;
	if (page >= 0)
		touch_page(tree, page);
	return all;
}

/*
 * Split the leaves of a link together with one more; doPickSplit().  Returns
 * whether that one has found its place.
 */
static bool
split_leaves(SpTree *tree, SpLink *link, Datum leaf, int level)
{
	spgPickSplitIn in = {.nTuples = link->count + 1,.level = level};
	spgPickSplitOut out = {0};
	int			total = 0;
	int			page = link->page;
	bool		same;

	in.datums = palloc(in.nTuples * sizeof(Datum));
	memcpy(in.datums, link->leaves, link->count * sizeof(Datum));
	in.datums[link->count] = leaf;
	FunctionCall2Coll(&tree->picksplit.function, tree->picksplit.collation,
					  PointerGetDatum(&in), PointerGetDatum(&out));
	for (int i = 0; i < in.nTuples; i++)
		total += leaf_size(tree, out.leafTupleDatums[i]);
	same = in.nTuples > 1 &&
		deal_out(&out, in.nTuples, total > PAGE_SPACE);
	link->inner = make_inner(tree, out.hasPrefix, out.prefixDatum, out.nNodes,
							 out.nodeLabels);
	link->inner->all_the_same = same;
	leave_page(tree, link);
	if (link == &tree->root)
		page = -1;				/* the root's page is for inner tuples now */
	link->page = -1;
	link->count = link->bytes = 0;
	return put_split(tree, link->inner, &out, in.nTuples, page, total);
}

/*
 * Add a leaf to a link; false when its leaves had to be split without finding
 * room for it.
 */
static bool
add_leaf(SpTree *tree, SpLink *link, Datum leaf, int level)
{
	int			bytes = leaf_size(tree, leaf);

	if (link->page < 0)
		link->page = link == &tree->root ? add_page(tree) :
			get_page(tree, bytes);
	if (tree->last < 0)
		tree->last = link->page;
	if (!page_fits(&tree->pages[link->page], bytes))
	{
		if (link == &tree->root || link->count >= MOVED_LEAVES ||
			link->bytes >= PAGE_SPACE / 2 ||
			link->bytes + bytes > PAGE_SPACE)
			return split_leaves(tree, link, leaf, level);
		move_leaves(tree, link, bytes);
	}
	put_leaf(tree, link, leaf, bytes);
	return true;
}

/*
 * Add a node to an inner tuple.
 */
static void
add_node(SpTree *tree, SpInner *inner, Datum label, int place)
{
	int			after = inner->nnodes - place;

	inner->nnodes++;
	inner->links = repalloc(inner->links, inner->nnodes * sizeof(SpLink));
	memmove(&inner->links[place + 1], &inner->links[place],
			after * sizeof(SpLink));
	memset(&inner->links[place], 0, sizeof(SpLink));
	inner->links[place].page = -1;
	inner->labels = repalloc(inner->labels, inner->nnodes * sizeof(Datum));
	memmove(&inner->labels[place + 1], &inner->labels[place],
			after * sizeof(Datum));
	inner->labels[place] = keep(tree, tree->label, label);
	tree->inner_bytes += sizeof(IndexTupleData) + inner_width(tree->label, label);
}

/*
 * Put an inner tuple with a shorter prefix above one.
 */
static SpInner *
split_inner(SpTree *tree, SpInner *inner, const spgChooseOut * out)
{
	SpInner    *upper = make_inner(tree,
								   out->result.splitTuple.prefixHasPrefix,
								   out->result.splitTuple.prefixPrefixDatum,
								   out->result.splitTuple.prefixNNodes,
								   out->result.splitTuple.prefixNodeLabels);

	inner->has_prefix = out->result.splitTuple.postfixHasPrefix;
	if (inner->has_prefix)
		inner->prefix = keep(tree, tree->prefix,
							 out->result.splitTuple.postfixPrefixDatum);
	upper->links[out->result.splitTuple.childNodeN].inner = inner;
	return upper;
}

/*
 * Ask the class where a value goes from an inner tuple.
 */
static spgChooseOut
choose(SpTree *tree, const SpInner *inner, Datum value, Datum leaf, int level)
{
	spgChooseIn in = {
		.datum = value,
		.leafDatum = leaf,
		.level = level,
		.allTheSame = inner->all_the_same,
		.hasPrefix = inner->has_prefix,
		.prefixDatum = inner->prefix,
		.nNodes = inner->nnodes,
		.nodeLabels = inner->labels,
	};
	spgChooseOut out = {0};

	FunctionCall2Coll(&tree->choose.function, tree->choose.collation,
					  PointerGetDatum(&in), PointerGetDatum(&out));
	if (out.resultType == spgMatchNode && inner->all_the_same)
		out.result.matchNode.nodeN =
			(int) pg_prng_uint64_range(&tree->random, 0, inner->nnodes - 1);
	return out;
}

/*
 * Walk down the tree and put the value where it belongs.
 */
static void
insert_value(SpTree *tree, Datum value, Datum leaf)
{
	SpLink	   *link = &tree->root;
	int			level = 0;

	for (int i = 0; i < MAX_STEPS; i++)
	{
		spgChooseOut out;

		if (link->inner == NULL && add_leaf(tree, link, leaf, level))
			return;
		out = choose(tree, link->inner, value, leaf, level);
		if (out.resultType == spgAddNode && link->inner->labels == NULL)
			return;				/* only a faulty class wants that */
		if (out.resultType == spgAddNode)
			add_node(tree, link->inner, out.result.addNode.nodeLabel,
					 out.result.addNode.nodeN);
		else if (out.resultType == spgSplitTuple)
			link->inner = split_inner(tree, link->inner, &out);
		else
		{
			link = &link->inner->links[out.result.matchNode.nodeN];
			level += out.result.matchNode.levelAdd;
			leaf = out.result.matchNode.restDatum;
		}
	}
}

/*
 * Insert a value, and what a leaf at the root would hold of it.  "included" is
 * the width of other columns.
 */
void
spgist_tree_add(SpTree *tree, Datum value, Datum leaf, int included)
{
	MemoryContext old;

	if (tree->inserted >= MAX_VALUES)
		return;
	CHECK_FOR_INTERRUPTS();
	old = MemoryContextSwitchTo(tree->step);
	tree->included = included;
	insert_value(tree, value, leaf);
	MemoryContextSwitchTo(old);
	MemoryContextReset(tree->step);
	tree->per_row[tree->inserted] = (tree->npages - 1 + tree->inner_bytes /
									 (PAGE_SPACE * INNER_FILL)) /
		(tree->inserted + 1);
	tree->inserted++;
}

/*
 * Return the pages per row, roots apart: the mean over the time in which the tree
 * has doubled last, since pages of a small tree fill up and split at about the
 * same time.  0 where there are too few to tell.  Ends the tree.
 */
double
spgist_tree_pages_per_row(SpTree *tree)
{
	double		sum = 0;
	double		weight = 0;

	for (int i = tree->inserted / 2; i < tree->inserted; i++)
	{
		sum += tree->per_row[i] / (i + 1);
		weight += 1.0 / (i + 1);
	}
	if (tree->npages < MIN_PAGES)
		sum = 0;
	MemoryContextDelete(tree->context);
	pfree(tree);
	return sum > 0 ? sum / weight : 0;
}
