/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operation "download": one file by http or https to fd 1, an empty file that the engine reads afterwards. What a first attempt brought
 * is cut off again before the next one.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "image/hash.h"
#include "registry/header.h"
#include "registry/http.h"
#include "registry/http_retry.h"
#include "registry/url.h"
#include "transfer/confine.h"
#include "transfer/control.h"
#include "transfer/protocol.h"
#include "transfer/registry_call.h"
#include "transfer/transfer.h"
#include "util/fd.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define PROGRESS_ID    "download"
#define PROGRESS_USEC  (USEC_PER_SEC / 10)
#define NOT_MODIFIED   304
#define HEADER_MAX     4096 /* bytes of one that is handed on */
#define FILE_NAME_KEYS "filename="

struct job {
	struct transfer_registry_options transfer; /* owned */
	struct hash *hash;                         /* owned */
	const char *url, *etag, *last_modified;    /* in the JSON */
	uint64_t max_bytes, done;
	int64_t total, told_usec;
};

static void job_release(struct job *j)
{
	transfer_registry_options_release(&j->transfer);
	hash_free(j->hash);
}

static int take_text(struct json_object *o, const char *key, const char **ret,
		     struct error *err)
{
	return json_get(o, key) ? json_to_str(json_get(o, key), key, ret, err) : 0;
}

static int parse(struct json_object *o, struct job *j, struct error *err)
{
	int r = transfer_registry_options_parse(json_get(o, "registry"), &j->transfer,
						err);

	if (r == 0)
		r = json_to_str(json_get(o, "url"), "url", &j->url, err);
	if (r == 0)
		r = take_text(o, "etag", &j->etag, err);
	if (r == 0)
		r = take_text(o, "last_modified", &j->last_modified, err);
	if (r == 0)
		r = json_to_u64(json_get(o, "max_bytes"), "max_bytes", &j->max_bytes,
				err);
	return r;
}

static int tell(struct job *j, struct error *err)
{
	int64_t now = time_monotonic_usec();
	struct progress p = {
		.id = PROGRESS_ID,
		.state = "fetching",
		.done = (int64_t)j->done,
		.total = j->total,
	};

	if (now - j->told_usec < PROGRESS_USEC)
		return 0;
	j->told_usec = now;
	return control_progress(&p, err);
}

static int on_body(void *data, const struct http_response *response, const void *p,
		   size_t len, struct error *err)
{
	struct job *j = data;
	int r;

	if (j->done == 0 &&
	    header_number(header_get(response->headers, "content-length"), &j->total) < 0)
		j->total = -1;
	j->done += len;
	if (j->done > j->max_bytes || (j->total > 0 && (uint64_t)j->total > j->max_bytes))
		return error_set(err, ERR_INVALID, EFBIG,
				 "it is more than the %llu bytes that are allowed",
				 (unsigned long long)j->max_bytes);
	hash_add(j->hash, p, len);
	r = fd_write_all(STDOUT_FILENO, p, len);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "write it");
	return tell(j, err);
}

/* As if nothing had come. */
static int begin(struct job *j, struct error *err)
{
	char ignored[DIGEST_TEXT_MAX];

	j->done = 0;
	j->total = -1;
	if (ftruncate(STDOUT_FILENO, 0) < 0 || lseek(STDOUT_FILENO, 0, SEEK_SET) < 0)
		return error_set(err, ERR_SYSTEM, errno, "begin again");
	return hash_end(j->hash, ignored, err);
}

static void add_condition(char ***headers, const char *name, const char *value)
{
	if (value && header_value_safe(value))
		strv_addf(headers, "%s: %s", name, value);
}

static int perform(struct job *j, struct http *http, struct http_response *ret,
		   struct error *err)
{
	const struct http_tls tls = {.insecure = j->transfer.tls_verify == 0};
	cleanup_strv char **headers = NULL;
	struct http_request request = HTTP_REQUEST_INIT;
	struct http_retry retry = {0};

	add_condition(&headers, "If-None-Match", j->etag);
	add_condition(&headers, "If-Modified-Since", j->last_modified);
	request.url = j->url;
	request.headers = headers;
	request.tls = &tls;
	request.on_body = on_body;
	request.data = j;
	for (;;) {
		int r = begin(j, err);

		if (r < 0)
			return r;
		r = http_once(http, &request, ret, err);
		if (!http_retry(http, &retry, r, ret, err))
			return r;
		http_response_release(ret);
	}
}

static int check_status(const struct job *j, const struct http_response *response,
			struct error *err)
{
	const char *words = http_status_words(response->status);
	bool missing = response->status == 404 || response->status == 410;

	if (response->status / 100 == 2 ||
	    (response->status == NOT_MODIFIED && (j->etag || j->last_modified)))
		return 0;
	return error_set(err, missing ? ERR_NOT_FOUND : ERR_UNAVAILABLE, 0,
			 "the server answers %d%s%s", response->status, words ? " " : "",
			 words ? words : "");
}

static void add_header(struct json_object *o, const char *key,
		       const struct http_response *response, const char *name)
{
	const char *value = header_get(response->headers, name);

	if (value && strlen(value) <= HEADER_MAX && header_value_safe(value))
		json_add_str(o, key, value);
}

/* filename="NAME" or filename=NAME of a Content-Disposition; no path. RFC 6266. */
static void add_file_name(struct json_object *o, const struct http_response *response)
{
	const char *value = header_get(response->headers, "content-disposition");
	const char *at = value ? strstr(value, FILE_NAME_KEYS) : NULL;
	cleanup_free char *name = NULL;
	const char *slash;

	if (!at || strlen(value) > HEADER_MAX || !header_value_safe(value))
		return;
	at += strlen(FILE_NAME_KEYS);
	name = *at == '"' ? xstrndup(at + 1, strcspn(at + 1, "\""))
			  : xstrndup(at, strcspn(at, "; \t"));
	slash = strrchr(name, '/');
	if (!str_empty(slash ? slash + 1 : name))
		json_add_str(o, "file_name", slash ? slash + 1 : name);
}

static int say_result(struct job *j, const struct http_response *response,
		      struct error *err)
{
	cleanup_json struct json_object *o = json_object_new_object();
	const char *date = header_get(response->headers, "last-modified");
	char digest[DIGEST_TEXT_MAX];
	int64_t usec = 0;
	int r = hash_end(j->hash, digest, err);

	if (r < 0)
		return r;
	json_add_str(o, "event", "result");
	json_add_str(o, "url", response->url);
	if (response->status == NOT_MODIFIED)
		json_add_bool(o, "unchanged", true);
	else
		json_add_str(o, "digest", digest);
	json_add_u64(o, "size", j->done);
	add_header(o, "etag", response, "etag");
	add_header(o, "last_modified", response, "last-modified");
	add_header(o, "content_type", response, "content-type");
	add_file_name(o, response);
	if (date && header_date(date, time_now_usec(), &usec) == 0 && usec >= 0)
		json_add_i64(o, "mtime", usec / USEC_PER_SEC);
	return control_say(o, err);
}

static void on_retry(void *data, const char *text)
{
	cleanup_error struct error err = ERROR_INIT;
	struct progress p = {
		.id = PROGRESS_ID, .state = "retry", .total = -1, .text = text};

	if (control_progress(&p, &err) < 0)
		error_drop(&err, "without the engine this process ends anyway");
}

static int download(struct job *j, struct error *err)
{
	const struct http_options options = {
		.retries = j->transfer.retry,
		.retry_delay_usec = j->transfer.retry_delay_usec,
		.on_retry = on_retry,
	};
	cleanup_http struct http *http = NULL;
	cleanup_http_response struct http_response response = {0};
	int r = http_new(&options, &http, err);

	if (r == 0)
		r = perform(j, http, &response, err);
	if (r == 0)
		r = check_status(j, &response, err);
	return r < 0 ? r : say_result(j, &response, err);
}

int op_download(struct json_object *request, struct error *err)
{
	cleanup(job_release) struct job j = {0};
	int r = parse(request, &j, err);

	if (r == 0)
		r = hash_new(NULL, &j.hash, err);
	if (r == 0)
		r = confine_network(&(struct confine_rules){0}, err);
	if (r == 0)
		r = download(&j, err);
	if (r < 0 && j.url) {
		cleanup_free char *shown = url_shown(j.url);

		return error_wrap(err, "download %s", shown);
	}
	return r;
}
