/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/container_stats.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/container_cgroup.h"
#include "engine/process_list.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define TEXT_MAX (1 << 20)
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
	const struct cgroup_usage *g = &s->group;

	for (size_t i = 0; i < processes->n; i++) {
		const struct process_info *p = &processes->items[i];

		if (!g->has_cpu) {
			s->cpu_system_usec +=
				usec_of(p->system_ticks + p->child_system_ticks);
			s->cpu_usec += usec_of(p->user_ticks + p->child_user_ticks +
					       p->system_ticks + p->child_system_ticks);
		}
		if (!g->has_pids)
			s->pids += p->n_threads;
		if (!g->has_memory)
			s->memory += memory_of(p);
		if (!g->has_io)
			add_block(p, s);
	}
}

/* The limit that holds may be that of a group above it: its pod's, its user's. */
static uint64_t limit_of(const char *path, const char *file, uint64_t own)
{
	uint64_t limit;

	return cgroup_limit_find(path, file, &limit) ? limit : own;
}

static void take_group(struct container_stats *s)
{
	const struct cgroup_usage *g = &s->group;

	s->cpu_usec = (int64_t)g->cpu_usec;
	s->cpu_system_usec = (int64_t)g->cpu_system_usec;
	/* as podman and Docker count it: read files that nobody uses just now are no need */
	s->memory = g->memory -
		    (g->memory_inactive_file < g->memory ? g->memory_inactive_file : 0);
	s->pids = g->pids;
	s->has_block = g->has_io;
	s->block_in = g->read_bytes;
	s->block_out = g->write_bytes;
}

/* false: there is none. */
static bool read_group(const struct engine *e, const struct container *c,
		       struct container_stats *s)
{
	cleanup_free char *path = container_cgroup_path(e, c->record.id);
	cleanup_cgroup struct cgroup group = CGROUP_INIT;
	cleanup_error struct error err = ERROR_INIT;
	uint64_t limit;

	if (!path)
		return false;
	if (cgroup_open(path, &group, &err) < 0 ||
	    cgroup_usage_read(&group, &s->group, &err) < 0) {
		error_drop(&err, "its processes are added up");
		return false;
	}
	take_group(s);
	limit = limit_of(path, "memory.max", s->group.memory_limit);
	if (limit < s->memory_limit)
		s->memory_limit = limit;
	s->pids_limit = limit_of(path, "pids.max", s->group.pids_limit);
	return true;
}

/* Return: whether its processes have to be looked at. */
static bool look(const struct engine *e, const struct container *c, uint64_t memory,
		 struct container_stats *s)
{
	const struct cgroup_usage *g = &s->group;

	*s = (struct container_stats){
		.known = c->init.pid > 0,
		.at_usec = time_now_usec(),
		.started_usec = c->record.started_usec,
		.memory_limit = memory,
		.pids_limit = CGROUP_NO_LIMIT,
	};
	if (!s->known)
		return false;
	read_net(c->init.pid, s);
	if (!read_group(e, c, s))
		return true;
	return !g->has_cpu || !g->has_memory || !g->has_pids || !g->has_io;
}

/* Those marked, in one look at /proc. */
static int look_at_processes(const struct container *const *list, const bool *marked,
			     size_t n, struct container_stats *ret, struct error *err)
{
	cleanup_free pid_t *pids = xcalloc(n + 1, sizeof(*pids));
	cleanup_free size_t *of = xcalloc(n + 1, sizeof(*of));
	cleanup_free struct process_list *processes = xcalloc(n + 1, sizeof(*processes));
	size_t n_marked = 0;
	int r;

	for (size_t i = 0; i < n; i++)
		if (marked[i]) {
			pids[n_marked] = list[i]->init.pid;
			of[n_marked++] = i;
		}
	if (!n_marked)
		return 0;
	r = process_lists_read(pids, n_marked, processes, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n_marked; i++) {
		struct container_stats *s = &ret[of[i]];

		if (processes[i].n)
			add_up(&processes[i], s);
		else
			*s = (struct container_stats){0}; /* it has just ended */
		process_list_release(&processes[i]);
	}
	return 0;
}

int container_stats_read(const struct engine *e, const struct container *const *list,
			 size_t n, struct container_stats *ret, struct error *err)
{
	cleanup_free bool *marked = xcalloc(n + 1, sizeof(*marked));
	uint64_t memory = host_memory();

	for (size_t i = 0; i < n; i++)
		marked[i] = look(e, list[i], memory, &ret[i]);
	return look_at_processes(list, marked, n, ret, err);
}

/* NULL: there is none, or it is of another run of the container. */
static const struct container_stats *same_run(const struct container_stats *now,
					      const struct container_stats *before)
{
	bool is_same = before && before->known && before->cpu_usec <= now->cpu_usec &&
		       before->started_usec == now->started_usec;

	return is_same ? before : NULL;
}

double container_stats_percent(const struct container_stats *now,
			       const struct container_stats *before)
{
	const struct container_stats *b = same_run(now, before);
	int64_t since = b ? b->at_usec : now->started_usec;
	int64_t used = now->cpu_usec - (b ? b->cpu_usec : 0);

	if (now->at_usec <= since || used <= 0)
		return 0;
	return 100.0 * (double)used / (double)(now->at_usec - since);
}

double container_stats_throttled(const struct container_stats *now,
				 const struct container_stats *before)
{
	const struct container_stats *b = same_run(now, before);
	uint64_t periods = now->group.periods - (b ? b->group.periods : 0);
	uint64_t throttled =
		now->group.throttled_periods - (b ? b->group.throttled_periods : 0);

	if (periods == 0 || periods > now->group.periods || throttled > periods)
		return 0;
	return 100.0 * (double)throttled / (double)periods;
}
