/*-------------------------------------------------------------------------
 *
 * leaves.c
 *		Indexes on the partitions of a partitioned table.
 *
 * CREATE INDEX on a partitioned table makes one index per partition.  Columns
 * are matched by name: a partition may have them in another order, or have had
 * columns dropped.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/attmap.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "miscadmin.h"
#include "rewrite/rewriteManip.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "compat.h"
#include "whatif/whatif_internal.h"

/* A partition's share of the sample is never smaller than this. */
#define LEAF_SAMPLE_ROWS_MIN 1000

/*
 * Translate expressions over the parent's columns into the leaf's.
 */
static List *
map_expressions(List *nodes, const AttrMap *map, Oid rowtype)
{
	bool		whole_row;

	return (List *) map_variable_attnos((Node *) copyObject(nodes), 1, 0, map,
										rowtype, &whole_row);
}

/*
 * Make the index that CREATE INDEX on the parent would make on this leaf.
 */
static HypoIndex *
make_leaf(const HypoIndex *index, Relation parent, Relation rel, int rows)
{
	HypoIndex  *leaf = hypo_index_new(rel, index->am, index->nkeycolumns,
									  index->ncolumns);
	Oid			oid = leaf->oid;
	AttrNumber *attnums = leaf->attnums;
	AttrMap    *map = build_attrmap_by_name_compat(RelationGetDescr(rel),
												   RelationGetDescr(parent));

	*leaf = *index;
	leaf->oid = oid;
	leaf->relid = RelationGetRelid(rel);
	leaf->attnums = attnums;
	leaf->leaves = NIL;
	for (int i = 0; i < index->ncolumns; i++)
		if (index->attnums[i] != 0)
			attnums[i] = map->attnums[index->attnums[i] - 1];
	leaf->exprs = map_expressions(index->exprs, map, rel->rd_rel->reltype);
	leaf->predicate = map_expressions(index->predicate, map,
									  rel->rd_rel->reltype);
	free_attrmap(map);
	leaf->sample_rows = Min(rows, index->sample_rows);
	if (leaf->exprs != NIL)
		hypo_index_sample_expressions(leaf, rel, rows);
	hypo_index_estimate(leaf, rel);
	return leaf;
}

/*
 * Count a leaf into the figures of the index as a whole.
 */
static void
add_leaf(HypoIndex *index, HypoIndex *leaf)
{
	index->leaves = lappend(index->leaves, leaf);
	index->table_tuples += leaf->table_tuples;
	index->tuples += leaf->tuples;
	index->pages += leaf->pages;
	index->tree_height = Max(index->tree_height, leaf->tree_height);
}

/*
 * Make an index per leaf partition and sum up their sizes.
 */
void
hypo_index_add_leaves(HypoIndex *index, Relation parent)
{
	List	   *oids = find_all_inheritors(RelationGetRelid(parent),
										   AccessShareLock, NULL);
	int			rows = Max(EXPRESSION_SAMPLE_ROWS / list_length(oids),
						   LEAF_SAMPLE_ROWS_MIN);
	ListCell   *cell;

	foreach(cell, oids)
	{
		Oid			oid = lfirst_oid(cell);
		Relation	rel;

		CHECK_FOR_INTERRUPTS();
		if (get_rel_relkind(oid) != RELKIND_RELATION)
			continue;
		rel = table_open(oid, NoLock);
		add_leaf(index, make_leaf(index, parent, rel, rows));
		table_close(rel, NoLock);
	}
	list_free(oids);
}
