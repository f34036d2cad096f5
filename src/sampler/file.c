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
#define FILE_FORMAT 0x44424101

/* How the file begins; entries follow, then a checksum of all before it. */
typedef struct FileHead
{
	uint32		format;
	int32		server;			/* version of it: queryids are its own */
	int32		entry_size;
	int32		nentries;
	char		version[16];	/* of dbadvisor */
} FileHead;

/* The file and the checksum over what has passed. */
typedef struct SampleFile
{
	FILE	   *file;
	pg_crc32c	checksum;
} SampleFile;

/*
 * What a file of ours begins with.
 */
static FileHead
head_make(int nentries)
{
	FileHead	head = {FILE_FORMAT, SERVER_MAJOR,
	sampler_shared->entry_size, nentries, ""};

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
entry_is_sane(const SamplerEntry *entry)
{
	if (entry->key.queryid == 0 || entry->nsets > SAMPLER_SETS ||
		entry->nparams > SAMPLER_MAX_PARAMS)
		return false;
	for (int i = 0; i < entry->nsets; i++)
	{
		if (!set_is_sane(sampler_set(entry, i), entry->nparams))
			return false;
	}
	return true;
}

/*
 * Read all entries into "entries".  Returns why that is not possible, or NULL.
 */
static const char *
entries_read(SampleFile *from, char **entries, int *count)
{
	FileHead	head = {0};
	FileHead	expected = head_make(0);
	pg_crc32c	checksum;
	struct stat status;

	if (!file_read(from, &head, sizeof(head)))
		return "it is too short";
	expected.nentries = head.nentries;
	if (memcmp(&head, &expected, sizeof(head)) != 0)
		return "it is of another version or size";
	*count = head.nentries;
	if (*count < 0 || fstat(fileno(from->file), &status) != 0 ||
		status.st_size != (off_t) (sizeof(head) + sizeof(checksum)) +
		(off_t) * count * head.entry_size)
		return "its length is wrong";
	*entries = palloc_extended((Size) Max(*count, 1) * head.entry_size,
							   MCXT_ALLOC_HUGE);
	if (!file_read(from, *entries, (Size) *count * head.entry_size))
		return "it is too short";
	FIN_CRC32C(from->checksum);
	if (fread(&checksum, 1, sizeof(checksum), from->file) != sizeof(checksum) ||
		!EQ_CRC32C(checksum, from->checksum))
		return "its checksum is wrong";
	return NULL;
}

/*
 * Take over what an open file has.
 */
static void
file_take(SampleFile *from)
{
	char	   *entries = NULL;
	int			count = 0;
	const char *problem = entries_read(from, &entries, &count);

	if (problem != NULL)
		ereport(LOG,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("ignoring file \"%s\"", SAMPLE_FILE),
				 errdetail("Samples of parameter values start empty: %s.",
						   problem)));
	for (int i = 0; problem == NULL && i < count; i++)
	{
		SamplerEntry *entry = (SamplerEntry *) (entries +
												(Size) i * sampler_shared->entry_size);

		if (entry_is_sane(entry))
			sampler_restore(entry);
	}
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
 * Number of entries in use.
 */
static int
entries_count(void)
{
	int			count = 0;

	for (int bucket = 0; bucket < sampler_shared->nbuckets; bucket++)
		for (int way = 0; way < SAMPLER_WAYS; way++)
			count += sampler_entry(bucket, way)->key.queryid != 0;
	return count;
}

/*
 * Write head, entries and checksum.
 */
static bool
entries_write(SampleFile *to)
{
	FileHead	head = head_make(entries_count());

	if (!file_write(to, &head, sizeof(head)))
		return false;
	for (int bucket = 0; bucket < sampler_shared->nbuckets; bucket++)
		for (int way = 0; way < SAMPLER_WAYS; way++)
		{
			SamplerEntry *entry = sampler_entry(bucket, way);

			if (entry->key.queryid != 0 &&
				!file_write(to, entry, sampler_shared->entry_size))
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
	if (to.file != NULL && (entries_write(&to) & (FreeFile(to.file) == 0)))
	{
		(void) durable_rename(SAMPLE_FILE_NEW, SAMPLE_FILE, LOG);
		return;
	}
	ereport(LOG,
			(errcode_for_file_access(),
			 errmsg("could not write file \"%s\": %m", SAMPLE_FILE_NEW)));
	(void) unlink(SAMPLE_FILE_NEW);
}
