/*-------------------------------------------------------------------------
 *
 * analyse.c
 *		Turn the text of a statement into rewritten Query trees, silently.
 *
 * The server's own parse_analyze_*() would run the hooks of other extensions:
 * pg_stat_statements would then count our analysis as a statement of the user.
 * So this calls the steps below them one by one.
 *
 * Entry points: statement_analyze(), statement_analyze_or_raise(),
 * statement_prepare().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/catalog.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/analyze.h"
#include "parser/parse_param.h"
#include "parser/parse_type.h"
#include "parser/parser.h"
#include "storage/lmgr.h"
#include "tcop/tcopprot.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "workload/workload.h"
#include "params_internal.h"
#include "workload_internal.h"

#define OWN_SCHEMA "dbadvisor"

/* More repairs than this do not save a statement. */
#define MAX_REPAIRS 40

/* Counts changes of the catalog that can change a Query tree or its plan. */
static uint64 catalog_generation = 1;
static bool catalog_callbacks_registered = false;

/* What trees_inspect() finds in the Query trees. */
typedef struct TreeFacts
{
	List	   *relations;		/* OIDs of all relations, views too */
	Oid			own_schema;
	bool		own;			/* something of our schema */
	bool		user_data;		/* a table, or a function in FROM, of a user */
} TreeFacts;

/*
 * Relation cache callback: a table, its columns or its rules changed.
 */
static void
relation_changed(Datum arg pg_attribute_unused(),
				 Oid relid pg_attribute_unused())
{
	catalog_generation++;
}

/*
 * Catalog cache callback: a function, type, schema or operator changed.
 */
static void
catalog_changed(Datum arg pg_attribute_unused(),
				int cacheid pg_attribute_unused(),
				uint32 hashvalue pg_attribute_unused())
{
	catalog_generation++;
}

/*
 * Register the callbacks, once per backend.
 */
static void
catalog_watch(void)
{
	if (catalog_callbacks_registered)
		return;
	CacheRegisterRelcacheCallback(relation_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(PROCOID, catalog_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(TYPEOID, catalog_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(NAMESPACEOID, catalog_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(OPEROID, catalog_changed, (Datum) 0);
	catalog_callbacks_registered = true;
}

/*
 * check_functions_in_node() callback: is this a function of ours?
 */
static bool
function_is_own(Oid function, void *context)
{
	TreeFacts  *facts = context;

	return function >= FirstNormalObjectId &&
		get_func_namespace(function) == facts->own_schema;
}

/*
 * Does a function in FROM belong to a user?  The planner may inline it, and
 * then plans the tables that it reads.
 */
static bool
function_is_users(RangeTblFunction *function)
{
	return IsA(function->funcexpr, FuncExpr) &&
		((FuncExpr *) function->funcexpr)->funcid >= FirstNormalObjectId;
}

/*
 * Note what one range table entry says.  From here on the planner needs no
 * stronger lock than AccessShareLock, whatever the statement would take.
 */
static void
facts_of_entry(TreeFacts *facts, RangeTblEntry *rte)
{
	ListCell   *lc;

	if (OidIsValid(rte->relid))
	{
		Oid			schema = get_rel_namespace(rte->relid);

		rte->rellockmode = AccessShareLock;
		facts->relations = list_append_unique_oid(facts->relations, rte->relid);
		if (OidIsValid(facts->own_schema) && schema == facts->own_schema)
			facts->own = true;
		if (rte->rtekind == RTE_RELATION && rte->relkind != RELKIND_VIEW &&
			rte->relid >= FirstNormalObjectId && !IsToastNamespace(schema))
			facts->user_data = true;
	}
	if (rte->rtekind == RTE_FUNCTION)
		foreach(lc, rte->functions)
			facts->user_data |= function_is_users(lfirst(lc));
}

/*
 * Walk a Query tree, or an expression of it, and note what it speaks of.
 */
static bool
facts_walker(Node *node, TreeFacts *facts)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		facts_of_entry(facts, (RangeTblEntry *) node);
		return false;			/* the range table walker goes on from here */
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, facts_walker, facts,
								 QTW_EXAMINE_RTES_BEFORE);
	if (OidIsValid(facts->own_schema) && !facts->own)
		facts->own = check_functions_in_node(node, function_is_own, facts);
	return expression_tree_walker(node, facts_walker, facts);
}

/*
 * Set the attempt's relations, and its state where the trees are those of a
 * statement that no advice is wanted for.
 */
static void
trees_inspect(Attempt *attempt)
{
	TreeFacts	facts = {0};

	facts.own_schema = get_namespace_oid(OWN_SCHEMA, true);
	(void) facts_walker((Node *) attempt->queries, &facts);
	attempt->relations = facts.relations;
	if (facts.own)
	{
		attempt->state = STATEMENT_OWN;
		attempt->reason = "speaks of objects of dbadvisor";
	}
	else if (!facts.user_data)
	{
		attempt->state = STATEMENT_SYSTEM;
		attempt->reason = "reads no table of a user";
	}
}

/*
 * Put the declared types of PREPARE's parameters where no preset says more.
 */
static void
presets_from_prepare(Attempt *attempt, ParseState *pstate, PrepareStmt *prepare)
{
	int			nargs = list_length(prepare->argtypes);

	if (nargs > attempt->npresets)
	{
		Oid		   *presets = palloc0(nargs * sizeof(Oid));

		for (int i = 0; i < attempt->npresets; i++)
			presets[i] = attempt->presets[i];
		attempt->presets = presets;
		attempt->npresets = nargs;
	}
	for (int i = 0; i < nargs; i++)
		if (!OidIsValid(attempt->presets[i]))
			attempt->presets[i] =
				typenameTypeId(pstate, list_nth(prepare->argtypes, i));
}

/*
 * The statement inside PREPARE, DECLARE CURSOR, COPY (query) TO, and CREATE
 * TABLE or MATERIALIZED VIEW AS: what they run is planned as if it stood alone.
 * pg_stat_statements keeps the text of the PREPARE for what EXECUTE runs, and
 * replaces constants of a materialized view, which takes no parameters.
 */
Node *
statement_inside(Node *node)
{
	if (IsA(node, PrepareStmt))
		return ((PrepareStmt *) node)->query;
	if (IsA(node, DeclareCursorStmt))
		return ((DeclareCursorStmt *) node)->query;
	if (IsA(node, CopyStmt) && ((CopyStmt *) node)->query != NULL)
		return ((CopyStmt *) node)->query;
	if (IsA(node, CreateTableAsStmt))
		return ((CreateTableAsStmt *) node)->query;
	return node;
}

/*
 * Start with a private copy of the presets: analysis enlarges and fills it.
 */
static void
types_start(Attempt *attempt)
{
	attempt->ntypes = attempt->npresets;
	attempt->types = NULL;
	if (attempt->npresets == 0)
		return;
	attempt->types = palloc(attempt->npresets * sizeof(Oid));
	memcpy(attempt->types, attempt->presets, attempt->npresets * sizeof(Oid));
}

/*
 * Analyse one raw statement.  Returns NULL for a utility statement.
 */
static Query *
raw_statement_transform(Attempt *attempt, RawStmt *raw)
{
	ParseState *pstate = make_parsestate(NULL);
	Query	   *query;

	pstate->p_sourcetext = attempt->text;
	if (IsA(raw->stmt, PrepareStmt))
		presets_from_prepare(attempt, pstate, (PrepareStmt *) raw->stmt);
	raw->stmt = statement_inside(raw->stmt);
	if (!stmt_requires_parse_analysis(raw))
		return NULL;
	types_start(attempt);
	setup_parse_variable_parameters(pstate, &attempt->types, &attempt->ntypes);
	query = transformTopLevelStmt(pstate, raw);
	check_variable_parameters(pstate, query);
	free_parsestate(pstate);

	/* SELECT INTO runs the query inside. */
	if (query->utilityStmt != NULL &&
		IsA(query->utilityStmt, CreateTableAsStmt))
		query = castNode(Query,
						 ((CreateTableAsStmt *) query->utilityStmt)->query);
	return query->commandType == CMD_UTILITY ? NULL : query;
}

/*
 * Rewrite a query; what its rules add beside queries is left out.
 */
static List *
query_rewrite(Query *query)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, pg_rewrite_query(query))
	{
		if (lfirst_node(Query, lc)->commandType != CMD_UTILITY)
			result = lappend(result, lfirst(lc));
	}
	return result;
}

/*
 * Fail the attempt without an error.
 */
static void
attempt_end(Attempt *attempt, StatementState state, const char *reason)
{
	attempt->state = state;
	attempt->reason = reason;
}

/*
 * Parse, analyse and rewrite; runs in the sandbox.
 */
static void
attempt_run(void *arg)
{
	Attempt    *attempt = arg;
	List	   *raws;
	Query	   *query;

	attempt->text = text_without_squashed_lists(attempt->text);
	raws = raw_parser(attempt->text, RAW_PARSE_DEFAULT);
	attempt->state = STATEMENT_PLANNABLE;
	attempt->reason = NULL;
	attempt->queries = NIL;
	if (raws == NIL)
	{
		attempt_end(attempt, STATEMENT_UNPARSABLE, "text is empty");
		return;
	}
	if (list_length(raws) > 1)
	{
		attempt_end(attempt, STATEMENT_MULTIPLE,
					"text holds several statements");
		return;
	}
	query = raw_statement_transform(attempt, linitial_node(RawStmt, raws));
	if (query != NULL)
		attempt->queries = query_rewrite(query);
	if (attempt->queries == NIL)
		attempt_end(attempt, STATEMENT_UTILITY, query == NULL ?
					"utility statement" : "rules leave nothing to plan");
	else
		trees_inspect(attempt);
}

/*
 * Put the result of an attempt into the statement, in place of what an earlier
 * analysis has left there.
 */
static void
statement_take(Statement *stmt, const Attempt *attempt, uint64 generation)
{
	MemoryContext old = stmt->tree_context;
	MemoryContext caller;

	stmt->tree_context = AllocSetContextCreate(stmt->context,
											   "dbadvisor query trees",
											   ALLOCSET_SMALL_SIZES);
	caller = MemoryContextSwitchTo(stmt->tree_context);
	stmt->state = attempt->state;
	stmt->reason = attempt->reason;
	stmt->queries = copyObject(attempt->queries);
	stmt->relations = list_copy(attempt->relations);
	stmt->nparams = attempt->ntypes;
	stmt->param_types = palloc((attempt->ntypes + 1) * sizeof(Oid));
	for (int i = 0; i < attempt->ntypes; i++)
		stmt->param_types[i] = attempt->types[i];
	stmt->generation = generation;
	MemoryContextSwitchTo(caller);
	param_constants_put(stmt);
	if (old != NULL)
		MemoryContextDelete(old);
}

/*
 * Remember how the statement could be analysed: the text and the presets.
 */
static void
statement_take_repair(Statement *stmt, const Attempt *attempt)
{
	if (strcmp(attempt->text, stmt->text) != 0)
		stmt->repaired = MemoryContextStrdup(stmt->context, attempt->text);
	if (attempt->npresets == 0)
		return;
	stmt->presets = MemoryContextAlloc(stmt->context,
									   attempt->npresets * sizeof(Oid));
	memcpy(stmt->presets, attempt->presets, attempt->npresets * sizeof(Oid));
	stmt->npresets = attempt->npresets;
}

/*
 * Attempt to analyse as it is, then with one repair after the other.  Returns
 * NULL, or the error that tells most: the first one speaks of the user's own
 * text, but a syntax error that a repair has removed tells nothing.
 */
static ErrorData *
attempts_run(Statement *stmt, Attempt *attempt)
{
	ErrorData  *first = NULL;

	for (int step = 0; step <= MAX_REPAIRS; step++)
	{
		ErrorData  *error = sandbox_run(stmt->userid, stmt->search_path,
										attempt_run, attempt);

		if (error == NULL)
			return NULL;
		if (first == NULL || first->sqlerrcode == ERRCODE_SYNTAX_ERROR)
			first = error;
		CHECK_FOR_INTERRUPTS();
		if (!repair_attempt(attempt, error))
			break;
	}
	return first;
}

/*
 * Attempt again under a guessed search path after a relation was not found.
 * Returns the error that was, or NULL.
 */
static ErrorData *
attempts_run_elsewhere(Statement *stmt, Attempt *attempt, ErrorData *error)
{
	const char *given = stmt->search_path;
	const char *path = search_path_guess(attempt->text, stmt->userid, given);

	if (path == NULL)
		return error;
	stmt->search_path = path;
	if (attempts_run(stmt, attempt) == NULL)
	{
		stmt->search_path = MemoryContextStrdup(stmt->context, path);
		return NULL;
	}
	stmt->search_path = given;
	return error;
}

/*
 * Note why the statement cannot be planned.  pg_stat_statements puts
 * parameters into some utility statements, too, where no syntax allows them.
 */
static void
statement_fail(Statement *stmt, const ErrorData *error, bool by_hand)
{
	stmt->state = statement_state_of_error(error);
	stmt->reason = MemoryContextStrdup(stmt->context, error_summary(error));
	if (stmt->state == STATEMENT_UNPARSABLE && !by_hand &&
		text_is_utility(stmt->text))
	{
		stmt->state = STATEMENT_UTILITY;
		stmt->reason = "utility statement";
	}
}

/*
 * Analyse the statement; what is allocated on the way goes to the current
 * context.  A text "by hand" must mean what the caller's search path says.
 * Returns the error, or NULL when stmt->state says it all.
 */
static ErrorData *
statement_analyze_internal(Statement *stmt, bool by_hand)
{
	Attempt		attempt = {.text = stmt->text};
	uint64		generation;
	ErrorData  *error;

	catalog_watch();
	generation = catalog_generation;
	error = attempts_run(stmt, &attempt);
	if (error != NULL && error->sqlerrcode == ERRCODE_UNDEFINED_TABLE &&
		!by_hand)
		error = attempts_run_elsewhere(stmt, &attempt, error);
	if (error != NULL)
	{
		statement_fail(stmt, error, by_hand);
		return error;
	}
	statement_take_repair(stmt, &attempt);
	statement_take(stmt, &attempt, generation);
	return NULL;
}

/*
 * Analyse a statement, and choose values for its parameters if that is wanted.
 */
static void
analyze_and_choose(Statement *stmt, bool values)
{
	MemoryContext work;
	MemoryContext caller;
	const char *path;

	if (stmt->text == NULL || stmt->state != STATEMENT_NEW)
		return;
	work = AllocSetContextCreate(CurrentMemoryContext, "dbadvisor analysis",
								 ALLOCSET_DEFAULT_SIZES);
	caller = MemoryContextSwitchTo(work);
	path = param_sampled_path(stmt);
	if (path != NULL)
		stmt->search_path = path;
	if (statement_analyze_internal(stmt, false) == NULL &&
		stmt->state == STATEMENT_PLANNABLE && values)
		params_choose(stmt);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(work);
}

/*
 * Analyse a statement; see workload.h.
 */
void
statement_analyze(Statement *stmt)
{
	analyze_and_choose(stmt, true);
}

/*
 * Analyse a statement without values; see workload_internal.h.
 */
void
statement_analyze_bare(Statement *stmt)
{
	analyze_and_choose(stmt, false);
}

/*
 * Analyse a statement again, as it was written; see workload_internal.h.
 */
Query *
statement_tree(Statement *stmt, Node **raw)
{
	Attempt		attempt = {.text = stmt->repaired ? stmt->repaired : stmt->text,
	.presets = stmt->presets,.npresets = stmt->npresets};
	RawStmt    *statement;

	attempt.text = text_without_squashed_lists(attempt.text);
	statement = linitial_node(RawStmt, raw_parser(attempt.text,
												  RAW_PARSE_DEFAULT));
	*raw = copyObject(statement_inside(statement->stmt));
	return raw_statement_transform(&attempt, statement);
}

/*
 * What a user can do about a text that was refused.
 */
static const char *
hint_for_state(StatementState state)
{
	switch (state)
	{
		case STATEMENT_UNDEFINED:
			return "Check the names and the search_path.";
		case STATEMENT_LOCKED:
			return "Try again, or raise dbadvisor.lock_timeout.";
		default:
			return "Pass one statement that EXPLAIN would take, "
				"with $1, $2, ... for parameters.";
	}
}

/*
 * Raise the error of a text that the caller typed, pointing into that text
 * rather than into the statement which carried it here.
 */
static void
error_raise_for_text(ErrorData *error, const char *text)
{
	if (error->cursorpos > 0)
	{
		error->internalpos = error->cursorpos;
		error->internalquery = pstrdup(text);
		error->cursorpos = 0;
	}
	if (error->hint == NULL)
		error->hint = pstrdup(hint_for_state(statement_state_of_error(error)));
	ThrowErrorData(error);
}

/*
 * Raise an error for a text that was understood but has nothing to plan.
 */
static void
state_raise(const Statement *stmt)
{
	switch (stmt->state)
	{
		case STATEMENT_MULTIPLE:
			ereport(ERROR,
					(errcode(ERRCODE_SYNTAX_ERROR),
					 errmsg("cannot plan several statements at once"),
					 errhint("Pass one statement without the others.")));
			break;
		case STATEMENT_UTILITY:
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("statement has nothing to plan"),
					 errdetail("It is not planned: %s.", stmt->reason),
					 errhint("Pass a SELECT, INSERT, UPDATE, DELETE, MERGE or "
							 "VALUES statement.")));
			break;
		default:
			ereport(ERROR,
					(errcode(ERRCODE_SYNTAX_ERROR),
					 errmsg("cannot plan the statement: %s", stmt->reason),
					 errhint("Pass the text of one statement.")));
	}
}

/*
 * Analyse a statement or raise an error; see workload.h.
 */
void
statement_analyze_or_raise(Statement *stmt)
{
	ErrorData  *error = statement_analyze_internal(stmt, true);

	if (error != NULL)
		error_raise_for_text(error, stmt->text);

	/* Whoever asks for such a statement by hand wants it planned. */
	if (stmt->state == STATEMENT_SYSTEM || stmt->state == STATEMENT_OWN)
	{
		stmt->state = STATEMENT_PLANNABLE;
		stmt->reason = NULL;
	}
	if (stmt->state != STATEMENT_PLANNABLE)
		state_raise(stmt);
}

/*
 * Analyse again as it was analysed before; inside a sandbox.  The values
 * chosen for parameters are kept only while their types fit.
 */
static void
statement_analyze_again(Statement *stmt)
{
	Attempt		attempt = {.text = stmt->repaired ? stmt->repaired : stmt->text,
	.presets = stmt->presets,.npresets = stmt->npresets};
	StatementState state = stmt->state;
	uint64		generation = catalog_generation;
	MemoryContext work = AllocSetContextCreate(CurrentMemoryContext,
											   "dbadvisor analysis",
											   ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(work);

	attempt_run(&attempt);
	if (attempt.queries == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("statement can no longer be planned: %s",
						attempt.reason)));
	if ((stmt->params != NULL || stmt->constants != NULL) &&
		(stmt->nparams != attempt.ntypes ||
		 memcmp(stmt->param_types, attempt.types,
				stmt->nparams * sizeof(Oid)) != 0))
	{
		statement_forget_parameters(stmt);
	}
	statement_take(stmt, &attempt, generation);
	stmt->state = state;
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(work);
}

/*
 * Make ready for planning; see workload.h.  Taking a lock also learns of what
 * has changed in the catalog.
 */
void
statement_prepare(Statement *stmt)
{
	ListCell   *lc;

	foreach(lc, stmt->relations)
		LockRelationOid(lfirst_oid(lc), AccessShareLock);
	if (stmt->generation != catalog_generation)
		statement_analyze_again(stmt);
}
