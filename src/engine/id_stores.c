/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/id_stores.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define LIST_MAX (1 << 20)

void id_holdings_release(struct id_holdings *h)
{
	for (size_t i = 0; i < h->n; i++) {
		free(h->items[i].data);
		id_ranges_release(&h->items[i].ranges);
	}
	free(h->items);
	*h = (struct id_holdings){0};
}

/* One store has one name, whatever links lead to it. Caller frees. */
static char *real_name(const char *path)
{
	char *real = realpath(path, NULL);

	return real ? real : xstrdup(path);
}

/*
 * Where the list lies. Without a place of the user's, or where that is somebody else's as for root of a
 * namespace on a host where root has stores too, the store has it to itself. Caller frees.
 */
static char *list_dir(const struct engine *e, bool make)
{
	cleanup_error struct error err = ERROR_INIT;
	struct engine_paths usual = {0};
	cleanup_fd int dirfd = -EBADF;
	char *dir = NULL;
	int r = engine_paths_from_environment(NULL, NULL, &usual, &err);

	if (r >= 0 && make)
		r = dirfd = fs_open_own_dir(usual.data, 0700, &err);
	else if (r >= 0 && access(usual.data, R_OK | W_OK | X_OK) < 0 && errno != ENOENT)
		r = error_set(&err, ERR_DENIED, errno, "look into %s", usual.data);
	if (r >= 0)
		dir = xstrdup(usual.data);
	else
		error_drop(&err, "this store stands alone");
	engine_paths_release(&usual);
	return dir ? dir : xstrdup(e->paths.data);
}

/* The paths on the list (strv). */
static int read_list(const char *path, char ***ret, struct error *err)
{
	cleanup_free char *text = NULL;
	size_t len = 0;
	int r = fs_read(AT_FDCWD, path, LIST_MAX, &text, &len, err);

	if (r == -ENOENT) {
		error_release(err);
		return 0;
	}
	for (size_t at = 0; r >= 0 && at < len; at += strlen(text + at) + 1)
		if (text[at] == '/')
			strv_add(ret, text + at);
	return r < 0 ? r : 0;
}

static int write_list(const char *path, char *const *stores, struct error *err)
{
	cleanup_buf struct buf text;

	buf_init(&text, LIST_MAX);
	strv_foreach (store, stores)
		if (buf_add(&text, *store, strlen(*store) + 1) < 0)
			return error_set(err, ERR_SYSTEM, E2BIG, "write %s", path);
	return fs_write_atomic(AT_FDCWD, path, text.data ? text.data : "", text.len, 0600,
			       FS_WRITE_SYNC, err);
}

/* Which of them are still there, and this one. */
static int update_list(const char *path, const char *own, struct error *err)
{
	cleanup_strv char **listed = NULL, **kept = NULL;
	int r = read_list(path, &listed, err);

	if (r < 0)
		return r;
	strv_foreach (store, listed)
		if (store_is_there(*store) && !strv_has(kept, *store))
			strv_add(&kept, *store);
	if (strv_has(kept, own) && strv_len(kept) == strv_len(listed))
		return 0;
	if (!strv_has(kept, own))
		strv_add(&kept, own);
	return write_list(path, kept, err);
}

int id_stores_lock(const struct engine *e, struct error *err)
{
	cleanup_free char *dir = list_dir(e, true), *path = fs_join(dir, STORES_FILE);
	cleanup_free char *lock_path = xasprintf("%s.lock", path);
	cleanup_free char *own = real_name(e->paths.data);
	cleanup_fd int lock_fd = -EBADF;
	int r;

	lock_fd = fs_lock(AT_FDCWD, lock_path, true, true, err);
	if (lock_fd < 0)
		return lock_fd;
	r = update_list(path, own, err);
	return r < 0 ? r : TAKE_FD(lock_fd);
}

static struct id_holding *add_holding(struct id_holdings *h, const char *data, bool own)
{
	h->items = xreallocarray(h->items, h->n + 1, sizeof(*h->items));
	h->items[h->n] = (struct id_holding){.data = xstrdup(data), .own = own};
	return &h->items[h->n++];
}

static int look_at(const char *data, struct id_holdings *h, struct error *err)
{
	cleanup_store struct store *other = NULL;
	int r = store_open_to_look(data, &other, err);

	if (r < 0 && err->kind == ERR_NOT_FOUND) {
		error_drop(err, "a store that is gone holds nothing");
		return 0;
	}
	if (r >= 0)
		r = id_range_list(other, &add_holding(h, data, false)->ranges, err);
	if (r >= 0)
		return 0;
	if (err->code == ENOENT) {
		error_drop(err, "it was removed while we looked");
		return 0;
	}
	error_wrap(err, "look which ids are held in %s", data);
	return error_hint(
		err, "If that store is not needed any more, move it away: mv %s %s.old",
		data, data);
}

int id_stores_look(const struct engine *e, struct id_holdings *ret, struct error *err)
{
	cleanup_id_holdings struct id_holdings h = {0};
	cleanup_free char *dir = list_dir(e, false), *path = fs_join(dir, STORES_FILE);
	cleanup_free char *own = real_name(e->paths.data), *usual = real_name(dir);
	cleanup_strv char **stores = NULL;
	int r;

	r = id_range_list(e->store, &add_holding(&h, e->paths.data, true)->ranges, err);
	if (r >= 0)
		r = read_list(path, &stores, err);
	if (r >= 0 && !strv_has(stores, usual))
		strv_add(&stores, usual);
	strv_foreach (store, stores)
		if (r >= 0 && !str_eq(*store, own))
			r = look_at(*store, &h, err);
	if (r < 0)
		return r;
	*ret = h;
	h = (struct id_holdings){0};
	return 0;
}
