/*-------------------------------------------------------------------------
 *
 * verify_table.h
 *		The table of determinants that a scan of the whole table fills.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VERIFY_TABLE_H
#define VERIFY_TABLE_H

#include "postgres.h"

#include "dependency/dependency_internal.h"

/*
 * Two hashes of each determinant, and what is noted of it; a place that is free
 * begins with 0.
 */
typedef struct VerifyTable
{
	int			nwords;			/* of a place */
	int			nentries;
	uint64		nplaces;		/* below 2^32 */
	uint64	   *words;			/* NULL: not made yet */
} VerifyTable;

extern double table_limit(const Budget *budget);
extern double table_places(double entries);
extern double table_bytes(const VerifyTable *table, double nplaces);
extern bool table_has_place(VerifyTable *table, Budget *budget,
							MemoryContext context, double entries);
extern uint64 *table_place(const VerifyTable *table, uint64 first,
						   uint64 second);
extern void table_free(VerifyTable *table);

#endif							/* VERIFY_TABLE_H */
