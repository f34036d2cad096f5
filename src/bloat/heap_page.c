/*-------------------------------------------------------------------------
 *
 * heap_page.c
 *		What a page of a table holds.
 *
 * Tuples are judged as VACUUM judges them, so "dead" is what it would free now,
 * and "kept" what it could not free because somebody may still see it.
 * Entry point: heap_page_content().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/htup_details.h"

#include "bloat/bloat_internal.h"

/*
 * Add the tuple behind a line pointer.
 */
static void
add_tuple(Relation rel, Buffer buffer, OffsetNumber offset,
		  TransactionId horizon, PageContent *content)
{
	Page		page = BufferGetPage(buffer);
	ItemId		item = PageGetItemId(page, offset);
	double		bytes = MAXALIGN(ItemIdGetLength(item)) + sizeof(ItemIdData);
	HeapTupleData tuple;

	tuple.t_data = (HeapTupleHeader) PageGetItem(page, item);
	tuple.t_len = ItemIdGetLength(item);
	tuple.t_tableOid = RelationGetRelid(rel);
	ItemPointerSet(&tuple.t_self, BufferGetBlockNumber(buffer), offset);
	switch (HeapTupleSatisfiesVacuum(&tuple, horizon, buffer))
	{
		case HEAPTUPLE_DEAD:
			content->dead += bytes;
			break;
		case HEAPTUPLE_RECENTLY_DEAD:
			content->kept += bytes;
			break;
		case HEAPTUPLE_LIVE:
		case HEAPTUPLE_INSERT_IN_PROGRESS:
		case HEAPTUPLE_DELETE_IN_PROGRESS:
			content->live += bytes;
			break;
	}
}

/*
 * Look at a page of a table.
 */
void
heap_page_content(Relation rel, Buffer buffer, TransactionId horizon,
				  PageContent *content)
{
	Page		page = BufferGetPage(buffer);
	OffsetNumber last;

	content->is_leaf = true;
	if (PageIsNew(page))
	{
		content->is_recyclable = true;
		content->free = PAGE_CAPACITY(0);
		return;
	}
	last = PageGetMaxOffsetNumber(page);
	for (OffsetNumber offset = FirstOffsetNumber; offset <= last; offset++)
	{
		ItemId		item = PageGetItemId(page, offset);

		if (ItemIdIsNormal(item))
			add_tuple(rel, buffer, offset, horizon, content);
		else if (ItemIdIsRedirected(item))
			content->live += sizeof(ItemIdData);
		else if (ItemIdIsDead(item))
			content->dead += sizeof(ItemIdData);
	}
	content->free = Max(PAGE_CAPACITY(0) - content->live - content->dead -
						content->kept, 0);
}
