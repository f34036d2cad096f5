/*-------------------------------------------------------------------------
 *
 * request.h
 *		Configurations given as SQL arguments, and how they are shown.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_WHATIF_REQUEST_H
#define DBADVISOR_WHATIF_REQUEST_H

#include "postgres.h"

#include "fmgr.h"
#include "whatif/whatif.h"

/*
 * Make a configuration from argument "first", text[] of CREATE INDEX
 * statements, and the one after it, regclass[] of indexes to hide.  NULL is an
 * empty array; NULL elements and anything unsuitable raise an error.
 */
extern WhatIfConfig *request_config(FunctionCallInfo fcinfo, int first);

/* The two halves of it: lists of HypoIndex, and of OIDs. */
extern List *request_indexes(FunctionCallInfo fcinfo, int argument);
extern List *request_hidden(FunctionCallInfo fcinfo, int argument);

/* List of strings: what a reader should know of the configuration. */
extern List *config_notes(const WhatIfConfig *config);

/* List of strings: the indexes' names, qualified and quoted. */
extern List *index_names(const WhatIfConfig *config, List *oids);

/* what_if.c */
extern Datum text_array_of_list(List *strings);

#endif							/* DBADVISOR_WHATIF_REQUEST_H */
