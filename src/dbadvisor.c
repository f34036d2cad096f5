/*-------------------------------------------------------------------------
 *
 * dbadvisor.c
 *		Settings and start-up of the extension; nothing else.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "compat.h"
#include "dbadvisor.h"
#include "host/host.h"
#include "partition/partition.h"
#include "sampler/sampler.h"
#include "whatif/whatif.h"
#include "worker/worker.h"

DBADVISOR_MODULE_MAGIC;

int			dbadvisor_lock_timeout = 100;
int			dbadvisor_statement_timeout = 5000;
int			dbadvisor_rule_timeout = 120000;
int			dbadvisor_work_mem = 65536;
bool		dbadvisor_include_values = false;

void		_PG_init(void);

PG_FUNCTION_INFO_V1(dbadvisor_setting);

/*
 * Define the settings.  Called once, when the library is loaded.
 */
static void
settings_init(void)
{
	DefineCustomIntVariable("dbadvisor.lock_timeout",
							"Longest wait for a lock on a user's relation.",
							NULL, &dbadvisor_lock_timeout,
							100, 1, INT_MAX, PGC_USERSET, GUC_UNIT_MS,
							NULL, NULL, NULL);
	DefineCustomIntVariable("dbadvisor.statement_timeout",
							"Longest analysis or planning of one statement.",
							"Zero means no limit.",
							&dbadvisor_statement_timeout,
							5000, 0, INT_MAX, PGC_USERSET, GUC_UNIT_MS,
							NULL, NULL, NULL);
	DefineCustomIntVariable("dbadvisor.rule_timeout",
							"Longest run of one rule in an analysis.",
							"Zero means no limit.",
							&dbadvisor_rule_timeout,
							120000, 0, INT_MAX, PGC_USERSET, GUC_UNIT_MS,
							NULL, NULL, NULL);
	DefineCustomIntVariable("dbadvisor.work_mem",
							"Memory that one advisor call may use.",
							NULL, &dbadvisor_work_mem,
							65536, 1024, MAX_KILOBYTES, PGC_USERSET,
							GUC_UNIT_KB, NULL, NULL, NULL);
	DefineCustomBoolVariable("dbadvisor.include_values",
							 "Lets data values appear in findings and reports.",
							 NULL, &dbadvisor_include_values,
							 false, PGC_SUSET, 0,
							 NULL, NULL, NULL);
}

/*
 * Module load callback.
 */
void
_PG_init(void)
{
	settings_init();
	host_init();
	sampler_init();
	whatif_init();
	partition_init();
	worker_init();
	/* After all modules have defined theirs. */
	MarkGUCPrefixReserved("dbadvisor");
}

/*
 * SQL: setting(name): the setting dbadvisor.<name>.
 */
Datum
dbadvisor_setting(PG_FUNCTION_ARGS)
{
	char	   *name = psprintf("dbadvisor.%s",
								text_to_cstring(PG_GETARG_TEXT_PP(0)));

	PG_RETURN_TEXT_P(cstring_to_text(GetConfigOptionByName(name, NULL, false)));
}
