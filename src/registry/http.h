/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP as a registry client needs it: one request at a time over connections that stay open,
 * redirects followed with care, answers bounded, failures as sentences. A thin layer over libcurl;
 * nothing else in cubby speaks HTTP. Proxies are those of the usual variables (http_proxy,
 * https_proxy, all_proxy, no_proxy), never for loopback.
 *
 * A struct http may be used in a process forked from its owner: there it has connections of
 * its own.
 *
 * Bounds: 30 s to connect, HTTP_STALL_SEC with (almost) nothing moving, no limit for the whole; 64 KiB
 * of headers; bodies as the caller says; 10 redirects. HTTP/1.1, TLS 1.2 or newer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "registry/http_response.h"
#include "registry/http_tls.h"
#include "util/cleanup.h"
#include "util/error.h"

#define HTTP_STALL_SEC       60
#define HTTP_STALL_BYTES     1024 /* a second, over HTTP_STALL_SEC */
#define HTTP_HEADERS_MAX     (64 * 1024)
#define HTTP_REDIRECTS_MAX   10
#define HTTP_RETRIES_DEFAULT 3

struct http_options {
	int64_t retries;          /* attempts after the first; -1: HTTP_RETRIES_DEFAULT */
	int64_t retry_delay_usec; /* before each; -1: from 1 s, doubled each time */
	int stall_sec;            /* 0: HTTP_STALL_SEC */
	/* text: why, and for how long it is waited; may be NULL */
	void (*on_retry)(void *data, const char *text);
	void *data;
};

struct http; /* opaque; heap */
int http_new(const struct http_options *options, struct http **ret,
	     struct error *err) _must_check_;
void http_free(struct http *h);
DEFINE_CLEANUP(struct http *, http_free)
#define cleanup_http cleanup(http_freep)

/* http_get_options() - with the defaults filled in. */
const struct http_options *http_get_options(const struct http *h);

/* http_on_retry() - whom to tell from now on. */
void http_on_retry(struct http *h, void (*fn)(void *data, const char *text), void *data);

struct http_request {
	const char *method; /* "GET", "HEAD", "PUT", "POST", "PATCH", "DELETE" */
	const char *url;
	char *const *headers;       /* strv "Name: value" */
	const char *authorization;  /* value; sent to the host of `auth_origin` only */
	const char *auth_origin;    /* a URL; NULL: that of `url` */
	const struct http_tls *tls; /* NULL: checked by the system's CAs */

	/* What is sent: memory, or `size` bytes of an fd from `offset` on (pread); NULL and -EBADF:
	 * an empty body with POST, PUT and PATCH. */
	const void *body;
	int body_fd;
	int64_t body_offset, body_size;
	void (*on_sent)(void *data, uint64_t sent);

	/* What comes, if the status is 2xx: to on_body, or up to max_body bytes into the
	 * response. Of other answers at most HTTP_ERROR_BODY_MAX bytes are kept. on_body sees status and
	 * headers; an error from it ends the transfer and is the result. */
	size_t max_body;
	int (*on_body)(void *data, const struct http_response *response, const void *p,
		       size_t len, struct error *err);
	void *data; /* for both callbacks */

	int stall_sec; /* 0: as the struct http says */
};
#define HTTP_REQUEST_INIT ((struct http_request){.method = "GET", .body_fd = -EBADF})

/*
 * http_once() - one attempt, redirects included: 0 with whatever status was answered. No answer at
 * all is ERR_UNAVAILABLE (*ret says more, and must be released in any case); an answer that is out of bounds
 * or no HTTP is ERR_INVALID; a certificate that does not hold is ERR_DENIED.
 * A redirect from https to http is refused unless tls->insecure.
 */
int http_once(struct http *h, const struct http_request *request,
	      struct http_response *ret, struct error *err) _must_check_;
