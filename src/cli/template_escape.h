/* SPDX-License-Identifier: Apache-2.0 */
/* html, js and urlquery of templates. */
#pragma once

#include <stddef.h>

#include "util/buf.h"

/* tescape() - kind: "html", "js" or "urlquery". */
void tescape(struct buf *out, const char *kind, const char *text, size_t len);
