/* SPDX-License-Identifier: Apache-2.0 */
/* A name and what proves it. */
#pragma once

#include "util/cleanup.h"
#include "util/error.h"

struct credentials {               /* owned; wiped when released */
	char *username, *password; /* NULL where there is only a token */
	char *identity_token;      /* an OAuth2 refresh token, or NULL */
	char *source; /* for messages: a file's path, "docker-credential-pass" */
};
void credentials_release(struct credentials *c);
#define cleanup_credentials cleanup(credentials_release)

/* credentials_parse() - the argument of --creds, USER[:PASSWORD]; without ':' password stays NULL.
 * ERR_INVALID. */
int credentials_parse(const char *text, struct credentials *ret,
		      struct error *err) _must_check_;
