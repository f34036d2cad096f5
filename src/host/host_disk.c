/*-------------------------------------------------------------------------
 *
 * host_disk.c
 *		File systems that the server writes to, and the devices below them.
 *
 * Only what the server itself uses is looked at: its data directory, pg_wal and
 * the tablespaces.  A virtual disk says that it rotates whatever is below it, and
 * network and stacked file systems have no device, so what a device says of
 * itself comes with a confidence.
 * Entry point: host_put_places().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "commands/tablespace.h"
#include "miscadmin.h"
#include "storage/fd.h"

#include "host/host_internal.h"

/* Tablespaces that are looked at. */
#define MAX_TABLESPACES 1000

/* Kinds of file systems by their magic numbers, from linux/magic.h and, where it
 * has none, the sources of the file system. */
static const struct
{
	unsigned int magic;
	const char *name;
}			filesystems[] =

{
	{0xEF53, "ext"},
	{0x58465342, "xfs"},
	{0x9123683E, "btrfs"},
	{0x2FC12FC1, "zfs"},
	{0xF2F52010, "f2fs"},
	{0x01021994, "tmpfs"},
	{0x794C7630, "overlay"},
	{0x6969, "nfs"},
	{0xFF534D42, "cifs"},
	{0xFE534D42, "smb2"},
	{0x65735546, "fuse"},
	{0x00C36400, "ceph"},
	{0x01021997, "9p"},
};

/*
 * The name of a kind of file system, or its number.
 */
static const char *
filesystem_name(unsigned int magic)
{
	for (int i = 0; i < (int) lengthof(filesystems); i++)
		if (filesystems[i].magic == magic)
			return filesystems[i].name;
	return psprintf("0x%X", magic);
}

/*
 * What the kernel says of a device: of a partition, the disk that it is on.
 */
static char *
read_rotational(const HostFacts *facts, const char *device)
{
	char	   *text = host_read(facts, psprintf("/sys/dev/block/%s/queue/rotational", device));

	if (text == NULL)
		text = host_read(facts, psprintf("/sys/dev/block/%s/../queue/rotational", device));
	return text;
}

/*
 * Add whether the storage rotates.  "No" is believed, "yes" of a virtual machine
 * is hardly worth anything; without a device nothing is said.
 */
static void
put_rotational(HostFacts *facts, const char *object, const char *device)
{
	char	   *text = read_rotational(facts, device);

	if (host_storage != HOST_STORAGE_AUTO)
		host_put(facts, "rotational", object,
				 host_storage == HOST_STORAGE_HDD ? "on" : "off", NULL,
				 "dbadvisor.host_storage", 1.0);
	else if (text !=NULL && *text == '0')
		host_put(facts, "rotational", object, "off", NULL,
				 "/sys/dev/block", 0.9);
	else if (text !=NULL)
		host_put(facts, "rotational", object, "on", NULL, "/sys/dev/block",
				 host_is_virtual(facts) ? 0.2 : 0.9);
}

/*
 * Add what there is to say of the place of one folder.
 */
static void
put_place(HostFacts *facts, const char *object, const char *path)
{
	struct stat status;
	struct statvfs space;
	struct statfs kind;
	char	   *device;

	if (stat(path, &status) != 0)
		return;
	device = psprintf("%u:%u", major(status.st_dev), minor(status.st_dev));
	host_put(facts, "device", object, device, NULL, "stat", 1.0);
	if (statfs(path, &kind) == 0)
		host_put(facts, "filesystem", object,
				 filesystem_name((unsigned int) kind.f_type), NULL, "statfs", 1.0);
	if (statvfs(path, &space) == 0)
	{
		HostNumber	size = {(double) space.f_blocks * space.f_frsize, "statvfs"};
		HostNumber	available = {(double) space.f_bavail * space.f_frsize, "statvfs"};

		host_put_number(facts, "size", object, size, "bytes", 1.0);
		/* Thin volumes and quotas above it are not seen. */
		host_put_number(facts, "free", object, available, "bytes", 0.9);
	}
	put_rotational(facts, object, device);
}

/*
 * Add the places of all tablespaces that have one of their own.
 */
static void
put_tablespaces(HostFacts *facts)
{
	DIR		   *dir = AllocateDir("pg_tblspc");
	struct dirent *entry;
	int			count = 0;

	while (count < MAX_TABLESPACES &&
		   (entry = ReadDirExtended(dir, "pg_tblspc", DEBUG1)) != NULL)
	{
		Oid			oid = (Oid) strtoul(entry->d_name, NULL, 10);
		char	   *name = OidIsValid(oid) ? get_tablespace_name(oid) : NULL;

		CHECK_FOR_INTERRUPTS();
		if (name == NULL)
			continue;
		put_place(facts, psprintf("tablespace %s", name),
				  psprintf("pg_tblspc/%s", entry->d_name));
		count++;
	}
	if (dir != NULL)
		FreeDir(dir);
}

/*
 * Add the rows about storage.  The server's directory is the current one.
 */
void
host_put_places(HostFacts *facts)
{
	put_place(facts, "data_directory", ".");
	put_place(facts, "pg_wal", "pg_wal");
	put_tablespaces(facts);
}
