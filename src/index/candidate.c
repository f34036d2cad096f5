/*-------------------------------------------------------------------------
 *
 * candidate.c
 *		Candidates and their key columns, made and compared.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "index/index_internal.h"

/*
 * Make a candidate that is in no pool yet.
 */
Candidate *
candidate_make(Oid relid, const char *am_name, List *keys, List *included)
{
	Candidate  *candidate = (Candidate *) palloc0(sizeof(Candidate));

	candidate->id = -1;
	candidate->relid = relid;
	candidate->am_name = am_name;
	candidate->keys = keys;
	candidate->included = included;
	return candidate;
}

/*
 * Make one on the same rows of the same table by the same access method, with
 * other columns.
 */
Candidate *
candidate_reshape(const Candidate *candidate, List *keys, List *included)
{
	Candidate  *result = candidate_make(candidate->relid, candidate->am_name,
										keys, included);

	result->predicate = candidate->predicate;
	return result;
}

/*
 * Do two candidates of one table have the same shape?
 */
bool
candidate_same(const Candidate *left, const Candidate *right)
{
	return strcmp(left->am_name, right->am_name) == 0 &&
		key_columns_equal(left->keys, right->keys) &&
		equal(left->included, right->included) &&
		equal(left->predicate, right->predicate);
}

/*
 * Is the expression among the columns?
 */
bool
key_columns_contain(List *columns, const Expr *expr)
{
	ListCell   *lc;

	foreach(lc, columns)
	{
		if (equal(((KeyColumn *) lfirst(lc))->expr, expr))
			return true;
	}
	return false;
}

/*
 * Are these two the same key columns?
 */
bool
key_columns_equal(List *left, List *right)
{
	ListCell   *lc;
	ListCell   *lc2;

	if (list_length(left) != list_length(right))
		return false;
	forboth(lc, left, lc2, right)
	{
		KeyColumn  *a = (KeyColumn *) lfirst(lc);
		KeyColumn  *b = (KeyColumn *) lfirst(lc2);

		if (a->opclass != b->opclass || a->descending != b->descending ||
			a->nulls_first != b->nulls_first || !equal(a->expr, b->expr))
			return false;
	}
	return true;
}
