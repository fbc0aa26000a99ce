/* SPDX-License-Identifier: Apache-2.0 */
/* The questions of registries_conf.h, answered from what was loaded. */
#include <string.h>

#include "image/reference.h"
#include "registry/registries_conf.h"
#include "spec/spec.h"
#include "util/mem.h"
#include "util/str.h"

void registry_endpoints_release(struct registry_endpoints *e)
{
	for (size_t i = 0; i < e->n; i++)
		reference_release(&e->items[i].reference);
	free(e->items);
	*e = (struct registry_endpoints){0};
}

void references_release(struct references *r)
{
	for (size_t i = 0; i < r->n; i++)
		reference_release(&r->items[i]);
	free(r->items);
	*r = (struct references){0};
}

/* Behind a host a colon is that of a port, which makes it another registry. */
static bool ends_prefix(char c, const char *prefix)
{
	return c == '\0' || c == '/' || c == '@' || (c == ':' && strchr(prefix, '/'));
}

/* Of "*.example.com": how much of the name is the host that it stands for; 0: none. */
static size_t match_subdomain(const char *name, const char *prefix)
{
	const char *suffix = prefix + 1; /* ".example.com" */
	size_t host_len = strcspn(name, "/:@"), suffix_len = strlen(suffix);

	if (host_len <= suffix_len ||
	    strncmp(name + host_len - suffix_len, suffix, suffix_len) != 0)
		return 0;
	return host_len;
}

/* How much of "host/path:tag@digest" the prefix covers; 0: it is another's. */
static size_t match(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	if (str_starts(prefix, "*."))
		return match_subdomain(text, prefix);
	return str_starts(text, prefix) && ends_prefix(text[len], prefix) ? len : 0;
}

/* A prefix may end in a digest where the reference has a tag as well. */
static char *without_tag(const struct reference *r)
{
	struct reference copy = *r; /* borrows */

	if (r->digest)
		copy.tag = NULL;
	return reference_text(&copy);
}

/* The entry with the longest prefix, and what of the reference it leaves; or NULL. */
static const struct registries_entry *find(const struct registries_conf *c,
					   const struct reference *r, char **ret_rest)
{
	cleanup_free char *with = reference_text(r), *without = without_tag(r);
	const char *const texts[] = {with, without};
	const struct registries_entry *found = NULL;
	const char *rest = NULL;

	for (size_t i = 0; i < c->n_entries; i++) {
		const struct registries_entry *e = &c->entries[i];
		if (found && strlen(e->prefix) <= strlen(found->prefix))
			continue;
		for (size_t k = 0; k < ARRAY_SIZE(texts); k++) {
			size_t len = match(texts[k], e->prefix);
			if (len == 0)
				continue;
			found = e;
			rest = texts[k] + len;
			break;
		}
	}
	*ret_rest = rest ? xstrdup(rest) : NULL;
	return found;
}

static const char *source_of(const struct registries_conf *c,
			     const struct registries_entry *e)
{
	return c->sources[e - c->entries];
}

static int check_blocked(const struct registries_conf *c,
			 const struct registries_entry *e, const char *what,
			 struct error *err)
{
	if (!e || !e->blocked)
		return 0;
	error_set(err, ERR_DENIED, 0, "use %s: registry %s is blocked", what, e->prefix);
	return error_hint(err, "%s says so", source_of(c, e));
}

static void copy_reference(const struct reference *from, struct reference *ret)
{
	*ret = (struct reference){
		.registry = from->registry ? xstrdup(from->registry) : NULL,
		.repository = xstrdup(from->repository),
		.tag = from->tag ? xstrdup(from->tag) : NULL,
		.digest = from->digest ? xstrdup(from->digest) : NULL,
	};
}

static int rewrite(const char *location, const char *rest, struct reference *ret,
		   struct error *err)
{
	cleanup_free char *text = xasprintf("%s%s", location, rest);
	cleanup_reference struct reference r = {0};

	int result = reference_parse(text, &r, err);
	if (result < 0)
		return result;
	if (reference_is_short(&r))
		return error_set(err, ERR_INVALID, 0,
				 "location \"%s\" names no registry: a host has a '.' or "
				 "a port, or is localhost",
				 location);
	reference_complete(&r);
	*ret = r;
	r = (struct reference){0};
	return 0;
}

/* Whether this mirror is for such references. */
static bool is_for(const struct registries_entry *e, const struct registries_mirror *m,
		   const struct reference *r)
{
	if (e->mirror_by_digest_only || str_eq(m->pull_from_mirror, "digest-only"))
		return r->digest;
	return !str_eq(m->pull_from_mirror, "tag-only") || !r->digest;
}

static int add_mirrors(const struct registries_entry *e, const struct reference *r,
		       const char *rest, struct registry_endpoints *to, struct error *err)
{
	for (size_t i = 0; i < e->n_mirrors; i++) {
		const struct registries_mirror *m = &e->mirrors[i];
		if (!is_for(e, m, r))
			continue;
		struct registry_endpoint *one = SPEC_APPEND(&to->items, &to->n);
		one->insecure = m->insecure;
		one->is_mirror = true;
		int result = rewrite(m->location, rest, &one->reference, err);
		if (result < 0)
			return result;
	}
	return 0;
}

static int add_place(const struct registries_entry *e, const struct reference *r,
		     const char *rest, struct registry_endpoints *to, struct error *err)
{
	struct registry_endpoint *one = SPEC_APPEND(&to->items, &to->n);

	one->insecure = e && e->insecure;
	if (rest && e && e->location)
		return rewrite(e->location, rest, &one->reference, err);
	copy_reference(r, &one->reference);
	return 0;
}

int registries_conf_pull(const struct registries_conf *c, const struct reference *r,
			 struct registry_endpoints *ret, struct error *err)
{
	cleanup_registry_endpoints struct registry_endpoints list = {0};
	cleanup_free char *rest = NULL, *text = reference_text(r);
	const struct registries_entry *e = find(c, r, &rest);

	int result = check_blocked(c, e, text, err);
	if (result < 0)
		return result;
	if (e)
		result = add_mirrors(e, r, rest, &list, err);
	if (result == 0)
		result = add_place(e, r, rest, &list, err);
	if (result < 0) {
		error_wrap(err, "%s", source_of(c, e));
		return result;
	}
	*ret = list;
	list = (struct registry_endpoints){0};
	return 0;
}

int registries_conf_push(const struct registries_conf *c, const struct reference *r,
			 struct registry_endpoints *ret, struct error *err)
{
	cleanup_free char *rest = NULL, *text = reference_text(r);
	const struct registries_entry *e = find(c, r, &rest);

	int result = check_blocked(c, e, text, err);
	if (result < 0)
		return result;
	*ret = (struct registry_endpoints){0};
	return add_place(e, r, NULL, ret, err);
}

int registries_conf_host(const struct registries_conf *c, const char *host,
			 struct error *err)
{
	const struct registries_entry *found = NULL;

	for (size_t i = 0; i < c->n_entries; i++) {
		const struct registries_entry *e = &c->entries[i];
		if (match(host, e->prefix) &&
		    (!found || strlen(e->prefix) > strlen(found->prefix)))
			found = e;
	}
	int r = check_blocked(c, found, host, err);
	return r < 0 ? r : found && found->insecure;
}

static int add_candidate(struct references *list, const char *name,
			 const struct reference *r, struct error *err)
{
	struct reference *one = SPEC_APPEND(&list->items, &list->n);

	int result = reference_parse(name, one, err);
	if (result < 0)
		return result;
	free(one->tag);
	free(one->digest);
	one->tag = r->tag ? xstrdup(r->tag) : NULL;
	one->digest = r->digest ? xstrdup(r->digest) : NULL;
	reference_complete(one);
	return 0;
}

static int ambiguous(const struct registries_conf *c, const struct reference *r,
		     struct error *err)
{
	cleanup_free char *where = strv_join(c->search, ", ");
	cleanup_free char *text = reference_text(r);

	error_set(err, ERR_INVALID, 0,
		  "%s: the name is short, could mean an image of each of %s, and "
		  "short-name-mode is enforcing",
		  text, where);
	return error_hint(err, "name the registry: %s/%s", c->search[0], text);
}

static const char *alias_of(const struct registries_conf *c, const char *name)
{
	for (size_t i = 0; i < c->n_aliases; i++)
		if (str_eq(c->aliases[i].key, name))
			return c->aliases[i].value;
	return NULL;
}

static int add_candidates(const struct registries_conf *c, const struct reference *r,
			  struct references *list, struct error *err)
{
	const char *alias = r->registry ? NULL : alias_of(c, r->repository);
	int result = 0;

	if (!str_empty(alias))
		return add_candidate(list, alias, r, err);
	if (r->registry || strv_len(c->search) == 0) {
		struct reference *one = SPEC_APPEND(&list->items, &list->n);
		copy_reference(r, one);
		reference_complete(one);
		return 0;
	}
	if (c->enforcing && strv_len(c->search) > 1)
		return ambiguous(c, r, err);
	for (size_t i = 0; c->search[i] && result == 0; i++) {
		cleanup_free char *name = xasprintf("%s/%s", c->search[i], r->repository);
		result = add_candidate(list, name, r, err);
	}
	return result;
}

int registries_conf_candidates(const struct registries_conf *c, const struct reference *r,
			       struct references *ret, struct error *err)
{
	cleanup_references struct references list = {0};

	int result = add_candidates(c, r, &list, err);
	if (result < 0)
		return result;
	*ret = list;
	list = (struct references){0};
	return 0;
}
