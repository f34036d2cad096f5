/*-------------------------------------------------------------------------
 *
 * name.c
 *		The name that CREATE INDEX would choose for an index without one.
 *
 * Follows ChooseIndexName() of the server, whose parts are private to it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/defrem.h"
#include "mb/pg_wchar.h"
#include "utils/rel.h"

#include "whatif/whatif_internal.h"

/*
 * Is the name in the list?
 */
static bool
name_listed(List *names, const char *name)
{
	ListCell   *cell;

	foreach(cell, names)
	{
		if (strcmp(lfirst(cell), name) == 0)
			return true;
	}
	return false;
}

/*
 * Return the name with a number behind it that is not in the list yet.
 */
static char *
name_unlike(List *names, const char *name)
{
	char	   *result = pstrdup(name);

	for (int i = 1; name_listed(names, result); i++)
	{
		char		number[12];
		int			length;

		snprintf(number, sizeof(number), "%d", i);
		length = pg_mbcliplen(name, strlen(name),
							  NAMEDATALEN - 1 - strlen(number));
		result = psprintf("%.*s%s", length, name, number);
	}
	return result;
}

/*
 * Return the column names joined with underscores, cut off where PostgreSQL
 * does.
 */
static char *
name_addition(List *column_names)
{
	StringInfoData addition;
	List	   *seen = NIL;
	ListCell   *cell;

	initStringInfo(&addition);
	foreach(cell, column_names)
	{
		char	   *name = name_unlike(seen, lfirst(cell));

		seen = lappend(seen, name);
		if (addition.len > 0)
			appendStringInfoChar(&addition, '_');
		appendStringInfoString(&addition, name);
		if (addition.len >= NAMEDATALEN)
			break;
	}
	return addition.data;
}

/*
 * Choose a name for an index on these columns ("expr" or the function's name
 * for an expression) that no relation of the schema has.
 */
char *
hypo_index_choose_name(Relation rel, List *column_names)
{
	return ChooseRelationName(RelationGetRelationName(rel),
							  name_addition(column_names), "idx",
							  RelationGetNamespace(rel), false);
}
