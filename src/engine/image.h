/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A user's images as commands see them: finding one by what was typed, listing, naming, removing.
 * Getting them is engine/image_fetch.h, giving them away engine/image_send.h. `e->store` is open.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"
#include "store/image_record.h"
#include "util/cleanup.h"
#include "util/error.h"

struct json_object;
struct image_config;

/*
 * image_find() - by name as typed ("debian" finds docker.io/library/debian:latest, then
 * localhost/debian:latest, then the one name that ends with /debian:latest), by name@digest, by id
 * or the beginning of one, by "sha256:ID". ERR_NOT_FOUND says podman's "TEXT: image not known".
 * *ret_name (may be NULL; caller frees) is the canonical name that was meant, NULL if it was found by
 * id or digest.
 */
int image_find(const struct engine *e, const char *text, struct image_record *ret,
	       char **ret_name, struct error *err) _must_check_;

/* image_canonical_name() - what a name typed for a new image means: a short one is localhost's, as
 * with podman; tag latest. Caller frees *ret. */
int image_canonical_name(const char *text, char **ret, struct error *err) _must_check_;

/* image_config_of() - the parsed config document of a record. Caller frees (image_config_free). */
int image_config_of(const struct image_record *r, struct image_config **ret,
		    struct error *err) _must_check_;

int image_tag(const struct engine *e, const char *id, const char *name,
	      struct error *err) _must_check_;

/*
 * image_untag() - drop one canonical name, or all of them (name NULL).
 */
int image_untag(const struct engine *e, const struct image_record *r, const char *name,
		struct error *err) _must_check_;

/*
 * image_remove() - rmi. With a name that is one of several: that name only. Else the image, unless a
 * container was made from it (ERR_CONFLICT, with force its containers are removed first). What was
 * done goes to *ret_untagged and *ret_deleted (strv of names / ids; callers free).
 */
struct image_removal {
	bool force;
	bool by_id;                 /* typed as an id: several names need force */
	char **untagged, **deleted; /* owned */
};
void image_removal_release(struct image_removal *r);
int image_remove(const struct engine *e, const struct image_record *r, const char *name,
		 struct image_removal *removal, struct error *err) _must_check_;

/*
 * image_prune() - remove images without a name (all: those without a container), then layers and blobs
 * that nobody needs, what killed processes left behind, and blobs of pulls that were never finished.
 * keep(): may be NULL; asked for each candidate (filters). *ret_deleted: ids; *ret_freed: bytes as du
 * counts them.
 */
struct image_prune_options {
	bool all;
	bool (*keep)(void *data, const struct image_record *r);
	void *data;
};
int image_prune(const struct engine *e, const struct image_prune_options *o,
		char ***ret_deleted, int64_t *ret_freed, struct error *err) _must_check_;

/* image_inspect() - podman's document of an image. Caller owns *ret. */
int image_inspect(const struct engine *e, const struct image_record *r,
		  struct json_object **ret, struct error *err) _must_check_;

/* image_repo_digests() - "repository@digest" of all its names, and those it was fetched by. Caller frees. */
char **image_repo_digests(const struct image_record *r);

/* image_history() - array of objects {id, created (RFC 3339), createdBy, size, comment, tags,
 * emptyLayer}, newest first, as podman's history has them. Caller owns *ret. */
int image_history(const struct engine *e, const struct image_record *r,
		  struct json_object **ret, struct error *err) _must_check_;

/* image_layers() - array of objects {chainId, diffId, blob, blobSize (if the blob is stored), tarSize, diskSize, directory,
 * images: names of all images that have it}, lowest first. For tree and for the curious. */
int image_layers(const struct engine *e, const struct image_record *r,
		 struct json_object **ret, struct error *err) _must_check_;

/*
 * image_usage() - what the store takes on disk, as du counts it: an object {Images: [{Repository, Tag,
 * ImageID, Created, Size, SharedSize, UniqueSize, Containers}], Containers: [{ContainerID, Image, Command,
 * Names, Size (of its writable layer), Created, Status}], ImagesSize, ImagesReclaimable, ContainersSize,
 * ContainersReclaimable, BlobsSize, LayersSize, Total}. Sizes in bytes, Created in seconds since the
 * epoch. Reclaimable of images: what `image prune --all` would give back.
 * ImagesSize and that are without the layers that only the build cache has. Caller owns *ret.
 */
int image_usage(const struct engine *e, struct json_object **ret,
		struct error *err) _must_check_;

/*
 * image_check() - compare records and files: missing or altered blobs (deep: every blob is hashed
 * again), missing layers, left-overs. repair: what can't be made right is removed, left-overs too.
 * *ret_findings: strv of sentences, empty if all is well.
 */
struct image_check_options {
	bool repair, deep;
	bool force; /* with repair: containers made from a damaged image are removed with it */
};
int image_check(const struct engine *e, const struct image_check_options *o,
		char ***ret_findings, struct error *err) _must_check_;

/* image_mount() - (root, or inside `cubby unshare`) the image's files, read-only, at the directory
 * *ret (caller frees); mounting it again counts. image_unmount() - ret_left may be NULL. */
int image_mount(const struct engine *e, const struct image_record *r, char **ret,
		struct error *err) _must_check_;
int image_unmount(const struct engine *e, const struct image_record *r, bool force,
		  struct error *err) _must_check_;
/* image_is_mounted() - in this mount namespace. */
bool image_is_mounted(const struct engine *e, const char *id);
/* image_mounts() - array of {id, Repositories, mountpoint}. Caller owns *ret. */
int image_mounts(const struct engine *e, struct json_object **ret,
		 struct error *err) _must_check_;

/* image_diff() - what changed between two images (base NULL: the layer below the topmost) or in a
 * container's writable layer: strv of "A /path", "C /path", "D /path", sorted. Caller frees. */
int image_diff(const struct engine *e, const struct image_record *r,
	       const struct image_record *base, char ***ret,
	       struct error *err) _must_check_;
int container_diff(const struct engine *e, const char *id, char ***ret,
		   struct error *err) _must_check_;

/* objects_diff() - the same between any two, each an image or a container: what is different in the first. */
struct container;
struct diff_object {
	const struct image_record *image; /* NULL: */
	const struct container *container;
};
int objects_diff(const struct engine *e, const struct diff_object *object,
		 const struct diff_object *base, char ***ret,
		 struct error *err) _must_check_;
