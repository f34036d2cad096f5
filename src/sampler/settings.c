/*-------------------------------------------------------------------------
 *
 * settings.c
 *		Settings of the sampler.
 *
 * Those that say how much memory it takes are fixed at server start.  They are
 * defined also where the library is not preloaded, so that a configuration with
 * them is valid either way.
 * Entry point: sampler_settings_init().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/guc.h"

#include "sampler_internal.h"

/* Most memory that can be set, kB: 1 GB. */
#define LARGEST_SIZE (1024 * 1024)

bool		sampler_enabled = true;
double		sampler_rate = 0.01;
double		sampler_estimate_rate = 0.1;
int			sampler_size = 8192;
int			sampler_max_set_bytes = 384;
int			sampler_max_value_bytes = 128;

/*
 * Settings of the memory, which is made at server start.
 */
static void
size_settings(GucContext context)
{
	DefineCustomIntVariable("dbadvisor.sampler_size",
							"Shared memory for sampled parameter values.",
							"Zero does without the sampler.",
							&sampler_size,
							8192, 0, LARGEST_SIZE, context, GUC_UNIT_KB,
							NULL, NULL, NULL);
	DefineCustomIntVariable("dbadvisor.sampler_max_set_bytes",
							"Bytes that are kept of the parameters of one execution.",
							"Values for which there is no room are left out.",
							&sampler_max_set_bytes,
							384, 64, 8192, context, GUC_UNIT_BYTE,
							NULL, NULL, NULL);
}

/*
 * Define the settings.
 */
void
sampler_settings_init(void)
{
	DefineCustomBoolVariable("dbadvisor.sampler",
							 "Samples the parameter values that statements run with.",
							 "Needs dbadvisor in shared_preload_libraries.",
							 &sampler_enabled, true, PGC_SIGHUP, 0,
							 NULL, NULL, NULL);
	DefineCustomRealVariable("dbadvisor.sampler_rate",
							 "Share of the executions of a frequent statement that are sampled.",
							 "The first executions in a session are sampled more often; zero samples none.",
							 &sampler_rate, 0.01, 0, 1, PGC_SIGHUP, 0,
							 NULL, NULL, NULL);
	DefineCustomRealVariable("dbadvisor.sampler_estimate_rate",
							 "Share of the sampled executions whose rows are counted in each node of the plan.",
							 NULL, &sampler_estimate_rate, 0.1, 0, 1,
							 PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("dbadvisor.sampler_max_value_bytes",
							"Longest parameter value that is kept.",
							NULL, &sampler_max_value_bytes,
							128, 1, 8192, PGC_SIGHUP, GUC_UNIT_BYTE,
							NULL, NULL, NULL);
	size_settings(process_shared_preload_libraries_in_progress ?
				  PGC_POSTMASTER : PGC_SIGHUP);
}
