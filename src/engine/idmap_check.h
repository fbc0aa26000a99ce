/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the host gives its users subordinate ids as it should: `cubby idmap check`. */
#pragma once

#include <stdbool.h>

#include "util/error.h"

struct json_object;

/*
 * idmap_check_host() - everybody's lines of /etc/subuid and /etc/subgid, or only what concerns the caller; who
 * may write these files; and the helpers that write maps. *ret (caller owns):
 *   {"Users": [{"Name", "UIDs": [{"Start", "Count"}], "GIDs": [...]}],
 *    "Findings": [{"Level": "error" | "warning", "Where", "File", "Line", "User", "Problem", "Remedy"}]}
 * File, User and Remedy may be "", Line 0.
 */
int idmap_check_host(bool everybody, struct json_object **ret,
		     struct error *err) _must_check_;
