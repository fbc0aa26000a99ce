/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/cgroup_group.h"

#include <string.h>

#include "runtime/cgroup_apply.h"
#include "runtime/cgroup_fs.h"
#include "runtime/cgroup_plan.h"
#include "runtime/cgroup_systemd_plan.h"
#include "runtime/cgroup_tree.h"
#include "runtime/systemd_bus.h"
#include "util/mem.h"
#include "util/str.h"

#define SLICE_SUFFIX    ".slice"
#define STOP_USEC       (30 * 1000000LL)
#define ROOT_SLICE_NAME "-" SLICE_SUFFIX

/* "user.slice" and "cubby_pod_1f" as "user-cubby_pod_1f.slice": a slice's name says what it lies in. */
static char *slice_name(const char *above, const char *name)
{
	if (str_eq(above, ROOT_SLICE_NAME))
		return xasprintf("%s" SLICE_SUFFIX, name);
	return xasprintf("%.*s-%s" SLICE_SUFFIX,
			 (int)(strlen(above) - strlen(SLICE_SUFFIX)), above, name);
}

char *cgroup_group_path(const struct cgroup_place *p, const char *name)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *slice = NULL, *path = NULL;
	const char *top = str_eq(p->parent, "/") ? "" : p->parent;

	if (p->manager == CGROUP_MANAGER_NONE)
		return NULL;
	if (p->manager != CGROUP_MANAGER_SYSTEMD)
		return xasprintf("%s/%s", top, name);
	slice = slice_name(p->slice, name);
	if (cgroup_slice_path(slice, &path, &err) == 0)
		return xasprintf("%s/%s", top, path);
	error_drop(&err, "systemd will say so");
	return xasprintf("%s/%s", top, slice);
}

char *cgroup_group_parent(const struct cgroup_place *p, const char *name)
{
	return p->manager == CGROUP_MANAGER_SYSTEMD ? slice_name(p->slice, name)
						    : cgroup_group_path(p, name);
}

static int change_slice(struct systemd_bus *bus, const char *slice,
			const struct cgroup_plan *plan, struct error *err)
{
	cleanup_systemd_properties struct systemd_properties p = {0};

	cgroup_systemd_plan(plan, false, &p);
	return p.n ? systemd_unit_change(bus, slice, &p, err) : 0;
}

static int make_slice(const struct cgroup_request *q, const struct cgroup_group *g,
		      const struct cgroup_plan *plan, struct error *err)
{
	cleanup_systemd_properties struct systemd_properties p = {0};
	cleanup_systemd_bus struct systemd_bus *bus = NULL;
	int r;

	systemd_add_text(&p, "Description", q->description ? q->description : q->name);
	systemd_add_text(&p, "CollectMode", "inactive-or-failed");
	cgroup_systemd_plan(plan, false, &p);
	r = systemd_bus_open(g->user_manager, &bus, err);
	if (r == 0)
		r = systemd_unit_make(bus, g->parent, &p, err);
	if (r < 0 && err->kind == ERR_CONFLICT) {
		error_release(err);
		r = change_slice(bus, g->parent, plan, err);
		if (r == 0)
			r = systemd_unit_do(bus, "StartUnit", g->parent, 0, err);
	}
	return r;
}

/* What systemd has no property for is written as well; the rest is written twice, with the same values. */
static int apply(const struct cgroup_group *g, const struct cgroup_plan *plan,
		 const struct spec_resources *resources, struct error *err)
{
	cleanup_cgroup struct cgroup c = CGROUP_INIT;
	int r = cgroup_open(g->path, &c, err);

	return r < 0 ? r : cgroup_apply(c.fd, c.path, plan, resources, err);
}

int cgroup_group_make(const struct cgroup_request *q, struct error *err)
{
	cleanup_cgroup_plan struct cgroup_plan plan = {0};
	cleanup_free char *parent = NULL, *path = NULL;
	struct cgroup_group g = {.manager = q->place->manager,
				 .user_manager = q->place->user_manager};
	bool made;
	int r;

	if (g.manager == CGROUP_MANAGER_NONE)
		return 0;
	g.parent = parent = cgroup_group_parent(q->place, q->name);
	g.path = path = cgroup_group_path(q->place, q->name);
	r = cgroup_plan_build(q->resources, &plan, err);
	if (r < 0)
		return r;
	if (g.manager == CGROUP_MANAGER_SYSTEMD) {
		r = make_slice(q, &g, &plan, err);
	} else {
		cleanup_fd int fd = -EBADF;

		r = cgroup_fs_clear(q->place->parent, err);
		if (r >= 0)
			r = fd = cgroup_path_make(path, &made, err);
		if (r >= 0)
			cgroup_hand_down(fd, path);
	}
	if (r >= 0)
		r = apply(&g, &plan, q->resources, err);
	return r < 0 ? error_wrap(err, "make a cgroup for several containers") : 0;
}

int cgroup_group_unmake(const struct cgroup_group *g, struct error *err)
{
	cleanup_systemd_bus struct systemd_bus *bus = NULL;
	cleanup_cgroup struct cgroup c = CGROUP_INIT;
	int r = cgroup_open(g->path, &c, err);

	if (r < 0 && err->code == ENOENT) {
		error_release(err);
		return 0;
	}
	if (r < 0 || g->manager != CGROUP_MANAGER_SYSTEMD)
		return r < 0 ? r : cgroup_remove(&c, err);
	r = systemd_bus_open(g->user_manager, &bus, err);
	if (r == 0)
		r = systemd_unit_do(bus, "StopUnit", g->parent, STOP_USEC, err);
	if (r < 0 && err->kind == ERR_NOT_FOUND) {
		error_release(err);
		r = 0;
	}
	return r;
}
