/*-------------------------------------------------------------------------
 *
 * scheme.c
 *		What a table would be cut into: the partitions and their shares.
 *
 * The share of a partition is what the planner expects of its bounds on the table
 * as it is.  Where there are more partitions than the setting
 * dbadvisor.shadow_partitions, those with the lowest bounds become one leaf, and
 * of a hash each leaf stands for several.  A second level, always a hash, has the
 * same parts everywhere.  Nothing of the table stays locked.
 *
 * Entry point: scheme_make().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/transam.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/typcache.h"

#include "argument.h"
#include "partition/partition_internal.h"

/* A partition is never without any row, or the planner would leave it out. */
#define MIN_FRACTION 1e-6

/* How expressions of the scheme are planned. */
#define SCHEME_SEARCH_PATH "pg_catalog, pg_temp"

/*
 * The letter that the catalog has for a strategy.
 */
static char
strategy_letter(const char *strategy)
{
	if (strcmp(strategy, "range") == 0)
		return PARTITION_STRATEGY_RANGE;
	if (strcmp(strategy, "list") == 0)
		return PARTITION_STRATEGY_LIST;
	if (strcmp(strategy, "hash") == 0)
		return PARTITION_STRATEGY_HASH;
	refuse_argument("strategy", psprintf("There is no strategy \"%s\".", strategy),
					"Use range, list or hash.");
	return '\0';
}

/*
 * Raise an error for a relation that cannot become a partitioned table.
 */
static void
check_relation(Relation rel)
{
	if (rel->rd_rel->relkind != RELKIND_RELATION ||
		rel->rd_rel->relispartition || rel->rd_rel->relhassubclass ||
		rel->rd_rel->relpersistence == RELPERSISTENCE_TEMP ||
		RelationGetRelid(rel) < FirstNormalObjectId)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" cannot be partitioned",
						RelationGetRelationName(rel)),
				 errdetail("It is not a plain, permanent table of its own.")));
}

/*
 * Find a key and raise an error where it cannot be one.  Bounds are read by the
 * type's input function, so only types of the server are taken.
 */
static void
set_key(SchemeKey *key, Relation rel)
{
	TupleDesc	desc = RelationGetDescr(rel);
	Form_pg_attribute attribute = NULL;
	TypeCacheEntry *type;

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute candidate = TupleDescAttr(desc, i);

		if (!candidate->attisdropped &&
			strcmp(NameStr(candidate->attname), key->name) == 0)
			attribute = candidate;
	}
	if (attribute == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of relation \"%s\" does not exist",
						key->name, RelationGetRelationName(rel))));
	if (attribute->attgenerated != '\0')
		refuse_argument("key", "It is a generated column.",
						"Use a column that is stored as it was given.");
	type = lookup_type_cache(attribute->atttypid,
							 TYPECACHE_CMP_PROC | TYPECACHE_HASH_EXTENDED_PROC);
	if (attribute->atttypid >= FirstNormalObjectId ||
		!OidIsValid(type->cmp_proc) || !OidIsValid(type->hash_extended_proc))
		refuse_argument("key", psprintf("Type %s is none of the server's that has an order.",
										format_type_be(attribute->atttypid)),
						"Use a column of another type.");
	key->attnum = attribute->attnum;
	key->type = attribute->atttypid;
	key->collation = attribute->attcollation;
}

/*
 * Copy the columns, so that each has the number that it has in the table: in the
 * place of a dropped one comes another that nothing asks for.
 */
static void
copy_columns(Scheme *scheme, TupleDesc desc)
{
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		scheme->columns =
			lappend(scheme->columns,
					makeColumnDef(NameStr(attribute->attname),
								  attribute->attisdropped ? BOOLOID : attribute->atttypid,
								  attribute->attisdropped ? -1 : attribute->atttypmod,
								  attribute->attisdropped ? InvalidOid : attribute->attcollation));
	}
}

/*
 * Read what is needed of the table; a SandboxFn.
 */
static void
read_table(void *arg)
{
	Scheme	   *scheme = arg;
	Relation	rel = table_open(scheme->relid, AccessShareLock);

	check_relation(rel);
	set_key(&scheme->key, rel);
	if (scheme->sub_key.name != NULL)
		set_key(&scheme->sub_key, rel);
	copy_columns(scheme, RelationGetDescr(rel));
	scheme->row_type = rel->rd_rel->reltype;
	scheme->index_count = list_length(RelationGetIndexList(rel));
	table_close(rel, NoLock);
}

/*
 * Add a leaf.
 */
static PlannedLeaf *
add_leaf(Scheme *scheme, const char *lower, const char *upper,
		 const char *value)
{
	PlannedLeaf *leaf = palloc0(sizeof(PlannedLeaf));

	leaf->lower = lower;
	leaf->upper = upper;
	leaf->value = value;
	leaf->partitions = 1;
	scheme->leaves = lappend(scheme->leaves, leaf);
	return leaf;
}

/*
 * Partitions of the first level that can be made.
 */
static int
first_level_limit(const Scheme *scheme)
{
	return Max(partition_shadow_limit / scheme->sub_modulus, 2);
}

/*
 * Cut the table into ranges; the first leaf takes those beyond the limit.
 */
static void
make_ranges(Scheme *scheme, List *bounds)
{
	int			merged = Max(list_length(bounds) + 1 - first_level_limit(scheme), 0);
	const char *lower = NULL;

	scheme->partitions = list_length(bounds) + 1;
	for (int i = merged; i < list_length(bounds); i++)
	{
		const char *upper = list_nth(bounds, i);

		add_leaf(scheme, lower, upper, NULL);
		lower = upper;
	}
	add_leaf(scheme, lower, NULL, NULL);
	((PlannedLeaf *) linitial(scheme->leaves))->partitions += merged;
}

/*
 * Cut the table into one partition per value and one for the rest.
 */
static void
make_list(Scheme *scheme, List *values)
{
	ListCell   *cell;

	scheme->partitions = list_length(values) + 1;
	if (scheme->partitions > first_level_limit(scheme))
		refuse_argument("partitions", psprintf("The list has %d values.",
											   list_length(values)),
						"Raise dbadvisor.shadow_partitions, or partition by hash.");
	foreach(cell, values)
		add_leaf(scheme, NULL, NULL, lfirst(cell));
	add_leaf(scheme, NULL, NULL, NULL);
}

/*
 * Cut the table by hash.
 */
static void
make_hash(Scheme *scheme, int partitions)
{
	if (partitions < 2)
		refuse_argument("partitions", "There is nothing to cut.",
						"Use two partitions at least.");
	scheme->partitions = partitions;
	scheme->modulus = Min(partitions, partition_shadow_limit);
	for (int i = 0; i < scheme->modulus; i++)
	{
		PlannedLeaf *leaf = add_leaf(scheme, NULL, NULL, NULL);

		leaf->remainder = i;
		leaf->partitions = scheme->partitions / scheme->modulus;
	}
}

/*
 * Rows that the planner expects of a condition on the key.
 */
static double
expected_rows(const Scheme *scheme, const char *condition)
{
	const char *table =
	quote_qualified_identifier(get_namespace_name(get_rel_namespace(scheme->relid)),
							   get_rel_name(scheme->relid));
	Statement  *stmt = statement_make(psprintf("SELECT FROM ONLY %s%s%s", table,
											   condition[0] == '\0' ? "" : " WHERE ",
											   condition),
									  scheme->owner, SCHEME_SEARCH_PATH);
	WhatIfResult result;

	statement_analyze_or_raise(stmt);
	result = whatif_statement(stmt, NULL, false);
	if (result.error != NULL)
		ThrowErrorData(result.error);
	statement_free(stmt);
	return result.rows;
}

/*
 * A comparison of the key with a value; "" without one.
 */
static char *
comparison(const Scheme *scheme, const char *operator, const char *value)
{
	return value == NULL ? "" :
		psprintf("%s %s %s::%s", quote_identifier(scheme->key.name), operator,
				 quote_literal_cstr(value),
				 format_type_be_qualified(scheme->key.type));
}

/*
 * Expected rows of a leaf; of the rest of a list, none.
 */
static double
leaf_rows(const Scheme *scheme, const PlannedLeaf *leaf)
{
	if (scheme->strategy == PARTITION_STRATEGY_LIST)
		return leaf->value == NULL ? 0 :
			expected_rows(scheme, comparison(scheme, "=", leaf->value));
	return expected_rows(scheme,
						 psprintf("%s%s%s",
								  comparison(scheme, ">=", leaf->lower),
								  leaf->lower && leaf->upper ? " AND " : "",
								  comparison(scheme, "<", leaf->upper)));
}

/*
 * Set the shares of the leaves, which sum up to one.
 */
static void
set_fractions(Scheme *scheme)
{
	double		total = 0;
	double		all = Max(expected_rows(scheme, ""), 1);
	ListCell   *cell;

	foreach(cell, scheme->leaves)
	{
		PlannedLeaf *leaf = lfirst(cell);

		CHECK_FOR_INTERRUPTS();
		leaf->fraction = leaf_rows(scheme, leaf);
		total += leaf->fraction;
	}
	/* what no value of the list has is in the last leaf */
	if (scheme->strategy == PARTITION_STRATEGY_LIST && total < all)
	{
		((PlannedLeaf *) llast(scheme->leaves))->fraction = all - total;
		total = all;
	}
	foreach(cell, scheme->leaves)
	{
		PlannedLeaf *leaf = lfirst(cell);

		leaf->fraction = Max(leaf->fraction / total, MIN_FRACTION);
	}
}

/*
 * Cut each leaf by the hash of another column: the parts are the same everywhere,
 * but for the share of the leaf.
 */
static void
add_parts(Scheme *scheme, int remainder)
{
	double		share;
	HeapTuple	statistics = cut_hash_statistics(scheme, &scheme->sub_key,
												 scheme->sub_modulus,
												 remainder, &share);
	ListCell   *cell;

	foreach(cell, scheme->leaves)
	{
		PlannedLeaf *leaf = lfirst(cell);
		PlannedLeaf *part = palloc0(sizeof(PlannedLeaf));

		part->remainder = remainder;
		part->fraction = Max(leaf->fraction * share, MIN_FRACTION);
		part->partitions = leaf->partitions * scheme->sub_partitions /
			scheme->sub_modulus;
		part->key_statistics = leaf->key_statistics;
		part->sub_statistics = statistics;
		leaf->parts = lappend(leaf->parts, part);
	}
}

/*
 * Set the statistics of the keys in each leaf, and the shares of a hash; a
 * SandboxFn.
 */
static void
set_statistics(void *arg)
{
	Scheme	   *scheme = arg;
	ListCell   *cell;

	foreach(cell, scheme->leaves)
	{
		PlannedLeaf *leaf = lfirst(cell);

		CHECK_FOR_INTERRUPTS();
		if (scheme->strategy == PARTITION_STRATEGY_HASH)
			leaf->key_statistics = cut_hash_statistics(scheme, &scheme->key,
													   scheme->modulus,
													   leaf->remainder,
													   &leaf->fraction);
		else
			leaf->key_statistics = cut_statistics(scheme, leaf);
		leaf->fraction = Max(leaf->fraction, MIN_FRACTION);
	}
	for (int i = 0; i < scheme->sub_modulus && scheme->sub_modulus > 1; i++)
	{
		CHECK_FOR_INTERRUPTS();
		add_parts(scheme, i);
	}
}

/*
 * Run a step in a sandbox, as the owner of the table.
 */
static void
run_as_owner(Scheme *scheme, SandboxFn step)
{
	ErrorData  *error = sandbox_run(scheme->owner, SCHEME_SEARCH_PATH, step,
									scheme);

	if (error != NULL)
		ThrowErrorData(error);
}

/*
 * Take in the second level, and raise an error where it cannot be one.
 */
static void
set_second_level(Scheme *scheme, const char *sub_key, int sub_partitions)
{
	scheme->sub_modulus = 1;
	scheme->sub_partitions = 1;
	if (sub_key[0] == '\0' && sub_partitions == 0)
		return;
	if (sub_key[0] == '\0' || sub_partitions < 2)
		refuse_argument("sub_partitions", "A second level needs a column and how many partitions its hash makes of one.",
						"Give both sub_key and sub_partitions, two at least, or neither.");
	if (scheme->strategy == PARTITION_STRATEGY_HASH ||
		strcmp(sub_key, scheme->key.name) == 0)
		refuse_argument("sub_key", "Partitions by hash, or by the same column, are not cut by a hash again.",
						"Use more partitions, or another column.");
	scheme->sub_key.name = sub_key;
	scheme->sub_partitions = sub_partitions;
	scheme->sub_modulus = Max(Min(sub_partitions, partition_shadow_limit / 2), 2);
}

/*
 * Work out a scheme; see partition_internal.h.
 */
Scheme *
scheme_make(Oid relid, const char *key, const char *strategy, List *bounds,
			int partitions, const char *sub_key, int sub_partitions)
{
	Scheme	   *scheme = palloc0(sizeof(Scheme));

	scheme->relid = relid;
	scheme->owner = relation_owner(relid);
	scheme->key.name = key;
	scheme->strategy = strategy_letter(strategy);
	set_second_level(scheme, sub_key, sub_partitions);
	run_as_owner(scheme, read_table);
	if (scheme->strategy == PARTITION_STRATEGY_RANGE)
		make_ranges(scheme, bounds);
	else if (scheme->strategy == PARTITION_STRATEGY_LIST)
		make_list(scheme, bounds);
	else
		make_hash(scheme, partitions);
	if (scheme->strategy != PARTITION_STRATEGY_HASH)
		set_fractions(scheme);
	run_as_owner(scheme, set_statistics);
	scheme->partitions *= scheme->sub_partitions;
	return scheme;
}
