/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the build cache is made of, for those who count and remove: steps, directories of cache mounts, and memories of the files of contexts.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

enum cache_item_kind { CACHE_ITEM_STEP, CACHE_ITEM_MOUNT, CACHE_ITEM_FILES };

/* cache_item_word() - as Docker calls it: "regular", "exec.cachemount", "source.local". */
const char *cache_item_word(enum cache_item_kind kind);

struct cache_item { /* strings owned */
	enum cache_item_kind kind;
	char *id;     /* a step's key, a directory's name */
	char *parent; /* steps: chain id that it stands on; NULL */
	char *layer;  /* steps: NULL: none */
	char *text;   /* the instruction, the mount's id */
	int64_t size; /* bytes on disk */
	int64_t created_usec, used_usec, n_uses;
	bool in_use; /* a step: an image has its files; a mount: somebody has it */
	bool shared; /* its bytes are an image's too, or an item's before it: they count there */
};

struct cache_items {
	struct cache_item *items; /* owned; what was used last first */
	size_t n;
};
void cache_items_release(struct cache_items *list);
#define cleanup_cache_items cleanup(cache_items_release)

/* cache_item_list() - all there is. Directories are walked for their sizes. */
int cache_item_list(const struct engine *e, struct cache_items *ret,
		    struct error *err) _must_check_;

struct cache_sum {
	size_t n, n_in_use;
	int64_t size,
		reclaimable; /* bytes that count here; those of them that prune without --all gives back */
};
struct cache_sum cache_item_sum(const struct cache_items *list);
