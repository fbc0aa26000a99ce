/* SPDX-License-Identifier: Apache-2.0 */
/* `cubby cp`: files into a container, out of it, or from one into another, whether they run or not. */
#pragma once

#include <stdbool.h>

#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

/* One of the two arguments of cp. */
struct copy_argument {
	char *container; /* owned; NULL: the host */
	char *path;      /* owned */
	bool is_stream;  /* "-": an archive on stdin or stdout */
};
void copy_argument_release(struct copy_argument *a);
#define cleanup_copy_argument cleanup(copy_argument_release)

/* copy_argument_parse() - "CONTAINER:PATH", "PATH" or "-". What begins with "/" or "." is no container's
 * (pure). Source: podman-cp(1). */
void copy_argument_parse(const char *text, struct copy_argument *ret);

struct copy_request {
	struct copy_argument source, target;
	bool overwrite; /* a directory may replace what is none, and the other way round */
	bool keep_owners; /* uid and gid as they are; else the container's user, or the caller */
	bool follow; /* a link that is the source is followed, in a container too */
};

/*
 * copy_run() - at least one of the two is a container's. Names, and what must be a directory, follow
 * podman's rules (docs/copy.md). ERR_NOT_FOUND: a container or a path is not there.
 */
int copy_run(const struct engine *e, const struct copy_request *request,
	     struct error *err) _must_check_;
