/*-------------------------------------------------------------------------
 *
 * token_code.h
 *		What the server's scanner calls the tokens of a statement.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_TOKEN_CODE_H
#define DBADVISOR_TOKEN_CODE_H

/*
 * Codes of the tokens that are not keywords.  They are hard-wired into the
 * scanner and come first in gram.y, so that extensions can know them.
 */
enum
{
	CODE_IDENT = 258, CODE_UIDENT, CODE_FCONST, CODE_SCONST, CODE_USCONST,
	CODE_BCONST, CODE_XCONST, CODE_OP, CODE_ICONST, CODE_PARAM, CODE_TYPECAST,
	CODE_DOT_DOT, CODE_COLON_EQUALS, CODE_EQUALS_GREATER, CODE_LESS_EQUALS,
	CODE_GREATER_EQUALS, CODE_NOT_EQUALS
};

#endif							/* DBADVISOR_TOKEN_CODE_H */
