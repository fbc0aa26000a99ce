/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <unistd.h>

#include "cli/configure.h"
#include "cli/create_table.h"
#include "cli/cubby.h"
#include "cli/pod_new.h"
#include "cli/progress.h"
#include "engine/image_drop.h"
#include "engine/linger.h"
#include "engine/run.h"
#include "util/mem.h"
#include "util/str.h"

struct run_values {
	struct create_values create;
	bool detach, sig_proxy;
};

static const struct option_spec options[] = {
	OPT_BOOL(struct run_values, detach, "detach", 'd',
		 "run in the background and print the ID", .common = true),
	OPT_BOOL(struct run_values, sig_proxy, "sig-proxy", 0,
		 "pass signals on to it (default true)"),
	OPT_BOOL(struct run_values, create.create.inside.remove_image, "rmi", 0,
		 "remove it when it has ended, and its image if nothing else needs it"),
	OPT_INCLUDE_AT(struct run_values, create, create_values_table),
	OPT_END,
};

static void defaults(void *values)
{
	struct run_values *v = values;

	create_values_defaults(&v->create);
	v->sig_proxy = true;
}

/* Then the ID is all that there is to see, as with Docker. */
static bool shows_nothing(const struct create_options *o)
{
	return o->attach && !strv_has(o->attach, "stdout") &&
	       !strv_has(o->attach, "stderr");
}

/* In the background the monitor's clean-up does that; after detaching too. */
static int drop_image(const struct run_request *request, const struct run_result *result,
		      struct error *err)
{
	const struct create_options *o = request->options;
	cleanup_free char *reason = NULL, *line = NULL;
	int r;

	if (!o->inside.remove_image || !o->image_name || !request->foreground)
		return 0;
	r = image_drop(request->engine, o->image_name, result->id, &reason, err);
	if (!reason || !request->warn)
		return r;
	line = xasprintf("the image stays: %s", reason);
	request->warn(line);
	return r;
}

/* podman's words. Scripts that do so go on as they do with podman. */
static void warn_of_no_terminal(const struct run_values *v)
{
	const struct create_options *o = &v->create.create;

	if (o->terminal && o->interactive && !v->detach && !v->create.quiet &&
	    !isatty(STDIN_FILENO))
		cubby_warn("The input device is not a TTY. The --tty and --interactive "
			   "flags might not work properly");
}

/* A person who looks on would wonder tomorrow; scripts are not told. */
static void hint_of_linger(const struct engine *e, const struct run_values *v)
{
	if (v->detach && !v->create.quiet && isatty(STDERR_FILENO) && linger_hint_due(e))
		fprintf(stderr, "It ends when you log out, unless you linger: loginctl "
				"enable-linger\n");
}

static int run(const struct command_call *call, struct error *err)
{
	struct run_values *v = call->values;
	cleanup_engine struct engine e = ENGINE_INIT;
	cleanup_run_result struct run_result result = RUN_RESULT_INIT;
	cleanup_progress struct progress *progress =
		progress_new(PROGRESS_FETCH, v->create.quiet);
	struct run_request request = {
		.engine = &e,
		.options = &v->create.create,
		.foreground = !v->detach,
		.forward_signals = v->sig_proxy && !v->detach,
		.progress = progress_callbacks(progress),
		.warn = v->create.quiet ? NULL : cubby_warn,
	};
	int r;

	if (v->create.create.inside.remove_image)
		v->create.create.auto_remove = true;
	r = create_values_fill(&v->create, call, err);
	warn_of_no_terminal(v);
	if (r >= 0)
		r = cubby_open_dirs(call, &e, err);
	if (r >= 0)
		r = pod_new(&e, &v->create.create, err);
	if (r >= 0)
		r = container_run(&request, &result, err);
	if (r >= 0)
		r = drop_image(&request, &result, err);
	create_values_clear(&v->create);
	if (r < 0)
		return r;
	if (v->detach || shows_nothing(&v->create.create))
		printf("%s\n", result.id);
	(void)!fflush(stdout);
	hint_of_linger(&e, v);
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
	.examples =
		"cubby run --rm -it cubby/hello sh\n"
		"cubby run -it --rm debian:12 bash\n"
		"cubby run -d --name web -p 8080:80 -v ./site:/srv:ro localhost:5000/httpd\n"
		"cubby run --rm --rootfs ./busybox id",
	.settings = SETTINGS_FOR_CONTAINERS,
	.options = options,
	.values_size = sizeof(struct run_values),
	.defaults = defaults,
	.min_args = 1,
	.max_args = COMMAND_ANY,
	.stop_at_first = true,
	.run = run,
};
