/*-------------------------------------------------------------------------
 *
 * index_internal.h
 *		What the parts of the index advisor share with each other.
 *
 * The parts, in the order in which data passes through them:
 *
 *	demand.c, clause.c	what one statement asks of one relation
 *	root_demand.c		the same of a partition as of its root
 *	operator_class.c	operators that other methods than B-tree serve
 *	approximate.c		statements that an index may answer roughly
 *	predicate.c			constant clauses that a partial index could have
 *	foreign_key.c		the statements that foreign keys run
 *	candidate.c			candidates and their key columns
 *	generate.c			shapes of indexes that could serve such a demand
 *	partial.c			the same for partial indexes
 *	existing.c			indexes that are there already
 *	pool.c				candidates of the whole workload, each one once
 *	item.c				statements with their weights, and what helps them
 *	price.c				cost of a statement under a set of candidates
 *	write_load.c		what the workload writes
 *	write_existing.c	into which indexes, as things are
 *	write_entry.c		what one entry of an index costs
 *	write_cost.c		what a set of candidates costs to keep
 *	write_evidence.c	and the figures behind it
 *	selection.c			sets of candidates with their prices
 *	grow.c, improve.c	build and better a set
 *	layout.c, pick.c	sets of indexes over known plans
 *	facility.c			the best of them, without the planner
 *	solve.c				the same for a selection
 *	bound.c, bound_plan.c, bound_earn.c, branch.c
 *						how far from the best any set can be, and better ones
 *	limits.c			time, memory, budget, and what is worth having
 *	search.c			the whole search
 *	evidence.c			rows and figures for the caller
 *	index_risk.c		whether a statement's gain is at risk
 *	arguments.c			what the SQL functions are called with
 *	search_indexes.c	the SQL function
 *	frontier.c			another, for many budgets
 *	extension.c			another, about operator classes that are missing
 *
 * Sets of candidates are Bitmapsets of Candidate.id.  Only price.c asks the
 * planner for the cost of a set; everything after it works on its answers.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_INDEX_INTERNAL_H
#define DBADVISOR_INDEX_INTERNAL_H

#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "nodes/bitmapset.h"
#include "nodes/pathnodes.h"
#include "utils/hsearch.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "planspace/planspace.h"
#include "whatif/whatif.h"
#include "workload/workload.h"

/* How a statement restricts an expression of a relation. */
typedef enum KeyRole
{
	KEY_EQUAL,					/* equal to a constant, parameter, or list */
	KEY_JOIN,					/* equal to an expression of other relations */
	KEY_RANGE,					/* inequality, or prefix of a pattern */
	KEY_SEARCH,					/* operator that no B-tree serves */
	KEY_NEAREST					/* ordered by the operator's distance */
} KeyRole;

/* A restricted expression. */
typedef struct KeyItem
{
	Expr	   *expr;			/* over Vars of varno 1 */
	Oid			opclass;		/* class that serves it, of "am_name" */
	const char *am_name;		/* NULL: B-tree */
	Oid			operator;		/* with "am_name" only */
	KeyRole		role;
	bool		hashable;		/* a single equality: hash index would do */
	double		selectivity;	/* share of the rows that qualify */
} KeyItem;

/* One key column of an index. */
typedef struct KeyColumn
{
	Expr	   *expr;			/* over Vars of varno 1 */
	Oid			opclass;		/* InvalidOid: default of the access method */
	Oid			operator;		/* that it serves, where it is no B-tree's; no
								 * part of what the column is */
	bool		descending;
	bool		nulls_first;
} KeyColumn;

/* A clause without parameters: could be the predicate of a partial index. */
typedef struct PredicateTerm
{
	Expr	   *clause;			/* over Vars of varno 1, constant on the right */
	Expr	   *operand;		/* what it tests */
	bool		pins;			/* leaves the operand one value, or NULL */
	double		share;			/* of the rows that satisfy it */
	AttrNumber	frees;			/* column read for this clause only, or 0 */
} PredicateTerm;

/* What a query that orders by a distance asks. */
typedef struct NearestSearch
{
	double		limit;			/* rows, those skipped included; negative:
								 * unknown */
	double		share;			/* of the rows that its conditions leave */
	bool		only_reads;		/* neither writes nor locks what it finds */
} NearestSearch;

/* What one statement asks of one relation. */
typedef struct Demand
{
	Oid			relid;
	double		pages;			/* of the heap, leaf partitions together */
	double		allvisfrac;		/* share of them that is all-visible */
	int			width;			/* bytes of an average row */
	int			ncolumns;		/* of the table */
	List	   *arms;			/* of List of KeyItem: the ANDed clauses, then
								 * each arm of an OR by itself */
	List	   *orders;			/* of List of KeyColumn: wanted sort orders */
	List	   *terms;			/* of PredicateTerm: constant ANDed clauses */
	NearestSearch nearest;		/* where an item is KEY_NEAREST, or: */
	List	   *exact;			/* of KeyItem: orders by a distance that no
								 * approximate index may deliver */
	bool		coverable;		/* reads user columns only */
	Bitmapset  *needed;			/* attribute numbers read, if coverable */
} Demand;

/* An index that could be created. */
typedef struct Candidate
{
	int			id;				/* place in the pool */
	Oid			relid;
	const char *am_name;
	List	   *keys;			/* of KeyColumn */
	List	   *included;		/* attribute numbers, ascending */
	List	   *predicate;		/* implicitly ANDed, varno 1 */
	HypoIndex  *index;			/* NULL: cannot exist, or exists already */
	double		bytes;			/* predicted size */
} Candidate;

/* An existing index, as far as it can make a candidate needless. */
typedef struct ExistingIndex
{
	Oid			am;
	int			ncolumns;
	int			nkeycolumns;
	List	   *columns;		/* of Expr, varno 1, key columns first */
	Oid		   *opfamilies;		/* nkeycolumns entries, as the next three */
	Oid		   *collations;
	bool	   *descending;
	bool	   *nulls_first;
	List	   *predicate;		/* implicitly ANDed, varno 1 */
} ExistingIndex;

/* Every candidate of the workload, each shape once. */
typedef struct Pool
{
	MemoryContext context;
	int			max_columns;	/* longest key */
	int			ncandidates;
	int			capacity;
	Candidate **candidates;		/* ncandidates entries, by id */
	HTAB	   *relations;		/* PoolRelation by relid */
	List	   *order;			/* the same in order of appearance */
	int			noids;			/* of hypothetical indexes given out */
	bool		full;			/* some candidate was not made for that */
} Pool;

typedef struct PoolRelation
{
	Oid			relid;			/* hash key */
	bool		read;			/* "existing" is filled */
	bool		unusable;		/* locked or gone: no candidates */
	List	   *existing;		/* of ExistingIndex */
	List	   *candidates;		/* of Candidate, rejected ones included */
	List	   *sampled;		/* of HypoIndex: expressions have statistics */
} PoolRelation;

/* A statement that takes part in the search. */
typedef struct WorkItem
{
	Statement  *stmt;			/* NULL once no index can help it */
	int64		queryid;
	double		calls;			/* -1 unknown */
	double		total_ms;		/* -1 unknown */
	TimestampTz since;			/* 0 unknown */
	DailyTime	daily;
	const char *params_source;
	bool		writes;			/* rows, which its planner cost leaves out */
	int			nparam_sets;	/* as the next three, of the statement */
	bool		parameter_sensitive;
	double		cost_rare;
	double		cost_common;
	double		weight;			/* objective per planner cost unit */
	double		base_cost;		/* without any candidate */
	List	   *demands;		/* of Demand */
	Bitmapset  *own;			/* candidates made for this statement */
	List	   *bundles;		/* of Bitmapset: sets that one plan used */
	Bitmapset  *relevant;		/* selectable candidates that may matter */
	List	   *prices;			/* of Price */
	SpaceOrders *orders;		/* for its plan space; NULL: it has none */
	PlanSpace  *space;			/* prices candidates; NULL: ask the planner */
	bool		rough;			/* it lacks plans that the planner finds, so
								 * that its costs are from above */
	double		least_cost;		/* by the plan space, with all relevant ones */
	int			nplanned;		/* prices that the planner was asked for */
	struct memo_hash *memos;	/* costs by relevant members, or NULL */
	List	   *exposures;		/* as the next two, index_risk.c's own */
	bool		counted_known;
	struct Corrections *counted;	/* rows that executions counted, or NULL */
} WorkItem;

/* A known cost of a statement. */
typedef struct Price
{
	Bitmapset  *offered;		/* relevant candidates that the planner had */
	Bitmapset  *used;			/* and those that the plan used */
	double		cost;
	bool		model;			/* by the plan space, not the planner */
	WhatIfExposure *exposure;	/* what the plan rests on, of exact ones; or
								 * NULL */
} Price;

/* Limits and running figures of one call. */
typedef struct Search
{
	MemoryContext context;		/* everything that lives to the end */
	Size		memory_limit;	/* bytes under "context" */
	bool		memory_full;	/* something was left out for it */
	bool		has_budget;
	double		budget;			/* bytes */
	int			max_indexes;
	int			max_per_table;
	double		min_saving;		/* share of the workload */
	TimestampTz started;
	TimestampTz deadline;		/* DT_NOEND: none */
	TimestampTz intake_deadline;	/* after which no statement is taken in */
	TimestampTz prepared;		/* when statements had been planned */
	bool		expired;		/* the deadline is over */
	bool		cut_short;		/* or one before it was, and something is
								 * missing for that */
	uint64		planner_calls_before;
	uint64		replans;		/* planner calls for the exact cost of winners
								 * and for what that rests on */
	uint64		evaluations;	/* costs taken from plan spaces */
	int			nspaces;		/* statements that have one */

	const char *missing;		/* why pg_stat_statements gave nothing */
	int			nstatements;
	int			nskipped[STATEMENT_FAILED + 1];
	int			left_out;		/* never planned: time or memory */
	TimestampTz since;			/* oldest start of counters, 0 unknown */
	bool		in_ms;			/* objective is milliseconds, not cost */

	Pool	   *pool;
	Bitmapset  *selectable;		/* candidates that the search may pick */
	Bitmapset **concerned;		/* by candidate id: items that it may matter
								 * to */
	int			nspoiling;		/* approximate ones left out: they would
								 * change an answer that must be exact */
	List	   *items;			/* of WorkItem */
	int			nitems;
	WorkItem  **item;			/* the same as an array */
	double		base_total;		/* objective without any candidate */
	bool		keeps_plans;	/* of plan spaces, for solve.c to choose from */
	double		bound;			/* that no set within the limits goes below */

	struct WriteModel *writes;	/* write_cost.c's own */
	double	   *write_cost;		/* objective, by candidate: what it costs to
								 * keep, HOT updates that others lose by it
								 * apart; NULL: not known */
	double		(*write_cost_of_set) (const struct Search *search,
									  const Bitmapset *members);
} Search;

/* A set of candidates with its price per item. */
typedef struct Selection
{
	Bitmapset  *members;
	int			count;
	double		bytes;
	double	   *costs;			/* planner cost per item */
	double		total;			/* objective */
} Selection;

/* One recommended index. */
typedef struct Step
{
	Candidate  *candidate;
	Selection  *before;
	Selection  *after;
} Step;

/* clause.c */
typedef struct ClauseScan
{
	PlannerInfo *root;
	RelOptInfo *rel;
	List	   *arms;			/* of List of KeyItem */
	List	   *exact;			/* of KeyItem; see Demand */
} ClauseScan;

extern Expr *clause_expression(PlannerInfo *root, RelOptInfo *rel, Node *node);
extern Expr *clause_key(PlannerInfo *root, RelOptInfo *rel, Node *operand);
extern bool clause_operand_holds(ClauseScan *scan, Node *operand);
extern bool clause_pattern_is_anchored(Oid opno, Node *operand);
extern List *clause_items(ClauseScan *scan, Node *clause);
extern List *clause_add_item(List *items, Expr *expr, Oid opclass,
							 KeyRole role, bool hashable, double selectivity);
extern List *clause_merge_item(List *items, const KeyItem *item);

/* operator_class.c */
extern List *operator_class_items(ClauseScan *scan, OpExpr *clause,
								  double selectivity);
extern List *operator_class_nearest(ClauseScan *scan, OpExpr *distance,
									Oid sort_family);
extern bool operator_is_distance(Oid opno);

/* approximate.c */
extern NearestSearch approximate_nearest(const PlannerInfo *root);
extern void approximate_sort_item(ClauseScan *scan,
								  const NearestSearch *search, KeyItem *item,
								  List **items);
extern bool approximate_forbidden(const WorkItem *item);
extern Bitmapset *approximate_keep_safe(Search *search,
										Bitmapset *candidates);
extern void approximate_evidence(StringInfo json, const WorkItem *item,
								 const Candidate *candidate);

/* predicate.c */
extern List *predicate_terms(PlannerInfo *root, RelOptInfo *rel);
extern List *predicate_terms_confirmed(List *terms, List *known);
extern Expr *predicate_operand(Expr *clause);
extern bool predicate_pins(Expr *clause);

/* root_demand.c */
extern Demand *demand_on_root(const Demand *demand);

/* foreign_key.c */
extern List *foreign_key_statements(List *statements);

/* demand.c */
extern List *demand_collect(Statement *stmt, SpaceOrders *orders,
							double *cost, ErrorData **error);

/* candidate.c */
extern Candidate *candidate_make(Oid relid, const char *am_name, List *keys,
								 List *included);
extern Candidate *candidate_reshape(const Candidate *candidate, List *keys,
									List *included);
extern bool candidate_same(const Candidate *left, const Candidate *right);
extern bool key_columns_contain(List *columns, const Expr *expr);
extern bool key_columns_equal(List *left, List *right);

/* generate.c */
extern List *generate_candidates(const Demand *demand, int max_columns);

/* existing.c */
extern List *existing_read(Relation relation);
extern bool existing_covers(const ExistingIndex *existing,
							const Candidate *candidate);

/* pool.c */
extern Pool *pool_make(int max_columns);
extern Bitmapset *pool_add(Pool *pool, List *shapes);
extern Bitmapset *pool_derive(Pool *pool, const Bitmapset *used);

/* item.c */
extern void items_take_in(Search *search);
extern void items_relate(Search *search);

/* price.c */
extern Price *price_plan(Search *search, WorkItem *item,
						 const Bitmapset *members);
extern double price_of(Search *search, WorkItem *item,
					   const Bitmapset *members);
extern Price *price_exact(Search *search, WorkItem *item,
						  const Bitmapset *members);
extern const Price *price_planned(const WorkItem *item,
								  const Bitmapset *members);
extern double price_floor(const WorkItem *item, const Bitmapset *members);
extern uint64 fingerprint_with(uint64 fingerprint, int id);
extern uint64 relevant_fingerprint(const WorkItem *item,
								   const Bitmapset *members);
extern double price_floor_of(const WorkItem *item, uint64 fingerprint);
extern double price_least(const WorkItem *item);

/* write_load.c */
extern bool write_load_note(Search *search, Statement *stmt);
extern void write_load_note_utility(Search *search, Statement *stmt);

/* write_cost.c */
extern void write_costs_prepare(Search *search);
extern double write_cost_of_set(const Search *search,
								const Bitmapset *members);

/* write_evidence.c */
extern void write_cost_evidence(StringInfo json, const Search *search,
								const Candidate *candidate,
								const Bitmapset *others);

/* index_risk.c */
extern void risk_evidence(StringInfo json, Search *search, WorkItem *item,
						  const Bitmapset *before, const Bitmapset *after);
extern void counted_evidence(StringInfo json, Search *search, WorkItem *item,
							 const Bitmapset *before, const Bitmapset *after);

/* limits.c */
extern bool search_expired(Search *search);
extern bool search_over(Search *search);
extern bool search_has_memory(const Search *search, double share);
extern bool search_has_room(const Search *search);
extern bool search_memory_left(Search *search);
extern bool search_is_complete(const Search *search);
extern bool search_is_limited(const Search *search);
extern bool search_fits(const Search *search, const Bitmapset *members);
extern double search_bar(const Search *search);
extern double search_least_gain(const Search *search);
extern bool search_worth(const Search *search, const double *before,
						 const double *after);

/* branch.c */
extern double search_bound(Search *search, Selection **best);

/* search.c */
extern bool search_prepare(Search *search);
extern Selection *search_best(Search *search, Selection *seed, double *bound);
extern List *search_run(Search *search);

/* arguments.c */
#define DEFAULT_MAX_COLUMNS 3	/* key columns of an index */
extern Search *search_new(MemoryContext parent, int max_columns);
extern Search *search_of_arguments(FunctionCallInfo fcinfo,
								   MemoryContext parent);

/* search_indexes.c */
extern Datum text_array(List *strings);

/* selection.c */
extern Selection *selection_empty(const Search *search);
extern Selection *selection_with(Search *search, const Selection *from,
								 const Bitmapset *members, double limit);
extern Selection *selection_exact(Search *search, const Bitmapset *members,
								  Bitmapset **used);
extern void selection_free(Selection *selection);
extern double *selection_floors(const Search *search, const Selection *from,
								const Bitmapset *members);
extern double search_total(const Search *search, const double *costs);

/* grow.c */
extern Selection *selection_grow(Search *search, Selection *selection,
								 bool by_ratio);

/* improve.c */
extern Selection *selection_improve(Search *search, Selection *selection);
extern Selection *selection_prune_strictly(Search *search,
										   Selection *selection);

/* solve.c */
extern Selection *selection_solve(Search *search, Selection *best);

/* evidence.c */
extern char *evidence_summary(const Search *search, List *steps,
							  const Selection *final);
extern char *evidence_statements(Search *search, const Step *step);
extern char *evidence_writes(const Search *search, const Step *step);
extern bool evidence_saved(const Search *search, const Step *step,
						   double *saved_ms_per_day);
extern List *evidence_keys(const Candidate *candidate);
extern List *evidence_included(const Candidate *candidate);

#endif							/* DBADVISOR_INDEX_INTERNAL_H */
