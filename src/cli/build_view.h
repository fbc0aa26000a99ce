/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a build shows of itself while it goes on, on stderr or in a file: on a terminal live lines, elsewhere podman's, or JSON, or nothing
 * but what a step that failed has said.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "build/event.h"
#include "util/cleanup.h"

enum build_view_kind {
	BUILD_VIEW_TTY,
	BUILD_VIEW_PLAIN,
	BUILD_VIEW_JSON,
	BUILD_VIEW_QUIET,
};

struct build_view; /* opaque; heap */

/* build_view_new() - fd stays the caller's. */
struct build_view *build_view_new(enum build_view_kind kind, int fd);

/* build_view_listener() - valid as long as v. */
const struct build_listener *build_view_listener(struct build_view *v);

/* build_view_end() - what is still moving comes to rest; if the build failed what its step said last is there to be read. Nothing is drawn
 * afterwards. */
void build_view_end(struct build_view *v, bool success);

void build_view_free(struct build_view *v);
DEFINE_CLEANUP(struct build_view *, build_view_free)
#define cleanup_build_view cleanup(build_view_freep)
