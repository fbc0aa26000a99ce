/* SPDX-License-Identifier: Apache-2.0 */
/* A container as JSON, with podman's member names. */
#pragma once

#include "engine/container.h"
#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

struct json_object;

/* container_inspect() - all there is to know (`inspect`). Caller owns *ret. */
int container_inspect(const struct engine *e, const struct container *c,
		      struct json_object **ret, struct error *err) _must_check_;

/* container_summary() - one line of `ps` (--format json and templates). Caller owns.
 * now_usec: for spans of time. */
struct json_object *container_summary(const struct container *c, int64_t now_usec);

/* container_status_text() - "Up 5 minutes", "Exited (0) 3 hours ago", "Exited (137) 2 seconds ago (out of memory)", "Created". Caller
 * frees. */
char *container_status_text(const struct container *c, int64_t now_usec);
