/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who one is to a registry, as podman's and Docker's programs keep it: files of "auths" and the helper
 * programs that those name. Local and trusted; read before the transfer program confines itself.
 * Passwords and tokens stand in no message. Sources: containers-auth.json(5); Docker's config.json
 * and credential helper protocol.
 *
 * Looked at in this order, the first that has something counts:
 *   the file that the caller or $REGISTRY_AUTH_FILE names, and then no other;
 *   $XDG_RUNTIME_DIR/containers/auth.json, which login writes (as long as one is logged in; where
 *     there is no such directory: the next, but for root /run/containers/0/auth.json);
 *   $XDG_CONFIG_HOME/containers/auth.json (~/.config/...);
 *   $DOCKER_CONFIG/config.json (~/.docker/config.json).
 * In each the most specific namespace counts: host/a/b, host/a, host.
 */
#pragma once

#include "registry/credential.h"
#include "util/cleanup.h"
#include "util/error.h"

/* Where to look. All borrowed; zeroed: the usual places. */
struct credentials_config {
	const char *authfile; /* --authfile */
	char *const *
		helpers; /* strv, registries.conf's credential-helpers, in order; the word
				  "containers-auth.json" stands for the files. NULL: only those */
};

/*
 * credentials_find() - for images of registry/repository. registry: "host[:port]"; docker.io has all
 * its names. repository may be NULL: the registry as a whole. Return: 1 found, 0 none, or -errno: a
 * file that is there but can't be read or understood, a named file that is not there, a helper that
 * fails.
 */
int credentials_find(const struct credentials_config *config, const char *registry,
		     const char *repository, struct credentials *ret,
		     struct error *err) _must_check_;

/*
 * credentials_store() - remember for key, "host[:port][/namespace]": in the first place of `helpers`,
 * in the file that is written (mode 0600, atomically, what else is in it stays), or where that file
 * says: with a helper. *ret_where (may be NULL; caller frees) says where, for people.
 */
int credentials_store(const struct credentials_config *config, const char *key,
		      const struct credentials *c, char **ret_where,
		      struct error *err) _must_check_;

/* credentials_erase() - forget exactly this key. Nothing there is ERR_NOT_FOUND; the hint says which
 * other file has it, if one does. */
int credentials_erase(const struct credentials_config *config, const char *key,
		      struct error *err) _must_check_;

/* credentials_erase_all() - everything that login has written, also in helpers. Nothing there is no
 * error. */
int credentials_erase_all(const struct credentials_config *config,
			  struct error *err) _must_check_;
