/*-------------------------------------------------------------------------
 *
 * decompose.c
 *		The SQL function dbadvisor.decompose(): normal forms and a decomposition.
 *
 * Columns are bits of a number.  A relation per determinant of a minimal cover
 * is Bernstein's synthesis: in third normal form, preserving dependencies, and
 * lossless since one relation has a key.  The chase proves the latter again, as
 * it knows nothing of how the relations came about; bcnf.c tells which of them
 * are more than in third normal form.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "fmgr.h"
#include "funcapi.h"
#include "port/pg_bitutils.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "argument.h"
#include "dependency/decompose.h"

PG_FUNCTION_INFO_V1(dbadvisor_decompose);

/* Columns of a result row. */
enum
{
	COL_PART, COL_LHS, COL_RHS, COL_FORM, COL_HOLDS, NCOLUMNS
};

/*
 * The numbers of an array, each a set of columns.
 */
static uint64 *
read_sets(ArrayType *array, uint64 all, const char *name, int *n)
{
	Datum	   *elements;
	bool	   *nulls;
	uint64	   *sets;

	deconstruct_array(array, INT8OID, sizeof(int64), FLOAT8PASSBYVAL,
					  TYPALIGN_DOUBLE, &elements, &nulls, n);
	sets = palloc(sizeof(uint64) * Max(*n, 1));
	for (int i = 0; i < *n; i++)
	{
		sets[i] = nulls[i] ? ~all : (uint64) DatumGetInt64(elements[i]);
		if ((sets[i] & ~all) != 0)
			refuse_argument(name, "A set has columns that there are not, or is null.",
							"Use a bit for each column, the lowest for the first.");
	}
	return sets;
}

/*
 * Read the arguments.
 */
static Design *
design_read(FunctionCallInfo fcinfo)
{
	Design	   *design = palloc0(sizeof(Design));
	int			ncolumns = PG_GETARG_INT32(0);
	int			nrhs;
	uint64	   *lhs;
	uint64	   *rhs;

	if (ncolumns < 1 || ncolumns > MAX_BITS)
		refuse_argument("ncolumns",
						psprintf("It is a number between 1 and %d, not %d.",
								 MAX_BITS, ncolumns),
						"Take columns that nothing depends on together as one.");
	design->all = (UINT64CONST(1) << ncolumns) - 1;
	design->keys = read_sets(PG_GETARG_ARRAYTYPE_P(1), design->all, "keys",
							 &design->nkeys);
	lhs = read_sets(PG_GETARG_ARRAYTYPE_P(2), design->all, "determinants",
					&design->ngiven);
	rhs = read_sets(PG_GETARG_ARRAYTYPE_P(3), design->all, "dependents", &nrhs);
	if (nrhs != design->ngiven)
		refuse_argument("dependents", "There are not as many as determinants.",
						"Give one set of dependents for each determinant.");
	design->given = palloc0(sizeof(Dependency) * Max(nrhs, 1));
	for (int i = 0; i < nrhs; i++)
	{
		design->given[i].lhs = lhs[i];
		design->given[i].rhs = rhs[i] & ~lhs[i];
	}
	for (int i = 0; i < design->nkeys; i++)
		design->prime |= design->keys[i];
	return design;
}

/*
 * All columns that a set determines by these dependencies, one left out (-1:
 * none).
 */
uint64
closure(uint64 set, const Dependency *dependencies, int n, int without)
{
	uint64		before;

	do
	{
		CHECK_FOR_INTERRUPTS();
		before = set;
		for (int i = 0; i < n; i++)
			if (i != without && !dependencies[i].dropped &&
				(dependencies[i].lhs & ~set) == 0)
				set |= dependencies[i].rhs;
	} while (set != before);
	return set;
}

/*
 * Remove from the determinants what the rest of them determines.
 */
static void
reduce_determinants(Design *design)
{
	for (int i = 0; i < design->ncover; i++)
	{
		Dependency *dependency = &design->cover[i];

		for (uint64 left = dependency->lhs; left != 0; left &= left - 1)
		{
			uint64		smaller = dependency->lhs & ~(left & -left);

			if ((dependency->rhs & ~closure(smaller, design->cover,
											design->ncover, -1)) == 0)
				dependency->lhs = smaller;
		}
		dependency->rhs &= ~dependency->lhs;
	}
}

/*
 * Drop dependencies that follow from the others.
 */
static void
drop_redundant(Design *design)
{
	for (int i = 0; i < design->ncover; i++)
	{
		Dependency *dependency = &design->cover[i];

		if (dependency->rhs == 0 ||
			(dependency->rhs & ~closure(dependency->lhs, design->cover,
										design->ncover, i)) == 0)
			dependency->dropped = true;
	}
}

/*
 * A minimal cover with one dependent column each.
 */
static void
make_cover(Design *design)
{
	int			room = (design->ngiven + design->nkeys) * MAX_BITS;

	design->cover = palloc0(sizeof(Dependency) * Max(room, 1));
	for (int i = 0; i < design->ngiven + design->nkeys; i++)
	{
		bool		given = i < design->ngiven;
		uint64		lhs = given ? design->given[i].lhs :
		design->keys[i - design->ngiven];
		uint64		rhs = given ? design->given[i].rhs : design->all & ~lhs;

		for (; rhs != 0; rhs &= rhs - 1)
		{
			design->cover[design->ncover].lhs = lhs;
			design->cover[design->ncover++].rhs = rhs & -rhs;
		}
	}
	reduce_determinants(design);
	/* keys last: what follows from a smaller set belongs there */
	for (int i = 0, j = design->ncover - 1; i < j; i++, j--)
	{
		Dependency	swap = design->cover[i];

		design->cover[i] = design->cover[j];
		design->cover[j] = swap;
	}
	drop_redundant(design);
}

/*
 * Do two sets determine each other?
 */
static bool
are_equivalent(const Design *design, uint64 a, uint64 b)
{
	return (a & ~closure(b, design->cover, design->ncover, -1)) == 0 &&
		(b & ~closure(a, design->cover, design->ncover, -1)) == 0;
}

/*
 * Group the dependencies whose determinants determine each other.
 */
static void
merge_equivalent(Design *design)
{
	Size		size = sizeof(Dependency) * design->ncover;

	design->groups = palloc(Max(size, 1));
	memcpy(design->groups, design->cover, size);
	for (int i = 0; i < design->ncover; i++)
	{
		Dependency *into = &design->groups[i];

		if (into->dropped)
			continue;
		for (int j = i + 1; j < design->ncover; j++)
		{
			Dependency *from = &design->groups[j];

			if (from->dropped || !are_equivalent(design, from->lhs, into->lhs))
				continue;
			into->rhs = (into->rhs | from->lhs | from->rhs) & ~into->lhs;
			from->dropped = true;
		}
	}
}

/*
 * Add a relation unless another one has all its columns.
 */
static void
add_relation(Design *design, uint64 columns, uint64 key)
{
	int			kept = 0;

	for (int i = 0; i < design->nrelations; i++)
		if ((columns & ~design->relations[i].columns) == 0)
			return;
	for (int i = 0; i < design->nrelations; i++)
		if ((design->relations[i].columns & ~columns) != 0)
			design->relations[kept++] = design->relations[i];
	MemSet(&design->relations[kept], 0, sizeof(DesignRelation));
	design->relations[kept].columns = columns;
	design->relations[kept].key = key;
	design->nrelations = kept + 1;
}

/*
 * One relation per determinant, and one with a key where none has it.
 */
static void
synthesize(Design *design)
{
	bool		has_key = false;
	uint64		key = design->all;

	design->relations = palloc(sizeof(DesignRelation) * (design->ncover + 2));
	for (int i = 0; i < design->ncover; i++)
		if (!design->groups[i].dropped)
			add_relation(design, design->groups[i].lhs | design->groups[i].rhs,
						 design->groups[i].lhs);
	for (int i = 0; i < design->nrelations; i++)
		has_key |= closure(design->relations[i].columns, design->cover,
						   design->ncover, -1) == design->all;
	if (has_key)
		return;
	for (uint64 left = design->all; left != 0; left &= left - 1)
		if (closure(key & ~(left & -left), design->cover, design->ncover,
					-1) == design->all)
			key &= ~(left & -left);
	add_relation(design, key, key);
}

/*
 * The normal form that a dependency violates, or NULL.
 */
static const char *
violated_form(const Design *design, const Dependency *dependency,
			  uint64 dependent)
{
	if (closure(dependency->lhs, design->cover, design->ncover, -1) ==
		design->all)
		return NULL;
	if ((dependent & design->prime) != 0)
		return "BCNF";
	for (int i = 0; i < design->nkeys; i++)
		if ((dependency->lhs & ~design->keys[i]) == 0)
			return "2NF";
	return "3NF";
}

/*
 * Make two symbols of the tableau one: the smaller stays, and 0 is the
 * distinguished one.
 */
static bool
unify(int *tableau, int nrows, int column, int a, int b)
{
	int			low = Min(a, b);
	int			high = Max(a, b);

	if (low == high)
		return false;
	for (int row = 0; row < nrows; row++)
		if (tableau[row * MAX_BITS + column] == high)
			tableau[row * MAX_BITS + column] = low;
	return true;
}

/*
 * Apply one dependency to two rows of the tableau; true if that changed it.
 */
static bool
chase_rows(int *tableau, int nrows, const Dependency *dependency, int a, int b)
{
	bool		changed = false;
	int		   *first = tableau + a * MAX_BITS;
	int		   *second = tableau + b * MAX_BITS;

	for (uint64 left = dependency->lhs; left != 0; left &= left - 1)
	{
		int			column = pg_rightmost_one_pos64(left);

		if (first[column] != second[column])
			return false;
	}
	for (uint64 left = dependency->rhs; left != 0; left &= left - 1)
	{
		int			column = pg_rightmost_one_pos64(left);

		changed |= unify(tableau, nrows, column, first[column],
						 second[column]);
	}
	return changed;
}

/*
 * The chase: does the join of the relations give the table back?
 */
static bool
is_lossless(const Design *design)
{
	int			n = design->nrelations;
	int		   *tableau = palloc(sizeof(int) * n * MAX_BITS);
	bool		changed = true;

	for (int row = 0; row < n; row++)
		for (int column = 0; column < MAX_BITS; column++)
			tableau[row * MAX_BITS + column] =
				(design->relations[row].columns >> column) & 1 ? 0 : row + 1;
	while (changed)
	{
		CHECK_FOR_INTERRUPTS();
		changed = false;
		for (int i = 0; i < design->ncover; i++)
			for (int a = 0; a < n && !design->cover[i].dropped; a++)
				for (int b = a + 1; b < n; b++)
					changed |= chase_rows(tableau, n, &design->cover[i], a, b);
	}
	for (int row = 0; row < n; row++)
	{
		bool		distinguished = true;

		for (uint64 left = design->all; left != 0; left &= left - 1)
			distinguished &= tableau[row * MAX_BITS +
									 pg_rightmost_one_pos64(left)] == 0;
		if (distinguished)
			return true;
	}
	return false;
}

/*
 * Does some relation have all columns of the dependency?
 */
static bool
is_preserved(const Design *design, const Dependency *dependency)
{
	for (int i = 0; i < design->nrelations; i++)
		if (((dependency->lhs | dependency->rhs) & ~design->relations[i].columns) == 0)
			return true;
	return false;
}

/*
 * Put a row into the result; "form" may be NULL.
 */
static void
show(ReturnSetInfo *result, const char *part, uint64 lhs, uint64 rhs,
	 const char *form, bool holds)
{
	Datum		values[NCOLUMNS];
	bool		nulls[NCOLUMNS] = {0};

	values[COL_PART] = CStringGetTextDatum(part);
	values[COL_LHS] = Int64GetDatum((int64) lhs);
	values[COL_RHS] = Int64GetDatum((int64) rhs);
	values[COL_FORM] = form == NULL ? (Datum) 0 : CStringGetTextDatum(form);
	nulls[COL_FORM] = form == NULL;
	values[COL_HOLDS] = BoolGetDatum(holds);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/*
 * Show what the given dependencies violate, each dependent column by itself.
 */
static void
show_violations(ReturnSetInfo *result, const Design *design)
{
	for (int i = 0; i < design->ngiven; i++)
		for (uint64 left = design->given[i].rhs; left != 0; left &= left - 1)
		{
			const char *form = violated_form(design, &design->given[i],
											 left & -left);

			if (form != NULL)
				show(result, "violation", design->given[i].lhs, left & -left,
					 form, false);
		}
}

/*
 * Show the relations, each with its normal form, and what keeps it from
 * Boyce-Codd normal form.
 */
static void
show_relations(ReturnSetInfo *result, const Design *design)
{
	for (int i = 0; i < design->nrelations; i++)
	{
		const DesignRelation *relation = &design->relations[i];

		show(result, "relation", relation->key, relation->columns,
			 relation->bcnf ? "BCNF" : "3NF", true);
		if (!relation->bcnf)
			show(result, "kept", relation->lhs, relation->rhs, "BCNF", false);
	}
}

/*
 * SQL: decompose(); see its comment there.
 */
Datum
dbadvisor_decompose(PG_FUNCTION_ARGS)
{
	Design	   *design = design_read(fcinfo);
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	make_cover(design);
	show_violations(result, design);
	merge_equivalent(design);
	synthesize(design);
	judge_relations(design);
	show_relations(result, design);
	for (int i = 0; i < design->ncover; i++)
		if (!design->cover[i].dropped)
			show(result, "preserved", design->cover[i].lhs,
				 design->cover[i].rhs, NULL,
				 is_preserved(design, &design->cover[i]));
	show(result, "lossless", 0, design->all, NULL, is_lossless(design));
	return (Datum) 0;
}
