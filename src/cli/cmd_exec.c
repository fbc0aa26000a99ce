/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cubby.h"
#include "cli/select.h"
#include "engine/console.h"
#include "engine/event.h"
#include "engine/exec_session.h"
#include "util/proc.h"
#include "util/sys.h"

#define STATUS_NOT_RUNNING 255 /* podman's */

struct exec_values {
	struct select_options select;
	bool interactive, terminal, privileged;
	const char *user, *workdir, *detach_keys;
	char **env, **env_files;
	int preserve_fds;
};

static const struct option_spec options[] = {
	OPT_BOOL(struct exec_values, interactive, "interactive", 'i', "keep stdin open"),
	OPT_BOOL(struct exec_values, terminal, "tty", 't', "give it a terminal"),
	OPT_STRV(struct exec_values, env, "env", 'e', "NAME=VALUE",
		 "set an environment variable"),
	OPT_STRV(struct exec_values, env_files, "env-file", 0, "FILE",
		 "read environment variables from a file"),
	OPT_STRING(struct exec_values, user, "user", 'u', "USER[:GROUP]",
		   "run as this user, by name or number (default: the container's)"),
	OPT_STRING(struct exec_values, workdir, "workdir", 'w', "DIR",
		   "working directory in the container"),
	OPT_BOOL(struct exec_values, privileged, "privileged", 0, "all capabilities"),
	OPT_STRING(struct exec_values, detach_keys, "detach-keys", 0, "KEYS",
		   "keys that end the session (default ctrl-p,ctrl-q)"),
	OPT_INT(struct exec_values, preserve_fds, "preserve-fds", 0, "N",
		"pass on N file descriptors after 2", .max = 1000),
	OPT_INCLUDE_AT(struct exec_values, select, latest_table),
	OPT_NOT_YET("detach", 'd'),
	OPT_NOT_YET("cidfile", 0),
	OPT_NOT_YET("no-session", 0),
	OPT_NOT_YET("preserve-fd", 0),
	OPT_END,
};

static int forward_signal(void *arg, int sig, struct error *err)
{
	const struct exec_session *s = arg;

	(void)err;
	(void)sys_pidfd_send_signal(s->pid_fd, sig);
	return 0;
}

static int run_console(const struct exec_values *v, struct exec_session *s,
		       int *ret_status, struct error *err)
{
	struct pump_options o = PUMP_OPTIONS_INIT;
	bool detached = false;
	int r, status;

	if (!v->interactive)
		o.stdin_fd = -EBADF;
	o.detach_keys = v->detach_keys;
	o.forward_signal = forward_signal;
	o.signal_arg = s;
	r = console_run(s->master_fd, s->pid_fd, &o, &detached, err);
	if (r < 0)
		return r;
	*ret_status = 0;
	if (detached)
		return 0;
	r = proc_wait(s->pid, s->pid_fd, -1, &status);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "wait for the process");
	*ret_status = proc_exit_code(status);
	return 0;
}

static int find(const struct command_call *call, const struct engine *e,
		struct container *ret, char *const **ret_args, struct error *err)
{
	const struct exec_values *v = call->values;
	const struct cubby_globals *g = call->globals;

	if (v->preserve_fds > g->n_inherited_fds)
		return error_set(err, ERR_INVALID, 0,
				 "--preserve-fds %d: file descriptor %d is not open",
				 v->preserve_fds, 3 + g->n_inherited_fds);
	*ret_args = v->select.latest ? call->args : call->args + 1;
	if (!**ret_args) {
		error_set(err, ERR_INVALID, 0,
			  "must provide a non-empty command to start an exec session");
		return error_hint(err, "For example: cubby exec -it %s sh",
				  call->args[0]);
	}
	return select_one(call, e, v->select.latest, ret, err);
}

static int run(const struct command_call *call, struct error *err)
{
	const struct exec_values *v = call->values;
	cleanup_container struct container c = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	cleanup_exec_session struct exec_session session = EXEC_SESSION_INIT;
	struct exec_request request = {
		.container = &c,
		.interactive = v->interactive,
		.terminal = v->terminal,
		.privileged = v->privileged,
		.user = v->user,
		.workdir = v->workdir,
		.env = v->env,
		.env_files = v->env_files,
		.preserve_fds = v->preserve_fds,
	};
	int r, status;

	r = cubby_open(call, &e, err);
	if (r < 0)
		return r;
	r = find(call, &e, &c, &request.args, err);
	if (r < 0)
		return r;
	r = exec_session_start(&e, &request, &session, err);
	if (r < 0 && err->kind == ERR_CONFLICT) {
		cli_print_error(stderr, err);
		return STATUS_NOT_RUNNING;
	}
	if (r < 0)
		return r;
	r = v->terminal ? run_console(v, &session, &status, err)
			: exec_session_wait(&session, &status, err);
	if (r >= 0)
		event_container_exit(&e, &c.record, EVENT_EXEC_DIED, status);
	return r < 0 ? r : status;
}

const struct command cmd_exec = {
	.name = "exec",
	.common = true,
	.group = "Containers",
	.arguments = ARGUMENTS_CONTAINERS_RUNNING,
	.usage = "[options] CONTAINER COMMAND [ARG...]",
	.summary = "run another program in a running container",
	.examples = "cubby exec -it web bash\n"
		    "cubby exec -u nobody -w /tmp web id",
	.options = options,
	.values_size = sizeof(struct exec_values),
	.min_args = 1,
	.max_args = COMMAND_ANY,
	.stop_at_first = true,
	.run = run,
};
