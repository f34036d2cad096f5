/*-------------------------------------------------------------------------
 *
 * partition_internal.h
 *		What the files of the partitioning module share among themselves.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_PARTITION_INTERNAL_H
#define DBADVISOR_PARTITION_INTERNAL_H

#include "postgres.h"

#include "access/htup.h"
#include "nodes/parsenodes.h"
#include "nodes/pg_list.h"
#include "whatif/whatif.h"

/* Setting dbadvisor.shadow_partitions. */
extern int	partition_shadow_limit;

/* A column that a table is to be partitioned by. */
typedef struct SchemeKey
{
	const char *name;
	AttrNumber	attnum;			/* 0: none */
	Oid			type;
	Oid			collation;
} SchemeKey;

/*
 * A partition that is to be, or several that are planned as one; a part of one,
 * where there is a second level.
 */
typedef struct PlannedLeaf
{
	const char *lower;			/* of a range, as text; NULL: unbounded */
	const char *upper;			/* exclusive; NULL: unbounded */
	const char *value;			/* of a list; NULL: the rest */
	int			remainder;		/* of a hash */
	double		fraction;		/* of the table's rows */
	double		partitions;		/* that it stands for */
	HeapTuple	key_statistics; /* NULL: as in the table */
	HeapTuple	sub_statistics; /* of the second level's key, likewise */
	List	   *parts;			/* of PlannedLeaf, by hash; NIL: a leaf */
} PlannedLeaf;

/*
 * How a table is to be partitioned.  Holds copies of all that is needed of the
 * table, so that nothing of it is locked any more.
 */
typedef struct Scheme
{
	Oid			relid;
	Oid			row_type;
	Oid			owner;
	SchemeKey	key;
	char		strategy;		/* PARTITION_STRATEGY_* */
	int			modulus;		/* of a hash, after the limit */
	SchemeKey	sub_key;		/* of the second level, by hash */
	int			sub_modulus;	/* after the limit; 1: there is none */
	double		sub_partitions; /* before the limit, of each partition */
	double		partitions;		/* in all, before the limit */
	int			index_count;
	List	   *columns;		/* of ColumnDef */
	List	   *leaves;			/* of PlannedLeaf, in order of bounds: the
								 * first level */
} Scheme;

/*
 * scheme.c: "bounds" are the inner bounds of ranges or the values of a list, as
 * text; "partitions" the number of a hash.  "sub_key" is the column by whose hash
 * each of them is cut into "sub_partitions" more; "" and 0 for one level.
 */
extern Scheme *scheme_make(Oid relid, const char *key, const char *strategy,
						   List *bounds, int partitions, const char *sub_key,
						   int sub_partitions);

/*
 * cut_statistics.c; cut_hash_statistics() also sets the share of the table's rows
 * that have this remainder.
 */
extern HeapTuple cut_statistics(const Scheme *scheme, const PlannedLeaf *leaf);
extern HeapTuple cut_hash_statistics(const Scheme *scheme,
									 const SchemeKey *key, int modulus,
									 int remainder, double *share);

/* create_shadow.c: to be called in a subtransaction that is rolled back */
extern Shadow *create_shadow(const Scheme *scheme);

/*
 * what_if_partitioning.c: milliseconds per call that partitions beyond the first
 * take, apart from reading them; "left" are planned, "started" are executed.
 */
extern double partition_overhead_ms(double left, double started,
									int index_count);

/* The same: fill in a column; a text that is NULL stays null. */
extern void row_set_number(Datum *values, bool *nulls, int column,
						   double value);
extern void row_set_text(Datum *values, bool *nulls, int column,
						 const char *value);

#endif							/* DBADVISOR_PARTITION_INTERNAL_H */
