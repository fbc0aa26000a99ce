/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One registry (or mirror) that is spoken to: where it is, by https or http, who we are there. What can
 * be asked is in client_manifest.h, client_blob.h, client_upload.h, client_list.h. Source: OCI
 * distribution specification 1.1.
 *
 * http is spoken only where it is allowed: `insecure` ones, and loopback hosts, whose bytes no
 * network carries. https is tried first; what worked stays.
 *
 * A client may be used in processes forked from its owner (see http.h).
 */
#pragma once

#include <stdbool.h>

#include "registry/http.h"
#include "util/cleanup.h"
#include "util/error.h"

struct client_options {
	struct http *http; /* stays the caller's */
	const char
		*host; /* as users name it, for messages: "docker.io", "localhost:5000" */
	const char *address;        /* where it is: "registry-1.docker.io"; NULL: host */
	const struct http_tls *tls; /* stays the caller's; NULL: the defaults */
	bool verify_given; /* the user asked for a checked certificate: no http on loopback either */
	const char *user, *password, *identity_token; /* NULL: none; copied */
};

struct client; /* opaque; heap */
struct client *client_new(const struct client_options *options);
void client_free(struct client *c);
DEFINE_CLEANUP(struct client *, client_free)
#define cleanup_client cleanup(client_freep)

const char *client_host(const struct client *c);
struct http *client_http(const struct client *c);

/* One thing that is asked for. */
struct client_call {
	struct http_request request; /* tls, authorization, url are filled in */
	const char *path;   /* "/v2/..." or an absolute URL (where an upload goes on) */
	const char *scopes; /* "repository:a/b:pull"; NULL: none */
};

/*
 * client_once() - one attempt; https or http, and a login that is asked for, are taken care of. 0 with any
 * status but 401 (which is ERR_DENIED). *ret is to be released in any case.
 */
int client_once(struct client *c, struct client_call *call, struct http_response *ret,
		struct error *err) _must_check_;

/* client_perform() - with retries (http_retry()). */
int client_perform(struct client *c, struct client_call *call, struct http_response *ret,
		   struct error *err) _must_check_;

/* client_refused() - a status that was not wanted, as an error. */
int client_refused(const struct client *c, const struct http_response *response,
		   struct error *err) _must_check_;

/* client_ping() - does it let us in at all? (GET /v2/.) ERR_DENIED: no; ERR_INVALID: it is no
 * registry. */
int client_ping(struct client *c, struct error *err) _must_check_;

/* client_scope() - "repository:NAME:ACTIONS"; caller frees. */
char *client_scope(const char *repository, const char *actions);

/* client_path() - "/v2/REPOSITORY/REST" with the repository encoded; caller frees. */
char *client_path(const char *repository, const char *fmt, ...) _printf_(2, 3);
