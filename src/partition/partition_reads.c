/*-------------------------------------------------------------------------
 *
 * partition_reads.c
 *		SQL function dbadvisor.partition_reads(): how many partitions the
 *		statements of the workload read.
 *
 * A scan of a partition belongs to the place in the query where its partitioned
 * table stands; what counts is the place that reads most, unless an Append over
 * it leaves partitions out when it runs.  With several sets of parameter values
 * the plan that reads least counts: then the statement does have a condition
 * that excludes partitions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/plannodes.h"
#include "optimizer/cost.h"
#include "parser/parsetree.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/tuplestore.h"

#include "compat.h"
#include "partition/partition.h"
#include "partition/partition_internal.h"
#include "plan_node.h"
#include "workload/workload.h"

PG_FUNCTION_INFO_V1(dbadvisor_partition_reads);

/* What the plans of a statement read of a partitioned table. */
typedef struct PartitionRead
{
	Oid			relid;			/* root of the tree */
	int			partitions;		/* leaves read; 0: chosen when it runs */
	int			index_count;	/* of a leaf */
} PartitionRead;

/* A partitioned table in its place in a query. */
typedef struct Place
{
	Bitmapset  *leaves;			/* range table indexes */
	Oid			leaf;			/* one of them */
	bool		prunes;			/* when it runs */
} Place;

/* One plan that is looked at. */
typedef struct PlanReads
{
	PlannedStmt *plan;
	Index	   *parents;		/* by range table index; 0: none */
	Place	   *places;			/* by range table index of the root */
} PlanReads;

/* All plans of a statement. */
typedef struct StatementReads
{
	MemoryContext context;
	List	   *tables;			/* of PartitionRead */
	bool		joins;			/* several partitioned tables in one plan */
} StatementReads;

/* Columns of dbadvisor.partition_reads(). */
enum
{
	ROW_QUERYID, ROW_USERID, ROW_QUERY, ROW_RELID, ROW_PARTITIONS_READ,
	ROW_OVERHEAD_MS, ROW_COST, ROW_COST_PARTITIONWISE, ROW_REASON, ROW_COLUMNS
};

/*
 * Range table index of the partitioned table at the root of a tree; 0 for what
 * is in none.
 */
static Index
root_index(const PlanReads *reads, Index rti)
{
	Index		root = 0;

	for (rti = reads->parents[rti]; rti != 0; rti = reads->parents[rti])
		if (rt_fetch(rti, reads->plan->rtable)->relkind ==
			RELKIND_PARTITIONED_TABLE)
			root = rti;
	return root;
}

/*
 * Note that a node leaves partitions out when it runs.
 */
static void
note_pruning(PlanReads *reads, const PartitionPruneInfo * info)
{
	ListCell   *cell;

	if (info == NULL)
		return;
	foreach(cell, info->prune_infos)
	{
		PartitionedRelPruneInfo *top = linitial(lfirst_node(List, cell));
		Index		root = root_index(reads, top->rtindex);

		reads->places[root != 0 ? root : top->rtindex].prunes = true;
	}
}

/*
 * Note what a node reads or leaves out; a PlanVisitor.
 */
static void
note_node(Plan *plan, void *arg)
{
	PlanReads  *reads = arg;

	if (IsA(plan, Append))
		note_pruning(reads, plan_prune_info(reads->plan, (Append *) plan));
	else if (IsA(plan, MergeAppend))
		note_pruning(reads, plan_prune_info(reads->plan, (MergeAppend *) plan));
	else if (plan_scans_table(plan))
	{
		Index		rti = ((Scan *) plan)->scanrelid;
		Index		root = root_index(reads, rti);

		if (root == 0)
			return;
		reads->places[root].leaf = rt_fetch(rti, reads->plan->rtable)->relid;
		reads->places[root].leaves = bms_add_member(reads->places[root].leaves,
													rti);
	}
}

/*
 * The range table indexes of the parents.
 */
static Index *
parents_of(PlannedStmt *plan)
{
	Index	   *parents = palloc0((list_length(plan->rtable) + 1) *
								  sizeof(Index));
	ListCell   *cell;

	foreach(cell, plan->appendRelations)
	{
		AppendRelInfo *child = lfirst_node(AppendRelInfo, cell);

		parents[child->child_relid] = child->parent_relid;
	}
	return parents;
}

/*
 * Number of indexes of a table that is locked.
 */
static int
count_indexes(Oid relid)
{
	Relation	rel = table_open(relid, NoLock);
	int			count = list_length(RelationGetIndexList(rel));

	table_close(rel, NoLock);
	return count;
}

/*
 * The entry of a table among those of a statement, or NULL.
 */
static PartitionRead *
find_read(List *tables, Oid relid)
{
	ListCell   *cell;

	foreach(cell, tables)
	{
		PartitionRead *read = lfirst(cell);

		if (read->relid == relid)
			return read;
	}
	return NULL;
}

/*
 * Put together the places of each table of one plan.
 */
static List *
tables_of(PlanReads *reads)
{
	List	   *tables = NIL;

	for (int rti = 1; rti <= list_length(reads->plan->rtable); rti++)
	{
		const Place *place = &reads->places[rti];
		int			partitions = place->prunes ? 0 : bms_num_members(place->leaves);
		Oid			relid = rt_fetch(rti, reads->plan->rtable)->relid;
		PartitionRead *read = find_read(tables, relid);

		if (place->leaves == NULL)
			continue;
		if (read == NULL)
		{
			read = palloc0(sizeof(PartitionRead));
			read->relid = relid;
			read->index_count = count_indexes(place->leaf);
			tables = lappend(tables, read);
		}
		read->partitions = Max(read->partitions, partitions);
	}
	return tables;
}

/*
 * Take what one plan reads into account; a PlanLook.
 */
static void
look_at_plan(PlannedStmt *plan, void *arg)
{
	StatementReads *all = arg;
	PlanReads	reads = {
		.plan = plan,
		.parents = parents_of(plan),
		.places = palloc0((list_length(plan->rtable) + 1) * sizeof(Place)),
	};
	int			places = 0;
	MemoryContext old;
	ListCell   *cell;

	plan_visit(plan, note_node, &reads);
	for (int rti = 1; rti <= list_length(plan->rtable); rti++)
		if (reads.places[rti].leaves != NULL)
			places++;
	all->joins = all->joins || places > 1;
	foreach(cell, tables_of(&reads))
	{
		const PartitionRead *seen = lfirst(cell);
		PartitionRead *read = find_read(all->tables, seen->relid);

		if (read != NULL)
		{
			read->partitions = Min(read->partitions, seen->partitions);
			continue;
		}
		old = MemoryContextSwitchTo(all->context);
		read = palloc(sizeof(PartitionRead));
		*read = *seen;
		all->tables = lappend(all->tables, read);
		MemoryContextSwitchTo(old);
	}
}

/*
 * Cost of a statement when partitions may be joined one by one.
 */
static WhatIfResult
plan_partitionwise(Statement *stmt)
{
	int			level = NewGUCNestLevel();
	WhatIfResult result;

	(void) set_config_option("enable_partitionwise_join", "on", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	result = whatif_statement(stmt, NULL, false);
	AtEOXact_GUC(true, level);
	return result;
}

/*
 * Put out a row for each partitioned table of a statement.
 */
static void
put_tables(ReturnSetInfo *result, const StatementReads *reads,
		   Datum *values, bool *nulls)
{
	ListCell   *cell;

	foreach(cell, reads->tables)
	{
		const PartitionRead *read = lfirst(cell);

		values[ROW_RELID] = ObjectIdGetDatum(read->relid);
		values[ROW_PARTITIONS_READ] = Int32GetDatum(read->partitions);
		nulls[ROW_RELID] = nulls[ROW_PARTITIONS_READ] = false;
		row_set_number(values, nulls, ROW_OVERHEAD_MS,
					   partition_overhead_ms(read->partitions, read->partitions,
											 read->index_count));
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
}

/*
 * Plan a statement and put out its rows.
 */
static void
put_statement(ReturnSetInfo *result, Statement *stmt)
{
	StatementReads reads = {.context = CurrentMemoryContext};
	WhatIfConfig config = {.look = look_at_plan,.look_arg = &reads};
	WhatIfResult plain = whatif_statement(stmt, &config, false);
	Datum		values[ROW_COLUMNS] = {0};
	bool		nulls[ROW_COLUMNS];

	memset(nulls, true, sizeof(nulls));
	values[ROW_QUERYID] = Int64GetDatum(stmt->queryid);
	nulls[ROW_QUERYID] = stmt->queryid == 0;
	values[ROW_USERID] = ObjectIdGetDatum(stmt->userid);
	nulls[ROW_USERID] = false;
	row_set_text(values, nulls, ROW_QUERY, stmt->text);
	if (plain.error != NULL)
	{
		row_set_text(values, nulls, ROW_REASON, error_summary(plain.error));
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		return;
	}
	row_set_number(values, nulls, ROW_COST, plain.cost);
	if (reads.joins && !enable_partitionwise_join)
	{
		WhatIfResult joined = plan_partitionwise(stmt);

		if (joined.error == NULL)
			row_set_number(values, nulls, ROW_COST_PARTITIONWISE, joined.cost);
	}
	put_tables(result, &reads, values, nulls);
}

/*
 * Does the statement touch a partitioned table?
 */
static bool
touches_partitions(const Statement *stmt)
{
	ListCell   *cell;

	foreach(cell, stmt->relations)
		if (get_rel_relkind(lfirst_oid(cell)) == RELKIND_PARTITIONED_TABLE)
		return true;
	return false;
}

/*
 * partition_reads()
 *
 * Each statement is planned as its own user.
 */
Datum
dbadvisor_partition_reads(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext work;
	const char *missing;
	ListCell   *cell;

	InitMaterializedSRF(fcinfo, 0);
	work = AllocSetContextCreate(caller, "dbadvisor partition reads",
								 ALLOCSET_DEFAULT_SIZES);
	foreach(cell, workload_read(&missing))
	{
		Statement  *stmt = lfirst(cell);

		CHECK_FOR_INTERRUPTS();
		MemoryContextSwitchTo(work);
		statement_analyze(stmt);
		if (stmt->state == STATEMENT_PLANNABLE && touches_partitions(stmt))
			put_statement(result, stmt);
		MemoryContextSwitchTo(caller);
		statement_free(stmt);
		MemoryContextReset(work);
	}
	MemoryContextDelete(work);
	return (Datum) 0;
}
