/*-------------------------------------------------------------------------
 *
 * verify.c
 *		Test on the whole table what was found on some of its rows.
 *
 * One scan tests as many determinants as memory allows.  Of each distinct
 * determinant two 64-bit hashes are kept, made by the types' own hash functions,
 * and one of each dependent value.  A determinant with too many values for the
 * memory is tested in several scans, each for a part of its hashes.
 *
 * Hashes stand for values only where unequal values have unequal hashes but for
 * chance.  Those of arrays, ranges, rows and jsonb do not, and those of types that
 * extensions bring are not known: such columns are left unverified.
 * Entry point: verify_candidates().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/transam.h"
#include "catalog/pg_type.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/rel.h"
#include "utils/typcache.h"

#include "dependency/dependency_internal.h"
#include "dependency/verify_table.h"
#include "worker/worker.h"

/* A determinant that needs more scans stays unverified. */
#define MAX_PARTS 64

/* Seeds of the two hashes, and what stands for null. */
#define FIRST_SEED 1
#define SECOND_SEED 2
#define NULL_HASH UINT64CONST(0x9e3779b97f4a7c15)

/* The hash of one column's value in the row at hand. */
typedef struct ColumnHash
{
	bool		wanted;
	bool		numeric;		/* NaN and infinities have one hash */
	Oid			collation;
	FmgrInfo	function;
	uint64		first;
	uint64		second;
	bool		isnull;
} ColumnHash;

/* All candidates with one determinant. */
typedef struct Check
{
	List	   *candidates;		/* with the same lhs */
	int			ncandidates;
	int			nopen;			/* not refuted yet */
	int			nparts;			/* scans needed, a power of two */
	int			part;			/* the scan at hand */
	int64		nrows;			/* seen in all parts */
	int64		ngroups;		/* distinct determinants in all parts */
	bool		overflown;		/* memory has ended in this scan */
	bool		done;
	VerifyTable table;			/* of each determinant two hashes, and one of
								 * the value for each candidate */
} Check;

typedef struct Verification
{
	const Target *target;
	Budget	   *budget;
	bool		null_equals_null;
	ColumnHash *columns;		/* one per column of the target */
	List	   *checks;
	List	   *running;		/* checks of this scan */
	int64		nrows;			/* of this scan */
	int			nuntold;		/* candidates whose values hashes do not tell
								 * apart */
	MemoryContext tables;		/* of the checks' tables */
	MemoryContext row_context;
} Verification;

/*
 * Do different values of this type, which is no domain, have different hashes?
 */
static bool
hash_is_trusted(Oid typid)
{
	char		kind = get_typtype(typid);

	if (kind == TYPTYPE_ENUM)
		return true;
	return kind == TYPTYPE_BASE && typid < FirstNormalObjectId &&
		typid != JSONBOID && !type_is_array(typid);
}

/*
 * Prepare to hash the columns that candidates speak of; false for one that
 * cannot be hashed.
 */
static bool
prepare_column(Verification *v, Relation rel, int position)
{
	ColumnHash *column = &v->columns[position];
	Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(rel),
												v->target->attnums[position] - 1);
	Oid			typid = getBaseType(attribute->atttypid);
	TypeCacheEntry *type;

	if (column->wanted)
		return true;
	type = lookup_type_cache(typid, TYPECACHE_EQ_OPR |
							 TYPECACHE_HASH_EXTENDED_PROC |
							 TYPECACHE_HASH_EXTENDED_PROC_FINFO);
	if (!OidIsValid(type->hash_extended_proc) || !hash_is_trusted(typid))
		return false;
	column->numeric = typid == NUMERICOID;
	fmgr_info_copy(&column->function, &type->hash_extended_proc_finfo,
				   CurrentMemoryContext);
	column->collation = attribute->attcollation;
	column->wanted = true;
	return true;
}

/*
 * Can all columns of a candidate be hashed?
 */
static bool
prepare_candidate(Verification *v, Relation rel, const Candidate *candidate)
{
	for (int i = 0; i < candidate->nlhs; i++)
		if (!prepare_column(v, rel, candidate->lhs[i]))
			return false;
	return candidate->rhs < 0 || prepare_column(v, rel, candidate->rhs);
}

/*
 * Order of candidates: those with the same determinant side by side.
 */
static int
compare_determinants(const ListCell *a, const ListCell *b)
{
	const Candidate *left = lfirst(a);
	const Candidate *right = lfirst(b);
	int			order = left->nlhs - right->nlhs;

	for (int i = 0; order == 0 && i < left->nlhs; i++)
		order = left->lhs[i] - right->lhs[i];
	return order != 0 ? order : left->rhs - right->rhs;
}

/*
 * Do two candidates have the same determinant?
 */
static bool
same_determinant(const Candidate *a, const Candidate *b)
{
	return a->nlhs == b->nlhs &&
		memcmp(a->lhs, b->lhs, sizeof(a->lhs[0]) * a->nlhs) == 0;
}

/*
 * Make one check of all candidates with the same determinant.
 */
static void
make_checks(Verification *v, List *candidates)
{
	Relation	rel = table_open(v->target->relid, AccessShareLock);
	List	   *sorted = list_copy(candidates);
	Check	   *check = NULL;
	ListCell   *cell;

	list_sort(sorted, compare_determinants);
	foreach(cell, sorted)
	{
		Candidate  *candidate = lfirst(cell);

		if (!prepare_candidate(v, rel, candidate))
		{
			v->nuntold++;
			continue;
		}
		if (check == NULL ||
			!same_determinant(linitial(check->candidates), candidate))
		{
			check = palloc0(sizeof(Check));
			check->nparts = 1;
			v->checks = lappend(v->checks, check);
		}
		check->candidates = lappend(check->candidates, candidate);
		check->ncandidates = ++check->nopen;
		check->table.nwords = 2 + check->ncandidates;
	}
	list_free(sorted);
	table_close(rel, AccessShareLock);
}

/*
 * Distinct determinants that the next scan is likely to see, by what the sample
 * had.
 */
static double
expected_entries(const Verification *v, const Check *check)
{
	const Candidate *candidate = linitial(check->candidates);
	double		groups = candidate->ngroups;

	/* what hardly repeats grows with the table */
	if (groups > candidate->nrows * 0.1)
		groups *= Max(v->target->tuples / Max(candidate->nrows, 1), 1);
	return groups / check->nparts;
}

/*
 * Bytes that its table is likely to take.
 */
static double
expected_bytes(const Verification *v, const Check *check)
{
	return table_bytes(&check->table, table_places(expected_entries(v, check)));
}

/*
 * What tells the special values of numeric apart.
 */
static uint64
special_hash(Datum value)
{
	Numeric		number = DatumGetNumeric(value);

	if (numeric_is_nan(number))
		return NULL_HASH;
	if (!numeric_is_inf(number))
		return 0;
	return DatumGetBool(DirectFunctionCall2(numeric_lt, value,
											DirectFunctionCall1(int4_numeric, Int32GetDatum(0)))) ?
		2 * NULL_HASH : 3 * NULL_HASH;
}

/*
 * Hash one value that is not null.
 */
static void
hash_value(ColumnHash *column, Datum value)
{
	uint64		special = column->numeric ? special_hash(value) : 0;

	column->first = special +
		DatumGetUInt64(FunctionCall2Coll(&column->function, column->collation,
										 value, UInt64GetDatum(FIRST_SEED)));
	column->second = special +
		DatumGetUInt64(FunctionCall2Coll(&column->function, column->collation,
										 value, UInt64GetDatum(SECOND_SEED)));
}

/*
 * Hash the columns of the row that are wanted.
 */
static void
hash_row(Verification *v, const Datum *values, const bool *nulls)
{
	for (int i = 0; i < v->target->ncolumns; i++)
	{
		ColumnHash *column = &v->columns[i];

		if (!column->wanted)
			continue;
		column->isnull = nulls[i];
		column->first = column->second = NULL_HASH;
		if (!nulls[i])
			hash_value(column, values[i]);
	}
}

/*
 * Hash the determinant; false where a null makes it differ from all others.
 */
static bool
hash_determinant(const Verification *v, const Candidate *candidate,
				 uint64 *first, uint64 *second)
{
	*first = FIRST_SEED;
	*second = SECOND_SEED;
	for (int i = 0; i < candidate->nlhs; i++)
	{
		const ColumnHash *column = &v->columns[candidate->lhs[i]];

		if (column->isnull && !v->null_equals_null)
			return false;
		*first = mix_bits(*first + column->first);
		*second = mix_bits(*second + column->second);
	}
	/* 0 marks a free place */
	if (*first == 0)
		*first = 1;
	return true;
}

/*
 * The hash of the dependent value; null where a null equals no other.
 */
static uint64
dependent_hash(const Verification *v, const Candidate *candidate)
{
	const ColumnHash *column;

	/* the number of a row equals no other */
	if (candidate->rhs < 0)
		return (uint64) v->nrows;
	column = &v->columns[candidate->rhs];
	if (column->isnull && !v->null_equals_null)
		return mix_bits((uint64) v->nrows);
	return column->first;
}

/*
 * Note a determinant for the first time, or compare its dependent values with
 * those noted.
 */
static void
check_place(const Verification *v, Check *check, uint64 *place, uint64 first,
			uint64 second)
{
	bool		isnew = place[0] == 0;
	int			i = 2;
	ListCell   *cell;

	place[0] = first;
	place[1] = second;
	check->table.nentries += isnew;
	foreach(cell, check->candidates)
	{
		Candidate  *candidate = lfirst(cell);
		uint64		hash = dependent_hash(v, candidate);

		if (isnew)
			place[i] = hash;
		else if (place[i] != hash && !candidate->refuted)
		{
			candidate->refuted = true;
			check->nopen--;
		}
		i++;
	}
}

/*
 * Take one row into one check.
 */
static void
check_row(Verification *v, Check *check)
{
	uint64		first;
	uint64		second;

	if (check->overflown || check->nopen == 0)
		return;
	if (!hash_determinant(v, linitial(check->candidates), &first, &second))
	{
		/* alone in its group, and so nothing to compare */
		if (check->part == 0)
		{
			check->nrows++;
			check->ngroups++;
		}
		return;
	}
	if ((second & (check->nparts - 1)) != (uint64) check->part)
		return;
	check->nrows++;
	check->overflown = !table_has_place(&check->table, v->budget, v->tables,
										expected_entries(v, check));
	if (!check->overflown)
		check_place(v, check, table_place(&check->table, first, second), first,
					second);
	if (check->overflown || check->nopen == 0)
		table_free(&check->table);
}

/*
 * Take one row into all checks of the scan; a RowFn.
 */
static bool
verify_row(const Datum *values, const bool *nulls, void *arg)
{
	Verification *v = arg;
	MemoryContext old = MemoryContextSwitchTo(v->row_context);
	bool		open = false;
	ListCell   *cell;

	hash_row(v, values, nulls);
	MemoryContextSwitchTo(old);
	MemoryContextReset(v->row_context);
	v->nrows++;
	foreach(cell, v->running)
	{
		Check	   *check = lfirst(cell);

		check_row(v, check);
		open |= !check->overflown && check->nopen > 0;
	}
	return open && budget_spend(v->budget, 8 * list_length(v->running));
}

/*
 * Before the first scan for a check: in how many parts is its table likely to
 * find room?
 */
static void
choose_parts(const Verification *v, Check *check)
{
	double		room = table_limit(v->budget) -
	MemoryContextMemAllocated(v->budget->context, true);

	while (check->part == 0 && check->nparts < MAX_PARTS &&
		   expected_bytes(v, check) > room)
		check->nparts *= 2;
}

/*
 * Choose the checks of the next scan, as many as memory is likely to suffice
 * for.
 */
static void
choose_checks(Verification *v)
{
	double		bytes = MemoryContextMemAllocated(v->budget->context, true);
	ListCell   *cell;

	list_free(v->running);
	v->running = NIL;
	foreach(cell, v->checks)
	{
		Check	   *check = lfirst(cell);

		if (check->done)
			continue;
		choose_parts(v, check);
		bytes += expected_bytes(v, check);
		if (v->running != NIL && bytes > table_limit(v->budget))
			break;
		v->running = lappend(v->running, check);
	}
}

/*
 * What a scan to the end has told of a check.
 */
static void
finish_check(Verification *v, Check *check)
{
	bool		overflown = check->overflown;
	ListCell   *cell;

	check->ngroups += check->table.nentries;
	table_free(&check->table);
	check->overflown = false;
	if (overflown)
	{
		check->part = 0;
		check->ngroups = check->nrows = 0;
		check->nparts *= 4;
		check->done = check->nparts > MAX_PARTS;
		v->budget->exhausted |= check->done;
		return;
	}
	if (check->nopen > 0 && ++check->part < check->nparts)
		return;
	check->done = true;
	foreach(cell, check->candidates)
	{
		Candidate  *candidate = lfirst(cell);

		candidate->whole = !candidate->refuted;
		candidate->ngroups = check->ngroups;
		candidate->nrows = check->nrows;
	}
}

/*
 * Test the candidates on the whole table, as far as time and memory allow: sets
 * "refuted", or "whole" and the figures of the whole table.  Returns how many
 * have columns of types that cannot be verified.
 */
int
verify_candidates(const Target *target, Budget *budget, List *candidates,
				  bool null_equals_null)
{
	Verification v = {.target = target,.budget = budget,.null_equals_null = null_equals_null};
	int			nchecks = 0;

	v.columns = palloc0(sizeof(ColumnHash) * Max(target->ncolumns, 1));
	v.tables = AllocSetContextCreate(CurrentMemoryContext,
									 "dbadvisor verification",
									 ALLOCSET_DEFAULT_SIZES);
	v.row_context = AllocSetContextCreate(CurrentMemoryContext,
										  "dbadvisor verified row",
										  ALLOCSET_DEFAULT_SIZES);
	make_checks(&v, candidates);
	for (choose_checks(&v); v.running != NIL && !budget->expired;
		 choose_checks(&v))
	{
		ListCell   *cell;

		v.nrows = 0;
		progress_report("verifying on the whole table", nchecks,
						list_length(v.checks), target->name);
		(void) read_runs(target, budget, 1, verify_row, &v);
		if (budget->expired)
			break;
		foreach(cell, v.running)
			finish_check(&v, lfirst(cell));
		nchecks += list_length(v.running);
	}
	MemoryContextDelete(v.row_context);
	MemoryContextDelete(v.tables);
	return v.nuntold;
}
