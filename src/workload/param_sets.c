/*-------------------------------------------------------------------------
 *
 * param_sets.c
 *		Sets of values that a statement is planned with.
 *
 * A statement without a set is planned generically.  The cost of one with
 * several is the mean over them, by weight.  The heaviest comes first, since
 * some callers look at no other.
 * Entry point: statement_add_parameters().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "params_internal.h"

/*
 * An empty list: all parameters start without a type, hence without a value.
 */
ParamListInfo
param_list_make(const Statement *stmt)
{
	ParamListInfo list = makeParamList(stmt->nparams);

	memset(list->params, 0, stmt->nparams * sizeof(ParamExternData));
	return list;
}

/*
 * Give a parameter a value, which is copied and must be of its type.
 */
void
param_list_set(ParamListInfo list, const Param *param, const ParamValue *value)
{
	ParamExternData *data;
	int16		length;
	bool		by_value;

	if (param->paramid < 1 || param->paramid > list->numParams)
		return;
	data = &list->params[param->paramid - 1];
	get_typlenbyval(param->paramtype, &length, &by_value);
	data->isnull = value->isnull;
	data->value = value->isnull ? (Datum) 0 :
		datumCopy(value->value, by_value, length);
	data->pflags = PARAM_FLAG_CONST;
	data->ptype = param->paramtype;
}

/*
 * Give parameter number "index", from 0, the value that its type's input
 * function makes of a text; NULL for a null.
 */
void
param_list_input(const Statement *stmt, int index, const char *text,
				 ParamListInfo list)
{
	Param	   *param = makeNode(Param);
	ParamValue	read = {.type = stmt->param_types[index]};
	Oid			input;
	Oid			io_param;

	param->paramid = index + 1;
	param->paramtype = stmt->param_types[index];
	read.isnull = text == NULL;

	if (!read.isnull)
	{
		getTypeInputInfo(param->paramtype, &input, &io_param);
		read.value = OidInputFunctionCall(input, pstrdup(text), io_param, -1);
	}
	param_list_set(list, param, &read);
}

/*
 * Has no parameter of the list a value?
 */
bool
param_list_empty(ParamListInfo list)
{
	for (int i = 0; i < list->numParams; i++)
		if (OidIsValid(list->params[i].ptype))
			return false;
	return true;
}

/*
 * Place of the new set: after those that weigh as much.
 */
static int
place_of(const Statement *stmt, double weight)
{
	int			place = stmt->nparam_sets;

	while (place > 0 && stmt->param_sets[place - 1].weight < weight)
		place--;
	return place;
}

/*
 * Add a set; see workload.h.
 */
void
statement_add_parameters(Statement *stmt, ParamListInfo params, double weight,
						 const char *source)
{
	MemoryContext caller = MemoryContextSwitchTo(stmt->context);
	int			place = place_of(stmt, weight);

	Assert(params->numParams == stmt->nparams);
	if (stmt->param_sets == NULL)
		stmt->param_sets = palloc0(MAX_PARAM_SETS * sizeof(ParamSet));
	if (weight > 0 && place < MAX_PARAM_SETS)
	{
		stmt->nparam_sets = Min(stmt->nparam_sets + 1, MAX_PARAM_SETS);
		memmove(&stmt->param_sets[place + 1], &stmt->param_sets[place],
				(stmt->nparam_sets - 1 - place) * sizeof(ParamSet));
		stmt->param_sets[place].params = copyParamList(params);
		stmt->param_sets[place].weight = weight;
		stmt->param_sets[place].source = pstrdup(source);
		stmt->params = stmt->param_sets[0].params;
		stmt->params_source = stmt->param_sets[0].source;
	}
	MemoryContextSwitchTo(caller);
}

/*
 * Plan generically again; see workload.h.
 */
void
statement_forget_parameters(Statement *stmt)
{
	stmt->params = NULL;
	stmt->constants = NULL;
	stmt->params_source = "generic";
	stmt->nparam_sets = 0;
	stmt->extremes = NULL;
	stmt->parameter_sensitive = false;
}
