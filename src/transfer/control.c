/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the program ends with the engine: the kernel sends SIGIO whenever the state of the control
 * socket changes, also while curl or a hash is at work. The handler looks whether the other
 * end is still there. While there are workers the signal waits, and their parent looks itself: it kills them and waits
 * for them first, so that once it is gone nobody holds a lock any more. If it is killed itself, the kernel kills them.
 */
#include "transfer/control.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "transfer/protocol.h"
#include "util/fd.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define EXIT_ABANDONED 125

struct pollfd control_poll(void)
{
	return (struct pollfd){.fd = TRANSFER_CONTROL_FD, .events = POLLRDHUP};
}

static bool is_abandoned(const struct pollfd *polled)
{
	return polled->revents & (POLLHUP | POLLRDHUP | POLLERR);
}

static void end_if_abandoned(int sig)
{
	int saved_errno = errno;
	struct pollfd control = control_poll();

	if (poll(&control, 1, 0) > 0 && is_abandoned(&control))
		_exit(EXIT_ABANDONED);
	errno = saved_errno;
}

int control_start(struct error *err)
{
	struct sigaction action = {.sa_handler = end_if_abandoned,
				   .sa_flags = SA_RESTART};
	int type = 0;
	socklen_t len = sizeof(type);
	int fd = TRANSFER_CONTROL_FD;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0 ||
	    type != SOCK_SEQPACKET)
		return error_set(err, ERR_INVALID, 0,
				 "start a transfer: fd %d is no control socket", fd);
	int r = fd_set_cloexec(fd, true);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "use the control socket");
	int flags = fcntl(fd, F_GETFL);
	if (sigaction(SIGIO, &action, NULL) < 0 || fcntl(fd, F_SETOWN, getpid()) < 0 ||
	    flags < 0 || fcntl(fd, F_SETFL, flags | O_ASYNC) < 0)
		return error_set(err, ERR_SYSTEM, errno, "watch the control socket");
	end_if_abandoned(SIGIO); /* it may have happened before */
	return 0;
}

void control_defer(sigset_t *ret_before)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	sigprocmask(SIG_BLOCK, &set, ret_before);
}

void control_resume(const sigset_t *before)
{
	sigprocmask(SIG_SETMASK, before, NULL);
}

static int engine_is_gone(struct error *err)
{
	return error_set(err, ERR_UNAVAILABLE, 0, "transfer: the engine is gone");
}

int control_check(const struct pollfd *polled, struct error *err)
{
	return is_abandoned(polled) ? engine_is_gone(err) : 0;
}

int control_hear(struct json_object **ret, struct error *err)
{
	int r = transfer_hear(TRANSFER_CONTROL_FD, ret, NULL, NULL, err);

	if (r == 0)
		return engine_is_gone(err);
	return r < 0 ? r : 0;
}

int control_say(struct json_object *packet, struct error *err)
{
	return transfer_say(TRANSFER_CONTROL_FD, packet, NULL, 0, err);
}

int control_note(struct error *err, const char *fmt, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, fmt);
	int n = vasprintf(&text, fmt, args);
	va_end(args);
	if (n < 0)
		return error_set(err, ERR_SYSTEM, ENOMEM, "write a note");
	cleanup_json struct json_object *event = transfer_note_to_json(text);
	free(text);
	return control_say(event, err);
}

struct json_object *progress_to_json(const struct progress *p)
{
	struct json_object *o = json_object_new_object();

	json_add_str(o, "event", "progress");
	json_add_str(o, "id", p->id);
	json_add_str(o, "state", p->state);
	json_add_i64(o, "done", p->done);
	json_add_i64(o, "total", p->total);
	if (p->text) {
		cleanup_free char *safe = str_visible(p->text, "");
		json_add_str(o, "text", safe);
	}
	return o;
}

int control_progress(const struct progress *p, struct error *err)
{
	cleanup_json struct json_object *o = progress_to_json(p);

	return control_relay(o, NULL, 0, err);
}

/* The member's text, or "". */
static const char *text_of(struct json_object *o, const char *key)
{
	cleanup_error struct error err = ERROR_INIT;
	const char *text = "";

	return json_to_str(json_get(o, key), key, &text, &err) < 0 ? "" : text;
}

/* One of many of its kind: the next says the same and more. */
static bool is_dispensable(struct json_object *packet)
{
	const char *state = text_of(packet, "state");

	return str_eq(text_of(packet, "event"), "progress") &&
	       (str_eq(state, "fetching") || str_eq(state, "sending"));
}

int control_relay(struct json_object *packet, const int *fds, size_t n_fds,
		  struct error *err)
{
	struct pollfd control = {.fd = TRANSFER_CONTROL_FD, .events = POLLOUT};

	if (is_dispensable(packet) && poll(&control, 1, 0) == 0)
		return 0;
	return transfer_say(TRANSFER_CONTROL_FD, packet, fds, n_fds, err);
}

int control_worker(pid_t parent, struct error *err)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return error_set(err, ERR_SYSTEM, errno, "bind a worker to its parent");
	if (getppid() != parent) /* it was gone before */
		_exit(EXIT_ABANDONED);
	close(TRANSFER_CONTROL_FD);
	return 0;
}
