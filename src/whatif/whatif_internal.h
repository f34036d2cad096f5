/*-------------------------------------------------------------------------
 *
 * whatif_internal.h
 *		What the files of the what-if engine share among themselves.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_WHATIF_INTERNAL_H
#define DBADVISOR_WHATIF_INTERNAL_H

#include "postgres.h"

#include "access/amapi.h"
#include "access/htup.h"
#include "access/spgist.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/rel.h"
#include "whatif/whatif.h"

/* Rows of a sample for statistics on expressions, as ANALYZE takes them. */
#define EXPRESSION_SAMPLE_ROWS 30000

/*
 * Rows of a sample for the size of GIN, GiST and SP-GiST indexes: the number of
 * distinct keys of texts varies by a tenth between such samples.
 */
#define SIZE_SAMPLE_ROWS 5000

/*
 * The same for HNSW and IVFFlat: vectors are wide and mostly of one width.
 */
#define VECTOR_SAMPLE_ROWS 300

/* method.c: what the engine knows of an access method */
typedef struct IndexMethod
{
	const char *name;
	const char *extension;		/* that has it; NULL: the server */
	Oid			am;				/* of the server's own */
	int			fillfactor;		/* by default; 0: it has none */
	bool		keeps_options;	/* storage parameters as text */
	bool		approximate;	/* may miss some of the nearest */
	int			sample_rows;	/* read for the size; 0: none */

	/* Choose storage parameters by the size of the table; may be NULL. */
	void		(*choose_options) (HypoIndex *index, double rows);

	/* Predict pages and height on a table with as many pages. */
	void		(*estimate) (HypoIndex *index, Relation rel,
							 double table_pages);

	/* Instead of the method's own, which would open the index; or NULL. */
	amcostestimate_function cost_estimate;
} IndexMethod;

extern const IndexMethod *index_method(Oid am);
extern bool hypo_am_supported(Oid am);
extern const IndexAmRoutine *hypo_am_routine(Oid am);
extern int	hypo_am_fillfactor(Oid am);
extern int	hypo_index_option(const HypoIndex *index, const char *name,
							  int missing);
extern void hypo_index_set_option(HypoIndex *index, const char *name,
								  const char *value);
extern void method_init(void);

/* hypo.c: life of a HypoIndex */
extern HypoIndex *hypo_index_new(Relation rel, Oid am, int nkeycolumns,
								 int ncolumns);
extern void hypo_index_set_column(HypoIndex *index, int column, Node *key,
								  Oid opclass, Oid collation);
extern void hypo_index_choose_options(HypoIndex *index, Relation rel);
extern void hypo_index_complete(HypoIndex *index, Relation rel);
extern HypoIndex *hypo_index_exact(List *indexes, Oid oid);
extern bool hypo_expression_is_mutable(Node *node);
extern bool hypo_relation_indexable(Relation rel);
extern bool hypo_column_indexable(Relation rel, AttrNumber attnum);

/* default_opclass.c: operator classes by type */
extern Oid	hypo_default_opclass(Oid type, Oid am);
extern void default_opclass_init(void);

/* name.c: the name that CREATE INDEX would choose */
extern char *hypo_index_choose_name(Relation rel, List *column_names);

/* leaves.c: indexes on the partitions of a partitioned table */
extern void hypo_index_add_leaves(HypoIndex *index, Relation parent);

/* unique.c: is a unique index believable */
extern bool hypo_index_unique_is_proven(const HypoIndex *index, Relation rel);

/*
 * One simulated row of an index: what a random row of the table would store
 * there, and how often its key occurs.
 */
typedef struct KeySample
{
	int			tuple_size;		/* bytes of the index tuple, aligned */
	double		mean;			/* rows of the index expected to have the key
								 * beside this one */
} KeySample;

#define KEY_SAMPLES 256			/* a power of two; see key_sample.c */

/* column_sample.c: simulated values of one column */
typedef struct ColumnSample
{
	int			width;			/* bytes in an index tuple, without padding */
	bool		aligned;		/* stored at the type's alignment */
	bool		isnull;
	double		share;			/* of rows that have this value */
} ColumnSample;

typedef struct ColumnSamples
{
	char		alignment;		/* of the column's type */
	bool		uniform;		/* all rows of one width, none NULL */
	ColumnSample rows[KEY_SAMPLES]; /* in order of rank */
} ColumnSamples;

extern void column_samples_make(const HypoIndex *index, Relation rel,
								int column, ColumnSamples *samples);

/* key_sample.c: simulated rows from the statistics */
typedef struct KeyColumns
{
	int			ncolumns;		/* made; the first ones of the index */
	ColumnSamples *columns[INDEX_MAX_KEYS];
} KeyColumns;

extern void key_columns_make(KeyColumns *columns, const HypoIndex *index,
							 Relation rel, int ncolumns);
extern void key_columns_free(KeyColumns *columns);
extern void key_samples_make(const HypoIndex *index, Relation rel,
							 const KeyColumns *columns, int ncolumns,
							 KeySample *samples);
extern double key_samples_distinct(const KeySample *samples, double tuples);
extern double poisson_seen_share(double mean);
extern double poisson_mean_of_seen(double mean_seen);

/* column_statistics.c: statistics of an expression column */
extern HeapTuple hypo_column_statistics(const HypoIndex *index, int column);

/* size.c: tuples and pages of an index that is not there */
extern void hypo_index_estimate(HypoIndex *index, Relation rel);
extern void btree_estimate(HypoIndex *index, Relation rel,
						   double table_pages);
extern void hash_estimate(HypoIndex *index, Relation rel, double table_pages);
extern void brin_estimate(HypoIndex *index, Relation rel, double table_pages);
extern void gin_estimate(HypoIndex *index, Relation rel, double table_pages);
extern void gist_estimate(HypoIndex *index, Relation rel, double table_pages);
extern void spgist_estimate(HypoIndex *index, Relation rel,
							double table_pages);
extern void bloom_estimate(HypoIndex *index, Relation rel,
						   double table_pages);
extern void hnsw_estimate(HypoIndex *index, Relation rel, double table_pages);
extern void ivfflat_estimate(HypoIndex *index, Relation rel,
							 double table_pages);

/* size_hnsw.c, size_ivfflat.c: storage parameters by the size of the table */
extern void hnsw_choose_options(HypoIndex *index, double rows);
extern void ivfflat_choose_options(HypoIndex *index, double rows);
extern double ivfflat_lists_for(double rows);

/* vector_sample.c: what pgvector's methods store of a column */
typedef struct VectorSample
{
	double		rows;			/* of the index that have a value */
	double		distinct;		/* different ones among them */
	double		value_bytes;	/* with their header, not packed */
} VectorSample;

extern VectorSample vector_sample_make(HypoIndex *index, Relation rel);

/* vector_cost.c: costs of HNSW and IVFFlat with the index's own options */
extern void hnsw_cost_estimate(struct PlannerInfo *root,
							   struct IndexPath *path, double loop_count,
							   Cost *startup_cost, Cost *total_cost,
							   Selectivity *selectivity, double *correlation,
							   double *pages);
extern void ivfflat_cost_estimate(struct PlannerInfo *root,
								  struct IndexPath *path, double loop_count,
								  Cost *startup_cost, Cost *total_cost,
								  Selectivity *selectivity,
								  double *correlation, double *pages);

/*
 * row_sample.c: values that the index would be given for some rows, in the order
 * of the table, and behind them the row's place in it, a tid.  The visitor is
 * called in a memory context that is reset after the row; it returns false when
 * it has seen enough.  Returns the number of rows visited.
 */
typedef bool (*RowVisitor) (const Datum *values, const bool *nulls, void *arg);
extern bool hypo_index_reads_rows(const HypoIndex *index);
extern double hypo_index_sample_rows(const HypoIndex *index, Relation rel,
									 RowVisitor visit, void *arg);

/* opclass_support.c: how an operator class stores a column */
typedef struct SupportFunction
{
	FmgrInfo	function;		/* fn_oid is InvalidOid: there is none */
	Oid			collation;
	Oid			stored_type;
	int16		length;			/* of the stored type */
	bool		byval;
	char		alignment;
	char		storage;
} SupportFunction;

extern void support_function_find(SupportFunction *support,
								  const HypoIndex *index, Relation rel,
								  int column, int proc);
extern bytea *hypo_index_opclass_options(const HypoIndex *index, int column);
extern Oid	hypo_index_column_type(const HypoIndex *index, Relation rel,
								   int column);
extern spgConfigOut spgist_config(const HypoIndex *index, int column,
								  Oid type);
extern bool hypo_index_can_return(const HypoIndex *index, Relation rel,
								  int column);
extern int	stored_width(const SupportFunction *support, Datum value,
						 bool *aligned);

/* btree_fill.c: simulated pages of a B-tree */
extern double btree_leaf_pages(const HypoIndex *index,
							   const KeySample *samples, bool deduplicated);
extern double btree_upper_pages(double pages, int size);

/* statistics.c: what ANALYZE would find in the expression columns */
extern void hypo_index_sample_expressions(HypoIndex *index, Relation rel,
										  int rows);
extern void sample_append_expression(StringInfo query, Node *expression,
									 List *context);
extern void sample_append_from(StringInfo query, Relation rel, double tuples,
							   double rows, const char *condition);

/* inject.c: one planner call that sees a configuration */
extern PlannedStmt *plan_under_config(Query *query, const char *text,
									  const WhatIfConfig *config,
									  ParamListInfo params);
extern bool plan_is_ours(struct PlannerInfo *root);

extern const Shadow *shadow_in_force(void);
extern bool plan_index_rows_readable(struct PlannerInfo *root, Oid oid);

/* shadow.c: an ordinary table planned as a partitioned one */
struct VariableStatData;
extern void shadow_swap(const Shadow *shadow, Query *query);
extern void shadow_fold(Query *query, ParamListInfo params);
extern void shadow_relation_info(const Shadow *shadow,
								 struct PlannerInfo *root, Oid relid,
								 bool inhparent, RelOptInfo *rel);
extern Oid	shadow_source(const Shadow *shadow, Oid relid);
extern bool shadow_index_statistics(const Shadow *shadow,
									struct PlannerInfo *root, Oid oid,
									AttrNumber column,
									struct VariableStatData *vardata);
extern double shadow_partitions(const Shadow *shadow, PlannedStmt *plan,
								double *extra_cost);
extern void shadow_hooks(void);

/*
 * exposure.c: what the planner is known to price badly.  plan_with_root() also
 * returns the top of the query, NULL if there are no paths, which lives as long
 * as the plan; query_memory_cost() what it takes with all its pages in memory, of
 * its planner cost; query_expose() adds what it rests on.
 */
extern PlannedStmt *plan_with_root(Query *query, const char *text,
								   const WhatIfConfig *config,
								   ParamListInfo params,
								   struct PlannerInfo **root);
extern double query_memory_cost(struct PlannerInfo *root, const Shadow *shadow,
								double cost);
extern void query_expose(struct PlannerInfo *root, double us_per_cost,
						 double cost, WhatIfExposure *exposure);
extern void exposure_hooks(void);

/* memory_cost.c: what paths take with their pages in memory, in one turn */
typedef struct PathReads
{
	double		replaced_cost;	/* of the planner: for pages, or for rows held */
	double		memory_cost;	/* what takes its place */
} PathReads;

extern double page_in_memory_cost(Oid relid);
extern PathReads scan_path_reads(const Path *path, double page_cost);
extern PathReads index_path_reads(struct PlannerInfo *root,
								  const IndexPath *path, double page_cost,
								  double loops, double order);
extern PathReads bitmap_path_reads(struct PlannerInfo *root,
								   const BitmapHeapPath *path,
								   double page_cost, double pages,
								   double tuples);
extern double written_rows_cost(double rows);
extern PathReads held_path_reads(const Path *path, double input_cost);
extern double memory_cost(const WhatIfExposure *exposure);

extern bool plan_may_read_all(struct PlannerInfo *root, RangeTblEntry *rte);

/* correct.c: other estimates than the planner's own */
extern void correct_relation(struct PlannerInfo *root, RelOptInfo *rel);
extern void correct_hooks(void);
typedef struct Correcting Correcting;
struct Corrections;
extern Correcting *correct_enter(const struct Corrections *corrections);
extern void correct_leave(Correcting *before);

/* counted.c: rows that executions counted, as corrections */
struct JointCorrection;
extern struct JointCorrection *counted_joint(struct PlannerInfo *root,
											 RelOptInfo *rel, List *counts);

/* shape.c: what a plan does, in words */
extern void plan_note_shapes(StringInfo text);
extern void plan_add_shape(PlannedStmt *stmt);
extern char *plan_shape(PlannedStmt *stmt);

/* brin_cost.c: BRIN costs with the index's own pages_per_range */
extern void brin_cost_estimate(struct PlannerInfo *root,
							   struct IndexPath *path, double loop_count,
							   Cost *startup_cost, Cost *total_cost,
							   Selectivity *selectivity, double *correlation,
							   double *pages);
extern HypoIndex *hypo_index_being_planned(Oid oid);

/* planwalk.c: which indexes a plan reads */
extern List *plan_indexes(PlannedStmt *plan);

/* explain.c: EXPLAIN text of a plan that cannot run */
extern char *plan_explain(PlannedStmt *plan, const char *text,
						  const WhatIfConfig *config, ParamListInfo params);

extern void explain_init(void);

/* sensitivity.c: do values of parameters lead to different plans? */
extern void sensitivity_init(void);

#endif							/* DBADVISOR_WHATIF_INTERNAL_H */
