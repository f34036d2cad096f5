/*-------------------------------------------------------------------------
 *
 * pool.c
 *		All candidates of the workload, each shape once, with predicted sizes.
 *
 * A shape that cannot exist, or that an existing index does already, stays in
 * the pool without a prediction, so that it is turned down only once.
 * Predictions are made in the sandbox as the owner of the table, who is the
 * one that CREATE INDEX would run expressions as.
 * Entry points: pool_make(), pool_add(), pool_derive().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "index/index_internal.h"

/*
 * The what-if engine has some fifteen thousand OIDs and gives out used ones
 * again after that.
 */
#define MAX_OIDS 12000

/* Derived candidates of one relation. */
#define MAX_DERIVED 200

/* INCLUDE columns of a merged index. */
#define MAX_MERGED_INCLUDED 6

/* What the sandbox is asked to do. */
typedef struct PoolTask
{
	Pool	   *pool;
	PoolRelation *relation;
	List	   *fresh;			/* of Candidate */
	int			next;			/* the one in work */
} PoolTask;

/*
 * Make a pool in the current memory context.
 */
Pool *
pool_make(int max_columns)
{
	Pool	   *pool = (Pool *) palloc0(sizeof(Pool));
	HASHCTL		control;

	memset(&control, 0, sizeof(control));
	control.keysize = sizeof(Oid);
	control.entrysize = sizeof(PoolRelation);
	control.hcxt = CurrentMemoryContext;
	pool->context = CurrentMemoryContext;
	pool->max_columns = max_columns;
	pool->capacity = 256;
	pool->candidates = (Candidate **) palloc(pool->capacity *
											 sizeof(Candidate *));
	pool->relations = hash_create("dbadvisor candidate relations", 64,
								  &control,
								  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	return pool;
}

/*
 * Copy a shape into the pool and number it.
 */
static Candidate *
candidate_enter(Pool *pool, PoolRelation *relation, const Candidate *shape)
{
	MemoryContext old = MemoryContextSwitchTo(pool->context);
	List	   *keys = NIL;
	Candidate  *candidate;
	ListCell   *lc;

	foreach(lc, shape->keys)
	{
		KeyColumn  *key = (KeyColumn *) palloc(sizeof(KeyColumn));

		*key = *(KeyColumn *) lfirst(lc);
		key->expr = copyObject(key->expr);
		keys = lappend(keys, key);
	}
	candidate = candidate_make(shape->relid, pstrdup(shape->am_name), keys,
							   list_copy(shape->included));
	candidate->predicate = copyObject(shape->predicate);
	if (pool->ncandidates == pool->capacity)
	{
		pool->capacity *= 2;
		pool->candidates = (Candidate **)
			repalloc(pool->candidates, pool->capacity * sizeof(Candidate *));
	}
	candidate->id = pool->ncandidates;
	pool->candidates[pool->ncandidates++] = candidate;
	relation->candidates = lappend(relation->candidates, candidate);
	MemoryContextSwitchTo(old);
	return candidate;
}

/*
 * Find the relation's entry, or make one.
 */
static PoolRelation *
relation_entry(Pool *pool, Oid relid)
{
	bool		found;
	PoolRelation *relation = (PoolRelation *)
	hash_search(pool->relations, &relid, HASH_ENTER, &found);
	MemoryContext old = MemoryContextSwitchTo(pool->context);

	if (!found)
	{
		relation->read = false;
		relation->unusable = false;
		relation->existing = NIL;
		relation->candidates = NIL;
		relation->sampled = NIL;
		pool->order = lappend(pool->order, relation);
	}
	MemoryContextSwitchTo(old);
	return relation;
}

/*
 * Find the candidate of this shape, or NULL.
 */
static Candidate *
candidate_find(const PoolRelation *relation, const Candidate *shape)
{
	ListCell   *lc;

	foreach(lc, relation->candidates)
	{
		Candidate  *candidate = (Candidate *) lfirst(lc);

		if (candidate_same(candidate, shape))
			return candidate;
	}
	return NULL;
}

/*
 * Have the what-if engine predict a candidate; it stays without a prediction
 * when such an index cannot exist.
 */
static void
candidate_predict(Pool *pool, Candidate *candidate)
{
	int			nkeys = list_length(candidate->keys);
	Oid		   *opclasses = (Oid *) palloc(nkeys * sizeof(Oid));
	bool	   *descending = (bool *) palloc(nkeys * sizeof(bool));
	bool	   *nulls_first = (bool *) palloc(nkeys * sizeof(bool));
	List	   *exprs = NIL;
	int			i = 0;
	ListCell   *lc;

	foreach(lc, candidate->keys)
	{
		KeyColumn  *key = (KeyColumn *) lfirst(lc);

		exprs = lappend(exprs, key->expr);
		opclasses[i] = key->opclass;
		descending[i] = key->descending;
		nulls_first[i] = key->nulls_first;
		i++;
	}
	candidate->index = hypo_index_from_keys(candidate->relid,
											candidate->am_name, exprs,
											opclasses, descending, nulls_first,
											candidate->included,
											candidate->predicate);
	if (candidate->index == NULL)
		return;
	candidate->bytes = hypo_index_bytes(candidate->index);
	pool->noids += 1 + list_length(candidate->index->leaves);
}

/*
 * Does an existing index do what the candidate would do?
 */
static bool
is_covered(const PoolRelation *relation, const Candidate *candidate)
{
	ListCell   *lc;

	foreach(lc, relation->existing)
	{
		if (existing_covers((ExistingIndex *) lfirst(lc), candidate))
			return true;
	}
	return false;
}

/*
 * Predict the fresh candidates of a relation from "next" on.
 */
static void
predict_next(PoolTask *task)
{
	PoolRelation *relation = task->relation;

	if (!relation->read)
	{
		Relation	rel = table_open(relation->relid, AccessShareLock);

		relation->existing = existing_read(rel);
		table_close(rel, AccessShareLock);
		relation->read = true;
	}
	for (; task->next < list_length(task->fresh); task->next++)
	{
		Candidate  *candidate = (Candidate *) list_nth(task->fresh,
													   task->next);

		CHECK_FOR_INTERRUPTS();
		if (task->pool->noids >= MAX_OIDS)
			task->pool->full = true;
		else if (!is_covered(relation, candidate))
			candidate_predict(task->pool, candidate);
	}
}

/*
 * SandboxFn: the same, with one sample for indexes on the same expressions.
 */
static void
predict_fresh(void *arg)
{
	PoolTask   *task = (PoolTask *) arg;

	whatif_share_samples(&task->relation->sampled);
	PG_TRY();
	{
		predict_next(task);
	}
	PG_FINALLY();
	{
		whatif_share_samples(NULL);
	}
	PG_END_TRY();
}

/*
 * Owner of a table, or InvalidOid when it is gone.
 */
static Oid
relation_owner(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

/*
 * Predict fresh candidates; one that fails does not keep the others from being
 * tried, a table that cannot be opened in time does.
 */
static void
pool_predict(Pool *pool, PoolRelation *relation, List *fresh)
{
	PoolTask	task = {pool, relation, fresh, 0};
	Oid			owner = relation_owner(relation->relid);
	MemoryContext old = MemoryContextSwitchTo(pool->context);

	relation->unusable |= !OidIsValid(owner);
	while (!relation->unusable && task.next < list_length(fresh))
	{
		ErrorData  *error = sandbox_run(owner, NULL, predict_fresh, &task);

		if (error == NULL)
			break;
		switch (statement_state_of_error(error))
		{
			case STATEMENT_LOCKED:
			case STATEMENT_UNDEFINED:
			case STATEMENT_TIMED_OUT:
				relation->unusable = true;
				break;
			default:
				relation->unusable = !relation->read;
				task.next++;
		}
		FreeErrorData(error);
	}
	MemoryContextSwitchTo(old);
}

/*
 * Enter shapes of one relation into the pool.  Returns the candidates that
 * could be created.
 */
Bitmapset *
pool_add(Pool *pool, List *shapes)
{
	PoolRelation *relation;
	List	   *entered = NIL;
	List	   *fresh = NIL;
	Bitmapset  *result = NULL;
	ListCell   *lc;

	if (shapes == NIL)
		return NULL;
	relation = relation_entry(pool, ((Candidate *) linitial(shapes))->relid);
	if (relation->unusable)
		return NULL;
	foreach(lc, shapes)
	{
		Candidate  *shape = (Candidate *) lfirst(lc);
		Candidate  *candidate = candidate_find(relation, shape);

		if (candidate == NULL)
		{
			candidate = candidate_enter(pool, relation, shape);
			fresh = lappend(fresh, candidate);
		}
		entered = lappend(entered, candidate);
	}
	if (fresh != NIL)
		pool_predict(pool, relation, fresh);
	foreach(lc, entered)
	{
		if (((Candidate *) lfirst(lc))->index != NULL)
			result = bms_add_member(result, ((Candidate *) lfirst(lc))->id);
	}
	return result;
}

/*
 * Attribute numbers to include when the keys are these: both lists together,
 * without those that are keys.
 */
static List *
merge_included(List *keys, List *left, List *right)
{
	List	   *both = list_concat_unique_int(list_copy(left), right);
	List	   *result = NIL;
	ListCell   *lc;

	list_sort(both, list_int_cmp);
	foreach(lc, both)
	{
		bool		is_key = false;
		ListCell   *lc2;

		foreach(lc2, keys)
		{
			Expr	   *expr = ((KeyColumn *) lfirst(lc2))->expr;

			is_key |= IsA(expr, Var) &&
				((Var *) expr)->varattno == lfirst_int(lc);
		}
		if (!is_key)
			result = lappend_int(result, lfirst_int(lc));
	}
	return result;
}

/*
 * One index that does what two do, where the second's search may use the
 * first's leading columns; NULL when it would be too wide.
 */
static Candidate *
merge(const Pool *pool, const Candidate *first, const Candidate *second)
{
	List	   *keys = list_copy(first->keys);
	List	   *included;
	ListCell   *lc;

	if (!equal(first->predicate, second->predicate) ||
		!key_columns_equal(list_make1(linitial(first->keys)),
						   list_make1(linitial(second->keys))))
		return NULL;
	foreach(lc, second->keys)
	{
		if (!key_columns_contain(keys, ((KeyColumn *) lfirst(lc))->expr))
			keys = lappend(keys, lfirst(lc));
	}
	included = merge_included(keys, first->included, second->included);
	if (list_length(keys) > pool->max_columns ||
		list_length(included) > MAX_MERGED_INCLUDED)
		return NULL;
	return candidate_reshape(first, keys, included);
}

/*
 * Add the narrower relatives of a candidate: without INCLUDE, and every
 * prefix.
 */
static List *
add_prefixes(List *shapes, const Candidate *candidate)
{
	int			nkeys = list_length(candidate->keys);

	if (candidate->included != NIL)
		shapes = lappend(shapes, candidate_reshape(candidate, candidate->keys,
												   NIL));
	for (int n = nkeys - 1; n > 0; n--)
		shapes = lappend(shapes,
						 candidate_reshape(candidate,
										   list_truncate(list_copy(candidate->keys), n),
										   NIL));
	return shapes;
}

/*
 * Shapes derived from the B-trees in the list, all of one relation.
 */
static List *
derive_shapes(const Pool *pool, List *btrees)
{
	List	   *shapes = NIL;
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, btrees)
		shapes = add_prefixes(shapes, (Candidate *) lfirst(lc));
	foreach(lc, btrees)
	{
		CHECK_FOR_INTERRUPTS();
		foreach(lc2, btrees)
		{
			Candidate  *merged;

			if (lc == lc2 || list_length(shapes) >= MAX_DERIVED)
				continue;
			merged = merge(pool, (Candidate *) lfirst(lc),
						   (Candidate *) lfirst(lc2));
			if (merged != NULL)
				shapes = lappend(shapes, merged);
		}
	}
	return shapes;
}

/*
 * Those B-trees of a relation that are in the set.
 */
static List *
btrees_among(const PoolRelation *relation, const Bitmapset *set)
{
	List	   *btrees = NIL;
	ListCell   *lc;

	foreach(lc, relation->candidates)
	{
		Candidate  *candidate = (Candidate *) lfirst(lc);

		if (bms_is_member(candidate->id, set) &&
			strcmp(candidate->am_name, "btree") == 0)
			btrees = lappend(btrees, candidate);
	}
	return btrees;
}

/*
 * Add to a set of candidates their prefixes and the merges of pairs on one
 * relation; returns all together.
 */
Bitmapset *
pool_derive(Pool *pool, const Bitmapset *used)
{
	Bitmapset  *result = bms_copy(used);
	ListCell   *lc;

	foreach(lc, pool->order)
	{
		List	   *btrees = btrees_among((PoolRelation *) lfirst(lc), used);

		result = bms_join(result,
						  pool_add(pool, derive_shapes(pool, btrees)));
	}
	return result;
}
