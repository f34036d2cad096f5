/*-------------------------------------------------------------------------
 *
 * drop_internal.h
 *		What the parts of the drop advisor share with each other.
 *
 *	index_shape.c	what an index is, from the catalog alone
 *	index_pairs.c	which index can stand in for which (SQL functions)
 *	drop_workload.c	statements and probes that touch the tables of suspects
 *	drop_trial.c	plans with suspects hidden
 *	drop_prove.c	the SQL function that judges suspects
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_DROP_INTERNAL_H
#define DBADVISOR_DROP_INTERNAL_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "whatif/whatif.h"
#include "workload/workload.h"

/*
 * An index, existing or not.  Read without any lock: nothing of it is used but
 * to compare it with another.
 */
typedef struct IndexShape
{
	Oid			oid;
	Oid			relid;
	Oid			am;
	int			ncolumns;		/* key columns and INCLUDE columns */
	int			nkeys;
	List	   *columns;		/* of Node: Var or expression, varno 1 */
	Oid		   *opfamilies;		/* nkeys entries, as the next four */
	Oid		   *opcintypes;
	Oid		   *opclasses;
	Oid		   *collations;
	int16	   *options;		/* INDOPTION_ bits */
	bool		has_opclass_options;
	char	   *storage;		/* storage parameters, or NULL */
	List	   *predicate;		/* implicitly ANDed, varno 1 */
	bool		unique;
	bool		immediate;		/* uniqueness is not deferrable */
	bool		nulls_not_distinct;
	bool		usable;			/* valid, ready and live */
} IndexShape;

/* How one index stands in for another. */
typedef enum Cover
{
	COVER_NONE,
	COVER_SAME,					/* the same keys, columns and rows */
	COVER_REVERSED,				/* the same, read backwards */
	COVER_INCLUDE,				/* has more INCLUDE columns */
	COVER_PREFIX,				/* has more key columns */
	COVER_ROWS					/* has more rows: a weaker predicate */
} Cover;

/* index_shape.c */
extern IndexShape *index_shape_read(Oid index);
extern IndexShape *index_shape_of_hypo(const HypoIndex *hypo);
extern HypoIndex *index_of_plain_columns(const char *definition);
extern Cover index_shape_cover(const IndexShape *index,
							   const IndexShape *other);
extern const char *cover_name(Cover cover);

/* What a trial has to say of a suspect. */
typedef enum Verdict
{
	VERDICT_UNKNOWN, VERDICT_FAILED, VERDICT_PASSED
} Verdict;

/* One of the questions asked about a suspect. */
typedef struct Gate
{
	Verdict		verdict;
	char	   *detail;
} Gate;

/* An index that might be dropped. */
typedef struct Suspect
{
	int			ordinal;		/* place among the arguments, from 1 */
	Oid			index;
	Oid			relid;
	List	   *ancestors;		/* OIDs: partitioned parents of the table */
	const char *definition;		/* index to be created before, or NULL */
	HypoIndex  *replacement;	/* the same; NULL until it is made */
	double		tolerance;		/* cost may rise by this share */
	bool		twin;			/* an identical index remains */
	bool		locked;			/* somebody holds the table: not tried */
	Gate		planner;
	Gate		arbiter;
	Gate		foreign_key;
	int			nstatements;	/* planned without the index */
	int64		worst_queryid;
	double		worst_before;	/* cost of the statement that suffers most */
	double		worst_after;
} Suspect;

/* A statement that touches the table of a suspect, or a probe for a key. */
typedef struct Witness
{
	Statement  *stmt;
	bool		probe;			/* of a foreign key */
	Oid			probed;			/* its table */
	const char *note;			/* name of the foreign key, and its traffic */
	double		cost;			/* as the database is */
	double		cost_accepted;	/* without those that passed, if that is more */
	double		cost_tried;		/* without those and the one on trial */
	double		rows;
	List	   *used;			/* OIDs of indexes */
	List	   *relations;		/* OIDs that the plan depends on */
	List	   *arbiters;		/* OIDs of ON CONFLICT's indexes */
} Witness;

/* A statement of which nothing is known but its text. */
typedef struct Unproven
{
	const char *text;			/* lower case; NULL when not known as a whole */
	int64		queryid;		/* 0 by hand */
	const char *reason;			/* state, or SQLSTATE: messages may hold data */
	List	   *relations;		/* OIDs, if it was analysed */
} Unproven;

/* A name by which a text could reach a table. */
typedef struct ReachingName
{
	Oid			relid;
	const char *name;			/* lower case */
} ReachingName;

/* One call. */
typedef struct DropSearch
{
	MemoryContext context;		/* everything that lives to the end */
	Size		memory_limit;	/* bytes under "context" */
	TimestampTz deadline;		/* DT_NOEND: none */
	List	   *suspects;		/* of Suspect, those to drop rather first */
	List	   *witnesses;		/* of Witness */
	TimestampTz since;			/* oldest start of counters, 0 unknown */
	List	   *unproven;		/* of Unproven */
	List	   *names;			/* of ReachingName */
	const char *missing;		/* why pg_stat_statements gave nothing */
	const char *cut_short;		/* why statements were left out, or NULL */
	List	   *hidden;			/* OIDs: suspects that passed */
	List	   *replaced;		/* those that passed, given "replacements" */
	List	   *replacements;	/* of HypoIndex */
} DropSearch;

/* drop_workload.c */
extern void drop_read_workload(DropSearch *search);
extern bool suspect_table_is_in(const Suspect *suspect, const List *relations);
extern bool drop_out_of_time(DropSearch *search);
extern WhatIfResult drop_plan(const Witness *witness,
							  const WhatIfConfig *config,
							  ErrorData **error);

/* drop_trial.c */
extern void drop_try_all(DropSearch *search);

#endif							/* DBADVISOR_DROP_INTERNAL_H */
