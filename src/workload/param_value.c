/*-------------------------------------------------------------------------
 *
 * param_value.c
 *		Find a value with which a condition selects a wanted share of the rows.
 *
 * The values tried are those that the statistics hold, and points between
 * them; which one selects the wanted share, the planner's own estimate tells.
 * Each function returns the share that its choice selects, or -1 when it has
 * found none and the list is as it was.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

#include "params_internal.h"

/* Halvings of an interval: to a thousandth of it. */
#define BISECTIONS 10

/* A share this near to the wanted one, by ratio, is near enough. */
#define NEAR_ENOUGH 1.05

/* Longest prefix in a pattern, in characters; longer ones select one row. */
#define MAX_PREFIX 48

/* Values of the column that prefixes are tried of. */
#define PREFIX_DONORS 4

/* Most elements in an array. */
#define MAX_ELEMENTS 1000

/* Values of a column in order. */
typedef struct Ladder
{
	Oid			type;
	int			count;
	Datum	   *values;
} Ladder;

/* What compare_values() needs. */
typedef struct ValueOrder
{
	FmgrInfo   *function;
	Oid			collation;
} ValueOrder;

/*
 * How far two shares are apart, by ratio, as a logarithm.
 */
static double
distance(double left, double right)
{
	return fabs(log(Max(left, 1e-12) / Max(right, 1e-12)));
}

/*
 * Order two values of the column.
 */
static int
compare_values(const void *a, const void *b, void *arg)
{
	const ValueOrder *order = arg;

	return DatumGetInt32(FunctionCall2Coll(order->function, order->collation,
										   *(const Datum *) a,
										   *(const Datum *) b));
}

/*
 * All values of the statistics in order.  Returns false when there are fewer
 * than two, or they have no order.
 */
static bool
ladder_make(Ladder *ladder, const ParamColumn *column, const ParamSite *site)
{
	TypeCacheEntry *type = lookup_type_cache(site->column->vartype,
											 TYPECACHE_CMP_PROC_FINFO);
	ValueOrder	order = {&type->cmp_proc_finfo, site->column->varcollid};
	int			count = column->common.nvalues + column->histogram.nvalues;

	if (count < 2 || !OidIsValid(type->cmp_proc_finfo.fn_oid))
		return false;
	ladder->type = column->histogram.nvalues > 0 ?
		column->histogram.valuetype : column->common.valuetype;
	ladder->count = count;
	ladder->values = palloc(count * sizeof(Datum));
	for (int i = 0; i < column->common.nvalues; i++)
		ladder->values[i] = column->common.values[i];
	for (int i = 0; i < column->histogram.nvalues; i++)
		ladder->values[column->common.nvalues + i] = column->histogram.values[i];
	qsort_arg(ladder->values, count, sizeof(Datum), compare_values, &order);
	return true;
}

/*
 * The value at a place of the ladder, from 0 to 1; between two steps where the
 * type allows it.
 */
static ParamValue
ladder_value(const Ladder *ladder, double place)
{
	double		exact = Max(0, Min(place, 1)) * (ladder->count - 1);
	int			step = (int) floor(exact);
	ParamValue	result = {.type = ladder->type};

	if (step >= ladder->count - 1 ||
		!param_value_between(ladder->type, ladder->values[step],
							 ladder->values[step + 1], exact - step,
							 &result.value))
		result.value = ladder->values[Min((int) rint(exact),
										  ladder->count - 1)];
	return result;
}

/*
 * Give a parameter the value with which its bound is "value".
 */
void
param_value_assign(const ParamSite *site, const Param *param, ParamValue value,
				   ParamListInfo list)
{
	if (site->base != NULL)
	{
		Const	   *base = (Const *) estimate_expression_value(site->table->root,
															   site->base);

		if (!IsA(base, Const) || base->constisnull ||
			!param_value_convert(&value, base->consttype))
			return;
		value.value = base->consttype == DATEOID ?
			DirectFunctionCall2(date_mi, base->constvalue, value.value) :
			DirectFunctionCall2(timestamp_mi, base->constvalue, value.value);
		value.type = base->consttype == DATEOID ? INT4OID : INTERVALOID;
	}
	if (param_value_convert(&value, param->paramtype))
		param_list_set(list, param, &value);
}

/*
 * Clauses of a site: that of the other end of a range, too.
 */
static List *
site_clauses(const ParamSite *site)
{
	List	   *result = list_make1(site->clause);

	if (site->other != NULL)
		result = lappend(result, site->other->clause);
	return result;
}

/*
 * Put the range so that it takes in "width" of the ladder, from 0 to 1: from
 * the middle of it, or from its open end.
 */
static void
range_put(const ParamSite *site, const Ladder *ladder, double width,
		  ParamListInfo list)
{
	double		low = 1 - width;
	double		high = width;

	if (site->other != NULL)
	{
		low = 0.5 - width / 2;
		high = 0.5 + width / 2;
		param_value_assign(site->other, linitial(site->other->params),
						   ladder_value(ladder, high), list);
	}
	param_value_assign(site, linitial(site->params),
					   ladder_value(ladder, site->kind == SITE_LOWER ? low : high),
					   list);
}

/*
 * Widen or narrow the range until it selects "share" of the rows.
 */
static double
range_fit(const ParamSite *site, const Ladder *ladder, double share,
		  ParamListInfo list)
{
	List	   *clauses = site_clauses(site);
	double		narrow = 0;
	double		wide = 1;
	double		selected = 1;

	for (int i = 0; i < BISECTIONS; i++)
	{
		double		middle = i == 0 ? Min(share, 1) : (narrow + wide) / 2;

		range_put(site, ladder, middle, list);
		selected = param_selectivity(site->table, clauses, list);
		if (distance(selected, share) <= log(NEAR_ENOUGH))
			break;
		if (selected < share)
			narrow = middle;
		else
			wide = middle;
	}
	return selected;
}

/*
 * Choose the ends of a range.
 */
double
param_range_choose(const ParamSite *site, double share, ParamListInfo list)
{
	ParamColumn column;
	Ladder		ladder;
	double		result = -1;

	if (param_column_open(&column, site) &&
		ladder_make(&ladder, &column, site))
		result = range_fit(site, &ladder, share, list);
	param_column_close(&column);
	return result;
}

/*
 * A pattern that begins like the text does, for "length" characters of it, in
 * which no character is special.
 */
static text *
pattern_make(const ParamSite *site, text *donor, int length)
{
	const char *from = VARDATA_ANY(donor);
	int			bytes = pg_mbcharcliplen(from, VARSIZE_ANY_EXHDR(donor), length);
	StringInfoData pattern;

	initStringInfo(&pattern);
	for (int i = 0; i < bytes; i++)
	{
		if (site->kind == SITE_PATTERN &&
			(from[i] == '%' || from[i] == '_' || from[i] == '\\'))
			appendStringInfoChar(&pattern, '\\');
		appendStringInfoChar(&pattern, from[i]);
	}
	if (site->kind == SITE_PATTERN)
		appendStringInfoChar(&pattern, '%');
	return cstring_to_text_with_len(pattern.data, pattern.len);
}

/*
 * Give the parameter a pattern.
 */
static void
pattern_set(const ParamSite *site, text *pattern, ParamListInfo list)
{
	ParamValue	value = {.value = PointerGetDatum(pattern),.type = TEXTOID};

	param_value_assign(site, linitial(site->params), value, list);
}

/*
 * Give the parameter that prefix of the text which selects a share nearest to
 * the wanted one, provided it is nearer than "best" is.  Returns the share.
 */
static double
pattern_fit(const ParamSite *site, text *donor, double share, double best,
			ParamListInfo list)
{
	int			length = pg_mbstrlen_with_len(VARDATA_ANY(donor),
											  VARSIZE_ANY_EXHDR(donor));
	List	   *clauses = list_make1(site->clause);
	ParamListInfo trial = copyParamList(list);

	for (int i = 1; i <= Min(length, MAX_PREFIX); i++)
	{
		text	   *pattern = pattern_make(site, donor, i);
		double		selected;

		pattern_set(site, pattern, trial);
		selected = param_selectivity(site->table, clauses, trial);
		if (best < 0 || distance(selected, share) < distance(best, share))
		{
			best = selected;
			pattern_set(site, pattern, list);
		}
		/* A longer prefix selects no more. */
		if (selected < share)
			break;
	}
	return best;
}

/*
 * Is the column's type one whose values are strings like those of text?
 */
static bool
column_is_text(const ParamSite *site)
{
	Oid			type = getBaseType(site->column->vartype);

	return type == TEXTOID || type == VARCHAROID || type == BPCHAROID;
}

/*
 * Put the chosen pattern into the case that the function around the column
 * leaves.
 */
static void
pattern_fold(const ParamSite *site, ParamListInfo list)
{
	const Param *param = linitial(site->params);
	Datum		value = list->params[param->paramid - 1].value;

	if (OidIsValid(site->function))
		pattern_set(site,
					DatumGetTextPP(OidFunctionCall1Coll(site->function,
														site->column->varcollid,
														value)), list);
}

/*
 * Choose a pattern: a prefix of a value of the column.
 */
double
param_pattern_choose(const ParamSite *site, double share, ParamListInfo list)
{
	ParamColumn column;
	Ladder		ladder;
	double		result = -1;

	if (column_is_text(site) && param_column_open(&column, site))
	{
		if (ladder_make(&ladder, &column, site))
			for (int i = 0; i < PREFIX_DONORS; i++)
			{
				ParamValue	donor = ladder_value(&ladder,
												 (i + 0.5) / PREFIX_DONORS);

				result = pattern_fit(site, DatumGetTextPP(donor.value), share,
									 result, list);
			}
		param_column_close(&column);
	}
	if (result >= 0)
		pattern_fold(site, list);
	return result;
}

/*
 * Turn the chosen pattern into one that may begin with anything.
 */
void
param_pattern_unanchor(const ParamSite *site, ParamListInfo list)
{
	const Param *param = linitial(site->params);
	char	   *pattern = text_to_cstring(DatumGetTextPP(list->params[param->paramid - 1].value));

	pattern_set(site, cstring_to_text(psprintf("%%%s", pattern)), list);
}

/*
 * An array of the column's values that selects "share" of the rows: rare ones
 * first, then common ones, the least common first.  Sets their number.
 */
static Datum *
elements_pick(const ParamColumn *column, double share, double *selected,
			  int *count)
{
	Datum	   *result = palloc(MAX_ELEMENTS * sizeof(Datum));
	int			nrare = 0;

	*count = 0;
	*selected = 0;
	if (column->rest > 0)
		nrare = (int) Min(rint(share / column->rest), column->histogram.nvalues);
	for (int i = 0; i < nrare; i++)
		result[(*count)++] =
			column->histogram.values[i * column->histogram.nvalues / nrare];
	*selected = nrare * column->rest;
	for (int i = Min(column->common.nvalues, column->common.nnumbers) - 1;
		 i >= 0 && *count < MAX_ELEMENTS; i--)
	{
		double		more = *selected + column->common.numbers[i];

		if (*count > 0 && distance(more, share) >= distance(*selected, share))
			break;
		result[(*count)++] = column->common.values[i];
		*selected = more;
	}
	/* The planner counts a value as often as it is in the list. */
	while (nrare > 0 && *selected < share && *count < MAX_ELEMENTS)
	{
		result[*count] = column->histogram.values[*count % column->histogram.nvalues];
		(*count)++;
		*selected += column->rest;
	}
	return result;
}

/*
 * Choose the array that a column is compared with.
 */
double
param_list_choose(const ParamSite *site, double share, ParamListInfo list)
{
	const Param *param = linitial(site->params);
	Oid			element = get_element_type(param->paramtype);
	ParamValue	value = {.type = param->paramtype};
	ParamColumn column;
	double		selected = -1;
	Datum	   *values;
	int			count = 0;

	if (!param_column_open(&column, site))
		return -1;
	values = elements_pick(&column, share, &selected, &count);
	for (int i = 0; i < count; i++)
	{
		ParamValue	one = {.value = values[i],.type = site->column->vartype};

		if (!param_value_convert(&one, element))
			count = 0;
		values[i] = one.value;
	}
	if (count > 0)
	{
		int16		length;
		bool		by_value;
		char		align;

		get_typlenbyvalalign(element, &length, &by_value, &align);
		value.value = PointerGetDatum(construct_array(values, count, element,
													  length, by_value, align));
		param_value_assign(site, param, value, list);
	}
	param_column_close(&column);
	return count > 0 ? selected : -1;
}

/*
 * The array, or the single element, that an array column is asked for.
 */
static void
element_set(const ParamSite *site, Datum element, Oid type, ParamListInfo list)
{
	const Param *param = linitial(site->params);
	ParamValue	value = {.value = element,.type = type};

	if (type_is_array(param->paramtype) && get_element_type(param->paramtype) == type)
	{
		int16		length;
		bool		by_value;
		char		align;

		get_typlenbyvalalign(type, &length, &by_value, &align);
		value.value = PointerGetDatum(construct_array(&element, 1, type, length,
													  by_value, align));
		value.type = param->paramtype;
	}
	param_value_assign(site, param, value, list);
}

/*
 * Choose the element that an array column is asked for.
 */
double
param_element_choose(const ParamSite *site, double share, ParamListInfo list)
{
	ParamColumn column;
	int			best = -1;
	double		result = -1;

	if (!param_column_open(&column, site))
		return -1;
	for (int i = 0; i < Min(column.elements.nvalues, column.elements.nnumbers); i++)
		if (best < 0 || distance(column.elements.numbers[i], share) <
			distance(column.elements.numbers[best], share))
			best = i;
	if (best >= 0)
	{
		element_set(site, column.elements.values[best],
					column.elements.valuetype, list);
		result = column.elements.numbers[best];
	}
	param_column_close(&column);
	return result;
}
