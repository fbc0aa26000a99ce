/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/cubby.h"
#include "cli/image_args.h"
#include "engine/reset.h"
#include "util/mem.h"

struct reset_values {
	bool force;
};

static const struct option_spec options[] = {
	OPT_BOOL(struct reset_values, force, "force", 'f', "do not ask"),
	OPT_END,
};

static int run(const struct command_call *call, struct error *err)
{
	const struct reset_values *v = call->values;
	cleanup_engine struct engine e = ENGINE_INIT;
	cleanup_free char *warning = NULL;
	int r = cubby_open(call, &e, err);

	if (r < 0)
		return r;
	if (e.unshared)
		return engine_refuse_unshared("reset the store", err);
	warning = xasprintf("WARNING! This will remove:\n"
			    "        - all containers\n"
			    "        - all pods\n"
			    "        - all images\n"
			    "        - all volumes\n"
			    "        - the data directory: %s\n"
			    "        - the run directory: %s\n",
			    e.paths.data, e.paths.run);
	if (!v->force && !cli_confirm(warning))
		return 0;
	return engine_reset(&e, err);
}

const struct command cmd_system_reset = {
	.name = "reset",
	.group = "Cubby itself",
	.usage = "[options]",
	.summary = "remove everything: containers, images, volumes",
	.description =
		"What runs is ended at once. Settings, logins and what others have put into the "
		"directories stay.",
	.examples = "cubby system reset\n"
		    "cubby system reset --force",
	.options = options,
	.values_size = sizeof(struct reset_values),
	.run = run,
};
