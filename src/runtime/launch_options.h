/* SPDX-License-Identifier: Apache-2.0 */
/* What the caller of a launch wants, as both its sides read it. Nothing here is owned. */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#include "util/error.h"

struct idmap;
struct overlay_paths;
struct root_edit;
struct seccomp_filter;
struct spec;

/*
 * A user namespace between the caller's and the container's: it has all ids of the user, so that its
 * root can write the container's maps, can put interfaces into the container's network namespace, and can show image
 * layers with the container's owners. For these several containers share a mount namespace of its that has the images'
 * metadata trees. It lasts as long as somebody holds a namespace that belongs to it.
 */
struct launch_outer {
	const struct idmap *uids, *gids; /* its maps, to make it */
	int user_ns_fd;    /* of one that is there already; -EBADF: as mount_ns_fd says */
	const char *trees; /* a directory where the trees are mounted, in the mount
			      namespace only; NULL: the container needs none */
	char *const *give; /* paths (strv) that are given to the container's root */
	int mount_ns_fd;   /* with the trees, there already; -EBADF: make it */
	int *ret_mount_ns_fd; /* gets the one that was made */
};

/* A mount that the caller has already: it takes the place of the spec's bind at this destination. */
struct launch_mount {
	const char *destination;
	int fd; /* of a detached mount */
};

struct launch_options {
	const char *id;
	const char *bundle; /* absolute directory; root.path, bind sources may be relative
			       to it */
	const struct spec *spec;
	const struct overlay_paths
		*overlay; /* the root is this, attached at root.path; NULL:
						root.path's own files */
	const struct launch_outer *outer; /* NULL: none */
	const int *join_fds; /* namespaces to join whatever path the spec has, by enum
			      namespace_kind; -EBADF: the spec's. NULL: none */
	const struct launch_mount *mounts;
	size_t n_mounts;
	const struct root_edit *edits; /* of the root's own files, n_edits of them */
	size_t n_edits;
	bool base_creates; /* the container's user namespace is made by its base ids:
			      what the kernel counts by creator is its own then */
	bool root_idmap; /* no overlay: the owners of root.path's files are shown through the
			      container's map */
	int stdio_fd[3]; /* become 0, 1, 2 of the container; -EBADF: /dev/null. Ignored
			    with a terminal */
	int console_socket_fd; /* with process.terminal and no ret_master_fd: master goes
				  here */
	int *ret_master_fd;    /* with process.terminal: master is handed to the caller */
	int start_fd; /* listening socket on which the init waits for `start`; -EBADF:
			  none */
	int forget_fds
		[2]; /* of the caller, which an init that waits there must not keep open; -EBADF: none */
	int made_fd; /* gets the places that were made for mounts: mount_made.h; -EBADF: nobody asks */
	int cgroup_fd; /* directory to start in (CLONE_INTO_CGROUP), -EBADF: none */
	const char *
		cgroup_apart; /* its path, if the caller may not clone into it (struct cgroup); NULL: it may */
	char *const
		*cgroup_files;   /* strv of paths that the container's root shall own, of
				      cgroup_delegate(); NULL: none */
	int seccomp_cache_dirfd; /* -EBADF: none */
	/* used instead of spec's linux.seccomp; NULL: the spec's */
	const struct seccomp_filter *filter;
	int preserve_fds;       /* fds 3 .. 3+N-1 are passed on to the program, ... */
	const int *preserve_fd; /* ... and these, at most PROCESS_KEEP_MORE_MAX */
	size_t n_preserve_fd;
	bool die_with_parent; /* the init is killed when its parent ends */
	bool no_pivot;
	bool no_new_keyring;
	/* With a new network namespace: called once it is there, with an fd that the callee may keep (it is
	 * closed otherwise); the container's mounts are made meanwhile. NULL: nobody wants it. */
	int (*on_network)(void *data, int *net_ns_fd, struct error *err);
	void *network_data;
};
#define LAUNCH_OPTIONS_INIT                           \
	((struct launch_options){                     \
		.stdio_fd = {-EBADF, -EBADF, -EBADF}, \
		.console_socket_fd = -EBADF,          \
		.start_fd = -EBADF,                   \
		.made_fd = -EBADF,                    \
		.forget_fds = {-EBADF, -EBADF},       \
		.cgroup_fd = -EBADF,                  \
		.seccomp_cache_dirfd = -EBADF,        \
	})
