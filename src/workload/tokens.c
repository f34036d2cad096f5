/*-------------------------------------------------------------------------
 *
 * tokens.c
 *		Split a text into tokens with the server's own scanner.
 *
 * Entry point: tokens_of_text().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/keywords.h"
#include "miscadmin.h"
#include "parser/scanner.h"

#include "workload/tokens.h"

/*
 * Kind of the token with this code of the scanner.
 */
static TokenKind
kind_of_code(int code)
{
	switch (code)
	{
		case CODE_IDENT:
		case CODE_UIDENT:
			return TOKEN_NAME;
		case CODE_FCONST:
		case CODE_SCONST:
		case CODE_USCONST:
		case CODE_BCONST:
		case CODE_XCONST:
		case CODE_ICONST:
			return TOKEN_CONSTANT;
		case CODE_PARAM:
			return TOKEN_PARAM;
		default:
			return code > CODE_NOT_EQUALS ? TOKEN_KEYWORD : TOKEN_SYMBOL;
	}
}

/*
 * Make a token of what the scanner returned.
 */
static Token
token_make(int code, const core_YYSTYPE *value, int start)
{
	Token		token = {.kind = kind_of_code(code),.start = start};

	if (token.kind == TOKEN_NAME)
		token.word = value->str;
	else if (token.kind == TOKEN_KEYWORD)
		token.word = value->keyword;
	else if (token.kind == TOKEN_PARAM)
		token.number = value->ival;
	return token;
}

/*
 * Offset behind a token: the scanner only tells where tokens start.  For all
 * but parameters, what is between two tokens counts to the first one.
 */
static int
token_end(const char *text, const Token *token, int next)
{
	int			end = token->start + 1;

	if (token->kind != TOKEN_PARAM)
		return next;
	while (text[end] >= '0' && text[end] <= '9')
		end++;
	return end;
}

/*
 * Set the end and the depth of each token.
 */
static void
tokens_finish(Tokens *tokens, int length)
{
	int			depth = 0;

	for (int i = 0; i < tokens->count; i++)
	{
		Token	   *token = &tokens->items[i];
		char		first = tokens->source[token->start];
		bool		symbol = token->kind == TOKEN_SYMBOL;

		if (symbol && (first == ')' || first == ']') && depth > 0)
			depth--;
		token->depth = depth;
		if (symbol && (first == '(' || first == '['))
			depth++;
		token->end = token_end(tokens->source, token, i + 1 < tokens->count ?
							   tokens->items[i + 1].start : length);
	}
}

/*
 * Split a text; see tokens.h.
 */
Tokens
tokens_of_text(const char *text)
{
	Tokens		tokens = {0};
	int			size = 64;
	core_yy_extra_type extra;
	core_yyscan_t scanner = scanner_init(text, &extra, &ScanKeywords,
										 ScanKeywordTokens);
	core_YYSTYPE value;
	YYLTYPE		start;
	int			code;

	tokens.source = text;

	extra.escape_string_warning = false;
	tokens.items = palloc(size * sizeof(Token));
	while ((code = core_yylex(&value, &start, scanner)) != 0)
	{
		CHECK_FOR_INTERRUPTS();
		if (tokens.count == size)
		{
			size *= 2;
			tokens.items = repalloc_huge(tokens.items, size * sizeof(Token));
		}
		tokens.items[tokens.count++] = token_make(code, &value, start);
	}
	scanner_finish(scanner);
	tokens_finish(&tokens, strlen(text));
	return tokens;
}

/*
 * See tokens.h.
 */
bool
token_is_kind(const Tokens *tokens, int index, TokenKind kind)
{
	return index >= 0 && index < tokens->count &&
		tokens->items[index].kind == kind;
}

/*
 * See tokens.h.
 */
bool
token_is_word(const Tokens *tokens, int index, const char *word)
{
	return (token_is_kind(tokens, index, TOKEN_NAME) ||
			token_is_kind(tokens, index, TOKEN_KEYWORD)) &&
		strcmp(tokens->items[index].word, word) == 0;
}

/*
 * See tokens.h.
 */
bool
token_is_symbol(const Tokens *tokens, int index, const char *symbol)
{
	return token_is_kind(tokens, index, TOKEN_SYMBOL) &&
		strncmp(tokens->source + tokens->items[index].start, symbol,
				strlen(symbol)) == 0;
}

/*
 * See tokens.h.
 */
int
token_closing(const Tokens *tokens, int open)
{
	int			depth = tokens->items[open].depth;
	int			i = open + 1;

	while (i < tokens->count && tokens->items[i].depth > depth)
		i++;
	return i;
}

/*
 * Bytes of a token without the white space that follows it.
 */
static int
token_length(const Tokens *tokens, const Token *token)
{
	int			length = token->end - token->start;

	while (length > 1 &&
		   isspace((unsigned char) tokens->source[token->start + length - 1]))
		length--;
	return length;
}

/*
 * See tokens.h.
 */
char *
token_text(const Tokens *tokens, int index)
{
	const Token *token = &tokens->items[index];

	return pnstrdup(tokens->source + token->start, token_length(tokens, token));
}

/*
 * See tokens.h.
 */
bool
token_is_field(const Tokens *tokens, int index)
{
	return token_is_word(tokens, index - 2, "extract") &&
		token_is_symbol(tokens, index - 1, "(") &&
		token_is_word(tokens, index + 1, "from");
}

/*
 * Can the token stand for any value?
 */
static bool
token_is_wild(const Tokens *tokens, int index)
{
	return token_is_kind(tokens, index, TOKEN_PARAM) ||
		token_is_field(tokens, index);
}

/*
 * See tokens.h.
 */
bool
tokens_alike(const Tokens *tokens, int a, int b)
{
	const Token *left = &tokens->items[a];
	const Token *right = &tokens->items[b];
	int			length = token_length(tokens, left);

	if (token_is_wild(tokens, a) || token_is_wild(tokens, b))
		return (token_is_wild(tokens, a) || left->kind == TOKEN_CONSTANT) &&
			(token_is_wild(tokens, b) || right->kind == TOKEN_CONSTANT);
	if (left->kind != right->kind)
		return false;
	if (left->word != NULL)
		return strcmp(left->word, right->word) == 0;
	return length == token_length(tokens, right) &&
		strncmp(tokens->source + left->start, tokens->source + right->start,
				length) == 0;
}
