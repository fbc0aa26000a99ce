/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/wait.h>
#include <unistd.h>

#include "cli/configure.h"
#include "cli/cubby.h"
#include "cli/select.h"
#include "engine/console.h"
#include "engine/environment.h"
#include "engine/event.h"
#include "engine/exec_session.h"
#include "runtime/process.h"
#include "util/proc.h"
#include "util/str.h"
#include "util/sys.h"

#define STATUS_FAILED 255 /* podman's: there is a container, but not the process */

struct exec_values {
	struct select_options select;
	bool interactive, terminal, privileged, detach, no_session;
	const char *user, *workdir, *detach_keys;
	char **env, **env_files;
	int preserve_fds;
	char **preserve_fd;
	int fds[PROCESS_KEEP_MORE_MAX];
	size_t n_fds;
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
	OPT_LIST(struct exec_values, preserve_fd, "preserve-fd", 0, "FD[,FD...]",
		 "pass on these file descriptors"),
	OPT_BOOL(struct exec_values, detach, "detach", 'd',
		 "run it in the background, without streams; it ends with the container"),
	OPT_BOOL(struct exec_values, no_session, "no-session", 0,
		 "keep no record of it: Cubby never does"),
	OPT_INCLUDE_AT(struct exec_values, select, cidfile_table),
	OPT_INCLUDE_AT(struct exec_values, select, latest_table),
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

static int check_fds(const struct command_call *call, struct error *err)
{
	struct exec_values *v = call->values;
	const struct cubby_globals *g = call->globals;

	if (v->preserve_fds > g->n_inherited_fds)
		return error_set(
			err, ERR_INVALID, 0,
			"file descriptor %d is not available - the preserve-fds option "
			"requires that file descriptors must be passed",
			3 + g->n_inherited_fds);
	return cubby_fds(v->preserve_fd, v->fds, &v->n_fds, err);
}

/* As they are read once more when the program starts: here because a mistake in what was typed is not a failure
 * of the session. */
static int check_env_files(const struct exec_values *v, struct error *err)
{
	cleanup_strv char **env = NULL;
	int r = 0;

	for (char **path = v->env_files; r >= 0 && path && *path; path++)
		r = environment_add_file(&env, *path, environ, err);
	return r;
}

/* --cidfile names the container as an argument would. Return: where the command begins. */
static int find(const struct command_call *call, const struct engine *e,
		struct container *ret, char *const **ret_args, struct error *err)
{
	const struct exec_values *v = call->values;
	bool chosen = v->select.latest || v->select.cidfiles;
	cleanup_free char *id = NULL;
	int r;

	if (v->select.latest && v->select.cidfiles)
		return error_set(err, ERR_INVALID, 0,
				 "--latest and --cidfile cannot be used together");
	if (!chosen && call->n_args == 0)
		return error_set(err, ERR_INVALID, 0,
				 "exec requires the name or ID of a container or the "
				 "--latest or --cidfile flag");
	*ret_args = chosen ? call->args : call->args + 1;
	if (!v->select.cidfiles)
		return select_one(call, e, v->select.latest, ret, err);
	r = select_cidfile(v->select.cidfiles[strv_len(v->select.cidfiles) - 1], &id,
			   err);
	return r < 0 ? r : container_find(e, id, ret, err);
}

static int no_command(const struct container *c, struct error *err)
{
	error_set(err, ERR_INVALID, 0,
		  "must provide a non-empty command to start an exec session: invalid "
		  "argument");
	return error_hint(err, "For example: cubby exec -it %s sh", c->record.name);
}

static int start(const struct engine *e, const struct exec_values *v,
		 const struct exec_request *request, int *ret_status, struct error *err)
{
	cleanup_exec_session struct exec_session session = EXEC_SESSION_INIT;
	int r;

	*ret_status = 0;
	if (!*request->args)
		return no_command(request->container, err);
	if (v->detach)
		return exec_session_detach(e, request, err);
	r = exec_session_start(e, request, &session, err);
	if (r >= 0)
		r = v->terminal ? run_console(v, &session, ret_status, err)
				: exec_session_wait(&session, ret_status, err);
	if (r >= 0)
		event_container_exit(e, &request->container->record, EVENT_EXEC_DIED,
				     *ret_status);
	return r;
}

/* podman's: 255 for what is neither the program's own status nor 126 or 127, except in the background. */
static int failed(const struct exec_values *v, int r, const struct error *err)
{
	if (v->detach || err->kind == ERR_NOT_EXECUTABLE || err->kind == ERR_NO_PROGRAM)
		return r;
	cli_print_error(stderr, err);
	return STATUS_FAILED;
}

static int run(const struct command_call *call, struct error *err)
{
	struct exec_values *v = call->values;
	cleanup_container struct container c = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	struct exec_request request = {
		.container = &c,
		.interactive = v->interactive,
		.terminal = v->terminal,
		.privileged = v->privileged,
		.detached = v->detach,
		.user = v->user,
		.workdir = v->workdir,
		.env = v->env,
		.env_files = v->env_files,
		.preserve_fds = v->preserve_fds,
		.preserve_fd = v->fds,
	};
	int r, status;

	r = check_fds(call, err);
	if (r >= 0)
		r = check_env_files(v, err);
	if (r >= 0)
		r = cubby_open(call, &e, err);
	if (r >= 0)
		r = find(call, &e, &c, &request.args, err);
	if (r < 0)
		return r;
	request.n_preserve_fd = v->n_fds;
	r = start(&e, v, &request, &status, err);
	return r < 0 ? failed(v, r, err) : status;
}

const struct command cmd_exec = {
	.name = "exec",
	.common = true,
	.group = "Containers",
	.arguments = ARGUMENTS_CONTAINERS_RUNNING,
	.usage = "[options] CONTAINER COMMAND [ARG...]",
	.summary = "run another program in a running container",
	.examples = "cubby exec -it web bash\n"
		    "cubby exec -u nobody -w /tmp web id\n"
		    "cubby exec -d web touch /tmp/done",
	.settings = SETTINGS_FOR_ENGINE,
	.options = options,
	.values_size = sizeof(struct exec_values),
	.max_args = COMMAND_ANY,
	.stop_at_first = true,
	.run = run,
};
