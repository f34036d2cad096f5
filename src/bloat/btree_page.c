/*-------------------------------------------------------------------------
 *
 * btree_page.c
 *		What a page of a B-tree holds.
 *
 * Entry point: btree_page_content().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/nbtree.h"

#include "bloat/bloat_internal.h"

/*
 * Add the items of a leaf page.  Its high key is no entry, but it takes room
 * that no other page would save.
 */
static void
add_items(Page page, PageContent *content)
{
	OffsetNumber last = PageGetMaxOffsetNumber(page);

	for (OffsetNumber offset = FirstOffsetNumber; offset <= last; offset++)
	{
		ItemId		item = PageGetItemId(page, offset);
		double		bytes = MAXALIGN(ItemIdGetLength(item)) + sizeof(ItemIdData);

		if (ItemIdIsDead(item))
			content->dead += bytes;
		else
			content->live += bytes;
	}
}

/*
 * Look at a page of a B-tree; internal pages are told apart, and not counted.
 */
void
btree_page_content(Buffer buffer, PageContent *content)
{
	Page		page = BufferGetPage(buffer);
	double		capacity = PAGE_CAPACITY(sizeof(BTPageOpaqueData));
	BTPageOpaque opaque;

	if (PageIsNew(page))
	{
		content->is_leaf = content->is_recyclable = true;
		content->free = capacity;
		return;
	}
	opaque = BTPageGetOpaque(page);
	if (P_ISMETA(opaque))
		return;
	if (P_IGNORE(opaque))
	{
		content->is_leaf = content->is_recyclable = true;
		content->free = capacity;
		return;
	}
	if (!P_ISLEAF(opaque))
		return;
	content->is_leaf = true;
	add_items(page, content);
	content->free = Max(capacity - content->live - content->dead, 0);
}
