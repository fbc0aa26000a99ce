/* SPDX-License-Identifier: Apache-2.0 */
/* image mount, image unmount */
#include <stdio.h>

#include "cli/cubby.h"
#include "cli/format.h"
#include "cli/image_args.h"
#include "engine/image.h"
#include "util/json.h"
#include "util/str.h"

struct mount_values {
	bool all, force;
	const char *format;
	bool single; /* one image was given: only its path is printed */
	struct json_object *mounted;
};

static const struct option_spec mount_options[] = {
	OPT_BOOL(struct mount_values, all, "all", 'a', "mount all images"),
	OPT_STRING(struct mount_values, format, "format", 0, "FORMAT", "json"),
	OPT_END,
};

static const struct option_spec unmount_options[] = {
	OPT_BOOL(struct mount_values, all, "all", 'a', "unmount all images"),
	OPT_BOOL(struct mount_values, force, "force", 'f',
		 "even if it was mounted several times"),
	OPT_END,
};

static int mount_one(const struct engine *e, const struct image_record *r,
		     const char *typed, const char *name, void *data, struct error *err)
{
	struct mount_values *v = data;
	cleanup_free char *path = NULL;
	struct json_object *o;
	int k = image_mount(e, r, &path, err);

	(void)typed;
	(void)name;
	if (k < 0)
		return k;
	o = json_object_new_object();
	json_add_str(o, "id", r->id);
	json_add_strv(o, "Repositories", r->names);
	json_add_str(o, "mountpoint", path);
	json_object_array_add(v->mounted, o);
	return 0;
}

static int mount_all(const struct engine *e, struct mount_values *v, struct error *err)
{
	cleanup_image_records struct image_records all = {0};
	int r = image_record_list(e->store, &all, err);

	for (size_t i = 0; r >= 0 && i < all.n; i++)
		r = mount_one(e, &all.items[i], NULL, NULL, v, err);
	return r;
}

static void print_line(struct json_object *o, bool single)
{
	struct json_object *names = json_get(o, "Repositories");
	cleanup_error struct error err = ERROR_INIT;
	const char *shown = json_get_str(o, "id");

	if (json_object_array_length(names) > 0 &&
	    json_to_str(json_object_array_get_idx(names, 0), "Repositories", &shown,
			&err) < 0)
		error_drop(&err, "then its id is shown");
	if (single)
		printf("%s\n", json_get_str(o, "mountpoint"));
	else
		printf("%s  %s\n", shown, json_get_str(o, "mountpoint"));
}

static int print(const struct mount_values *v, struct json_object *mounts,
		 struct error *err)
{
	if (v->format)
		return format_print_json(mounts, err);
	for (size_t i = 0; i < json_object_array_length(mounts); i++)
		print_line(json_object_array_get_idx(mounts, i), v->single);
	return 0;
}

static int check_mount(const struct command_call *call, struct error *err)
{
	const struct mount_values *v = call->values;

	if (v->all && call->n_args)
		return error_set(
			err, ERR_INVALID, 0,
			"when using the --all switch, you may not pass any image "
			"names or IDs");
	if (v->format && !format_is_json(v->format))
		return error_set(err, ERR_INVALID, 0, "--format %s: only json is known",
				 v->format);
	return 0;
}

static int mount_images(const struct command_call *call, const struct engine *e,
			struct error *err)
{
	struct mount_values *v = call->values;
	const struct image_job job = {.act = mount_one, .data = v};
	int r, k;

	v->single = call->n_args == 1;
	v->mounted = json_object_new_array();
	r = v->all ? mount_all(e, v, err) : image_args_each(call, e, &job, err);
	if (r < 0)
		return r;
	k = print(v, v->mounted, err);
	return k < 0 ? k : r;
}

static int run_mount(const struct command_call *call, struct error *err)
{
	struct mount_values *v = call->values;
	cleanup_engine struct engine e = ENGINE_INIT;
	cleanup_json struct json_object *mounts = NULL;
	int r = check_mount(call, err);

	if (r >= 0)
		r = cubby_open(call, &e, err);
	if (r < 0)
		return r;
	if (v->all || call->n_args) {
		r = mount_images(call, &e, err);
		json_object_put(v->mounted);
		return r;
	}
	r = image_mounts(&e, &mounts, err);
	return r < 0 ? r : print(v, mounts, err);
}

static int unmount_one(const struct engine *e, const struct image_record *r,
		       const char *typed, const char *name, void *data, struct error *err)
{
	const struct mount_values *v = data;
	int k = image_unmount(e, r, v->force, err);

	(void)typed;
	(void)name;
	if (k >= 0)
		printf("%s\n", r->id);
	return k;
}

static int unmount_all(const struct engine *e, struct mount_values *v, struct error *err)
{
	cleanup_image_records struct image_records all = {0};
	int r = image_record_list(e->store, &all, err);

	for (size_t i = 0; r >= 0 && i < all.n; i++)
		if (image_is_mounted(e, all.items[i].id))
			r = unmount_one(e, &all.items[i], NULL, NULL, v, err);
	return r;
}

static int run_unmount(const struct command_call *call, struct error *err)
{
	struct mount_values *v = call->values;
	cleanup_engine struct engine e = ENGINE_INIT;
	const struct image_job job = {.act = unmount_one, .data = v};
	int r;

	if (v->all && call->n_args)
		return error_set(
			err, ERR_INVALID, 0,
			"when using the --all switch, you may not pass any image "
			"names or IDs");
	if (!v->all && !call->n_args)
		return error_set(err, ERR_INVALID, 0,
				 "image name or ID must be specified");
	r = cubby_open(call, &e, err);
	if (r < 0)
		return r;
	return v->all ? unmount_all(&e, v, err) : image_args_each(call, &e, &job, err);
}

const struct command cmd_image_mount = {
	.name = "mount",
	.group = "Images",
	.usage = "[options] [IMAGE...]",
	.summary = "mount an image's files, read-only (without IMAGE: list what is)",
	.description =
		"Root's images are mounted on the host; others' inside of 'cubby unshare'.",
	.examples = "cubby unshare\n"
		    "cubby image mount debian:12",
	.options = mount_options,
	.values_size = sizeof(struct mount_values),
	.max_args = COMMAND_ANY,
	.run = run_mount,
};

static const char *const unmount_aliases[] = {"umount", NULL};

const struct command cmd_image_unmount = {
	.name = "unmount",
	.aliases = unmount_aliases,
	.group = "Images",
	.usage = "[options] IMAGE [IMAGE...]",
	.summary = "undo image mount",
	.examples = "cubby image unmount debian:12\n"
		    "cubby image unmount --all",
	.options = unmount_options,
	.values_size = sizeof(struct mount_values),
	.max_args = COMMAND_ANY,
	.run = run_unmount,
};
