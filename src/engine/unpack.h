/* SPDX-License-Identifier: Apache-2.0 */
/* One layer on its way from a blob, which may still be growing, to a directory. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"
#include "engine/user_ids.h"
#include "image/layer.h"
#include "runtime/sandbox.h"
#include "util/buf.h"
#include "util/cleanup.h"
#include "util/error.h"

struct unpack {
	struct sandbox sandbox;
	int result_fd;     /* readable when there is something to hear; owned */
	struct buf result; /* what was heard so far */
};
#define UNPACK_INIT ((struct unpack){.sandbox = SANDBOX_INIT, .result_fd = -EBADF})

struct unpack_request {
	const struct user_ids *ids;
	int tree_fd; /* the directory; with LAYER_SCAN any directory */
	int blob_fd;
	int growth_fd;      /* -EBADF: the blob is complete */
	uint64_t size;      /* of the blob, bytes */
	unsigned int flags; /* enum layer_flags */
};

/* unpack_start() - in a sandbox; the fds stay the caller's. */
int unpack_start(const struct unpack_request *request, struct unpack *ret,
		 struct error *err) _must_check_;

/* unpack_hear() - read what result_fd has. Return: 1 when that was all, 0 when more will come. */
int unpack_hear(struct unpack *u, struct error *err) _must_check_;

/* unpack_finish() - after the last word: the result, or the unpacker's error. */
int unpack_finish(struct unpack *u, struct layer_result *ret,
		  struct error *err) _must_check_;

/* unpack_release() - kills one that was not finished. */
void unpack_release(struct unpack *u);
#define cleanup_unpack cleanup(unpack_release)

/* unpack_run() - start, hear, finish. */
int unpack_run(const struct unpack_request *request, struct layer_result *ret,
	       struct error *err) _must_check_;
