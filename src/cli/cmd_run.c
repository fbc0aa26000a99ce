/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <unistd.h>

#include "cli/create_table.h"
#include "cli/cubby.h"
#include "cli/progress.h"
#include "cli/registry_table.h"
#include "engine/create_options.h"
#include "engine/run.h"
#include "util/str.h"

struct run_values {
	struct create_options create;
	struct registry_values registry;
	struct platform_values platform;
	bool detach, sig_proxy, quiet, single_id;
};

static const char *const pull_words[] = {"missing", "always", "never", "newer", NULL};

static const struct option_spec options[] = {
	OPT_BOOL(struct run_values, detach, "detach", 'd',
		 "run in the background and print the ID", .common = true),
	OPT_BOOL(struct run_values, sig_proxy, "sig-proxy", 0,
		 "pass signals on to it (default true)"),
	OPT_INCLUDE_AT(struct run_values, create, create_table),
	OPT_GROUP("Image"),
	OPT_WORD(struct run_values, create.pull_policy, "pull", 0, pull_words,
		 "when to fetch the image", .common = true),
	OPT_BOOL(struct run_values, quiet, "quiet", 'q',
		 "say nothing but what the program says, or why there is none"),
	OPT_BOOL(struct run_values, single_id, "single-id", 0,
		 "all its files are your own; the same as --uidmap 0:0:1"),
	OPT_INCLUDE_AT(struct run_values, platform, platform_table),
	OPT_INCLUDE_AT(struct run_values, registry, registry_table),
	OPT_END,
};

static void defaults(void *values)
{
	struct run_values *v = values;

	create_table_defaults(&v->create);
	registry_values_defaults(&v->registry);
	v->sig_proxy = true;
}

static int check(const struct command_call *call, const struct run_values *v,
		 struct error *err)
{
	const struct cubby_globals *g = call->globals;

	if (v->create.replace && !v->create.name)
		return error_set(err, ERR_INVALID, 0, "--replace needs --name");
	/* or it would be some file of ours that goes into the container */
	if (v->create.preserve_fds > g->n_inherited_fds)
		return error_set(err, ERR_INVALID, 0,
				 "--preserve-fds %d: file descriptor %d is not open",
				 v->create.preserve_fds, 3 + g->n_inherited_fds);
	return 0;
}

static int run(const struct command_call *call, struct error *err)
{
	struct run_values *v = call->values;
	cleanup_engine struct engine e = ENGINE_INIT;
	cleanup_run_result struct run_result result = RUN_RESULT_INIT;
	cleanup_progress struct progress *progress =
		progress_new(PROGRESS_FETCH, v->quiet);
	struct run_request request = {
		.engine = &e,
		.options = &v->create,
		.foreground = !v->detach,
		.forward_signals = v->sig_proxy && !v->detach,
		.progress = progress_callbacks(progress),
		.warn = v->quiet ? NULL : cubby_warn,
	};
	int r;

	r = create_table_arguments(&v->create, call->args, call->argv, err);
	if (r < 0)
		return r;
	if (v->single_id && !v->create.uidmap)
		strv_add(&v->create.uidmap, "0:0:1");
	r = check(call, v, err);
	if (r < 0)
		return r;
	r = platform_values_fill(&v->platform, &v->create.fetch.platform, err);
	if (r < 0)
		return r;
	registry_values_fill(&v->registry, &v->create.fetch.registry);
	r = cubby_open_dirs(call, &e, err);
	if (r < 0)
		return r;
	r = container_run(&request, &result, err);
	transfer_platform_clear(&v->create.fetch.platform);
	if (r < 0)
		return r;
	if (v->detach)
		printf("%s\n", result.id);
	return result.exit_code;
}

const struct command cmd_run = {
	.name = "run",
	.common = true,
	.group = "Containers",
	.usage = "[options] IMAGE [COMMAND [ARG...]]",
	.summary = "run a program in a new container",
	.description =
		"An image that is not here is fetched first. As an ordinary user you are root inside and "
		"yourself outside.\nWith --rootfs the word is a directory that becomes the container's root "
		"file system; what the program changes in it stays.\n"
		"The exit status is the program's; 125: Cubby failed, 126: the program cannot be "
		"executed, 127: there is no such program.",
	.examples = "cubby run --rm -it cubby/hello sh\n"
		    "cubby run -it --rm debian:12 bash\n"
		    "cubby run -d --name web -v ./site:/srv:ro localhost:5000/httpd\n"
		    "cubby run --rm --rootfs ./busybox id",
	.options = options,
	.values_size = sizeof(struct run_values),
	.defaults = defaults,
	.min_args = 1,
	.max_args = COMMAND_ANY,
	.stop_at_first = true,
	.run = run,
};
