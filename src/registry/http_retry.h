/* SPDX-License-Identifier: Apache-2.0 */
/* Doing a request again, after a while, when that may help. */
#pragma once

#include "registry/http.h"

#define HTTP_BACKOFF_MAX_USEC (INT64_C(60) * 1000 * 1000)

/* A series of attempts at one thing. */
struct http_retry {
	unsigned int n; /* failed so far */
};

/*
 * http_retry() - after an attempt that brought `r` (http_once()'s return) and `response`: may it be done
 * again? If so this waits (Retry-After, or back-off with jitter) and drops *err. Again are done: 408,
 * 429, 500, 502, 503, 504, and transient failures.
 */
bool http_retry(struct http *h, struct http_retry *retry, int r,
		const struct http_response *response, struct error *err) _must_check_;

/* http_perform() - http_once() with retries. */
int http_perform(struct http *h, const struct http_request *request,
		 struct http_response *ret, struct error *err) _must_check_;
