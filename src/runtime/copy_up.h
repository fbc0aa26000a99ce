/* SPDX-License-Identifier: Apache-2.0 */
/* "tmpcopyup": a tmpfs that starts with what lies below it. Follows no links. */
#pragma once

#include "util/cleanup.h"
#include "util/error.h"

/*
 * copy_up() - copy everything in directory from_fd (O_PATH) into directory to_fd: files,
 * directories, links, fifos, sockets, devices, with modes, owners, times and extended
 * attributes. What a user namespace can't have (devices, owners that aren't mapped,
 * privileged attributes) is left out, logged at debug.
 */
int copy_up(int from_fd, int to_fd, struct error *err) _must_check_;
