/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/containers_conf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/settings_file.h"
#include "toml/toml.h"
#include "util/json.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"

#define SHARED_FILE  "/usr/share/containers/containers.conf"
#define SYSTEM_FILE  "/etc/containers/containers.conf"
#define USER_FILE    "containers/containers.conf"
#define MODULES      "containers.conf.modules"
#define NAME_DROP_IN ".conf"

/* Where the reading has got to. */
struct reading {
	struct json_object *tree; /* NULL: no file yet */
	struct error *err;
};

static const char *type_words(enum conf_type type)
{
	switch (type) {
	case CONF_BOOL:
		return "true or false";
	case CONF_NUMBER:
		return "a whole number";
	case CONF_STRING:
		return "a text in quotes";
	case CONF_TABLES:
		return "a list of tables";
	case CONF_LIST:
		break;
	}
	return "a list of texts";
}

static bool is_list(struct json_object *o, enum json_type of)
{
	size_t n =
		json_object_is_type(o, json_type_array) ? json_object_array_length(o) : 0;

	for (size_t i = 0; i < n; i++)
		if (!json_object_is_type(json_object_array_get_idx(o, i), of))
			return false;
	return json_object_is_type(o, json_type_array);
}

static bool is_of_type(struct json_object *o, enum conf_type type)
{
	switch (type) {
	case CONF_BOOL:
		return json_object_is_type(o, json_type_boolean);
	case CONF_NUMBER:
		return json_object_is_type(o, json_type_int);
	case CONF_STRING:
		return json_object_is_type(o, json_type_string);
	case CONF_TABLES:
		return is_list(o, json_type_object);
	case CONF_LIST:
		break;
	}
	return is_list(o, json_type_string);
}

static bool to_flag(struct json_object *o)
{
	cleanup_error struct error err = ERROR_INIT;
	bool flag = false;

	return o && json_to_bool(o, "", &flag, &err) >= 0 && flag;
}

/* {append=true} at the end of a list; it is taken away. -1: there is none. */
static int take_append(struct json_object *list)
{
	size_t n = json_object_is_type(list, json_type_array)
			   ? json_object_array_length(list)
			   : 0;
	struct json_object *last = n ? json_object_array_get_idx(list, n - 1) : NULL;
	struct json_object *append = NULL;
	int r;

	if (!json_object_is_type(last, json_type_object) ||
	    !json_object_object_get_ex(last, "append", &append))
		return -1;
	r = to_flag(append);
	json_object_array_del_idx(list, n - 1, 1);
	return r;
}

/* Whether this key's lists are added to is kept beside it, for the files to come. */
static void put_list(struct json_object *table, const char *key, struct json_object *list)
{
	cleanup_free char *mark = xasprintf("%s {append}", key);
	struct json_object *before = json_get(table, key), *sum;
	int append = take_append(list);

	if (append >= 0)
		json_object_object_add(table, mark, json_object_new_boolean(append));
	else
		append = to_flag(json_get(table, mark));
	if (!append || !json_object_is_type(before, json_type_array)) {
		json_object_object_add(table, key, json_object_get(list));
		return;
	}
	sum = json_object_new_array();
	for (size_t i = 0; i < json_object_array_length(before); i++)
		json_object_array_add(
			sum, json_object_get(json_object_array_get_idx(before, i)));
	for (size_t i = 0; i < json_object_array_length(list); i++)
		json_object_array_add(
			sum, json_object_get(json_object_array_get_idx(list, i)));
	json_object_object_add(table, key, sum);
}

static void merge_table(struct json_object *into, struct json_object *from)
{
	json_object_object_foreach (from, key, value) {
		if (json_object_is_type(value, json_type_array))
			put_list(into, key, value);
		else
			json_object_object_add(into, key, json_object_get(value));
	}
}

static int check_types(struct json_object *tree, const char *what, struct error *err)
{
	for (const struct conf_key *k = conf_keys; k->table; k++) {
		struct json_object *value = conf_find(tree, k->table, k->key);

		if (value && !is_of_type(value, k->type))
			return error_set(err, ERR_INVALID, 0, "%s: [%s] %s: expected %s",
					 what, k->table, k->key, type_words(k->type));
	}
	return 0;
}

/*
 * What packages install is nearly all comments, which every `cubby run` would read byte by byte: lines of them are
 * made empty first. In texts of several lines a line that looks like one may be none. Caller frees.
 */
static char *without_comments(const char *text, size_t *len)
{
	const char *end = text + *len, *line = text;
	char *kept = xmalloc(*len + 1), *to = kept;

	if (memmem(text, *len, "\"\"\"", 3) || memmem(text, *len, "'''", 3)) {
		memcpy(kept, text, *len);
		return kept;
	}
	while (line < end) {
		const char *feed = memchr(line, '\n', (size_t)(end - line));
		const char *next = feed ? feed + 1 : end, *first = line;

		while (first < next && (*first == ' ' || *first == '\t'))
			first++;
		if (first < next && *first == '#')
			line = feed ? feed : end;
		memcpy(to, line, (size_t)(next - line));
		to += next - line;
		line = next;
	}
	*len = (size_t)(to - kept);
	return kept;
}

int containers_conf_merge(struct json_object *tree, const char *text, size_t len,
			  const char *what, struct error *err)
{
	cleanup_json struct json_object *file = NULL;
	cleanup_free char *kept = without_comments(text, &len);
	int r = toml_parse(kept, len, what, &file, err);

	if (r < 0)
		return r;
	json_object_object_foreach (file, name, table) {
		struct json_object *into = json_get(tree, name);

		if (!json_object_is_type(table, json_type_object))
			continue;
		if (!into) {
			into = json_object_new_object();
			json_object_object_add(tree, name, into);
		}
		merge_table(into, table);
	}
	return check_types(tree, what, err);
}

/* Return: 1 if it was there. */
static int read_one(struct reading *x, const char *path, enum settings_owner owner)
{
	cleanup_buf struct buf text;
	int r = settings_file_read(path, owner, &text, x->err);

	if (r <= 0)
		return r;
	log_debug("settings: %s", path);
	if (!x->tree)
		x->tree = json_object_new_object();
	r = containers_conf_merge(x->tree, text.data ? text.data : "", text.len, path,
				  x->err);
	return r < 0 ? r : 1;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Those that end with .conf, in the order of their names. */
static int read_drop_ins(struct reading *x, const char *file, enum settings_owner owner)
{
	cleanup_free char *dir = xasprintf("%s.d", file);
	cleanup_strv char **names = NULL;
	DIR *d = opendir(dir);
	struct dirent *entry;
	int r = 0;

	if (!d)
		return 0;
	while ((entry = readdir(d)))
		if (str_ends(entry->d_name, NAME_DROP_IN) && entry->d_name[0] != '.')
			strv_add(&names, entry->d_name);
	closedir(d);
	if (names)
		qsort(names, strv_len(names), sizeof(*names), compare_names);
	strv_foreach (name, names) {
		cleanup_free char *path = xasprintf("%s/%s", dir, *name);

		r = read_one(x, path, owner);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_usual(struct reading *x, const char *own)
{
	int r = read_one(x, SHARED_FILE, SETTINGS_OF_SYSTEM);

	if (r >= 0)
		r = read_one(x, SYSTEM_FILE, SETTINGS_OF_SYSTEM);
	if (r >= 0)
		r = read_drop_ins(x, SYSTEM_FILE, SETTINGS_OF_SYSTEM);
	if (r >= 0 && own)
		r = read_one(x, own, SETTINGS_OF_USER);
	if (r >= 0 && own)
		r = read_drop_ins(x, own, SETTINGS_OF_USER);
	return r;
}

/* A file that somebody has named must be there. */
static int read_named(struct reading *x, const char *path, const char *who)
{
	int r = read_one(x, path, SETTINGS_NAMED);

	if (r == 0)
		return error_set(x->err, ERR_NOT_FOUND, ENOENT, "%s: read %s", who, path);
	return r;
}

/* --module NAME: in the user's directory, or the system's. */
static int read_module(struct reading *x, const char *own, const char *name)
{
	cleanup_free char *mine =
		own ? xasprintf("%.*s/" MODULES "/%s", (int)(strrchr(own, '/') - own),
				own, name)
		    : NULL;
	cleanup_free char *systems = xasprintf("/etc/containers/" MODULES "/%s", name);
	cleanup_free char *shared =
		xasprintf("/usr/share/containers/" MODULES "/%s", name);
	const char *const paths[] = {mine, systems, shared};

	if (name[0] == '/')
		return read_named(x, name, "--module");
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		int r = paths[i]
				? read_one(x, paths[i],
					   i == 0 ? SETTINGS_OF_USER : SETTINGS_OF_SYSTEM)
				: 0;
		if (r != 0)
			return r;
	}
	error_set(x->err, ERR_NOT_FOUND, 0, "--module %s: there is no such file", name);
	return error_hint(x->err, "Looked for: %s%s%s, %s", mine ? mine : "",
			  mine ? ", " : "", systems, shared);
}

int containers_conf_read(char *const *modules, struct json_object **ret,
			 struct error *err)
{
	const char *alone = getenv("CONTAINERS_CONF"),
		   *more = getenv("CONTAINERS_CONF_OVERRIDE");
	cleanup_free char *own = settings_file_of_user(USER_FILE);
	struct reading x = {.err = err};
	int r = str_empty(alone) ? read_usual(&x, own)
				 : read_named(&x, alone, "CONTAINERS_CONF");

	for (; r >= 0 && modules && *modules; modules++)
		r = read_module(&x, own, *modules);
	if (r >= 0 && !str_empty(more))
		r = read_named(&x, more, "CONTAINERS_CONF_OVERRIDE");
	if (r < 0) {
		json_put(x.tree);
		return r;
	}
	*ret = x.tree;
	return 0;
}

struct json_object *conf_find(struct json_object *conf, const char *table,
			      const char *key)
{
	struct json_object *section = conf ? json_get(conf, table) : NULL;

	return section ? json_get(section, key) : NULL;
}

const char *conf_string(struct json_object *conf, const char *table, const char *key)
{
	struct json_object *section = conf ? json_get(conf, table) : NULL;
	const char *text = section ? json_get_str(section, key) : NULL;

	return str_empty(text) ? NULL : text;
}

bool conf_flag(struct json_object *conf, const char *table, const char *key,
	       bool otherwise)
{
	struct json_object *o = conf_find(conf, table, key);

	return o ? to_flag(o) : otherwise;
}

long long conf_number(struct json_object *conf, const char *table, const char *key,
		      long long otherwise)
{
	struct json_object *o = conf_find(conf, table, key);
	cleanup_error struct error err = ERROR_INIT;
	int64_t n;

	return o && json_to_i64(o, key, &n, &err) >= 0 ? n : otherwise;
}

char **conf_texts(struct json_object *value)
{
	cleanup_error struct error err = ERROR_INIT;
	const char *text = NULL;
	char **texts = NULL;
	int64_t n = 0;

	if (json_object_is_type(value, json_type_array)) {
		if (json_to_strv(value, "", &texts, &err) < 0)
			return NULL;
	} else if (json_object_is_type(value, json_type_boolean)) {
		strv_add(&texts, to_flag(value) ? "true" : "false");
	} else if (json_object_is_type(value, json_type_int)) {
		if (json_to_i64(value, "", &n, &err) >= 0)
			strv_addf(&texts, "%lld", (long long)n);
	} else if (json_to_str(value, "", &text, &err) >= 0) {
		strv_add(&texts, text);
	}
	return texts;
}

char **conf_list(struct json_object *conf, const char *table, const char *key)
{
	struct json_object *o = conf_find(conf, table, key);

	return o ? conf_texts(o) : NULL;
}
