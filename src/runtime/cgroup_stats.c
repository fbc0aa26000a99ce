/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statistics in the form of runc's `events --stats`, which containerd and others parse:
 * its names are version 1's, the numbers come from version 2's files. What a controller
 * that is not there would say is left at zero.
 */
#include <fcntl.h>
#include <string.h>

#include "runtime/cgroup.h"
#include "runtime/cgroup_files.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define NSEC_PER_USEC 1000

static struct json_object *object_in(struct json_object *parent, const char *key)
{
	struct json_object *o = json_object_new_object();

	json_add(parent, key, o);
	return o;
}

static uint64_t number(const struct cgroup *c, const char *file)
{
	uint64_t value = 0;

	return cgroup_file_u64(c->fd, file, &value) < 0 ? 0 : value;
}

static uint64_t keyed(const char *text, const char *key)
{
	uint64_t value = 0;

	return text && cgroup_text_value(text, key, &value) ? value : 0;
}

static void add_pressure_line(struct json_object *o, const char *text, const char *kind)
{
	double avg10 = 0, avg60 = 0, avg300 = 0;
	unsigned long long total = 0;
	const char *line = strstr(text, kind);
	struct json_object *p;

	if (!line ||
	    sscanf(line + strlen(kind), " avg10=%lf avg60=%lf avg300=%lf total=%llu",
		   &avg10, &avg60, &avg300, &total) != 4)
		return;
	p = object_in(o, kind);
	json_add(p, "avg10", json_object_new_double(avg10));
	json_add(p, "avg60", json_object_new_double(avg60));
	json_add(p, "avg300", json_object_new_double(avg300));
	json_add_u64(p, "total", total);
}

static void add_pressure(const struct cgroup *c, struct json_object *o, const char *file)
{
	cleanup_free char *text = NULL;
	struct json_object *psi;

	if (cgroup_file_read(c->fd, file, &text) < 0)
		return;
	psi = object_in(o, "psi");
	add_pressure_line(psi, text, "some");
	add_pressure_line(psi, text, "full");
}

static void add_cpu(const struct cgroup *c, struct json_object *data)
{
	struct json_object *cpu = object_in(data, "cpu"),
			   *usage = object_in(cpu, "usage");
	struct json_object *throttling = object_in(cpu, "throttling");
	cleanup_free char *text = NULL;

	if (cgroup_file_read(c->fd, "cpu.stat", &text) < 0)
		return;
	json_add_u64(usage, "total", keyed(text, "usage_usec") * NSEC_PER_USEC);
	json_add_u64(usage, "kernel", keyed(text, "system_usec") * NSEC_PER_USEC);
	json_add_u64(usage, "user", keyed(text, "user_usec") * NSEC_PER_USEC);
	json_add_u64(throttling, "periods", keyed(text, "nr_periods"));
	json_add_u64(throttling, "throttledPeriods", keyed(text, "nr_throttled"));
	json_add_u64(throttling, "throttledTime",
		     keyed(text, "throttled_usec") * NSEC_PER_USEC);
	add_pressure(c, cpu, "cpu.pressure");
}

static void add_memory_entry(const struct cgroup *c, struct json_object *memory,
			     const char *key, const char *prefix)
{
	cleanup_free char *current = xasprintf("%s.current", prefix);
	cleanup_free char *max = xasprintf("%s.max", prefix),
			  *peak = xasprintf("%s.peak", prefix);
	struct json_object *o = object_in(memory, key);

	json_add_u64(o, "limit", number(c, max));
	json_add_u64(o, "usage", number(c, current));
	json_add_u64(o, "max", number(c, peak));
}

static void add_memory(const struct cgroup *c, struct json_object *data)
{
	struct json_object *memory = object_in(data, "memory"), *raw;
	cleanup_free char *stat = NULL, *events = NULL;
	struct json_object *usage = NULL;

	add_memory_entry(c, memory, "usage", "memory");
	add_memory_entry(c, memory, "swap", "memory.swap");
	if (cgroup_file_read(c->fd, "memory.events", &events) == 0) {
		usage = json_get(memory, "usage");
		json_add_u64(usage, "failcnt", keyed(events, "max"));
	}
	if (cgroup_file_read(c->fd, "memory.stat", &stat) < 0)
		return;
	json_add_u64(memory, "cache", keyed(stat, "file"));
	raw = object_in(memory, "raw");
	for (char *rest = stat, *line; (line = strsep(&rest, "\n"));) {
		char *blank = strchr(line, ' ');

		if (!blank)
			continue;
		*blank = '\0';
		json_add_u64(raw, line, strtoull(blank + 1, NULL, 10));
	}
	add_pressure(c, memory, "memory.pressure");
}

static void add_pids(const struct cgroup *c, struct json_object *data)
{
	struct json_object *pids = object_in(data, "pids");
	uint64_t limit = number(c, "pids.max");

	json_add_u64(pids, "current", number(c, "pids.current"));
	json_add_u64(pids, "limit",
		     limit == UINT64_MAX ? 0 : limit); /* runc: 0 is no limit */
}

static void add_io_entry(struct json_object *list, const unsigned int device[2],
			 const char *op, uint64_t value)
{
	struct json_object *o = json_object_new_object();

	json_add_u64(o, "major", device[0]);
	json_add_u64(o, "minor", device[1]);
	json_add_str(o, "op", op);
	json_add_u64(o, "value", value);
	json_object_array_add(list, o);
}

/* "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6" */
static void add_io_line(char *line, struct json_object *bytes, struct json_object *ops)
{
	unsigned int device[2];

	if (sscanf(line, "%u:%u", &device[0], &device[1]) != 2)
		return;
	for (char *rest = line, *word; (word = strsep(&rest, " "));) {
		static const struct {
			const char *key, *op;
			bool is_bytes;
		} keys[] = {{"rbytes=", "Read", true},    {"wbytes=", "Write", true},
			    {"dbytes=", "Discard", true}, {"rios=", "Read", false},
			    {"wios=", "Write", false},    {"dios=", "Discard", false}};

		for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
			if (str_starts(word, keys[i].key))
				add_io_entry(
					keys[i].is_bytes ? bytes : ops, device,
					keys[i].op,
					strtoull(word + strlen(keys[i].key), NULL, 10));
	}
}

static void add_io(const struct cgroup *c, struct json_object *data)
{
	struct json_object *io = object_in(data, "blkio");
	struct json_object *bytes = json_object_new_array(),
			   *ops = json_object_new_array();
	cleanup_free char *text = NULL;

	json_add(io, "ioServiceBytesRecursive", bytes);
	json_add(io, "ioServicedRecursive", ops);
	if (cgroup_file_read(c->fd, "io.stat", &text) < 0)
		return;
	for (char *rest = text, *line; (line = strsep(&rest, "\n"));)
		add_io_line(line, bytes, ops);
	add_pressure(c, io, "io.pressure");
}

/* One object for each page size, found by the files that the kernel shows. */
static void add_hugepages(const struct cgroup *c, struct json_object *data)
{
	int fd = openat(c->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct json_object *all = object_in(data, "hugetlb");
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		cleanup_free char *size = NULL, *max = NULL;
		struct json_object *o;

		if (!str_starts(entry->d_name, "hugetlb.") ||
		    !str_ends(entry->d_name, ".current") ||
		    strstr(entry->d_name, ".rsvd."))
			continue;
		size = xstrndup(entry->d_name + strlen("hugetlb."),
				strlen(entry->d_name) - strlen("hugetlb.") -
					strlen(".current"));
		max = xasprintf("hugetlb.%s.max", size);
		o = object_in(all, size);
		json_add_u64(o, "usage", number(c, entry->d_name));
		json_add_u64(o, "limit", number(c, max));
	}
}

int cgroup_stats(const struct cgroup *c, struct json_object **ret, struct error *err)
{
	struct json_object *data;

	if (c->fd < 0)
		return error_set(
			err, ERR_UNSUPPORTED, 0,
			"the container has no cgroup of its own, so there are no statistics");
	data = json_object_new_object();
	add_cpu(c, data);
	add_memory(c, data);
	add_pids(c, data);
	add_io(c, data);
	add_hugepages(c, data);
	*ret = data;
	return 0;
}
