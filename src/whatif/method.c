/*-------------------------------------------------------------------------
 *
 * method.c
 *		The access methods that the engine knows, and what it does for each.
 *
 * Those of the server have fixed OIDs; those of an extension are known by their
 * name and by whose member they are, so that one of the same name that somebody
 * else has made is not taken for it.
 * Entry point: index_method().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/amapi.h"
#include "access/gist_private.h"
#include "access/hash.h"
#include "access/nbtree.h"
#include "access/spgist_private.h"
#include "catalog/dependency.h"
#include "catalog/pg_am.h"
#include "commands/defrem.h"
#include "commands/extension.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "whatif/whatif_internal.h"

static const IndexMethod methods[] = {
	{.name = "btree",.am = BTREE_AM_OID,.fillfactor = BTREE_DEFAULT_FILLFACTOR,
	.estimate = btree_estimate},
	{.name = "hash",.am = HASH_AM_OID,.fillfactor = HASH_DEFAULT_FILLFACTOR,
	.estimate = hash_estimate},
	{.name = "brin",.am = BRIN_AM_OID,.estimate = brin_estimate,
	.cost_estimate = brin_cost_estimate},
	{.name = "gin",.am = GIN_AM_OID,.keeps_options = true,
	.sample_rows = SIZE_SAMPLE_ROWS,.estimate = gin_estimate},
	{.name = "gist",.am = GIST_AM_OID,.keeps_options = true,
		.fillfactor = GIST_DEFAULT_FILLFACTOR,
	.sample_rows = SIZE_SAMPLE_ROWS,.estimate = gist_estimate},
	{.name = "spgist",.am = SPGIST_AM_OID,
		.fillfactor = SPGIST_DEFAULT_FILLFACTOR,
	.sample_rows = SIZE_SAMPLE_ROWS,.estimate = spgist_estimate},
	{.name = "bloom",.extension = "bloom",.keeps_options = true,
	.estimate = bloom_estimate},
	{.name = "hnsw",.extension = "vector",.keeps_options = true,
		.approximate = true,.sample_rows = VECTOR_SAMPLE_ROWS,
		.choose_options = hnsw_choose_options,.estimate = hnsw_estimate,
	.cost_estimate = hnsw_cost_estimate},
	{.name = "ivfflat",.extension = "vector",.keeps_options = true,
		.approximate = true,.sample_rows = VECTOR_SAMPLE_ROWS,
		.choose_options = ivfflat_choose_options,.estimate = ivfflat_estimate,
	.cost_estimate = ivfflat_cost_estimate},
};

/* An access method that somebody has asked for. */
typedef struct KnownMethod
{
	Oid			am;
	const IndexMethod *method;	/* NULL: none of ours */
	IndexAmRoutine *routine;	/* NULL: not yet needed */
} KnownMethod;

static KnownMethod *known = NULL;
static int	nknown = 0;

/*
 * An access method was made or dropped; a syscache callback.  Their routines
 * are kept: the code behind them stays loaded.
 */
static void
catalog_changed(Datum arg, int cache, uint32 hash)
{
	(void) arg;
	(void) cache;
	(void) hash;
	nknown = 0;
}

/*
 * Does the access method belong to this extension?
 */
static bool
belongs_to(Oid am, const char *extension)
{
	Oid			owner = getExtensionOfObject(AccessMethodRelationId, am);

	return OidIsValid(owner) &&
		owner == get_extension_oid(extension, true);
}

/*
 * Find the method with this OID in the table, NULL for none.
 */
static const IndexMethod *
look_up(Oid am)
{
	char	   *name = NULL;

	for (int i = 0; i < (int) lengthof(methods); i++)
	{
		if (methods[i].extension == NULL)
		{
			if (methods[i].am == am)
				return &methods[i];
			continue;
		}
		if (name == NULL)
			name = get_am_name(am);
		if (name != NULL && strcmp(name, methods[i].name) == 0 &&
			belongs_to(am, methods[i].extension))
			return &methods[i];
	}
	return NULL;
}

/*
 * Return the entry of an access method, made when first asked for.
 */
static KnownMethod *
known_method(Oid am)
{
	static int	capacity = 0;
	const IndexMethod *method;

	for (int i = 0; i < nknown; i++)
		if (known[i].am == am)
			return &known[i];
	method = look_up(am);
	if (nknown == capacity)
	{
		capacity = Max(2 * capacity, (int) lengthof(methods));
		known = known == NULL ?
			MemoryContextAlloc(TopMemoryContext, capacity * sizeof(KnownMethod)) :
			repalloc(known, capacity * sizeof(KnownMethod));
	}
	known[nknown].am = am;
	known[nknown].method = method;
	known[nknown].routine = NULL;
	return &known[nknown++];
}

/*
 * Return what the engine knows of an access method, NULL when nothing.
 */
const IndexMethod *
index_method(Oid am)
{
	return known_method(am)->method;
}

/*
 * Is this an access method that the engine can predict?
 */
bool
hypo_am_supported(Oid am)
{
	return index_method(am) != NULL;
}

/*
 * Does an index of this method find only most of the nearest; see whatif.h.
 */
bool
whatif_method_is_approximate(Oid am)
{
	const IndexMethod *method = index_method(am);

	return method != NULL && method->approximate;
}

/*
 * Return the method's name; see whatif.h.
 */
const char *
whatif_method_name(Oid am)
{
	const IndexMethod *method = index_method(am);

	return method == NULL ? NULL : method->name;
}

/*
 * Return the routine table of a supported access method.
 */
const IndexAmRoutine *
hypo_am_routine(Oid am)
{
	KnownMethod *entry = known_method(am);

	if (entry->method == NULL)
		elog(ERROR, "unexpected access method %u", am);
	if (entry->routine == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);
		IndexAmRoutine *routine = GetIndexAmRoutineByAmId(am, false);

		MemoryContextSwitchTo(old);
		/* looking it up may have made the entries anew */
		entry = known_method(am);
		entry->routine = routine;
	}
	return entry->routine;
}

/*
 * Return the fill factor that an access method has by default; 0 for those
 * that have none.
 */
int
hypo_am_fillfactor(Oid am)
{
	const IndexMethod *method = index_method(am);

	return method == NULL ? 0 : method->fillfactor;
}

/*
 * Return a whole number among the storage parameters that are kept as text, or
 * "missing" when it was not given.
 */
int
hypo_index_option(const HypoIndex *index, const char *name, int missing)
{
	Size		length = strlen(name);
	ListCell   *cell;

	foreach(cell, index->other_options)
	{
		const char *option = lfirst(cell);

		if (strncmp(option, name, length) == 0 && option[length] == '=')
			return atoi(option + length + (option[length + 1] == '\'' ? 2 : 1));
	}
	return missing;
}

/*
 * Add a storage parameter, as CREATE INDEX has it.
 */
void
hypo_index_set_option(HypoIndex *index, const char *name, const char *value)
{
	index->other_options = lappend(index->other_options,
								   psprintf("%s=%s", quote_identifier(name),
											quote_literal_cstr(value)));
}

/*
 * Have changes of the access methods announced.
 */
void
method_init(void)
{
	CacheRegisterSyscacheCallback(AMOID, catalog_changed, (Datum) 0);
}
