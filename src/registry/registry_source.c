/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One reference may mean several images (a short name), and each may lie at several places (mirrors). Which
 * image it is, list() finds out: the first that is there. Of the places each request tries
 * first the one that last had what was wanted, then the others in order.
 */
#include "registry/registry_source.h"

#include <errno.h>
#include <string.h>

#include "image/blob_writer.h"
#include "image/reference.h"
#include "registry/client_blob.h"
#include "registry/client_list.h"
#include "registry/client_manifest.h"
#include "registry/setup.h"
#include "spec/image.h"
#include "spec/media_type.h"
#include "util/mem.h"
#include "util/str.h"

struct candidate {
	struct reference ref; /* complete */
	struct endpoints endpoints;
	size_t best; /* index of the endpoint that last had what was wanted */
};

struct registry_source {
	struct image_source source;
	char *typed; /* the reference */
	struct setup *setup;
	struct candidate *candidates;
	size_t n_candidates;
	struct candidate *chosen;
	bool all_tags;
	/* what had to be fetched to choose: top() hands the one out, list() the other */
	struct image_text first;
	char **tags;
};

static struct registry_source *of(struct image_source *s)
{
	return (struct registry_source *)s;
}

static void source_close(struct image_source *base)
{
	struct registry_source *s = of(base);

	for (size_t i = 0; i < s->n_candidates; i++) {
		reference_release(&s->candidates[i].ref);
		endpoints_release(&s->candidates[i].endpoints);
	}
	free(s->candidates);
	setup_close(s->setup);
	image_text_release(&s->first);
	strv_free(s->tags);
	free(s->source.name);
	free(s->typed);
	free(s);
}

/* What a place is asked for. */
struct ask {
	int (*fn)(const struct endpoint *e, struct ask *a, struct error *err);
	const char *reference;
	const struct image_descriptor *descriptor;
	struct image_text *text;
	struct blob_writer *writer;
	char **tags;
	bool local; /* it failed here, so no other place can do better */
};

/* Ask one place after the other; the sentence is that of the last: the registry itself, which
 * stands behind its mirrors. */
static int ask_all(struct candidate *c, struct ask *a, struct error *err)
{
	size_t n = c->endpoints.n, first = c->best;
	int r = -ENOENT;

	for (size_t i = 0; i < n; i++) {
		size_t k = i == 0 ? first : i <= first ? i - 1 : i;
		if (i > 0)
			error_drop(err, "another place may have it");
		r = a->fn(&c->endpoints.items[k], a, err);
		if (r >= 0) {
			c->best = k;
			return r;
		}
		if (a->local)
			return r;
	}
	return r;
}

static int ask_manifest(const struct endpoint *e, struct ask *a, struct error *err)
{
	return client_get_manifest(e->client, e->repository, a->reference, a->text, err);
}

static int ask_tags(const struct endpoint *e, struct ask *a, struct error *err)
{
	return client_list_tags(e->client, e->repository, &a->tags, err);
}

static int ask_blob(const struct endpoint *e, struct ask *a, struct error *err)
{
	const struct image_descriptor *d = a->descriptor;
	int r = client_get_blob(e->client, e->repository, d->digest, d->size, a->writer,
				err);

	a->local = r < 0 && err->kind == ERR_SYSTEM;
	return r;
}

static int fetch_manifest(struct registry_source *s, struct candidate *c,
			  const char *reference, struct image_text *ret,
			  struct error *err)
{
	struct ask a = {.fn = ask_manifest, .reference = reference, .text = ret};

	setup_about(s->setup, NULL);
	return ask_all(c, &a, err);
}

static const char *wanted(const struct candidate *c)
{
	return c->ref.digest ? c->ref.digest : c->ref.tag;
}

/* Why one was not it; the message names it. */
static void note_failure(struct buf *why, const struct error *err)
{
	cleanup_free char *message = error_message(err);

	buf_printf(why, "%s%s", why->len ? "; " : "", message);
}

static int fetch_tags(struct registry_source *s, struct candidate *c, struct error *err)
{
	struct ask a = {.fn = ask_tags};

	setup_about(s->setup, NULL);
	int r = ask_all(c, &a, err);
	s->tags = a.tags;
	return r;
}

/* The first candidate that is there. */
static int choose(struct registry_source *s, struct error *err)
{
	cleanup_buf struct buf why;

	buf_init(&why, 64 * 1024);
	for (size_t i = 0; i < s->n_candidates; i++) {
		struct candidate *c = &s->candidates[i];
		int r = s->all_tags ? fetch_tags(s, c, err)
				    : fetch_manifest(s, c, wanted(c), &s->first, err);
		if (r >= 0) {
			s->chosen = c;
			return 0;
		}
		note_failure(&why, err);
		error_drop(err, "the next name");
	}
	error_set(err, ERR_NOT_FOUND, 0, "find %s: %s", s->typed,
		  why.data ? why.data : "");
	return error_hint(err, "give the whole name, as in docker.io/library/debian");
}

static void add_image(struct source_images *list, char *name, const char *handle)
{
	list->items = xreallocarray(list->items, list->n + 1, sizeof(*list->items));
	struct source_image *item = &list->items[list->n++];
	*item = (struct source_image){.handle = xstrdup(handle)};
	strv_add_take(&item->names, name);
}

static int list_tags(struct registry_source *s, struct source_images *ret,
		     struct error *err)
{
	cleanup_free char *repository = reference_repository(&s->chosen->ref);

	if (!s->tags) {
		int r = fetch_tags(s, s->chosen, err);
		if (r < 0)
			return r;
	}
	if (!s->tags || !*s->tags)
		return error_set(err, ERR_NOT_FOUND, 0, "%s has no tags", repository);
	strv_foreach (tag, s->tags)
		add_image(ret, xasprintf("%s:%s", repository, *tag), *tag);
	return 0;
}

static int source_list(struct image_source *base, struct source_images *ret,
		       struct error *err)
{
	struct registry_source *s = of(base);
	int r = s->chosen ? 0 : choose(s, err);

	*ret = (struct source_images){0};
	if (r < 0)
		return r;
	if (s->all_tags)
		return list_tags(s, ret, err);
	add_image(ret, reference_text(&s->chosen->ref), wanted(s->chosen));
	return 0;
}

static int source_top(struct image_source *base, const char *handle,
		      struct image_text *ret, struct error *err)
{
	struct registry_source *s = of(base);

	if (s->first.data && str_eq(handle, wanted(s->chosen))) {
		*ret = s->first;
		s->first = (struct image_text){0};
		return 0;
	}
	return fetch_manifest(s, s->chosen, handle, ret, err);
}

static int source_manifest(struct image_source *base, const struct image_descriptor *d,
			   struct image_text *ret, struct error *err)
{
	struct registry_source *s = of(base);

	int r = fetch_manifest(s, s->chosen, d->digest, ret, err);
	if (r < 0)
		return r;
	if ((int64_t)ret->len == d->size)
		return 0;
	r = error_set(err, ERR_INVALID, 0,
		      "the manifest %s has %zu bytes, its index says %lld", d->digest,
		      ret->len, (long long)d->size);
	image_text_release(ret);
	return r;
}

static int source_blob(struct image_source *base, const struct image_descriptor *d,
		       struct blob_writer *w, struct error *err)
{
	struct registry_source *s = of(base);
	struct ask a = {.fn = ask_blob, .descriptor = d, .writer = w};

	if (media_type_is_foreign(d->media_type)) {
		error_set(err, ERR_UNSUPPORTED, 0,
			  "the layer %s is not in the registry but at an address of its "
			  "own (%s)",
			  d->digest, d->media_type);
		return error_hint(err, "such layers are parts of Windows images, which "
				       "can't run here");
	}
	setup_about(s->setup, d->digest);
	int r = ask_all(s->chosen, &a, err);
	setup_about(s->setup, NULL);
	return r;
}

static const struct image_source_ops source_ops = {
	.list = source_list,
	.top = source_top,
	.manifest = source_manifest,
	.blob = source_blob,
	.close = source_close,
};

static int add_candidate(struct registry_source *s, const struct reference *ref,
			 struct error *err)
{
	cleanup_free char *text = reference_text(ref);

	s->candidates =
		xreallocarray(s->candidates, s->n_candidates + 1, sizeof(*s->candidates));
	struct candidate *c = &s->candidates[s->n_candidates];
	*c = (struct candidate){0};
	int r = reference_parse_complete(text, &c->ref, err);
	if (r == 0)
		r = setup_endpoints(s->setup, &c->ref, SETUP_PULL, &c->endpoints, err);
	if (r < 0)
		reference_release(&c->ref);
	else
		s->n_candidates++;
	return r;
}

/* What is blocked or rejected is none of the things that a short name can mean, unless nothing else is
 * left. */
static int add_candidates(struct registry_source *s, const struct references *meanings,
			  struct error *err)
{
	for (size_t i = 0; i < meanings->n; i++) {
		cleanup_error struct error why = ERROR_INIT;
		int r = add_candidate(s, &meanings->items[i], &why);
		bool refused = why.kind == ERR_DENIED || why.kind == ERR_UNSUPPORTED;

		if (r < 0 && !refused)
			return error_move(err, &why);
		if (r < 0 && !error_is_set(err))
			error_move(err, &why);
	}
	if (!s->n_candidates)
		return err->code ? -err->code : -EINVAL;
	error_release(err);
	if (s->n_candidates == 1)
		s->chosen = s->candidates;
	return 0;
}

static int resolve(struct registry_source *s, const char *text, struct error *err)
{
	cleanup_reference struct reference ref = {0};
	cleanup_references struct references meanings = {0};

	int r = reference_parse(text, &ref, err);
	if (r < 0)
		return r;
	if (s->all_tags && (ref.tag || ref.digest))
		return error_set(err, ERR_INVALID, 0,
				 "fetch all tags of %s: it names one already", text);
	r = setup_candidates(s->setup, &ref, &meanings, err);
	return r < 0 ? r : add_candidates(s, &meanings, err);
}

int registry_source_open(const struct registry_options *options, const char *reference,
			 bool all_tags, struct image_source **ret, struct error *err)
{
	struct registry_source *s = xcalloc(1, sizeof(*s));

	s->source = (struct image_source){.ops = &source_ops,
					  .name = xasprintf("docker://%s", reference)};
	s->typed = xstrdup(reference);
	s->all_tags = all_tags;
	int r = setup_open(options, &s->setup, err);
	if (r == 0)
		r = resolve(s, reference, err);
	if (r < 0)
		source_close(&s->source);
	else
		*ret = &s->source;
	return r;
}

void registry_source_on_retry(struct image_source *s,
			      void (*fn)(void *data, const char *id, const char *text),
			      void *data)
{
	setup_on_retry(of(s)->setup, fn, data);
}
