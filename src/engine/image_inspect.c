/* SPDX-License-Identifier: Apache-2.0 */
/* An image as `inspect`, `history` and `tree` show it, with podman's members. */
#include <stdlib.h>
#include <string.h>

#include "engine/image.h"
#include "engine/image_document.h"
#include "engine/image_view.h"
#include "engine/layer_dir.h"
#include "image/blobs.h"
#include "image/reference.h"
#include "spec/image.h"
#include "spec/spec.h"
#include "store/image_record.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define NO_TIME "0001-01-01T00:00:00Z" /* Go's zero, which clients compare with */

static void add_text(struct json_object *o, const char *key, const char *value)
{
	json_add_str(o, key, value ? value : "");
}

static void add_time(struct json_object *o, const char *key, const char *created)
{
	json_add_str(o, key, created ? created : NO_TIME);
}

/* Members of a document as they stand there, without those that are null. Caller owns. */
static struct json_object *without_nulls(struct json_object *from)
{
	struct json_object *o = json_object_new_object();

	if (!json_object_is_type(from, json_type_object))
		return o;
	json_object_object_foreach (from, key, value)
		if (value)
			json_add(o, key, json_object_get(value));
	return o;
}

static struct json_object *pairs_to_json(const struct spec_key_value *pairs, size_t n)
{
	struct json_object *o = json_object_new_object();

	for (size_t i = 0; i < n; i++)
		json_add_str(o, pairs[i].key, pairs[i].value);
	return o;
}

char **image_repo_digests(const struct image_record *r)
{
	char **all = strv_copy(r->digests);

	strv_foreach (name, r->names) {
		cleanup_reference struct reference ref = {0};
		cleanup_error struct error err = ERROR_INIT;
		cleanup_free char *repository = NULL, *text = NULL;

		if (reference_parse(*name, &ref, &err) < 0) {
			error_drop(&err, "a name of another version's");
			continue;
		}
		repository = reference_repository(&ref);
		text = xasprintf("%s@%s", repository, r->manifest);
		if (!strv_has(all, text))
			strv_add(&all, text);
	}
	return all;
}

/* A manifest that is missing or damaged has no annotations; 'cubby system check' says more. */
static struct json_object *annotations(const struct engine *e,
				       const struct image_record *r)
{
	cleanup_image_manifest struct image_manifest *m = NULL;
	cleanup_error struct error err = ERROR_INIT;

	if (image_manifest_of(e, r, &m, &err) < 0) {
		error_drop(&err, "then it has no annotations");
		return json_object_new_object();
	}
	return pairs_to_json(m->annotations, m->n_annotations);
}

static struct json_object *graph_driver(const struct engine *e,
					const struct image_record *r)
{
	struct json_object *o = json_object_new_object(),
			   *data = json_object_new_object();
	cleanup_strv char **paths =
		image_layer_paths(e, r->layers, image_is_single(e, r));
	cleanup_free char *lower = paths && paths[1] ? strv_join(paths + 1, ":") : NULL;

	json_add_str(data, "LowerDir", lower);
	json_add_str(data, "UpperDir", paths ? paths[0] : NULL);
	json_add_str(o, "Name", "overlay");
	json_add(o, "Data", data);
	return o;
}

static struct json_object *rootfs(const struct image_config *c)
{
	struct json_object *o = json_object_new_object();

	json_add_str(o, "Type", c->rootfs.type ? c->rootfs.type : "layers");
	json_add_strv(o, "Layers", c->rootfs.diff_ids);
	return o;
}

static struct json_object *history_list(const struct image_config *c)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < c->n_history; i++) {
		const struct image_history *h = &c->history[i];
		struct json_object *o = json_object_new_object();

		json_add_str(o, "created", h->created);
		json_add_str(o, "created_by", h->created_by);
		json_add_str(o, "author", h->author);
		json_add_str(o, "comment", h->comment);
		if (h->empty_layer)
			json_add_bool(o, "empty_layer", true);
		json_object_array_add(list, o);
	}
	return list;
}

static const char *comment(const struct image_config *c)
{
	return c->n_history ? c->history[c->n_history - 1].comment : NULL;
}

static void add_identity(struct json_object *o, const struct image_record *r)
{
	cleanup_strv char **digests = image_repo_digests(r);

	json_add_str(o, "Id", r->id);
	json_add_str(o, "Digest", r->manifest);
	json_add_strv(o, "RepoTags", r->names);
	json_add_strv(o, "RepoDigests", digests);
	json_add_str(o, "Parent", "");
}

static void add_config(struct json_object *o, const struct image_config *c)
{
	struct json_object *run = json_get(c->document, "config");

	add_text(o, "Comment", comment(c));
	add_time(o, "Created", c->created);
	json_add(o, "Config", without_nulls(run));
	add_text(o, "Version", json_get_str(c->document, "docker_version"));
	add_text(o, "Author", c->author);
	add_text(o, "Architecture", c->architecture);
	json_add_str(o, "Variant", c->variant);
	add_text(o, "Os", c->os);
	if (json_get(run, "Healthcheck"))
		json_add(o, "Healthcheck", json_object_get(json_get(run, "Healthcheck")));
}

int image_inspect(const struct engine *e, const struct image_record *r,
		  struct json_object **ret, struct error *err)
{
	cleanup_image_config struct image_config *c = NULL;
	struct json_object *o;
	int k = image_config_of(r, &c, err);

	if (k < 0)
		return k;
	o = json_object_new_object();
	add_identity(o, r);
	add_config(o, c);
	json_add_i64(o, "Size", r->size);
	json_add_i64(o, "VirtualSize", r->size);
	json_add(o, "GraphDriver", graph_driver(e, r));
	json_add(o, "RootFS", rootfs(c));
	json_add(o, "Labels", pairs_to_json(c->config.labels, c->config.n_labels));
	json_add(o, "Annotations", annotations(e, r));
	json_add_str(o, "ManifestType", r->manifest_type);
	add_text(o, "User", c->config.user);
	json_add(o, "History", history_list(c));
	json_add_strv(o, "NamesHistory", r->names);
	*ret = o;
	return 0;
}

/* The layer's record in either mode. false: it is on record in none. */
static bool get_layer(const struct engine *e, const char *chain_id,
		      struct layer_record *ret)
{
	for (int single_id = 0; single_id < 2; single_id++) {
		cleanup_error struct error err = ERROR_INIT;

		if (layer_record_get(e->store, chain_id, single_id, ret, &err) >= 0)
			return true;
		error_drop(&err, "perhaps in the other mode");
	}
	return false;
}

/* The image whose topmost layer this is, other than r, or NULL. */
static const struct image_record *topped_by(const struct image_records *all,
					    const struct image_record *r,
					    const char *chain_id)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct image_record *other = &all->items[i];
		size_t n = strv_len(other->layers);

		if (n && !str_eq(other->id, r->id) &&
		    str_eq(other->layers[n - 1], chain_id))
			return other;
	}
	return NULL;
}

struct history_job {
	const struct engine *engine;
	const struct image_record *image;
	const struct image_config *config;
	struct image_records all;
};

/* entry: NULL for a layer that the config's history does not speak of; chain_id: NULL for an entry
 * without a layer. */
static struct json_object *history_entry(const struct history_job *job,
					 const struct image_history *entry,
					 const char *chain_id, bool newest)
{
	static const struct image_history none;
	const struct image_history *h = entry ? entry : &none;
	const struct image_record *at = newest ? job->image : NULL;
	struct json_object *o = json_object_new_object();
	cleanup_layer_record struct layer_record layer = {0};

	if (chain_id && !newest)
		at = topped_by(&job->all, job->image, chain_id);
	if (chain_id && !get_layer(job->engine, chain_id, &layer))
		layer.tar_size = 0;
	json_add_str(o, "id", at ? at->id : "<missing>");
	add_time(o, "created", h->created ? h->created : job->config->created);
	add_text(o, "createdBy", h->created_by);
	json_add_i64(o, "size", layer.tar_size);
	add_text(o, "comment", h->comment);
	json_add_strv(o, "tags", at ? at->names : NULL);
	json_add_bool(o, "emptyLayer", !chain_id);
	return o;
}

/* From the lowest up; the array is turned around by its reader below. */
static struct json_object *oldest_first(const struct history_job *job)
{
	struct json_object *list = json_object_new_array();
	const struct image_config *c = job->config;
	char *const *layer = job->image->layers;
	size_t n_left = strv_len(layer), i;

	for (i = 0; i < c->n_history; i++) {
		bool has_layer = !c->history[i].empty_layer && n_left > 0;
		bool newest = i + 1 == c->n_history && n_left == (size_t)has_layer;

		json_object_array_add(list,
				      history_entry(job, &c->history[i],
						    has_layer ? *layer : NULL, newest));
		if (has_layer) {
			layer++;
			n_left--;
		}
	}
	for (; n_left > 0; n_left--, layer++)
		json_object_array_add(list,
				      history_entry(job, NULL, *layer, n_left == 1));
	return list;
}

int image_history(const struct engine *e, const struct image_record *r,
		  struct json_object **ret, struct error *err)
{
	cleanup_image_config struct image_config *c = NULL;
	cleanup_image_records struct image_records all = {0};
	cleanup_json struct json_object *list = NULL;
	struct history_job job = {.engine = e, .image = r};
	int k = image_config_of(r, &c, err);

	if (k >= 0)
		k = image_record_list(e->store, &all, err);
	if (k < 0)
		return k;
	job.config = c;
	job.all = all;
	list = oldest_first(&job);
	*ret = json_object_new_array();
	for (size_t i = json_object_array_length(list); i > 0; i--)
		json_object_array_add(
			*ret, json_object_get(json_object_array_get_idx(list, i - 1)));
	return 0;
}

static char **users_of(const struct image_records *all, const char *chain_id)
{
	char **names = NULL;

	for (size_t i = 0; i < all->n; i++) {
		const struct image_record *image = &all->items[i];

		if (!strv_has(image->layers, chain_id))
			continue;
		if (!image->names)
			strv_add(&names, image->id);
		strv_foreach (name, image->names)
			strv_add(&names, *name);
	}
	return names;
}

static struct json_object *layer_entry(const struct engine *e, int blobs_fd,
				       const char *chain_id,
				       const struct image_records *all)
{
	struct json_object *o = json_object_new_object();
	cleanup_layer_record struct layer_record layer = {0};
	cleanup_strv char **users = users_of(all, chain_id);
	cleanup_free char *directory = NULL;

	json_add_str(o, "chainId", chain_id);
	if (get_layer(e, chain_id, &layer)) {
		directory = layer_dir_path(e, chain_id, layer.single_id);
		json_add_str(o, "diffId", layer.diff_id);
		json_add_str(o, "blob", layer.blob);
		if (blob_size(blobs_fd, layer.blob) >=
		    0) /* what was built here has none */
			json_add_i64(o, "blobSize", blob_size(blobs_fd, layer.blob));
		json_add_i64(o, "tarSize", layer.tar_size);
		json_add_i64(o, "diskSize", layer.disk_size);
		json_add_str(o, "directory", directory);
	}
	json_add_strv(o, "images", users);
	return o;
}

int image_layers(const struct engine *e, const struct image_record *r,
		 struct json_object **ret, struct error *err)
{
	cleanup_image_records struct image_records all = {0};
	cleanup_fd int blobs_fd = image_blobs_open(e, err);
	int k = blobs_fd < 0 ? blobs_fd : image_record_list(e->store, &all, err);

	if (k < 0)
		return k;
	*ret = json_object_new_array();
	strv_foreach (chain_id, r->layers)
		json_object_array_add(*ret, layer_entry(e, blobs_fd, *chain_id, &all));
	return 0;
}
