/*-------------------------------------------------------------------------
 *
 * database.c
 *		The databases of the cluster, as the launcher sees them.
 *
 * Templates and databases that refuse connections are left alone.  Whether the
 * extension is in a database can be seen from inside only; a worker looks once,
 * and again when a CREATE or DROP EXTENSION says so.
 * Entry points: databases_read(), activity_read().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_database.h"
#include "pgstat.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/varlena.h"

#include "compat.h"
#include "worker_internal.h"

/*
 * Does the text match a pattern with * and ? as wildcards?
 */
static bool
pattern_matches(const char *pattern, const char *text)
{
	while (*pattern != '\0')
	{
		if (*pattern == '*')
		{
			while (*pattern == '*')
				pattern++;
			for (;; text ++)
			{
				if (pattern_matches(pattern, text))
					return true;
				if (*text == '\0')
					return false;
			}
		}
		if (*text == '\0' || (*pattern != '?' && *pattern != *text))
			return false;
		pattern++;
		text	  ++;
	}
	return *text == '\0';
}

/*
 * Does dbadvisor.databases name the database?
 */
static bool
database_is_chosen(const char *name)
{
	char	   *list = pstrdup(worker_databases);
	List	   *patterns = NIL;
	ListCell   *lc;
	bool		chosen = false;

	if (SplitGUCList(list, ',', &patterns))
	{
		foreach(lc, patterns)
			chosen = chosen || pattern_matches((char *) lfirst(lc), name);
	}
	list_free(patterns);
	pfree(list);
	return chosen;
}

/*
 * Bring the slot of one database up to date; false where there is no room.
 */
static bool
database_note(const FormData_pg_database *database)
{
	bool		chosen = database_is_chosen(NameStr(database->datname));
	DatabaseSlot *slot;

	LWLockAcquire(worker_lock, LW_EXCLUSIVE);
	slot = slot_make(database->oid);
	if (slot != NULL)
	{
		slot->chosen = chosen;
		slot->name = database->datname;
	}
	LWLockRelease(worker_lock);
	return slot != NULL;
}

/*
 * Free the slots of databases that are not in the list.
 */
static void
forget_others(List *known)
{
	dsm_handle	kept[MAX_DATABASES];
	int			nkept = 0;

	LWLockAcquire(worker_lock, LW_EXCLUSIVE);
	for (int i = 0; i < MAX_DATABASES; i++)
	{
		DatabaseSlot *slot = &worker_shared->slots[i];

		if (OidIsValid(slot->dboid) && slot->pid == 0 && !slot->starting &&
			!list_member_oid(known, slot->dboid))
		{
			kept[nkept++] = slot->kept;
			MemSet(slot, 0, sizeof(DatabaseSlot));
		}
	}
	LWLockRelease(worker_lock);
	while (nkept > 0)
		kept_release(kept[--nkept]);
}

/*
 * Note the databases of pg_database that may be worked on, and forget the rest.
 */
static void
databases_scan(void)
{
	static bool told_full = false;
	Relation	relation = table_open(DatabaseRelationId, AccessShareLock);
	TableScanDesc scan = table_beginscan_catalog(relation, 0, NULL);
	List	   *known = NIL;
	HeapTuple	tuple;
	bool		full = false;

	while (HeapTupleIsValid(tuple = heap_getnext(scan, ForwardScanDirection)))
	{
		Form_pg_database database = (Form_pg_database) GETSTRUCT(tuple);

		if (database->datistemplate || !database->datallowconn)
			continue;
		known = lappend_oid(known, database->oid);
		if (!database_note(database))
			full = true;
	}
	table_endscan(scan);
	table_close(relation, AccessShareLock);
	forget_others(known);
	if (full && !told_full)
		ereport(LOG,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("dbadvisor looks after %d databases only", MAX_DATABASES),
				 errhint("Leave databases out that need no advice with dbadvisor.databases.")));
	told_full = full;
}

/*
 * Read pg_database in a transaction of its own.
 */
void
databases_read(void)
{
	MemoryContext old = CurrentMemoryContext;

	StartTransactionCommand();
	(void) GetTransactionSnapshot();
	databases_scan();
	CommitTransactionCommand();
	MemoryContextSwitchTo(old);
}

/*
 * Databases whose activity is to be read now, of those with the extension.
 */
static List *
activity_wanted(TimestampTz now)
{
	List	   *wanted = NIL;

	LWLockAcquire(worker_lock, LW_SHARED);
	for (int i = 0; i < MAX_DATABASES; i++)
	{
		DatabaseSlot *slot = &worker_shared->slots[i];

		if (slot->state == DATABASE_PRESENT && activity_due(slot, now))
			wanted = lappend_oid(wanted, slot->dboid);
	}
	LWLockRelease(worker_lock);
	return wanted;
}

/*
 * Bring the activity of databases up to date where it is time: how long their
 * sessions were active, as the statistics of the server know without asking in
 * the database.
 */
void
activity_read(void)
{
	TimestampTz now = GetCurrentTimestamp();
	List	   *wanted = activity_wanted(now);
	ListCell   *lc;

	if (wanted != NIL)
		pgstat_clear_snapshot();
	foreach(lc, wanted)
	{
		PgStat_StatDBEntry *entry = pgstat_fetch_stat_dbentry(lfirst_oid(lc));
		int64		active_us = entry != NULL ? db_entry_active_time(entry) : 0;
		DatabaseSlot *slot;

		LWLockAcquire(worker_lock, LW_EXCLUSIVE);
		slot = slot_find(lfirst_oid(lc));
		if (slot != NULL)
		{
			slot->active_us = active_us;
			slot->active_at = now;
		}
		LWLockRelease(worker_lock);
	}
	if (wanted != NIL)
		pgstat_clear_snapshot();
	list_free(wanted);
}
