/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A download is a series of attempts, each from where the one before got to. Registries that
 * know no ranges send everything again: what is there already is then left out. So the writer
 * never has to begin again, and whoever follows it neither; whether the parts fit together the
 * digest says at the end.
 */
#include "registry/client_blob.h"

#include <errno.h>
#include <stdbool.h>

#include "registry/header.h"
#include "registry/http_retry.h"
#include "util/mem.h"

/* As long as an attempt gets this much further, the next counts as the first. */
#define PROGRESS_BYTES (1 << 20)

struct download {
	struct blob_writer *writer;
	int64_t size;   /* of the blob */
	int64_t offset; /* what was there when the attempt began */
	int64_t skip;   /* bytes to come that are there already; -1: not known yet */
	bool no_range;  /* the registry's ranges are of no use */
	bool bad_range; /* it sent another part than asked for */
};

/* An answer begins: which byte is its first? */
static int check_part(struct download *d, const struct http_response *response,
		      int64_t *ret_first, struct error *err)
{
	int64_t last, total = -1;
	const char *range = header_get(response->headers, "content-range");

	*ret_first = 0;
	if (response->status == 206) {
		int r = header_content_range(range, ret_first, &last, &total);
		if (r < 0 || *ret_first > d->offset) {
			d->bad_range = true;
			return error_set(err, ERR_INVALID, 0,
					 "another part came than was asked for");
		}
	} else if (header_number(header_get(response->headers, "content-length"),
				 &total) < 0) {
		return 0;
	}
	if (total < 0 || total == d->size)
		return 0;
	error_set(err, ERR_INVALID, 0,
		  "the registry's has %lld bytes, the manifest says %lld",
		  (long long)total, (long long)d->size);
	return error_hint(err, "the image is damaged there: have it pushed again");
}

static int on_body(void *data, const struct http_response *response, const void *p,
		   size_t len, struct error *err)
{
	struct download *d = data;

	if (d->skip < 0) {
		int64_t first;
		int r = check_part(d, response, &first, err);
		if (r < 0)
			return r;
		d->skip = d->offset - first;
	}
	if ((uint64_t)d->skip >= len) {
		d->skip -= (int64_t)len;
		return 0;
	}
	const char *rest = (const char *)p + d->skip;
	len -= (size_t)d->skip;
	d->skip = 0;
	return blob_writer_add(d->writer, rest, len, err);
}

static int attempt(struct client *c, struct client_call *call, struct download *d,
		   struct http_response *ret, struct error *err)
{
	cleanup_free char *range = NULL;
	char *headers[] = {NULL, NULL};

	d->offset = (int64_t)blob_writer_offset(d->writer);
	d->skip = -1;
	d->bad_range = false;
	if (d->offset && !d->no_range) {
		range = xasprintf("Range: bytes=%lld-", (long long)d->offset);
		headers[0] = range;
	}
	call->request.headers = headers;
	call->request.on_body = on_body;
	call->request.data = d;
	int r = client_once(c, call, ret, err);
	call->request.headers = NULL;
	return r;
}

/* After an answer that came to its end. */
static int judge(const struct client *c, const struct download *d,
		 struct http_response *response, struct error *err)
{
	int64_t have = (int64_t)blob_writer_offset(d->writer);

	if (response->status / 100 != 2)
		return client_refused(c, response, err);
	if (have >= d->size)
		return 0;
	response->transient = true; /* nothing said how long it would be */
	return error_set(err, ERR_UNAVAILABLE, ENODATA, "only %lld of %lld bytes came",
			 (long long)have, (long long)d->size);
}

/* Then everything has to come again. */
static bool ranges_fail(struct download *d, int r, const struct http_response *response)
{
	bool fail = !d->no_range && (d->bad_range || (r == 0 && response->status == 416));

	d->no_range = d->no_range || fail;
	return fail;
}

static int download(struct client *c, struct client_call *call, struct download *d,
		    struct error *err)
{
	struct http_retry retry = {0};

	while ((int64_t)blob_writer_offset(d->writer) < d->size) {
		cleanup_http_response struct http_response response = {0};
		int r = attempt(c, call, d, &response, err);

		if (ranges_fail(d, r, &response)) {
			error_release(err);
			continue;
		}
		if ((int64_t)blob_writer_offset(d->writer) - d->offset >= PROGRESS_BYTES)
			retry.n = 0;
		if (r == 0 && response.status / 100 == 2)
			r = judge(c, d, &response, err);
		if (http_retry(client_http(c), &retry, r, &response, err))
			continue;
		if (r == 0)
			r = judge(c, d, &response, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int client_get_blob(struct client *c, const char *repository, const char *digest,
		    int64_t size, struct blob_writer *w, struct error *err)
{
	cleanup_free char *scope = client_scope(repository, "pull");
	cleanup_free char *path = client_path(repository, "blobs/%s", digest);
	struct client_call call = {
		.request = HTTP_REQUEST_INIT, .path = path, .scopes = scope};
	struct download d = {.writer = w, .size = size};

	int r = download(c, &call, &d, err);
	if (r < 0 && err->kind == ERR_NOT_FOUND && !err->hint)
		error_hint(err, "the image is not complete there: have it pushed again");
	if (r < 0)
		error_wrap(err, "fetch the blob %s of %s/%s", digest, client_host(c),
			   repository);
	return r;
}

int client_has_blob(struct client *c, const char *repository, const char *digest,
		    const char *scopes, struct error *err)
{
	cleanup_http_response struct http_response response = {0};
	cleanup_free char *path = client_path(repository, "blobs/%s", digest);
	struct client_call call = {
		.request = HTTP_REQUEST_INIT, .path = path, .scopes = scopes};

	call.request.method = "HEAD";
	int r = client_perform(c, &call, &response, err);
	if (r == 0 && response.status == 404)
		return 0;
	if (r == 0 && response.status / 100 != 2)
		r = client_refused(c, &response, err);
	if (r < 0)
		return error_wrap(err, "ask %s for the blob %s", client_host(c), digest);
	return 1;
}
