/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which places of the root are only there because something was to be mounted on them: for who throws the container away and keeps its
 * files (`cubby build`).
 */
#pragma once

#include <stddef.h>

#include "util/cleanup.h"
#include "util/error.h"

struct rootfs;

/* mount_made_count() - how many components at the end of `target` (absolute, cleaned) are missing; 0: nobody wants to know. */
size_t mount_made_count(const struct rootfs *r, const char *target);

/* mount_made_tell() - fd is what was made there: its path and those of its parents, `count` in all, go to r->made_fd, each relative to the
 * root and ended by NUL, the deepest first. */
int mount_made_tell(const struct rootfs *r, int fd, size_t count,
		    struct error *err) _must_check_;
