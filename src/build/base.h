/* SPDX-License-Identifier: Apache-2.0 */
/* What a stage begins with: an image, fetched if it is not there, or nothing. */
#pragma once

#include <stdbool.h>

#include "build/options.h"
#include "build/state.h"
#include "engine/engine.h"
#include "engine/image_progress.h"
#include "store/image_record.h"
#include "util/cleanup.h"
#include "util/error.h"

struct base_request {                /* nothing is owned */
	const struct engine *engine; /* its store is open */
	const struct build_options *options;
	bool single_id;
	const char *name;     /* as FROM, COPY --from, from= have it */
	const char *platform; /* of FROM; NULL: the build's */
	const struct image_progress *progress;
};

/* base_image() - the image that a name means, with its layers in place: fetched if the policy wants that. A name of --build-context that is an image is
 * that one. */
int base_image(const struct base_request *q, struct image_record *ret, char **ret_name,
	       struct error *err) _must_check_;

/* base_state() - what a stage has that begins with it; "scratch" is nothing but a platform and a PATH. */
int base_state(const struct base_request *q, struct build_state *ret,
	       struct error *err) _must_check_;

/* base_context() - what --build-context says about a name: "/dir", "docker-image://..."; NULL: nothing. */
const char *base_context(const struct build_options *o, const char *name);
