/*-------------------------------------------------------------------------
 *
 * param_example.c
 *		Parameter values that came with a statement given by hand.
 *
 * They are JSON: an array of sets, each an array of values for $1, $2, ... or
 * an object with "values" and "weight".  A value is a string as the type's
 * input function reads it, a number, true, false or null.
 * Entry points: param_examples_add(), statement_check_examples().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"

#include "params_internal.h"

/*
 * Raise an error about the shape of the examples.
 */
static void
shape_error(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("parameters must be a JSON array of sets of values"),
			 errdetail("%s", detail),
			 errhint("Pass for example [[\"new\", 7]] or "
					 "[{\"values\": [\"new\", 7], \"weight\": 0.9}].")));
}

/*
 * The text that a type's input function is to read; NULL for a null.
 */
static char *
text_of_json(const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvNull:
			return NULL;
		case jbvString:
			return pnstrdup(value->val.string.val, value->val.string.len);
		case jbvNumeric:
			return DatumGetCString(DirectFunctionCall1(numeric_out,
													   NumericGetDatum(value->val.numeric)));
		case jbvBool:
			return value->val.boolean ? "true" : "false";
		default:
			shape_error("A value is a string, a number, true, false or null.");
			return NULL;
	}
}

/*
 * Give parameter number "index", from 0, the value in the set.
 */
static void
value_read(const Statement *stmt, const JsonbValue *value, int index,
		   ParamListInfo list)
{
	param_list_input(stmt, index, text_of_json(value), list);
}

/*
 * Make a list of the values of one set.
 */
static ParamListInfo
set_read(const Statement *stmt, JsonbContainer *values)
{
	ParamListInfo list = param_list_make(stmt);

	if ((int) JsonContainerSize(values) != stmt->nparams)
		shape_error(psprintf("The statement has %d parameters, a set has %d values.",
							 stmt->nparams, (int) JsonContainerSize(values)));
	for (int i = 0; i < stmt->nparams; i++)
		value_read(stmt, getIthJsonbValueFromContainer(values, i), i, list);
	return list;
}

/*
 * Weight of a set that is an object; 1 where it names none.
 */
static double
weight_read(JsonbContainer *set)
{
	JsonbValue	buffer;
	JsonbValue *value = getKeyJsonValueFromContainer(set, "weight",
													 strlen("weight"), &buffer);
	double		weight;

	if (value == NULL)
		return 1;
	if (value->type != jbvNumeric)
		shape_error("A weight is a number above 0.");
	weight = DatumGetFloat8(DirectFunctionCall1(numeric_float8,
												NumericGetDatum(value->val.numeric)));
	if (isnan(weight) || isinf(weight) || weight <= 0)
		shape_error("A weight is a number above 0.");
	return weight;
}

/*
 * The values of a set that is an object.
 */
static JsonbContainer *
values_of_object(JsonbContainer *set)
{
	JsonbValue	buffer;
	JsonbValue *value = getKeyJsonValueFromContainer(set, "values",
													 strlen("values"), &buffer);

	if (value == NULL || value->type != jbvBinary ||
		!JsonContainerIsArray(value->val.binary.data))
		shape_error("\"values\" of a set is an array.");
	return value->val.binary.data;
}

/*
 * Read all sets, and add them to the statement where that is wanted.
 */
static void
examples_read(Statement *stmt, Jsonb *examples, bool add)
{
	if (!JB_ROOT_IS_ARRAY(examples) || JB_ROOT_IS_SCALAR(examples))
		shape_error("It is not an array.");
	for (uint32 i = 0; i < JB_ROOT_COUNT(examples); i++)
	{
		JsonbValue *set = getIthJsonbValueFromContainer(&examples->root, i);
		JsonbContainer *values;
		ParamListInfo list;
		double		weight = 1;

		CHECK_FOR_INTERRUPTS();
		if (set->type != jbvBinary)
			shape_error("A set is an array or an object.");
		values = set->val.binary.data;
		if (JsonContainerIsObject(values))
		{
			weight = weight_read(values);
			values = values_of_object(values);
		}
		list = set_read(stmt, values);
		if (add)
			statement_add_parameters(stmt, list, weight, "given");
	}
}

/*
 * Plan with the examples, if there are any; inside the sandbox.
 */
void
param_examples_add(Statement *stmt)
{
	if (stmt->examples != NULL && stmt->nparam_sets == 0)
		examples_read(stmt, stmt->examples, true);
}

/*
 * Check examples; see workload.h.
 */
void
statement_check_examples(Statement *stmt, Jsonb *examples)
{
	if (stmt->nparams == 0)
		shape_error("The statement has no parameters.");
	examples_read(stmt, examples, false);
}
