/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RUN --mount=type=TYPE,KEY=VALUE,... as text. Pure. Sources: Dockerfile reference, "RUN --mount"; buildah-run(1) for the words that only
 * it has.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "build/expand.h"
#include "util/cleanup.h"
#include "util/error.h"

enum run_mount_type {
	RUN_MOUNT_BIND, /* the default */
	RUN_MOUNT_CACHE,
	RUN_MOUNT_TMPFS,
	RUN_MOUNT_SECRET,
	RUN_MOUNT_SSH,
	RUN_MOUNT_TYPES
};

struct run_mount { /* strings owned */
	enum run_mount_type type;
	char *target; /* absolute, cleaned; NULL: the type's own place, or (a secret) none */
	char *source; /* in from=, or in the context; NULL: all of it */
	char *from; /* a stage, an image or a --build-context; NULL: the context, or (a cache) nothing */
	char *id;      /* cache: NULL where it is its target; secret; ssh: "default" */
	char *env;     /* a secret: the variable that gets it; NULL: none */
	char *sharing; /* of a cache, as typed; NULL */
	bool writable;
	bool required; /* a secret or an agent that is not there is an error */
	bool has_mode;
	uint32_t mode, uid, gid; /* 0 unless said */
	uint64_t size;           /* of a tmpfs, bytes; 0: no limit of its own */
	char **words;            /* strv: nosuid, nodev, noexec, as typed */
};
void run_mount_release(struct run_mount *m);
#define cleanup_run_mount cleanup(run_mount_release)

/*
 * run_mount_parse() - workdir: what a relative target is relative to. scope: for variables in the values, NULL: they are left as typed,
 * but in from=, which takes none, since stages are put in order before there are values. ERR_INVALID.
 */
int run_mount_parse(const char *text, const char *workdir,
		    const struct expand_scope *scope, struct run_mount *ret,
		    struct error *err) _must_check_;

/* run_mount_word() - "bind". */
const char *run_mount_word(enum run_mount_type type);
