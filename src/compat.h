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

#endif							/* DBADVISOR_COMPAT_H */
