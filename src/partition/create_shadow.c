/*-------------------------------------------------------------------------
 *
 * create_shadow.c
 *		Make the empty partitioned table that statements are planned with.
 *
 * It is made by the server's own functions and not by statements, so that neither
 * event triggers nor the utility hooks of other extensions see it.  Its leaves
 * have neither TOAST tables nor indexes.  It lies in the extension's schema,
 * belongs to the schema's owner and has the backend's number in its name, so that
 * nobody waits for it.  It must never be committed: the caller is in a
 * subtransaction that is rolled back.
 *
 * Entry point: create_shadow().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/objectaddress.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "commands/tablecmds.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/value.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "compat.h"
#include "partition/partition_internal.h"

#define SHADOW_SCHEMA "dbadvisor"

/*
 * The owner of our schema.
 */
static Oid
schema_owner(void)
{
	Oid			schema = get_namespace_oid(SHADOW_SCHEMA, false);
	HeapTuple	tuple = SearchSysCache1(NAMESPACEOID, ObjectIdGetDatum(schema));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for schema %u", schema);
	owner = ((Form_pg_namespace) GETSTRUCT(tuple))->nspowner;
	ReleaseSysCache(tuple);
	return owner;
}

/*
 * A constant as the parser leaves it.
 */
static Node *
text_constant(const char *text)
{
	A_Const    *constant = makeNode(A_Const);

	constant->val.sval.type = T_String;
	constant->val.sval.sval = pstrdup(text);
	constant->location = -1;
	return (Node *) constant;
}

/*
 * A bound of a range as the parser leaves it.
 */
static List *
range_bound(const char *text, char *unbounded)
{
	ColumnRef  *keyword;

	if (text !=NULL)
		return list_make1(text_constant(text));
	keyword = makeNode(ColumnRef);
	keyword->fields = list_make1(makeString(unbounded));
	keyword->location = -1;
	return list_make1(keyword);
}

/*
 * The bounds of a leaf as the parser leaves them.
 */
static PartitionBoundSpec *
leaf_bound(char strategy, int modulus, const PlannedLeaf *leaf)
{
	PartitionBoundSpec *bound = makeNode(PartitionBoundSpec);

	bound->strategy = strategy;
	bound->location = -1;
	if (strategy == PARTITION_STRATEGY_RANGE)
	{
		bound->lowerdatums = range_bound(leaf->lower, "minvalue");
		bound->upperdatums = range_bound(leaf->upper, "maxvalue");
	}
	else if (strategy == PARTITION_STRATEGY_HASH)
	{
		bound->modulus = modulus;
		bound->remainder = leaf->remainder;
	}
	else if (leaf->value != NULL)
		bound->listdatums = list_make1(text_constant(leaf->value));
	else
		bound->is_default = true;
	return bound;
}

/*
 * How a table is partitioned, as the parser leaves it.
 */
static PartitionSpec *
partition_spec(const SchemeKey *key, char strategy)
{
	PartitionSpec *spec = makeNode(PartitionSpec);
	PartitionElem *element = makeNode(PartitionElem);

	element->name = pstrdup(key->name);
	element->location = -1;
	partition_spec_set_strategy(spec, strategy);
	spec->partParams = list_make1(element);
	spec->location = -1;
	return spec;
}

/*
 * A new statement that creates a table of the shadow; number 0 is the
 * partitioned table.
 */
static CreateStmt *
create_statement(int number)
{
	CreateStmt *stmt = makeNode(CreateStmt);

	stmt->relation = makeRangeVar(SHADOW_SCHEMA,
								  psprintf("shadow_%d_%d", MyProcPid, number),
								  -1);
	stmt->oncommit = ONCOMMIT_NOOP;
	return stmt;
}

/*
 * Create a table and let the next see it.
 */
static Oid
create_table(CreateStmt * stmt, Oid owner)
{
	ObjectAddress address = DefineRelation(stmt, RELKIND_RELATION, owner, NULL,
										   "");

	CommandCounterIncrement();
	return address.objectId;
}

/*
 * Create the partitioned table.
 */
static Oid
create_parent(const Scheme *scheme, Oid owner)
{
	CreateStmt *stmt = create_statement(0);

	stmt->tableElts = copyObject(scheme->columns);
	stmt->partspec = partition_spec(&scheme->key, scheme->strategy);
	return create_table(stmt, owner);
}

/* Where the tables come from. */
typedef struct Making
{
	const Scheme *scheme;
	Shadow	   *shadow;
	Oid			owner;
	int			tables;			/* below the partitioned table */
} Making;

/*
 * Create a partition of table number "parent"; "sub_key" says how it is
 * partitioned itself, NULL: it is a leaf.
 */
static Oid
create_partition(Making *making, int parent, PartitionBoundSpec * bound,
				 const SchemeKey *sub_key)
{
	CreateStmt *stmt = create_statement(++making->tables);

	stmt->inhRelations = list_make1(create_statement(parent)->relation);
	stmt->partbound = bound;
	if (sub_key != NULL)
		stmt->partspec = partition_spec(sub_key, PARTITION_STRATEGY_HASH);
	else
		/* the server's own, which needs no rights and has no surprises */
		stmt->accessMethod = pstrdup("heap");
	return create_table(stmt, making->owner);
}

/*
 * Create a leaf.
 */
static void
create_leaf(Making *making, int parent, PartitionBoundSpec * bound,
			const PlannedLeaf *planned)
{
	Shadow	   *shadow = making->shadow;
	ShadowLeaf *leaf = &shadow->leaves[shadow->nleaves++];

	CHECK_FOR_INTERRUPTS();
	leaf->relid = create_partition(making, parent, bound, NULL);
	leaf->fraction = planned->fraction;
	leaf->partitions = planned->partitions;
	leaf->key_statistics = planned->key_statistics;
	leaf->sub_statistics = planned->sub_statistics;
}

/*
 * Create a partition with its parts.
 */
static void
create_middle(Making *making, PartitionBoundSpec * bound,
			  const PlannedLeaf *planned)
{
	const Scheme *scheme = making->scheme;
	Shadow	   *shadow = making->shadow;
	int			number;
	ListCell   *cell;

	shadow->middles[shadow->nmiddles++] =
		create_partition(making, 0, bound, &scheme->sub_key);
	number = making->tables;
	foreach(cell, planned->parts)
	{
		const PlannedLeaf *part = lfirst(cell);

		create_leaf(making, number,
					leaf_bound(PARTITION_STRATEGY_HASH, scheme->sub_modulus,
							   part), part);
	}
}

/*
 * Order of leaves: by relid.
 */
static int
compare_relids(const void *a, const void *b)
{
	Oid			left = ((const ShadowLeaf *) a)->relid;
	Oid			right = ((const ShadowLeaf *) b)->relid;

	return (left > right) - (left < right);
}

/*
 * Create what is below the partitioned table.
 */
static void
create_partitions(Making *making)
{
	const Scheme *scheme = making->scheme;
	Shadow	   *shadow = making->shadow;
	int			count = list_length(scheme->leaves);
	ListCell   *cell;

	shadow->leaves = palloc0(sizeof(ShadowLeaf) * count * scheme->sub_modulus);
	shadow->middles = palloc0(sizeof(Oid) * count);
	foreach(cell, scheme->leaves)
	{
		const PlannedLeaf *planned = lfirst(cell);
		PartitionBoundSpec *bound = leaf_bound(scheme->strategy,
											   scheme->modulus, planned);

		if (planned->parts == NIL)
			create_leaf(making, 0, bound, planned);
		else
			create_middle(making, bound, planned);
	}
	qsort(shadow->leaves, shadow->nleaves, sizeof(ShadowLeaf), compare_relids);
	qsort(shadow->middles, shadow->nmiddles, sizeof(Oid), oid_cmp);
}

/*
 * Create the shadow of a scheme, in a subtransaction that the caller rolls back.
 */
Shadow *
create_shadow(const Scheme *scheme)
{
	Shadow	   *shadow = palloc0(sizeof(Shadow));
	Oid			owner = schema_owner();
	Making		making = {.scheme = scheme,.shadow = shadow,.owner = owner};
	Oid			caller;
	int			context;

	shadow->source = scheme->relid;
	shadow->source_type = scheme->row_type;
	shadow->key = scheme->key.attnum;
	shadow->sub_key = scheme->sub_key.attnum;
	GetUserIdAndSecContext(&caller, &context);
	SetUserIdAndSecContext(owner, context | SECURITY_LOCAL_USERID_CHANGE |
						   SECURITY_RESTRICTED_OPERATION);
	/* for the subtransaction: files go where the database has its own */
	(void) set_config_option("default_tablespace", "", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
	shadow->relid = create_parent(scheme, owner);
	shadow->type = get_rel_type_id(shadow->relid);
	create_partitions(&making);
	SetUserIdAndSecContext(caller, context);
	return shadow;
}
