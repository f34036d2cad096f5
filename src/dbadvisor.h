/*-------------------------------------------------------------------------
 *
 * dbadvisor.h
 *		Settings that more than one module reads.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_H
#define DBADVISOR_H

#include "postgres.h"

#define DBADVISOR_VERSION "1.0"

/* dbadvisor.lock_timeout, ms: longest wait for a lock on a user's relation */
extern int	dbadvisor_lock_timeout;

/* dbadvisor.statement_timeout, ms: longest analysis or planning of one
 * statement; 0 for no limit */
extern int	dbadvisor_statement_timeout;

/* dbadvisor.rule_timeout, ms: longest run of one rule; 0 for no limit */
extern int	dbadvisor_rule_timeout;

/* dbadvisor.work_mem, kB: memory one advisor call may use */
extern int	dbadvisor_work_mem;

/* dbadvisor.include_values: data values may appear in findings */
extern bool dbadvisor_include_values;

#endif							/* DBADVISOR_H */
