/*-------------------------------------------------------------------------
 *
 * host.h
 *		What other modules may use of the facts about the machine.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_HOST_H
#define DBADVISOR_HOST_H

/* Define the settings that override what is wrong.  Called once, at load. */
extern void host_init(void);

#endif							/* DBADVISOR_HOST_H */
