/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Directories below <data>/contexts for files that a build brings in from elsewhere. Each is locked (flock(2)) by whoever uses it; one
 * that is not is left from a killed process, and goes when the next is made. Everything in them is the user's own.
 */
#pragma once

#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

#define CONTEXT_PLACE_DIR "contexts" /* below the data directory */

struct context_place {
	char *path;  /* absolute, owned; NULL: none */
	int lock_fd; /* owned */
	const struct engine *engine;
};
#define CONTEXT_PLACE_INIT ((struct context_place){.lock_fd = -EBADF})

/* context_place_new() - an empty one, mode 0700. */
int context_place_new(const struct engine *e, struct context_place *ret,
		      struct error *err) _must_check_;

/* context_places_sweep() - what killed processes left. Making one does that too. */
void context_places_sweep(const struct engine *e);

/* context_place_unpack() - a tar, compressed or not, from a file or a pipe (fd), into it: a confined process does that. All owners
 * become the user. `name` is for messages. */
int context_place_unpack(const struct context_place *p, int fd, const char *name,
			 struct error *err) _must_check_;

/* context_place_release() - away with it and all that is in it. */
void context_place_release(struct context_place *p);
#define cleanup_context_place cleanup(context_place_release)
