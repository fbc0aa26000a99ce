/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What no image needs any more, taken out of the store: layers, blobs, and what killed processes
 * left. Whatever moment this is killed at, it leaves rubbish that the next one takes.
 *
 * Who fetches, or builds, holds a shared lock. While somebody does, complete blobs and layers that are not yet an
 * image's are left alone, as they may be his. An image's own ones are taken at once nonetheless:
 * somebody who has just found them there is told so when he records (image_record_insert()), and gets
 * them again.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

struct image_record;

struct collected {
	int64_t freed; /* bytes, as du counts them */
	size_t n_layers, n_blobs;
	size_t n_partial;   /* downloads that nobody goes on with */
	size_t n_left_over; /* directories of killed unpackers, or on their way out */
	size_t n_nameless;  /* layers that are not on record */
	bool fetching;      /* somebody was: not all was looked at */
};

/* collect_fetch_lock() - for those who fetch, to be held until the image is recorded. Return: fd. */
int collect_fetch_lock(const struct engine *e, struct error *err) _must_check_;
/* collect_lock_alone() - for those who remove what a build may have found in the cache; nobody fetches or builds until it is closed. While
 * somebody does: ERR_UNAVAILABLE. Return: fd. */
int collect_lock_alone(const struct engine *e, struct error *err) _must_check_;

/* collect_image() - what an image held whose record is gone. ret is added to. */
int collect_image(const struct engine *e, const struct image_record *gone,
		  struct collected *ret, struct error *err) _must_check_;

/* collect_all() - everything. look_only: count what there is and take nothing away. */
int collect_all(const struct engine *e, bool look_only, struct collected *ret,
		struct error *err) _must_check_;
