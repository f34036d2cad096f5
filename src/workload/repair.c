/*-------------------------------------------------------------------------
 *
 * repair.c
 *		Make SQL again of what pg_stat_statements keeps of a statement.
 *
 * Entry point: repair_attempt().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "workload/workload.h"
#include "workload_internal.h"

/*
 * Change the attempt so that the error may go away; see workload_internal.h.
 */
bool
repair_attempt(Attempt *attempt, const ErrorData *error, int step)
{
	return false;
}
