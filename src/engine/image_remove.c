/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removing images. The record goes first, in one transaction that refuses while a container is made
 * of it; then what it held, by engine/collect.h.
 */
#include <string.h>

#include "engine/collect.h"
#include "engine/container.h"
#include "engine/event.h"
#include "engine/image.h"
#include "engine/remove.h"
#include "store/image_record.h"
#include "util/str.h"

void image_removal_release(struct image_removal *r)
{
	strv_free(r->untagged);
	strv_free(r->deleted);
	*r = (struct image_removal){0};
}

static int several_names(const struct image_record *r, struct error *err)
{
	cleanup_free char *names = strv_join(r->names, ", ");

	error_set(err, ERR_CONFLICT, 0,
		  "unable to delete image \"%s\" by ID with more than one tag ([%s]): "
		  "please force removal",
		  r->id, names);
	return error_hint(err, "Give one of its names to remove just that, or --force");
}

/* Gone by itself is as good. */
static int remove_container(const struct engine *e, const char *id, struct error *err)
{
	const struct remove_options o = {.force = true, .timeout_sec = -1};
	cleanup_container struct container c = {0};
	int r = container_reload(e, id, &c, err);

	if (r >= 0)
		r = container_remove(e, &c, &o, err);
	if (r < 0 && err->kind == ERR_NOT_FOUND) {
		error_release(err);
		return 0;
	}
	return r;
}

static int remove_containers(const struct engine *e, const char *image_id,
			     struct error *err)
{
	cleanup_strv char **users = NULL;
	int r = image_record_users(e->store, image_id, &users, err);

	strv_foreach (id, users)
		if (r >= 0)
			r = remove_container(e, *id, err);
	return r;
}

static int unmount(const struct engine *e, const struct image_record *record, bool force,
		   struct error *err)
{
	if (force)
		return image_unmount(e, record, true, err);
	error_set(err, ERR_CONFLICT, 0, "image %.12s is mounted", record->id);
	return error_hint(err, "cubby image unmount %.12s, or --force", record->id);
}

static int remove_whole(const struct engine *e, const struct image_record *record,
			struct image_removal *removal, struct error *err)
{
	cleanup_error struct error tolerated = ERROR_INIT;
	struct collected collected = {0};
	int r = removal->force ? remove_containers(e, record->id, err) : 0;

	if (r >= 0 && image_is_mounted(e, record->id))
		r = unmount(e, record, removal->force, err);
	if (r >= 0)
		r = image_record_delete(e->store, record->id, err);
	if (r < 0)
		return r;
	strv_foreach (name, record->names) {
		strv_add(&removal->untagged, *name);
		event_image(e, EVENT_UNTAG, record->id, *name);
	}
	strv_add(&removal->deleted, record->id);
	event_image(e, EVENT_REMOVE, record->id, record->id);
	if (collect_image(e, record, &collected, &tolerated) < 0)
		error_drop(&tolerated, "'cubby image prune' takes what is left");
	return 0;
}

int image_remove(const struct engine *e, const struct image_record *r, const char *name,
		 struct image_removal *removal, struct error *err)
{
	size_t n = strv_len(r->names);
	int k;

	if (n > 1 && removal->by_id && !removal->force)
		return several_names(r, err);
	if (n <= 1 || !name || removal->by_id)
		return remove_whole(e, r, removal, err);
	k = image_untag(e, r, name, err);
	if (k >= 0)
		strv_add(&removal->untagged, name);
	return k;
}

/* 1 if it was removed, 0 if a container holds it. */
static int prune_one(const struct engine *e, const struct image_record *record,
		     struct error *err)
{
	cleanup_strv char **users = NULL;
	int r = image_record_users(e->store, record->id, &users, err);

	if (r < 0 || users || image_is_mounted(e, record->id))
		return r < 0 ? r : 0;
	r = image_record_delete(e->store, record->id, err);
	if (r == -EBUSY) {
		error_drop(err, "a container was made of it just now");
		return 0;
	}
	return r < 0 ? r : 1;
}

static int prune_images(const struct engine *e, const struct image_prune_options *o,
			char ***ret_deleted, struct error *err)
{
	cleanup_image_records struct image_records all = {0};
	int r = image_record_list(e->store, &all, err);

	for (size_t i = 0; r >= 0 && i < all.n; i++) {
		const struct image_record *record = &all.items[i];

		if (record->names && !o->all)
			continue;
		if (o->keep && o->keep(o->data, record))
			continue;
		r = prune_one(e, record, err);
		if (r <= 0)
			continue;
		strv_add(ret_deleted, record->id);
		event_image(e, EVENT_REMOVE, record->id, record->id);
	}
	return r;
}

int image_prune(const struct engine *e, const struct image_prune_options *o,
		char ***ret_deleted, int64_t *ret_freed, struct error *err)
{
	struct collected collected = {0};
	int r = prune_images(e, o, ret_deleted, err);

	if (r >= 0)
		r = collect_all(e, false, &collected, err);
	if (r < 0)
		return r;
	*ret_freed = collected.freed;
	return 0;
}
