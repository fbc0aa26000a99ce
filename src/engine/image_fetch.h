/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Getting images: pull, load and import are one thing from different sources. The transfer program
 * fetches and checks, sandboxed unpackers unpack, here is decided and recorded (transfer/protocol.h).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"
#include "engine/image_progress.h"
#include "transfer/protocol.h"
#include "util/cleanup.h"
#include "util/error.h"

struct image_fetched {
	char **ids; /* owned: of the images, in order */
	char **names; /* owned: canonical names that they were given, for "Loaded image: NAME" */
	bool unchanged; /* known_digest was still right */
};
void image_fetched_release(struct image_fetched *f);
#define cleanup_image_fetched cleanup(image_fetched_release)

struct image_fetch_options {
	struct transfer_fetch fetch; /* borrowed */
	bool single_id;              /* unpack all files as the caller's own */
	const struct image_progress *progress;
	/* commit: what is read (then fetch.input_is_stdin is set), and whether all of that was sound, asked before
	 * the image is on record; no event is told */
	int input_fd;
	int (*confirm)(void *data,
		       struct error *err); /* NULL: fd 0, and there is nothing to ask */
	void *confirm_data;
	/* accept: whether this image is what is wanted, asked when its manifest and config are there and before any layer is fetched */
	int (*accept)(void *data, const struct transfer_image *image, struct error *err);
	void *accept_data;
};

/* image_fetch() - on failure nothing is recorded; blobs that are complete stay for the next try. */
int image_fetch(const struct engine *e, const struct image_fetch_options *o,
		struct image_fetched *ret, struct error *err) _must_check_;

/*
 * image_unpack() - an image on record whose layers are missing in the mode that is asked for (the
 * other one was, or somebody removed them): from its blobs. Without a blob ERR_NOT_FOUND.
 */
struct image_record;
int image_unpack(const struct engine *e, const struct image_record *r,
		 const struct image_fetch_options *o, struct error *err) _must_check_;

enum pull_policy { PULL_MISSING, PULL_ALWAYS, PULL_NEVER, PULL_NEWER };

/* image_get() - for run and pull: the image that the text names, fetched if the policy says so (o's
 * source is set here). "cubby/hello" comes from the installation. */
int image_get(const struct engine *e, const char *text, enum pull_policy policy,
	      const struct image_fetch_options *o, struct image_record *ret,
	      char **ret_name, struct error *err) _must_check_;
