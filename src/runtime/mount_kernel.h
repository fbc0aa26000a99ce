/* SPDX-License-Identifier: Apache-2.0 */
/*
 * File systems whose content is the kernel's and depends on namespaces: what can't be
 * made anew in a user namespace that doesn't own them is bound from the host instead.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "util/cleanup.h"
#include "util/error.h"

struct mount_step;
struct rootfs;

/*
 * mount_kernel_new() - the detached mount of a MOUNT_FILESYSTEM step. target_fd: the
 * directory it will cover; is_new: that was just made (a tmpfs takes the mode of one that
 * was there before, unless it is given one). Return: fd.
 */
int mount_kernel_new(const struct rootfs *r, const struct mount_step *step, int target_fd,
		     bool is_new, struct error *err) _must_check_;

/* mount_cgroup_new() - the detached mount of a MOUNT_CGROUP step. Return: fd. */
int mount_cgroup_new(const struct rootfs *r, const struct mount_step *step,
		     struct error *err) _must_check_;
