/*-------------------------------------------------------------------------
 *
 * workload_internal.h
 *		What the files of the workload module share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_WORKLOAD_INTERNAL_H
#define DBADVISOR_WORKLOAD_INTERNAL_H

#include "workload/workload.h"

/*
 * One attempt to analyse a text: what goes in, and what comes out of it when
 * it ends without an error.
 */
typedef struct Attempt
{
	/* In. */
	const char *text;
	Oid		   *presets;		/* types of parameters; InvalidOid: infer */
	int			npresets;

	/* What repair_attempt() remembers between its calls. */
	bool		literals_repaired;
	bool		groups_repaired;
	struct Trial *trial;		/* last presets tried, or NULL */

	/* Out, palloc'd in the context of the caller. */
	StatementState state;
	const char *reason;			/* literal; NULL when plannable */
	List	   *queries;		/* of Query; also of system and own ones */
	List	   *relations;		/* OIDs */
	Oid		   *types;
	int			ntypes;
} Attempt;

/*
 * Change the attempt so that the error may go away: repair the text, or preset
 * types of parameters.  Returns false when nothing is left to try.
 */
extern bool repair_attempt(Attempt *attempt, const ErrorData *error);

/*
 * The text without squashed lists of constants, as PostgreSQL 18 writes them:
 * IN compares with one array parameter instead, so that values for it can be
 * chosen; any other list gets several elements again.  Raises the scanner's
 * errors.
 */
extern const char *text_without_squashed_lists(const char *source);

/* Does the text of a statement that cannot be parsed begin like a utility
 * statement? */
extern bool text_is_utility(const char *text);

/*
 * Preset types of parameters near the place of a type error, or undo what did
 * not help and try the next.  Inside sandbox_run().
 */
extern bool presets_try(Attempt *attempt, const ErrorData *error);

/*
 * Search path under which the unqualified relations of a text can be found:
 * the given one and the schemas that hold them and that the user can trust.
 * NULL when there is none.
 */
extern char *search_path_guess(const char *text, Oid userid,
							   const char *search_path);

/*
 * The raw statement inside PREPARE, DECLARE CURSOR or COPY (query) TO, or the
 * statement itself.
 */
extern Node *statement_inside(Node *node);

/* Like statement_analyze(), but no values are chosen for parameters. */
extern void statement_analyze_bare(Statement *stmt);

/*
 * Inside sandbox_run(): the Query tree of a plannable statement before
 * rewriting, so that views are what was written, and in *raw the tree before
 * analysis.
 */
extern Query *statement_tree(Statement *stmt, Node **raw);

/* Choose values for the parameters of a statement that was analysed, where its
 * counters and the statistics tell something. */
extern void params_choose(Statement *stmt);

#endif							/* DBADVISOR_WORKLOAD_INTERNAL_H */
