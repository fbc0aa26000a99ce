/* SPDX-License-Identifier: Apache-2.0 */
#include "image/transport.h"

#include <string.h>

#include "util/mem.h"
#include "util/str.h"

enum path_form {
	PATH_NONE,
	PATH_WHOLE, /* everything after the colon */
	PATH_REF,   /* up to the next colon; then a reference or "@INDEX" */
};

static const struct word {
	const char *name;
	enum transport_kind kind;
	enum path_form form;
} words[] = {
	{"docker", TRANSPORT_REGISTRY, PATH_NONE},
	{"docker-archive", TRANSPORT_DOCKER_ARCHIVE, PATH_REF},
	{"oci", TRANSPORT_OCI, PATH_REF},
	{"oci-archive", TRANSPORT_OCI_ARCHIVE, PATH_REF},
	{"dir", TRANSPORT_DIR, PATH_WHOLE},
	{"archive", TRANSPORT_ARCHIVE, PATH_WHOLE},
	{"tarball", TRANSPORT_TARBALL, PATH_WHOLE},
};

static const char *const foreign[] = {
	"atomic", "containers-storage", "docker-daemon", "ostree", "sif",
};

void transport_release(struct transport *t)
{
	free(t->path);
	free(t->reference);
	*t = (struct transport){.index = -1};
}

const char *transport_word(enum transport_kind kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].kind == kind)
			return words[i].name;
	return "unknown";
}

/* "NAME:..." -> what follows the colon; NULL if the text doesn't begin so. */
static const char *after_word(const char *text, const char *name)
{
	size_t len = strlen(name);

	return strncmp(text, name, len) == 0 && text[len] == ':' ? text + len + 1 : NULL;
}

static bool is_foreign(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(foreign); i++)
		if (after_word(text, foreign[i]))
			return true;
	return false;
}

/* The word that begins the text. "docker:1" is an image of that name; only "docker://" is not. */
static const struct word *find_word(const char *text, const char **ret_rest)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const char *rest = after_word(text, words[i].name);
		if (!rest || (words[i].form == PATH_NONE && !str_starts(rest, "//")))
			continue;
		*ret_rest = rest;
		return &words[i];
	}
	return NULL;
}

bool transport_named(const char *text)
{
	const char *rest = NULL;

	return find_word(text, &rest) || is_foreign(text);
}

/* What follows the path's colon: a reference, or "@INDEX". */
static int parse_reference(const char *text, const char *whole, struct transport *ret,
			   struct error *err)
{
	uint32_t index = 0;

	if (*text == '@') {
		if (str_to_u32(text + 1, &index) < 0)
			return error_set(err, ERR_INVALID, 0,
					 "%s: expected a number after @", whole);
		ret->index = index;
		return 0;
	}
	if (*text == '\0')
		return error_set(err, ERR_INVALID, 0, "%s: the reference is empty",
				 whole);
	ret->reference = xstrdup(text);
	return 0;
}

static int parse_path(const struct word *word, const char *rest, const char *whole,
		      struct transport *ret, struct error *err)
{
	const char *colon = word->form == PATH_REF ? strchr(rest, ':') : NULL;

	ret->path = colon ? xstrndup(rest, (size_t)(colon - rest)) : xstrdup(rest);
	if (*ret->path == '\0')
		return error_set(err, ERR_INVALID, 0, "%s: the path is empty", whole);
	return colon ? parse_reference(colon + 1, whole, ret, err) : 0;
}

static int parse(const char *text, struct transport *ret, struct error *err)
{
	const char *rest = text;
	const struct word *word = find_word(text, &rest);

	if (!word && is_foreign(text)) {
		error_set(err, ERR_UNSUPPORTED, 0,
			  "%s: cubby does not have this transport", text);
		return error_hint(err,
				  "use docker://, docker-archive:, oci:, oci-archive: "
				  "or dir:, for example skopeo copy %s oci-archive:FILE",
				  text);
	}
	if (word && word->form != PATH_NONE) {
		ret->kind = word->kind;
		return parse_path(word, rest, text, ret, err);
	}
	ret->kind = TRANSPORT_REGISTRY;
	if (word)
		rest += strlen("//");
	if (*rest == '\0')
		return error_set(err, ERR_INVALID, 0, "%s: no image is named",
				 *text ? text : "\"\"");
	ret->reference = xstrdup(rest);
	return 0;
}

int transport_parse(const char *text, struct transport *ret, struct error *err)
{
	*ret = (struct transport){.index = -1};
	int r = parse(text, ret, err);
	if (r < 0)
		transport_release(ret);
	return r;
}
