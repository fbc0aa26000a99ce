/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/build_cache.h"
#include "cli/cubby.h"
#include "cli/human.h"
#include "cli/image_args.h"
#include "engine/container_prune.h"
#include "engine/image.h"
#include "engine/image_filter.h"
#include "engine/network_filter.h"
#include "engine/network_remove.h"
#include "engine/volume_remove.h"
#include "util/mem.h"
#include "util/str.h"

struct prune_values {
	bool all, force, volumes, build;
	char **filters;
};

static const struct option_spec options[] = {
	OPT_BOOL(struct prune_values, all, "all", 'a',
		 "all images that no container needs, not only those without a name"),
	OPT_STRV(struct prune_values, filters, "filter", 0, "KEY=VALUE",
		 "those only that match: label, until"),
	OPT_BOOL(struct prune_values, force, "force", 'f', "do not ask"),
	OPT_BOOL(struct prune_values, volumes, "volumes", 0,
		 "volumes that no container uses as well"),
	OPT_BOOL(struct prune_values, build, "build", 0,
		 "what killed builds left as well: that goes in any case"),
	OPT_NOT_YET("external", 0),
	OPT_END,
};

static void print_removed(void *data, const char *id)
{
	bool *any = data;

	printf("%s%s\n", *any ? "" : "Deleted Containers\n", id);
	*any = true;
}

static bool is_kept(void *data, const struct image_record *r)
{
	return !image_filters_match(data, r);
}

static int prune_images(const struct engine *e, const struct prune_values *v,
			int64_t *ret_freed, struct error *err)
{
	cleanup_image_filters struct image_filters filters = {0};
	cleanup_image_records struct image_records all = {0};
	struct image_prune_options o = {.all = v->all, .data = &filters};
	cleanup_strv char **deleted = NULL;
	int r = image_record_list(e->store, &all, err);

	if (r >= 0)
		r = image_filters_prepare(e, v->filters, &all, &filters, err);
	if (r < 0)
		return r;
	o.keep = v->filters ? is_kept : NULL;
	r = image_prune(e, &o, &deleted, ret_freed, err);
	if (deleted)
		printf("Deleted Images\n");
	strv_foreach (id, deleted)
		printf("%s\n", *id);
	return r;
}

static int prune_volumes(const struct engine *e, const struct prune_values *v,
			 int64_t *ret_freed, struct error *err)
{
	cleanup_volume_filters struct volume_filters filters = {0};
	cleanup_strv char **removed = NULL;
	int64_t freed = 0;
	int r = volume_filters_prepare(v->filters, &filters, err);

	if (r >= 0)
		r = volume_prune(e, &filters, &removed, &freed, err);
	if (removed)
		printf("Deleted Volumes\n");
	strv_foreach (name, removed)
		printf("%s\n", *name);
	*ret_freed += freed;
	return r;
}

static int prune_networks(const struct engine *e, const struct prune_values *v,
			  struct error *err)
{
	cleanup_strv char **removed = NULL;
	int r = network_prune(e, v->filters, &removed, err);

	if (removed)
		printf("Deleted Networks\n");
	strv_foreach (name, removed)
		printf("%s\n", *name);
	return r;
}

/* The other filters are none of its. */
static int prune_cache(const struct engine *e, const struct prune_values *v,
		       int64_t *ret_freed, struct error *err)
{
	const struct cache_prune_options o = {.all = v->all, .filters = v->filters};

	strv_foreach (filter, v->filters)
		if (!str_starts(*filter, "until="))
			return 0;
	return build_cache_prune(e, &o, ret_freed, err);
}

static bool is_wanted(const struct prune_values *v)
{
	cleanup_free char *question = xasprintf(
		"WARNING! This command removes:\n"
		"\t- all stopped containers\n"
		"\t- all networks not used by at least one container\n%s\t- all %simages%s\n"
		"\t- %s build cache\n",
		v->volumes ? "\t- all volumes not used by at least one container\n" : "",
		v->all ? "" : "dangling ",
		v->all ? " without at least one container associated with them" : "",
		v->all ? "all" : "unused");

	return v->force || cli_confirm(question);
}

static int run(const struct command_call *call, struct error *err)
{
	const struct prune_values *v = call->values;
	cleanup_engine struct engine e = ENGINE_INIT;
	char size[HUMAN_TEXT_MAX];
	int64_t freed = 0;
	bool any = false;
	int r = container_prune_check(v->filters, err);

	if (r >= 0)
		r = network_filter_check(v->filters, true, err);
	if (r < 0)
		return r;
	if (!is_wanted(v))
		return 0;
	r = cubby_open(call, &e, err);
	if (r >= 0)
		r = container_prune(&e, v->filters, print_removed, &any, err);
	if (r >= 0)
		r = prune_networks(&e, v, err);
	if (r >= 0 && v->volumes)
		r = prune_volumes(&e, v, &freed, err);
	if (r >= 0)
		r = prune_images(&e, v, &freed, err);
	if (r >= 0)
		r = prune_cache(&e, v, &freed, err);
	if (r >= 0)
		printf("Total reclaimed space: %s\n", human_size_exact(freed, size));
	return r;
}

const struct command cmd_system_prune = {
	.name = "prune",
	.group = "Cubby itself",
	.usage = "[options]",
	.summary =
		"remove what nobody needs: ended containers, networks, images, build cache",
	.examples = "cubby system prune\n"
		    "cubby system prune --all --volumes --force",
	.options = options,
	.values_size = sizeof(struct prune_values),
	.run = run,
};
