/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directories of RUN --mount=type=cache: <data>/build/cache/HASH-OF-ID[.N]/{data,work}, kept from build to build. Who uses one holds a
 * shared or exclusive lock on it, so that nobody prunes it; sharing=locked excludes others, sharing=private gives whoever comes second a
 * directory of its own (.1, .2, ...), which is kept too.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

#define CACHE_MOUNT_DIR "build/cache" /* below the data directory */

enum cache_sharing { CACHE_SHARED, CACHE_PRIVATE, CACHE_LOCKED };

/* cache_sharing_parse() - "shared", "private", "locked" (NULL, "": shared). ERR_INVALID. */
int cache_sharing_parse(const char *word, enum cache_sharing *ret,
			struct error *err) _must_check_;

struct cache_mount_options { /* nothing is owned */
	const char *id;      /* id=, or target where there is none */
	const char *
		from; /* key of from= and its source=, "": none: another base is another directory */
	enum cache_sharing sharing;
	uint32_t uid, gid; /* inside of the user's map */
	mode_t mode;       /* 0755 unless mode= says else */
};

struct cache_mount { /* owned */
	char *path; /* absolute: the directory to mount; with from=: the upper directory of an overlay above that (sharing=shared is locked then)... */
	char *work; /* ...and its work directory, beside it */
	int lock_fd; /* until it is closed (or everybody who has it is dead) the directory is in use */
};
#define CACHE_MOUNT_INIT ((struct cache_mount){.lock_fd = -EBADF})
void cache_mount_release(struct cache_mount *m);
#define cleanup_cache_mount cleanup(cache_mount_release)

/*
 * cache_mount_open() - made if missing, with owner and mode; one that is there is left as it is. A locked one that somebody has is waited
 * for; INT, TERM, HUP or QUIT, also blocked ones that become pending, end that: ERR_UNAVAILABLE, EINTR. Before it waits wait_note is told
 * (NULL: nobody).
 */
int cache_mount_open(const struct engine *e, const struct cache_mount_options *o,
		     void (*wait_note)(void *data, const char *sentence), void *data,
		     struct cache_mount *ret, struct error *err) _must_check_;
