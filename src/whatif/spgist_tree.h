/*-------------------------------------------------------------------------
 *
 * spgist_tree.h
 *		An SP-GiST tree in memory; see spgist_tree.c.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_WHATIF_SPGIST_TREE_H
#define DBADVISOR_WHATIF_SPGIST_TREE_H

#include "postgres.h"

#include "whatif/whatif_internal.h"

typedef struct SpTree SpTree;

extern SpTree *spgist_tree_begin(const HypoIndex *index, Relation rel);
extern void spgist_tree_add(SpTree *tree, Datum value, Datum leaf,
							int included);
extern double spgist_tree_pages_per_row(SpTree *tree);

#endif							/* DBADVISOR_WHATIF_SPGIST_TREE_H */
