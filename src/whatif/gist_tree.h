/*-------------------------------------------------------------------------
 *
 * gist_tree.h
 *		A GiST tree in memory; see gist_tree.c.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_WHATIF_GIST_TREE_H
#define DBADVISOR_WHATIF_GIST_TREE_H

#include "postgres.h"

#include "whatif/whatif_internal.h"

typedef struct GistTree GistTree;

extern GistTree *gist_tree_begin(const HypoIndex *index, Relation rel,
								 int space);
extern void gist_tree_add(GistTree *tree, Datum stored, int size);
extern double gist_tree_fill(GistTree *tree);

#endif							/* DBADVISOR_WHATIF_GIST_TREE_H */
