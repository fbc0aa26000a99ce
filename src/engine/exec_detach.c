/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. The process of an exec session needs a parent that reaps it: the container's init can't
 * end before (pid_namespaces(7)), and whatever is process 1 of the host may not do it. So a child of ours leads
 * the session: it starts the program, says over a socket how that went, and then only waits. If it is killed the
 * program dies with it.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/container_cgroup.h"
#include "engine/event.h"
#include "engine/exec_session.h"
#include "runtime/cgroup_manager.h"
#include "util/fd.h"
#include "util/proc.h"

#define STARTED "started"
#define CHUNK   4096

struct keeper {
	const struct engine *engine;
	const struct exec_request *request;
	int report_fd;
};

static void take_null_stdio(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int i = 0; fd >= 0 && i < 3; i++)
		(void)!dup2(fd, i);
	if (fd > 2)
		close(fd);
}

/* What the terminal shows is nobody's; unread it would stop the program at some time. Return: whether there may
 * be more. */
static bool drop_output(int master_fd)
{
	char bytes[CHUNK];
	ssize_t n = read(master_fd, bytes, sizeof(bytes));

	return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

static void wait_for_end(const struct keeper *k, const struct exec_session *s)
{
	struct pollfd waiting[] = {{.fd = s->pid_fd, .events = POLLIN},
				   {.fd = s->master_fd, .events = POLLIN}};
	int status;

	while (!(waiting[0].revents & POLLIN)) {
		if (poll(waiting, ARRAY_SIZE(waiting), -1) < 0 && errno != EINTR)
			return;
		if (waiting[1].revents && !drop_output(s->master_fd))
			waiting[1].fd = -1;
	}
	if (proc_wait(s->pid, s->pid_fd, -1, &status) >= 0)
		event_container_exit(k->engine, &k->request->container->record,
				     EVENT_EXEC_DIED, proc_exit_code(status));
}

/* Nothing is held that others could wait for: pipes of the caller's, files of the records. */
static void let_go(const struct keeper *k, const struct exec_session *s)
{
	const int keep[] = {s->pid_fd, s->master_fd, k->engine->run_dirfd};
	sigset_t none;

	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)!fd_close_all_but(3, keep, ARRAY_SIZE(keep));
}

/* Ours lasts as long as the caller's session, the container's as long as the container. */
static void enter_cgroup(const struct keeper *k)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *path =
		container_cgroup_path(k->engine, k->request->container->record.id);

	if (path && cgroup_enter(path, &err) < 0)
		error_drop(&err, "the program itself does not need it");
}

static _noreturn_ void keep(const struct keeper *k)
{
	cleanup_exec_session struct exec_session s = EXEC_SESSION_INIT;
	cleanup_error struct error err = ERROR_INIT;
	char packet[ERROR_PACK_MAX];

	(void)setsid();
	take_null_stdio();
	enter_cgroup(k);
	if (exec_session_start(k->engine, k->request, &s, &err) < 0) {
		size_t len = error_pack(&err, packet);

		(void)!send(k->report_fd, packet, len, MSG_NOSIGNAL);
		_exit(error_exit_status(&err));
	}
	(void)!send(k->report_fd, STARTED, sizeof(STARTED), MSG_NOSIGNAL);
	let_go(k, &s);
	wait_for_end(k, &s);
	_exit(0);
}

static int hear(int report_fd, struct error *err)
{
	char packet[ERROR_PACK_MAX];
	ssize_t n;
	int r;

	do
		n = recv(report_fd, packet, sizeof(packet), 0);
	while (n < 0 && errno == EINTR);
	if (n == sizeof(STARTED))
		return 0;
	if (n <= 0)
		return error_set(err, ERR_SYSTEM, n < 0 ? errno : 0,
				 "start a process in the background: it was killed");
	r = error_unpack(err, packet, (size_t)n);
	return r < 0 ? r : -(err->code ? err->code : EINVAL);
}

int exec_session_detach(const struct engine *e, const struct exec_request *request,
			struct error *err)
{
	cleanup_fd int report_fd = -EBADF;
	struct keeper k = {.engine = e, .request = request};
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a socket pair");
	report_fd = fd_move_high(pair[0]);
	k.report_fd = fd_move_high(pair[1]);
	pid = fork();
	if (pid < 0) {
		close(k.report_fd);
		return error_set(err, ERR_SYSTEM, errno, "make a process");
	}
	if (pid == 0) {
		close(report_fd);
		keep(&k);
	}
	close(k.report_fd);
	return hear(report_fd, err);
}
