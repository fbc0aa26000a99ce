/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/client_list.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "registry/header.h"
#include "registry/url.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define PAGE_BYTES_MAX  (4 << 20)
#define PAGES_MAX       10000
#define NAME_LEN_MAX    255
#define DESCRIPTION_MAX 4096

void client_search_release(struct client_search *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->items[i].name);
		free(s->items[i].description);
	}
	free(s->items);
	*s = (struct client_search){0};
}

/* A JSON object. 404 and the like are the caller's. */
static int get_json(struct client *c, const char *path, const char *scopes,
		    struct http_response *response, struct json_object **ret,
		    struct error *err)
{
	struct client_call call = {
		.request = HTTP_REQUEST_INIT, .path = path, .scopes = scopes};

	call.request.max_body = PAGE_BYTES_MAX;
	int r = client_perform(c, &call, response, err);
	if (r < 0)
		return r;
	if (response->status / 100 != 2)
		return client_refused(c, response, err);
	r = json_parse(response->body.data ? response->body.data : "", response->body.len,
		       "answer", ret, err);
	if (r < 0)
		return r;
	return json_object_is_type(*ret, json_type_object)
		       ? 0
		       : error_set(err, ERR_INVALID, 0, "the answer is no JSON object");
}

/* A tag, or a repository: nothing else goes on a terminal or into a URL. OCI distribution
 * specification, "Pulling manifests". */
static bool is_name(const char *s, bool slashes)
{
	size_t len = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			       "0123456789._-/");

	return len && !s[len] && len <= NAME_LEN_MAX && *s != '.' && *s != '-' &&
	       *s != '/' && (slashes || !strchr(s, '/'));
}

struct listing {
	struct client *client;
	const char *scopes;
	const char *key; /* "tags" */
	bool slashes;    /* may be in a name */
	char **names;
	size_t n;
};

static int add_page(struct listing *l, struct json_object *page, struct error *err)
{
	cleanup_strv char **names = NULL;
	struct json_object *list = json_get(page, l->key);

	if (!list) /* null: a repository without tags */
		return 0;
	int r = json_to_strv(list, l->key, &names, err);
	if (r < 0)
		return r;
	l->n += strv_len(names);
	if (l->n > CLIENT_LIST_MAX)
		return error_set(err, ERR_INVALID, E2BIG, "there are more than %d",
				 CLIENT_LIST_MAX);
	size_t had = strv_len(l->names), n = 0;
	l->names = xreallocarray(l->names, l->n + 1, sizeof(*l->names));
	for (size_t i = 0; names && names[i]; i++) {
		if (is_name(names[i], l->slashes))
			l->names[had + n++] = names[i];
		else
			free(names[i]);
	}
	l->names[had + n] = NULL;
	free(TAKE_PTR(names)); /* the strings have moved */
	return 0;
}

/* The next page's path, if there is one: on the same registry only. */
static int next_page(const struct http_response *response, char **path, struct error *err)
{
	cleanup_free char *next = header_link_next(header_get(response->headers, "link"));
	cleanup_url struct url base = {0}, url = {0};

	free(TAKE_PTR(*path));
	if (!next)
		return 0;
	int r = url_parse(response->url, &base, err);
	if (r == 0)
		r = url_resolve(&base, next, &url, err);
	if (r < 0)
		return r;
	if (!url_same_origin(&base, &url))
		return error_set(err, ERR_INVALID, 0, "the next page is said to be on %s",
				 url.host);
	*path = TAKE_PTR(url.text);
	return 0;
}

static int list_all(struct listing *l, const char *first, struct error *err)
{
	cleanup_free char *path = xstrdup(first);

	for (int page = 0; path; page++) {
		cleanup_http_response struct http_response response = {0};
		cleanup_json struct json_object *o = NULL;

		if (page == PAGES_MAX)
			return error_set(err, ERR_INVALID, E2BIG,
					 "there are more than %d pages", PAGES_MAX);
		int r = get_json(l->client, path, l->scopes, &response, &o, err);
		if (r == 0)
			r = add_page(l, o, err);
		if (r == 0)
			r = next_page(&response, &path, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int client_list_tags(struct client *c, const char *repository, char ***ret,
		     struct error *err)
{
	cleanup_free char *scopes = client_scope(repository, "pull");
	cleanup_free char *path = client_path(repository, "tags/list?n=1000");
	struct listing l = {.client = c, .scopes = scopes, .key = "tags"};

	int r = list_all(&l, path, err);
	if (r < 0) {
		strv_free(l.names);
		return error_wrap(err, "list the tags of %s/%s", client_host(c),
				  repository);
	}
	*ret = l.names;
	return 0;
}

static struct client_found *add_found(struct client_search *s)
{
	s->items = xreallocarray(s->items, s->n + 1, sizeof(*s->items));
	s->items[s->n] = (struct client_found){0};
	return &s->items[s->n++];
}

/* Optional members. */
static void take_details(struct json_object *o, struct client_found *f)
{
	cleanup_error struct error ignored = ERROR_INIT;
	const char *text = NULL;

	if (json_get(o, "description") &&
	    json_to_str(json_get(o, "description"), "description", &text, &ignored) < 0)
		text = NULL;
	f->description = xstrndup(text ? text : "", DESCRIPTION_MAX);
	if (json_get(o, "star_count") &&
	    json_to_i64(json_get(o, "star_count"), "star_count", &f->stars, &ignored) < 0)
		f->stars = 0;
	if (json_get(o, "is_official") &&
	    json_to_bool(json_get(o, "is_official"), "is_official", &f->official,
			 &ignored) < 0)
		f->official = false;
	if (json_get(o, "is_automated") &&
	    json_to_bool(json_get(o, "is_automated"), "is_automated", &f->automated,
			 &ignored) < 0)
		f->automated = false;
}

static int read_results(struct json_object *o, unsigned int limit,
			struct client_search *ret, struct error *err)
{
	struct json_object *list = json_get(o, "results");

	if (!json_object_is_type(list, json_type_array))
		return error_set(err, ERR_INVALID, 0, "the answer holds no results");
	for (size_t i = 0; i < json_object_array_length(list) && ret->n < limit; i++) {
		struct json_object *item = json_object_array_get_idx(list, i);
		const char *name;
		int r;

		if (!json_object_is_type(item, json_type_object))
			return error_set(err, ERR_INVALID, 0, "a result is no object");
		r = json_to_str(json_get(item, "name"), "name", &name, err);
		if (r < 0)
			return r;
		if (!is_name(name, true))
			continue;
		struct client_found *f = add_found(ret);
		f->name = xstrdup(name);
		take_details(item, f);
	}
	return 0;
}

static int search_index(struct client *c, const char *word, unsigned int limit,
			struct client_search *ret, struct error *err)
{
	cleanup_http_response struct http_response response = {0};
	cleanup_json struct json_object *o = NULL;
	cleanup_free char *number = xasprintf("%u", limit);
	cleanup_free char *with_word = url_add_query("/v1/search", "q", word);
	cleanup_free char *path = url_add_query(with_word, "n", number);

	int r = get_json(c, path, NULL, &response, &o, err);
	return r < 0 ? r : read_results(o, limit, ret, err);
}

static int search_catalog(struct client *c, const char *word, unsigned int limit,
			  struct client_search *ret, struct error *err)
{
	struct listing l = {.client = c, .key = "repositories", .slashes = true};

	int r = list_all(&l, "/v2/_catalog?n=1000", err);
	cleanup_strv char **names = l.names;
	if (r < 0)
		return r;
	strv_foreach (name, names) {
		if (ret->n == limit)
			break;
		if (!strcasestr(*name, word))
			continue;
		struct client_found *f = add_found(ret);
		f->name = xstrdup(*name);
		f->description = xstrdup("");
	}
	return 0;
}

int client_search(struct client *c, const char *word, unsigned int limit,
		  struct client_search *ret, struct error *err)
{
	*ret = (struct client_search){0};
	int r = search_index(c, word, limit, ret, err);
	if (r < 0 && (err->kind == ERR_NOT_FOUND || err->kind == ERR_INVALID ||
		      err->kind == ERR_UNSUPPORTED)) {
		error_release(err);
		client_search_release(ret);
		r = search_catalog(c, word, limit, ret, err);
		if (r < 0 && err->kind == ERR_NOT_FOUND)
			r = error_set(err, ERR_UNSUPPORTED, 0,
				      "the registry has neither search nor catalog");
	}
	if (r < 0) {
		client_search_release(ret);
		error_wrap(err, "search %s", client_host(c));
	}
	return r;
}
