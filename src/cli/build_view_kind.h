/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of build_view.h, one file each. */
#pragma once

#include <stdbool.h>

#include "build/event.h"
#include "cli/build_tail.h"
#include "util/buf.h"
#include "util/cleanup.h"

#define BUILD_VIEW_OUTPUT_MAX (8 << 20) /* bytes that are written at once */

/* How one of them works. What it has to say goes into `out`, and from there to the file: nothing else is written. */
struct build_view_methods {
	void *(*make)(int fd); /* its own data; fd: to ask for its size */
	void (*event)(void *data, const struct build_event *e, struct buf *out);
	void (*end)(void *data, bool success, struct buf *out); /* may be NULL */
	void (*drop)(void *data);
};
extern const struct build_view_methods build_view_tty, build_view_plain, build_view_json,
	build_view_quiet;
