/*-------------------------------------------------------------------------
 *
 * hook.c
 *		Which executions are sampled, and how long they take.
 *
 * Only statements of clients are, not what runs inside of them.  An execution
 * is drawn before it starts, by a random number and a count of this session
 * alone; one that is not drawn costs that, takes no lock and reads no clock.  A
 * seldom statement must not wait for its luck: a session draws its first
 * executions of a statement always, and the following ones with a chance that
 * falls until it is dbadvisor.sampler_rate.  The chance does not depend on the
 * values, so that the sets of a statement are a fair choice.  Of each execution
 * that is drawn its plan is recorded.  Its values, and the rows of each node of
 * its plan, are written down unless that happens all the time: a choice of a few
 * sets, and a mean, are no better for it.
 * Entry point: sampler_hooks_init().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "common/pg_prng.h"
#include "executor/executor.h"
#include "executor/instrument.h"
#include "miscadmin.h"
#include "parser/analyze.h"
#include "tcop/utility.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "sampler_internal.h"

/* Statements whose executions a session counts. */
#define COUNTED 1024

/* A session draws so many executions of a statement before it draws fewer. */
#define FIRST_EXECUTIONS 4

/* Of so many executions it looks at the details always; about as many are in
 * the window that the sets of a statement are chosen from. */
#define FIRST_DETAILED 512

/* Share of the later executions whose details are looked at, at most. */
#define DETAIL_RATE 0.02

typedef struct Counted
{
	int64		queryid;
	uint32		executions;
} Counted;

/* The execution that is being sampled. */
typedef struct Running
{
	QueryDesc  *desc;			/* NULL: none */
	SamplerKey	key;
	SampleDraft *draft;
	SamplerSet *set;			/* NULL: the values were not read */
	bool		complete;		/* nobody asked for some of the rows only */
	instr_time	started;		/* the part that runs now, ... */
	instr_time	time;			/* ... and all: not where totaltime is there */
	MemoryContextCallback forget;
} Running;

static Counted counted[COUNTED];
static Running *running = NULL;
static int	nesting = 0;

static post_parse_analyze_hook_type previous_parse = NULL;
static ExecutorStart_hook_type previous_start = NULL;
static ExecutorRun_hook_type previous_run = NULL;
static ExecutorFinish_hook_type previous_finish = NULL;
static ExecutorEnd_hook_type previous_end = NULL;
static ProcessUtility_hook_type previous_utility = NULL;

/*
 * Does something come to pass that has this chance?  pg_prng_double() would ask
 * the mathematics library to scale its number.
 */
static bool
chance_comes(double chance)
{
	return (double) (pg_prng_uint64(&pg_global_prng_state) >> 11) <
		chance * (UINT64CONST(1) << 53);
}

/*
 * Is there anything to do for statements at this place?
 */
static bool
sampler_is_on(void)
{
	return sampler_enabled && sampler_shared != NULL && sampler_rate > 0 &&
		nesting == 0;
}

/*
 * Draw an execution of this statement, or not.
 */
static bool
execution_drawn(int64 queryid)
{
	Counted    *count = &counted[(uint64) queryid % COUNTED];
	double		chance;

	if (count->queryid != queryid)
	{
		count->queryid = queryid;
		count->executions = 0;
	}
	if (count->executions < PG_UINT32_MAX)
		count->executions++;
	chance = (double) FIRST_EXECUTIONS / count->executions;
	return chance >= 1 || sampler_rate >= 1 ||
		chance_comes(Max(chance, sampler_rate));
}

/*
 * Are the values of an execution that was drawn, or the rows of its nodes, worth
 * a look?
 */
static bool
details_drawn(int64 queryid)
{
	return sampler_rate <= DETAIL_RATE ||
		counted[(uint64) queryid % COUNTED].executions <= FIRST_DETAILED ||
		chance_comes(DETAIL_RATE / sampler_rate);
}

/*
 * Is this execution to be sampled?
 */
static bool
execution_wanted(const QueryDesc *desc, int eflags)
{
	return sampler_is_on() && desc->plannedstmt->queryId != 0 &&
		desc->plannedstmt->commandType != CMD_UTILITY &&
		(eflags & EXEC_FLAG_EXPLAIN_ONLY) == 0 && !IsParallelWorker() &&
		execution_drawn((int64) desc->plannedstmt->queryId);
}

/*
 * MemoryContextCallback: the execution ended, one way or the other.
 */
static void
running_forget(void *arg)
{
	if (running == arg)
		running = NULL;
}

/*
 * Take down the values that the execution runs with.
 */
static void
running_fill(Running *run, QueryDesc *desc)
{
	SamplerLoss loss;

	run->draft = palloc0(sizeof(SampleDraft));
	draft_bind(run->draft, desc);
	if (!constants_read(desc, run->draft, &loss))
	{
		sampler_count_loss(loss);
		return;
	}
	run->set = set_pack(run->draft);
	if (run->set == NULL)
		sampler_count_loss(LOSS_PARAMETERS);
	run->key.variant = draft_signature(run->draft);
}

/*
 * May we go on after this error?  It is about a text or a value, or something
 * was dropped that we wanted to name; nothing is left in a state of which one
 * could not go on.
 */
static bool
error_is_harmless(void)
{
	ErrorData  *error = CopyErrorData();
	int			category = ERRCODE_TO_CATEGORY(error->sqlerrcode);
	bool		gone = error->message != NULL &&
	strncmp(error->message, "cache lookup failed", 19) == 0;

	FreeErrorData(error);
	return gone || category == ERRCODE_DATA_EXCEPTION ||
		category == ERRCODE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION;
}

/*
 * Do something for the sake of a sample.  Where it fails there is none, and the
 * user's statement goes on.
 */
typedef void (*RunningFn) (Running *run, QueryDesc *desc);

static void
running_do(RunningFn fn, Running *run, QueryDesc *desc)
{
	MemoryContext context = CurrentMemoryContext;

	PG_TRY();
	{
		fn(run, desc);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		if (!error_is_harmless())
			PG_RE_THROW();
		FlushErrorState();
		run->set = NULL;
		sampler_count_loss(LOSS_UNKNOWN);
	}
	PG_END_TRY();
}

/*
 * Start to sample an execution that has just started, with its values if it is
 * to be detailed: in its own memory.
 */
static void
running_start(QueryDesc *desc, bool detailed)
{
	MemoryContext caller = MemoryContextSwitchTo(desc->estate->es_query_cxt);
	Running    *run = palloc(sizeof(Running));

	/* In line, unlike palloc0(). */
	memset(run, 0, sizeof(Running));
	run->desc = desc;
	run->key.queryid = (int64) desc->plannedstmt->queryId;
	run->key.userid = GetUserId();
	run->key.dboid = MyDatabaseId;
	run->complete = true;
	run->forget.func = running_forget;
	run->forget.arg = run;
	if (detailed)
		running_do(running_fill, run, desc);
	MemoryContextRegisterResetCallback(desc->estate->es_query_cxt, &run->forget);
	running = run;
	MemoryContextSwitchTo(caller);
}

/*
 * Record what an execution had and did.
 */
static void
running_record(Running *run, QueryDesc *desc)
{
	double		ms = desc->totaltime == NULL ?
	INSTR_TIME_GET_MILLISEC(run->time) : desc->totaltime->total * 1000.0;
	double		rows = (double) estate_total_processed(desc->estate);

	if (run->set != NULL)
	{
		run->set->ms = ms;
		run->set->rows = rows;
		run->set->at = GetCurrentStatementStartTimestamp();
		sampler_record(&run->key, run->draft, run->set);
	}
	plan_record(&run->key, desc, ms, rows);
	if (desc->planstate->instrument != NULL)
		estimates_record(&run->key, desc, run->complete);
}

/*
 * Record the execution that ends, in its own memory.
 */
static void
running_end(QueryDesc *desc)
{
	Running    *run = running;
	MemoryContext caller;

	running = NULL;
	if (!IsTransactionState())
		return;
	caller = MemoryContextSwitchTo(desc->estate->es_query_cxt);
	if (desc->totaltime != NULL)
		InstrEndLoop(desc->totaltime);
	running_do(running_record, run, desc);
	MemoryContextSwitchTo(caller);
}

/*
 * post_parse_analyze_hook: note where the constants are.
 */
static void
sampler_parsed(ParseState *pstate, Query *query, JumbleState *jumble)
{
	if (previous_parse)
		previous_parse(pstate, query, jumble);
	if (jumble != NULL && query->queryId != 0 && sampler_is_on())
		constants_parsed(pstate, query, jumble);
}

/*
 * ExecutorStart_hook: draw.
 */
static void
sampler_executor_start(QueryDesc *desc, int eflags)
{
	bool		wanted = execution_wanted(desc, eflags);
	bool		detailed = wanted &&
	details_drawn((int64) desc->plannedstmt->queryId);

	if (detailed && chance_comes(sampler_estimate_rate))
		desc->instrument_options |= INSTRUMENT_ROWS;
	if (previous_start)
		previous_start(desc, eflags);
	else
		standard_ExecutorStart(desc, eflags);
	if (wanted)
		running_start(desc, detailed);
}

/*
 * Is this execution sampled, and do we have to take its time?  An extension that
 * wants to know more has the server take it.
 */
static bool
clock_is_ours(const QueryDesc *desc)
{
	return running != NULL && running->desc == desc && desc->totaltime == NULL;
}

/*
 * Start to take the time of an execution.
 */
static void
clock_start(const QueryDesc *desc)
{
	if (clock_is_ours(desc))
		INSTR_TIME_SET_CURRENT(running->started);
}

/*
 * Add what has passed since.
 */
static void
clock_stop(const QueryDesc *desc)
{
	instr_time	now;

	if (!clock_is_ours(desc))
		return;
	INSTR_TIME_SET_CURRENT(now);
	INSTR_TIME_ACCUM_DIFF(running->time, now, running->started);
}

/*
 * ExecutorRun_hook: know what runs inside of another statement.
 */
static void
sampler_executor_run(EXECUTOR_RUN_ARGS)
{
	if (count != 0 && running != NULL && running->desc == desc)
		running->complete = false;
	clock_start(desc);
	nesting++;
	PG_TRY();
	{
		if (previous_run)
			previous_run(EXECUTOR_RUN_PASS);
		else
			standard_ExecutorRun(EXECUTOR_RUN_PASS);
	}
	PG_FINALLY();
	{
		nesting--;
	}
	PG_END_TRY();
	clock_stop(desc);
}

/*
 * Finish an execution.
 */
static void
execution_finish(QueryDesc *desc)
{
	if (previous_finish)
		previous_finish(desc);
	else
		standard_ExecutorFinish(desc);
}

/*
 * ExecutorFinish_hook: triggers run here, of what changes something.
 */
static void
sampler_executor_finish(QueryDesc *desc)
{
	if (desc->operation == CMD_SELECT && !desc->plannedstmt->hasModifyingCTE)
	{
		execution_finish(desc);
		return;
	}
	clock_start(desc);
	nesting++;
	PG_TRY();
	{
		execution_finish(desc);
	}
	PG_FINALLY();
	{
		nesting--;
	}
	PG_END_TRY();
	clock_stop(desc);
}

/*
 * ExecutorEnd_hook: record.
 */
static void
sampler_executor_end(QueryDesc *desc)
{
	if (running != NULL && running->desc == desc)
		running_end(desc);
	if (previous_end)
		previous_end(desc);
	else
		standard_ExecutorEnd(desc);
}

/*
 * Does a command run the client's own statement, rather than statements of its
 * own?
 */
static bool
command_is_transparent(const Node *command)
{
	return IsA(command, ExecuteStmt) || IsA(command, PrepareStmt) ||
		IsA(command, DeclareCursorStmt) || IsA(command, ExplainStmt);
}

/*
 * ProcessUtility_hook: also a command runs statements inside of itself.
 */
static void
sampler_utility(PlannedStmt *statement, const char *text, bool read_only,
				ProcessUtilityContext context, ParamListInfo params,
				QueryEnvironment *environment, DestReceiver *target,
				QueryCompletion *completion)
{
	volatile int depth = command_is_transparent(statement->utilityStmt) ? 0 : 1;

	nesting += depth;
	PG_TRY();
	{
		if (previous_utility)
			previous_utility(statement, text, read_only, context, params,
							 environment, target, completion);
		else
			standard_ProcessUtility(statement, text, read_only, context, params,
									environment, target, completion);
	}
	PG_FINALLY();
	{
		nesting -= depth;
	}
	PG_END_TRY();
}

/*
 * Install the hooks.
 */
void
sampler_hooks_init(void)
{
	previous_parse = post_parse_analyze_hook;
	post_parse_analyze_hook = sampler_parsed;
	previous_start = ExecutorStart_hook;
	ExecutorStart_hook = sampler_executor_start;
	previous_run = ExecutorRun_hook;
	ExecutorRun_hook = sampler_executor_run;
	previous_finish = ExecutorFinish_hook;
	ExecutorFinish_hook = sampler_executor_finish;
	previous_end = ExecutorEnd_hook;
	ExecutorEnd_hook = sampler_executor_end;
	previous_utility = ProcessUtility_hook;
	ProcessUtility_hook = sampler_utility;
	if (sampler_size > 0)
		EnableQueryId();
}

/*
 * Start-up; see sampler.h.
 */
void
sampler_init(void)
{
	sampler_settings_init();
	if (!process_shared_preload_libraries_in_progress || IsBinaryUpgrade)
		return;
	sampler_shared_init();
	sampler_hooks_init();
}
