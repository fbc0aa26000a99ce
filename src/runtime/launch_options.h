/* SPDX-License-Identifier: Apache-2.0 */
/* What the caller of a launch wants, as both its sides read it. Nothing here is owned. */
#pragma once

#include <errno.h>
#include <stdbool.h>

struct overlay_paths;
struct seccomp_filter;
struct spec;

struct launch_options {
	const char *id;
	const char *bundle; /* absolute directory; root.path, bind sources may be relative
			       to it */
	const struct spec *spec;
	const struct overlay_paths
		*overlay; /* the root is this, attached at root.path; NULL:
						root.path's own files */
	int stdio_fd[3];  /* become 0, 1, 2 of the container; -EBADF: /dev/null. Ignored
			    with a terminal */
	int console_socket_fd; /* with process.terminal and no ret_master_fd: master goes
				  here */
	int *ret_master_fd;    /* with process.terminal: master is handed to the caller */
	int start_fd;  /* listening socket on which the init waits for `start`; -EBADF:
			  none */
	int cgroup_fd; /* directory to start in (CLONE_INTO_CGROUP), -EBADF: none */
	int seccomp_cache_dirfd; /* -EBADF: none */
	/* used instead of spec's linux.seccomp; NULL: the spec's */
	const struct seccomp_filter *filter;
	int preserve_fds;     /* fds 3 .. 3+N-1 are passed on to the program */
	bool die_with_parent; /* the init is killed when its parent ends */
	bool no_pivot;
	bool no_new_keyring;
};
#define LAUNCH_OPTIONS_INIT                           \
	((struct launch_options){                     \
		.stdio_fd = {-EBADF, -EBADF, -EBADF}, \
		.console_socket_fd = -EBADF,          \
		.start_fd = -EBADF,                   \
		.cgroup_fd = -EBADF,                  \
		.seccomp_cache_dirfd = -EBADF,        \
	})
