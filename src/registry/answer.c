/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/answer.h"

#include <errno.h>
#include <string.h>

#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define WORDS_SHOWN_MAX  300
#define ERRORS_SHOWN_MAX 3

/* A member that is a text and not empty, else NULL. */
static const char *text_of(struct json_object *o, const char *key)
{
	cleanup_error struct error ignored = ERROR_INIT;
	const char *text = NULL;

	if (!json_object_is_type(o, json_type_object) || !json_get(o, key) ||
	    json_to_str(json_get(o, key), key, &text, &ignored) < 0)
		return NULL;
	return str_empty(text) ? NULL : text;
}

static void add_one(struct buf *words, struct json_object *item)
{
	const char *message = text_of(item, "message"), *code = text_of(item, "code");

	if (!message && !code)
		return;
	buf_printf(words, "%s%s", words->len ? "; " : "", message ? message : code);
	if (message && code)
		buf_printf(words, " (%s)", code);
}

char *answer_words(const char *body, size_t len)
{
	cleanup_error struct error ignored = ERROR_INIT;
	cleanup_json struct json_object *o = NULL;
	cleanup_buf struct buf words;

	buf_init(&words, HTTP_ERROR_BODY_MAX);
	if (!len || json_parse(body, len, "answer", &o, &ignored) < 0 ||
	    !json_object_is_type(o, json_type_object))
		return NULL;
	struct json_object *errors = json_get(o, "errors");
	if (json_object_is_type(errors, json_type_array)) {
		for (size_t i = 0;
		     i < json_object_array_length(errors) && i < ERRORS_SHOWN_MAX; i++)
			add_one(&words, json_object_array_get_idx(errors, i));
	} else { /* other habits: of token servers, of GitHub */
		static const char *const keys[] = {"message", "details",
						   "error_description", "error"};
		for (size_t i = 0; i < ARRAY_SIZE(keys) && !words.len; i++)
			if (text_of(o, keys[i]))
				buf_add_str(&words, text_of(o, keys[i]));
	}
	if (!words.len)
		return NULL;
	cleanup_free char *visible = str_visible(words.data, "");
	return xasprintf("%.*s%s", WORDS_SHOWN_MAX, visible,
			 strlen(visible) > WORDS_SHOWN_MAX ? "..." : "");
}

static enum error_kind kind_of(int status)
{
	switch (status) {
	case 401:
	case 403:
		return ERR_DENIED;
	case 404:
		return ERR_NOT_FOUND;
	case 405:
	case 501:
		return ERR_UNSUPPORTED;
	case 408:
	case 429:
		return ERR_UNAVAILABLE;
	default:
		return status >= 500 ? ERR_UNAVAILABLE : ERR_INVALID;
	}
}

static int add_hint(int status, const char *host, struct error *err)
{
	if (status == 401 || status == 403)
		return error_hint(err, "if you have an account that may: cubby login %s",
				  host);
	if (status == 429)
		return error_hint(err,
				  "try later; who is logged in may often ask for more: "
				  "cubby login %s",
				  host);
	if (status >= 500)
		return error_hint(err,
				  "it is the registry that has a problem: try later");
	return -EINVAL;
}

int answer_error(const struct http_response *response, const char *host,
		 struct error *err)
{
	int status = response->status;
	const char *name = http_status_words(status);
	cleanup_free char *words = answer_words(response->body.data, response->body.len);

	if (words)
		error_set(err, kind_of(status), 0, "%s answers %d: %s", host, status,
			  words);
	else if (name)
		error_set(err, kind_of(status), 0, "%s answers %d (%s)", host, status,
			  name);
	else
		error_set(err, kind_of(status), 0, "%s answers %d", host, status);
	return add_hint(status, host, err);
}
