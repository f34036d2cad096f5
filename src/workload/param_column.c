/*-------------------------------------------------------------------------
 *
 * param_column.c
 *		Values of a column, as far as the statistics know them.
 *
 * Entry points: param_column_open(), param_value_convert(),
 * param_value_between().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "params_internal.h"

/* Shares below this are noise of the sample. */
#define LEAST_SHARE 1e-9

/*
 * Set the shares of an average value and of one that is not common.  The
 * histogram holds such values; without one none can be named.
 */
static void
column_set_shares(ParamColumn *column, double tuples)
{
	Form_pg_statistic form = (Form_pg_statistic) GETSTRUCT(column->tuple);
	double		distinct = form->stadistinct;
	double		left = 1 - form->stanullfrac;

	if (distinct < 0)
		distinct = -distinct * tuples;
	distinct = Max(distinct, 1);
	column->average = left / distinct;
	for (int i = 0; i < column->common.nnumbers; i++)
		left -= column->common.numbers[i];
	column->rest = 0;
	if (column->histogram.nvalues > 0 && left > LEAST_SHARE)
		column->rest = left / Max(distinct - column->common.nnumbers, 1);
}

/*
 * Read the statistics of a site's column.  Returns false where there are none.
 */
bool
param_column_open(ParamColumn *column, const ParamSite *site)
{
	bool		inherited = site->table->root->simple_rte_array[1]->inh;

	memset(column, 0, sizeof(ParamColumn));
	column->tuple = SearchSysCache3(STATRELATTINH,
									ObjectIdGetDatum(site->table->relid),
									Int16GetDatum(site->column->varattno),
									BoolGetDatum(inherited));
	if (!HeapTupleIsValid(column->tuple))
		return false;
	(void) get_attstatsslot(&column->common, column->tuple, STATISTIC_KIND_MCV,
							InvalidOid,
							ATTSTATSSLOT_VALUES | ATTSTATSSLOT_NUMBERS);
	(void) get_attstatsslot(&column->histogram, column->tuple,
							STATISTIC_KIND_HISTOGRAM, InvalidOid,
							ATTSTATSSLOT_VALUES);
	(void) get_attstatsslot(&column->elements, column->tuple,
							STATISTIC_KIND_MCELEM, InvalidOid,
							ATTSTATSSLOT_VALUES | ATTSTATSSLOT_NUMBERS);
	column_set_shares(column, site->table->tuples);
	return true;
}

/*
 * Free what param_column_open() has read.
 */
void
param_column_close(ParamColumn *column)
{
	if (!HeapTupleIsValid(column->tuple))
		return;
	free_attstatsslot(&column->common);
	free_attstatsslot(&column->histogram);
	free_attstatsslot(&column->elements);
	ReleaseSysCache(column->tuple);
	column->tuple = NULL;
}

/*
 * The common value whose share is nearest, by ratio; -1 without any.
 */
int
param_column_nearest(const ParamColumn *column, double share)
{
	int			best = -1;
	double		least = 0;

	for (int i = 0; i < Min(column->common.nvalues,
							column->common.nnumbers); i++)
	{
		double		distance = fabs(log(Max(column->common.numbers[i],
											LEAST_SHARE) /
										Max(share, LEAST_SHARE)));

		if (best < 0 || distance < least)
		{
			best = i;
			least = distance;
		}
	}
	return best;
}

/*
 * Convert a value to another type, as an implicit or assignment cast by a
 * function of the server does.  Returns false where that cannot be done.
 */
bool
param_value_convert(ParamValue *value, Oid type)
{
	Oid			function;

	if (value->type == type || value->isnull)
		return true;
	switch (find_coercion_pathway(type, value->type, COERCION_ASSIGNMENT,
								  &function))
	{
		case COERCION_PATH_RELABELTYPE:
			break;
		case COERCION_PATH_FUNC:
			if (function >= FirstGenbkiObjectId ||
				get_func_nargs(function) != 1)
				return false;
			value->value = OidFunctionCall1(function, value->value);
			break;
		default:
			return false;
	}
	value->type = type;
	return true;
}

/*
 * A number between two, as far as 64-bit integers tell it apart.
 */
static int64
integer_between(int64 low, int64 high, double share)
{
	return low + (int64) rint(((double) high - (double) low) * share);
}

/*
 * A numeric between two.
 */
static Datum
numeric_between(Datum low, Datum high, double share)
{
	double		from = DatumGetFloat8(DirectFunctionCall1(numeric_float8, low));
	double		to = DatumGetFloat8(DirectFunctionCall1(numeric_float8, high));

	return DirectFunctionCall1(float8_numeric,
							   Float8GetDatum(from + (to - from) * share));
}

/*
 * The value at "share" of the way between two.  Returns false for types that
 * know no such thing, and for infinities.
 */
bool
param_value_between(Oid type, Datum low, Datum high, double share,
					Datum *result)
{
	switch (type)
	{
		case INT2OID:
			*result = Int16GetDatum((int16)
									integer_between(DatumGetInt16(low),
													DatumGetInt16(high), share));
			return true;
		case INT4OID:
			*result = Int32GetDatum((int32)
									integer_between(DatumGetInt32(low),
													DatumGetInt32(high), share));
			return true;
		case DATEOID:
			if (DATE_NOT_FINITE(DatumGetDateADT(low)) ||
				DATE_NOT_FINITE(DatumGetDateADT(high)))
				return false;
			*result = DateADTGetDatum((DateADT)
									  integer_between(DatumGetDateADT(low),
													  DatumGetDateADT(high),
													  share));
			return true;
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			if (TIMESTAMP_NOT_FINITE(DatumGetTimestamp(low)) ||
				TIMESTAMP_NOT_FINITE(DatumGetTimestamp(high)))
				return false;
			/* FALLTHROUGH */
		case INT8OID:
			*result = Int64GetDatum(integer_between(DatumGetInt64(low),
													DatumGetInt64(high),
													share));
			return true;
		case FLOAT8OID:
			*result = Float8GetDatum(DatumGetFloat8(low) +
									 (DatumGetFloat8(high) -
									  DatumGetFloat8(low)) * share);
			return true;
		case NUMERICOID:
			*result = numeric_between(low, high, share);
			return true;
		default:
			return false;
	}
}
