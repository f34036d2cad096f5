/*-------------------------------------------------------------------------
 *
 * init.c
 *		Start-up of the background workers.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "worker_internal.h"

/*
 * Define the settings; where the server preloads the library, also arrange for
 * shared memory, the launcher and the hook.
 */
void
worker_init(void)
{
	worker_settings_init();
	if (!process_shared_preload_libraries_in_progress || IsBinaryUpgrade)
		return;
	worker_shared_init();
	launcher_init();
	utility_init();
}
