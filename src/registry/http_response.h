/* SPDX-License-Identifier: Apache-2.0 */
/* What came of a request. */
#pragma once

#include <stdbool.h>

#include "util/buf.h"
#include "util/cleanup.h"

#define HTTP_ERROR_BODY_MAX (64 * 1024) /* what is kept of an answer that is no success */

struct http_response {  /* owned by the caller, released */
	int status;     /* 200, 404, ... */
	char *url;      /* that answered, after redirects */
	char **headers; /* strv "Name: value", without line ends; see header_get() */
	struct buf body;
	bool transient; /* no answer, but a second try may bring one: connection cut, time-out */
	bool no_tls;      /* no answer: what listens there does not speak TLS */
	bool unreachable; /* no answer: nobody listens there */
};
void http_response_release(struct http_response *r);
#define cleanup_http_response cleanup(http_response_release)

/* http_status_words() - "not found"; NULL for a status without a name. Static storage. */
const char *http_status_words(int status);
