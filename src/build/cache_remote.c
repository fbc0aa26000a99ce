/* SPDX-License-Identifier: Apache-2.0 */
#include "build/cache_remote.h"

#include <stdlib.h>
#include <string.h>

#include "engine/collect.h"
#include "engine/image.h"
#include "engine/image_document.h"
#include "engine/image_fetch.h"
#include "engine/image_send.h"
#include "engine/image_write.h"
#include "image/blobs.h"
#include "spec/image.h"
#include "spec/media_type.h"
#include "spec/spec.h"
#include "store/image_record.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define FIND_RETRY 1

static void places_release(struct cache_place *places, size_t n)
{
	for (size_t i = 0; i < n; i++)
		cache_place_release(&places[i]);
	free(places);
}

void cache_remote_release(struct cache_remote *r)
{
	places_release(r->from, r->n_from);
	places_release(r->to, r->n_to);
	*r = (struct cache_remote){0};
}

static int parse_places(char *const *texts, struct cache_place **ret, size_t *ret_n,
			struct error *err)
{
	int r = 0;

	*ret = xcalloc(strv_len(texts) + 1, sizeof(**ret));
	for (char *const *text = texts; r >= 0 && text && *text; text++) {
		r = cache_place_parse(*text, &(*ret)[*ret_n], err);
		*ret_n += r >= 0;
	}
	return r;
}

int cache_remote_open(struct cache_remote *r, struct error *err)
{
	int k = parse_places(r->options->cache_from, &r->from, &r->n_from, err);

	return k < 0 ? k : parse_places(r->options->cache_to, &r->to, &r->n_to, err);
}

static void tell(const struct cache_remote *r, const struct cache_place *place,
		 struct error *err)
{
	cleanup_free char *message = error_message(err);
	cleanup_free char *sentence =
		xasprintf("build cache %s: %s", place->repository, message);

	log_debug("%s", sentence);
	if (r->note)
		r->note(r->data, sentence);
	error_release(err);
}

/* The image was only a vehicle. */
static void drop_image(const struct cache_remote *r, const char *id)
{
	cleanup_image_record struct image_record record = {0};
	cleanup_error struct error err = ERROR_INIT;
	struct collected collected = {0};

	if (image_record_by_id(r->engine->store, id, &record, &err) < 0 ||
	    image_record_delete(r->engine->store, id, &err) < 0 ||
	    collect_image(r->engine, &record, &collected, &err) < 0)
		error_drop(&err, "'cubby image prune' takes what is left of it");
}

/* One image at one place, while it is looked at. */
struct candidate {
	const struct cache_remote *remote;
	const struct build_state *before;
	const char *key, *name;
	char *layer; /* owned: chain id of what the step made; NULL: nothing */
	bool refused;
};

static int refuse(struct candidate *c, struct error *err)
{
	c->refused = true;
	return error_set(err, ERR_INVALID, 0, "%s is not what this step made", c->name);
}

static bool has_key(const struct candidate *c, const char *manifest_digest,
		    struct error *err)
{
	cleanup_image_manifest struct image_manifest *m = NULL;
	cleanup_fd int blobs_fd = image_blobs_open(c->remote->engine, err);
	cleanup_free char *text = NULL;
	size_t len;

	return blobs_fd >= 0 &&
	       blob_read(blobs_fd, manifest_digest, IMAGE_MANIFEST_MAX, &text, &len,
			 err) >= 0 &&
	       image_manifest_parse(text, len, &m, err) >= 0 &&
	       str_eq(image_annotation(m->annotations, m->n_annotations,
				       CACHE_KEY_ANNOTATION),
		      c->key);
}

/* Documents that no image will hold. */
static void drop_documents(const struct candidate *c, const struct transfer_image *image)
{
	cleanup_strv char **blobs = NULL;
	cleanup_error struct error err = ERROR_INIT;
	const struct image_record record = {0};
	struct image_record gone = record;
	struct collected collected = {0};

	strv_add(&blobs, image->manifest);
	strv_add(&blobs, image->config);
	if (image->index)
		strv_add(&blobs, image->index);
	gone.blobs = blobs;
	if (collect_image(c->remote->engine, &gone, &collected, &err) < 0)
		error_drop(&err, "'cubby image prune' takes them");
}

/* Its layers are those that are here, and at most one more. */
static int accept_image(void *data, const struct transfer_image *image, struct error *err)
{
	struct candidate *c = data;
	cleanup_error struct error why = ERROR_INIT;
	size_t n = strv_len(c->before->layers);
	bool fits = image->n_layers == n || image->n_layers == n + 1;

	for (size_t i = 0; fits && i < n; i++)
		fits = str_eq(image->layers[i].chain_id, c->before->layers[i]);
	if (fits && has_key(c, image->manifest, &why)) {
		free(c->layer);
		c->layer =
			image->n_layers > n ? xstrdup(image->layers[n].chain_id) : NULL;
		return 0;
	}
	error_drop(&why, "then it is another image");
	drop_documents(c, image);
	return refuse(c, err);
}

static char *name_at(const struct cache_place *place, const char *key)
{
	return xasprintf("%s:%s%s", place->repository, place->prefix, key);
}

static int fetch(struct candidate *c, struct image_fetched *ret, struct error *err)
{
	const struct cache_remote *r = c->remote;
	cleanup_free char *source = xasprintf("docker://%s", c->name);
	struct transfer_registry_options registry = r->options->fetch.registry;
	struct image_fetch_options o = {
		.single_id = r->single_id, .accept = accept_image, .accept_data = c};

	/* the step can be made as well: nobody waits long for a registry that is away */
	if (registry.retry < 0)
		registry.retry = FIND_RETRY;
	o.fetch = (struct transfer_fetch){.source = source, .registry = registry};
	return image_fetch(r->engine, &o, ret, err);
}

/* When it was made is what its config says: so the same image comes out here. */
static int describe(struct candidate *c, const char *id, struct build_step_record *step,
		    struct error *err)
{
	cleanup_image_record struct image_record image = {0};
	cleanup_image_config struct image_config *config = NULL;
	cleanup_layer_record struct layer_record layer = {0};
	struct store *s = c->remote->engine->store;
	size_t n = strv_len(c->before->layers);
	int r = image_record_by_id(s, id, &image, err);

	if (r >= 0)
		r = image_config_of(&image, &config, err);
	if (r >= 0 && c->layer)
		r = layer_record_get(s, c->layer, c->remote->single_id, &layer, err);
	if (r < 0)
		return r;
	step->key = xstrdup(c->key);
	step->parent = n ? xstrdup(c->before->layers[n - 1]) : NULL;
	step->layer = TAKE_PTR(c->layer);
	step->diff_id = TAKE_PTR(layer.diff_id);
	step->tar_size = layer.tar_size;
	step->disk_size = layer.disk_size;
	step->created_usec = step->used_usec = time_now_usec();
	if (config->created)
		(void)!time_parse(config->created, &step->created_usec);
	if (config->n_history)
		step->text = xstrdup(config->history[config->n_history - 1].created_by);
	return 0;
}

static bool is_too_old(const struct cache_remote *r, const struct build_step_record *step)
{
	int64_t ttl = r->options->cache_ttl_usec;

	return ttl >= 0 && step->created_usec < time_now_usec() - ttl;
}

static int take_over(struct candidate *c, const char *id, struct build_step_record *ret,
		     struct error *err)
{
	cleanup_build_step_record struct build_step_record step = {0};
	int r = describe(c, id, &step, err);

	if (r < 0 || is_too_old(c->remote, &step))
		return r < 0 ? r : 0;
	r = build_step_put(c->remote->engine->store, &step, err);
	if (r < 0)
		return r;
	*ret = step;
	step = (struct build_step_record){0};
	return 1;
}

static int find_at(struct cache_remote *r, struct cache_place *place, const char *key,
		   const struct build_state *before, struct build_step_record *ret)
{
	cleanup_free char *name = name_at(place, key);
	struct candidate c = {.remote = r, .before = before, .key = key, .name = name};
	cleanup_image_fetched struct image_fetched fetched = {0};
	cleanup_error struct error err = ERROR_INIT;
	int k = fetch(&c, &fetched, &err);

	if (k >= 0)
		k = fetched.ids ? take_over(&c, fetched.ids[0], ret, &err) : 0;
	if (fetched.ids)
		drop_image(r, fetched.ids[0]);
	free(c.layer);
	if (k >= 0)
		return k;
	if (err.kind == ERR_NOT_FOUND) {
		error_release(&err);
		return 0;
	}
	place->off = !c.refused;
	tell(r, place, &err);
	return 0;
}

int cache_remote_find(struct cache_remote *r, const char *key,
		      const struct build_state *before, struct build_step_record *ret,
		      struct error *err)
{
	int k = 0;

	(void)err;
	for (size_t i = 0; k == 0 && i < r->n_from; i++)
		if (!r->from[i].off)
			k = find_at(r, &r->from[i], key, before, ret);
	return k;
}

static void add_history(struct image_config *config, const struct build_step_record *step)
{
	char created[TIME_TEXT_MAX];

	time_rfc3339(step->created_usec, created);
	free(config->created);
	config->created = xstrdup(created);
	*SPEC_APPEND(&config->history, &config->n_history) = (struct image_history){
		.created = xstrdup(created),
		.created_by = xstrdup(step->text),
		/* so it is no image that somebody may have otherwise */
		.comment = xasprintf("build cache %s", step->key),
		.empty_layer = !step->layer,
	};
}

static void add_layer(struct build_state *state, const struct build_step_record *step)
{
	strv_add(&state->config->rootfs.diff_ids, step->diff_id);
	strv_add(&state->layers, step->layer);
	strv_add(&state->blobs, step->diff_id);
	strv_add(&state->blob_types, MEDIA_TYPE_OCI_LAYER);
	strv_addf(&state->blob_sizes, "%lld", (long long)step->tar_size);
}

static int write_image(const struct cache_remote *r, const struct build_step_record *step,
		       const struct build_state *before, char **ret_id, struct error *err)
{
	const struct spec_key_value annotation = {.key = (char *)CACHE_KEY_ANNOTATION,
						  .value = step->key};
	cleanup_build_state struct build_state state = {0};
	struct image_write w = {
		.annotations = &annotation, .n_annotations = 1, .is_silent = true};

	build_state_copy(before, &state);
	if (!state.config)
		return error_set(err, ERR_SYSTEM, 0, "write an image: it has no config");
	add_history(state.config, step);
	if (step->layer)
		add_layer(&state, step);
	w.config = state.config;
	w.layers = state.layers;
	w.blobs = state.blobs;
	w.blob_types = state.blob_types;
	w.blob_sizes = state.blob_sizes;
	return image_write(r->engine, &w, ret_id, err);
}

static int send_to(const struct cache_remote *r, struct cache_place *place,
		   const char *key, const struct image_record *record, struct error *err)
{
	cleanup_free char *name = name_at(place, key);
	cleanup_free char *target = xasprintf("docker://%s", name);
	char *names[] = {name, NULL};
	const struct image_to_send image = {.image = record, .names = names};
	const struct image_send_options o = {
		.send = {.target = target,
			 .compression_level = -1,
			 .registry = r->options->fetch.registry},
		.images = &image,
		.n_images = 1,
	};
	int k = image_send(r->engine, &o, NULL, err);

	if (k >= 0 || !place->ignore_error)
		return k < 0 ? error_wrap(err, "send the step to the build cache %s",
					  place->repository)
			     : 0;
	place->off = true;
	tell(r, place, err);
	return 0;
}

int cache_remote_put(struct cache_remote *r, const struct build_step_record *step,
		     const struct build_state *before, struct error *err)
{
	cleanup_image_record struct image_record record = {0};
	cleanup_free char *id = NULL;
	int k;

	if (r->n_to == 0)
		return 0;
	k = write_image(r, step, before, &id, err);
	if (k >= 0)
		k = image_record_by_id(r->engine->store, id, &record, err);
	for (size_t i = 0; k >= 0 && i < r->n_to; i++)
		if (!r->to[i].off)
			k = send_to(r, &r->to[i], step->key, &record, err);
	if (id)
		drop_image(r, id);
	return k;
}
