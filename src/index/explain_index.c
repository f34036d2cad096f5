/*-------------------------------------------------------------------------
 *
 * explain_index.c
 *		SQL function dbadvisor.explain_index(): what an index, or the lack of
 *		one, does to each statement of the workload, with plans.
 *
 * Plans live, each statement as its own user.  Texts of statements come as the
 * caller may see them: pg_stat_statements hides those of others from who may
 * not read all statistics.  Constants in plans are shown only with
 * dbadvisor.include_values.  Definitions of indexes come from findings, which
 * others may have written: they run with the rights of the tables' owners.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "parser/parsetree.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/timestamp.h"

#include "dbadvisor.h"
#include "index/index_internal.h"
#include "whatif/request.h"

PG_FUNCTION_INFO_V1(dbadvisor_explain_index);

/* Arguments. */
enum
{
	ARG_INDEX, ARG_HIDE, ARG_BASE, ARG_ALTERNATIVES, ARG_QUERYIDS,
	ARG_TIME_LIMIT
};

/* Columns of a result row. */
enum
{
	COL_QUERYID, COL_QUERY, COL_STATE, COL_REASON, COL_CALLS, COL_TOTAL_MS,
	COL_ASKED, COL_COST_BEFORE, COL_COST_AFTER, COL_USED_BEFORE, COL_CLAUSES,
	COL_PLAN_BEFORE, COL_PLAN_AFTER, COL_ALTERNATIVE_COSTS,
	COL_ALTERNATIVE_USED, COL_WRITES, COL_RISK_LEVEL, COL_RISK_REASON,
	NCOLUMNS
};

/* A plan that is this much dearer is said to be. */
#define SLOWER 1.01

/* One call. */
typedef struct Explanation
{
	HypoIndex  *index;			/* NULL: one that is there is hidden */
	WhatIfConfig before;
	WhatIfConfig after;
	List	   *alternatives;	/* of HypoIndex */
	Oid			relid;			/* table, where it is known */
	ArrayType  *queryids;		/* NULL: all statements */
	TimestampTz deadline;
} Explanation;

/* A row that is being filled; every value is null until it is set. */
typedef struct Row
{
	Datum		values[NCOLUMNS];
	bool		nulls[NCOLUMNS];
} Row;

/*
 * Set a value unless there is none.
 */
static void
row_set(Row *row, int column, Datum value, bool known)
{
	row->values[column] = value;
	row->nulls[column] = !known;
}

/*
 * Set a text, or null for NULL.
 */
static void
row_set_text(Row *row, int column, const char *text)
{
	if (text !=NULL)
		row_set(row, column, CStringGetTextDatum(text), true);
}

/*
 * A plan or clause as the caller may see it.
 */
static char *
shown(const char *text)
{
	if (text == NULL)
		return NULL;
	return dbadvisor_include_values ? pstrdup(text) : plan_text_mask(text);
}

/*
 * Read the arguments.
 */
static void
read_arguments(Explanation *explanation, FunctionCallInfo fcinfo)
{
	List	   *base = request_indexes(fcinfo, ARG_BASE, true);
	List	   *hidden = request_hidden(fcinfo, ARG_HIDE);
	List	   *index = request_indexes(fcinfo, ARG_INDEX, true);

	explanation->index = index != NIL ? (HypoIndex *) linitial(index) : NULL;
	explanation->before.indexes = base;
	explanation->before.hidden = explanation->index ? hidden : NIL;
	explanation->after.indexes = list_concat_copy(base, index);
	explanation->after.hidden = hidden;
	explanation->alternatives = request_indexes(fcinfo, ARG_ALTERNATIVES, true);
	explanation->relid = explanation->index ? explanation->index->relid :
		InvalidOid;
	explanation->queryids = PG_ARGISNULL(ARG_QUERYIDS) ? NULL :
		PG_GETARG_ARRAYTYPE_P(ARG_QUERYIDS);
	explanation->deadline = PG_ARGISNULL(ARG_TIME_LIMIT) ? DT_NOEND :
		DatumGetTimestampTz(DirectFunctionCall2(timestamptz_pl_interval,
												TimestampTzGetDatum(GetCurrentTimestamp()),
												PG_GETARG_DATUM(ARG_TIME_LIMIT)));
}

/*
 * Is the statement one of those asked for?  Those by hand have number 0.
 */
static bool
is_asked(const Explanation *explanation, const Statement *stmt)
{
	Datum	   *elements;
	bool	   *nulls;
	int			count;

	if (explanation->queryids == NULL)
		return true;
	deconstruct_array(explanation->queryids, INT8OID, sizeof(int64),
					  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &elements, &nulls,
					  &count);
	for (int i = 0; i < count; i++)
		if (!nulls[i] && DatumGetInt64(elements[i]) == stmt->queryid &&
			(stmt->queryid != 0 || stmt->manual))
			return true;
	return false;
}

/*
 * Does a query of the statement write this table?
 */
static bool
writes_table(const Statement *stmt, Oid relid)
{
	ListCell   *lc;

	foreach(lc, stmt->queries)
	{
		Query	   *query = (Query *) lfirst(lc);

		if (query->resultRelation != 0 &&
			rt_fetch(query->resultRelation, query->rtable)->relid == relid)
			return true;
	}
	return false;
}

/*
 * Clauses that the index serves in a plan, as text[].
 */
static Datum
clauses_array(const Explanation *explanation, const char *plan)
{
	List	   *clauses = NIL;
	ListCell   *lc;

	foreach(lc, plan_text_clauses(plan, explanation->index->name))
	{
		char	   *clause = shown((char *) lfirst(lc));
		bool		seen = false;
		ListCell   *lc2;

		foreach(lc2, clauses)
			seen |= strcmp((char *) lfirst(lc2), clause) == 0;
		if (!seen)
			clauses = lappend(clauses, clause);
	}
	return text_array_of_list(clauses);
}

/*
 * Price the alternatives for the statement: costs, null where one cannot be
 * planned, and whether they are used.
 */
static void
price_alternatives(const Explanation *explanation, Statement *stmt, Row *row)
{
	int			count = list_length(explanation->alternatives);
	Datum	   *costs = (Datum *) palloc((count + 1) * sizeof(Datum));
	Datum	   *used = (Datum *) palloc((count + 1) * sizeof(Datum));

	for (int i = 0; i < count; i++)
	{
		HypoIndex  *index = (HypoIndex *) list_nth(explanation->alternatives, i);
		WhatIfConfig config = explanation->before;
		WhatIfResult result;
		ListCell   *lc;

		config.indexes = lappend(list_copy(config.indexes), index);
		result = whatif_statement(stmt, &config, false);
		used[i] = BoolGetDatum(false);
		costs[i] = Float8GetDatum(result.error ? get_float8_nan() : result.cost);
		foreach(lc, result.used)
			if (hypo_index_find(list_make1(index), lfirst_oid(lc)) != NULL)
			used[i] = BoolGetDatum(true);
	}
	row_set(row, COL_ALTERNATIVE_COSTS,
			PointerGetDatum(construct_array(costs, count, FLOAT8OID,
											sizeof(float8), FLOAT8PASSBYVAL,
											TYPALIGN_DOUBLE)), true);
	row_set(row, COL_ALTERNATIVE_USED,
			PointerGetDatum(construct_array(used, count, BOOLOID, 1, true,
											TYPALIGN_CHAR)), true);
}

/*
 * Judge the risk of a statement that gains.
 */
static void
fill_risk(const Explanation *explanation, Statement *stmt, double cost,
		  Row *row)
{
	double		us_per_cost = whatif_us_per_cost(stmt, cost);
	WhatIfExposure before = whatif_exposure(stmt, &explanation->before,
											us_per_cost, NULL);
	WhatIfExposure after = whatif_exposure(stmt, &explanation->after,
										   us_per_cost, NULL);
	WhatIfRisk	risk = whatif_risk(&before, &after);

	if (!risk.known)
		return;
	row_set_text(row, COL_RISK_LEVEL, whatif_risk_level(&risk));
	row_set_text(row, COL_RISK_REASON, risk.reason);
}

/*
 * Fill in plans and costs; an error becomes the row's reason.  Returns whether
 * the row has something to say.
 */
static bool
fill_plans(const Explanation *explanation, Statement *stmt, bool asked,
		   Row *row)
{
	WhatIfResult before = whatif_statement(stmt, &explanation->before, asked);
	WhatIfResult after = {.error = before.error};

	if (before.error == NULL)
		after = whatif_statement(stmt, &explanation->after, asked);
	if (after.error != NULL)
	{
		row_set_text(row, COL_STATE,
					 statement_state_name(statement_state_of_error(after.error)));
		row_set_text(row, COL_REASON, error_summary(after.error));
		return asked;
	}
	row_set(row, COL_COST_BEFORE, Float8GetDatum(before.cost), true);
	row_set(row, COL_COST_AFTER, Float8GetDatum(after.cost), true);
	if (!asked)
		return after.cost > before.cost * SLOWER;
	row_set(row, COL_USED_BEFORE,
			text_array_of_list(index_names(&explanation->before, before.used)),
			true);
	row_set_text(row, COL_PLAN_BEFORE, shown(before.plan));
	row_set_text(row, COL_PLAN_AFTER, shown(after.plan));
	if (explanation->index != NULL)
	{
		row_set(row, COL_CLAUSES,
				clauses_array(explanation, after.plan ? after.plan : ""), true);
		price_alternatives(explanation, stmt, row);
		fill_risk(explanation, stmt, before.cost, row);
	}
	return true;
}

/*
 * Fill in a statement's row.  Returns whether there is something to say.
 */
static bool
fill_row(const Explanation *explanation, Statement *stmt, Row *row)
{
	bool		asked = is_asked(explanation, stmt);
	bool		writes;

	memset(row->nulls, true, sizeof(row->nulls));
	statement_analyze(stmt);
	row_set(row, COL_QUERYID, Int64GetDatum(stmt->queryid),
			stmt->queryid != 0);
	row_set_text(row, COL_QUERY, stmt->text);
	row_set_text(row, COL_STATE, statement_state_name(stmt->state));
	row_set_text(row, COL_REASON, stmt->reason);
	row_set(row, COL_CALLS, Float8GetDatum(stmt->calls), stmt->calls >= 0);
	row_set(row, COL_TOTAL_MS, Float8GetDatum(stmt->total_ms),
			stmt->total_ms >= 0);
	row_set(row, COL_ASKED, BoolGetDatum(asked), true);
	if (stmt->state != STATEMENT_PLANNABLE)
		return asked && explanation->queryids != NULL;
	writes = writes_table(stmt, explanation->relid);
	row_set(row, COL_WRITES, BoolGetDatum(writes), true);
	return fill_plans(explanation, stmt, asked, row) || writes;
}

/*
 * Say that time was up for a number of statements.
 */
static void
put_left_out(ReturnSetInfo *result, int count)
{
	Row			row;

	if (count == 0)
		return;
	memset(row.nulls, true, sizeof(row.nulls));
	row_set_text(&row, COL_STATE, "left_out");
	row_set_text(&row, COL_REASON,
				 psprintf("time was up for %d statements", count));
	row_set(&row, COL_ASKED, BoolGetDatum(false), true);
	tuplestore_putvalues(result->setResult, result->setDesc, row.values,
						 row.nulls);
}

/*
 * Those asked for come first, as time may end.
 */
static List *
asked_first(const Explanation *explanation, List *statements)
{
	List	   *asked = NIL;
	List	   *others = NIL;
	ListCell   *lc;

	foreach(lc, statements)
	{
		if (is_asked(explanation, (Statement *) lfirst(lc)))
			asked = lappend(asked, lfirst(lc));
		else
			others = lappend(others, lfirst(lc));
	}
	return list_concat(asked, others);
}

/*
 * explain_index(index text[], hide regclass[], base text[], alternatives
 * text[], queryids bigint[], time_limit interval): one row per statement asked
 * for, and one per other statement that gets slower or writes the table.
 */
Datum
dbadvisor_explain_index(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Explanation explanation = {0};
	const char *missing;
	int			left_out = 0;
	ListCell   *lc;

	InitMaterializedSRF(fcinfo, 0);
	read_arguments(&explanation, fcinfo);
	foreach(lc, asked_first(&explanation, workload_read(&missing)))
	{
		Statement  *stmt = (Statement *) lfirst(lc);
		MemoryContext old = MemoryContextSwitchTo(stmt->context);
		Row			row;

		CHECK_FOR_INTERRUPTS();
		if (GetCurrentTimestamp() >= explanation.deadline)
			left_out++;
		else if (fill_row(&explanation, stmt, &row))
			tuplestore_putvalues(result->setResult, result->setDesc,
								 row.values, row.nulls);
		MemoryContextSwitchTo(old);
		statement_free(stmt);
	}
	put_left_out(result, left_out);
	return (Datum) 0;
}
