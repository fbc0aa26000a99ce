/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/attach_to.h"
#include "cli/configure.h"
#include "cli/cubby.h"
#include "cli/progress.h"
#include "cli/select.h"
#include "engine/container_start.h"

struct start_values {
	struct select_options select;
	bool attach, interactive, sig_proxy, sig_proxy_given;
	const char *detach_keys;
};

static const struct option_spec options[] = {
	OPT_BOOL(struct start_values, attach, "attach", 'a',
		 "stay with it: its output, signals, exit status"),
	OPT_BOOL(struct start_values, interactive, "interactive", 'i',
		 "with --attach: pass stdin on, if it was created with -i"),
	OPT_STRING(struct start_values, detach_keys, "detach-keys", 0, "KEYS",
		   "keys that detach (default: the container's, else ctrl-p,ctrl-q)"),
	OPT_BOOL(struct start_values, sig_proxy, "sig-proxy", 0,
		 "with --attach: pass signals on to it (default true)",
		 .given = OPT_GIVEN(struct start_values, sig_proxy_given)),
	OPT_BOOL(struct start_values, select.all, "all", 0, "all containers"),
	OPT_STRV(struct start_values, select.filters, "filter", 'f', "KEY=VALUE",
		 "those only that match"),
	OPT_INCLUDE_AT(struct start_values, select, latest_table),
	OPT_END,
};

static void defaults(void *values)
{
	((struct start_values *)values)->sig_proxy = true;
}

struct start_job {
	const struct start_values *values;
	struct start_options options;
	int exit_code;
};

static int start(const struct engine *e, const struct container *c, const char *typed,
		 void *data, struct error *err)
{
	struct start_job *job = data;
	const struct start_values *v = job->values;
	int r;

	if (v->attach && c->status == CONTAINER_RUNNING) {
		const struct attach_choice choice = {
			.no_stdin = !v->interactive,
			.sig_proxy = v->sig_proxy,
			.detach_keys = v->detach_keys,
		};

		r = attach_to(&choice, e, c, err);
		job->exit_code = r < 0 ? 0 : r;
		return r < 0 ? r : 0;
	}
	r = container_start(e, c, &job->options, &job->exit_code, err);
	if (r >= 0 && !v->attach)
		printf("%s\n", typed);
	return r;
}

static int check(const struct command_call *call, const struct start_values *v,
		 struct error *err)
{
	if (v->attach && (call->n_args > 1 || v->select.all))
		return error_set(
			err, ERR_INVALID, 0,
			"you cannot start and attach multiple containers at once");
	if (v->sig_proxy_given && v->sig_proxy && !v->attach)
		return error_set(err, ERR_INVALID, 0,
				 "you cannot use sig-proxy without --attach");
	return 0;
}

static int run(const struct command_call *call, struct error *err)
{
	const struct start_values *v = call->values;
	cleanup_engine struct engine e = ENGINE_INIT;
	cleanup_progress struct progress *progress = progress_new(PROGRESS_FETCH, false);
	struct start_job job = {
		.values = v,
		.options =
			{
				.attach = v->attach,
				.interactive = v->interactive,
				.forward_signals = v->attach && v->sig_proxy,
				.detach_keys = v->detach_keys,
				.talk = {progress_callbacks(progress), cubby_warn},
			},
	};
	const struct select_job each = {
		.options = &v->select,
		.act = start,
		.data = &job,
	};
	int r = check(call, v, err);

	if (r >= 0)
		r = cubby_listen_fds(call, 0, &job.options.listen_fds, err);
	if (r >= 0)
		r = cubby_open(call, &e, err);
	if (r >= 0)
		r = select_each(call, &e, &each, err);
	return r < 0 ? r : job.exit_code;
}

const struct command cmd_start = {
	.name = "start",
	.common = true,
	.group = "Containers",
	.usage = "[options] CONTAINER [CONTAINER...]",
	.arguments = ARGUMENTS_CONTAINERS_STOPPED,
	.summary = "start containers that were created, or have ended",
	.description = "The files that a container has changed are as it left them. With "
		       "--attach the exit status is the program's.",
	.examples = "cubby start web db\n"
		    "cubby start -ai box\n"
		    "cubby start --all --filter restart-policy=always",
	.settings = SETTINGS_FOR_ENGINE,
	.options = options,
	.values_size = sizeof(struct start_values),
	.defaults = defaults,
	.max_args = COMMAND_ANY,
	.run = run,
};
