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

#include "fmgr.h"

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

/* 18: lc_collate_is_c() became a field of the collation's locale */
#if PG_VERSION_NUM >= 180000
#define collation_sorts_bytewise(collation) \
	(pg_newlocale_from_collation(collation)->collate_is_c)
#else
#define collation_sorts_bytewise(collation) lc_collate_is_c(collation)
#endif

#endif							/* DBADVISOR_COMPAT_H */
