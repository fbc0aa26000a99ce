/* SPDX-License-Identifier: Apache-2.0 */
/* Going into a user namespace and a network namespace of it, for good. */
#pragma once

#include "util/cleanup.h"
#include "util/error.h"

/* netns_enter() - -EBADF: the caller's stays. The caller must own the user namespace and be no thread of many; afterwards it
 * has all capabilities there. user_namespaces(7) */
int netns_enter(int user_ns_fd, int net_ns_fd, struct error *err) _must_check_;
