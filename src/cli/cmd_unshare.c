/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "cli/cubby.h"
#include "engine/unshare.h"
#include "util/str.h"

static const struct option_spec options[] = {
	OPT_NOT_YET("rootless-netns", 0),
	OPT_END,
};

static int run(const struct command_call *call, struct error *err)
{
	cleanup_engine struct engine e = ENGINE_INIT;
	const char *shell = getenv("SHELL");
	char *const usual[] = {(char *)(str_empty(shell) ? "/bin/sh" : shell), NULL};
	int status, r = cubby_open_dirs(call, &e, err);

	if (r < 0)
		return r;
	r = unshare_run(&e, call->n_args ? call->args : usual, &status, err);
	return r < 0 ? r : status;
}

const struct command cmd_unshare = {
	.name = "unshare",
	.group = "Cubby itself",
	.usage = "[COMMAND [ARG...]]",
	.summary = "run a program as root of your own ids",
	.description =
		"Starts COMMAND (default: your shell) in a user namespace with your whole map: "
		"0 is you, 1 and up are your subordinate ids. There you can look into the files "
		"of containers and images whoever owns them, and mount them "
		"(cubby mount, cubby image mount).",
	.examples = "cubby unshare\n"
		    "cubby unshare cat /proc/self/uid_map\n"
		    "cubby unshare rm -r ./made-by-a-container",
	.options = options,
	.max_args = COMMAND_ANY,
	.stop_at_first = true,
	.run = run,
};
