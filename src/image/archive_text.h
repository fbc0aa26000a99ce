/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests and names out of archives, for all kinds of them. */
#pragma once

#include <stddef.h>

#include "image/source.h"
#include "util/cleanup.h"
#include "util/error.h"

struct archive_files;

/* archive_text_read() - a manifest or an index; d (may be NULL): what it has to be, digest and
 * size. media_type is what d says, or NULL. */
int archive_text_read(const struct archive_files *f, const char *path,
		      const struct image_descriptor *d, struct image_text *ret,
		      struct error *err) _must_check_;

/* archive_text_check() - these bytes have this digest; what: for the message. */
int archive_text_check(const void *data, size_t len, const char *digest, const char *what,
		       struct error *err) _must_check_;

/* archive_name() - a name found in an archive as a canonical one; a short one is that of
 * `registry` ("localhost", or NULL: Docker's meaning). NULL if it is no reference: then the image
 * has no name. Caller frees. */
char *archive_name(const char *text, const char *registry);

/* archive_names_add() - to a strv, once. */
void archive_names_add(char ***names, char *name /* taken; may be NULL */);
