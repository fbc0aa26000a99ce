/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/settings.h"

#include <limits.h>
#include <string.h>

#include "engine/containers_conf.h"
#include "engine/settings_file.h"
#include "util/json.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"

#define SYSTEM_FILE "/etc/cubby/cubby.conf"
#define USER_FILE   "cubby/cubby.conf" /* below the settings of the user */
#define BLANKS      " \t"
#define ID_LAST     4294967294 /* the highest that there is */

void settings_release(struct settings *s)
{
	free(s->userns);
	json_put(s->conf);
	*s = SETTINGS_INIT;
}

/* A value as it stands there; `text` without the quotes. */
struct value {
	const char *text;
	bool quoted;
};

static int read_count(const struct value *v, uint32_t *ret, const char **ret_expected)
{
	*ret_expected = "a number of ids from 1 to 4294967294, without quotes";
	if (v->quoted || str_to_u32(v->text, ret) < 0)
		return -EINVAL;
	return *ret == 0 || *ret > ID_LAST ? -EINVAL : 0;
}

static int set_min_size(struct settings *s, const struct value *v, const char **expected)
{
	return read_count(v, &s->auto_min_size, expected);
}

static int set_max_size(struct settings *s, const struct value *v, const char **expected)
{
	return read_count(v, &s->auto_max_size, expected);
}

static int set_pool(struct settings *s, const struct value *v, const char **expected)
{
	cleanup_strv char **ends = str_split(v->text, '-');
	uint32_t first, last;

	*expected = "\"FIRST-LAST\", such as \"1000000-1999999\"";
	if (!v->quoted || strv_len(ends) != 2 || str_to_u32(ends[0], &first) < 0 ||
	    str_to_u32(ends[1], &last) < 0 || first == 0 || first > last ||
	    last > ID_LAST)
		return -EINVAL;
	s->has_auto_pool = true;
	s->auto_pool_first = first;
	s->auto_pool_last = last;
	return 0;
}

/* Those that make sense for every container; what follows the word is checked when it is used. */
static int set_userns(struct settings *s, const struct value *v, const char **expected)
{
	static const char *const words[] = {"auto",    "host",  "keep-id",
					    "private", "nomap", NULL};
	cleanup_free char *word = xstrndup(v->text, strcspn(v->text, ":"));

	*expected = "\"auto\", \"host\", \"keep-id\", \"private\" or \"nomap\"";
	if (!v->quoted || !strv_has((char *const *)words, word))
		return -EINVAL;
	free(s->userns);
	s->userns = xstrdup(v->text);
	return 0;
}

static int set_layer_size(struct settings *s, const struct value *v,
			  const char **expected)
{
	uint64_t size;

	*expected = "a size such as \"20g\"";
	if (str_to_size(v->text, &size) < 0 || size == 0 || size > INT64_MAX)
		return -EINVAL;
	s->layer_max_size = size;
	return 0;
}

/* Beside each of settings_keys. */
static const struct setting {
	const char *key;
	int (*set)(struct settings *s, const struct value *v, const char **ret_expected);
} known[] = {
	{"auto_max_size", set_max_size}, {"auto_min_size", set_min_size},
	{"auto_pool", set_pool},         {"layer_max_size", set_layer_size},
	{"userns", set_userns},
};

/* one a line */
/* clang-format off */
const struct settings_key settings_keys[] = {
	{"auto_max_size", "65536", "ids of a range that Cubby chooses (--userns=auto), at most"},
	{"auto_min_size", "1024", "ids of such a range, at least"},
	{"auto_pool", "\"1000000-1999999\"", "ids that root's ranges come from"},
	{"layer_max_size", "\"20g\"", "how large a layer may be, unpacked"},
	{"userns", "\"auto\"", "what --userns is if nobody says it: auto, host, keep-id, nomap or private, with their options; root skips what only users can have"},
	{NULL, NULL, NULL},
};
/* clang-format on */

static const struct setting *find(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (str_eq(known[i].key, key))
			return &known[i];
	return NULL;
}

static int unknown_key(const char *where, const char *key, struct error *err)
{
	const char *keys[ARRAY_SIZE(known) + 1] = {0};
	cleanup_free char *quoted = str_quote(key), *list = NULL;
	const char *near;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		keys[i] = known[i].key;
	list = strv_join((char *const *)keys, ", ");
	near = str_nearest(key, keys);
	error_set(err, ERR_INVALID, 0, "%s: unknown key %s%s%s%s", where, quoted,
		  near ? " (did you mean " : "", near ? near : "", near ? "?)" : "");
	return error_hint(err, "There are: %s", list);
}

static char *trimmed(const char *text, size_t len)
{
	while (len && strchr(BLANKS, *text)) {
		text++;
		len--;
	}
	while (len && strchr(BLANKS, text[len - 1]))
		len--;
	return xstrndup(text, len);
}

/*
 * What stands behind the equals sign: its quotes come off, a comment after it too. -EINVAL: it is none
 * of what there can be.
 */
static int read_value(const char *text, char **ret, bool *ret_quoted)
{
	size_t len;

	text += strspn(text, BLANKS);
	*ret_quoted = *text == '"';
	if (!*ret_quoted) {
		*ret = trimmed(text, strcspn(text, "#"));
		return **ret && !strpbrk(*ret, BLANKS "\"'") ? 0 : -EINVAL;
	}
	len = strcspn(++text, "\"\\");
	*ret = xstrndup(text, len);
	if (text[len] != '"')
		return -EINVAL;
	text += len + 1;
	text += strspn(text, BLANKS);
	return *text == '\0' || *text == '#' ? 0 : -EINVAL;
}

static int parse_line(const char *line, const char *where, struct settings *s,
		      struct error *err)
{
	size_t len = strcspn(line, "=#");
	cleanup_free char *key = trimmed(line, len), *text = NULL;
	const char *expected = NULL;
	struct value v = {0};
	int r;

	if (!*key && line[len] != '=')
		return 0;
	if (line[len] != '=' || !*key) {
		error_set(err, ERR_INVALID, 0, "%s: expected key = value", where);
		return error_hint(err, "For example: userns = \"auto\"");
	}
	r = read_value(line + len + 1, &text, &v.quoted);
	v.text = text;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (!str_eq(known[i].key, key))
			continue;
		if (r < 0 || known[i].set(s, &v, &expected) < 0)
			return error_set(
				err, ERR_INVALID, 0, "%s: %s: expected %s", where, key,
				expected ? expected : "a number, or a word in quotes");
		return 0;
	}
	return unknown_key(where, key, err);
}

int settings_parse(const char *text, const char *what, struct settings *s,
		   struct error *err)
{
	cleanup_strv char **lines = str_split(text, '\n');
	unsigned int number = 0;

	strv_foreach (line, lines) {
		cleanup_free char *where = xasprintf("%s:%u", what, ++number);
		size_t len = strlen(*line);
		int r;

		if (len && (*line)[len - 1] == '\r')
			(*line)[len - 1] = '\0';
		r = parse_line(*line, where, s, err);
		if (r < 0)
			return r;
	}
	if (s->auto_min_size > s->auto_max_size)
		return error_set(err, ERR_INVALID, 0,
				 "%s: auto_min_size %u is more than auto_max_size %u",
				 what, s->auto_min_size, s->auto_max_size);
	return 0;
}

static int read_file(const char *path, enum settings_owner owner, struct settings *s,
		     struct error *err)
{
	cleanup_buf struct buf text;
	int r = settings_file_read(path, owner, &text, err);

	return r <= 0 ? r : settings_parse(text.data ? text.data : "", path, s, err);
}

/* The keys of cubby.conf, in a table of containers.conf. */
static int take_table(struct json_object *table, struct settings *s, struct error *err)
{
	static const char where[] = "containers.conf: [cubby]";

	if (!table)
		return 0;
	json_object_object_foreach (table, key, value) {
		cleanup_strv char **texts = conf_texts(value);
		struct value v = {.text = texts ? texts[0] : "",
				  .quoted = json_object_is_type(value, json_type_string)};
		const char *expected = NULL;
		const struct setting *found = find(key);

		if (!found)
			return unknown_key(where, key, err);
		if (found->set(s, &v, &expected) < 0)
			return error_set(err, ERR_INVALID, 0, "%s %s: expected %s", where,
					 key, expected);
	}
	return 0;
}

/* What podman calls so; of cubby's own words only those that make sense for every container count. */
static int take_userns(struct settings *s)
{
	const char *mode = conf_string(s->conf, "containers", "userns"), *expected;
	struct value v = {.text = mode, .quoted = true};

	if (mode && set_userns(s, &v, &expected) < 0)
		log_info("containers.conf: userns \"%s\" is not for every container",
			 mode);
	return 0;
}

int settings_read(char *const *modules, struct settings *ret, struct error *err)
{
	cleanup_settings struct settings s = SETTINGS_INIT;
	cleanup_free char *own = settings_file_of_user(USER_FILE);
	int r = containers_conf_read(modules, &s.conf, err);

	if (r >= 0)
		r = take_userns(&s);
	if (r >= 0 && s.conf)
		r = take_table(json_get(s.conf, "cubby"), &s, err);
	if (r >= 0)
		r = read_file(SYSTEM_FILE, SETTINGS_OF_SYSTEM, &s, err);
	if (r >= 0 && own)
		r = read_file(own, SETTINGS_OF_USER, &s, err);
	if (r < 0)
		return r;
	*ret = s;
	s = SETTINGS_INIT;
	return 0;
}

void settings_copy(const struct settings *s, struct settings *ret)
{
	*ret = *s;
	ret->userns = s->userns ? xstrdup(s->userns) : NULL;
	ret->conf = json_object_get(s->conf);
}
