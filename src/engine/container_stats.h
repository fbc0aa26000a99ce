/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What running containers use. From the container's own cgroup where it has one with the controller in question,
 * otherwise (and for what that controller would say alone) summed over its processes: CPU time with that of the children they waited for, memory as PSS (what
 * several share counts by share), bytes that went to and came from disks. Source: proc(5), cgroups(7).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/container.h"
#include "runtime/cgroup_usage.h"
#include "util/cleanup.h"
#include "util/error.h"

struct container_stats {
	bool known;                        /* it runs; else the rest is 0 */
	int64_t at_usec;                   /* when it was looked, wall clock */
	int64_t started_usec;              /* of the container */
	int64_t cpu_usec, cpu_system_usec; /* since it started; system: part of cpu */
	uint64_t memory,
		memory_limit; /* bytes, without files that are only kept in case; without a limit the host's */
	uint64_t pids, pids_limit; /* threads; CGROUP_NO_LIMIT */
	bool has_block;            /* bytes */
	uint64_t block_in, block_out;
	bool has_net; /* it has a network of its own; bytes, without lo */
	uint64_t net_in, net_out;
	struct cgroup_usage group; /* what is known of its cgroup, all 0 without one */
};

/* container_stats_read() - of n containers at once; ret has room for n. */
int container_stats_read(const struct engine *e, const struct container *const *list,
			 size_t n, struct container_stats *ret,
			 struct error *err) _must_check_;

/*
 * container_stats_percent() - of one CPU, between two looks at the same container (before NULL or not known:
 * since it started).
 */
double container_stats_percent(const struct container_stats *now,
			       const struct container_stats *before);

/* container_stats_throttled() - in how many percent of the periods between the two looks its CPU quota was used up; 0 without one. */
double container_stats_throttled(const struct container_stats *now,
				 const struct container_stats *before);

/* net_dev_sum() - the bytes of all interfaces but lo in the text of /proc/PID/net/dev. Pure. */
void net_dev_sum(const char *text, uint64_t *ret_in, uint64_t *ret_out);
