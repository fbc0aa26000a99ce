/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/cgroup_manager.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "runtime/cgroup_files.h"
#include "runtime/cgroup_fs.h"
#include "runtime/cgroup_plan.h"
#include "runtime/cgroup_systemd.h"
#include "runtime/cgroup_tree.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

/* Why there is no cgroup is what a person is told when a limit is refused: systemd's reason, as that is what would help. */
static int find_any(const struct cgroup_wish *wish, struct cgroup_place *p,
		    struct error *err)
{
	struct error first = ERROR_INIT;

	/* a path: systemd has slices */
	if (wish->parent && wish->parent[0] == '/')
		return cgroup_fs_find(wish, p, err);
	if (cgroup_systemd_find(wish, p, err) == 0)
		return 0;
	if (wish->parent || err->kind == ERR_INVALID)
		return err->code ? -err->code : -EINVAL;
	first = *err;
	*err = ERROR_INIT;
	cgroup_place_release(p);
	p->mode = wish->mode;
	if (cgroup_fs_find(wish, p, err) == 0) {
		error_drop(&first, "cgroupfs does it");
		return 0;
	}
	error_drop(err, "systemd is what a person is told about");
	p->manager = CGROUP_MANAGER_NONE;
	p->why = error_message(&first);
	p->remedy = first.hint ? xstrdup(first.hint) : NULL;
	error_drop(&first, "the container runs without a cgroup");
	return 0;
}

int cgroup_place_find(const struct cgroup_wish *wish, struct cgroup_place *ret,
		      struct error *err)
{
	int r = 0;

	*ret = (struct cgroup_place){.manager = CGROUP_MANAGER_NONE, .mode = wish->mode};
	if (wish->mode == CGROUP_DISABLED)
		ret->why = xstrdup("the container is to have no cgroup (--cgroups)");
	else if (wish->manager == CGROUP_MANAGER_NONE)
		ret->why = xstrdup("there is no manager of cgroups");
	else if (wish->mode == CGROUP_SPLIT)
		r = cgroup_fs_find(wish, ret, err);
	else if (wish->manager == CGROUP_MANAGER_SYSTEMD)
		r = cgroup_systemd_find(wish, ret, err);
	else if (wish->manager == CGROUP_MANAGER_CGROUPFS)
		r = cgroup_fs_find(wish, ret, err);
	else
		r = find_any(wish, ret, err);
	if (r < 0)
		cgroup_place_release(ret);
	return r;
}

char *cgroup_place_path(const struct cgroup_place *p, const char *name)
{
	if (p->manager == CGROUP_MANAGER_NONE)
		return NULL;
	if (p->manager == CGROUP_MANAGER_SYSTEMD)
		return cgroup_systemd_path(p, name);
	return xasprintf("%s/%s", str_eq(p->parent, "/") ? "" : p->parent, name);
}

int cgroup_make(const struct cgroup_request *request, struct cgroup *ret,
		struct error *err)
{
	*ret = CGROUP_INIT;
	if (request->place->manager == CGROUP_MANAGER_NONE)
		return 0;
	if (request->place->manager == CGROUP_MANAGER_SYSTEMD)
		return cgroup_systemd_make(request, ret, err);
	return cgroup_fs_make(request, ret, err);
}

int cgroup_enter(const char *path, struct error *err)
{
	cleanup_cgroup_scope struct cgroup_scope scope = {0};
	cleanup_free char *own = NULL;
	int r = cgroup_own_path(&own, err);

	if (r < 0)
		return r;
	if (cgroup_may_move(own, path))
		return 0;
	if (cgroup_unit_of(path, &scope))
		return cgroup_systemd_enter(&scope, err);
	return error_set(err, ERR_DENIED, EACCES, "start a process in cgroup %s from %s",
			 path, own);
}

int cgroup_attach(const char *path, pid_t pid, struct error *err)
{
	cleanup_cgroup_scope struct cgroup_scope scope = {0};

	if (cgroup_unit_of(path, &scope))
		return cgroup_systemd_attach(&scope, pid, err);
	return error_set(err, ERR_DENIED, EACCES, "move a process to cgroup %s", path);
}

int cgroup_change(const struct cgroup *c, const struct spec_resources *resources,
		  struct error *err)
{
	cleanup_cgroup_scope struct cgroup_scope scope = {0};
	cleanup_cgroup_plan struct cgroup_plan plan = {0};
	int r = cgroup_update(c, resources, err);

	if (r < 0 || !cgroup_scope_of(c->path, &scope) ||
	    !str_starts(scope.below, "/" CGROUP_CONTAINER_LEAF))
		return r;
	r = cgroup_plan_build(resources, &plan, err);
	return r < 0 ? r : cgroup_systemd_change(&scope, &plan, err);
}

/* What stands beside the container's cgroup; the scope itself is systemd's to remove, when its last process has ended. */
static void remove_monitor_leaf(const struct cgroup_scope *scope)
{
	cleanup_free char *leaf =
		xasprintf(CGROUP_MOUNT "%s/" CGROUP_MONITOR_LEAF, scope->path);

	if (rmdir(leaf) < 0 && errno != ENOENT)
		log_debug("cgroup %s stays: %s", leaf, error_errno_text(errno));
}

int cgroup_unmake(const char *path, struct error *err)
{
	cleanup_cgroup_scope struct cgroup_scope scope = {0};
	cleanup_cgroup struct cgroup c = CGROUP_INIT;
	int r = cgroup_open(path, &c, err);

	if (r < 0 && err->code == ENOENT) {
		error_release(err);
		return 0;
	}
	if (r == 0)
		r = cgroup_remove(&c, err);
	if (r == 0 && cgroup_scope_of(path, &scope))
		remove_monitor_leaf(&scope);
	return r;
}
