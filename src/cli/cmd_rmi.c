/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/cubby.h"
#include "cli/image_args.h"
#include "engine/image.h"
#include "util/str.h"

#define STATUS_MISSING 1 /* podman's: none failed but those that do not exist */
#define STATUS_IN_USE  2 /* podman's: a container or another image needs it */

struct rmi_values {
	bool all, force, ignore, no_prune;
};

static const struct option_spec options[] = {
	OPT_BOOL(struct rmi_values, all, "all", 'a', "remove all images"),
	OPT_BOOL(struct rmi_values, force, "force", 'f',
		 "remove containers of it too, and all its names"),
	OPT_BOOL(struct rmi_values, ignore, "ignore", 'i',
		 "no error if an image does not exist"),
	OPT_NOT_YET("no-prune", 0),
	OPT_NOT_YET("platform", 0),
	OPT_END,
};

static int remove_one(const struct engine *e, const struct image_record *r,
		      const char *typed, const char *name, void *data, struct error *err)
{
	const struct rmi_values *v = data;
	struct image_removal removal = {.force = v->force, .by_id = !name};
	int k;

	(void)typed;
	k = image_remove(e, r, name, &removal, err);
	strv_foreach (untagged, removal.untagged)
		printf("Untagged: %s\n", *untagged);
	strv_foreach (deleted, removal.deleted)
		printf("Deleted: %s\n", *deleted);
	image_removal_release(&removal);
	return k;
}

/* Those that a container needs stay, unless --force was given. */
static int remove_all(const struct engine *e, struct rmi_values *v, struct error *err)
{
	cleanup_image_records struct image_records all = {0};
	int r = image_record_list(e->store, &all, err);

	for (size_t i = 0; r >= 0 && i < all.n; i++) {
		cleanup_error struct error failure = ERROR_INIT;
		struct rmi_values forced = *v;
		cleanup_strv char **users = NULL;

		/* every name goes, but no container unless that was asked for */
		r = image_record_users(e->store, all.items[i].id, &users, err);
		if (r < 0)
			break;
		forced.force = v->force || !users;
		if (remove_one(e, &all.items[i], all.items[i].id, NULL, &forced,
			       &failure) >= 0)
			continue;
		if (error_is_set(err))
			cli_print_error(stderr, err);
		error_move(err, &failure);
	}
	if (!error_is_set(err))
		return 0;
	if (err->kind != ERR_CONFLICT)
		return err->code ? -err->code : -EINVAL;
	cli_print_error(stderr, err);
	return STATUS_IN_USE;
}

static int run(const struct command_call *call, struct error *err)
{
	struct rmi_values *v = call->values;
	cleanup_engine struct engine e = ENGINE_INIT;
	const struct image_job job = {
		.act = remove_one,
		.data = v,
		.ignore = v->ignore || v->force,
		.missing_status = STATUS_MISSING,
		.conflict_status = STATUS_IN_USE,
	};
	int r;

	if (v->all && call->n_args)
		return error_set(
			err, ERR_INVALID, 0,
			"when using the --all switch, you may not pass any images names or IDs");
	if (!v->all && !call->n_args) {
		error_set(err, ERR_INVALID, 0, "image name or ID must be specified");
		return error_hint(err, "'cubby images' lists them");
	}
	r = cubby_open(call, &e, err);
	if (r < 0)
		return r;
	return v->all ? remove_all(&e, v, err) : image_args_each(call, &e, &job, err);
}

#define RMI(command_name, command_aliases)                                                                 \
	{                                                                                                  \
		.name = (command_name), .common = true, .aliases = (command_aliases),                      \
		.group = "Images", .usage = "[options] IMAGE [IMAGE...]",                                  \
		.summary = "remove images",                                                                \
		.description =                                                                             \
			"An image with several names loses the one that is said, and goes with the last.", \
		.examples = "cubby rmi debian:12\n"                                                        \
			    "cubby rmi -f 3f2a\n"                                                          \
			    "cubby rmi --all",                                                             \
		.options = options, .values_size = sizeof(struct rmi_values),                              \
		.max_args = COMMAND_ANY, .run = run,                                                       \
	}

static const char *const aliases[] = {"remove", NULL};

const struct command cmd_rmi = RMI("rmi", NULL);
const struct command cmd_image_rm = RMI("rm", aliases);
