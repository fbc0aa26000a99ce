/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/limits.h"

#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/limits_device.h"
#include "runtime/cgroup_plan.h"
#include "spec/spec.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define CPU_MIN_USEC   1000
#define CPU_PERIOD_MAX 1000000
#define CPUS_DIGITS    9 /* after the point; Docker counts billionths */
#define CPU_MAX        8192
#define LIST_MAX       4096 /* bytes of a file below /sys */

/* The sections are made when something is put into them. */
#define SECTION(r, member) \
	((r)->member ? (r)->member : ((r)->member = xcalloc(1, sizeof(*(r)->member))))

static int invalid(struct error *err, const char *sentence)
{
	return error_set(err, ERR_INVALID, 0, "%s", sentence);
}

static int only_v1(const char *option, const char *what, struct error *err)
{
	return error_set(
		err, ERR_UNSUPPORTED, 0,
		"%s: cgroups of version 2 cannot %s, only those of version 1 did", option,
		what);
}

static int refuse_v1(const struct limit_options *o, struct error *err)
{
	if (o->swappiness_given && o->swappiness >= 0)
		return only_v1("--memory-swappiness", "set swappiness", err);
	if (o->oom_kill_disable)
		return only_v1("--oom-kill-disable",
			       "keep the kernel from killing when memory runs out", err);
	if (o->cpu_rt_period_given && o->cpu_rt_period)
		return only_v1("--cpu-rt-period", "limit real-time scheduling", err);
	if (o->cpu_rt_runtime_given && o->cpu_rt_runtime)
		return only_v1("--cpu-rt-runtime", "limit real-time scheduling", err);
	return 0;
}

static void fill_memory(const struct limit_options *o, struct spec_resources *r)
{
	struct spec_memory *m;

	if (o->memory_given && o->memory != 0) {
		m = SECTION(r, memory);
		m->has_limit = m->has_swap = true;
		m->limit = o->memory;
		m->swap = o->memory < 0               ? -1
			  : o->memory > INT64_MAX / 2 ? INT64_MAX
						      : o->memory * 2;
	}
	if (o->memory_swap_given && o->memory_swap != 0) {
		m = SECTION(r, memory);
		m->has_swap = true;
		m->swap = o->memory_swap;
	}
	if (o->memory_reservation_given && o->memory_reservation != 0) {
		m = SECTION(r, memory);
		m->has_reservation = true;
		m->reservation = o->memory_reservation;
	}
}

static int check_memory(const struct spec_memory *m, struct error *err)
{
	int64_t limit = m && m->has_limit ? m->limit : 0,
		swap = m && m->has_swap ? m->swap : 0,
		reservation = m && m->has_reservation ? m->reservation : 0;

	if (swap > 0 && limit <= 0)
		return invalid(err, "--memory-swap: you should always set a memory limit "
				    "when using a memoryswap limit: --memory");
	if (swap > 0 && swap < limit) {
		invalid(err, "--memory-swap: minimum memoryswap limit should be larger "
			     "than memory limit");
		return error_hint(err,
				  "It is memory and swap together: the same value as "
				  "--memory for no swap, -1 for any");
	}
	if (limit > 0 && limit < reservation)
		return invalid(err, "--memory: minimum memory limit cannot be less than "
				    "memory reservation limit, --memory-reservation");
	return 0;
}

/* "1.5" in microseconds of 100000; 0 or less: no limit, -1. */
static int parse_cpus(const char *text, int64_t *ret)
{
	bool negative = text[0] == '-';
	const char *point = strchr(text, '.'), *first = text + negative;
	size_t whole = point ? (size_t)(point - first) : strlen(first);
	cleanup_free char *digits = xstrndup(first, whole);
	uint64_t n = 0, scale = LIMITS_CPU_PERIOD;

	if (whole ? str_to_u64(digits, &n) < 0 || n > CPU_MAX : !point || !point[1])
		return -EINVAL;
	n *= LIMITS_CPU_PERIOD;
	for (const char *c = point ? point + 1 : ""; *c; c++) {
		if (!isdigit((unsigned char)*c) || c - point > CPUS_DIGITS)
			return -EINVAL;
		scale /= 10;
		n += scale * (uint64_t)(*c - '0');
	}
	*ret = negative || n == 0 ? -1 : (int64_t)n;
	/* something was said, and it is less than can be counted */
	if (n == 0 && point && strpbrk(point, "123456789"))
		*ret = negative ? -1 : 1;
	return 0;
}

static int fill_cpu_time(const struct limit_options *o, struct spec_resources *r,
			 struct error *err)
{
	int64_t quota = 0;

	if (o->cpus) {
		if (o->cpu_period_given && o->cpu_period)
			return invalid(err,
				       "--cpu-period and --cpus cannot be set together");
		if (o->cpu_quota_given && o->cpu_quota)
			return invalid(err,
				       "--cpu-quota and --cpus cannot be set together");
		if (parse_cpus(o->cpus, &quota) < 0)
			return error_set(
				err, ERR_INVALID, 0,
				"invalid argument \"%s\" for \"--cpus\" flag: expected "
				"a number such as 0.5 or 2",
				o->cpus);
		SECTION(r, cpu)->has_period = true;
		r->cpu->period = LIMITS_CPU_PERIOD;
	} else if (o->cpu_quota_given) {
		quota = o->cpu_quota;
	}
	if (o->cpu_period_given && o->cpu_period) {
		if (o->cpu_period < CPU_MIN_USEC || o->cpu_period > CPU_PERIOD_MAX)
			return invalid(
				err, "--cpu-period: CPU cfs period cannot be less than "
				     "1ms (i.e. 1000) or larger than 1s (i.e. 1000000)");
		SECTION(r, cpu)->has_period = true;
		r->cpu->period = (uint64_t)o->cpu_period;
	}
	if (quota > 0 && quota < CPU_MIN_USEC)
		return error_set(err, ERR_INVALID, 0,
				 "%s: CPU cfs quota cannot be less than 1ms (i.e. 1000)",
				 o->cpus ? "--cpus" : "--cpu-quota");
	if (quota) {
		SECTION(r, cpu)->has_quota = true;
		r->cpu->quota = quota;
	}
	return 0;
}

/* Whether all that the list names is in the other one ("0-3,7"). -EINVAL: it is none. */
static int list_is_within(const char *list, const char *all)
{
	cleanup_strv char **parts = str_split(list, ',');

	strv_foreach (part, parts) {
		cleanup_strv char **ends = str_split(*part, '-');
		size_t n = strv_len(ends);
		uint32_t first = 0, last = 0;
		bool found = !all;

		if (n > 2 || str_to_u32(ends[0], &first) < 0 ||
		    str_to_u32(ends[n - 1], &last) < 0 || last < first || last > CPU_MAX)
			return -EINVAL;
		for (; all && first <= last; first++) {
			cleanup_strv char **ranges = str_split(all, ',');

			found = false;
			strv_foreach (range, ranges) {
				char *dash = strchr(*range, '-');
				unsigned long from = strtoul(*range, NULL, 10);
				unsigned long to =
					dash ? strtoul(dash + 1, NULL, 10) : from;

				found = found || (first >= from && first <= to);
			}
			if (!found)
				return 0;
		}
	}
	return 1;
}

struct cpu_list {
	const char *option, *what, *things, *file;
};
static const struct cpu_list cpus_list = {"--cpuset-cpus", "cpuset cpus", "CPUs",
					  "/sys/devices/system/cpu/online"};
static const struct cpu_list mems_list = {"--cpuset-mems", "cpuset mems", "memory nodes",
					  "/sys/devices/system/node/online"};

static int check_list(const struct cpu_list *l, const char *list, struct error *err)
{
	cleanup_error struct error unread = ERROR_INIT;
	cleanup_free char *there = NULL;
	size_t len = 0;
	int r;

	if (fs_read(AT_FDCWD, l->file, LIST_MAX, &there, &len, &unread) < 0)
		error_drop(&unread, "which there are is not known");
	else
		there[strcspn(there, "\n")] = '\0';
	r = list_is_within(list, there);
	if (r < 0)
		return error_set(err, ERR_INVALID, 0,
				 "%s: invalid value %s for %s, expected a list such as "
				 "0-2,5",
				 l->option, list, l->what);
	if (r == 0)
		return error_set(
			err, ERR_INVALID, 0,
			"%s: requested %s are not available - requested %s, available: %s",
			l->option, l->things, list, there);
	return 0;
}

static int fill_lists(const struct limit_options *o, struct spec_resources *r,
		      struct error *err)
{
	int n = 0;

	if (!str_empty(o->cpuset_cpus)) {
		n = check_list(&cpus_list, o->cpuset_cpus, err);
		if (n < 0)
			return n;
		free(SECTION(r, cpu)->cpus);
		r->cpu->cpus = xstrdup(o->cpuset_cpus);
	}
	if (!str_empty(o->cpuset_mems)) {
		n = check_list(&mems_list, o->cpuset_mems, err);
		if (n < 0)
			return n;
		free(SECTION(r, cpu)->mems);
		r->cpu->mems = xstrdup(o->cpuset_mems);
	}
	return 0;
}

static int fill_cpu(const struct limit_options *o, struct spec_resources *r,
		    struct error *err)
{
	int n;

	if (o->cpu_shares_given && o->cpu_shares) {
		SECTION(r, cpu)->has_shares = true;
		r->cpu->shares = (uint64_t)o->cpu_shares;
	}
	n = fill_cpu_time(o, r, err);
	return n < 0 ? n : fill_lists(o, r, err);
}

static void fill_pids(const struct limit_options *o, struct spec_resources *r)
{
	if (o->pids_given)
		SECTION(r, pids)->limit = o->pids > 0 ? o->pids : -1;
}

static int fill_rates(const struct limit_options *o, struct spec_resources *r,
		      struct error *err)
{
	const struct {
		char *const *texts;
		enum limits_rate which;
	} lists[] = {
		{o->read_bps, LIMITS_READ_BPS},
		{o->write_bps, LIMITS_WRITE_BPS},
		{o->read_iops, LIMITS_READ_IOPS},
		{o->write_iops, LIMITS_WRITE_IOPS},
	};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		strv_foreach (text, lists[i].texts) {
			int n = limits_rate_device(SECTION(r, block_io), lists[i].which,
						   *text, err);

			if (n < 0)
				return n;
		}
	return 0;
}

static int fill_io(const struct limit_options *o, struct spec_resources *r,
		   struct error *err)
{
	if (o->blkio_weight_given && o->blkio_weight) {
		if (o->blkio_weight < 10 || o->blkio_weight > 1000)
			return invalid(err, "--blkio-weight: range of blkio weight is "
					    "from 10 to 1000");
		SECTION(r, block_io)->has_weight = true;
		r->block_io->weight = (uint16_t)o->blkio_weight;
	}
	strv_foreach (text, o->blkio_weight_device) {
		int n = limits_weight_device(SECTION(r, block_io), *text, err);

		if (n < 0)
			return n;
	}
	return fill_rates(o, r, err);
}

static struct spec_key_value *unified_of(struct spec_resources *r, const char *key)
{
	struct spec_key_value *u;

	for (size_t i = 0; i < r->n_unified; i++)
		if (str_eq(r->unified[i].key, key))
			return &r->unified[i];
	u = SPEC_APPEND(&r->unified, &r->n_unified);
	u->key = xstrdup(key);
	return u;
}

static int fill_conf(const struct limit_options *o, struct spec_resources *r,
		     struct error *err)
{
	strv_foreach (text, o->conf) {
		const char *equals = strchr(*text, '=');
		cleanup_free char *key = xstrndup(*text, strcspn(*text, "="));
		struct spec_key_value *u;

		if (!equals || !*key)
			return error_set(err, ERR_INVALID, 0,
					 "--cgroup-conf must be formatted KEY=VALUE, "
					 "not %s",
					 *text);
		u = unified_of(r, key);
		free(u->value);
		u->value = xstrdup(equals + 1);
	}
	return 0;
}

static int fill_devices(const struct limit_options *o, struct spec_resources *r,
			struct error *err)
{
	strv_foreach (text, o->device_rules) {
		struct spec_device_rule rule;
		int n = limits_device_rule(*text, &rule, err);

		if (n < 0)
			return n;
		*SPEC_APPEND(&r->devices, &r->n_devices) = rule;
	}
	return 0;
}

static void drop_rates(struct spec_throttle_device *list, size_t *n)
{
	size_t kept = 0;

	for (size_t i = 0; i < *n; i++)
		if (list[i].rate)
			list[kept++] = list[i];
	*n = kept;
}

static void drop_weights(struct spec_block_io *io)
{
	size_t kept = 0;

	for (size_t i = 0; i < io->n_weight_devices; i++)
		if (io->weight_devices[i].weight)
			io->weight_devices[kept++] = io->weight_devices[i];
	io->n_weight_devices = kept;
}

/* A section that says nothing any more is taken away. */
static void drop_empty(struct spec_resources *r)
{
	struct spec_memory *m = r->memory;
	struct spec_cpu *c = r->cpu;
	struct spec_block_io *io = r->block_io;

	if (m && !m->has_limit && !m->has_swap && !m->has_reservation)
		free(TAKE_PTR(r->memory));
	if (c && !c->has_shares && !c->has_quota && !c->has_period && !c->has_burst &&
	    !c->has_idle && !c->cpus && !c->mems)
		free(TAKE_PTR(r->cpu));
	if (io && !io->has_weight && !io->n_weight_devices && !io->n_read_bps &&
	    !io->n_write_bps && !io->n_read_iops && !io->n_write_iops) {
		free(io->weight_devices);
		free(io->read_bps);
		free(io->write_bps);
		free(io->read_iops);
		free(io->write_iops);
		free(TAKE_PTR(r->block_io));
	}
}

/* What says "no limit" need not be kept. */
static void drop_lifted(struct spec_resources *r)
{
	struct spec_memory *m = r->memory;
	struct spec_block_io *io = r->block_io;
	struct spec_cpu *c = r->cpu;

	if (m) {
		m->has_swap =
			m->has_swap && (m->swap > 0 || (m->has_limit && m->limit > 0));
		m->has_limit = m->has_limit && m->limit > 0;
		m->has_reservation = m->has_reservation && m->reservation > 0;
	}
	if (c && c->has_quota && c->quota < 0) {
		c->has_quota = false;
		c->has_period = c->has_period && c->period != LIMITS_CPU_PERIOD;
	}
	if (r->pids && r->pids->limit <= 0)
		free(TAKE_PTR(r->pids));
	if (io) {
		drop_weights(io);
		drop_rates(io->read_bps, &io->n_read_bps);
		drop_rates(io->write_bps, &io->n_write_bps);
		drop_rates(io->read_iops, &io->n_read_iops);
		drop_rates(io->write_iops, &io->n_write_iops);
	}
	drop_empty(r);
}

static bool is_empty(const struct spec_resources *r)
{
	return !r->memory && !r->cpu && !r->pids && !r->block_io && !r->n_unified &&
	       !r->n_devices && !r->n_hugepage_limits && !r->n_rdma && !r->network;
}

static int fill(const struct limit_options *o, struct spec_resources *r,
		struct error *err)
{
	int n = refuse_v1(o, err);

	if (n >= 0) {
		fill_memory(o, r);
		fill_pids(o, r);
		n = fill_cpu(o, r, err);
	}
	if (n >= 0)
		n = fill_io(o, r, err);
	if (n >= 0)
		n = fill_conf(o, r, err);
	if (n >= 0)
		n = fill_devices(o, r, err);
	return n;
}

/* The lower bound of what is kept for it is 0; as OCI resources -1 is "as much as there may be". */
static void lift_reservation(struct spec_resources *change)
{
	struct spec_memory *m = change->memory;
	struct spec_key_value *u;

	if (!m->has_reservation || m->reservation > 0)
		return;
	m->has_reservation = false;
	u = unified_of(change, "memory.low");
	free(u->value);
	u->value = xstrdup("0");
}

/* The sections of `touched`, as they are after the change. */
static struct spec_resources *pick(const struct spec_resources *after,
				   const struct spec_resources *touched)
{
	struct spec_resources *change = spec_resources_copy(after);

	if (!touched->memory)
		free(TAKE_PTR(change->memory));
	else
		lift_reservation(change);
	if (!touched->pids)
		free(TAKE_PTR(change->pids));
	if (!touched->cpu && change->cpu) {
		free(change->cpu->cpus);
		free(change->cpu->mems);
		free(TAKE_PTR(change->cpu));
	}
	return change;
}

int limits_change(const struct limit_options *o, const struct spec_resources *before,
		  struct spec_resources **ret_after, struct spec_resources **ret_change,
		  struct error *err)
{
	cleanup(spec_resources_freep) struct spec_resources *touched =
		xcalloc(1, sizeof(*touched));
	cleanup(spec_resources_freep) struct spec_resources *after =
		before ? spec_resources_copy(before) : xcalloc(1, sizeof(*after));
	cleanup_cgroup_plan struct cgroup_plan plan = {0};
	int r = fill(o, touched, err);

	*ret_after = *ret_change = NULL;
	if (r >= 0)
		r = fill(o, after, err);
	if (r >= 0)
		r = check_memory(after->memory, err);
	if (r >= 0)
		r = cgroup_plan_build(after, &plan, err);
	if (r < 0)
		return error_is_set(err) ? limits_as_options(NULL, o, err) : r;
	if (!is_empty(touched))
		*ret_change = pick(after, touched);
	drop_lifted(after);
	if (!is_empty(after))
		*ret_after = TAKE_PTR(after);
	return 0;
}

static bool cpu_given(const struct limit_options *o)
{
	return o->cpus || o->cpu_period_given || o->cpu_quota_given ||
	       o->cpu_rt_period_given || o->cpu_rt_runtime_given || o->cpu_shares_given ||
	       o->cpuset_cpus || o->cpuset_mems;
}

static bool io_given(const struct limit_options *o)
{
	return o->blkio_weight_given || o->blkio_weight_device || o->read_bps ||
	       o->write_bps || o->read_iops || o->write_iops;
}

bool limits_given(const struct limit_options *o)
{
	return o->memory_given || o->memory_reservation_given || o->memory_swap_given ||
	       o->swappiness_given || o->oom_kill_disable || o->pids_given ||
	       o->device_rules || o->conf || cpu_given(o) || io_given(o);
}

int limits_build(const struct limit_options *o, struct spec_resources **ret,
		 struct error *err)
{
	cleanup(spec_resources_freep) struct spec_resources *change = NULL;

	return limits_change(o, o->before, ret, &change, err);
}
