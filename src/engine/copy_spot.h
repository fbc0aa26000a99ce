/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One end of `cp`: a place with files, and a path in it. The host's place is what the caller sees; a
 * container's is its root directory, which the process has entered (chroot(2) or its mount namespace), so
 * that no link leads out of it.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "util/cleanup.h"
#include "util/error.h"

struct copy_place {
	int root_fd;           /* -EBADF: the host */
	const char *container; /* its name, for messages; NULL: the host */
};

/* A name in a directory, whether there is something by it or not. */
struct copy_spot {
	int parent_fd; /* owned; O_PATH */
	char *name;    /* owned; "." for a directory that has no name of its own there */
	bool exists;
	struct stat st; /* if it exists: of itself, not of what it points to */
};
#define COPY_SPOT_INIT ((struct copy_spot){.parent_fd = -EBADF})
void copy_spot_release(struct copy_spot *s);
#define cleanup_copy_spot cleanup(copy_spot_release)

/* copy_open() - a path of the place, links followed. Return: fd or -errno with *err. */
int copy_open(const struct copy_place *place, const char *path, int flags,
	      struct error *err) _must_check_;

/*
 * copy_spot_find() - where a path ends; follow: links at its end are followed (also one that points to
 * nothing: then that is the spot). A missing directory on the way is ERR_NOT_FOUND.
 */
int copy_spot_find(const struct copy_place *place, const char *path, bool follow,
		   struct copy_spot *ret, struct error *err) _must_check_;

/* copy_path_name() - the last part of a path, as the name of a copy; NULL where it has none ("/", "x/.", ".."):
 * then what is in the directory is meant. Caller frees. */
char *copy_path_name(const char *path);

/* copy_path_contents() - it ends with "/.", or is ".". copy_path_is_dir() - it ends with a slash or that. */
bool copy_path_contents(const char *path);
bool copy_path_is_dir(const char *path);

/* copy_not_found() - podman's words for a path that is not there. */
int copy_not_found(const struct copy_place *place, const char *path, struct error *err);
