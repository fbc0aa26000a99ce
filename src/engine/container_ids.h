/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is who in a container: its map, its program's user, the names in its /etc/passwd and /etc/group, and where
 * directories of the host lie in it; whether it runs or not.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/container.h"
#include "engine/engine.h"
#include "engine/user_lookup.h"
#include "runtime/idmap.h"
#include "util/cleanup.h"
#include "util/error.h"

/* A directory or file of the host that is mounted in it. Strings are owned. */
struct container_bind {
	char *source,
		*destination; /* the source without symbolic links, if it is there */
	bool is_volume;       /* asked for with -v */
	bool is_root;         /* the directory that is the container's root */
	bool read_only;
	bool is_mapped; /* idmapped: owners on disk are taken as ids of ... */
	struct idmap uids,
		gids; /* ... this map's inside, and appear as those outside; owned */
};

struct container_ids {
	char *name;
	bool is_running;
	bool has_userns;         /* otherwise the maps are of all ids onto themselves */
	struct idmap uids, gids; /* to ids of the host */
	/* the user's whole map, with which `cubby unshare` works; root: all ids; no lines: one id only */
	bool is_root; /* of the host: no unshare is needed */
	uint32_t caller_uid;
	struct idmap whole_uids, whole_gids;
	struct user_identity user; /* ids inside */
	bool overrides;            /* CAP_DAC_OVERRIDE is the program's */
	uint32_t *
		kept_groups; /* groups of the host that it has besides, without a number inside; owned */
	size_t n_kept_groups;
	char *home;           /* of the caller, without symbolic links; NULL: unknown */
	char *passwd, *group; /* texts, NULL: there is none */
	struct container_bind *binds; /* first of all its root, if that is a directory */
	size_t n_binds;
	int root_fd; /* its root as the host sees it, with what is mounted if it runs; -EBADF: none */
};
#define CONTAINER_IDS_INIT ((struct container_ids){.root_fd = -EBADF})
void container_ids_release(struct container_ids *ids);
#define cleanup_container_ids cleanup(container_ids_release)

/*
 * container_ids_get() - user: as -u of `exec`, instead of the program's; NULL: that. The map of one that joined
 * somebody's user namespace is known while it runs only: ERR_CONFLICT. Files that can't be looked at are not known:
 * no error.
 */
int container_ids_get(const struct engine *e, const struct container *c, const char *user,
		      struct container_ids *ret, struct error *err) _must_check_;

/* container_ids_below() - the rest of a path ("" or "/...") if it is `top` or below it, else NULL. */
const char *container_ids_below(const char *path, const char *top);
