/*-------------------------------------------------------------------------
 *
 * argument.h
 *		Arguments that the SQL functions of several modules have.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_ARGUMENT_H
#define DBADVISOR_ARGUMENT_H

#include "postgres.h"

#include "datatype/timestamp.h"

/* Raise the error for a bad argument; detail says what it is, hint what to use. */
extern void refuse_argument(const char *name, const char *detail,
							const char *hint);

/*
 * Microseconds of the argument time_limit; -1 for one that is so long that it
 * limits nothing.  An error for a negative one.
 */
extern int64 time_limit_microseconds(const Interval *limit);

#endif							/* DBADVISOR_ARGUMENT_H */
