/*-------------------------------------------------------------------------
 *
 * file.c
 *		Samples survive a clean restart, in a file beside the server's own
 *		statistics.
 *
 * It is written when the server shuts down, under another name until it is
 * complete, and removed when it has been read: after a crash there is none.  A
 * file that is damaged, cut off, or of another version, is not used; the log
 * says so.  Only samples are lost by that.
 * Entry points: sampler_file_load(), sampler_file_save().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <sys/stat.h>
#include <unistd.h>

#include "miscadmin.h"
#include "pgstat.h"
#include "port/pg_crc32c.h"
#include "storage/fd.h"

#include "dbadvisor.h"
#include "sampler_internal.h"

#define SAMPLE_FILE PGSTAT_STAT_PERMANENT_DIRECTORY "/dbadvisor.stat"
#define SAMPLE_FILE_NEW SAMPLE_FILE ".tmp"

/* Changes with each change of the structures in the file. */
#define FILE_FORMAT 0x44424103

/* How the file begins; entries follow, kind after kind, then a checksum of all
 * before it. */
typedef struct FileHead
{
	uint32		format;
	int32		server;			/* version of it: queryids are its own */
	int32		entry_size[SAMPLER_KINDS];
	int32		nentries[SAMPLER_KINDS];
	char		version[16];	/* of dbadvisor */
} FileHead;

/* The file and the checksum over what has passed. */
typedef struct SampleFile
{
	FILE	   *file;
	pg_crc32c	checksum;
} SampleFile;

/*
 * What a file of ours begins with, apart from the numbers of entries.
 */
static FileHead
head_make(void)
{
	FileHead	head = {.format = FILE_FORMAT,.server = SERVER_MAJOR};

	for (int kind = 0; kind < SAMPLER_KINDS; kind++)
		head.entry_size[kind] = sampler_shared->areas[kind].entry_size;
	strlcpy(head.version, DBADVISOR_VERSION, sizeof(head.version));
	return head;
}

/*
 * Read bytes; false where there are not so many.
 */
static bool
file_read(SampleFile *from, void *bytes, Size length)
{
	if (fread(bytes, 1, length, from->file) != length)
		return false;
	COMP_CRC32C(from->checksum, bytes, length);
	return true;
}

/*
 * Write bytes.
 */
static bool
file_write(SampleFile *to, const void *bytes, Size length)
{
	COMP_CRC32C(to->checksum, bytes, length);
	return fwrite(bytes, 1, length, to->file) == length;
}

/*
 * Can an entry be used?  Backends may have been killed while they wrote it.
 */
static bool
entry_is_sane(SamplerKind kind, SamplerHead *head)
{
	const SamplerEntry *entry = (SamplerEntry *) head;

	if (head->key.queryid == 0)
		return false;
	if (kind == KIND_ESTIMATES)
		((EstimateEntry *) head)->clause[CLAUSE_LENGTH - 1] = '\0';
	if (kind == KIND_PLANS)
		((PlanEntry *) head)->shape[SHAPE_LENGTH - 1] = '\0';
	if (kind != KIND_SAMPLES)
		return true;
	if (entry->nsets > SAMPLER_SETS || entry->nparams > SAMPLER_MAX_PARAMS)
		return false;
	for (int i = 0; i < entry->nsets; i++)
	{
		if (!set_is_sane(sampler_set(entry, i), entry->nparams))
			return false;
	}
	return true;
}

/*
 * Bytes of all entries; -1 for a head that is not ours.
 */
static int64
entries_size(const FileHead *head)
{
	FileHead	expected = head_make();
	int64		size = 0;

	memcpy(expected.nentries, head->nentries, sizeof(expected.nentries));
	if (memcmp(head, &expected, sizeof(expected)) != 0)
		return -1;
	for (int kind = 0; kind < SAMPLER_KINDS; kind++)
	{
		if (head->nentries[kind] < 0)
			return -1;
		size += (int64) head->nentries[kind] * head->entry_size[kind];
	}
	return size;
}

/*
 * Read all entries into "entries".  Returns why that is not possible, or NULL.
 */
static const char *
entries_read(SampleFile *from, FileHead *head, char **entries)
{
	pg_crc32c	checksum;
	struct stat status;
	int64		size;

	if (!file_read(from, head, sizeof(*head)))
		return "it is too short";
	size = entries_size(head);
	if (size < 0)
		return "it is of another version or size";
	if (fstat(fileno(from->file), &status) != 0 ||
		status.st_size != (off_t) (sizeof(*head) + size + sizeof(checksum)))
		return "its length is wrong";
	*entries = palloc_extended(Max(size, 1), MCXT_ALLOC_HUGE);
	if (!file_read(from, *entries, size))
		return "it is too short";
	FIN_CRC32C(from->checksum);
	if (fread(&checksum, 1, sizeof(checksum), from->file) != sizeof(checksum) ||
		!EQ_CRC32C(checksum, from->checksum))
		return "its checksum is wrong";
	return NULL;
}

/*
 * Put the entries that were read into the memory.
 */
static void
entries_restore(const FileHead *head, char *entries)
{
	for (int kind = 0; kind < SAMPLER_KINDS; kind++)
		for (int i = 0; i < head->nentries[kind]; i++)
		{
			if (entry_is_sane(kind, (SamplerHead *) entries))
				sampler_restore(kind, (SamplerHead *) entries);
			entries += head->entry_size[kind];
		}
}

/*
 * Take over what an open file has.
 */
static void
file_take(SampleFile *from)
{
	FileHead	head;
	char	   *entries = NULL;
	const char *problem = entries_read(from, &head, &entries);

	if (problem == NULL)
		entries_restore(&head, entries);
	else
		ereport(LOG,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("ignoring file \"%s\"", SAMPLE_FILE),
				 errdetail("Samples of parameter values start empty: %s.",
						   problem)));
	if (entries != NULL)
		pfree(entries);
}

/*
 * Take over what the last clean shutdown has left, and remove it.
 */
void
sampler_file_load(void)
{
	SampleFile	from = {.file = AllocateFile(SAMPLE_FILE, PG_BINARY_R)};

	if (from.file == NULL)
	{
		if (errno != ENOENT)
			ereport(LOG,
					(errcode_for_file_access(),
					 errmsg("could not read file \"%s\": %m", SAMPLE_FILE)));
		return;
	}
	INIT_CRC32C(from.checksum);
	file_take(&from);
	FreeFile(from.file);
	(void) unlink(SAMPLE_FILE);
}

/*
 * Write the entries of a kind that are in use, or only count them (NULL).
 * Returns their number, -1 where that fails.
 */
static int
entries_write(SampleFile *to, SamplerKind kind)
{
	const SamplerArea *area = &sampler_shared->areas[kind];
	int			count = 0;

	for (int bucket = 0; bucket < area->nbuckets; bucket++)
		for (int way = 0; way < SAMPLER_WAYS; way++)
		{
			SamplerHead *entry = sampler_entry(kind, bucket, way);

			if (entry->key.queryid == 0)
				continue;
			count++;
			if (to != NULL && !file_write(to, entry, area->entry_size))
				return -1;
		}
	return count;
}

/*
 * Write head, entries and checksum.
 */
static bool
all_write(SampleFile *to)
{
	FileHead	head = head_make();

	for (int kind = 0; kind < SAMPLER_KINDS; kind++)
		head.nentries[kind] = entries_write(NULL, kind);
	if (!file_write(to, &head, sizeof(head)))
		return false;
	for (int kind = 0; kind < SAMPLER_KINDS; kind++)
	{
		if (entries_write(to, kind) < 0)
			return false;
	}
	FIN_CRC32C(to->checksum);
	return fwrite(&to->checksum, 1, sizeof(pg_crc32c), to->file) ==
		sizeof(pg_crc32c);
}

/*
 * on_shmem_exit() callback of the postmaster: save the samples.  Not after a
 * crash: nobody knows what is in the memory then.
 */
void
sampler_file_save(int code, Datum arg)
{
	SampleFile	to;

	(void) arg;
	if (code != 0 || sampler_shared == NULL)
		return;
	to.file = AllocateFile(SAMPLE_FILE_NEW, PG_BINARY_W);
	INIT_CRC32C(to.checksum);
	if (to.file != NULL && (all_write(&to) & (FreeFile(to.file) == 0)))
	{
		(void) durable_rename(SAMPLE_FILE_NEW, SAMPLE_FILE, LOG);
		return;
	}
	ereport(LOG,
			(errcode_for_file_access(),
			 errmsg("could not write file \"%s\": %m", SAMPLE_FILE_NEW)));
	(void) unlink(SAMPLE_FILE_NEW);
}
