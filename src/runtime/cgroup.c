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

#include "runtime/cgroup_device.h"
#include "runtime/cgroup_files.h"
#include "runtime/cgroup_plan.h"
#include "spec/spec.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

#define FREEZE_TIMEOUT_MSEC 10000
#define KILL_TIMEOUT_MSEC   10000
#define RMDIR_ATTEMPTS      50
#define RMDIR_PAUSE_USEC    10000

void cgroup_release(struct cgroup *c)
{
	fd_cleanup_(&c->fd);
	free(c->path);
	*c = CGROUP_INIT;
}

/* The cgroup beside which containers go: the parent of our own. "/" when we are at the
 * top. */
static int own_parent(char **ret, struct error *err)
{
	cleanup_free char *text = NULL;
	char *path, *slash;
	int r = cgroup_file_read(AT_FDCWD, "/proc/self/cgroup", &text);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read /proc/self/cgroup");
	path = str_starts(text, "0::/") ? text + 3 : strstr(text, "\n0::/");
	if (!path)
		return error_set(err, ERR_UNSUPPORTED, 0,
				 "this process is in no version 2 cgroup");
	path += path[0] == '\n' ? 4 : 0;
	path[strcspn(path, "\n")] = '\0';
	slash = strrchr(path, '/');
	*ret = slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
	return 0;
}

int cgroup_path_find(const char *cgroups_path, const char *id, char **ret,
		     struct error *err)
{
	cleanup_free char *parent = NULL;
	cleanup_fd int root_fd = cgroup_root_open(err);
	int r;

	if (root_fd < 0)
		return root_fd;
	r = own_parent(&parent, err);
	return r < 0 ? r : cgroup_path_build(cgroups_path, id, parent, ret, err);
}

/* Hand every controller of this directory down to its children, as far as it lets us. */
static void hand_down_controllers(int dirfd, const char *name)
{
	cleanup_free char *have = NULL, *active = NULL;
	cleanup_strv char **controllers = NULL, **enabled = NULL;

	if (cgroup_file_read(dirfd, "cgroup.controllers", &have) < 0 ||
	    cgroup_file_read(dirfd, "cgroup.subtree_control", &active) < 0)
		return;
	have[strcspn(have, "\n")] = '\0';
	active[strcspn(active, "\n")] = '\0';
	controllers = str_split(have, ' ');
	enabled = str_split(active, ' ');
	strv_foreach (controller, controllers) {
		cleanup_free char *word = xasprintf("+%s", *controller);
		int r;

		if (!**controller || strv_has(enabled, *controller))
			continue;
		r = cgroup_file_write(dirfd, "cgroup.subtree_control", word);
		if (r < 0)
			log_debug("cgroup %s: controller %s not handed down: %s", name,
				  *controller, error_errno_text(-r));
	}
}

static int make_directory(int parent_fd, const char *name, bool last, bool *ret_made,
			  struct error *err)
{
	int fd;

	*ret_made = mkdirat(parent_fd, name, 0755) == 0;
	if (!*ret_made && errno != EEXIST)
		return error_set(
			err, errno == EACCES || errno == EPERM ? ERR_DENIED : ERR_SYSTEM,
			errno, "make cgroup %s", name);
	fd = openat(parent_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open cgroup %s", name);
	if (!last)
		hand_down_controllers(fd, name);
	return fd;
}

static int refuse_populated(int fd, const char *path, struct error *err)
{
	cleanup_free char *events = NULL;
	uint64_t populated = 0;

	if (cgroup_file_read(fd, "cgroup.events", &events) == 0 &&
	    cgroup_text_value(events, "populated", &populated) && populated)
		return error_set(err, ERR_CONFLICT, 0,
				 "cgroup %s is in use by other processes", path);
	return 0;
}

static int make_path(const char *path, struct cgroup *ret, bool *ret_made,
		     struct error *err)
{
	cleanup_strv char **names = str_split(path + 1, '/');
	cleanup_fd int dirfd = cgroup_root_open(err);
	int r;

	if (dirfd < 0)
		return dirfd;
	hand_down_controllers(dirfd, "/");
	strv_foreach (name, names) {
		int fd = make_directory(dirfd, *name, !name[1], ret_made, err);

		if (fd < 0)
			return fd;
		close(dirfd);
		dirfd = fd;
	}
	r = refuse_populated(dirfd, path, err);
	if (r < 0)
		return r;
	ret->fd = TAKE_FD(dirfd);
	ret->path = xstrdup(path);
	return 0;
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
	*ret = (struct cgroup){.fd = fd, .path = xstrdup(path)};
	return 0;
}

static int missing_controller(const struct cgroup *c, const struct cgroup_setting *s,
			      struct error *err)
{
	error_set(err, ERR_UNSUPPORTED, 0,
		  "linux.resources.%s: the %s controller is not available in cgroup %s",
		  s->option, s->controller, c->path);
	if (geteuid() != 0)
		error_hint(
			err,
			"let systemd delegate it: a file "
			"/etc/systemd/system/user@.service.d/delegate.conf with [Service] and "
			"Delegate=cpu cpuset io memory pids, then systemctl daemon-reload and log in anew");
	else
		error_hint(
			err,
			"see cgroup.controllers and cgroup.subtree_control in the cgroups "
			"above it");
	return -EOPNOTSUPP;
}

static bool has_controller(const struct cgroup *c, const char *controller)
{
	cleanup_free char *text = NULL;
	cleanup_strv char **have = NULL;

	if (!*controller)
		return true;
	if (cgroup_file_read(c->fd, "cgroup.controllers", &text) < 0)
		return false;
	text[strcspn(text, "\n")] = '\0';
	have = str_split(text, ' ');
	return strv_has(have, controller);
}

static int apply_setting(const struct cgroup *c, const struct cgroup_setting *s,
			 struct error *err)
{
	const char *file = s->file, *value = s->value;
	int r = cgroup_file_write(c->fd, file, value);

	if (r == -ENOENT && s->else_file && !*s->else_file)
		return 0;
	if (r == -ENOENT && s->else_file) {
		file = s->else_file;
		value = s->else_value;
		r = cgroup_file_write(c->fd, file, value);
	}
	if (r == 0)
		return 0;
	if (r == -ENOENT && !has_controller(c, s->controller))
		return missing_controller(c, s, err);
	if (r == -ENOENT)
		return error_set(
			err, ERR_UNSUPPORTED, 0,
			"linux.resources.%s: this kernel's cgroups have no file %s",
			s->option, file);
	return error_set(err, r == -EINVAL || r == -ERANGE ? ERR_INVALID : ERR_SYSTEM, -r,
			 "linux.resources.%s: write \"%s\" to %s", s->option, value,
			 file);
}

/* Lifting a limit where there is no controller to set one is done already. */
static bool is_moot(const struct cgroup *c, const struct cgroup_setting *s)
{
	return str_starts(s->value, "max") && !has_controller(c, s->controller);
}

static int apply_plan(const struct cgroup *c, const struct cgroup_plan *plan,
		      const struct spec_resources *resources, struct error *err)
{
	for (size_t i = 0; i < plan->n_settings; i++) {
		const struct cgroup_setting *s = &plan->settings[i];
		int r = is_moot(c, s) ? 0 : apply_setting(c, s, err);

		if (r < 0)
			return r;
		log_debug("cgroup %s: %s = %s", c->path, s->file, s->value);
	}
	if (!resources)
		return 0;
	return cgroup_device_apply(c->fd, resources->devices, resources->n_devices, err);
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
		r = make_path(path, &c, &made, err);
	if (r < 0)
		return go_without(resources, err);
	r = apply_plan(&c, &plan, resources, err);
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
	return apply_plan(c, &plan, resources, err);
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

typedef int (*child_fn)(int dirfd, const char *name, void *data);

/* Each child cgroup of dirfd; fn's negative return ends it. */
static int each_child(int dirfd, child_fn fn, void *data)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (!dir)
		return -errno;
	while (r >= 0 && (entry = readdir(dir)))
		if (entry->d_type == DT_DIR && !str_eq(entry->d_name, ".") &&
		    !str_eq(entry->d_name, ".."))
			r = fn(dirfd, entry->d_name, data);
	return r;
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
	return each_child(dirfd, collect_pids, list);
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

/* rmdir of the tree, leaves first. A cgroup whose last process is still being torn down
 * is EBUSY for a moment. */
static int remove_tree(int parent_fd, const char *name, void *data)
{
	int fd = openat(parent_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	r = each_child(fd, remove_tree, data);
	close(fd);
	for (int attempt = 0; r >= 0 || r == -EBUSY; attempt++) {
		r = unlinkat(parent_fd, name, AT_REMOVEDIR) < 0 ? -errno : 0;
		if (r != -EBUSY || attempt == RMDIR_ATTEMPTS)
			break;
		usleep(RMDIR_PAUSE_USEC);
	}
	return r == -ENOENT ? 0 : r;
}

int cgroup_remove(const struct cgroup *c, struct error *err)
{
	cleanup_fd int root_fd = -EBADF, parent_fd = -EBADF;
	cleanup_free char *name = NULL;
	int r;

	if (c->fd < 0)
		return 0;
	root_fd = cgroup_root_open(err);
	if (root_fd < 0)
		return root_fd;
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
	r = path_open_parent(root_fd, c->path, false, &parent_fd, &name, err);
	if (r < 0 && err->code == ENOENT) {
		error_release(err);
		return 0;
	}
	if (r < 0)
		return error_wrap(err, "remove cgroup %s", c->path);
	r = remove_tree(parent_fd, name, NULL);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "remove cgroup %s", c->path) : 0;
}
