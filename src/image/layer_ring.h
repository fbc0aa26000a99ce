/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chunks of bytes from one process to another that was forked from it, through shared memory: the
 * one fills them in order, the other reads them where they lie. A byte in one pipe says that a
 * chunk is full, a byte in the other that it is free again; end of file says that the other side is no
 * more.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/cleanup.h"
#include "util/error.h"

#define LAYER_CHUNK_SIZE ((size_t)256 * 1024)
#define LAYER_CHUNKS     16

/* What the filling side leaves besides; read only after its end. */
#define LAYER_RING_NOTE_MAX 16384

struct layer_ring {
	uint8_t *data;  /* LAYER_CHUNKS of them, shared */
	uint32_t *lens; /* shared */
	char *note;     /* LAYER_RING_NOTE_MAX bytes, shared, zeros at first */
	size_t mapped;
	int full[2], empty[2]; /* pipes; [0] is read */
	size_t next;           /* chunk */
	size_t available;      /* chunks that the own side may use without asking */
	bool in_use;           /* the reader has one */
};
#define LAYER_RING_INIT \
	((struct layer_ring){.full = {-EBADF, -EBADF}, .empty = {-EBADF, -EBADF}})

int layer_ring_open(struct layer_ring *r, struct error *err) _must_check_;
void layer_ring_close(struct layer_ring *r);
#define cleanup_layer_ring cleanup(layer_ring_close)

/* layer_ring_reader() / layer_ring_writer() - which side this process is: the other's ends are closed. */
void layer_ring_reader(struct layer_ring *r);
void layer_ring_writer(struct layer_ring *r);

/* layer_ring_room() - the next chunk to be filled, LAYER_CHUNK_SIZE bytes. 0, or -EPIPE: nobody
 * reads any more. */
int layer_ring_room(struct layer_ring *r, uint8_t **ret) _must_check_;
/* layer_ring_put() - it holds len bytes now. */
int layer_ring_put(struct layer_ring *r, size_t len) _must_check_;
/* layer_ring_finish() - no more will come. */
void layer_ring_finish(struct layer_ring *r);

/* layer_ring_get() - the next full chunk, valid until the next call. Return: its length, 0 at the end,
 * or a negative errno. */
ssize_t layer_ring_get(struct layer_ring *r, const uint8_t **ret) _must_check_;
