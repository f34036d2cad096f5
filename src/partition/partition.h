/*-------------------------------------------------------------------------
 *
 * partition.h
 *		What other modules may use of the partitioning module.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_PARTITION_H
#define DBADVISOR_PARTITION_H

/* Settings; called by _PG_init(). */
extern void partition_init(void);

#endif							/* DBADVISOR_PARTITION_H */
