/* SPDX-License-Identifier: Apache-2.0 */
/* A mount of one container, for another one: /dev/shm goes with a shared ipc namespace. */
#pragma once

#include "util/cleanup.h"
#include "util/error.h"

/*
 * borrow_mount() - a detached clone of the tmpfs that is mounted at `path` in the mount namespace of a process (its
 * pidfd, and its pid as /proc has it; the caller makes sure that they are the same). It is the same file system: what one
 * of them writes the other sees. What lies there is the container's doing: anything but a tmpfs is ERR_CONFLICT.
 * Return: fd.
 */
int borrow_mount(int pid_fd, int pid, const char *path, struct error *err) _must_check_;
