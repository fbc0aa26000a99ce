/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/attach_to.h"

#include "cli/cubby.h"
#include "engine/attach.h"
#include "engine/container_dir.h"
#include "engine/event.h"
#include "engine/log_option.h"
#include "engine/oom.h"
#include "engine/remove.h"
#include "util/mem.h"
#include "util/proc.h"

static int forward_signal(void *arg, int sig, struct error *err)
{
	return container_signal(arg, sig, err);
}

static int connect_to(const struct engine *e, const struct container *c,
		      struct error *err)
{
	cleanup_fd int dirfd = -EBADF;
	enum log_driver driver;

	if (c->status != CONTAINER_RUNNING)
		return error_set(err, ERR_CONFLICT, 0,
				 "you can only attach to running containers");
	if (log_driver_parse(c->config.log_driver, &driver) == 0 &&
	    log_driver_is_passthrough(driver))
		return error_set(err, ERR_CONFLICT, 0,
				 "this container is using the '%s' log driver, cannot "
				 "attach: this container is not logging output",
				 c->config.log_driver);
	dirfd = container_dir_open(e, c->record.id);
	if (dirfd < 0)
		return error_set(err, ERR_CONFLICT, 0, "container %s has just ended",
				 c->record.name);
	return attach_connect(dirfd, err);
}

/* Its monitor may have cleaned up already: then 'cubby ps -a' says it. */
static void tell_of_memory(const struct engine *e, const struct container *c,
			   int exit_code)
{
	cleanup_free char *words = container_oom_words(e, c->record.id, exit_code);

	if (words)
		cubby_warn(words);
}

int attach_to(const struct attach_choice *choice, const struct engine *e,
	      const struct container *c, struct error *err)
{
	cleanup_fd int socket_fd = connect_to(e, c, err);
	struct pump_options o = PUMP_OPTIONS_INIT;
	struct attach_result result = {0};
	int r, exit_code;

	if (socket_fd < 0)
		return socket_fd;
	if (choice->no_stdin || !c->config.interactive)
		o.stdin_fd = -EBADF;
	o.detach_keys = choice->detach_keys ? choice->detach_keys : c->config.detach_keys;
	if (choice->sig_proxy) {
		o.forward_signal = forward_signal;
		o.signal_arg = (void *)c;
	}
	event_container(e, &c->record, &c->config, EVENT_ATTACH);
	r = attach_run(socket_fd, &o, &result, err);
	if (r < 0 || result.detached)
		return r < 0 ? r : 0;
	if (!result.lost) {
		exit_code = proc_exit_code(result.wait_status);
		tell_of_memory(e, c, exit_code);
		return exit_code;
	}
	r = container_wait(e, c, -1, &exit_code, err);
	return r < 0 ? r : exit_code;
}
