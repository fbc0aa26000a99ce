/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <unistd.h>

#include "cli/create_table.h"
#include "cli/cubby.h"
#include "engine/create_options.h"
#include "engine/run.h"
#include "util/str.h"

struct run_values {
	struct create_options create;
	bool detach, sig_proxy;
};

static const struct option_spec options[] = {
	OPT_BOOL(struct run_values, detach, "detach", 'd',
		 "run in the background and print the ID"),
	OPT_BOOL(struct run_values, sig_proxy, "sig-proxy", 0,
		 "pass signals on to it (default true)"),
	OPT_INCLUDE_AT(struct run_values, create, create_table),
	OPT_END,
};

static void defaults(void *values)
{
	struct run_values *v = values;

	create_table_defaults(&v->create);
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
	struct run_request request = {
		.engine = &e,
		.options = &v->create,
		.foreground = !v->detach,
		.forward_signals = v->sig_proxy && !v->detach,
		.warn = cubby_warn,
	};
	int r;

	r = create_table_arguments(&v->create, call->args, call->argv, err);
	if (r < 0)
		return r;
	r = check(call, v, err);
	if (r < 0)
		return r;
	r = cubby_open_dirs(call, &e, err);
	if (r < 0)
		return r;
	r = container_run(&request, &result, err);
	if (r < 0)
		return r;
	if (v->detach)
		printf("%s\n", result.id);
	return result.exit_code;
}

const struct command cmd_run = {
	.name = "run",
	.group = "Containers",
	.usage = "[options] --rootfs DIR COMMAND [ARG...]",
	.summary = "run a program in a new container",
	.description =
		"The directory becomes the root file system of the container; what the program changes in it "
		"stays. As an ordinary user you are root inside and yourself outside.\n"
		"The exit status is the program's; 125: Cubby failed, 126: the program cannot be "
		"executed, 127: there is no such program.",
	.examples =
		"cubby run -it --rm --rootfs ./debian bash\n"
		"cubby run -d --name web -v ./site:/srv:ro --rootfs ./debian httpd -f\n"
		"cubby run --rm --uidmap 0:0:1 --rootfs ./busybox id",
	.options = options,
	.values_size = sizeof(struct run_values),
	.defaults = defaults,
	.min_args = 1,
	.max_args = COMMAND_ANY,
	.stop_at_first = true,
	.run = run,
};
