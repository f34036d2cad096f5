/*-------------------------------------------------------------------------
 *
 * unique.c
 *		Decide whether a unique index may be believed.
 *
 * The planner draws far-reaching conclusions from a unique index (a join goes
 * away, a lookup returns one row), so uniqueness that is only claimed must not
 * reach it.  It is believed when a unique index that exists proves it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "utils/rel.h"
#include "utils/relcache.h"

#include "whatif/whatif_internal.h"

/*
 * Is the column of an existing index a key column of the new one, with the
 * same notion of equality?
 */
static bool
has_key_column(const HypoIndex *index, Relation existing, int column)
{
	for (int i = 0; i < index->nkeycolumns; i++)
	{
		if (index->attnums[i] != 0 &&
			index->attnums[i] == existing->rd_index->indkey.values[column] &&
			index->opfamilies[i] == existing->rd_opfamily[column] &&
			index->collations[i] == existing->rd_indcollation[column])
			return true;
	}
	return false;
}

/*
 * Does this index, which exists, prove that the new one would be unique?
 */
static bool
proves_unique(const HypoIndex *index, Relation existing)
{
	Form_pg_index form = existing->rd_index;

	if (!form->indisunique || !form->indisvalid || !form->indimmediate ||
		existing->rd_rel->relam != index->am ||
		RelationGetIndexPredicate(existing) != NIL ||
		(index->nulls_not_distinct && !form->indnullsnotdistinct))
		return false;
	for (int i = 0; i < form->indnkeyatts; i++)
		if (form->indkey.values[i] == 0 || !has_key_column(index, existing, i))
			return false;
	return true;
}

/*
 * Is there an index on the relation that proves the uniqueness of this one?
 */
bool
hypo_index_unique_is_proven(const HypoIndex *index, Relation rel)
{
	List	   *oids = RelationGetIndexList(rel);
	bool		proven = false;
	ListCell   *cell;

	foreach(cell, oids)
	{
		Relation	existing = index_open(lfirst_oid(cell), AccessShareLock);

		proven = proves_unique(index, existing);
		index_close(existing, NoLock);
		if (proven)
			break;
	}
	list_free(oids);
	return proven;
}
