/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "cli/cubby.h"
#include "cli/select.h"
#include "engine/attach.h"
#include "engine/container_dir.h"
#include "engine/event.h"
#include "engine/remove.h"
#include "util/proc.h"

struct attach_values {
	struct select_options select;
	bool no_stdin, sig_proxy;
	const char *detach_keys;
};

static const struct option_spec options[] = {
	OPT_STRING(struct attach_values, detach_keys, "detach-keys", 0, "KEYS",
		   "keys that detach (default: the container's, else ctrl-p,ctrl-q)"),
	OPT_BOOL(struct attach_values, no_stdin, "no-stdin", 0, "do not pass stdin on"),
	OPT_BOOL(struct attach_values, sig_proxy, "sig-proxy", 0,
		 "pass signals on to it (default true)"),
	OPT_INCLUDE_AT(struct attach_values, select, latest_table),
	OPT_END,
};

static void defaults(void *values)
{
	((struct attach_values *)values)->sig_proxy = true;
}

static int forward_signal(void *arg, int sig, struct error *err)
{
	return container_signal(arg, sig, err);
}

static int connect_to(const struct engine *e, const struct container *c,
		      struct error *err)
{
	cleanup_fd int dirfd = -EBADF;

	if (c->status != CONTAINER_RUNNING)
		return error_set(err, ERR_CONFLICT, 0,
				 "you can only attach to running containers");
	dirfd = container_dir_open(e, c->record.id);
	if (dirfd < 0)
		return error_set(err, ERR_CONFLICT, 0, "container %s has just ended",
				 c->record.name);
	return attach_connect(dirfd, err);
}

static int attach(const struct attach_values *v, const struct engine *e,
		  struct container *c, struct error *err)
{
	cleanup_fd int socket_fd = connect_to(e, c, err);
	struct pump_options o = PUMP_OPTIONS_INIT;
	struct attach_result result = {0};
	int r, exit_code;

	if (socket_fd < 0)
		return socket_fd;
	if (v->no_stdin || !c->config.interactive)
		o.stdin_fd = -EBADF;
	o.detach_keys = v->detach_keys ? v->detach_keys : c->config.detach_keys;
	if (v->sig_proxy) {
		o.forward_signal = forward_signal;
		o.signal_arg = c;
	}
	event_container(e, &c->record, &c->config, EVENT_ATTACH);
	r = attach_run(socket_fd, &o, &result, err);
	if (r < 0 || result.detached)
		return r < 0 ? r : 0;
	if (!result.lost)
		return proc_exit_code(result.wait_status);
	r = container_wait(e, c, -1, &exit_code, err);
	return r < 0 ? r : exit_code;
}

static int run(const struct command_call *call, struct error *err)
{
	const struct attach_values *v = call->values;
	cleanup_container struct container c = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	int r;

	r = cubby_open(call, &e, err);
	if (r < 0)
		return r;
	r = select_one(call, &e, v->select.latest, &c, err);
	return r < 0 ? r : attach(v, &e, &c, err);
}

const struct command cmd_attach = {
	.name = "attach",
	.group = "Containers",
	.usage = "[options] CONTAINER",
	.summary = "connect to a running container's input and output",
	.examples = "cubby attach web\n"
		    "cubby attach --no-stdin web",
	.options = options,
	.values_size = sizeof(struct attach_values),
	.defaults = defaults,
	.max_args = 1,
	.run = run,
};
