/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/cgroup_usage.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/cgroup_files.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

/* A whole line "some avg10=0.12 avg60=0.00 avg300=0.00 total=12345". */
static bool read_stall(const char *text, const char *kind, struct cgroup_stall *ret)
{
	size_t len = strlen(kind);
	struct cgroup_stall s;

	for (const char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
		if (strncmp(line, kind, len) != 0 || line[len] != ' ')
			continue;
		if (sscanf(line + len, " avg10=%lf avg60=%lf avg300=%lf total=%" SCNu64,
			   &s.avg10, &s.avg60, &s.avg300, &s.total_usec) != 4)
			return false;
		*ret = s;
		return true;
	}
	return false;
}

bool cgroup_pressure_parse(const char *text, struct cgroup_pressure *ret)
{
	struct cgroup_pressure p = {0};

	p.is_known = read_stall(text, "some", &p.some);
	/* older kernels have no "full" of cpu */
	if (p.is_known)
		(void)read_stall(text, "full", &p.full);
	*ret = p;
	return p.is_known;
}

/* "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6", a line a device */
void cgroup_io_parse(const char *text, struct cgroup_usage *u)
{
	const struct {
		const char *key;
		uint64_t *sum;
	} keys[] = {{"rbytes=", &u->read_bytes},
		    {"wbytes=", &u->write_bytes},
		    {"rios=", &u->reads},
		    {"wios=", &u->writes}};
	const char *whole_end = strrchr(text, '\n');
	cleanup_free char *copy =
		xstrndup(text, whole_end ? (size_t)(whole_end - text) : 0);

	for (char *rest = copy, *word; (word = strsep(&rest, " \n"));)
		for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
			if (str_starts(word, keys[i].key))
				*keys[i].sum +=
					strtoull(word + strlen(keys[i].key), NULL, 10);
}

/* Its whole lines; NULL: it is not there, or was turned off. Caller frees. */
static char *read_lines(int dirfd, const char *file)
{
	char *text = NULL, *end;

	if (cgroup_file_read(dirfd, file, &text) < 0)
		return NULL;
	end = strrchr(text, '\n');
	*(end ? end + 1 : text) = '\0';
	return text;
}

static uint64_t keyed(const char *text, const char *key)
{
	uint64_t n = 0;

	return cgroup_text_value(text, key, &n) ? n : 0;
}

static void read_cpu(int dirfd, struct cgroup_usage *u)
{
	cleanup_free char *text = read_lines(dirfd, "cpu.stat");

	if (!text)
		return;
	u->has_cpu = cgroup_text_value(text, "usage_usec", &u->cpu_usec);
	u->cpu_user_usec = keyed(text, "user_usec");
	u->cpu_system_usec = keyed(text, "system_usec");
	u->periods = keyed(text, "nr_periods");
	u->throttled_periods = keyed(text, "nr_throttled");
	u->throttled_usec = keyed(text, "throttled_usec");
}

/* A current value and its limit. */
static bool read_pair(int dirfd, const char *current, const char *max, uint64_t *ret,
		      uint64_t *ret_limit)
{
	*ret_limit = CGROUP_NO_LIMIT;
	if (cgroup_file_u64(dirfd, current, ret) < 0) {
		*ret = 0;
		return false;
	}
	if (cgroup_file_u64(dirfd, max, ret_limit) < 0)
		*ret_limit = CGROUP_NO_LIMIT;
	return true;
}

bool cgroup_oom_read(int dirfd, struct cgroup_oom *ret)
{
	cleanup_free char *text = read_lines(dirfd, "memory.events");
	cleanup_free char *own = read_lines(dirfd, "memory.events.local");
	uint64_t all;

	*ret = (struct cgroup_oom){.limit = CGROUP_NO_LIMIT};
	if (!text)
		return false;
	ret->kills = keyed(text, "oom_kill");
	all = keyed(text, "oom");
	ret->at_limit = own ? keyed(own, "oom") : all;
	ret->inside = all > ret->at_limit ? all - ret->at_limit : 0;
	if (cgroup_file_u64(dirfd, "memory.max", &ret->limit) < 0)
		ret->limit = CGROUP_NO_LIMIT;
	if (cgroup_file_u64(dirfd, "memory.peak", &ret->peak) < 0) /* from Linux 5.19 */
		ret->peak = 0;
	return true;
}

static void read_memory(int dirfd, struct cgroup_usage *u)
{
	cleanup_free char *text = read_lines(dirfd, "memory.stat");

	u->has_memory = read_pair(dirfd, "memory.current", "memory.max", &u->memory,
				  &u->memory_limit);
	u->has_swap = read_pair(dirfd, "memory.swap.current", "memory.swap.max", &u->swap,
				&u->swap_limit);
	if (cgroup_oom_read(dirfd, &u->oom))
		u->memory_peak = u->oom.peak;
	if (text)
		u->memory_inactive_file = keyed(text, "inactive_file");
}

static void read_io(int dirfd, struct cgroup_usage *u)
{
	cleanup_free char *text = read_lines(dirfd, "io.stat");

	u->has_io = text != NULL;
	if (text)
		cgroup_io_parse(text, u);
}

static void read_pressures(int dirfd, struct cgroup_usage *u)
{
	static const char *const files[CGROUP_PRESSURES] = {
		[CGROUP_PRESSURE_CPU] = "cpu.pressure",
		[CGROUP_PRESSURE_MEMORY] = "memory.pressure",
		[CGROUP_PRESSURE_IO] = "io.pressure",
	};

	for (size_t i = 0; i < CGROUP_PRESSURES; i++) {
		cleanup_free char *text = read_lines(dirfd, files[i]);

		if (text)
			(void)cgroup_pressure_parse(text, &u->pressure[i]);
	}
}

int cgroup_usage_read(const struct cgroup *c, struct cgroup_usage *ret, struct error *err)
{
	*ret = (struct cgroup_usage){.memory_limit = CGROUP_NO_LIMIT,
				     .swap_limit = CGROUP_NO_LIMIT,
				     .pids_limit = CGROUP_NO_LIMIT,
				     .oom.limit = CGROUP_NO_LIMIT};
	if (c->fd < 0)
		return error_set(err, ERR_UNSUPPORTED, 0,
				 "the container has no cgroup of its own");
	read_cpu(c->fd, ret);
	read_memory(c->fd, ret);
	ret->has_pids = read_pair(c->fd, "pids.current", "pids.max", &ret->pids,
				  &ret->pids_limit);
	read_io(c->fd, ret);
	read_pressures(c->fd, ret);
	return 0;
}

bool cgroup_limit_find(const char *path, const char *file, uint64_t *ret)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_fd int root_fd = cgroup_root_open(&err);
	cleanup_free char *at = xstrdup(path);

	*ret = CGROUP_NO_LIMIT;
	if (root_fd < 0) {
		error_drop(&err, "there are no limits");
		return false;
	}
	for (char *slash; *at; *slash = '\0') {
		cleanup_fd int fd = path_open(root_fd, at, O_PATH | O_DIRECTORY, &err);
		uint64_t value;

		if (fd < 0)
			error_drop(&err, "this one is gone, or is not to be seen");
		else if (cgroup_file_u64(fd, file, &value) == 0 && value < *ret)
			*ret = value;
		slash = strrchr(at, '/');
		if (!slash)
			break;
	}
	return true;
}
