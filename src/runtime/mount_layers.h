/* SPDX-License-Identifier: Apache-2.0 */
/* Overlays among a container's mounts: a step of type overlay whose layers are named by "lowerdir+=". Others are the kernel's
 * affair. */
#pragma once

#include <stdbool.h>

#include "runtime/overlay.h"
#include "util/cleanup.h"
#include "util/error.h"

struct mount_step;

bool mount_is_layers(const struct mount_step *step);

/* mount_layers_are_mapped() - "mapped": the lower ones' owners are shown through the container's map; only in the parent, as root
 * of the host. "part=PATH": only that directory or file of it is mounted. */
bool mount_layers_are_mapped(const struct mount_step *step);

/* mount_layers_open() - by whoever can reach the directories, in the mount namespace that will mount it. */
int mount_layers_open(const struct mount_step *step, struct overlay_dirs *ret,
		      struct error *err) _must_check_;

/* mount_layers_clone() - as mount_layers_open(), in the parent. user_ns_fd: whose map is that of "mapped". */
int mount_layers_clone(const struct mount_step *step, int user_ns_fd,
		       struct overlay_dirs *ret, struct error *err) _must_check_;

/* mount_layers_mount() - target_fd: the directory that it will cover, where clones are attached for the moment. Return: fd
 * of the detached mount. */
int mount_layers_mount(const struct mount_step *step, const struct overlay_dirs *d,
		       int target_fd, struct error *err) _must_check_;
