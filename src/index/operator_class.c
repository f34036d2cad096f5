/*-------------------------------------------------------------------------
 *
 * operator_class.c
 *		Tell which operator classes of GIN, GiST, SP-GiST, HNSW and IVFFlat
 *		serve an operator of a clause.
 *
 * The catalog knows: pg_amop names the families that have the operator, and
 * pg_opclass their classes with the types that they take.  No operator is
 * listed here by name, so those of any extension count.  What B-tree or hash
 * serve is left to them.
 * Entry points: operator_class_items(), operator_class_nearest(),
 * operator_is_distance().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_type_d.h"
#include "commands/defrem.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "index/index_internal.h"

/* Classes proposed for one operator of one access method. */
#define MAX_CLASSES 2

/* Most dimensions that pgvector's indexes take: of bits, of half-precision
 * vectors, of others. */
#define MAX_BITS 64000
#define MAX_HALF_DIMENSIONS 4000
#define MAX_DIMENSIONS 2000

/* The order in which methods are proposed. */
typedef enum MethodRank
{
	METHOD_GIN,
	METHOD_GIST,
	METHOD_SPGIST,
	METHOD_HNSW,
	METHOD_IVFFLAT,
	METHOD_OTHER
} MethodRank;

/* A class that could serve. */
typedef struct ClassChoice
{
	Oid			opclass;
	int			rank;			/* smallest first */
} ClassChoice;

/*
 * Rank of an access method; METHOD_OTHER for those not proposed here.
 */
static MethodRank
method_rank(Oid am)
{
	const char *name = whatif_method_name(am);

	switch (am)
	{
		case BTREE_AM_OID:
		case HASH_AM_OID:
		case BRIN_AM_OID:
			return METHOD_OTHER;
		case GIN_AM_OID:
			return METHOD_GIN;
		case GIST_AM_OID:
			return METHOD_GIST;
		case SPGIST_AM_OID:
			return METHOD_SPGIST;
	}
	if (name != NULL && strcmp(name, "hnsw") == 0)
		return METHOD_HNSW;
	if (name != NULL && strcmp(name, "ivfflat") == 0)
		return METHOD_IVFFLAT;
	return METHOD_OTHER;
}

/*
 * Does the class take values of this type?
 */
static bool
class_accepts(const Form_pg_opclass class, Oid type)
{
	return class->opcintype == type || IsBinaryCoercible(type, class->opcintype);
}

/*
 * Rank of an operator class among those of its method: the one for paths of
 * JSON documents is much smaller than the other where it has the operator;
 * else the default of the type.
 */
static int
class_rank(const Form_pg_opclass class)
{
	if (class->opcmethod == GIN_AM_OID &&
		strcmp(NameStr(class->opcname), "jsonb_path_ops") == 0)
		return 0;
	return class->opcdefault ? 1 : 2;
}

/*
 * Put a class among the best ones.
 */
static void
keep_class(ClassChoice *best, int *count, Oid opclass, int rank)
{
	int			place = *count;

	for (int i = 0; i < *count; i++)
		if (best[i].opclass == opclass)
			return;
	while (place > 0 && best[place - 1].rank > rank)
		place--;
	if (place >= MAX_CLASSES)
		return;
	if (*count < MAX_CLASSES)
		(*count)++;
	for (int i = *count - 1; i > place; i--)
		best[i] = best[i - 1];
	best[place].opclass = opclass;
	best[place].rank = rank;
}

/*
 * Look among the classes of an access method for those of a family that take
 * the type.
 */
static void
classes_of_family(Oid am, Oid family, Oid type, ClassChoice *best, int *count)
{
	CatCList   *classes = SearchSysCacheList1(CLAAMNAMENSP,
											  ObjectIdGetDatum(am));

	for (int i = 0; i < classes->n_members; i++)
	{
		Form_pg_opclass class = (Form_pg_opclass)
		GETSTRUCT(&classes->members[i]->tuple);

		if (class->opcfamily == family && class_accepts(class, type))
			keep_class(best, count, class->oid, class_rank(class));
	}
	ReleaseSysCacheList(classes);
}

/*
 * Most dimensions that an index can have of a type of vectors.  Sparse ones are
 * limited in another way, which few of them come near.
 */
static int
max_dimensions(Oid type)
{
	const char *name = format_type_be(type);
	const char *dot = strrchr(name, '.');

	if (dot != NULL)
		name = dot + 1;
	if (type == BITOID)
		return MAX_BITS;
	if (strcmp(name, "halfvec") == 0)
		return MAX_HALF_DIMENSIONS;
	return strcmp(name, "sparsevec") == 0 ? PG_INT32_MAX : MAX_DIMENSIONS;
}

/*
 * Can the method index the key?  Vectors need a number of dimensions.
 */
static bool
method_takes_key(MethodRank method, Expr *key)
{
	int32		typmod = exprTypmod((Node *) key);

	return (method != METHOD_HNSW && method != METHOD_IVFFLAT) ||
		(typmod > 0 && typmod <= max_dimensions(exprType((Node *) key)));
}

/*
 * Append an item for each of the classes.
 */
static List *
add_items(List *items, const KeyItem *pattern, Oid am,
		  const ClassChoice *best, int count)
{
	for (int i = 0; i < count; i++)
	{
		KeyItem    *item = (KeyItem *) palloc(sizeof(KeyItem));

		*item = *pattern;
		item->am_name = get_am_name(am);
		item->opclass = best[i].opclass;
		items = lappend(items, item);
	}
	return items;
}

/*
 * Is this pg_amop entry one that could serve: by an operator on the key's
 * side, and for searching or for ordering as is asked?
 */
static bool
entry_serves(const Form_pg_amop entry, const KeyItem *pattern, Oid sort_family)
{
	if (pattern->role == KEY_SEARCH)
		return entry->amoppurpose == AMOP_SEARCH;
	return entry->amoppurpose == AMOP_ORDER &&
		entry->amopsortfamily == sort_family;
}

/*
 * Items of one access method for the operator.
 */
static List *
items_of_method(List *items, CatCList *entries, MethodRank method,
				const KeyItem *pattern, Oid sort_family)
{
	ClassChoice best[MAX_CLASSES];
	int			count = 0;
	Oid			am = InvalidOid;

	if (!method_takes_key(method, pattern->expr))
		return items;
	for (int i = 0; i < entries->n_members; i++)
	{
		Form_pg_amop entry = (Form_pg_amop)
		GETSTRUCT(&entries->members[i]->tuple);

		if (method_rank(entry->amopmethod) != method ||
			!entry_serves(entry, pattern, sort_family))
			continue;
		am = entry->amopmethod;
		classes_of_family(am, entry->amopfamily,
						  exprType((Node *) pattern->expr), best, &count);
	}
	return add_items(items, pattern, am, best, count);
}

/*
 * Does a B-tree or hash family have the operator?
 */
static bool
is_plain_comparison(CatCList *entries)
{
	for (int i = 0; i < entries->n_members; i++)
	{
		Oid			am = ((Form_pg_amop)
						  GETSTRUCT(&entries->members[i]->tuple))->amopmethod;

		if (am == BTREE_AM_OID || am == HASH_AM_OID)
			return true;
	}
	return false;
}

/*
 * Does the operator tell a distance by which some method can order?  What it
 * returns for one given value is no key: the next value is another.
 */
bool
operator_is_distance(Oid opno)
{
	CatCList   *entries = SearchSysCacheList1(AMOPOPID,
											  ObjectIdGetDatum(opno));
	bool		found = false;

	for (int i = 0; i < entries->n_members; i++)
		found |= ((Form_pg_amop)
				  GETSTRUCT(&entries->members[i]->tuple))->amoppurpose == AMOP_ORDER;
	ReleaseSysCacheList(entries);
	return found;
}

/*
 * Items for an operator, by method; where GIN searches, the others, which do
 * so less exactly, are left out.
 */
static List *
items_of_operator(const KeyItem *pattern, Oid sort_family)
{
	CatCList   *entries = SearchSysCacheList1(AMOPOPID,
											  ObjectIdGetDatum(pattern->operator));
	List	   *items = NIL;

	if (!is_plain_comparison(entries))
		for (int method = METHOD_GIN; method < METHOD_OTHER; method++)
		{
			items = items_of_method(items, entries, (MethodRank) method,
									pattern, sort_family);
			if (method == METHOD_GIN && items != NIL)
				break;
		}
	ReleaseSysCacheList(entries);
	return items;
}

/*
 * Items of "key operator operand".
 */
static List *
items_of_sides(ClauseScan *scan, Node *key_side, Node *operand, Oid opno,
			   Oid inputcollid, KeyItem *pattern, Oid sort_family)
{
	Oid			collation;

	if (!OidIsValid(opno) || !clause_operand_holds(scan, operand))
		return NIL;
	pattern->expr = clause_key(scan->root, scan->rel, key_side);
	pattern->operator = opno;
	if (pattern->expr == NULL)
		return NIL;
	/* the operand may have a collation where the key's type has none */
	collation = exprCollation((Node *) pattern->expr);
	if (OidIsValid(collation) && collation != inputcollid)
		return NIL;
	return items_of_operator(pattern, sort_family);
}

/*
 * Items of a binary operator, whichever side the key is on.
 */
static List *
items_of_clause(ClauseScan *scan, OpExpr *clause, KeyItem *pattern,
				Oid sort_family)
{
	Node	   *left;
	Node	   *right;
	List	   *items;

	if (list_length(clause->args) != 2)
		return NIL;
	left = (Node *) linitial(clause->args);
	right = (Node *) lsecond(clause->args);
	items = items_of_sides(scan, left, right, clause->opno,
						   clause->inputcollid, pattern, sort_family);
	if (items != NIL)
		return items;
	return items_of_sides(scan, right, left, get_commutator(clause->opno),
						  clause->inputcollid, pattern, sort_family);
}

/*
 * List of KeyItem: how other methods than B-tree and hash could search for a
 * clause.
 */
List *
operator_class_items(ClauseScan *scan, OpExpr *clause, double selectivity)
{
	KeyItem		pattern = {
		.role = KEY_SEARCH,
		.selectivity = selectivity,
	};

	return items_of_clause(scan, clause, &pattern, InvalidOid);
}

/*
 * List of KeyItem: how they could return rows in order of a distance, which
 * sorts by the B-tree family.
 */
List *
operator_class_nearest(ClauseScan *scan, OpExpr *distance, Oid sort_family)
{
	KeyItem		pattern = {
		.role = KEY_NEAREST,
		.selectivity = 1.0,
	};

	return items_of_clause(scan, distance, &pattern, sort_family);
}
