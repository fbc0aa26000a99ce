/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "cli/cubby.h"
#include "cli/image_args.h"
#include "engine/copy.h"

struct cp_values {
	bool archive, archive_given, overwrite, follow, quiet;
};

static const struct option_spec options[] = {
	OPT_BOOL(struct cp_values, archive, "archive", 'a',
		 "keep uid and gid, instead of the container's user or yours",
		 .given = OPT_GIVEN(struct cp_values, archive_given)),
	OPT_BOOL(struct cp_values, follow, "follow-link", 'L',
		 "follow a link that is the source, also in a container"),
	OPT_BOOL(struct cp_values, overwrite, "overwrite", 0,
		 "a directory may replace a file, and a file a directory"),
	OPT_BOOL(struct cp_values, quiet, "quiet", 'q',
		 "for Docker's sake: nothing is said anyway"),
	OPT_END,
};

static int check_terminal(const struct copy_request *request, struct error *err)
{
	if (request->source.is_stream)
		return cli_refuse_terminal(STDIN_FILENO,
					   "cannot read an archive from a terminal",
					   "Redirect stdin", err);
	if (request->target.is_stream)
		return cli_refuse_terminal(STDOUT_FILENO,
					   "refusing to write an archive to a terminal",
					   "Redirect stdout, or name a file", err);
	return 0;
}

static int run(const struct command_call *call, struct error *err)
{
	const struct cp_values *v = call->values;
	cleanup_engine struct engine e = ENGINE_INIT;
	struct copy_request request = {
		.overwrite = v->overwrite,
		.keep_owners = v->archive_given,
		.follow = v->follow,
	};
	int r;

	copy_argument_parse(call->args[0], &request.source);
	copy_argument_parse(call->args[1], &request.target);
	r = check_terminal(&request, err);
	if (r >= 0)
		r = cubby_open(call, &e, err);
	if (r >= 0)
		r = copy_run(&e, &request, err);
	copy_argument_release(&request.source);
	copy_argument_release(&request.target);
	return r;
}

const struct command cmd_cp = {
	.name = "cp",
	.common = true,
	.group = "Containers",
	.usage = "[options] [CONTAINER:]SOURCE [CONTAINER:]TARGET",
	.summary = "copy files into a container, out of it, or between two",
	.description =
		"The container may run or not. A directory goes into a TARGET that exists, and "
		"becomes a TARGET that does not; 'DIR/.' means what is in DIR. '-' is a tar archive "
		"on stdin or stdout.",
	.examples = "cubby cp site.conf web:/etc/nginx/conf.d/\n"
		    "cubby cp web:/var/log/nginx ./logs\n"
		    "cubby cp web:/srv/. other:/srv\n"
		    "tar c . | cubby cp - web:/srv",
	.options = options,
	.values_size = sizeof(struct cp_values),
	.min_args = 2,
	.max_args = 2,
	.run = run,
};
