/*-------------------------------------------------------------------------
 *
 * copied_columns.h
 *		Joins of a query that copies of a few columns would make needless:
 *		shared by the file that finds them and the one that prices them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_COPIED_COLUMNS_H
#define DBADVISOR_COPIED_COLUMNS_H

#include "postgres.h"

#include "nodes/parsenodes.h"

/* A table that a query joins for the values of a few columns, and no more. */
typedef struct CopiedColumns
{
	Oid			relid;			/* table that would have the copies */
	AttrNumber	key;			/* its column, a foreign key to the source */
	Oid			source;			/* table that is joined */
	List	   *columns;		/* int list, of the source */
	Query	   *query;			/* the same without the join */
	double		cost;			/* planner cost of that; set by who plans it */
} CopiedColumns;

/*
 * All such joins of the outermost query, each by itself; list of CopiedColumns.
 * The relations must be locked.
 */
extern List *copied_columns_find(const Query *query);

#endif							/* DBADVISOR_COPIED_COLUMNS_H */
