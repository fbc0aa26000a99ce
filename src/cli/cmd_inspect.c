/* SPDX-License-Identifier: Apache-2.0 */
/* inspect, image inspect, container inspect */
#include <stdio.h>

#include "cli/cubby.h"
#include "cli/format.h"
#include "cli/select.h"
#include "engine/container_size.h"
#include "engine/image.h"
#include "engine/inspect.h"
#include "engine/pod.h"
#include "engine/pod_view.h"
#include "engine/volume_remove.h"
#include "engine/volume_view.h"
#include "util/json.h"
#include "util/str.h"

/* For `all` they are tried in this order, as podman does. */
enum inspect_type {
	TYPE_ALL,
	TYPE_CONTAINER,
	TYPE_IMAGE,
	TYPE_VOLUME,
	TYPE_NETWORK,
	TYPE_POD,
	TYPES
};
static const char *const types[] = {"all",    "container", "image",
				    "volume", "network",   "pod"};

struct inspect_values {
	struct select_options select;
	const char *format;
	const char *type_text;
	bool size;
	int type;
};

#define OPT_FORMAT(example)                                                \
	OPT_STRING(struct inspect_values, format, "format", 'f', "FORMAT", \
		   "json, or a template such as '" example "'")
#define OPT_SIZES                                          \
	OPT_BOOL(struct inspect_values, size, "size", 's', \
		 "say what a container takes on disk too")

static const struct option_spec options[] = {
	OPT_FORMAT("{{.State.Pid}}"),
	OPT_STRING(struct inspect_values, type_text, "type", 't', "TYPE",
		   "what is meant: container, image, volume, network, pod, or all"),
	OPT_INCLUDE_AT(struct inspect_values, select, latest_table),
	OPT_SIZES,
	OPT_END,
};

static const struct option_spec container_options[] = {
	OPT_FORMAT("{{.State.Pid}}"),
	OPT_INCLUDE_AT(struct inspect_values, select, latest_table),
	OPT_SIZES,
	OPT_END,
};

static const struct option_spec image_options[] = {
	OPT_FORMAT("{{.Config.Cmd}}"),
	OPT_END,
};

static int add_sizes(const struct engine *e, const struct container *c,
		     struct json_object *o, struct error *err)
{
	struct container_size size = {0};
	int r = container_sizes(e, &c, 1, &size, err);

	json_add_i64(o, "SizeRw", size.writable);
	json_add_i64(o, "SizeRootFs", size.all ? size.all : size.writable);
	return r;
}

static int describe(const struct engine *e, const struct inspect_values *v,
		    const struct container *c, struct json_object **ret,
		    struct error *err)
{
	cleanup_json struct json_object *o = NULL;
	int r = container_inspect(e, c, &o, err);

	if (r >= 0 && v->size)
		r = add_sizes(e, c, o, err);
	if (r >= 0)
		*ret = TAKE_PTR(o);
	return r;
}

static int get_container(const struct engine *e, const struct inspect_values *v,
			 const char *typed, struct json_object **ret, struct error *err)
{
	cleanup_container struct container c = {0};
	int r = container_find(e, typed, &c, err);

	return r < 0 ? r : describe(e, v, &c, ret, err);
}

static int get_image(const struct engine *e, const struct inspect_values *v,
		     const char *typed, struct json_object **ret, struct error *err)
{
	cleanup_image_record struct image_record record = {0};
	int r = image_find(e, typed, &record, NULL, err);

	(void)v;
	return r < 0 ? r : image_inspect(e, &record, ret, err);
}

static int get_volume(const struct engine *e, const struct inspect_values *v,
		      const char *typed, struct json_object **ret, struct error *err)
{
	cleanup_volume_record struct volume_record record = {0};
	int r = volume_find(e, typed, &record, err);

	(void)v;
	if (r >= 0)
		*ret = volume_summary(e, &record);
	return r;
}

/* Cubby makes no networks that have a name. */
static int get_network(const struct engine *e, const struct inspect_values *v,
		       const char *typed, struct json_object **ret, struct error *err)
{
	(void)e;
	(void)v;
	(void)ret;
	return error_set(err, ERR_NOT_FOUND, 0,
			 "network %s: unable to find network with name or ID %s: network "
			 "not found",
			 typed, typed);
}

static int get_pod(const struct engine *e, const struct inspect_values *v,
		   const char *typed, struct json_object **ret, struct error *err)
{
	cleanup_pod struct pod pod = {0};
	int r = pod_find(e, typed, &pod, err);

	(void)v;
	if (r >= 0)
		*ret = pod_document(&pod);
	return r;
}

static int (*const getters[TYPES])(const struct engine *e, const struct inspect_values *v,
				   const char *typed, struct json_object **ret,
				   struct error *err) = {
	[TYPE_CONTAINER] = get_container,
	[TYPE_IMAGE] = get_image,
	[TYPE_VOLUME] = get_volume,
	[TYPE_NETWORK] = get_network,
	[TYPE_POD] = get_pod,
};

static int get_object(const struct engine *e, const struct inspect_values *v,
		      const char *typed, struct json_object **ret, struct error *err)
{
	if (v->type != TYPE_ALL)
		return getters[v->type](e, v, typed, ret, err);
	for (int type = TYPE_CONTAINER; type < TYPES; type++) {
		int r = getters[type](e, v, typed, ret, err);

		if (r >= 0 || err->kind != ERR_NOT_FOUND)
			return r;
		error_drop(err, "it may be something else");
	}
	error_set(err, ERR_NOT_FOUND, 0, "no such object: \"%s\"", typed);
	return error_hint(err, "'cubby ps -a' lists containers, 'cubby images' images, "
			       "'cubby volume ls' volumes, 'cubby pod ps' pods");
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
				 "--latest and arguments cannot be used together");
	r = select_one(call, e, true, &c, err);
	if (r >= 0)
		r = describe(e, call->values, &c, &o, err);
	return r < 0 ? r : show(format, list, o, err);
}

static int take_type(struct inspect_values *v, struct error *err)
{
	if (!v->type_text)
		return 0;
	for (int type = 0; type < TYPES; type++)
		if (str_eq(types[type], v->type_text)) {
			v->type = type;
			return 0;
		}
	return error_set(
		err, ERR_INVALID, 0,
		"invalid type \"%s\": must be \"image\", \"container\", \"pod\", "
		"\"network\", \"volume\", or \"all\"",
		v->type_text);
}

/* In podman's words. */
static int check(const struct command_call *call, struct inspect_values *v,
		 struct error *err)
{
	int r = take_type(v, err);
	bool fits = v->type == TYPE_ALL || v->type == TYPE_CONTAINER;

	if (r < 0)
		return r;
	if (v->select.latest && !fits)
		return error_set(err, ERR_INVALID, 0,
				 "latest is not supported for type \"%s\"",
				 types[v->type]);
	if (v->size && !fits)
		return error_set(err, ERR_INVALID, 0,
				 "size is not supported for type \"%s\"", types[v->type]);
	if (v->select.latest || call->n_args)
		return 0;
	error_set(err, ERR_INVALID, 0, "no names or ids specified");
	return error_hint(err, "See 'cubby %s --help'", call->command->name);
}

static int run(const struct command_call *call, struct error *err)
{
	struct inspect_values *v = call->values;
	const char *format = format_is_json(v->format) ? NULL : v->format;
	cleanup_json struct json_object *list = json_object_new_array();
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = check(call, v, err);

	if (r >= 0)
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
	.usage = "[options] CONTAINER|IMAGE|VOLUME [...]",
	.summary = "show all about containers, images and volumes as JSON",
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
