/*-------------------------------------------------------------------------
 *
 * params.c
 *		Choose values for parameters, so that a plan returns as many rows as
 *		the statement was seen to return.
 *
 * The generic plan takes LIMIT $1 for a tenth of all rows, id > $1 for a third
 * of the table, status = $1 for an average status, and can use no index for
 * path LIKE $1.  Where pg_stat_statements has counted rows, and nothing between
 * the table and the result changes their number, better values can be had from
 * the statistics.  A parameter that nothing can be said of gets no type in the
 * list, which leaves it a parameter in the plan.
 *
 * A mean that no single value has comes from calls with a common value and
 * calls with a rare one: the statement is then planned with both.
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

#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"
#include "utils/memutils.h"
#include "utils/selfuncs.h"

#include "params_internal.h"
#include "workload_internal.h"

/* An estimate this near to what was observed, by ratio, needs no value. */
#define AGREES 1.5

/* A common value this near to the wanted share, by ratio, is the one. */
#define SAME_VALUE 1.25

/* Shares of a common and a rare value this far apart can ask for different
 * plans. */
#define SKEW 10

/* One choice of values. */
typedef struct Choice
{
	Statement  *stmt;
	Query	   *query;
	ParamScope	scope;
	ParamListInfo values;
	ParamListInfo rare;			/* NULL: no mixture; else the other values */
	double		rare_weight;	/* and the share of calls that had them */
} Choice;

/* What an equality can select. */
typedef struct EqualOptions
{
	ParamColumn column;
	ParamValue	common;			/* the most common value */
	ParamValue	rare;			/* one that is not common, or the least so */
} EqualOptions;

static SensitivityProbe sensitivity_probe = NULL;

/*
 * Install the probe; see workload.h.
 */
void
workload_set_sensitivity_probe(SensitivityProbe probe)
{
	sensitivity_probe = probe;
}

/*
 * Do two shares agree, within a ratio?
 */
static bool
agree(double left, double right, double ratio)
{
	return left <= right * ratio && right <= left * ratio;
}

/*
 * Choose LIMIT and OFFSET: as many rows as were returned, from the first on.
 */
static void
limit_choose(Choice *choice, double rows)
{
	Param	   *count = param_of(choice->query->limitCount);
	Param	   *offset = param_of(choice->query->limitOffset);
	ParamValue	value = {.type = INT8OID};

	if (count == NULL || count->paramtype != INT8OID)
		return;
	value.value = Int64GetDatum((int64) Max(ceil(rows), 1));
	param_list_set(choice->values, count, &value);
	value.value = Int64GetDatum(0);
	if (offset != NULL && offset->paramtype == INT8OID)
		param_list_set(choice->values, offset, &value);
}

/*
 * Can the selectivity of the site be had within wide bounds?
 */
static bool
site_is_flexible(const ParamSite *site)
{
	return site->kind != SITE_EQUAL && site->kind != SITE_IN &&
		!site->subordinate;
}

/*
 * Share of the rows that the site lets pass when planned generically.
 */
static double
site_generic(const ParamSite *site)
{
	return param_selectivity(site->table, param_site_originals(site), NULL);
}

/*
 * Choose the value of a flexible site; returns the share that it lets pass.
 */
static double
flexible_choose(Choice *choice, const ParamSite *site, double share)
{
	double		result;

	share = Max(Min(share, 1), 1 / site->table->tuples);
	switch (site->kind)
	{
		case SITE_PATTERN:
		case SITE_PREFIX:
			result = param_pattern_choose(site, share, choice->values);
			break;
		case SITE_ANY:
			result = param_list_choose(site, share, choice->values);
			break;
		case SITE_CONTAINS:
			result = param_element_choose(site, share, choice->values);
			break;
		default:
			result = param_range_choose(site, share, choice->values);
			break;
	}
	return result < 0 ? site_generic(site) : result;
}

/*
 * Learn what an equality can select.  Returns false when there is no choice.
 */
static bool
equal_options(EqualOptions *options, const ParamSite *site)
{
	ParamColumn *column = &options->column;

	memset(options, 0, sizeof(EqualOptions));
	if (!param_column_open(column, site))
		return false;
	options->common.type = options->rare.type = site->column->vartype;
	if (column->rest > 0)
	{
		options->rare.value = column->histogram.values[column->histogram.nvalues / 2];
		options->rare.share = column->rest;
	}
	else if (column->common.nvalues > 0)
	{
		options->rare.value = column->common.values[column->common.nvalues - 1];
		options->rare.share = column->common.numbers[column->common.nvalues - 1];
	}
	options->common = options->rare;
	if (column->common.nvalues > 0)
	{
		options->common.value = column->common.values[0];
		options->common.share = column->common.numbers[0];
	}
	if (site->optional)
	{
		options->common.isnull = true;
		options->common.share = 1;
	}
	if (options->rare.share > 0)
		return true;
	param_column_close(column);
	return false;
}

/*
 * Give the parameter of an equality a value.
 */
static void
equal_set(const ParamSite *site, const ParamValue *value, ParamListInfo list)
{
	param_value_assign(site, linitial(site->params), *value, list);
}

/*
 * Plan with a common value and a rare one, which together select "share".
 */
static void
equal_mix(Choice *choice, const ParamSite *site, const EqualOptions *options,
		  double share)
{
	choice->rare = copyParamList(choice->values);
	choice->rare_weight = (options->common.share - share) /
		(options->common.share - options->rare.share);
	equal_set(site, &options->common, choice->values);
	equal_set(site, &options->rare, choice->rare);
}

/*
 * Choose the value of an equality; returns the share that it selects.
 */
static double
equal_choose(Choice *choice, const ParamSite *site, double share)
{
	EqualOptions options;
	ParamValue	value;
	int			nearest;
	double		result = share;

	if (!equal_options(&options, site))
		return site->generic;
	nearest = param_column_nearest(&options.column, share);
	value = options.rare;
	if (share >= options.common.share)
		value = options.common;
	else if (nearest >= 0 && share > options.rare.share * SAME_VALUE)
	{
		value.value = options.column.common.values[nearest];
		value.share = options.column.common.numbers[nearest];
	}
	if (share <= options.rare.share || share >= options.common.share ||
		agree(value.share, share, SAME_VALUE) || choice->rare != NULL)
	{
		equal_set(site, &value, choice->values);
		result = value.share;
	}
	else
		equal_mix(choice, site, &options, share);
	param_column_close(&options.column);
	return result;
}

/*
 * Share of the value at a place among the common ones, the most common first,
 * and the others after them.
 */
static double
share_at(const ParamColumn *column, int place)
{
	return place < column->common.nnumbers ? column->common.numbers[place] :
		column->rest;
}

/*
 * The place from which so many values in a row select a share nearest to the
 * wanted one.  *selected is set to that share.
 */
static int
places_find(const ParamColumn *column, int count, double share,
			double *selected)
{
	int			last = column->common.nnumbers + (column->rest > 0 ? 0 : -count);
	int			best = 0;

	*selected = -1;
	for (int place = 0; place <= Max(last, 0); place++)
	{
		double		sum = 0;

		for (int i = 0; i < count; i++)
			sum += share_at(column, place + i);
		if (*selected < 0 ||
			fabs(log(Max(sum, 1e-12) / share)) <
			fabs(log(Max(*selected, 1e-12) / share)))
		{
			*selected = sum;
			best = place;
		}
	}
	return best;
}

/*
 * Choose the values of an IN list; returns the share that they select.
 */
static double
in_choose(Choice *choice, const ParamSite *site, double share)
{
	ParamColumn column;
	double		selected = -1;
	int			place;
	ListCell   *lc;

	if (!param_column_open(&column, site))
		return site->generic;
	place = places_find(&column, list_length(site->params), share, &selected);
	foreach(lc, site->params)
	{
		int			rank = place + foreach_current_index(lc);
		ParamValue	value = {.type = site->column->vartype};

		if (rank < column.common.nvalues)
			value.value = column.common.values[rank];
		else if (column.rest > 0)
			value.value = column.histogram.values[rank % column.histogram.nvalues];
		else
			continue;
		param_value_assign(site, lfirst(lc), value, choice->values);
	}
	param_column_close(&column);
	return selected;
}

/*
 * Ratio between what the most common value selects and what a rare one does;
 * 1 where that is not known.
 */
static double
site_skew(const ParamSite *site)
{
	EqualOptions options;
	double		result;

	if (site->kind != SITE_EQUAL && site->kind != SITE_IN)
		return 1;
	if (!equal_options(&options, site))
		return 1;
	result = options.common.share / options.rare.share;
	param_column_close(&options.column);
	return result;
}

/*
 * The equality with the greatest skew that is not among "done"; NULL when none
 * has any.
 */
static ParamSite *
site_most_skewed(const ParamScope *scope, List *done)
{
	ParamSite  *best = NULL;
	double		most = AGREES;
	ListCell   *lc;

	foreach(lc, scope->sites)
	{
		ParamSite  *site = lfirst(lc);

		if (site_skew(site) > most && !list_member_ptr(done, site))
		{
			best = site;
			most = site_skew(site);
		}
	}
	return best;
}

/*
 * Is there a value of the column with about this share?  Otherwise a share that
 * generic plans agree with is the mean of some that they do not.
 */
static bool
share_is_real(const ParamSite *site, double share)
{
	EqualOptions options;
	int			nearest;
	bool		result;

	if (site->kind != SITE_EQUAL || !equal_options(&options, site))
		return true;
	nearest = param_column_nearest(&options.column, share);
	result = agree(options.rare.share, share, AGREES) ||
		(nearest >= 0 &&
		 agree(options.column.common.numbers[nearest], share, AGREES));
	param_column_close(&options.column);
	return result;
}

/*
 * Choose values of equalities, so that they let pass "factor" times as many
 * rows as generic ones do.  Where those agree, none is needed.
 */
static void
equals_choose(Choice *choice, double factor)
{
	List	   *done = NIL;
	ParamSite  *site;

	while ((site = site_most_skewed(&choice->scope, done)) != NULL)
	{
		double		share;

		site->generic = site_generic(site);
		share = Max(site->generic * factor, 1 / site->table->tuples);
		if (agree(factor, 1, AGREES) && share_is_real(site, share))
			break;
		factor *= site->generic;
		factor /= site->kind == SITE_IN ? in_choose(choice, site, share) :
			equal_choose(choice, site, share);
		done = lappend(done, site);
	}
}

/*
 * Is the query about one plain table?
 */
static bool
query_is_simple(const Query *query)
{
	RangeTblRef *ref;

	if (list_length(query->jointree->fromlist) != 1)
		return false;
	ref = linitial(query->jointree->fromlist);
	return IsA(ref, RangeTblRef) &&
		rt_fetch(ref->rtindex, query->rtable)->rtekind == RTE_RELATION;
}

/*
 * Share of the rows of all tables together that must pass the conditions on
 * single tables, for "rows" to result.
 */
static double
share_wanted(const Choice *choice, double rows)
{
	const ParamScope *scope = &choice->scope;
	double		share = 1;
	ListCell   *lc;

	if (query_is_simple(choice->query))
		return rows / ((ParamTable *) linitial(scope->tables))->tuples;
	foreach(lc, scope->tables)
	{
		ParamTable *table = lfirst(lc);

		if (table->readable)
			share *= param_selectivity(table, table->fixed, NULL);
	}
	foreach(lc, scope->sites)
		if (site_is_flexible(lfirst(lc)))
		share *= site_generic(lfirst(lc));
	return share * rows /
		Max(param_plan_rows(choice->stmt, choice->query, NULL), 1);
}

/*
 * Choose values with which "rows" result: flexible conditions take equal parts
 * in it, equalities what they leave.
 */
static void
values_choose(Choice *choice, double rows)
{
	double		share = share_wanted(choice, rows);
	int			left = 0;
	ListCell   *lc;

	foreach(lc, choice->scope.tables)
	{
		ParamTable *table = lfirst(lc);

		if (table->readable)
			share /= param_selectivity(table, table->fixed, NULL);
	}
	foreach(lc, choice->scope.sites)
		left += site_is_flexible(lfirst(lc));
	foreach(lc, choice->scope.sites)
	{
		if (!site_is_flexible(lfirst(lc)))
			continue;
		share /= flexible_choose(choice, lfirst(lc), pow(share, 1.0 / left));
		left--;
	}
	equals_choose(choice, share);
}

/*
 * Give patterns the share that the planner takes for the average: as parameters
 * they hide every index.
 */
static void
patterns_choose(Choice *choice)
{
	ListCell   *lc;

	foreach(lc, choice->scope.sites)
	{
		ParamSite  *site = lfirst(lc);

		if (site->kind == SITE_PATTERN || site->kind == SITE_PREFIX)
			(void) flexible_choose(choice, site, DEFAULT_MATCH_SEL);
	}
}

/*
 * Does the query return or change one row for each row that passes its
 * conditions?
 */
static bool
query_counts_rows(const Query *query)
{
	return query->setOperations == NULL && query->groupClause == NIL &&
		query->groupingSets == NIL && query->distinctClause == NIL &&
		query->havingQual == NULL && !query->hasAggs &&
		!query->hasTargetSRFs && query->limitCount == NULL &&
		query->limitOffset == NULL &&
		(query->onConflict == NULL);
}

/*
 * Put what was chosen into the statement.
 */
static void
values_take(const Choice *choice)
{
	double		rare = choice->rare == NULL ? 0 : choice->rare_weight;

	if (!param_list_empty(choice->values))
		statement_add_parameters(choice->stmt, choice->values, 1 - rare,
								 "statistics");
	if (choice->rare != NULL)
		statement_add_parameters(choice->stmt, choice->rare, rare,
								 "statistics");
}

/*
 * Choose values by the statement's counters and the statistics.
 */
static void
values_from_statistics(Choice *choice)
{
	Statement  *stmt = choice->stmt;
	bool		counted = stmt->rows >= 0 && stmt->calls >= 1;
	double		rows = counted ? stmt->rows / stmt->calls : 0;

	if (counted)
		limit_choose(choice, rows);
	if (counted && choice->scope.complete && choice->scope.sites != NIL &&
		query_counts_rows(choice->query))
		values_choose(choice, Max(rows, 1));
	else
		patterns_choose(choice);
	values_take(choice);
}

/*
 * Note the two values of a site that can ask for different plans.
 */
static void
extremes_set(Statement *stmt, const ParamSite *site, ParamListInfo rare,
			 ParamListInfo common)
{
	MemoryContext caller = MemoryContextSwitchTo(stmt->context);

	stmt->extremes = palloc0(sizeof(ParamExtremes));
	stmt->extremes->rare = copyParamList(rare);
	stmt->extremes->common = copyParamList(common);
	stmt->extremes->relid = site->table->relid;
	stmt->extremes->attnum = site->column->varattno;
	stmt->extremes->pattern = site->kind == SITE_PATTERN;
	MemoryContextSwitchTo(caller);
}

/*
 * Extremes of an equality.
 */
static void
extremes_of_equal(Statement *stmt, const ParamSite *site, ParamListInfo values)
{
	ParamListInfo rare = copyParamList(values);
	ParamListInfo common = copyParamList(values);
	EqualOptions options;

	if (!equal_options(&options, site))
		return;
	equal_set(site, &options.rare, rare);
	equal_set(site, &options.common, common);
	param_column_close(&options.column);
	extremes_set(stmt, site, rare, common);
}

/*
 * Extremes of a pattern that has a value: it may begin with anything.
 */
static void
extremes_of_pattern(Statement *stmt, const ParamSite *site,
					ParamListInfo values)
{
	ParamListInfo common = copyParamList(values);

	param_pattern_unanchor(site, common);
	extremes_set(stmt, site, values, common);
}

/*
 * Find values that can ask for different plans, where there are any.
 */
static void
extremes_find(Choice *choice)
{
	Statement  *stmt = choice->stmt;
	ParamListInfo values = stmt->params ? stmt->params : choice->values;
	ParamSite  *site = site_most_skewed(&choice->scope, NIL);
	ListCell   *lc;

	if (site != NULL && site->kind == SITE_EQUAL && site_skew(site) >= SKEW)
	{
		extremes_of_equal(stmt, site, values);
		return;
	}
	foreach(lc, choice->scope.sites)
	{
		const Param *param;

		site = lfirst(lc);
		param = linitial(site->params);
		if (site->kind == SITE_PATTERN &&
			values->params[param->paramid - 1].ptype == TEXTOID &&
			!values->params[param->paramid - 1].isnull)
		{
			extremes_of_pattern(stmt, site, values);
			return;
		}
	}
}

/*
 * Choose values; runs in the sandbox.
 */
static void
params_run(void *arg)
{
	Statement  *stmt = arg;
	Choice		choice = {.stmt = stmt};

	statement_prepare(stmt);
	param_examples_add(stmt);
	choice.query = linitial_node(Query, stmt->queries);
	choice.values = param_list_make(stmt);
	param_scope_collect(&choice.scope, stmt, choice.query);
	if (stmt->nparam_sets == 0)
		values_from_statistics(&choice);
	extremes_find(&choice);
}

/*
 * Choose parameter values; see workload_internal.h.
 */
void
params_choose(Statement *stmt)
{
	if (stmt->nparams == 0 || list_length(stmt->queries) != 1)
		return;
	if (stmt->queryid != 0 &&
		sandbox_run(stmt->userid, stmt->search_path, param_samples_add,
					stmt) != NULL)
	{
		statement_forget_parameters(stmt);
		/* Constants in its trees, if any, go with the next preparation. */
		stmt->generation = 0;
	}
	if (sandbox_run(stmt->userid, stmt->search_path, params_run, stmt) != NULL)
	{
		statement_forget_parameters(stmt);
		return;
	}
	if (stmt->extremes != NULL && sensitivity_probe != NULL)
		sensitivity_probe(stmt);
}
