/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --cache-from and --cache-to: what a step made lies in a registry as an image, tagged with the step's key: its config is the stage's so
 * far, its topmost layer what the step made. The manifest's annotation CACHE_KEY_ANNOTATION has the key again, so that a tag which somebody
 * moved or took for something else is no hit, and nothing of it is fetched.
 *
 * The values are buildah's REPOSITORY, or Docker's type=registry,ref=REPOSITORY[:TAG]; the TAG then stands in front of the keys.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "build/options.h"
#include "build/state.h"
#include "engine/engine.h"
#include "engine/layer_draft.h"
#include "store/build_record.h"
#include "util/cleanup.h"
#include "util/error.h"

#define CACHE_KEY_ANNOTATION "org.cubby.build.key"

struct cache_place {      /* owned */
	char *repository; /* "docker.io/team/cache" */
	char *prefix;     /* "buildcache-" or "" */
	bool ignore_error;
	bool off; /* it did not answer: nobody asks it again */
};

/* cache_place_parse() - ERR_INVALID; what other builders know (type=gha, local, inline ...) ERR_UNSUPPORTED with a sentence. */
int cache_place_parse(const char *text, struct cache_place *ret,
		      struct error *err) _must_check_;
void cache_place_release(struct cache_place *p);

/* cache_remote_check() - all of them, before anything is built. */
int cache_remote_check(const struct build_options *o, struct error *err) _must_check_;

struct cache_remote {
	const struct engine *engine;
	const struct build_options *options;
	bool single_id;
	void (*note)(void *data, const char *sentence); /* NULL: nobody */
	void *data;
	struct cache_place *from, *to; /* owned */
	size_t n_from, n_to;
};
int cache_remote_open(struct cache_remote *r, struct error *err) _must_check_;
void cache_remote_release(struct cache_remote *r);

/*
 * cache_remote_find() - 1: the step is in the cache here from now on, *ret says what; 0: nobody has it, or has what can't be used, or does
 * not answer (the note says why).
 */
int cache_remote_find(struct cache_remote *r, const char *key,
		      const struct build_state *before, struct build_step_record *ret,
		      struct error *err) _must_check_;

/* cache_remote_put() - a step that was made just now and is on record. A place that does not take it fails the build, unless it was given
 * with ignore-error=true. */
int cache_remote_put(struct cache_remote *r, const struct build_step_record *step,
		     const struct build_state *before, struct error *err) _must_check_;
