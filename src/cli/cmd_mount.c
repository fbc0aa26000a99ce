/* SPDX-License-Identifier: Apache-2.0 */
/* mount, unmount; container mount, container unmount */
#include <stdio.h>

#include "cli/cubby.h"
#include "cli/format.h"
#include "cli/select.h"
#include "engine/container_mount.h"
#include "util/json.h"
#include "util/str.h"

struct mount_values {
	struct select_options select;
	const char *format;
	bool no_trunc, force;
};

static const struct option_spec mount_options[] = {
	OPT_BOOL(struct mount_values, select.all, "all", 'a', "mount all containers"),
	OPT_STRING(struct mount_values, format, "format", 0, "FORMAT",
		   "json: what is mounted, as a list"),
	OPT_INCLUDE_AT(struct mount_values, select, latest_table),
	OPT_BOOL(struct mount_values, no_trunc, "no-trunc", 0, "whole IDs",
		 .aliases = (const char *const[]){"notruncate", NULL}),
	OPT_END,
};

static const struct option_spec unmount_options[] = {
	OPT_BOOL(struct mount_values, select.all, "all", 'a',
		 "unmount all that are mounted"),
	OPT_BOOL(struct mount_values, force, "force", 'f',
		 "even if it was mounted several times"),
	OPT_INCLUDE_AT(struct mount_values, select, latest_table),
	OPT_END,
};

static int mount_one(const struct engine *e, const struct container *c, const char *typed,
		     void *data, struct error *err)
{
	cleanup_free char *path = NULL;
	int r = container_mount(e, c, &path, err);

	(void)typed;
	(void)data;
	if (r >= 0)
		printf("%s\n", path);
	return r;
}

static void add_row(struct json_object *rows, const struct container *c, const char *path)
{
	struct json_object *o = json_object_new_object();

	json_add_str(o, "id", c->record.id);
	json_add_strv(o, "Names", (char *[]){c->record.name, NULL});
	json_add_str(o, "mountpoint", path);
	json_object_array_add(rows, o);
}

static int list(const struct engine *e, const struct mount_values *v, struct error *err)
{
	cleanup_containers struct containers all = {0};
	cleanup_json struct json_object *rows = json_object_new_array();
	int r = container_list(e, &all, err);

	for (size_t i = 0; r >= 0 && i < all.n; i++) {
		const struct container *c = &all.items[i];
		cleanup_free char *path = container_mounted_at(e, c);
		char id[13];

		if (!path)
			continue;
		if (v->format)
			add_row(rows, c, path);
		else
			printf("%s  %s\n",
			       v->no_trunc ? c->record.id
					   : container_short_id(c->record.id, id),
			       path);
	}
	return r >= 0 && v->format ? format_print_json(rows, err) : r;
}

static int run_mount(const struct command_call *call, struct error *err)
{
	const struct mount_values *v = call->values;
	cleanup_engine struct engine e = ENGINE_INIT;
	const struct select_job job = {.options = &v->select, .act = mount_one};
	int r;

	if (v->format && !format_is_json(v->format))
		return error_set(err, ERR_INVALID, 0, "unknown --format argument: %s",
				 v->format);
	r = cubby_open(call, &e, err);
	if (r < 0)
		return r;
	if (!call->n_args && !v->select.all && !v->select.latest)
		return list(&e, v, err);
	return select_each(call, &e, &job, err);
}

static int unmount_one(const struct engine *e, const struct container *c,
		       const char *typed, void *data, struct error *err)
{
	const struct mount_values *v = data;
	cleanup_free char *path = container_mounted_at(e, c);
	int r;

	(void)typed;
	if (!path && v->select.all)
		return 0;
	r = container_unmount(e, c, v->force, err);
	if (r >= 0)
		printf("%s\n", c->record.id);
	return r;
}

static int run_unmount(const struct command_call *call, struct error *err)
{
	struct mount_values *v = call->values;
	cleanup_engine struct engine e = ENGINE_INIT;
	const struct select_job job = {
		.options = &v->select, .act = unmount_one, .data = v};
	int r = cubby_open(call, &e, err);

	return r < 0 ? r : select_each(call, &e, &job, err);
}

const struct command cmd_mount = {
	.name = "mount",
	.group = "Containers",
	.usage = "[options] [CONTAINER...]",
	.summary = "mount a container's files (without CONTAINER: list what is)",
	.description =
		"Prints where. They can be changed if the container does not run: unmount "
		"before it starts. Root's are mounted on the host; others' inside of "
		"'cubby unshare'.",
	.examples = "cubby unshare\n"
		    "cubby mount web\n"
		    "cubby mount",
	.options = mount_options,
	.values_size = sizeof(struct mount_values),
	.max_args = COMMAND_ANY,
	.run = run_mount,
};

static const char *const unmount_aliases[] = {"umount", NULL};

const struct command cmd_unmount = {
	.name = "unmount",
	.aliases = unmount_aliases,
	.group = "Containers",
	.usage = "[options] CONTAINER [CONTAINER...]",
	.summary = "undo mount",
	.examples = "cubby unmount web\n"
		    "cubby umount --all",
	.options = unmount_options,
	.values_size = sizeof(struct mount_values),
	.max_args = COMMAND_ANY,
	.run = run_unmount,
};
