/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The namespaces that a container shares, opened: at each start, by the words that its record has ("container:ID",
 * "ns:PATH", "owner:PATH"). Those of a container are found through its init, which is who it was (pid, start time, boot)
 * before and after they were opened.
 */
#pragma once

#include "engine/engine.h"
#include "runtime/launch_options.h"
#include "runtime/namespace.h"
#include "util/cleanup.h"
#include "util/error.h"

#define SHARED_SHM_PATH   "/dev/shm"
/* What the spec has for it: no path leads to it, the launch is given the mount. */
#define SHARED_SHM_SOURCE "shm-of-the-ipc-namespace"

struct joined {
	int fds[NS_KINDS]; /* owned; -EBADF: not joined, or the caller's own */
	int shm_fd; /* owned; /dev/shm of the container whose ipc namespace it is */
	struct launch_mount mounts[1];
	size_t n_mounts;
};
#define JOINED_INIT                                                                      \
	((struct joined){                                                                \
		.fds = {-EBADF, -EBADF, -EBADF, -EBADF, -EBADF, -EBADF, -EBADF, -EBADF}, \
		.shm_fd = -EBADF})
void joined_release(struct joined *j);
#define cleanup_joined cleanup(joined_release)

/* joined_open() - NULL: not joined. A container that does not run is ERR_CONFLICT. e->store must be open if the words name one. */
int joined_open(const struct engine *e, char *const words[static NS_KINDS],
		struct joined *ret, struct error *err) _must_check_;

/* joined_open_user() - one user namespace by "ns:PATH", "owner:PATH" or a path; *ret_fd is -EBADF for the
 * caller's own. */
int joined_open_user(const struct engine *e, const char *words, int *ret_fd,
		     struct error *err) _must_check_;

/* joined_fill() - into the options of a launch, which borrow it. */
void joined_fill(const struct joined *j, struct launch_options *o);
