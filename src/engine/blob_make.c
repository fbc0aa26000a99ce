/* SPDX-License-Identifier: Apache-2.0 */
/*
 * partial/HEX, locked while it is written ── digest right ──▶ sha256/HEX, its lock kept shared ── last one ──▶ removed
 *
 * Two that want the same blob at once make it once: the second waits for the lock of the partial file and finds the blob.
 */
#include "engine/blob_make.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/collect.h"
#include "engine/image_document.h"
#include "engine/layer_dir.h"
#include "engine/layer_packer.h"
#include "image/blobs.h"
#include "image/unsynced.h"
#include "spec/image.h"
#include "transfer/sandboxed.h"
#include "util/digest.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/str.h"

struct making {
	const struct engine *engine;
	char *const *chain_ids;
	size_t index;
	struct layer_record layer; /* found by find_layer() */
	int blobs_fd;
	const char *digest;
};

static bool has_layer(const struct engine *e, const char *chain_id, bool single_id,
		      struct layer_record *ret)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_fd int layers_fd = layers_open(e, &err);

	if (layers_fd < 0 || !layer_dir_exists(layers_fd, chain_id, single_id))
		return false;
	return layer_record_get(e->store, chain_id, single_id, ret, &err) >= 0;
}

static bool find_layer(const struct engine *e, const char *chain_id,
		       struct layer_record *ret)
{
	return has_layer(e, chain_id, false, ret) || has_layer(e, chain_id, true, ret);
}

bool blob_can_be_made(const struct engine *e, const char *chain_id,
		      const struct image_descriptor *blob, struct layer_record *ret)
{
	return find_layer(e, chain_id, ret) && str_eq(ret->diff_id, blob->digest) &&
	       ret->tar_size == blob->size;
}

struct packing {
	const struct engine *engine;
	const struct layer_record *layer;
	char *top; /* its directory */
	bool has_entry;
	int out_fd; /* -EBADF: nowhere */
};

/* In the process that becomes the program: another id's directory may be closed to the caller. */
static int open_tree(void *data, int fds[static HELPER_FDS_MAX], struct error *err)
{
	const struct packing *p = data;
	int fd = open(p->top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_set(err, error_kind_of(errno), errno, "open %s", p->top);
	fds[SANDBOXED_TREE_FD] = fd;
	return 0;
}

/* Return: 1 if it is the archive that it should be, 0 if not. */
static int pack(struct packing *p, struct error *err)
{
	const char *const args[] = {"blob", p->has_entry ? "top" : "", NULL};
	cleanup_layer_result struct layer_result result = {0};
	cleanup_user_ids struct user_ids ids = {0};
	struct helper_program h = HELPER_PROGRAM_INIT;
	int r = user_ids_get(p->engine, p->layer->single_id, &ids, err);

	if (r < 0)
		return r;
	h.args = args;
	h.fds[STDOUT_FILENO] = p->out_fd;
	h.prepare = open_tree;
	h.data = p;
	r = layer_packer_run(&h, &ids, &result, err);
	return r < 0 ? r : str_eq(result.diff_id, p->layer->diff_id);
}

static int changed(const struct layer_record *layer, struct error *err)
{
	error_set(err, ERR_INVALID, 0,
		  "the layer %s, which was built here, has been changed since",
		  layer->chain_id);
	return error_hint(err, "Build the image again: --no-cache");
}

int blob_check_layer(const struct engine *e, const struct layer_record *layer,
		     struct error *err)
{
	cleanup_free char *top = layer_dir_path(e, layer->chain_id, layer->single_id);
	struct packing p = {.engine = e, .layer = layer, .top = top, .out_fd = -EBADF};
	int r = pack(&p, err);

	/* which of the two it is depends on what is below */
	p.has_entry = true;
	if (r == 0)
		r = pack(&p, err);
	return r < 0 ? r : r == 0 ? changed(layer, err) : 0;
}

static int pack_blob(const struct making *m, int out_fd, struct error *err)
{
	bool single_id = m->layer.single_id;
	cleanup_free char *top =
		layer_dir_path(m->engine, m->chain_ids[m->index], single_id);
	cleanup_free char *below =
		m->index
			? layer_dir_path(m->engine, m->chain_ids[m->index - 1], single_id)
			: NULL;
	struct packing p = {
		.engine = m->engine,
		.layer = &m->layer,
		.top = top,
		.has_entry = !layer_top_is_as_below(top, below),
		.out_fd = out_fd,
	};
	int r = pack(&p, err);

	return r < 0 ? r : r == 0 ? changed(&m->layer, err) : 0;
}

static bool has_name(int dirfd, const char *path, int fd)
{
	struct stat by_name, by_fd;

	return fstatat(dirfd, path, &by_name, AT_SYMLINK_NOFOLLOW) == 0 &&
	       fstat(fd, &by_fd) == 0 && by_name.st_ino == by_fd.st_ino &&
	       by_name.st_dev == by_fd.st_dev;
}

/* The blob, if it is there, with a shared lock. Return: fd, or -ENOENT. */
static int share(const struct making *m, struct error *err)
{
	cleanup_free char *path = digest_path(m->digest);
	cleanup_fd int fd = openat(m->blobs_fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return -ENOENT;
	if (fd < 0 || flock(fd, LOCK_SH) < 0)
		return error_set(err, ERR_SYSTEM, errno, "open the blob %s", m->digest);
	return has_name(m->blobs_fd, path, fd) ? TAKE_FD(fd) : -ENOENT;
}

/* The partial file, ours alone and empty. Return: fd, or -EAGAIN: another one has put it in place meanwhile. */
static int open_partial(const struct making *m, const char *path, struct error *err)
{
	cleanup_fd int fd = openat(m->blobs_fd, path,
				   O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make the blob %s", m->digest);
	if (!has_name(m->blobs_fd, path, fd))
		return -EAGAIN;
	if (ftruncate(fd, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make the blob %s", m->digest);
	return TAKE_FD(fd);
}

static int fill_partial(const struct making *m, int fd, const char *path,
			struct error *err)
{
	cleanup_free char *to = digest_path(m->digest);
	int r = pack_blob(m, fd, err);

	if (r == 0 && unsynced_mark(m->blobs_fd, fd) < 0 && fsync(fd) < 0)
		r = error_set(err, ERR_SYSTEM, errno, "write the blob %s", m->digest);
	/* from now on it is shared: a blob that nobody has locked may be dropped */
	if (r == 0 && flock(fd, LOCK_SH) < 0)
		r = error_set(err, ERR_SYSTEM, errno, "lock the blob %s", m->digest);
	if (r == 0 && renameat(m->blobs_fd, path, m->blobs_fd, to) < 0)
		r = error_set(err, ERR_SYSTEM, errno, "put the blob %s in place",
			      m->digest);
	if (r < 0)
		(void)unlinkat(m->blobs_fd, path, 0);
	return r;
}

/* Return: fd with the lock, -EAGAIN. */
static int make(const struct making *m, struct error *err)
{
	cleanup_free char *path = xasprintf("partial/%s", digest_hex(m->digest));
	cleanup_fd int fd = open_partial(m, path, err);
	int shared_fd, r;

	if (fd < 0)
		return fd;
	shared_fd = share(m, err); /* somebody was quicker */
	if (shared_fd != -ENOENT) {
		(void)unlinkat(m->blobs_fd, path, 0);
		return shared_fd;
	}
	r = fill_partial(m, fd, path, err);
	return r < 0 ? r : TAKE_FD(fd);
}

static int get(const struct making *m, struct error *err)
{
	int fd = share(m, err);

	while (fd == -ENOENT || fd == -EAGAIN) {
		fd = make(m, err);
		if (fd == -EAGAIN && !error_is_set(err))
			fd = share(m, err);
		else
			break;
	}
	return fd;
}

static void keep(struct made_blobs *made, const char *digest, int fd)
{
	made->fds = xreallocarray(made->fds, made->n + 1, sizeof(*made->fds));
	made->fds[made->n++] = fd;
	strv_add(&made->digests, digest);
}

/* One that the image does not hold as a blob. */
static int make_one(struct making *m, const struct image_descriptor *blob,
		    struct made_blobs *ret, struct error *err)
{
	int fd;

	m->digest = blob->digest;
	if (!find_layer(m->engine, m->chain_ids[m->index], &m->layer)) {
		error_set(err, ERR_NOT_FOUND, 0, "layer %s is not there",
			  m->chain_ids[m->index]);
		return error_hint(err, "Pull or build the image again");
	}
	if (!str_eq(m->layer.diff_id, blob->digest))
		return error_set(err, ERR_NOT_FOUND, 0,
				 "the blob %s of layer %zu is missing", blob->digest,
				 m->index);
	if (ret->fetch_fd < 0)
		ret->fetch_fd = collect_fetch_lock(m->engine, err);
	if (ret->fetch_fd < 0)
		return ret->fetch_fd;
	fd = get(m, err);
	if (fd < 0)
		return fd;
	keep(ret, blob->digest, fd);
	return 0;
}

int blobs_make(const struct engine *e, const struct image_record *record,
	       struct made_blobs *ret, struct error *err)
{
	cleanup_image_manifest struct image_manifest *manifest = NULL;
	cleanup_fd int blobs_fd = image_blobs_open(e, err);
	struct making m = {
		.engine = e, .chain_ids = record->layers, .blobs_fd = blobs_fd};
	int r = blobs_fd < 0 ? blobs_fd : image_manifest_of(e, record, &manifest, err);

	ret->engine = e;
	for (;
	     r >= 0 && m.index < manifest->n_layers && m.index < strv_len(record->layers);
	     m.index++) {
		const struct image_descriptor *blob = &manifest->layers[m.index];

		if (!strv_has(record->blobs, blob->digest) &&
		    !strv_has(ret->digests, blob->digest))
			r = make_one(&m, blob, ret, err);
		layer_record_release(&m.layer);
	}
	return r < 0 ? r : 0;
}

/* With the lock of it, so that nobody begins to use what goes. */
static int drop(void *data, const char *digest, struct error *err)
{
	const int *blobs_fd = data;
	cleanup_free char *path = digest_path(digest);
	cleanup_fd int fd = openat(*blobs_fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return IMAGE_LEAVE_IT;
	return blob_remove(*blobs_fd, digest, err);
}

void blobs_drop(const struct engine *e, char *const *digests)
{
	static char *const no_layer[] = {NULL};
	cleanup_error struct error err = ERROR_INIT;
	cleanup_fd int blobs_fd = -EBADF;
	const struct image_garbage garbage = {.chain_ids = no_layer,
					      .blobs = digests,
					      .remove_layer = NULL,
					      .remove_blob = drop,
					      .data = &blobs_fd};

	if (strv_len(digests) == 0)
		return;
	blobs_fd = image_blobs_open(e, &err);
	if (blobs_fd < 0 || image_collect(e->store, &garbage, &err) < 0)
		error_drop(&err, "the next prune removes them");
}

void made_blobs_release(struct made_blobs *m)
{
	for (size_t i = 0; i < m->n; i++)
		fd_cleanup_(&m->fds[i]);
	blobs_drop(m->engine, m->digests);
	fd_cleanup_(&m->fetch_fd);
	free(m->fds);
	strv_free(m->digests);
	*m = MADE_BLOBS_INIT;
}
