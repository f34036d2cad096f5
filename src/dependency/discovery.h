/*-------------------------------------------------------------------------
 *
 * discovery.h
 *		What the SQL functions that discover dependencies and keys share: a call
 *		with its limits, and the candidates it has found.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISCOVERY_H
#define DISCOVERY_H

#include "postgres.h"

#include "fmgr.h"
#include "nodes/execnodes.h"

#include "dependency/dependency_internal.h"

struct Discovery;

/* Put a row about a candidate into the result; step 0 is the summary. */
typedef void (*ShowFn) (struct Discovery *discovery, int step,
						const Candidate *candidate);

/* One call. */
typedef struct Discovery
{
	MemoryContext context;		/* of the call */
	MemoryContext rows_context; /* of the rows and all that is made of them */
	MemoryContext row_context;	/* of one result row */
	ReturnSetInfo *result;
	ShowFn		show;
	Target	   *target;
	Rows	   *rows;
	Budget		budget;
	Search		search;
	PartitionStack *surprise;	/* groups for surprise_bits() */
	bool		want_surprise;
	bool		null_equals_null;
	int64		sample_rows;	/* rows to read at most */
	double		min_redundancy; /* share of the rows */
	int64		verify_bytes;	/* larger tables are not verified */
	bool		verify;			/* what is found is verified before it is
								 * shown */
	List	   *candidates;		/* that wait for it */
	int			nshown;
	int			nrefuted;
	int			nuntold;		/* that verification cannot judge */
	int			nforgotten;		/* found, but there was no memory to keep it */
	int64		nrows;			/* rows read, for the time after */
	bool		whole;			/* these are all rows of the table */
	int64		ncompared;		/* pairs of rows */
	Datum	   *names;			/* of the columns, as text */
} Discovery;

/* Where the arguments are that these functions have besides the first two. */
typedef struct LimitArguments
{
	int			sample_rows;
	int			null_equals_null;
	int			time_limit;
	int			verify_bytes;
}			LimitArguments;

/* What tells these functions apart; their first arguments are the table and
 * its columns. */
typedef struct DiscoveryKind
{
	LimitArguments limits;
	void		(*read_arguments) (Discovery *discovery,
								   FunctionCallInfo fcinfo);
	void		(*search) (Discovery *discovery);
	ShowFn		show;
	bool		want_surprise;
}			DiscoveryKind;

extern void discovery_run(FunctionCallInfo fcinfo, const DiscoveryKind * kind);
extern Datum discovery_columns(const Discovery *discovery,
							   const Candidate *candidate);
extern Datum discovery_summary(const Discovery *discovery);

#endif							/* DISCOVERY_H */
