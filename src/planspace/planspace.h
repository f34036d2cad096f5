/*-------------------------------------------------------------------------
 *
 * planspace.h
 *		What other modules may use of plan spaces: the cost of a statement
 *		under any set of candidate indexes, without asking the planner again.
 *
 * A plan space is made from planner calls that watch the planner at work: the
 * access paths of every candidate, priced one by one before they compete, and
 * for every pair of relations that the planner joins, the cost of each join
 * method as a linear form in the costs of its inputs, as PostgreSQL's own cost
 * functions give it.  The cheapest plan under a set of candidates is then a
 * pass over these forms from the tables upward.  The idea is that of INUM and
 * PINUM (Papadomanolakis et al., VLDB 2007; Dash et al., ICDE workshops 2010).
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_PLANSPACE_H
#define DBADVISOR_PLANSPACE_H

#include "postgres.h"

#include "nodes/bitmapset.h"
#include "nodes/pg_list.h"

#include "whatif/whatif.h"
#include "workload/workload.h"

typedef struct PlanSpace PlanSpace;

/* A candidate index as a plan space knows it. */
typedef struct SpaceCandidate
{
	int			id;				/* the caller's number, not negative */
	HypoIndex  *index;
} SpaceCandidate;

/*
 * What the plan above ordered rows costs, at each query level of a statement.
 */
typedef struct SpaceOrders SpaceOrders;

/* Nothing known yet; palloc'd in the current context. */
extern SpaceOrders *planspace_orders_make(void);

/*
 * From here to the end give each query level that wants its rows in an order
 * such rows for nothing, and learn what the plan above them costs.  One statement
 * is to be planned meanwhile, once.  Where planspace_orders_spoil() says so the
 * plan's own cost means nothing.
 */
extern void planspace_orders_begin(SpaceOrders *orders);
extern void planspace_orders_end(SpaceOrders *orders);
extern bool planspace_orders_spoil(const SpaceOrders *orders);

/*
 * Plan the statement once, as the database is, and record its plan space over
 * the candidates (a list of SpaceCandidate).  "informed" says that the planner sees
 * the statistics of expressions that come with the candidates: it expects other
 * rows with them, and a space has one number of rows.  "orders" is what is known of
 * the plan above ordered rows; without it such rows are taken to save the sort.
 * A draft takes less time and may be a little too dear.  The space is palloc'd in a
 * context of its own under the current one.  Returns NULL where the statement
 * has a form that a plan space cannot represent, or when planning fails;
 * *reason says why, where it is not NULL.
 */
extern PlanSpace *planspace_make(Statement *stmt, List *candidates,
								 bool informed, bool draft,
								 const SpaceOrders *orders,
								 const char **reason);

/*
 * Have an informed space answer from "plain", one that is not informed, for sets
 * without any candidate whose statistics the planner asks for.  Both are over the
 * same candidates; "plain" belongs to the other one from here on.
 */
extern void planspace_inform(PlanSpace *space, PlanSpace *plain);

extern void planspace_free(PlanSpace *space);

/*
 * Cost of the statement, in planner cost units, when exactly these candidates
 * exist.  Where "used" is not NULL it becomes the set that the plan uses,
 * palloc'd in the current context.
 */
extern double planspace_cost(PlanSpace *space, const Bitmapset *members,
							 Bitmapset **used);

/*
 * Places are where a plan reads tables: each mention of one in the statement.
 * A candidate has an entry for each place, below planspace_entries().
 */
extern int	planspace_places(const PlanSpace *space);
extern int	planspace_entries(const PlanSpace *space);
extern int	planspace_entry(const PlanSpace *space, int place, int id);

/* Steps that an evaluation takes at most, of some nanoseconds each. */
extern int	planspace_effort(const PlanSpace *space);

/* The candidates that may be read in a place; not to be changed. */
extern const Bitmapset *planspace_readable(const PlanSpace *space, int place);

/*
 * The least, over all plans and whatever candidates they use, of the plan's
 * cost plus the penalties of the candidates used; a candidate with an infinite
 * penalty is not used.  "penalties" is indexed by entry and in planner cost
 * units: a plan that reads an index in two places pays for both.  *used
 * becomes the set of entries used, *cost the cost alone.
 */
extern double planspace_relaxed(PlanSpace *space, const double *penalties,
								Bitmapset **used, double *cost);

/* A cost below which none is, whatever candidates exist. */
extern double planspace_least_cost(PlanSpace *space);

/* The planner's cost of the statement without any candidate. */
extern double planspace_base_cost(const PlanSpace *space);

/* The candidates that some plan worth considering uses; not to be changed. */
extern const Bitmapset *planspace_relevant(const PlanSpace *space);

#endif							/* DBADVISOR_PLANSPACE_H */
