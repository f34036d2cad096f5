/*-------------------------------------------------------------------------
 *
 * repair.c
 *		Make SQL again of what pg_stat_statements keeps of a statement.
 *
 * It replaces each constant by a parameter.  That is not always SQL:
 *
 *		date $1, interval $2 day		a typed literal needs a constant
 *		extract($1 from x)				so does a field
 *		f(a, $1) ... GROUP BY f(a, 2)	equal expressions became unequal: the
 *										one in GROUP BY was found to be that
 *										of the result and was not looked at
 *		a IN ($1)  with a comment		18 writes a list as its first element
 *
 * The text is changed token by token, as the server's scanner sees it, and
 * only after the plain text has failed.
 *
 * Entry point: repair_attempt().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/bitmapset.h"

#include "workload/tokens.h"
#include "workload/workload.h"
#include "workload_internal.h"

/* What 18 puts behind the first element of a list of constants. */
#define SQUASHED_MARK "/*, ... */"

/* Elements to plan a squashed list with.  It had two or more, nobody knows how
 * many; ORMs send lists of some ten, and the planner takes ten for an array of
 * unknown length. */
#define SQUASHED_LIST_LENGTH 10

/* Keywords that name a type and can stand before a constant; names that are
 * not keywords can all do that. */
static const char *const type_keywords[] = {
	"bigint", "bit", "boolean", "char", "character", "dec", "decimal", "float",
	"int", "integer", "interval", "json", "name", "nchar", "numeric",
	"precision", "real", "smallint", "text", "time", "timestamp", "varchar",
	"varying"
};

/* Keywords with which a statement begins that can be planned. */
static const char *const planned_keywords[] = {
	"copy", "create", "declare", "delete", "insert", "merge", "prepare",
	"select", "table", "update", "values", "with"
};

/* Fields of an interval literal. */
static const char *const interval_fields[] = {
	"year", "month", "day", "hour", "minute", "second", "to"
};

/* Keywords that end the list of GROUP BY or ORDER BY. */
static const char *const list_ends[] = {
	"having", "window", "union", "intersect", "except", "order", "limit",
	"offset", "fetch", "for"
};

/*
 * Is the token one of these words?
 */
static bool
token_is_one_of(const Tokens *tokens, int index, const char *const *words,
				int count)
{
	for (int i = 0; i < count; i++)
		if (token_is_word(tokens, index, words[i]))
			return true;
	return false;
}

#define TOKEN_IS_ONE_OF(tokens, index, words) \
	token_is_one_of(tokens, index, words, lengthof(words))

/*
 * Index of the first token of "(3)" or "(10, 2)" that ends at "last"; "last" +
 * 1 where there is none.
 */
static int
modifier_start(const Tokens *tokens, int last)
{
	int			i = last;

	if (!token_is_symbol(tokens, i, ")"))
		return last + 1;
	for (i--; token_is_kind(tokens, i, TOKEN_CONSTANT) ||
		 token_is_symbol(tokens, i, ","); i--)
		;
	return token_is_symbol(tokens, i, "(") ? i : last + 1;
}

/*
 * Index of the first token of the type name that ends right before "index";
 * "index" when there is none.
 */
static int
type_start(const Tokens *tokens, int index)
{
	int			i = index - 1;

	if (token_is_word(tokens, i, "zone") && token_is_word(tokens, i - 1, "time") &&
		(token_is_word(tokens, i - 2, "with") ||
		 token_is_word(tokens, i - 2, "without")))
		i -= 3;
	i = modifier_start(tokens, i) - 1;
	if (!token_is_kind(tokens, i, TOKEN_NAME) &&
		!TOKEN_IS_ONE_OF(tokens, i, type_keywords))
		return index;
	if (token_is_word(tokens, i, "precision") ||
		token_is_word(tokens, i, "varying"))
		i--;
	if (token_is_word(tokens, i - 1, "national"))
		i--;
	while (token_is_symbol(tokens, i - 1, ".") && i >= 2)
		i -= 2;
	return Max(i, 0);
}

/*
 * Index behind the fields that follow an interval literal whose type starts at
 * "type" and whose constant is at "index".
 */
static int
fields_end(const Tokens *tokens, int type, int index)
{
	int			i = index + 1;

	if (!token_is_word(tokens, type, "interval"))
		return i;
	while (TOKEN_IS_ONE_OF(tokens, i, interval_fields))
		i++;
	if (i > index + 1 && token_is_word(tokens, i - 1, "second") &&
		token_is_symbol(tokens, i, "(") &&
		token_is_kind(tokens, i + 1, TOKEN_CONSTANT))
		i += 3;
	return Min(i, tokens->count);
}

/*
 * Append the text of the tokens from "first" up to but not including "last",
 * with what is between them.
 */
static void
append_tokens(StringInfo out, const Tokens *tokens, int first, int last)
{
	int			start;
	int			end;

	if (first >= last)
		return;
	start = tokens->items[first].start;
	end = tokens->items[last - 1].end;
	appendBinaryStringInfo(out, tokens->source + start, end - start);
}

/*
 * Append what follows a token up to the next one.
 */
static void
append_gap(StringInfo out, const Tokens *tokens, int index)
{
	int			start = tokens->items[index].end;

	if (index + 1 < tokens->count)
		appendBinaryStringInfo(out, tokens->source + start,
							   tokens->items[index + 1].start - start);
	else
		appendStringInfoString(out, tokens->source + start);
}

/*
 * Append a parameter that has a type name before it as a cast.  Returns the
 * index of the first token behind it.
 */
static int
append_cast(StringInfo out, const Tokens *tokens, int type, int index)
{
	int			end = fields_end(tokens, type, index);

	appendStringInfo(out, "$%d::", tokens->items[index].number);
	append_tokens(out, tokens, type, index);
	append_tokens(out, tokens, index + 1, end);
	appendStringInfoChar(out, ' ');
	return end;
}

/*
 * The text with typed literals made casts, and fields of extract() made one
 * that each type has.  Does not tell whether anything was changed.
 */
static char *
text_with_casts(const Tokens *tokens)
{
	StringInfoData out;
	int			i = 0;

	initStringInfo(&out);
	while (i < tokens->count)
	{
		int			param = i;
		int			type;

		/* A type of several tokens ends before the next parameter, if any. */
		while (param < tokens->count && param < i + 12 &&
			   !token_is_kind(tokens, param, TOKEN_PARAM))
			param++;
		type = token_is_kind(tokens, param, TOKEN_PARAM) ?
			type_start(tokens, param) : param;
		if (type == i && type < param)
			i = append_cast(&out, tokens, type, param);
		else
		{
			if (param == i && token_is_field(tokens, i))
				appendStringInfoString(&out, "epoch");
			else
				append_tokens(&out, tokens, i, i + 1);
			append_gap(&out, tokens, i);
			i++;
		}
	}
	return out.data;
}

/*
 * Index behind the list of GROUP BY or ORDER BY that starts at "first".
 */
static int
list_end(const Tokens *tokens, int first)
{
	int			i = first;

	while (i < tokens->count &&
		   tokens->items[i].depth >= tokens->items[first].depth &&
		   !token_is_symbol(tokens, i, ";") &&
		   !(tokens->items[i].depth == tokens->items[first].depth &&
			 TOKEN_IS_ONE_OF(tokens, i, list_ends)))
		i++;
	return i;
}

/*
 * Index behind the list element that starts at "first".
 */
static int
item_end(const Tokens *tokens, int first, int end)
{
	int			depth = tokens->items[first].depth;
	int			i = first;

	while (i < end && tokens->items[i].depth >= depth &&
		   !(tokens->items[i].depth == depth && token_is_symbol(tokens, i, ",")))
		i++;
	return i;
}

/*
 * Index of the SELECT to which the clause at "index" belongs, 0 if not found.
 */
static int
select_of_clause(const Tokens *tokens, int index)
{
	int			depth = tokens->items[index].depth;
	int			i = index;

	while (i > 0 && tokens->items[i].depth >= depth &&
		   !(tokens->items[i].depth == depth && token_is_word(tokens, i, "select")))
		i--;
	return i;
}

/*
 * Are the "count" tokens from "a" and from "b" alike, and is there a parameter
 * among those from "b"?
 */
static bool
sequences_alike(const Tokens *tokens, int a, int b, int count)
{
	bool		param = false;

	if (b + count > tokens->count)
		return false;
	for (int i = 0; i < count; i++)
	{
		if (!tokens_alike(tokens, a + i, b + i))
			return false;
		param |= token_is_kind(tokens, b + i, TOKEN_PARAM) ||
			token_is_field(tokens, b + i);
	}
	return param;
}

/*
 * Let one parameter or field be what stands at "item".  Returns whether that
 * changed it.
 */
static bool
param_unify(Tokens *tokens, int param, int item)
{
	const char *old = tokens->items[param].replacement;
	const char *new = tokens->items[item].replacement;

	if (!token_is_kind(tokens, param, TOKEN_PARAM) &&
		!token_is_field(tokens, param))
		return false;
	if (old == NULL)
		old = token_text(tokens, param);
	if (new == NULL)
		new = token_text(tokens, item);
	tokens->items[param].replacement = new;
	return strcmp(old, new) != 0;
}

/*
 * Give the values of the item from "first" up to "end" to all expressions of
 * its query before it that are equal otherwise.  Returns whether any changed.
 */
static bool
item_unify(Tokens *tokens, int first, int end, int query)
{
	int			count = end - first;
	bool		changed = false;

	if (count < 2)
		return false;
	for (int i = query; i < first; i++)
		if (sequences_alike(tokens, first, i, count))
			for (int k = 0; k < count; k++)
				changed |= param_unify(tokens, i + k, first + k);
	return changed;
}

/*
 * Unify the expressions of one GROUP BY or ORDER BY with those before it.
 */
static bool
clause_unify(Tokens *tokens, int first)
{
	int			end = list_end(tokens, first);
	int			query = select_of_clause(tokens, first);
	bool		changed = false;

	for (int i = first; i < end; i++)
		if (i == first || token_is_symbol(tokens, i - 1, ",") ||
			token_is_symbol(tokens, i - 1, "("))
			changed |= item_unify(tokens, i, item_end(tokens, i, end), query);
	return changed;
}

/*
 * Unify the values of equal expressions in GROUP BY, ORDER BY and the clauses
 * before them.  Returns the new text, or NULL when nothing changed.
 */
static char *
text_with_groups(Tokens *tokens)
{
	StringInfoData out;
	bool		changed = false;

	for (int i = 0; i + 2 < tokens->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if ((token_is_word(tokens, i, "group") ||
			 token_is_word(tokens, i, "order")) &&
			token_is_word(tokens, i + 1, "by"))
			changed |= clause_unify(tokens, i + 2);
	}
	if (!changed)
		return NULL;
	initStringInfo(&out);
	for (int i = 0; i < tokens->count; i++)
	{
		if (tokens->items[i].replacement != NULL)
			appendStringInfo(&out, "%s ", tokens->items[i].replacement);
		else
			append_tokens(&out, tokens, i, i + 1);
		append_gap(&out, tokens, i);
	}
	return out.data;
}

/*
 * Is this parameter the first element of a squashed list?
 */
static bool
is_squashed(const Tokens *tokens, int i)
{
	const char *behind;

	if (!token_is_kind(tokens, i, TOKEN_PARAM))
		return false;
	behind = &tokens->source[tokens->items[i].end];
	while (isspace((unsigned char) *behind))
		behind++;
	return strncmp(behind, SQUASHED_MARK, strlen(SQUASHED_MARK)) == 0;
}

/*
 * Make "[NOT] IN ($1 squashed)" a comparison with one array.  Returns whether
 * it was one.
 */
static bool
squashed_in_replace(Tokens *tokens, int param)
{
	int			in = param - 2;

	if (!token_is_symbol(tokens, param - 1, "(") ||
		!token_is_word(tokens, in, "in") ||
		token_closing(tokens, param - 1) != param + 1)
		return false;
	if (token_is_word(tokens, in - 1, "not"))
	{
		tokens->items[in - 1].replacement = "<>";
		tokens->items[in].replacement = "ALL";
	}
	else
		tokens->items[in].replacement = "= ANY";
	return true;
}

/*
 * See workload_internal.h.
 */
const char *
text_without_squashed_lists(const char *source)
{
	StringInfoData out;
	Tokens		tokens;
	Bitmapset  *lists = NULL;

	if (strstr(source, SQUASHED_MARK) == NULL)
		return source;
	tokens = tokens_of_text(source);
	for (int i = 0; i < tokens.count; i++)
		if (is_squashed(&tokens, i) && !squashed_in_replace(&tokens, i))
			lists = bms_add_member(lists, i);
	initStringInfo(&out);
	for (int i = 0; i < tokens.count; i++)
	{
		if (tokens.items[i].replacement != NULL)
			appendStringInfo(&out, "%s ", tokens.items[i].replacement);
		else
			append_tokens(&out, &tokens, i, i + 1);
		if (bms_is_member(i, lists))
			for (int k = 1; k < SQUASHED_LIST_LENGTH; k++)
				appendStringInfo(&out, ", $%d", tokens.items[i].number);
		else if (!is_squashed(&tokens, i))
			append_gap(&out, &tokens, i);
	}
	return out.data;
}

/* One call of repair_run(). */
typedef struct Repair
{
	Attempt    *attempt;
	const ErrorData *error;
	bool		changed;
} Repair;

/*
 * Repair typed literals, once.  Returns whether the text is another one.
 */
static bool
literals_try(Attempt *attempt)
{
	Tokens		tokens;
	char	   *repaired;

	if (attempt->literals_repaired)
		return false;
	attempt->literals_repaired = true;
	tokens = tokens_of_text(attempt->text);
	repaired = text_with_casts(&tokens);
	if (strcmp(repaired, attempt->text) == 0)
		return false;
	attempt->text = repaired;
	return true;
}

/*
 * Unify parameters, once.  Returns whether the text is another one.
 */
static bool
groups_try(Attempt *attempt)
{
	Tokens		tokens;
	char	   *repaired;

	if (attempt->groups_repaired)
		return false;
	attempt->groups_repaired = true;
	tokens = tokens_of_text(attempt->text);
	repaired = text_with_groups(&tokens);
	if (repaired == NULL)
		return false;
	attempt->text = repaired;
	return true;
}

/*
 * Try the repair that fits the error.  Runs in a sandbox, since the scanner
 * raises an error for a text that ends inside a token.
 */
static void
repair_run(void *arg)
{
	Repair	   *repair = arg;

	switch (repair->error->sqlerrcode)
	{
		case ERRCODE_SYNTAX_ERROR:
			repair->changed = literals_try(repair->attempt);
			break;
		case ERRCODE_GROUPING_ERROR:
		case ERRCODE_INVALID_COLUMN_REFERENCE:
			repair->changed = groups_try(repair->attempt);
			break;
		case ERRCODE_AMBIGUOUS_FUNCTION:
		case ERRCODE_UNDEFINED_FUNCTION:
		case ERRCODE_INDETERMINATE_DATATYPE:
		case ERRCODE_DATATYPE_MISMATCH:
		case ERRCODE_CANNOT_COERCE:
			repair->changed = presets_try(repair->attempt, repair->error);
			break;
		default:
			break;
	}
}

/*
 * Change the attempt so that the error may go away; see workload_internal.h.
 */
bool
repair_attempt(Attempt *attempt, const ErrorData *error)
{
	Repair		repair = {.attempt = attempt,.error = error};

	/* Only a text with parameters was changed by anybody. */
	if (strchr(attempt->text, '$') == NULL && !attempt->literals_repaired)
		return false;
	if (sandbox_run(GetUserId(), NULL, repair_run, &repair) != NULL)
		return false;
	return repair.changed;
}

/* One call of first_word_run(). */
typedef struct FirstWord
{
	const char *text;
	bool		utility;
} FirstWord;

/*
 * Look at the first word; runs in the sandbox.
 */
static void
first_word_run(void *arg)
{
	FirstWord  *first = arg;
	Tokens		tokens = tokens_of_text(first->text);

	first->utility = token_is_kind(&tokens, 0, TOKEN_KEYWORD) &&
		!TOKEN_IS_ONE_OF(&tokens, 0, planned_keywords);
}

/*
 * See workload_internal.h.
 */
bool
text_is_utility(const char *text)
{
	FirstWord	first = {0};

	first.text = text;

	return sandbox_run(GetUserId(), NULL, first_word_run, &first) == NULL &&
		first.utility;
}
