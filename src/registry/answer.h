/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a registry says when it refuses, as a sentence; its words are shown, so whatever a terminal
 * could obey is made visible first. Source: OCI distribution specification, "Error codes".
 */
#pragma once

#include "registry/http_response.h"
#include "util/error.h"

/* answer_words() - "manifest unknown (MANIFEST_UNKNOWN)" from {"errors": [...]}; NULL if the body
 * says nothing of the kind. Caller frees. */
char *answer_words(const char *body, size_t len);

/*
 * answer_error() - set *err by a status that was not wanted: 404 is ERR_NOT_FOUND, 401 and 403
 * ERR_DENIED, 408, 429 and 5xx ERR_UNAVAILABLE, others ERR_INVALID. host: the registry as users name
 * it. Return: negative.
 */
int answer_error(const struct http_response *response, const char *host,
		 struct error *err) _must_check_;
