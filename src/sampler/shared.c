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

/*
 * Bytes of one set and of one entry.
 */
static int
set_size(void)
{
	return MAXALIGN(offsetof(SamplerSet, data) + sampler_max_set_bytes);
}

static int
entry_size(void)
{
	return MAXALIGN(sizeof(SamplerEntry)) + SAMPLER_SETS * set_size();
}

/*
 * Buckets for which dbadvisor.sampler_size has room; each has a byte for its
 * hand.
 */
static int
bucket_count(void)
{
	int64		left = sampler_size * INT64CONST(1024) -
	MAXALIGN(sizeof(SamplerShared)) - MAXIMUM_ALIGNOF;

	return Max(left, 0) / (SAMPLER_WAYS * entry_size() + 1);
}

/*
 * Bytes before the first entry, and of all.
 */
static Size
hands_size(int nbuckets)
{
	return MAXALIGN(sizeof(SamplerShared)) + MAXALIGN(nbuckets);
}

static Size
memory_size(int nbuckets)
{
	return hands_size(nbuckets) +
		(Size) nbuckets * SAMPLER_WAYS * entry_size();
}

/*
 * shmem_request_hook: ask for the memory and the locks.
 */
static void
shared_request(void)
{
	if (previous_request)
		previous_request();
	if (bucket_count() == 0)
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
	RequestAddinShmemSpace(memory_size(bucket_count()));
	RequestNamedLWLockTranche(SHARED_NAME, SAMPLER_LOCKS);
}

/*
 * Make empty entries.
 */
static void
shared_clear(void)
{
	int			nbuckets = bucket_count();

	memset(sampler_shared, 0, memory_size(nbuckets));
	sampler_shared->nbuckets = nbuckets;
	sampler_shared->set_size = set_size();
	sampler_shared->entry_size = entry_size();
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
	if (bucket_count() == 0)
		return;
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	sampler_shared = ShmemInitStruct(SHARED_NAME, memory_size(bucket_count()),
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
sampler_lock(int bucket)
{
	return &sampler_locks[bucket % SAMPLER_LOCKS].lock;
}

/*
 * An entry by its place.
 */
SamplerEntry *
sampler_entry(int bucket, int way)
{
	return (SamplerEntry *) ((char *) sampler_shared +
							 hands_size(sampler_shared->nbuckets) +
							 ((Size) bucket * SAMPLER_WAYS + way) *
							 sampler_shared->entry_size);
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
bucket_of(const SamplerKey *key)
{
	return hash_bytes((const unsigned char *) key, sizeof(SamplerKey)) %
		sampler_shared->nbuckets;
}

/*
 * The entry of a key in its bucket, or a free one, or NULL.
 */
static SamplerEntry *
entry_find(int bucket, const SamplerKey *key)
{
	SamplerEntry *unused = NULL;

	for (int way = 0; way < SAMPLER_WAYS; way++)
	{
		SamplerEntry *entry = sampler_entry(bucket, way);

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
static SamplerEntry *
entry_victim(int bucket)
{
	uint8	   *hand = (uint8 *) sampler_shared +
	MAXALIGN(sizeof(SamplerShared)) + bucket;

	for (;;)
	{
		SamplerEntry *entry = sampler_entry(bucket, *hand);

		*hand = (*hand + 1) % SAMPLER_WAYS;
		if (!entry->referenced)
			return entry;
		entry->referenced = false;
	}
}

/*
 * The entry of a key, made where there is none; with the lock held.
 */
static SamplerEntry *
entry_get(const SamplerKey *key)
{
	int			bucket = bucket_of(key);
	SamplerEntry *entry = entry_find(bucket, key);

	if (entry == NULL)
	{
		entry = entry_victim(bucket);
		entry->key.queryid = 0;
		pg_atomic_fetch_add_u64(&sampler_shared->evicted, 1);
	}
	if (entry->key.queryid != 0)
	{
		entry->referenced = true;
		return entry;
	}
	memset(entry, 0, sizeof(SamplerEntry));
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
	LWLock	   *lock = sampler_lock(bucket_of(key));
	uint32		hashes[SAMPLER_VOTES];

	for (int i = 0; i < Min(draft->nparams, SAMPLER_VOTES); i++)
		hashes[i] = value_hash(&draft->values[i]);
	if (!LWLockConditionalAcquire(lock, LW_EXCLUSIVE))
	{
		sampler_count_loss(LOSS_BUSY);
		return;
	}
	entry_add(entry_get(key), hashes, draft->nparams, set);
	LWLockRelease(lock);
	pg_atomic_fetch_add_u64(&sampler_shared->recorded, 1);
}

/*
 * Put back an entry that was saved, where there is room.  While the server
 * starts: nobody else looks.
 */
void
sampler_restore(const SamplerEntry *saved)
{
	SamplerEntry *entry = entry_find(bucket_of(&saved->key), &saved->key);

	if (entry != NULL)
		memcpy(entry, saved, sampler_shared->entry_size);
}

/*
 * Forget all samples.
 */
void
sampler_forget(void)
{
	for (int bucket = 0; bucket < sampler_shared->nbuckets; bucket++)
	{
		LWLock	   *lock = sampler_lock(bucket);

		CHECK_FOR_INTERRUPTS();
		LWLockAcquire(lock, LW_EXCLUSIVE);
		for (int way = 0; way < SAMPLER_WAYS; way++)
			sampler_entry(bucket, way)->key.queryid = 0;
		LWLockRelease(lock);
	}
}
