/* SPDX-License-Identifier: Apache-2.0 */
/* A step of create_plan_build(): the container's limits, and whether they can be kept where its cgroup will be. */
#include "engine/create_plan.h"
#include "engine/create_steps.h"
#include "engine/engine.h"

#include "engine/limits.h"
#include "runtime/cgroup_plan.h"
#include "spec/spec.h"
#include "util/mem.h"
#include "util/str.h"

/* What does not go together. */
static int check_mode(const struct create_plan *p, struct error *err)
{
	const struct cgroup_options *o = &p->options->cgroup;
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
	if (p->resources && cgroup_asked(p->resources, &what))
		return error_set(err, ERR_INVALID, 0,
				 "%s and --cgroups=disabled cannot be used together",
				 limits_option_name(what));
	return 0;
}

static int check_rules(const struct engine *e, const struct create_plan *p,
		       struct error *err)
{
	if (!p->options->limits.device_rules)
		return 0;
	if (e->rootless)
		return error_set(err, ERR_UNSUPPORTED, 0,
				 "--device-cgroup-rule: device cgroup rules are not "
				 "supported in rootless mode or in a user namespace");
	if (p->cgroup_place.manager == CGROUP_MANAGER_NONE)
		return error_set(
			err, ERR_UNSUPPORTED, 0,
			"--device-cgroup-rule: the container cannot have a cgroup%s%s",
			p->cgroup_place.why ? ": " : "",
			p->cgroup_place.why ? p->cgroup_place.why : "");
	return 0;
}

static struct spec_resources *resources_of(struct create_plan *p)
{
	if (!p->resources)
		p->resources = xcalloc(1, sizeof(*p->resources));
	return p->resources;
}

/* A parent is there to be kept to: its limits count for the container. */
static int check_parent(const struct create_plan *p, struct error *err)
{
	const struct cgroup_place *place = &p->cgroup_place;

	if (place->manager != CGROUP_MANAGER_NONE || str_empty(p->options->cgroup.parent))
		return 0;
	error_set(err, ERR_UNSUPPORTED, 0,
		  "--cgroup-parent: the container cannot have a cgroup%s%s",
		  place->why ? ": " : "", place->why ? place->why : "");
	return place->remedy ? error_hint(err, "%s", place->remedy) : -EINVAL;
}

/* How many processes, where nobody said it: against fork bombs. */
static void add_pids(struct create_plan *p)
{
	const struct create_options *o = p->options;
	int64_t limit =
		o->conf.pids_limit_given ? o->conf.pids_limit : LIMITS_PIDS_DEFAULT;
	struct spec_resources *r;

	if (o->limits.pids_given || limit <= 0 ||
	    p->cgroup_place.manager == CGROUP_MANAGER_NONE ||
	    !strv_has(p->cgroup_place.controllers, "pids"))
		return;
	r = resources_of(p);
	r->pids = xcalloc(1, sizeof(*r->pids));
	r->pids->limit = limit;
}

int create_plan_cgroup(const struct engine *e, struct create_plan *p, struct error *err)
{
	const struct create_options *o = p->options;
	int r = limits_build(&o->limits, &p->resources, err);

	if (r >= 0)
		r = check_mode(p, err);
	if (r >= 0)
		r = limits_place_find(e, &o->cgroup, &p->cgroup_place, err);
	if (r >= 0)
		r = check_parent(p, err);
	if (r >= 0)
		r = limits_place_check(&p->cgroup_place, p->resources, &o->limits, err);
	if (r >= 0)
		r = check_rules(e, p, err);
	if (r < 0)
		return r;
	/* a wish that could not be had is none at later starts either */
	if (e->cgroup_manager_named ||
	    p->cgroup_place.manager == (enum cgroup_manager)e->cgroup_manager)
		p->cgroup_manager = (enum cgroup_manager)e->cgroup_manager;
	add_pids(p);
	return 0;
}
