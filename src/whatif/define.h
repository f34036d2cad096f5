/*-------------------------------------------------------------------------
 *
 * define.h
 *		Columns of a CREATE INDEX statement; used by define.c alone.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_WHATIF_DEFINE_H
#define DBADVISOR_WHATIF_DEFINE_H

#include "postgres.h"

#include "nodes/parsenodes.h"
#include "whatif/whatif.h"

/* Resolve the columns of a transformed statement into the index. */
extern void index_elems_resolve(HypoIndex *index, const IndexStmt *stmt);

/* Names of the columns, as CREATE INDEX uses them for the index's name. */
extern List *index_elem_names(const IndexStmt *stmt);

#endif							/* DBADVISOR_WHATIF_DEFINE_H */
