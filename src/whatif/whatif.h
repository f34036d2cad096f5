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
#include "utils/rel.h"
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
	char	   *am_name;		/* "btree", "gin" and so on */
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
	int			fillfactor;		/* percent; 0 where the method has none */
	bool		deduplicate;	/* B-tree storage parameter */
	int			pages_per_range;	/* BRIN */
	List	   *other_options;	/* of string: storage parameters without a
								 * field here, as WITH has them */
	int			sample_rows;	/* rows of the table to read for its size */

	/* Predicted, from statistics at the time it was made. */
	double		table_tuples;	/* of the table */
	double		tuples;			/* in the index */
	double		pages;			/* on disk; sum over leaves */
	int			tree_height;	/* B-tree, GiST, SP-GiST; -1 otherwise */
	List	   *expr_stats;		/* of HeapTuple or NULL per expression:
								 * pg_statistic rows from a sample */
	List	   *leaves;			/* of HypoIndex: one per leaf partition */
} HypoIndex;

/*
 * A leaf of a shadow: an empty table that stands for one partition, or for
 * several of the same kind.
 */
typedef struct ShadowLeaf
{
	Oid			relid;
	double		fraction;		/* of the rows of the source */
	double		partitions;		/* that it stands for */
	HeapTuple	key_statistics; /* of the key's values in it; NULL: as in the
								 * source */
	HeapTuple	sub_statistics; /* of the second level's key, likewise */
} ShadowLeaf;

/*
 * An empty partitioned table that the planner takes for an ordinary table.  Its
 * columns have the numbers of the source's.
 */
typedef struct Shadow
{
	Oid			source;			/* the table that is not partitioned */
	Oid			source_type;	/* row types of both */
	Oid			type;
	Oid			relid;			/* the empty partitioned table */
	AttrNumber	key;			/* column that it is partitioned by */
	AttrNumber	sub_key;		/* that its partitions are; 0: not at all */
	int			nmiddles;
	Oid		   *middles;		/* partitions with partitions, in order */
	int			nleaves;
	ShadowLeaf *leaves;			/* in order of relid */
} Shadow;

/* Looks at a finished plan, which lives no longer than the call. */
typedef void (*PlanLook) (PlannedStmt *plan, void *arg);

/* What the planner is to believe. */
typedef struct WhatIfConfig
{
	List	   *indexes;		/* of HypoIndex */
	List	   *hidden;			/* OID list of existing indexes */
	List	   *known;			/* of HypoIndex: not offered to the planner,
								 * but a recorder may price them */
	bool		informed;		/* statistics of the expressions in "known"
								 * are seen, as if the indexes existed */
	double		least_pages;	/* tables with fewer are taken to have so
								 * many, and indexes as large; 0: as they are */
	const Shadow *shadow;		/* a table that is partitioned; NULL: none */
	bool		at_start;		/* of the shadow, what is left when execution
								 * has started and stable functions are known */
	bool		timed;			/* what plans take in memory is wanted */
	struct WhatIfExposure *exposure;	/* what plans rest on is added there;
										 * NULL: not wanted */
	double		us_per_cost;	/* for that, see whatif_us_per_cost() */
	PlanLook	look;			/* is shown each plan; NULL: nobody looks */
	void	   *look_arg;
} WhatIfConfig;

/* What it made of a statement. */
typedef struct WhatIfResult
{
	double		cost;			/* planner cost units, all queries together */
	double		memory_cost;	/* what they take with all pages in memory, in
								 * a unit that is good for comparing two plans
								 * of one statement; only where asked for */
	double		rows;			/* estimated rows that the last query returns
								 * or writes */
	List	   *used;			/* OID list: hypothetical and real indexes */

	double		partitions;		/* of the shadow, left after pruning by the
								 * planner; the mean over sets of values */

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
 * For a text that somebody else may have written: raise an error unless the
 * current user may read the columns of the index and looking at it runs no
 * code but the table owner's.  Returns that owner, as whom the index is to be
 * made: nobody else may be given the rights of who asks.  Must be called inside
 * sandbox_run().
 */
extern Oid	hypo_index_check_stored(const char *definition);

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
 * Do expressions over a table call only functions of those who may act as its
 * owner?  Others must not be evaluated with the owner's rights.
 */
extern bool expressions_are_trusted(Oid relid, List *exprs);

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
 * While "indexes" is not NULL, an index takes the statistics of its expressions
 * from one of the list that is on the same expressions of the same table, and
 * is added to the list when it had to sample.  All indexes must be made as the
 * same user and live in the same memory context as the list.
 */
extern void whatif_share_samples(List **indexes);

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

/* The index itself, or its leaf, that is on this very table; NULL for none. */
extern const HypoIndex *hypo_index_on_table(const HypoIndex *index, Oid relid);

/* What a plan rests on that the planner is known to price badly. */
typedef struct WhatIfExposure
{
	bool		failed;			/* it could not be planned: nothing else is
								 * set */
	double		cost;			/* as the planner has it */
	double		unpriced;		/* cost units that fetches take beyond that */
	double		fetches;		/* rows fetched from tables through indexes */
	double		loop_cost;		/* grows with the outer rows of nested loops */
	double		outer_rows;		/* of the most expensive loop */
	int			outer_relations;	/* joined in its outer side */
	Oid			worst_relid;	/* table whose fetches are priced worst */
	double		worst_fetches;
	double		worst_loops;
	double		worst_price;	/* planner cost per fetch */
	double		worst_unpriced;
	double		replaced_cost;	/* in it, that memory_cost stands for */
	double		memory_cost;	/* what reading, holding and writing rows take
								 * with all pages in memory, in units of the
								 * planner's processor costs */
} WhatIfExposure;

/* Whether a promised gain may be a loss. */
typedef struct WhatIfRisk
{
	bool		known;			/* else nothing is set */
	bool		at_risk;		/* gone at an honest price of fetches */
	char	   *reason;			/* why, or why it is sensitive to estimates;
								 * NULL: neither */
	double		fetches;
	double		pessimistic_before; /* cost with an honest price of fetches */
	double		pessimistic_after;
	double		break_even;		/* factor of outer rows; may be infinite */
	double		error_expected; /* factor that estimates may be off by */
} WhatIfRisk;

/*
 * Plan a statement in a sandbox of its own and find what its plan rests on.
 * "us_per_cost" is what whatif_us_per_cost() returns; "corrections" are other
 * estimates than the planner's (NULL: none), see correct.h.
 */
struct Corrections;
extern WhatIfExposure whatif_exposure(Statement *stmt,
									  const WhatIfConfig *config,
									  double us_per_cost,
									  const struct Corrections *corrections);

/* Visit every node of a planned statement, subplans included, parents first. */
typedef void (*PlanVisitor) (Plan *plan, void *arg);
extern void plan_visit(PlannedStmt *plan, PlanVisitor visitor, void *arg);

/* "at_risk", "sensitive" or "none". */
extern const char *whatif_risk_level(const WhatIfRisk *risk);

/* Judge the change from one plan of a statement to another. */
extern WhatIfRisk whatif_risk(const WhatIfExposure *before,
							  const WhatIfExposure *after);

/*
 * The same where both plans were also made with the rows that executions have
 * counted: "at_risk" where the gain is gone then, "sensitive" where most of it
 * is, else "none".
 */
extern const char *whatif_counted_level(const WhatIfExposure *before,
										const WhatIfExposure *after,
										const WhatIfExposure *counted_before,
										const WhatIfExposure *counted_after);

/*
 * Microseconds per cost unit of a statement, whose plan as things are has this
 * cost: as observed, or usual.
 */
extern double whatif_us_per_cost(const Statement *stmt, double cost);

/* Type of a column. */
typedef struct ColumnType
{
	Oid			oid;
	int32		typmod;
	Oid			collation;
}			ColumnType;

/*
 * Of a relation that may have been dropped or changed since: its owner, or
 * InvalidOid; whether its changes are logged; a column's type, or false; bytes
 * of a column's average value, or 0.
 */
extern Oid	relation_owner(Oid relid);
extern bool relation_is_logged(Oid relid);
extern bool relation_column_type(Oid relid, AttrNumber attnum,
								 ColumnType * type);
extern double relation_column_width(Oid relid, AttrNumber attnum);

/* Its name, qualified, and that of a column, both quoted; raise an error when
 * it is gone. */
extern char *relation_text(Oid relid);
extern char *relation_column_text(Oid relid, AttrNumber attnum);

/* 0 .. 1: how far rows in the order of a column lie in order in the table. */
extern double whatif_column_order(Oid relid, AttrNumber attnum);

/* A plan's EXPLAIN text with ? for each constant; palloc'd. */
extern char *plan_text_mask(const char *plan);

/*
 * What an index of this name is for in a plan's EXPLAIN text: a list of strings,
 * its conditions or, where a scan has none, what is read from it.
 */
extern List *plan_text_clauses(const char *plan, const char *index_name);

/*
 * Called for each plain relation of a query while whatif_plan() plans under a
 * configuration, after core has added its paths: lets the index module read
 * clauses, orders and paths.  Set before, cleared after; NULL otherwise.
 */
typedef void (*WhatIfObserver) (PlannerInfo *root, RelOptInfo *rel,
								RangeTblEntry *rte, void *arg);
extern void whatif_observe(WhatIfObserver observer, void *arg);

/*
 * The same for more stages of planning: every base relation and member of an
 * append relation, every pair of relations joined, every stage above the
 * joins.  Called after core has added its paths; fields may be NULL.  And when
 * the planner asks for the statistics of an expression that come with an index,
 * the column counted from 1.
 */
typedef struct WhatIfRecorder
{
	void		(*statistics) (const HypoIndex *index, int column, void *arg);
	void		(*relation) (PlannerInfo *root, RelOptInfo *rel,
							 RangeTblEntry *rte, void *arg);
	void		(*join) (PlannerInfo *root, RelOptInfo *joinrel,
						 RelOptInfo *outerrel, RelOptInfo *innerrel,
						 JoinType jointype, JoinPathExtraData *extra,
						 void *arg);
	void		(*upper) (PlannerInfo *root, UpperRelationKind stage,
						  RelOptInfo *output, void *arg);
} WhatIfRecorder;
extern void whatif_record(const WhatIfRecorder *recorder, void *arg);

/*
 * Describe a hypothetical index to the planner, as get_relation_info() would
 * describe it once it is built.  "relation" is the table, open.
 */
extern struct IndexOptInfo *hypo_index_info(const HypoIndex *index,
											struct RelOptInfo *rel,
											Relation relation);

/*
 * Is the access method one whose index may miss some of the nearest rows, so
 * that a statement's answer changes with it?
 */
extern bool whatif_method_is_approximate(Oid am);

/*
 * Rows that a search of an approximate index looks at, on a table of as many
 * rows, before other conditions are tested.  By the settings of the session.
 */
extern double whatif_search_depth(Oid am, double rows);

/* Name of an access method that the engine can predict, or NULL. */
extern const char *whatif_method_name(Oid am);

/* Number of planner calls made by this backend, for figures in the evidence. */
extern uint64 whatif_planner_calls(void);

/* Hooks; called by _PG_init(). */
extern void whatif_init(void);

#endif							/* DBADVISOR_WHATIF_H */
