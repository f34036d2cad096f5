/*-------------------------------------------------------------------------
 *
 * decompose.h
 *		Shared by the files that design relations from dependencies.
 *
 * Columns are bits of a number: sets of columns are numbers.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DECOMPOSE_H
#define DECOMPOSE_H

#include "postgres.h"

#include "miscadmin.h"

/* Bits of a bigint that is not negative. */
#define MAX_BITS 63

typedef struct Dependency
{
	uint64		lhs;
	uint64		rhs;
	bool		dropped;		/* merged into another one, or redundant */
} Dependency;

/* A relation of the design. */
typedef struct DesignRelation
{
	uint64		columns;
	uint64		key;
	bool		bcnf;			/* every determinant in it is a key of it */
	uint64		lhs;			/* otherwise one that is not, ... */
	uint64		rhs;			/* ... and its dependents in the relation */
} DesignRelation;

typedef struct Design
{
	uint64		all;			/* all columns */
	int			nkeys;
	uint64	   *keys;
	uint64		prime;			/* columns of keys */
	int			ngiven;
	Dependency *given;			/* as given, without those of the keys */
	int			ncover;
	Dependency *cover;			/* minimal, those of the keys included */
	Dependency *groups;			/* the same, merged where determinants
								 * determine each other; ncover */
	int			nrelations;
	DesignRelation *relations;
} Design;

/* decompose.c */
extern uint64 closure(uint64 set, const Dependency *dependencies, int n,
					  int without);

/* bcnf.c */
extern void judge_relations(Design *design);

#endif							/* DECOMPOSE_H */
