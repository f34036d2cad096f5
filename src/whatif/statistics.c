/*-------------------------------------------------------------------------
 *
 * statistics.c
 *		Statistics on the expressions of an index that does not exist.
 *
 * ANALYZE collects statistics on an expression only once an index on it is
 * there; without them the planner guesses.  Here the expression is evaluated
 * over a sample of the table and given to ANALYZE's own functions, which yields
 * the row that pg_statistic would hold.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "commands/vacuum.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "storage/bufmgr.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "compat.h"
#include "whatif/correct.h"
#include "whatif/whatif_internal.h"

/* Blocks read for a sample; rows are thinned within them. */
#define SAMPLE_BLOCKS 3000

/*
 * Append an expression to the SELECT list.  A whole row, "t.*", would come
 * apart there into its columns, but for a cast to its type.
 */
void
sample_append_expression(StringInfo query, Node *expression,
						 List *context)
{
	Oid			type = exprType(expression);

	appendStringInfo(query, "(%s)",
					 deparse_expression(expression, context, false, false));
	if (type_is_rowtype(type))
		appendStringInfo(query, "::%s", format_type_be_qualified(type));
}

/*
 * Append FROM and WHERE that take a sample of some "rows" of the "tuples" rows
 * of the table.  Rows of one block resemble each other, so that many blocks are
 * read and only part of the rows of each is taken.  "condition" may be NULL.
 */
void
sample_append_from(StringInfo query, Relation rel, double tuples, double rows,
				   const char *condition)
{
	double		pages = Max(RelationGetNumberOfBlocks(rel), 1);
	double		percent = Min(100.0 * SAMPLE_BLOCKS / pages, 100.0);
	double		keep_one_of = Max(floor(Max(tuples, 0) * percent / 100 / rows), 1);

	appendStringInfo(query, " FROM ONLY %s",
					 quote_qualified_identifier(get_namespace_name(RelationGetNamespace(rel)),
												RelationGetRelationName(rel)));
	if (percent < 100.0)
		appendStringInfo(query, " TABLESAMPLE SYSTEM (%f) REPEATABLE (1)",
						 percent);
	if (keep_one_of > 1)
		appendStringInfo(query,
						 " WHERE (pg_catalog.hashtid(ctid) & 2147483647) %% %d = 0",
						 (int) Min(keep_one_of, INT_MAX));
	if (condition != NULL)
		appendStringInfo(query, " %s (%s)", keep_one_of > 1 ? "AND" : "WHERE",
						 condition);
}

/*
 * Return the query that evaluates the expressions on a sample of some "rows"
 * rows.
 */
static char *
sample_query(const HypoIndex *index, Relation rel, double rows)
{
	StringInfoData query;
	List	   *context = deparse_context_for(RelationGetRelationName(rel),
											  RelationGetRelid(rel));
	ListCell   *cell;

	initStringInfo(&query);
	appendStringInfoString(&query, "SELECT ");
	foreach(cell, index->exprs)
	{
		if (cell != list_head(index->exprs))
			appendStringInfoString(&query, ", ");
		sample_append_expression(&query, lfirst(cell), context);
	}
	sample_append_from(&query, rel, rel->rd_rel->reltuples, rows, NULL);
	return query.data;
}

/*
 * Give ANALYZE's functions the next value of the sample; an
 * AnalyzeAttrFetchFunc.
 */
static Datum
fetch_value(VacAttrStatsP stats, int row, bool *isnull)
{
	*isnull = stats->exprnulls[row];
	return stats->exprvals[row];
}

/*
 * Prepare ANALYZE's functions for a column of this type; false when the type
 * has no statistics.
 */
static bool
examine_expression(VacAttrStats *stats, Node *expression, Oid collation)
{
	HeapTuple	type;

	stats->attrtypid = exprType(expression);
	stats->attrtypmod = exprTypmod(expression);
	stats->attrcollid = OidIsValid(collation) ? collation :
		exprCollation(expression);
	type = SearchSysCacheCopy1(TYPEOID, ObjectIdGetDatum(stats->attrtypid));
	if (!HeapTupleIsValid(type))
		elog(ERROR, "cache lookup failed for type %u", stats->attrtypid);
	stats->attrtype = (Form_pg_type) GETSTRUCT(type);
	stats->anl_context = CurrentMemoryContext;
	vac_attr_stats_default_target(stats);
	for (int i = 0; i < STATISTIC_NUM_SLOTS; i++)
	{
		stats->statypid[i] = stats->attrtypid;
		stats->statyplen[i] = stats->attrtype->typlen;
		stats->statypbyval[i] = stats->attrtype->typbyval;
		stats->statypalign[i] = stats->attrtype->typalign;
	}
	if (OidIsValid(stats->attrtype->typanalyze))
		return DatumGetBool(OidFunctionCall1(stats->attrtype->typanalyze,
											 PointerGetDatum(stats)));
	return std_typanalyze(stats);
}

/*
 * Take the values of result column "column" (from 1) into the arrays that
 * fetch_value() reads.
 */
static void
load_values(VacAttrStats *stats, int column)
{
	stats->exprvals = palloc((SPI_processed + 1) * sizeof(Datum));
	stats->exprnulls = palloc((SPI_processed + 1) * sizeof(bool));
	for (uint64 i = 0; i < SPI_processed; i++)
		stats->exprvals[i] = SPI_getbinval(SPI_tuptable->vals[i],
										   SPI_tuptable->tupdesc, column,
										   &stats->exprnulls[i]);
}

/*
 * Put one slot of statistics into the columns of a pg_statistic row.
 */
static void
form_slot(const VacAttrStats *stats, int slot, Datum *values, bool *nulls)
{
	int			nnumbers = stats->numnumbers[slot];
	int			nvalues = stats->numvalues[slot];
	Datum	   *numbers = palloc((nnumbers + 1) * sizeof(Datum));
	int			numbers_at = Anum_pg_statistic_stanumbers1 - 1 + slot;
	int			values_at = Anum_pg_statistic_stavalues1 - 1 + slot;

	values[Anum_pg_statistic_stakind1 - 1 + slot] =
		Int16GetDatum(stats->stakind[slot]);
	values[Anum_pg_statistic_staop1 - 1 + slot] =
		ObjectIdGetDatum(stats->staop[slot]);
	values[Anum_pg_statistic_stacoll1 - 1 + slot] =
		ObjectIdGetDatum(stats->stacoll[slot]);
	for (int i = 0; i < nnumbers; i++)
		numbers[i] = Float4GetDatum(stats->stanumbers[slot][i]);
	nulls[numbers_at] = nnumbers == 0;
	if (nnumbers > 0)
		values[numbers_at] = PointerGetDatum(construct_array(numbers, nnumbers,
															 FLOAT4OID, sizeof(float4),
															 true, TYPALIGN_INT));
	nulls[values_at] = nvalues == 0;
	if (nvalues > 0)
		values[values_at] = PointerGetDatum(construct_array(stats->stavalues[slot],
															nvalues,
															stats->statypid[slot],
															stats->statyplen[slot],
															stats->statypbyval[slot],
															stats->statypalign[slot]));
}

/*
 * Form the pg_statistic row.
 */
static HeapTuple
form_statistics(Oid relid, const VacAttrStats *stats, AttrNumber attnum)
{
	Relation	pg_statistic = table_open(StatisticRelationId, AccessShareLock);
	Datum		values[Natts_pg_statistic] = {0};
	bool		nulls[Natts_pg_statistic] = {0};
	HeapTuple	tuple;

	values[Anum_pg_statistic_starelid - 1] = ObjectIdGetDatum(relid);
	values[Anum_pg_statistic_staattnum - 1] = Int16GetDatum(attnum);
	values[Anum_pg_statistic_stainherit - 1] = BoolGetDatum(false);
	values[Anum_pg_statistic_stanullfrac - 1] =
		Float4GetDatum(stats->stanullfrac);
	values[Anum_pg_statistic_stawidth - 1] = Int32GetDatum(stats->stawidth);
	values[Anum_pg_statistic_stadistinct - 1] =
		Float4GetDatum(stats->stadistinct);
	for (int slot = 0; slot < STATISTIC_NUM_SLOTS; slot++)
		form_slot(stats, slot, values, nulls);
	tuple = heap_form_tuple(RelationGetDescr(pg_statistic), values, nulls);
	table_close(pg_statistic, AccessShareLock);
	return tuple;
}

/*
 * Compute the statistics of one expression from the result of the sample
 * query; NULL where there are none.  The row is formed in "result_context".
 */
static HeapTuple
expression_statistics(const HypoIndex *index, Relation rel, int expression,
					  int column, MemoryContext result_context)
{
	VacAttrStats *stats = palloc0(sizeof(VacAttrStats));
	double		total = Max(rel->rd_rel->reltuples, (double) SPI_processed);
	MemoryContext old;
	HeapTuple	tuple;

	if (!examine_expression(stats, list_nth(index->exprs, expression),
							index->collations[column]) ||
		SPI_processed == 0)
		return NULL;
	load_values(stats, expression + 1);
	stats->compute_stats(stats, fetch_value, (int) SPI_processed, total);
	if (!stats->stats_valid)
		return NULL;
	old = MemoryContextSwitchTo(result_context);
	tuple = form_statistics(index->oid, stats, column + 1);
	MemoryContextSwitchTo(old);
	return tuple;
}

/*
 * Raise an error unless the sample has the types of the expressions.  What the
 * planner has made of an expression may read otherwise as text: an index that
 * is created from it would be another one.
 */
static void
check_sample_types(const HypoIndex *index)
{
	int			column = 0;
	ListCell   *cell;

	foreach(cell, index->exprs)
	{
		Oid			type = exprType(lfirst(cell));

		if (SPI_gettypeid(SPI_tuptable->tupdesc, ++column) == type)
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("index expression %d does not keep its type as text",
						column),
				 errdetail("The expression has type %s, its text has type %s.",
						   format_type_be(type),
						   format_type_be(SPI_gettypeid(SPI_tuptable->tupdesc,
														column)))));
	}
}

/*
 * Run the sample query and compute statistics on every expression.
 */
static void
sample_expressions(HypoIndex *index, Relation rel, int rows,
				   MemoryContext result_context)
{
	int			expression = 0;

	if (SPI_execute(sample_query(index, rel, rows), true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not sample expressions of relation %u",
			 index->relid);
	if (SPI_tuptable->tupdesc->natts != list_length(index->exprs))
		elog(ERROR, "sample of relation %u has %d columns for %d expressions",
			 index->relid, SPI_tuptable->tupdesc->natts,
			 list_length(index->exprs));
	check_sample_types(index);
	for (int column = 0; column < index->ncolumns; column++)
	{
		HeapTuple	tuple;
		MemoryContext old;

		if (index->attnums[column] != 0)
			continue;
		tuple = expression_statistics(index, rel, expression++, column,
									  result_context);
		old = MemoryContextSwitchTo(result_context);
		index->expr_stats = lappend(index->expr_stats, tuple);
		MemoryContextSwitchTo(old);
	}
}

/* The indexes from which statistics may be taken over, or NULL. */
static List **donors = NULL;

/*
 * Let indexes of the same expressions on the same table share one sample; see
 * whatif.h.
 */
void
whatif_share_samples(List **indexes)
{
	donors = indexes;
}

/*
 * Take over the statistics of another index on the same expressions.
 */
static bool
take_statistics(HypoIndex *index)
{
	ListCell   *lc;

	if (donors == NULL)
		return false;
	foreach(lc, *donors)
	{
		HypoIndex  *donor = (HypoIndex *) lfirst(lc);

		if (donor->relid == index->relid &&
			equal(donor->exprs, index->exprs) &&
			equal(donor->predicate, index->predicate))
		{
			index->expr_stats = donor->expr_stats;
			return true;
		}
	}
	return false;
}

/*
 * Fill in statistics on the expressions of an index, from some "rows" rows.
 * They are evaluated with the rights of the current user: unlike one who
 * creates an index, he need not own the table, so that functions in an
 * expression of his must not run with the owner's rights.  Where the user may
 * not read the table there will be no statistics.
 */
void
hypo_index_sample_expressions(HypoIndex *index, Relation rel, int rows)
{
	MemoryContext context = CurrentMemoryContext;
	bool		push = !ActiveSnapshotSet();
	int			nest;

	if (pg_class_aclcheck(index->relid, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
		return;
	if (take_statistics(index))
		return;
	nest = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp",
							 PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
							 true, 0, false);
	if (push)
		PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	sample_expressions(index, rel, rows, context);
	SPI_finish();
	if (push)
		PopActiveSnapshot();
	AtEOXact_GUC(false, nest);
	if (donors != NULL)
		*donors = lappend(*donors, index);
}

/*
 * Compute the statistics of a column at a target; see correct.h.
 */
HeapTuple
column_statistics_from(Oid relid, const Var *column, Datum *values,
					   bool *nulls, int nrows, double total, int target)
{
	VacAttrStats *stats = palloc0(sizeof(VacAttrStats));
	HeapTuple	tuple = NULL;
	int			nest = NewGUCNestLevel();

	(void) set_config_option("default_statistics_target",
							 psprintf("%d", target), PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	if (nrows > 0 &&
		examine_expression(stats, (Node *) column, column->varcollid))
	{
		stats->exprvals = values;
		stats->exprnulls = nulls;
		stats->compute_stats(stats, fetch_value, nrows, Max(total, nrows));
		if (stats->stats_valid)
			tuple = form_statistics(relid, stats, column->varattno);
	}
	AtEOXact_GUC(true, nest);
	return tuple;
}
