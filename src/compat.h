/*-------------------------------------------------------------------------
 *
 * compat.h
 *		Every difference between the supported server versions, under one name.
 *
 * Nothing else in the source tests PG_VERSION_NUM.  Each entry names the
 * version in which the server changed and what the old form was.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_COMPAT_H
#define DBADVISOR_COMPAT_H

#include "postgres.h"

#include "catalog/pg_am_d.h"
#include "fmgr.h"

/* What is written by one major version is not for another one. */
#define SERVER_MAJOR (PG_VERSION_NUM / 10000)

#if PG_VERSION_NUM < 150000
#error "dbadvisor needs PostgreSQL 15 or later"
#endif

/* 18: the module can tell its name and version */
#if PG_VERSION_NUM >= 180000
#define DBADVISOR_MODULE_MAGIC \
	PG_MODULE_MAGIC_EXT(.name = "dbadvisor", .version = DBADVISOR_VERSION)
#else
#define DBADVISOR_MODULE_MAGIC PG_MODULE_MAGIC
#endif

/* 18: a path key tells its direction as a comparison, not a B-tree strategy */
#if PG_VERSION_NUM >= 180000
#define pathkey_is_descending(pathkey) ((pathkey)->pk_cmptype == COMPARE_GT)
#else
#define pathkey_is_descending(pathkey) \
	((pathkey)->pk_strategy == BTGreaterStrategyNumber)
#endif

/* 16: the varlena macros moved out of postgres.h */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* 16: build_attrmap_by_name() learned missing_ok */
#if PG_VERSION_NUM >= 160000
#define build_attrmap_by_name_compat(in, out) build_attrmap_by_name(in, out, false)
#else
#define build_attrmap_by_name_compat(in, out) build_attrmap_by_name(in, out)
#endif

/* 16: permissions of range table entries moved to a list of their own */
#if PG_VERSION_NUM >= 160000
#define query_take_rtable(query, pstate) \
	((query)->rtable = (pstate)->p_rtable, \
	 (query)->rteperminfos = (pstate)->p_rteperminfos)
#else
#define query_take_rtable(query, pstate) \
	((query)->rtable = (pstate)->p_rtable)
#endif

/* 16: EXPLAIN (GENERIC_PLAN) came, and with it its executor flag; before,
 * the executor prunes partitions at start with parameters that have no value */
#if PG_VERSION_NUM >= 160000
#define EXEC_FLAGS_EXPLAIN_GENERIC \
	(EXEC_FLAG_EXPLAIN_ONLY | EXEC_FLAG_EXPLAIN_GENERIC)
#define append_forget_pruning(append) ((void) (append))
#else
#define EXEC_FLAGS_EXPLAIN_GENERIC EXEC_FLAG_EXPLAIN_ONLY
#define append_forget_pruning(append) ((append)->part_prune_info = NULL)
#endif

/* 18: what a node may prune at run time is kept in one list for the whole plan */
#if PG_VERSION_NUM >= 180000
#define plan_prune_info(plan, append) \
	((append)->part_prune_index < 0 ? NULL : \
	 list_nth_node(PartitionPruneInfo, (plan)->partPruneInfos, \
				   (append)->part_prune_index))
#else
#define plan_prune_info(plan, append) ((append)->part_prune_info)
#endif

/* 16: with the permissions goes the relation that they are for */
#if PG_VERSION_NUM >= 160000
#define rte_set_relation(query, rte, oid) \
	do { \
		if ((rte)->perminfoindex != 0) \
			getRTEPermissionInfo((query)->rteperminfos, (rte))->relid = (oid); \
		(rte)->relid = (oid); \
	} while (0)
#else
#define rte_set_relation(query, rte, oid) ((void) (query), (rte)->relid = (oid))
#endif

/* 16: the planner knows the unique indexes of a partitioned table, and the
 * strategy of a new one is not a text */
#if PG_VERSION_NUM >= 160000
#define partitioned_table_has_indexes() true
#define partition_spec_set_strategy(spec, letter) \
	((spec)->strategy = (PartitionStrategy) (letter))
#else
#define partitioned_table_has_indexes() false
#define partition_spec_set_strategy(spec, letter) \
	((spec)->strategy = (letter) == PARTITION_STRATEGY_RANGE ? "range" : \
	 (letter) == PARTITION_STRATEGY_LIST ? "list" : "hash")
#endif

/* 18: what an operator means is told for other ordered indexes than B-trees */
#if PG_VERSION_NUM >= 180000
#define OperatorMeaning OpIndexInterpretation
#define operator_meanings(opno) get_op_index_interpretation(opno)
#define operator_of_own_type(meaning, type) \
	get_opfamily_member_for_cmptype((meaning)->opfamily_id, type, type, \
									(meaning)->cmptype)
#else
#define OperatorMeaning OpBtreeInterpretation
#define operator_meanings(opno) get_op_btree_interpretation(opno)
#define operator_of_own_type(meaning, type) \
	get_opfamily_member((meaning)->opfamily_id, type, type, (meaning)->strategy)
#endif

/* 18: HAVING may name expressions of GROUP BY by their place in it */
#if PG_VERSION_NUM >= 180000
#define query_having(query) \
	((query)->hasGroupRTE ? \
	 flatten_group_exprs(NULL, (query), (query)->havingQual) : (query)->havingQual)
#else
#define query_having(query) ((query)->havingQual)
#endif

/* 17: the planner knows the columns that are not NULL */
#if PG_VERSION_NUM >= 170000
#define rel_copy_not_null(to, from) ((to)->notnullattnums = (from)->notnullattnums)
#else
#define rel_copy_not_null(to, from) ((void) (to), (void) (from))
#endif

/* 17: VacAttrStats lost its copy of the pg_attribute row */
#if PG_VERSION_NUM >= 170000
#define vac_attr_stats_default_target(stats) ((stats)->attstattarget = -1)
#else
#define vac_attr_stats_default_target(stats) \
	((stats)->attr = (Form_pg_attribute) palloc0(ATTRIBUTE_FIXED_PART_SIZE), \
	 (stats)->attr->attstattarget = -1)
#endif

/* 18: a table access method shows bitmap scans by another callback */
#if PG_VERSION_NUM >= 180000
#define table_has_bitmap_scan(rel) \
	((rel)->rd_tableam->scan_bitmap_next_tuple != NULL)
#else
#define table_has_bitmap_scan(rel) \
	((rel)->rd_tableam->scan_bitmap_next_block != NULL)
#endif

/* 18: the planner knows NULLS NOT DISTINCT */
#if PG_VERSION_NUM >= 180000
#define index_opt_info_set_nulls_not_distinct(info, value) \
	((info)->nullsnotdistinct = (value))
#else
#define index_opt_info_set_nulls_not_distinct(info, value) ((void) (value))
#endif

/* 18: ExplainState has a header of its own */
#if PG_VERSION_NUM >= 180000
#define EXPLAIN_STATE_HEADER "commands/explain_state.h"
#else
#define EXPLAIN_STATE_HEADER "commands/explain.h"
#endif

/* 16: the executor looks for permissions beside the range table */
#if PG_VERSION_NUM >= 160000
#define plan_check_permissions(plan) \
	((void) ExecCheckPermissions((plan)->rtable, (plan)->permInfos, true))
#else
#define plan_check_permissions(plan) \
	((void) ExecCheckRTPerms((plan)->rtable, true))
#endif

/* 18: costs carry the number of disabled nodes; merge joins know how much of
 * the outer order is there already */
#if PG_VERSION_NUM >= 180000
#define cost_sort_compat(path, root, keys, cost, tuples, width, mem) \
	cost_sort(path, root, keys, 0, cost, tuples, width, 0.0, mem, -1.0)
#define initial_cost_mergejoin_compat(root, ws, type, clauses, outer, inner, extra) \
	initial_cost_mergejoin(root, ws, type, clauses, outer, inner, NIL, NIL, 0, extra)
#define create_mergejoin_path_compat(root, rel, type, ws, extra, outer, inner, restrict, keys, clauses) \
	create_mergejoin_path(root, rel, type, ws, extra, outer, inner, restrict, keys, \
						  NULL, clauses, NIL, NIL, 0)
#else
#define cost_sort_compat(path, root, keys, cost, tuples, width, mem) \
	cost_sort(path, root, keys, cost, tuples, width, 0.0, mem, -1.0)
#define initial_cost_mergejoin_compat(root, ws, type, clauses, outer, inner, extra) \
	initial_cost_mergejoin(root, ws, type, clauses, outer, inner, NIL, NIL, extra)
#define create_mergejoin_path_compat(root, rel, type, ws, extra, outer, inner, restrict, keys, clauses) \
	create_mergejoin_path(root, rel, type, ws, extra, outer, inner, restrict, keys, \
						  NULL, clauses, NIL, NIL)
#endif

/* 16 and 18: joins that return the unmatched (16) or matched (18) rows of
 * their inner side; neither can be a nested loop */
#if PG_VERSION_NUM >= 180000
#define join_is_right_anti_or_semi(type) \
	((type) == JOIN_RIGHT_ANTI || (type) == JOIN_RIGHT_SEMI)
#elif PG_VERSION_NUM >= 160000
#define join_is_right_anti_or_semi(type) ((type) == JOIN_RIGHT_ANTI)
#else
#define join_is_right_anti_or_semi(type) (false && (type) == JOIN_FULL)
#endif

/* 16: an update stays HOT when only indexes that summarize pages read what it
 * changes */
#if PG_VERSION_NUM >= 160000
#define am_keeps_hot(am) ((am) == BRIN_AM_OID)
#else
#define am_keeps_hot(am) ((void) (am), false)
#endif

/* 18: set operations have two inputs, not one that appends them */
#if PG_VERSION_NUM >= 180000
#define set_op_inputs(path) list_make2((path)->leftpath, (path)->rightpath)
#else
#define set_op_inputs(path) list_make1((path)->subpath)
#endif

/* 16: counters of a relation tell when it was last scanned */
#if PG_VERSION_NUM >= 160000
#define stat_entry_last_scan(entry) ((entry)->lastscan)
#else
#define stat_entry_last_scan(entry) ((void) (entry), (TimestampTz) 0)
#endif

/* 16: entries of pg_stat_activity are fetched by another name */
#if PG_VERSION_NUM >= 160000
#define pgstat_local_beentry(i) pgstat_get_local_beentry_by_index(i)
#else
#define pgstat_local_beentry(i) pgstat_fetch_stat_local_beentry(i)
#endif

/* 16: counters of a database are named as the functions that show them */
#if PG_VERSION_NUM >= 160000
#define db_entry_active_time(entry) ((entry)->active_time)
#else
#define db_entry_active_time(entry) ((entry)->total_active_time)
#endif

/* 17: a worker may connect as a role that cannot log in; extensions name their
 * wait events */
#if PG_VERSION_NUM >= 170000
#define WORKER_CONNECTION_FLAGS BGWORKER_BYPASS_ROLELOGINCHECK
#define wait_event_extension(name) WaitEventExtensionNew(name)
#else
#define WORKER_CONNECTION_FLAGS 0
#define wait_event_extension(name) PG_WAIT_EXTENSION
#endif

/* 17: MAINTAIN can be granted */
#if PG_VERSION_NUM >= 170000
#define may_maintain(relid, userid) \
	(pg_class_aclcheck(relid, userid, ACL_MAINTAIN) == ACLCHECK_OK)
#else
#define may_maintain(relid, userid) ((void) (relid), (void) (userid), false)
#endif

/* 16: the query jumble moved; 18: it tells squashed lists of constants, in whose
 * presence all parameters are numbered anew, and numbers without gaps */
#if PG_VERSION_NUM >= 160000
#include "nodes/queryjumble.h"
#else
#include "utils/queryjumble.h"
#endif
#if PG_VERSION_NUM >= 180000
#define jumble_renumbers(jumble) ((jumble)->has_squashed_lists)
#define jumble_place_is_squashed(place) ((place)->squashed)
#define jumble_place_is_parameter(place) ((place)->extern_param)
#define jumble_numbers_duplicates() false
#else
#define jumble_renumbers(jumble) ((void) (jumble), false)
#define jumble_place_is_squashed(place) ((void) (place), false)
#define jumble_place_is_parameter(place) ((void) (place), false)
#define jumble_numbers_duplicates() true
#endif

/* 18: ExecutorRun lost execute_once */
#if PG_VERSION_NUM >= 180000
#define EXECUTOR_RUN_ARGS QueryDesc *desc, ScanDirection direction, uint64 count
#define EXECUTOR_RUN_PASS desc, direction, count
#else
#define EXECUTOR_RUN_ARGS \
	QueryDesc *desc, ScanDirection direction, uint64 count, bool execute_once
#define EXECUTOR_RUN_PASS desc, direction, count, execute_once
#endif

/* 16: rows of a statement count over all its fetches */
#if PG_VERSION_NUM >= 160000
#define estate_total_processed(estate) ((estate)->es_total_processed)
#else
#define estate_total_processed(estate) ((estate)->es_processed)
#endif

#endif							/* DBADVISOR_COMPAT_H */
