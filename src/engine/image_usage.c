/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `system df` says: counted now, by walking, so that the sums are what du says of layers/, blobs/
 * and the containers' writable layers. The directories layers/ and blobs/ themselves count for the sums
 * but are nobody's.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "engine/container.h"
#include "engine/container_dir.h"
#include "engine/disk_usage.h"
#include "engine/image.h"
#include "engine/image_document.h"
#include "engine/layer_dir.h"
#include "engine/usage_share.h"
#include "image/blobs.h"
#include "image/reference.h"
#include "store/build_record.h"
#include "store/image_record.h"
#include "util/digest.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

struct usage {
	const struct engine *engine;
	struct image_records images;
	struct containers containers;
	struct usage_image *shares; /* one an image */
	struct usage_item *items;
	size_t n_items, n_layers; /* items[0 .. n_layers-1] were below layers/ */
	int64_t *container_bytes; /* one a container */
	int64_t layers, blobs;    /* sums, as the rest */
	int64_t containers_all, containers_ended;
	int64_t reclaimable;
	int64_t cached; /* layers that only the build cache has; they count there */
};

static void usage_release(struct usage *u)
{
	for (size_t i = 0; u->shares && i < u->images.n; i++)
		strv_free(u->shares[i].keys);
	for (size_t i = 0; i < u->n_items; i++)
		free(u->items[i].key);
	free(u->shares);
	free(u->items);
	free(u->container_bytes);
	image_records_release(&u->images);
	containers_release(&u->containers);
}

/* Paths below the data directory of all that is in a directory there (strv). */
static int list_dir(const struct engine *e, const char *dir_path, char ***ret,
		    struct error *err)
{
	cleanup_free char *path = fs_join(e->paths.data, dir_path);
	cleanup_dir DIR *dir = opendir(path);
	struct dirent *entry;

	if (!dir && errno == ENOENT)
		return 0;
	if (!dir)
		return error_set(err, ERR_SYSTEM, errno, "list %s", path);
	while ((entry = readdir(dir)))
		if (!str_eq(entry->d_name, ".") && !str_eq(entry->d_name, ".."))
			strv_addf(ret, "%s/%s", dir_path, entry->d_name);
	return 0;
}

static int64_t own_bytes(const struct engine *e, const char *below)
{
	cleanup_free char *path = fs_join(e->paths.data, below);

	return disk_usage_own(AT_FDCWD, path);
}

static int list_items(struct usage *u, char ***ret_keys, struct error *err)
{
	static const char *const dirs[] = {"blobs/sha256", "blobs/sha512",
					   "blobs/partial"};
	int r = list_dir(u->engine, "layers", ret_keys, err);

	u->n_layers = strv_len(*ret_keys);
	u->layers = own_bytes(u->engine, "layers");
	u->blobs = own_bytes(u->engine, "blobs");
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(dirs); i++) {
		u->blobs += own_bytes(u->engine, dirs[i]);
		r = list_dir(u->engine, dirs[i], ret_keys, err);
	}
	return r;
}

/* All in one walk: items, then containers. */
static int measure(struct usage *u, char *const *keys, struct error *err)
{
	size_t n_keys = strv_len(keys), n = n_keys + u->containers.n;
	cleanup_free int64_t *sizes = xcalloc(n + 1, sizeof(*sizes));
	cleanup_strv char **paths = NULL;
	int r;

	strv_foreach (key, keys)
		strv_add_take(&paths, fs_join(u->engine->paths.data, *key));
	for (size_t i = 0; i < u->containers.n; i++)
		strv_add_take(&paths, container_data_path(
					      u->engine, u->containers.items[i].record.id,
					      "upper"));
	r = disk_usage(u->engine, paths, sizes, err);
	if (r < 0)
		return r;
	u->items = xcalloc(n_keys + 1, sizeof(*u->items));
	u->n_items = n_keys;
	for (size_t i = 0; keys && i < n_keys; i++) {
		u->items[i] =
			(struct usage_item){.key = xstrdup(keys[i]), .bytes = sizes[i]};
		*(i < u->n_layers ? &u->layers : &u->blobs) += sizes[i];
	}
	u->container_bytes = xcalloc(u->containers.n + 1, sizeof(*u->container_bytes));
	for (size_t i = 0; i < u->containers.n; i++) {
		u->container_bytes[i] = sizes[n_keys + i];
		u->containers_all += sizes[n_keys + i];
		if (!status_is_up(u->containers.items[i].status))
			u->containers_ended += sizes[n_keys + i];
	}
	return 0;
}

static size_t n_users(const struct usage *u, const struct image_record *image)
{
	size_t n = 0;

	for (size_t i = 0; i < u->containers.n; i++)
		n += str_eq(u->containers.items[i].record.image, image->id);
	return n;
}

static void add_key(char ***keys, char *key)
{
	if (strv_has(*keys, key))
		free(key);
	else
		strv_add_take(keys, key);
}

static void share(struct usage *u)
{
	u->shares = xcalloc(u->images.n + 1, sizeof(*u->shares));
	for (size_t i = 0; i < u->images.n; i++) {
		const struct image_record *image = &u->images.items[i];
		struct usage_image *s = &u->shares[i];

		s->in_use = n_users(u, image) > 0;
		strv_foreach (chain_id, image->layers)
			for (int single_id = 0; single_id < 2; single_id++) {
				cleanup_free char *name =
					layer_dir_name(*chain_id, single_id);

				add_key(&s->keys, fs_join("layers", name));
			}
		strv_foreach (digest, image->blobs) {
			cleanup_free char *path = digest_path(*digest);

			add_key(&s->keys, fs_join("blobs", path));
		}
	}
	u->reclaimable = usage_share(u->items, u->n_items, u->shares, u->images.n);
}

static const struct usage_item *item_of(const struct usage *u, const char *key)
{
	for (size_t i = 0; i < u->n_items; i++)
		if (str_eq(u->items[i].key, key))
			return &u->items[i];
	return NULL;
}

static int set_cache_apart(struct usage *u, struct error *err)
{
	cleanup_build_step_records struct build_step_records steps = {0};
	cleanup_strv char **seen = NULL;
	int r = build_step_list(u->engine->store, &steps, err);

	for (size_t i = 0; r >= 0 && i < steps.n; i++) {
		if (!steps.items[i].layer || steps.items[i].in_image ||
		    strv_has(seen, steps.items[i].layer))
			continue;
		strv_add(&seen, steps.items[i].layer);
		for (int single_id = 0; single_id < 2; single_id++) {
			cleanup_free char *name =
				layer_dir_name(steps.items[i].layer, single_id);
			cleanup_free char *key = fs_join("layers", name);
			const struct usage_item *item = item_of(u, key);

			u->cached += item ? item->bytes : 0;
		}
	}
	u->reclaimable -= u->cached;
	return r;
}

static void add_image_name(struct json_object *o, const struct image_record *image)
{
	cleanup_reference struct reference ref = {0};
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *repository = NULL;

	if (image->names && reference_parse(image->names[0], &ref, &err) >= 0)
		repository = reference_repository(&ref);
	error_release(&err);
	json_add_str(o, "Repository", repository ? repository : "<none>");
	json_add_str(o, "Tag", ref.tag ? ref.tag : "<none>");
}

static struct json_object *images_to_json(const struct usage *u)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < u->images.n; i++) {
		const struct image_record *image = &u->images.items[i];
		const struct usage_image *s = &u->shares[i];
		struct json_object *o = json_object_new_object();

		add_image_name(o, image);
		json_add_str(o, "ImageID", image->id);
		json_add_i64(o, "Created", image->created_usec / USEC_PER_SEC);
		json_add_i64(o, "Size", s->shared + s->unique);
		json_add_i64(o, "SharedSize", s->shared);
		json_add_i64(o, "UniqueSize", s->unique);
		json_add_u64(o, "Containers", n_users(u, image));
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *containers_to_json(const struct usage *u)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < u->containers.n; i++) {
		const struct container *c = &u->containers.items[i];
		struct json_object *o = json_object_new_object();

		json_add_str(o, "ContainerID", c->record.id);
		json_add_str(o, "Image", container_config_source(&c->config));
		json_add_strv(o, "Command", c->config.command);
		json_add_str(o, "Names", c->record.name);
		json_add_i64(o, "Size", u->container_bytes[i]);
		json_add_i64(o, "Created", c->record.created_usec / USEC_PER_SEC);
		json_add_str(o, "Status", status_word(c->status));
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *usage_to_json(const struct usage *u)
{
	struct json_object *o = json_object_new_object();

	json_add(o, "Images", images_to_json(u));
	json_add(o, "Containers", containers_to_json(u));
	json_add_i64(o, "ImagesSize", u->layers + u->blobs - u->cached);
	json_add_i64(o, "ImagesReclaimable", u->reclaimable);
	json_add_i64(o, "ContainersSize", u->containers_all);
	json_add_i64(o, "ContainersReclaimable", u->containers_ended);
	json_add_i64(o, "BlobsSize", u->blobs);
	json_add_i64(o, "LayersSize", u->layers);
	json_add_i64(o, "Total", u->layers + u->blobs + u->containers_all);
	return o;
}

int image_usage(const struct engine *e, struct json_object **ret, struct error *err)
{
	cleanup(usage_release) struct usage u = {.engine = e};
	cleanup_strv char **keys = NULL;
	int r = image_record_list(e->store, &u.images, err);

	if (r >= 0)
		r = container_list(e, &u.containers, err);
	if (r >= 0)
		r = list_items(&u, &keys, err);
	if (r >= 0)
		r = measure(&u, keys, err);
	if (r < 0)
		return r;
	share(&u);
	r = set_cache_apart(&u, err);
	if (r < 0)
		return r;
	*ret = usage_to_json(&u);
	return 0;
}
