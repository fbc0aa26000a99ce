/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container's user may do with files, found by trying: a process takes the container's ids
 * and capabilities, in its user namespace (of a running container: in its mount namespace too), and
 * asks the kernel about each path. Nothing is altered: at most a file without a name is opened in
 * a directory, and is gone again. Links are not followed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/cleanup.h"
#include "util/error.h"

struct probe_path {
	int fd;            /* of the caller's, O_PATH; -EBADF: path */
	const char *path;  /* absolute, in the running container */
	const char *below; /* relative to that, without crossing a mount; NULL: itself */
	uint64_t
		mount_id; /* as in mountinfo; what lies on another mount is ESTALE. 0: any */
};

struct probe_result {
	int code;      /* errno of getting there, 0: reached */
	uint32_t mode; /* type and permissions */
	bool readable, writable;
	bool writable_remounted; /* the mount is read-only, and not once these capabilities have
				    changed that */
	bool nodev;
};

struct access_probe {
	/* A running container: its init. -EBADF: none, then paths are given as fds. */
	int init_pid_fd;
	bool own_user_ns, own_mount_ns; /* to be joined */
	/* Without one: a user namespace with the container's maps; -EBADF: the caller's. */
	int user_ns_fd;
	uint32_t uid, gid; /* in the user namespace */
	bool keep_groups;  /* the caller's; groups are not used then */
	const uint32_t *groups;
	size_t n_groups;
	uint64_t capabilities; /* effective and permitted */
	const struct probe_path *paths;
	size_t n_paths;
};
#define ACCESS_PROBE_INIT \
	((struct access_probe){.init_pid_fd = -EBADF, .user_ns_fd = -EBADF})

/* access_probe_run() - results: one for each path, the caller's. A file system that does not answer
 * ends it with an error after a while. */
int access_probe_run(const struct access_probe *p, struct probe_result *results,
		     struct error *err) _must_check_;
