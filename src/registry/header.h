/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of HTTP response headers, which a registry may fill with anything. Pure: no I/O,
 * nothing is believed but its form.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"

/* header_get() - the value of the first header `name` (any case) in a strv of
 * "Name: value", without blanks around it; NULL if there is none. */
const char *header_get(char *const *headers, const char *name);

/* header_next() - each header of this name in turn: *index starts at 0. NULL: no more. */
const char *header_next(char *const *headers, const char *name, size_t *index);

/* header_number() - a value that is only digits, up to INT64_MAX (Content-Length). 0 or
 * -EINVAL. */
int header_number(const char *value, int64_t *ret) _must_check_;

/* header_date() - an HTTP date in its three forms, in microseconds since the epoch. RFC
 * 9110, 5.6.7. 0 or -EINVAL. */
int header_date(const char *value, int64_t now_usec, int64_t *ret_usec) _must_check_;

/*
 * header_retry_after() - how long to wait: seconds or a date, compared with now_usec; never
 * negative, at most HEADER_RETRY_AFTER_MAX_USEC. RFC 9110, 10.2.3. 0 or -EINVAL.
 */
#define HEADER_RETRY_AFTER_MAX_USEC (INT64_C(300) * 1000 * 1000)
int header_retry_after(const char *value, int64_t now_usec,
		       int64_t *ret_usec) _must_check_;

/* header_link_next() - the target of the link whose relation is "next"; caller frees. RFC
 * 8288. NULL: there is none. */
char *header_link_next(const char *value);

/* header_content_range() - "bytes 0-99/200"; *ret_total is -1 for '*'. RFC 9110, 14.4. 0 or
 * -EINVAL. */
int header_content_range(const char *value, int64_t *ret_first, int64_t *ret_last,
			 int64_t *ret_total) _must_check_;

/*
 * header_upload_range() - how many bytes of an upload a registry has: "0-99" (also with
 * "bytes=") means 100. "0-0" means none or one; registries say it for none. OCI distribution
 * specification, "Pushing a blob in chunks". 0 or -EINVAL.
 */
int header_upload_range(const char *value, int64_t *ret_have) _must_check_;

/* header_media_type() - type/subtype in lower case without parameters; caller frees. NULL: the
 * value is none. RFC 9110, 8.3.1. */
char *header_media_type(const char *value);

/* header_is_token_char() - RFC 9110, 5.6.2. */
bool header_is_token_char(char c);

/* header_value_safe() - visible ASCII only: may be put into a request header. */
bool header_value_safe(const char *value);
