/*-------------------------------------------------------------------------
 *
 * tokens.h
 *		A statement's text as the server's own scanner sees it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_TOKENS_H
#define DBADVISOR_TOKENS_H

#include "postgres.h"

#include "token_code.h"

typedef enum TokenKind
{
	TOKEN_NAME,					/* identifier; quoted or not */
	TOKEN_KEYWORD,				/* reserved or not */
	TOKEN_PARAM,				/* $number */
	TOKEN_CONSTANT,				/* number or string of any sort */
	TOKEN_SYMBOL				/* operator, parenthesis, comma, ... */
} TokenKind;

typedef struct Token
{
	TokenKind	kind;
	int			start;			/* offset of the first byte in the text */
	int			end;			/* offset behind the last byte */
	int			depth;			/* open parentheses and brackets around it */
	int			number;			/* of a parameter */
	const char *word;			/* name or keyword, as the scanner folds it */
	const char *replacement;	/* for the caller's use; starts NULL */
} Token;

typedef struct Tokens
{
	const char *source;			/* of the caller */
	int			count;
	Token	   *items;
} Tokens;

/*
 * Split a text.  palloc'd in the current context.  Raises the scanner's error
 * for a text that ends inside a token or holds an impossible one.
 */
extern Tokens tokens_of_text(const char *text);

/* Is there a token at this index, and is it this keyword or name? */
extern bool token_is_word(const Tokens *tokens, int index, const char *word);

/* Is there a token at this index, and is it this symbol? */
extern bool token_is_symbol(const Tokens *tokens, int index,
							const char *symbol);

/* Is there a token at this index, and is it of this kind? */
extern bool token_is_kind(const Tokens *tokens, int index, TokenKind kind);

/*
 * Index of the parenthesis that closes the one at "open"; the number of tokens
 * when there is none.
 */
extern int	token_closing(const Tokens *tokens, int open);

/* Is it the field of extract()? */
extern bool token_is_field(const Tokens *tokens, int index);

/* Are two tokens the same?  A parameter is the same as any other and as any
 * constant, and so is the field of extract(). */
extern bool tokens_alike(const Tokens *tokens, int a, int b);

/* Text of a token, palloc'd. */
extern char *token_text(const Tokens *tokens, int index);

#endif							/* DBADVISOR_TOKENS_H */
