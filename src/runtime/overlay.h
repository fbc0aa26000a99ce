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

struct idmap;

/* Where the directories are. Nothing here is owned. */
struct overlay_paths {
	char *const *lower; /* strv, topmost first; at least one */
	size_t n_plain;     /* so many of them, from the top, are never shown through
				     another map */
	bool mapped; /* the other lower ones' owners are shown through the container's map; with
			an outer user namespace that takes all of them to be in one directory */
	const char *upper, *work; /* NULL: read-only */
	bool is_volatile; /* nothing is synced, and it can't be mounted again: for --rm */
};

/* The same, opened. */
struct overlay_dirs {
	int *lower_fds; /* owned */
	size_t n_lower, n_plain;
	int data_fd; /* where lower metadata trees have their content; -EBADF: no such */
	int holder_fd; /* a mount of the two's parent; -EBADF: they lie where they are */
	int upper_fd, work_fd;
	bool is_volatile;
	bool are_clones; /* by overlay_open_clones() */
};
#define OVERLAY_DIRS_INIT            \
	((struct overlay_dirs){      \
		.data_fd = -EBADF,   \
		.holder_fd = -EBADF, \
		.upper_fd = -EBADF,  \
		.work_fd = -EBADF,   \
	})
void overlay_dirs_release(struct overlay_dirs *d);
#define cleanup_overlay_dirs cleanup(overlay_dirs_release)

/* overlay_open() - in the mount namespace that will mount it, with whatever ids can reach the
 * directories. A missing layer is ERR_NOT_FOUND. */
int overlay_open(const struct overlay_paths *paths, struct overlay_dirs *ret,
		 struct error *err) _must_check_;

/*
 * overlay_open_clones() - the lower ones and what holds the upper one as mounts of one's own, by whom the
 * file systems obey. overlay_open_trees() - as root of an outer user namespace: the lower ones that
 * are mapped become one, a metadata tree in the directory `trees` (see metadata.h). Both are followed by overlay_idmap().
 */
int overlay_open_clones(const struct overlay_paths *paths, struct overlay_dirs *ret,
			struct error *err) _must_check_;
int overlay_open_trees(const struct overlay_paths *paths, const char *trees,
		       struct overlay_dirs *ret, struct error *err) _must_check_;

/* overlay_idmap() - show the lower ones' owners through the map of a user namespace. A file system that
 * can't is ERR_UNSUPPORTED. */
int overlay_idmap(const struct overlay_dirs *d, int user_ns_fd,
		  struct error *err) _must_check_;

/*
 * overlay_view_mapped() - as root of a user's whole map, in a mount namespace of one's own: a read-only
 * overlay whose layers' owners are shown through (uids, gids), which are in ids of that whole map. The
 * metadata trees are made on a tmpfs that is mounted on the directory `trees`. Return: fd.
 */
int overlay_view_mapped(const struct overlay_paths *paths, const char *trees,
			const struct idmap *uids, const struct idmap *gids,
			struct error *err) _must_check_;

/* overlay_mount_trees() - that tmpfs. */
int overlay_mount_trees(const char *trees, struct error *err) _must_check_;

/*
 * overlay_probe_trees() - whether all that works here, by doing it: as root of a user namespace, in a mount
 * namespace of one's own, on a tmpfs over the directory `place`, which must hold nothing.
 * overlay_probe_clones() - whether root of the host may idmap the file system of this layer.
 */
int overlay_probe_trees(const char *place, struct error *err) _must_check_;
int overlay_probe_clones(const char *layer, struct error *err) _must_check_;

/* overlay_attach() - the clones become part of this mount namespace, on top of the directory place_fd:
 * kernels before 6.15 take no others as layers. */
int overlay_attach(const struct overlay_dirs *d, int place_fd,
		   struct error *err) _must_check_;

/* overlay_detach() - once it is mounted an overlay has its own hold on the layers. Needs /proc. Clones that were
 * attached on top of / must not stay: they would still be on top of the old root when that is to go. */
int overlay_detach(const struct overlay_dirs *d, struct error *err) _must_check_;

/*
 * overlay_mount() - the detached mount, as root of the user namespace whose ids the layers' files
 * have. Needs /proc. A single read-only layer is mounted as it is. Return: fd.
 */
int overlay_mount(const struct overlay_dirs *d, struct error *err) _must_check_;

/*
 * overlay_mount_list() - overlay_mount()'s way on kernels before Linux 6.8, which don't know "lowerdir+":
 * one option holds all layers. The work directory lies beside the upper one. The lower fds become
 * clones of what they were. Return: fd.
 */
int overlay_mount_list(const struct overlay_dirs *d, struct error *err) _must_check_;
