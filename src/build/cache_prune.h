/* SPDX-License-Identifier: Apache-2.0 */
/* Removing from the build cache. Source: docker-builder-prune(1), docker-buildx-prune(1). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

struct cache_prune_options {  /* nothing is owned */
	bool all;             /* also what images have: the next build makes it again */
	char *const *filters; /* strv "KEY=VALUE"; see cache_prune_check() */
	int64_t keep_bytes;   /* that much may stay, of what was used last; 0: nothing */
};

struct cache_pruned {  /* owned */
	char **ids;    /* strv: what went */
	int64_t freed; /* bytes, as du counts them */
	bool busy; /* a build or a pull is going on, whose steps these may be: steps were left */
};
void cache_pruned_release(struct cache_pruned *p);
#define cleanup_cache_pruned cleanup(cache_pruned_release)

/*
 * cache_prune_check() - until (unused-for): not used since; id (a beginning of one), parent, type, description (a part of it): one of a
 * key must hold; inuse, shared, private: true or false. KEY!=VALUE: the contrary. ERR_INVALID.
 */
int cache_prune_check(char *const *filters, struct error *err) _must_check_;

int cache_prune(const struct engine *e, const struct cache_prune_options *o,
		struct cache_pruned *ret, struct error *err) _must_check_;
