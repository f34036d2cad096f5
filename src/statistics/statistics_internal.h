/*-------------------------------------------------------------------------
 *
 * statistics_internal.h
 *		What the parts of the statistics advisor share with each other.
 *
 * The parts, in the order in which data passes through them:
 *
 *	observe.c			what one statement asks of the columns of a relation
 *	sample.c			rows of a relation
 *	measure.c			what really is true of them
 *	predict.c			what statistics of each kind would make of that
 *	choose.c			which columns the planner is wrong about
 *	target.c			columns whose statistics are too coarse
 *	existing.c			statistics that are there already
 *	prove.c				does the plan change once it is right
 *	advise.c			the whole workload
 *	definition.c		SQL text of the advice
 *	search_statistics.c	the SQL function
 *
 * Sets of items are bits, the first item being bit 0.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_STATISTICS_INTERNAL_H
#define DBADVISOR_STATISTICS_INTERNAL_H

#include "postgres.h"

#include "access/tupdesc.h"
#include "nodes/bitmapset.h"
#include "whatif/correct.h"
#include "workload/workload.h"

/* Expressions of one relation in one statement that are looked at; all their
 * sets are measured. */
#define MAX_ITEMS 6

/* An expression that a statement restricts or groups by. */
typedef struct StatItem
{
	Node	   *expr;			/* over Vars of varno 1 */
	List	   *clauses;		/* of Expr, varno 1; none when grouped by */
	bool		unknown;		/* is equal to a value that is not known */
	bool		equality;		/* all clauses are "=" or IN */
} StatItem;

/* What a statement asks of a relation's columns together. */
typedef struct Question
{
	Oid			relid;
	double		tuples;			/* of the relation */
	bool		grouping;		/* GROUP BY or DISTINCT, not WHERE */
	int			nitems;
	StatItem	items[MAX_ITEMS];
	double		estimate[1 << MAX_ITEMS];	/* by set: selectivity, or number
											 * of groups in the whole table */
} Question;

/* Rows of a relation. */
typedef struct Sample
{
	Oid			relid;
	MemoryContext context;
	TupleDesc	descriptor;		/* of the relation */
	Bitmapset  *columns;		/* attribute numbers read */
	Bitmapset  *wide;			/* those with values too long to keep */
	int			nrows;
	Datum	  **values;			/* by attribute number - 1, then by row */
	bool	  **nulls;
	bool		whole;			/* all rows of the relation */
	bool		usable;
} Sample;

/* What is true of the items of a question in the rows of a sample. */
typedef struct Measure
{
	int			nrows;
	bool		whole;
	double		tuples;			/* of the relation */
	int			nitems;
	uint32		unknown;		/* items equal to a value not known */
	uint32	   *holds;			/* per row: items whose clauses hold */
	uint32	   *isnull;			/* per row: items that are NULL */
	uint64	   *codes[MAX_ITEMS];	/* per item and row: one per value */
	double		joint[1 << MAX_ITEMS];	/* by set: selectivity, or number of
										 * groups in the whole table */
} Measure;

/* Kinds of statistics, as bits. */
#define KIND_DEPENDENCIES	0x01
#define KIND_MCV			0x02
#define KIND_NDISTINCT		0x04
#define KIND_EXPRESSION		0x08
#define KIND_TARGET			0x10	/* of a single column, finer ones */

/* An estimate is right when it comes this near. */
#define NEAR_FACTOR 2.0

/* A set of items that the planner is wrong about, and the remedy. */
typedef struct Misjudged
{
	uint32		items;
	int			kinds;
	int			target;			/* statistics target needed; 0: default */
	double		estimate;		/* as in Question */
	double		sampled;		/* as in Measure */
	double		factor;			/* the larger through the smaller */
} Misjudged;

/* How the plan of a statement changes. */
typedef struct Proof
{
	bool		changed;
	char	   *plan_before;
	char	   *plan_after;
	double		cost_believed;	/* of the old plan, under the old estimates */
	double		cost_before;	/* of the old plan, under the right ones; -1 */
	double		cost_after;		/* of the new plan, under the right ones */
} Proof;

/* One statement for which the advice holds. */
typedef struct Use
{
	int64		queryid;
	double		calls;			/* -1 unknown */
	double		total_ms;		/* -1 unknown */
	DailyTime	daily;
	const char *params_source;
	bool		grouping;
	double		rows_estimated; /* or groups */
	double		rows_sampled;
	double		factor;
	double		executions;		/* in which the rows of the table were
								 * counted; 0: none */
	double		rows_expected;	/* by the planner then, of the table */
	double		rows_counted;
	Proof		proof;
} Use;

/* Statistics to be made. */
typedef struct Advice
{
	Oid			relid;
	List	   *exprs;			/* of Node, varno 1: columns in order, then
								 * the rest */
	int			kinds;
	int			target;
	Oid			existing;		/* there already, but ANALYZE has not run */
	int			sample_rows;
	double		tuples;
	bool		sample_whole;
	List	   *uses;			/* of Use */
} Advice;

/* One call of the advisor. */
typedef struct Advisor
{
	MemoryContext context;		/* everything that lives to the end */
	Size		memory_limit;	/* bytes under "context" */
	TimestampTz started;
	TimestampTz deadline;		/* DT_NOEND: none */
	bool		want_extended;	/* look for statistics on several columns */
	bool		want_targets;	/* and for finer ones on single columns */
	double		min_factor;		/* error of an estimate that counts */
	double		min_gain;		/* share of a plan's cost that must be saved */
	uint64		planner_calls_before;

	const char *missing;		/* why pg_stat_statements gave nothing */
	int			nstatements;
	int			nplanned;
	int			nskipped[STATEMENT_FAILED + 1];
	int			left_out;		/* for time or memory */
	int			nunreadable;	/* relations that could not be sampled */
	int			nunmeasured;	/* questions whose clauses failed on a row */
	TimestampTz since;			/* oldest start of counters, 0 unknown */
	int			nmisjudged;		/* sets of columns the planner is wrong about */

	List	   *samples;		/* of Sample */
	List	   *advice;			/* of Advice */
} Advisor;

/* observe.c */
extern List *questions_collect(Statement *stmt, const Corrections *corrections,
							   WhatIfResult *result, char **shape);

/* sample.c */
extern Sample *sample_find(Advisor *advisor, const Question *question,
						   Oid userid);

/* measure.c */
extern Measure *measure_make(const Question *question, const Sample *sample,
							 const Statement *stmt, ErrorData **error);
extern double measure_distinct(const Measure *measure, uint32 items,
							   uint32 among);

/* predict.c */
extern double predict_dependencies(const Measure *measure, uint32 items);
extern double predict_mcv(const Measure *measure, uint32 items, int target);

/* choose.c */
extern List *choose_misjudged(const Advisor *advisor, const Question *question,
							  const Measure *measure);
extern bool choose_column(const Advisor *advisor, const Question *question,
						  const Measure *measure, int item,
						  Misjudged *misjudged);
extern double estimate_ratio(double left, double right);

/* target.c */
extern int	column_target(Oid relid, AttrNumber attnum);
extern Proof *target_advise(const Advisor *advisor, Statement *stmt,
							const Question *question, const Measure *measure,
							const Sample *sample, int item,
							Misjudged *misjudged, const WhatIfResult *before,
							char *shape);

/* existing.c */
extern bool statistics_exist(const Advice *advice, Oid *unanalysed);

/* prove.c */
extern Proof *prove_change(Statement *stmt, const Question *question,
						   const Measure *measure, const Misjudged *misjudged,
						   const WhatIfResult *before, char *shape);
extern Proof *prove_corrections(Statement *stmt,
								const Corrections *corrections,
								const WhatIfResult *before, char *shape);

/* advise.c */
extern void advise_workload(Advisor *advisor);

/* definition.c */
extern List *definition_columns(const Advice *advice);
extern List *definition_kinds(const Advice *advice);
extern char *definition_sql(const Advice *advice, char **apply, char **revert);

#endif							/* DBADVISOR_STATISTICS_INTERNAL_H */
