/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/build_cache.h"
#include "cli/cubby.h"
#include "cli/format.h"
#include "cli/human.h"
#include "engine/image.h"
#include "engine/volume_view.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define SHORT_DIGITS  12
#define COMMAND_SHOWN 17

struct df_values {
	bool verbose;
	const char *format;
};

/* What is counted besides images and containers. */
struct counted {
	struct volumes {
		struct volume_records records;
		int64_t *sizes;
		char **users; /* ids of containers, each once for every volume that it has */
	} volumes;
	struct cache_items cache;
};

static void counted_release(struct counted *c)
{
	volume_records_release(&c->volumes.records);
	free(c->volumes.sizes);
	strv_free(c->volumes.users);
	cache_items_release(&c->cache);
}

static const struct option_spec options[] = {
	OPT_STRING(struct df_values, format, "format", 0, "FORMAT",
		   "json, or a template such as '{{.Type}} {{.Size}}'"),
	OPT_BOOL(struct df_values, verbose, "verbose", 'v',
		 "what each image, container and volume takes"),
	OPT_END,
};

static int64_t number_of(struct json_object *o, const char *key)
{
	cleanup_error struct error err = ERROR_INIT;
	int64_t n = 0;

	return json_to_i64(json_get(o, key), key, &n, &err) < 0 ? 0 : n;
}

static size_t count_of(struct json_object *list)
{
	return list ? json_object_array_length(list) : 0;
}

/* One line of the sums. */
struct sum {
	const char *type;
	size_t total, active;
	int64_t size, reclaimable;
};

/* An image with two names has two entries and counts once. */
static void count_images(struct json_object *images, struct sum *s)
{
	cleanup_strv char **seen = NULL;

	for (size_t i = 0; i < count_of(images); i++) {
		struct json_object *image = json_object_array_get_idx(images, i);
		const char *id = json_get_str(image, "ImageID");

		if (!id || strv_has(seen, id))
			continue;
		strv_add(&seen, id);
		s->total++;
		s->active += number_of(image, "Containers") > 0;
	}
}

static void count_containers(struct json_object *containers, struct sum *s)
{
	for (size_t i = 0; i < count_of(containers); i++) {
		const char *status =
			json_get_str(json_object_array_get_idx(containers, i), "Status");

		s->total++;
		s->active +=
			status && (str_starts(status, "Up") || str_eq(status, "running"));
	}
}

static int measure_volumes(const struct engine *e, struct volumes *ret, struct error *err)
{
	int r = volume_record_list(e->store, &ret->records, err);

	for (size_t i = 0; r >= 0 && i < ret->records.n; i++) {
		cleanup_strv char **users = NULL;

		r = volume_use_containers(e->store, ret->records.items[i].name, &users,
					  err);
		strv_foreach (id, users)
			strv_add(&ret->users, *id);
	}
	if (r < 0)
		return r;
	ret->sizes = xcalloc(ret->records.n + 1, sizeof(*ret->sizes));
	return volume_sizes(e, &ret->records, ret->sizes, err);
}

static void count_links(const struct volumes *v, struct json_object *containers)
{
	for (size_t i = 0; i < count_of(containers); i++) {
		struct json_object *c = json_object_array_get_idx(containers, i);
		const char *id = json_get_str(c, "ContainerID");
		int64_t n = 0;

		strv_foreach (user, v->users)
			n += str_eq(*user, id);
		json_add_i64(c, "LocalVolumes", n);
	}
}

/* What no container has can be removed. */
static void count_volumes(const struct volumes *v, struct sum *s)
{
	for (size_t i = 0; i < v->records.n; i++) {
		bool used = v->records.items[i].n_users > 0;

		s->total++;
		s->active += used;
		s->size += v->sizes[i];
		s->reclaimable += used ? 0 : v->sizes[i];
	}
}

static void count_cache(const struct cache_items *cache, struct sum *s)
{
	const struct cache_sum sum = cache_item_sum(cache);

	s->total = sum.n;
	s->active = sum.n_in_use;
	s->size = sum.size;
	s->reclaimable = sum.reclaimable;
}

static struct json_object *sum_json(const struct sum *s)
{
	struct json_object *o = json_object_new_object();
	int percent =
		s->size > 0
			? (int)(100.0 * (double)s->reclaimable / (double)s->size + 0.5)
			: 0;
	char size[HUMAN_TEXT_MAX], reclaimable[HUMAN_TEXT_MAX];
	cleanup_free char *share = xasprintf(
		"%s (%d%%)", human_size_exact(s->reclaimable, reclaimable), percent);

	json_add_str(o, "Type", s->type);
	json_add_i64(o, "Total", (int64_t)s->total);
	json_add_i64(o, "Active", (int64_t)s->active);
	json_add_i64(o, "RawSize", s->size);
	json_add_i64(o, "RawReclaimable", s->reclaimable);
	json_add_i64(o, "TotalCount", (int64_t)s->total);
	json_add_str(o, "Size", human_size_exact(s->size, size));
	json_add_str(o, "Reclaimable", share);
	return o;
}

static int print_sums(const struct df_values *v, struct json_object *usage,
		      const struct counted *counted, struct error *err)
{
	struct sum sums[] = {
		{.type = "Images",
		 .size = number_of(usage, "ImagesSize"),
		 .reclaimable = number_of(usage, "ImagesReclaimable")},
		{.type = "Containers",
		 .size = number_of(usage, "ContainersSize"),
		 .reclaimable = number_of(usage, "ContainersReclaimable")},
		{.type = "Local Volumes"},
		{.type = "Build Cache"},
	};
	const struct format_list list = {
		.format = v->format,
		.table =
			"{{.Type}}\t{{.Total}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}",
	};
	cleanup_json struct json_object *rows = json_object_new_array();

	count_images(json_get(usage, "Images"), &sums[0]);
	count_containers(json_get(usage, "Containers"), &sums[1]);
	count_volumes(&counted->volumes, &sums[2]);
	count_cache(&counted->cache, &sums[3]);
	for (size_t i = 0; i < ARRAY_SIZE(sums); i++)
		json_object_array_add(rows, sum_json(&sums[i]));
	return format_is_json(v->format) ? format_print_json(rows, err)
					 : format_print_list(&list, rows, err);
}

static void add_size(struct json_object *row, struct json_object *from, const char *key)
{
	char text[HUMAN_TEXT_MAX];

	json_add_str(row, key, human_size_exact(number_of(from, key), text));
}

static void add_age(struct json_object *row, struct json_object *from)
{
	char text[TIME_TEXT_MAX];
	int64_t then = number_of(from, "Created") * USEC_PER_SEC, now = time_now_usec();

	json_add_str(row, "Created", time_human(now > then ? now - then : 0, text));
}

static void add_cut(struct json_object *row, struct json_object *from, const char *key,
		    int columns)
{
	const char *text = json_get_str(from, key);
	cleanup_free char *cut = xasprintf("%.*s", columns, text ? text : "");

	json_add_str(row, key, cut);
}

static struct json_object *image_row(struct json_object *image)
{
	struct json_object *row = json_object_new_object();

	json_add_str(row, "Repository", json_get_str(image, "Repository"));
	json_add_str(row, "Tag", json_get_str(image, "Tag"));
	add_cut(row, image, "ImageID", SHORT_DIGITS);
	add_age(row, image);
	add_size(row, image, "Size");
	add_size(row, image, "SharedSize");
	add_size(row, image, "UniqueSize");
	json_add_i64(row, "Containers", number_of(image, "Containers"));
	return row;
}

static void add_command(struct json_object *row, struct json_object *container)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_strv char **words = NULL;
	cleanup_free char *text = NULL, *cut = NULL;

	if (json_to_strv(json_get(container, "Command"), "Command", &words, &err) < 0)
		error_drop(&err, "it has none");
	text = strv_join(words, " ");
	cut = xasprintf("%.*s", COMMAND_SHOWN, text);
	json_add_str(row, "Command", cut);
}

static struct json_object *container_row(struct json_object *container)
{
	struct json_object *row = json_object_new_object();

	add_cut(row, container, "ContainerID", SHORT_DIGITS);
	json_add_str(row, "Image", json_get_str(container, "Image"));
	add_command(row, container);
	json_add_i64(row, "LocalVolumes", number_of(container, "LocalVolumes"));
	add_size(row, container, "Size");
	add_age(row, container);
	json_add_str(row, "Status", json_get_str(container, "Status"));
	json_add_str(row, "Names", json_get_str(container, "Names"));
	return row;
}

static int print_part(struct json_object *from,
		      struct json_object *(*row_of)(struct json_object *),
		      const char *table, struct error *err)
{
	static const struct template_heading headings[] = {
		{"ImageID", "IMAGE ID"}, {"ContainerID", "CONTAINER ID"}, {NULL, NULL}};
	const struct format_list list = {.table = table, .headings = headings};
	cleanup_json struct json_object *rows = json_object_new_array();

	for (size_t i = 0; i < count_of(from); i++)
		json_object_array_add(rows, row_of(json_object_array_get_idx(from, i)));
	return format_print_list(&list, rows, err);
}

static struct json_object *volume_rows(const struct volumes *v)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < v->records.n; i++) {
		struct json_object *row = json_object_new_object();
		char size[HUMAN_TEXT_MAX];

		json_add_str(row, "VolumeName", v->records.items[i].name);
		json_add_i64(row, "Links", v->records.items[i].n_users);
		json_add_str(row, "Size", human_size_exact(v->sizes[i], size));
		json_object_array_add(list, row);
	}
	return list;
}

static int print_volumes(const struct volumes *v, struct error *err)
{
	static const struct template_heading headings[] = {{"VolumeName", "VOLUME NAME"},
							   {NULL, NULL}};
	const struct format_list list = {
		.table = "{{.VolumeName}}\t{{.Links}}\t{{.Size}}", .headings = headings};
	cleanup_json struct json_object *rows = volume_rows(v);

	printf("\nLocal Volumes space usage:\n\n");
	return format_print_list(&list, rows, err);
}

static int print_cache(const struct cache_items *cache, struct error *err)
{
	const struct format_list list = {.table = BUILD_CACHE_TABLE,
					 .headings = build_cache_headings};
	cleanup_json struct json_object *rows = build_cache_rows(cache);
	char size[HUMAN_TEXT_MAX];

	printf("\nBuild cache usage: %s\n\n",
	       human_size_exact(cache_item_sum(cache).size, size));
	return format_print_list(&list, rows, err);
}

static int print_verbose(struct json_object *usage, const struct counted *counted,
			 struct error *err)
{
	const struct volumes *volumes = &counted->volumes;
	int r;

	printf("Images space usage:\n\n");
	r = print_part(
		json_get(usage, "Images"), image_row,
		"{{.Repository}}\t{{.Tag}}\t{{.ImageID}}\t{{.Created}}\t{{.Size}}\t"
		"{{.SharedSize}}\t{{.UniqueSize}}\t{{.Containers}}",
		err);
	if (r < 0)
		return r;
	printf("\nContainers space usage:\n\n");
	count_links(volumes, json_get(usage, "Containers"));
	r = print_part(json_get(usage, "Containers"), container_row,
		       "{{.ContainerID}}\t{{.Image}}\t{{.Command}}\t{{.LocalVolumes}}\t"
		       "{{.Size}}\t{{.Created}}\t{{.Status}}\t{{.Names}}",
		       err);
	if (r >= 0)
		r = print_volumes(volumes, err);
	return r < 0 ? r : print_cache(&counted->cache, err);
}

static int run(const struct command_call *call, struct error *err)
{
	const struct df_values *v = call->values;
	cleanup_json struct json_object *usage = NULL;
	cleanup(counted_release) struct counted counted = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	int r;

	if (v->verbose && v->format)
		return error_set(err, ERR_INVALID, 0,
				 "cannot combine --format and --verbose flags");
	r = cubby_open(call, &e, err);
	if (r >= 0)
		r = image_usage(&e, &usage, err);
	if (r >= 0)
		r = measure_volumes(&e, &counted.volumes, err);
	if (r >= 0)
		r = cache_item_list(&e, &counted.cache, err);
	if (r < 0)
		return r;
	return v->verbose ? print_verbose(usage, &counted, err)
			  : print_sums(v, usage, &counted, err);
}

const struct command cmd_system_df = {
	.name = "df",
	.group = "Cubby itself",
	.usage = "[options]",
	.summary =
		"show what images, containers, volumes and the build cache take on disk",
	.description =
		"The sizes are those of du. Reclaimable is what 'cubby image prune --all', "
		"'cubby rm', 'cubby volume prune' and 'cubby builder prune' would give back.",
	.examples = "cubby system df\n"
		    "cubby system df -v",
	.options = options,
	.values_size = sizeof(struct df_values),
	.run = run,
};
