/*-------------------------------------------------------------------------
 *
 * bound_proof.c
 *		Whether the bounds of a partition imply a check constraint of it.
 *
 * The planner's own proof is asked, with the bounds of the partition and of all
 * tables above as what is known.  What it cannot prove is not implied.
 * Entry point: the SQL function bound_implies_check().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/partition.h"
#include "catalog/pg_constraint.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/partcache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "whatif/whatif.h"
#include "workload/workload.h"

PG_FUNCTION_INFO_V1(dbadvisor_bound_implies_check);

/* One constraint to prove. */
typedef struct ProofTask
{
	Oid			relid;
	char	   *check;			/* of pg_constraint.conbin */
	bool		is_decided;		/* false where somebody has a lock */
	bool		is_implied;		/* the answer */
} ProofTask;

/*
 * Lock the partition and all tables above it, unless that would mean to wait.
 */
static bool
lock_lineage(Oid relid)
{
	ListCell   *lc;

	if (!ConditionalLockRelationOid(relid, AccessShareLock))
		return false;
	foreach(lc, get_partition_ancestors(relid))
		if (!ConditionalLockRelationOid(lfirst_oid(lc), AccessShareLock))
		return false;
	return true;
}

/*
 * The constraint as the planner has it: a list of clauses that all must hold.
 */
static List *
check_clauses(const char *check)
{
	Node	   *expr = eval_const_expressions(NULL, stringToNode(check));

	return make_ands_implicit(canonicalize_qual((Expr *) expr, true));
}

/*
 * Prove the constraint; a SandboxFn.  Constants are folded, which runs functions.
 */
static void
prove_check(void *arg)
{
	ProofTask  *task = arg;
	Relation	rel;

	if (!lock_lineage(task->relid))
		return;
	rel = try_table_open(task->relid, NoLock);
	if (rel == NULL)
		return;
	if (rel->rd_rel->relispartition)
	{
		/*
		 * A check holds where it is not false: a weak proof is what is
		 * needed.
		 */
		task->is_implied = predicate_implied_by(check_clauses(task->check),
												RelationGetPartitionQual(rel),
												true);
		task->is_decided = true;
	}
	table_close(rel, NoLock);
}

/*
 * Take the relation and the expression from the catalog; false for what is no
 * check.
 */
static bool
read_check(Oid constraint, ProofTask *task)
{
	HeapTuple	tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint));
	bool		isnull = true;
	Datum		check = (Datum) 0;

	if (!HeapTupleIsValid(tuple))
		return false;
	task->relid = ((Form_pg_constraint) GETSTRUCT(tuple))->conrelid;
	if (((Form_pg_constraint) GETSTRUCT(tuple))->contype == CONSTRAINT_CHECK &&
		OidIsValid(task->relid))
		check = SysCacheGetAttr(CONSTROID, tuple, Anum_pg_constraint_conbin,
								&isnull);
	if (!isnull)
		task->check = TextDatumGetCString(check);
	ReleaseSysCache(tuple);
	return !isnull;
}

/*
 * bound_implies_check(constraint oid)
 */
Datum
dbadvisor_bound_implies_check(PG_FUNCTION_ARGS)
{
	ProofTask	task = {0};

	if (!read_check(PG_GETARG_OID(0), &task) ||
		sandbox_run(relation_owner(task.relid), "pg_catalog, pg_temp",
					prove_check, &task) != NULL ||
		!task.is_decided)
		PG_RETURN_NULL();
	PG_RETURN_BOOL(task.is_implied);
}
