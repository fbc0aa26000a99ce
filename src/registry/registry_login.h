/* SPDX-License-Identifier: Apache-2.0 */
/* Logging in to a registry: it is asked first, then the credentials are stored. */
#pragma once

#include "registry/registry_options.h"
#include "util/cleanup.h"
#include "util/error.h"

struct login {
	const char *
		key; /* "host[:port][/namespace]" as typed; the registry is that of the host */
	const char *user, *password;
};

struct registry_login; /* opaque; heap */

/* registry_login_open() - reads what it needs from this host, asks nobody yet: the process may
 * confine itself afterwards. */
int registry_login_open(const struct registry_options *options, const struct login *login,
			struct registry_login **ret, struct error *err) _must_check_;

/* registry_login_check() - does the registry let us in? ERR_DENIED: no. One that asks nobody who he
 * is lets in everybody. */
int registry_login_check(struct registry_login *l, struct error *err) _must_check_;

void registry_login_close(struct registry_login *l);
DEFINE_CLEANUP(struct registry_login *, registry_login_close)
#define cleanup_registry_login cleanup(registry_login_closep)

/* registry_login_store() - in the file, or with the helper, of credentials.h; *ret_where (caller frees)
 * says where. Nobody is asked. */
int registry_login_store(const struct registry_options *options,
			 const struct login *login, char **ret_where,
			 struct error *err) _must_check_;

/* registry_login_stored() - the name under which one is logged in there already; NULL: not. Caller
 * frees. */
int registry_login_stored(const struct registry_options *options, const char *key,
			  char **ret_user, struct error *err) _must_check_;

/* registry_logout() - forget what was stored for key; NULL: for all. Not logged in is
 * ERR_NOT_FOUND. */
int registry_logout(const struct registry_options *options, const char *key,
		    struct error *err) _must_check_;
