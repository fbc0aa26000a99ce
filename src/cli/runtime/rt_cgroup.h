/* SPDX-License-Identifier: Apache-2.0 */
/* The cgroup of a container that cubby-runtime makes: by files, by systemd, or none. */
#pragma once

#include "cli/runtime/rt.h"
#include "runtime/cgroup_place.h"

struct rt_cgroup {
	enum rt_cgroup_manager manager;
	struct cgroup_place place; /* of systemd */
	char *name;                /* of the scope, without ".scope" */
};
void rt_cgroup_release(struct rt_cgroup *g);

/*
 * rt_cgroup_plan() - where it will be: *ret_path (caller frees, may be NULL) goes on record before it is made. With systemd,
 * linux.cgroupsPath is "SLICE:PREFIX:NAME" for SLICE and PREFIX-NAME.scope, as runc and crun have it; none that can be had is an
 * error.
 */
int rt_cgroup_plan(const struct rt_globals *globals, const struct spec *spec,
		   const char *id, struct rt_cgroup *ret, char **ret_path,
		   struct error *err) _must_check_;

/* rt_cgroup_make() - fd -EBADF: none, and no limit was asked for. */
int rt_cgroup_make(const struct rt_cgroup *g, const struct spec *spec, const char *id,
		   struct cgroup *ret, struct error *err) _must_check_;

/* rt_cgroup_parse() - the parts of such a path; slice NULL: none was named. Owned by the caller. ERR_INVALID for another form. */
int rt_cgroup_parse(const char *cgroups_path, const char *id, char **ret_slice,
		    char **ret_name, struct error *err) _must_check_;
