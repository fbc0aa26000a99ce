/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "util/cleanup.h"
#include "util/error.h"

struct rootfs;

/*
 * rootfs_enter_nopivot() - --no-pivot: the host's proc and sysfs mounts are unmounted (or
 * covered, where they are locked), the root is moved over / and entered by chroot. Weaker
 * than pivot_root: the host's root stays below.
 */
int rootfs_enter_nopivot(struct rootfs *r, struct error *err) _must_check_;
