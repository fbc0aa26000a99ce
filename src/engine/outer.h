/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The outer user namespace of an ordinary user's containers (see launch_outer in
 * runtime/launch_options.h): there is no process in it. Each container that uses it keeps its mount
 * namespace open, in the launcher and then the monitor; the file "outer" in the container's run
 * directory says which process, which fd of it, and the namespace's maps. So the next container finds it in any of them, and
 * it is gone with the last one.
 */
#pragma once

#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

struct idmap;

struct outer {
	int user_ns_fd;  /* borrowed; that it must belong to, -EBADF: any */
	int mount_ns_fd; /* owned; -EBADF: there is none, so make it */
	int lock_fd;     /* owned; of who makes it */
	char *trees;     /* owned; where the metadata trees are mounted in it */
	char *maps;      /* owned; as text */
};
#define OUTER_INIT \
	((struct outer){.user_ns_fd = -EBADF, .mount_ns_fd = -EBADF, .lock_fd = -EBADF})
void outer_release(struct outer *o);
#define cleanup_outer cleanup(outer_release)

/* outer_trees() - the directory for them, made if missing. Caller frees; NULL with *err. */
char *outer_trees(const struct engine *e, struct error *err);

/* outer_peek() - the mount namespace of one that a container uses; -EBADF: there is none. Caller closes. */
int outer_peek(const struct engine *e);

/* outer_find() - one that a container uses and that has these maps, as the user's ids may have changed, and belongs to
 * ret->user_ns_fd. If there is none the caller has the lock until it has registered the one that it makes, or releases *ret. */
int outer_find(const struct engine *e, const struct idmap *uids, const struct idmap *gids,
	       struct outer *ret, struct error *err) _must_check_;

/* outer_register() - in the process that keeps mount_ns_fd: this container uses it. */
int outer_register(struct outer *o, int container_dirfd, struct error *err) _must_check_;
