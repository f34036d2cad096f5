/*-------------------------------------------------------------------------
 *
 * statement.c
 *		Make and free statements; name their states; tell what an error means
 *		for a statement.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "workload/workload.h"

/* Shown in dbadvisor.workload.state, in the order of StatementState. */
static const char *const state_names[] = {
	"new", "plannable", "utility", "own", "system", "hidden", "truncated",
	"multiple", "unparsable", "undefined", "timed_out", "locked", "failed"
};

StaticAssertDecl(lengthof(state_names) == STATEMENT_FAILED + 1,
				 "every state has a name");

/* Messages of the scanner for a text that ends inside a token. */
static const char *const unterminated_messages[] = {
	gettext_noop("unterminated /* comment"),
	gettext_noop("unterminated quoted string"),
	gettext_noop("unterminated quoted identifier"),
	gettext_noop("unterminated dollar-quoted string"),
	gettext_noop("unterminated bit string literal"),
	gettext_noop("unterminated hexadecimal string literal")
};

/*
 * Name of a state; see workload.h.
 */
const char *
statement_state_name(StatementState state)
{
	Assert(state <= STATEMENT_FAILED);
	return state_names[state];
}

/*
 * Make a statement; see workload.h.
 */
Statement *
statement_make(const char *text, Oid userid, const char *search_path)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "dbadvisor statement",
												  ALLOCSET_SMALL_SIZES);
	Statement  *stmt = MemoryContextAllocZero(context, sizeof(Statement));

	stmt->context = context;
	stmt->userid = userid;
	if (text)
		stmt->text = MemoryContextStrdup(context, text);
	if (search_path != NULL)
		stmt->search_path = MemoryContextStrdup(context, search_path);
	stmt->calls = -1;
	stmt->total_ms = -1;
	stmt->day_ms = -1;
	stmt->rows = -1;
	stmt->state = STATEMENT_NEW;
	stmt->params_source = "generic";
	return stmt;
}

/*
 * Free a statement and all that it points to.
 */
void
statement_free(Statement *stmt)
{
	MemoryContextDelete(stmt->context);
}

/*
 * Does the text of this syntax error end in the middle of a statement?
 */
static bool
error_is_truncation(const ErrorData *error)
{
	if (error->message_id != NULL &&
		strcmp(error->message_id, "%s at end of input") == 0)
		return true;
	for (int i = 0; i < (int) lengthof(unterminated_messages); i++)
	{
		const char *message = _(unterminated_messages[i]);

		if (error->message != NULL &&
			strncmp(error->message, message, strlen(message)) == 0)
			return true;
	}
	return false;
}

/*
 * See workload.h.
 */
DailyTime
statement_daily_time(const Statement *stmt)
{
	DailyTime	daily = {.ms = -1};
	double		days = (GetCurrentTimestamp() - stmt->since) /
	(double) USECS_PER_DAY;
	bool		history = stmt->day_ms >= 0;

	if (stmt->queryid == 0 || stmt->since == 0 || stmt->total_ms < 0 ||
		days <= 0)
		return daily;
	daily.ms = history ? stmt->day_ms : stmt->total_ms / days;
	daily.days = history ? stmt->day_window : days;
	daily.window = history ? "history" : "counters";
	return daily;
}

/*
 * State of a statement whose analysis or planning ended with this error.
 */
StatementState
statement_state_of_error(const ErrorData *error)
{
	switch (error->sqlerrcode)
	{
		case ERRCODE_QUERY_CANCELED:
			return STATEMENT_TIMED_OUT;
		case ERRCODE_LOCK_NOT_AVAILABLE:
			return STATEMENT_LOCKED;
		case ERRCODE_SYNTAX_ERROR:
			return error_is_truncation(error) ? STATEMENT_TRUNCATED :
				STATEMENT_UNPARSABLE;
		case ERRCODE_UNDEFINED_TABLE:
		case ERRCODE_UNDEFINED_COLUMN:
		case ERRCODE_UNDEFINED_FUNCTION:
		case ERRCODE_UNDEFINED_OBJECT:
		case ERRCODE_UNDEFINED_SCHEMA:
			return STATEMENT_UNDEFINED;
		default:
			return STATEMENT_FAILED;
	}
}

/*
 * "42P01: relation "x" does not exist", palloc'd in the current context.
 */
char *
error_summary(const ErrorData *error)
{
	return psprintf("%s: %s", unpack_sql_state(error->sqlerrcode),
					error->message ? error->message : "no message");
}
