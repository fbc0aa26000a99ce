/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/client_manifest.h"

#include <string.h>

#include "image/hash.h"
#include "registry/header.h"
#include "registry/url.h"
#include "spec/image.h"
#include "spec/media_type.h"
#include "util/digest.h"
#include "util/mem.h"
#include "util/str.h"

static char accept_all[] = "Accept: " MEDIA_TYPE_OCI_MANIFEST ", " MEDIA_TYPE_OCI_INDEX
			   ", " MEDIA_TYPE_DOCKER_MANIFEST ", " MEDIA_TYPE_DOCKER_LIST;

/* The digest of these bytes, by the algorithm that `like` has (NULL: SHA-256). Caller frees. */
static int digest_of(const struct buf *body, const char *like, char **ret,
		     struct error *err)
{
	cleanup_hash struct hash *h = NULL;
	char text[DIGEST_TEXT_MAX];
	int r = hash_new(like, &h, err);

	if (r < 0)
		return r;
	hash_add(h, body->data, body->len);
	r = hash_end(h, text, err);
	if (r == 0)
		*ret = xstrdup(text);
	return r;
}

/* Compare with what was asked for, or with what the registry says that it has sent. */
static int check_digest(const struct buf *body, const char *want, const char *whose,
			struct error *err)
{
	cleanup_free char *got = NULL;

	if (!want)
		return 0;
	int r = digest_of(body, want, &got, err);
	if (r < 0 || str_eq(got, want))
		return r;
	return error_set(err, ERR_INVALID, 0,
			 "the manifest that came is %s, not %s as %s", got, want, whose);
}

static int take_manifest(struct http_response *response, const char *asked,
			 struct image_text *ret, struct error *err)
{
	const char *said = header_get(response->headers, "docker-content-digest");
	const char *type = NULL;
	struct buf *body = &response->body;

	if (!body->len)
		return error_set(err, ERR_INVALID, 0, "the answer is empty");
	int r = check_digest(body, asked, "was asked for", err);
	if (r == 0 && !asked && digest_valid(said))
		r = check_digest(body, said, "the registry says", err);
	if (r == 0)
		r = image_document_type(
			body->data, body->len,
			media_type_header(header_get(response->headers, "content-type")),
			&type, err);
	if (r == 0)
		r = digest_of(body, asked, &ret->digest, err);
	if (r < 0)
		return r;
	ret->media_type = xstrdup(type);
	ret->len = body->len;
	ret->data = buf_take(body);
	return 0;
}

static int ask(struct client *c, const char *repository, const char *reference,
	       struct http_response *ret, struct error *err)
{
	cleanup_free char *scope = client_scope(repository, "pull");
	cleanup_free char *path = client_path(repository, "manifests/%s", reference);
	char *headers[] = {accept_all, NULL};
	struct client_call call = {
		.request = HTTP_REQUEST_INIT, .path = path, .scopes = scope};

	call.request.headers = headers;
	call.request.max_body = IMAGE_MANIFEST_MAX;
	int r = client_perform(c, &call, ret, err);
	if (r < 0 || ret->status == 200)
		return r;
	return client_refused(c, ret, err);
}

int client_get_manifest(struct client *c, const char *repository, const char *reference,
			struct image_text *ret, struct error *err)
{
	cleanup_http_response struct http_response response = {0};
	bool by_digest = digest_valid(reference);

	*ret = (struct image_text){0};
	int r = ask(c, repository, reference, &response, err);
	if (r == 0)
		r = take_manifest(&response, by_digest ? reference : NULL, ret, err);
	if (r < 0)
		error_wrap(err, "fetch the manifest %s/%s%s%s", client_host(c),
			   repository, by_digest ? "@" : ":", reference);
	if (r < 0 && err->kind == ERR_NOT_FOUND && !err->hint)
		error_hint(err, "see which there are: cubby search --list-tags %s/%s",
			   client_host(c), repository);
	return r;
}

static int put(struct client *c, const char *repository, const char *reference,
	       const struct image_text *m, struct error *err)
{
	cleanup_http_response struct http_response response = {0};
	cleanup_free char *scope = client_scope(repository, "pull,push");
	cleanup_free char *path = client_path(repository, "manifests/%s", reference);
	cleanup_free char *type = xasprintf("Content-Type: %s", m->media_type);
	char *headers[] = {type, NULL};
	struct client_call call = {
		.request = HTTP_REQUEST_INIT, .path = path, .scopes = scope};

	call.request.method = "PUT";
	call.request.headers = headers;
	call.request.body = m->data;
	call.request.body_size = (int64_t)m->len;
	call.request.max_body = HTTP_ERROR_BODY_MAX;
	int r = client_perform(c, &call, &response, err);
	if (r < 0)
		return r;
	if (response.status / 100 != 2)
		return client_refused(c, &response, err);
	const char *said = header_get(response.headers, "docker-content-digest");
	if (digest_valid(said) && !str_eq(said, m->digest))
		return error_set(err, ERR_INVALID, 0,
				 "the registry took it for %s, but it is %s", said,
				 m->digest);
	return 0;
}

int client_put_manifest(struct client *c, const char *repository, const char *reference,
			const struct image_text *m, struct error *err)
{
	int r = put(c, repository, reference, m, err);

	if (r < 0)
		error_wrap(err, "send the manifest %s/%s%s%s", client_host(c), repository,
			   digest_valid(reference) ? "@" : ":", reference);
	return r;
}
