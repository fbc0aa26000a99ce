/* SPDX-License-Identifier: Apache-2.0 */
/* Limits of its cgroup. */
#include "cli/create_tables.h"

#define O struct create_options

/* one a line, however many there are */
/* clang-format off */
const struct option_spec create_table_limits[] = {
	OPT_NOT_YET("blkio-weight", 0),
	OPT_NOT_YET("blkio-weight-device", 0),
	OPT_NOT_YET("cgroup-conf", 0),
	OPT_NOT_YET("cgroup-parent", 0),
	OPT_NOT_YET("cgroups", 0),
	OPT_NOT_YET("cpu-period", 0),
	OPT_NOT_YET("cpu-quota", 0),
	OPT_NOT_YET("cpu-rt-period", 0),
	OPT_NOT_YET("cpu-rt-runtime", 0),
	OPT_NOT_YET("cpu-shares", 'c'),
	OPT_NOT_YET("cpus", 0),
	OPT_NOT_YET("cpuset-cpus", 0),
	OPT_NOT_YET("cpuset-mems", 0),
	OPT_NOT_YET("device-cgroup-rule", 0),
	OPT_NOT_YET("device-read-bps", 0),
	OPT_NOT_YET("device-read-iops", 0),
	OPT_NOT_YET("device-write-bps", 0),
	OPT_NOT_YET("device-write-iops", 0),
	OPT_NOT_YET("memory", 'm'),
	OPT_NOT_YET("memory-reservation", 0),
	OPT_NOT_YET("memory-swap", 0),
	OPT_NOT_YET("memory-swappiness", 0),
	OPT_NOT_YET("oom-kill-disable", 0),
	OPT_NOT_YET("pids-limit", 0),
	OPT_END,
};
/* clang-format on */
