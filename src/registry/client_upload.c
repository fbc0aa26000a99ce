/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An upload is a session: POST opens it, each answer's Location says where the next request goes. Steps,
 * again and again until one of them ends it:
 *
 *   open      POST: a new session, nothing is there
 *   whole     PUT of everything with the digest: done
 *   chunk     PATCH of the next part
 *   close     PUT of nothing with the digest, after the last chunk: done
 *   look      GET after a failure: how much is there? Or the session is gone: open
 *
 * `whole` comes first, unless the registry wants chunks; if it is refused or cut, it goes on in
 * chunks.
 */
#include "registry/client_upload.h"

#include <errno.h>
#include <string.h>

#include "registry/header.h"
#include "registry/http_retry.h"
#include "registry/url.h"
#include "util/digest.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define CHUNK_DEFAULT      (INT64_C(16) << 20)
#define CHUNK_LEAST        (INT64_C(256) << 10)
#define CHUNK_MOST         (INT64_C(1) << 30)
#define UPLOAD_STALL_SEC   300 /* registries put a large blob together before they answer */
#define PROGRESS_EACH_USEC (USEC_PER_SEC / 10)

struct session {
	struct client *client;
	const struct client_upload *upload;
	char *scopes;
	char *location; /* absolute; NULL: to be opened */
	int64_t have;   /* bytes that the registry has */
	int64_t sending_from;
	int64_t chunk, chunk_min;
	bool chunked;
	int64_t told_usec; /* when progress was last told */
	struct http_retry retry;
};

static void session_release(struct session *s)
{
	free(s->scopes);
	free(s->location);
}
#define cleanup_session cleanup(session_release)

static void tell(struct session *s, int64_t done, bool always)
{
	int64_t now = time_monotonic_usec();

	if (!s->upload->progress || (!always && now - s->told_usec < PROGRESS_EACH_USEC))
		return;
	s->told_usec = now;
	s->upload->progress(s->upload->data, (uint64_t)done);
}

static void on_sent(void *data, uint64_t sent)
{
	struct session *s = data;

	tell(s, s->sending_from + (int64_t)sent, false);
}

/* Where to go on, from an answer. Absent: where we are. */
static int take_location(struct session *s, const struct http_response *response,
			 struct error *err)
{
	const char *location = header_get(response->headers, "location");
	cleanup_url struct url base = {0}, url = {0};

	if (!location)
		return s->location
			       ? 0
			       : error_set(err, ERR_INVALID, 0,
					   "the registry does not say where to send it");
	int r = url_parse(response->url, &base, err);
	if (r == 0)
		r = url_resolve(&base, location, &url, err);
	if (r < 0)
		return r;
	free(s->location);
	s->location = TAKE_PTR(url.text);
	return 0;
}

static void take_chunk_min(struct session *s, const struct http_response *response)
{
	int64_t n;

	if (header_number(header_get(response->headers, "oci-chunk-min-length"), &n) < 0)
		return;
	s->chunked = true;
	s->chunk_min = n < CHUNK_MOST ? n : CHUNK_MOST;
	if (s->chunk < s->chunk_min)
		s->chunk = s->chunk_min;
}

static void forget(struct session *s)
{
	free(TAKE_PTR(s->location));
	s->have = 0;
}

/* One request of the session. body_size -1: none. */
static int request(struct session *s, const char *method, const char *path,
		   int64_t body_size, struct http_response *ret, struct error *err)
{
	static char type[] = "Content-Type: application/octet-stream";
	cleanup_free char *range = NULL;
	char *headers[] = {NULL, NULL, NULL};
	struct client_call call = {
		.request = HTTP_REQUEST_INIT, .path = path, .scopes = s->scopes};

	call.request.method = method;
	call.request.max_body = HTTP_ERROR_BODY_MAX;
	if (body_size >= 0) {
		headers[0] = type;
		if (str_eq(method, "PATCH")) {
			range = xasprintf("Content-Range: %lld-%lld", (long long)s->have,
					  (long long)(s->have + body_size - 1));
			headers[1] = range;
		}
		s->sending_from = s->have;
		call.request.headers = headers;
		call.request.body_fd = s->upload->fd;
		call.request.body_offset = s->have;
		call.request.body_size = body_size;
		call.request.on_sent = on_sent;
		call.request.data = s;
		call.request.stall_sec = UPLOAD_STALL_SEC;
	}
	return client_once(s->client, &call, ret, err);
}

static int step_open(struct session *s, struct http_response *response, struct error *err)
{
	cleanup_free char *path = client_path(s->upload->repository, "blobs/uploads/");
	int r = request(s, "POST", path, -1, response, err);

	if (r < 0 || response->status / 100 != 2)
		return r;
	take_chunk_min(s, response);
	return take_location(s, response, err);
}

/* How much is there after a failure? What the registry does not know any more is begun anew. */
static void look(struct session *s)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_http_response struct http_response response = {0};
	int64_t have = 0;

	if (!s->location)
		return;
	int r = request(s, "GET", s->location, -1, &response, &err);
	if (r < 0 && response.transient)
		return; /* no answer to this either: the next step will find out */
	if (r < 0 || response.status / 100 != 2 ||
	    header_upload_range(header_get(response.headers, "range"), &have) < 0 ||
	    have > s->upload->size || take_location(s, &response, &err) < 0) {
		forget(s);
		return;
	}
	s->have = have;
	s->chunked = s->chunked || have;
}

static int step_chunk(struct session *s, struct http_response *response,
		      struct error *err)
{
	int64_t left = s->upload->size - s->have, have;
	int64_t len = left < s->chunk ? left : s->chunk, expected = s->have + len;
	int r = request(s, "PATCH", s->location, len, response, err);

	if (r < 0 || response->status / 100 != 2)
		return r;
	r = take_location(s, response, err);
	if (r < 0)
		return r;
	if (header_upload_range(header_get(response->headers, "range"), &have) < 0 ||
	    (have == 0 && expected == 1)) /* "0-0" */
		have = expected;
	if (have > expected || have <= s->have)
		return error_set(err, ERR_INVALID, 0,
				 "the registry says that it has %lld bytes, but %lld "
				 "were sent",
				 (long long)have, (long long)expected);
	s->have = have;
	s->retry.n = 0;
	return 0;
}

/* The request that ends it, with everything or with nothing. 1: the registry has the blob. */
static int step_put(struct session *s, int64_t body_size, struct http_response *response,
		    struct error *err)
{
	cleanup_free char *path = url_add_query(s->location, "digest", s->upload->digest);
	int r = request(s, "PUT", path, body_size, response, err);

	if (r < 0 || response->status / 100 != 2)
		return r;
	const char *said = header_get(response->headers, "docker-content-digest");
	if (digest_valid(said) && !str_eq(said, s->upload->digest))
		return error_set(err, ERR_INVALID, EBADMSG, "the registry took it for %s",
				 said);
	return 1;
}

static int step(struct session *s, struct http_response *response, struct error *err)
{
	if (!s->location)
		return step_open(s, response, err);
	if (!s->chunked)
		return step_put(s, s->upload->size, response, err);
	if (s->have < s->upload->size)
		return step_chunk(s, response, err);
	return step_put(s, 0, response, err);
}

/* A refusal that another way may get around: chunks, smaller chunks, another offset. */
static bool adapt(struct session *s, int status)
{
	static const int other_way[] = {400, 404, 405, 411, 413, 415, 416, 501};
	bool possible = false;

	for (size_t i = 0; i < ARRAY_SIZE(other_way); i++)
		possible = possible || status == other_way[i];
	if (!possible || !s->location)
		return false;
	if (!s->chunked) {
		s->chunked = true;
		forget(s);
		return true;
	}
	if (status == 413 && s->chunk / 4 >= CHUNK_LEAST &&
	    s->chunk / 4 >= s->chunk_min) {
		s->chunk /= 4;
		return true;
	}
	/* The offset, or the session: once in a row. */
	if ((status == 416 || status == 404) && s->retry.n == 0) {
		s->retry.n++;
		look(s);
		return true;
	}
	return false;
}

static int run(struct session *s, struct error *err)
{
	for (;;) {
		cleanup_http_response struct http_response response = {0};
		int r = step(s, &response, err);

		if (r == 1) {
			tell(s, s->upload->size, true);
			return 0;
		}
		if (r == 0 && response.status / 100 == 2)
			continue;
		if (http_retry(client_http(s->client), &s->retry, r, &response, err)) {
			look(s);
			continue;
		}
		if (r < 0)
			return r;
		if (!adapt(s, response.status))
			return client_refused(s->client, &response, err);
	}
}

int client_put_blob(struct client *c, const struct client_upload *upload,
		    struct error *err)
{
	cleanup_session struct session s = {
		.client = c,
		.upload = upload,
		.scopes = client_scope(upload->repository, "pull,push"),
		.location = upload->upload ? xstrdup(upload->upload) : NULL,
		.chunk = CHUNK_DEFAULT,
	};
	int r = run(&s, err);

	if (r < 0)
		error_wrap(err, "send the blob %s to %s/%s", upload->digest,
			   client_host(c), upload->repository);
	return r;
}

static int ask_mount(struct client *c, const char *path, const char *scopes,
		     char **ret_upload, struct error *err)
{
	cleanup_http_response struct http_response response = {0};
	struct client_upload none = {0};
	cleanup_session struct session s = {.client = c, .upload = &none};
	struct client_call call = {
		.request = HTTP_REQUEST_INIT, .path = path, .scopes = scopes};

	call.request.method = "POST";
	call.request.max_body = HTTP_ERROR_BODY_MAX;
	int r = client_perform(c, &call, &response, err);
	if (r < 0)
		return r;
	if (response.status == 201)
		return 1;
	if (response.status / 100 != 2)
		return 0; /* no such repository, or not for us: then it is sent */
	take_chunk_min(&s, &response);
	if (s.chunked) /* the session would not know it */
		return 0;
	r = take_location(&s, &response, err);
	if (r == 0)
		*ret_upload = TAKE_PTR(s.location);
	return r;
}

int client_mount_blob(struct client *c, const char *repository, const char *digest,
		      const char *from, char **ret_upload, struct error *err)
{
	cleanup_free char *scopes =
		xasprintf("repository:%s:pull,push repository:%s:pull", repository, from);
	cleanup_free char *start = client_path(repository, "blobs/uploads/");
	cleanup_free char *with_digest = url_add_query(start, "mount", digest);
	cleanup_free char *path = url_add_query(with_digest, "from", from);

	*ret_upload = NULL;
	int r = ask_mount(c, path, scopes, ret_upload, err);
	if (r < 0)
		error_wrap(err, "mount the blob %s from %s/%s", digest, client_host(c),
			   from);
	return r;
}
