/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "image/blobs.h"
#include "image/platform.h"
#include "transfer/control.h"
#include "transfer/fetch.h"
#include "transfer/transfer.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

void fetch_release(struct fetch *f)
{
	image_source_close(f->source);
	transfer_fetch_release(&f->request);
	transport_release(&f->transport);
	image_platform_release(&f->wanted);
	if (f->blobs_fd >= 0)
		close(f->blobs_fd);
	f->source = NULL;
	f->blobs_fd = -EBADF;
}

void fetch_resolved_release(struct fetch_resolved *r)
{
	transfer_image_release(&r->image);
	image_manifest_free(r->manifest);
	*r = (struct fetch_resolved){0};
}

static char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

/* What was asked for; what was not said is this host's. A variant means one of the architecture that
 * it was named with. */
static void choose_platform(struct fetch *f)
{
	const struct transfer_platform *asked = &f->request.platform;

	platform_host(&f->wanted);
	f->platform_given = asked->os || asked->architecture || asked->variant;
	if (asked->os) {
		free(f->wanted.os);
		f->wanted.os = copy(asked->os);
	}
	if (asked->architecture || asked->variant) {
		free(f->wanted.variant);
		f->wanted.variant = copy(asked->variant);
	}
	if (asked->architecture) {
		free(f->wanted.architecture);
		f->wanted.architecture = copy(asked->architecture);
	}
}

static int say_event(const char *event, struct error *err)
{
	cleanup_json struct json_object *o = json_object_new_object();

	json_add_str(o, "event", event);
	return control_say(o, err);
}

static int say_unchanged(struct error *err)
{
	cleanup_json struct json_object *o = json_object_new_object();

	json_add_str(o, "event", "result");
	json_add_bool(o, "unchanged", true);
	return control_say(o, err);
}

/* An array with a flag a layer. */
static int read_flags(struct json_object *answer, const char *key, size_t n_layers,
		      bool *flags, struct error *err)
{
	struct json_object *list = json_get(answer, key);
	cleanup_free char *what = xasprintf("answer.%s[]", key);
	int r = 0;

	if (!json_object_is_type(list, json_type_array) ||
	    json_object_array_length(list) != n_layers)
		return error_set(err, ERR_INVALID, 0,
				 "answer.%s: expected an array of %zu flags", key,
				 n_layers);
	for (size_t i = 0; i < n_layers && r == 0; i++)
		r = json_to_bool(json_object_array_get_idx(list, i), what, &flags[i],
				 err);
	return r;
}

/* The engine's answer to "image": a wish a layer (caller frees), NULL if it has the image. */
static int hear_answer(size_t n_layers, struct fetch_wish **ret, struct error *err)
{
	cleanup_json struct json_object *answer = NULL;
	cleanup_free struct fetch_wish *wishes = xcalloc(n_layers + 1, sizeof(*wishes));
	cleanup_free bool *unpack = xcalloc(n_layers + 1, sizeof(*unpack));
	cleanup_free bool *spare = xcalloc(n_layers + 1, sizeof(*spare));

	int r = control_hear(&answer, err);
	if (r < 0)
		return r;
	if (json_get(answer, "skip"))
		return 0;
	r = read_flags(answer, "unpack", n_layers, unpack, err);
	if (r == 0 && json_get(answer, "spare"))
		r = read_flags(answer, "spare", n_layers, spare, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n_layers; i++)
		wishes[i] = (struct fetch_wish){unpack[i], spare[i]};
	*ret = TAKE_PTR(wishes);
	return 0;
}

/* *ret_unchanged: it was request.known_digest, and nothing was fetched. */
static int fetch_image(struct fetch *f, const struct source_image *item,
		       bool *ret_unchanged, struct error *err)
{
	cleanup_fetch_resolved struct fetch_resolved image = {0};
	cleanup_free struct fetch_wish *wishes = NULL;

	int r = fetch_resolve(f, item, &image, err);
	if (r < 0)
		return r;
	*ret_unchanged = image.unchanged;
	if (image.unchanged)
		return say_unchanged(err);
	cleanup_json struct json_object *event = transfer_image_to_json(&image.image);
	r = control_say(event, err);
	if (r == 0)
		r = hear_answer(image.image.n_layers, &wishes, err);
	if (r == 0 && wishes)
		r = fetch_layers(f, &image, wishes, err);
	return r < 0 ? r : say_event("image_end", err);
}

static int check_request(const struct fetch *f, struct error *err)
{
	const struct transfer_fetch *q = &f->request;

	if (f->transport.kind == TRANSPORT_TARBALL && !q->import_config)
		return error_set(err, ERR_INVALID, 0, "import %s: no config was given",
				 q->source);
	if (f->transport.kind != TRANSPORT_REGISTRY && q->all_tags)
		return error_set(err, ERR_INVALID, 0,
				 "fetch all tags of %s: only registries have tags",
				 q->source);
	return 0;
}

static int fetch_all(struct fetch *f, struct error *err)
{
	cleanup_source_images struct source_images list = {0};
	bool unchanged = false;

	int r = f->source->ops->list(f->source, &list, err);
	if (r < 0)
		return r;
	if (list.n > 1 && f->request.names && *f->request.names)
		return error_set(
			err, ERR_INVALID, 0,
			"%s: there are %zu images in it, and one name cannot be all of them",
			f->source->name, list.n);
	for (size_t i = 0; i < list.n && r == 0; i++)
		r = fetch_image(f, &list.items[i], &unchanged, err);
	return r;
}

int op_fetch(struct json_object *request, struct error *err)
{
	cleanup_fetch struct fetch f = {.data_fd = TRANSFER_DATA_FD, .blobs_fd = -EBADF};

	int r = transfer_fetch_parse(request, &f.request, err);
	if (r < 0)
		return r;
	r = transport_parse(f.request.source, &f.transport, err);
	if (r < 0)
		return r;
	choose_platform(&f);
	r = check_request(&f, err);
	if (r < 0)
		return r;
	f.blobs_fd = blobs_open(f.data_fd, err);
	if (f.blobs_fd < 0)
		return f.blobs_fd;
	r = fetch_open(&f, err);
	return r < 0 ? r : fetch_all(&f, err);
}
