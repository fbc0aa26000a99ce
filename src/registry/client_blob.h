/* SPDX-License-Identifier: Apache-2.0 */
/* Blobs out of a registry. OCI distribution specification, "Pulling blobs". */
#pragma once

#include <stdint.h>

#include "image/blob_writer.h"
#include "registry/client.h"

/*
 * client_get_blob() - bytes of the blob to w, from blob_writer_offset(w) on up to `size`; a cut connection
 * goes on where it was. Does not finish w. A registry that has another size for it is ERR_INVALID.
 */
int client_get_blob(struct client *c, const char *repository, const char *digest,
		    int64_t size, struct blob_writer *w, struct error *err) _must_check_;

/* client_has_blob() - 1, 0; scopes as in client_call. */
int client_has_blob(struct client *c, const char *repository, const char *digest,
		    const char *scopes, struct error *err) _must_check_;
