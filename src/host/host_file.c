/*-------------------------------------------------------------------------
 *
 * host_file.c
 *		Bounded reads of small files of the kernel.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <fcntl.h>
#include <unistd.h>

#include "miscadmin.h"
#include "storage/fd.h"

#include "host/host_internal.h"

/*
 * Read the begin of a file; see host_internal.h.
 */
char *
host_read(const HostFacts *facts, const char *path)
{
	char	   *whole = psprintf("%s%s", facts->root, path);
	char	   *text = NULL;
	int			fd = OpenTransientFile(whole, O_RDONLY | PG_BINARY);
	ssize_t		bytes = 0;

	pfree(whole);
	if (fd < 0)
		return NULL;
	text = palloc(HOST_FILE_BYTES + 1);

	while (bytes < HOST_FILE_BYTES)
	{
		ssize_t		got = read(fd, text +bytes, HOST_FILE_BYTES - bytes);

		CHECK_FOR_INTERRUPTS();
		if (got <= 0)
			break;
		bytes += got;
	}
	CloseTransientFile(fd);
	text[		bytes] = '\0';
	return text;
}

/*
 * Find a number in lines of "key number"; see host_internal.h.
 */
bool
host_find_number(const char *text, const char *key, double *number)
{
	const char *line = text;

	while (line != NULL && *line != '\0')
	{
		if (strncmp(line, key, strlen(key)) == 0)
			return sscanf(line + strlen(key), "%lf", number) == 1;
		line = strchr(line, '\n');
		if (line != NULL)
			line++;
	}
	return false;
}
