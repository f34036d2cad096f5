/*-------------------------------------------------------------------------
 *
 * utility.c
 *		Commands that workers must not be in the way of, and those that make
 *		work for them.
 *
 * A command that wants a database for itself (DROP, RENAME, a copy of it as a
 * template) or our extension has the worker there told to leave, and no other
 * comes for a moment.  The server waits five seconds for sessions to leave a
 * database, so that is enough.  The launcher hears of an extension that comes,
 * changes or goes when that is committed.
 * Entry points: utility_init(); the SQL function request_analysis().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <signal.h>

#include "access/xact.h"
#include "access/xlog.h"
#include "commands/dbcommands.h"
#include "commands/defrem.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "tcop/utility.h"
#include "utils/timestamp.h"

#include "worker_internal.h"

/* How long a database is left alone for a command, ms. */
#define BLOCK_MS 15000

static ProcessUtility_hook_type previous_utility = NULL;

/* What to do when the transaction commits. */
static bool look_at_commit = false; /* whether the extension is here */
static bool rescan_at_commit = false;	/* for databases that have come */
static bool request_at_commit = false;	/* an analysis of this one */

PG_FUNCTION_INFO_V1(dbadvisor_request_analysis);

/*
 * Tell the worker of a database to leave, and keep others off for a while.
 */
static void
database_block(Oid dboid)
{
	TimestampTz until = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
													BLOCK_MS);
	DatabaseSlot *slot;

	if (!OidIsValid(dboid))
		return;
	LWLockAcquire(worker_lock, LW_EXCLUSIVE);
	slot = slot_find(dboid);
	if (slot != NULL && slot->pid != MyProcPid)
	{
		slot->blocked_until = until;
		slot->told_to_stop = true;
		if (slot->pid != 0)
			kill(slot->pid, SIGTERM);
	}
	LWLockRelease(worker_lock);
}

/*
 * The database that CREATE DATABASE copies; invalid where it is the default.
 */
static Oid
template_of(const CreatedbStmt *stmt)
{
	ListCell   *lc;

	foreach(lc, stmt->options)
	{
		DefElem    *option = (DefElem *) lfirst(lc);

		if (strcmp(option->defname, "template") == 0 && option->arg != NULL)
			return get_database_oid(defGetString(option), true);
	}
	return InvalidOid;
}

/*
 * Does ALTER DATABASE move the database to another tablespace?
 */
static bool
moves_database(const AlterDatabaseStmt *stmt)
{
	ListCell   *lc;

	foreach(lc, stmt->options)
	{
		if (strcmp(((DefElem *) lfirst(lc))->defname, "tablespace") == 0)
			return true;
	}
	return false;
}

/*
 * Does DROP name our extension, or our schema with it?
 */
static bool
drops_us(const DropStmt *stmt)
{
	ListCell   *lc;

	if (stmt->removeType != OBJECT_EXTENSION &&
		stmt->removeType != OBJECT_SCHEMA)
		return false;
	foreach(lc, stmt->objects)
	{
		if (strcmp(strVal(lfirst(lc)), "dbadvisor") == 0)
			return true;
	}
	return false;
}

/*
 * Does the statement make, change or remove our extension?  *present says that
 * it is there before, perhaps with a worker at it.
 */
static bool
concerns_extension(const Node *stmt, bool *present)
{
	*present = true;
	switch (nodeTag(stmt))
	{
		case T_CreateExtensionStmt:
			*present = false;
			return strcmp(((const CreateExtensionStmt *) stmt)->extname,
						  "dbadvisor") == 0;
		case T_AlterExtensionStmt:
			return strcmp(((const AlterExtensionStmt *) stmt)->extname,
						  "dbadvisor") == 0;
		case T_AlterExtensionContentsStmt:
			return strcmp(((const AlterExtensionContentsStmt *) stmt)->extname,
						  "dbadvisor") == 0;
		case T_DropStmt:
			return drops_us((const DropStmt *) stmt);
		case T_DropOwnedStmt:
		case T_ReassignOwnedStmt:
			return true;
		default:
			return false;
	}
}

/*
 * The database that a statement wants for itself; invalid for none.
 */
static Oid
database_wanted(const Node *stmt)
{
	switch (nodeTag(stmt))
	{
		case T_DropdbStmt:
			return get_database_oid(((const DropdbStmt *) stmt)->dbname, true);
		case T_CreatedbStmt:
			return template_of((const CreatedbStmt *) stmt);
		case T_AlterDatabaseStmt:
			if (moves_database((const AlterDatabaseStmt *) stmt))
				return get_database_oid(((const AlterDatabaseStmt *) stmt)->dbname,
										true);
			return InvalidOid;
		case T_RenameStmt:
			if (((const RenameStmt *) stmt)->renameType == OBJECT_DATABASE)
				return get_database_oid(((const RenameStmt *) stmt)->subname,
										true);
			return InvalidOid;
		default:
			return InvalidOid;
	}
}

/*
 * ProcessUtility_hook: step aside before, remember what to look at after.
 */
static void
utility_hook(PlannedStmt *planned, const char *query, bool read_only_tree,
			 ProcessUtilityContext context, ParamListInfo params,
			 QueryEnvironment *environment, DestReceiver *dest,
			 QueryCompletion *completion)
{
	const Node *stmt = planned->utilityStmt;
	bool		created = IsA(stmt, CreatedbStmt) || IsA(stmt, DropdbStmt);
	bool		present;
	bool		ours;

	ours = concerns_extension(stmt, &present);
	if (ours && present)
		database_block(MyDatabaseId);
	database_block(database_wanted(stmt));
	/* Before, since CREATE DATABASE ends its transaction itself. */
	look_at_commit |= ours;
	rescan_at_commit |= created;
	(previous_utility ? previous_utility : standard_ProcessUtility)
		(planned, query, read_only_tree, context, params, environment, dest,
		 completion);
}

/*
 * Do at commit what was remembered.
 */
static void
commit_remembered(void)
{
	DatabaseSlot *slot;

	LWLockAcquire(worker_lock, LW_EXCLUSIVE);
	slot = slot_make(MyDatabaseId);
	if (slot != NULL && look_at_commit)
	{
		slot->state = DATABASE_UNKNOWN;
		slot->times_known = false;
		slot->failures = 0;
		slot->retry_at = 0;
		slot->blocked_until = 0;
	}
	if (slot != NULL && request_at_commit)
	{
		slot->requested = true;
		/* what asks for it is here, also where a standby has not seen it come */
		if (slot->state == DATABASE_ABSENT)
			slot->state = DATABASE_UNKNOWN;
	}
	LWLockRelease(worker_lock);
	launcher_wake(rescan_at_commit || look_at_commit);
}

/*
 * XactCallback: at commit tell the launcher, at abort forget.
 */
static void
utility_at_xact_end(XactEvent event, void *arg)
{
	(void) arg;
	if (!look_at_commit && !rescan_at_commit && !request_at_commit)
		return;
	if (event == XACT_EVENT_COMMIT)
		commit_remembered();
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT ||
		event == XACT_EVENT_PREPARE)
		look_at_commit = rescan_at_commit = request_at_commit = false;
}

/*
 * Put the hook in place.
 */
void
utility_init(void)
{
	previous_utility = ProcessUtility_hook;
	ProcessUtility_hook = utility_hook;
	RegisterXactCallback(utility_at_xact_end, NULL);
}

/*
 * Raise an error where no worker can come: not preloaded, a standby without
 * memory for advice, switched off, or a database that is not chosen.
 */
static void
check_can_come(void)
{
	DatabaseSlot *slot;
	bool		chosen = true;

	if (worker_shared == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("background workers are not running"),
				 errhint("Add dbadvisor to shared_preload_libraries and restart, or call dbadvisor.analyze().")));
	if (RecoveryInProgress() && worker_standby_size == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("background workers wait for the promotion of this standby"),
				 errhint("Set dbadvisor.standby_advice_size, or call dbadvisor.recommend_indexes() here.")));
	LWLockAcquire(worker_lock, LW_SHARED);
	slot = slot_find(MyDatabaseId);
	if (slot != NULL && OidIsValid(slot->dboid) && NameStr(slot->name)[0] != '\0')
		chosen = slot->chosen;
	LWLockRelease(worker_lock);
	if (!worker_enabled || !chosen)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("background workers do not look after this database"),
				 errhint("See the settings dbadvisor.worker and dbadvisor.databases.")));
}

/*
 * SQL: request_analysis(): one as soon as this transaction has committed.
 */
Datum
dbadvisor_request_analysis(PG_FUNCTION_ARGS)
{
	(void) fcinfo;
	check_can_come();
	request_at_commit = true;
	PG_RETURN_VOID();
}
