/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/userns_option.h"

#include <string.h>

#include "util/mem.h"
#include "util/str.h"

#define ID_LAST 4294967294 /* the highest that there is */

enum takes { TAKES_NOTHING, TAKES_OPTIONS, TAKES_TARGET };

static const struct word {
	const char *word;
	enum takes takes;
} words[] = {
	[USERNS_HOST] = {"host", TAKES_NOTHING},
	[USERNS_PRIVATE] = {"private", TAKES_NOTHING},
	[USERNS_NOMAP] = {"nomap", TAKES_NOTHING},
	[USERNS_KEEP_ID] = {"keep-id", TAKES_OPTIONS},
	[USERNS_AUTO] = {"auto", TAKES_OPTIONS},
	[USERNS_PATH] = {"ns", TAKES_TARGET},
	[USERNS_CONTAINER] = {"container", TAKES_TARGET},
};

void userns_option_release(struct userns_option *o)
{
	strv_free(o->uid_mappings);
	strv_free(o->gid_mappings);
	free(o->target);
	*o = (struct userns_option){0};
}

const char *userns_mode_word(enum userns_mode mode)
{
	return words[mode].word;
}

static int set_id(const char *text, bool *ret_given, uint32_t *ret)
{
	*ret_given = true;
	return str_to_u32(text, ret) < 0 || *ret > ID_LAST ? -EINVAL : 0;
}

static int set_size(const char *text, uint32_t *ret)
{
	return str_to_u32(text, ret) < 0 || *ret == 0 || *ret > ID_LAST ? -EINVAL : 0;
}

static int bad_value(const char *text, const char *key, const char *value,
		     struct error *err)
{
	cleanup_free char *quoted = str_quote(value);

	error_set(err, ERR_INVALID, 0, "--userns %s: %s=%s is no number of an id", text,
		  key, quoted);
	if (str_eq(key, "size"))
		return error_hint(
			err, "A size is a number of ids from 1 on, such as size=1024");
	return error_hint(err, "Ids go from 0 to %llu", (unsigned long long)ID_LAST);
}

static int unknown_option(const char *text, const char *key, enum userns_mode mode,
			  struct error *err)
{
	cleanup_free char *quoted = str_quote(key);

	error_set(err, ERR_INVALID, 0, "--userns %s: unknown option %s", text, quoted);
	return error_hint(err, "%s takes %s", words[mode].word,
			  mode == USERNS_AUTO ? "size=, uidmapping= and gidmapping="
					      : "uid=, gid= and size=");
}

static int parse_option(const char *text, const char *option, struct userns_option *o,
			struct error *err)
{
	cleanup_free char *key = xstrndup(option, strcspn(option, "="));
	const char *value = option + strlen(key);
	bool of_auto = o->mode == USERNS_AUTO;
	int r;

	if (*value != '=')
		return unknown_option(text, option, o->mode, err);
	value++;
	if (str_eq(key, "size"))
		r = set_size(value, &o->size);
	else if (!of_auto && str_eq(key, "uid"))
		r = set_id(value, &o->has_uid, &o->uid);
	else if (!of_auto && str_eq(key, "gid"))
		r = set_id(value, &o->has_gid, &o->gid);
	else if (of_auto && str_eq(key, "uidmapping"))
		return strv_add(&o->uid_mappings, value), 0;
	else if (of_auto && str_eq(key, "gidmapping"))
		return strv_add(&o->gid_mappings, value), 0;
	else
		return unknown_option(text, key, o->mode, err);
	return r < 0 ? bad_value(text, key, value, err) : 0;
}

static int parse_options(const char *text, const char *options, struct userns_option *o,
			 struct error *err)
{
	cleanup_strv char **list = str_split(options, ',');

	strv_foreach (option, list) {
		int r = parse_option(text, *option, o, err);

		if (r < 0)
			return r;
	}
	return 0;
}

static int unknown_mode(const char *text, struct error *err)
{
	cleanup_free char *quoted = str_quote(text);

	error_set(err, ERR_INVALID, 0, "--userns %s: unknown mode", quoted);
	return error_hint(err, "There are: auto, container:NAME, host, keep-id, nomap, "
			       "ns:PATH, private");
}

static int parse_rest(const char *text, const char *rest, struct userns_option *o,
		      struct error *err)
{
	switch (words[o->mode].takes) {
	case TAKES_NOTHING:
		return *rest == '\0' ? 0 : unknown_mode(text, err);
	case TAKES_OPTIONS:
		return *rest == '\0' ? 0 : parse_options(text, rest + 1, o, err);
	case TAKES_TARGET:
		break;
	}
	if (*rest == '\0' || rest[1] == '\0') {
		error_set(err, ERR_INVALID, 0, "--userns %s: whose?", text);
		return error_hint(err, o->mode == USERNS_PATH
					       ? "--userns ns:/proc/PID/ns/user"
					       : "--userns container:NAME");
	}
	o->target = xstrdup(rest + 1);
	return 0;
}

int userns_option_parse(const char *text, struct userns_option *ret, struct error *err)
{
	cleanup_userns_option struct userns_option o = {.mode = USERNS_HOST};
	size_t len = strcspn(text, ":");
	int r;

	for (size_t i = 0; *text && i < ARRAY_SIZE(words); i++) {
		if (strlen(words[i].word) != len || !str_starts(text, words[i].word))
			continue;
		o.mode = (enum userns_mode)i;
		r = parse_rest(text, text + len, &o, err);
		if (r < 0)
			return r;
		*ret = o;
		o = (struct userns_option){0};
		return 0;
	}
	if (*text)
		return unknown_mode(text, err);
	*ret = o;
	return 0;
}
