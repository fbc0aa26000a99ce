/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/registries_file.h"

#include <string.h>

#include "image/reference.h"
#include "spec/descriptor.h"
#include "spec/spec.h"
#include "toml/toml.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static const struct word_list pull_words = {"word",
					    WORDS("", "all", "digest-only", "tag-only")};

static const struct word_list mode_words = {
	"mode", WORDS("", "enforcing", "permissive", "disabled")};

static const struct member registries_mirror_members[] = {
	VALUE(registries_mirror, location, "location", .required = true,
	      .not_empty = true),
	VALUE(registries_mirror, insecure, "insecure"),
	VALUE(registries_mirror, pull_from_mirror, "pull-from-mirror",
	      .words = &pull_words),
};
static DESCRIPTOR(registries_mirror);

static const struct member registries_entry_members[] = {
	VALUE(registries_entry, prefix, "prefix"),
	VALUE(registries_entry, location, "location"),
	VALUE(registries_entry, insecure, "insecure"),
	VALUE(registries_entry, blocked, "blocked"),
	VALUE(registries_entry, mirror_by_digest_only, "mirror-by-digest-only"),
	ARRAY(registries_entry, mirrors, "mirror", registries_mirror),
};
static DESCRIPTOR(registries_entry);

static const struct member registries_file_members[] = {
	VALUE(registries_file, search, "unqualified-search-registries"),
	VALUE(registries_file, helpers, "credential-helpers"),
	VALUE(registries_file, short_name_mode, "short-name-mode", .words = &mode_words),
	ARRAY(registries_file, entries, "registry", registries_entry),
	STRING_MAP(registries_file, aliases, "aliases"),
};
static DESCRIPTOR(registries_file);

void registries_entry_release(struct registries_entry *e)
{
	descriptor_release(&registries_entry_descriptor, e);
	*e = (struct registries_entry){0};
}

void registries_file_release(struct registries_file *f)
{
	descriptor_release(&registries_file_descriptor, f);
	*f = (struct registries_file){0};
}

/* Slashes at the end say nothing. */
static void trim(char *location)
{
	size_t len = location ? strlen(location) : 0;

	while (len > 0 && location[len - 1] == '/')
		location[--len] = '\0';
}

/* "" is as good as nothing. */
static void drop_empty(char **text)
{
	if (str_empty(*text))
		free(TAKE_PTR(*text));
}

static int check_location(const char *location, const struct json_path *at,
			  struct error *err)
{
	if (strstr(location, "://"))
		return json_path_mismatch_str(at, "HOST[:PORT][/PATH] without \"://\"",
					      location, err);
	return 0;
}

static int check_prefix(const char *prefix, const struct json_path *at, struct error *err)
{
	const char *host = str_starts(prefix, "*.") ? prefix + 2 : prefix;

	if (host != prefix && (*host == '\0' || strpbrk(host, "*/:@")))
		return json_path_mismatch_str(at, "*.HOST and nothing behind it", prefix,
					      err);
	if (strchr(host, '*'))
		return json_path_mismatch_str(at, "'*' only as in *.HOST", prefix, err);
	return check_location(prefix, at, err);
}

static int check_mirrors(const struct registries_entry *e, const struct json_path *at,
			 struct error *err)
{
	struct json_path array = {.up = at, .name = "mirror"};

	for (size_t i = 0; i < e->n_mirrors; i++) {
		struct registries_mirror *m = &e->mirrors[i];
		struct json_path element = {.up = &array, .index = i};
		struct json_path location = {.up = &element, .name = "location"};
		trim(m->location);
		drop_empty(&m->pull_from_mirror);
		int r = check_location(m->location, &location, err);
		if (r < 0)
			return r;
		if (m->pull_from_mirror && e->mirror_by_digest_only)
			return json_path_error(&element, err,
					       "pull-from-mirror cannot stand beside "
					       "mirror-by-digest-only = true");
	}
	return 0;
}

static int check_entry(struct registries_entry *e, const struct json_path *at,
		       struct error *err)
{
	struct json_path prefix = {.up = at, .name = "prefix"};
	struct json_path location = {.up = at, .name = "location"};

	trim(e->prefix);
	trim(e->location);
	drop_empty(&e->prefix);
	drop_empty(&e->location);
	if (!e->prefix && !e->location)
		return json_path_error(at, err, "neither a prefix nor a location");
	if (!e->prefix)
		e->prefix = xstrdup(e->location);
	if (!e->location && !str_starts(e->prefix, "*."))
		return json_path_error(&location, err, "missing");
	int r = e->location ? check_location(e->location, &location, err) : 0;
	if (r == 0)
		r = check_prefix(e->prefix, &prefix, err);
	return r < 0 ? r : check_mirrors(e, at, err);
}

/* Both sides without tag and digest, the left one short and the right one not. */
static int check_alias(const struct spec_key_value *alias, const struct json_path *at,
		       struct error *err)
{
	struct json_path here = {.up = at, .name = alias->key};
	cleanup_reference struct reference name = {0}, value = {0};
	cleanup_error struct error problem = ERROR_INIT;

	if (reference_parse(alias->key, &name, &problem) < 0 || name.registry ||
	    name.tag || name.digest || str_starts(name.repository, "localhost/"))
		return json_path_error(&here, err,
				       "an alias is a name without registry, tag and "
				       "digest");
	if (*alias->value == '\0')
		return 0;
	if (reference_parse(alias->value, &value, &problem) < 0 || !value.registry ||
	    value.tag || value.digest)
		return json_path_mismatch_str(
			&here, "a name with its registry, without tag and digest",
			alias->value, err);
	return 0;
}

static int check_file(struct registries_file *f, const struct json_path *root,
		      struct error *err)
{
	struct json_path entries = {.up = root, .name = "registry"};
	struct json_path aliases = {.up = root, .name = "aliases"};
	struct json_path search = {.up = root, .name = "unqualified-search-registries"};
	int r = 0;

	for (size_t i = 0; i < f->n_entries && r == 0; i++) {
		struct json_path here = {.up = &entries, .index = i};
		r = check_entry(&f->entries[i], &here, err);
	}
	for (size_t i = 0; i < f->n_aliases && r == 0; i++)
		r = check_alias(&f->aliases[i], &aliases, err);
	for (size_t i = 0; f->search && f->search[i] && r == 0; i++) {
		struct json_path here = {.up = &search, .index = i};
		trim(f->search[i]);
		if (*f->search[i] == '\0')
			r = json_path_error(&here, err, "is empty");
		else
			r = check_location(f->search[i], &here, err);
	}
	drop_empty(&f->short_name_mode);
	return r;
}

static int refuse_version_1(const char *path, struct error *err)
{
	error_set(err, ERR_UNSUPPORTED, 0,
		  "%s: version 1 of the format ([registries.search] and the like) is not "
		  "supported",
		  path);
	return error_hint(err, "write unqualified-search-registries = [\"HOST\"], and "
			       "[[registry]] with location, insecure and blocked; see "
			       "containers-registries.conf(5)");
}

static int read_document(struct json_object *document, struct registries_file *f,
			 struct error *err)
{
	struct json_path root = {.name = "registries.conf", .unnamed_root = true};

	int r = descriptor_decode(&registries_file_descriptor, document, f, &root, err);
	if (r == 0)
		r = descriptor_check(&registries_file_descriptor, f, &root, err);
	return r < 0 ? r : check_file(f, &root, err);
}

int registries_file_parse(const char *text, size_t len, const char *path,
			  struct registries_file *ret, struct error *err)
{
	cleanup_registries_file struct registries_file f = {0};
	cleanup_json struct json_object *document = NULL;

	int r = toml_parse(text, len, path, &document, err);
	if (r < 0)
		return r;
	if (json_get(document, "registries"))
		return refuse_version_1(path, err);
	r = read_document(document, &f, err);
	if (r < 0) {
		error_wrap(err, "%s", path);
		return r;
	}
	*ret = f;
	f = (struct registries_file){0};
	return 0;
}
