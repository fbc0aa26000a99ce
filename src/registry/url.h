/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URLs of registries: http and https only, taken apart and put together by libcurl's own parser,
 * so that what is checked here is what is connected to. Source: RFC 3986.
 */
#pragma once

#include <stdbool.h>

#include "util/cleanup.h"
#include "util/error.h"

struct url {        /* strings owned */
	char *text; /* without user, password and fragment */
	char *host; /* lower case; an IPv6 address in brackets */
	int port;   /* the scheme's own if none was written */
	bool https;
};
void url_release(struct url *u);
#define cleanup_url cleanup(url_release)

#define URL_LEN_MAX 16384

/* url_parse() - an absolute URL. Anything but http and https is ERR_INVALID. */
int url_parse(const char *text, struct url *ret, struct error *err) _must_check_;

/* url_resolve() - a reference (a Location header), absolute or relative to base. */
int url_resolve(const struct url *base, const char *reference, struct url *ret,
		struct error *err) _must_check_;

/* url_same_origin() - scheme, host and port are equal: who may see the one's secrets may see the
 * other's. */
bool url_same_origin(const struct url *a, const struct url *b);

/* url_host_port() - "host" or "host:port" if the port is not the scheme's own. Caller frees. */
char *url_host_port(const struct url *u);

/* url_shown() - for messages: without the query, which may hold signatures. Caller frees. */
char *url_shown(const char *text);

/* url_encode() - everything but unreserved characters as %XX; '/' stays with keep_slash. Caller
 * frees. RFC 3986, 2.3. */
char *url_encode(const char *text, bool keep_slash);

/* url_add_query() - text with "name=value" (value encoded) added to its query. Caller frees. */
char *url_add_query(const char *text, const char *name, const char *value);

/* url_host_is_loopback() - "localhost" and names below it, 127.0.0.0/8, ::1; host as typed, maybe
 * with a port. */
bool url_host_is_loopback(const char *host);
