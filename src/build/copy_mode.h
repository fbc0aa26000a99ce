/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What --chmod says: an octal mode, or changes as chmod(1) takes them ("u=rwX,go=rX", "+x"; without u, g, o or a they are for all). Pure.
 * Source: Dockerfile reference, "COPY --chown --chmod".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "util/cleanup.h"
#include "util/error.h"

#define COPY_MODE_CHANGES_MAX 32

struct copy_mode_change {
	char op;        /* '+', '-', '=' */
	mode_t who;     /* 0700, 0070, 0007 together */
	mode_t perms;   /* rwx as 07; whoever is meant */
	mode_t special; /* 06000, 01000: s, t */
	bool big_x; /* x only for directories, and files that somebody may execute already */
};

struct copy_mode {
	bool given, is_octal;
	mode_t octal;
	struct copy_mode_change changes[COPY_MODE_CHANGES_MAX];
	size_t n;
};

/* copy_mode_parse() - anything else is ERR_INVALID. */
int copy_mode_parse(const char *text, struct copy_mode *ret,
		    struct error *err) _must_check_;

/* copy_mode_apply() - to the mode (07777) that a file has; as it is if none was given. */
mode_t copy_mode_apply(const struct copy_mode *m, mode_t mode, bool is_dir);
