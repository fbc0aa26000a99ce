/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli/runtime/rt.h"
#include "runtime/cgroup_manager.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define RESOURCES_MAX (1024 * 1024)

struct update_values {
	const char *resources, *cpuset_cpus, *cpuset_mems;
	struct {
		bool weight, period, quota, burst, shares, idle, memory, reservation,
			swap, pids, rt_period, rt_runtime, kernel;
	} given;
	int weight;
	uint64_t period, burst, shares, rt_period;
	int64_t quota, idle, memory, reservation, swap, pids, rt_runtime, kernel;
};

#define GIVEN(name) .given = OPT_GIVEN(struct update_values, given.name)

static const struct option_spec options[] = {
	OPT_STRING(
		struct update_values, resources, "resources", 'r', "FILE",
		"OCI resources object as JSON, - for standard input; other options are not allowed "
		"then"),
	OPT_SIZE(struct update_values, memory, "memory", 0, "SIZE",
		 "memory; -1: no limit", .min = -1, GIVEN(memory)),
	OPT_SIZE(struct update_values, reservation, "memory-reservation", 0, "SIZE",
		 "memory that is protected from being reclaimed", .min = -1,
		 GIVEN(reservation)),
	OPT_SIZE(struct update_values, swap, "memory-swap", 0, "SIZE",
		 "memory and swap together; -1: no limit", .min = -1, GIVEN(swap)),
	OPT_I64(struct update_values, pids, "pids-limit", 0, "N",
		"processes; -1: no limit", GIVEN(pids)),
	OPT_I64(struct update_values, quota, "cpu-quota", 0, "USEC",
		"processor time in each period; -1: no limit", GIVEN(quota)),
	OPT_U64(struct update_values, period, "cpu-period", 0, "USEC",
		"length of the period", GIVEN(period)),
	OPT_U64(struct update_values, burst, "cpu-burst", 0, "USEC",
		"unused time that may be saved up", GIVEN(burst)),
	OPT_U64(struct update_values, shares, "cpu-share", 0, "N",
		"relative weight, 2 to 262144", GIVEN(shares)),
	OPT_I64(struct update_values, idle, "cpu-idle", 0, "0|1",
		"run only when nothing else wants to", GIVEN(idle)),
	OPT_STRING(struct update_values, cpuset_cpus, "cpuset-cpus", 0, "LIST",
		   "processors to use"),
	OPT_STRING(struct update_values, cpuset_mems, "cpuset-mems", 0, "LIST",
		   "memory nodes to use"),
	OPT_INT(struct update_values, weight, "blkio-weight", 0, "N",
		"relative weight of I/O", .min = 10, .max = 1000, GIVEN(weight)),
	/* Version 1 only: cgroup_update() says so. */
	OPT_U64(struct update_values, rt_period, "cpu-rt-period", 0, "USEC", "",
		.hidden = true, GIVEN(rt_period)),
	OPT_I64(struct update_values, rt_runtime, "cpu-rt-runtime", 0, "USEC", "",
		.hidden = true, GIVEN(rt_runtime)),
	OPT_SIZE(struct update_values, kernel, "kernel-memory", 0, "SIZE", "",
		 .hidden = true, .min = -1, GIVEN(kernel)),
	OPT_NOT_YET("l3-cache-schema", 0),
	OPT_NOT_YET("mem-bw-schema", 0),
	OPT_END,
};

static int read_resources(const char *file, struct spec_resources **ret,
			  struct error *err)
{
	cleanup_buf struct buf text;
	cleanup_free char *from_file = NULL;
	size_t len = 0;
	int r;

	buf_init(&text, RESOURCES_MAX);
	if (!str_eq(file, "-")) {
		r = fs_read(AT_FDCWD, file, RESOURCES_MAX, &from_file, &len, err);
		return r < 0 ? r : spec_resources_parse(from_file, len, ret, err);
	}
	r = fd_read_all(STDIN_FILENO, &text);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r,
				 "read the resources from standard input");
	return spec_resources_parse(text.data ? text.data : "", text.len, ret, err);
}

static bool any_memory(const struct update_values *v)
{
	return v->given.memory || v->given.reservation || v->given.swap ||
	       v->given.kernel;
}

static bool any_cpu(const struct update_values *v)
{
	return v->given.quota || v->given.period || v->given.burst || v->given.shares ||
	       v->given.idle || v->given.rt_period || v->given.rt_runtime ||
	       v->cpuset_cpus || v->cpuset_mems;
}

static void fill_cpu(const struct update_values *v, struct spec_cpu *c)
{
	*c = (struct spec_cpu){
		.has_quota = v->given.quota,
		.quota = v->quota,
		.has_period = v->given.period,
		.period = v->period,
		.has_burst = v->given.burst,
		.burst = v->burst,
		.has_shares = v->given.shares,
		.shares = v->shares,
		.has_idle = v->given.idle,
		.idle = v->idle,
		.has_realtime_period = v->given.rt_period,
		.realtime_period = v->rt_period,
		.has_realtime_runtime = v->given.rt_runtime,
		.realtime_runtime = v->rt_runtime,
		.cpus = v->cpuset_cpus ? xstrdup(v->cpuset_cpus) : NULL,
		.mems = v->cpuset_mems ? xstrdup(v->cpuset_mems) : NULL,
	};
}

static struct spec_resources *resources_from_options(const struct update_values *v)
{
	struct spec_resources *res = xcalloc(1, sizeof(*res));

	if (any_memory(v)) {
		res->memory = xcalloc(1, sizeof(*res->memory));
		*res->memory = (struct spec_memory){
			.has_limit = v->given.memory,
			.limit = v->memory,
			.has_reservation = v->given.reservation,
			.reservation = v->reservation,
			.has_swap = v->given.swap,
			.swap = v->swap,
			.has_kernel = v->given.kernel,
			.kernel = v->kernel,
		};
	}
	if (any_cpu(v)) {
		res->cpu = xcalloc(1, sizeof(*res->cpu));
		fill_cpu(v, res->cpu);
	}
	if (v->given.pids) {
		res->pids = xcalloc(1, sizeof(*res->pids));
		res->pids->limit = v->pids;
	}
	if (v->given.weight) {
		res->block_io = xcalloc(1, sizeof(*res->block_io));
		res->block_io->has_weight = true;
		res->block_io->weight = (uint16_t)v->weight;
	}
	return res;
}

static int run(const struct command_call *call, struct error *err)
{
	const struct update_values *v = call->values;
	cleanup_rt_container struct rt_container c = RT_CONTAINER_INIT;
	cleanup(spec_resources_freep) struct spec_resources *res = NULL;
	bool others = any_memory(v) || any_cpu(v) || v->given.pids || v->given.weight;
	int r = rt_container_open(call, call->args[0], true, &c, err);

	if (r < 0)
		return r;
	if (v->resources && others)
		return error_set(err, ERR_INVALID, 0,
				 "--resources cannot go with other limits");
	if (!v->resources && !others)
		return error_set(err, ERR_INVALID, 0, "update needs at least one limit");
	if (state_status(&c.state) == STATE_STOPPED)
		return error_set(err, ERR_CONFLICT, 0, "container %s is not running",
				 c.state.id);
	if (v->resources)
		r = read_resources(v->resources, &res, err);
	else
		res = resources_from_options(v);
	if (r == 0)
		r = cgroup_change(&c.cgroup, res, err);
	return r < 0 ? error_wrap(err, "update container %s", c.state.id) : 0;
}

const struct command rt_update = {
	.name = "update",
	.group = "Life of a container",
	.usage = "[options] CONTAINER",
	.summary = "change the limits of a container",
	.examples =
		"cubby-runtime update --memory 512m --pids-limit 100 web\n"
		"echo '{\"cpu\": {\"quota\": 50000}}' | cubby-runtime update -r - web",
	.options = options,
	.values_size = sizeof(struct update_values),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
