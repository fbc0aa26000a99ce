/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a user asks of a container's cgroup, as typed. A part of struct create_options; `update` and `pod create`
 * fill one as well. limits_build() turns it into OCI resources.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct spec_resources;

struct limit_options {
	const struct spec_resources
		*before; /* these are there already: of a container that is made again */
	int64_t memory, memory_reservation,
		memory_swap; /* bytes; swap: with memory, -1 no limit */
	bool memory_given, memory_reservation_given, memory_swap_given;
	int64_t swappiness;
	bool swappiness_given, oom_kill_disable;
	const char *cpus;                                             /* "0.5" */
	int64_t cpu_period, cpu_quota, cpu_rt_period, cpu_rt_runtime; /* microseconds */
	bool cpu_period_given, cpu_quota_given, cpu_rt_period_given, cpu_rt_runtime_given;
	int64_t cpu_shares;
	bool cpu_shares_given;
	const char *cpuset_cpus, *cpuset_mems;
	int64_t pids; /* -1: no limit */
	bool pids_given;
	int64_t blkio_weight; /* 10 to 1000 */
	bool blkio_weight_given;
	char **blkio_weight_device;                              /* PATH:WEIGHT */
	char **read_bps, **write_bps, **read_iops, **write_iops; /* PATH:RATE */
	char **device_rules;                                     /* "c 1:3 rwm" */
	char **conf; /* FILE=VALUE of the cgroup */
};

/* Where it goes, and how it is seen; not part of `update`. */
struct pod_cgroup_config;
struct cgroup_options {
	int mode;           /* enum cgroup_mode */
	const char *parent; /* --cgroup-parent */
	const struct pod_cgroup_config
		*pod; /* the parent is the pod's own; NULL: it is not */
	const char
		*ns; /* --cgroupns: private, host, container:ID, ns:PATH; NULL: private */
};
