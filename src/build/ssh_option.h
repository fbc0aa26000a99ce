/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --ssh ID[=SOCKET | =KEY[,KEY...]]: agents that RUN --mount=type=ssh may ask. ID is "default" where only a path is meant; no path is the
 * caller's own agent ($SSH_AUTH_SOCK). Source: docker-buildx-build(1).
 */
#pragma once

#include <stddef.h>

#include "util/cleanup.h"
#include "util/error.h"

struct build_ssh { /* owned */
	char *id;
	char **paths; /* strv: a socket, or files with private keys; NULL: the caller's agent */
};

struct build_sshs { /* owned */
	struct build_ssh *items;
	size_t n;
};
void build_sshs_release(struct build_sshs *s);
#define cleanup_build_sshs cleanup(build_sshs_release)

/* build_sshs_parse() - texts: strv. ERR_INVALID. */
int build_sshs_parse(char *const *texts, struct build_sshs *ret,
		     struct error *err) _must_check_;

const struct build_ssh *build_ssh_find(const struct build_sshs *s, const char *id);

/*
 * build_ssh_socket() - of the agent that is meant: *ret_socket (caller frees) where it is somebody's, else NULL: the keys go to an agent of
 * one's own (ssh_keeper.h). ERR_NOT_FOUND: there is none.
 */
int build_ssh_socket(const struct build_ssh *s, char **ret_socket,
		     struct error *err) _must_check_;
