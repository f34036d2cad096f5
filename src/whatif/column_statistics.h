/*-------------------------------------------------------------------------
 *
 * column_statistics.h
 *		Statistics of one index column, read; used by column_sample.c alone.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_WHATIF_COLUMN_STATISTICS_H
#define DBADVISOR_WHATIF_COLUMN_STATISTICS_H

#include "postgres.h"

#include "utils/lsyscache.h"
#include "whatif/whatif.h"

/* How a column's values are stored in the index. */
typedef struct StoredType
{
	Oid			type;			/* of the values in the statistics */
	int32		typmod;
	bool		as_cstring;		/* name columns are stored as C strings */
	int16		length;
	bool		byval;
	char		alignment;
	char		storage;
} StoredType;

/* The statistics of a column, opened. */
typedef struct ColumnStatistics
{
	double		null_fraction;
	double		distinct;		/* number of values that are not NULL */
	int			average_width;
	AttStatsSlot common;		/* values and frequencies */
	AttStatsSlot histogram;		/* values */
	double		common_fraction;	/* of all rows */
	double		rest_share;		/* of rows, one value of the rest */
} ColumnStatistics;

/*
 * Read the statistics of a column; the planner's defaults where there are none.
 */
extern void column_statistics_read(ColumnStatistics *statistics,
								   const HypoIndex *index, int column,
								   const StoredType *stored);
extern void column_statistics_free(ColumnStatistics *statistics);

#endif							/* DBADVISOR_WHATIF_COLUMN_STATISTICS_H */
