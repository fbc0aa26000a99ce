/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cgroup for the cgroups of several containers (a pod), whose limits count for all of them together. With systemd it is a slice
 * below the place's own, with cgroupfs a directory below the place's parent. What its members' cgroup_wish.parent is names it:
 * "user-cubby_pod_1f.slice", or "/some/where/cubby_pod_1f". Source: systemd.slice(5).
 */
#pragma once

#include <stdbool.h>

#include "runtime/cgroup.h"
#include "runtime/cgroup_place.h"

/* cgroup_group_parent() - that word, so that it can be on record before anything is made. name: no '-' or '/' in it. NULL with
 * manager NONE. Caller frees. */
char *cgroup_group_parent(const struct cgroup_place *p, const char *name);

/* cgroup_group_path() - its path below the hierarchy's top. Caller frees; NULL with manager NONE. */
char *cgroup_group_path(const struct cgroup_place *p, const char *name);

/*
 * cgroup_group_make() - q as of cgroup_make(), its name without '-'. One that is there already gets the limits. A group's
 * processes are in its members only. Does nothing with manager NONE.
 */
int cgroup_group_make(const struct cgroup_request *q, struct error *err) _must_check_;

/* One that was made: all as it was then. */
struct cgroup_group {
	const char *parent;
	const char *path;
	enum cgroup_manager manager;
	bool user_manager;
};

/* cgroup_group_unmake() - end what is left in it, remove it; gone already is fine. */
int cgroup_group_unmake(const struct cgroup_group *g, struct error *err) _must_check_;
