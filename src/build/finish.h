/* SPDX-License-Identifier: Apache-2.0 */
/* The target's state becomes an image on record, with its names. */
#pragma once

#include "build/event.h"
#include "build/options.h"
#include "build/state.h"
#include "engine/engine.h"
#include "util/error.h"

struct finish {                      /* nothing is owned */
	const struct engine *engine; /* its store is open */
	const struct build_options *options;
	const struct build_listener *listener;
	const struct build_event *event; /* template */
};

/*
 * finish_image() - *ret_id: caller frees. A state that is nothing but its base image is that image, with more names. History goes if that is
 * wanted. Annotations are the base image's, what it was, and the user's; Docker's format has none.
 */
int finish_image(const struct finish *f, struct build_state *s, char **ret_id,
		 struct error *err) _must_check_;
