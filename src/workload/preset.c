/*-------------------------------------------------------------------------
 *
 * preset.c
 *		Tell the analysis types of parameters that it cannot infer.
 *
 * A constant brings its type along; the parameter that pg_stat_statements puts
 * in its place does not.  Where the server then finds no operator or several,
 * the parameters around that place are given one likely type after the other,
 * until the error is gone or has moved.
 *
 * Entry point: presets_try().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "nodes/value.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"

#include "workload/tokens.h"
#include "workload/workload.h"
#include "workload_internal.h"

/* Types to try, likeliest first, for operands and for other values. */
static const Oid operand_types[] = {
	INT4OID, NUMERICOID, DATEOID, TEXTOID, INTERVALOID, TIMESTAMPTZOID
};
static const Oid value_types[] = {
	NUMERICOID, INT4OID, TEXTOID, DATEOID, INTERVALOID, TIMESTAMPTZOID
};

#define TYPES_TRIED lengthof(operand_types)

/* Where parameters are looked for. */
typedef enum TrialScope
{
	SCOPE_NEAR,					/* operands of the operator, or arguments */
	SCOPE_ANYWHERE,				/* any value that stands for itself */
	SCOPE_NONE
} TrialScope;

/* Presets being tried against one error. */
typedef struct Trial
{
	const ErrorData *error;		/* that is to go away */
	TrialScope	scope;
	int			type;			/* index of the next type to try; -1: "wanted" */
	Oid			wanted;			/* type the error speaks of, or InvalidOid */
	Oid		   *before;			/* presets without those of this trial */
	int			nbefore;
	struct Trial *outer;		/* trial that led to this error, or NULL */
} Trial;

/*
 * Keywords after which a value stands for itself, and before which one ends.
 */
static bool
token_starts_value(const Tokens *tokens, int index)
{
	static const char *const words[] = {"then", "else", "select", "distinct", "all"};
	static const char *const symbols[] = {"(", "[", ",", "+", "-", "*", "/", "%", "||"};

	for (int i = 0; i < (int) lengthof(words); i++)
		if (token_is_word(tokens, index, words[i]))
			return true;
	for (int i = 0; i < (int) lengthof(symbols); i++)
		if (token_is_symbol(tokens, index, symbols[i]))
			return true;
	return false;
}

/*
 * Does the parameter stand for itself, rather than being compared with
 * something that tells its type?
 */
static bool
param_is_value(const Tokens *tokens, int index)
{
	if (token_is_symbol(tokens, index - 1, "(") &&
		token_is_word(tokens, index - 2, "in"))
		return false;
	if (token_is_symbol(tokens, index + 1, "::"))
		return false;
	return token_starts_value(tokens, index - 1);
}

/*
 * Index of the token at the error's position; -1 when it has none.
 */
static int
token_at_error(const Tokens *tokens, const ErrorData *error)
{
	const char *at = tokens->source;
	int			result = -1;

	if (error->cursorpos <= 0)
		return -1;
	for (int i = 1; i < error->cursorpos && *at != '\0'; i++)
		at += pg_mblen(at);
	for (int i = 0; i < tokens->count; i++)
		if (tokens->items[i].start <= at - tokens->source)
			result = i;
	return result;
}

/*
 * Set the range of tokens in which the operands of the operator, or the
 * arguments of the function, at "index" are.
 */
static void
operands_range(const Tokens *tokens, int index, int *first, int *last)
{
	*first = *last = index;
	if (token_is_kind(tokens, index, TOKEN_SYMBOL))
	{
		*first = index - 1;
		if (token_is_symbol(tokens, *first, ")"))
			while (*first > 0 &&
				   tokens->items[*first - 1].depth > tokens->items[index].depth)
				(*first)--;
		*last = index + 1;
		if (token_is_word(tokens, *last, "any") ||
			token_is_word(tokens, *last, "all"))
			(*last)++;
		if (token_is_symbol(tokens, *last, "("))
			*last = token_closing(tokens, *last);
		return;
	}
	while (*last < tokens->count && *last < index + 4 &&
		   !token_is_symbol(tokens, *last, "("))
		(*last)++;
	if (token_is_symbol(tokens, *last, "("))
		*last = token_closing(tokens, *last);
}

/*
 * Preset a type for one parameter unless it has one.  Returns whether it did.
 */
static bool
preset_set(Attempt *attempt, int number, Oid type)
{
	if (number < 1 || number > PG_UINT16_MAX)
		return false;
	if (number > attempt->npresets)
	{
		Oid		   *presets = palloc0(number * sizeof(Oid));

		for (int i = 0; i < attempt->npresets; i++)
			presets[i] = attempt->presets[i];
		attempt->presets = presets;
		attempt->npresets = number;
	}
	if (OidIsValid(attempt->presets[number - 1]))
		return false;
	attempt->presets[number - 1] = type;
	return true;
}

/*
 * Preset the type for all parameters in the trial's scope.  Returns whether
 * there was any.
 */
static bool
trial_apply(Attempt *attempt, const Tokens *tokens, const Trial *trial, Oid type)
{
	int			index = token_at_error(tokens, trial->error);
	int			first = 0;
	int			last = tokens->count - 1;
	bool		applied = false;

	if (trial->scope == SCOPE_NEAR)
	{
		if (index < 0)
			return false;
		operands_range(tokens, index, &first, &last);
	}
	for (int i = Max(first, 0); i <= last && i < tokens->count; i++)
	{
		bool		adjacent = abs(i - index) <= 1;

		if (token_is_kind(tokens, i, TOKEN_PARAM) &&
			((adjacent && trial->scope == SCOPE_NEAR) ||
			 param_is_value(tokens, i)))
			applied |= preset_set(attempt, tokens->items[i].number, type);
	}
	return applied;
}

/*
 * The type on the other side of an operator that does not exist: the message
 * ends in "integer = text".  InvalidOid when it does not tell.
 */
static Oid
type_in_message(const Tokens *tokens, const ErrorData *error)
{
	int			index = token_at_error(tokens, error);
	const char *types = error->message ? strrchr(error->message, ':') : NULL;
	char	   *left;
	char	   *middle;
	Datum		type;

	if (index < 0 || types == NULL || types[1] != ' ' ||
		!token_is_kind(tokens, index, TOKEN_SYMBOL))
		return InvalidOid;
	left = pstrdup(types + 2);
	for (middle = strchr(left, ' '); middle != NULL; middle = strchr(middle + 1, ' '))
		if (middle[1] != '\0' && !isalpha((unsigned char) middle[1]))
			break;
	if (middle == NULL || strchr(middle + 1, ' ') == NULL)
		return InvalidOid;
	*middle = '\0';
	if (strcmp(left, "text") == 0 || strcmp(left, "text[]") == 0)
		left = strchr(middle + 1, ' ') + 1;
	type = DirectFunctionCall1(to_regtype, CStringGetTextDatum(left));
	return DatumGetObjectId(type);
}

/*
 * Does the error say the same as before?
 */
static bool
errors_same(const ErrorData *a, const ErrorData *b)
{
	return a->sqlerrcode == b->sqlerrcode && a->cursorpos == b->cursorpos;
}

/*
 * Start to try against an error.
 */
static Trial *
trial_start(const Attempt *attempt, const Tokens *tokens,
			const ErrorData *error)
{
	Trial	   *trial = palloc0(sizeof(Trial));

	trial->error = error;
	trial->wanted = error->sqlerrcode == ERRCODE_UNDEFINED_FUNCTION ?
		type_in_message(tokens, error) : InvalidOid;
	trial->type = OidIsValid(trial->wanted) ? -1 : 0;
	trial->before = attempt->presets;
	trial->nbefore = attempt->npresets;
	return trial;
}

/*
 * The next type to try, moving to the next scope after the last one.
 */
static Oid
trial_next_type(Trial *trial)
{
	const Oid  *types = value_types;

	if (trial->error->sqlerrcode == ERRCODE_AMBIGUOUS_FUNCTION)
		types = operand_types;
	if (trial->scope == SCOPE_NONE)
		return InvalidOid;
	if (trial->type == (int) TYPES_TRIED)
	{
		trial->scope++;
		trial->type = OidIsValid(trial->wanted) ? -1 : 0;
	}
	trial->type++;
	return trial->type == 0 ? trial->wanted : types[trial->type - 1];
}

/*
 * Put the presets back to what they were before the trial, in a copy.
 */
static void
trial_undo(Attempt *attempt, const Trial *trial)
{
	attempt->npresets = trial->nbefore;
	attempt->presets = palloc((trial->nbefore + 1) * sizeof(Oid));
	for (int i = 0; i < trial->nbefore; i++)
		attempt->presets[i] = trial->before[i];
}

/*
 * The trial against this error: one that is under way, or a new one.  The
 * presets that led to a new error stay in place meanwhile.
 */
static Trial *
trial_for_error(const Attempt *attempt, const Tokens *tokens,
				const ErrorData *error)
{
	Trial	   *trial;

	for (trial = attempt->trial; trial != NULL; trial = trial->outer)
		if (errors_same(trial->error, error))
			return trial;
	trial = trial_start(attempt, tokens, error);
	trial->outer = attempt->trial;
	return trial;
}

/*
 * Preset types; see workload_internal.h.
 */
bool
presets_try(Attempt *attempt, const ErrorData *error)
{
	Tokens		tokens = tokens_of_text(attempt->text);
	Trial	   *trial = trial_for_error(attempt, &tokens, error);

	while (trial != NULL)
	{
		Oid			type = trial_next_type(trial);

		trial_undo(attempt, trial);
		attempt->trial = trial;
		if (trial->scope == SCOPE_NONE)
			trial = trial->outer;
		else if (trial_apply(attempt, &tokens, trial, type))
			return true;
	}
	return false;
}
