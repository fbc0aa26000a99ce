/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The media types of images and their parts, OCI's and Docker's. Names only: what bytes really
 * are is found by looking at them. Sources: OCI image specification media-types.md; Docker's
 * image manifest version 2, schema 2.
 */
#pragma once

#include <stdbool.h>

#define MEDIA_TYPE_OCI_INDEX        "application/vnd.oci.image.index.v1+json"
#define MEDIA_TYPE_OCI_MANIFEST     "application/vnd.oci.image.manifest.v1+json"
#define MEDIA_TYPE_OCI_CONFIG       "application/vnd.oci.image.config.v1+json"
#define MEDIA_TYPE_OCI_EMPTY        "application/vnd.oci.empty.v1+json"
#define MEDIA_TYPE_OCI_LAYER        "application/vnd.oci.image.layer.v1.tar"
#define MEDIA_TYPE_OCI_LAYER_GZIP   MEDIA_TYPE_OCI_LAYER "+gzip"
#define MEDIA_TYPE_OCI_LAYER_ZSTD   MEDIA_TYPE_OCI_LAYER "+zstd"
#define MEDIA_TYPE_OCI_FOREIGN      "application/vnd.oci.image.layer.nondistributable.v1.tar"
#define MEDIA_TYPE_OCI_FOREIGN_GZIP MEDIA_TYPE_OCI_FOREIGN "+gzip"
#define MEDIA_TYPE_OCI_FOREIGN_ZSTD MEDIA_TYPE_OCI_FOREIGN "+zstd"

#define MEDIA_TYPE_DOCKER_LIST         "application/vnd.docker.distribution.manifest.list.v2+json"
#define MEDIA_TYPE_DOCKER_MANIFEST     "application/vnd.docker.distribution.manifest.v2+json"
#define MEDIA_TYPE_DOCKER_CONFIG       "application/vnd.docker.container.image.v1+json"
#define MEDIA_TYPE_DOCKER_LAYER        "application/vnd.docker.image.rootfs.diff.tar"
#define MEDIA_TYPE_DOCKER_LAYER_GZIP   MEDIA_TYPE_DOCKER_LAYER ".gzip"
#define MEDIA_TYPE_DOCKER_LAYER_ZSTD   MEDIA_TYPE_DOCKER_LAYER ".zstd"
#define MEDIA_TYPE_DOCKER_FOREIGN      "application/vnd.docker.image.rootfs.foreign.diff.tar"
#define MEDIA_TYPE_DOCKER_FOREIGN_GZIP MEDIA_TYPE_DOCKER_FOREIGN ".gzip"

/* Schema 1, which is refused. */
#define MEDIA_TYPE_DOCKER_SCHEMA1 "application/vnd.docker.distribution.manifest.v1+json"
#define MEDIA_TYPE_DOCKER_SCHEMA1_SIGNED \
	"application/vnd.docker.distribution.manifest.v1+prettyjws"

enum media_kind {
	MEDIA_OTHER, /* also NULL */
	MEDIA_MANIFEST,
	MEDIA_INDEX,
	MEDIA_CONFIG,
	MEDIA_LAYER,
	MEDIA_FOREIGN_LAYER, /* not in registries, only at the URLs that the descriptor names */
	MEDIA_SCHEMA1,
};

/* media_type_kind() - of a media type, exactly as in the list above. */
enum media_kind media_type_kind(const char *type);

/* The same as questions; NULL is none of them. A foreign layer is a layer as well. */
bool media_type_is_manifest(const char *type);
bool media_type_is_index(const char *type);
bool media_type_is_config(const char *type);
bool media_type_is_layer(const char *type);
bool media_type_is_foreign(const char *type);
bool media_type_is_docker(const char *type); /* one of Docker's in the list above */

/* media_type_compression() - "none", "gzip", "zstd" by the name of a layer's type; NULL if it is no
 * layer's. */
const char *media_type_compression(const char *type);

/* media_type_layer() - the type for a layer that is compressed with "none", "gzip" or "zstd"; NULL
 * for others. */
const char *media_type_layer(bool docker, const char *compression);

/*
 * media_type_header() - the value of a Content-Type header as one of the types above: parameters,
 * blanks and case do not matter. NULL if it is none of them (application/json, text/plain, ...), or if
 * there is no such header (NULL). RFC 9110 8.3.
 */
const char *media_type_header(const char *value);
