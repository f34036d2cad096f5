/*-------------------------------------------------------------------------
 *
 * extension.c
 *		The SQL function dbadvisor.extensions_wanted(): searches in recorded
 *		statements that only the operator classes of an extension can serve.
 *
 * Without the extension the planner cannot be asked what its index would
 * bring.  What can be known is that a search inside of strings reads a whole
 * table for few rows, and that nothing in the catalog could do better.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "commands/extension.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "index/index_internal.h"

PG_FUNCTION_INFO_V1(dbadvisor_extensions_wanted);

/* Searches for a part of a string: trigrams. */
#define TRIGRAM_EXTENSION "pg_trgm"

/* A table with fewer pages (1 MB) is as quickly read as searched. */
#define MIN_PAGES 128

/* A search that finds a larger share of the rows is no search. */
#define MAX_SHARE 0.1

/* Letters in a row of which a trigram can be made. */
#define TRIGRAM_LETTERS 3

/* Time for analysing and planning, in microseconds. */
#define TIME_LIMIT (5 * USECS_PER_SEC)

/* Columns of a result row. */
enum
{
	COL_EXTENSION, COL_QUERYID, COL_RELID, COL_ATTNUM, COL_CALLS,
	COL_TOTAL_MS, COL_PAGES, COL_SHARE, NCOLUMNS
};

/* What is found in one statement. */
typedef struct Finder
{
	const Statement *stmt;
	ReturnSetInfo *result;
	MemoryContext context;		/* of the result */
} Finder;

/*
 * Could the text contain such a search?  Saves the analysis of all others.
 */
static bool
text_may_search(const char *text)
{
	for (const char *c = text; c != NULL && *c != '\0'; c++)
		if (*c == '~' || pg_strncasecmp(c, "like", 4) == 0 ||
			pg_strncasecmp(c, "similar", 7) == 0)
			return true;
	return false;
}

/*
 * Does a pattern have enough letters in a row?  What is no letter or digit may
 * be a wildcard.
 */
static bool
pattern_has_letters(Const *pattern)
{
	int			run = 0;

	if (pattern->constisnull || pattern->consttype != TEXTOID)
		return false;
	for (const char *c = TextDatumGetCString(pattern->constvalue); *c; c++)
	{
		run = isalnum((unsigned char) *c) || IS_HIGHBIT_SET(*c) ? run + 1 : 0;
		if (run >= TRIGRAM_LETTERS)
			return true;
	}
	return false;
}

/*
 * Does the operator search inside of strings, whatever their case?  What is
 * known by its beginning a B-tree finds, unless case does not matter.
 */
static bool
searches_inside(Oid opno, Node *pattern)
{
	bool		known = IsA(pattern, Const);

	if (known && !pattern_has_letters((Const *) pattern))
		return false;
	switch (get_opcode(opno))
	{
		case F_TEXTICLIKE:
		case F_BPCHARICLIKE:
		case F_TEXTICREGEXEQ:
		case F_BPCHARICREGEXEQ:
			return true;
		case F_TEXTLIKE:
		case F_BPCHARLIKE:
		case F_TEXTREGEXEQ:
		case F_BPCHARREGEXEQ:
			return known && !clause_pattern_is_anchored(opno, pattern);
		default:
			return false;
	}
}

/*
 * The attribute that a clause searches inside of: its number, 0 for an
 * expression, -1 for none.
 */
static int
searched_attribute(PlannerInfo *root, RelOptInfo *rel, Expr *clause)
{
	OpExpr	   *search = (OpExpr *) clause;
	Expr	   *key;

	if (!IsA(clause, OpExpr) || list_length(search->args) != 2 ||
		!searches_inside(search->opno, (Node *) lsecond(search->args)))
		return -1;
	key = clause_key(root, rel, (Node *) linitial(search->args));
	if (key == NULL)
		return -1;
	return IsA(key, Var) ? ((Var *) key)->varattno : 0;
}

/*
 * Put a row about a search.
 */
static void
put_search(const Finder *finder, RelOptInfo *rel, Oid relid, int attnum,
		   double share)
{
	const Statement *stmt = finder->stmt;
	MemoryContext old = MemoryContextSwitchTo(finder->context);
	Datum		values[NCOLUMNS];
	bool		nulls[NCOLUMNS] = {false};

	values[COL_EXTENSION] = CStringGetTextDatum(TRIGRAM_EXTENSION);
	values[COL_QUERYID] = Int64GetDatum(stmt->queryid);
	values[COL_RELID] = ObjectIdGetDatum(relid);
	values[COL_ATTNUM] = Int32GetDatum(attnum);
	values[COL_CALLS] = Float8GetDatum(stmt->calls);
	values[COL_TOTAL_MS] = Float8GetDatum(stmt->total_ms);
	values[COL_PAGES] = Float8GetDatum(rel->pages);
	values[COL_SHARE] = Float8GetDatum(share);
	nulls[COL_QUERYID] = stmt->queryid == 0;
	nulls[COL_CALLS] = stmt->calls < 0;
	nulls[COL_TOTAL_MS] = stmt->total_ms < 0;
	tuplestore_putvalues(finder->result->setResult, finder->result->setDesc,
						 values, nulls);
	MemoryContextSwitchTo(old);
}

/*
 * WhatIfObserver: report the first search on a relation.
 */
static void
find_search(PlannerInfo *root, RelOptInfo *rel, RangeTblEntry *rte, void *arg)
{
	ListCell   *lc;

	if (rel->pages < MIN_PAGES)
		return;
	foreach(lc, rel->baserestrictinfo)
	{
		RestrictInfo *rinfo = (RestrictInfo *) lfirst(lc);
		int			attnum = searched_attribute(root, rel, rinfo->clause);
		double		share;

		if (attnum < 0)
			continue;
		share = clause_selectivity(root, (Node *) rinfo, rel->relid,
								   JOIN_INNER, NULL);
		if (share > MAX_SHARE)
			continue;
		put_search((Finder *) arg, rel, rte->relid, attnum, share);
		return;
	}
}

/*
 * Plan a statement and report its searches; one that cannot be planned has
 * none.
 */
static void
report_statement(Finder *finder, Statement *stmt)
{
	WhatIfConfig nothing = {0};
	WhatIfResult result;

	if (!text_may_search(stmt->text))
		return;
	statement_analyze(stmt);
	if (stmt->state != STATEMENT_PLANNABLE)
		return;
	finder->stmt = stmt;
	whatif_observe(find_search, finder);
	PG_TRY();
	{
		result = whatif_statement(stmt, &nothing, false);
	}
	PG_FINALLY();
	{
		whatif_observe(NULL, NULL);
	}
	PG_END_TRY();
	if (result.error != NULL)
		FreeErrorData(result.error);
}

/*
 * dbadvisor.extensions_wanted(): a row for each statement and table with a
 * search that an extension which is not installed could serve.
 */
Datum
dbadvisor_extensions_wanted(PG_FUNCTION_ARGS)
{
	Finder		finder = {.result = (ReturnSetInfo *) fcinfo->resultinfo};
	TimestampTz deadline = GetCurrentTimestamp() + TIME_LIMIT;
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context;
	const char *missing;
	ListCell   *lc;

	InitMaterializedSRF(fcinfo, 0);
	if (OidIsValid(get_extension_oid(TRIGRAM_EXTENSION, true)))
		return (Datum) 0;
	finder.context = finder.result->econtext->ecxt_per_query_memory;
	context = AllocSetContextCreate(caller, "dbadvisor extensions",
									ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(context);
	foreach(lc, workload_read(&missing))
	{
		Statement  *stmt = (Statement *) lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		if (GetCurrentTimestamp() < deadline)
			report_statement(&finder, stmt);
		statement_free(stmt);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	return (Datum) 0;
}
