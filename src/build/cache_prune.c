/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. A step's record goes first, in a transaction that ends before anything else is touched: from then on no build finds it.
 * Then its layer is an unheld one, and goes as those of removed images do. That a build found the step just before is why all builds hold
 * the lock of those who fetch, and steps only go while nobody has it. A cache mount's directory goes under its own lock, out of the way first.
 */
#include "build/cache_prune.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

#include "build/cache_item.h"
#include "build/cache_mount.h"
#include "build/file_hash.h"
#include "engine/collect.h"
#include "engine/user_ids.h"
#include "store/build_record.h"
#include "store/image_record.h"
#include "util/fs.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define OLD_PREFIX ".old-"

struct filter {
	const char *key;
	size_t key_len;
	bool negated;
	const char *value;
};

struct filter_key {
	const char *key;
	bool (*matches)(const struct cache_item *item, const char *value);
	bool (*is_valid)(const char *value);
};

static bool is_time(const char *value)
{
	int64_t usec;

	return time_parse(value, &usec) >= 0;
}

static bool is_bool(const char *value)
{
	return str_empty(value) || str_eq(value, "true") || str_eq(value, "false") ||
	       str_eq(value, "1") || str_eq(value, "0");
}

static bool is_any(const char *value)
{
	return !str_empty(value);
}

static bool says(const char *value, bool is)
{
	return is == (str_empty(value) || str_eq(value, "true") || str_eq(value, "1"));
}

static bool match_until(const struct cache_item *item, const char *value)
{
	int64_t usec = 0;

	return time_parse(value, &usec) >= 0 && item->used_usec < usec;
}

static bool match_id(const struct cache_item *item, const char *value)
{
	return str_starts(item->id, value);
}

static bool match_parent(const struct cache_item *item, const char *value)
{
	return item->parent && (str_starts(item->parent, value) ||
				str_starts(item->parent + strlen("sha256:"), value));
}

static bool match_type(const struct cache_item *item, const char *value)
{
	return str_eq(cache_item_word(item->kind), value);
}

static bool match_description(const struct cache_item *item, const char *value)
{
	return strstr(item->text, value) != NULL;
}

static bool match_inuse(const struct cache_item *item, const char *value)
{
	return says(value, item->in_use);
}

static bool match_shared(const struct cache_item *item, const char *value)
{
	return says(value, item->shared);
}

static bool match_private(const struct cache_item *item, const char *value)
{
	return says(value, !item->shared);
}

static const struct filter_key keys[] = {
	{"until", match_until, is_time},
	{"unused-for", match_until, is_time},
	{"id", match_id, is_any},
	{"parent", match_parent, is_any},
	{"type", match_type, is_any},
	{"description", match_description, is_any},
	{"inuse", match_inuse, is_bool},
	{"shared", match_shared, is_bool},
	{"private", match_private, is_bool},
};

static struct filter parse(const char *text)
{
	const char *equals = strchr(text, '=');
	struct filter f = {.key = text, .value = equals ? equals + 1 : ""};

	f.key_len = equals ? (size_t)(equals - text) : strlen(text);
	f.negated = f.key_len > 0 && equals && equals[-1] == '!';
	f.key_len -= f.negated;
	return f;
}

static const struct filter_key *key_of(const struct filter *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strlen(keys[i].key) == f->key_len &&
		    strncmp(keys[i].key, f->key, f->key_len) == 0)
			return &keys[i];
	return NULL;
}

int cache_prune_check(char *const *filters, struct error *err)
{
	strv_foreach (text, filters) {
		const struct filter f = parse(*text);
		const struct filter_key *key = key_of(&f);

		if (!key) {
			error_set(err, ERR_INVALID, 0, "invalid filter \"%s\"", *text);
			return error_hint(
				err,
				"The filters are until=, unused-for=, id=, parent=, type=, description=, inuse=, shared=, private=");
		}
		if (!key->is_valid(f.value))
			return error_set(err, ERR_INVALID, 0,
					 "filter \"%s\": not a value for %s", *text,
					 key->key);
	}
	return 0;
}

/* Of one key one must hold; of several, each. */
static bool holds(char *const *filters, const struct filter_key *key,
		  const struct cache_item *item)
{
	bool asked = false;

	strv_foreach (text, filters) {
		const struct filter f = parse(*text);

		if (key_of(&f) != key)
			continue;
		if (f.negated && key->matches(item, f.value))
			return false;
		if (f.negated)
			continue;
		if (key->matches(item, f.value))
			return true;
		asked = true;
	}
	return !asked;
}

static bool is_wanted(const struct cache_prune_options *o, const struct cache_item *item)
{
	if (item->in_use && (!o->all || item->kind == CACHE_ITEM_MOUNT))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!holds(o->filters, &keys[i], item))
			return false;
	return true;
}

void cache_pruned_release(struct cache_pruned *p)
{
	strv_free(p->ids);
	*p = (struct cache_pruned){0};
}

struct pruning {
	const struct engine *engine;
	struct cache_pruned *done;
	char **keys, **layers; /* of the steps that go */
	char **trees;          /* directories that are out of the way */
};

static void pruning_release(struct pruning *p)
{
	strv_free(p->keys);
	strv_free(p->layers);
	strv_free(p->trees);
}

static char *mounts_dir(const struct pruning *p)
{
	return fs_join(p->engine->paths.data, CACHE_MOUNT_DIR);
}

/* What somebody who was killed had put out of the way. */
static void add_left_over(struct pruning *p)
{
	cleanup_free char *path = mounts_dir(p);
	cleanup_dir DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (str_starts(entry->d_name, OLD_PREFIX))
			strv_add_take(&p->trees, fs_join(path, entry->d_name));
}

static int take_mount(struct pruning *p, const struct cache_item *item, struct error *err)
{
	cleanup_free char *dir = mounts_dir(p), *path = fs_join(dir, item->id);
	cleanup_free char *old = xasprintf("%s/" OLD_PREFIX "%lld-%s", dir,
					   (long long)time_now_usec(), item->id);
	cleanup_fd int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return 0;
	if (rename(path, old) < 0)
		return error_set(err, ERR_SYSTEM, errno, "remove %s", path);
	strv_add(&p->trees, old);
	strv_add(&p->done->ids, item->id);
	p->done->freed += item->size;
	return 0;
}

static int take_files(struct pruning *p, const struct cache_item *item, struct error *err)
{
	cleanup_free char *path =
		xasprintf("%s/%s/%s", p->engine->paths.data, FILE_HASH_DIR, item->id);

	if (unlink(path) < 0 && errno != ENOENT)
		return error_set(err, ERR_SYSTEM, errno, "remove %s", path);
	strv_add(&p->done->ids, item->id);
	p->done->freed += item->size;
	return 0;
}

static int take(struct pruning *p, const struct cache_item *item, struct error *err)
{
	switch (item->kind) {
	case CACHE_ITEM_STEP:
		strv_add(&p->keys, item->id);
		if (item->layer && !strv_has(p->layers, item->layer))
			strv_add(&p->layers, item->layer);
		return 0;
	case CACHE_ITEM_MOUNT:
		return take_mount(p, item, err);
	case CACHE_ITEM_FILES:
		return take_files(p, item, err);
	}
	return 0;
}

static int take_steps(struct pruning *p, struct error *err)
{
	const struct image_record unheld = {.layers = p->layers};
	struct collected collected = {0};
	cleanup_fd int lock_fd = -EBADF;
	int r;

	if (!p->keys)
		return 0;
	lock_fd = collect_lock_alone(p->engine, err);
	if (lock_fd < 0 && err->kind == ERR_UNAVAILABLE) {
		error_drop(err, "these steps may be a build's that is going on");
		p->done->busy = true;
		return 0;
	}
	if (lock_fd < 0)
		return lock_fd;
	r = build_steps_delete(p->engine->store, p->keys, err);
	if (r >= 0)
		r = collect_image(p->engine, &unheld, &collected, err);
	if (r < 0)
		return r;
	strv_foreach (key, p->keys)
		strv_add(&p->done->ids, *key);
	p->done->freed += collected.freed;
	return 0;
}

int cache_prune(const struct engine *e, const struct cache_prune_options *o,
		struct cache_pruned *ret, struct error *err)
{
	cleanup(pruning_release) struct pruning p = {.engine = e, .done = ret};
	cleanup_cache_items struct cache_items list = {0};
	int64_t left;
	int r = cache_prune_check(o->filters, err);

	if (r >= 0)
		r = cache_item_list(e, &list, err);
	if (r < 0)
		return r;
	add_left_over(&p);
	left = cache_item_sum(&list).size;
	/* what was not used for the longest time goes first */
	for (size_t i = list.n; r >= 0 && i-- > 0;) {
		const struct cache_item *item = &list.items[i];

		if (o->keep_bytes > 0 && left <= o->keep_bytes)
			break;
		if (!is_wanted(o, item))
			continue;
		left -= item->shared ? 0 : item->size;
		r = take(&p, item, err);
	}
	if (r >= 0)
		r = take_steps(&p, err);
	return r < 0 ? r : user_ids_remove_trees(e, AT_FDCWD, p.trees, err);
}
