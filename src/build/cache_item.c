/* SPDX-License-Identifier: Apache-2.0 */
#include "build/cache_item.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "build/cache_mount.h"
#include "build/file_hash.h"
#include "engine/disk_usage.h"
#include "store/build_record.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define ID_MAX 65536 /* bytes of a cache mount's id */

const char *cache_item_word(enum cache_item_kind kind)
{
	static const char *const words[] = {
		[CACHE_ITEM_STEP] = "regular",
		[CACHE_ITEM_MOUNT] = "exec.cachemount",
		[CACHE_ITEM_FILES] = "source.local",
	};

	return words[kind];
}

void cache_items_release(struct cache_items *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->items[i].id);
		free(list->items[i].parent);
		free(list->items[i].layer);
		free(list->items[i].text);
	}
	free(list->items);
	*list = (struct cache_items){0};
}

static struct cache_item *add(struct cache_items *list, enum cache_item_kind kind,
			      const char *id)
{
	struct cache_item *item;

	list->items = xreallocarray(list->items, list->n + 1, sizeof(*list->items));
	item = &list->items[list->n++];
	*item = (struct cache_item){.kind = kind, .id = xstrdup(id)};
	return item;
}

static bool has_layer(const struct cache_items *list, const char *layer)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->items[i].layer, layer))
			return true;
	return false;
}

static int list_steps(const struct engine *e, struct cache_items *list, struct error *err)
{
	cleanup_build_step_records struct build_step_records steps = {0};
	int r = build_step_list(e->store, &steps, err);

	for (size_t i = 0; r >= 0 && i < steps.n; i++) {
		struct build_step_record *step = &steps.items[i];
		bool shared =
			step->layer && (step->in_image || has_layer(list, step->layer));
		struct cache_item *item = add(list, CACHE_ITEM_STEP, step->key);

		item->parent = TAKE_PTR(step->parent);
		item->layer = TAKE_PTR(step->layer);
		item->text = TAKE_PTR(step->text);
		item->size = step->disk_size;
		item->created_usec = step->created_usec;
		item->used_usec = step->used_usec;
		item->n_uses = step->n_uses;
		item->in_use = step->in_image;
		item->shared = shared;
	}
	return r;
}

static int64_t mtime_usec(const struct stat *st)
{
	return st->st_mtim.tv_sec * USEC_PER_SEC + st->st_mtim.tv_nsec / 1000;
}

static bool is_locked(int dir_fd, const char *name)
{
	cleanup_fd int fd =
		openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0;
}

static void describe_mount(int dir_fd, const char *name, struct cache_item *item)
{
	cleanup_free char *id_path = fs_join(name, "id");
	cleanup_error struct error err = ERROR_INIT;
	struct stat st;
	size_t len;

	item->in_use = is_locked(dir_fd, name);
	if (fs_read(dir_fd, id_path, ID_MAX, &item->text, &len, &err) < 0)
		error_drop(&err, "it was not completed");
	if (fstatat(dir_fd, id_path, &st, AT_SYMLINK_NOFOLLOW) == 0)
		item->created_usec = mtime_usec(&st);
}

static int list_dir(const struct engine *e, enum cache_item_kind kind, const char *below,
		    struct cache_items *list, struct error *err)
{
	cleanup_free char *path = fs_join(e->paths.data, below);
	cleanup_dir DIR *dir = opendir(path);
	struct dirent *entry;

	if (!dir && errno == ENOENT)
		return 0;
	if (!dir)
		return error_set(err, ERR_SYSTEM, errno, "list %s", path);
	while ((entry = readdir(dir))) {
		struct cache_item *item;
		struct stat st;

		if (entry->d_name[0] == '.' || str_eq(entry->d_name, FILE_HASH_LOCK) ||
		    fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		item = add(list, kind, entry->d_name);
		item->created_usec = item->used_usec = mtime_usec(&st);
		if (kind == CACHE_ITEM_MOUNT)
			describe_mount(dirfd(dir), entry->d_name, item);
		else
			item->size = disk_usage_own(dirfd(dir), entry->d_name);
		if (!item->text)
			item->text = xstrdup("files of a context");
	}
	return 0;
}

/* A layer's size is on record; what RUN has put into a cache is not. */
static int measure_mounts(const struct engine *e, struct cache_items *list,
			  struct error *err)
{
	cleanup_free int64_t *sizes = xcalloc(list->n + 1, sizeof(*sizes));
	cleanup_strv char **paths = NULL;
	int64_t *size = sizes;
	int r;

	for (size_t i = 0; i < list->n; i++)
		if (list->items[i].kind == CACHE_ITEM_MOUNT)
			strv_addf(&paths, "%s/%s/%s", e->paths.data, CACHE_MOUNT_DIR,
				  list->items[i].id);
	r = disk_usage(e, paths, sizes, err);
	for (size_t i = 0; r >= 0 && i < list->n; i++)
		if (list->items[i].kind == CACHE_ITEM_MOUNT)
			list->items[i].size = *size++;
	return r;
}

static int by_use(const void *a, const void *b)
{
	const struct cache_item *x = a, *y = b;

	if (x->used_usec != y->used_usec)
		return x->used_usec > y->used_usec ? -1 : 1;
	return strcmp(x->id, y->id);
}

int cache_item_list(const struct engine *e, struct cache_items *ret, struct error *err)
{
	cleanup_cache_items struct cache_items list = {0};
	int r = list_steps(e, &list, err);

	if (r >= 0)
		r = list_dir(e, CACHE_ITEM_MOUNT, CACHE_MOUNT_DIR, &list, err);
	if (r >= 0)
		r = list_dir(e, CACHE_ITEM_FILES, FILE_HASH_DIR, &list, err);
	if (r >= 0)
		r = measure_mounts(e, &list, err);
	if (r < 0)
		return r;
	if (list.n)
		qsort(list.items, list.n, sizeof(*list.items), by_use);
	*ret = list;
	list = (struct cache_items){0};
	return 0;
}

struct cache_sum cache_item_sum(const struct cache_items *list)
{
	struct cache_sum sum = {.n = list->n};

	for (size_t i = 0; i < list->n; i++) {
		const struct cache_item *item = &list->items[i];
		int64_t counted = item->shared ? 0 : item->size;

		sum.n_in_use += item->in_use;
		sum.size += counted;
		sum.reclaimable += item->in_use ? 0 : counted;
	}
	return sum;
}
