/* SPDX-License-Identifier: Apache-2.0 */
/* What --cache-from and --cache-to may say. Sources: buildah-build(1), docker-buildx-build(1). */
#include <stdlib.h>
#include <string.h>

#include "build/cache_remote.h"
#include "image/reference.h"
#include "util/mem.h"
#include "util/str.h"

#define TAG_MAX 128 /* OCI distribution specification */
#define KEY_LEN 64

void cache_place_release(struct cache_place *p)
{
	free(p->repository);
	free(p->prefix);
	*p = (struct cache_place){0};
}

static int refuse_type(const char *text, const char *type, struct error *err)
{
	error_set(err, ERR_UNSUPPORTED, 0, "cache %s: type=%s is not supported", text,
		  type);
	return error_hint(
		err,
		"The cache on this host needs no option; one for others lies in a registry: type=registry,ref=REGISTRY/REPOSITORY");
}

struct fields {
	const char *type, *ref;
	bool ignore_error;
};

static int read_field(const char *text, char *field, struct fields *f, struct error *err)
{
	char *value = strchr(field, '=');

	if (!value)
		return error_set(err, ERR_INVALID, 0, "cache %s: %s has no value", text,
				 field);
	*value++ = '\0';
	if (str_eq(field, "type"))
		f->type = value;
	else if (str_eq(field, "ref"))
		f->ref = value;
	else if (str_eq(field, "ignore-error"))
		f->ignore_error = str_eq(value, "true") || str_eq(value, "1");
	else if (str_eq(field, "mode") && (str_eq(value, "max") || str_eq(value, "min")))
		return 0; /* each step that was made here is sent */
	else if (!str_eq(field, "oci-mediatypes") && !str_eq(field, "image-manifest"))
		return error_set(err, ERR_INVALID, 0, "cache %s: %s=%s is not known",
				 text, field, value);
	return 0;
}

/* Docker's form. */
static int read_fields(const char *text, char *const *words, struct fields *f,
		       struct error *err)
{
	int r = 0;

	for (char *const *word = words; r >= 0 && *word; word++)
		r = read_field(text, *word, f, err);
	if (r < 0)
		return r;
	if (f->type && !str_eq(f->type, "registry"))
		return refuse_type(text, f->type, err);
	if (!f->ref) {
		error_set(err, ERR_INVALID, 0, "cache %s: no repository is named", text);
		return error_hint(err, "type=registry,ref=REGISTRY/REPOSITORY");
	}
	return 0;
}

static int read_reference(const char *text, const char *ref, struct cache_place *p,
			  struct error *err)
{
	cleanup_reference struct reference parsed = {0};
	bool has_tag;
	int r = reference_parse(ref, &parsed, err);

	if (r < 0)
		return error_wrap(err, "cache %s", text);
	if (parsed.digest)
		return error_set(err, ERR_INVALID, 0,
				 "cache %s: a repository, not one image of it", text);
	has_tag = parsed.tag != NULL;
	if (has_tag && strlen(parsed.tag) + 1 + KEY_LEN > TAG_MAX)
		return error_set(err, ERR_INVALID, 0,
				 "cache %s: its tag has more than %d characters", text,
				 TAG_MAX - 1 - KEY_LEN);
	reference_complete(&parsed);
	p->repository = reference_repository(&parsed);
	p->prefix = has_tag ? xasprintf("%s-", parsed.tag) : xstrdup("");
	return 0;
}

int cache_place_parse(const char *text, struct cache_place *ret, struct error *err)
{
	struct cache_place p = {0};
	struct fields f = {0};
	cleanup_strv char **words = NULL;
	int r = 0;

	if (strchr(text, '=')) {
		words = str_split(text, ',');
		r = read_fields(text, words, &f, err);
	}
	if (r >= 0)
		r = read_reference(text, f.ref ? f.ref : text, &p, err);
	if (r < 0)
		return r;
	p.ignore_error = f.ignore_error;
	*ret = p;
	return 0;
}

static int check(char *const *texts, struct error *err)
{
	strv_foreach (text, texts) {
		struct cache_place p = {0};
		int r = cache_place_parse(*text, &p, err);

		if (r < 0)
			return r;
		cache_place_release(&p);
	}
	return 0;
}

int cache_remote_check(const struct build_options *o, struct error *err)
{
	int r = check(o->cache_from, err);

	return r < 0 ? r : check(o->cache_to, err);
}
