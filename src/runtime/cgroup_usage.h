/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a cgroup uses, from its own files, as numbers. A file that is not there (its controller is not, the kernel is older,
 * or was built without pressure stall information) leaves `has_...` false and the numbers 0; so does a text that is cut off.
 * Source: Documentation/admin-guide/cgroup-v2.rst, Documentation/accounting/psi.rst.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "runtime/cgroup.h"
#include "util/error.h"

#define CGROUP_NO_LIMIT UINT64_MAX

/* Time that processes waited for something: percent of the last 10, 60, 300 seconds, and all in all. */
struct cgroup_stall {
	double avg10, avg60, avg300;
	uint64_t total_usec;
};

struct cgroup_pressure {
	bool is_known;
	struct cgroup_stall some, full; /* at least one waited; all of them did */
};

enum cgroup_pressure_kind {
	CGROUP_PRESSURE_CPU,
	CGROUP_PRESSURE_MEMORY,
	CGROUP_PRESSURE_IO
};
#define CGROUP_PRESSURES (CGROUP_PRESSURE_IO + 1)

/* Whether memory ran out. */
struct cgroup_oom {
	uint64_t kills;       /* processes that the kernel ended, by whichever limit */
	uint64_t at_limit;    /* how often the cgroup's own limit was why... */
	uint64_t inside;      /* ...and one of a cgroup inside of it */
	uint64_t limit, peak; /* bytes; CGROUP_NO_LIMIT; peak 0: not known */
};

struct cgroup_usage {
	bool has_cpu;
	uint64_t cpu_usec, cpu_user_usec, cpu_system_usec;
	uint64_t periods, throttled_periods, throttled_usec; /* 0 without a quota */

	bool has_memory;
	uint64_t memory, memory_limit, memory_peak; /* bytes */
	uint64_t memory_inactive_file;              /* what the kernel takes back first */

	bool has_swap;
	uint64_t swap, swap_limit;

	bool has_pids;
	uint64_t pids, pids_limit;

	bool has_io;
	uint64_t read_bytes, write_bytes, reads, writes; /* of all devices together */

	struct cgroup_oom oom;
	struct cgroup_pressure pressure[CGROUP_PRESSURES];
};

/* cgroup_usage_read() - everything. Fails only if there is no cgroup. */
int cgroup_usage_read(const struct cgroup *c, struct cgroup_usage *ret,
		      struct error *err) _must_check_;

/* cgroup_oom_read() - that alone; false where there is no memory controller. dirfd: of the cgroup. */
bool cgroup_oom_read(int dirfd, struct cgroup_oom *ret);

/*
 * cgroup_limit_find() - the smallest number in `file` ("memory.max") of the cgroup and those above it, which is the one that
 * holds. CGROUP_NO_LIMIT: there is none. False: there is no version 2 hierarchy.
 */
bool cgroup_limit_find(const char *path, const char *file, uint64_t *ret);

/* The texts of io.stat and *.pressure; pure. Lines that are not whole count as not there. */
void cgroup_io_parse(const char *text, struct cgroup_usage *u);
bool cgroup_pressure_parse(const char *text, struct cgroup_pressure *ret);
