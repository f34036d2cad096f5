/*-------------------------------------------------------------------------
 *
 * search_path.c
 *		Guess the search path of a statement whose relations are not found.
 *
 * No server records under which search path a statement ran.  Where the path
 * of its role and database does not lead to its relations, this looks for the
 * schemas that hold them.  Analysing a statement in a schema runs, as the
 * statement's user, functions that live there: a schema in which somebody
 * could have planted some is never guessed.
 *
 * Entry point: search_path_guess().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/parser.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "workload/workload.h"
#include "workload_internal.h"

/*
 * Schemas ranked by how many of the names they hold; of these, the first one
 * for each name.  $1: names, $2: OID of the user.  A superuser's statement is
 * looked up only where nobody else could have created anything.
 */
static const char guess_query[] =
"WITH schema AS ("
" SELECT n.oid, n.nspname"
"   FROM pg_catalog.pg_namespace n"
"   JOIN pg_catalog.pg_roles o ON o.oid = n.nspowner"
"   JOIN pg_catalog.pg_roles u ON u.oid = $2"
"  WHERE n.nspname !~ '^pg_'"
"    AND n.nspname NOT IN ('information_schema', 'dbadvisor')"
"    AND pg_catalog.has_schema_privilege(u.oid, n.oid, 'USAGE')"
"    AND (n.nspowner = u.oid OR o.rolsuper OR NOT u.rolsuper)"
"    AND NOT EXISTS ("
"        SELECT"
"          FROM pg_catalog.aclexplode(n.nspacl) a"
"          LEFT JOIN pg_catalog.pg_roles g ON g.oid = a.grantee"
"         WHERE a.privilege_type = 'CREATE'"
"           AND (a.grantee = 0"
"                OR u.rolsuper AND a.grantee <> n.nspowner"
"                AND NOT coalesce(g.rolsuper, false)))"
"), held AS ("
" SELECT s.nspname, c.relname,"
"        pg_catalog.count(*) OVER w AS names,"
"        pg_catalog.sum(c.reltuples) OVER w AS tuples"
"   FROM schema s"
"   JOIN pg_catalog.pg_class c ON c.relnamespace = s.oid"
"  WHERE c.relname = ANY ($1)"
"    AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
" WINDOW w AS (PARTITION BY s.nspname)"
"), best AS ("
" SELECT DISTINCT ON (h.relname) h.nspname, h.names, h.tuples"
"   FROM held h"
"  ORDER BY h.relname, h.names DESC, h.tuples DESC, h.nspname"
") "
"SELECT pg_catalog.string_agg(pg_catalog.quote_ident(b.nspname), ', '"
"                             ORDER BY b.names DESC, b.tuples DESC, b.nspname)"
"  FROM (SELECT DISTINCT * FROM best) b";

/* What goes into the sandbox and comes out of it. */
typedef struct Guess
{
	const char *text;
	Oid			userid;
	List	   *names;			/* of String: unqualified relations */
	MemoryContext context;		/* for the result */
	char	   *schemas;		/* comma-separated, quoted; NULL: none */
} Guess;

/*
 * Collect the names of unqualified relations of a raw statement.
 */
static bool
names_walker(Node *node, Guess *guess)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeVar))
	{
		RangeVar   *relation = (RangeVar *) node;

		if (relation->schemaname == NULL)
			guess->names = lappend(guess->names, relation->relname);
		return false;
	}
	return raw_expression_tree_walker(node, names_walker, guess);
}

/*
 * Names as a Datum of type text[].
 */
static Datum
names_array(List *names)
{
	int			n = list_length(names);
	Datum	   *elements = palloc(n * sizeof(Datum));

	for (int i = 0; i < n; i++)
		elements[i] = CStringGetTextDatum(list_nth(names, i));
	return PointerGetDatum(construct_array(elements, n, TEXTOID, -1, false,
										   TYPALIGN_INT));
}

/*
 * Ask the catalog for the schemas; runs in the sandbox, as the caller.
 */
static void
guess_run(void *arg)
{
	Guess	   *guess = arg;
	Oid			types[] = {TEXTARRAYOID, OIDOID};
	Datum		values[2];
	List	   *raws = raw_parser(guess->text, RAW_PARSE_DEFAULT);
	Node	   *node = statement_inside(linitial_node(RawStmt, raws)->stmt);

	(void) names_walker(node, guess);
	if (guess->names == NIL)
		return;
	SPI_connect();
	values[0] = names_array(guess->names);
	values[1] = ObjectIdGetDatum(guess->userid);
	if (SPI_execute_with_args(guess_query, lengthof(types), types, values, NULL,
							  true, 1) == SPI_OK_SELECT && SPI_processed == 1)
	{
		char	   *schemas = SPI_getvalue(SPI_tuptable->vals[0],
										   SPI_tuptable->tupdesc, 1);

		if (schemas != NULL)
			guess->schemas = MemoryContextStrdup(guess->context, schemas);
	}
	SPI_finish();
}

/*
 * Guess the search path; see workload_internal.h.
 */
char *
search_path_guess(const char *text, Oid userid, const char *search_path)
{
	Guess		guess = {.userid = userid,.context = CurrentMemoryContext};

	guess.text = text;

	if (sandbox_run(GetUserId(), "pg_catalog, pg_temp", guess_run,
					&guess) != NULL || guess.schemas == NULL)
		return NULL;
	if (search_path == NULL || search_path[0] == '\0')
		return guess.schemas;
	return psprintf("%s, %s", search_path, guess.schemas);
}
