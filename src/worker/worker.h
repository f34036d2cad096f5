/*-------------------------------------------------------------------------
 *
 * worker.h
 *		What other modules may use of the background workers: start-up, and
 *		telling how far long work has come.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_WORKER_H
#define DBADVISOR_WORKER_H

#include "postgres.h"

/* Settings, hooks, shared memory and the launcher; called by _PG_init(). */
extern void worker_init(void);

/*
 * Tell dbadvisor.progress what this backend is at: "done" of "total" parts of
 * a phase, and the object in hand (NULL: none).  Goes with the transaction.
 * Does nothing where the library is not preloaded.
 */
extern void progress_report(const char *phase, int64 done, int64 total,
							const char *object);

/* The same phase as before, another object. */
extern void progress_object(const char *object);

#endif							/* DBADVISOR_WORKER_H */
