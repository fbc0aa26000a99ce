/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No process may be in a cgroup that hands controllers down, but at the hierarchy's very top. So a container goes beside
 * our own cgroup where we may write there. Where we may write in our own only, as in a container or with --cgroups=split, whoever is
 * in it steps aside first, into the leaf "monitor": the caller, and the processes beside it.
 */
#include "runtime/cgroup_fs.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/cgroup_apply.h"
#include "runtime/cgroup_files.h"
#include "runtime/cgroup_plan.h"
#include "runtime/cgroup_systemd.h"
#include "runtime/cgroup_tree.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

#define STEP_ASIDE_ROUNDS 20

/* Write access to what delegation consists of. Source: cgroup-v2.rst 'Model of Delegation'. */
static bool is_ours(int dirfd)
{
	return faccessat(dirfd, ".", W_OK, AT_EACCESS) == 0 &&
	       faccessat(dirfd, "cgroup.procs", W_OK, AT_EACCESS) == 0 &&
	       (faccessat(dirfd, "cgroup.subtree_control", W_OK, AT_EACCESS) == 0);
}

static bool is_read_only(int dirfd)
{
	return faccessat(dirfd, ".", W_OK, AT_EACCESS) < 0 && errno == EROFS;
}

/* The hierarchy's real top has no such file, that of a cgroup namespace has. */
static bool is_top(int dirfd)
{
	return faccessat(dirfd, "cgroup.events", F_OK, 0) < 0;
}

static bool has_processes(int dirfd)
{
	cleanup_free char *text = NULL;

	return cgroup_file_read(dirfd, "cgroup.procs", &text) == 0 && *text;
}

/* "/a/b" -> "/a", "/a" -> "/" */
static char *parent_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

/* Our own, or the one from which we stepped aside before. */
static char *own_place(const char *own)
{
	return str_ends(own, "/" CGROUP_MONITOR_LEAF) ? parent_of(own) : xstrdup(own);
}

static int refuse_place(const char *path, int dirfd, enum cgroup_mode mode,
			struct error *err)
{
	bool is_split = mode == CGROUP_SPLIT;

	if (is_read_only(dirfd)) {
		error_set(err, ERR_UNSUPPORTED, EROFS, "make cgroups below %s", path);
		return error_hint(err,
				  "where this is a container: run it with its cgroups "
				  "writable (cubby run --nested)");
	}
	error_set(err, ERR_UNSUPPORTED, 0, "cgroup %s is not delegated to uid %u", path,
		  geteuid());
	return error_hint(
		err, is_split ? "in the unit that runs cubby: Delegate=yes"
			      : "systemd-run --user --scope -p Delegate=yes cubby ..., "
				"or another manager of cgroups");
}

static void take_place(struct cgroup_place *p, const char *path, int dirfd, bool clears)
{
	cleanup_strv char **controllers = cgroup_controllers(dirfd);

	/* Processes that stay there keep it from handing down more than it does. */
	if (!clears && !is_top(dirfd) && has_processes(dirfd)) {
		strv_free(controllers);
		controllers = cgroup_handed_down(dirfd);
	}
	p->manager = CGROUP_MANAGER_CGROUPFS;
	p->parent = xstrdup(path);
	p->controllers = TAKE_PTR(controllers);
	p->why = xasprintf("cgroup %s does not have it", path);
	p->remedy =
		geteuid() == 0
			? xstrdup("write its name, after a +, to cgroup.subtree_control "
				  "of the cgroups above")
			: xasprintf(CGROUP_DELEGATE_REMEDY, geteuid());
}

static int find_split(int root_fd, const char *own, struct cgroup_place *p,
		      struct error *err)
{
	cleanup_free char *path = own_place(own);
	cleanup_fd int fd = path_open(root_fd, path, O_RDONLY | O_DIRECTORY, err);

	if (fd < 0)
		return fd;
	if (!is_ours(fd))
		return refuse_place(path, fd, CGROUP_SPLIT, err);
	take_place(p, path, fd, true);
	return 0;
}

/* The nearest one that is there already decides what may be made below it. */
static int find_named(int root_fd, const char *name, struct cgroup_place *p,
		      struct error *err)
{
	cleanup_free char *path = NULL, *at = NULL;
	cleanup_fd int fd = -EBADF;
	int r;

	if (str_ends(name, ".slice")) {
		error_set(err, ERR_INVALID, 0,
			  "%s is a slice, which only systemd can make cgroups in", name);
		return error_hint(err, "expected the path of a cgroup, such as /batch");
	}
	r = cgroup_path_build(name, name, "/", &path, err);
	if (r < 0)
		return r;
	at = xstrdup(path);
	while ((fd = path_open(root_fd, at, O_RDONLY | O_DIRECTORY, err)) == -ENOENT &&
	       !str_eq(at, "/")) {
		char *above = parent_of(at);

		error_release(err);
		free(at);
		at = above;
	}
	if (fd < 0)
		return fd;
	if (!is_ours(fd))
		return refuse_place(at, fd, p->mode, err);
	take_place(p, path, fd, false);
	return 0;
}

static int find_near(int root_fd, const char *own, struct cgroup_place *p,
		     struct error *err)
{
	cleanup_free char *above = parent_of(own);
	cleanup_fd int above_fd = path_open(root_fd, above, O_RDONLY | O_DIRECTORY, err);
	cleanup_fd int own_fd = -EBADF;

	if (above_fd < 0)
		return above_fd;
	if (is_ours(above_fd) && (!str_eq(own, "/") || is_top(above_fd))) {
		take_place(p, above, above_fd, false);
		return 0;
	}
	own_fd = path_open(root_fd, own, O_RDONLY | O_DIRECTORY, err);
	if (own_fd < 0)
		return own_fd;
	if (!is_ours(own_fd))
		return refuse_place(own, own_fd, p->mode, err);
	take_place(p, own, own_fd, true);
	return 0;
}

int cgroup_fs_find(const struct cgroup_wish *wish, struct cgroup_place *ret,
		   struct error *err)
{
	cleanup_fd int root_fd = cgroup_root_open(err);
	cleanup_free char *own = NULL;
	int r;

	if (root_fd < 0)
		return root_fd;
	r = cgroup_own_path(&own, err);
	if (r < 0)
		return r;
	if (wish->mode == CGROUP_SPLIT)
		return find_split(root_fd, own, ret, err);
	return wish->parent ? find_named(root_fd, wish->parent, ret, err)
			    : find_near(root_fd, own, ret, err);
}

/* Who forks meanwhile has a child that is still there: so again, until nobody is. */
static int step_aside(int dirfd, const char *path, struct error *err)
{
	cleanup_fd int leaf_fd = cgroup_child_make(dirfd, CGROUP_MONITOR_LEAF, err);
	int r;

	if (leaf_fd < 0)
		return leaf_fd;
	r = cgroup_step_into(leaf_fd, path, err);
	for (int i = 0; i < STEP_ASIDE_ROUNDS && r == 0; i++) {
		cleanup_free char *text = NULL;

		r = cgroup_file_read(dirfd, "cgroup.procs", &text);
		if (r < 0)
			return error_set(err, ERR_SYSTEM, -r, "read cgroup.procs of %s",
					 path);
		if (!*text)
			return 0;
		for (char *rest = text, *pid; (pid = strsep(&rest, "\n"));) {
			int k = *pid ? cgroup_file_write(leaf_fd, "cgroup.procs", pid)
				     : 0;

			if (k < 0)
				log_debug("process %s stays in cgroup %s: %s", pid, path,
					  error_errno_text(-k));
		}
	}
	return r;
}

int cgroup_fs_clear(const char *parent, struct error *err)
{
	cleanup_fd int root_fd = cgroup_root_open(err), fd = -EBADF;
	cleanup_free char *own = NULL;
	int r;

	if (root_fd < 0)
		return root_fd;
	r = cgroup_own_path(&own, err);
	if (r < 0 || !str_eq(own, parent))
		return r;
	fd = path_open(root_fd, parent, O_RDONLY | O_DIRECTORY, err);
	if (fd < 0 || is_top(fd))
		return fd < 0 ? fd : 0;
	return step_aside(fd, parent, err);
}

int cgroup_fs_make(const struct cgroup_request *q, struct cgroup *ret, struct error *err)
{
	cleanup_cgroup_plan struct cgroup_plan plan = {0};
	cleanup_cgroup struct cgroup c = CGROUP_INIT;
	cleanup_error struct error ignored = ERROR_INIT;
	const char *parent = q->place->parent;
	bool made = false;
	int r = cgroup_plan_build(q->resources, &plan, err);

	if (r == 0)
		r = cgroup_fs_clear(parent, err);
	if (r < 0)
		return r;
	c.path = xasprintf("%s/%s", str_eq(parent, "/") ? "" : parent, q->name);
	c.fd = cgroup_path_make(c.path, &made, err);
	if (c.fd < 0)
		return c.fd;
	r = cgroup_refuse_populated(c.fd, c.path, err);
	if (r == 0)
		r = cgroup_apply(c.fd, c.path, &plan, q->resources, err);
	if (r < 0) {
		if (made && cgroup_remove(&c, &ignored) < 0)
			error_drop(&ignored,
				   "the limit's own error is the one to report");
		return r;
	}
	*ret = c;
	c = CGROUP_INIT;
	return 0;
}
