/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A map can only be read of a process in the namespace: a child joins it and waits, and the parent reads the
 * child's. (The child's own view would be that from the namespace's parent.)
 */
#include "runtime/namespace_maps.h"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "runtime/namespace.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/sys.h"

/* The child says the errno of joining, 0 if it did; then it waits for the end of the socket. */
static _noreturn_ void join_and_wait(int ns_fd, int their_fd)
{
	int code = 0;
	char nothing;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || sys_setns(ns_fd, CLONE_NEWUSER) < 0)
		code = errno;
	(void)!send(their_fd, &code, sizeof(code), MSG_NOSIGNAL);
	(void)!recv(their_fd, &nothing, 1, 0);
	_exit(0);
}

static int read_maps(pid_t pid, struct idmap *uids, struct idmap *gids, struct error *err)
{
	cleanup_free char *uid_file = xasprintf("/proc/%d/uid_map", pid);
	cleanup_free char *gid_file = xasprintf("/proc/%d/gid_map", pid);
	int r = idmap_read(uid_file, uids, err);

	return r < 0 ? r : idmap_read(gid_file, gids, err);
}

static int hear_and_read(const char *path, pid_t pid, int fd, struct idmap *uids,
			 struct idmap *gids, struct error *err)
{
	int code;

	if (recv(fd, &code, sizeof(code), 0) != sizeof(code))
		return error_set(
			err, ERR_SYSTEM, 0,
			"look at the user namespace %s: the helper process ended", path);
	if (code == EPERM) {
		error_set(err, ERR_DENIED, code, "join the user namespace %s", path);
		return error_hint(err, "Only who has made it (or root) may join it");
	}
	if (code != 0)
		return error_set(err, ERR_SYSTEM, code, "join the user namespace %s",
				 path);
	return read_maps(pid, uids, gids, err);
}

int namespace_maps(const char *path, bool *ret_is_own, struct idmap *ret_uids,
		   struct idmap *ret_gids, struct error *err)
{
	cleanup_fd int ns_fd = -EBADF, ours_fd = -EBADF, theirs_fd = -EBADF;
	int pair[2], status, r = namespace_open(NS_USER, path, &ns_fd, err);
	pid_t pid;

	*ret_is_own = r >= 0 && ns_fd < 0;
	if (r < 0 || ns_fd < 0)
		return r;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a socket pair");
	ours_fd = pair[0];
	theirs_fd = pair[1];
	pid = fork();
	if (pid < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a process");
	if (pid == 0) {
		fd_cleanup_(&ours_fd);
		join_and_wait(ns_fd, theirs_fd);
	}
	fd_cleanup_(&theirs_fd);
	r = hear_and_read(path, pid, ours_fd, ret_uids, ret_gids, err);
	fd_cleanup_(&ours_fd);
	(void)!proc_wait(pid, -EBADF, -1, &status);
	return r;
}
