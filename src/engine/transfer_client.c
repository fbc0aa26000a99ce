/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/transfer_client.h"

#include <fcntl.h>
#include <sys/wait.h>

#include "engine/helper_program.h"
#include "runtime/sync.h"
#include "transfer/protocol.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/str.h"

#define END_MSEC \
	5000 /* it takes about one; more only where the machine has no time for it */

int transfer_client_start(const struct engine *e, const struct transfer_call *call,
			  struct transfer_client *ret, struct error *err)
{
	cleanup_transfer_client struct transfer_client c = TRANSFER_CLIENT_INIT;
	const char *const args[] = {call->operation, NULL};
	struct helper_program h = HELPER_PROGRAM_INIT;
	cleanup_fd int data_fd = fs_open_dir(AT_FDCWD, e->paths.data, false, 0, err);
	cleanup_fd int their_fd = -EBADF;
	int pair[2], r;

	if (data_fd < 0)
		return data_fd;
	r = sync_pair(pair, err);
	if (r < 0)
		return r;
	c.control_fd = pair[0];
	their_fd = pair[1];
	h.name = "transfer";
	h.args = args;
	h.fds[0] = call->stdin_fd;
	h.fds[1] = call->stdout_fd;
	h.fds[2] = 2;
	h.fds[TRANSFER_CONTROL_FD] = their_fd;
	h.fds[TRANSFER_DATA_FD] = data_fd;
	r = helper_start(&h, NULL, &c.sandbox, err);
	if (r >= 0)
		r = transfer_say(c.control_fd, call->request, NULL, 0, err);
	if (r < 0)
		return r;
	*ret = c;
	c = TRANSFER_CLIENT_INIT;
	return 0;
}

void transfer_event_release(struct transfer_event *event)
{
	if (event->packet)
		json_object_put(event->packet);
	for (size_t i = 0; i < TRANSFER_EVENT_FDS; i++)
		fd_cleanup_(&event->fds[i]);
	*event = TRANSFER_EVENT_INIT;
}

static int gone(struct transfer_client *c, struct error *err)
{
	int status = sandbox_wait(&c->sandbox, err);

	if (status < 0)
		return error_wrap(err, "the transfer program");
	return error_set(err, ERR_SYSTEM, 0,
			 "the transfer program ended without a word (exit status %d)",
			 status);
}

/* More than the event may have is closed at once. */
static void take_fds(struct transfer_event *event, const int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i < TRANSFER_EVENT_FDS)
			event->fds[i] = fds[i];
		else
			close(fds[i]);
	}
}

/*
 * After its last word the program ends by itself, and is left to: what it finds wrong with itself at the end
 * (the sanitizers' leaks) shall not be lost with a SIGKILL of ours.
 */
static int ended(struct transfer_client *c, struct error *err)
{
	int status = sandbox_wait(&c->sandbox, err);

	if (status < 0)
		return error_wrap(err, "the transfer program");
	if (status > 0)
		return error_set(
			err, ERR_SYSTEM, 0,
			"the transfer program failed at its end (exit status %d)",
			status);
	return 0;
}

static int refused(struct transfer_client *c, struct json_object *packet,
		   struct error *err)
{
	cleanup_error struct error end = ERROR_INIT;
	int r = transfer_error_parse(packet, err);

	if (sandbox_wait(&c->sandbox, &end) < 0)
		error_drop(&end, "it has said what is wrong");
	return r < 0 ? r : -(err->code ? err->code : EINVAL);
}

int transfer_client_hear(struct transfer_client *c, struct transfer_event *ret,
			 struct error *err)
{
	cleanup_transfer_event struct transfer_event event = TRANSFER_EVENT_INIT;
	int fds[FD_PASS_MAX], r;
	size_t n_fds = 0;

	r = transfer_hear(c->control_fd, &event.packet, fds, &n_fds, err);
	if (r == 0)
		return gone(c, err);
	if (r < 0)
		return r;
	take_fds(&event, fds, n_fds);
	r = json_to_str(json_get(event.packet, "event"), "event", &event.name, err);
	if (r < 0)
		return error_wrap(err, "the transfer program");
	if (str_eq(event.name, "error"))
		return refused(c, event.packet, err);
	if (str_eq(event.name, "end"))
		return ended(c, err);
	*ret = event;
	event = TRANSFER_EVENT_INIT;
	return 1;
}

/*
 * Not killed at once: without its control socket it ends its workers, waits for them and goes. Those of a killed one
 * would outlive it for a moment, and with them the locks of what they were writing.
 */
void transfer_client_release(struct transfer_client *c)
{
	fd_cleanup_(&c->control_fd);
	sandbox_end(&c->sandbox, END_MSEC);
}

int transfer_client_run(const struct engine *e, const struct transfer_call *call,
			int (*on_event)(void *data, struct transfer_event *event,
					struct error *err),
			void *data, struct error *err)
{
	cleanup_transfer_client struct transfer_client c = TRANSFER_CLIENT_INIT;
	int r = transfer_client_start(e, call, &c, err);

	if (r < 0)
		return r;
	for (;;) {
		cleanup_transfer_event struct transfer_event event = TRANSFER_EVENT_INIT;

		r = transfer_client_hear(&c, &event, err);
		if (r > 0)
			r = on_event(data, &event, err);
		else
			return r;
		if (r < 0)
			return r;
	}
}
