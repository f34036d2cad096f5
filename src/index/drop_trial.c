/*-------------------------------------------------------------------------
 *
 * drop_trial.c
 *		Hide indexes that might be dropped, and see who suffers.
 *
 * Those that pass stay hidden while the next ones are tried, so that the set
 * of all that pass is harmless as a whole.  An index that is to be replaced by
 * one that does not exist yet is tried last, and its absence is not counted on
 * by the others.
 * Entry point: drop_try_all().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "index/drop_internal.h"

/*
 * A plan may get this much cheaper, or its rows be expected to be this many
 * more or fewer, before an index is taken for one that the estimates rest upon:
 * the planner itself takes paths within a hundredth for equally good.
 */
#define ESTIMATE_DRIFT 0.01

/* Costs this close are the same, whatever the arithmetic did. */
#define COST_NOISE 1e-6

/* What befell a witness. */
typedef struct Testimony
{
	double		before;
	double		accepted;		/* without those that passed before */
	double		after;			/* and without the one on trial */
	double		charged;		/* what of that the one on trial answers for */
	bool		rows_changed;
	bool		index_lost;		/* the plan used an index, and now none */
	bool		arbiter_lost;
	ErrorData  *error;
} Testimony;

/*
 * Does the witness speak of the suspect's table?
 */
static bool
concerns(const Witness *witness, const Suspect *suspect)
{
	if (witness->probe)
		return witness->probed == suspect->relid;
	return suspect_table_is_in(suspect, witness->relations);
}

/*
 * Does the witness know the suspect's table through a partitioned parent only?
 * Then other values of its parameters may lead there.
 */
static bool
reaches_by_parent_only(const Witness *witness, const Suspect *suspect)
{
	return !witness->probe &&
		!list_member_oid(witness->relations, suspect->relid);
}

/*
 * Is the character part of a name?
 */
static bool
is_name_character(unsigned char c)
{
	return c == '_' || c == '$' || IS_HIGHBIT_SET(c) ||
		(c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
}

/*
 * Does the text, in lower case, hold the name as a word?
 */
static bool
text_names(const char *text, const char *name)
{
	size_t		length = strlen(name);

	for (const char *at = strstr(text, name); at != NULL;
		 at = strstr(at + 1, name))
	{
		if ((at == text ||!is_name_character(at[-1])) &&
			!is_name_character(at[length]))
			return true;
	}
	return false;
}

/*
 * Might a statement of which only the text is known touch the table?
 */
static bool
may_touch(const DropSearch *search, const Unproven *unproven,
		  const Suspect *suspect)
{
	ListCell   *lc;

	/* names in Unicode escapes could be any */
	if (unproven->text == NULL || strstr(unproven->text, "u&\"") != NULL ||
		suspect_table_is_in(suspect, unproven->relations))
		return true;
	foreach(lc, search->names)
	{
		const ReachingName *name = lfirst(lc);

		if (name->relid == suspect->relid &&
			text_names(unproven->text, name->name))
			return true;
	}
	return false;
}

/*
 * Name a statement in a sentence.
 */
static char *
statement_name(int64 queryid)
{
	if (queryid == 0)
		return pstrdup("a statement added by hand");
	return psprintf("statement " INT64_FORMAT, queryid);
}

/*
 * Settle a gate.
 */
static void
gate_set(Gate *gate, Verdict verdict, char *detail)
{
	gate->verdict = verdict;
	gate->detail = detail;
}

/*
 * Find out what can be said before any plan is made.  Returns false when that
 * settles the matter.
 */
static bool
may_be_tried(DropSearch *search, Suspect *suspect)
{
	ListCell   *lc;

	if (!SearchSysCacheExists1(INDEXRELID, ObjectIdGetDatum(suspect->index)))
	{
		gate_set(&suspect->planner, VERDICT_UNKNOWN,
				 pstrdup("it was dropped meanwhile"));
		return false;
	}
	if (search->missing != NULL && !suspect->twin)
	{
		gate_set(&suspect->planner, VERDICT_UNKNOWN,
				 pstrdup(search->missing));
		return false;
	}
	foreach(lc, search->unproven)
	{
		const Unproven *unproven = lfirst(lc);

		if (!may_touch(search, unproven, suspect))
			continue;
		gate_set(&suspect->planner, VERDICT_UNKNOWN,
				 psprintf("%s may use it and cannot be planned: %s",
						  statement_name(unproven->queryid),
						  unproven->reason));
		return false;
	}
	return true;
}

/*
 * Does the plan lose the index that ON CONFLICT relies upon, with none left?
 */
static bool
arbiter_is_lost(const Witness *witness, const WhatIfConfig *config)
{
	return witness->arbiters != NIL &&
		list_difference_oid(witness->arbiters, config->hidden) == NIL;
}

/*
 * The cost that a witness bears for a suspect.
 */
static double
cost_limit(const Suspect *suspect, const Testimony *testimony)
{
	return testimony->before * (1 + suspect->tolerance) + COST_NOISE;
}

/*
 * Plan a witness as it would be once the replacements are there, and take that
 * for what is to be compared with.
 */
static WhatIfResult
hear_with_replacements(const Witness *witness, const WhatIfConfig *config,
					   Testimony *testimony)
{
	WhatIfConfig with = {.indexes = config->indexes};
	WhatIfResult before = drop_plan(witness, &with, &testimony->error);

	testimony->before = before.cost;
	testimony->accepted = before.cost;
	return before;
}

/*
 * Have a witness testify: plan it with the suspects hidden, and compare with
 * how it is, or would be once the replacement is there.  What the witness suffers
 * from those that passed before, within their tolerances, is not the fault of one
 * that adds nothing: of that one counts what it does alone.
 */
static Testimony
hear(const Suspect *suspect, const Witness *witness, const WhatIfConfig *config)
{
	Testimony	testimony = {
		.before = witness->cost,
		.accepted = witness->cost_accepted
	};
	WhatIfResult before = {.rows = witness->rows,.used = witness->used};
	WhatIfResult after = {0};

	if (config->indexes != NIL)
		before = hear_with_replacements(witness, config, &testimony);
	if (testimony.error == NULL)
		after = drop_plan(witness, config, &testimony.error);
	if (testimony.error != NULL)
		return testimony;
	testimony.after = after.cost;
	testimony.rows_changed =
		fabs(after.rows - before.rows) > Max(before.rows, 1) * ESTIMATE_DRIFT;
	testimony.index_lost = before.used != NIL && after.used == NIL;
	testimony.arbiter_lost = arbiter_is_lost(witness, config);
	testimony.charged = after.cost;
	if (after.cost > cost_limit(suspect, &testimony) &&
		after.cost <= testimony.accepted + COST_NOISE)
	{
		WhatIfConfig alone = {.hidden = list_make1_oid(suspect->index)};

		testimony.charged = drop_plan(witness, &alone, &testimony.error).cost;
	}
	return testimony;
}

/*
 * Does the witness suffer more than the suspect may cause?
 */
static bool
suffers(const Suspect *suspect, const Testimony *testimony)
{
	return testimony->charged > cost_limit(suspect, testimony);
}

/*
 * Judge a probe for a foreign key.
 */
static void
judge_probe(Suspect *suspect, const Witness *witness,
			const Testimony *testimony)
{
	if (testimony->error != NULL)
		gate_set(&suspect->foreign_key, VERDICT_UNKNOWN,
				 psprintf("%s cannot be planned: %s", witness->note,
						  unpack_sql_state(testimony->error->sqlerrcode)));
	else if (testimony->index_lost || suffers(suspect, testimony))
		gate_set(&suspect->foreign_key, VERDICT_FAILED,
				 psprintf("it finds the children of %s", witness->note));
}

/*
 * Judge a statement of the workload.
 */
static void
judge_statement(Suspect *suspect, const Witness *witness,
				const Testimony *testimony)
{
	double		before = testimony->before;
	double		after = testimony->after;

	if (testimony->error != NULL)
	{
		gate_set(&suspect->planner, VERDICT_UNKNOWN,
				 psprintf("%s cannot be planned: %s", statement_name(witness->stmt->queryid),
						  unpack_sql_state(testimony->error->sqlerrcode)));
		return;
	}
	if (suspect->nstatements++ == 0 ||
		after - before > suspect->worst_after - suspect->worst_before)
	{
		suspect->worst_queryid = witness->stmt->queryid;
		suspect->worst_before = before;
		suspect->worst_after = after;
	}
	if (testimony->arbiter_lost)
		gate_set(&suspect->arbiter, VERDICT_FAILED,
				 psprintf("ON CONFLICT of %s relies upon it",
						  statement_name(witness->stmt->queryid)));
	if (suffers(suspect, testimony))
		gate_set(&suspect->planner, VERDICT_FAILED,
				 psprintf("without it %s costs %.2f instead of %.2f",
						  statement_name(witness->stmt->queryid), after, before));
	else if (after < before * (1 - ESTIMATE_DRIFT) || testimony->rows_changed)
		gate_set(&suspect->planner, VERDICT_FAILED,
				 psprintf("the estimates for %s rest upon it",
						  statement_name(witness->stmt->queryid)));
}

/*
 * Has the suspect passed all gates so far?
 */
static bool
passes(const Suspect *suspect)
{
	return suspect->planner.verdict == VERDICT_PASSED &&
		suspect->arbiter.verdict == VERDICT_PASSED &&
		suspect->foreign_key.verdict == VERDICT_PASSED;
}

/*
 * Hear one witness on a suspect.
 */
static void
examine(Suspect *suspect, Witness *witness, const WhatIfConfig *config)
{
	MemoryContext trial;
	MemoryContext caller;
	Testimony	testimony;

	if (reaches_by_parent_only(witness, suspect))
	{
		gate_set(&suspect->planner, VERDICT_UNKNOWN,
				 psprintf("%s may read the partition with other values",
						  statement_name(witness->stmt->queryid)));
		return;
	}
	if (witness->probe && witness->relations == NIL)
	{
		gate_set(&suspect->foreign_key, VERDICT_UNKNOWN,
				 psprintf("%s cannot be looked at", witness->note));
		return;
	}
	trial = AllocSetContextCreate(CurrentMemoryContext, "dbadvisor drop trial",
								  ALLOCSET_DEFAULT_SIZES);
	caller = MemoryContextSwitchTo(trial);
	testimony = hear(suspect, witness, config);
	MemoryContextSwitchTo(caller);
	witness->cost_tried = testimony.after;
	if (witness->probe)
		judge_probe(suspect, witness, &testimony);
	else
		judge_statement(suspect, witness, &testimony);
	MemoryContextDelete(trial);
}

/*
 * The configuration in which a suspect is tried.  One with a replacement is
 * tried as if all that passed were gone and all replacements there.
 */
static WhatIfConfig
trial_config(const DropSearch *search, const Suspect *suspect)
{
	WhatIfConfig config = {.hidden = lappend_oid(list_copy(search->hidden),
												 suspect->index)};

	if (suspect->replacement == NULL)
		return config;
	config.hidden = list_concat_unique_oid(config.hidden, search->replaced);
	config.indexes = list_append_unique_ptr(list_copy(search->replacements),
											suspect->replacement);
	return config;
}

/*
 * Make the index that would replace the suspect; a SandboxFn.
 */
static void
make_replacement(void *arg)
{
	Suspect    *suspect = arg;

	suspect->replacement = index_of_plain_columns(suspect->definition);
}

/*
 * Remember that a suspect may go.
 */
static void
let_go(DropSearch *search, Suspect *suspect)
{
	ListCell   *lc;

	if (suspect->replacement == NULL)
	{
		search->hidden = lappend_oid(search->hidden, suspect->index);
		foreach(lc, search->witnesses)
		{
			Witness    *witness = lfirst(lc);

			if (concerns(witness, suspect))
				witness->cost_accepted = Max(witness->cost_accepted,
											 witness->cost_tried);
		}
		return;
	}
	search->replaced = lappend_oid(search->replaced, suspect->index);
	search->replacements = lappend(search->replacements,
								   suspect->replacement);
}

/*
 * Try one suspect: hear all witnesses until one speaks against it.
 */
static void
try_suspect(DropSearch *search, Suspect *suspect)
{
	WhatIfConfig config = trial_config(search, suspect);
	ListCell   *lc;

	foreach(lc, search->witnesses)
	{
		Witness    *witness = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		if (!concerns(witness, suspect))
			continue;
		if (drop_out_of_time(search))
		{
			gate_set(&suspect->planner, VERDICT_UNKNOWN,
					 pstrdup(search->cut_short));
			return;
		}
		examine(suspect, witness, &config);
		if (!passes(suspect))
			return;
	}
	let_go(search, suspect);
}

/*
 * Try one suspect after what needs no plan.
 */
static void
try_if_possible(DropSearch *search, Suspect *suspect)
{
	ErrorData  *error = NULL;

	gate_set(&suspect->planner, VERDICT_PASSED, NULL);
	gate_set(&suspect->arbiter, VERDICT_PASSED, NULL);
	gate_set(&suspect->foreign_key, VERDICT_PASSED, NULL);
	if (list_member_oid(search->hidden, suspect->index))
		gate_set(&suspect->planner, VERDICT_FAILED,
				 pstrdup("another rule proposes to drop it"));
	else if (search->cut_short != NULL)
		gate_set(&suspect->planner, VERDICT_UNKNOWN,
				 pstrdup(search->cut_short));
	else if (may_be_tried(search, suspect))
	{
		if (suspect->definition != NULL)
			error = sandbox_run(GetUserId(), "pg_catalog, pg_temp",
								make_replacement, suspect);
		if (error != NULL)
			gate_set(&suspect->planner, VERDICT_UNKNOWN,
					 psprintf("its replacement cannot be planned: %s",
							  unpack_sql_state(error->sqlerrcode)));
		else
			try_suspect(search, suspect);
	}
}

/*
 * Try all suspects, those with a replacement last.
 */
void
drop_try_all(DropSearch *search)
{
	for (int replaced = 0; replaced <= 1; replaced++)
	{
		ListCell   *lc;

		foreach(lc, search->suspects)
		{
			Suspect    *suspect = lfirst(lc);

			if (!suspect->locked &&
				(suspect->definition != NULL) == (replaced == 1))
				try_if_possible(search, suspect);
		}
	}
}
