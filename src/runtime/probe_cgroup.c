/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control groups. The only one that is written to is one of our own making, where a container's
 * would go, by whom it would be made. Whether controllers that are not handed down
 * yet could be is looked at, not tried: that would change a cgroup of others.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#include "runtime/cgroup_files.h"
#include "runtime/cgroup_manager.h"
#include "runtime/own_map.h"
#include "runtime/probe_try.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"
#include "util/sys.h"

#define NAME_PREFIX "cubby-doctor-"

static bool is_version_2(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
}

static int try_mode(const struct probe_run *run, struct probe *p, struct error *err)
{
	cleanup_free char *text = NULL;
	bool has_v1;

	if (is_version_2(CGROUP_MOUNT)) {
		p->number = PROBE_CGROUP_V2;
		return 0;
	}
	if (cgroup_file_read(AT_FDCWD, "/proc/self/cgroup", &text) < 0)
		text = xstrdup("");
	has_v1 = *text && !str_starts(text, "0::");
	p->number = !has_v1                                 ? PROBE_CGROUP_NONE
		    : is_version_2(CGROUP_MOUNT "/unified") ? PROBE_CGROUP_HYBRID
							    : PROBE_CGROUP_V1;
	return error_set(err, ERR_UNSUPPORTED, 0,
			 "%s is not a cgroup version 2 hierarchy", CGROUP_MOUNT);
}

static int find_place(struct cgroup_place *ret, struct error *err)
{
	const struct cgroup_wish wish = {.user_manager =
						 geteuid() != 0 || !own_map_is_host()};
	int r = cgroup_place_find(&wish, ret, err);

	if (r < 0 || ret->manager != CGROUP_MANAGER_NONE)
		return r;
	return error_set(err, ERR_UNSUPPORTED, 0, "%s", ret->why);
}

/* The directory in which a container's cgroup is made. */
static int open_directory(const char *path, struct error *err)
{
	cleanup_fd int root_fd = cgroup_root_open(err);

	return root_fd < 0 ? root_fd
			   : path_open(root_fd, path, O_RDONLY | O_DIRECTORY, err);
}

static char *own_name(pid_t doctor)
{
	return xasprintf(NAME_PREFIX "%d", doctor);
}

/* A scope of systemd's is made as a container's is: with us in it. It ends with us. */
static int make_scope(const struct cgroup_place *place, struct cgroup *ret,
		      struct error *err)
{
	cleanup_free char *name = own_name(getpid());
	const struct cgroup_request request = {
		.place = place, .name = name, .description = "cubby doctor"};

	return cgroup_make(&request, ret, err);
}

/* Nobody else is moved, and no controller handed down. */
static int make_directory(const struct cgroup_place *place, struct cgroup *ret,
			  struct error *err)
{
	cleanup_free char *name = own_name(getppid());
	cleanup_fd int place_fd = open_directory(place->parent, err);

	if (place_fd < 0)
		return place_fd;
	if (mkdirat(place_fd, name, 0755) < 0 && errno != EEXIST)
		return error_set(err, error_kind_of(errno), errno, "make a cgroup in %s",
				 place->parent);
	ret->fd = openat(place_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return ret->fd < 0 ? error_set(err, ERR_SYSTEM, errno, "open a new cgroup") : 0;
}

/* The tries run in children of the process that asked for them. */
static int make_own(struct cgroup_place *place, struct cgroup *ret, struct error *err)
{
	int r = find_place(place, err);

	if (r < 0)
		return r;
	return place->manager == CGROUP_MANAGER_SYSTEMD ? make_scope(place, ret, err)
							: make_directory(place, ret, err);
}

static void unmake_scope(const struct cgroup *c)
{
	cleanup_error struct error err = ERROR_INIT;

	if (c->path && cgroup_unmake(c->path, &err) < 0)
		error_drop(&err, "systemd removes it with its scope");
}

static int try_make(const struct probe_run *run, struct probe *p, struct error *err)
{
	cleanup_cgroup_place struct cgroup_place place = {0};
	cleanup_cgroup struct cgroup c = CGROUP_INIT;
	int r = make_own(&place, &c, err);

	if (r < 0)
		return r;
	p->number = place.manager;
	probe_say(p, "%s", place.parent);
	unmake_scope(&c);
	return 0;
}

static int try_controllers(const struct probe_run *run, struct probe *p,
			   struct error *err)
{
	cleanup_cgroup_place struct cgroup_place place = {0};
	cleanup_free char *list = NULL;
	int r = find_place(&place, err);

	if (r < 0)
		return r;
	list = strv_join(place.controllers, " ");
	probe_say(p, "%s", list);
	return 0;
}

static int try_start(const struct probe_run *run, struct probe *p, struct error *err)
{
	cleanup_cgroup_place struct cgroup_place place = {0};
	cleanup_cgroup struct cgroup c = CGROUP_INIT;
	int status, r = make_own(&place, &c, err);
	struct clone_args args = {.flags = CLONE_INTO_CGROUP,
				  .exit_signal = SIGCHLD,
				  .cgroup = (uint64_t)c.fd};
	pid_t pid;

	if (r < 0)
		return r;
	pid = sys_clone3(&args);
	if (pid == 0)
		_exit(0);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return error_set(err, error_kind_of(errno), errno,
				 "start a process in a new cgroup");
	unmake_scope(&c);
	return 0;
}

/* "cubby-doctor-N", whose process has ended. */
static bool is_left(const char *name)
{
	cleanup_free char *proc = NULL;
	uint32_t pid;

	if (!str_starts(name, NAME_PREFIX) ||
	    str_to_u32(name + strlen(NAME_PREFIX), &pid) < 0)
		return false;
	proc = xasprintf("/proc/%u", pid);
	return pid == (uint32_t)getpid() || access(proc, F_OK) < 0;
}

/* Our own directories, and what killed ones have left; scopes go by themselves. */
static void remove_own(void)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_cgroup_place struct cgroup_place place = {0};
	int r = find_place(&place, &err);
	cleanup_fd int place_fd = r < 0 || place.manager == CGROUP_MANAGER_SYSTEMD
					  ? -EBADF
					  : open_directory(place.parent, &err);
	cleanup_dir DIR *dir = place_fd < 0 ? NULL : fdopendir(place_fd);
	struct dirent *entry;

	if (!dir) {
		error_drop(&err, "then nothing was made");
		return;
	}
	(void)TAKE_FD(place_fd);
	while ((entry = readdir(dir)))
		if (is_left(entry->d_name))
			(void)!unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
}

void probe_cgroups(const struct probe_run *run)
{
	static const struct probe_try mode[] = {{PROBE_CGROUP, try_mode}};
	static const struct probe_try make[] = {{PROBE_CGROUP_MAKE, try_make}};
	static const struct probe_try in_own[] = {
		{PROBE_CGROUP_CONTROLLERS, try_controllers},
		{PROBE_CGROUP_START, try_start},
	};

	probe_each(run, mode, ARRAY_SIZE(mode));
	if (run->shared[PROBE_CGROUP].state != PROBE_WORKS)
		return;
	probe_each(run, make, ARRAY_SIZE(make));
	if (run->shared[PROBE_CGROUP_MAKE].state == PROBE_WORKS)
		probe_each(run, in_own, ARRAY_SIZE(in_own));
	remove_own();
}
