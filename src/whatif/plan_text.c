/*-------------------------------------------------------------------------
 *
 * plan_text.c
 *		Take the values out of a plan's text.
 *
 * A plan made with values that were chosen from the table has them in its
 * conditions, and values derived from them beside them: LIKE 'ab%' becomes a
 * range.  So every literal goes, whatever it came from; names, costs and rows
 * stay.
 * Entry point: plan_text_without_values().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "lib/stringinfo.h"

#include "whatif/whatif_internal.h"

/* What EXPLAIN puts before the figures of a node, which stay. */
#define FIGURES "(cost="

/*
 * The end of a quoted string or name, at whose opening quote "at" is.  A quote
 * inside is doubled.  A backslash is none that escapes one: EXPLAIN writes E''
 * strings with doubled backslashes and quotes alike.
 */
static const char *
quoted_end(const char *at)
{
	char		quote = *at++;

	while (*at != '\0')
	{
		if (*at == quote && at[1] == quote)
			at++;
		else if (*at == quote)
			return at + 1;
		at++;
	}
	return at;
}

/*
 * The end of a word or number.
 */
static const char *
word_end(const char *at)
{
	while (isalnum((unsigned char) *at) || *at == '_' || *at == '$' ||
		   *at == '.' || IS_HIGHBIT_SET(*at))
		at++;
	return at;
}

/*
 * Is what comes before "at" the label of a figure, as "Workers Planned: "?
 */
static bool
follows_label(const char *text, const char *at)
{
	static const char *const labels[] = {"Workers Planned: ", "Disabled Nodes: "};

	for (int i = 0; i < (int) lengthof(labels); i++)
	{
		size_t		length = strlen(labels[i]);

		if ((size_t) (at - text) >= length &&
			strncmp(at - length, labels[i], length) == 0)
			return true;
	}
	return false;
}

/*
 * Return the text with "?" in place of each literal.
 */
char *
plan_text_without_values(const char *text)
{
	const char *at = text;
	StringInfoData result;

	initStringInfo(&result);
	while (*at != '\0')
	{
		const char *start = at;
		bool		literal = false;

		if (strncmp(at, FIGURES, strlen(FIGURES)) == 0)
			at += strcspn(at, ")");
		else if (*at == '\'' || *at == '"')
		{
			literal = *at == '\'';
			at = quoted_end(at);
		}
		else if (isdigit((unsigned char) *at))
		{
			at = word_end(at);
			literal = !follows_label(text, start);
		}
		else if (word_end(at) > at)
			at = word_end(at);
		else
			at++;
		if (literal)
			appendStringInfoChar(&result, '?');
		else
			appendBinaryStringInfo(&result, start, at - start);
	}
	return result.data;
}
