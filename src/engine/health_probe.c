/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/health_probe.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "engine/exec_session.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/sys.h"
#include "util/time.h"

#define STATUS_TIMEOUT -1

static int make_pipe(int *ret_ours, int *ret_theirs, struct error *err)
{
	int pair[2];

	if (pipe2(pair, O_CLOEXEC) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a pipe");
	*ret_ours = fd_move_high(pair[0]);
	*ret_theirs = fd_move_high(pair[1]);
	return fd_set_nonblock(*ret_ours, true) < 0
		       ? error_set(err, ERR_SYSTEM, errno, "make a pipe")
		       : 0;
}

/* What there is; what is too much is dropped. false: no more will come. */
static bool collect(int fd, struct buf *output)
{
	char chunk[4096];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) > 0) {
		size_t room = output->max - output->len;

		(void)!buf_add(output, chunk, (size_t)n < room ? (size_t)n : room);
	}
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static int left_msec(int64_t deadline)
{
	int64_t left = (deadline - time_monotonic_usec() + 999) / 1000;

	return left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

/* Return: false if it took too long. */
static bool wait_for_end(const struct exec_session *s, int fd, int64_t deadline,
			 struct buf *output)
{
	struct pollfd set[] = {
		{.fd = s->pid_fd, .events = POLLIN},
		{.fd = fd, .events = POLLIN},
	};

	for (;;) {
		int left = left_msec(deadline), n = poll(set, ARRAY_SIZE(set), left);

		if (n > 0 && set[1].revents && !collect(fd, output))
			set[1].fd = -1;
		if (n > 0 && set[0].revents)
			break;
		if (left == 0)
			return false;
	}
	(void)collect(fd, output);
	return true;
}

static int watch(const struct health_probe *p, struct exec_session *s, int fd,
		 struct health_result *ret, struct error *err)
{
	cleanup_buf struct buf output = {0};
	int status, r;

	buf_init(&output, p->max_output);
	if (!wait_for_end(s, fd, time_monotonic_usec() + p->timeout_usec, &output)) {
		(void)sys_pidfd_send_signal(s->pid_fd, SIGKILL);
		ret->exit_code = STATUS_TIMEOUT;
	}
	r = proc_wait(s->pid, s->pid_fd, -1, &status);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "wait for the health check");
	if (ret->exit_code == STATUS_TIMEOUT) {
		ret->output = xasprintf(
			"%s\nHealthcheck command exceeded timeout of %" PRId64 "s",
			output.len ? output.data : "",
			(int64_t)(p->timeout_usec / USEC_PER_SEC));
		return 0;
	}
	ret->exit_code = proc_exit_code(status);
	ret->output = buf_take(&output);
	return 0;
}

static bool is_no_program(const struct error *err)
{
	return err->kind == ERR_NO_PROGRAM || err->kind == ERR_NOT_EXECUTABLE;
}

int health_probe_run(const struct engine *e, const struct health_probe *p,
		     struct health_result *ret, struct error *err)
{
	cleanup_exec_session struct exec_session session = EXEC_SESSION_INIT;
	cleanup_fd int ours = -EBADF, theirs = -EBADF;
	struct exec_request request = {
		.container = p->container,
		.args = p->command,
		.is_check = true,
	};
	int r = make_pipe(&ours, &theirs, err);

	if (r < 0)
		return r;
	request.output_fd = theirs;
	ret->start_usec = time_now_usec();
	r = exec_session_start(e, &request, &session, err);
	fd_cleanup_(&theirs);
	if (r < 0 && is_no_program(err)) {
		ret->exit_code = error_exit_status(err);
		ret->output = error_message(err);
		error_release(err);
	} else if (r < 0) {
		return r;
	} else {
		r = watch(p, &session, ours, ret, err);
		if (r < 0)
			return r;
	}
	ret->end_usec = time_now_usec();
	return 0;
}
