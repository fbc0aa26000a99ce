/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <unistd.h>

#include "cli/cubby.h"
#include "cli/image_args.h"
#include "engine/container.h"
#include "engine/image_send.h"

struct export_values {
	const char *output;
};

static const struct option_spec options[] = {
	OPT_STRING(struct export_values, output, "output", 'o', "FILE",
		   "write this file, instead of to stdout"),
	OPT_END,
};

static int run(const struct command_call *call, struct error *err)
{
	const struct export_values *v = call->values;
	cleanup_container struct container c = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	cleanup_fd int output_fd = -EBADF;
	int r = cubby_open(call, &e, err);

	if (r >= 0)
		r = container_find(&e, call->args[0], &c, err);
	if (r >= 0)
		r = cli_open_output(v->output, err);
	if (r < 0)
		return r;
	output_fd = r;
	r = container_export(&e, c.record.id, output_fd, err);
	if (r < 0 && v->output)
		(void)!unlink(v->output);
	return r;
}

const struct command cmd_export = {
	.name = "export",
	.group = "Containers",
	.usage = "[options] CONTAINER",
	.summary = "write a container's files to a tar archive",
	.examples = "cubby export -o web.tar web\n"
		    "cubby export web | cubby import - web:snapshot",
	.options = options,
	.values_size = sizeof(struct export_values),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
