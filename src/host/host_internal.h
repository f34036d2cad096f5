/*-------------------------------------------------------------------------
 *
 * host_internal.h
 *		What the parts of the host facts share with each other.
 *
 *	host.c			the settings, and the rows of the SQL function
 *	host_file.c		bounded reads of files of the kernel
 *	host_limit.c	memory and cores, and the limits of control groups
 *	host_disk.c		file systems and the devices below them
 *
 * Files are looked for under a root, which is empty but in tests.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DBADVISOR_HOST_INTERNAL_H
#define DBADVISOR_HOST_INTERNAL_H

#include "postgres.h"

#include "funcapi.h"

/* Where rows go, and where files are looked for. */
typedef struct HostFacts
{
	ReturnSetInfo *result;
	const char *root;			/* put before the path of each file */
} HostFacts;

/* A number with where it comes from; source is NULL where it is not known. */
typedef struct HostNumber
{
	double		value;
	const char *source;
} HostNumber;

/* dbadvisor.host_storage */
typedef enum HostStorage
{
	HOST_STORAGE_AUTO,
	HOST_STORAGE_SSD,
	HOST_STORAGE_HDD
} HostStorage;

extern int	host_memory_mb;		/* dbadvisor.host_memory; 0 for as measured */
extern int	host_cores;			/* dbadvisor.host_cores; 0 for as measured */
extern int	host_storage;		/* dbadvisor.host_storage */

/* Add a row; value NULL adds none. */
extern void host_put(HostFacts *facts, const char *fact, const char *object,
					 const char *value, const char *unit, const char *source,
					 double confidence);
extern void host_put_number(HostFacts *facts, const char *fact,
							const char *object, HostNumber number,
							const char *unit, double confidence);

/*
 * The begin of a file as text, or NULL where it cannot be read.  At most
 * HOST_FILE_BYTES are.
 */
#define HOST_FILE_BYTES 16384
extern char *host_read(const HostFacts *facts, const char *path);

/* The number after "key" at the begin of a line; false where there is none. */
extern bool host_find_number(const char *text, const char *key, double *number);

extern void host_put_limits(HostFacts *facts);
extern void host_put_places(HostFacts *facts);

/* Is this a virtual machine, by the word of the processor? */
extern bool host_is_virtual(const HostFacts *facts);

#endif							/* DBADVISOR_HOST_INTERNAL_H */
