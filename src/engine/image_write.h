/* SPDX-License-Identifier: Apache-2.0 */
/* An image from its config and layers that are here: manifest and config are written as blobs, and the image goes on record. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

struct image_config;
struct spec_key_value;

struct image_write { /* nothing is owned */
	const struct image_config
		*config;     /* complete: created, rootfs.diff_ids, history */
	char *const *layers; /* strv: chain ids, lowest first */
	/* of each layer's blob in the manifest (strv): of a layer that was built here the diff id, Docker's or OCI's type of an uncompressed
	 * tar, and the size of it */
	char *const *blobs, *const *blob_types, *const *blob_sizes;
	const struct spec_key_value *annotations; /* of the manifest; OCI's only */
	size_t n_annotations;
	bool docker;        /* Docker's format */
	char *const *names; /* canonical; they move away from other images */
	bool is_silent;     /* no event is told */
};

/* image_write() - *ret_id: 64 digits; caller frees. The same config twice is the same image. Nothing is written to any layer. */
int image_write(const struct engine *e, const struct image_write *w, char **ret_id,
		struct error *err) _must_check_;
