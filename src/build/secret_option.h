/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --secret id=ID[,src=PATH | ,env=NAME][,type=file|env]: values that RUN --mount=type=secret may see. The value itself is read when a step
 * needs it, into memory only. Sources: docker-buildx-build(1), buildah-build(1).
 */
#pragma once

#include <stddef.h>

#include "util/cleanup.h"
#include "util/error.h"

#define BUILD_SECRET_MAX (512 * 1024) /* bytes */

struct build_secret { /* owned */
	char *id;
	char *path, *env; /* one of the two */
};

struct build_secrets { /* owned */
	struct build_secret *items;
	size_t n;
};
void build_secrets_release(struct build_secrets *s);
#define cleanup_build_secrets cleanup(build_secrets_release)

/* build_secrets_parse() - texts: strv. Neither src nor env: the variable of that name if the caller has it, else the file. ERR_INVALID. */
int build_secrets_parse(char *const *texts, struct build_secrets *ret,
			struct error *err) _must_check_;

/* build_secrets_check() - whether each is there, before anything is built: ERR_NOT_FOUND. */
int build_secrets_check(const struct build_secrets *s, struct error *err) _must_check_;

/* build_secret_open() - its value in memory. Return: fd, at its beginning. ERR_NOT_FOUND: it is not among them, or not there. */
int build_secret_open(const struct build_secrets *s, const char *id,
		      struct error *err) _must_check_;
