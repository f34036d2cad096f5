/*-------------------------------------------------------------------------
 *
 * write_cost.h
 *		What the files of the write cost share: the writes of the workload by
 *		table, and what one entry of an index costs.
 *
 * Rows are counted over the window of the search's objective: the statements'
 * counters, and the tables' own counters scaled to the same time.  Sets of
 * columns are as pull_varattnos() makes them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_WRITE_COST_H
#define DBADVISOR_WRITE_COST_H

#include "index/index_internal.h"

/* An index as far as the cost of its entries goes. */
typedef struct WriteIndex
{
	Oid			am;
	bool		unlogged;		/* on a table without WAL */
	int			nkeys;
	double		tuples;			/* of one leaf, where there are partitions */
	double		pages;			/* likewise */
	int			height;			/* levels above the leaf; -1 unknown */
	double		tuple_bytes;	/* of one entry */
	double		order;			/* 0 new keys come anywhere .. 1 at the end */
	double		keys_per_row;	/* GIN; 1 otherwise */
	double		share;			/* of the table's rows that have an entry */
	Bitmapset  *columns;		/* read by keys, INCLUDE and predicate */
} WriteIndex;

/* What one entry takes. */
typedef struct WriteEntry
{
	double		cost;			/* planner cost units */
	double		wal_bytes;
} WriteEntry;

/* Captured updates of one table that change the same columns. */
typedef struct WriteChange
{
	struct WriteTable *table;
	Bitmapset  *columns;
	double		rows;
	double		upserts;		/* rows of INSERT ... ON CONFLICT DO UPDATE,
								 * inserted ones included */
	double		hot;			/* rows of it that are HOT now */
	double		lost;			/* and would not be if an index read a column */
	Bitmapset  *breakers;		/* candidates that do */
} WriteChange;

/* Writes of one table, partitions included. */
typedef struct WriteTable
{
	Oid			relid;
	bool		read;			/* counters and indexes are filled in */
	List	   *parts;			/* OIDs: itself and its partitions; NIL when
								 * it could not be opened */
	double		captured_inserts;	/* rows of recorded statements */
	double		captured_deletes;
	double		inserts;		/* rows, by whichever source tells more */
	double		deletes;
	double		updates;
	double		entry_updates;	/* those that are not HOT now */
	double		hot_share;		/* of all updates; -1 unknown */
	List	   *changes;		/* of WriteChange */
	List	   *existing;		/* of WriteIndex */
	double		tuples;			/* of the table */
	WriteEntry	existing_entry; /* one entry in each existing index */
	Bitmapset  *candidates;		/* on this table */
} WriteTable;

/* A candidate with its figures. */
typedef struct WriteCandidate
{
	WriteTable *table;			/* NULL: cannot exist */
	double		share;			/* of rows that get an entry */
	WriteEntry	entry;
	double		entries;		/* in the window, by itself */
	double		vacuum_cost;	/* planner cost units per dead entry */
} WriteCandidate;

/* Rows written to a table per second, by history. */
typedef struct WriteRate
{
	Oid			relid;			/* key */
	double		inserts;
	double		updates;
	double		hot_updates;
	double		deletes;
} WriteRate;

typedef struct WriteModel
{
	MemoryContext context;
	bool		blind;			/* a standby: it sees no writes */
	List	   *tables;			/* of WriteTable */
	List	   *changes;		/* of WriteChange, all tables */
	int			ncandidates;	/* entries that are filled in */
	int			capacity;
	WriteCandidate *candidates; /* by id */
	double		unit;			/* objective per planner cost unit */
	double		seconds;		/* window of the objective; -1 unknown */
	HTAB	   *rates;			/* of WriteRate, by history; NULL: none */
	double		history_seconds;	/* that they are a mean of; 0: none */
	double		counter_seconds;	/* window of the tables' counters */
} WriteModel;

/* write_load.c: how much is written */
extern WriteModel *write_model(Search *search);
extern WriteTable *write_table(WriteModel *model, Oid relid);
extern void write_load_read(WriteModel *model, WriteTable *table);
extern Bitmapset *write_changed_columns(List *targets, int relation);
extern Bitmapset *write_columns_of(const Bitmapset *columns, Oid from,
								   Oid to);

/* write_rates.c: what history says of it */
extern void write_rates_read(WriteModel *model);
extern WriteRate write_rates_of(const WriteModel *model, const List *relids);

/* write_existing.c: the indexes that are there */
extern void write_existing_read(WriteModel *model, WriteTable *table);
extern WriteIndex *write_index_describe(Relation rel, Relation index);

/* write_entry.c: what an entry costs */
extern WriteIndex write_index_of(const HypoIndex *index);
extern WriteEntry write_entry(const WriteIndex *index, double entries,
							  double seconds);
extern double write_vacuum_cost(const WriteIndex *index);
extern double write_key_order(Oid am, Oid relid, AttrNumber attnum);
extern double write_gin_keys(Oid relid, AttrNumber attnum);

#endif							/* DBADVISOR_WRITE_COST_H */
