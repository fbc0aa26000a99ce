/* SPDX-License-Identifier: Apache-2.0 */
#include "image/layer_xattr.h"

#include "util/str.h"

bool layer_xattr_wanted(const char *name)
{
	return (str_starts(name, "user.") && !str_starts(name, "user.overlay.")) ||
	       str_eq(name, "security.capability");
}
