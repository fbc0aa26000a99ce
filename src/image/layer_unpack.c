/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two processes, so that both cores work:
 *
 *   blob (growing) --pread--> decompress, hash --ring in shared memory--> parse, write files
 *                             the child                                   this process
 *
 * The bytes are written from the ring, where they were decompressed to, by write(2): nothing is copied
 * on the way. The child can be confined to reading, computing and the ring; this process to the
 * layer's directory.
 */
#include "image/layer.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "image/hash.h"
#include "image/layer_entry.h"
#include "image/layer_ids.h"
#include "image/layer_name.h"
#include "image/layer_ring.h"
#include "image/layer_stream.h"
#include "image/layer_tree.h"
#include "image/tar_reader.h"
#include "util/mem.h"
#include "util/str.h"

#define DEVICES_MAX (64 * 1024)

struct unpack {
	struct layer_ring *ring;
	struct layer_tree tree;
	struct layer_entries entries;
	struct layer_name name;
	struct layer_result *result;
	struct hash *hash;
	uint64_t max_bytes, max_entries;
	unsigned int flags;
};

static ssize_t more(void *data, const uint8_t **ret, struct error *err)
{
	struct unpack *u = data;
	struct layer_stream_result stream;
	ssize_t n = layer_ring_get(u->ring, ret);

	if (n < 0)
		return error_set(err, ERR_SYSTEM, (int)-n, "take over a layer's bytes");
	/* the end, or the other process has failed: then its reason is the one to tell */
	return n > 0 ? n : layer_stream_result(u->ring, &stream, err);
}

static void note_owner(struct unpack *u, const struct tar_entry *e)
{
	if (e->uid > u->result->max_uid)
		u->result->max_uid = e->uid;
	if (e->gid > u->result->max_gid)
		u->result->max_gid = e->gid;
}

static int take_device(struct unpack *u, const struct tar_entry *e, struct error *err)
{
	struct layer_result *result = u->result;
	bool is_char = e->type == TAR_CHAR;

	/* a character device 0:0 is what overlay takes for a whiteout, and a block device is none */
	if (!(u->flags & LAYER_LIST_DEVICES) || (e->major == 0 && e->minor == 0)) {
		result->n_skipped_devices++;
		return 0;
	}
	if (result->n_devices >= DEVICES_MAX)
		return error_set(err, ERR_INVALID, 0,
				 "the layer has more than %d devices", DEVICES_MAX);
	note_owner(u, e);
	int r = u->flags & LAYER_SCAN ? 0
				      : layer_entry_vacate(&u->entries, &u->name, err);
	if (r < 0)
		return r;
	if ((result->n_devices & (result->n_devices - 1)) == 0)
		result->devices =
			xreallocarray(result->devices,
				      result->n_devices > 0 ? 2 * result->n_devices : 1,
				      sizeof(*result->devices));
	result->devices[result->n_devices++] =
		(struct layer_device){.path = xstrdup(u->name.path),
				      .mode = e->mode | (is_char ? S_IFCHR : S_IFBLK),
				      .major = e->major,
				      .minor = e->minor,
				      .uid = e->uid,
				      .gid = e->gid};
	return 0;
}

static int take_plain(struct unpack *u, const struct tar_entry *e, struct error *err)
{
	static int (*const make[])(struct layer_entries *, const struct tar_entry *,
				   const struct layer_name *, struct error *) = {
		[TAR_FILE] = layer_entry_file,
		[TAR_HARDLINK] = layer_entry_hardlink,
		[TAR_SYMLINK] = layer_entry_symlink,
		[TAR_DIR] = layer_entry_dir,
		[TAR_FIFO] = layer_entry_fifo,
	};

	if (e->type == TAR_CHAR || e->type == TAR_BLOCK_DEVICE)
		return take_device(u, e, err);
	if (e->type != TAR_HARDLINK)
		note_owner(u, e);
	return u->flags & LAYER_SCAN ? 0 : make[e->type](&u->entries, e, &u->name, err);
}

static int take_root(struct unpack *u, const struct tar_entry *e, struct error *err)
{
	if (e->type != TAR_DIR)
		return error_set(err, ERR_INVALID, 0,
				 "the layer's own directory is to be something else");
	u->result->root_entry = true;
	note_owner(u, e);
	return u->flags & LAYER_SCAN ? 0
				     : layer_entry_root(&u->entries, e, &u->name, err);
}

static int take(struct unpack *u, const struct tar_entry *entry, struct error *err)
{
	const struct tar_entry *e = entry;
	struct tar_entry harmless;
	bool scan = u->flags & LAYER_SCAN;
	int r = layer_name_parse(e->path, &u->name, err);

	if (r < 0)
		return r;
	if (u->flags & LAYER_NO_SETID) {
		harmless = *entry;
		harmless.mode &= ~(uint32_t)(S_ISUID | S_ISGID);
		e = &harmless;
	}
	if (++u->result->n_entries > u->max_entries)
		return error_set(err, ERR_INVALID, 0,
				 "the layer has more than the %" PRIu64
				 " entries that are allowed",
				 u->max_entries);
	if ((u->flags & LAYER_PLAIN) && u->name.kind != LAYER_NAME_PLAIN &&
	    u->name.kind != LAYER_NAME_ROOT)
		return error_set(
			err, ERR_UNSUPPORTED, 0,
			"entry %s: names that begin with .wh. mean in layers that something is gone",
			e->path);
	switch (u->name.kind) {
	case LAYER_NAME_PLAIN:
		return take_plain(u, e, err);
	case LAYER_NAME_ROOT:
		return take_root(u, e, err);
	case LAYER_NAME_WHITEOUT:
		return scan ? 0 : layer_entry_whiteout(&u->entries, &u->name, err);
	case LAYER_NAME_OPAQUE:
		return scan ? 0 : layer_entry_opaque(&u->entries, &u->name, err);
	case LAYER_NAME_IGNORED:
		break;
	}
	return 0;
}

static int take_all(struct unpack *u, struct error *err)
{
	const struct tar_entry *e;
	const uint8_t *rest;
	ssize_t n;
	int r = 0;

	while (r == 0 && (r = tar_reader_next(u->entries.reader, &e, err)) == 1)
		r = take(u, e, err);
	if (r < 0)
		return r;
	/* what follows the archive is hashed too */
	while ((n = more(u, &rest, err)) > 0)
		;
	return (int)n;
}

static int finish(struct unpack *u, struct error *err)
{
	struct layer_result *result = u->result;
	struct layer_stream_result stream;
	int r = layer_stream_result(u->ring, &stream, err);

	if (r == 0 && !(u->flags & LAYER_SCAN)) {
		r = layer_dirs_implied(&u->tree.dirs, &result->implied, err);
		if (r == 0)
			r = layer_tree_finish(&u->tree, err);
	}
	if (r < 0)
		return r;
	result->disk_bytes = u->tree.disk_bytes;
	result->diff_id = xstrdup(stream.diff_id);
	result->tar_size = stream.tar_size;
	result->compression = xstrdup(stream.compression);
	return 0;
}

static int unpack(struct unpack *u, int root_fd, struct error *err)
{
	struct tar_source source = {.more = more, .data = u};
	cleanup_tar_reader struct tar_reader *reader = tar_reader_new(&source);
	int r = u->flags & LAYER_SCAN
			? 0
			: layer_tree_open(&u->tree, root_fd, u->max_entries, err);

	if (r < 0)
		return r;
	u->entries.tree = &u->tree;
	u->entries.reader = reader;
	r = take_all(u, err);
	if (r == 0)
		r = finish(u, err);
	if (!(u->flags & LAYER_SCAN))
		layer_tree_close(&u->tree);
	return r;
}

/* The other process. Return: its pid. */
static int start_stream(const struct layer_input *in, struct unpack *u,
			struct layer_ring *ring, struct error *err)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		return error_set(err, ERR_SYSTEM, errno, "start a process to decompress");
	if (pid > 0)
		return pid;
	layer_ring_writer(ring);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(EXIT_FAILURE);
	layer_stream_run(in, u->max_bytes, ring, u->hash);
}

static int run(struct unpack *u, int root_fd, const struct layer_input *in,
	       struct error *err)
{
	cleanup_layer_ring struct layer_ring ring = LAYER_RING_INIT;
	int r = layer_ring_open(&ring, err);
	pid_t pid = r < 0 ? r : start_stream(in, u, &ring, err);

	if (pid < 0)
		return pid;
	layer_ring_reader(&ring);
	u->ring = &ring;
	r = unpack(u, root_fd, err);
	u->ring = NULL;
	layer_ring_close(&ring); /* which ends the other process, if it has not ended */
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return r;
}

int layer_unpack(int root_fd, const struct layer_input *in,
		 const struct layer_limits *limits, unsigned int flags,
		 struct layer_result *ret, struct error *err)
{
	cleanup_free struct unpack *u = xcalloc(1, sizeof(*u));
	cleanup_layer_result struct layer_result result = {0};
	cleanup_layer_ids struct layer_ids ids = {0};
	cleanup_hash struct hash *hash = NULL;
	int r = 0;

	u->flags = flags;
	u->result = &result;
	u->max_bytes = limits && limits->max_bytes ? limits->max_bytes : LAYER_MAX_BYTES;
	u->max_entries =
		limits && limits->max_entries ? limits->max_entries : LAYER_MAX_ENTRIES;
	if (!(flags & (LAYER_SINGLE_ID | LAYER_SCAN))) {
		r = layer_ids_read(&ids, err);
		u->entries.ids = &ids;
	}
	if (r == 0)
		r = hash_new(NULL, &hash, err);
	u->hash = hash;
	if (r == 0 && in->confine)
		r = in->confine(root_fd, err);
	if (r == 0)
		r = run(u, root_fd, in, err);
	if (r < 0)
		return r;
	*ret = result;
	result = (struct layer_result){0};
	return 0;
}
