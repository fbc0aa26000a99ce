/* SPDX-License-Identifier: Apache-2.0 */
/* Whether limits can be kept where the container's cgroup will be, in the words of the options. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/engine.h"
#include "engine/limits.h"
#include "runtime/cgroup_manager.h"
#include "runtime/cgroup_plan.h"
#include "spec/spec.h"
#include "util/mem.h"
#include "util/str.h"

#define SPEC_PREFIX "linux.resources."

static const struct {
	const char *spec, *option;
} names[] = {
	{"memory.limit", "--memory"},
	{"memory.swap", "--memory-swap"},
	{"memory.reservation", "--memory-reservation"},
	{"memory.swappiness", "--memory-swappiness"},
	{"memory.disableOOMKiller", "--oom-kill-disable"},
	{"cpu.quota", "--cpus"},
	{"cpu.period", "--cpu-period"},
	{"cpu.shares", "--cpu-shares"},
	{"cpu.cpus", "--cpuset-cpus"},
	{"cpu.mems", "--cpuset-mems"},
	{"cpu.realtimePeriod", "--cpu-rt-period"},
	{"pids.limit", "--pids-limit"},
	{"blockIO.weight", "--blkio-weight"},
	{"blockIO.weightDevice", "--blkio-weight-device"},
	{"blockIO.throttleReadBpsDevice", "--device-read-bps"},
	{"blockIO.throttleWriteBpsDevice", "--device-write-bps"},
	{"blockIO.throttleReadIOPSDevice", "--device-read-iops"},
	{"blockIO.throttleWriteIOPSDevice", "--device-write-iops"},
	{"devices", "--device-cgroup-rule"},
	{"unified", "--cgroup-conf"},
};

const char *limits_option_name(const char *spec_option)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(names[i].spec, spec_option))
			return names[i].option;
	return spec_option;
}

/* "linux.resources.memory.limit: ...", wherever it stands, as "--memory: ...". */
static bool as_option(const char *spec, const char *option, struct error *err)
{
	cleanup_free char *name = xasprintf(SPEC_PREFIX "%s", spec);
	char *at = err->text ? strstr(err->text, name) : NULL, *text;
	size_t len = strlen(name);

	if (!at && err->text && str_starts(err->text, spec)) {
		at = err->text;
		len = strlen(spec);
	}
	if (!at || isalnum((unsigned char)at[len]))
		return false;
	text = xasprintf("%.*s%s%s", (int)(at - err->text), err->text, option, at + len);
	free(err->text);
	err->text = text;
	return true;
}

int limits_as_options(const char *spec, const struct limit_options *o, struct error *err)
{
	if (o && o->cpu_quota_given && str_eq(spec, "cpu.quota"))
		as_option(spec, "--cpu-quota", err);
	else if (spec)
		as_option(spec, limits_option_name(spec), err);
	for (size_t i = 0; !spec && i < ARRAY_SIZE(names); i++)
		if (as_option(names[i].spec, names[i].option, err))
			break;
	return err->code ? -err->code : -EINVAL;
}

int limits_place_find(const struct engine *e, const struct cgroup_options *o,
		      struct cgroup_place *ret, struct error *err)
{
	const struct cgroup_wish wish = {
		.manager = (enum cgroup_manager)e->cgroup_manager,
		.mode = (enum cgroup_mode)o->mode,
		.parent = str_empty(o->parent) ? NULL : o->parent,
		.user_manager = geteuid() != 0,
	};
	int r = cgroup_place_find(&wish, ret, err);

	if (r >= 0 || err->kind != ERR_UNSUPPORTED || e->cgroup_manager_named ||
	    wish.parent)
		return r;
	/* only preferred, by a file of settings that other hosts may share */
	*ret = (struct cgroup_place){.manager = CGROUP_MANAGER_NONE, .mode = wish.mode};
	ret->why = error_message(err);
	error_drop(err, "it has no cgroup");
	return 0;
}

int limits_place_check(const struct cgroup_place *place,
		       const struct spec_resources *resources,
		       const struct limit_options *o, struct error *err)
{
	const char *spec = NULL;
	int r = cgroup_place_check(place, resources, &spec, err);

	return r < 0 ? limits_as_options(spec, o, err) : 0;
}

/* What does not go together. */
static int check_mode(const struct cgroup_options *o,
		      const struct spec_resources *resources, struct error *err)
{
	const char *what = NULL;

	if (o->mode == CGROUP_SPLIT && !str_empty(o->parent))
		return error_set(err, ERR_INVALID, 0,
				 "cannot specify --cgroups=split with a --cgroup-parent");
	if (o->mode != CGROUP_DISABLED)
		return 0;
	if (!str_empty(o->parent))
		return error_set(err, ERR_INVALID, 0,
				 "cannot set --cgroup-parent if not creating cgroups: "
				 "--cgroups=disabled");
	if (resources && cgroup_asked(resources, &what))
		return error_set(err, ERR_INVALID, 0,
				 "%s and --cgroups=disabled cannot be used together",
				 limits_option_name(what));
	return 0;
}

/* A parent is there to be kept to: its limits count for the container. */
static int check_parent(const struct cgroup_place *place, const struct cgroup_options *o,
			struct error *err)
{
	if (place->manager != CGROUP_MANAGER_NONE || str_empty(o->parent))
		return 0;
	error_set(err, ERR_UNSUPPORTED, 0,
		  "--cgroup-parent: the container cannot have a cgroup%s%s",
		  place->why ? ": " : "", place->why ? place->why : "");
	return place->remedy ? error_hint(err, "%s", place->remedy) : -EINVAL;
}

/* What was asked for stands in front. */
static int find_place(const struct engine *e, const struct cgroup_options *o,
		      struct cgroup_place *ret, struct error *err)
{
	int r = limits_place_find(e, o, ret, err);

	if (r < 0 && !str_empty(o->parent))
		return error_wrap(err, "--cgroup-parent");
	if (r < 0 && e->cgroup_manager_named)
		return error_wrap(err, "--cgroup-manager");
	return r;
}

int limits_plan(const struct engine *e, const struct limit_options *limits,
		const struct cgroup_options *o, struct cgroup_place *ret_place,
		struct spec_resources **ret, struct error *err)
{
	cleanup_cgroup_place struct cgroup_place place = {0};
	cleanup(spec_resources_freep) struct spec_resources *resources = NULL;
	int r = limits_build(limits, &resources, err);

	if (r >= 0)
		r = check_mode(o, resources, err);
	if (r >= 0)
		r = find_place(e, o, &place, err);
	if (r >= 0)
		r = check_parent(&place, o, err);
	if (r >= 0)
		r = limits_place_check(&place, resources, limits, err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(resources);
	*ret_place = place;
	place = (struct cgroup_place){0};
	return 0;
}

int limits_check(const struct engine *e, const struct limit_options *limits,
		 const struct cgroup_options *o, struct error *err)
{
	cleanup_cgroup_place struct cgroup_place place = {0};
	cleanup(spec_resources_freep) struct spec_resources *resources = NULL;

	if (!limits_given(limits) && !limits->before && str_empty(o->parent))
		return 0;
	return limits_plan(e, limits, o, &place, &resources, err);
}
