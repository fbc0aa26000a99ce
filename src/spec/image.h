/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The documents of an image, OCI's and Docker's (schema 2): manifest, index (Docker: manifest list)
 * and config as C structs, read from JSON that nobody has vouched for, and written back. Members
 * that the structs don't know are kept in the document and written back unchanged; those that they
 * know must have the right type, where null is the same as absent.
 *
 * A string is NULL when absent; an array is a pointer and n_NAME; everything is owned by the
 * outermost struct. Zeroed structs may be built in C (spec_append() in spec/spec.h for arrays).
 *
 * Written anew a document has another digest than before: what is to keep its digest is handed on as
 * bytes.
 *
 * Sources: OCI image specification 1.1: descriptor.md, manifest.md, image-index.md, config.md;
 * Docker: image manifest version 2, schema 2; image specification v1.2.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

struct json_object;
struct spec_key_value; /* spec/spec.h */

/* Bytes. Registries take manifests up to 4 MiB (OCI distribution specification), and configs are
 * rarely over some ten KiB: nobody has to hold more in memory. */
#define IMAGE_MANIFEST_MAX (4 << 20)
#define IMAGE_CONFIG_MAX   (8 << 20)

/* overlay takes 500 lower directories (OVL_MAX_STACK), each layer becomes one of them, and what
 * can't be mounted is not worth fetching. Docker makes at most 127. */
#define IMAGE_LAYERS_MAX 500

/* How deep indexes may lie in indexes; for those who follow them. */
#define IMAGE_INDEX_DEPTH_MAX 4

struct image_platform {
	char *os, *architecture; /* GOOS, GOARCH: "linux", "amd64" */
	char *variant;           /* "v7" */
	char *os_version;
	char **os_features;
};

struct image_descriptor {
	char *media_type, *digest;
	int64_t size; /* bytes, >= 0 */
	char **urls;
	struct image_platform *platform; /* of manifests in an index */
	char *artifact_type;
	struct spec_key_value *annotations;
	size_t n_annotations;
};

struct image_manifest {
	uint32_t schema_version; /* 2 */
	char *media_type;        /* as it stands there; see image_document_type() */
	char *artifact_type;
	struct image_descriptor config;
	struct image_descriptor *layers; /* lowest first */
	size_t n_layers;
	struct image_descriptor *subject;
	struct spec_key_value *annotations;
	size_t n_annotations;
	struct json_object *document; /* owned: as it was read; NULL if built in C */
};

struct image_index {
	uint32_t schema_version; /* 2 */
	char *media_type, *artifact_type;
	struct image_descriptor *manifests;
	size_t n_manifests;
	struct image_descriptor *subject;
	struct spec_key_value *annotations;
	size_t n_annotations;
	struct json_object *document;
};

struct image_healthcheck {
	char **test; /* {"NONE"}, {"CMD", ...}, {"CMD-SHELL", TEXT} */
	int64_t interval, timeout, start_period, start_interval; /* ns; 0: inherited */
	int64_t retries;                                         /* 0: inherited */
};

/* What a container of the image starts with. */
struct image_run_config {
	char *hostname, *domainname; /* Docker's */
	char *user;                  /* "", "UID", "NAME", "UID:GID", ... */
	char **exposed_ports;        /* "80/tcp" */
	char **env; /* "NAME=value", in images of the wild also without '=' */
	char **entrypoint, **cmd; /* NULL: none */
	bool args_escaped;
	char **volumes; /* absolute paths */
	char *working_dir;
	struct spec_key_value *labels;
	size_t n_labels;
	char *stop_signal;
	bool has_stop_timeout;
	int64_t stop_timeout;                  /* seconds; Docker's */
	struct image_healthcheck *healthcheck; /* Docker's */
	char **on_build, **shell;              /* Docker's */
};

struct image_rootfs {
	char *type;      /* "layers" */
	char **diff_ids; /* digests of the uncompressed layers, lowest first */
};

struct image_history {
	char *created; /* RFC 3339 */
	char *created_by, *author, *comment;
	bool empty_layer;
};

struct image_config {
	char *created, *author; /* created: RFC 3339 */
	char *architecture, *variant, *os, *os_version;
	char **os_features;
	struct image_run_config config;
	struct image_rootfs rootfs;
	struct image_history *history;
	size_t n_history;
	struct json_object *document;
};

/*
 * image_document_type() - what a manifest or an index is, as one of the constants in
 * spec/media_type.h. `declared` (may be NULL) is what a registry's Content-Type or a descriptor says.
 * The document's own mediaType counts, since its digest covers that; where it has none what was
 * declared; else what members there are. A document that is declared the one and says or looks the
 * other is ERR_INVALID (CVE-2021-41190), and so is what is neither; Docker's schema 1 is
 * ERR_UNSUPPORTED.
 */
int image_document_type(const char *text, size_t len, const char *declared,
			const char **ret, struct error *err) _must_check_;

/*
 * image_manifest_parse(), image_index_parse(), image_config_parse() - all types, digests and sizes
 * checked, but not that a container can be made of it (image_manifest_check_image()). ERR_INVALID,
 * the message with the JSON path.
 */
int image_manifest_parse(const char *text, size_t len, struct image_manifest **ret,
			 struct error *err) _must_check_;
int image_index_parse(const char *text, size_t len, struct image_index **ret,
		      struct error *err) _must_check_;
int image_config_parse(const char *text, size_t len, struct image_config **ret,
		       struct error *err) _must_check_;

/*
 * image_manifest_check_image() - it is that of a container image, and one that can be fetched:
 * config and layers have types that we know, the config is not too large. Foreign layers, encrypted
 * ones and artifacts are ERR_UNSUPPORTED.
 */
int image_manifest_check_image(const struct image_manifest *m,
			       struct error *err) _must_check_;

/* image_config_check_layers() - there are as many diff ids as layers. */
int image_config_check_layers(const struct image_config *c, size_t n_layers,
			      struct error *err) _must_check_;

/* The documents; caller owns. */
struct json_object *image_manifest_to_json(const struct image_manifest *m);
struct json_object *image_index_to_json(const struct image_index *i);
struct json_object *image_config_to_json(const struct image_config *c);

void image_manifest_free(struct image_manifest *m);
void image_index_free(struct image_index *i);
void image_config_free(struct image_config *c);
DEFINE_CLEANUP(struct image_manifest *, image_manifest_free)
DEFINE_CLEANUP(struct image_index *, image_index_free)
DEFINE_CLEANUP(struct image_config *, image_config_free)
#define cleanup_image_manifest cleanup(image_manifest_freep)
#define cleanup_image_index    cleanup(image_index_freep)
#define cleanup_image_config   cleanup(image_config_freep)

/* A descriptor by itself. copy: of everything; the caller releases. */
void image_descriptor_copy(const struct image_descriptor *from,
			   struct image_descriptor *ret);
void image_descriptor_release(struct image_descriptor *d);
void image_platform_release(struct image_platform *p);
#define cleanup_image_descriptor cleanup(image_descriptor_release)
#define cleanup_image_platform   cleanup(image_platform_release)

/* image_annotation() - the value of a key, or NULL; also for labels. */
const char *image_annotation(const struct spec_key_value *pairs, size_t n,
			     const char *key);
