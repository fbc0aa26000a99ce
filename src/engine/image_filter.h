/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --filter KEY=VALUE of `images` and `image prune`. Values of one key are alternatives, different
 * keys must all hold; labels must all hold. Source: podman-images(1).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "engine/engine.h"
#include "store/image_record.h"
#include "util/cleanup.h"
#include "util/error.h"

struct image_filter; /* one of them, opaque */
struct image_filters {
	const struct engine *engine;     /* borrowed, as all */
	const struct image_records *all; /* who is whose child */
	struct image_filter *items;      /* owned */
	size_t n;
};
void image_filters_release(struct image_filters *f);
#define cleanup_image_filters cleanup(image_filters_release)

/*
 * image_filters_prepare() - typed: a strv as typed, NULL is none; keys known, values well-formed, the
 * images that before= and since= name found (ERR_NOT_FOUND). all: every image on record; what it
 * holds is looked at as long as *ret is used.
 */
int image_filters_prepare(const struct engine *e, char *const *typed,
			  const struct image_records *all, struct image_filters *ret,
			  struct error *err) _must_check_;

bool image_filters_match(const struct image_filters *f, const struct image_record *r);

/* image_filters_match_name() - whether this one of a matching image's names is meant (reference=). */
bool image_filters_match_name(const struct image_filters *f, const struct image_record *r,
			      const char *name);

/* image_is_intermediate() - it has no name, and another image is made of all its layers and more. */
bool image_is_intermediate(const struct image_records *all, const struct image_record *r);

/* image_parent() - the image whose layers are the most of r's lower ones, NULL if there is none. */
const struct image_record *image_parent(const struct image_records *all,
					const struct image_record *r);
