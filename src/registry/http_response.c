/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/http_response.h"

#include "util/str.h"

void http_response_release(struct http_response *r)
{
	free(r->url);
	strv_free(r->headers);
	buf_release(&r->body);
	*r = (struct http_response){0};
}

const char *http_status_words(int status)
{
	static const struct {
		int status;
		const char *words;
	} known[] = {
		{400, "bad request"},
		{401, "unauthorized"},
		{403, "forbidden"},
		{404, "not found"},
		{405, "method not allowed"},
		{407, "proxy authentication required"},
		{408, "request timeout"},
		{409, "conflict"},
		{411, "length required"},
		{413, "content too large"},
		{414, "URI too long"},
		{415, "unsupported media type"},
		{416, "range not satisfiable"},
		{429, "too many requests"},
		{431, "request header fields too large"},
		{500, "internal server error"},
		{501, "not implemented"},
		{502, "bad gateway"},
		{503, "service unavailable"},
		{504, "gateway timeout"},
		{507, "insufficient storage"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].status == status)
			return known[i].words;
	return NULL;
}
