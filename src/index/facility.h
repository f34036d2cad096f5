/*-------------------------------------------------------------------------
 *
 * facility.h
 *		Which indexes to open, where to serve each statement: the choice by
 *		itself, without planner and catalogs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_FACILITY_H
#define DBADVISOR_FACILITY_H

#include "postgres.h"

/* A plan that a statement can have once these indexes are there. */
typedef struct FacilityOption
{
	int			nmembers;
	int		   *members;		/* numbers of the indexes that it uses */
	double		cost;			/* of one statement */
} FacilityOption;

typedef struct FacilityStatement
{
	double		weight;			/* objective per unit of cost */
	double		base_cost;		/* without any index */
	int			noptions;
	FacilityOption *options;
} FacilityStatement;

typedef struct FacilityProblem
{
	int			nindexes;
	double	   *bytes;			/* per index */
	double		budget;			/* bytes; infinity: none */
	int			max_indexes;
	const int  *groups;			/* per index, below nindexes; NULL: no groups */
	int			max_per_group;	/* indexes of one group */
	int			nstatements;
	FacilityStatement *statements;
	bool		(*over) (void *arg);	/* is the time up?  NULL: never */
	void	   *over_arg;
} FacilityProblem;

typedef struct FacilityAnswer
{
	bool	   *chosen;			/* per index */
	double		total;			/* objective with these */
	double		bound;			/* objective that no set goes below */
} FacilityAnswer;

extern FacilityAnswer *facility_solve(const FacilityProblem *problem);

#endif							/* DBADVISOR_FACILITY_H */
