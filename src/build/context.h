/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of a directory that belong to a build: what the ignore file leaves out is not there. Whoever shaped the directory, no link leads
 * out of it: an absolute one begins at its top. Nothing is opened but directories and regular files.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "build/ignore.h"
#include "build/key.h"
#include "util/cleanup.h"
#include "util/error.h"

struct engine;

struct context {
	int fd;                      /* of the directory; owned */
	char *path;                  /* for messages; owned */
	const struct ignore *ignore; /* NULL: nothing is ignored */
};
#define CONTEXT_INIT ((struct context){.fd = -EBADF})
void context_release(struct context *c);
#define cleanup_context cleanup(context_release)

int context_open(const char *path, const struct ignore *ignore, struct context *ret,
		 struct error *err) _must_check_;

/*
 * context_key() - add the tree at a path ("" or ".": all; a link at its end is followed) to a key: each file's path below it, kind, mode, content's
 * digest, where a link points. Not times, not owners. e: for the digests that are remembered. Missing is ERR_NOT_FOUND.
 */
int context_key(const struct context *c, const struct engine *e, const char *path,
		struct key *k, struct error *err) _must_check_;
