/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/inspect_limits.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "engine/container_cgroup.h"
#include "engine/limits.h"
#include "spec/spec.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define NANOS INT64_C(1000000000)

static void inspect_memory(const struct spec_memory *m, struct json_object *host)
{
	json_add_i64(host, "Memory", m->has_limit ? m->limit : 0);
	json_add_i64(host, "MemorySwap", m->has_swap ? m->swap : 0);
	json_add_i64(host, "MemoryReservation", m->has_reservation ? m->reservation : 0);
	/* podman's "not set", where any limit of memory is */
	json_add_i64(host, "MemorySwappiness", -1);
}

static void inspect_cpu(const struct spec_cpu *c, struct json_object *host)
{
	json_add_i64(host, "CpuShares", c->has_shares ? (int64_t)c->shares : 0);
	json_add_i64(host, "CpuPeriod", c->has_period ? (int64_t)c->period : 0);
	json_add_i64(host, "CpuQuota", c->has_quota ? c->quota : 0);
	/* as --cpus makes them */
	if (c->has_quota && c->quota > 0 && c->quota < INT64_MAX / NANOS &&
	    c->has_period && c->period == LIMITS_CPU_PERIOD)
		json_add_i64(host, "NanoCpus", c->quota * NANOS / LIMITS_CPU_PERIOD);
	json_add_str(host, "CpusetCpus", c->cpus ? c->cpus : "");
	json_add_str(host, "CpusetMems", c->mems ? c->mems : "");
}

/* The kernel's name of it. Caller frees. */
static char *device_path(int64_t major, int64_t minor)
{
	cleanup_free char *link =
		xasprintf("/sys/dev/block/%" PRId64 ":%" PRId64, major, minor);
	cleanup_free char *dir = realpath(link, NULL);

	return dir ? xasprintf("/dev/%s", strrchr(dir, '/') + 1)
		   : xasprintf("%" PRId64 ":%" PRId64, major, minor);
}

static struct json_object *device(int64_t major, int64_t minor, const char *key,
				  int64_t value)
{
	cleanup_free char *path = device_path(major, minor);
	struct json_object *o = json_object_new_object();

	json_add_str(o, "Path", path);
	json_add_i64(o, key, value);
	return o;
}

static void inspect_rates(const struct spec_throttle_device *list, size_t n,
			  const char *key, struct json_object *host)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < n; i++)
		json_object_array_add(array, device(list[i].major, list[i].minor, "Rate",
						    (int64_t)list[i].rate));
	json_add(host, key, array);
}

static void inspect_io(const struct spec_block_io *io, struct json_object *host)
{
	struct json_object *weights = json_object_new_array();

	for (size_t i = 0; i < io->n_weight_devices; i++)
		json_object_array_add(weights,
				      device(io->weight_devices[i].major,
					     io->weight_devices[i].minor, "Weight",
					     io->weight_devices[i].weight));
	json_add_i64(host, "BlkioWeight", io->has_weight ? io->weight : 0);
	json_add(host, "BlkioWeightDevice", weights);
	inspect_rates(io->read_bps, io->n_read_bps, "BlkioDeviceReadBps", host);
	inspect_rates(io->write_bps, io->n_write_bps, "BlkioDeviceWriteBps", host);
	inspect_rates(io->read_iops, io->n_read_iops, "BlkioDeviceReadIOps", host);
	inspect_rates(io->write_iops, io->n_write_iops, "BlkioDeviceWriteIOps", host);
}

void inspect_limits(const struct spec_resources *r, struct json_object *host)
{
	struct json_object *files;

	if (!r)
		return;
	if (r->memory)
		inspect_memory(r->memory, host);
	if (r->cpu)
		inspect_cpu(r->cpu, host);
	if (r->pids)
		json_add_i64(host, "PidsLimit", r->pids->limit > 0 ? r->pids->limit : 0);
	if (r->block_io)
		inspect_io(r->block_io, host);
	if (!r->n_unified)
		return;
	files = json_object_new_object();
	for (size_t i = 0; i < r->n_unified; i++)
		json_add_str(files, r->unified[i].key, r->unified[i].value);
	json_add(host, "CgroupConf", files);
}

static enum cgroup_manager manager_at_rest(const struct engine *e,
					   const struct container *c)
{
	const struct cgroup_options wish = {
		.mode = (int)c->config.cgroup_mode,
		.parent = c->config.cgroup_parent,
	};
	cleanup_cgroup_place struct cgroup_place place = {0};
	cleanup_error struct error err = ERROR_INIT;

	if (limits_place_find(e, &wish, &place, &err) >= 0)
		return place.manager;
	error_drop(&err, "its next start says so");
	return CGROUP_MANAGER_NONE;
}

void inspect_cgroup(const struct engine *e, const struct container *c,
		    struct json_object *host)
{
	cleanup_free char *path = container_cgroup_path(e, c->record.id);
	enum cgroup_manager manager = !path                    ? manager_at_rest(e, c)
				      : strstr(path, ".scope") ? CGROUP_MANAGER_SYSTEMD
							       : CGROUP_MANAGER_CGROUPFS;

	json_add_str(host, "CgroupManager",
		     manager == CGROUP_MANAGER_SYSTEMD    ? "systemd"
		     : manager == CGROUP_MANAGER_CGROUPFS ? "cgroupfs"
							  : "disabled");
	json_add_str(host, "Cgroups",
		     manager == CGROUP_MANAGER_NONE ? "disabled" : "default");
	json_add_str(host, "CgroupParent",
		     c->config.cgroup_parent ? c->config.cgroup_parent : "");
}
