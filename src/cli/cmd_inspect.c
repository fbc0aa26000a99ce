/* SPDX-License-Identifier: Apache-2.0 */
/* inspect, image inspect, container inspect */
#include <stdio.h>

#include "cli/cubby.h"
#include "cli/format.h"
#include "cli/select.h"
#include "engine/image.h"
#include "engine/inspect.h"
#include "util/json.h"
#include "util/str.h"

enum inspect_type { TYPE_ALL, TYPE_CONTAINER, TYPE_IMAGE };
static const char *const types[] = {"all", "container", "image", NULL};

struct inspect_values {
	struct select_options select;
	const char *format;
	int type;
};

#define OPT_FORMAT(example)                                                \
	OPT_STRING(struct inspect_values, format, "format", 'f', "FORMAT", \
		   "json, or a template such as '" example "'")

static const struct option_spec options[] = {
	OPT_FORMAT("{{.State.Pid}}"),
	OPT_WORD(struct inspect_values, type, "type", 't', types,
		 "what kind of object is meant"),
	OPT_INCLUDE_AT(struct inspect_values, select, latest_table),
	OPT_NOT_YET("size", 's'),
	OPT_END,
};

static const struct option_spec container_options[] = {
	OPT_FORMAT("{{.State.Pid}}"),
	OPT_INCLUDE_AT(struct inspect_values, select, latest_table),
	OPT_NOT_YET("size", 's'),
	OPT_END,
};

static const struct option_spec image_options[] = {
	OPT_FORMAT("{{.Config.Cmd}}"),
	OPT_END,
};

static int get_container(const struct engine *e, const char *typed,
			 struct json_object **ret, struct error *err)
{
	cleanup_container struct container c = {0};
	int r = container_find(e, typed, &c, err);

	return r < 0 ? r : container_inspect(e, &c, ret, err);
}

static int get_image(const struct engine *e, const char *typed, struct json_object **ret,
		     struct error *err)
{
	cleanup_image_record struct image_record record = {0};
	int r = image_find(e, typed, &record, NULL, err);

	return r < 0 ? r : image_inspect(e, &record, ret, err);
}

/* A container goes before an image of the same name. */
static int get_object(const struct engine *e, const struct inspect_values *v,
		      const char *typed, struct json_object **ret, struct error *err)
{
	int r = 0;

	if (v->type != TYPE_IMAGE) {
		r = get_container(e, typed, ret, err);
		if (r >= 0 || v->type == TYPE_CONTAINER || err->kind != ERR_NOT_FOUND)
			return r;
		error_drop(err, "it may be an image");
	}
	r = get_image(e, typed, ret, err);
	if (r >= 0 || v->type == TYPE_IMAGE || err->kind != ERR_NOT_FOUND)
		return r;
	error_set(err, ERR_NOT_FOUND, 0, "no such object: \"%s\"", typed);
	return error_hint(err, "'cubby ps -a' lists containers, 'cubby images' images");
}

static int show(const char *format, struct json_object *list, struct json_object *o,
		struct error *err)
{
	int r;

	if (!format) {
		json_object_array_add(list, o);
		return 0;
	}
	r = format_print_object(format, o, err);
	json_object_put(o);
	return r;
}

/* What was found is shown although something else was not, as podman does. */
static int inspect_args(const struct command_call *call, const struct engine *e,
			const char *format, struct json_object *list, struct error *err)
{
	for (size_t i = 0; i < call->n_args; i++) {
		cleanup_error struct error failure = ERROR_INIT;
		struct json_object *o = NULL;
		int r = get_object(e, call->values, call->args[i], &o, &failure);

		if (r >= 0)
			r = show(format, list, o, &failure);
		if (r >= 0)
			continue;
		if (error_is_set(err))
			cli_print_error(stderr, err);
		error_move(err, &failure);
	}
	return error_is_set(err) ? (err->code ? -err->code : -EINVAL) : 0;
}

static int inspect_latest(const struct command_call *call, const struct engine *e,
			  const char *format, struct json_object *list, struct error *err)
{
	cleanup_container struct container c = {0};
	struct json_object *o = NULL;
	int r;

	if (call->n_args)
		return error_set(err, ERR_INVALID, 0,
				 "inspect takes no arguments with --latest");
	r = select_one(call, e, true, &c, err);
	if (r >= 0)
		r = container_inspect(e, &c, &o, err);
	return r < 0 ? r : show(format, list, o, err);
}

static int run(const struct command_call *call, struct error *err)
{
	const struct inspect_values *v = call->values;
	const char *format = format_is_json(v->format) ? NULL : v->format;
	cleanup_json struct json_object *list = json_object_new_array();
	cleanup_engine struct engine e = ENGINE_INIT;
	int r;

	if (!v->select.latest && !call->n_args) {
		error_set(err, ERR_INVALID, 0,
			  "you must provide at least one name or id");
		return error_hint(err, "See 'cubby %s --help'", call->command->name);
	}
	r = cubby_open(call, &e, err);
	if (r < 0)
		return r;
	r = v->select.latest ? inspect_latest(call, &e, format, list, err)
			     : inspect_args(call, &e, format, list, err);
	if (!format && (r >= 0 || call->n_args)) {
		cleanup_error struct error other = ERROR_INIT;

		if (format_print_json(list, &other) < 0 && r >= 0)
			return error_move(err, &other);
	}
	return r;
}

static void container_defaults(void *values)
{
	((struct inspect_values *)values)->type = TYPE_CONTAINER;
}

static void image_defaults(void *values)
{
	((struct inspect_values *)values)->type = TYPE_IMAGE;
}

const struct command cmd_inspect = {
	.name = "inspect",
	.common = true,
	.group = "Containers",
	.usage = "[options] CONTAINER|IMAGE [CONTAINER|IMAGE...]",
	.summary = "show all about containers and images as JSON",
	.examples = "cubby inspect web\n"
		    "cubby inspect -f '{{.State.Pid}}' web\n"
		    "cubby inspect --type image debian:12",
	.options = options,
	.values_size = sizeof(struct inspect_values),
	.max_args = COMMAND_ANY,
	.run = run,
};

const struct command cmd_container_inspect = {
	.name = "inspect",
	.common = true,
	.group = "Containers",
	.usage = "[options] CONTAINER [CONTAINER...]",
	.summary = "show all about containers as JSON",
	.examples = "cubby container inspect web\n"
		    "cubby container inspect --format '{{.State.Status}}' web",
	.options = container_options,
	.values_size = sizeof(struct inspect_values),
	.defaults = container_defaults,
	.max_args = COMMAND_ANY,
	.run = run,
};

const struct command cmd_image_inspect = {
	.name = "inspect",
	.common = true,
	.group = "Images",
	.usage = "[options] IMAGE [IMAGE...]",
	.summary = "show all about images as JSON",
	.examples = "cubby image inspect debian:12\n"
		    "cubby image inspect -f '{{json .Config.Env}}' debian:12",
	.options = image_options,
	.values_size = sizeof(struct inspect_values),
	.defaults = image_defaults,
	.max_args = COMMAND_ANY,
	.run = run,
};
