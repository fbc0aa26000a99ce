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
struct file_hash;

#define CONTEXT_DEPTH_MAX 300 /* directories in one another */

struct context {
	int fd;                      /* of the directory; owned */
	char *path;                  /* for messages; owned */
	const struct ignore *ignore; /* NULL: nothing is ignored */
	const char *ignore_name;     /* of the ignore file, for messages; not owned */
};
#define CONTEXT_INIT ((struct context){.fd = -EBADF})
void context_release(struct context *c);
#define cleanup_context cleanup(context_release)

int context_open(const char *path, const struct ignore *ignore, struct context *ret,
		 struct error *err) _must_check_;

/*
 * context_find() - what is at a path ("" or ".": the top), links followed also at its end. *ret_real (caller frees; may be NULL): its path
 * below the top without links. Return: O_PATH fd. Whether it is ignored is not looked at.
 */
int context_find(const struct context *c, const char *path, struct stat *ret_st,
		 char **ret_real, struct error *err) _must_check_;

/* context_hides() - whether the ignore file leaves out what is there. A directory may hold something all the same. */
bool context_hides(const struct context *c, const char *real, bool is_dir);

/*
 * context_key() - add the tree at a path to a key: each file's path below it, kind, mode, content's digest, where a link points. Not times,
 * not owners. e: for the digests that are remembered. Missing is ERR_NOT_FOUND.
 */
int context_key(const struct context *c, const struct engine *e, const char *path,
		struct key *k, struct error *err) _must_check_;

/* context_add() - the same, with digests from an open memory, and without what `exclude` (NULL: nothing) matches: by its path from the top or from
 * the tree's own. */
int context_add(const struct context *c, struct file_hash *h, const char *path,
		const struct ignore *exclude, struct key *k,
		struct error *err) _must_check_;

/* context_excludes() - that rule. path: from the top; top_len: so many bytes of it, with the slash, are the tree's own. */
bool context_excludes(const struct ignore *exclude, const char *path, size_t top_len);
