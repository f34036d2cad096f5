/*-------------------------------------------------------------------------
 *
 * kept.c
 *		Advice of a standby's worker, where no table can be written.
 *
 * What is kept of a database is one dynamic shared memory segment of at most
 * dbadvisor.standby_advice_size.  It never changes: a rule that has run again
 * leads to a new segment, which takes the place of the old one in the slot.  So
 * readers need no lock; who finds the segment gone looks into the slot again.
 * Where there is no room for all, the least severe is left out first, of these
 * the oldest, and counted.
 * Entry points: kept_replace(), kept_forget(); the SQL functions
 * standby_items() and has_standby_advice().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/dsm.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "worker_internal.h"

#define ITEM_COLUMNS 5

/* One row of advice, or what became of a rule; then its name and JSON text. */
struct KeptItem
{
	Size		size;			/* of all, in steps of MAXALIGN */
	int			rank;			/* of the severity; KEPT_RULE_RUN: none */
	int			left_out;		/* of KEPT_RULE_RUN: rows of advice that had
								 * no room */
	TimestampTz made_at;
	int			rule_length;	/* with the final zero, as the JSON text */
	char		texts[FLEXIBLE_ARRAY_MEMBER];
};

/* How a segment begins; the items follow. */
typedef struct KeptHead
{
	Oid			dboid;
	Size		size;			/* of all */
} KeptHead;

PG_FUNCTION_INFO_V1(dbadvisor_standby_items);
PG_FUNCTION_INFO_V1(dbadvisor_has_standby_advice);

/*
 * The segment of our database; invalid where there is none.
 */
static dsm_handle
kept_handle(void)
{
	DatabaseSlot *slot;
	dsm_handle	handle = DSM_HANDLE_INVALID;

	if (worker_shared == NULL || !RecoveryInProgress())
		return handle;
	LWLockAcquire(worker_lock, LW_SHARED);
	slot = slot_find(MyDatabaseId);
	if (slot != NULL)
		handle = slot->kept;
	LWLockRelease(worker_lock);
	return handle;
}

/*
 * A copy of what is kept of our database; NULL for nothing.
 */
static KeptHead *
kept_copy(void)
{
	dsm_handle	handle;
	dsm_segment *segment;
	KeptHead   *copy = NULL;

	while (copy == NULL && (handle = kept_handle()) != DSM_HANDLE_INVALID)
	{
		CHECK_FOR_INTERRUPTS();
		segment = dsm_attach(handle);
		/* replaced in this moment */
		if (segment == NULL)
			continue;
		copy = (KeptHead *) palloc(((KeptHead *) dsm_segment_address(segment))->size);
		memcpy(copy, dsm_segment_address(segment),
			   ((KeptHead *) dsm_segment_address(segment))->size);
		dsm_detach(segment);
		if (copy->dboid != MyDatabaseId)
			elog(ERROR, "advice of database %u found for database %u",
				 copy->dboid, MyDatabaseId);
	}
	return copy;
}

/*
 * The items of a copy: a list of KeptItem.
 */
static List *
kept_items(KeptHead *head)
{
	List	   *items = NIL;
	Size		at = MAXALIGN(sizeof(KeptHead));

	while (head != NULL && at < head->size)
	{
		KeptItem   *item = (KeptItem *) ((char *) head + at);

		items = lappend(items, item);
		at += item->size;
	}
	return items;
}

/*
 * Make an item of a rule, palloc'd.
 */
KeptItem *
kept_item(const char *rule, int rank, const char *json)
{
	int			rule_length = (int) strlen(rule) + 1;
	Size		json_length = strlen(json) + 1;
	Size		size = MAXALIGN(offsetof(KeptItem, texts) + rule_length + json_length);
	KeptItem   *item = (KeptItem *) palloc0(size);

	item->size = size;
	item->rank = rank;
	item->made_at = GetCurrentTimestamp();
	item->rule_length = rule_length;
	memcpy(item->texts, rule, rule_length);
	memcpy(item->texts + rule_length, json, json_length);
	return item;
}

/*
 * list_sort comparator: the most severe first, of these the newest.
 */
static int
compare_items(const ListCell *a, const ListCell *b)
{
	const KeptItem *left = (const KeptItem *) lfirst(a);
	const KeptItem *right = (const KeptItem *) lfirst(b);

	if (left->rank != right->rank)
		return left->rank > right->rank ? -1 : 1;
	return (left->made_at < right->made_at) - (left->made_at > right->made_at);
}

/*
 * Count a row of advice that had no room to what became of its rule.
 */
static void
count_left_out(List *items, const KeptItem *lost)
{
	ListCell   *lc;

	foreach(lc, items)
	{
		KeptItem   *item = (KeptItem *) lfirst(lc);

		if (item->rank == KEPT_RULE_RUN && strcmp(item->texts, lost->texts) == 0)
			item->left_out++;
	}
}

/*
 * Leave out what has no room; *size is that of the rest with its head.
 */
static List *
kept_fit(List *items, Size *size)
{
	Size		limit = (Size) worker_standby_size * 1024;
	List	   *fitting = NIL;
	ListCell   *lc;

	*size = MAXALIGN(sizeof(KeptHead));
	list_sort(items, compare_items);
	foreach(lc, items)
	{
		KeptItem   *item = (KeptItem *) lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		if (*size + item->size > limit)
		{
			count_left_out(items, item);
			continue;
		}
		*size += item->size;
		fitting = lappend(fitting, item);
	}
	return fitting;
}

/*
 * Write items into a new segment, which stays when we detach from it.
 */
static dsm_segment *
kept_write(List *items, Size size)
{
	dsm_segment *segment = dsm_create(size, 0);
	KeptHead   *head = (KeptHead *) dsm_segment_address(segment);
	char	   *at = (char *) head + MAXALIGN(sizeof(KeptHead));
	ListCell   *lc;

	head->dboid = MyDatabaseId;
	head->size = size;
	foreach(lc, items)
	{
		KeptItem   *item = (KeptItem *) lfirst(lc);

		memcpy(at, item, item->size);
		at += item->size;
	}
	dsm_pin_segment(segment);
	return segment;
}

/*
 * Put a segment in the place of the one before; returns the one that is to go.
 * Once the standby is promoted that is the new one.
 */
static dsm_handle
kept_swap(dsm_handle handle)
{
	DatabaseSlot *slot;
	dsm_handle	unwanted = handle;

	LWLockAcquire(worker_lock, LW_EXCLUSIVE);
	slot = slot_find(MyDatabaseId);
	if (slot != NULL && RecoveryInProgress())
	{
		unwanted = slot->kept;
		slot->kept = handle;
	}
	LWLockRelease(worker_lock);
	return unwanted;
}

/*
 * Keep items of a rule, a list of KeptItem, instead of those before: of all of
 * them, or of that on its run alone.
 */
void
kept_replace(const char *rule, List *items, bool run_only)
{
	List	   *all = NIL;
	List	   *old = kept_items(kept_copy());
	dsm_segment *segment;
	Size		size;
	ListCell   *lc;

	foreach(lc, old)
	{
		KeptItem   *item = (KeptItem *) lfirst(lc);

		if (strcmp(item->texts, rule) != 0 ||
			(run_only && item->rank != KEPT_RULE_RUN))
			all = lappend(all, item);
	}
	all = kept_fit(list_concat(all, items), &size);
	segment = kept_write(all, size);
	kept_release(kept_swap(dsm_segment_handle(segment)));
	dsm_detach(segment);
}

/*
 * Let a segment go that is in no slot any more.
 */
void
kept_release(dsm_handle handle)
{
	if (handle != DSM_HANDLE_INVALID)
		dsm_unpin_segment(handle);
}

/*
 * Forget what is kept of a database.
 */
void
kept_forget(Oid dboid)
{
	DatabaseSlot *slot;
	dsm_handle	handle = DSM_HANDLE_INVALID;

	LWLockAcquire(worker_lock, LW_EXCLUSIVE);
	slot = slot_find(dboid);
	if (slot != NULL)
	{
		handle = slot->kept;
		slot->kept = DSM_HANDLE_INVALID;
	}
	LWLockRelease(worker_lock);
	kept_release(handle);
}

/*
 * SQL: standby_items(), what is kept of this database.
 */
Datum
dbadvisor_standby_items(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	ListCell   *lc;

	InitMaterializedSRF(fcinfo, 0);
	foreach(lc, kept_items(kept_copy()))
	{
		KeptItem   *item = (KeptItem *) lfirst(lc);
		Datum		values[ITEM_COLUMNS];
		bool		nulls[ITEM_COLUMNS] = {0};

		CHECK_FOR_INTERRUPTS();
		values[0] = CStringGetTextDatum(item->texts);
		values[1] = Int32GetDatum(item->rank);
		nulls[1] = item->rank == KEPT_RULE_RUN;
		values[2] = TimestampTzGetDatum(item->made_at);
		values[3] = Int32GetDatum(item->left_out);
		nulls[3] = item->rank != KEPT_RULE_RUN;
		values[4] = DirectFunctionCall1(jsonb_in,
										CStringGetDatum(item->texts + item->rule_length));
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/*
 * SQL: has_standby_advice(): is anything kept of this database?
 */
Datum
dbadvisor_has_standby_advice(PG_FUNCTION_ARGS)
{
	(void) fcinfo;
	PG_RETURN_BOOL(kept_handle() != DSM_HANDLE_INVALID);
}
