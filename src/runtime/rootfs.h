/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The container's root file system, in the child, inside its new mount namespace:
 *
 *   rootfs_open()    host propagation cut; root.path becomes a mount of our own, held by
 * fd mount_open_sources()  every bind source becomes a detached clone, held by fd in
 * source_fds. This and rootfs_open() run before the child takes its ids, maybe before any
 * id is mapped: it then still has the caller's access to files (a source below a 0700
 * directory of the caller's works) mount_apply()    the root attached at root.path; the
 * plan's mounts, each onto an fd resolved inside the root device_create()  /dev nodes and
 * links rootfs_enter()   pivot_root, old root gone mask_apply()     masked and read-only
 * paths, through the new root rootfs_seal()    root read-only, root propagation
 *
 * Sources of bind mounts are paths of the host, so they are opened with the host's root
 * still in place.
 */
#pragma once

#include <stdbool.h>

#include "runtime/idmap.h"
#include "runtime/mount_plan.h"
#include "runtime/overlay.h"
#include "util/cleanup.h"
#include "util/error.h"

struct spec;

struct rootfs {
	const struct spec *spec;
	const struct mount_plan *plan;
	const struct overlay_paths *overlay; /* NULL: root.path's own files */
	struct overlay_dirs overlay_dirs;    /* opened by rootfs_open(); if its layers are
						mapped, by the parent */
	bool root_is_given; /* the overlay is mounted in an outer user namespace, and comes
			       as root_fd */
	int root_fd;        /* the root's mount; -EBADF before rootfs_open() */
	int host_proc_fd; /* the host's /proc, opened by us before anything was mounted */
	int new_proc_fd;  /* a detached procfs of the container's pid namespace, ours; or
			     -EBADF */
	bool in_user_ns;  /* a user namespace other than the host's: some things must be
			     bound, not made */
	bool own_net_ns, own_pid_ns, own_ipc_ns, own_cgroup_ns;
	bool new_cgroup_ns; /* not another container's */
	bool no_pivot;      /* --no-pivot: MS_MOVE and chroot, for initramfs */
	const char *bundle; /* root.path may be relative to it */
	/*
	 * What the parent may give, as the child in its user namespace may not be able to
	 * search root.path's parents:
	 *   -EBADF    nothing: root.path is looked up
	 *   AT_FDCWD  the working directory is the root: it was entered before the mount
	 *             namespace was made, which carries a working directory over (an open
	 *             fd stays with the old namespace's mount)
	 *   an fd     from rootfs_source_open()
	 */
	int pre_root_fd;
	int *source_fds; /* per step (array of plan->n_steps, the caller's): a detached
			  * mount for the destination. -EBADF: none (yet). The parent may
			  * have filled some (mount_source_open) before or after the
			  * clone; mount_open_sources() fills those of the remaining binds
			  */
	struct overlay_dirs *
		step_dirs; /* per step: of overlays among the mounts (mount_layers.h), opened by whoever opens the sources */
	int cgroup_fd;     /* O_PATH directory of the container's cgroup (v2) on the host,
			    -EBADF: none */
	int made_fd;       /* see mount_made.h; -EBADF: none */
	/* rootfs_open()'s own: */
	int place_fd; /* the directory that the root is mounted on, for as long as it
			 isn't */
	int null_fd;  /* detached clone of the host's /dev/null, when there are paths to
			 mask */
};

#define ROOTFS_INIT                                \
	((struct rootfs){                          \
		.overlay_dirs = OVERLAY_DIRS_INIT, \
		.root_fd = -EBADF,                 \
		.host_proc_fd = -EBADF,            \
		.new_proc_fd = -EBADF,             \
		.pre_root_fd = -EBADF,             \
		.cgroup_fd = -EBADF,               \
		.made_fd = -EBADF,                 \
		.place_fd = -EBADF,                \
		.null_fd = -EBADF,                 \
	})

/*
 * rootfs_source_open() - in a privileged parent: a detached clone of root.path, for
 * pre_root_fd. Return: fd.
 */
int rootfs_source_open(const struct spec *spec, const char *bundle,
		       struct error *err) _must_check_;

/* rootfs_source_idmap() - show the owners of the root, which rootfs_source_open() has cloned, through the map of a user
 * namespace; mounts below it where they can. A file system that can't is ERR_UNSUPPORTED. */
int rootfs_source_idmap(int root_fd, const struct spec *spec, int user_ns_fd,
			struct error *err) _must_check_;

int rootfs_open(struct rootfs *r, struct error *err) _must_check_;
int mount_open_sources(struct rootfs *r, struct error *err) _must_check_;
/* rootfs_mount_overlay() - with an overlay: once the child has its ids. */
int rootfs_mount_overlay(struct rootfs *r, struct error *err) _must_check_;
int mount_apply(struct rootfs *r, struct error *err) _must_check_;
int device_create(struct rootfs *r, struct error *err) _must_check_;
int rootfs_enter(struct rootfs *r, struct error *err) _must_check_;
int mask_apply(struct rootfs *r, struct error *err) _must_check_;
int rootfs_seal(struct rootfs *r, struct error *err) _must_check_;

/*
 * mount_source_open() - in the parent, with its privileges and in the host's mount
 * namespace: the detached (cloned, idmapped, with attributes set) mount of a bind. An
 * explicit mapping gets a namespace by mount_idmap_ns(); without one user_ns_fd (the
 * container's) is used, and -EBADF there is an error. Beware: flags that the host's mount
 * has (nosuid, ro, ...) are kept but not locked, as they would be on a clone made in the
 * child's user namespace. The child in its user namespace could not do this. Return: fd.
 */
int mount_source_open(const struct mount_step *step, const char *bundle, int user_ns_fd,
		      struct error *err) _must_check_;
