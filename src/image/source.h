/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where images come from and go to, whatever it is: registry, docker-archive, OCI layout (a
 * directory or in a tar archive), dir. Transfer program only. Kinds: registry/registry_source.h,
 * image/archive_*.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

struct blob_writer;
struct image_descriptor; /* spec/image.h */

/* A manifest or an index as it was received; `digest` is of exactly these bytes. */
struct image_text {
	char *data; /* owned, as all strings */
	size_t len;
	char *media_type, *digest;
};
void image_text_release(struct image_text *t);
#define cleanup_image_text cleanup(image_text_release)

/* One image that a source holds. */
struct source_image {
	char **names; /* owned; canonical references ("docker.io/library/debian:12") to be
			 recorded; may be empty */
	char *handle; /* owned; the source's own word for it, for top() */
};
struct source_images {
	struct source_image *items; /* owned */
	size_t n;
};
void source_images_release(struct source_images *list);
#define cleanup_source_images cleanup(source_images_release)

struct image_source;
struct image_source_ops {
	/* list() - the images that were asked for when the source was opened. */
	int (*list)(struct image_source *s, struct source_images *ret, struct error *err);
	/* top() - an image's manifest, or the index that leads to it. */
	int (*top)(struct image_source *s, const char *handle, struct image_text *ret,
		   struct error *err);
	/* manifest() - one that an index names; digest and size are checked here. */
	int (*manifest)(struct image_source *s, const struct image_descriptor *d,
			struct image_text *ret, struct error *err);
	/* blob() - bytes to w, from blob_writer_offset(w) on (or blob_writer_restart()). Retries and
	 * resumes by itself. Does not finish w. May run in a process forked from the one that opened
	 * the source, several at once. */
	int (*blob)(struct image_source *s, const struct image_descriptor *d,
		    struct blob_writer *w, struct error *err);
	void (*close)(struct image_source *s);
};
struct image_source {
	const struct image_source_ops *ops;
	char *name; /* owned; for messages: "docker://localhost:5000/a:b" */
};
/* image_source_close() - the kind's close(), which frees s. NULL is fine. */
void image_source_close(struct image_source *s);
DEFINE_CLEANUP(struct image_source *, image_source_close)
#define cleanup_image_source cleanup(image_source_closep)

/* What is sent: a blob of the store. */
struct image_target;
struct image_target_ops {
	/* has_blob() - 1: it is there already (or was mounted there from another repository), 0: not. */
	int (*has_blob)(struct image_target *t, const struct image_descriptor *d,
			struct error *err);
	/* blob() - blob_fd is at offset 0 and holds d->size bytes. May run in a forked process, several
	 * at once, unless `serial`. progress may be NULL. */
	int (*blob)(struct image_target *t, const struct image_descriptor *d, int blob_fd,
		    void (*progress)(void *data, uint64_t done), void *data,
		    struct error *err);
	/* manifest() - after its blobs (an index: after its manifests). names: canonical references
	 * that it shall have there; NULL for a manifest that only an index names. */
	int (*manifest)(struct image_target *t, const struct image_text *m,
			char *const *names, struct error *err);
	/* finish() - everything was sent; before it nothing may look complete (archives). */
	int (*finish)(struct image_target *t, struct error *err);
	void (*close)(struct image_target *t);
};
struct image_target {
	const struct image_target_ops *ops;
	char *name;  /* owned; for messages */
	bool serial; /* archives: one blob after the other, in this process */
	bool plain_layers; /* docker-archive: layers must be uncompressed tars, named by diff id */
};
void image_target_close(struct image_target *t);
DEFINE_CLEANUP(struct image_target *, image_target_close)
#define cleanup_image_target cleanup(image_target_closep)
