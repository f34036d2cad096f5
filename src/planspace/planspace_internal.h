/*-------------------------------------------------------------------------
 *
 * planspace_internal.h
 *		What the files of the plan space share among themselves.
 *
 * The parts, in the order in which data passes through them:
 *
 *	build.c		the planner calls, and what comes of them
 *	orders.c	what the plan above ordered rows costs
 *	record.c	what is seen of each query level while it is planned
 *	access.c	access paths of one relation, candidate by candidate
 *	append.c	those of a UNION ALL of tables
 *	join.c		join methods of a pair of relations as linear forms
 *	groups.c	whether groups are sorted or hashed
 *	finish.c	from recorded paths to numbers
 *	reduce.c	leave out what no plan will use
 *	sample.c	leave out what is never chosen
 *	compact.c	the rest in as little memory as it takes
 *	inform.c	one space with the candidates' statistics and one without
 *	evaluate.c	the cheapest plan under a set of candidates
 *
 * A query level is a Block: the relations and joins below one PlannerInfo.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_PLANSPACE_INTERNAL_H
#define DBADVISOR_PLANSPACE_INTERNAL_H

#include "postgres.h"

#include "nodes/pathnodes.h"
#include "utils/hsearch.h"

#include "planspace/planspace.h"

/* Candidates that one access path may need: arms of an OR. */
#define MAX_ACCESS_MEMBERS 3

/* Orders of rows that are told apart in a block; others count as none. */
#define MAX_ORDERS 30

/* Join steps recorded of one statement; more make it unrepresentable. */
#define MAX_STEPS 60000

/* Order 0 is any order, at the least total cost. */
#define ORDER_ANY 0

/* Costs that differ by less count as equal: STD_FUZZ_FACTOR of pathnode.c. */
#define FUZZ 1.01

/*
 * A cost that depends on those of two inputs.  There are many of these, and
 * seven digits are more than an estimate is worth.
 */
typedef struct Linear
{
	float		constant;
	float		outer_startup;	/* factors of the inputs' costs */
	float		outer_total;
	float		inner_startup;
	float		inner_total;
} Linear;

typedef enum StepKind
{
	STEP_HASH,					/* any order; loses it */
	STEP_NEST,					/* keeps the outer order */
	STEP_NEST_PARAM,			/* the same, inner leaf looked up per row */
	STEP_MERGE					/* needs and keeps an order */
} StepKind;

/* One way to join two nodes. */
typedef struct JoinStep
{
	int			node;			/* the result */
	int			outer;			/* nodes joined */
	int			inner;
	uint8		kind;			/* StepKind */
	uint8		outer_order;	/* STEP_MERGE: orders needed */
	uint8		inner_order;
	int16		slot;			/* STEP_NEST_PARAM: of the inner leaf */
	Linear		startup;
	Linear		total;
} JoinStep;

/* One way to read a table. */
typedef struct Access
{
	double		startup;
	double		total;
	int			nmembers;
	int			members[MAX_ACCESS_MEMBERS];	/* candidates needed */
} Access;

/* Ways to read a table that do the same, the cheapest first. */
typedef struct Slot
{
	int			naccess;
	Access	   *access;
	int			nfront;			/* of a look-up, those of the last evaluation
								 * that no cheaper one has fewer penalties */
	int		   *front;			/* than: numbers of accesses */
} Slot;

/* A relation of a block. */
typedef struct Leaf
{
	Index		relid;			/* range table index */
	Oid			reloid;			/* of a plain table, or InvalidOid */
	int			place;			/* number in the space */
	Slot	   *ordered;		/* per order of the block */
	int			nparams;
	Relids	   *outer;			/* per parameterisation: who gives values */
	Slot	   *params;
	struct State *chosen;		/* per order: the access chosen */
	int			nchildren;
	int		   *children;		/* blocks whose cost is part of this one's */
	double		more;			/* by which they were dearer than without
								 * candidates at the last evaluation */
	double		more_penalty;	/* and the penalties of those used there */
} Leaf;

/* A set of relations joined. */
typedef struct RelNode
{
	int			leaf;			/* number of the leaf, or -1 */
	int			level;			/* number of relations */
	uint64		leaves;			/* set of their leaves, by number modulo 64 */
	int			first_step;		/* steps that make it */
	int			nsteps;
	double	   *sort_startup;	/* per order: cost of sorting for it */
	double	   *sort_run;
} RelNode;

/* Cheapest way found to make a node in an order. */
typedef struct State
{
	double		startup;
	double		total;
	double		penalty;
	int			choice;			/* step or access; -1 none; see evaluate.c */
	int			from;			/* order of the leaf or outer side used */
} State;

/* One query level. */
typedef struct Block
{
	int			norders;
	int			norders_kept;	/* while the others are put out */
	double	   *fraction;		/* per order: share of the rows wanted */
	uint32	   *satisfies;		/* per order: orders that it implies */
	int			first_rows;		/* any order, first rows soon; or -1 */
	int			query_order;	/* what the upper part wants; or -1 */
	int			nnodes;
	RelNode    *nodes;
	int			nsteps;
	JoinStep   *steps;			/* by node */
	int			nleaves;
	Leaf	   *leaves;
	int			top;			/* node of all relations; -1 none */
	double		base_cost;		/* of the whole level, without candidates */
	double		joined;			/* of its joins alone; 0 unknown */
	double		above;			/* upper part, over rows in any order */
	double		above_ordered;	/* the same, over rows in query_order */
	bool		ordered_known;	/* has it? */
	double		above_hashed;	/* the same with groups hashed, not sorted */
	double		hashed_below;	/* cost of the joins where that begins */
	double		coefficient;	/* in the statement's cost; 0: in a leaf's */
	int			nordered;		/* nodes in the order of evaluation */
	int		   *ordered;
	double		now;			/* last evaluated cost */
	double		now_penalty;	/* and penalties of the candidates used */
	State	   *states;			/* node * norders + order */
	bool		evaluated;		/* are the states those of some set? */
	bool		like_planner;	/* are close costs taken for equal? */
} Block;

struct PlanSpace
{
	MemoryContext context;
	double		base_cost;		/* of the statement */
	int			nblocks;
	Block	   *blocks;			/* inner levels before those that hold them */
	Bitmapset  *relevant;
	Bitmapset  *informing;		/* candidates with statistics that it knows
								 * and the planner asks for */
	PlanSpace  *plain;			/* for sets without any of these; or NULL */
	int			max_id;			/* largest candidate id */
	bool	   *in;				/* per candidate id: exists */
	int			nplaces;		/* leaves of all blocks */
	Bitmapset **readable;		/* per place: candidates that may be read */
	bool		like_planner;	/* take close costs for equal, unless there
								 * are penalties */
	const double *penalties;	/* by place and id; NULL: only what exists is
								 * used */
	uint64	   *offered;		/* per place: stands for what exists there, or
								 * for the penalties; NULL: not known */
	uint64	   *evaluated;		/* the same at the last evaluation; 0: not
								 * known */
	bool		tracked;		/* is the former that of this evaluation? */
};

/* A path with the candidates that it needs; while planning. */
typedef struct RawAccess
{
	Path	   *path;
	int			nmembers;
	int			members[MAX_ACCESS_MEMBERS];
} RawAccess;

/* A relation while planning. */
typedef struct RawLeaf
{
	RelOptInfo *rel;
	Oid			reloid;
	int			node;
	List	   *accesses;		/* of RawAccess */
	int			nparams;
	Relids	   *outer;			/* per parameterisation */
	Path	  **example;		/* a path of each */
	List	   *subroots;		/* PlannerInfos whose cost is in it */
} RawLeaf;

/* A set of relations while planning. */
typedef struct RawNode
{
	Relids		relids;			/* hash key */
	int			number;
} RawNode;

/* A query level while it is planned. */
typedef struct RawBlock
{
	PlannerInfo *root;
	HTAB	   *nodes;			/* RawNode by relids */
	HTAB	   *pairs;			/* pairs of nodes seen */
	int			nnodes;
	int			capacity;		/* of the next four */
	Relids	   *relids;			/* per node */
	int		   *levels;			/* number of relations */
	double	   *rows;
	int		   *widths;
	List	   *leaves;			/* of RawLeaf */
	int			norders;
	List	   *orders[MAX_ORDERS]; /* pathkeys */
	int			nsteps;
	int			max_steps;
	JoinStep   *steps;
	double		joined;			/* cost of all relations joined; 0 unknown */
	double		hashed_saving;	/* of hashed groups over the sorted ones that
								 * the planner has taken */
	double		hashed_below;	/* cost of the joins where it takes those */
	bool		correlated;		/* run once per row of an outer level */
	int			number;			/* in the space, once finished; else -1 */
} RawBlock;

/* All that is recorded in one planner call. */
typedef struct Recording
{
	MemoryContext context;		/* lives until the planner call ends */
	MemoryContext scratch;		/* for one pair of relations */
	PlanSpace  *space;			/* what it becomes */
	List	   *candidates;		/* of SpaceCandidate */
	bool		informed;		/* with the statistics of their expressions */
	Bitmapset  *informing;		/* the candidates whose statistics were asked
								 * for */
	List	   *blocks;			/* of RawBlock, in order of appearance */
	List	   *child_levels;	/* subroots that are part of some leaf */
	List	   *members;		/* of UNION ALLs; see append.c */
	int			nsteps;
	bool		failed;			/* not representable */
	const char *reason;
	SpaceOrders *orders;		/* not NULL: price the part above ordered
								 * rows, and nothing else */
	int			nfinished;		/* blocks finished so far */
} Recording;

/* See planspace.h. */
struct SpaceOrders
{
	MemoryContext context;
	int			nlevels;		/* in the order in which levels are done */
	double	   *above;			/* cost of each over ordered rows */
	bool		spoiled;		/* rows were given for nothing somewhere */
	Recording  *recording;		/* while a statement is planned */
};

/* record.c */
extern const WhatIfRecorder planspace_recorder;
extern RawBlock *raw_block_of(Recording *recording, PlannerInfo *root);
extern int	raw_node_of(RawBlock *block, Relids relids, bool make);
extern int	raw_order_of(Recording *recording, RawBlock *block,
						 List *pathkeys);

/* access.c */
extern RawLeaf *leaf_record(Recording *recording, RawBlock *block,
							RelOptInfo *rel, RangeTblEntry *rte);
extern void leaf_record_member(Recording *recording, RawBlock *block,
							   RelOptInfo *rel, RangeTblEntry *rte);

/* append.c */
extern void append_note_member(Recording *recording, PlannerInfo *root,
							   Index parent, RawLeaf *leaf);
extern void append_record(Recording *recording, PlannerInfo *root,
						  RelOptInfo *rel, RawLeaf *leaf);

/* join.c */
extern void join_record(Recording *recording, RawBlock *block,
						RelOptInfo *joinrel, RelOptInfo *outerrel,
						RelOptInfo *innerrel, JoinType jointype,
						JoinPathExtraData *extra);

/* orders.c */
extern void orders_note(SpaceOrders *orders, int level, double cost);
extern void orders_take(PlanSpace *space, const SpaceOrders *orders);

/* finish.c */
extern void block_finish(Recording *recording, RawBlock *raw,
						 RelOptInfo *output);

/* groups.c */
extern void groups_record(RawBlock *block, RelOptInfo *grouped);

/* inform.c */
extern void inform_note(Recording *recording, const HypoIndex *index,
						int column);

/* reduce.c */
extern void number_readable(PlanSpace *space);
extern void block_order_steps(PlanSpace *space, Block *block);
extern void block_drop_unreached(PlanSpace *space, Block *block);
extern void space_reduce(PlanSpace *space);

/* sample.c */
extern void space_sample(PlanSpace *space, bool draft);

/* compact.c */
extern PlanSpace *space_compact(PlanSpace *space);

/* evaluate.c */
extern void block_evaluate(PlanSpace *space, Block *block);
extern double space_evaluate(PlanSpace *space, double *penalty);

/*
 * What a block wants to be small for a node in an order: the cost of the share
 * of rows that it will read.
 */
static inline double
block_objective(const Block *block, int order, double startup, double total)
{
	double		fraction = block->fraction[order];

	return fraction >= 1 ? total : startup + fraction * (total - startup);
}

/*
 * Total cost of a join over these inputs.
 */
static inline double
step_total(const JoinStep *step, const State *outer, const State *inner)
{
	const Linear *form = &step->total;

	return form->constant + form->outer_startup * outer->startup +
		form->outer_total * outer->total + form->inner_startup * inner->startup +
		form->inner_total * inner->total;
}

/*
 * Its cost before the first row.
 */
static inline double
step_startup(const JoinStep *step, const State *outer, const State *inner)
{
	const Linear *form = &step->startup;

	return form->constant + form->outer_startup * outer->startup +
		form->outer_total * outer->total + form->inner_startup * inner->startup +
		form->inner_total * inner->total;
}

#endif							/* DBADVISOR_PLANSPACE_INTERNAL_H */
