/* SPDX-License-Identifier: Apache-2.0 */
/* A step of create_plan_build(): the container's limits, and whether they can be kept where its cgroup will be. */
#include "engine/create_plan.h"
#include "engine/create_steps.h"
#include "engine/engine.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "engine/limits.h"
#include "spec/spec.h"
#include "util/mem.h"
#include "util/str.h"

/* Rules about devices are for a program of the kernel's at the container's cgroup, which only root can load. */
static int check_devices(const struct engine *e, const struct create_plan *p,
			 struct error *err)
{
	const struct device_node *restricted = device_restricted(&p->devices);
	const char *why = e->rootless              ? "only root can limit devices"
			  : p->options->privileged ? "--privileged allows all devices"
			  : p->cgroup_place.why    ? p->cgroup_place.why
						   : "the container has no cgroup";

	if (!e->rootless && !p->options->privileged &&
	    p->cgroup_place.manager != CGROUP_MANAGER_NONE)
		return 0;
	if (p->options->limits.device_rules && e->rootless)
		return error_set(err, ERR_UNSUPPORTED, 0,
				 "--device-cgroup-rule: device cgroup rules are not "
				 "supported in rootless mode or in a user namespace");
	if (p->options->limits.device_rules)
		return error_set(err, ERR_UNSUPPORTED, 0, "--device-cgroup-rule: %s",
				 why);
	if (!restricted)
		return 0;
	error_set(err, ERR_UNSUPPORTED, 0,
		  "--device %s:%s: less than rw access is not possible: %s",
		  restricted->source, restricted->access, why);
	return error_hint(err, "Leave :%s away; the device's own permissions apply",
			  restricted->access);
}

static struct spec_resources *resources_of(struct create_plan *p)
{
	if (!p->resources)
		p->resources = xcalloc(1, sizeof(*p->resources));
	return p->resources;
}

static void add_rule(struct spec_resources *r, bool allow, const struct device_node *node)
{
	struct spec_device_rule *rule = SPEC_APPEND(&r->devices, &r->n_devices);

	rule->allow = allow;
	rule->type = xstrdup(!node ? "a" : S_ISBLK(node->mode) ? "b" : "c");
	rule->access = xstrdup(node ? node->access : "rwm");
	if (!node)
		return;
	rule->has_major = rule->has_minor = true;
	rule->major = major(node->number);
	rule->minor = minor(node->number);
}

/* Root's containers get the devices that every container has, theirs, and what rules allow; privileged ones get all. */
static void add_devices(const struct engine *e, struct create_plan *p)
{
	struct spec_resources *r;
	struct spec_device_rule *asked;
	size_t n_asked;

	if (e->rootless || p->options->privileged ||
	    p->cgroup_place.manager == CGROUP_MANAGER_NONE)
		return;
	r = resources_of(p);
	n_asked = r->n_devices;
	if (n_asked && !r->devices[0].allow)
		return; /* those of one that is made again */
	asked = TAKE_PTR(r->devices);
	r->n_devices = 0;
	add_rule(r, false, NULL);
	for (size_t i = 0; i < p->devices.n; i++)
		add_rule(r, true, &p->devices.items[i]);
	for (size_t i = 0; i < n_asked; i++)
		*SPEC_APPEND(&r->devices, &r->n_devices) = asked[i];
	free(asked);
}

/* How many processes, where nobody said it: against fork bombs. */
static void add_pids(struct create_plan *p)
{
	const struct create_options *o = p->options;
	int64_t limit =
		o->conf.pids_limit_given ? o->conf.pids_limit : LIMITS_PIDS_DEFAULT;
	struct spec_resources *r;

	/* of one that is made again: it is there already, or was lifted */
	if (o->limits.pids_given || o->limits.before || limit <= 0 ||
	    p->cgroup_place.manager == CGROUP_MANAGER_NONE ||
	    !strv_has(p->cgroup_place.controllers, "pids"))
		return;
	r = resources_of(p);
	r->pids = xcalloc(1, sizeof(*r->pids));
	r->pids->limit = p->pids_default = limit;
}

int create_plan_cgroup(const struct engine *e, struct create_plan *p, struct error *err)
{
	const struct create_options *o = p->options;
	int r = limits_plan(e, &o->limits, &o->cgroup, &p->cgroup_place, &p->resources,
			    err);

	if (r >= 0)
		r = check_devices(e, p, err);
	if (r < 0)
		return r;
	/* a wish that could not be had is none at later starts either */
	if (e->cgroup_manager_named ||
	    p->cgroup_place.manager == (enum cgroup_manager)e->cgroup_manager)
		p->cgroup_manager = (enum cgroup_manager)e->cgroup_manager;
	add_pids(p);
	add_devices(e, p);
	return 0;
}
