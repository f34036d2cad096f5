/*-------------------------------------------------------------------------
 *
 * foreign_key.c
 *		Add the statements that foreign keys run to the workload.
 *
 * Each row that is deleted from a referenced table, or that changes its key,
 * makes the server look for rows that refer to it.  pg_stat_statements does
 * not show those queries, so they are written here as ri_triggers.c writes
 * them, with as many calls as rows were deleted or got another key.  The
 * planner prices them like all others: whether the table that refers has a
 * usable index is its answer, not ours.
 * Entry point: foreign_key_statements().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "index/index_internal.h"

/*
 * The foreign keys whose referencing table is worth an index, the largest
 * table first: constraint, its name, referenced table, key columns there, the
 * statement of the check, the owner of the referencing table, rows deleted
 * from the referenced table, and since when; %d are the least pages and the
 * most rows.  Where a B-tree has all columns in front, the check is quick and
 * the planner need not be asked.
 */
static const char keys_query[] =
"WITH RECURSIVE bare AS MATERIALIZED ("
" SELECT c.oid, c.conname, c.conrelid, c.confrelid, c.conkey, c.confkey,"
"        c.conpfeqop"
"   FROM pg_catalog.pg_constraint c"
"  WHERE c.contype = 'f'"
"    AND c.conparentid = 0"
"    AND NOT EXISTS (SELECT"
"                      FROM pg_catalog.pg_index i"
"                      JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid"
"                      JOIN pg_catalog.pg_am m ON m.oid = x.relam"
"                     WHERE i.indrelid = c.conrelid"
"                       AND m.amname = 'btree'"
"                       AND i.indisvalid"
"                       AND i.indpred IS NULL"
"                       AND i.indnkeyatts >= pg_catalog.cardinality(c.conkey)"
"                       AND (i.indkey::int2[])"
"                           [0:pg_catalog.cardinality(c.conkey) - 1]"
"                           @> c.conkey)"
"), tree AS ("
" SELECT u.relid AS root, u.relid"
"   FROM (SELECT b.conrelid AS relid FROM bare b"
"          UNION"
"         SELECT b.confrelid FROM bare b) u"
"  UNION ALL"
" SELECT t.root, i.inhrelid"
"   FROM tree t"
"   JOIN pg_catalog.pg_inherits i ON i.inhparent = t.relid"
"   JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relispartition"
"), size AS ("
" SELECT t.root, pg_catalog.sum(c.relpages) AS pages,"
"        pg_catalog.sum(pg_catalog.pg_stat_get_tuples_deleted(c.oid)) AS deleted"
"   FROM tree t"
"   JOIN pg_catalog.pg_class c ON c.oid = t.relid"
"  GROUP BY t.root"
"), key AS ("
" SELECT b.oid, b.conname, b.confrelid, b.confkey,"
"        r.relowner, r.relkind,"
"        pg_catalog.format('%%I.%%I', n.nspname, r.relname) AS child,"
"        (SELECT pg_catalog.string_agg(pg_catalog.format("
"                  '$%%s::%%s OPERATOR(%%I.%%s) x.%%I', k.i,"
"                  pg_catalog.format_type(p.atttypid, NULL), o.nspname,"
"                  o.oprname, a.attname), ' AND ' ORDER BY k.i)"
"           FROM ROWS FROM (pg_catalog.unnest(b.conkey),"
"                           pg_catalog.unnest(b.confkey),"
"                           pg_catalog.unnest(b.conpfeqop))"
"                WITH ORDINALITY k (child, parent, operator, i)"
"           JOIN pg_catalog.pg_attribute a"
"             ON a.attrelid = b.conrelid AND a.attnum = k.child"
"           JOIN pg_catalog.pg_attribute p"
"             ON p.attrelid = b.confrelid AND p.attnum = k.parent"
"           JOIN (SELECT q.oid, q.oprname, s.nspname"
"                   FROM pg_catalog.pg_operator q"
"                   JOIN pg_catalog.pg_namespace s"
"                     ON s.oid = q.oprnamespace) o"
"             ON o.oid = k.operator) AS condition,"
"        own.pages, other.deleted"
"   FROM bare b"
"   JOIN pg_catalog.pg_class r ON r.oid = b.conrelid"
"   JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace"
"   JOIN size own ON own.root = b.conrelid"
"   JOIN size other ON other.root = b.confrelid"
"  WHERE r.relkind IN ('r', 'p')"
"    AND NOT pg_catalog.pg_is_other_temp_schema(r.relnamespace))"
"SELECT k.oid, k.conname, k.confrelid, k.confkey,"
"       pg_catalog.format('SELECT 1 FROM %%s%%s x WHERE %%s FOR KEY SHARE OF x',"
"                         CASE WHEN k.relkind = 'r' THEN 'ONLY ' END,"
"                         k.child, k.condition),"
"       k.relowner, k.deleted::float8, d.stats_reset"
"  FROM key k"
"  LEFT JOIN pg_catalog.pg_stat_database d"
"    ON d.datname = pg_catalog.current_database()"
" WHERE k.pages >= %d"
" ORDER BY k.pages DESC, k.oid"
" LIMIT %d";

/* A referencing table with fewer pages is as quickly read as searched. */
#define MIN_PAGES 10

/* Checks that are added; each is planned several times. */
#define MAX_CHECKS 100

/* One foreign key without an index that is made for it. */
typedef struct ForeignKey
{
	char	   *name;			/* of the constraint */
	Oid			referenced;		/* table */
	Bitmapset  *columns;		/* of it, that are referred to */
	char	   *check;			/* the statement */
	Oid			owner;			/* as whom the server runs it */
	double		deleted;		/* rows by the table's counter */
	TimestampTz since;			/* when that started; 0 unknown */
	double		captured;		/* rows by the recorded statements */
} ForeignKey;

/* What the sandbox is to read. */
typedef struct Reading
{
	MemoryContext context;		/* of the caller */
	List	   *keys;			/* of ForeignKey */
} Reading;

/* Columns of the query above. */
enum
{
	COLUMN_OID = 1, COLUMN_NAME, COLUMN_REFERENCED, COLUMN_KEY, COLUMN_CHECK,
	COLUMN_OWNER, COLUMN_DELETED, COLUMN_SINCE
};

/*
 * Attribute numbers in an array as a set.
 */
static Bitmapset *
attribute_set(Datum array)
{
	ArrayType  *numbers = DatumGetArrayTypeP(array);
	int16	   *values = (int16 *) ARR_DATA_PTR(numbers);
	Bitmapset  *set = NULL;

	for (int i = 0; i < ArrayGetNItems(ARR_NDIM(numbers), ARR_DIMS(numbers)); i++)
		set = bms_add_member(set, values[i]);
	return set;
}

/*
 * A column of a row, 0 for null.
 */
static Datum
row_value(HeapTuple row, int column)
{
	bool		isnull;
	Datum		value = SPI_getbinval(row, SPI_tuptable->tupdesc, column,
									  &isnull);

	return isnull ? (Datum) 0 : value;
}

/*
 * The foreign key of a row, in the current memory context.
 */
static ForeignKey *
key_from_row(HeapTuple row)
{
	ForeignKey *key = (ForeignKey *) palloc0(sizeof(ForeignKey));
	TupleDesc	desc = SPI_tuptable->tupdesc;

	key->name = pstrdup(SPI_getvalue(row, desc, COLUMN_NAME));
	key->referenced = DatumGetObjectId(row_value(row, COLUMN_REFERENCED));
	key->columns = attribute_set(row_value(row, COLUMN_KEY));
	key->check = pstrdup(SPI_getvalue(row, desc, COLUMN_CHECK));
	key->owner = DatumGetObjectId(row_value(row, COLUMN_OWNER));
	if (SPI_getvalue(row, desc, COLUMN_DELETED) != NULL)
		key->deleted = DatumGetFloat8(row_value(row, COLUMN_DELETED));
	key->since = DatumGetTimestampTz(row_value(row, COLUMN_SINCE));
	return key;
}

/*
 * SandboxFn: read the foreign keys.
 */
static void
keys_read(void *arg)
{
	Reading    *reading = (Reading *) arg;

	SPI_connect();
	if (SPI_execute(psprintf(keys_query, MIN_PAGES, MAX_CHECKS), true, 0) !=
		SPI_OK_SELECT)
		elog(ERROR, "could not read foreign keys: %s",
			 SPI_result_code_string(SPI_result));
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(reading->context);

		reading->keys = lappend(reading->keys,
								key_from_row(SPI_tuptable->vals[i]));
		MemoryContextSwitchTo(old);
		CHECK_FOR_INTERRUPTS();
	}
	SPI_finish();
}

/*
 * Does an UPDATE set one of the columns to something else than itself?
 */
static bool
changes_columns(const Query *query, const Bitmapset *columns)
{
	ListCell   *lc;

	foreach(lc, query->targetList)
	{
		TargetEntry *target = (TargetEntry *) lfirst(lc);
		Var		   *var = (Var *) target->expr;

		if (target->resjunk || !bms_is_member(target->resno, columns))
			continue;
		if (!IsA(var, Var) || var->varno != query->resultRelation ||
			var->varattno != target->resno)
			return true;
	}
	return false;
}

/*
 * Does the query delete rows that the key refers to, or change their key?
 */
static bool
query_disturbs(const Query *query, const ForeignKey *key)
{
	RangeTblEntry *target;

	if (query->resultRelation == 0)
		return false;
	target = list_nth(query->rtable, query->resultRelation - 1);
	if (target->relid != key->referenced)
		return false;
	return query->commandType == CMD_DELETE ||
		(query->commandType == CMD_UPDATE &&
		 changes_columns(query, key->columns));
}

/*
 * Rows that all calls of the statement delete or change: as counted, or one
 * per call.
 */
static double
rows_written(const Statement *stmt)
{
	if (stmt->rows >= 0)
		return stmt->rows;
	return Max(stmt->calls, 0);
}

/*
 * Add what a statement does to the keys' referenced rows.
 */
static void
keys_count(List *keys, const Statement *stmt)
{
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, stmt->queries)
		foreach(lc2, keys)
	{
		ForeignKey *key = (ForeignKey *) lfirst(lc2);

		if (query_disturbs((Query *) lfirst(lc), key))
			key->captured += rows_written(stmt);
	}
}

/*
 * Could the text contain a DELETE or UPDATE?  Saves the analysis of all the
 * others before their turn.
 */
static bool
text_may_write(const char *text)
{
	for (const char *c = text; c != NULL && *c != '\0'; c++)
		if (pg_strncasecmp(c, "delete", 6) == 0 ||
			pg_strncasecmp(c, "update", 6) == 0)
			return true;
	return false;
}

/*
 * The window of the recorded statements' counters in microseconds, 0 when
 * unknown.
 */
static double
recorded_window(List *statements)
{
	TimestampTz oldest = 0;
	ListCell   *lc;

	foreach(lc, statements)
	{
		Statement  *stmt = (Statement *) lfirst(lc);

		if (stmt->queryid != 0 && stmt->since != 0 &&
			(oldest == 0 || stmt->since < oldest))
			oldest = stmt->since;
	}
	return oldest == 0 ? 0 : (double) (GetCurrentTimestamp() - oldest);
}

/*
 * How often the check ran while the statements were recorded.  The table's
 * counter also knows of deletes that nobody recorded; it has a window of its
 * own, and when that is unknown it cannot be compared.
 */
static double
checks_in_window(const ForeignKey *key, double window)
{
	double		counted = key->deleted;

	if (window > 0)
	{
		double		own = key->since == 0 ? 0 :
		(double) (GetCurrentTimestamp() - key->since);

		counted = own > 0 ? counted * Min(window / own, 1) : 0;
	}
	return Max(counted, key->captured);
}

/*
 * The check as a statement of the workload.
 */
static Statement *
check_statement(const ForeignKey *key, double calls)
{
	Statement  *stmt = statement_make(key->check, key->owner,
									  "pg_catalog, pg_temp");

	stmt->calls = calls;
	stmt->foreign_key = MemoryContextStrdup(stmt->context, key->name);
	return stmt;
}

/*
 * Add the checks of foreign keys to a list of statements, each with the number
 * of its calls; keys whose referenced rows stay as they are have none.
 */
List *
foreign_key_statements(List *statements)
{
	Reading		reading = {CurrentMemoryContext, NIL};
	double		window = recorded_window(statements);
	ErrorData  *error = sandbox_run(GetUserId(), "pg_catalog, pg_temp",
									keys_read, &reading);
	ListCell   *lc;

	/* Without them the advice lacks some statements, no more. */
	if (error != NULL)
		FreeErrorData(error);
	if (error != NULL || reading.keys == NIL)
		return statements;
	foreach(lc, statements)
	{
		Statement  *stmt = (Statement *) lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		if (!text_may_write(stmt->text))
			continue;
		statement_analyze(stmt);
		keys_count(reading.keys, stmt);
	}
	foreach(lc, reading.keys)
	{
		ForeignKey *key = (ForeignKey *) lfirst(lc);
		double		calls = checks_in_window(key, window);

		if (calls > 0)
			statements = lappend(statements, check_statement(key, calls));
	}
	return statements;
}
