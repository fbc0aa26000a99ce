/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layers of one image while it is fetched: which are there, which are unpacked here, which are
 * being unpacked by another process. A layer gets its name and its record when all below it have
 * theirs. Private to image_fetch.c.
 */
#pragma once

#include <poll.h>
#include <stdbool.h>

#include "engine/engine.h"
#include "engine/image_progress.h"
#include "engine/layer_settle.h"
#include "engine/unpack.h"
#include "engine/user_ids.h"
#include "image/layer.h"
#include "transfer/protocol.h"
#include "util/cleanup.h"
#include "util/error.h"

enum fetch_layer_state {
	FETCH_LAYER_THERE,     /* on record */
	FETCH_LAYER_ELSEWHERE, /* another process has the lock */
	FETCH_LAYER_WANTED,    /* ours to do: the lock is held */
	FETCH_LAYER_RUNNING,   /* its unpacker is at work */
	FETCH_LAYER_UNPACKED,  /* complete, without a name yet */
};

struct fetch_layer {
	const struct transfer_layer *wanted;
	enum fetch_layer_state state;
	int lock_fd, tree_fd;   /* owned, as all fds here */
	char *new_name;         /* of the tree, while it has no other */
	int blob_fd, growth_fd; /* what the next unpacker shall read */
	struct unpack unpack;
	struct layer_result result;
};

struct fetch_layers {
	const struct engine *engine;
	const struct image_progress *progress; /* may be NULL */
	const struct user_ids *ids;            /* whose names the files get */
	struct user_ids confined;              /* the same for unpackers */
	bool may_spare; /* a layer that was built here is complete without its blob */
	bool scan_first; /* a small map: look whether it holds all ids before anything is unpacked */
	int layers_fd, blobs_fd;
	char boot_id[LAYER_BOOT_ID_SIZE];
	struct fetch_layer *items;
	size_t n, n_there; /* items[0 .. n_there-1] are on record */
	size_t n_running;
};
#define FETCH_LAYERS_INIT ((struct fetch_layers){.layers_fd = -EBADF, .blobs_fd = -EBADF})

/* fetch_layers_begin() - image is borrowed. */
int fetch_layers_begin(const struct engine *e, const struct user_ids *ids,
		       const struct transfer_image *image, struct fetch_layers *f,
		       struct error *err) _must_check_;
void fetch_layers_release(struct fetch_layers *f);
#define cleanup_fetch_layers cleanup(fetch_layers_release)

/* fetch_layers_answer() - add to the answer to the event "image". */
struct json_object;
void fetch_layers_answer(const struct fetch_layers *f, struct json_object *answer);

/* fetch_layers_spares() - layer i needs no blob: it is there, its blob is not, and would be its uncompressed archive. */
bool fetch_layers_spares(const struct fetch_layers *f, size_t i);

/* fetch_layers_blob() - the event "blob": the fds are taken over. */
int fetch_layers_blob(struct fetch_layers *f, int64_t index, int blob_fd, int growth_fd,
		      struct error *err) _must_check_;

/* fetch_layers_poll() - what to wait for; returns how many of fds (room for f->n) were filled.
 * fetch_layers_heard() - after poll(2). */
size_t fetch_layers_poll(const struct fetch_layers *f, struct pollfd *fds);
int fetch_layers_heard(struct fetch_layers *f, const struct pollfd *fds, size_t n,
		       struct error *err) _must_check_;

/* fetch_layers_finish() - all blobs are there: do what is left, wait for others. */
int fetch_layers_finish(struct fetch_layers *f, struct error *err) _must_check_;

/* fetch_layers_vanished() - one that was there is no more: somebody removed an image meanwhile. */
bool fetch_layers_vanished(const struct fetch_layers *f);
