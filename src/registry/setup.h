/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything about registries that is read from this host: options, registries.conf, policy,
 * credentials, certificates. Trusted; read before the process confines itself and before the first byte
 * from a network. The result is places that can be asked: endpoints.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "image/reference.h"
#include "registry/client.h"
#include "registry/credentials.h"
#include "registry/registries_conf.h"
#include "registry/registry_options.h"
#include "util/cleanup.h"
#include "util/error.h"

struct setup; /* opaque; heap */
int setup_open(const struct registry_options *options, struct setup **ret,
	       struct error *err) _must_check_;
void setup_close(struct setup *s);
DEFINE_CLEANUP(struct setup *, setup_close)
#define cleanup_setup cleanup(setup_closep)

/* setup_about() - what the next requests are for, for on_retry: a digest, or NULL. Stays the caller's. */
void setup_about(struct setup *s, const char *id);

/* setup_on_retry() - whom to tell from now on (a forked worker tells another than its parent). */
void setup_on_retry(struct setup *s,
		    void (*fn)(void *data, const char *id, const char *text), void *data);

/* A place that may hold a repository: a mirror, or the registry itself. */
struct endpoint {
	char *repository;      /* owned; its name there */
	struct http_tls *tls;  /* owned */
	struct client *client; /* owned */
	bool mirror;
};
void endpoint_release(struct endpoint *e);
#define cleanup_endpoint cleanup(endpoint_release)

struct endpoints {
	struct endpoint *items; /* owned; in the order in which they are to be tried */
	size_t n;
};
void endpoints_release(struct endpoints *e);
#define cleanup_endpoints cleanup(endpoints_release)

/* setup_candidates() - what a reference as typed can mean, to be tried in order; see
 * registries_conf_candidates(). */
int setup_candidates(struct setup *s, const struct reference *ref, struct references *ret,
		     struct error *err) _must_check_;

/* setup_search_registries() - what is searched if no registry is named; strv, the setup's. */
char *const *setup_search_registries(const struct setup *s);

enum setup_purpose { SETUP_PULL, SETUP_PUSH };

/*
 * setup_endpoints() - for a complete reference (reference_complete()). A registry that is blocked, or
 * an image that the policy rejects, is ERR_DENIED. Pushing has no mirrors and no policy.
 */
int setup_endpoints(struct setup *s, const struct reference *ref,
		    enum setup_purpose purpose, struct endpoints *ret,
		    struct error *err) _must_check_;

/* A registry as a whole, for login and search. */
struct setup_registry {
	const char *host;    /* "docker.io", "localhost:5000" */
	const char *address; /* where it is spoken to instead; NULL: the usual */
	const struct credentials
		*credentials; /* NULL: --creds, or those that are stored */
};
/* setup_registry() - *ret has no repository. Blocked is ERR_DENIED. */
int setup_registry(struct setup *s, const struct setup_registry *registry,
		   struct endpoint *ret, struct error *err) _must_check_;

/* setup_credentials_config() - where credentials are kept; what is in it is the setup's. */
struct credentials_config setup_credentials_config(const struct setup *s);
