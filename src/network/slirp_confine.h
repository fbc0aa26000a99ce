/* SPDX-License-Identifier: Apache-2.0 */
/* What the uplink's program may do once it works: sockets of the host, and nothing else. */
#pragma once

#include <stddef.h>

#include "util/cleanup.h"
#include "util/error.h"

/* slirp_confine() - kept: fds besides 0 to 2 that stay open. No files, no new programs, no capabilities, few system calls. */
int slirp_confine(const int *kept, size_t n_kept, struct error *err) _must_check_;
