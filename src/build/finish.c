/* SPDX-License-Identifier: Apache-2.0 */
#include "build/finish.h"

#include <stdlib.h>
#include <string.h>

#include "build/config.h"
#include "build/history.h"
#include "engine/event.h"
#include "engine/image.h"
#include "engine/image_write.h"
#include "spec/image.h"
#include "spec/media_type.h"
#include "spec/spec.h"
#include "store/image_record.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

/* Source: OCI image specification annotations.md. */
#define BASE_NAME   "org.opencontainers.image.base.name"
#define BASE_DIGEST "org.opencontainers.image.base.digest"

struct pairs {
	struct spec_key_value *items; /* owned */
	size_t n;
};

static void pairs_release(struct pairs *p)
{
	while (p->n > 0)
		config_drop_pair(&p->items, &p->n, p->items[0].key);
}

static void add_typed(struct pairs *p, char *const *typed)
{
	strv_foreach (pair, typed) {
		cleanup_free char *name = xstrndup(*pair, strcspn(*pair, "="));
		const char *value = *pair + strlen(name);

		config_set_pair(&p->items, &p->n, name, *value ? value + 1 : "");
	}
}

static void gather(const struct finish *f, const struct build_state *s, struct pairs *p)
{
	add_typed(p, s->annotations);
	if (s->base_name)
		config_set_pair(&p->items, &p->n, BASE_NAME, s->base_name);
	if (s->base_digest)
		config_set_pair(&p->items, &p->n, BASE_DIGEST, s->base_digest);
	strv_foreach (name, f->options->unset_annotations)
		config_drop_pair(&p->items, &p->n, *name);
	add_typed(p, f->options->annotations);
}

static void tell(const struct finish *f, enum build_event_kind kind, const char *text,
		 const char *id)
{
	struct build_event e = *f->event;

	e.kind = kind;
	e.text = text;
	e.size = text ? strlen(text) : 0;
	e.id = id;
	f->listener->event(f->listener->data, &e);
}

static char *config_text(const struct image_config *c)
{
	cleanup_json struct json_object *o = image_config_to_json(c);

	return json_text(o, false);
}

static bool same_config(const struct image_record *base, const struct image_config *now)
{
	cleanup_error struct error err = ERROR_INIT;
	struct image_config *config = NULL;
	bool same = false;

	if (image_config_of(base, &config, &err) >= 0) {
		cleanup_free char *a = NULL, *b = NULL;

		config_adopt(config);
		a = config_text(config);
		b = config_text(now);
		same = str_eq(a, b);
		image_config_free(config);
	}
	error_drop(&err, "the base image can't be what was built");
	return same;
}

/* Return: 1 with the base image's id if nothing is different. */
static int is_base(const struct finish *f, const struct build_state *s, char **ret_id)
{
	cleanup_image_record struct image_record base = {0};
	cleanup_error struct error err = ERROR_INIT;
	const struct build_options *o = f->options;

	if (!s->base_digest || o->annotations || o->unset_annotations ||
	    o->drop_annotations || o->omit_history)
		return 0;
	if (image_record_by_digest(f->engine->store, s->base_digest, &base, &err) < 0) {
		error_drop(&err, "what the base image was is not here");
		return 0;
	}
	if (strv_len(base.layers) != strv_len(s->layers) ||
	    media_type_is_docker(base.manifest_type) != o->docker_format ||
	    !same_config(&base, s->config))
		return 0;
	*ret_id = xstrdup(base.id);
	return 1;
}

static int write_image(const struct finish *f, const struct build_state *s, char **ret_id,
		       struct error *err)
{
	cleanup(pairs_release) struct pairs annotations = {0};
	struct image_write w = {
		.config = s->config,
		.layers = s->layers,
		.blobs = s->blobs,
		.blob_types = s->blob_types,
		.blob_sizes = s->blob_sizes,
		.docker = f->options->docker_format,
		.names = f->options->names,
	};

	if (!w.docker)
		gather(f, s, &annotations);
	w.annotations = annotations.items;
	w.n_annotations = annotations.n;
	return image_write(f->engine, &w, ret_id, err);
}

static int tag_base(const struct finish *f, const char *id, struct error *err)
{
	char *const *names = f->options->names;

	strv_foreach (name, names) {
		int r = image_tag(f->engine, id, *name, err);

		if (r < 0)
			return r;
	}
	event_image(f->engine, EVENT_BUILD, id, names ? names[0] : NULL);
	return 0;
}

int finish_image(const struct finish *f, struct build_state *s, char **ret_id,
		 struct error *err)
{
	char *const *names = f->options->names;
	int r = 0;

	if (f->options->omit_history)
		history_drop(s->config);
	strv_foreach (name, names)
		tell(f, BUILD_EVENT_COMMIT, *name, NULL);
	if (!is_base(f, s, ret_id))
		r = write_image(f, s, ret_id, err);
	else
		r = tag_base(f, *ret_id, err);
	if (r < 0)
		return error_wrap(err, "commit the image");
	tell(f, BUILD_EVENT_IMAGE, NULL, *ret_id);
	return 0;
}
