/* SPDX-License-Identifier: Apache-2.0 */
/* Which certificates a connection believes: the system's and those of struct http_tls. */
#pragma once

#include <curl/curl.h>

#include "registry/http_tls.h"
#include "registry/url.h"
#include "util/cleanup.h"
#include "util/error.h"

struct http_trust {   /* owned; the system's */
	char *file;   /* of many certificates; NULL: none */
	char *dir;    /* of certificates under the hash of their names; NULL: none */
	char *pem;    /* the file's, once it was read */
	char *merged; /* the file's certificates, then those of the last struct http_tls */
};

/* http_trust_init() - from SSL_CERT_FILE and SSL_CERT_DIR, or where libcurl was told when built. */
void http_trust_init(struct http_trust *t);
void http_trust_release(struct http_trust *t);

/* http_trust_apply() - for the next transfer of easy; tls (may be NULL) must outlive it. */
int http_trust_apply(struct http_trust *t, CURL *easy, const struct url *url,
		     const struct http_tls *tls, struct error *err) _must_check_;
