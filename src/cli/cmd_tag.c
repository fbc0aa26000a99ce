/* SPDX-License-Identifier: Apache-2.0 */
/* tag and untag */
#include "cli/cubby.h"
#include "engine/image.h"
#include "util/mem.h"
#include "util/str.h"

static int run_tag(const struct command_call *call, struct error *err)
{
	cleanup_image_record struct image_record record = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = cubby_open(call, &e, err);

	if (r >= 0)
		r = image_find(&e, call->args[0], &record, NULL, err);
	/* all names first: either all are set or none */
	for (size_t i = 1; r >= 0 && i < call->n_args; i++) {
		cleanup_free char *name = NULL;

		r = image_canonical_name(call->args[i], &name, err);
	}
	for (size_t i = 1; r >= 0 && i < call->n_args; i++)
		r = image_tag(&e, record.id, call->args[i], err);
	return r < 0 ? r : 0;
}

/* The name of this image that was typed: as image_find() takes it. */
static int own_name(const struct engine *e, const struct image_record *r,
		    const char *typed, char **ret, struct error *err)
{
	cleanup_image_record struct image_record other = {0};
	cleanup_free char *name = NULL;
	int k = image_find(e, typed, &other, &name, err);

	if (k < 0)
		return error_wrap(err, "untag %s", typed);
	if (!name || !str_eq(other.id, r->id))
		return error_set(err, ERR_NOT_FOUND, 0, "%s: tag not known", typed);
	*ret = TAKE_PTR(name);
	return 0;
}

static int run_untag(const struct command_call *call, struct error *err)
{
	cleanup_image_record struct image_record record = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	cleanup_strv char **names = NULL;
	int r = cubby_open(call, &e, err);

	if (r >= 0)
		r = image_find(&e, call->args[0], &record, NULL, err);
	for (size_t i = 1; r >= 0 && i < call->n_args; i++) {
		char *name = NULL;

		r = own_name(&e, &record, call->args[i], &name, err);
		if (r >= 0)
			strv_add_take(&names, name);
	}
	if (r >= 0 && !names)
		r = image_untag(&e, &record, NULL, err);
	strv_foreach (name, names)
		if (r >= 0)
			r = image_untag(&e, &record, *name, err);
	return r < 0 ? r : 0;
}

const struct command cmd_tag = {
	.name = "tag",
	.group = "Images",
	.usage = "IMAGE NAME [NAME...]",
	.summary = "give an image more names",
	.examples = "cubby tag debian:12 debian:stable\n"
		    "cubby tag web localhost:5000/team/web:1.2",
	.min_args = 2,
	.max_args = COMMAND_ANY,
	.run = run_tag,
};

const struct command cmd_untag = {
	.name = "untag",
	.group = "Images",
	.usage = "IMAGE [NAME...]",
	.summary = "take names from an image (all, if none is said)",
	.examples = "cubby untag debian:12 debian:stable\n"
		    "cubby untag debian:12",
	.min_args = 1,
	.max_args = COMMAND_ANY,
	.run = run_untag,
};
