/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/mount_option.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/str.h"

#define WORD_MAX 65536

/* A --mount on its way. */
struct asked {
	const char *text, *type;
	struct volume v;
	char **words; /* what -v or --tmpfs would be given; owned */
};

static void asked_release(struct asked *a)
{
	volume_release(&a->v);
	strv_free(a->words);
}

int csv_split(const char *text, char ***ret, struct error *err)
{
	cleanup_strv char **words = NULL;
	const char *p = text;

	for (;;) {
		cleanup_buf struct buf word = {0};
		bool quoted = *p == '"';

		buf_init(&word, WORD_MAX);
		for (p += quoted; quoted ? *p : *p && *p != ','; p++) {
			if (quoted && *p == '"' && *++p != '"')
				break;
			(void)buf_add(&word, p, 1);
		}
		if (quoted && p[-1] != '"')
			return error_set(err, ERR_INVALID, 0, "%s: a quote is not closed",
					 text);
		strv_add_take(&words, buf_take(&word));
		if (*p != ',' && *p)
			return error_set(err, ERR_INVALID, 0,
					 "%s: something follows a closed quote", text);
		if (!*p++)
			break;
	}
	*ret = TAKE_PTR(words);
	return 0;
}

/* What a key is good for. */
enum mount_type {
	TYPE_BIND = 1 << 0,
	TYPE_VOLUME = 1 << 1,
	TYPE_TMPFS = 1 << 2,
	TYPE_IMAGE = 1 << 3,
	TYPE_DEVPTS = 1 << 4,
	TYPE_GLOB = 1 << 5,
	TYPE_RAMFS = 1 << 6,
};
#define TYPE_PATHS  (TYPE_BIND | TYPE_GLOB)
#define TYPE_DIRS   (TYPE_PATHS | TYPE_VOLUME)
#define TYPE_MEMORY (TYPE_TMPFS | TYPE_RAMFS)
#define TYPE_ANY    (TYPE_DIRS | TYPE_MEMORY | TYPE_IMAGE | TYPE_DEVPTS)

static const struct {
	const char *word;
	enum mount_type type;
} types[] = {
	{"bind", TYPE_BIND},   {"volume", TYPE_VOLUME}, {"tmpfs", TYPE_TMPFS},
	{"image", TYPE_IMAGE}, {"devpts", TYPE_DEVPTS}, {"glob", TYPE_GLOB},
	{"ramfs", TYPE_RAMFS},
};

/* One "KEY=VALUE" of it; value NULL: "KEY". */
struct pair {
	const char *key, *value;
};

static int wrong_value(const struct asked *a, const struct pair *p, const char *expected,
		       struct error *err)
{
	return error_set(err, ERR_INVALID, 0, "mount %s: %s%s%s: expected %s", a->text,
			 p->key, p->value ? "=" : "", p->value ? p->value : "", expected);
}

static int take_bool(const struct asked *a, const struct pair *p, bool *ret,
		     struct error *err)
{
	*ret = !p->value || str_eq(p->value, "true") || str_eq(p->value, "1");
	if (*ret || str_eq(p->value, "false") || str_eq(p->value, "0"))
		return 0;
	return wrong_value(a, p, "true or false", err);
}

static int take_source(struct asked *a, const struct pair *p, struct error *err)
{
	char **target = a->v.kind == VOLUME_BIND ? &a->v.source : &a->v.name;

	(void)err;
	free(*target);
	*target = str_empty(p->value) ? NULL : xstrdup(p->value);
	return 0;
}

static int take_destination(struct asked *a, const struct pair *p, struct error *err)
{
	free(TAKE_PTR(a->v.destination));
	return volume_take_destination(p->value ? p->value : "", &a->v, err);
}

static int take_readonly(struct asked *a, const struct pair *p, struct error *err)
{
	bool on;
	int r = take_bool(a, p, &on, err);

	if (r >= 0 && (on || a->v.kind != VOLUME_IMAGE))
		strv_add(&a->words, on ? "ro" : "rw");
	return r;
}

static int take_readwrite(struct asked *a, const struct pair *p, struct error *err)
{
	bool on;
	int r = take_bool(a, p, &on, err);

	if (r >= 0)
		strv_add(&a->words, on ? "rw" : "ro");
	return r;
}

static int take_owner(struct asked *a, const struct pair *p, struct error *err)
{
	bool on;
	int r = take_bool(a, p, &on, err);

	if (r >= 0 && on)
		strv_add(&a->words, "U");
	return r;
}

static int take_idmap(struct asked *a, const struct pair *p, struct error *err)
{
	(void)err;
	if (str_empty(p->value))
		strv_add(&a->words, "idmap");
	else
		strv_addf(&a->words, "idmap=%s", p->value);
	return 0;
}

static int take_value_word(struct asked *a, const struct pair *p, struct error *err)
{
	if (str_empty(p->value))
		return wrong_value(a, p, "a value", err);
	strv_add(&a->words, p->value);
	return 0;
}

static int take_nonrecursive(struct asked *a, const struct pair *p, struct error *err)
{
	bool on;
	int r = take_bool(a, p, &on, err);

	if (r >= 0)
		strv_add(&a->words, on ? "bind" : "rbind");
	return r;
}

/* Docker's newer word for it. Read-only means the whole tree here, as "readonly" would make sure. */
static int take_recursive(struct asked *a, const struct pair *p, struct error *err)
{
	if (str_eq(p->value, "disabled") || str_eq(p->value, "false"))
		strv_add(&a->words, "bind");
	else if (!str_eq(p->value, "enabled") && !str_eq(p->value, "true") &&
		 !str_eq(p->value, "readonly"))
		return wrong_value(a, p, "enabled, disabled or readonly", err);
	return 0;
}

static int take_relabel(struct asked *a, const struct pair *p, struct error *err)
{
	if (!str_eq(p->value, "shared") && !str_eq(p->value, "private"))
		return wrong_value(a, p, "shared or private", err);
	strv_add(&a->words, p->value[0] == 's' ? "z" : "Z");
	return 0;
}

static int take_subpath(struct asked *a, const struct pair *p, struct error *err)
{
	if (str_empty(p->value))
		return wrong_value(a, p, "a path", err);
	free(a->v.subpath);
	a->v.subpath = xstrdup(p->value);
	return 0;
}

static int take_label(struct asked *a, const struct pair *p, struct error *err)
{
	if (str_empty(p->value))
		return wrong_value(a, p, "KEY=VALUE", err);
	strv_add(&a->v.labels, p->value);
	return 0;
}

static int take_driver(struct asked *a, const struct pair *p, struct error *err)
{
	return str_eq(p->value, "local") ? 0 : wrong_value(a, p, "local", err);
}

static int take_driver_option(struct asked *a, const struct pair *p, struct error *err)
{
	if (str_empty(p->value))
		return wrong_value(a, p, "KEY=VALUE", err);
	strv_add(&a->v.driver_options, p->value);
	return 0;
}

static int take_copy(struct asked *a, const struct pair *p, struct error *err)
{
	bool on;
	int r = take_bool(a, p, &on, err);

	if (r >= 0)
		strv_add(&a->words,
			 on == (strstr(p->key, "nocopy") == NULL) ? "copy" : "nocopy");
	return r;
}

/* "tmpfs-size=1m" is tmpfs's "size=1m". */
static int take_fs_word(struct asked *a, const struct pair *p, struct error *err)
{
	const char *key =
		str_starts(p->key, "tmpfs-") ? p->key + strlen("tmpfs-") : p->key;

	if (str_empty(p->value))
		return wrong_value(a, p, "a value", err);
	strv_addf(&a->words, "%s=%s", key, p->value);
	return 0;
}

/* A word that -v or --tmpfs has too. "exec=false" is "noexec". */
static int take_word(struct asked *a, const struct pair *p, struct error *err)
{
	bool on;
	int r = take_bool(a, p, &on, err);

	if (r < 0)
		return r;
	if (on)
		strv_add(&a->words, p->key);
	else if (str_starts(p->key, "no"))
		strv_add(&a->words, p->key + strlen("no"));
	else
		strv_addf(&a->words, "no%s", p->key);
	return 0;
}

/* Told by Docker for Mac how current the files must be: here they are the same files. */
static int take_nothing(struct asked *a, const struct pair *p, struct error *err)
{
	(void)a;
	(void)p;
	(void)err;
	return 0;
}

static const struct mount_key {
	const char *key;
	unsigned int types; /* enum mount_type */
	int (*take)(struct asked *a, const struct pair *p, struct error *err);
} keys[] = {
	{"src", TYPE_DIRS | TYPE_IMAGE, take_source},
	{"source", TYPE_DIRS | TYPE_IMAGE, take_source},
	{"from", TYPE_DIRS | TYPE_IMAGE, take_source},
	{"dst", TYPE_ANY, take_destination},
	{"dest", TYPE_ANY, take_destination},
	{"destination", TYPE_ANY, take_destination},
	{"target", TYPE_ANY, take_destination},
	{"ro", TYPE_ANY & ~TYPE_DEVPTS, take_readonly},
	{"readonly", TYPE_ANY & ~TYPE_DEVPTS, take_readonly},
	{"rw", TYPE_ANY & ~TYPE_DEVPTS, take_readwrite},
	{"readwrite", TYPE_ANY & ~TYPE_DEVPTS, take_readwrite},
	{"U", TYPE_DIRS | TYPE_TMPFS, take_owner},
	{"chown", TYPE_DIRS | TYPE_TMPFS, take_owner},
	{"idmap", TYPE_DIRS, take_idmap},
	{"bind-propagation", TYPE_DIRS, take_value_word},
	{"bind-nonrecursive", TYPE_PATHS, take_nonrecursive},
	{"bind-recursive", TYPE_PATHS, take_recursive},
	{"relabel", TYPE_PATHS, take_relabel},
	{"z", TYPE_DIRS, take_word},
	{"Z", TYPE_DIRS, take_word},
	{"consistency", TYPE_ANY, take_nothing},
	{"subpath", TYPE_VOLUME | TYPE_IMAGE, take_subpath},
	{"volume-subpath", TYPE_VOLUME, take_subpath},
	{"image-subpath", TYPE_IMAGE, take_subpath},
	{"volume-label", TYPE_VOLUME, take_label},
	{"volume-driver", TYPE_VOLUME, take_driver},
	{"volume-opt", TYPE_VOLUME, take_driver_option},
	{"volume-nocopy", TYPE_VOLUME, take_copy},
	{"nocopy", TYPE_VOLUME, take_copy},
	{"copy", TYPE_VOLUME, take_copy},
	{"suid", TYPE_DIRS | TYPE_TMPFS, take_word},
	{"nosuid", TYPE_DIRS | TYPE_TMPFS, take_word},
	{"dev", TYPE_DIRS | TYPE_TMPFS, take_word},
	{"nodev", TYPE_DIRS | TYPE_TMPFS, take_word},
	{"exec", TYPE_DIRS | TYPE_TMPFS, take_word},
	{"noexec", TYPE_DIRS | TYPE_TMPFS, take_word},
	{"tmpcopyup", TYPE_TMPFS, take_word},
	{"notmpcopyup", TYPE_TMPFS, take_word},
	{"noswap", TYPE_TMPFS, take_word},
	{"size", TYPE_TMPFS, take_fs_word},
	{"tmpfs-size", TYPE_TMPFS, take_fs_word},
	{"mode", TYPE_MEMORY | TYPE_DEVPTS, take_fs_word},
	{"tmpfs-mode", TYPE_TMPFS, take_fs_word},
	{"uid", TYPE_TMPFS | TYPE_DEVPTS, take_fs_word},
	{"gid", TYPE_TMPFS | TYPE_DEVPTS, take_fs_word},
	{"max", TYPE_DEVPTS, take_fs_word},
};

static int unknown_key(const struct asked *a, const char *key, unsigned int type,
		       struct error *err)
{
	const char *names[ARRAY_SIZE(keys) + 1] = {0};
	cleanup_free char *list = NULL;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].types & type)
			names[n++] = keys[i].key;
	list = strv_join((char *const *)names, ", ");
	error_set(err, ERR_INVALID, 0, "mount %s: %s: invalid mount option for type %s",
		  a->text, key, a->type);
	return error_hint(err, "It takes %s", list);
}

static int take_pair(struct asked *a, const char *word, unsigned int type,
		     struct error *err)
{
	const char *equals = strchr(word, '=');
	cleanup_free char *key = xstrndup(word, strcspn(word, "="));
	const struct pair p = {key, equals ? equals + 1 : NULL};

	if (str_eq(key, "type"))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (str_eq(keys[i].key, key) && (keys[i].types & type))
			return keys[i].take(a, &p, err);
	return unknown_key(a, key, type, err);
}

static int find_type(struct asked *a, char *const *words, unsigned int *ret,
		     struct error *err)
{
	a->type = "volume";
	strv_foreach (word, words)
		if (str_starts(*word, "type="))
			a->type = *word + strlen("type=");
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (!str_eq(types[i].word, a->type))
			continue;
		*ret = types[i].type;
		return 0;
	}
	error_set(err, ERR_INVALID, 0, "mount %s: invalid filesystem type \"%s\"",
		  a->text, a->type);
	return error_hint(err, "Types: bind, volume, tmpfs, image, devpts, glob, ramfs");
}

static enum volume_kind kind_of(unsigned int type)
{
	return type & TYPE_PATHS    ? VOLUME_BIND
	       : type & TYPE_VOLUME ? VOLUME_NAMED
	       : type & TYPE_IMAGE  ? VOLUME_IMAGE
				    : VOLUME_FS;
}

static int finish_fs(struct asked *a, unsigned int type, struct error *err)
{
	if (type == TYPE_TMPFS)
		return tmpfs_words(a->text, a->words, &a->v, err);
	a->v.type = xstrdup(a->type);
	a->v.source = xstrdup(a->type);
	a->v.writable = !strv_has(a->words, "ro");
	strv_add(&a->v.options, "nosuid");
	strv_add(&a->v.options, type == TYPE_RAMFS ? "nodev" : "noexec");
	if (type == TYPE_DEVPTS) {
		strv_add(&a->v.options, "newinstance");
		strv_add(&a->v.options, "ptmxmode=0666");
	}
	strv_foreach (word, a->words)
		strv_add(&a->v.options, *word);
	return 0;
}

static int finish_image(struct asked *a, struct error *err)
{
	a->v.writable = strv_has(a->words, "rw");
	a->v.overlay = a->v.writable;
	if (a->v.name)
		return 0;
	return error_set(err, ERR_INVALID, 0,
			 "mount %s: must set source and destination for image volume",
			 a->text);
}

static int finish(struct asked *a, unsigned int type, struct error *err)
{
	if (!a->v.destination && type != TYPE_GLOB)
		return error_set(err, ERR_INVALID, 0,
				 "mount %s: must set volume destination", a->text);
	if ((type & TYPE_PATHS) && !a->v.source)
		return error_set(err, ERR_INVALID, 0,
				 "mount %s: must set source for a %s", a->text, a->type);
	if (type == TYPE_IMAGE)
		return finish_image(a, err);
	if (type & TYPE_DIRS) {
		a->v.anonymous = type == TYPE_VOLUME && !a->v.name;
		return volume_words(a->text, a->words, &a->v, err);
	}
	return finish_fs(a, type, err);
}

/* Each match where it is, or in the directory of the destination. */
static int add_matches(struct volumes *list, const struct asked *a, struct error *err)
{
	glob_t found = {0};
	int r = glob(a->v.source, GLOB_NOSORT | GLOB_MARK, NULL, &found);

	if (r == GLOB_NOMATCH)
		r = error_set(err, ERR_NOT_FOUND, 0,
			      "mount %s: no file paths matching glob \"%s\"", a->text,
			      a->v.source);
	else if (r)
		r = error_set(err, ERR_SYSTEM, ENOMEM, "mount %s", a->text);
	for (size_t i = 0; r == 0 && i < found.gl_pathc; i++) {
		cleanup(volume_release) struct volume v = {.kind = VOLUME_BIND,
							   .writable = a->v.writable,
							   .give = a->v.give};
		size_t len = strlen(found.gl_pathv[i]);
		const char *slash;

		v.source = xstrndup(found.gl_pathv[i],
				    len > 1 && found.gl_pathv[i][len - 1] == '/' ? len - 1
										 : len);
		slash = strrchr(v.source, '/');
		v.destination = a->v.destination ? xasprintf("%s/%s", a->v.destination,
							     slash ? slash + 1 : v.source)
						 : xstrdup(v.source);
		v.options = strv_copy(a->v.options);
		r = volumes_add(list, &v, err);
	}
	globfree(&found);
	return r;
}

int mount_parse(struct volumes *volumes, struct volumes *tmpfs, const char *text,
		struct error *err)
{
	cleanup(asked_release) struct asked a = {.text = text};
	cleanup_strv char **words = NULL;
	unsigned int type = 0;
	int r = csv_split(text, &words, err);

	if (r >= 0)
		r = find_type(&a, words, &type, err);
	if (r < 0)
		return r;
	a.v.kind = kind_of(type);
	strv_foreach (word, words) {
		r = take_pair(&a, *word, type, err);
		if (r < 0)
			return r;
	}
	r = finish(&a, type, err);
	if (r < 0)
		return r;
	if (type == TYPE_GLOB)
		return add_matches(volumes, &a, err);
	return volumes_add(type == TYPE_TMPFS ? tmpfs : volumes, &a.v, err);
}
