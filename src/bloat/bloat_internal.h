/*-------------------------------------------------------------------------
 *
 * bloat_internal.h
 *		What the files that measure bloat share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BLOAT_INTERNAL_H
#define BLOAT_INTERNAL_H

#include "postgres.h"

#include "storage/bufpage.h"
#include "storage/bufmgr.h"
#include "utils/rel.h"

/* What one page holds, in bytes. */
typedef struct PageContent
{
	double		live;			/* tuples that are needed, pointers included */
	double		dead;			/* what VACUUM would remove */
	double		kept;			/* dead, but some transaction may see it */
	double		free;
	bool		is_leaf;		/* counts: an internal page of an index does
								 * not */
	bool		is_recyclable;	/* new, or deleted from an index */
} PageContent;

/* Bytes on a page that tuples can take. */
#define PAGE_CAPACITY(special) \
	(BLCKSZ - MAXALIGN(SizeOfPageHeaderData) - MAXALIGN(special))

/*
 * Look at one page that is pinned and share-locked.  "horizon" is the oldest
 * transaction that dead tuples must be kept for.
 */
extern void heap_page_content(Relation rel, Buffer buffer,
							  TransactionId horizon, PageContent *content);
extern void btree_page_content(Buffer buffer, PageContent *content);

#endif							/* BLOAT_INTERNAL_H */
