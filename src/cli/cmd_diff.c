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

static int diff_image(const struct command_call *call, const struct engine *e,
		      char ***ret, struct error *err)
{
	cleanup_image_record struct image_record record = {0}, base = {0};
	int r = image_find(e, call->args[0], &record, NULL, err);

	if (r >= 0 && call->args[1])
		r = image_find(e, call->args[1], &base, NULL, err);
	if (r < 0)
		return r;
	return image_diff(e, &record, call->args[1] ? &base : NULL, ret, err);
}

/* A container goes before an image of the same name; two arguments are images. */
static int find_diff(const struct command_call *call, const struct engine *e, char ***ret,
		     struct error *err)
{
	const struct diff_values *v = call->values;
	cleanup_container struct container c = {0};
	int r;

	if (v->type == DIFF_IMAGE || call->n_args == 2)
		return diff_image(call, e, ret, err);
	r = select_one(call, e, v->select.latest, &c, err);
	if (r >= 0)
		return container_diff(e, c.record.id, ret, err);
	if (v->type == DIFF_CONTAINER || v->select.latest || !call->n_args ||
	    err->kind != ERR_NOT_FOUND)
		return r;
	error_drop(err, "it may be an image");
	r = diff_image(call, e, ret, err);
	if (r >= 0 || err->kind != ERR_NOT_FOUND)
		return r;
	return error_set(err, ERR_NOT_FOUND, 0, "no such object: \"%s\"", call->args[0]);
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
	.usage = "[options] CONTAINER|IMAGE [IMAGE]",
	.summary = "show which files a container or an image has changed",
	.description =
		"Each line is A (added), C (changed) or D (deleted) and a path. An image is "
		"compared with the layer below its topmost, or with a second image.",
	.examples = "cubby diff web\n"
		    "cubby diff debian:mine debian:12",
	.options = options,
	.values_size = sizeof(struct diff_values),
	.max_args = 2,
	.run = run,
};

const struct command cmd_container_diff = {
	.name = "diff",
	.group = "Containers",
	.usage = "[options] CONTAINER",
	.summary = "show which files a container has changed",
	.examples = "cubby container diff web\n"
		    "cubby container diff --format json web",
	.options = options,
	.values_size = sizeof(struct diff_values),
	.defaults = container_defaults,
	.max_args = 1,
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
