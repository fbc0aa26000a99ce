/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The WWW-Authenticate header: which ways to prove who one is a registry takes. Pure; the value
 * comes from whoever answers. Sources: RFC 9110, 11.6.1; RFC 6750, 3; the distribution project's
 * token authentication.
 */
#pragma once

#include <stddef.h>

#include "util/cleanup.h"

enum challenge_scheme { CHALLENGE_OTHER, CHALLENGE_BASIC, CHALLENGE_BEARER };

struct challenge { /* strings owned; NULL where absent */
	enum challenge_scheme scheme;
	char *scheme_name;
	char *realm, *service, *scope;
	char *error; /* "insufficient_scope", "invalid_token" */
};

struct challenges {
	struct challenge *items; /* owned */
	size_t n;
};
void challenges_release(struct challenges *c);
#define cleanup_challenges cleanup(challenges_release)

/*
 * challenges_add() - the challenges of one header's value, in order, behind those that are there
 * already. What is malformed ends the parsing of this value; what came before it counts. At most
 * CHALLENGES_MAX are kept.
 */
#define CHALLENGES_MAX 16
void challenges_add(struct challenges *c, const char *value);

/* challenges_find() - the first of this scheme, or NULL. */
const struct challenge *challenges_find(const struct challenges *c,
					enum challenge_scheme scheme);
