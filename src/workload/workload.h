/*-------------------------------------------------------------------------
 *
 * workload.h
 *		What other modules may use of the workload: statements, read and
 *		analysed once, and the sandbox in which they are analysed and planned.
 *
 * Entry points: workload_read() for all statements of the current database,
 * statement_make() for one text, statement_analyze() to turn its text into
 * Query trees, sandbox_run() around everything that parses or plans somebody
 * else's text.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_WORKLOAD_H
#define DBADVISOR_WORKLOAD_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/params.h"
#include "nodes/parsenodes.h"
#include "utils/elog.h"
#include "utils/jsonb.h"

/* What became of a statement's text; shown in dbadvisor.workload.state. */
typedef enum StatementState
{
	STATEMENT_NEW,				/* not analysed yet */
	STATEMENT_PLANNABLE,		/* has Query trees */
	STATEMENT_UTILITY,			/* nothing to plan: DDL, SET, COPY, ... */
	STATEMENT_OWN,				/* speaks of dbadvisor's own objects */
	STATEMENT_SYSTEM,			/* reads system catalogs only, or no table */
	STATEMENT_HIDDEN,			/* text not visible to the caller */
	STATEMENT_TRUNCATED,		/* text ends in the middle, or is lost */
	STATEMENT_MULTIPLE,			/* several statements in one text */
	STATEMENT_UNPARSABLE,		/* syntax error, also after repair */
	STATEMENT_UNDEFINED,		/* table, column, function or role is gone */
	STATEMENT_TIMED_OUT,		/* over dbadvisor.statement_timeout */
	STATEMENT_LOCKED,			/* over dbadvisor.lock_timeout */
	STATEMENT_FAILED			/* any other error while analysing or planning */
} StatementState;

/* More sets of parameter values than this are not planned. */
#define MAX_PARAM_SETS 3

/* Values for the parameters of a statement, and how much they count. */
typedef struct ParamSet
{
	ParamListInfo params;		/* an entry without type has no value */
	double		weight;			/* share of the calls; any scale, above 0 */
	const char *source;			/* "statistics", "given", "sampled" */
} ParamSet;

/*
 * Two sets that differ in one value: one that few rows have, and one that many
 * have.  What plans of a statement can depend on.
 */
typedef struct ParamExtremes
{
	ParamListInfo rare;
	ParamListInfo common;
	Oid			relid;			/* table and column that is compared */
	AttrNumber	attnum;
	bool		pattern;		/* with the pattern of a LIKE */
} ParamExtremes;

/* Execution time of a statement per day, and what says so. */
typedef struct DailyTime
{
	double		ms;				/* -1 unknown */
	double		days;			/* that the time is a mean of */
	const char *window;			/* "history" or "counters"; NULL unknown */
} DailyTime;

/*
 * One statement of the workload.  Everything it points to lives in "context",
 * which statement_free() deletes.
 */
typedef struct Statement
{
	MemoryContext context;
	int64		queryid;		/* as pg_stat_statements shows it; 0 by hand */
	Oid			userid;			/* whose statement it is */
	const char *text;			/* as captured; NULL when not visible */
	const char *search_path;	/* to analyse under; NULL: current one;
								 * statement_analyze() may extend it */

	/* Counters; times in ms.  "calls" is -1 where nothing is known. */
	double		calls;
	double		total_ms;		/* execution time of all calls, -1 unknown */
	double		rows;			/* rows of all calls, -1 unknown */
	TimestampTz since;			/* counters collected from; 0 unknown */
	double		day_ms;			/* execution time per day by history, -1 where
								 * that has no day of it */
	double		day_window;		/* days of history that say so */
	Jsonb	   *counters;		/* the whole row of counters, or NULL */
	bool		manual;			/* from dbadvisor.workload_statement */
	const char *foreign_key;	/* whose check it is, by name; else NULL */
	Jsonb	   *examples;		/* parameter values given by hand, or NULL */

	/* Filled by statement_analyze(). */
	StatementState state;
	const char *reason;			/* why it is not plannable, with SQLSTATE */
	const char *repaired;		/* text analysed where it differs from "text" */
	List	   *queries;		/* of Query, rewritten; never scribbled on;
								 * statement_prepare() may replace it */
	List	   *relations;		/* OIDs that statement_prepare() locks */
	int			nparams;
	Oid		   *param_types;	/* nparams entries */
	int			nparam_sets;	/* sets to plan with; 0: generic plan */
	ParamSet   *param_sets;		/* the heaviest first */
	ParamListInfo params;		/* of the first set; NULL: there is none */
	const char *params_source;	/* of the first set, or "generic" */
	ParamListInfo constants;	/* of parameters that are none: "queries" has
								 * these values in their place; or NULL */
	ParamExtremes *extremes;	/* NULL: values make no difference known */
	bool		parameter_sensitive;	/* they lead to different plans */
	double		cost_rare;		/* planner cost with a rare value, where the
								 * column has an index; if sensitive */
	double		cost_common;	/* and with a common one */
	uint64		generation;		/* of the catalog caches at analysis time */

	/* Owned by the workload module. */
	MemoryContext tree_context; /* of what the analysis found */
	Oid		   *presets;		/* parameter types that analysis must be told */
	int			npresets;
} Statement;

/*
 * Execution time of a statement per day: by history where that has a day of it,
 * else by the counters since they began.  Unknown for one given by hand, whose
 * calls were not counted over any time.
 */
extern DailyTime statement_daily_time(const Statement *stmt);

/*
 * Run fn(arg) as "userid" under "search_path" (NULL: as it is), in a
 * subtransaction that is always rolled back, read-only, security-restricted,
 * with dbadvisor.lock_timeout and dbadvisor.statement_timeout in force.
 *
 * Returns NULL, or the error that fn raised, copied into the caller's memory
 * context.  Cancellation by the user, shutdown, out of memory and disk full
 * are raised again.  fn runs in the caller's memory context; what it allocates
 * there survives.  No relation lock taken by fn survives.
 */
typedef void (*SandboxFn) (void *arg);
extern ErrorData *sandbox_run(Oid userid, const char *search_path,
							  SandboxFn fn, void *arg);

/* The state that an error of sandbox_run() amounts to. */
extern StatementState statement_state_of_error(const ErrorData *error);

/* "42P01: relation "x" does not exist", palloc'd in the current context. */
extern char *error_summary(const ErrorData *error);

/* Name of a state as dbadvisor.workload shows it, lower case. */
extern const char *statement_state_name(StatementState state);

/*
 * Make a statement from a text.  Counters start unknown.  The new context is a
 * child of CurrentMemoryContext.
 */
extern Statement *statement_make(const char *text, Oid userid,
								 const char *search_path);
extern void statement_free(Statement *stmt);

/*
 * Parse, analyse and rewrite the statement in a sandbox of its own: sets state,
 * reason, queries and parameters.  Never raises for a bad text.
 */
extern void statement_analyze(Statement *stmt);

/*
 * Like statement_analyze(), but a text that is not plannable raises a
 * PostgreSQL error with position, detail and hint as the user would expect
 * from EXPLAIN.  For texts that the caller typed.
 */
extern void statement_analyze_or_raise(Statement *stmt);

/*
 * To be called inside sandbox_run() right before planning stmt->queries: takes
 * the locks that the planner expects and analyses again when the catalog has
 * changed since.  Raises when the statement can no longer be planned.
 */
extern void statement_prepare(Statement *stmt);

/*
 * Add a set of values that an analysed statement is to be planned with; "params"
 * is copied and has as many entries as the statement has parameters.  Beyond
 * MAX_PARAM_SETS the heaviest are kept.
 */
extern void statement_add_parameters(Statement *stmt, ParamListInfo params,
									 double weight, const char *source);

/* Plan the statement generically again, whatever values it was given. */
extern void statement_forget_parameters(Statement *stmt);

/*
 * Raise an error unless these example values fit the analysed statement.
 */
extern void statement_check_examples(Statement *stmt, Jsonb *examples);

/*
 * How statement_analyze() learns whether the statement's extremes lead to
 * different plans: called with "extremes" set, sets "parameter_sensitive" and
 * the two costs.  The what-if engine puts itself in here.
 */
typedef void (*SensitivityProbe) (Statement *stmt);
extern void workload_set_sensitivity_probe(SensitivityProbe probe);

/* Number of planner calls that choosing values took in this backend. */
extern uint64 workload_planner_calls(void);

/*
 * All statements of the current database: from pg_stat_statements, where it is
 * installed and readable, and from dbadvisor.workload_statement.  List of
 * Statement, not analysed yet.  *missing says why there is nothing from
 * pg_stat_statements (NULL when there is).
 */
extern List *workload_read(const char **missing);

#endif							/* DBADVISOR_WORKLOAD_H */
