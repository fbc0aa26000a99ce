/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. The transfer program is the one that speaks to the outside; what it says
 * about an image are names, digests and sizes, all checked again in transfer_image_parse(). It is
 * believed in one thing only, that a file in blobs/ has the content that its name says. An image is
 * recorded when all its layers are on record and all its blobs in place; before that nobody can
 * find it.
 */
#include "engine/image_fetch.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/blob_make.h"
#include "engine/collect.h"
#include "engine/event.h"
#include "engine/fetch_layers.h"
#include "engine/image.h"
#include "engine/image_document.h"
#include "engine/image_view.h"
#include "engine/layer_dir.h"
#include "engine/transfer_client.h"
#include "image/blobs.h"
#include "image/transport.h"
#include "spec/image.h"
#include "store/image_record.h"
#include "util/digest.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define TRIES 10 /* when an image with the same layers is removed meanwhile */

void image_fetched_release(struct image_fetched *f)
{
	strv_free(f->ids);
	strv_free(f->names);
	*f = (struct image_fetched){0};
}

struct fetch {
	const struct engine *engine;
	const struct image_fetch_options *options;
	struct user_ids ids;
	struct transfer_client client;
	struct transfer_image image; /* the one that is being fetched */
	struct fetch_layers layers;
	bool has_image;
	bool skipped; /* it is on record: nothing was fetched but its names */
	struct image_fetched *fetched;
};

static void end_image(struct fetch *f)
{
	fetch_layers_release(&f->layers);
	transfer_image_release(&f->image);
	f->has_image = f->skipped = false;
}

static void fetch_release(struct fetch *f)
{
	transfer_client_release(&f->client);
	end_image(f);
	user_ids_release(&f->ids);
}

struct presence {
	int layers_fd, blobs_fd;
};

static bool layer_present(void *data, const char *chain_id, bool single_id)
{
	return layer_dir_exists(((struct presence *)data)->layers_fd, chain_id,
				single_id);
}

static bool blob_present(void *data, const char *digest)
{
	return blob_size(((struct presence *)data)->blobs_fd, digest) >= 0;
}

static bool is_from_registry(const struct fetch *f)
{
	cleanup_transport struct transport t = {0};
	cleanup_error struct error err = ERROR_INIT;

	return transport_parse(f->options->fetch.source, &t, &err) < 0 ||
	       t.kind == TRANSPORT_REGISTRY;
}

/*
 * An archive's image that is on record with all that belongs to it: its layers may be compressed
 * otherwise there, but are the same. What comes from a registry is wanted by its own digests.
 */
static int is_here(struct fetch *f, struct error *err)
{
	cleanup_image_record struct image_record record = {0};
	struct presence presence = {f->layers.layers_fd, f->layers.blobs_fd};
	int r;

	if (is_from_registry(f))
		return 0;
	r = image_record_by_id(f->engine->store, digest_hex(f->image.config), &record,
			       err);
	if (r < 0 && err->kind == ERR_NOT_FOUND) {
		error_release(err);
		return 0;
	}
	if (r < 0)
		return r;
	strv_foreach (chain_id, record.layers)
		if (!layer_present(&presence, *chain_id, f->ids.single))
			return 0;
	strv_foreach (digest, record.blobs)
		if (!blob_present(&presence, *digest))
			return 0;
	return 1;
}

static int on_image(struct fetch *f, struct json_object *packet, struct error *err)
{
	cleanup_json struct json_object *answer = json_object_new_object();
	int r;

	if (f->has_image)
		return error_set(err, ERR_SYSTEM, EBADMSG,
				 "hear from the transfer program");
	r = transfer_image_parse(packet, &f->image, err);
	if (r < 0)
		return r;
	f->has_image = true;
	f->layers.progress = f->options->progress;
	/* what lies below a commit may have been built here */
	f->layers.may_spare = f->options->fetch.import_base != NULL;
	r = fetch_layers_begin(f->engine, &f->ids, &f->image, &f->layers, err);
	if (r >= 0 && f->options->accept)
		r = f->options->accept(f->options->accept_data, &f->image, err);
	if (r < 0)
		return r;
	r = is_here(f, err);
	if (r < 0)
		return r;
	f->skipped = r > 0;
	if (f->skipped)
		json_add_bool(answer, "skip", true);
	else
		fetch_layers_answer(&f->layers, answer);
	return transfer_say(f->client.control_fd, answer, NULL, 0, err);
}

static int on_blob(struct fetch *f, struct transfer_event *event, struct error *err)
{
	int64_t index;
	int r = json_to_i64(json_get(event->packet, "index"), "index", &index, err);

	if (r < 0 || !f->has_image)
		return r < 0 ? r
			     : error_set(err, ERR_SYSTEM, EBADMSG,
					 "hear from the transfer program");
	return fetch_layers_blob(&f->layers, index, TAKE_FD(event->fds[0]),
				 TAKE_FD(event->fds[1]), err);
}

/* Bytes of the image's files, as its layers were measured when they were unpacked. */
static int64_t image_size(const struct fetch *f)
{
	int64_t sum = 0;

	for (size_t i = 0; i < f->image.n_layers; i++) {
		cleanup_layer_record struct layer_record layer = {0};
		cleanup_error struct error err = ERROR_INIT;

		if (layer_record_get(f->engine->store, f->image.layers[i].chain_id,
				     f->ids.single, &layer, &err) >= 0)
			sum += layer.tar_size;
	}
	return sum;
}

static void add_blob(struct image_record *r, const char *digest)
{
	if (digest && !strv_has(r->blobs, digest))
		strv_add(&r->blobs, digest);
}

static int read_config(struct fetch *f, struct image_record *r, struct error *err)
{
	cleanup(image_config_freep) struct image_config *config = NULL;
	size_t len;
	int k = blob_read(f->layers.blobs_fd, f->image.config, IMAGE_CONFIG_MAX,
			  &r->config, &len, err);

	if (k >= 0)
		k = image_config_parse(r->config, len, &config, err);
	if (k < 0)
		return k;
	if (config->created)
		(void)!time_parse(config->created, &r->created_usec);
	return 0;
}

static int fill_record(struct fetch *f, struct image_record *r, struct error *err)
{
	struct image_users users = {0};
	cleanup_strv char **paths = NULL;
	int k;

	r->id = xstrdup(digest_hex(f->image.config));
	r->manifest = xstrdup(f->image.manifest);
	r->manifest_type = xstrdup(f->image.manifest_type);
	r->recorded_usec = time_now_usec();
	r->names = strv_copy(f->image.names);
	r->digests = strv_copy(f->image.digest_names);
	for (size_t i = 0; i < f->image.n_layers; i++) {
		strv_add(&r->layers, f->image.layers[i].chain_id);
		if (!fetch_layers_spares(&f->layers, i))
			add_blob(r, f->image.layers[i].digest);
	}
	add_blob(r, f->image.manifest);
	add_blob(r, f->image.index);
	add_blob(r, f->image.config);
	r->size = image_size(f);
	k = read_config(f, r, err);
	if (k < 0)
		return k;
	paths = image_layer_paths(f->engine, r->layers, f->ids.single);
	k = image_view_users_here(paths, &users);
	if (k == 0) /* a mount tells, which takes a process */
		k = image_view_users(&f->ids, paths, &users, err);
	r->passwd = users.passwd;
	r->group = users.group;
	return k;
}

static int only_names(struct fetch *f, struct error *err)
{
	const char *id = digest_hex(f->image.config);

	strv_add(&f->fetched->ids, id);
	strv_foreach (name, f->image.names) {
		int r = image_record_add_name(f->engine->store, id, *name, err);

		if (r < 0)
			return r;
		strv_add(&f->fetched->names, *name);
	}
	end_image(f);
	return 0;
}

static int record_image(struct fetch *f, struct error *err)
{
	cleanup_image_record struct image_record record = {0};
	struct presence presence = {f->layers.layers_fd, f->layers.blobs_fd};
	const struct image_presence p = {
		.layer = layer_present, .blob = blob_present, .data = &presence};
	int r;

	if (f->skipped)
		return only_names(f, err);
	r = fetch_layers_finish(&f->layers, err);
	if (r >= 0 && f->options->confirm)
		r = f->options->confirm(f->options->confirm_data, err);
	if (r >= 0)
		r = fill_record(f, &record, err);
	if (r >= 0)
		r = image_record_insert(f->engine->store, &record, f->ids.single, &p,
					err);
	if (r < 0)
		return r;
	strv_add(&f->fetched->ids, record.id);
	strv_foreach (name, record.names)
		strv_add(&f->fetched->names, *name);
	end_image(f);
	return 0;
}

/* All of it was there: what is missing now was removed meanwhile. */
static int on_image_end(struct fetch *f, struct error *err)
{
	int r;

	if (!f->has_image)
		return error_set(err, ERR_SYSTEM, EBADMSG,
				 "hear from the transfer program");
	r = record_image(f, err);
	return r < 0 && err->kind == ERR_NOT_FOUND ? -EAGAIN : r;
}

static int on_event(struct fetch *f, struct transfer_event *event, struct error *err)
{
	if (str_eq(event->name, "image"))
		return on_image(f, event->packet, err);
	if (str_eq(event->name, "blob"))
		return on_blob(f, event, err);
	if (str_eq(event->name, "image_end"))
		return on_image_end(f, err);
	if (str_eq(event->name, "progress"))
		image_progress_show(f->options->progress, event->packet);
	else if (str_eq(event->name, "note"))
		image_progress_note(f->options->progress, event->packet);
	else if (str_eq(event->name, "result"))
		f->fetched->unchanged = json_get(event->packet, "unchanged") != NULL;
	return 0;
}

/* Return: 1 to go on, 0 at the end. */
static int one_round(struct fetch *f, struct error *err)
{
	cleanup_free struct pollfd *fds = xcalloc(f->layers.n + 1, sizeof(*fds));
	cleanup_transfer_event struct transfer_event event = TRANSFER_EVENT_INIT;
	size_t n = fetch_layers_poll(&f->layers, fds + 1);
	int r;

	fds[0] = (struct pollfd){.fd = f->client.control_fd, .events = POLLIN};
	if (poll(fds, n + 1, -1) < 0)
		return errno == EINTR ? 1 : error_set(err, ERR_SYSTEM, errno, "wait");
	r = fetch_layers_heard(&f->layers, fds + 1, n, err);
	if (r < 0 || !fds[0].revents)
		return r < 0 ? r : 1;
	r = transfer_client_hear(&f->client, &event, err);
	if (r <= 0)
		return r;
	r = on_event(f, &event, err);
	return r < 0 ? r : 1;
}

static int input_fd(const struct image_fetch_options *o)
{
	if (!o->fetch.input_is_stdin)
		return -EBADF;
	return o->confirm ? o->input_fd : STDIN_FILENO;
}

static int run(struct fetch *f, struct error *err)
{
	cleanup_json struct json_object *request =
		transfer_fetch_to_json(&f->options->fetch);
	const struct transfer_call call = {
		.operation = "fetch",
		.request = request,
		.stdin_fd = input_fd(f->options),
		.stdout_fd = -EBADF,
	};
	int r = transfer_client_start(f->engine, &call, &f->client, err);

	if (r < 0)
		return r;
	do
		r = one_round(f, err);
	while (r > 0);
	return r;
}

/* All that there is to know of its layers stands in the manifest and the config. */
static int fill_layers(const struct engine *e, const struct image_record *r,
		       struct transfer_image *image, struct error *err)
{
	cleanup_image_manifest struct image_manifest *m = NULL;
	cleanup_image_config struct image_config *c = NULL;
	size_t n = strv_len(r->layers);
	int k = image_manifest_of(e, r, &m, err);

	if (k >= 0)
		k = image_config_of(r, &c, err);
	if (k < 0)
		return k;
	if (m->n_layers != n || strv_len(c->rootfs.diff_ids) != n)
		return error_set(err, ERR_INVALID, 0,
				 "its manifest has %zu layers, its record %zu",
				 m->n_layers, n);
	image->layers = xcalloc(n + 1, sizeof(*image->layers));
	for (size_t i = 0; i < n; i++)
		image->layers[image->n_layers++] = (struct transfer_layer){
			.digest = xstrdup(m->layers[i].digest),
			.diff_id = xstrdup(c->rootfs.diff_ids[i]),
			.chain_id = xstrdup(r->layers[i]),
		};
	return 0;
}

static int blob_sizes(struct fetch_layers *f, struct transfer_image *image,
		      struct error *err)
{
	for (size_t i = 0; i < image->n_layers; i++) {
		image->layers[i].size = blob_size(f->blobs_fd, image->layers[i].digest);
		if (image->layers[i].size < 0)
			return error_set(err, ERR_NOT_FOUND, 0,
					 "the blob %s of layer %zu is missing",
					 image->layers[i].digest, i);
	}
	return 0;
}

int image_unpack(const struct engine *e, const struct image_record *record,
		 const struct image_fetch_options *o, struct error *err)
{
	cleanup_transfer_image struct transfer_image image = {0};
	cleanup_fetch_layers struct fetch_layers layers = FETCH_LAYERS_INIT;
	cleanup_user_ids struct user_ids ids = {0};
	cleanup_made_blobs struct made_blobs made = MADE_BLOBS_INIT;
	int r = user_ids_get(e, o->single_id, &ids, err);

	layers.progress = o->progress;
	if (r >= 0)
		r = blobs_make(e, record, &made, err);
	if (r >= 0)
		r = fill_layers(e, record, &image, err);
	if (r >= 0)
		r = fetch_layers_begin(e, &ids, &image, &layers, err);
	if (r >= 0)
		r = blob_sizes(&layers, &image, err);
	if (r >= 0)
		r = fetch_layers_finish(&layers, err);
	if (r < 0)
		return error_wrap(err, "unpack the image %.12s", record->id);
	return 0;
}

/* Something of the image that was there is no more: it was another image's, and that was removed. */
static bool has_vanished(const struct fetch *f)
{
	return f->has_image && (fetch_layers_vanished(&f->layers) ||
				blob_size(f->layers.blobs_fd, f->image.manifest) < 0 ||
				blob_size(f->layers.blobs_fd, f->image.config) < 0);
}

static int fetch_once(const struct engine *e, const struct image_fetch_options *o,
		      struct image_fetched *ret, struct error *err)
{
	cleanup_image_fetched struct image_fetched fetched = {0};
	cleanup(fetch_release) struct fetch f = {
		.engine = e,
		.options = o,
		.client = TRANSFER_CLIENT_INIT,
		.layers = FETCH_LAYERS_INIT,
		.fetched = &fetched,
	};
	int r = user_ids_get(e, o->single_id, &f.ids, err);

	if (r >= 0)
		r = run(&f, err);
	if (r < 0 && !o->accept && has_vanished(&f))
		return -EAGAIN;
	if (r < 0)
		return r;
	*ret = fetched;
	fetched = (struct image_fetched){0};
	return 0;
}

/* What was fetched stays for the next try, but not where there is no room for anything. */
static void give_back(const struct engine *e)
{
	cleanup_error struct error tolerated = ERROR_INIT;
	struct collected collected = {0};

	if (collect_all(e, false, &collected, &tolerated) < 0)
		error_drop(&tolerated, "'cubby image prune' gives it back");
}

static enum event_status event_of_source(const char *source)
{
	cleanup_transport struct transport t = {0};
	cleanup_error struct error err = ERROR_INIT;

	if (transport_parse(source, &t, &err) < 0 || t.kind == TRANSPORT_REGISTRY)
		return EVENT_PULL;
	return t.kind == TRANSPORT_TARBALL ? EVENT_IMPORT : EVENT_LOAD;
}

static void tell(const struct engine *e, const char *source,
		 const struct image_fetched *fetched)
{
	strv_foreach (id, fetched->ids)
		event_image(e, event_of_source(source), *id, source);
}

int image_fetch(const struct engine *e, const struct image_fetch_options *o,
		struct image_fetched *ret, struct error *err)
{
	cleanup_error struct error tolerated = ERROR_INIT;
	cleanup_fd int lock_fd = collect_fetch_lock(e, err);
	int r = lock_fd;

	if (r < 0)
		return r;
	if (layers_sweep(e, NULL, &tolerated) < 0)
		error_drop(&tolerated, "the next command sweeps again");
	for (int i = 0; i < TRIES; i++) {
		r = fetch_once(e, o, ret, err);
		/* what is left of stdin is nothing */
		if (r != -EAGAIN || o->fetch.input_is_stdin || i == TRIES - 1)
			break;
		error_drop(err, "fetch again what was removed just now");
	}
	if (r == -EAGAIN)
		(void)error_hint(err, "Another cubby removed it just now: try again");
	fd_cleanup_(&lock_fd);
	if (r >= 0 && !o->confirm)
		tell(e, o->fetch.source, ret);
	if (r < 0 && (err->code == ENOSPC || err->code == EDQUOT))
		give_back(e);
	return r;
}
