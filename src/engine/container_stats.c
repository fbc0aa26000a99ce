/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/container_stats.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/container_cgroup.h"
#include "engine/process_list.h"
#include "runtime/cgroup.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define TEXT_MAX      (1 << 20)
#define NSEC_PER_USEC 1000
#define NET_DEV_FIELDS \
	9 /* received bytes are the first after the name, sent ones the ninth */

static char *read_proc(pid_t pid, const char *file)
{
	cleanup_free char *path = xasprintf("/proc/%d/%s", pid, file);
	cleanup_error struct error err = ERROR_INIT;
	char *text = NULL;

	return fs_read(AT_FDCWD, path, TEXT_MAX, &text, NULL, &err) < 0 ? NULL : text;
}

/* The number after `key` at the beginning of a line; false if there is none. */
static bool line_number(const char *text, const char *key, uint64_t *ret)
{
	size_t len = strlen(key);

	for (const char *line = text; line && *line;) {
		if (strncmp(line, key, len) == 0) {
			*ret = strtoull(line + len, NULL, 10);
			return true;
		}
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return false;
}

static uint64_t memory_of(const struct process_info *p)
{
	cleanup_free char *text = read_proc(p->pid, "smaps_rollup");
	uint64_t kilobytes;

	return text && line_number(text, "Pss:", &kilobytes) ? kilobytes * 1024
							     : p->resident_bytes;
}

static void add_block(const struct process_info *p, struct container_stats *s)
{
	cleanup_free char *text = read_proc(p->pid, "io");
	uint64_t in, out;

	if (!text || !line_number(text, "read_bytes:", &in) ||
	    !line_number(text, "write_bytes:", &out))
		return;
	s->has_block = true;
	s->block_in += in;
	s->block_out += out;
}

static int64_t usec_of(uint64_t ticks)
{
	return (int64_t)(ticks * (uint64_t)USEC_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK));
}

void net_dev_sum(const char *text, uint64_t *ret_in, uint64_t *ret_out)
{
	cleanup_strv char **lines = str_split(text, '\n');

	*ret_in = *ret_out = 0;
	strv_foreach (line, lines) {
		char *name = *line + strspn(*line, " "), *colon = strchr(name, ':');

		if (!colon || (colon - name == 2 && strncmp(name, "lo", 2) == 0))
			continue;
		colon++;
		for (int field = 1; field <= NET_DEV_FIELDS; field++) {
			unsigned long long n = strtoull(colon, &colon, 10);

			if (field == 1)
				*ret_in += n;
			else if (field == NET_DEV_FIELDS)
				*ret_out += n;
		}
	}
}

static bool same_namespace(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_ino == y.st_ino &&
	       x.st_dev == y.st_dev;
}

static void read_net(pid_t pid, struct container_stats *s)
{
	cleanup_free char *path = xasprintf("/proc/%d/ns/net", pid), *text = NULL;

	if (same_namespace(path, "/proc/self/ns/net"))
		return;
	text = read_proc(pid, "net/dev");
	if (!text)
		return;
	s->has_net = true;
	net_dev_sum(text, &s->net_in, &s->net_out);
}

static uint64_t member(struct json_object *o, const char *key)
{
	cleanup_error struct error err = ERROR_INIT;
	uint64_t n = 0;

	return json_to_u64(json_get(o, key), key, &n, &err) < 0 ? 0 : n;
}

static void take_io(struct json_object *blkio, struct container_stats *s)
{
	struct json_object *list = json_get(blkio, "ioServiceBytesRecursive");
	size_t n = list ? json_object_array_length(list) : 0;

	if (n)
		s->block_in = s->block_out = 0;
	for (size_t i = 0; i < n; i++) {
		struct json_object *entry = json_object_array_get_idx(list, i);
		const char *op = json_get_str(entry, "op");

		if (str_eq(op, "Read"))
			s->block_in += member(entry, "value");
		else if (str_eq(op, "Write"))
			s->block_out += member(entry, "value");
	}
}

/* What the controllers say is better than a sum; those that are not there say 0. */
static void take_cgroup(const char *path, struct container_stats *s)
{
	cleanup_cgroup struct cgroup group = CGROUP_INIT;
	cleanup_json struct json_object *stats = NULL;
	cleanup_error struct error err = ERROR_INIT;
	struct json_object *cpu, *usage;
	uint64_t limit, n;

	if (cgroup_open(path, &group, &err) < 0 ||
	    cgroup_stats(&group, &stats, &err) < 0) {
		error_drop(&err, "its processes are added up");
		return;
	}
	cpu = json_get(json_get(stats, "cpu"), "usage");
	n = member(cpu, "total");
	if (n) {
		s->cpu_usec = (int64_t)(n / NSEC_PER_USEC);
		s->cpu_system_usec = (int64_t)(member(cpu, "kernel") / NSEC_PER_USEC);
	}
	usage = json_get(json_get(stats, "memory"), "usage");
	n = member(usage, "usage");
	limit = member(usage, "limit");
	s->memory = n ? n : s->memory;
	if (limit && limit < s->memory_limit)
		s->memory_limit = limit;
	n = member(json_get(stats, "pids"), "current");
	s->pids = n ? n : s->pids;
	take_io(json_get(stats, "blkio"), s);
}

static uint64_t host_memory(void)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *text = NULL;
	uint64_t kilobytes = 0;

	if (fs_read(AT_FDCWD, "/proc/meminfo", TEXT_MAX, &text, NULL, &err) < 0) {
		error_drop(&err, "the host's memory is not known");
		return 0;
	}
	(void)line_number(text, "MemTotal:", &kilobytes);
	return kilobytes * 1024;
}

static void add_up(const struct process_list *processes, struct container_stats *s)
{
	for (size_t i = 0; i < processes->n; i++) {
		const struct process_info *p = &processes->items[i];

		s->cpu_system_usec += usec_of(p->system_ticks + p->child_system_ticks);
		s->cpu_usec += usec_of(p->user_ticks + p->child_user_ticks +
				       p->system_ticks + p->child_system_ticks);
		s->pids += p->n_threads;
		s->memory += memory_of(p);
		add_block(p, s);
	}
}

static void look(const struct engine *e, const struct container *c,
		 const struct process_list *processes, uint64_t memory,
		 struct container_stats *s)
{
	cleanup_free char *path = NULL;

	*s = (struct container_stats){
		.known = c->init.pid > 0 && processes->n > 0,
		.at_usec = time_now_usec(),
		.started_usec = c->record.started_usec,
		.memory_limit = memory,
	};
	if (!s->known)
		return;
	add_up(processes, s);
	read_net(c->init.pid, s);
	path = container_cgroup_path(e, c->record.id);
	if (path)
		take_cgroup(path, s);
}

int container_stats_read(const struct engine *e, const struct container *const *list,
			 size_t n, struct container_stats *ret, struct error *err)
{
	cleanup_free pid_t *pids = xcalloc(n + 1, sizeof(*pids));
	cleanup_free struct process_list *processes = xcalloc(n + 1, sizeof(*processes));
	uint64_t memory = host_memory();
	int r;

	for (size_t i = 0; i < n; i++)
		pids[i] = list[i]->init.pid;
	r = process_lists_read(pids, n, processes, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		look(e, list[i], &processes[i], memory, &ret[i]);
		process_list_release(&processes[i]);
	}
	return 0;
}

double container_stats_percent(const struct container_stats *now,
			       const struct container_stats *before)
{
	bool has_before = before && before->known && before->cpu_usec <= now->cpu_usec &&
			  before->started_usec == now->started_usec;
	int64_t since = has_before ? before->at_usec : now->started_usec;
	int64_t used = now->cpu_usec - (has_before ? before->cpu_usec : 0);

	if (now->at_usec <= since || used <= 0)
		return 0;
	return 100.0 * (double)used / (double)(now->at_usec - since);
}
