/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The build cache as the loop over a stage's instructions uses it: one struct cache for each stage, in the process that works on it. A step
 * that is found costs two short reads, nothing is written until the stage is done, and not even then if all that was found was also used
 * a short while ago. --cache-from, --cache-to (build/cache_remote.h) and --cache-ttl happen in here.
 *
 *	cache_init(&c, e, options, no_cache);
 *	r = cache_find(&c, key, state, &found, err);           1: found->layer is to be put onto the state (NULL: no files)
 *	if (r == 0) ... layer_draft_commit(), then at once cache_put(), then layer_draft_release()
 *	cache_close(&c, err);                                  at the end of the stage; cache_release() in any case
 */
#pragma once

#include <stdbool.h>

#include "build/options.h"
#include "build/state.h"
#include "engine/engine.h"
#include "engine/layer_draft.h"
#include "engine/layer_settle.h"
#include "store/build_record.h"
#include "util/cleanup.h"
#include "util/error.h"

struct cache {
	const struct engine *engine;
	const struct build_options *options;
	bool no_cache; /* nothing is found; what is made is put there all the same */
	char **used;   /* owned; keys that were found and whose time of use is old */
	int64_t now_usec;
	bool single_id;                   /* how this user's layers are unpacked */
	char boot_id[LAYER_BOOT_ID_SIZE]; /* of this boot */
	struct cache_remote
		*remote; /* owned; NULL: neither --cache-from nor --cache-to */
	/* may be set after cache_init(): a registry that does not answer, for people */
	void (*note)(void *data, const char *sentence);
	void *note_data;
	int layers_fd; /* owned */
	int lock_fd; /* owned; as long as somebody has it `builder prune` and `image prune` take no layer that is no image's */
};
#define CACHE_INIT ((struct cache){.layers_fd = -EBADF, .lock_fd = -EBADF})

/* cache_init() - no_cache: of this stage (--no-cache, --no-cache-filter). The engine's store is open, and this process's own. */
void cache_init(struct cache *c, const struct engine *e, const struct build_options *o,
		bool no_cache);
void cache_release(struct cache *c);
#define cleanup_cache cleanup(cache_release)

/*
 * cache_find() - what the step with this key (KEY_TEXT_MAX) made on top of `before`. Return: 1 with *ret; 0: nobody knows, or a layer of it or
 * below it is not there any more, or is older than --cache-ttl; a registry of --cache-from was asked too.
 */
int cache_find(struct cache *c, const char *key, const struct build_state *before,
	       struct build_step_record *ret, struct error *err) _must_check_;

/* cache_put() - on record from now on, which also holds the layer. made->chain_id NULL: the step made no files. Also sent to --cache-to's
 * registries; that this fails is an error (as with buildah), but the step is in the cache. text: the instruction. */
int cache_put(struct cache *c, const char *key, const struct build_state *before,
	      const struct layer_drafted *made, const char *text,
	      struct error *err) _must_check_;

/* cache_close() - writes down what was used. */
int cache_close(struct cache *c, struct error *err) _must_check_;
