/*-------------------------------------------------------------------------
 *
 * encode.c
 *		Small numbers for the values of a column.
 *
 * Two values get the same code exactly where the column's type says that they
 * are equal: by the default operator class for hashing, or where it has none
 * the one for sorting, under the collation of the column.  So 0.0 and -0.0 are
 * one value, NaN equals itself, and 1.0 and 1.00 are the same number.
 * Entry points: encoder_make(), encoder_code().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/rbtree.h"
#include "utils/datum.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/typcache.h"

#include "dependency/dependency_internal.h"

#define FIRST_SLOTS 256

/* Bytes of a value with a length of its own that count as one more value. */
#define BYTES_PER_WORK 8

/* A place in the hash table. */
typedef struct Slot
{
	uint32		hash;
	int32		code;			/* plus 1; 0: free */
} Slot;

/* An entry of the tree that serves types that cannot be hashed. */
typedef struct Leaf
{
	RBTNode		node;
	Encoder    *encoder;
	Datum		value;
	int32		code;
} Leaf;

struct Encoder
{
	MemoryContext context;
	Budget	   *budget;
	bool		byval;
	int16		length;			/* as pg_type.typlen */
	Oid			collation;
	FmgrInfo	hash;
	FmgrInfo	equal;
	FmgrInfo	compare;
	int			ncodes;
	Datum	   *values;			/* by code; of hashed types */
	int			room;			/* of values */
	Slot	   *slots;
	uint32		mask;			/* slots minus 1; a power of two minus 1 */
	RBTree	   *tree;			/* of types that cannot be hashed */
};

/*
 * Order of two entries of the tree.
 */
static int
leaf_compare(const RBTNode * a, const RBTNode * b, void *arg)
{
	Encoder    *encoder = arg;

	return DatumGetInt32(FunctionCall2Coll(&encoder->compare,
										   encoder->collation,
										   ((const Leaf *) a)->value,
										   ((const Leaf *) b)->value));
}

/*
 * Equal entries are one already.
 */
static void
leaf_combine(RBTNode * existing, const RBTNode * new, void *arg)
{
	(void) existing;
	(void) new;
	(void) arg;
}

/*
 * Allocate an entry of the tree.
 */
static RBTNode *
leaf_allocate(void *arg)
{
	return MemoryContextAlloc(((Encoder *) arg)->context, sizeof(Leaf));
}

/*
 * Entries go with their memory context.
 */
static void
leaf_free(RBTNode * node, void *arg)
{
	(void) node;
	(void) arg;
}

/*
 * Make the encoder of a column, in a memory context of its own.
 */
Encoder *
encoder_make(Relation rel, AttrNumber attnum, Budget *budget,
			 MemoryContext parent)
{
	Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(rel),
												attnum - 1);
	TypeCacheEntry *type = lookup_type_cache(attribute->atttypid,
											 TYPECACHE_HASH_PROC_FINFO |
											 TYPECACHE_EQ_OPR_FINFO |
											 TYPECACHE_CMP_PROC_FINFO);
	MemoryContext context = AllocSetContextCreate(parent, "dbadvisor values",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	Encoder    *encoder = palloc0(sizeof(Encoder));

	encoder->context = context;
	encoder->budget = budget;
	encoder->byval = attribute->attbyval;
	encoder->length = attribute->attlen;
	encoder->collation = attribute->attcollation;
	if (OidIsValid(type->hash_proc) && OidIsValid(type->eq_opr))
	{
		fmgr_info_copy(&encoder->hash, &type->hash_proc_finfo, context);
		fmgr_info_copy(&encoder->equal, &type->eq_opr_finfo, context);
		encoder->slots = palloc0(sizeof(Slot) * FIRST_SLOTS);
		encoder->mask = FIRST_SLOTS - 1;
		encoder->room = FIRST_SLOTS / 2;
		encoder->values = palloc(sizeof(Datum) * encoder->room);
	}
	else
	{
		fmgr_info_copy(&encoder->compare, &type->cmp_proc_finfo, context);
		encoder->tree = rbt_create(sizeof(Leaf), leaf_compare, leaf_combine,
								   leaf_allocate, leaf_free, encoder);
	}
	MemoryContextSwitchTo(old);
	return encoder;
}

/*
 * Make room for twice as many values.
 */
static void
encoder_grow(Encoder *encoder)
{
	uint32		nslots = (encoder->mask + 1) * 2;
	MemoryContext old = MemoryContextSwitchTo(encoder->context);
	Slot	   *slots = allocate_zeros(encoder->context, sizeof(Slot) * nslots);

	for (uint32 i = 0; i <= encoder->mask; i++)
	{
		uint32		place = encoder->slots[i].hash & (nslots - 1);

		allow_cancel(i);
		if (encoder->slots[i].code == 0)
			continue;
		while (slots[place].code != 0)
			place = (place + 1) & (nslots - 1);
		slots[place] = encoder->slots[i];
	}
	pfree(encoder->slots);
	encoder->slots = slots;
	encoder->mask = nslots - 1;
	encoder->room *= 2;
	encoder->values = repalloc_huge(encoder->values,
									sizeof(Datum) * encoder->room);
	MemoryContextSwitchTo(old);
}

/*
 * Keep a value that outlives the row.
 */
static Datum
keep_value(Encoder *encoder, Datum value)
{
	MemoryContext old = MemoryContextSwitchTo(encoder->context);

	value = datumCopy(value, encoder->byval, encoder->length);
	if (!encoder->byval)
		encoder->budget->kept += datumGetSize(value, false, encoder->length);
	MemoryContextSwitchTo(old);
	return value;
}

/*
 * The code of a value of a hashed type.
 */
static int32
hashed_code(Encoder *encoder, Datum value)
{
	uint32		hash = DatumGetUInt32(FunctionCall1Coll(&encoder->hash,
														encoder->collation,
														value));
	uint32		place = hash & encoder->mask;

	while (encoder->slots[place].code != 0)
	{
		Slot	   *slot = &encoder->slots[place];

		if (slot->hash == hash &&
			DatumGetBool(FunctionCall2Coll(&encoder->equal,
										   encoder->collation, value,
										   encoder->values[slot->code - 1])))
			return slot->code - 1;
		place = (place + 1) & encoder->mask;
	}
	if (encoder->ncodes == encoder->room)
	{
		encoder_grow(encoder);
		place = hash & encoder->mask;
		while (encoder->slots[place].code != 0)
			place = (place + 1) & encoder->mask;
	}
	encoder->values[encoder->ncodes] = keep_value(encoder, value);
	encoder->slots[place].hash = hash;
	encoder->slots[place].code = ++encoder->ncodes;
	return encoder->ncodes - 1;
}

/*
 * The code of a value of a type that can only be sorted.
 */
static int32
sorted_code(Encoder *encoder, Datum value)
{
	Leaf		wanted;
	Leaf	   *leaf;
	bool		isnew;

	wanted.value = value;
	leaf = (Leaf *) rbt_find(encoder->tree, (RBTNode *) & wanted);
	if (leaf != NULL)
		return leaf->code;
	wanted.value = keep_value(encoder, value);
	wanted.code = encoder->ncodes++;
	(void) rbt_insert(encoder->tree, (RBTNode *) & wanted, &isnew);
	return wanted.code;
}

/*
 * The code of a value that is not null, the same for all equal values.  The
 * functions of the type run in the current memory context, to be reset by the
 * caller.
 */
int32
encoder_code(Encoder *encoder, Datum value)
{
	if (encoder->length == -1)
	{
		value = PointerGetDatum(PG_DETOAST_DATUM_PACKED(value));
		encoder->budget->work += VARSIZE_ANY(DatumGetPointer(value)) /
			BYTES_PER_WORK;
	}
	return encoder->tree == NULL ? hashed_code(encoder, value) :
		sorted_code(encoder, value);
}

/*
 * Codes given so far are below this.
 */
int
encoder_ncodes(const Encoder *encoder)
{
	return encoder->ncodes;
}

/*
 * Forget the values; their codes stay good.
 */
void
encoder_free(Encoder *encoder)
{
	MemoryContextDelete(encoder->context);
}
