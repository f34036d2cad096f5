/*-------------------------------------------------------------------------
 *
 * correct.h
 *		Plans made with other estimates: what the planner would choose if it
 *		knew how many rows really come.
 *
 * Nothing is built and no catalog row is faked.  A correction says what the
 * statistics that do not exist yet would make the planner believe; it is in
 * force for one call of whatif_corrected() only.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_WHATIF_CORRECT_H
#define DBADVISOR_WHATIF_CORRECT_H

#include "postgres.h"

#include "access/htup.h"
#include "whatif/whatif.h"

/* Most expressions of one joint correction: CREATE STATISTICS takes eight. */
#define CORRECT_MAX_ITEMS 8

/* What a statement asks of one expression of a relation. */
typedef struct CorrectItem
{
	Node	   *expr;			/* over Vars of varno 1 */
	List	   *clauses;		/* of Expr, varno 1: all that restrict it */
} CorrectItem;

/* The selectivity of clauses on several expressions taken together. */
typedef struct JointCorrection
{
	Oid			relid;
	List	   *items;			/* of CorrectItem */
	double	   *selectivity;	/* by set of items, bit 0 for the first; below
								 * 0: as the planner has it */
} JointCorrection;

/*
 * The number of distinct values of one column.  Those for grouping may say
 * what a column adds to the columns before it.
 */
typedef struct DistinctCorrection
{
	Oid			relid;
	AttrNumber	attnum;
	double		distinct;
	bool		grouping;		/* for GROUP BY and DISTINCT only */
} DistinctCorrection;

/* Another row of pg_statistic for a column. */
typedef struct ColumnCorrection
{
	Oid			relid;
	AttrNumber	attnum;
	HeapTuple	statistics;
} ColumnCorrection;

typedef struct Corrections
{
	List	   *joints;			/* of JointCorrection */
	List	   *distincts;		/* of DistinctCorrection */
	List	   *columns;		/* of ColumnCorrection */
	List	   *counts;			/* of SampledEstimate: rows under all
								 * conditions on a table, as executions
								 * counted them */
} Corrections;

/*
 * What sampled executions have counted of a statement where its estimates were
 * off by this factor or more; NULL for nothing.  palloc'd.
 */
extern Corrections *corrections_counted(const Statement *stmt,
										double min_factor);

/*
 * whatif_statement() with other estimates (NULL: the planner's own), which
 * also tells the shape of the plans: node types, order of joins, indexes.
 * *shape is palloc'd in the current context, NULL when there is an error.
 */
extern WhatIfResult whatif_corrected(Statement *stmt,
									 const WhatIfConfig *config,
									 const Corrections *corrections,
									 char **shape);

/*
 * The row of pg_statistic that ANALYZE would make of a column's values in a
 * sample, at a statistics target; NULL where its type has none.  Runs the type's
 * functions: to be called inside sandbox_run().
 */
extern HeapTuple column_statistics_from(Oid relid, const Var *column,
										Datum *values, bool *nulls, int nrows,
										double total, int target);

/*
 * A clause or expression of a relation of a query, copied, with varno 1 as
 * corrections have it.
 */
extern Node *correct_expression(Node *node, Index relid);

#endif							/* DBADVISOR_WHATIF_CORRECT_H */
