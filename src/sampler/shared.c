/*-------------------------------------------------------------------------
 *
 * shared.c
 *		The shared memory of the sampler: entries of statements, each with a
 *		random choice of its executions.
 *
 * Which of a statement's executions are kept is a reservoir: each has the same
 * chance, except that the last ones count more once there were many, so that
 * the sets follow a workload that changes.  In a full bucket the entry goes
 * that was not used since the hand has passed it.
 * Entry points: sampler_shared_init(), sampler_record().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "common/pg_prng.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/shmem.h"

#include "sampler_internal.h"

#define SHARED_NAME "dbadvisor sampler"

/* A new execution is kept with the chance that it had among so many. */
#define RESERVOIR_WINDOW 512

/* When so many executions were counted, half of them are forgotten. */
#define COUNT_LIMIT 4096

SamplerShared *sampler_shared = NULL;
static LWLockPadded *sampler_locks = NULL;

static shmem_request_hook_type previous_request = NULL;
static shmem_startup_hook_type previous_startup = NULL;

/* Parts of the memory in which each kind has its entries. */
static const double kind_share[SAMPLER_KINDS] = {0.8, 0.15, 0.05};

/*
 * Bytes of one set.
 */
static int
set_size(void)
{
	return MAXALIGN(offsetof(SamplerSet, data) + sampler_max_set_bytes);
}

/*
 * Bytes of one entry.
 */
static int
entry_size(SamplerKind kind)
{
	switch (kind)
	{
		case KIND_SAMPLES:
			return MAXALIGN(sizeof(SamplerEntry)) + SAMPLER_SETS * set_size();
		case KIND_ESTIMATES:
			return MAXALIGN(sizeof(EstimateEntry));
		default:
			return MAXALIGN(sizeof(PlanEntry));
	}
}

/*
 * Buckets of a kind for which dbadvisor.sampler_size has room; each has a byte
 * for its hand.
 */
static int
bucket_count(SamplerKind kind)
{
	double		room = sampler_size * 1024.0 - MAXALIGN(sizeof(SamplerShared)) -
	SAMPLER_KINDS * MAXIMUM_ALIGNOF;

	return (int) (Max(room, 0) * kind_share[kind] /
				  (SAMPLER_WAYS * entry_size(kind) + 1));
}

/*
 * Is there room for entries of all kinds?
 */
static bool
memory_is_enough(void)
{
	for (int kind = 0; kind < SAMPLER_KINDS; kind++)
	{
		if (bucket_count(kind) == 0)
			return false;
	}
	return true;
}

/*
 * Where everything is.
 */
static void
memory_lay_out(SamplerShared *shared)
{
	shared->size = MAXALIGN(sizeof(SamplerShared));
	shared->set_size = set_size();
	for (int kind = 0; kind < SAMPLER_KINDS; kind++)
	{
		SamplerArea *area = &shared->areas[kind];

		area->nbuckets = bucket_count(kind);
		area->entry_size = entry_size(kind);
		area->hands = shared->size;
		area->entries = area->hands + MAXALIGN(area->nbuckets);
		shared->size = area->entries +
			(Size) area->nbuckets * SAMPLER_WAYS * area->entry_size;
	}
}

/*
 * Bytes of all.
 */
static Size
memory_size(void)
{
	SamplerShared layout;

	memory_lay_out(&layout);
	return layout.size;
}

/*
 * shmem_request_hook: ask for the memory and the locks.
 */
static void
shared_request(void)
{
	if (previous_request)
		previous_request();
	if (!memory_is_enough())
	{
		if (sampler_size > 0)
			ereport(WARNING,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("parameter values are not sampled"),
					 errdetail("The shared memory has no room for %d statements.",
							   SAMPLER_WAYS),
					 errhint("Raise dbadvisor.sampler_size, or lower dbadvisor.sampler_max_set_bytes.")));
		return;
	}
	RequestAddinShmemSpace(memory_size());
	RequestNamedLWLockTranche(SHARED_NAME, SAMPLER_LOCKS);
}

/*
 * Make empty entries.
 */
static void
shared_clear(void)
{
	memset(sampler_shared, 0, memory_size());
	memory_lay_out(sampler_shared);
	pg_atomic_init_u32(&sampler_shared->resets, 0);
	pg_atomic_init_u64(&sampler_shared->recorded, 0);
	pg_atomic_init_u64(&sampler_shared->evicted, 0);
	for (int i = 0; i < LOSS_KINDS; i++)
		pg_atomic_init_u64(&sampler_shared->lost[i], 0);
}

/*
 * shmem_startup_hook: find the memory; where it is new, fill it with what the
 * last clean shutdown has left.
 */
static void
shared_startup(void)
{
	bool		found;

	if (previous_startup)
		previous_startup();
	sampler_shared = NULL;
	if (!memory_is_enough())
		return;
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	sampler_shared = ShmemInitStruct(SHARED_NAME, memory_size(),
									 &found);
	sampler_locks = GetNamedLWLockTranche(SHARED_NAME);
	if (!found)
		shared_clear();
	LWLockRelease(AddinShmemInitLock);
	if (!IsUnderPostmaster)
		on_shmem_exit(sampler_file_save, (Datum) 0);
	if (!found)
		sampler_file_load();
}

/*
 * Arrange for shared memory while the server starts.
 */
void
sampler_shared_init(void)
{
	previous_request = shmem_request_hook;
	shmem_request_hook = shared_request;
	previous_startup = shmem_startup_hook;
	shmem_startup_hook = shared_startup;
}

/*
 * The lock that covers a bucket.
 */
LWLock *
sampler_lock(SamplerKind kind, int bucket)
{
	return &sampler_locks[(bucket + kind) % SAMPLER_LOCKS].lock;
}

/*
 * An entry by its place.
 */
SamplerHead *
sampler_entry(SamplerKind kind, int bucket, int way)
{
	const SamplerArea *area = &sampler_shared->areas[kind];

	return (SamplerHead *) ((char *) sampler_shared + area->entries +
							((Size) bucket * SAMPLER_WAYS + way) *
							area->entry_size);
}

/*
 * A set of an entry.
 */
SamplerSet *
sampler_set(const SamplerEntry *entry, int index)
{
	return (SamplerSet *) ((char *) entry + MAXALIGN(sizeof(SamplerEntry)) +
						   index * sampler_shared->set_size);
}

/*
 * Count a drawn execution that left no sample.
 */
void
sampler_count_loss(SamplerLoss loss)
{
	pg_atomic_fetch_add_u64(&sampler_shared->lost[loss], 1);
}

/*
 * The bucket of a key.
 */
static int
bucket_of(SamplerKind kind, const SamplerKey *key)
{
	return hash_bytes((const unsigned char *) key, sizeof(SamplerKey)) %
		sampler_shared->areas[kind].nbuckets;
}

/*
 * The entry of a key in its bucket, or a free one, or NULL.
 */
static SamplerHead *
entry_find(SamplerKind kind, int bucket, const SamplerKey *key)
{
	SamplerHead *unused = NULL;

	for (int way = 0; way < SAMPLER_WAYS; way++)
	{
		SamplerHead *entry = sampler_entry(kind, bucket, way);

		if (memcmp(&entry->key, key, sizeof(SamplerKey)) == 0)
			return entry;
		if (entry->key.queryid == 0 && unused == NULL)
			unused = entry;
	}
	return unused;
}

/*
 * The entry of a full bucket that has to go.  The hand turns twice at most.
 */
static SamplerHead *
entry_victim(SamplerKind kind, int bucket)
{
	uint8	   *hand = (uint8 *) sampler_shared +
	sampler_shared->areas[kind].hands + bucket;

	for (;;)
	{
		SamplerHead *entry = sampler_entry(kind, bucket, *hand);

		*hand = (*hand + 1) % SAMPLER_WAYS;
		if (!entry->referenced)
			return entry;
		entry->referenced = false;
	}
}

/*
 * The entry of a key, *made where there is none; with its lock held, which the
 * caller releases.  NULL while somebody else has the lock.
 */
SamplerHead *
sampler_entry_get(SamplerKind kind, const SamplerKey *key, LWLock **lock,
				  bool *made)
{
	int			bucket = bucket_of(kind, key);
	SamplerHead *entry;

	*lock = sampler_lock(kind, bucket);
	if (!LWLockConditionalAcquire(*lock, LW_EXCLUSIVE))
		return NULL;
	entry = entry_find(kind, bucket, key);
	if (entry == NULL)
	{
		entry = entry_victim(kind, bucket);
		entry->key.queryid = 0;
		if (kind == KIND_SAMPLES)
			pg_atomic_fetch_add_u64(&sampler_shared->evicted, 1);
	}
	*made = entry->key.queryid == 0;
	if (*made)
		memset(entry, 0, entry_size(kind));
	entry->referenced = !*made;
	entry->key = *key;
	return entry;
}

/*
 * Let the value of one execution vote for the most frequent one.
 */
static void
vote_count(SamplerVote *vote, uint32 hash)
{
	if (vote->lead > 0 && vote->hash == hash)
	{
		vote->lead++;
		vote->matches++;
	}
	else if (vote->lead > 0)
		vote->lead--;
	else if (hash != 0)
	{
		vote->hash = hash;
		vote->lead = 1;
		vote->matches = 1;
	}
}

/*
 * Forget half of what was counted.
 */
static void
entry_age(SamplerEntry *entry)
{
	entry->seen /= 2;
	for (int i = 0; i < SAMPLER_VOTES; i++)
	{
		entry->votes[i].lead /= 2;
		entry->votes[i].matches /= 2;
	}
}

/*
 * Place of a new set in the reservoir; -1 where it is not kept.
 */
static int
reservoir_place(const SamplerEntry *entry)
{
	uint64		place;

	if (entry->nsets < SAMPLER_SETS)
		return entry->nsets;
	place = pg_prng_uint64_range(&pg_global_prng_state, 0,
								 Min(entry->seen, RESERVOIR_WINDOW) - 1);
	return place < SAMPLER_SETS ? (int) place : -1;
}

/*
 * Put an execution into its entry.
 */
static void
entry_add(SamplerEntry *entry, const uint32 *hashes, int nparams,
		  const SamplerSet *set)
{
	int			place;

	entry->nparams = nparams;
	if (entry->seen >= COUNT_LIMIT)
		entry_age(entry);
	entry->seen++;
	for (int i = 0; i < Min(nparams, SAMPLER_VOTES); i++)
		vote_count(&entry->votes[i], hashes[i]);
	place = reservoir_place(entry);
	if (place < 0)
		return;
	memcpy(sampler_set(entry, place), set,
		   offsetof(SamplerSet, data) + set->length);
	entry->nsets = Max(entry->nsets, place + 1);
}

/*
 * Record an execution, unless somebody else has the lock.
 */
void
sampler_record(const SamplerKey *key, const SampleDraft *draft,
			   const SamplerSet *set)
{
	uint32		hashes[SAMPLER_VOTES];
	SamplerHead *entry;
	LWLock	   *lock;
	bool		made;

	for (int i = 0; i < Min(draft->nparams, SAMPLER_VOTES); i++)
		hashes[i] = value_hash(&draft->values[i]);
	entry = sampler_entry_get(KIND_SAMPLES, key, &lock, &made);
	if (entry == NULL)
	{
		sampler_count_loss(LOSS_BUSY);
		return;
	}
	entry_add((SamplerEntry *) entry, hashes, draft->nparams, set);
	LWLockRelease(lock);
	pg_atomic_fetch_add_u64(&sampler_shared->recorded, 1);
}

/*
 * Put back an entry that was saved, where there is room.  While the server
 * starts: nobody else looks.
 */
void
sampler_restore(SamplerKind kind, const SamplerHead *saved)
{
	SamplerHead *entry = entry_find(kind, bucket_of(kind, &saved->key),
									&saved->key);

	if (entry != NULL)
		memcpy(entry, saved, sampler_shared->areas[kind].entry_size);
}

/*
 * Is an entry of this database, statement and user?  Zeros stand for all.
 */
static bool
entry_matches(const SamplerHead *entry, int64 queryid, Oid userid)
{
	return entry->key.queryid != 0 && entry->key.dboid == MyDatabaseId &&
		(queryid == 0 || entry->key.queryid == queryid) &&
		(!OidIsValid(userid) || entry->key.userid == userid);
}

/*
 * Copies of the matching entries of a kind, one after the other.  A queryid of
 * 0 and an invalid user mean all.
 */
char *
sampler_copy(SamplerKind kind, int64 queryid, Oid userid, int *count)
{
	const SamplerArea *area = &sampler_shared->areas[kind];
	int			room = 2 * SAMPLER_WAYS;
	char	   *copies = palloc((Size) room * area->entry_size);

	*count = 0;
	for (int bucket = 0; bucket < area->nbuckets; bucket++)
	{
		CHECK_FOR_INTERRUPTS();
		if (*count + SAMPLER_WAYS > room)
		{
			room *= 2;
			copies = repalloc_huge(copies, (Size) room * area->entry_size);
		}
		LWLockAcquire(sampler_lock(kind, bucket), LW_SHARED);
		for (int way = 0; way < SAMPLER_WAYS; way++)
		{
			const SamplerHead *entry = sampler_entry(kind, bucket, way);

			if (entry_matches(entry, queryid, userid))
				memcpy(copies + (Size) (*count)++ * area->entry_size, entry,
					   area->entry_size);
		}
		LWLockRelease(sampler_lock(kind, bucket));
	}
	return copies;
}

/*
 * Forget all entries of a bucket.
 */
static void
bucket_forget(SamplerKind kind, int bucket)
{
	LWLock	   *lock = sampler_lock(kind, bucket);

	LWLockAcquire(lock, LW_EXCLUSIVE);
	for (int way = 0; way < SAMPLER_WAYS; way++)
		sampler_entry(kind, bucket, way)->key.queryid = 0;
	LWLockRelease(lock);
}

/*
 * How often all was forgotten since the server started.
 */
uint32
sampler_resets(void)
{
	return pg_atomic_read_u32(&sampler_shared->resets);
}

/*
 * Forget all, also what sessions have yet to add.
 */
void
sampler_forget(void)
{
	pg_atomic_fetch_add_u32(&sampler_shared->resets, 1);
	for (int kind = 0; kind < SAMPLER_KINDS; kind++)
	{
		for (int bucket = 0; bucket < sampler_shared->areas[kind].nbuckets; bucket++)
		{
			CHECK_FOR_INTERRUPTS();
			bucket_forget(kind, bucket);
		}
	}
}
