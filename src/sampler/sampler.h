/*-------------------------------------------------------------------------
 *
 * sampler.h
 *		What other modules may use of the sampler: the parameter values that
 *		statements really ran with.
 *
 * Entry points: sampler_init() at start-up, sampler_read() for what is known
 * of one statement.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_SAMPLER_H
#define DBADVISOR_SAMPLER_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "nodes/plannodes.h"

/* What is known of one parameter in one execution. */
typedef enum SampledState
{
	SAMPLED_ABSENT,				/* zero, what nobody has set: a number that
								 * the text skips, a value that is too long */
	SAMPLED_NULL, SAMPLED_VALUE
} SampledState;

typedef struct SampledValue
{
	SampledState state;
	Oid			type;			/* of a constant: UNKNOWNOID for a string */
	bool		constant;		/* stood in the text; else it was bound */
	const char *text;			/* as the type writes it; NULL: no value */
} SampledValue;

/* One execution. */
typedef struct SampledSet
{
	double		ms;				/* execution time */
	double		rows;			/* returned or changed */
	TimestampTz at;
	const char *search_path;	/* in force */
	SampledValue *values;		/* as many as the statement has parameters */
} SampledSet;

/* What is known of one statement of one user in this database. */
typedef struct SampledStatement
{
	int64		queryid;
	Oid			userid;
	int			nparams;		/* $1 to $nparams of the normalised text */
	double		executions;		/* that the shares come from */
	double	   *share;			/* per parameter: of the executions that had
								 * its most frequent value; 0 unknown */
	int			nsets;
	SampledSet *sets;			/* a random choice of the executions */
} SampledStatement;

/* What the planner expected of a clause, and what came, per execution. */
typedef struct SampledEstimate
{
	int64		queryid;
	Oid			userid;
	Oid			relid;
	uint64		conditions;		/* as sampler_conditions_hash() has them */
	double		executions;
	double		estimated;		/* rows; means */
	double		actual;
	double		factor;			/* the larger through the smaller, in the
								 * (geometric) mean of the executions */
} SampledEstimate;

/* Settings, hooks and shared memory; called by _PG_init(). */
extern void sampler_init(void);

/*
 * What was sampled of a statement: a list of SampledStatement, palloc'd, one
 * for each combination of parameter types.  A queryid of 0 and an invalid user
 * mean all.  NIL where the sampler does not run.
 */
extern List *sampler_read(int64 queryid, Oid userid);

/*
 * The clauses of a statement whose rows were counted: a list of
 * SampledEstimate, palloc'd.  A queryid of 0 and an invalid user mean all.
 */
extern List *sampler_estimates(int64 queryid, Oid userid);

/*
 * A hash of the conditions under which a table is scanned, in any order, without
 * their constants: what tells the estimates of a statement apart.
 */
extern uint64 sampler_conditions_hash(Oid relid, List *conditions);

/*
 * How a plan is described in words, without figures and values: the what-if
 * engine puts itself in here.
 */
typedef char *(*PlanDescriber) (PlannedStmt *plan);
extern void sampler_set_plan_describer(PlanDescriber describer);

#endif							/* DBADVISOR_SAMPLER_H */
