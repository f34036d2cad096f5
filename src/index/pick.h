/*-------------------------------------------------------------------------
 *
 * pick.h
 *		Sets of indexes with what they gain over known options.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_PICK_H
#define DBADVISOR_PICK_H

#include "index/facility.h"

/* An option that helps and fits into the budget. */
typedef struct Offer
{
	int			statement;
	int			nmembers;
	const int  *members;
	double		gain;			/* objective saved against no index */
	double		bytes;			/* of its members together */
} Offer;

/* A problem laid out for quick evaluation. */
typedef struct Layout
{
	const FacilityProblem *problem;
	int			noffers;
	Offer	   *offers;			/* by statement, then the best first */
	int		   *statement_first;	/* first offer of each statement, and end */
	int		   *index_first;	/* first entry of each index, and end */
	int		   *index_offers;	/* numbers of the offers that need it */
	int			nseveral;
	int		   *several;		/* numbers of the offers of several indexes */
	bool	   *in_several;		/* per index: is it in one of these? */
	double	   *most;			/* per index: what it can add to any set */
} Layout;

/* A set of indexes and what it gains. */
typedef struct Pick
{
	bool	   *in;				/* per index */
	bool	   *barred;			/* per index: not to be added */
	int		   *missing;		/* per offer: members not in the set */
	double	   *got;			/* per statement */
	double	   *upper;			/* per index: what it can add at most */
	int		   *in_group;		/* per group: members of the set */
	double		gain;
	double		bytes;
	int			count;
} Pick;

/* layout.c */
extern Layout *layout_make(const FacilityProblem *problem);
extern bool groups_have_room(const FacilityProblem *problem,
							 const int *in_group, const bool *in,
							 const int *members, int nmembers);
extern bool offer_needs(const Offer *offer, int index);

/* pick.c */
extern Pick *pick_make(const Layout *layout);
extern void pick_free(Pick *pick);
extern void pick_copy(const Layout *layout, Pick *to, const Pick *from);
extern void pick_add(const Layout *layout, Pick *pick, int index);
extern bool pick_has_room(const Layout *layout, const Pick *pick,
						  const int *members, int nmembers);
extern void pick_fill(const Layout *layout, Pick *pick, bool by_ratio);
extern void pick_prune(const Layout *layout, Pick *pick);
extern void pick_exchange(const Layout *layout, Pick *pick);

#endif							/* DBADVISOR_PICK_H */
