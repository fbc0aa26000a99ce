/* SPDX-License-Identifier: Apache-2.0 */
/* diff, image diff, container diff */
#include <stdio.h>
#include <string.h>

#include "cli/cubby.h"
#include "cli/format.h"
#include "cli/select.h"
#include "engine/image.h"
#include "util/json.h"
#include "util/str.h"

enum diff_type { DIFF_ALL, DIFF_CONTAINER, DIFF_IMAGE };

struct diff_values {
	struct select_options select;
	const char *format;
	int type;
};

#define OPT_FORMAT                                                    \
	OPT_STRING(struct diff_values, format, "format", 0, "FORMAT", \
		   "json: lists of what was changed, added and deleted")

static const struct option_spec options[] = {
	OPT_FORMAT,
	OPT_INCLUDE_AT(struct diff_values, select, latest_table),
	OPT_END,
};

static const struct option_spec image_options[] = {
	OPT_FORMAT,
	OPT_END,
};

struct found {
	struct image_record image;
	struct container container;
	bool is_image;
};

static void found_release(struct found *f)
{
	image_record_release(&f->image);
	container_release(&f->container);
}

static int find_image(const struct engine *e, const char *name, struct found *ret,
		      struct error *err)
{
	ret->is_image = true;
	return image_find(e, name, &ret->image, NULL, err);
}

/* A container goes before an image of the same name. */
static int find_any(const struct engine *e, int type, const char *name, struct found *ret,
		    struct error *err)
{
	int r;

	if (type == DIFF_IMAGE)
		return find_image(e, name, ret, err);
	r = container_find(e, name, &ret->container, err);
	if (r >= 0 || type == DIFF_CONTAINER || err->kind != ERR_NOT_FOUND)
		return r;
	error_drop(err, "it may be an image");
	r = find_image(e, name, ret, err);
	if (r >= 0 || err->kind != ERR_NOT_FOUND)
		return r;
	return error_set(err, ERR_NOT_FOUND, 0, "no such object: \"%s\"", name);
}

static int diff_one(const struct engine *e, const struct found *f, char ***ret,
		    struct error *err)
{
	return f->is_image ? image_diff(e, &f->image, NULL, ret, err)
			   : container_diff(e, f->container.record.id, ret, err);
}

static int diff_two(const struct engine *e, const struct found *a, const struct found *b,
		    char ***ret, struct error *err)
{
	struct diff_object first = {0}, second = {0};

	if (a->is_image && b->is_image)
		return image_diff(e, &a->image, &b->image, ret, err);
	if (a->is_image)
		first.image = &a->image;
	else
		first.container = &a->container;
	if (b->is_image)
		second.image = &b->image;
	else
		second.container = &b->container;
	return objects_diff(e, &first, &second, ret, err);
}

/* podman's: the first one may be left out where --latest says it. */
static int find_diff(const struct command_call *call, const struct engine *e, char ***ret,
		     struct error *err)
{
	const struct diff_values *v = call->values;
	cleanup(found_release) struct found a = {0}, b = {0};
	int r;

	if (v->select.latest || !call->n_args)
		r = select_one(call, e, v->select.latest, &a.container, err);
	else
		r = find_any(e, v->type, call->args[0], &a, err);
	if (r >= 0 && call->n_args == 2)
		r = find_any(e, v->type, call->args[1], &b, err);
	if (r < 0)
		return r;
	return call->n_args == 2 ? diff_two(e, &a, &b, ret, err)
				 : diff_one(e, &a, ret, err);
}

static int print_json(char *const *changes, struct error *err)
{
	static const struct {
		char letter;
		const char *member;
	} kinds[] = {{'C', "changed"}, {'A', "added"}, {'D', "deleted"}};
	cleanup_json struct json_object *o = json_object_new_object();

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		cleanup_strv char **paths = NULL;

		strv_foreach (change, changes)
			if (**change == kinds[i].letter && strlen(*change) > 2)
				strv_add(&paths, *change + 2);
		if (paths)
			json_add_strv(o, kinds[i].member, paths);
	}
	return format_print_json(o, err);
}

static int run(const struct command_call *call, struct error *err)
{
	const struct diff_values *v = call->values;
	cleanup_engine struct engine e = ENGINE_INIT;
	cleanup_strv char **changes = NULL;
	int r;

	if (v->format && !format_is_json(v->format))
		return error_set(err, ERR_INVALID, 0, "--format %s: only json is known",
				 v->format);
	r = cubby_open(call, &e, err);
	if (r >= 0)
		r = find_diff(call, &e, &changes, err);
	if (r < 0)
		return r;
	if (v->format)
		return print_json(changes, err);
	strv_foreach (change, changes) {
		/* names of files are whatever somebody has chosen */
		cleanup_free char *text = str_visible(*change, "");

		printf("%s\n", text);
	}
	return 0;
}

static void container_defaults(void *values)
{
	((struct diff_values *)values)->type = DIFF_CONTAINER;
}

static void image_defaults(void *values)
{
	((struct diff_values *)values)->type = DIFF_IMAGE;
}

const struct command cmd_diff = {
	.name = "diff",
	.group = "Containers",
	.usage = "[options] CONTAINER|IMAGE [CONTAINER|IMAGE]",
	.summary = "show which files a container or an image has changed",
	.description =
		"Each line is A (added), C (changed) or D (deleted) and a path. An image is "
		"compared with the layer below its topmost; either with a second one, if there is "
		"one.",
	.examples = "cubby diff web\n"
		    "cubby diff --format json web\n"
		    "cubby diff debian:mine debian:12",
	.options = options,
	.values_size = sizeof(struct diff_values),
	.max_args = 2,
	.run = run,
};

const struct command cmd_container_diff = {
	.name = "diff",
	.group = "Containers",
	.usage = "[options] CONTAINER [CONTAINER]",
	.summary = "show which files a container has changed",
	.description =
		"A second container is what it is compared with, instead of the image.",
	.examples = "cubby container diff web\n"
		    "cubby container diff --format json web",
	.options = options,
	.values_size = sizeof(struct diff_values),
	.defaults = container_defaults,
	.max_args = 2,
	.run = run,
};

const struct command cmd_image_diff = {
	.name = "diff",
	.group = "Images",
	.usage = "[options] IMAGE [IMAGE]",
	.summary = "show which files an image has changed",
	.examples = "cubby image diff debian:mine debian:12\n"
		    "cubby image diff --format json debian:mine",
	.options = image_options,
	.values_size = sizeof(struct diff_values),
	.defaults = image_defaults,
	.min_args = 1,
	.max_args = 2,
	.run = run,
};
