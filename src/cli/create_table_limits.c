/* SPDX-License-Identifier: Apache-2.0 */
/* Limits of a cgroup, and where it is. */
#include "cli/create_tables.h"

#include "runtime/cgroup_manager.h"

#define L struct limit_options
#define G struct cgroup_options
#define O struct create_options

#define GIVEN(member) .given = OPT_GIVEN(L, member##_given)

/* one a line, however many there are */
/* clang-format off */
const struct option_spec limits_table_of_steps[] = {
	OPT_SIZE(L, memory, "memory", 'm', "SIZE", "memory it may use: 512m, 2g; -1 for no limit", .min = -1, GIVEN(memory), .common = true),
	OPT_SIZE(L, memory_swap, "memory-swap", 0, "SIZE", "memory and swap together (default: twice --memory); -1 for no limit", .min = -1, GIVEN(memory_swap)),
	OPT_I64(L, cpu_shares, "cpu-shares", 'c', "SHARES", "its weight beside others when CPUs are busy (default 1024)", .max = INT64_MAX, GIVEN(cpu_shares)),
	OPT_I64(L, cpu_period, "cpu-period", 0, "USEC", "the time over which --cpu-quota counts (default 100000)", .max = INT64_MAX, GIVEN(cpu_period)),
	OPT_I64(L, cpu_quota, "cpu-quota", 0, "USEC", "CPU time in each period; -1 for no limit", .min = -1, .max = INT64_MAX, GIVEN(cpu_quota)),
	OPT_STRING(L, cpuset_cpus, "cpuset-cpus", 0, "LIST", "run on these CPUs only: 0-2,5"),
	OPT_STRING(L, cpuset_mems, "cpuset-mems", 0, "LIST", "use memory of these nodes only"),
	OPT_END,
};

const struct option_spec limits_table[] = {
	OPT_INCLUDE(limits_table_of_steps),
	OPT_SIZE(L, memory_reservation, "memory-reservation", 0, "SIZE", "memory that is its own when the host runs short", .min = -1, GIVEN(memory_reservation)),
	OPT_STRING(L, cpus, "cpus", 0, "NUMBER", "CPUs it may use: 0.5, 2; 0 for no limit", .common = true),
	OPT_I64(L, pids, "pids-limit", 0, "NUMBER", "processes and threads it may have (default 2048); -1 for no limit", .min = -1, .max = INT64_MAX, GIVEN(pids)),
	OPT_I64(L, blkio_weight, "blkio-weight", 0, "WEIGHT", "its weight beside others at busy disks: 10 to 1000", .max = 65535, GIVEN(blkio_weight)),
	OPT_STRV(L, blkio_weight_device, "blkio-weight-device", 0, "DEVICE:WEIGHT", "the same at one disk"),
	OPT_STRV(L, read_bps, "device-read-bps", 0, "DEVICE:RATE", "bytes a second that it may read: /dev/sda:1mb"),
	OPT_STRV(L, write_bps, "device-write-bps", 0, "DEVICE:RATE", "bytes a second that it may write"),
	OPT_STRV(L, read_iops, "device-read-iops", 0, "DEVICE:RATE", "reads a second: /dev/sda:1000"),
	OPT_STRV(L, write_iops, "device-write-iops", 0, "DEVICE:RATE", "writes a second"),
	OPT_LIST(L, device_rules, "device-cgroup-rule", 0, "RULE", "let root's container use devices: 'c 10:229 rwm'"),
	OPT_STRV(L, conf, "cgroup-conf", 0, "FILE=VALUE", "any other file of its cgroup: memory.high=1g"),
	OPT_I64(L, swappiness, "memory-swappiness", 0, "NUMBER", "refused: cgroups of version 1 only", .min = -1, .max = 100, GIVEN(swappiness), .hidden = true),
	OPT_BOOL(L, oom_kill_disable, "oom-kill-disable", 0, "refused: cgroups of version 1 only", .hidden = true),
	OPT_I64(L, cpu_rt_period, "cpu-rt-period", 0, "USEC", "refused: cgroups of version 1 only", .max = INT64_MAX, GIVEN(cpu_rt_period), .hidden = true),
	OPT_I64(L, cpu_rt_runtime, "cpu-rt-runtime", 0, "USEC", "refused: cgroups of version 1 only", .min = -1, .max = INT64_MAX, GIVEN(cpu_rt_runtime), .hidden = true),
	OPT_END,
};

const struct option_spec create_table_limits[] = {
	OPT_INCLUDE_AT(O, limits, limits_table),
	OPT_STRING(O, cgroup.parent, "cgroup-parent", 0, "PARENT", "make its cgroup below this slice, or this cgroup"),
	OPT_WORD(O, cgroup.mode, "cgroups", 0, cgroup_mode_words, "whether it has a cgroup of its own"),
	OPT_END,
};

/* Those that podman has for pods, and how many processes. */
const struct option_spec pod_limits_table[] = {
	OPT_SIZE(L, memory, "memory", 'm', "SIZE", "memory they may use: 512m, 2g", .min = -1, GIVEN(memory), .common = true),
	OPT_SIZE(L, memory_swap, "memory-swap", 0, "SIZE", "memory and swap together (default: twice --memory); -1 for no limit", .min = -1, GIVEN(memory_swap)),
	OPT_STRING(L, cpus, "cpus", 0, "NUMBER", "CPUs they may use: 0.5, 2", .common = true),
	OPT_I64(L, cpu_shares, "cpu-shares", 'c', "SHARES", "their weight beside others when CPUs are busy (default 1024)", .max = INT64_MAX, GIVEN(cpu_shares)),
	OPT_STRING(L, cpuset_cpus, "cpuset-cpus", 0, "LIST", "run on these CPUs only: 0-2,5"),
	OPT_STRING(L, cpuset_mems, "cpuset-mems", 0, "LIST", "use memory of these nodes only"),
	OPT_I64(L, pids, "pids-limit", 0, "NUMBER", "processes and threads they may have", .min = -1, .max = INT64_MAX, GIVEN(pids)),
	OPT_I64(L, blkio_weight, "blkio-weight", 0, "WEIGHT", "their weight beside others at busy disks: 10 to 1000", .max = 65535, GIVEN(blkio_weight)),
	OPT_STRV(L, blkio_weight_device, "blkio-weight-device", 0, "DEVICE:WEIGHT", "the same at one disk"),
	OPT_STRV(L, read_bps, "device-read-bps", 0, "DEVICE:RATE", "bytes a second that they may read: /dev/sda:1mb"),
	OPT_STRV(L, write_bps, "device-write-bps", 0, "DEVICE:RATE", "bytes a second that they may write"),
	OPT_END,
};
/* clang-format on */
