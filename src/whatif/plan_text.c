/*-------------------------------------------------------------------------
 *
 * plan_text.c
 *		Read EXPLAIN text: what an index is for, and what must not be shown.
 *
 * Constants in a plan are data: those of the statement, and values that we took
 * from statistics.  In the text they are what stands in single quotes, and
 * numbers outside names and outside the figures that EXPLAIN itself prints.
 * Entry points: plan_text_mask(), plan_text_clauses().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "whatif/whatif.h"

/* Where the figures of a node start. */
#define FIGURES "  (cost="

/*
 * Does this byte belong to a name?  Parameters ($1) are not data either.
 */
static bool
is_name_byte(char byte)
{
	return isalnum((unsigned char) byte) || byte == '_' || byte == '$' ||
		IS_HIGHBIT_SET(byte);
}

/*
 * The byte after a quoted part that starts here; a quote in it is doubled.
 */
static const char *
skip_quoted(const char *here)
{
	char		quote = *here++;

	while (*here != '\0')
	{
		if (*here == quote && here[1] == quote)
			here += 2;
		else if (*here++ == quote)
			break;
	}
	return here;
}

/*
 * The byte after a name or number that starts here.
 */
static const char *
skip_word(const char *here, bool number)
{
	while (is_name_byte(*here) || (number && *here == '.') ||
		   (number && (*here == '+' || *here == '-') &&
			tolower((unsigned char) here[-1]) == 'e'))
		here++;
	return here;
}

/*
 * Replace constants; see whatif.h.
 */
char *
plan_text_mask(const char *plan)
{
	StringInfoData text;
	const char *here = plan;

	initStringInfo(&text);
	while (*here != '\0')
	{
		const char *start = here;

		if (*here == '\'')
		{
			here = skip_quoted(here);
			appendStringInfoChar(&text, '?');
			continue;
		}
		if (*here == '"')
			here = skip_quoted(here);
		else if (strncmp(here, FIGURES, strlen(FIGURES)) == 0)
			here += strcspn(here, "\n");
		else if (isdigit((unsigned char) *here))
		{
			here = skip_word(here, true);
			appendStringInfoChar(&text, '?');
			continue;
		}
		else if (is_name_byte(*here))
			here = skip_word(here, false);
		else
			here++;
		appendBinaryStringInfo(&text, start, (int) (here - start));
	}
	return text.data;
}

/*
 * Split a text into lines.  Those of a condition that holds a line break go on
 * in lines that start anywhere; they are of no use to us and do no harm.
 */
static List *
split_lines(const char *text)
{
	List	   *lines = NIL;

	while (*text !='\0')
	{
		size_t		length = strcspn(text, "\n");

		lines = lappend(lines, pnstrdup(text, length));
		text	  +=length;

		if (*text == '\n')
			text	  ++;
	}
	return lines;
}

/*
 * Does the line start a node that scans the index?
 */
static bool
line_scans(const char *line, const char *quoted_name)
{
	char	   *scan = psprintf(" using %s on ", quoted_name);
	char	   *bitmap = psprintf("Bitmap Index Scan on %s%s", quoted_name,
								  FIGURES);

	return strstr(line, FIGURES) != NULL &&
		(strstr(line, scan) != NULL || strstr(line, bitmap) != NULL);
}

/*
 * What a line says that belongs to a node, or NULL for another one.
 */
static const char *
line_condition(const char *line)
{
	const char *text = line + strspn(line, " ");

	if (strncmp(text, "Index Cond: ", strlen("Index Cond: ")) == 0 ||
		strncmp(text, "Order By: ", strlen("Order By: ")) == 0)
		return text;

	return NULL;
}

/*
 * What to say of a scan without a condition.
 */
static const char *
scan_without_condition(const char *line)
{
	if (strstr(line, "Backward using") != NULL)
		return "read backward in its order";
	if (strstr(line, "Index Only Scan") != NULL)
		return "read in its order, in place of the table";
	return "read in its order";
}

/*
 * What the index is for; see whatif.h.
 */
List *
plan_text_clauses(const char *plan, const char *index_name)
{
	const char *quoted_name = quote_identifier(index_name);
	List	   *lines = split_lines(plan);
	List	   *clauses = NIL;
	ListCell   *lc;
	const char *scan = NULL;
	bool		found = false;

	foreach(lc, lines)
	{
		const char *line = (const char *) lfirst(lc);
		const char *condition = line_condition(line);

		if (strstr(line, FIGURES) != NULL)
		{
			if (scan != NULL && !found)
				clauses = lappend(clauses,
								  pstrdup(scan_without_condition(scan)));
			scan = line_scans(line, quoted_name) ? line : NULL;
			found = false;
		}
		else if (scan != NULL && condition != NULL)
		{
			clauses = lappend(clauses, pstrdup(condition));
			found = true;
		}
	}
	if (scan != NULL && !found)
		clauses = lappend(clauses, pstrdup(scan_without_condition(scan)));
	return clauses;
}
