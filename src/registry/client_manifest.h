/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests and indexes of a registry, checked. OCI distribution specification, "Pulling
 * manifests", "Pushing manifests". */
#pragma once

#include "image/source.h"
#include "registry/client.h"

/*
 * client_get_manifest() - reference: a tag or a digest. Its bytes' digest is computed, compared with the
 * digest that was asked for and with the one that the registry says. media_type is what the document
 * is (image_document_type()). At most IMAGE_MANIFEST_MAX bytes. Missing is ERR_NOT_FOUND. Caller
 * releases.
 */
int client_get_manifest(struct client *c, const char *repository, const char *reference,
			struct image_text *ret, struct error *err) _must_check_;

/* client_put_manifest() - reference: a tag, or m->digest. */
int client_put_manifest(struct client *c, const char *repository, const char *reference,
			const struct image_text *m, struct error *err) _must_check_;
