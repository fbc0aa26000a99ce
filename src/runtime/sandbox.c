/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. The child waits on its end of a socket until its maps are written: a byte
 * means go, end of file means that nobody wants it any more. The same socket then carries its
 * error back; end of file without one is success (of the function, or of the exec, as it is
 * close-on-exec).
 */
#include "runtime/sandbox.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "runtime/child.h"
#include "runtime/namespace.h"
#include "runtime/netns_enter.h"
#include "runtime/outer_container.h"
#include "runtime/sync.h"
#include "runtime/usermap.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/sys.h"

#define PEER            "the helper process"
#define FIRST_REPORT_FD 64

static bool is_joined(const struct sandbox_options *o)
{
	return o->joined_mount_ns_fd || o->joined_pid || o->joined_network;
}

static int take_root(const struct sandbox_options *o, struct error *err)
{
	if (!is_joined(o) && o->uids->n_lines == 0)
		return 0;
	/* EPERM: a map of one id, where setgroups is denied */
	if (sys_setgroups(0, NULL) < 0 && errno != EPERM)
		return error_set(err, ERR_SYSTEM, errno, "drop supplementary groups");
	return child_take_ids(0, 0, err);
}

/* What is mounted here stays here. */
static int keep_mounts_private(struct error *err)
{
	struct mount_attr attr = {.propagation = MS_PRIVATE};

	if (sys_mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &attr) < 0)
		return error_set(err, ERR_SYSTEM, errno, "keep mounts private");
	return 0;
}

/* It is root of the namespace as soon as it is in it. */
static int join(const struct sandbox_options *o, struct error *err)
{
	int r = namespace_enter_owner(*o->joined_mount_ns_fd, err);

	if (r < 0)
		return r;
	if (sys_unshare((int)o->new_flags) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make namespaces");
	return 0;
}

/* In one call: the kernel takes the user namespace first, which gives the right to the other. */
static int join_process(const struct sandbox_options *o, struct error *err)
{
	int flags = 0;

	if (namespace_differs(NS_USER, o->joined_pid))
		flags |= CLONE_NEWUSER;
	if (namespace_differs(NS_MOUNT, o->joined_pid))
		flags |= CLONE_NEWNS;
	if (flags && sys_setns(o->joined_pid_fd, flags) < 0)
		return error_set(err, ERR_SYSTEM, errno,
				 "enter the namespaces of process %d", o->joined_pid);
	return child_seclude(err);
}

static int prepare_child(const struct sandbox_options *o, int sync_fd, struct error *err)
{
	int r;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return error_set(err, ERR_SYSTEM, errno, "tie the helper to its parent");
	r = sync_expect(sync_fd,
			&(struct sync_expectation){.message = SYNC_MAPPED, .peer = PEER},
			err);
	if (r == 0 && o->joined_mount_ns_fd)
		r = join(o, err);
	if (r == 0 && o->joined_pid)
		r = join_process(o, err);
	if (r == 0 && o->joined_network)
		r = netns_enter(o->joined_network->user_ns_fd,
				o->joined_network->net_ns_fd, err);
	if (r == 0 && (o->new_flags & CLONE_NEWNS))
		r = keep_mounts_private(err);
	if (r == 0)
		r = take_root(o, err);
	if (r < 0)
		return r;
	/* the change of ids has undone it */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return error_set(err, ERR_SYSTEM, errno, "tie the helper to its parent");
	umask(0);
	return sync_send(sync_fd, SYNC_READY, -EBADF, err);
}

static _noreturn_ void run_child(const struct sandbox_options *o, int their_fd)
{
	cleanup_error struct error err = ERROR_INIT;
	/* run() may want to place fds at the low numbers */
	int sync_fd = fcntl(their_fd, F_DUPFD_CLOEXEC, FIRST_REPORT_FD), r;

	if (sync_fd < 0)
		sync_fd =
			their_fd; /* so few files may be open that there is no such number */
	else
		close(their_fd);
	r = prepare_child(o, sync_fd, &err);

	if (r == 0)
		r = o->run(o->data, &err);
	if (r < 0)
		sync_send_error(sync_fd, &err);
	_exit(r < 0 ? 125 : 0);
}

static int clone_child(const struct sandbox_options *o, int *ret_pid_fd,
		       struct error *err)
{
	int pid_fd = -EBADF;
	struct clone_args args = {
		.flags = CLONE_PIDFD |
			 (is_joined(o) ? 0
				       : o->new_flags |
						 (o->uids->n_lines ? CLONE_NEWUSER : 0)),
		.pidfd = (uint64_t)(uintptr_t)&pid_fd,
		.exit_signal = SIGCHLD,
	};
	pid_t pid = sys_clone3(&args);

	if (pid < 0 && !is_joined(o) && o->uids->n_lines)
		return usermap_explain_clone(errno, err);
	if (pid < 0) {
		error_set(err, ERR_SYSTEM, errno, "make a process");
		if (err->code == EPERM || err->code == ENOSYS)
			(void)outer_container_hint(err);
		return -err->code;
	}
	if (pid > 0)
		*ret_pid_fd = fd_move_high(pid_fd);
	return pid;
}

static int map_ids(const struct sandbox_options *o, pid_t pid, struct error *err)
{
	cleanup_usermap struct usermap maps = USERMAP_INIT;
	int r;

	if (is_joined(o) || o->uids->n_lines == 0)
		return 0;
	r = usermap_begin(&maps, pid, o->uids, o->gids, err);
	return r < 0 ? r : usermap_end(&maps, err);
}

int sandbox_start(const struct sandbox_options *o, struct sandbox *ret, struct error *err)
{
	cleanup_sandbox struct sandbox s = SANDBOX_INIT;
	cleanup_fd int theirs_fd = -EBADF;
	int pair[2];
	int r = sync_pair(pair, err);

	if (r < 0)
		return r;
	s.report_fd = pair[0];
	theirs_fd = pair[1];
	r = clone_child(o, &s.pid_fd, err);
	if (r < 0)
		return r;
	if (r == 0) {
		fd_cleanup_(&s.report_fd);
		run_child(o, theirs_fd);
	}
	s.pid = r;
	fd_cleanup_(&theirs_fd);
	r = map_ids(o, s.pid, err);
	if (r == 0)
		r = sync_send(s.report_fd, SYNC_MAPPED, -EBADF, err);
	if (r == 0)
		r = sync_expect(
			s.report_fd,
			&(struct sync_expectation){.message = SYNC_READY, .peer = PEER},
			err);
	if (r < 0)
		return r;
	*ret = s;
	s = SANDBOX_INIT;
	return 0;
}

int sandbox_enter_root(int dir_fd, struct error *err)
{
	if (fchdir(dir_fd) < 0 || chroot(".") < 0)
		return error_set(err, ERR_SYSTEM, errno, "enter a root directory");
	return 0;
}

int sandbox_wait_exec(struct sandbox *s, struct error *err)
{
	char packet[ERROR_PACK_MAX];
	ssize_t n;

	do
		n = recv(s->report_fd, packet, sizeof(packet), MSG_PEEK);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return 0;
	return sync_next(s->report_fd, PEER, NULL, err);
}

int sandbox_wait(struct sandbox *s, struct error *err)
{
	int status = 0, r = sandbox_wait_exec(s, err);
	int waited = proc_wait(s->pid, s->pid_fd, -1, &status);

	s->pid = 0;
	if (r < 0)
		return r;
	if (waited < 0)
		return error_set(err, ERR_SYSTEM, -waited, "wait for " PEER);
	if (WIFSIGNALED(status))
		return error_set(err, ERR_SYSTEM, 0, PEER " was killed by signal %d",
				 WTERMSIG(status));
	return WEXITSTATUS(status);
}

void sandbox_release(struct sandbox *s)
{
	int saved_errno = errno, status;

	fd_cleanup_(&s->report_fd);
	if (s->pid > 0) {
		(void)sys_pidfd_send_signal(s->pid_fd, SIGKILL);
		(void)!proc_wait(s->pid, s->pid_fd, -1, &status);
	}
	fd_cleanup_(&s->pid_fd);
	*s = SANDBOX_INIT;
	errno = saved_errno;
}

void sandbox_end(struct sandbox *s, int timeout_msec)
{
	int saved_errno = errno, status;

	if (s->pid > 0 && proc_wait(s->pid, s->pid_fd, timeout_msec, &status) >= 0)
		s->pid = 0;
	errno = saved_errno;
	sandbox_release(s);
}

int sandbox_call(const struct sandbox_options *o, struct error *err)
{
	cleanup_sandbox struct sandbox s = SANDBOX_INIT;
	int r = sandbox_start(o, &s, err);

	if (r < 0)
		return r;
	r = sandbox_wait(&s, err);
	return r > 0 ? error_set(err, ERR_SYSTEM, 0, PEER " failed") : r;
}
