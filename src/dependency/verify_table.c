/*-------------------------------------------------------------------------
 *
 * verify_table.c
 *		The table of determinants that a scan of the whole table fills.
 *
 * A table is made as large as the sample lets expect: one that grows needs the
 * memory of both for a while, and leaves holes behind that the next, larger one
 * does not fit into.  So places are no power of two.
 * Entry points: table_has_place(), table_place().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "dependency/verify_table.h"

/* Places at least, and per determinant that is expected. */
#define LEAST_PLACES 1024
#define PLACES_PER_ENTRY 1.5

/* Fullest that a table gets before it grows. */
#define MOST_FULL 0.75

/* Places between two looks at the clock when a table is moved. */
#define PLACES_PER_LOOK 4096

/* Share of the memory that tables may take, so that there is some left for what
 * the allocator has not given back. */
#define TABLE_SHARE 0.6

/*
 * Bytes up to which tables may be made, by what the call has allocated in all.
 */
double
table_limit(const Budget *budget)
{
	return budget->memory_limit * TABLE_SHARE;
}

/*
 * Places for so many determinants.
 */
double
table_places(double entries)
{
	return Max(entries * PLACES_PER_ENTRY, LEAST_PLACES);
}

/*
 * Bytes of so many places.
 */
double
table_bytes(const VerifyTable *table, double nplaces)
{
	return nplaces * table->nwords * sizeof(uint64);
}

/*
 * Allocate so many places, or return NULL where there is no memory.
 */
static uint64 *
table_allocate(const VerifyTable *table, uint64 nplaces, Budget *budget,
			   MemoryContext context)
{
	double		bytes = table_bytes(table, nplaces);

	if (nplaces > PG_UINT32_MAX ||
		MemoryContextMemAllocated(budget->context, true) + bytes >
		table_limit(budget))
		return NULL;
	return allocate_zeros(context, (Size) bytes);
}

/*
 * Make the table as large as is expected, or as there is memory for.
 */
static bool
table_start(VerifyTable *table, Budget *budget, MemoryContext context,
			double entries)
{
	table->nplaces = (uint64) Min(table_places(entries), PG_UINT32_MAX);
	for (;;)
	{
		table->words = table_allocate(table, table->nplaces, budget, context);
		if (table->words != NULL || table->nplaces == LEAST_PLACES)
			return table->words != NULL;
		table->nplaces = Max(table->nplaces / 2, LEAST_PLACES);
	}
}

/*
 * Double the table; false where there is no memory.
 */
static bool
table_grow(VerifyTable *table, Budget *budget, MemoryContext context)
{
	VerifyTable from = *table;

	table->nplaces *= 2;
	table->words = table_allocate(table, table->nplaces, budget, context);
	if (table->words == NULL)
	{
		*table = from;
		return false;
	}
	for (uint64 i = 0; i < from.nplaces; i++)
	{
		uint64	   *place = from.words + i * from.nwords;

		if (place[0] != 0)
			memcpy(table_place(table, place[0], place[1]), place,
				   sizeof(uint64) * from.nwords);
		if (i % PLACES_PER_LOOK == 0)
			(void) budget_look(budget);
	}
	pfree(from.words);
	return true;
}

/*
 * Is there a place for one more determinant, of "entries" that are expected, or
 * can one be made?
 */
bool
table_has_place(VerifyTable *table, Budget *budget, MemoryContext context,
				double entries)
{
	if (table->words == NULL)
		return table_start(table, budget, context, entries);
	return table->nentries < MOST_FULL * table->nplaces ||
		table_grow(table, budget, context);
}

/*
 * The place of a determinant: its own, or a free one.
 */
uint64 *
table_place(const VerifyTable *table, uint64 first, uint64 second)
{
	uint64		place = ((first >> 32) * table->nplaces) >> 32;

	for (;;)
	{
		uint64	   *found = table->words + place * table->nwords;

		if (found[0] == 0 || (found[0] == first && found[1] == second))
			return found;
		if (++place == table->nplaces)
			place = 0;
	}
}

/*
 * Let the table go.
 */
void
table_free(VerifyTable *table)
{
	if (table->words != NULL)
		pfree(table->words);
	table->words = NULL;
	table->nentries = 0;
}
