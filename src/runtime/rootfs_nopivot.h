/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "util/cleanup.h"
#include "util/error.h"

/*
 * rootfs_enter_nopivot() - --no-pivot: the host's proc and sysfs mounts are unmounted (or
 * covered, where they are locked), the root is moved over / and entered by chroot. Weaker
 * than pivot_root: the host's root stays below. root_fd is the root's mount, host_proc_fd
 * the host's /proc.
 */
int rootfs_enter_nopivot(int root_fd, int host_proc_fd, struct error *err) _must_check_;
