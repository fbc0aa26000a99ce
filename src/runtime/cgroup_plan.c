/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/cgroup_plan.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "spec/spec.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

void cgroup_plan_release(struct cgroup_plan *plan)
{
	for (size_t i = 0; i < plan->n_settings; i++) {
		free(plan->settings[i].file);
		free(plan->settings[i].value);
		free(plan->settings[i].else_value);
	}
	free(plan->settings);
	*plan = (struct cgroup_plan){0};
}

/* Append; file and value are taken. The pointer is valid until the next one. */
static struct cgroup_setting *add(struct cgroup_plan *plan, const char *option,
				  const char *controller, char *file, char *value)
{
	struct cgroup_setting *s;

	plan->settings = xreallocarray(plan->settings, plan->n_settings + 1, sizeof(*s));
	s = &plan->settings[plan->n_settings++];
	*s = (struct cgroup_setting){
		.option = option, .controller = controller, .file = file, .value = value};
	return s;
}

static struct cgroup_setting *add_text(struct cgroup_plan *plan, const char *option,
				       const char *controller, const char *file,
				       char *value)
{
	return add(plan, option, controller, xstrdup(file), value);
}

/* Negative is "no limit". */
static char *limit_text(int64_t limit)
{
	return limit < 0 ? xstrdup("max") : xasprintf("%" PRId64, limit);
}

static char *rate_text(uint64_t rate)
{
	return rate == 0 ? xstrdup("max") : xasprintf("%" PRIu64, rate);
}

static int not_in_v2(const char *option, struct error *err)
{
	error_set(err, ERR_UNSUPPORTED, 0,
		  "linux.resources.%s: cgroup version 2 has no such limit", option);
	return -EOPNOTSUPP;
}

static int invalid(struct error *err, const char *option, const char *why)
{
	return error_set(err, ERR_INVALID, 0, "linux.resources.%s: %s", option, why);
}

uint64_t cgroup_weight_of_shares(uint64_t shares)
{
	if (shares == 0)
		return 0;
	if (shares < 2)
		shares = 2;
	if (shares > 262144)
		shares = 262144;
	return 1 + (shares - 2) * 9999 / 262142;
}

uint64_t cgroup_io_weight(uint16_t weight)
{
	if (weight < 10)
		weight = 10;
	if (weight > 1000)
		weight = 1000;
	return 1 + (uint64_t)(weight - 10) * 9999 / 990;
}

/*
 * Swap in the specification is memory and swap together, in version 2 swap alone. 0 is
 * "not set", as runc and the engines have it.
 */
static int plan_swap(const struct spec_memory *m, struct cgroup_plan *plan,
		     struct error *err)
{
	int64_t limit = m->has_limit ? m->limit : 0, swap = m->has_swap ? m->swap : 0;
	struct cgroup_setting *s;

	/* Without a limit on memory, a limit on the sum was lifted as well. */
	if (limit < 0 && swap == 0)
		swap = -1;
	if (swap == 0)
		return 0;
	if (swap > 0 && limit == 0)
		return invalid(err, "memory.swap",
			       "a limit for memory and swap needs memory.limit");
	if (swap > 0 && limit > 0 && swap < limit)
		return invalid(err, "memory.swap",
			       "memory and swap together is less than memory.limit");
	if (swap > 0 && limit > 0)
		swap -= limit;
	s = add_text(plan, "memory.swap", "memory", "memory.swap.max", limit_text(swap));
	s->else_file = ""; /* a kernel without swap accounting */
	return 0;
}

static int plan_memory(const struct spec_memory *m, struct cgroup_plan *plan,
		       struct error *err)
{
	if (m->has_swappiness)
		return not_in_v2("memory.swappiness", err);
	if ((m->has_kernel && m->kernel > 0))
		return not_in_v2("memory.kernel", err);
	if (m->has_kernel_tcp && m->kernel_tcp > 0)
		return not_in_v2("memory.kernelTCP", err);
	if (m->has_disable_oom_killer && m->disable_oom_killer)
		return not_in_v2("memory.disableOOMKiller", err);
	if (m->has_limit && m->limit != 0)
		add_text(plan, "memory.limit", "memory", "memory.max",
			 limit_text(m->limit));
	if (m->has_reservation && m->reservation != 0)
		add_text(plan, "memory.reservation", "memory", "memory.low",
			 limit_text(m->reservation));
	return plan_swap(m, plan, err);
}

/* Time: cpu.max and cpu.max.burst. */
static void plan_cpu_time(const struct spec_cpu *c, struct cgroup_plan *plan)
{
	bool has_quota = c->has_quota && c->quota != 0,
	     has_period = c->has_period && c->period;
	uint64_t period = has_period ? c->period : CGROUP_CPU_PERIOD;

	if (has_quota || has_period) {
		cleanup_free char *quota = limit_text(has_quota ? c->quota : -1);

		add_text(plan, has_quota ? "cpu.quota" : "cpu.period", "cpu", "cpu.max",
			 xasprintf("%s %" PRIu64, quota, period));
	}
	if (c->has_burst)
		add_text(plan, "cpu.burst", "cpu", "cpu.max.burst",
			 xasprintf("%" PRIu64, c->burst));
}

static int plan_cpu_list(const char *option, const char *file, const char *list,
			 struct cgroup_plan *plan, struct error *err)
{
	if (str_empty(list))
		return 0;
	if (strspn(list, "0123456789,-") != strlen(list))
		return invalid(err, option, "expected a list such as 0-3,7");
	add_text(plan, option, "cpuset", file, xstrdup(list));
	return 0;
}

static int plan_cpu(const struct spec_cpu *c, struct cgroup_plan *plan, struct error *err)
{
	uint64_t weight = c->has_shares ? cgroup_weight_of_shares(c->shares) : 0;
	int r;

	if ((c->has_realtime_period && c->realtime_period) ||
	    (c->has_realtime_runtime && c->realtime_runtime))
		return not_in_v2("cpu.realtimePeriod", err);
	if (c->has_idle && c->idle != 0 && c->idle != 1)
		return invalid(err, "cpu.idle", "expected 0 or 1");
	if (c->has_idle)
		add_text(plan, "cpu.idle", "cpu", "cpu.idle",
			 xasprintf("%" PRId64, c->idle));
	/* An idle group's weight is fixed: writing one is EINVAL. */
	if (weight && !(c->has_idle && c->idle))
		add_text(plan, "cpu.shares", "cpu", "cpu.weight",
			 xasprintf("%" PRIu64, weight));
	plan_cpu_time(c, plan);
	r = plan_cpu_list("cpu.cpus", "cpuset.cpus", c->cpus, plan, err);
	return r < 0 ? r : plan_cpu_list("cpu.mems", "cpuset.mems", c->mems, plan, err);
}

static void plan_throttle(const struct spec_throttle_device *devices, size_t n,
			  const char *option, const char *key, struct cgroup_plan *plan)
{
	for (size_t i = 0; i < n; i++) {
		cleanup_free char *rate = rate_text(devices[i].rate);

		add_text(plan, option, "io", "io.max",
			 xasprintf("%" PRId64 ":%" PRId64 " %s=%s", devices[i].major,
				   devices[i].minor, key, rate));
	}
}

/* BFQ has its own file with its own scale; it goes first, where the scheduler is in use.
 */
static int plan_weight(uint16_t weight, const char *prefix, const char *option,
		       struct cgroup_plan *plan, struct error *err)
{
	struct cgroup_setting *s;

	if (weight == 0)
		return 0;
	if (weight < 10 || weight > 1000)
		return invalid(err, option, "expected a number from 10 to 1000");
	s = add_text(plan, option, "io", "io.bfq.weight",
		     xasprintf("%s%u", prefix, (unsigned int)weight));
	s->else_file = "io.weight";
	s->else_value = xasprintf("%s%" PRIu64, prefix, cgroup_io_weight(weight));
	return 0;
}

static int plan_io(const struct spec_block_io *io, struct cgroup_plan *plan,
		   struct error *err)
{
	int r = 0;

	if (io->has_leaf_weight && io->leaf_weight)
		return not_in_v2("blockIO.leafWeight", err);
	if (io->has_weight)
		r = plan_weight(io->weight, "default ", "blockIO.weight", plan, err);
	for (size_t i = 0; i < io->n_weight_devices && r == 0; i++) {
		const struct spec_weight_device *d = &io->weight_devices[i];
		cleanup_free char *prefix =
			xasprintf("%" PRId64 ":%" PRId64 " ", d->major, d->minor);

		if (d->has_leaf_weight && d->leaf_weight)
			return not_in_v2("blockIO.weightDevice.leafWeight", err);
		if (d->has_weight)
			r = plan_weight(d->weight, prefix, "blockIO.weightDevice", plan,
					err);
	}
	plan_throttle(io->read_bps, io->n_read_bps, "blockIO.throttleReadBpsDevice",
		      "rbps", plan);
	plan_throttle(io->write_bps, io->n_write_bps, "blockIO.throttleWriteBpsDevice",
		      "wbps", plan);
	plan_throttle(io->read_iops, io->n_read_iops, "blockIO.throttleReadIOPSDevice",
		      "riops", plan);
	plan_throttle(io->write_iops, io->n_write_iops, "blockIO.throttleWriteIOPSDevice",
		      "wiops", plan);
	return r;
}

/* "2MB", "1GB", "64KB": the kernel's spelling of a huge page size. */
static bool is_page_size(const char *s)
{
	size_t digits = strspn(s, "0123456789");

	return digits > 0 && strchr("KMG", s[digits]) && s[digits] &&
	       str_eq(s + digits + 1, "B");
}

static int plan_hugepages(const struct spec_resources *res, struct cgroup_plan *plan,
			  struct error *err)
{
	for (size_t i = 0; i < res->n_hugepage_limits; i++) {
		const struct spec_hugepage_limit *h = &res->hugepage_limits[i];
		struct cgroup_setting *s;

		if (!is_page_size(h->page_size))
			return invalid(err, "hugepageLimits",
				       "expected a page size such as 2MB or 1GB");
		add(plan, "hugepageLimits", "hugetlb",
		    xasprintf("hugetlb.%s.max", h->page_size),
		    xasprintf("%" PRIu64, h->limit));
		/* Without it, pages could be reserved beyond the limit and only touching
		 * them would fail. */
		s = add(plan, "hugepageLimits", "hugetlb",
			xasprintf("hugetlb.%s.rsvd.max", h->page_size),
			xasprintf("%" PRIu64, h->limit));
		s->else_file = "";
	}
	return 0;
}

static int plan_rdma(const struct spec_resources *res, struct cgroup_plan *plan,
		     struct error *err)
{
	for (size_t i = 0; i < res->n_rdma; i++) {
		const struct spec_rdma *d = &res->rdma[i];
		cleanup_free char *value = xstrdup(d->device);

		if (strpbrk(d->device, " \t\n/") || !*d->device)
			return invalid(err, "rdma",
				       "a device name holds no blanks and no slash");
		if (d->has_hca_handles) {
			char *more = xasprintf("%s hca_handle=%" PRIu32, value,
					       d->hca_handles);

			free(value);
			value = more;
		}
		if (d->has_hca_objects) {
			char *more = xasprintf("%s hca_object=%" PRIu32, value,
					       d->hca_objects);

			free(value);
			value = more;
		}
		if (d->has_hca_handles || d->has_hca_objects)
			add_text(plan, "rdma", "rdma", "rdma.max", TAKE_PTR(value));
	}
	return 0;
}

/*
 * A key is the name of a file in the cgroup itself: "controller.name". The core files
 * move processes, delegate or freeze: the runtime's own business, except for those that
 * only limit.
 */
static int check_unified_key(const char *key, struct error *err)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	static const char *const core[] = {"cgroup.max.descendants", "cgroup.max.depth",
					   "cgroup.pressure"};
	cleanup_free char *quoted = str_quote(key);
	bool core_ok = !str_starts(key, "cgroup.");

	for (size_t i = 0; i < ARRAY_SIZE(core); i++)
		core_ok = core_ok || str_eq(key, core[i]);
	if (strspn(key, allowed) != strlen(key) || strstr(key, "..") || key[0] == '.' ||
	    !strchr(key, '.') || !core_ok)
		return error_set(err, ERR_INVALID, 0,
				 "linux.resources.unified: %s is not a limit of a cgroup",
				 quoted);
	return 0;
}

/* The part before the first dot, as a constant where we know it: settings do not own it.
 */
static const char *controller_of(const char *file)
{
	static const char *const known[] = {"cpuset",  "cpu",  "io",   "memory",
					    "hugetlb", "pids", "rdma", "misc"};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (str_starts(file, known[i]) && file[strlen(known[i])] == '.')
			return known[i];
	return "";
}

static int plan_unified(const struct spec_resources *res, struct cgroup_plan *plan,
			struct error *err)
{
	for (size_t i = 0; i < res->n_unified; i++) {
		const struct spec_key_value *u = &res->unified[i];

		if (check_unified_key(u->key, err) < 0)
			return -EINVAL;
		for (const char *c = u->value; *c; c++)
			if (iscntrl((unsigned char)*c))
				return error_set(
					err, ERR_INVALID, 0,
					"linux.resources.unified.%s: control character in "
					"the value",
					u->key);
		add_text(plan, "unified", controller_of(u->key), u->key,
			 xstrdup(u->value));
	}
	return 0;
}

int cgroup_plan_build(const struct spec_resources *res, struct cgroup_plan *ret,
		      struct error *err)
{
	cleanup_cgroup_plan struct cgroup_plan plan = {0};
	int r = 0;

	*ret = plan;
	if (!res)
		return 0;
	if (res->network && ((res->network->has_class_id && res->network->class_id) ||
			     res->network->n_priorities))
		return not_in_v2("network", err);
	if (res->memory)
		r = plan_memory(res->memory, &plan, err);
	if (r == 0 && res->cpu)
		r = plan_cpu(res->cpu, &plan, err);
	if (r == 0 && res->pids && res->pids->limit != 0)
		add_text(&plan, "pids.limit", "pids", "pids.max",
			 limit_text(res->pids->limit));
	if (r == 0 && res->block_io)
		r = plan_io(res->block_io, &plan, err);
	if (r == 0)
		r = plan_hugepages(res, &plan, err);
	if (r == 0)
		r = plan_rdma(res, &plan, err);
	if (r == 0)
		r = plan_unified(res, &plan, err); /* last: it overrides */
	if (r < 0)
		return r;
	*ret = plan;
	plan = (struct cgroup_plan){0};
	return 0;
}

/* Settings that lift a limit ask for nothing: engines send pids.limit -1 and the like. */
static bool lifts(const struct cgroup_setting *s)
{
	return str_eq(s->value, "max") || str_starts(s->value, "max ");
}

bool cgroup_asked(const struct spec_resources *resources, const char **ret_what)
{
	cleanup_cgroup_plan struct cgroup_plan plan = {0};
	cleanup_error struct error err = ERROR_INIT;

	*ret_what = NULL;
	if (cgroup_plan_build(resources, &plan, &err) < 0) {
		*ret_what = "linux.resources"; /* wrong ones count: cgroup_create() says
						  what is wrong */
		return true;
	}
	for (size_t i = 0; i < plan.n_settings && !*ret_what; i++)
		if (!lifts(&plan.settings[i]))
			*ret_what = plan.settings[i].option;
	return *ret_what != NULL;
}

static bool has_dotdot(const char *path)
{
	for (const char *p = path; (p = strstr(p, "..")); p += 2)
		if ((p == path || p[-1] == '/') && (p[2] == '/' || p[2] == '\0'))
			return true;
	return false;
}

int cgroup_path_build(const char *cgroups_path, const char *id, const char *parent,
		      char **ret, struct error *err)
{
	const char *path = str_empty(cgroups_path) ? id : cgroups_path;
	cleanup_free char *joined =
		path[0] == '/' ? xstrdup(path) : xasprintf("%s/%s", parent, path);
	cleanup_free char *clean = NULL, *quoted = NULL;
	bool control = false;

	for (const char *c = path; *c; c++)
		control = control || iscntrl((unsigned char)*c);
	clean = path_clean(joined);
	if (!control && !has_dotdot(path) && !str_eq(clean, "/")) {
		*ret = TAKE_PTR(clean);
		return 0;
	}
	quoted = str_quote(path);
	return error_set(err, ERR_INVALID, 0,
			 "linux.cgroupsPath: %s is not the path of a cgroup", quoted);
}
