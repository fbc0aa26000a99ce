/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control groups. The only one that is written to is one of our own making, where a container's
 * would go, and only if that place is the caller's. Whether controllers that are not handed down
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

#include "runtime/cgroup.h"
#include "runtime/cgroup_files.h"
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

/* The directory in which a container's cgroup is made. */
static int open_place(char **ret_path, struct error *err)
{
	cleanup_free char *path = NULL;
	cleanup_fd int root_fd = cgroup_root_open(err);
	char *slash;
	int r;

	if (root_fd < 0)
		return root_fd;
	r = cgroup_path_find(NULL, "cubby-doctor", &path, err);
	if (r < 0)
		return r;
	slash = strrchr(path, '/');
	slash[slash == path] = '\0';
	r = path_open(root_fd, path, O_RDONLY | O_DIRECTORY, err);
	*ret_path = TAKE_PTR(path);
	return r;
}

static char *own_name(pid_t doctor)
{
	return xasprintf(NAME_PREFIX "%d", doctor);
}

/* The tries run in children of the process that asked for them. */
static int make_own(struct probe *p, int *ret_place_fd, struct error *err)
{
	cleanup_free char *place = NULL, *name = own_name(getppid());
	cleanup_fd int place_fd = open_place(&place, err);
	struct stat st;
	int fd;

	if (place_fd < 0)
		return place_fd;
	probe_say(p, "%s", place);
	if (fstat(place_fd, &st) < 0 || st.st_uid != geteuid())
		return error_set(err, ERR_DENIED, EACCES,
				 "make a cgroup in %s, which belongs to uid %u", place,
				 st.st_uid);
	if (mkdirat(place_fd, name, 0755) < 0 && errno != EEXIST)
		return error_set(err, error_kind_of(errno), errno, "make a cgroup in %s",
				 place);
	fd = openat(place_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open a new cgroup");
	*ret_place_fd = TAKE_FD(place_fd);
	return fd;
}

static int try_make(const struct probe_run *run, struct probe *p, struct error *err)
{
	cleanup_fd int place_fd = -EBADF, fd = make_own(p, &place_fd, err);

	return fd < 0 ? fd : 0;
}

/* Nobody may be in a cgroup that hands controllers down, but at the very top. */
static bool can_hand_down(int place_fd, const char *place)
{
	cleanup_free char *procs = NULL;

	if (faccessat(place_fd, "cgroup.subtree_control", W_OK, AT_EACCESS) < 0)
		return false;
	return str_eq(place, "/") ||
	       (cgroup_file_read(place_fd, "cgroup.procs", &procs) == 0 && !*procs);
}

static int try_controllers(const struct probe_run *run, struct probe *p,
			   struct error *err)
{
	cleanup_free char *text = NULL;
	struct probe where = {0};
	cleanup_fd int place_fd = -EBADF, fd = make_own(&where, &place_fd, err);
	int r;

	if (fd < 0)
		return fd;
	r = cgroup_file_read(can_hand_down(place_fd, where.text) ? place_fd : fd,
			     "cgroup.controllers", &text);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read cgroup.controllers");
	/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): it was read */
	text[strcspn(text, "\n")] = '\0';
	probe_say(p, "%s", text);
	return 0;
}

static int try_start(const struct probe_run *run, struct probe *p, struct error *err)
{
	struct probe where = {0};
	cleanup_fd int place_fd = -EBADF, fd = make_own(&where, &place_fd, err);
	struct clone_args args = {.flags = CLONE_INTO_CGROUP,
				  .exit_signal = SIGCHLD,
				  .cgroup = (uint64_t)fd};
	int status;
	pid_t pid;

	if (fd < 0)
		return fd;
	pid = sys_clone3(&args);
	if (pid == 0)
		_exit(0);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return error_set(err, error_kind_of(errno), errno,
				 "start a process in a new cgroup");
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

/* Our own, and what killed ones have left. */
static void remove_own(void)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *place = NULL;
	cleanup_fd int place_fd = open_place(&place, &err);
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
