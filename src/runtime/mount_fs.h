/* SPDX-License-Identifier: Apache-2.0 */
/* New file systems by fsopen(2): a detached mount, held by fd. Never touches a path in a
 * root. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

struct mount_fs {
	const char *type;
	const char *source;   /* NULL: none */
	char *const *options; /* strv "key=value" or "flag" */
	char *const *more;    /* another strv of them, appended */
	uint64_t attrs;       /* MOUNT_ATTR_* */
	bool readonly;        /* the superblock too */
	const char *label;    /* SELinux context of all its files, NULL: none */
};

/*
 * mount_fs_new() - the detached mount. A refused option is named with the kernel's own
 * words; a type that the kernel lacks is ERR_UNSUPPORTED. Return: fd. Source: fsopen(2),
 * fsconfig(2), fsmount(2).
 */
int mount_fs_new(const struct mount_fs *fs, struct error *err) _must_check_;

/* mount_attach() - a detached mount onto target_fd (name NULL or ""), or onto `name` in
 * it, whose last part is not followed if it is a link. Return: 0 or -errno, without *err.
 */
int mount_attach(int mount_fd, int target_fd, const char *name) _must_check_;

/* mount_clone() - detached clone of the mount tree (or part of it) at name in dirfd; name
 * "" is dirfd itself. Return: fd or -errno. */
int mount_clone(int dirfd, const char *name, bool recursive) _must_check_;

/* mount_set() - mount_setattr(2) on the fd's mount (or tree). Return: 0 or -errno. */
struct mount_attr;
int mount_set(int mount_fd, bool recursive, const struct mount_attr *attr) _must_check_;

/* mount_detach() - what is mounted at a path, lazily; links are not followed. Return: 0 or -errno.
 * mount_is_at() - whether something is: the path is the top of a mount. */
int mount_detach(const char *path) _must_check_;
bool mount_is_at(const char *path);

/* mount_label() - linux.mountLabel where SELinux is there to honour it, else NULL. */
const char *mount_label(const char *label);
