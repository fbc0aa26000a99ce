/* SPDX-License-Identifier: Apache-2.0 */
/* Which extended attributes belong to a layer. */
#pragma once

#include <stdbool.h>

/* layer_xattr_wanted() - user.* and file capabilities; not overlay's own marks, nor labels and ACLs, which
 * mean something on the machine that they come from only. */
bool layer_xattr_wanted(const char *name);
