/*-------------------------------------------------------------------------
 *
 * miscadmin.h
 *		Nobody interrupts a program of its own.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MISCADMIN_H
#define MISCADMIN_H

#define CHECK_FOR_INTERRUPTS() ((void) 0)

#endif							/* MISCADMIN_H */
