/*-------------------------------------------------------------------------
 *
 * shared.c
 *		Shared memory of launcher and workers.
 *
 * It exists only where the library is preloaded; a crash of the server empties
 * it, and nothing in it is worth more than that.
 * Entry point: worker_shared_init().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/shmem.h"

#include "worker_internal.h"

#define SHARED_NAME "dbadvisor workers"

WorkerShared *worker_shared = NULL;
LWLock	   *worker_lock = NULL;

static shmem_request_hook_type previous_request = NULL;
static shmem_startup_hook_type previous_startup = NULL;

/*
 * shmem_request_hook: ask for the memory and its lock.
 */
static void
shared_request(void)
{
	if (previous_request)
		previous_request();
	RequestAddinShmemSpace(MAXALIGN(sizeof(WorkerShared)));
	RequestNamedLWLockTranche(SHARED_NAME, 1);
}

/*
 * shmem_startup_hook: find the memory, empty where it is new.
 */
static void
shared_startup(void)
{
	bool		found;

	if (previous_startup)
		previous_startup();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	worker_shared = (WorkerShared *) ShmemInitStruct(SHARED_NAME,
													 sizeof(WorkerShared),
													 &found);
	if (!found)
		MemSet(worker_shared, 0, sizeof(WorkerShared));
	worker_lock = &GetNamedLWLockTranche(SHARED_NAME)->lock;
	LWLockRelease(AddinShmemInitLock);
}

/*
 * Arrange for shared memory while the server starts.
 */
void
worker_shared_init(void)
{
	previous_request = shmem_request_hook;
	shmem_request_hook = shared_request;
	previous_startup = shmem_startup_hook;
	shmem_startup_hook = shared_startup;
}

/*
 * The slot of a database; NULL where it has none.
 */
DatabaseSlot *
slot_find(Oid dboid)
{
	for (int i = 0; i < MAX_DATABASES; i++)
	{
		if (worker_shared->slots[i].dboid == dboid)
			return &worker_shared->slots[i];
	}
	return NULL;
}

/*
 * The slot of a database, made where it has none; NULL where all are taken.
 */
DatabaseSlot *
slot_make(Oid dboid)
{
	DatabaseSlot *slot = slot_find(dboid);

	if (slot != NULL)
		return slot;
	slot = slot_find(InvalidOid);
	if (slot != NULL)
	{
		MemSet(slot, 0, sizeof(DatabaseSlot));
		slot->dboid = dboid;
	}
	return slot;
}

/*
 * Have the launcher look at once, also for new databases.
 */
void
launcher_wake(bool rescan)
{
	if (worker_shared == NULL)
		return;
	LWLockAcquire(worker_lock, LW_EXCLUSIVE);
	if (rescan)
		worker_shared->rescan = true;
	if (worker_shared->launcher != NULL)
		SetLatch(worker_shared->launcher);
	LWLockRelease(worker_lock);
}
