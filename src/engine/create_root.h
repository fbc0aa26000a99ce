/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root of a container that is made for a step of `cubby build`: given from outside and kept when the container goes. Such a
 * container has no record, no log and no files on disk of its own; its run directory is locked by whoever made it for as long as it
 * lives, and it dies with its maker.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct image_config;
struct volume;

struct create_root_file {
	const char
		*destination; /* of one of the mounts, which has the word "copy-file" */
	int fd;               /* what is copied there, from its beginning */
};

struct create_root {              /* nothing is owned */
	char *const *layer_paths; /* directories, topmost first */
	bool single_id; /* all owners are the user's own id: no other is there */
	const char *upper, *work;          /* of the overlay above them */
	const struct image_config *config; /* environment, user, working directory */
	const char *name;                  /* of what it begins with, for people */
	const char *passwd, *group;        /* the root's own files; NULL: none */
	/* mounted as they are, with the words of the runtime (runtime/mount_plan.h): kind VOLUME_FS */
	const struct volume *mounts;
	size_t n_mounts;
	const struct create_root_file *files;
	size_t n_files;
	int made_fd; /* gets the paths that were made for mounts: runtime/mount_made.h; -EBADF: nobody asks */
	/* what its processes write, as it comes; stream: 1 or 2 */
	void (*output)(void *data, int stream, const void *bytes, size_t n);
	void (*warn)(void *data, const char *text);
	void *data;
};
