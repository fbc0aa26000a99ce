/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/image.h"

#include <stdlib.h>
#include <string.h>

#include "engine/event.h"
#include "image/reference.h"
#include "spec/image.h"
#include "store/image_record.h"
#include "util/digest.h"
#include "util/mem.h"
#include "util/str.h"

#define ID_DIGITS 64

static bool is_hex(const char *text)
{
	return *text && strspn(text, "0123456789abcdef") == strlen(text);
}

static int not_known(const char *text, struct error *err)
{
	error_set(err, ERR_NOT_FOUND, 0, "%s: image not known", text);
	return -ENOENT;
}

/* 1 found, 0 not there. */
static int found(int r, struct error *err)
{
	if (r >= 0)
		return 1;
	if (err->kind != ERR_NOT_FOUND)
		return r;
	error_release(err);
	return 0;
}

static int try_name(const struct engine *e, const char *name, struct image_record *ret,
		    char **ret_name, struct error *err)
{
	int r = found(image_record_by_name(e->store, name, ret, err), err);

	if (r > 0 && ret_name)
		*ret_name = xstrdup(name);
	return r;
}

static char *with_registry(const struct reference *ref, const char *registry)
{
	struct reference copy = *ref;

	copy.registry = (char *)registry;
	if (!copy.tag && !copy.digest)
		copy.tag = (char *)"latest";
	return reference_text(&copy);
}

/* The one name that ends with what was typed. */
static int try_ending(const struct engine *e, const struct reference *ref,
		      struct image_record *ret, char **ret_name, struct error *err)
{
	cleanup_free char *suffix =
		xasprintf("%s:%s", ref->repository, ref->tag ? ref->tag : "latest");
	cleanup_strv char **names = NULL;
	int r = image_record_names_like(e->store, suffix, &names, err);

	if (r < 0 || !names)
		return r < 0 ? r : 0;
	if (names[1]) {
		error_set(err, ERR_CONFLICT, 0, "\"%s\" could be %s or %s", suffix,
			  names[0], names[1]);
		return error_hint(err, "Give the whole name");
	}
	return try_name(e, names[0], ret, ret_name, err);
}

static int find_by_digest(const struct engine *e, const struct reference *ref,
			  struct image_record *ret, struct error *err)
{
	static const char *const registries[] = {"docker.io", "localhost"};
	struct reference plain = *ref;
	int r = 0;

	plain.tag = NULL;
	if (ref->registry) {
		cleanup_free char *name = reference_text(&plain);

		return found(image_record_by_digest(e->store, name, ret, err), err);
	}
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(registries); i++) {
		cleanup_reference struct reference full = {0};
		cleanup_free char *text = with_registry(&plain, registries[i]),
				  *name = NULL;

		r = reference_parse_complete(text, &full, err);
		if (r < 0)
			return r;
		name = reference_text(&full);
		r = found(image_record_by_digest(e->store, name, ret, err), err);
	}
	return r;
}

static int find_by_reference(const struct engine *e, const char *text,
			     struct image_record *ret, char **ret_name, struct error *err)
{
	cleanup_reference struct reference ref = {0}, full = {0};
	cleanup_error struct error no_reference = ERROR_INIT;
	cleanup_free char *canonical = NULL, *local = NULL;
	int r;

	if (reference_parse(text, &ref, &no_reference) < 0 ||
	    reference_parse_complete(text, &full, &no_reference) < 0) {
		error_drop(&no_reference, "then it may be an id");
		return 0;
	}
	if (ref.digest)
		return find_by_digest(e, &ref, ret, err);
	canonical = reference_text(&full);
	r = try_name(e, canonical, ret, ret_name, err);
	if (r != 0 || !reference_is_short(&ref))
		return r;
	local = with_registry(&ref, "localhost");
	r = try_name(e, local, ret, ret_name, err);
	return r != 0 ? r : try_ending(e, &ref, ret, ret_name, err);
}

int image_find(const struct engine *e, const char *text, struct image_record *ret,
	       char **ret_name, struct error *err)
{
	const char *id = str_starts(text, "sha256:") ? text + strlen("sha256:") : text;
	int r = 0;

	if (ret_name)
		*ret_name = NULL;
	if (is_hex(id) && strlen(id) == ID_DIGITS)
		r = found(image_record_by_id(e->store, id, ret, err), err);
	if (r == 0 && digest_valid(text))
		r = found(image_record_by_digest(e->store, text, ret, err), err);
	if (r == 0 && id == text)
		r = find_by_reference(e, text, ret, ret_name, err);
	if (r == 0 && is_hex(id) && strlen(id) < ID_DIGITS)
		r = found(image_record_by_prefix(e->store, id, ret, err), err);
	if (r == 0)
		return not_known(text, err);
	return r < 0 ? r : 0;
}

int image_canonical_name(const char *text, char **ret, struct error *err)
{
	cleanup_reference struct reference ref = {0};
	int r = reference_parse(text, &ref, err);

	if (r < 0)
		return r;
	if (ref.digest)
		return error_set(err, ERR_INVALID, 0,
				 "%s: a name for an image has no digest", text);
	if (reference_is_short(&ref))
		ref.registry = xstrdup("localhost");
	reference_complete(&ref);
	*ret = reference_text(&ref);
	return 0;
}

int image_config_of(const struct image_record *r, struct image_config **ret,
		    struct error *err)
{
	int k = image_config_parse(r->config, strlen(r->config), ret, err);

	return k < 0 ? error_wrap(err, "image %.12s", r->id) : 0;
}

int image_tag(const struct engine *e, const char *id, const char *name, struct error *err)
{
	cleanup_free char *canonical = NULL;
	int r = image_canonical_name(name, &canonical, err);

	if (r >= 0)
		r = image_record_add_name(e->store, id, canonical, err);
	if (r >= 0)
		event_image(e, EVENT_TAG, id, name);
	return r;
}

int image_untag(const struct engine *e, const struct image_record *record,
		const char *name, struct error *err)
{
	char *const one[] = {(char *)name, NULL};
	int r = 0;

	for (char *const *each = name ? one : record->names; r >= 0 && each && *each;
	     each++) {
		r = image_record_drop_name(e->store, *each, err);
		if (r >= 0)
			event_image(e, EVENT_UNTAG, record->id, *each);
	}
	return r < 0 ? r : 0;
}
