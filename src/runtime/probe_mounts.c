/* SPDX-License-Identifier: Apache-2.0 */
/* The mount system calls, and the kernel's own file systems that a container gets. */
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>

#include "runtime/mount_fs.h"
#include "runtime/probe_try.h"
#include "util/sys.h"

static int mount_new(const char *type, char *const *options, struct error *err)
{
	const struct mount_fs fs = {.type = type, .source = type, .options = options};

	return mount_fs_new(&fs, err);
}

static int failed(const char *call, int code, struct error *err)
{
	return error_set(err, code == ENOSYS ? ERR_UNSUPPORTED : error_kind_of(code),
			 code, "%s", call);
}

/* In a mount namespace of its own, so what it covers is covered for nobody else. */
static int use_calls(void *data, struct error *err)
{
	const struct mount_attr readonly = {.attr_set = MOUNT_ATTR_RDONLY |
							MOUNT_ATTR_NOSUID};
	cleanup_fd int fd = mount_new("tmpfs", NULL, err), root_fd = -EBADF,
		       clone_fd = -EBADF;
	int r;

	if (fd < 0)
		return fd;
	r = mount_set(fd, false, &readonly);
	if (r < 0)
		return failed("mount_setattr", -r, err);
	root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	r = root_fd < 0 ? -errno : mount_attach(fd, root_fd, NULL);
	if (r < 0)
		return failed("move_mount", -r, err);
	clone_fd = mount_clone(fd, "", false);
	return clone_fd < 0 ? failed("open_tree", -clone_fd, err) : 0;
}

static int in_namespaces(const struct probe_run *run, unsigned long new_flags,
			 int (*fn)(void *, struct error *), struct error *err)
{
	/* what root can't do in a user namespace it may do without */
	const struct probe_place place = {
		.with_user = !run->host->is_root ||
			     run->shared[PROBE_USERNS].state == PROBE_WORKS,
		.new_flags = CLONE_NEWNS | new_flags,
	};

	return probe_in(run, &place, fn, NULL, err);
}

static int try_calls(const struct probe_run *run, struct probe *p, struct error *err)
{
	return in_namespaces(run, 0, use_calls, err);
}

static int mount_tmpfs(void *data, struct error *err)
{
	cleanup_fd int fd = mount_new("tmpfs", NULL, err);

	return fd < 0 ? fd : 0;
}

static int mount_devpts(void *data, struct error *err)
{
	char *const options[] = {(char *)"newinstance", (char *)"ptmxmode=0666", NULL};
	cleanup_fd int fd = mount_new("devpts", options, err);
	cleanup_fd int terminal_fd = -EBADF;

	if (fd < 0)
		return fd;
	terminal_fd = openat(fd, "ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (terminal_fd < 0)
		return error_set(err, error_kind_of(errno), errno,
				 "open a terminal of a new devpts");
	return 0;
}

static int mount_proc(void *data, struct error *err)
{
	cleanup_fd int fd = mount_new("proc", NULL, err);

	return fd < 0 ? fd : 0;
}

static int mount_sysfs(void *data, struct error *err)
{
	/* read-only, as containers have it, and as one is allowed inside of another */
	const struct mount_fs fs = {
		.type = "sysfs", .source = "sysfs", .attrs = MOUNT_ATTR_RDONLY};
	cleanup_fd int fd = mount_fs_new(&fs, err);

	return fd < 0 ? fd : 0;
}

static int mount_mqueue(void *data, struct error *err)
{
	cleanup_fd int fd = mount_new("mqueue", NULL, err);

	return fd < 0 ? fd : 0;
}

static int try_tmpfs(const struct probe_run *run, struct probe *p, struct error *err)
{
	return in_namespaces(run, 0, mount_tmpfs, err);
}

static int try_devpts(const struct probe_run *run, struct probe *p, struct error *err)
{
	return in_namespaces(run, 0, mount_devpts, err);
}

static int try_proc(const struct probe_run *run, struct probe *p, struct error *err)
{
	return in_namespaces(run, CLONE_NEWPID, mount_proc, err);
}

static int try_sysfs(const struct probe_run *run, struct probe *p, struct error *err)
{
	return in_namespaces(run, CLONE_NEWNET, mount_sysfs, err);
}

static int try_mqueue(const struct probe_run *run, struct probe *p, struct error *err)
{
	return in_namespaces(run, CLONE_NEWIPC, mount_mqueue, err);
}

void probe_mounts(const struct probe_run *run)
{
	static const struct probe_try tries[] = {
		{PROBE_MOUNT_API, try_calls}, {PROBE_TMPFS, try_tmpfs},
		{PROBE_DEVPTS, try_devpts},   {PROBE_PROC, try_proc},
		{PROBE_SYSFS, try_sysfs},     {PROBE_MQUEUE, try_mqueue},
	};

	probe_each(run, tries, ARRAY_SIZE(tries));
}
