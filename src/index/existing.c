/*-------------------------------------------------------------------------
 *
 * existing.c
 *		Know the indexes that a table has, so that none is advised twice.
 *
 * Only indexes that every query may use count: valid, and without predicate.
 * Entry points: existing_read(), existing_covers().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_index.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"

#include "index/index_internal.h"

/*
 * Columns of an open index as expressions with varno 1.
 */
static List *
index_columns(Relation index)
{
	Form_pg_index form = index->rd_index;
	List	   *exprs = RelationGetIndexExpressions(index);
	ListCell   *next = list_head(exprs);
	List	   *columns = NIL;

	for (int i = 0; i < form->indnatts; i++)
	{
		AttrNumber	attno = form->indkey.values[i];
		Oid			type;
		int32		typmod;
		Oid			collation;

		if (attno == 0)
		{
			columns = lappend(columns, lfirst(next));
			next = lnext(exprs, next);
			continue;
		}
		get_atttypetypmodcoll(form->indrelid, attno, &type, &typmod,
							  &collation);
		columns = lappend(columns,
						  makeVar(1, attno, type, typmod, collation, 0));
	}
	return columns;
}

/*
 * Describe an open index.
 */
static ExistingIndex *
describe(Relation index)
{
	ExistingIndex *result = (ExistingIndex *) palloc0(sizeof(ExistingIndex));
	int			nkeys = index->rd_index->indnkeyatts;

	result->am = index->rd_rel->relam;
	result->ncolumns = index->rd_index->indnatts;
	result->nkeycolumns = nkeys;
	result->columns = index_columns(index);
	result->opfamilies = (Oid *) palloc(nkeys * sizeof(Oid));
	result->collations = (Oid *) palloc(nkeys * sizeof(Oid));
	result->descending = (bool *) palloc(nkeys * sizeof(bool));
	result->nulls_first = (bool *) palloc(nkeys * sizeof(bool));
	for (int i = 0; i < nkeys; i++)
	{
		result->opfamilies[i] = index->rd_opfamily[i];
		result->collations[i] = index->rd_indcollation[i];
		result->descending[i] = (index->rd_indoption[i] & INDOPTION_DESC) != 0;
		result->nulls_first[i] =
			(index->rd_indoption[i] & INDOPTION_NULLS_FIRST) != 0;
	}
	return result;
}

/*
 * List of ExistingIndex for an open table.
 */
List *
existing_read(Relation relation)
{
	List	   *result = NIL;
	List	   *oids = RelationGetIndexList(relation);
	ListCell   *lc;

	foreach(lc, oids)
	{
		Relation	index = index_open(lfirst_oid(lc), AccessShareLock);

		if (index->rd_index->indisvalid &&
			RelationGetIndexPredicate(index) == NIL)
			result = lappend(result, describe(index));
		index_close(index, AccessShareLock);
	}
	list_free(oids);
	return result;
}

/*
 * Do the first columns of the existing index sort as the candidate's keys do,
 * read forwards or backwards?
 */
static bool
keys_are_prefix(const ExistingIndex *existing, const Candidate *candidate)
{
	bool		forwards = true;
	bool		backwards = true;
	int			i = 0;
	ListCell   *lc;

	if (list_length(candidate->keys) > existing->nkeycolumns)
		return false;
	foreach(lc, candidate->keys)
	{
		KeyColumn  *key = (KeyColumn *) lfirst(lc);

		if (!equal(key->expr, list_nth(existing->columns, i)) ||
			exprCollation((Node *) key->expr) != existing->collations[i] ||
			(OidIsValid(key->opclass) &&
			 get_opclass_family(key->opclass) != existing->opfamilies[i]))
			return false;
		if (key->descending == existing->descending[i])
			backwards = false;
		else
			forwards = false;
		if ((key->nulls_first == existing->nulls_first[i]) != forwards)
			return false;
		i++;
	}
	return forwards || backwards;
}

/*
 * Is the column stored in the index as it is?
 */
static bool
column_is_stored(const ExistingIndex *existing, AttrNumber attno)
{
	ListCell   *lc;

	foreach(lc, existing->columns)
	{
		if (IsA(lfirst(lc), Var) && ((Var *) lfirst(lc))->varattno == attno)
			return true;
	}
	return false;
}

/*
 * Could the existing B-tree answer what a hash or BRIN candidate would?
 */
static bool
btree_leads_with(const ExistingIndex *existing, const Candidate *candidate)
{
	KeyColumn  *key = (KeyColumn *) linitial(candidate->keys);

	return existing->am == BTREE_AM_OID &&
		equal(key->expr, linitial(existing->columns));
}

/*
 * Does the existing index do all that the candidate would do?
 */
bool
existing_covers(const ExistingIndex *existing, const Candidate *candidate)
{
	bool		is_btree = strcmp(candidate->am_name, "btree") == 0;
	ListCell   *lc;

	if (!is_btree)
		return btree_leads_with(existing, candidate) ||
			(existing->am == (strcmp(candidate->am_name, "hash") == 0 ?
							  HASH_AM_OID : BRIN_AM_OID) &&
			 equal(((KeyColumn *) linitial(candidate->keys))->expr,
				   linitial(existing->columns)));
	if (existing->am != BTREE_AM_OID || !keys_are_prefix(existing, candidate))
		return false;
	foreach(lc, candidate->included)
	{
		if (!column_is_stored(existing, (AttrNumber) lfirst_int(lc)))
			return false;
	}
	return true;
}
