/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation
 *
 * For each layer that has no record the lock of its chain id is tried. Who gets it unpacks; who does
 * not goes on with the other layers, and waits only when all of its own work is done and its locks
 * are given back, so two processes never wait for each other.
 *
 * An unpacker follows its blob while that is being fetched. It succeeds only when the blob was
 * checked; the diff id of what it has unpacked is checked here. A directory that is complete stays
 * nameless until the layers below have their records: directories that a tar only implies take after
 * those below.
 */
#include "engine/fetch_layers.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "engine/image_view.h"
#include "engine/layer_dir.h"
#include "image/blobs.h"
#include "store/image_record.h"
#include "util/fd.h"
#include "util/json.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/sys.h"

#define RUNNING_MAX 4     /* unpackers at once: each is two processes */
#define USUAL_IDS   65536 /* a map of these holds the ids of any ordinary image */

static void show(const struct fetch_layers *f, const struct fetch_layer *l,
		 const char *state)
{
	if (f->progress && f->progress->update)
		f->progress->update(f->progress->data, l->wanted->digest, state,
				    l->wanted->size, l->wanted->size, NULL);
}

static bool is_there(const struct fetch_layers *f, const struct fetch_layer *l)
{
	cleanup_layer_record struct layer_record record = {0};
	cleanup_error struct error err = ERROR_INIT;

	if (!layer_dir_exists(f->layers_fd, l->wanted->chain_id, f->ids->single))
		return false;
	if (layer_record_get(f->engine->store, l->wanted->chain_id, f->ids->single,
			     &record, &err) >= 0)
		return true;
	error_drop(&err, "then it is unpacked again");
	return false;
}

/* The lock, and a second look: who had it may just have finished. */
static int claim(struct fetch_layers *f, struct fetch_layer *l, bool wait,
		 struct error *err)
{
	l->lock_fd = layer_lock(f->layers_fd, l->wanted->chain_id, wait, err);
	if (l->lock_fd < 0 && err->kind == ERR_UNAVAILABLE) {
		error_release(err);
		l->state = FETCH_LAYER_ELSEWHERE;
		show(f, l, "waiting");
		return 0;
	}
	if (l->lock_fd < 0)
		return l->lock_fd;
	l->state = FETCH_LAYER_WANTED;
	if (is_there(f, l)) {
		fd_cleanup_(&l->lock_fd);
		l->state = FETCH_LAYER_THERE;
	}
	return 0;
}

static void skip_those_there(struct fetch_layers *f)
{
	while (f->n_there < f->n && f->items[f->n_there].state == FETCH_LAYER_THERE)
		f->n_there++;
}

static int look(struct fetch_layers *f, struct error *err)
{
	for (size_t i = 0; i < f->n; i++) {
		struct fetch_layer *l = &f->items[i];
		int r = 0;

		if (is_there(f, l))
			show(f, l, "exists");
		else
			r = claim(f, l, false, err);
		if (r < 0)
			return r;
	}
	skip_those_there(f);
	return 0;
}

int fetch_layers_begin(const struct engine *e, const struct user_ids *ids,
		       const struct transfer_image *image, struct fetch_layers *f,
		       struct error *err)
{
	cleanup_fd int data_fd = open(e->paths.data, O_PATH | O_DIRECTORY | O_CLOEXEC);

	f->engine = e;
	f->ids = ids;
	int r = layer_boot_id(f->boot_id, err);
	if (r < 0)
		return r;
	idmap_copy(&f->confined.uids, &ids->uids);
	idmap_copy(&f->confined.gids, &ids->gids);
	user_ids_confine(&f->confined);
	f->scan_first = !ids->single && (idmap_size(&f->confined.uids) < USUAL_IDS ||
					 idmap_size(&f->confined.gids) < USUAL_IDS);
	f->layers_fd = layers_open(e, err);
	if (f->layers_fd < 0)
		return f->layers_fd;
	f->blobs_fd = blobs_open(data_fd, err);
	if (f->blobs_fd < 0)
		return f->blobs_fd;
	f->items = xcalloc(image->n_layers + 1, sizeof(*f->items));
	f->n = image->n_layers;
	for (size_t i = 0; i < f->n; i++)
		f->items[i] = (struct fetch_layer){
			.wanted = &image->layers[i],
			.lock_fd = -EBADF,
			.tree_fd = -EBADF,
			.blob_fd = -EBADF,
			.growth_fd = -EBADF,
			.unpack = UNPACK_INIT,
		};
	return look(f, err);
}

/* The unpacker first: it must not write where a sweeper removes. */
static void give_up(struct fetch_layers *f, struct fetch_layer *l)
{
	cleanup_error struct error err = ERROR_INIT;

	unpack_release(&l->unpack);
	if (l->new_name &&
	    user_ids_remove_tree(f->engine, f->layers_fd, l->new_name, &err) < 0)
		error_drop(&err, "the next command sweeps it away");
	free(TAKE_PTR(l->new_name));
	fd_cleanup_(&l->tree_fd);
	layer_result_release(&l->result);
}

void fetch_layers_release(struct fetch_layers *f)
{
	for (size_t i = 0; i < f->n; i++) {
		give_up(f, &f->items[i]);
		fd_cleanup_(&f->items[i].blob_fd);
		fd_cleanup_(&f->items[i].growth_fd);
		fd_cleanup_(&f->items[i].lock_fd);
	}
	free(f->items);
	user_ids_release(&f->confined);
	fd_cleanup_(&f->layers_fd);
	fd_cleanup_(&f->blobs_fd);
	*f = FETCH_LAYERS_INIT;
}

bool fetch_layers_spares(const struct fetch_layers *f, size_t i)
{
	const struct fetch_layer *l = &f->items[i];

	return f->may_spare && l->state == FETCH_LAYER_THERE &&
	       str_eq(l->wanted->digest, l->wanted->diff_id) &&
	       blob_size(f->blobs_fd, l->wanted->digest) < 0;
}

void fetch_layers_answer(const struct fetch_layers *f, struct json_object *answer)
{
	struct json_object *flags = json_object_new_array();
	struct json_object *spare = f->may_spare ? json_object_new_array() : NULL;

	for (size_t i = 0; i < f->n; i++)
		json_object_array_add(
			flags,
			json_object_new_boolean(f->items[i].state == FETCH_LAYER_WANTED &&
						!f->scan_first));
	json_add(answer, "unpack", flags);
	for (size_t i = 0; spare && i < f->n; i++)
		json_object_array_add(spare,
				      json_object_new_boolean(fetch_layers_spares(f, i)));
	if (spare)
		json_add(answer, "spare", spare);
}

static unsigned int unpack_flags(const struct fetch_layers *f)
{
	return (f->ids->single ? LAYER_SINGLE_ID : 0) |
	       (f->engine->rootless ? 0 : LAYER_LIST_DEVICES);
}

static int start(struct fetch_layers *f, struct fetch_layer *l, struct error *err)
{
	struct unpack_request request = {
		.ids = &f->confined,
		.blob_fd = l->blob_fd,
		.growth_fd = l->growth_fd,
		.size = (uint64_t)l->wanted->size,
		.flags = unpack_flags(f),
	};
	int r;

	l->tree_fd = layer_dir_new(f->layers_fd, &l->new_name, err);
	if (l->tree_fd < 0)
		return l->tree_fd;
	request.tree_fd = l->tree_fd;
	r = unpack_start(&request, &l->unpack, err);
	if (r < 0)
		return r;
	fd_cleanup_(&l->blob_fd);
	fd_cleanup_(&l->growth_fd);
	l->state = FETCH_LAYER_RUNNING;
	f->n_running++;
	return 0;
}

/* As many as may run of those whose bytes are there. The lowest are wanted first. */
static int start_some(struct fetch_layers *f, struct error *err)
{
	for (size_t i = 0; i < f->n && f->n_running < RUNNING_MAX; i++) {
		int r = 0;

		if (f->items[i].state == FETCH_LAYER_WANTED && f->items[i].blob_fd >= 0)
			r = start(f, &f->items[i], err);
		if (r < 0)
			return r;
	}
	return 0;
}

static void stop(struct fetch_layers *f, struct fetch_layer *l)
{
	if (l->state == FETCH_LAYER_RUNNING)
		f->n_running--;
	give_up(f, l);
	l->state = FETCH_LAYER_WANTED;
}

int fetch_layers_blob(struct fetch_layers *f, int64_t index, int blob_fd, int growth_fd,
		      struct error *err)
{
	cleanup_fd int blob = blob_fd, growth = growth_fd;
	struct fetch_layer *l;

	if (index < 0 || (uint64_t)index >= f->n || blob_fd < 0)
		return error_set(err, ERR_SYSTEM, EBADMSG,
				 "hear from the transfer program");
	l = &f->items[index];
	if (l->state != FETCH_LAYER_WANTED && l->state != FETCH_LAYER_RUNNING)
		return 0;
	stop(f, l); /* the download began anew */
	fd_cleanup_(&l->blob_fd);
	fd_cleanup_(&l->growth_fd);
	l->blob_fd = TAKE_FD(blob);
	l->growth_fd = TAKE_FD(growth);
	return start_some(f, err);
}

size_t fetch_layers_poll(const struct fetch_layers *f, struct pollfd *fds)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		if (f->items[i].state == FETCH_LAYER_RUNNING)
			fds[n++] = (struct pollfd){.fd = f->items[i].unpack.result_fd,
						   .events = POLLIN};
	return n;
}

/* A new name in a directory is no change of the image's. */
static void keep_time(int dirfd, const struct stat *st)
{
	const struct timespec times[2] = {st->st_atim, st->st_mtim};
	char path[FD_PROC_PATH_MAX];

	if (utimensat(AT_FDCWD, fd_proc_path(dirfd, path), times, 0) < 0)
		log_debug("the time of a directory: %s", error_errno_text(errno));
}

/* Only root could make them, and not in the unpacker: it has no such right. */
static int make_devices(const struct fetch_layer *l, struct error *err)
{
	for (size_t i = 0; i < l->result.n_devices; i++) {
		const struct layer_device *d = &l->result.devices[i];
		const struct open_how how = {
			.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
			.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
		};
		cleanup_free char *parent = xstrdup(d->path);
		char *slash = strrchr(parent, '/');
		const char *name = slash ? d->path + (slash - parent) + 1 : d->path;
		cleanup_fd int dirfd = -EBADF;
		struct stat st;

		if (slash)
			*slash = '\0';
		dirfd = sys_openat2(l->tree_fd, slash ? parent : ".", &how);
		if (dirfd < 0 || fstat(dirfd, &st) < 0 ||
		    (mknodat(dirfd, name, d->mode, makedev(d->major, d->minor)) < 0 &&
		     errno != EEXIST))
			return error_set(err, ERR_SYSTEM, errno, "make the device %s",
					 d->path);
		if (fchownat(dirfd, name, d->uid, d->gid, AT_SYMLINK_NOFOLLOW) < 0)
			return error_set(err, ERR_SYSTEM, errno,
					 "give the device %s its owner", d->path);
		keep_time(dirfd, &st);
	}
	return 0;
}

static int check_diff_id(const struct fetch_layer *l, struct error *err)
{
	if (str_eq(l->result.diff_id, l->wanted->diff_id))
		return 0;
	return error_set(err, ERR_INVALID, 0,
			 "its content is %s, the image's config says %s",
			 l->result.diff_id, l->wanted->diff_id);
}

static int adopt_implied(struct fetch_layers *f, size_t index, struct error *err)
{
	struct fetch_layer *l = &f->items[index];
	cleanup_strv char **below = NULL, **paths = NULL;
	struct image_adoption adoption = {.tree_fd = l->tree_fd};

	for (size_t i = index; i > 0; i--)
		strv_add_take(&below,
			      layer_dir_path(f->engine, f->items[i - 1].wanted->chain_id,
					     f->ids->single));
	if (!l->result.root_entry)
		strv_add(&paths, ".");
	strv_foreach (path, l->result.implied)
		strv_add(&paths, *path);
	adoption.paths = paths;
	adoption.below = below;
	return image_view_adopt(f->ids, &adoption, err);
}

static int commit(struct fetch_layers *f, size_t index, struct error *err)
{
	struct fetch_layer *l = &f->items[index];
	const struct layer_record record = {
		.chain_id = l->wanted->chain_id,
		.single_id = f->ids->single,
		.diff_id = l->wanted->diff_id,
		.blob = l->wanted->digest,
		.tar_size = (int64_t)l->result.tar_size,
		.disk_size = (int64_t)l->result.disk_bytes,
		.n_entries = (int64_t)l->result.n_entries,
		.max_uid = l->result.max_uid,
		.max_gid = l->result.max_gid,
		.boot_id = f->boot_id,
	};
	int r = adopt_implied(f, index, err);

	if (r >= 0)
		r = layer_dir_commit(f->engine, f->layers_fd, l->new_name,
				     l->wanted->chain_id, f->ids->single, err);
	if (r < 0)
		return r;
	free(TAKE_PTR(l->new_name));
	fd_cleanup_(&l->tree_fd);
	r = layer_record_insert(f->engine->store, &record, err);
	if (r < 0)
		return r;
	fd_cleanup_(&l->lock_fd);
	l->state = FETCH_LAYER_THERE;
	show(f, l, "unpacked");
	return 0;
}

/* From the bottom up, as far as it goes. */
static int commit_some(struct fetch_layers *f, struct error *err)
{
	while (f->n_there < f->n) {
		int r = 0;

		if (f->items[f->n_there].state == FETCH_LAYER_UNPACKED)
			r = commit(f, f->n_there, err);
		else if (f->items[f->n_there].state != FETCH_LAYER_THERE)
			break;
		if (r < 0)
			return r;
		f->n_there++;
	}
	return 0;
}

static void note_skipped(const struct fetch_layers *f, const struct fetch_layer *l)
{
	cleanup_free char *line = NULL;

	if (!l->result.n_skipped_devices || !f->progress || !f->progress->note)
		return;
	line = xasprintf(
		"layer %.19s: %llu device nodes left out: only root can make them",
		l->wanted->digest, (unsigned long long)l->result.n_skipped_devices);
	f->progress->note(f->progress->data, line);
}

/*
 * Its blob was given up: the transfer program tries again, or says why not. Or it can't be read, and
 * is not checked yet: then it is most likely not what was asked for, which is for the transfer program to find
 * out, who may get it again. If its digest turns out right, it is unpacked once more, and the error
 * is the image's.
 */
static bool is_of_blob(const struct fetch_layers *f, const struct fetch_layer *l,
		       const struct error *err)
{
	return err->kind == ERR_UNAVAILABLE ||
	       (err->kind != ERR_SYSTEM && blob_size(f->blobs_fd, l->wanted->digest) < 0);
}

static int take_result(struct fetch_layers *f, struct fetch_layer *l, struct error *err)
{
	int r = unpack_finish(&l->unpack, &l->result, err);

	f->n_running--;
	unpack_release(&l->unpack);
	if (r < 0 && is_of_blob(f, l, err)) {
		f->n_running++;
		stop(f, l);
		error_drop(err, "the transfer program has the last word on its blob");
		return 0;
	}
	if (r >= 0)
		r = check_diff_id(l, err);
	if (r >= 0)
		r = make_devices(l, err);
	if (r < 0)
		return r;
	note_skipped(f, l);
	l->state = FETCH_LAYER_UNPACKED;
	r = commit_some(f, err);
	return r < 0 ? r : start_some(f, err);
}

static struct fetch_layer *layer_of(struct fetch_layers *f, int result_fd)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->items[i].state == FETCH_LAYER_RUNNING &&
		    f->items[i].unpack.result_fd == result_fd)
			return &f->items[i];
	return NULL;
}

int fetch_layers_heard(struct fetch_layers *f, const struct pollfd *fds, size_t n,
		       struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		struct fetch_layer *l = fds[i].revents ? layer_of(f, fds[i].fd) : NULL;
		int r = l ? unpack_hear(&l->unpack, err) : 0;

		if (r > 0)
			r = take_result(f, l, err);
		if (r < 0 && err->kind == ERR_INVALID && !err->hint)
			error_hint(err, "its digest is right, so the image was made like "
					"this: have it made again");
		if (r < 0)
			return error_wrap(err, "unpack the layer %.19s",
					  l->wanted->digest);
	}
	return 0;
}

static int wait_for_running(struct fetch_layers *f, struct error *err)
{
	cleanup_free struct pollfd *fds = xcalloc(f->n + 1, sizeof(*fds));

	while (f->n_running) {
		size_t n = fetch_layers_poll(f, fds);
		int r;

		if (poll(fds, n, -1) < 0 && errno != EINTR)
			return error_set(err, ERR_SYSTEM, errno, "wait for unpackers");
		r = fetch_layers_heard(f, fds, n, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int open_blob(struct fetch_layers *f, struct fetch_layer *l, struct error *err)
{
	l->blob_fd = blob_open(f->blobs_fd, l->wanted->digest, err);
	return l->blob_fd < 0 ? l->blob_fd : 0;
}

static int too_many_ids(const struct fetch_layers *f, const struct layer_result *max,
			struct error *err)
{
	uint64_t uids = idmap_size(&f->confined.uids),
		 gids = idmap_size(&f->confined.gids);

	error_set(err, ERR_INVALID, 0,
		  "the image has files of user %u and group %u, your map holds %llu user "
		  "and %llu group ids",
		  max->max_uid, max->max_gid, (unsigned long long)uids,
		  (unsigned long long)gids);
	return error_hint(
		err,
		"Get a larger range in /etc/subuid and /etc/subgid (65536 ids do for "
		"ordinary images), or unpack all files as your own: --single-id");
}

/* Nothing is unpacked if any layer has an owner that the map does not hold. */
static int scan(struct fetch_layers *f, struct error *err)
{
	struct layer_result max = {0};

	for (size_t i = 0; i < f->n; i++) {
		struct fetch_layer *l = &f->items[i];
		cleanup_layer_result struct layer_result result = {0};
		struct unpack_request request = {
			.ids = &f->confined,
			.tree_fd = f->layers_fd,
			.growth_fd = -EBADF,
			.size = (uint64_t)l->wanted->size,
			.flags = LAYER_SCAN,
		};
		int r;

		if (l->state != FETCH_LAYER_WANTED)
			continue;
		r = open_blob(f, l, err);
		request.blob_fd = l->blob_fd;
		if (r >= 0)
			r = unpack_run(&request, &result, err);
		if (r < 0)
			return r;
		max.max_uid = result.max_uid > max.max_uid ? result.max_uid : max.max_uid;
		max.max_gid = result.max_gid > max.max_gid ? result.max_gid : max.max_gid;
	}
	if (idmap_to_outside(&f->confined.uids, max.max_uid) == IDMAP_NONE ||
	    idmap_to_outside(&f->confined.gids, max.max_gid) == IDMAP_NONE)
		return too_many_ids(f, &max, err);
	return 0;
}

/* Blobs are all there; those of layers that no event came for are opened here. */
static int do_the_rest(struct fetch_layers *f, struct error *err)
{
	int r = f->scan_first ? scan(f, err) : 0;

	for (size_t i = 0; r >= 0 && i < f->n; i++)
		if (f->items[i].state == FETCH_LAYER_WANTED && f->items[i].blob_fd < 0)
			r = open_blob(f, &f->items[i], err);
	if (r >= 0)
		r = start_some(f, err);
	return r < 0 ? r : wait_for_running(f, err);
}

int fetch_layers_finish(struct fetch_layers *f, struct error *err)
{
	int r = do_the_rest(f, err);

	/* One after the other: what another process did not finish is done here. */
	while (r >= 0 && f->n_there < f->n) {
		struct fetch_layer *l = &f->items[f->n_there];

		if (l->state == FETCH_LAYER_ELSEWHERE)
			r = claim(f, l, true, err);
		if (r >= 0)
			r = do_the_rest(f, err);
		if (r >= 0)
			r = commit_some(f, err);
	}
	return r < 0 ? r : 0;
}

bool fetch_layers_vanished(const struct fetch_layers *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->items[i].state == FETCH_LAYER_THERE &&
		    !layer_dir_exists(f->layers_fd, f->items[i].wanted->chain_id,
				      f->ids->single))
			return true;
	return false;
}
