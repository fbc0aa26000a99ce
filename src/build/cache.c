/* SPDX-License-Identifier: Apache-2.0 */
#include "build/cache.h"

#include <stdlib.h>

#include "build/cache_remote.h"
#include "engine/collect.h"
#include "engine/layer_dir.h"
#include "engine/user_ids.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

/* A use is written down when the last one that was is older: prune looks at hours and days. */
#define USE_AGE (10 * 60 * USEC_PER_SEC)

void cache_init(struct cache *c, const struct engine *e, const struct build_options *o,
		bool no_cache)
{
	*c = CACHE_INIT;
	c->engine = e;
	c->options = o;
	c->no_cache = no_cache;
	c->now_usec = time_now_usec();
}

void cache_release(struct cache *c)
{
	if (c->remote)
		cache_remote_release(c->remote);
	free(c->remote);
	c->remote = NULL;
	fd_cleanup_(&c->layers_fd);
	fd_cleanup_(&c->lock_fd);
	strv_free(c->used);
	c->used = NULL;
}

static int open_remote(struct cache *c, struct error *err)
{
	if (!c->options->cache_from && !c->options->cache_to)
		return 0;
	c->remote = xcalloc(1, sizeof(*c->remote));
	*c->remote = (struct cache_remote){
		.engine = c->engine,
		.options = c->options,
		.single_id = c->single_id,
		.note = c->note,
		.data = c->note_data,
	};
	return cache_remote_open(c->remote, err);
}

static int prepare(struct cache *c, struct error *err)
{
	cleanup_user_ids struct user_ids ids = {0};
	int r;

	if (c->lock_fd >= 0)
		return 0;
	c->lock_fd = collect_fetch_lock(c->engine, err);
	if (c->lock_fd < 0)
		return c->lock_fd;
	user_ids_any(c->engine, &ids);
	c->single_id = ids.single;
	c->layers_fd = layers_open(c->engine, err);
	if (c->layers_fd < 0)
		return c->layers_fd;
	r = layer_boot_id(c->boot_id, err);
	return r < 0 ? r : open_remote(c, err);
}

/* What is removed is first renamed: a directory that has its name is complete. */
static bool are_there(const struct cache *c, char *const *chain_ids)
{
	strv_foreach (chain_id, chain_ids)
		if (!layer_dir_exists(c->layers_fd, *chain_id, c->single_id))
			return false;
	return true;
}

static const char *top_of(char *const *layers)
{
	size_t n = strv_len(layers);

	return n ? layers[n - 1] : NULL;
}

/* 1 if it is of use. */
static int judge(struct cache *c, const struct build_state *before,
		 const struct build_step_record *step, struct error *err)
{
	int64_t ttl = c->options->cache_ttl_usec;

	if (ttl >= 0 && step->created_usec < c->now_usec - ttl)
		return 0;
	if (!str_eq(step->parent, top_of(before->layers)) ||
	    !are_there(c, before->layers))
		return 0;
	if (!step->layer)
		return 1;
	if (!layer_dir_exists(c->layers_fd, step->layer, c->single_id))
		return 0;
	return str_eq(step->boot_id, c->boot_id)
		       ? 1
		       : layer_settle(c->engine, step->layer, c->single_id, step->boot_id,
				      err);
}

static int find_here(struct cache *c, const char *key, const struct build_state *before,
		     struct build_step_record *ret, struct error *err)
{
	cleanup_build_step_record struct build_step_record step = {0};
	int r = build_step_get(c->engine->store, key, c->single_id, &step, err);

	if (r < 0 && err->kind == ERR_NOT_FOUND) {
		error_release(err);
		return 0;
	}
	if (r >= 0)
		r = judge(c, before, &step, err);
	if (r <= 0)
		return r;
	if (step.used_usec < c->now_usec - USE_AGE)
		strv_add(&c->used, key);
	*ret = step;
	step = (struct build_step_record){0};
	return 1;
}

int cache_find(struct cache *c, const char *key, const struct build_state *before,
	       struct build_step_record *ret, struct error *err)
{
	int r;

	if (c->no_cache)
		return 0;
	r = prepare(c, err);
	if (r >= 0)
		r = find_here(c, key, before, ret, err);
	if (r == 0 && c->remote)
		r = cache_remote_find(c->remote, key, before, ret, err);
	if (r >= 0)
		log_debug("build cache: step %.12s is %s", key, r ? "there" : "new");
	return r;
}

int cache_put(struct cache *c, const char *key, const struct build_state *before,
	      const struct layer_drafted *made, const char *text, struct error *err)
{
	int64_t now = time_now_usec();
	const struct build_step_record step = {
		.key = (char *)key,
		.parent = (char *)top_of(before->layers),
		.layer = made->chain_id,
		.diff_id = made->chain_id ? made->diff_id : NULL,
		.tar_size = made->tar_size,
		.created_usec = now,
		.used_usec = now,
		.text = (char *)text,
	};
	int r = prepare(c, err);

	if (r >= 0)
		r = build_step_put(c->engine->store, &step, err);
	return r < 0 || !c->remote ? r : cache_remote_put(c->remote, &step, before, err);
}

int cache_close(struct cache *c, struct error *err)
{
	return build_step_use(c->engine->store, c->used, c->now_usec, err);
}
