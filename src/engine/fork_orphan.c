/* SPDX-License-Identifier: Apache-2.0 */
/* The process in between stays until the caller has the pidfd: as long as nobody reaps the new one its pid is its own. */
#include "engine/fork_orphan.h"

#include <sys/socket.h>
#include <unistd.h>

#include "util/fd.h"
#include "util/proc.h"
#include "util/sys.h"

/* In the process in between. Return: 0, in the new one. */
static int make(int socket_fd)
{
	pid_t pid = fork();
	char word;

	if (pid == 0)
		return 0;
	if (pid > 0 && send(socket_fd, &pid, sizeof(pid), MSG_NOSIGNAL) == sizeof(pid))
		(void)!recv(socket_fd, &word, sizeof(word), 0);
	_exit(0);
}

static int hear(int socket_fd, pid_t *ret, int *ret_pid_fd)
{
	ssize_t n;

	do
		n = recv(socket_fd, ret, sizeof(*ret), 0);
	while (n < 0 && errno == EINTR);
	if (n != sizeof(*ret))
		return n < 0 ? -errno : -EAGAIN;
	*ret_pid_fd = sys_pidfd_open(*ret, 0);
	return *ret_pid_fd < 0 ? -errno : 0;
}

pid_t fork_orphan(int *ret_pid_fd, struct error *err)
{
	cleanup_fd int ours = -EBADF, theirs = -EBADF;
	int pair[2], status, r;
	pid_t between, pid = -1;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a socket pair");
	ours = pair[0];
	theirs = pair[1];
	between = fork();
	if (between < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a process");
	if (between == 0) {
		fd_cleanup_(&ours);
		return make(theirs);
	}
	fd_cleanup_(&theirs);
	r = hear(ours, &pid, ret_pid_fd);
	fd_cleanup_(&ours);
	(void)!proc_wait(between, -EBADF, -1, &status);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "make a process") : pid;
}
