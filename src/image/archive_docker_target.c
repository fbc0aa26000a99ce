/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `docker load` takes: layers as HEX.tar by their diff ids, configs as HEX.json, and manifest.json
 * last, which says what belongs to which name. Images share layers. The same images in the same order
 * give the same bytes. Source: Docker's image specification v1.2.
 */
#include <errno.h>
#include <string.h>

#include "image/archive_out.h"
#include "image/archive_target.h"
#include "spec/image.h"
#include "spec/media_type.h"
#include "util/digest.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

struct docker_entry { /* owned */
	char *config;
	char **tags, **layers;
};

struct docker_target {
	struct image_target base;
	struct archive_out *out;
	struct docker_entry *entries;
	size_t n_entries;
};

static struct docker_target *docker_of(struct image_target *t)
{
	return (struct docker_target *)(void *)t;
}

static char *path_of(const struct image_descriptor *d)
{
	const char *suffix = media_type_is_layer(d->media_type) ? "tar" : "json";

	return xasprintf("%s.%s", digest_hex(d->digest), suffix);
}

static int docker_has_blob(struct image_target *base, const struct image_descriptor *d,
			   struct error *err)
{
	cleanup_free char *path = path_of(d);

	return archive_out_has(docker_of(base)->out, path, (uint64_t)d->size);
}

static int docker_blob(struct image_target *base, const struct image_descriptor *d,
		       int blob_fd, void (*progress)(void *data, uint64_t done),
		       void *data, struct error *err)
{
	cleanup_free char *path = path_of(d);

	return archive_out_copy(docker_of(base)->out, path, blob_fd, (uint64_t)d->size,
				&(struct archive_progress){progress, data}, err);
}

static struct docker_entry *find_entry(struct docker_target *t, const char *config)
{
	for (size_t i = 0; i < t->n_entries; i++)
		if (str_eq(t->entries[i].config, config))
			return &t->entries[i];
	return NULL;
}

static struct docker_entry *add_entry(struct docker_target *t,
				      const struct image_manifest *m, char *config)
{
	t->entries = xreallocarray(t->entries, t->n_entries + 1, sizeof(*t->entries));
	struct docker_entry *entry = &t->entries[t->n_entries++];
	*entry = (struct docker_entry){.config = config};
	for (size_t i = 0; i < m->n_layers; i++)
		strv_add_take(&entry->layers, path_of(&m->layers[i]));
	return entry;
}

static int docker_manifest(struct image_target *base, const struct image_text *text,
			   char *const *names, struct error *err)
{
	struct docker_target *t = docker_of(base);
	cleanup_image_manifest struct image_manifest *m = NULL;

	if (media_type_is_index(text->media_type)) {
		error_set(err, ERR_UNSUPPORTED, 0,
			  "%s: such an archive cannot hold an index", base->name);
		return error_hint(err, "use --format oci-archive");
	}
	int r = image_manifest_parse(text->data, text->len, &m, err);
	if (r < 0)
		return r;
	cleanup_free char *config = path_of(&m->config);
	struct docker_entry *entry = find_entry(t, config);
	if (!entry)
		entry = add_entry(t, m, TAKE_PTR(config));
	strv_foreach (name, names)
		if (!strv_has(entry->tags, *name) && !strchr(*name, '@'))
			strv_add(&entry->tags, *name);
	return 0;
}

static int docker_finish(struct image_target *base, struct error *err)
{
	struct docker_target *t = docker_of(base);
	cleanup_json struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < t->n_entries; i++) {
		struct json_object *o = json_object_new_object();
		json_add_str(o, "Config", t->entries[i].config);
		json_add_strv(o, "RepoTags", t->entries[i].tags);
		json_add_strv(o, "Layers", t->entries[i].layers);
		json_object_array_add(list, o);
	}
	cleanup_free char *text = json_text(list, false);
	int r = archive_out_add(t->out, "manifest.json", text, strlen(text), err);
	return r < 0 ? r : archive_out_finish(t->out, err);
}

static void docker_close(struct image_target *base)
{
	struct docker_target *t = docker_of(base);

	for (size_t i = 0; i < t->n_entries; i++) {
		free(t->entries[i].config);
		strv_free(t->entries[i].tags);
		strv_free(t->entries[i].layers);
	}
	free(t->entries);
	archive_out_free(t->out);
	free(base->name);
	free(t);
}

static const struct image_target_ops docker_ops = {
	.has_blob = docker_has_blob,
	.blob = docker_blob,
	.manifest = docker_manifest,
	.finish = docker_finish,
	.close = docker_close,
};

int archive_docker_target(struct archive_out *out, const char *name,
			  struct image_target **ret, struct error *err)
{
	struct docker_target *t = xcalloc(1, sizeof(*t));

	t->base.ops = &docker_ops;
	t->base.name = xstrdup(name);
	t->base.serial = true;
	t->base.plain_layers = true;
	t->out = out;
	*ret = &t->base;
	return 0;
}
