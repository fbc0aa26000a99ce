/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mount can be cloned only by who is in its mount namespace. So a short-lived process goes there, by the user
 * namespace that has the right to it, and sends the clone back. It is not in the container's pid namespace and not
 * dumpable, so nobody there can reach it.
 */
#include "runtime/borrow_mount.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/mount_fs.h"
#include "runtime/namespace.h"
#include "runtime/sync.h"
#include "util/fd.h"
#include "util/path.h"
#include "util/proc.h"
#include "util/sys.h"

#define PEER "the process that looks at the other container's mounts"

static bool is_our_user_namespace(int pid)
{
	char path[48];
	struct stat theirs, ours;

	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	return stat(path, &theirs) == 0 && stat("/proc/self/ns/user", &ours) == 0 &&
	       theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino;
}

static bool is_tmpfs_mount(int fd)
{
	struct statfs fs;
	struct statx st;

	return fstatfs(fd, &fs) == 0 && fs.f_type == TMPFS_MAGIC &&
	       statx(fd, "", AT_EMPTY_PATH, 0, &st) == 0 &&
	       (st.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

static int clone_there(const char *path, struct error *err)
{
	cleanup_fd int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_fd int fd = -EBADF;
	int clone_fd;

	if (root_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open /");
	fd = path_open(root_fd, path, O_PATH | O_DIRECTORY, err);
	if (fd < 0)
		return fd;
	if (!is_tmpfs_mount(fd))
		return error_set(err, ERR_CONFLICT, 0, "%s is no tmpfs any more", path);
	clone_fd = mount_clone(fd, "", false);
	return clone_fd < 0
		       ? error_set(err, ERR_SYSTEM, -clone_fd, "clone the mount %s", path)
		       : clone_fd;
}

static int lend(int pid_fd, int flags, const char *path, int sync_fd, struct error *err)
{
	cleanup_fd int fd = -EBADF;

	if (prctl(PR_SET_DUMPABLE, 0) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return error_set(err, ERR_SYSTEM, errno, "hide from the container");
	if (sys_setns(pid_fd, flags) < 0)
		return error_set(err, errno == EPERM ? ERR_DENIED : ERR_SYSTEM, errno,
				 "enter the other container's mount namespace");
	fd = clone_there(path, err);
	return fd < 0 ? fd : sync_send(sync_fd, SYNC_ROOT, fd, err);
}

int borrow_mount(int pid_fd, int pid, const char *path, struct error *err)
{
	int flags = CLONE_NEWNS | (is_our_user_namespace(pid) ? 0 : CLONE_NEWUSER);
	cleanup_fd int ours_fd = -EBADF, theirs_fd = -EBADF;
	int pair[2], status, fd = -EBADF, r = sync_pair(pair, err);
	pid_t child;

	if (r < 0)
		return r;
	ours_fd = pair[0];
	theirs_fd = pair[1];
	child = fork();
	if (child < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a process");
	if (child == 0) {
		fd_cleanup_(&ours_fd);
		if (lend(pid_fd, flags, path, theirs_fd, err) < 0)
			sync_send_error(theirs_fd, err);
		_exit(0);
	}
	fd_cleanup_(&theirs_fd);
	r = sync_expect(ours_fd,
			&(struct sync_expectation){
				.message = SYNC_ROOT, .peer = PEER, .ret_fd = &fd},
			err);
	(void)!proc_wait(child, -EBADF, -1, &status);
	return r < 0 ? r : fd;
}
