/*-------------------------------------------------------------------------
 *
 * whatif.h
 *		What other modules may use of the what-if engine: indexes that do not
 *		exist, configurations, and plans made under a configuration.
 *
 * A configuration is visible to the planner only between the moment that
 * whatif_plan() installs it and the moment it returns or fails; no other
 * statement of the session and no other extension ever sees it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_WHATIF_H
#define DBADVISOR_WHATIF_H

#include "postgres.h"

#include "nodes/parsenodes.h"
#include "nodes/pathnodes.h"
#include "nodes/plannodes.h"
#include "workload/workload.h"

/*
 * An index that does not exist.  Expressions and predicate carry varno 1; the
 * hook renumbers copies of them.  Lives in the memory context in which it was
 * made and holds no pointer into the caches.
 */
typedef struct HypoIndex
{
	Oid			oid;			/* unused OID below FirstNormalObjectId */
	Oid			relid;			/* table, or partitioned parent */
	char	   *name;			/* as CREATE INDEX would name it */
	char	   *am_name;		/* "btree", "hash", "brin" */
	Oid			am;
	Oid			tablespace;		/* InvalidOid: the table's */
	int			ncolumns;		/* key columns and INCLUDE columns */
	int			nkeycolumns;
	AttrNumber *attnums;		/* ncolumns entries; 0: next of "exprs" */
	List	   *exprs;			/* expression columns, varno 1 */
	List	   *predicate;		/* implicitly ANDed, varno 1 */
	Oid		   *opclasses;		/* nkeycolumns entries, as the next five */
	Oid		   *opfamilies;
	Oid		   *opcintypes;
	Oid		   *collations;		/* ncolumns entries */
	bool	   *descending;
	bool	   *nulls_first;
	Datum	   *opclass_options;	/* text[] or 0 per key column */
	bool		unique_asked;	/* CREATE UNIQUE INDEX was said */
	bool		nulls_not_distinct; /* and NULLS NOT DISTINCT */
	bool		unique;			/* and an existing constraint proves it */
	int			fillfactor;		/* percent, B-tree and hash */
	bool		deduplicate;	/* B-tree storage parameter */
	int			pages_per_range;	/* BRIN */

	/* Predicted, from statistics at the time it was made. */
	double		table_tuples;	/* of the table */
	double		tuples;			/* in the index */
	double		pages;			/* on disk; sum over leaves */
	int			tree_height;	/* B-tree; -1 otherwise */
	List	   *expr_stats;		/* of HeapTuple or NULL per expression:
								 * pg_statistic rows from a sample */
	List	   *leaves;			/* of HypoIndex: one per leaf partition */
} HypoIndex;

/* What the planner is to believe. */
typedef struct WhatIfConfig
{
	List	   *indexes;		/* of HypoIndex */
	List	   *hidden;			/* OID list of existing indexes */
} WhatIfConfig;

/* What it made of a statement. */
typedef struct WhatIfResult
{
	double		cost;			/* planner cost units, all queries together */
	double		rows;			/* estimated result rows of the last query */
	List	   *used;			/* OID list: hypothetical and real indexes */

	/* Without a configuration only, as OID lists. */
	List	   *relations;		/* all that the plans depend on */
	List	   *arbiters;		/* indexes that ON CONFLICT infers */

	char	   *plan;			/* EXPLAIN text, only where asked for */
	ErrorData  *error;			/* not NULL: nothing else is set */
} WhatIfResult;

/*
 * Make a hypothetical index from the text of a CREATE INDEX statement.  Raises
 * a PostgreSQL error for anything that the server would refuse, and for
 * relations that we refuse (system catalogs, views, foreign and temporary
 * tables of others).  Must be called inside sandbox_run().
 */
extern HypoIndex *hypo_index_from_text(const char *definition);

/*
 * Make one from key columns.  "keys" is a list of expressions over Vars with
 * varno 1 (a plain Var is a plain column), "included" a list of attribute
 * numbers.  "opclasses" may be NULL (default ones); "descending" and
 * "nulls_first" may be NULL (ascending, nulls last).  Must be called inside
 * sandbox_run().  Returns NULL where such an index cannot exist (no operator
 * class, too wide, a mutable expression), or should not: one that calls the
 * function of somebody who may not act as the table's owner.
 */
extern HypoIndex *hypo_index_from_keys(Oid relid, const char *am_name,
									   List *keys, const Oid *opclasses,
									   const bool *descending,
									   const bool *nulls_first,
									   List *included, List *predicate);

/*
 * CREATE INDEX text that makes it real, everything quoted and qualified;
 * partitioned tables get the form that PostgreSQL can run.  palloc'd.
 */
extern char *hypo_index_definition(const HypoIndex *index, bool concurrently);

/*
 * One column, counted from 0, as that text has it: quoted, expressions in
 * brackets, with collation, operator class and order where they are not the
 * default.  palloc'd.
 */
extern char *hypo_index_column(const HypoIndex *index, int column);

/*
 * The index as it would be if it were built anew: a copy of the definition of
 * one that exists, with the size that is predicted for it.  NULL for access
 * methods that the engine cannot predict.  Must be called inside sandbox_run(),
 * with both relations locked.
 */
extern HypoIndex *hypo_index_from_existing(Oid index);

/* Predicted bytes on disk. */
extern double hypo_index_bytes(const HypoIndex *index);

/* The hypothetical index with this OID in the list, leaves included: returns
 * the top-level one, or NULL. */
extern HypoIndex *hypo_index_find(List *indexes, Oid oid);

/*
 * Plan all queries of a plannable statement under a configuration (NULL: as
 * the database is), in a sandbox of its own, with one planner call per query.
 * "want_plan" adds the EXPLAIN text.  Errors of the statement come back in
 * result.error.  Results are palloc'd in the current context.
 */
extern WhatIfResult whatif_statement(Statement *stmt,
									 const WhatIfConfig *config,
									 bool want_plan);

/*
 * The same without a sandbox: the caller is inside sandbox_run() and has
 * called statement_prepare().  Raises errors.
 */
extern WhatIfResult whatif_plan(Statement *stmt, const WhatIfConfig *config,
								bool want_plan);

/*
 * Called for each plain relation of a query while whatif_plan() plans under a
 * configuration, after core has added its paths: lets the index module read
 * clauses, orders and paths.  Set before, cleared after; NULL otherwise.
 */
typedef void (*WhatIfObserver) (PlannerInfo *root, RelOptInfo *rel,
								RangeTblEntry *rte, void *arg);
extern void whatif_observe(WhatIfObserver observer, void *arg);

/* Number of planner calls made by this backend, for figures in the evidence. */
extern uint64 whatif_planner_calls(void);

/* Hooks; called by _PG_init(). */
extern void whatif_init(void);

#endif							/* DBADVISOR_WHATIF_H */
