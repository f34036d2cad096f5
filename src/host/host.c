/*-------------------------------------------------------------------------
 *
 * host.c
 *		What the machine gives the server: memory, cores and storage.
 *
 * All is read from files of the kernel and by system calls, at the moment of the
 * call; no program is run.  Each fact says where it comes from and how far it can
 * be trusted, and settings override those that are known to be wrong.
 * Entry point: the SQL function host_facts().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>
#include <math.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "host/host.h"
#include "host/host_internal.h"

PG_FUNCTION_INFO_V1(dbadvisor_host_facts);

/* Columns of the result. */
#define HOST_COLUMNS 6

int			host_memory_mb = 0;
int			host_cores = 0;
int			host_storage = HOST_STORAGE_AUTO;

static const struct config_enum_entry storage_kinds[] = {
	{"auto", HOST_STORAGE_AUTO, false},
	{"ssd", HOST_STORAGE_SSD, false},
	{"hdd", HOST_STORAGE_HDD, false},
	{NULL, 0, false}
};

/*
 * Define the settings; see host.h.
 */
void
host_init(void)
{
	DefineCustomIntVariable("dbadvisor.host_memory",
							"Memory that the server may use, where it cannot be measured.",
							"Zero means as measured.", &host_memory_mb,
							0, 0, INT_MAX, PGC_SUSET, GUC_UNIT_MB,
							NULL, NULL, NULL);
	DefineCustomIntVariable("dbadvisor.host_cores",
							"Processor cores that the server may use, where they cannot be measured.",
							"Zero means as measured.", &host_cores,
							0, 0, INT_MAX, PGC_SUSET, 0,
							NULL, NULL, NULL);
	DefineCustomEnumVariable("dbadvisor.host_storage",
							 "Kind of storage below all directories of the server, where the kernel is wrong.",
							 "Virtual disks often claim to rotate.", &host_storage,
							 HOST_STORAGE_AUTO, storage_kinds, PGC_SUSET, 0,
							 NULL, NULL, NULL);
}

/*
 * Add a row; see host_internal.h.
 */
void
host_put(HostFacts *facts, const char *fact, const char *object,
		 const char *value, const char *unit, const char *source,
		 double confidence)
{
	Datum		values[HOST_COLUMNS] = {0};
	bool		nulls[HOST_COLUMNS] = {false};

	if (value == NULL)
		return;
	values[0] = CStringGetTextDatum(fact);
	values[1] = CStringGetTextDatum(object);
	values[2] = CStringGetTextDatum(value);
	if (unit != NULL)
		values[3] = CStringGetTextDatum(unit);
	nulls[3] = unit == NULL;
	values[4] = CStringGetTextDatum(source);
	values[5] = Float8GetDatum(confidence);
	tuplestore_putvalues(facts->result->setResult, facts->result->setDesc,
						 values, nulls);
}

/*
 * Add a row with a number, without one where it is not known.
 */
void
host_put_number(HostFacts *facts, const char *fact, const char *object,
				HostNumber number, const char *unit, double confidence)
{
	if (number.source != NULL)
		host_put(facts, fact, object,
				 psprintf(number.value == rint(number.value) ? "%.0f" : "%.3f",
						  number.value),
				 unit, number.source, confidence);
}

/*
 * host_facts(root text): the facts.  A root, under which the files are looked for,
 * is for tests and superusers.
 */
Datum
dbadvisor_host_facts(PG_FUNCTION_ARGS)
{
	HostFacts	facts = {
		.result = (ReturnSetInfo *) fcinfo->resultinfo,
		.root = text_to_cstring(PG_GETARG_TEXT_PP(0)),
	};

	if (*facts.root != '\0' && !superuser())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be superuser to look for facts under another root")));
	InitMaterializedSRF(fcinfo, 0);
	host_put_limits(&facts);
	host_put_places(&facts);
	return (Datum) 0;
}
