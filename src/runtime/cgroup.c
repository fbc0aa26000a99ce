/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Life of a cgroup. Making one goes from the top down: each directory on the way gets the
 * controllers that its parent has (cgroup.subtree_control), as far as we may write there;
 * whether that was enough shows at the end, in cgroup.controllers of the new directory,
 * and only matters for limits that were asked for.
 *
 * Processes of a cgroup on the way keep it from handing controllers down ("no internal
 * processes"), so the default place is beside our own cgroup, not in it.
 */
#include "runtime/cgroup.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/cgroup_apply.h"
#include "runtime/cgroup_files.h"
#include "runtime/cgroup_plan.h"
#include "runtime/cgroup_tree.h"
#include "spec/spec.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

#define FREEZE_TIMEOUT_MSEC 10000
#define KILL_TIMEOUT_MSEC   10000

void cgroup_release(struct cgroup *c)
{
	fd_cleanup_(&c->fd);
	fd_cleanup_(&c->holder_fd);
	free(c->path);
	*c = CGROUP_INIT;
}

int cgroup_path_find(const char *cgroups_path, const char *id, char **ret,
		     struct error *err)
{
	cleanup_free char *parent = NULL;
	cleanup_fd int root_fd = cgroup_root_open(err);
	char *slash;
	int r;

	if (root_fd < 0)
		return root_fd;
	r = cgroup_own_path(&parent, err);
	if (r < 0)
		return r;
	slash = strrchr(parent, '/');
	slash[slash == parent] =
		'\0'; /* beside our own: nobody may be in one above others */
	return cgroup_path_build(cgroups_path, id, parent, ret, err);
}

int cgroup_open(const char *path, struct cgroup *ret, struct error *err)
{
	cleanup_fd int root_fd = cgroup_root_open(err);
	int fd;

	if (root_fd < 0)
		return root_fd;
	fd = path_open(root_fd, path, O_PATH | O_DIRECTORY | O_NOFOLLOW, err);
	if (fd < 0)
		return error_wrap(err, "open cgroup %s", path);
	*ret = CGROUP_INIT;
	ret->fd = fd;
	ret->path = xstrdup(path);
	return 0;
}

/* No cgroup can be had: fine if nothing was asked for, else say so by the option's name.
 */
static int go_without(const struct spec_resources *resources, struct error *err)
{
	const char *what = NULL;

	if (err->kind == ERR_INVALID || err->kind == ERR_CONFLICT)
		return -EINVAL;
	if (!cgroup_asked(resources, &what)) {
		error_drop(err,
			   "no limit was asked for: the container runs without a cgroup");
		return 0;
	}
	err->kind = ERR_UNSUPPORTED;
	return error_wrap(err, "linux.resources.%s cannot be set on this host", what);
}

int cgroup_create(const char *cgroups_path, const char *id,
		  const struct spec_resources *resources, struct cgroup *ret,
		  struct error *err)
{
	cleanup_cgroup_plan struct cgroup_plan plan = {0};
	cleanup_cgroup struct cgroup c = CGROUP_INIT;
	cleanup_free char *path = NULL;
	bool made = false;
	int r = cgroup_plan_build(resources, &plan, err);

	*ret = CGROUP_INIT;
	if (r < 0)
		return r;
	r = cgroup_path_find(cgroups_path, id, &path, err);
	if (r == 0)
		r = c.fd = cgroup_path_make(path, &made, err);
	if (r >= 0)
		r = cgroup_refuse_populated(c.fd, path, err);
	if (r < 0)
		return go_without(resources, err);
	c.path = TAKE_PTR(path);
	r = cgroup_apply(c.fd, c.path, &plan, resources, err);
	if (r < 0) {
		cleanup_error struct error ignored = ERROR_INIT;

		if (made && cgroup_remove(&c, &ignored) < 0)
			error_drop(&ignored,
				   "the limit's own error is the one to report");
		return r;
	}
	*ret = c;
	c = CGROUP_INIT;
	return 0;
}

/* A new period alone must not lift the quota: cpu.max holds both. */
static void keep_quota(const struct cgroup *c, struct cgroup_plan *plan)
{
	for (size_t i = 0; i < plan->n_settings; i++) {
		struct cgroup_setting *s = &plan->settings[i];
		cleanup_free char *now = NULL;
		char *period;

		if (!str_eq(s->option, "cpu.period") ||
		    cgroup_file_read(c->fd, s->file, &now) < 0)
			continue;
		now[strcspn(now, " \n")] = '\0';
		period = xasprintf("%s%s", now, strchr(s->value, ' '));
		free(s->value);
		s->value = period;
	}
}

static int check_before_update(const struct cgroup *c,
			       const struct spec_resources *resources, struct error *err)
{
	const struct spec_memory *m = resources->memory;
	uint64_t current = 0;

	if (!m || !m->has_check_before_update || !m->check_before_update ||
	    !m->has_limit || m->limit <= 0)
		return 0;
	if (cgroup_file_u64(c->fd, "memory.current", &current) < 0 ||
	    (uint64_t)m->limit > current)
		return 0;
	return error_set(
		err, ERR_CONFLICT, 0,
		"linux.resources.memory.limit: %lld bytes is less than the %llu in use",
		(long long)m->limit, (unsigned long long)current);
}

int cgroup_update(const struct cgroup *c, const struct spec_resources *resources,
		  struct error *err)
{
	cleanup_cgroup_plan struct cgroup_plan plan = {0};
	int r;

	if (c->fd < 0)
		return error_set(err, ERR_UNSUPPORTED, 0,
				 "the container has no cgroup of its own");
	r = cgroup_plan_build(resources, &plan, err);
	if (r == 0)
		r = check_before_update(c, resources, err);
	if (r < 0)
		return r;
	keep_quota(c, &plan);
	return cgroup_apply(c->fd, c->path, &plan, resources, err);
}

int cgroup_freeze(const struct cgroup *c, bool frozen, struct error *err)
{
	const char *verb = frozen ? "freeze" : "thaw";
	int r;

	if (c->fd < 0)
		return error_set(
			err, ERR_UNSUPPORTED, 0,
			"the container has no cgroup of its own, which pausing needs");
	r = cgroup_file_write(c->fd, "cgroup.freeze", frozen ? "1" : "0");
	if (r == 0)
		r = cgroup_wait_event(c->fd, "frozen", frozen, FREEZE_TIMEOUT_MSEC);
	if (r == 0)
		return 0;
	/* Half frozen is the worst of both. */
	if (frozen && cgroup_file_write(c->fd, "cgroup.freeze", "0") < 0)
		log_debug("cgroup %s: cannot thaw", c->path);
	return error_set(err, r == -ETIMEDOUT ? ERR_UNAVAILABLE : ERR_SYSTEM, -r,
			 "%s cgroup %s", verb, c->path);
}

int cgroup_is_frozen(const struct cgroup *c, bool *ret, struct error *err)
{
	uint64_t value = 0;
	int r;

	*ret = false;
	if (c->fd < 0)
		return 0;
	r = cgroup_file_u64(c->fd, "cgroup.freeze", &value);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read cgroup.freeze of %s",
				 c->path);
	*ret = value == 1;
	return 0;
}

int cgroup_kill(const struct cgroup *c, struct error *err)
{
	int r;

	if (c->fd < 0)
		return error_set(err, ERR_UNSUPPORTED, 0,
				 "the container has no cgroup of its own");
	r = cgroup_file_write(c->fd, "cgroup.kill", "1");
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "kill the processes of cgroup %s",
				 c->path)
		     : 0;
}

struct pid_list {
	pid_t *pids;
	size_t n;
};

static int collect_pids(int parent_fd, const char *name, void *data)
{
	cleanup_fd int dirfd = openat(parent_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_free char *text = NULL;
	struct pid_list *list = data;
	int r;

	if (dirfd < 0)
		return errno == ENOENT ? 0 : -errno;
	r = cgroup_file_read(dirfd, "cgroup.procs", &text);
	if (r < 0)
		return r == -ENODEV || r == -ENOENT ? 0 : r;
	for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
		uint32_t pid = 0;

		/* 0: a process outside our pid namespace */
		if (str_to_u32(line, &pid) < 0 || pid == 0)
			continue;
		list->pids = xreallocarray(list->pids, list->n + 1, sizeof(*list->pids));
		list->pids[list->n++] = (pid_t)pid;
	}
	return cgroup_each_child(dirfd, collect_pids, list);
}

int cgroup_pids(const struct cgroup *c, pid_t **ret, size_t *ret_n, struct error *err)
{
	struct pid_list list = {0};
	int r = c->fd < 0 ? -EOPNOTSUPP : collect_pids(c->fd, ".", &list);

	*ret = NULL;
	*ret_n = 0;
	if (r < 0) {
		free(list.pids);
		return error_set(err, ERR_SYSTEM, -r,
				 "list the processes of the container's cgroup");
	}
	*ret = list.pids;
	*ret_n = list.n;
	return 0;
}

int cgroup_remove(const struct cgroup *c, struct error *err)
{
	int r;

	if (c->fd < 0)
		return 0;
	r = cgroup_kill(c, err);
	if (r < 0 && err->code != ENOENT && err->code != ENODEV)
		return r;
	error_release(err);
	/* A frozen process dies of SIGKILL in version 2; thawing costs nothing and helps
	 * old kernels. */
	(void)!cgroup_file_write(c->fd, "cgroup.freeze", "0");
	r = cgroup_wait_event(c->fd, "populated", 0, KILL_TIMEOUT_MSEC);
	if (r == -ETIMEDOUT)
		return error_set(err, ERR_UNAVAILABLE, ETIMEDOUT,
				 "wait for the processes of cgroup %s to end", c->path);
	return cgroup_remove_path(c->path, err);
}
