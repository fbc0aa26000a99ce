/* SPDX-License-Identifier: Apache-2.0 */
/* linux.resources. Source: runtime-spec config-linux.md 'Control groups'. */
#include "spec/check.h"
#include "spec/forms.h"
#include "spec/spec.h"
#include "spec/tables.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static const struct word_list rule_type_words = {"device type", WORDS("a", "c", "b")};

/* -1, in rules, is any number */
static const struct member spec_device_rule_members[] = {
	VALUE(spec_device_rule, allow, "allow", .required = true),
	VALUE(spec_device_rule, type, "type", .words = &rule_type_words),
	OPTIONAL(spec_device_rule, major, "major", .min = -1, .max = INT64_MAX),
	OPTIONAL(spec_device_rule, minor, "minor", .min = -1, .max = INT64_MAX),
	VALUE(spec_device_rule, access, "access", .form = form_device_access),
};
static DESCRIPTOR(spec_device_rule);

static const struct member spec_memory_members[] = {
	OPTIONAL(spec_memory, limit, "limit", .min = -1, .max = INT64_MAX),
	OPTIONAL(spec_memory, reservation, "reservation", .min = -1, .max = INT64_MAX),
	OPTIONAL(spec_memory, swap, "swap", .min = -1, .max = INT64_MAX),
	OPTIONAL(spec_memory, kernel, "kernel", .min = -1, .max = INT64_MAX),
	OPTIONAL(spec_memory, kernel_tcp, "kernelTCP", .min = -1, .max = INT64_MAX),
	OPTIONAL(spec_memory, swappiness, "swappiness"),
	OPTIONAL(spec_memory, disable_oom_killer, "disableOOMKiller"),
	OPTIONAL(spec_memory, use_hierarchy, "useHierarchy"),
	OPTIONAL(spec_memory, check_before_update, "checkBeforeUpdate"),
};
static DESCRIPTOR(spec_memory);

static const struct member spec_cpu_members[] = {
	OPTIONAL(spec_cpu, shares, "shares"),
	OPTIONAL(spec_cpu, quota, "quota"),
	OPTIONAL(spec_cpu, burst, "burst"),
	OPTIONAL(spec_cpu, period, "period"),
	OPTIONAL(spec_cpu, realtime_runtime, "realtimeRuntime"),
	OPTIONAL(spec_cpu, realtime_period, "realtimePeriod"),
	VALUE(spec_cpu, cpus, "cpus"),
	VALUE(spec_cpu, mems, "mems"),
	OPTIONAL(spec_cpu, idle, "idle"),
};
static DESCRIPTOR(spec_cpu);

static const struct member spec_pids_members[] = {
	VALUE(spec_pids, limit, "limit", .required = true),
};
static DESCRIPTOR(spec_pids);

static const struct member spec_weight_device_members[] = {
	VALUE(spec_weight_device, major, "major", .required = true, .max = INT64_MAX),
	VALUE(spec_weight_device, minor, "minor", .required = true, .max = INT64_MAX),
	OPTIONAL(spec_weight_device, weight, "weight"),
	OPTIONAL(spec_weight_device, leaf_weight, "leafWeight"),
};
static DESCRIPTOR(spec_weight_device, .check = check_weight_device);

static const struct member spec_throttle_device_members[] = {
	VALUE(spec_throttle_device, major, "major", .required = true, .max = INT64_MAX),
	VALUE(spec_throttle_device, minor, "minor", .required = true, .max = INT64_MAX),
	VALUE(spec_throttle_device, rate, "rate", .required = true),
};
static DESCRIPTOR(spec_throttle_device);

static const struct member spec_block_io_members[] = {
	OPTIONAL(spec_block_io, weight, "weight"),
	OPTIONAL(spec_block_io, leaf_weight, "leafWeight"),
	ARRAY(spec_block_io, weight_devices, "weightDevice", spec_weight_device),
	ARRAY(spec_block_io, read_bps, "throttleReadBpsDevice", spec_throttle_device),
	ARRAY(spec_block_io, write_bps, "throttleWriteBpsDevice", spec_throttle_device),
	ARRAY(spec_block_io, read_iops, "throttleReadIOPSDevice", spec_throttle_device),
	ARRAY(spec_block_io, write_iops, "throttleWriteIOPSDevice", spec_throttle_device),
};
static DESCRIPTOR(spec_block_io);

static const struct member spec_hugepage_limit_members[] = {
	VALUE(spec_hugepage_limit, page_size, "pageSize", .required = true,
	      .not_empty = true),
	VALUE(spec_hugepage_limit, limit, "limit", .required = true),
};
static DESCRIPTOR(spec_hugepage_limit, KEY(spec_hugepage_limit, page_size, "pageSize"));

static const struct member spec_interface_priority_members[] = {
	VALUE(spec_interface_priority, name, "name", .required = true, .not_empty = true),
	VALUE(spec_interface_priority, priority, "priority", .required = true),
};
static DESCRIPTOR(spec_interface_priority, KEY(spec_interface_priority, name, "name"));

static const struct member spec_network_resources_members[] = {
	OPTIONAL(spec_network_resources, class_id, "classID"),
	ARRAY(spec_network_resources, priorities, "priorities", spec_interface_priority),
};
static DESCRIPTOR(spec_network_resources);

static const struct member spec_rdma_members[] = {
	OPTIONAL(spec_rdma, hca_handles, "hcaHandles"),
	OPTIONAL(spec_rdma, hca_objects, "hcaObjects"),
};
static DESCRIPTOR(spec_rdma, .key_offset = OFFSET_(spec_rdma, device, char *),
		  .check = check_rdma);

static const struct member spec_resources_members[] = {
	ARRAY(spec_resources, devices, "devices", spec_device_rule),
	OBJECT(spec_resources, memory, "memory", spec_memory),
	OBJECT(spec_resources, cpu, "cpu", spec_cpu),
	OBJECT(spec_resources, pids, "pids", spec_pids),
	OBJECT(spec_resources, block_io, "blockIO", spec_block_io),
	ARRAY(spec_resources, hugepage_limits, "hugepageLimits", spec_hugepage_limit),
	OBJECT(spec_resources, network, "network", spec_network_resources),
	MAP(spec_resources, rdma, "rdma", spec_rdma, .form = form_not_empty),
	STRING_MAP(spec_resources, unified, "unified", .form = form_cgroup_file),
};
DESCRIPTOR(spec_resources);
