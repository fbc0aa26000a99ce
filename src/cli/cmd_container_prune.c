/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/cubby.h"
#include "cli/image_args.h"
#include "engine/container_prune.h"

struct prune_values {
	bool force;
	char **filters;
};

static const struct option_spec options[] = {
	OPT_STRV(struct prune_values, filters, "filter", 0, "KEY=VALUE",
		 "those only that match: label, label!, until"),
	OPT_BOOL(struct prune_values, force, "force", 'f', "do not ask"),
	OPT_END,
};

static void removed(void *data, const char *id)
{
	(void)data;
	printf("%s\n", id);
}

static int run(const struct command_call *call, struct error *err)
{
	const struct prune_values *v = call->values;
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = container_prune_check(v->filters, err);

	if (r < 0)
		return r;
	if (!v->force &&
	    !cli_confirm("WARNING! This will remove all non running containers."))
		return 0;
	r = cubby_open(call, &e, err);
	return r < 0 ? r : container_prune(&e, v->filters, removed, NULL, err);
}

const struct command cmd_container_prune = {
	.name = "prune",
	.group = "Containers",
	.usage = "[options]",
	.summary = "remove all containers that neither run nor are paused",
	.examples = "cubby container prune\n"
		    "cubby container prune --force --filter until=24h\n"
		    "cubby container prune --filter label!=keep",
	.options = options,
	.values_size = sizeof(struct prune_values),
	.run = run,
};
