/*-------------------------------------------------------------------------
 *
 * budget.c
 *		Time and memory that a search for dependencies may take.
 *
 * Running out of either is no error: the search ends, keeps what it has found,
 * and its summary says what was left out.  Entry points: budget_start(),
 * budget_spend() and budget_has_room().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "argument.h"
#include "dbadvisor.h"
#include "dependency/dependency_internal.h"

/* Bytes that are cleared between two looks whether to cancel: new pages take
 * their time. */
#define CLEAR_STEP (1024 * 1024)

/*
 * Start without a deadline; the memory of "context" and its children counts.
 */
void
budget_start(Budget *budget, MemoryContext context)
{
	MemSet(budget, 0, sizeof(Budget));
	budget->context = context;
	budget->memory_limit = (Size) dbadvisor_work_mem * 1024;
	budget->deadline = DT_NOEND;
}

/*
 * Set the deadline from an interval.
 */
void
budget_set_deadline(Budget *budget, const Interval *limit)
{
	int64		microseconds = time_limit_microseconds(limit);

	if (microseconds >= 0)
		budget->deadline = GetCurrentTimestamp() + microseconds;
}

/*
 * Look at the clock, and whether somebody wants us to stop; false when time is
 * up.
 */
bool
budget_look(Budget *budget)
{
	budget->work = 0;
	CHECK_FOR_INTERRUPTS();
	if (!budget->expired && GetCurrentTimestamp() >= budget->deadline)
		budget->expired = true;
	return !budget->expired;
}

/*
 * May so many more bytes be allocated?  Where not, the search will say that it
 * has left something out.
 */
bool
budget_has_room(Budget *budget, Size bytes)
{
	if (MemoryContextMemAllocated(budget->context, true) + bytes <=
		budget->memory_limit)
		return true;
	budget->exhausted = true;
	return false;
}

/*
 * Give freed memory back to the system.  What the rows took lies in blocks too
 * small for tables that come after them, so the allocator would keep both.
 */
void
release_freed_memory(void)
{
#ifdef __GLIBC__
	(void) malloc_trim(0);
#endif
}

/*
 * Allocate memory that may be much, all zero.
 */
void *
allocate_zeros(MemoryContext context, Size bytes)
{
	char	   *memory = MemoryContextAllocExtended(context, bytes,
													MCXT_ALLOC_HUGE);

	for (Size done = 0; done < bytes; done += CLEAR_STEP)
	{
		CHECK_FOR_INTERRUPTS();
		memset(memory + done, 0, Min(bytes - done, CLEAR_STEP));
	}
	return memory;
}
