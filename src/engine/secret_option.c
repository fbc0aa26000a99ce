/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/secret_option.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

#define DEFAULT_MODE 0444

void secret_use_release(struct secret_use *u)
{
	free(u->name);
	free(u->id);
	free(u->target);
	*u = (struct secret_use){0};
}

void secret_uses_release(struct secret_uses *list)
{
	for (size_t i = 0; i < list->n; i++)
		secret_use_release(&list->items[i]);
	free(list->items);
	*list = (struct secret_uses){0};
}

static void add(struct secret_uses *list, struct secret_use *u)
{
	list->items = xreallocarray(list->items, list->n + 1, sizeof(*list->items));
	list->items[list->n++] = *u;
	*u = (struct secret_use){0};
}

static int wrong(const char *text, const char *word, const char *expected,
		 struct error *err)
{
	return error_set(err, ERR_INVALID, 0, "secret %s: %s: expected %s", text, word,
			 expected);
}

static int take_type(struct secret_use *u, const char *text, const char *value,
		     struct error *err)
{
	u->is_env = str_eq(value, "env");
	if (u->is_env || str_eq(value, "mount"))
		return 0;
	return error_set(err, ERR_INVALID, 0, "secret %s: type %s is invalid", text,
			 value);
}

/* Whether a word was that of a file, which an environment variable has no use for. */
struct seen {
	bool file_word;
};

static int take_word(struct secret_use *u, const char *text, const char *word,
		     struct seen *seen, struct error *err)
{
	const char *value = strchr(word, '=');
	size_t len = strcspn(word, "=");

	if (!value || !value[1])
		return wrong(text, word, "KEY=VALUE", err);
	value++;
	if (strncmp(word, "type", len) == 0 && len == 4)
		return take_type(u, text, value, err);
	if (strncmp(word, "target", len) == 0 && len == 6) {
		free(u->target);
		u->target = xstrdup(value);
		return 0;
	}
	seen->file_word = true;
	if (strncmp(word, "uid", len) == 0 && len == 3)
		return str_to_u32(value, &u->uid) < 0 || u->uid == UINT32_MAX
			       ? wrong(text, word, "an id", err)
			       : 0;
	if (strncmp(word, "gid", len) == 0 && len == 3)
		return str_to_u32(value, &u->gid) < 0 || u->gid == UINT32_MAX
			       ? wrong(text, word, "an id", err)
			       : 0;
	if (strncmp(word, "mode", len) == 0 && len == 4)
		return str_to_mode(value, &u->mode) < 0 || u->mode > 0777
			       ? wrong(text, word, "an octal mode such as 0400", err)
			       : 0;
	error_set(err, ERR_INVALID, 0, "secret %s: %s is not a valid option", text, word);
	return error_hint(err, "It takes type=mount or env, target=, uid=, gid=, mode=");
}

static int check_variable(const char *text, const char *name, struct error *err)
{
	bool valid = *name && !isdigit((unsigned char)*name);

	for (const char *p = name; *p && valid; p++)
		valid = *p != '=' && isgraph((unsigned char)*p);
	return valid ? 0
		     : error_set(err, ERR_INVALID, 0,
				 "secret %s: \"%s\" is no name of a variable", text,
				 name);
}

static int finish(struct secret_use *u, const char *text, const struct seen *seen,
		  struct error *err)
{
	char *target;

	if (!u->target)
		u->target = xstrdup(u->name);
	if (u->is_env && seen->file_word)
		return error_set(
			err, ERR_INVALID, 0,
			"secret %s: UID, GID, Mode options cannot be set with secret type env",
			text);
	if (u->is_env)
		return check_variable(text, u->target, err);
	target = u->target[0] == '/' ? path_clean(u->target)
				     : xasprintf(SECRET_MOUNT_DIR "/%s", u->target);
	free(u->target);
	u->target = path_clean(target);
	free(target);
	return strchr(u->target, '\n') || str_eq(u->target, "/")
		       ? error_set(err, ERR_INVALID, 0, "secret %s: no such target", text)
		       : 0;
}

int secret_use_parse(struct secret_uses *list, const char *text, struct error *err)
{
	cleanup(secret_use_release) struct secret_use u = {.mode = DEFAULT_MODE};
	cleanup_strv char **words = str_split(text, ',');
	struct seen seen = {false};
	int r = 0;

	strv_foreach (word, words) {
		const char *value = *word;

		if (str_starts(value, "source=") || str_starts(value, "src="))
			value = strchr(value, '=') + 1;
		if (!u.name && (word == words || value != *word))
			u.name = xstrdup(value);
		else
			r = take_word(&u, text, *word, &seen, err);
		if (r < 0)
			return r;
	}
	if (str_empty(u.name))
		return error_set(err, ERR_INVALID, 0, "secret %s: no name", text);
	r = finish(&u, text, &seen, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < list->n; i++)
		if (list->items[i].is_env == u.is_env &&
		    str_eq(list->items[i].target, u.target))
			return error_set(err, ERR_INVALID, 0,
					 "secret %s: two have the target %s", text,
					 u.target);
	add(list, &u);
	return 0;
}

char *secret_use_text(const struct secret_use *u)
{
	return xasprintf("%s\n%s\n%u\n%u\n%o\n%s\n%s", u->is_env ? "env" : "mount", u->id,
			 u->uid, u->gid, u->mode, u->target, u->name);
}

bool secret_use_read(struct secret_uses *list, const char *line)
{
	cleanup_strv char **fields = str_split(line, '\n');
	cleanup(secret_use_release) struct secret_use u = {0};

	if (strv_len(fields) != 7 || str_to_u32(fields[2], &u.uid) < 0 ||
	    str_to_u32(fields[3], &u.gid) < 0 || str_to_mode(fields[4], &u.mode) < 0)
		return false;
	u.is_env = str_eq(fields[0], "env");
	u.id = xstrdup(fields[1]);
	u.target = xstrdup(fields[5]);
	u.name = xstrdup(fields[6]);
	add(list, &u);
	return true;
}
