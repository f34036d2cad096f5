/*-------------------------------------------------------------------------
 *
 * params.c
 *		Choose values for parameters, so that a plan returns as many rows as
 *		the statement was seen to return.
 *
 * The generic plan takes LIMIT $1 for a tenth of all rows, and id > $1 for a
 * third of the table.  Where pg_stat_statements has counted rows, and nothing
 * between the table and the result changes their number, better values can be
 * had: the limit itself, and a point of the histogram.  A parameter that
 * nothing can be said of gets no type in the list, which leaves it a parameter
 * in the plan.
 *
 * The values are data of the table.  They go nowhere but into the planner, and
 * only where the statement's user may read them: its own functions may see
 * them there.
 *
 * Entry point: params_choose().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/stratnum.h"
#include "catalog/pg_class.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/acl.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "workload/workload.h"
#include "workload_internal.h"

/* The histogram must stand for at least this share of the rows. */
#define MIN_HISTOGRAM_SHARE 0.5

/* The conditions of a statement on one table. */
typedef struct Conditions
{
	Oid			relid;
	Oid			userid;			/* whose statement it is */
	double		selectivity;	/* of the equality conditions */
	AttrNumber	attnum;			/* column with a range; 0: none yet */
	Param	   *lower;			/* column > lower, or NULL */
	Param	   *upper;			/* column < upper, or NULL */
} Conditions;

/*
 * The list of values, made when the first one is known.  All parameters start
 * without a type, hence without a value.
 */
static ParamListInfo
params_list(Statement *stmt)
{
	MemoryContext caller;

	if (stmt->params != NULL)
		return stmt->params;
	caller = MemoryContextSwitchTo(stmt->context);
	stmt->params = makeParamList(stmt->nparams);
	memset(stmt->params->params, 0, stmt->nparams * sizeof(ParamExternData));
	MemoryContextSwitchTo(caller);
	stmt->params_source = "statistics";
	return stmt->params;
}

/*
 * Give a parameter a value, which is copied.
 */
static void
param_set(Statement *stmt, const Param *param, Datum value)
{
	ParamExternData *data;
	MemoryContext caller;
	int16		length;
	bool		by_value;

	if (param->paramid < 1 || param->paramid > stmt->nparams)
		return;
	data = &params_list(stmt)->params[param->paramid - 1];
	get_typlenbyval(param->paramtype, &length, &by_value);
	caller = MemoryContextSwitchTo(stmt->context);
	data->value = datumCopy(value, by_value, length);
	MemoryContextSwitchTo(caller);
	data->isnull = false;
	data->pflags = PARAM_FLAG_CONST;
	data->ptype = param->paramtype;
}

/*
 * The parameter that an expression is, or NULL.
 */
static Param *
param_of(Node *node)
{
	while (node != NULL && IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	if (node == NULL || !IsA(node, Param) ||
		((Param *) node)->paramkind != PARAM_EXTERN)
		return NULL;
	return (Param *) node;
}

/*
 * Choose LIMIT and OFFSET: as many rows as were returned, from the first on.
 */
static void
limit_choose(Statement *stmt, Query *query, double rows)
{
	Param	   *count = param_of(query->limitCount);
	Param	   *offset = param_of(query->limitOffset);

	if (count == NULL || count->paramtype != INT8OID)
		return;
	param_set(stmt, count, Int64GetDatum((int64) Max(ceil(rows), 1)));
	if (offset != NULL && offset->paramtype == INT8OID)
		param_set(stmt, offset, Int64GetDatum(0));
}

/*
 * Does the query return or change one row for each row of one plain table that
 * its conditions select?
 */
static bool
query_counts_rows(const Query *query)
{
	if (query->commandType != CMD_SELECT && query->commandType != CMD_UPDATE &&
		query->commandType != CMD_DELETE)
		return false;
	return query->setOperations == NULL && query->groupClause == NIL &&
		query->groupingSets == NIL && query->distinctClause == NIL &&
		query->havingQual == NULL && !query->hasAggs &&
		!query->hasTargetSRFs && query->limitCount == NULL &&
		query->limitOffset == NULL && query->jointree != NULL &&
		list_length(query->jointree->fromlist) == 1 &&
		IsA(linitial(query->jointree->fromlist), RangeTblRef);
}

/*
 * May the user read the column, all rows of it?  As pg_stats asks.
 */
static bool
column_is_readable(const Conditions *conditions, AttrNumber attnum)
{
	HeapTuple	tuple = SearchSysCache1(RELOID,
										ObjectIdGetDatum(conditions->relid));
	bool		row_security;

	if (!HeapTupleIsValid(tuple))
		return false;
	row_security = ((Form_pg_class) GETSTRUCT(tuple))->relrowsecurity;
	ReleaseSysCache(tuple);
	if (row_security)
		return false;
	return pg_class_aclcheck(conditions->relid, conditions->userid,
							 ACL_SELECT) == ACLCHECK_OK ||
		pg_attribute_aclcheck(conditions->relid, attnum, conditions->userid,
							  ACL_SELECT) == ACLCHECK_OK;
}

/*
 * Share of the table's rows that one value of a column has; 1 when unknown.
 */
static double
value_share(Oid relid, AttrNumber attnum, double tuples)
{
	HeapTuple	statistics = SearchSysCache3(STATRELATTINH,
											 ObjectIdGetDatum(relid),
											 Int16GetDatum(attnum),
											 BoolGetDatum(false));
	double		distinct;

	if (!HeapTupleIsValid(statistics))
		return 1;
	distinct = ((Form_pg_statistic) GETSTRUCT(statistics))->stadistinct;
	ReleaseSysCache(statistics);
	if (distinct < 0)
		distinct = -distinct * tuples;
	return distinct >= 1 ? 1 / distinct : 1;
}

/*
 * Note one end of a range.  Returns false for a second one on the same side,
 * or on another column.
 */
static bool
range_add(Conditions *conditions, AttrNumber attnum, Param *param, bool upper)
{
	Param	  **end = upper ? &conditions->upper : &conditions->lower;

	if (*end != NULL ||
		(conditions->attnum != 0 && conditions->attnum != attnum))
		return false;
	conditions->attnum = attnum;
	*end = param;
	return true;
}

/*
 * Note a condition between a column and a parameter.  Returns false when it is
 * none that can be reckoned with.
 */
static bool
condition_add(Conditions *conditions, Var *column, Param *param, Oid operator,
			  double tuples)
{
	TypeCacheEntry *type = lookup_type_cache(column->vartype,
											 TYPECACHE_BTREE_OPFAMILY);

	if (!OidIsValid(operator) || !OidIsValid(type->btree_opf) ||
		column->varlevelsup != 0 || column->varattno <= 0)
		return false;
	switch (get_op_opfamily_strategy(operator, type->btree_opf))
	{
		case BTEqualStrategyNumber:
			conditions->selectivity *= value_share(conditions->relid,
												   column->varattno, tuples);
			return true;
		case BTLessStrategyNumber:
		case BTLessEqualStrategyNumber:
			return range_add(conditions, column->varattno, param, true);
		case BTGreaterStrategyNumber:
		case BTGreaterEqualStrategyNumber:
			return range_add(conditions, column->varattno, param, false);
		default:
			return false;
	}
}

/*
 * Note one clause, whichever side the column is on.
 */
static bool
clause_add(Conditions *conditions, Node *clause, double tuples)
{
	OpExpr	   *expr = (OpExpr *) clause;
	Node	   *left;
	Node	   *right;

	if (!IsA(clause, OpExpr) || list_length(expr->args) != 2)
		return false;
	left = linitial(expr->args);
	right = lsecond(expr->args);
	if (IsA(left, Var) && param_of(right) != NULL)
		return condition_add(conditions, (Var *) left, param_of(right),
							 expr->opno, tuples);
	if (IsA(right, Var) && param_of(left) != NULL)
		return condition_add(conditions, (Var *) right, param_of(left),
							 get_commutator(expr->opno), tuples);
	return false;
}

/*
 * Note all conditions.  Returns false unless every one of them is understood
 * and there is a range among them.
 */
static bool
conditions_collect(Conditions *conditions, Node *quals, double tuples)
{
	ListCell   *lc;

	if (quals == NULL)
		return false;
	if (!IsA(quals, BoolExpr))
		return clause_add(conditions, quals, tuples) &&
			conditions->attnum != 0;
	if (((BoolExpr *) quals)->boolop != AND_EXPR)
		return false;
	foreach(lc, ((BoolExpr *) quals)->args)
	{
		if (!clause_add(conditions, lfirst(lc), tuples))
			return false;
	}
	return conditions->attnum != 0;
}

/*
 * Share of the rows that the histogram stands for: neither null nor among the
 * most common values.
 */
static double
histogram_share(HeapTuple statistics)
{
	double		share = 1 - ((Form_pg_statistic) GETSTRUCT(statistics))->stanullfrac;
	AttStatsSlot common;

	if (get_attstatsslot(&common, statistics, STATISTIC_KIND_MCV, InvalidOid,
						 ATTSTATSSLOT_NUMBERS))
	{
		for (int i = 0; i < common.nnumbers; i++)
			share -= common.numbers[i];
		free_attstatsslot(&common);
	}
	return share;
}

/*
 * Set the end of a range to the value below which "share" of the histogram is.
 */
static void
range_end_set(Statement *stmt, const Param *param, const AttStatsSlot *slot,
			  double share)
{
	int			index = (int) rint(share * (slot->nvalues - 1));

	if (param != NULL && param->paramtype == slot->valuetype)
		param_set(stmt, param, slot->values[Max(0, Min(index,
													   slot->nvalues - 1))]);
}

/*
 * Set both ends so that "share" of the histogram is between them.
 */
static void
range_set(Statement *stmt, const Conditions *conditions,
		  const AttStatsSlot *slot, double share)
{
	if (conditions->lower == NULL)
		range_end_set(stmt, conditions->upper, slot, share);
	else if (conditions->upper == NULL)
		range_end_set(stmt, conditions->lower, slot, 1 - share);
	else if (conditions->lower->paramtype == slot->valuetype &&
			 conditions->upper->paramtype == slot->valuetype)
	{
		range_end_set(stmt, conditions->lower, slot, 0.5 - share / 2);
		range_end_set(stmt, conditions->upper, slot, 0.5 + share / 2);
	}
}

/*
 * Choose the ends of the range that selects "share" of the table.
 */
static void
range_choose(Statement *stmt, const Conditions *conditions, double share)
{
	HeapTuple	statistics = SearchSysCache3(STATRELATTINH,
											 ObjectIdGetDatum(conditions->relid),
											 Int16GetDatum(conditions->attnum),
											 BoolGetDatum(false));
	AttStatsSlot slot;
	double		histogram;

	if (!HeapTupleIsValid(statistics))
		return;
	histogram = histogram_share(statistics);
	if (histogram >= MIN_HISTOGRAM_SHARE &&
		get_attstatsslot(&slot, statistics, STATISTIC_KIND_HISTOGRAM,
						 InvalidOid, ATTSTATSSLOT_VALUES))
	{
		if (slot.nvalues >= 2)
			range_set(stmt, conditions, &slot, Min(share / histogram, 1));
		free_attstatsslot(&slot);
	}
	ReleaseSysCache(statistics);
}

/*
 * Rows of a table at the last ANALYZE; 0 when unknown.
 */
static double
table_tuples(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	double		tuples = 0;

	if (!HeapTupleIsValid(tuple))
		return 0;
	if (((Form_pg_class) GETSTRUCT(tuple))->relkind == RELKIND_RELATION)
		tuples = Max(((Form_pg_class) GETSTRUCT(tuple))->reltuples, 0);
	ReleaseSysCache(tuple);
	return tuples;
}

/*
 * Choose the values of a range condition, where there is one.
 */
static void
conditions_choose(Statement *stmt, Query *query, double rows)
{
	RangeTblRef *ref = linitial(query->jointree->fromlist);
	RangeTblEntry *rte = list_nth(query->rtable, ref->rtindex - 1);
	Conditions	conditions = {.relid = rte->relid,.userid = stmt->userid,
	.selectivity = 1};
	double		tuples;

	if (rte->rtekind != RTE_RELATION || query->hasRowSecurity)
		return;
	tuples = table_tuples(rte->relid);
	if (tuples < 1 ||
		!conditions_collect(&conditions, query->jointree->quals, tuples) ||
		!column_is_readable(&conditions, conditions.attnum))
		return;
	range_choose(stmt, &conditions, rows / tuples / conditions.selectivity);
}

/*
 * Choose values; runs in the sandbox.
 */
static void
params_run(void *arg)
{
	Statement  *stmt = arg;
	Query	   *query = linitial_node(Query, stmt->queries);
	double		rows = stmt->rows / stmt->calls;

	limit_choose(stmt, query, rows);
	if (query_counts_rows(query))
		conditions_choose(stmt, query, rows);
}

/*
 * Choose parameter values; see workload_internal.h.
 */
void
params_choose(Statement *stmt)
{
	if (stmt->nparams == 0 || stmt->rows < 0 || stmt->calls < 1 ||
		list_length(stmt->queries) != 1)
		return;
	if (sandbox_run(GetUserId(), NULL, params_run, stmt) != NULL)
	{
		stmt->params = NULL;
		stmt->params_source = "generic";
	}
}
