/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images, their names, and what they are made of. An image is known by its id, the hexadecimal
 * digits of its config's digest. It holds layers (unpacked directories, known by chain id) and
 * blobs; a layer or blob that no image holds may be removed. Who removes and who records look
 * again inside one transaction, so that neither takes away what the other has just found.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

struct store;

struct image_record {                   /* strings owned */
	char *id;                       /* 64 digits */
	char *manifest, *manifest_type; /* digest and media type */
	int64_t created_usec;           /* what its config says, 0: nothing */
	int64_t recorded_usec;
	int64_t size;         /* bytes of its layers' files together, uncompressed */
	char *config;         /* the document */
	char *passwd, *group; /* /etc/passwd and /etc/group in it, NULL: none */
	char **names;         /* "docker.io/library/debian:12", sorted */
	char **digests;       /* "docker.io/library/debian@sha256:...", sorted */
	char **layers;        /* chain ids, the lowest first */
	char **blobs; /* digests: manifest, config, layers, the index that led to it */
};
void image_record_release(struct image_record *r);
#define cleanup_image_record cleanup(image_record_release)

struct image_records {
	struct image_record *items; /* owned */
	size_t n;
};
void image_records_release(struct image_records *list);
#define cleanup_image_records cleanup(image_records_release)

/* A layer that is unpacked. */
struct layer_record {   /* strings owned */
	char *chain_id; /* "sha256:..." */
	bool single_id; /* unpacked with all owners as one */
	char *diff_id, *blob;
	int64_t tar_size, disk_size; /* bytes */
	int64_t n_entries;
	uint32_t max_uid, max_gid; /* highest owners in it */
	char *boot_id; /* of the boot that it was unpacked in; NULL: known to be on the disk */
};
void layer_record_release(struct layer_record *r);
#define cleanup_layer_record cleanup(layer_record_release)

/*
 * image_record_insert() - a new image, or one that is there and gets more names (its names move
 * away from other images), digests and blobs. present() is asked inside the transaction whether
 * each layer and blob is really there: a negative answer ends it with ERR_UNAVAILABLE, code EAGAIN.
 * No row of a layer, the same.
 */
struct image_presence {
	bool (*layer)(void *data, const char *chain_id, bool single_id);
	bool (*blob)(void *data, const char *digest);
	void *data;
};
int image_record_insert(struct store *s, const struct image_record *r, bool single_id,
			const struct image_presence *presence,
			struct error *err) _must_check_;

/* image_record_by_name() - of a canonical name. ERR_NOT_FOUND. */
int image_record_by_name(struct store *s, const char *name, struct image_record *ret,
			 struct error *err) _must_check_;
/* image_record_by_id() - by the whole id. ERR_NOT_FOUND. */
int image_record_by_id(struct store *s, const char *id, struct image_record *ret,
		       struct error *err) _must_check_;
/* image_record_by_prefix() - by the beginning of an id. None is ERR_NOT_FOUND, several ERR_CONFLICT. */
int image_record_by_prefix(struct store *s, const char *prefix, struct image_record *ret,
			   struct error *err) _must_check_;
/* image_record_by_digest() - "repository@sha256:..." as it was recorded, or a manifest's digest alone. */
int image_record_by_digest(struct store *s, const char *digest, struct image_record *ret,
			   struct error *err) _must_check_;
/* image_record_list() - newest first. */
int image_record_list(struct store *s, struct image_records *ret,
		      struct error *err) _must_check_;

/* image_record_names_like() - canonical names that end with "/SUFFIX", sorted. Caller frees *ret. */
int image_record_names_like(struct store *s, const char *suffix, char ***ret,
			    struct error *err) _must_check_;

/* image_record_add_name() - the name moves away from another image; for one that is gone ERR_NOT_FOUND. image_record_drop_name() -
 * gone already is fine. */
int image_record_add_name(struct store *s, const char *id, const char *name,
			  struct error *err) _must_check_;
int image_record_drop_name(struct store *s, const char *name,
			   struct error *err) _must_check_;

/* image_record_users() - ids of the containers that were made from it. Caller frees *ret (strv). */
int image_record_users(struct store *s, const char *id, char ***ret,
		       struct error *err) _must_check_;

/*
 * image_record_delete() - the image and its names; its layers and blobs stay for image_collect().
 * One that a container was made from is ERR_CONFLICT, EBUSY.
 */
int image_record_delete(struct store *s, const char *id, struct error *err) _must_check_;

/*
 * image_collect() - inside one transaction: those of the candidates (NULL: of all layers) that no
 * image and no step of the build cache holds are handed to remove(), which must be quick; then a layer's row goes. remove() may say
 * IMAGE_LEAVE_IT; its failure undoes the transaction.
 */
#define IMAGE_LEAVE_IT 1
struct image_garbage {
	char *const *chain_ids; /* strv; NULL: every layer on record */
	char *const *blobs;     /* strv */
	int (*remove_layer)(void *data, const char *chain_id, bool single_id,
			    struct error *err);
	int (*remove_blob)(void *data, const char *digest, struct error *err);
	void *data;
};
int image_collect(struct store *s, const struct image_garbage *garbage,
		  struct error *err) _must_check_;

/* layer_record_insert() - replaces one of the same chain id and mode. layer_record_get() - ERR_NOT_FOUND. */
int layer_record_insert(struct store *s, const struct layer_record *r,
			struct error *err) _must_check_;
int layer_record_get(struct store *s, const char *chain_id, bool single_id,
		     struct layer_record *ret, struct error *err) _must_check_;

/*
 * layer_record_doubtful() - chain ids of an image's layers that were unpacked in another boot and not
 * looked at since: nobody waited for the disk then. Caller frees *ret (strv).
 * layer_record_settle() - it was found complete.
 */
int layer_record_doubtful(struct store *s, const char *image_id, bool single_id,
			  const char *boot_id, char ***ret,
			  struct error *err) _must_check_;
int layer_record_settle(struct store *s, const char *chain_id, bool single_id,
			struct error *err) _must_check_;

struct layer_records {
	struct layer_record *items; /* owned */
	size_t n;
};
void layer_records_release(struct layer_records *list);
#define cleanup_layer_records cleanup(layer_records_release)
int layer_record_list(struct store *s, struct layer_records *ret,
		      struct error *err) _must_check_;

/* Manifest lists that `manifest create` makes: a canonical name and an OCI index as JSON text. */
int manifest_list_put(struct store *s, const char *name, const char *index,
		      struct error *err) _must_check_;
int manifest_list_get(struct store *s, const char *name, char **ret_index,
		      struct error *err) _must_check_;
int manifest_list_drop(struct store *s, const char *name, struct error *err) _must_check_;
/* manifest_list_names() - strv, sorted; caller frees. */
int manifest_list_names(struct store *s, char ***ret, struct error *err) _must_check_;
