/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/registry_search.h"

#include <errno.h>
#include <string.h>

#include "image/reference.h"
#include "registry/client_list.h"
#include "registry/setup.h"
#include "util/mem.h"
#include "util/str.h"

/* Where Docker Hub is searched. */
#define DOCKER_HUB        "docker.io"
#define DOCKER_HUB_SEARCH "index.docker.io"

struct place {
	char *host;
	struct endpoint endpoint;
};

struct registry_search {
	struct setup *setup;
	char *word; /* or the repository */
	unsigned int limit;
	bool list_tags;
	struct place *places;
	size_t n_places;
};

void registry_found_list_release(struct registry_found_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->items[i].registry);
		free(list->items[i].name);
		free(list->items[i].tag);
		free(list->items[i].description);
	}
	free(list->items);
	*list = (struct registry_found_list){0};
}

void registry_search_close(struct registry_search *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n_places; i++) {
		free(s->places[i].host);
		endpoint_release(&s->places[i].endpoint);
	}
	free(s->places);
	setup_close(s->setup);
	free(s->word);
	free(s);
}

static int add_place(struct registry_search *s, const char *host, struct error *err)
{
	struct setup_registry registry = {.host = host};

	if (!s->list_tags && str_eq(host, DOCKER_HUB))
		registry.address = DOCKER_HUB_SEARCH;
	s->places = xreallocarray(s->places, s->n_places + 1, sizeof(*s->places));
	struct place *p = &s->places[s->n_places++];
	*p = (struct place){.host = xstrdup(host)};
	return setup_registry(s->setup, &registry, &p->endpoint, err);
}

/* "docker.io/debian": in one registry. */
static char *registry_of(const char *term)
{
	size_t len = strcspn(term, "/");

	if (!term[len])
		return NULL;
	char *first = xstrndup(term, len);
	if (strpbrk(first, ".:") || str_eq(first, "localhost"))
		return first;
	free(first);
	return NULL;
}

static int add_places(struct registry_search *s, const char *term, struct error *err)
{
	cleanup_free char *host = registry_of(term);
	cleanup_reference struct reference ref = {0};

	if (s->list_tags) {
		int r = reference_parse_complete(term, &ref, err);
		if (r < 0)
			return r;
		s->word = xstrdup(ref.repository);
		return add_place(s, ref.registry, err);
	}
	if (host) {
		s->word = xstrdup(term + strlen(host) + 1);
		return add_place(s, host, err);
	}
	s->word = xstrdup(term);
	strv_foreach (name, setup_search_registries(s->setup)) {
		int r = add_place(s, *name, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int registry_search_open(const struct registry_options *options,
			 const struct search *search, struct registry_search **ret,
			 struct error *err)
{
	cleanup_registry_search struct registry_search *s = xcalloc(1, sizeof(*s));

	s->limit = search->limit ? search->limit : SEARCH_LIMIT_DEFAULT;
	s->list_tags = search->list_tags;
	if (s->limit > SEARCH_LIMIT_MAX)
		return error_set(err, ERR_INVALID, 0, "limit: at most %d, got %u",
				 SEARCH_LIMIT_MAX, s->limit);
	if (str_empty(search->term))
		return error_set(err, ERR_INVALID, 0, "search for nothing");
	int r = setup_open(options, &s->setup, err);
	if (r == 0)
		r = add_places(s, search->term, err);
	if (r == 0)
		*ret = TAKE_PTR(s);
	return r;
}

static struct registry_found *add_found(struct registry_found_list *list,
					const char *host, const char *name)
{
	list->items = xreallocarray(list->items, list->n + 1, sizeof(*list->items));
	struct registry_found *f = &list->items[list->n++];
	*f = (struct registry_found){
		.registry = xstrdup(host),
		.name = xasprintf("%s/%s", host, name),
		.description = NULL,
	};
	return f;
}

static int find_tags(const struct registry_search *s, const struct place *p,
		     struct registry_found_list *ret, struct error *err)
{
	cleanup_strv char **tags = NULL;
	unsigned int n = 0;

	int r = client_list_tags(p->endpoint.client, s->word, &tags, err);
	if (r < 0)
		return r;
	strv_foreach (tag, tags) {
		if (n++ == s->limit)
			break;
		add_found(ret, p->host, s->word)->tag = xstrdup(*tag);
	}
	return 0;
}

/* Docker Hub leaves "library/" out. */
static char *whole_name(const struct place *p, const char *name)
{
	return str_eq(p->host, DOCKER_HUB) && !strchr(name, '/')
		       ? xasprintf("library/%s", name)
		       : xstrdup(name);
}

static int find_names(const struct registry_search *s, const struct place *p,
		      struct registry_found_list *ret, struct error *err)
{
	cleanup_client_search struct client_search search = {0};

	int r = client_search(p->endpoint.client, s->word, s->limit, &search, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < search.n; i++) {
		struct client_found *c = &search.items[i];
		cleanup_free char *name = whole_name(p, c->name);
		struct registry_found *f = add_found(ret, p->host, name);

		f->description = str_visible(c->description, "");
		f->stars = c->stars;
		f->official = c->official;
		f->automated = c->automated;
	}
	return 0;
}

int registry_search_run(struct registry_search *s, struct registry_found_list *ret,
			char ***ret_failed, struct error *err)
{
	size_t n_failed = 0;

	*ret = (struct registry_found_list){0};
	*ret_failed = NULL;
	for (size_t i = 0; i < s->n_places; i++) {
		struct place *p = &s->places[i];
		int r = s->list_tags ? find_tags(s, p, ret, err)
				     : find_names(s, p, ret, err);
		if (r >= 0)
			continue;
		if (++n_failed == s->n_places) {
			registry_found_list_release(ret);
			strv_free(TAKE_PTR(*ret_failed));
			return r;
		}
		strv_add_take(ret_failed, error_message(err));
		error_release(err);
	}
	return 0;
}
