/*-------------------------------------------------------------------------
 *
 * param_sampled.c
 *		Parameter values that the sampler has seen a statement run with.
 *
 * They go before values chosen from statistics.  Executions for which the
 * planner's own estimates are alike are planned as one set that counts for all
 * of them; of more than can be planned, those sets are taken that took most
 * time, and the others count to the one that is nearest in time per call.  A
 * set's weight is its number of calls: the cost of a statement is the mean of
 * its calls' costs.
 *
 * A constant of the text which nearly all executions have is no parameter: it
 * is put back into the tree, so that it may become part of an expression or of
 * a predicate like any constant that the statement never changes.  A bound
 * value never is, since a generic plan knows none.  A parameter that shapes an
 * expression of a column, as in data ->> $1, gets no value otherwise: an index
 * on that expression would serve the sampled calls only.
 *
 * Entry points: param_samples_add(), param_constants_put().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type_d.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "params_internal.h"
#include "sampler/sampler.h"
#include "workload_internal.h"

/* A constant in this share of the executions is a constant of the statement, if
 * so many of them were sampled. */
#define NEARLY_ALL 0.95
#define MIN_EXECUTIONS 20

/* The same for the key of a document, as in data ->> 'key', which is part of what
 * a statement is more often than of what it asks for. */
#define MIN_KEY_EXECUTIONS 4

/* Shares of the rows this near to each other, by ratio, ask for one plan. */
#define ALIKE 3

/* Fewer rows than this are as good as one. */
#define FEW_ROWS 10

/* Executions that are alike. */
typedef struct SampleGroup
{
	ParamListInfo values;		/* of one of them */
	double		calls;
	double		ms;				/* of all of them */
} SampleGroup;

/* What is done with the samples of one statement. */
typedef struct Sampling
{
	Statement  *stmt;
	ParamScope	scope;
	Bitmapset  *shaping;		/* ids of parameters inside of an expression
								 * of a column */
	List	   *groups;			/* of SampleGroup */
} Sampling;

/*
 * Note the parameters in an expression of a column.
 */
static bool
shaping_walker(Node *node, Bitmapset **ids)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, shaping_walker, ids, 0);
	if ((IsA(node, OpExpr) || IsA(node, FuncExpr) ||
		 IsA(node, SubscriptingRef)) &&
		exprType(node) != BOOLOID && contain_var_clause(node))
		*ids = bms_add_members(*ids, param_ids_in(node));
	return expression_tree_walker(node, shaping_walker, ids);
}

/*
 * Note the parameters that name a key of a document.
 */
static bool
key_walker(Node *node, Bitmapset **ids)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, key_walker, ids, 0);
	if (IsA(node, OpExpr))
	{
		switch (((OpExpr *) node)->opfuncid)
		{
			case F_JSON_OBJECT_FIELD:
			case F_JSON_OBJECT_FIELD_TEXT:
			case F_JSONB_OBJECT_FIELD:
			case F_JSONB_OBJECT_FIELD_TEXT:
				*ids = bms_add_members(*ids, param_ids_in(lsecond(((OpExpr *) node)->args)));
				break;
			default:
				break;
		}
	}
	return expression_tree_walker(node, key_walker, ids);
}

/*
 * Are values of this parameter of use?
 */
static bool
value_is_wanted(const Sampling *sampling, const SampledSet *set, int index)
{
	return set->values[index].state != SAMPLED_ABSENT &&
		OidIsValid(sampling->stmt->param_types[index]) &&
		!bms_is_member(index + 1, sampling->shaping);
}

/*
 * The values of an execution in the types that the statement wants.
 */
static ParamListInfo
values_of_set(const Sampling *sampling, const SampledSet *set)
{
	ParamListInfo values = param_list_make(sampling->stmt);

	for (int i = 0; i < sampling->stmt->nparams; i++)
	{
		if (value_is_wanted(sampling, set, i))
			param_list_input(sampling->stmt, i, set->values[i].text, values);
	}
	return values;
}

/*
 * Are both values null, or none, or not known?
 */
static bool
nulls_are_alike(ParamListInfo left, ParamListInfo right)
{
	for (int i = 0; i < left->numParams; i++)
	{
		if (left->params[i].isnull != right->params[i].isnull ||
			left->params[i].ptype != right->params[i].ptype)
			return false;
	}
	return true;
}

/*
 * Does the pattern of the site begin with something that is not special?
 */
static bool
pattern_is_anchored(const ParamSite *site, ParamListInfo values)
{
	const Param *param = linitial(site->params);
	const ParamExternData *data = &values->params[param->paramid - 1];
	char		first;

	if (data->ptype != TEXTOID || data->isnull)
		return false;
	first = text_to_cstring(DatumGetTextPP(data->value))[0];
	return first != '%' && first != '_' && first != '\0';
}

/*
 * Does the site select about as many rows with either values?
 */
static bool
site_is_alike(const ParamSite *site, ParamListInfo left, ParamListInfo right)
{
	List	   *clauses = param_site_originals(site);
	double		few = FEW_ROWS / site->table->tuples;
	double		a;
	double		b;

	if (site->kind == SITE_PATTERN &&
		pattern_is_anchored(site, left) != pattern_is_anchored(site, right))
		return false;
	a = Max(param_selectivity(site->table, clauses, left), few);
	b = Max(param_selectivity(site->table, clauses, right), few);
	return a <= b * ALIKE && b <= a * ALIKE;
}

/*
 * Would the planner think alike of both?
 */
static bool
values_are_alike(const Sampling *sampling, ParamListInfo left,
				 ParamListInfo right)
{
	ListCell   *lc;

	if (!nulls_are_alike(left, right))
		return false;
	foreach(lc, sampling->scope.sites)
	{
		ParamSite  *site = lfirst(lc);

		if (site->table->readable && !site->subordinate &&
			!site_is_alike(site, left, right))
			return false;
	}
	return true;
}

/*
 * Count an execution to those that are like it.
 */
static void
execution_add(Sampling *sampling, const SampledSet *set)
{
	ParamListInfo values = values_of_set(sampling, set);
	SampleGroup *group;
	ListCell   *lc;

	CHECK_FOR_INTERRUPTS();
	if (param_list_empty(values))
		return;
	foreach(lc, sampling->groups)
	{
		group = lfirst(lc);
		if (!values_are_alike(sampling, group->values, values))
			continue;
		group->calls++;
		group->ms += set->ms;
		return;
	}
	group = palloc(sizeof(SampleGroup));
	group->values = values;
	group->calls = 1;
	group->ms = set->ms;
	sampling->groups = lappend(sampling->groups, group);
}

/*
 * Order of groups: those that took most time first.
 */
static int
compare_groups(const ListCell *a, const ListCell *b)
{
	double		left = ((const SampleGroup *) lfirst(a))->ms;
	double		right = ((const SampleGroup *) lfirst(b))->ms;

	return (left < right) - (left > right);
}

/*
 * How far two groups are apart in time per call, by ratio, as a logarithm.
 */
static double
group_distance(const SampleGroup *left, const SampleGroup *right)
{
	return fabs(log(Max(left->ms, 1e-6) / left->calls) -
				log(Max(right->ms, 1e-6) / right->calls));
}

/*
 * Count the calls of a group that is not planned to that which is nearest.
 */
static void
group_fold(List *kept, const SampleGroup *group)
{
	SampleGroup *nearest = linitial(kept);
	ListCell   *lc;

	foreach(lc, kept)
	{
		if (group_distance(lfirst(lc), group) < group_distance(nearest, group))
			nearest = lfirst(lc);
	}
	nearest->calls += group->calls;
	nearest->ms += group->ms;
}

/*
 * Plan the statement with the groups, or with those that matter most.
 */
static void
groups_take(Sampling *sampling)
{
	List	   *kept;
	ListCell   *lc;

	if (sampling->groups == NIL)
		return;
	list_sort(sampling->groups, compare_groups);
	kept = list_truncate(list_copy(sampling->groups), MAX_PARAM_SETS);
	for_each_from(lc, sampling->groups, list_length(kept))
		group_fold(kept, lfirst(lc));
	foreach(lc, kept)
	{
		SampleGroup *group = lfirst(lc);

		statement_add_parameters(sampling->stmt, group->values, group->calls,
								 "sampled");
	}
}

/*
 * The value that most of the kept executions have of a parameter, where that is
 * a constant of the text; NULL for none.
 */
static const SampledValue *
usual_constant(const SampledStatement *sampled, int index)
{
	const SampledValue *usual = NULL;
	int			most = 0;

	for (int i = 0; i < sampled->nsets; i++)
	{
		const SampledValue *value = &sampled->sets[i].values[index];
		int			count = 0;

		for (int j = 0; j < sampled->nsets && value->text !=NULL; j++)
		{
			const char *other = sampled->sets[j].values[index].text;

			count += other != NULL && strcmp(value->text, other) == 0;
		}
		if (value->constant && count > most)
		{
			usual = value;
			most = count;
		}
	}
	return usual;
}

/*
 * Put into the statement which parameters are constants of it, by what is known
 * of those of its executions that are like "sampled"; "total" there are.
 */
static void
constants_take(Statement *stmt, const SampledStatement *sampled, double total)
{
	ParamListInfo constants = param_list_make(stmt);
	Bitmapset  *keys = NULL;
	MemoryContext caller;

	(void) key_walker(linitial(stmt->queries), &keys);
	for (int i = 0; i < stmt->nparams; i++)
	{
		const SampledValue *value = usual_constant(sampled, i);
		int			enough = bms_is_member(i + 1, keys) ?
		MIN_KEY_EXECUTIONS : MIN_EXECUTIONS;

		if (value != NULL && total >= enough && OidIsValid(stmt->param_types[i]) &&
			sampled->share[i] * sampled->executions / total >= NEARLY_ALL)
			param_list_input(stmt, i, value->text, constants);
	}
	if (param_list_empty(constants))
		return;
	caller = MemoryContextSwitchTo(stmt->context);
	stmt->constants = copyParamList(constants);
	MemoryContextSwitchTo(caller);
	param_constants_put(stmt);
}

/*
 * The samples that fit the statement, those with the most executions first;
 * *total is set to their number.  What has another number of parameters belongs
 * to another statement with the same queryid.
 */
static List *
samples_fitting(const Statement *stmt, double *total)
{
	List	   *result = NIL;
	ListCell   *lc;

	*total = 0;
	foreach(lc, sampler_read(stmt->queryid, stmt->userid))
	{
		SampledStatement *sampled = lfirst(lc);

		if (sampled->nparams != stmt->nparams)
			continue;
		if (result != NIL && sampled->executions >
			((SampledStatement *) linitial(result))->executions)
			result = lcons(sampled, result);
		else
			result = lappend(result, sampled);
		*total += sampled->executions;
	}
	return result;
}

/*
 * Plan the statement with sampled values, if there are any; inside a sandbox of
 * its own, which fails where a value is none of the type that is wanted.
 */
void
param_samples_add(void *arg)
{
	Sampling	sampling = {.stmt = arg};
	double		total;
	List	   *samples = samples_fitting(arg, &total);
	ListCell   *lc;

	if (samples == NIL)
		return;
	statement_prepare(sampling.stmt);
	constants_take(sampling.stmt, linitial(samples), total);
	(void) shaping_walker(linitial(sampling.stmt->queries), &sampling.shaping);
	param_scope_collect(&sampling.scope, sampling.stmt,
						linitial_node(Query, sampling.stmt->queries));
	foreach(lc, samples)
	{
		SampledStatement *sampled = lfirst(lc);

		for (int i = 0; i < sampled->nsets; i++)
			execution_add(&sampling, &sampled->sets[i]);
	}
	groups_take(&sampling);
}

/*
 * expression_tree_mutator: constants in the place of parameters.
 */
static Node *
constants_mutator(Node *node, ParamListInfo constants)
{
	const Param *param = (const Param *) node;
	const ParamExternData *data;
	int16		length;
	bool		by_value;

	if (node == NULL)
		return NULL;
	if (IsA(node, Query))
		return (Node *) query_tree_mutator((Query *) node, constants_mutator,
										   constants, 0);
	if (!IsA(node, Param) || param->paramkind != PARAM_EXTERN ||
		param->paramid > constants->numParams ||
		constants->params[param->paramid - 1].ptype != param->paramtype)
		return expression_tree_mutator(node, constants_mutator, constants);
	data = &constants->params[param->paramid - 1];
	get_typlenbyval(param->paramtype, &length, &by_value);
	return (Node *) makeConst(param->paramtype, param->paramtypmod,
							  param->paramcollid, length, data->value,
							  data->isnull, by_value);
}

/*
 * Put the statement's constants into its trees.
 */
void
param_constants_put(Statement *stmt)
{
	MemoryContext caller;
	List	   *result = NIL;
	ListCell   *lc;

	if (stmt->constants == NULL)
		return;
	caller = MemoryContextSwitchTo(stmt->tree_context);
	foreach(lc, stmt->queries)
		result = lappend(result, constants_mutator(lfirst(lc), stmt->constants));
	stmt->queries = copyObject(result);
	MemoryContextSwitchTo(caller);
}

/*
 * The search path under which the statement was seen to run last; NULL where
 * that is not known.
 */
char *
param_sampled_path(const Statement *stmt)
{
	const SampledSet *last = NULL;
	ListCell   *lc;

	if (stmt->queryid == 0)
		return NULL;
	foreach(lc, sampler_read(stmt->queryid, stmt->userid))
	{
		const SampledStatement *sampled = lfirst(lc);

		for (int i = 0; i < sampled->nsets; i++)
		{
			const SampledSet *set = &sampled->sets[i];

			if (set->search_path[0] != '\0' &&
				(last == NULL || set->at > last->at))
				last = set;
		}
	}
	return last == NULL ? NULL :
		MemoryContextStrdup(stmt->context, last->search_path);
}
