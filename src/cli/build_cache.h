/* SPDX-License-Identifier: Apache-2.0 */
/* The build cache on the screen: what the commands that prune and count share. */
#pragma once

#include "build/cache_item.h"
#include "build/cache_prune.h"
#include "cli/template_heading.h"
#include "engine/engine.h"
#include "util/error.h"

struct json_object;

/* build_cache_prune() - and print, as Docker does, what went. *ret_freed is added to. */
int build_cache_prune(const struct engine *e, const struct cache_prune_options *o,
		      int64_t *ret_freed, struct error *err) _must_check_;

/* build_cache_rows() - what `system df -v` has of each, for templates. Caller owns it. */
struct json_object *build_cache_rows(const struct cache_items *list);
#define BUILD_CACHE_TABLE \
	"{{.CacheID}}\t{{.Size}}\t{{.LastUsedSince}}\t{{.UsageCount}}\t{{.Shared}}\t{{.Description}}"
extern const struct template_heading build_cache_headings[];
