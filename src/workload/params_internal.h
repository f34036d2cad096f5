/*-------------------------------------------------------------------------
 *
 * params_internal.h
 *		What the files that choose values for parameters share.
 *
 * The parts, in the order in which data passes through them:
 *
 *	param_sets.c		sets of values of a statement
 *	param_example.c		sets that were given by hand
 *	param_sampled.c		sets that statements ran with
 *	param_site.c		conditions between a column and a parameter
 *	param_estimate.c	what the planner makes of such conditions
 *	param_column.c		what the statistics know of a column
 *	param_value.c		a value that selects a wanted share of the rows
 *	params.c			which share that is
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_PARAMS_INTERNAL_H
#define DBADVISOR_PARAMS_INTERNAL_H

#include "postgres.h"

#include "nodes/bitmapset.h"
#include "nodes/params.h"
#include "nodes/pathnodes.h"
#include "utils/lsyscache.h"

#include "workload/workload.h"

/* A plain table among those whose conditions decide how many rows result. */
typedef struct ParamTable
{
	const Query *query;			/* whose range table it is in */
	Index		rtindex;
	Oid			relid;
	bool		readable;		/* table has statistics that may be used */
	double		tuples;			/* rows */
	PlannerInfo *root;			/* in which the table has varno 1 */
	List	   *fixed;			/* clauses that no value is chosen for, and
								 * equalities, varno 1 */
} ParamTable;

/* How a condition compares the column with the parameter. */
typedef enum SiteKind
{
	SITE_EQUAL,					/* column = $1 */
	SITE_IN,					/* column IN ($1, $2, ...) */
	SITE_ANY,					/* column = ANY ($1) */
	SITE_LOWER,					/* column > $1 */
	SITE_UPPER,					/* column < $1 */
	SITE_PATTERN,				/* column LIKE $1 */
	SITE_PREFIX,				/* column ^@ $1 */
	SITE_CONTAINS				/* column @> $1, or $1 = ANY (column) */
} SiteKind;

/* A condition between a column and a parameter. */
typedef struct ParamSite
{
	SiteKind	kind;
	ParamTable *table;
	Var		   *column;			/* varno 1 */
	List	   *params;			/* of Param; one, but for SITE_IN */
	Expr	   *clause;			/* as the planner is to estimate it, varno 1 */
	Expr	   *original;		/* as it is in the query, varno 1 */
	Oid			function;		/* lower() or upper() around the column */
	Node	   *base;			/* the bound is base - param; NULL: param */
	bool		optional;		/* ... OR param IS NULL */
	struct ParamSite *other;	/* other end of a range, on the lower one */
	bool		subordinate;	/* is the other end of a range */
	double		generic;		/* selectivity without a value */
} ParamSite;

/* The conditions of a statement. */
typedef struct ParamScope
{
	Statement  *stmt;
	List	   *tables;			/* of ParamTable */
	List	   *sites;			/* of ParamSite */
	Bitmapset  *explained;		/* ids of parameters in sites, or that do not
								 * decide how many rows result */
	bool		complete;		/* all others are among them */
} ParamScope;

/* What the statistics know of a column. */
typedef struct ParamColumn
{
	HeapTuple	tuple;			/* of pg_statistic; NULL: nothing */
	AttStatsSlot common;		/* most common values with their shares */
	AttStatsSlot histogram;
	AttStatsSlot elements;		/* most common elements with their shares */
	double		average;		/* share of the rows of one value, on average */
	double		rest;			/* the same of one that is not common; 0: no
								 * such value can be named */
} ParamColumn;

/* A value out of statistics. */
typedef struct ParamValue
{
	Datum		value;
	Oid			type;
	bool		isnull;
	double		share;			/* of the rows that it selects */
} ParamValue;

/* param_sets.c */
extern ParamListInfo param_list_make(const Statement *stmt);
extern void param_list_set(ParamListInfo list, const Param *param,
						   const ParamValue *value);
extern bool param_list_empty(ParamListInfo list);
extern void param_list_input(const Statement *stmt, int index,
							 const char *text, ParamListInfo list);

/* param_example.c */
extern void param_examples_add(Statement *stmt);

/* param_sampled.c */
extern void param_samples_add(void *arg);
extern void param_constants_put(Statement *stmt);
extern char *param_sampled_path(const Statement *stmt);

/* param_site.c */
extern Param *param_of(Node *node);
extern Bitmapset *param_ids_in(Node *node);
extern List *param_site_originals(const ParamSite *site);
extern void param_scope_collect(ParamScope *scope, Statement *stmt,
								Query *query);

/* param_estimate.c */
extern void param_table_open(ParamTable *table);
extern double param_selectivity(const ParamTable *table, List *clauses,
								ParamListInfo values);
extern bool param_column_readable(Oid relid, Oid userid, AttrNumber attnum);
extern double param_plan_rows(const Statement *stmt, Query *query,
							  ParamListInfo values);

/* param_column.c */
extern bool param_column_open(ParamColumn *column, const ParamSite *site);
extern void param_column_close(ParamColumn *column);
extern int	param_column_nearest(const ParamColumn *column, double share);
extern bool param_value_convert(ParamValue *value, Oid type);
extern bool param_value_between(Oid type, Datum low, Datum high, double share,
								Datum *result);

/* param_value.c */
extern void param_value_assign(const ParamSite *site, const Param *param,
							   ParamValue value, ParamListInfo list);
extern double param_range_choose(const ParamSite *site, double share,
								 ParamListInfo list);
extern double param_pattern_choose(const ParamSite *site, double share,
								   ParamListInfo list);
extern double param_list_choose(const ParamSite *site, double share,
								ParamListInfo list);
extern double param_element_choose(const ParamSite *site, double share,
								   ParamListInfo list);
extern void param_pattern_unanchor(const ParamSite *site, ParamListInfo list);

#endif							/* DBADVISOR_PARAMS_INTERNAL_H */
