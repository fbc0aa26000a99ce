/* SPDX-License-Identifier: Apache-2.0 */
/* The manager systemd of cgroup_manager.h. Private to cgroup*.c. */
#pragma once

#include <stdbool.h>

#include "runtime/cgroup.h"
#include "runtime/cgroup_place.h"

struct cgroup_plan;

#define CGROUP_MONITOR_LEAF   "monitor"
#define CGROUP_CONTAINER_LEAF "container"
#define CGROUP_SCOPE_SUFFIX   ".scope"

/* cgroup_systemd_find() - ret->manager, slice, parent, controllers, and why there are few. ERR_UNSUPPORTED where it can't be had. */
int cgroup_systemd_find(const struct cgroup_wish *wish, struct cgroup_place *ret,
			struct error *err) _must_check_;

/* cgroup_systemd_path() - of the container's cgroup. Caller frees. */
char *cgroup_systemd_path(const struct cgroup_place *p, const char *name);

int cgroup_systemd_make(const struct cgroup_request *request, struct cgroup *ret,
			struct error *err) _must_check_;

/* cgroup_scope_of() - the scope that a cgroup lies in. false: in none. Caller releases. */
struct cgroup_scope {
	char *unit, *path; /* owned */
	char *below;       /* owned: "/container", "/" */
	bool user_manager; /* whose manager made it */
};
bool cgroup_scope_of(const char *path, struct cgroup_scope *ret);
/* cgroup_unit_of() - the same, or the service whose cgroup is right above (CGROUP_SPLIT; `monitor` lies in it as well). */
bool cgroup_unit_of(const char *path, struct cgroup_scope *ret);
void cgroup_scope_release(struct cgroup_scope *s);
#define cleanup_cgroup_scope cleanup(cgroup_scope_release)

int cgroup_systemd_enter(const struct cgroup_scope *s, struct error *err) _must_check_;
int cgroup_systemd_attach(const struct cgroup_scope *s, pid_t pid,
			  struct error *err) _must_check_;
int cgroup_systemd_change(const struct cgroup_scope *s, const struct cgroup_plan *plan,
			  struct error *err) _must_check_;
