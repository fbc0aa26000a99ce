/* SPDX-License-Identifier: Apache-2.0 */
/* The end of `cp` that something is copied to. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "engine/copy_entry.h"
#include "engine/copy_spot.h"
#include "runtime/idmap.h"
#include "util/cleanup.h"
#include "util/error.h"

struct copy_rules {
	bool overwrite; /* a directory takes the place of what is none, and the other way round */
	bool keep_owners; /* else all belongs to uid and gid */
	uid_t uid;
	gid_t gid;
	const struct idmap *uids,
		*gids; /* kept owners become their outside; no lines, NULL: as they are */
	/* For a tree that somebody else has made, in one that is the caller's: links that are there are not
	 * followed, set-id bits and capabilities are not taken over (unless owners are), directories
	 * that are there stay as they are. */
	bool is_host;
};

struct copy_dir; /* one that gets its mode and time at the end */

/* Zeroed but for place, path and rules. */
struct copy_take {
	struct copy_place place;
	const char *path;
	struct copy_rules rules;
	/* private */
	int base_fd;     /* owned: what paths are below */
	bool is_renamed; /* `path` is the copy itself, not the directory that it goes into */
	char *prefix; /* owned: name of the copy in base_fd; "": what is copied goes into base_fd itself */
	char *parent; /* owned: the directory of the last entry, below base_fd */
	int parent_fd;
	struct copy_dir *dirs; /* owned */
	size_t n_dirs, room;
};
#define COPY_TAKE_INIT ((struct copy_take){.base_fd = -EBADF, .parent_fd = -EBADF})
void copy_take_release(struct copy_take *t);
#define cleanup_copy_take cleanup(copy_take_release)

/* copy_take_sink() - from COPY_SOURCE to COPY_END. Podman's rules of names; see docs/copy.md. */
struct copy_sink copy_take_sink(struct copy_take *t);

/*
 * copy_take_into() - instead of COPY_SOURCE: entries go into an existing directory, for an archive. Their
 * paths may be anybody's: "/" and "./" in front are taken off by the caller, "..", is refused here.
 */
int copy_take_into(struct copy_take *t, struct error *err) _must_check_;
