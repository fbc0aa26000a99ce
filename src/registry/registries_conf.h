/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the host's and the user's registries.conf say: where a name leads, and what short names
 * mean. Local and trusted. Source: containers-registries.conf(5), containers-registries.conf.d(5).
 *
 * Short names are Docker's (debian is docker.io/library/debian) as long as no file says otherwise:
 * an alias counts first; then unqualified-search-registries, where a file sets them, in order.
 * short-name-mode "enforcing" makes several of them an error, since nobody is asked; the other modes
 * try them all.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "image/reference.h"
#include "registry/registries_file.h"
#include "util/cleanup.h"
#include "util/error.h"

struct registries_conf {
	char **search; /* owned; NULL: Docker's meaning */
	char **helpers; /* owned; credential-helpers, for struct credentials_config; NULL: none */
	bool enforcing;
	struct registries_entry *entries; /* owned */
	char **sources;                   /* owned: the file that each entry is from */
	size_t n_entries;
	struct spec_key_value *aliases; /* owned */
	size_t n_aliases;
};
void registries_conf_release(struct registries_conf *c);
#define cleanup_registries_conf cleanup(registries_conf_release)

/*
 * registries_conf_load() - file, and no other; or NULL: the file that $CONTAINERS_REGISTRIES_CONF
 * names, else the user's, else the host's, then the files *.conf of registries.conf.d (the host's
 * only without a user's registries.conf, then the user's), then the aliases that podman has recorded.
 * Later ones count more. What is not there is no error, unless it was named.
 */
int registries_conf_load(const char *file, struct registries_conf *ret,
			 struct error *err) _must_check_;

/* registries_conf_add() - one more file; takes over what is in it. */
void registries_conf_add(struct registries_conf *c, struct registries_file *f,
			 const char *path);

/* One place to ask for an image. */
struct registry_endpoint {
	struct reference reference; /* owned: what to ask for, of reference.registry */
	bool insecure; /* unchecked certificates and plain HTTP are allowed */
	bool is_mirror;
};
struct registry_endpoints {
	struct registry_endpoint *items; /* owned; never none */
	size_t n;
};
void registry_endpoints_release(struct registry_endpoints *e);
#define cleanup_registry_endpoints cleanup(registry_endpoints_release)

/*
 * registries_conf_pull() - where to get an image from, in this order: mirrors, the place itself. r is
 * complete (reference_complete()) and stays the image's name wherever it comes from. Blocked is
 * ERR_DENIED; a place that makes no name is ERR_INVALID.
 */
int registries_conf_pull(const struct registries_conf *c, const struct reference *r,
			 struct registry_endpoints *ret, struct error *err) _must_check_;

/* registries_conf_push() - where to send it: under its own name always. Blocked is ERR_DENIED. */
int registries_conf_push(const struct registries_conf *c, const struct reference *r,
			 struct registry_endpoints *ret, struct error *err) _must_check_;

/* registries_conf_host() - 1 if a registry "host[:port]" (login, search) may be insecure, 0 if not.
 * Blocked is ERR_DENIED. */
int registries_conf_host(const struct registries_conf *c, const char *host,
			 struct error *err) _must_check_;

/* What a name can mean. */
struct references {
	struct reference *items; /* owned, complete; never none */
	size_t n;
};
void references_release(struct references *r);
#define cleanup_references cleanup(references_release)

/* registries_conf_candidates() - what a name that may be short can mean, to be tried in order.
 * ERR_INVALID: ambiguous, and the mode is enforcing. */
int registries_conf_candidates(const struct registries_conf *c, const struct reference *r,
			       struct references *ret, struct error *err) _must_check_;
