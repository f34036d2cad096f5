/*-------------------------------------------------------------------------
 *
 * plan_node.h
 *		What the nodes of a plan are, for all who walk through one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_PLAN_NODE_H
#define DBADVISOR_PLAN_NODE_H

#include "postgres.h"

#include "nodes/plannodes.h"

/*
 * Does this node read rows of one table, by whatever way?  Then it is a Scan.
 */
static inline bool
plan_scans_table(const Plan *plan)
{
	switch (nodeTag(plan))
	{
		case T_SeqScan:
		case T_SampleScan:
		case T_IndexScan:
		case T_IndexOnlyScan:
		case T_BitmapHeapScan:
		case T_TidScan:
		case T_TidRangeScan:
			return true;
		default:
			return false;
	}
}

#endif							/* DBADVISOR_PLAN_NODE_H */
