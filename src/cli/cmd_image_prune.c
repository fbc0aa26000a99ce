/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/build_cache.h"
#include "cli/cubby.h"
#include "cli/human.h"
#include "cli/image_args.h"
#include "engine/image.h"
#include "engine/image_filter.h"
#include "util/mem.h"
#include "util/str.h"

struct prune_values {
	bool all, force, cache;
	char **filters;
};

static const struct option_spec options[] = {
	OPT_BOOL(struct prune_values, all, "all", 'a',
		 "all that no container needs, not only those without a name"),
	OPT_STRV(struct prune_values, filters, "filter", 0, "KEY=VALUE",
		 "those only that match, as with images: label, until ..."),
	OPT_BOOL(struct prune_values, force, "force", 'f', "do not ask"),
	OPT_BOOL(struct prune_values, cache, "build-cache", 0,
		 "directories of RUN --mount=type=cache too"),
	OPT_NOT_YET("external", 0),
	OPT_END,
};

static bool is_kept(void *data, const struct image_record *r)
{
	return !image_filters_match(data, r);
}

static int prune(const struct engine *e, const struct prune_values *v, struct error *err)
{
	static char *const type_mounts[] = {(char *)"type=exec.cachemount", NULL};
	const struct cache_prune_options mounts = {.filters = type_mounts};
	cleanup_image_filters struct image_filters filters = {0};
	cleanup_image_records struct image_records all = {0};
	struct image_prune_options o = {.all = v->all, .data = &filters};
	cleanup_strv char **deleted = NULL;
	char size[HUMAN_TEXT_MAX];
	int64_t freed = 0;
	int r = image_record_list(e->store, &all, err);

	if (r >= 0)
		r = image_filters_prepare(e, v->filters, &all, &filters, err);
	if (r < 0)
		return r;
	o.keep = v->filters ? is_kept : NULL;
	r = image_prune(e, &o, &deleted, &freed, err);
	strv_foreach (id, deleted)
		printf("%s\n", *id);
	if (r >= 0 && v->cache)
		r = build_cache_prune(e, &mounts, &freed, err);
	if (r >= 0 && freed > 0)
		fprintf(stderr, "Total reclaimed space: %s\n", human_size(freed, size));
	return r;
}

static int run(const struct command_call *call, struct error *err)
{
	const struct prune_values *v = call->values;
	cleanup_engine struct engine e = ENGINE_INIT;
	int r;

	if (!v->force &&
	    !cli_confirm(v->all ? "WARNING! This command removes all images without at "
				  "least one container associated with them."
				: "WARNING! This command removes all dangling images."))
		return 0;
	r = cubby_open(call, &e, err);
	return r < 0 ? r : prune(&e, v, err);
}

const struct command cmd_image_prune = {
	.name = "prune",
	.group = "Images",
	.usage = "[options]",
	.summary = "remove images that nobody needs",
	.examples = "cubby image prune\n"
		    "cubby image prune --all --force --filter until=240h",
	.options = options,
	.values_size = sizeof(struct prune_values),
	.run = run,
};
