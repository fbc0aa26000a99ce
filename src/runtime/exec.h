/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One more process in a running container (exec): joins its namespaces through the init's
 * pidfd, takes its root and cgroup, then becomes the program by process.h's rules. The
 * new process is the caller's child.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "runtime/seccomp.h"
#include "util/cleanup.h"
#include "util/error.h"

struct spec;
struct spec_process;

struct exec_options {
	pid_t init_pid; /* of the container, with pid_fd proven to be it */
	int init_pid_fd;
	const struct spec *spec;            /* the container's */
	const struct spec_process *process; /* the new process's */
	int stdio_fd[3];       /* -EBADF: /dev/null. Ignored with a terminal */
	int console_socket_fd; /* as in launch_options */
	int *ret_master_fd;
	int cgroup_fd; /* -EBADF: the caller's */
	const char *
		cgroup_path; /* of cgroup_fd: who may not make a process in there goes there by
				    cgroup_enter(). NULL: then it is an error */
	int seccomp_cache_dirfd;
	const struct seccomp_filter *filter; /* as in launch_options */
	int preserve_fds;       /* fds 3 .. 3+N-1 are passed on to the program, ... */
	const int *preserve_fd; /* ... and these, at most PROCESS_KEEP_MORE_MAX */
	size_t n_preserve_fd;
	bool die_with_parent;
};
#define EXEC_OPTIONS_INIT                             \
	((struct exec_options){                       \
		.init_pid_fd = -EBADF,                \
		.stdio_fd = {-EBADF, -EBADF, -EBADF}, \
		.console_socket_fd = -EBADF,          \
		.cgroup_fd = -EBADF,                  \
		.seccomp_cache_dirfd = -EBADF,        \
	})

/*
 * exec_start() - returns when the program has been exec'd (0) or with the sentence why
 * not (ERR_NO_PROGRAM 127, ERR_NOT_EXECUTABLE 126). The child is reaped on failure. A
 * paused (frozen) container is the caller's to refuse.
 */
int exec_start(const struct exec_options *options, pid_t *ret_pid, int *ret_pid_fd,
	       struct error *err) _must_check_;
