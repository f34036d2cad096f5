/*-------------------------------------------------------------------------
 *
 * shapes.h
 *		What the generators of candidates share: the shapes made so far for
 *		one demand, and how keys are put together.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_SHAPES_H
#define DBADVISOR_SHAPES_H

#include "index/index_internal.h"

/* The shapes made so far for one demand. */
typedef struct Shapes
{
	const Demand *demand;
	int			max_columns;
	int			limit;			/* no more shapes than this */
	List	   *predicate;		/* of the shapes being added */
	List	   *made;			/* of Candidate */
} Shapes;

/* Items of one arm by role, the most selective first. */
typedef struct Arm
{
	List	   *equal;			/* of KeyColumn, as the next two */
	List	   *join;
	List	   *range;
} Arm;

/* generate.c */
extern Arm	arm_split(List *items);
extern void shapes_add_btree(Shapes *shapes, List *first, List *then);
extern void shapes_add_arm(Shapes *shapes, const Arm *arm);

/* partial.c */
extern void shapes_add_partial(Shapes *shapes, List *anded);
extern Bitmapset *columns_needed(const Demand *demand, List *predicate);

#endif							/* DBADVISOR_SHAPES_H */
