/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An overlay of image layers: the root file system of a container, or a view of an image. Layers
 * have whiteouts and opaque directories as an ordinary user can make them, so every overlay is
 * mounted with `userxattr`. Sources: kernel documentation, filesystems/overlayfs; fsconfig(2).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "util/cleanup.h"
#include "util/error.h"

/* Where the directories are. Nothing here is owned. */
struct overlay_paths {
	char *const *lower;       /* strv, topmost first; at least one */
	const char *upper, *work; /* NULL: read-only */
	bool is_volatile; /* nothing is synced, and it can't be mounted again: for --rm */
};

/* The same, opened. */
struct overlay_dirs {
	int *lower_fds; /* owned */
	size_t n_lower;
	int upper_fd, work_fd;
	bool is_volatile;
};
#define OVERLAY_DIRS_INIT ((struct overlay_dirs){.upper_fd = -EBADF, .work_fd = -EBADF})
void overlay_dirs_release(struct overlay_dirs *d);
#define cleanup_overlay_dirs cleanup(overlay_dirs_release)

/* overlay_open() - in the mount namespace that will mount it, with whatever ids can reach the
 * directories. A missing layer is ERR_NOT_FOUND. */
int overlay_open(const struct overlay_paths *paths, struct overlay_dirs *ret,
		 struct error *err) _must_check_;

/*
 * overlay_mount() - the detached mount, as root of the user namespace whose ids the layers' files
 * have. Needs /proc. A single read-only layer is mounted as it is. Return: fd.
 */
int overlay_mount(const struct overlay_dirs *d, struct error *err) _must_check_;
