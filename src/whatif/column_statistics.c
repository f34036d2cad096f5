/*-------------------------------------------------------------------------
 *
 * column_statistics.c
 *		Statistics of one index column, from pg_statistic or from our own
 *		sample of an expression.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "utils/selfuncs.h"
#include "utils/syscache.h"

#include "whatif/column_statistics.h"
#include "whatif/whatif_internal.h"

/*
 * Return the pg_statistic row of an index column that is an expression, or
 * NULL.  "column" counts from 0.
 */
HeapTuple
hypo_column_statistics(const HypoIndex *index, int column)
{
	int			expression = 0;

	if (index->attnums[column] != 0)
		return NULL;
	for (int i = 0; i < column; i++)
		if (index->attnums[i] == 0)
			expression++;
	if (expression >= list_length(index->expr_stats))
		return NULL;
	return list_nth(index->expr_stats, expression);
}

/*
 * Return the share of one value among "share" of the rows that have "distinct"
 * different values: rows are thrown at values by chance, so that only part of
 * the possible values occurs.
 */
static double
share_of_rest(double share, double distinct, double tuples)
{
	if (share <= 0 || tuples <= 0)
		return 0;
	return poisson_mean_of_seen(share * tuples / Max(distinct, 1)) / tuples;
}

/*
 * Return the number of distinct values that a pg_statistic row tells.
 */
static double
distinct_values(Form_pg_statistic form, double tuples)
{
	if (form->stadistinct < 0)
		return -form->stadistinct * tuples;
	if (form->stadistinct > 0)
		return form->stadistinct;
	return DEFAULT_NUM_DISTINCT;
}

/*
 * Open the statistics in a pg_statistic row.
 */
static void
open_statistics(ColumnStatistics *statistics, HeapTuple tuple, double tuples)
{
	Form_pg_statistic form = (Form_pg_statistic) GETSTRUCT(tuple);

	statistics->null_fraction = form->stanullfrac;
	statistics->average_width = form->stawidth;
	statistics->distinct = distinct_values(form, tuples);
	get_attstatsslot(&statistics->common, tuple, STATISTIC_KIND_MCV,
					 InvalidOid, ATTSTATSSLOT_VALUES | ATTSTATSSLOT_NUMBERS);
	get_attstatsslot(&statistics->histogram, tuple, STATISTIC_KIND_HISTOGRAM,
					 InvalidOid, ATTSTATSSLOT_VALUES);
	for (int i = 0; i < statistics->common.nnumbers; i++)
		statistics->common_fraction += statistics->common.numbers[i];
}

/*
 * Read the statistics of a column; see column_statistics.h.
 */
void
column_statistics_read(ColumnStatistics *statistics, const HypoIndex *index,
					   int column, const StoredType *stored)
{
	double		tuples = index->table_tuples;
	HeapTuple	sampled = hypo_column_statistics(index, column);
	HeapTuple	cached = NULL;
	double		rest;

	memset(statistics, 0, sizeof(ColumnStatistics));
	if (index->attnums[column] != 0)
		cached = SearchSysCache3(STATRELATTINH,
								 ObjectIdGetDatum(index->relid),
								 Int16GetDatum(index->attnums[column]),
								 BoolGetDatum(false));
	if (HeapTupleIsValid(sampled))
		open_statistics(statistics, sampled, tuples);
	else if (HeapTupleIsValid(cached))
		open_statistics(statistics, cached, tuples);
	else
	{
		statistics->average_width = get_typavgwidth(stored->type,
													stored->typmod);
		statistics->distinct = stored->type == BOOLOID ? 2 :
			DEFAULT_NUM_DISTINCT;
	}
	if (HeapTupleIsValid(cached))
		ReleaseSysCache(cached);
	rest = 1.0 - statistics->null_fraction - statistics->common_fraction;
	statistics->rest_share = share_of_rest(rest, statistics->distinct -
										   statistics->common.nvalues, tuples);
}

/*
 * Let go of what column_statistics_read() holds.
 */
void
column_statistics_free(ColumnStatistics *statistics)
{
	free_attstatsslot(&statistics->common);
	free_attstatsslot(&statistics->histogram);
}
