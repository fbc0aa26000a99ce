/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proving to a registry who one is: Basic, or tokens from the token server that the registry names.
 * A token is kept in memory until it expires. Secrets go only where the registry's challenge says, and never
 * from https to http. Source: the distribution project's token and OAuth2 authentication; RFC 7617.
 */
#pragma once

#include <stdbool.h>

#include "registry/http.h"
#include "util/cleanup.h"
#include "util/error.h"

struct auth_options {
	struct http *http;          /* stays the caller's, as all that is pointed to */
	const struct http_tls *tls; /* NULL: the defaults */
	const char *host;           /* as users name the registry, for messages */
	/* NULL: none. user and password, or the token of an earlier login */
	const char *user, *password, *identity_token;
};

struct auth; /* opaque; heap. Strings are copied. */
struct auth *auth_new(const struct auth_options *options);
void auth_free(struct auth *a);
DEFINE_CLEANUP(struct auth *, auth_free)
#define cleanup_auth cleanup(auth_freep)

/*
 * auth_header() - the value of the Authorization header for a request that needs `scopes` (blank between
 * them, "repository:a/b:pull"; NULL: none), caller frees; NULL as long as the registry has asked for
 * nothing. May ask the token server. ERR_DENIED: it refuses.
 */
int auth_header(struct auth *a, const char *scopes, char **ret,
		struct error *err) _must_check_;

/*
 * auth_challenged() - the registry answered 401 to a request with `sent` (auth_header()'s, maybe NULL):
 * 0 if another try makes sense. ERR_DENIED with a sentence if not; so two tries never are the same.
 */
int auth_challenged(struct auth *a, const struct http_response *response,
		    const char *scopes, const char *sent, struct error *err) _must_check_;

/* auth_accepted() - a request with `sent` was not answered by 401: should a later one be, it has
 * expired. */
void auth_accepted(struct auth *a, const char *sent);

/* auth_basic() - "Basic dXNlcjpwYXNzd29yZA=="; caller frees. RFC 7617. */
char *auth_basic(const char *user, const char *password);
