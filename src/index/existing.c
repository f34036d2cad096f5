/*-------------------------------------------------------------------------
 *
 * existing.c
 *		Know the indexes that a table has, so that none is advised twice.
 *
 * Only valid indexes count; a partial one where its predicate holds for all
 * that the candidate would be for.
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
#include "optimizer/optimizer.h"
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
	result->predicate = RelationGetIndexPredicate(index);
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

		if (index->rd_index->indisvalid)
			result = lappend(result, describe(index));
		index_close(index, AccessShareLock);
	}
	list_free(oids);
	return result;
}

/*
 * Does the candidate's predicate leave a column of the existing index one
 * value, so that it does not matter for the order?
 */
static bool
column_is_pinned(const Candidate *candidate, Node *column)
{
	ListCell   *lc;

	foreach(lc, candidate->predicate)
	{
		Expr	   *clause = (Expr *) lfirst(lc);

		if (predicate_pins(clause) &&
			equal(predicate_operand(clause), column))
			return true;
	}
	return false;
}

/*
 * Does a key of the existing index hold the same values as that of the
 * candidate, in the order of the same operators?
 */
static bool
key_is_same(const ExistingIndex *existing, int i, const KeyColumn *key)
{
	return equal(key->expr, list_nth(existing->columns, i)) &&
		exprCollation((Node *) key->expr) == existing->collations[i] &&
		(!OidIsValid(key->opclass) ||
		 get_opclass_family(key->opclass) == existing->opfamilies[i]);
}

/*
 * Do the first columns of the existing index, without those of one value, sort
 * as the candidate's keys do, read forwards or backwards?  Returns how many
 * columns that takes, 0 if they do not.
 */
static int
keys_are_prefix(const ExistingIndex *existing, const Candidate *candidate)
{
	bool		forwards = true;
	bool		backwards = true;
	int			i = 0;
	ListCell   *lc;

	foreach(lc, candidate->keys)
	{
		KeyColumn  *key = (KeyColumn *) lfirst(lc);

		while (i < existing->nkeycolumns && !key_is_same(existing, i, key) &&
			   column_is_pinned(candidate, list_nth(existing->columns, i)))
			i++;
		if (i >= existing->nkeycolumns || !key_is_same(existing, i, key))
			return 0;
		if (key->descending == existing->descending[i])
			backwards = false;
		else
			forwards = false;
		if ((key->nulls_first == existing->nulls_first[i]) != forwards)
			return 0;
		i++;
	}
	return forwards || backwards ? i : 0;
}

/*
 * Do the existing index's first key columns say whether a row satisfies the
 * candidate's predicate, or does its own predicate?
 */
static bool
predicate_is_served(const ExistingIndex *existing, int nkeys,
					const Candidate *candidate)
{
	ListCell   *lc;

	if (existing->predicate != NIL &&
		!predicate_implied_by(existing->predicate, candidate->predicate,
							  false))
		return false;
	foreach(lc, candidate->predicate)
	{
		Expr	   *operand = predicate_operand((Expr *) lfirst(lc));
		bool		found = list_member(existing->predicate, lfirst(lc));

		for (int i = 0; i < nkeys && !found; i++)
			found = equal(operand, list_nth(existing->columns, i));
		if (!found)
			return false;
	}
	return true;
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
 * Does the existing index have the operator that the candidate of another
 * method serves, on the same key?  Any column of a GIN index can be searched
 * by itself, of other indexes the first.
 */
static bool
operator_is_served(const ExistingIndex *existing, const KeyColumn *key)
{
	int			ncolumns = existing->am == GIN_AM_OID ?
	existing->nkeycolumns : 1;

	for (int i = 0; i < ncolumns; i++)
	{
		Oid			family = existing->opfamilies[i];

		if (equal(key->expr, list_nth(existing->columns, i)) &&
			(op_in_opfamily(key->operator, family) ||
			 OidIsValid(get_op_opfamily_sortfamily(key->operator, family))))
			return true;
	}
	return false;
}

/*
 * Does the existing index do what a hash or BRIN candidate would: one of the
 * same method, or a B-tree?
 */
static bool
key_is_served(const ExistingIndex *existing, const Candidate *candidate)
{
	KeyColumn  *key = (KeyColumn *) linitial(candidate->keys);
	Oid			am = strcmp(candidate->am_name, "hash") == 0 ?
	HASH_AM_OID : BRIN_AM_OID;

	return (existing->am == BTREE_AM_OID || existing->am == am) &&
		equal(key->expr, linitial(existing->columns));
}

/*
 * Does the existing index contain what the candidate includes?
 */
static bool
columns_are_stored(const ExistingIndex *existing, const Candidate *candidate)
{
	ListCell   *lc;

	foreach(lc, candidate->included)
	{
		if (!column_is_stored(existing, (AttrNumber) lfirst_int(lc)))
			return false;
	}
	return true;
}

/*
 * Does the existing index do all that the candidate would do?
 */
bool
existing_covers(const ExistingIndex *existing, const Candidate *candidate)
{
	KeyColumn  *first = (KeyColumn *) linitial(candidate->keys);
	int			nkeys;

	if (strcmp(candidate->am_name, "btree") != 0)
		return predicate_is_served(existing, 1, candidate) &&
			(OidIsValid(first->operator) ?
			 operator_is_served(existing, first) :
			 key_is_served(existing, candidate));
	if (existing->am != BTREE_AM_OID)
		return false;
	nkeys = keys_are_prefix(existing, candidate);
	return nkeys > 0 && predicate_is_served(existing, nkeys, candidate) &&
		columns_are_stored(existing, candidate);
}
