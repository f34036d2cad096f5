/*-------------------------------------------------------------------------
 *
 * host_limit.c
 *		Memory and cores of the machine, and what control groups leave of them.
 *
 * In a container the files of the machine tell of the machine, so the least of
 * it and all limits above the process counts.  A limit is a limit of each group
 * on the way up: a group without one may be within a group that has one.
 * Entry point: host_put_limits().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <sched.h>

#include "miscadmin.h"

#include "host/host_internal.h"

/* cgroup v1 says "no limit" with the largest multiple of a page; nobody has an
 * exabyte. */
#define NO_LIMIT_BYTES 1152921504606846976.0	/* 2^60 */

/* Groups within groups that are looked at. */
#define MAX_GROUP_DEPTH 32

/* Reads the limit of one group; false where it has none. */
typedef bool (*LimitReader) (const HostFacts *facts, const char *folder,
							 double *limit);

/*
 * memory.max of version 2.
 */
static bool
read_memory_v2(const HostFacts *facts, const char *folder, double *limit)
{
	char	   *text = host_read(facts, psprintf("%s/memory.max", folder));

	return text !=NULL && sscanf(text, "%lf", limit) == 1;
}

/*
 * memory.limit_in_bytes of version 1.
 */
static bool
read_memory_v1(const HostFacts *facts, const char *folder, double *limit)
{
	char	   *text = host_read(facts, psprintf("%s/memory.limit_in_bytes", folder));

	return text !=NULL && sscanf(text, "%lf", limit) == 1 &&
	*limit < NO_LIMIT_BYTES;
}

/*
 * cpu.max of version 2: a quota, or "max", and the period that it is for.
 */
static bool
read_cores_v2(const HostFacts *facts, const char *folder, double *limit)
{
	char	   *text = host_read(facts, psprintf("%s/cpu.max", folder));
	double		quota;
	double		period;

	if (text == NULL || sscanf(text, "%lf %lf", &quota, &period) != 2 ||
		quota <= 0 || period <= 0)
		return false;
	*limit = quota / period;
	return true;
}

/*
 * cpu.cfs_quota_us of version 1; -1 for none.
 */
static bool
read_cores_v1(const HostFacts *facts, const char *folder, double *limit)
{
	char	   *quota_text = host_read(facts, psprintf("%s/cpu.cfs_quota_us", folder));
	char	   *period_text = host_read(facts, psprintf("%s/cpu.cfs_period_us", folder));
	double		quota;
	double		period;

	if (quota_text == NULL || sscanf(quota_text, "%lf", &quota) != 1 ||
		period_text == NULL || sscanf(period_text, "%lf", &period) != 1 ||
		quota <= 0 || period <= 0)
		return false;
	*limit = quota / period;
	return true;
}

/*
 * Lower the number to the least limit of a group and those around it.  Within a
 * container the path may be one of the machine, which is not there; its root is
 * the container's own group then.
 */
static void
lower_to_group(const HostFacts *facts, const char *mount, const char *group,
			   LimitReader reader, HostNumber *number)
{
	char	   *path = pstrdup(group);

	for (int depth = 0; depth < MAX_GROUP_DEPTH; depth++)
	{
		char	   *folder = psprintf("/sys/fs/cgroup%s%s", mount, path);
		char	   *end = strrchr(path, '/');
		double		limit;

		CHECK_FOR_INTERRUPTS();
		if (reader(facts, folder, &limit) &&
			(number->source == NULL || limit < number->value))
		{
			number->value = limit;
			number->source = folder;
		}
		if (end == NULL)
			break;
		*end = '\0';
	}
}

/*
 * Does a list of controllers, separated by commas, have this one?
 */
static bool
has_controller(const char *list, const char *controller)
{
	size_t		length = strlen(controller);

	for (const char *p = list; p != NULL; p = strchr(p, ','))
	{
		p += *p == ',';
		if (strncmp(p, controller, length) == 0 &&
			(p[length] == ',' || p[length] == '\0'))
			return true;
	}
	return false;
}

/*
 * Lower the numbers to what one line of /proc/self/cgroup stands for:
 * number:controllers:path, without controllers for version 2.
 */
static void
lower_to_line(const HostFacts *facts, char *line, HostNumber *memory,
			  HostNumber *cores)
{
	char	   *controllers = strchr(line, ':');
	char	   *group = controllers == NULL ? NULL : strchr(controllers + 1, ':');

	if (group == NULL)
		return;
	*controllers++ = '\0';
	*group++ = '\0';
	/* A group outside of the own namespace cannot be looked up. */
	if (strcmp(group, "/") == 0 || strncmp(group, "/..", 3) == 0)
		group = "";
	if (*controllers == '\0')
	{
		lower_to_group(facts, "", group, read_memory_v2, memory);
		lower_to_group(facts, "", group, read_cores_v2, cores);
	}
	if (has_controller(controllers, "memory"))
		lower_to_group(facts, "/memory", group, read_memory_v1, memory);
	if (has_controller(controllers, "cpu"))
		lower_to_group(facts, "/cpu", group, read_cores_v1, cores);
}

/*
 * Find the limits of the control groups that this process is in.
 */
static void
find_group_limits(const HostFacts *facts, HostNumber *memory, HostNumber *cores)
{
	char	   *rest = host_read(facts, "/proc/self/cgroup");
	char	   *line;

	while (rest != NULL && (line = strsep(&rest, "\n")) != NULL)
		lower_to_line(facts, line, memory, cores);
}

/*
 * The cores that this process may run on.
 */
static HostNumber
find_cores(void)
{
	HostNumber	cores = {0, NULL};
	cpu_set_t	set;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
	{
		cores.value = CPU_COUNT(&set);
		cores.source = "sched_getaffinity";
	}
	return cores;
}

/*
 * A line of /proc/meminfo as bytes.
 */
static HostNumber
find_memory(const char *meminfo, const char *key)
{
	HostNumber	memory = {0, NULL};

	if (meminfo != NULL && host_find_number(meminfo, key, &memory.value))
	{
		memory.value *= 1024;
		memory.source = "/proc/meminfo";
	}
	return memory;
}

/*
 * Add what counts: the override, else the least of what there is and its limit.
 */
static void
put_effective(HostFacts *facts, const char *fact, HostNumber total,
			  HostNumber limit, HostNumber override, const char *unit)
{
	if (override.source != NULL)
		host_put_number(facts, fact, "", override, unit, 1.0);
	else if (limit.source != NULL &&
			 (total.source == NULL || limit.value < total.value))
		host_put_number(facts, fact, "", limit, unit, 0.9);
	else
		/* A limit that cannot be seen from here may still be there. */
		host_put_number(facts, fact, "", total, unit, 0.8);
}

/*
 * Add how many huge pages the kernel has set aside.
 */
static void
put_huge_pages(HostFacts *facts, const char *meminfo)
{
	static const char *const keys[][2] = {
		{"huge_pages_total", "HugePages_Total:"},
		{"huge_pages_free", "HugePages_Free:"},
	};

	for (int i = 0; i < (int) lengthof(keys); i++)
	{
		HostNumber	pages = {0, "/proc/meminfo"};

		if (meminfo != NULL &&
			host_find_number(meminfo, keys[i][1], &pages.value))
			host_put_number(facts, keys[i][0], "", pages, "pages", 1.0);
	}
	host_put_number(facts, "huge_page_size", "",
					find_memory(meminfo, "Hugepagesize:"), "bytes", 1.0);
}

/*
 * Is this a virtual machine?  See host_internal.h.
 */
bool
host_is_virtual(const HostFacts *facts)
{
	char	   *text = host_read(facts, "/proc/cpuinfo");

	return text !=NULL && strstr(text, " hypervisor") != NULL;
}

/*
 * Add the rows about memory and cores.
 */
void
host_put_limits(HostFacts *facts)
{
	char	   *meminfo = host_read(facts, "/proc/meminfo");
	HostNumber	total = find_memory(meminfo, "MemTotal:");
	HostNumber	cores = find_cores();
	HostNumber	memory_limit = {0, NULL};
	HostNumber	cores_limit = {0, NULL};
	HostNumber	memory_override = {host_memory_mb * 1024.0 * 1024.0, NULL};
	HostNumber	cores_override = {host_cores, NULL};

	find_group_limits(facts, &memory_limit, &cores_limit);
	if (host_memory_mb > 0)
		memory_override.source = "dbadvisor.host_memory";
	if (host_cores > 0)
		cores_override.source = "dbadvisor.host_cores";

	host_put_number(facts, "memory_total", "", total, "bytes", 1.0);
	host_put_number(facts, "memory_available", "",
					find_memory(meminfo, "MemAvailable:"), "bytes", 1.0);
	host_put_number(facts, "memory_limit", "", memory_limit, "bytes", 0.9);
	put_effective(facts, "memory", total, memory_limit, memory_override, "bytes");
	host_put_number(facts, "cores_total", "", cores, "cores", 1.0);
	host_put_number(facts, "cores_limit", "", cores_limit, "cores", 0.9);
	put_effective(facts, "cores", cores, cores_limit, cores_override, "cores");
	put_huge_pages(facts, meminfo);
	if (total.source != NULL)
		host_put(facts, "virtual_machine", "",
				 host_is_virtual(facts) ? "on" : "off", NULL,
				 "/proc/cpuinfo", 0.9);
}
