/*-------------------------------------------------------------------------
 *
 * features.h
 *		What is seen in the tree of a statement: shared by the files that look
 *		(features.c, feature_clauses.c) and the one that shows (feature_show.c).
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_FEATURES_H
#define DBADVISOR_FEATURES_H

#include "workload/workload.h"

/* How the value of LIMIT or OFFSET is written; NULL where there is none. */
#define VALUE_CONSTANT "constant"
#define VALUE_PARAMETER "parameter"
#define VALUE_EXPRESSION "expression"

/* One column that is compared in WHERE, ON or HAVING. */
typedef struct Comparison
{
	Oid			relid;			/* invalid: column of a subquery */
	AttrNumber	attnum;
	const char *column;
	const char *operator;		/* by name; IS NULL and IS NOT NULL too */
	const char *wrapped_in;		/* "function", "cast", "implicit cast",
								 * "operator", "aggregate"; NULL: the bare
								 * column */
	const char *wrapper;		/* its name; NULL likewise */
	bool		immutable;		/* the wrapping, so that it can be indexed */
	const char *expression;		/* the wrapped column as SQL, as an index
								 * could have it; NULL where it has constants
								 * or none can */
	const char *compared_with;	/* "parameter", "constant", "column",
								 * "expression", "subquery"; NULL: nothing */
	Oid			other_relid;	/* of the bare column that it is compared
								 * with; invalid: none */
	AttrNumber	other_attnum;
	int			elements;		/* of a list, as in IN; 0 unknown, -1 no list */
	bool		is_pattern;		/* LIKE and its kin */
	int			leading_wildcard;	/* of a pattern: 1 yes, 0 no, -1 unknown */
} Comparison;

/* A column of a table. */
typedef struct TableColumn
{
	Oid			relid;
	AttrNumber	attnum;
} TableColumn;

/* What is seen in a statement. */
typedef struct Features
{
	Statement  *stmt;
	List	   *queries;		/* of Query, innermost first: where we are */

	/* The outermost query. */
	const char *command;		/* "select", "insert", "update", ... */
	Oid			target;			/* table that it writes; invalid: none */
	int			tables;			/* items in its FROM */
	int			insert_rows;	/* of VALUES; 0: as many as a query gives; -1:
								 * not an INSERT */
	bool		has_where;
	bool		select_star;
	bool		count_only;		/* returns count(*) or count(x) and no more */
	bool		count_compared; /* returns how a count compares */
	bool		distinct;
	bool		grouped;
	bool		aggregated;
	bool		union_distinct;
	bool		for_update;
	bool		skip_locked;
	bool		on_conflict;
	bool		returning;
	bool		ordered;
	bool		order_by_random;
	const char *limit;
	const char *offset;
	double		offset_value;	/* the largest known; -1: none */
	List	   *changed_columns;	/* names, of an UPDATE */
	int			self_assignments;	/* columns set to themselves */

	/* All queries in it. */
	int			most_tables;	/* items in one FROM */
	int			outer_joins;
	int			cross_joins;	/* items that no clause ties to the others */
	int			subqueries;
	int			ctes;
	bool		recursive;
	bool		limit_in_locking;	/* subquery with FOR UPDATE and LIMIT */
	int			not_in;			/* NOT IN (SELECT ...) */
	int			not_in_nullable;	/* of which the list may hold NULL */
	int			or_across_columns;
	int			optional_filters;	/* $1 IS NULL OR column = $1 */
	int			null_comparisons;	/* column = NULL */
	int			longest_list;	/* constants in one IN */
	List	   *comparisons;	/* of Comparison */
	List	   *documents;		/* of TableColumn: jsonb, of which a key is
								 * asked for */

	/* The result, of an aggregating SELECT. */
	bool		keeps_result;	/* it is one: the rest is known */
	bool		result_mutable; /* not the tables alone decide it */
	bool		result_values;	/* the statement has constants or parameters */
	bool		result_varies;	/* and parameters choose rows */
	int			result_width;	/* bytes of a row, by the types */
	List	   *result_key;		/* names of columns that identify a row */
	char	   *result_query;	/* as SQL; NULL where it has values or no key */
} Features;

/* features.c */
extern Features *features_read(Statement *stmt);
extern Query *features_query(const Features *features, Index levelsup);
extern Var *features_base_var(const Features *features, Var *var);
extern bool features_column(const Features *features, Node *node,
							TableColumn *column);
extern int	features_sets(const Statement *stmt);
extern Const *features_value(const Features *features, Node *node, int set);

/* feature_clauses.c: the clauses of the innermost query */
extern void features_clauses(Features *features, Node *node);

/* feature_joins.c: items in FROM of the innermost query that nothing ties */
extern int	features_untied(const Features *features);

/* feature_result.c: what the result of the outermost query depends on */
extern void features_result(Features *features, const Query *outermost);

#endif							/* DBADVISOR_FEATURES_H */
