/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/registry_target.h"

#include <errno.h>
#include <string.h>

#include "image/reference.h"
#include "registry/client_blob.h"
#include "registry/client_manifest.h"
#include "registry/client_upload.h"
#include "registry/setup.h"
#include "spec/image.h"
#include "util/mem.h"
#include "util/str.h"

/* An upload that the registry opened when a mount was asked for and not to be had. */
struct opened {
	char *digest, *upload;
};

struct registry_target {
	struct image_target target;
	struct setup *setup;
	struct reference ref;
	struct endpoints endpoints; /* one */
	char **mount_from;          /* names within the registry */
	struct opened *opened;
	size_t n_opened;
};

static struct registry_target *of(struct image_target *t)
{
	return (struct registry_target *)t;
}

static struct client *client_of(const struct registry_target *t)
{
	return t->endpoints.items[0].client;
}

static const char *repository_of(const struct registry_target *t)
{
	return t->endpoints.items[0].repository;
}

static void target_close(struct image_target *base)
{
	struct registry_target *t = of(base);

	for (size_t i = 0; i < t->n_opened; i++) {
		free(t->opened[i].digest);
		free(t->opened[i].upload);
	}
	free(t->opened);
	strv_free(t->mount_from);
	endpoints_release(&t->endpoints);
	reference_release(&t->ref);
	setup_close(t->setup);
	free(t->target.name);
	free(t);
}

/* Kept for blob(); only one for each blob. */
static void keep_upload(struct registry_target *t, const char *digest, char *upload)
{
	for (size_t i = 0; i < t->n_opened; i++)
		if (str_eq(t->opened[i].digest, digest)) {
			free(t->opened[i].upload);
			t->opened[i].upload = upload;
			return;
		}
	t->opened = xreallocarray(t->opened, t->n_opened + 1, sizeof(*t->opened));
	t->opened[t->n_opened++] =
		(struct opened){.digest = xstrdup(digest), .upload = upload};
}

static int try_mounts(struct registry_target *t, const char *digest, struct error *err)
{
	size_t n = 0;

	strv_foreach (from, t->mount_from) {
		char *upload = NULL;

		if (n++ == MOUNT_TRIES_MAX)
			break;
		int r = client_mount_blob(client_of(t), repository_of(t), digest, *from,
					  &upload, err);
		if (r != 0)
			return r;
		if (upload)
			keep_upload(t, digest, upload);
	}
	return 0;
}

static int target_has_blob(struct image_target *base, const struct image_descriptor *d,
			   struct error *err)
{
	struct registry_target *t = of(base);
	cleanup_free char *scopes = client_scope(repository_of(t), "pull,push");

	setup_about(t->setup, d->digest);
	int r = client_has_blob(client_of(t), repository_of(t), d->digest, scopes, err);
	if (r == 0)
		r = try_mounts(t, d->digest, err);
	setup_about(t->setup, NULL);
	return r;
}

static int target_blob(struct image_target *base, const struct image_descriptor *d,
		       int blob_fd, void (*progress)(void *data, uint64_t done),
		       void *data, struct error *err)
{
	struct registry_target *t = of(base);
	struct client_upload upload = {
		.repository = repository_of(t),
		.digest = d->digest,
		.fd = blob_fd,
		.size = d->size,
		.progress = progress,
		.data = data,
	};

	for (size_t i = 0; i < t->n_opened; i++)
		if (str_eq(t->opened[i].digest, d->digest))
			upload.upload = t->opened[i].upload;
	setup_about(t->setup, d->digest);
	int r = client_put_blob(client_of(t), &upload, err);
	setup_about(t->setup, NULL);
	return r;
}

/* One canonical name of the target's repository. */
static int put_name(struct registry_target *t, const struct image_text *m,
		    const char *name, struct error *err)
{
	cleanup_reference struct reference ref = {0};

	int r = reference_parse_complete(name, &ref, err);
	if (r < 0)
		return r;
	if (!str_eq(ref.registry, t->ref.registry) ||
	    !str_eq(ref.repository, t->ref.repository))
		return error_set(err, ERR_INVALID, 0, "send %s to %s: another repository",
				 name, t->target.name);
	if (ref.digest && !str_eq(ref.digest, m->digest)) {
		error_set(err, ERR_INVALID, 0, "send %s: the image's digest is %s", name,
			  m->digest);
		return error_hint(err, "give a tag instead of a digest");
	}
	return client_put_manifest(client_of(t), repository_of(t),
				   ref.digest ? m->digest : ref.tag, m, err);
}

static int target_manifest(struct image_target *base, const struct image_text *m,
			   char *const *names, struct error *err)
{
	struct registry_target *t = of(base);

	setup_about(t->setup, NULL);
	if (!names || !*names)
		return client_put_manifest(client_of(t), repository_of(t), m->digest, m,
					   err);
	strv_foreach (name, names) {
		int r = put_name(t, m, *name, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Everything is there as soon as its manifest is. */
static int target_finish(struct image_target *base, struct error *err)
{
	return 0;
}

static const struct image_target_ops target_ops = {
	.has_blob = target_has_blob,
	.blob = target_blob,
	.manifest = target_manifest,
	.finish = target_finish,
	.close = target_close,
};

/* "localhost:5000/a/b" or "a/b", each once, not where everything goes anyway. */
static void take_mount_from(struct registry_target *t, char *const *mount_from)
{
	cleanup_free char *prefix = xasprintf("%s/", t->ref.registry);

	strv_foreach (from, mount_from) {
		const char *name = *from;

		if (str_starts(name, prefix))
			name += strlen(prefix);
		if (!str_eq(name, t->ref.repository) && !strv_has(t->mount_from, name))
			strv_add(&t->mount_from, name);
	}
}

int registry_target_open(const struct registry_options *options, const char *reference,
			 char *const *mount_from, struct image_target **ret,
			 struct error *err)
{
	struct registry_target *t = xcalloc(1, sizeof(*t));

	t->target = (struct image_target){.ops = &target_ops,
					  .name = xasprintf("docker://%s", reference)};
	int r = reference_parse_complete(reference, &t->ref, err);
	if (r == 0)
		r = setup_open(options, &t->setup, err);
	if (r == 0)
		r = setup_endpoints(t->setup, &t->ref, SETUP_PUSH, &t->endpoints, err);
	if (r < 0) {
		target_close(&t->target);
		return r;
	}
	take_mount_from(t, mount_from);
	*ret = &t->target;
	return 0;
}

void registry_target_on_retry(struct image_target *t,
			      void (*fn)(void *data, const char *id, const char *text),
			      void *data)
{
	setup_on_retry(of(t)->setup, fn, data);
}
