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
 * "" is nothing, "PREFIX*" all of the host's that begin so. host_env: the caller's environ.
 */
int environment_add(char ***env, const char *text, char *const *host_env,
		    struct error *err) _must_check_;

/*
 * environment_lines() - of a file as --env-file and --label-file take it: a word a line, blanks before it are
 * dropped, lines that are empty or begin with # too; quotes mean nothing, as with podman and Docker. A byte
 * order mark and the CR of CRLF are no part of it. `option` is for messages. Caller frees *ret.
 */
int environment_lines(const char *option, const char *path, char ***ret,
		      struct error *err) _must_check_;

/* environment_add_file() - --env-file: each line as environment_add(). */
int environment_add_file(char ***env, const char *path, char *const *host_env,
			 struct error *err) _must_check_;

/*
 * environment_add_proxy() - --http-proxy: http_proxy, https_proxy, ftp_proxy, no_proxy, and the same in upper case, where the
 * host has them.
 */
void environment_add_proxy(char ***env, char *const *host_env);

/*
 * environment_merge() - --env-merge "NAME=WORD": a variable that is there gets a new value in which $NAME, ${NAME},
 * ${NAME:-word} and ${NAME:+word} stand for what was there; one that is not there stays away, as with podman.
 * Quotes and backslashes as in a Dockerfile: none of the former in '', no words but \$ in "".
 */
int environment_merge(char ***env, const char *text, struct error *err) _must_check_;
