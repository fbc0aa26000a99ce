/* SPDX-License-Identifier: Apache-2.0 */
#include "build/base.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "build/config.h"
#include "build/scope.h"
#include "engine/image.h"
#include "engine/image_document.h"
#include "engine/image_fetch.h"
#include "image/platform.h"
#include "spec/image.h"
#include "spec/media_type.h"
#include "spec/spec.h"
#include "util/mem.h"
#include "util/str.h"

/* What --build-context may have before the name of an image. Source: buildah-build(1). */
static const char *const image_schemes[] = {"docker-image://", "container-image://",
					    "docker://"};

/* It is no name of an image. */
static bool is_scratch(const char *name)
{
	return str_eq(name, "scratch");
}

const char *base_context(const struct build_options *o, const char *name)
{
	return scope_value(o->build_contexts, name);
}

static const char *image_of_context(const char *context)
{
	for (size_t i = 0; i < ARRAY_SIZE(image_schemes); i++)
		if (str_starts(context, image_schemes[i]))
			return context + strlen(image_schemes[i]);
	return NULL;
}

/* A variant that is the usual one of its architecture is not asked for: most configs leave it out. */
static int set_platform(const char *text, struct transfer_platform *ret,
			struct error *err)
{
	cleanup_image_platform struct image_platform p = {0};
	cleanup_free char *shown = NULL;
	int r = platform_parse(text, &p, err);

	if (r < 0)
		return error_wrap(err, "--platform");
	shown = platform_text(&p);
	ret->os = TAKE_PTR(p.os);
	ret->architecture = TAKE_PTR(p.architecture);
	if (str_ends(shown, p.variant ? p.variant : "/"))
		ret->variant = TAKE_PTR(p.variant);
	return 0;
}

static void free_platform(struct transfer_platform *p)
{
	free(p->os);
	free(p->architecture);
	free(p->variant);
}

int base_image(const struct base_request *q, struct image_record *ret, char **ret_name,
	       struct error *err)
{
	const char *context = base_context(q->options, q->name);
	const char *name = q->name,
		   *wanted = q->platform ? q->platform : q->options->platform;
	struct image_fetch_options fetch = {.fetch = q->options->fetch,
					    .single_id = q->single_id,
					    .progress = q->progress};
	cleanup(free_platform) struct transfer_platform platform = {0};
	int r = 0;

	if (context)
		name = image_of_context(context);
	if (!name)
		return error_set(err, ERR_INVALID, 0,
				 "%s is the directory %s (--build-context): no image",
				 q->name, context);
	if (wanted)
		r = set_platform(wanted, &platform, err);
	if (r < 0)
		return r;
	fetch.fetch.platform = platform;
	return image_get(q->engine, name, (enum pull_policy)q->options->pull_policy,
			 &fetch, ret, ret_name, err);
}

/* In the other format the same blob has another name of type. */
static const char *type_of(const char *type, bool docker)
{
	const char *compression = media_type_compression(type);
	const char *ours = compression ? media_type_layer(docker, compression) : NULL;

	return ours ? ours : type;
}

static int take_manifest(const struct base_request *q, const struct image_record *r,
			 struct build_state *s, struct error *err)
{
	struct image_manifest *m = NULL;
	int k = image_manifest_of(q->engine, r, &m, err);

	if (k < 0)
		return k;
	for (size_t i = 0; i < m->n_layers; i++) {
		strv_add(&s->blobs, m->layers[i].digest);
		strv_add(&s->blob_types,
			 type_of(m->layers[i].media_type, q->options->docker_format));
		strv_addf(&s->blob_sizes, "%" PRId64, m->layers[i].size);
	}
	for (size_t i = 0; i < m->n_annotations && !q->options->drop_annotations; i++)
		strv_addf(&s->annotations, "%s=%s", m->annotations[i].key,
			  m->annotations[i].value);
	if (m->n_layers != strv_len(r->layers))
		k = error_set(err, ERR_INVALID, 0,
			      "image %s: its manifest has %zu layers, its record %zu",
			      q->name, m->n_layers, strv_len(r->layers));
	image_manifest_free(m);
	return k < 0 ? k : 0;
}

static void drop_labels(struct image_config *config)
{
	while (config->config.n_labels > 0)
		config_drop_label(config, config->config.labels[0].key);
}

static int from_image(const struct base_request *q, struct build_state *s,
		      struct error *err)
{
	cleanup_image_record struct image_record record = {0};
	int r = base_image(q, &record, &s->base_name, err);

	if (r >= 0)
		r = image_config_of(&record, &s->config, err);
	if (r >= 0)
		r = image_config_check_layers(s->config, strv_len(record.layers), err);
	if (r >= 0)
		r = take_manifest(q, &record, s, err);
	if (r < 0)
		return r;
	if (!s->base_name)
		s->base_name = xstrdup(record.names ? record.names[0] : q->name);
	s->base_digest = xstrdup(record.manifest);
	s->layers = strv_copy(record.layers);
	config_adopt(s->config);
	if (q->options->drop_labels)
		drop_labels(s->config);
	return 0;
}

static int from_scratch(const struct base_request *q, struct build_state *s,
			struct error *err)
{
	const char *wanted = q->platform ? q->platform : q->options->platform;
	struct transfer_platform platform = {0};
	cleanup_image_platform struct image_platform host = {0};
	int r = 0;

	s->config = xcalloc(1, sizeof(*s->config));
	s->config->rootfs.type = xstrdup("layers");
	platform_host(&host);
	if (wanted)
		r = set_platform(wanted, &platform, err);
	if (r < 0)
		return r;
	s->config->os = platform.os ? platform.os : TAKE_PTR(host.os);
	s->config->architecture = platform.architecture ? platform.architecture
							: TAKE_PTR(host.architecture);
	s->config->variant = platform.variant;
	config_adopt(s->config);
	return 0;
}

int base_state(const struct base_request *q, struct build_state *ret, struct error *err)
{
	cleanup_build_state struct build_state s = {0};
	int r = is_scratch(q->name) && !base_context(q->options, q->name)
			? from_scratch(q, &s, err)
			: from_image(q, &s, err);

	if (r < 0)
		return r;
	*ret = s;
	s = (struct build_state){0};
	return 0;
}
