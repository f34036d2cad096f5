/*-------------------------------------------------------------------------
 *
 * default_opclass.c
 *		The default operator class of a type, remembered.
 *
 * The server searches pg_opclass each time, which takes as long as everything
 * else about a one-column index.  What was found is forgotten as soon as an
 * operator class, a cast or a type changes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/defrem.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/syscache.h"

#include "whatif/whatif_internal.h"

/* One answer. */
typedef struct DefaultOpclass
{
	struct
	{
		Oid			type;
		Oid			am;
	}			key;			/* must be first */
	Oid			opclass;		/* InvalidOid: there is none */
} DefaultOpclass;

static HTAB *known = NULL;
static bool outdated = false;	/* set by invalidation, at any time */

/*
 * A catalog that answers rest on has changed; a syscache callback.
 */
static void
catalog_changed(Datum arg, int cache, uint32 hash)
{
	(void) arg;
	(void) cache;
	(void) hash;
	outdated = true;
}

/*
 * Forget what may be wrong by now, and see that there is a table.
 */
static void
prepare_table(void)
{
	HASHCTL		control = {
		.keysize = sizeof(((DefaultOpclass *) NULL)->key),
		.entrysize = sizeof(DefaultOpclass),
	};

	if (known != NULL && outdated)
	{
		hash_destroy(known);
		known = NULL;
	}
	if (known != NULL)
		return;
	outdated = false;
	known = hash_create("dbadvisor default operator classes", 32, &control,
						HASH_ELEM | HASH_BLOBS);
}

/*
 * Return the default operator class of a type, or InvalidOid: what
 * GetDefaultOpClass() does.
 */
Oid
hypo_default_opclass(Oid type, Oid am)
{
	DefaultOpclass wanted = {.key = {type, am}};
	DefaultOpclass *entry;

	prepare_table();
	entry = hash_search(known, &wanted.key, HASH_FIND, NULL);
	if (entry != NULL)
		return entry->opclass;
	/* a change during the search outdates the entry made after it */
	wanted.opclass = GetDefaultOpClass(type, am);
	entry = hash_search(known, &wanted.key, HASH_ENTER, NULL);
	entry->opclass = wanted.opclass;
	return entry->opclass;
}

/*
 * Have changes of the catalogs announced.
 */
void
default_opclass_init(void)
{
	CacheRegisterSyscacheCallback(CLAOID, catalog_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(CASTSOURCETARGET, catalog_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(TYPEOID, catalog_changed, (Datum) 0);
}
