/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/image_filter.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "engine/image.h"
#include "image/reference.h"
#include "spec/image.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

struct filter_key;

struct image_filter {
	const struct filter_key *key;
	bool negated; /* KEY!=VALUE */
	char *value;  /* owned */
	bool boolean; /* the value of those that have one */
	int64_t usec; /* until, and of the image that before, since and after name */
	char *id;     /* owned: of the image that reference and the like name, or NULL */
};

struct question {
	const struct image_filters *filters;
	const struct image_filter *filter;
	const struct image_record *r;
};

struct filter_key {
	const char *key;
	bool (*matches)(const struct question *q);
	int (*prepare)(const struct engine *e, struct image_filter *f, struct error *err);
	bool all; /* every value must hold, not just one */
};

static size_t layer_count(const struct image_record *r)
{
	return strv_len(r->layers);
}

/* Whether all layers of `lower`, at least one, are the lower ones of r, which has more. A chain id
 * stands for all below it. */
static bool is_below(const struct image_record *lower, const struct image_record *r)
{
	size_t n = layer_count(lower);

	return n > 0 && layer_count(r) > n &&
	       str_eq(lower->layers[n - 1], r->layers[n - 1]);
}

bool image_is_intermediate(const struct image_records *all, const struct image_record *r)
{
	if (r->names && r->names[0])
		return false;
	for (size_t i = 0; i < all->n; i++)
		if (is_below(r, &all->items[i]))
			return true;
	return false;
}

const struct image_record *image_parent(const struct image_records *all,
					const struct image_record *r)
{
	const struct image_record *parent = NULL;

	for (size_t i = 0; i < all->n; i++) {
		const struct image_record *other = &all->items[i];

		if (is_below(other, r) &&
		    (!parent || layer_count(other) > layer_count(parent)))
			parent = other;
	}
	return parent;
}

static bool match_before(const struct question *q)
{
	return q->r->created_usec < q->filter->usec;
}

static bool match_since(const struct question *q)
{
	return q->r->created_usec > q->filter->usec;
}

static bool match_dangling(const struct question *q)
{
	bool named = q->r->names && q->r->names[0];

	return named != q->filter->boolean;
}

static bool match_intermediate(const struct question *q)
{
	return image_is_intermediate(q->filters->all, q->r) == q->filter->boolean;
}

/* No image of ours is in a store that can't be written. */
static bool match_readonly(const struct question *q)
{
	return !q->filter->boolean;
}

static bool match_containers(const struct question *q)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_strv char **users = NULL;

	if (image_record_users(q->filters->engine->store, q->r->id, &users, &err) < 0)
		return false;
	return (users && users[0]) == q->filter->boolean;
}

static bool match_id(const struct question *q)
{
	const char *id = q->filter->value;

	return str_starts(q->r->id,
			  str_starts(id, "sha256:") ? id + strlen("sha256:") : id);
}

static bool match_digest(const struct question *q)
{
	if (str_starts(q->r->manifest, q->filter->value))
		return true;
	strv_foreach (digest, q->r->digests)
		if (str_ends(*digest, q->filter->value))
			return true;
	return false;
}

static bool match_label(const struct question *q)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_image_config struct image_config *c = NULL;
	const char *equals = strchr(q->filter->value, '='), *value;
	cleanup_free char *key =
		xstrndup(q->filter->value, strcspn(q->filter->value, "="));

	if (image_config_of(q->r, &c, &err) < 0)
		return false;
	value = image_annotation(c->config.labels, c->config.n_labels, key);
	return value && (!equals || fnmatch(equals + 1, value, 0) == 0);
}

static bool matches_text(const char *pattern, const char *text)
{
	return text && fnmatch(pattern, text, FNM_PATHNAME) == 0;
}

/* The name as a whole, without its registry, its last component alone: each with and without tag. */
static bool matches_name(const char *pattern, const char *name)
{
	cleanup_reference struct reference ref = {0};
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *repository = NULL, *path = NULL, *last = NULL, *tag = NULL;
	const char *slash;

	if (reference_parse(name, &ref, &err) < 0)
		return matches_text(pattern, name);
	repository = reference_repository(&ref);
	slash = strrchr(ref.repository, '/');
	slash = slash ? slash + 1 : ref.repository;
	tag = ref.tag ? xasprintf(":%s", ref.tag) : xstrdup("");
	path = xasprintf("%s%s", ref.repository, tag);
	last = xasprintf("%s%s", slash, tag);
	return matches_text(pattern, name) || matches_text(pattern, repository) ||
	       matches_text(pattern, path) || matches_text(pattern, ref.repository) ||
	       matches_text(pattern, last) || matches_text(pattern, slash);
}

static bool match_reference(const struct question *q)
{
	if (str_eq(q->filter->id, q->r->id))
		return true;
	strv_foreach (name, q->r->names)
		if (matches_name(q->filter->value, *name))
			return true;
	return false;
}

static int prepare_bool(const struct engine *e, struct image_filter *f, struct error *err)
{
	static const char *const yes[] = {"true", "1", "t", "T", "TRUE", "True", NULL};
	static const char *const no[] = {"false", "0", "f", "F", "FALSE", "False", NULL};

	(void)e;
	f->boolean = strv_has((char *const *)yes, f->value);
	if (f->boolean || strv_has((char *const *)no, f->value))
		return 0;
	return error_set(err, ERR_INVALID, 0, "filter \"%s=%s\": expected true or false",
			 f->key->key, f->value);
}

static int prepare_image(const struct engine *e, struct image_filter *f,
			 struct error *err)
{
	cleanup_image_record struct image_record r = {0};
	int k = image_find(e, f->value, &r, NULL, err);

	if (k < 0)
		return error_wrap(err, "filter \"%s=%s\"", f->key->key, f->value);
	f->usec = r.created_usec;
	return 0;
}

static int prepare_time(const struct engine *e, struct image_filter *f, struct error *err)
{
	(void)e;
	if (time_parse(f->value, &f->usec) >= 0)
		return 0;
	error_set(err, ERR_INVALID, 0, "filter \"%s=%s\": not a time", f->key->key,
		  f->value);
	return error_hint(
		err,
		"For example: 2026-11-24T10:00:00Z, 2026-11-24, or 24h for a day ago");
}

/* A pattern, or a name or id that an image can be found by. */
static int prepare_reference(const struct engine *e, struct image_filter *f,
			     struct error *err)
{
	cleanup_image_record struct image_record r = {0};
	cleanup_error struct error other = ERROR_INIT;

	(void)err;
	if (strpbrk(f->value, "*?["))
		return 0;
	if (image_find(e, f->value, &r, NULL, &other) < 0)
		error_drop(&other, "a pattern that nothing matches");
	else
		f->id = TAKE_PTR(r.id);
	return 0;
}

static const struct filter_key filter_keys[] = {
	{"after", match_since, prepare_image, false},
	{"before", match_before, prepare_image, false},
	{"containers", match_containers, prepare_bool, false},
	{"dangling", match_dangling, prepare_bool, false},
	{"digest", match_digest, NULL, false},
	{"id", match_id, NULL, false},
	{"intermediate", match_intermediate, prepare_bool, false},
	{"label", match_label, NULL, true},
	{"readonly", match_readonly, prepare_bool, false},
	{"reference", match_reference, prepare_reference, false},
	{"since", match_since, prepare_image, false},
	{"until", match_before, prepare_time, false},
};

void image_filters_release(struct image_filters *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->items[i].value);
		free(f->items[i].id);
	}
	free(f->items);
	*f = (struct image_filters){0};
}

static int unknown_key(const char *key, struct error *err)
{
	const char *names[ARRAY_SIZE(filter_keys) + 1] = {0};
	cleanup_free char *list = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(filter_keys); i++)
		names[i] = filter_keys[i].key;
	list = strv_join((char *const *)names, ", ");
	error_set(err, ERR_INVALID, 0, "unsupported image filter \"%s\"", key);
	return error_hint(err, "The filters are %s", list);
}

static int prepare_one(const struct engine *e, const char *typed, struct image_filter *f,
		       struct error *err)
{
	const char *equals = strchr(typed, '=');
	cleanup_free char *key = xstrndup(typed, equals ? (size_t)(equals - typed) : 0);
	size_t len = strlen(key);

	if (!equals)
		return error_set(err, ERR_INVALID, 0,
				 "invalid image filter \"%s\": must be in the format "
				 "\"filter=value\"",
				 typed);
	f->negated = len && key[len - 1] == '!';
	if (f->negated)
		key[len - 1] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(filter_keys); i++)
		if (str_eq(filter_keys[i].key, key))
			f->key = &filter_keys[i];
	if (!f->key)
		return unknown_key(key, err);
	f->value = xstrdup(equals + 1);
	return f->key->prepare ? f->key->prepare(e, f, err) : 0;
}

int image_filters_prepare(const struct engine *e, char *const *typed,
			  const struct image_records *all, struct image_filters *ret,
			  struct error *err)
{
	int r = 0;

	*ret = (struct image_filters){.engine = e, .all = all};
	ret->items = xcalloc(strv_len(typed) + 1, sizeof(*ret->items));
	strv_foreach (one, typed) {
		r = prepare_one(e, *one, &ret->items[ret->n++], err);
		if (r < 0)
			break;
	}
	if (r < 0)
		image_filters_release(ret);
	return r;
}

static bool holds(const struct image_filters *filters, const struct image_filter *f,
		  const struct image_record *r)
{
	const struct question q = {.filters = filters, .filter = f, .r = r};

	return f->key->matches(&q) != f->negated;
}

/* Whether f stands for itself: labels and what is negated must all hold. */
static bool is_alone(const struct image_filter *f)
{
	return f->key->all || f->negated;
}

/* One of those with f's key. */
static bool any_holds(const struct image_filters *filters, const struct image_filter *f,
		      const struct image_record *r)
{
	for (size_t i = 0; i < filters->n; i++) {
		const struct image_filter *other = &filters->items[i];

		if (other->key == f->key && !is_alone(other) && holds(filters, other, r))
			return true;
	}
	return false;
}

bool image_filters_match(const struct image_filters *filters,
			 const struct image_record *r)
{
	for (size_t i = 0; i < filters->n; i++) {
		const struct image_filter *f = &filters->items[i];

		if (is_alone(f) ? !holds(filters, f, r) : !any_holds(filters, f, r))
			return false;
	}
	return true;
}

/* Whether a pattern of reference= fits this name; *ret_asked: there is one. */
static bool is_meant(const struct image_filters *filters, const char *name,
		     bool *ret_asked)
{
	*ret_asked = false;
	for (size_t i = 0; i < filters->n; i++) {
		const struct image_filter *f = &filters->items[i];

		if (f->key->matches != match_reference || f->negated)
			continue;
		*ret_asked = true;
		if (matches_name(f->value, name))
			return true;
	}
	return false;
}

bool image_filters_match_name(const struct image_filters *filters,
			      const struct image_record *r, const char *name)
{
	bool asked;

	if (is_meant(filters, name, &asked) || !asked)
		return true;
	/* found by its id: then all of them are meant */
	strv_foreach (other, r->names)
		if (is_meant(filters, *other, &asked))
			return false;
	return true;
}
