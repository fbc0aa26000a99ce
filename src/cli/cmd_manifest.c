/* SPDX-License-Identifier: Apache-2.0 */
/* `cubby manifest ...`: indexes of images for several platforms, made by hand. */
#include <stdio.h>
#include <string.h>

#include "cli/cubby.h"
#include "cli/format.h"
#include "cli/manifest_list.h"
#include "cli/registry_table.h"
#include "engine/image.h"
#include "engine/image_document.h"
#include "image/blobs.h"
#include "image/transport.h"
#include "store/image_record.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define STATUS_MISSING 1

struct manifest_values {
	struct manifest_entry_values entry;
	struct registry_values registry; /* of images that would be fetched: none are */
	bool amend, ignore;
};

#define TRANSPORT "docker://" /* what podman's words have before a name */

/* Images are those that are here; a name of a registry means the same image, once it was pulled. */
static const char *without_transport(const char *typed)
{
	return str_starts(typed, TRANSPORT) ? typed + strlen(TRANSPORT) : typed;
}

static const struct option_spec create_options[] = {
	OPT_BOOL(struct manifest_values, amend, "amend", 'a',
		 "add to the list if it is there already"),
	OPT_NOT_YET("all", 0),
	OPT_NOT_YET("annotation", 0),
	OPT_INCLUDE_AT(struct manifest_values, registry, tls_table),
	OPT_END,
};

static const struct option_spec add_options[] = {
	OPT_INCLUDE_AT(struct manifest_values, entry, manifest_entry_table),
	OPT_INCLUDE_AT(struct manifest_values, registry, registry_table),
	OPT_NOT_YET("all", 0),
	OPT_NOT_YET("artifact", 0),
	OPT_NOT_YET("artifact-config", 0),
	OPT_NOT_YET("artifact-config-type", 0),
	OPT_NOT_YET("artifact-exclude-titles", 0),
	OPT_NOT_YET("artifact-layer-type", 0),
	OPT_NOT_YET("artifact-subject", 0),
	OPT_NOT_YET("artifact-type", 0),
	OPT_END,
};

static const struct option_spec annotate_options[] = {
	OPT_INCLUDE_AT(struct manifest_values, entry, manifest_entry_table),
	OPT_NOT_YET("index", 0),
	OPT_NOT_YET("subject", 0),
	OPT_END,
};

static const struct option_spec rm_options[] = {
	OPT_BOOL(struct manifest_values, ignore, "ignore", 'i',
		 "no error if a list does not exist"),
	OPT_END,
};

static void defaults(void *values)
{
	registry_values_defaults(&((struct manifest_values *)values)->registry);
}

/* Change and store it, and print its name: that is how it is known. */
static int store_list(const struct engine *e, const struct manifest_list *l,
		      struct error *err)
{
	int r = manifest_list_save(e, l, err);

	if (r >= 0)
		printf("%s\n", l->name);
	return r;
}

static int open_or_make(const struct engine *e, const struct manifest_values *v,
			const char *typed, struct manifest_list *ret, struct error *err)
{
	cleanup_free char *name = NULL;
	int r = manifest_list_open(e, typed, ret, err);

	if (r >= 0 && !v->amend) {
		error_set(err, ERR_CONFLICT, 0,
			  "image name \"%s\" is already associated with a manifest list: "
			  "that name is already in use",
			  ret->name);
		return error_hint(
			err, "Add to it: --amend, or cubby manifest add %s IMAGE", typed);
	}
	if (r >= 0 || err->kind != ERR_NOT_FOUND)
		return r;
	error_drop(err, "it is made");
	r = image_canonical_name(typed, &name, err);
	if (r >= 0)
		manifest_list_new(name, ret);
	return r;
}

static int run_create(const struct command_call *call, struct error *err)
{
	const struct manifest_values *v = call->values;
	cleanup_manifest_list struct manifest_list list = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = cubby_open(call, &e, err);

	if (r >= 0)
		r = open_or_make(&e, v, call->args[0], &list, err);
	for (size_t i = 1; r >= 0 && i < call->n_args; i++)
		r = manifest_list_add(&e, &list, without_transport(call->args[i]),
				      &v->entry, err);
	return r < 0 ? r : store_list(&e, &list, err);
}

static int run_add(const struct command_call *call, struct error *err)
{
	const struct manifest_values *v = call->values;
	cleanup_manifest_list struct manifest_list list = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = cubby_open(call, &e, err);

	if (r >= 0)
		r = manifest_list_open(&e, call->args[0], &list, err);
	for (size_t i = 1; r >= 0 && i < call->n_args; i++)
		r = manifest_list_add(&e, &list, without_transport(call->args[i]),
				      &v->entry, err);
	return r < 0 ? r : store_list(&e, &list, err);
}

/* The list and one of its entries. */
static int find_entry(const struct command_call *call, struct engine *e,
		      struct manifest_list *list, struct image_descriptor **ret,
		      struct error *err)
{
	int r = cubby_open(call, e, err);

	if (r >= 0)
		r = manifest_list_open(e, call->args[0], list, err);
	if (r >= 0)
		r = manifest_list_find(e, list, without_transport(call->args[1]), ret,
				       err);
	return r;
}

static int run_annotate(const struct command_call *call, struct error *err)
{
	const struct manifest_values *v = call->values;
	cleanup_manifest_list struct manifest_list list = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	struct image_descriptor *entry;
	int r = find_entry(call, &e, &list, &entry, err);

	if (r >= 0)
		r = manifest_list_change(entry, &v->entry, err);
	return r < 0 ? r : store_list(&e, &list, err);
}

static int run_remove(const struct command_call *call, struct error *err)
{
	cleanup_manifest_list struct manifest_list list = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	struct image_descriptor *entry;
	int r = find_entry(call, &e, &list, &entry, err);

	if (r < 0)
		return r;
	manifest_list_remove(&list, entry);
	return store_list(&e, &list, err);
}

static int remove_list(const struct engine *e, const char *typed, bool ignore,
		       struct error *err)
{
	cleanup_manifest_list struct manifest_list list = {0};
	int r = manifest_list_open(e, typed, &list, err);

	if (r < 0 && err->kind == ERR_NOT_FOUND && ignore) {
		error_drop(err, "--ignore");
		return 0;
	}
	if (r >= 0)
		r = manifest_list_drop(e->store, list.name, err);
	if (r >= 0)
		printf("Untagged: %s\n", list.name);
	return r;
}

static int run_rm(const struct command_call *call, struct error *err)
{
	const struct manifest_values *v = call->values;
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = cubby_open(call, &e, err);

	for (size_t i = 0; r >= 0 && i < call->n_args; i++)
		r = remove_list(&e, call->args[i], v->ignore, err);
	return r;
}

static int run_exists(const struct command_call *call, struct error *err)
{
	cleanup_manifest_list struct manifest_list list = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = cubby_open(call, &e, err);

	if (r >= 0)
		r = manifest_list_open(&e, call->args[0], &list, err);
	if (r >= 0 || err->kind != ERR_NOT_FOUND)
		return r;
	error_drop(err, "the exit status says it");
	return STATUS_MISSING;
}

/* Of an image that is no list: its own manifest. */
static int image_manifest(const struct engine *e, const char *typed,
			  struct json_object **ret, struct error *err)
{
	cleanup_image_record struct image_record record = {0};
	cleanup_free char *text = NULL;
	cleanup_fd int blobs_fd = image_blobs_open(e, err);
	size_t len;
	int r = blobs_fd < 0 ? blobs_fd : image_find(e, typed, &record, NULL, err);

	if (r >= 0)
		r = blob_read(blobs_fd, record.manifest, IMAGE_MANIFEST_MAX, &text, &len,
			      err);
	return r < 0 ? r : json_parse(text, len, "manifest", ret, err);
}

static int run_inspect(const struct command_call *call, struct error *err)
{
	const char *typed = without_transport(call->args[0]);
	cleanup_manifest_list struct manifest_list list = {0};
	cleanup_json struct json_object *o = NULL;
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = cubby_open(call, &e, err);

	if (r >= 0)
		r = manifest_list_open(&e, typed, &list, err);
	if (r >= 0) {
		o = image_index_to_json(list.index);
	} else if (err->kind == ERR_NOT_FOUND) {
		error_drop(err, "it may be an image");
		r = image_manifest(&e, typed, &o, err);
	}
	return r < 0 ? r : format_print_json(o, err);
}

#define MANIFEST(command_name, command_usage, command_summary, fn, ...)              \
	{                                                                            \
		.name = (command_name), .group = "Images", .usage = (command_usage), \
		.summary = (command_summary), .run = (fn),                           \
		.values_size = sizeof(struct manifest_values), .defaults = defaults, \
		__VA_ARGS__                                                          \
	}

static const struct command
	create =
		MANIFEST("create", "[options] LIST [IMAGE...]", "make a list of images",
			 run_create, .options = create_options, .min_args = 1,
			 .max_args = COMMAND_ANY,
			 .examples = "cubby manifest create app:1.2 app:amd64 app:arm64\n"
				     "cubby manifest create --amend app:1.2 app:riscv64"),
	add = MANIFEST(
		"add", "[options] LIST IMAGE [IMAGE...]", "add images to a list", run_add,
		.options = add_options, .min_args = 2, .max_args = COMMAND_ANY,
		.examples = "cubby manifest add app:1.2 app:riscv64\n"
			    "cubby manifest add --arch riscv64 app:1.2 app:latest"),
	annotate = MANIFEST(
		"annotate", "[options] LIST IMAGE|DIGEST",
		"change what a list says of an image", run_annotate,
		.options = annotate_options, .min_args = 2, .max_args = 2,
		.examples = "cubby manifest annotate --variant v8 app:1.2 app:arm64\n"
			    "cubby manifest annotate --arch arm64 app:1.2 app:arm64"),
	inspect = MANIFEST("inspect", "LIST|IMAGE", "show a list, or an image's manifest",
			   run_inspect, .min_args = 1, .max_args = 1,
			   .examples = "cubby manifest inspect app:1.2\n"
				       "cubby manifest inspect debian:12"),
	remove_entry =
		MANIFEST("remove", "LIST IMAGE|DIGEST", "take an image from a list",
			 run_remove, .min_args = 2, .max_args = 2,
			 .examples = "cubby manifest remove app:1.2 app:arm64\n"
				     "cubby manifest remove app:1.2 sha256:3f2a..."),
	rm = MANIFEST("rm", "LIST [LIST...]", "remove lists", run_rm,
		      .options = rm_options, .min_args = 1, .max_args = COMMAND_ANY,
		      .examples = "cubby manifest rm app:1.2\n"
				  "cubby manifest rm --ignore app:1.1 app:1.2"),
	exists = MANIFEST(
		"exists", "LIST", "exit status 0 if the list is here, 1 if it is not",
		run_exists, .min_args = 1, .max_args = 1,
		.examples =
			"cubby manifest exists app:1.2\n"
			"cubby manifest exists app:1.2 || cubby manifest create app:1.2");

static const struct command *const commands[] = {
	&create,       &add, &annotate, &inspect, &cmd_manifest_push,
	&remove_entry, &rm,  &exists,   NULL,
};

const struct command cmd_manifest = {
	.name = "manifest",
	.group = "Images",
	.usage = "COMMAND",
	.summary =
		"lists of images for several platforms: manifest create, manifest push ...",
	.examples =
		"cubby manifest create app docker.io/me/app:amd64 docker.io/me/app:arm64\n"
		"cubby manifest push app docker.io/me/app:latest",
	.commands = commands,
};
