/* SPDX-License-Identifier: Apache-2.0 */
/* The id maps of a user namespace that is only known by a file of it. */
#pragma once

#include <stdbool.h>

#include "runtime/idmap.h"
#include "util/cleanup.h"
#include "util/error.h"

/*
 * namespace_maps() - outside ids are those of the caller's namespace. *ret_is_own: it is the caller's own, and
 * nothing is read. ERR_DENIED for one that the caller may not join. Source: user_namespaces(7), ioctl_ns(2).
 */
int namespace_maps(const char *path, bool *ret_is_own, struct idmap *ret_uids,
		   struct idmap *ret_gids, struct error *err) _must_check_;
