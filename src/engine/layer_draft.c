/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layers/.new-X/upper   what is written        ── layer complete: places, marks, times, digest ──▶ renamed to layers/CHAIN
 *              /work    overlay's own
 *              /empty   the layer below, of scratch
 *
 * .new-X is locked while somebody is at it; what a kill leaves of it is swept like any other. The chain id's lock is taken before the
 * rename and kept until the draft is released: a layer that is on record but nobody's yet is left alone by who collects.
 */
#include "engine/layer_draft.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "engine/helper_program.h"
#include "engine/image_view.h"
#include "engine/layer_dir.h"
#include "engine/layer_packer.h"
#include "engine/layer_settle.h"
#include "engine/user_ids.h"
#include "image/layer.h"
#include "image/layer_xattr.h"
#include "runtime/overlay.h"
#include "spec/image.h"
#include "store/image_record.h"
#include "transfer/sandboxed.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/sha256.h"
#include "util/str.h"

#define ATTRIBUTES_MAX 4096 /* bytes of names */

static void remove_draft(struct layer_draft *d)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_fd int layers_fd = layers_open(d->engine, &err);

	if (layers_fd < 0 ||
	    user_ids_remove_tree(d->engine, layers_fd, d->name, &err) < 0)
		error_drop(&err, "the next command sweeps it away");
}

/* After the rename only what is overlay's is left; its directory "work" has no permissions, but is empty. */
static void remove_rest(struct layer_draft *d)
{
	static const char *const dirs[] = {"work/work", "work/index", "work", "empty"};
	cleanup_fd int layers_fd = -EBADF;
	cleanup_error struct error err = ERROR_INIT;
	bool is_empty;

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		(void)unlinkat(d->lock_fd, dirs[i], AT_REMOVEDIR);
	layers_fd = layers_open(d->engine, &err);
	is_empty = layers_fd >= 0 && unlinkat(layers_fd, d->name, AT_REMOVEDIR) == 0;
	error_release(&err);
	if (!is_empty)
		remove_draft(d);
}

void layer_draft_release(struct layer_draft *d)
{
	if (d->name)
		remove_rest(d);
	fd_cleanup_(&d->lock_fd);
	fd_cleanup_(&d->chain_fd);
	free(d->name);
	free(d->upper);
	free(d->work);
	strv_free(d->lower);
	*d = LAYER_DRAFT_INIT;
}

void layer_drafted_release(struct layer_drafted *d)
{
	free(d->chain_id);
	free(d->diff_id);
	*d = (struct layer_drafted){0};
}

/* Of a layer on top of another (NULL: it is the lowest). OCI image specification, config.md. Caller frees. */
static char *chain_id_on(const char *below, const char *diff_id)
{
	cleanup_free char *both = NULL;

	if (!below)
		return xstrdup(diff_id);
	both = xasprintf("%s %s", below, diff_id);
	return sha256_digest(both, strlen(both));
}

/* The top directory shall be as it was. An owner that is not the caller takes root of the map. */
static int copy_top(const struct layer_draft *d, const struct user_ids *ids,
		    struct error *err)
{
	static char dot[] = ".";
	char *const top[] = {dot, NULL};
	cleanup_fd int fd = open(d->upper, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct image_adoption adoption = {
		.tree_fd = fd, .paths = top, .below = d->lower};
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {0}};
	struct stat below;

	if (stat(d->lower[0], &below) < 0)
		return error_set(err, error_kind_of(errno), errno, "open the layer %s",
				 d->lower[0]);
	times[1] = below.st_mtim;
	if (fd >= 0 && fchmod(fd, below.st_mode & 07777) == 0 &&
	    futimens(fd, times) == 0 && layer_top_is_as_below(d->upper, d->lower[0]))
		return 0;
	return fd < 0 ? error_set(err, ERR_SYSTEM, errno, "open %s", d->upper)
		      : image_view_adopt(ids, &adoption, err);
}

static int make_dirs(struct layer_draft *d, bool is_scratch, struct error *err)
{
	static const char *const names[] = {"upper", "work", "empty"};
	size_t n = ARRAY_SIZE(names) - (is_scratch ? 0 : 1);

	for (size_t i = 0; i < n; i++)
		if (mkdirat(d->lock_fd, names[i], LAYER_TOP_MODE) < 0 ||
		    fchmodat(d->lock_fd, names[i], LAYER_TOP_MODE, 0) < 0)
			return error_set(err, ERR_SYSTEM, errno,
					 "make a directory for a layer");
	return 0;
}

int layer_draft_new(const struct engine *e, char *const *chain_ids,
		    struct layer_draft *ret, struct error *err)
{
	cleanup_layer_draft struct layer_draft d = LAYER_DRAFT_INIT;
	cleanup_user_ids struct user_ids ids = {0};
	cleanup_fd int layers_fd = layers_open(e, err);
	bool is_scratch = strv_len(chain_ids) == 0;
	int r;

	if (layers_fd < 0)
		return layers_fd;
	if (strv_len(chain_ids) >= IMAGE_LAYERS_MAX) {
		error_set(err, ERR_UNSUPPORTED, 0,
			  "make a layer: an image can have %d of them", IMAGE_LAYERS_MAX);
		return error_hint(err,
				  "Join instructions with &&, or add --layers=false");
	}
	user_ids_any(e, &ids);
	d.engine = e;
	d.single_id = ids.single;
	d.lock_fd = layer_dir_new(layers_fd, &d.name, err);
	if (d.lock_fd < 0)
		return d.lock_fd;
	d.upper = xasprintf("%s/layers/%s/upper", e->paths.data, d.name);
	d.work = xasprintf("%s/layers/%s/work", e->paths.data, d.name);
	if (is_scratch)
		strv_addf(&d.lower, "%s/layers/%s/empty", e->paths.data, d.name);
	else
		d.lower = image_layer_paths(e, chain_ids, ids.single);
	r = make_dirs(&d, is_scratch, err);
	if (r >= 0)
		r = copy_top(&d, &ids, err);
	if (r < 0)
		return r;
	*ret = d;
	d = LAYER_DRAFT_INIT;
	return 0;
}

struct completion {
	const struct layer_draft *draft;
	const struct layer_draft_options *options;
};

/* In the process that becomes the program. The layers below are shown only if something is compared with them. */
static int open_trees(void *data, int fds[static HELPER_FDS_MAX], struct error *err)
{
	const struct completion *c = data;
	const struct overlay_paths paths = {.lower = c->draft->lower};
	cleanup_overlay_dirs struct overlay_dirs dirs = OVERLAY_DIRS_INIT;
	int fd = open(c->draft->upper, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open %s", c->draft->upper);
	fds[SANDBOXED_TREE_FD] = fd;
	if (strv_len(c->options->places) == 0) {
		fds[SANDBOXED_PLAIN_FD] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		return fds[SANDBOXED_PLAIN_FD] < 0
			       ? error_set(err, ERR_SYSTEM, errno, "open /dev/null")
			       : 0;
	}
	r = overlay_open(&paths, &dirs, err);
	if (r < 0)
		return r;
	fds[SANDBOXED_PLAIN_FD] = overlay_mount(&dirs, err);
	return fds[SANDBOXED_PLAIN_FD] < 0 ? fds[SANDBOXED_PLAIN_FD] : 0;
}

static char *epoch_word(const struct layer_draft_options *o)
{
	if (!o->has_epoch && !o->all_at_epoch)
		return xstrdup("");
	return xasprintf("%s%lld", o->all_at_epoch ? "=" : "", (long long)o->epoch_sec);
}

/* NULL: it is the lowest. */
static const char *below_of(const struct layer_draft *d)
{
	return str_ends(d->lower[0], "/empty") ? NULL : d->lower[0];
}

static int complete(struct layer_draft *d, const struct layer_draft_options *o,
		    struct layer_result *ret, struct error *err)
{
	struct completion c = {.draft = d, .options = o};
	cleanup_free char *epoch = epoch_word(o);
	cleanup_strv char **args = NULL;
	cleanup_user_ids struct user_ids ids = {0};
	struct helper_program h = HELPER_PROGRAM_INIT;

	user_ids_any(d->engine, &ids);
	strv_add(&args, "complete");
	strv_add(&args, layer_top_is_as_below(d->upper, below_of(d)) ? "" : "top");
	strv_add(&args, epoch);
	strv_foreach (place, o->places)
		strv_add(&args, *place);
	h.args = (const char *const *)args;
	h.prepare = open_trees;
	h.data = &c;
	return layer_packer_run(&h, &ids, ret, err);
}

/* Not a name in it, its top directory is as that below, and has no attributes that count: for that no program has to start. */
static bool is_untouched(const struct layer_draft *d)
{
	cleanup_fd int fd = open(d->upper, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char names[ATTRIBUTES_MAX];
	ssize_t len = fd < 0 ? -1 : flistxattr(fd, names, sizeof(names));
	cleanup_dir DIR *dir = NULL;
	struct dirent *entry;

	if (len < 0 || !layer_top_is_as_below(d->upper, below_of(d)))
		return false;
	for (const char *name = names; name < names + len; name += strlen(name) + 1)
		if (layer_xattr_wanted(name))
			return false;
	dir = fdopendir(fd);
	if (!dir)
		return false;
	fd = -EBADF; /* closed with dir */
	while ((entry = readdir(dir)))
		if (!str_eq(entry->d_name, ".") && !str_eq(entry->d_name, ".."))
			return false;
	return true;
}

/* No entry, no change: its time was the making's of names that are gone, or of what the archive does not have. */
static int restore_top_time(const struct layer_draft *d, struct error *err)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {0}};
	struct stat below;

	if (stat(d->lower[0], &below) < 0)
		return error_set(err, ERR_SYSTEM, errno, "look at %s", d->lower[0]);
	times[1] = below.st_mtim;
	/* another id's directory keeps the time that it has: nobody depends on it */
	(void)utimensat(AT_FDCWD, d->upper, times, 0);
	return 0;
}

/* Return: 1 if an equal one is there, on record. */
static int is_there(const struct layer_draft *d, int layers_fd, const char *chain_id,
		    struct error *err)
{
	cleanup_layer_record struct layer_record layer = {0};
	int r = layer_record_get(d->engine->store, chain_id, d->single_id, &layer, err);

	if (r < 0 && err->kind == ERR_NOT_FOUND) {
		error_release(err);
		return 0;
	}
	return r < 0 ? r : layer_dir_exists(layers_fd, chain_id, d->single_id);
}

struct renaming {
	const struct layer_draft *draft;
	int layers_fd;
	const char *from, *chain_id;
};

static int rename_it(void *data, struct error *err)
{
	const struct renaming *n = data;

	return layer_dir_commit(n->draft->engine, n->layers_fd, n->from, n->chain_id,
				n->draft->single_id, err);
}

/* A directory that moves to another one must be writable, for its ".."; rename(2). Its mode is the image's. */
static int rename_upper(const struct renaming *n, struct error *err)
{
	cleanup_user_ids struct user_ids ids = {0};
	struct renaming copy = *n;
	int r = rename_it(&copy, err);

	if (r >= 0 || (err->code != EACCES && err->code != EPERM))
		return r;
	error_drop(err, "root of the map may");
	user_ids_any(n->draft->engine, &ids);
	user_ids_confine(&ids);
	return user_ids_do(&ids, rename_it, &copy, err);
}

static int put_in_place(struct layer_draft *d, const char *chain_id,
			const struct layer_result *result, struct error *err)
{
	cleanup_fd int layers_fd = layers_open(d->engine, err);
	cleanup_free char *from = xasprintf("%s/upper", d->name);
	char boot_id[LAYER_BOOT_ID_SIZE];
	const struct layer_record record = {
		.chain_id = (char *)chain_id,
		.single_id = d->single_id,
		.diff_id = result->diff_id,
		.blob = result->diff_id,
		.tar_size = (int64_t)result->tar_size,
		.disk_size = (int64_t)result->disk_bytes,
		.n_entries = (int64_t)result->n_entries,
		.max_uid = result->max_uid,
		.max_gid = result->max_gid,
		.boot_id = boot_id,
	};
	int r = layers_fd < 0 ? layers_fd : layer_boot_id(boot_id, err);

	if (r < 0)
		return r;
	d->chain_fd = layer_lock(layers_fd, chain_id, true, err);
	if (d->chain_fd < 0)
		return d->chain_fd;
	r = is_there(d, layers_fd, chain_id, err);
	if (r != 0)
		return r;
	if (!result->root_entry)
		r = restore_top_time(d, err);
	if (r >= 0)
		r = rename_upper(&(struct renaming){d, layers_fd, from, chain_id}, err);
	return r < 0 ? r : layer_record_insert(d->engine->store, &record, err);
}

int layer_draft_commit(const struct engine *e, struct layer_draft *d,
		       char *const *chain_ids, const struct layer_draft_options *o,
		       struct layer_drafted *ret, struct error *err)
{
	cleanup_layer_drafted struct layer_drafted drafted = {0};
	cleanup_layer_result struct layer_result result = {0};
	size_t n = strv_len(chain_ids);
	int r;

	(void)e;
	if (is_untouched(d))
		return 0;
	r = complete(d, o, &result, err);
	if (r < 0)
		return error_wrap(err, "make a layer");
	if (result.n_entries == 0)
		return 0;
	drafted.diff_id = xstrdup(result.diff_id);
	drafted.chain_id = chain_id_on(n ? chain_ids[n - 1] : NULL, result.diff_id);
	drafted.tar_size = (int64_t)result.tar_size;
	r = put_in_place(d, drafted.chain_id, &result, err);
	if (r < 0)
		return error_wrap(err, "make a layer");
	drafted.was_there = r > 0;
	*ret = drafted;
	drafted = (struct layer_drafted){0};
	return 0;
}
