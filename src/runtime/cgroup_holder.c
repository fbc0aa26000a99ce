/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/cgroup_holder.h"

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/fd.h"

static _noreturn_ void hold(int fd)
{
	pid_t own = getpid();
	char byte;

	(void)setsid(); /* no signal of the terminal's is meant for it */
	if (fd_close_all_but(0, &fd, 1) < 0 ||
	    send(fd, &own, sizeof(own), MSG_NOSIGNAL) != sizeof(own))
		_exit(1);
	while (read(fd, &byte, 1) < 0 && errno == EINTR)
		;
	_exit(0);
}

int cgroup_holder_start(pid_t *ret_pid, int *ret_fd, struct error *err)
{
	int pair[2], status;
	pid_t maker;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a socket pair");
	cleanup_fd int ours = fd_move_high(pair[0]), theirs = pair[1];
	maker = fork();
	if (maker < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a process");
	if (maker == 0) {
		pid_t holder = fork();

		if (holder == 0)
			hold(theirs);
		_exit(holder < 0 ? 1 : 0);
	}
	fd_cleanup_(&theirs);
	while (waitpid(maker, &status, 0) < 0 && errno == EINTR)
		;
	if (recv(ours, ret_pid, sizeof(*ret_pid), 0) != sizeof(*ret_pid))
		return error_set(err, ERR_SYSTEM, 0, "make a process");
	*ret_fd = TAKE_FD(ours);
	return 0;
}
