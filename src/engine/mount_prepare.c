/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/mount_prepare.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/container_dir.h"
#include "engine/create_plan.h"
#include "engine/user_ids.h"
#include "engine/volume_store.h"
#include "spec/spec.h"
#include "store/store.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define UPPER_WORD "upperdir="
#define WORK_WORD  "workdir="
#define LOWER_WORD "lowerdir+="

void mounts_hold_release(struct mounts_hold *h)
{
	for (size_t i = 0; i < h->n_locks; i++)
		fd_cleanup_(&h->lock_fds[i]);
	free(h->lock_fds);
	strv_free(h->gifts);
	strv_free(h->fresh);
	*h = (struct mounts_hold){0};
}

static bool has_volumes(const struct create_plan *p)
{
	for (size_t i = 0; i < p->volumes.n; i++)
		if (p->volumes.items[i].kind == VOLUME_NAMED)
			return true;
	return false;
}

static int record_one(const struct engine *e, const struct volume *v, const char *id,
		      char ***made, struct error *err)
{
	cleanup_volume_record struct volume_record rec = {0};
	struct volume_new asked = VOLUME_NEW_INIT;
	int r = volume_record_get(e->store, v->name, &rec, err);

	asked.name = v->name;
	asked.anonymous = v->anonymous;
	asked.labels = v->labels;
	asked.options = v->driver_options;
	if (r == 0) {
		r = volume_create_locked(e, &asked, &rec, err);
		strv_add(made, v->name);
	}
	return r < 0 ? r : volume_use_insert(e->store, v->name, id, err);
}

static int record_all(const struct engine *e, const struct create_plan *p, char ***made,
		      struct error *err)
{
	int r = store_begin(e->store, err);

	for (size_t i = 0; r >= 0 && i < p->volumes.n; i++)
		if (p->volumes.items[i].kind == VOLUME_NAMED)
			r = record_one(e, &p->volumes.items[i], p->id, made, err);
	if (r >= 0)
		r = store_commit(e->store, err);
	store_end(e->store);
	return r < 0 ? r : 0;
}

int mounts_record(const struct engine *e, const struct create_plan *p, struct error *err)
{
	cleanup_strv char **made = NULL;
	int r = has_volumes(p) ? record_all(e, p, &made, err) : 0;

	strv_foreach (name, made) {
		cleanup_volume_record struct volume_record rec = {0};

		if (r < 0)
			break;
		volume_event(e, *name, EVENT_CREATE);
		r = volume_record_get(e->store, *name, &rec, err);
		if (r > 0)
			r = volume_give_early(e, &rec, err);
	}
	return r < 0 ? r : 0;
}

static bool may_be_fresh(const struct spec_mount *m)
{
	strv_foreach (word, m->options)
		if (str_starts(*word, "tmpcopyup"))
			return str_eq(m->type, "bind");
	return false;
}

/* The volume whose files these are: <data>/volumes/NAME/_data. Caller frees; NULL: none. */
static char *volume_of(const struct engine *e, const char *source)
{
	cleanup_free char *prefix = xasprintf("%s/volumes/", e->paths.data);
	const char *name = source + strlen(prefix);
	const char *slash;

	if (!str_starts(source, prefix))
		return NULL;
	slash = strchr(name, '/');
	return slash && str_eq(slash + 1, VOLUME_DATA)
		       ? xstrndup(name, (size_t)(slash - name))
		       : NULL;
}

static void drop_words(struct spec_mount *m, const char *beginning)
{
	cleanup_strv char **words = NULL;

	strv_foreach (word, m->options)
		if (!str_starts(*word, beginning))
			strv_add(&words, *word);
	strv_free(m->options);
	m->options = TAKE_PTR(words);
}

/* Whoever has the lock fills it; the next one finds that it is not fresh any more. */
static int take_fresh(const struct engine *e, const char *name, struct spec_mount *m,
		      struct mounts_hold *h, struct error *err)
{
	cleanup_volume_record struct volume_record rec = {0};
	cleanup_fd int lock_fd = -EBADF;
	int r = volume_record_get(e->store, name, &rec, err);

	if (r > 0 && rec.fresh && !strv_has(h->fresh, name)) {
		lock_fd = volume_lock(e, name, err);
		volume_record_release(&rec);
		r = lock_fd < 0 ? lock_fd : volume_record_get(e->store, name, &rec, err);
	}
	if (r < 0)
		return r;
	if (r == 0 || !rec.fresh) {
		drop_words(m, "tmpcopyup");
		return 0;
	}
	if (rec.uid < 0 && rec.gid < 0 && !strv_has(m->options, "idmap"))
		strv_add(&h->gifts, m->source);
	if (lock_fd < 0)
		return 0;
	strv_add(&h->fresh, name);
	h->lock_fds = xreallocarray(h->lock_fds, h->n_locks + 1, sizeof(*h->lock_fds));
	h->lock_fds[h->n_locks++] = TAKE_FD(lock_fd);
	return 0;
}

static const char *value_of(const struct spec_mount *m, const char *beginning)
{
	strv_foreach (word, m->options)
		if (str_starts(*word, beginning))
			return *word + strlen(beginning);
	return NULL;
}

static char *parent_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash != path ? xstrndup(path, (size_t)(slash - path))
				      : xstrdup("/");
}

static int make_empty(const struct engine *e, const char *path, mode_t mode,
		      struct error *err)
{
	int r = user_ids_remove_tree(e, AT_FDCWD, path, err);

	if (r < 0)
		return r;
	if (mkdir(path, 0700) < 0 || chmod(path, mode) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make %s", path);
	return 0;
}

/* The mount's top directory is the upper one's: it looks as what lies below. */
static int empty_overlay(const struct engine *e, const char *id,
			 const struct spec_mount *m, struct mounts_hold *h,
			 struct error *err)
{
	const char *upper = value_of(m, UPPER_WORD), *work = value_of(m, WORK_WORD),
		   *lower = value_of(m, LOWER_WORD);
	cleanup_free char *own = container_data_path(e, id, ""), *parent = NULL;
	struct stat st;
	int r;

	if (!upper || !work || !lower || !str_starts(upper, own))
		return 0;
	if (stat(lower, &st) < 0)
		return error_set(err, ERR_SYSTEM, errno, "look at %s", lower);
	parent = parent_of(upper);
	r = fs_mkdirs(AT_FDCWD, parent, 0700, err);
	if (r >= 0)
		r = make_empty(e, upper, st.st_mode & 07777, err);
	if (r >= 0)
		r = make_empty(e, work, 0700, err);
	strv_add(&h->gifts, upper);
	strv_add(&h->gifts, work);
	return r;
}

static int prepare_one(const struct engine *e, const char *id, struct spec_mount *m,
		       struct mounts_hold *h, struct error *err)
{
	cleanup_free char *name = NULL;

	if (str_eq(m->type, "overlay"))
		return empty_overlay(e, id, m, h, err);
	if (!may_be_fresh(m))
		return 0;
	name = volume_of(e, m->source);
	return name ? take_fresh(e, name, m, h, err) : 0;
}

int mounts_prepare(const struct engine *e, const char *id, struct spec *spec,
		   struct mounts_hold *ret, struct error *err)
{
	cleanup_mounts_hold struct mounts_hold h = {0};
	int r = 0;

	for (size_t i = 0; r >= 0 && i < spec->n_mounts; i++)
		r = prepare_one(e, id, &spec->mounts[i], &h, err);
	if (r < 0)
		return r;
	*ret = h;
	h = (struct mounts_hold){0};
	return 0;
}

void mounts_settle(const struct engine *e, struct mounts_hold *h)
{
	strv_foreach (name, h->fresh) {
		cleanup_error struct error err = ERROR_INIT;

		if (volume_record_settled(e->store, *name, &err) < 0)
			error_drop(&err, "the next start does it");
	}
	mounts_hold_release(h);
}
