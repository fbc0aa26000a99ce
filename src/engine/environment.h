/* SPDX-License-Identifier: Apache-2.0 */
/* A container's environment as a NULL-terminated list of "NAME=VALUE", each name once.
 * Pure but for environment_add_file(). */
#pragma once

#include "util/cleanup.h"
#include "util/error.h"

/* environment_set() - "NAME=VALUE", in place of an earlier one. */
void environment_set(char ***env, const char *assignment);
const char *environment_get(char *const *env, const char *name); /* NULL if absent */
void environment_unset(char ***env, const char *name);

/*
 * environment_add() - -e: "NAME=VALUE"; "NAME" takes the host's value, if there is one;
 * "PREFIX*" all of the host's that begin so. host_env: the caller's environ.
 */
int environment_add(char ***env, const char *text, char *const *host_env,
		    struct error *err) _must_check_;

/* environment_add_file() - --env-file: the same, a line each; blank lines and lines that
 * begin with # are skipped. */
int environment_add_file(char ***env, const char *path, char *const *host_env,
			 struct error *err) _must_check_;
