/* SPDX-License-Identifier: Apache-2.0 */
/* `cubby builder ...`, and `cubby build prune`: the build cache. */
#include <stdio.h>

#include "cli/build_cache.h"
#include "cli/cubby.h"
#include "cli/human.h"
#include "cli/image_args.h"
#include "util/mem.h"
#include "util/str.h"

struct prune_values {
	bool all, force;
	char **filters;
	const char *keep;
};

static const struct option_spec prune_options[] = {
	OPT_BOOL(struct prune_values, all, "all", 'a',
		 "also what images have; the next build makes it again"),
	OPT_STRV(struct prune_values, filters, "filter", 0, "KEY=VALUE",
		 "that only: until=24h, type=exec.cachemount, id, parent, inuse ..."),
	OPT_BOOL(struct prune_values, force, "force", 'f', "do not ask"),
	OPT_STRING(struct prune_values, keep, "keep-storage", 0, "SIZE",
		   "leave that much of what was used last: 10g"),
	OPT_END,
};

static int run_prune(const struct command_call *call, struct error *err)
{
	const struct prune_values *v = call->values;
	struct cache_prune_options o = {.all = v->all, .filters = v->filters};
	cleanup_engine struct engine e = ENGINE_INIT;
	char size[HUMAN_TEXT_MAX];
	int64_t freed = 0;
	uint64_t keep = 0;
	int r = cache_prune_check(v->filters, err);

	if (r < 0)
		return r;
	if (v->keep && (str_to_size(v->keep, &keep) < 0 || keep > INT64_MAX))
		return error_set(err, ERR_INVALID, 0,
				 "--keep-storage=%s: not a size such as 500m or 10g",
				 v->keep);
	o.keep_bytes = (int64_t)keep;
	if (!v->force &&
	    !cli_confirm(v->all ? "WARNING! This will remove all build cache."
				: "WARNING! This will remove all dangling build cache."))
		return 0;
	r = cubby_open(call, &e, err);
	if (r >= 0)
		r = build_cache_prune(&e, &o, &freed, err);
	if (r >= 0)
		printf("Total reclaimed space: %s\n", human_size_exact(freed, size));
	return r;
}

static const struct command cmd_builder_prune = {
	.name = "prune",
	.group = "Images",
	.usage = "[options]",
	.summary = "remove what builds keep for the next one",
	.description =
		"Goes: steps whose files no image has, directories of cache mounts "
		"(RUN --mount=type=cache), and what is remembered of the files of contexts. "
		"What a build uses just now stays. See it with 'cubby system df -v'.",
	.examples = "cubby builder prune\n"
		    "cubby builder prune --force --filter until=240h\n"
		    "cubby build prune --all --keep-storage 10g",
	.options = prune_options,
	.values_size = sizeof(struct prune_values),
	.run = run_prune,
};

const struct command *const cmd_build_words[] = {&cmd_builder_prune, NULL};

static const struct command *const commands[] = {&cmd_build, &cmd_builder_prune, NULL};

const struct command cmd_builder = {
	.name = "builder",
	.group = "Images",
	.usage = "COMMAND",
	.summary = "images and the build cache: builder build, builder prune",
	.examples = "cubby builder prune\n"
		    "cubby builder prune --all --force",
	.commands = commands,
};

/* The word is habit of Docker's users, as with podman. */
const struct command cmd_buildx = {
	.name = "buildx",
	.group = "Images",
	.usage = "COMMAND",
	.summary = "the same by the name of Docker's plugin: buildx build",
	.examples = "cubby buildx build --push -t registry.example.com/app:1.2 .\n"
		    "cubby buildx prune --force",
	.commands = commands,
	.hidden = true,
};
