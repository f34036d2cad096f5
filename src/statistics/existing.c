/*-------------------------------------------------------------------------
 *
 * existing.c
 *		Extended statistics that are there already.
 *
 * Entry point: statistics_exist().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_statistic_ext_data.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "statistics/statistics.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/syscache.h"

#include "statistics/statistics_internal.h"

/*
 * The kinds of statistics that a row of pg_statistic_ext asks for.
 */
static int
read_kinds(HeapTuple tuple)
{
	bool		isnull;
	Datum		datum = SysCacheGetAttr(STATEXTOID, tuple,
										Anum_pg_statistic_ext_stxkind, &isnull);
	ArrayType  *array = DatumGetArrayTypeP(datum);
	const char *letters = ARR_DATA_PTR(array);
	int			kinds = 0;

	for (int i = 0; i < ARR_DIMS(array)[0]; i++)
	{
		if (letters[i] == STATS_EXT_DEPENDENCIES)
			kinds |= KIND_DEPENDENCIES;
		else if (letters[i] == STATS_EXT_MCV)
			kinds |= KIND_MCV;
		else if (letters[i] == STATS_EXT_NDISTINCT)
			kinds |= KIND_NDISTINCT;
		else if (letters[i] == STATS_EXT_EXPRESSIONS)
			kinds |= KIND_EXPRESSION;
	}
	return kinds;
}

/*
 * The expressions of a row of pg_statistic_ext, with varno 1, as the planner
 * compares them.
 */
static List *
read_expressions(HeapTuple tuple)
{
	bool		isnull;
	Datum		datum = SysCacheGetAttr(STATEXTOID, tuple,
										Anum_pg_statistic_ext_stxexprs, &isnull);
	List	   *exprs;

	if (isnull)
		return NIL;
	exprs = stringToNode(TextDatumGetCString(datum));
	exprs = (List *) eval_const_expressions(NULL, (Node *) exprs);
	fix_opfuncids((Node *) exprs);
	return exprs;
}

/*
 * Does the statistics object hold all expressions of the advice?
 */
static bool
object_covers(HeapTuple tuple, const Advice *advice)
{
	Form_pg_statistic_ext form = (Form_pg_statistic_ext) GETSTRUCT(tuple);
	List	   *exprs = read_expressions(tuple);
	ListCell   *cell;

	foreach(cell, advice->exprs)
	{
		Node	   *expr = lfirst(cell);
		bool		found = list_member(exprs, expr);

		for (int i = 0; IsA(expr, Var) && i < form->stxkeys.dim1; i++)
			found |= form->stxkeys.values[i] == ((Var *) expr)->varattno;
		if (!found)
			return false;
	}
	return true;
}

/*
 * Are there statistics that hold all that the advice asks for?  Those on which
 * ANALYZE has not run are named in *unanalysed and do not count.
 */
bool
statistics_exist(const Advice *advice, Oid *unanalysed)
{
	Relation	rel = table_open(advice->relid, AccessShareLock);
	bool		exist = false;
	ListCell   *cell;

	*unanalysed = InvalidOid;
	foreach(cell, RelationGetStatExtList(rel))
	{
		Oid			oid = lfirst_oid(cell);
		HeapTuple	tuple = SearchSysCache1(STATEXTOID, ObjectIdGetDatum(oid));

		if (!HeapTupleIsValid(tuple))
			continue;
		if (object_covers(tuple, advice) &&
			(read_kinds(tuple) & advice->kinds) == advice->kinds)
		{
			if (SearchSysCacheExists2(STATEXTDATASTXOID, ObjectIdGetDatum(oid),
									  BoolGetDatum(false)))
				exist = true;
			else
				*unanalysed = oid;
		}
		ReleaseSysCache(tuple);
	}
	table_close(rel, NoLock);
	return exist;
}
