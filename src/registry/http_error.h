/* SPDX-License-Identifier: Apache-2.0 */
/* What libcurl says of a failed transfer, as a sentence with a remedy. */
#pragma once

#include <curl/curl.h>

#include "registry/http_response.h"
#include "registry/url.h"
#include "util/error.h"

/*
 * http_explain() - `code` is not CURLE_OK; text: libcurl's own words (CURLOPT_ERRORBUFFER). Sets
 * response->transient and its like. Return: negative errno with *err.
 */
int http_explain(CURL *easy, CURLcode code, const char *text, const struct url *url,
		 struct http_response *response, struct error *err) _must_check_;
