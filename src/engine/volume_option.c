/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/volume_option.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

/* At most one word of a group may be given; the first is what a mount has without. */
enum word_group {
	GROUP_ACCESS,
	GROUP_BIND,
	GROUP_PROPAGATION,
	GROUP_SUID,
	GROUP_DEV,
	GROUP_EXEC,
	GROUP_IDMAP,
	GROUP_RELABEL,
	GROUP_OWNER,
	GROUP_OVERLAY,
	GROUP_UPPER,
	GROUP_WORK,
	GROUP_COPY,
	GROUPS
};

struct volume_word {
	const char *word;
	enum word_group group;
};

static const struct volume_word known_words[] = {
	{"rw", GROUP_ACCESS},
	{"ro", GROUP_ACCESS},
	{"bind", GROUP_BIND},
	{"rbind", GROUP_BIND},
	{"private", GROUP_PROPAGATION},
	{"rprivate", GROUP_PROPAGATION},
	{"shared", GROUP_PROPAGATION},
	{"rshared", GROUP_PROPAGATION},
	{"slave", GROUP_PROPAGATION},
	{"rslave", GROUP_PROPAGATION},
	{"unbindable", GROUP_PROPAGATION},
	{"runbindable", GROUP_PROPAGATION},
	{"suid", GROUP_SUID},
	{"nosuid", GROUP_SUID},
	{"dev", GROUP_DEV},
	{"nodev", GROUP_DEV},
	{"exec", GROUP_EXEC},
	{"noexec", GROUP_EXEC},
	{"idmap", GROUP_IDMAP},
	{"z", GROUP_RELABEL},
	{"Z", GROUP_RELABEL},
	{"U", GROUP_OWNER},
	{"O", GROUP_OVERLAY},
	{"copy", GROUP_COPY},
	{"nocopy", GROUP_COPY},
};

/* Told from the others by their beginnings. */
static const struct volume_word begun_words[] = {
	{"idmap=", GROUP_IDMAP}, /* "idmap=uids=...;gids=..." */
	{"upperdir=", GROUP_UPPER},
	{"workdir=", GROUP_WORK},
};

void volume_release(struct volume *v)
{
	free(v->source);
	free(v->destination);
	free(v->name);
	free(v->type);
	free(v->subpath);
	free(v->upper);
	free(v->work);
	strv_free(v->labels);
	strv_free(v->driver_options);
	strv_free(v->options);
	*v = (struct volume){0};
}

void volumes_release(struct volumes *list)
{
	for (size_t i = 0; i < list->n; i++)
		volume_release(&list->items[i]);
	free(list->items);
	*list = (struct volumes){0};
}

const struct volume *volumes_find(const struct volumes *list, const char *destination)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->items[i].destination, destination))
			return &list->items[i];
	return NULL;
}

bool volumes_cover(const struct volumes *list, const char *path)
{
	for (size_t i = 0; i < list->n; i++) {
		size_t len = strlen(list->items[i].destination);

		if (strncmp(list->items[i].destination, path, len) == 0 &&
		    (path[len] == '\0' || path[len] == '/'))
			return true;
	}
	return false;
}

int volumes_add(struct volumes *list, struct volume *v, struct error *err)
{
	if (volumes_find(list, v->destination))
		return error_set(err, ERR_INVALID, 0, "%s: duplicate mount destination",
				 v->destination);
	list->items = xreallocarray(list->items, list->n + 1, sizeof(*list->items));
	list->items[list->n++] = *v;
	*v = (struct volume){0};
	return 0;
}

int volume_take_destination(const char *text, struct volume *v, struct error *err)
{
	if (text[0] != '/')
		return error_set(
			err, ERR_INVALID, 0,
			"invalid container path \"%s\", must be an absolute path", text);
	v->destination = path_clean(text);
	if (str_eq(v->destination, "/"))
		return error_set(err, ERR_INVALID, 0,
				 "invalid container path \"%s\": it is the root", text);
	return 0;
}

static const struct volume_word *find_word(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(begun_words); i++)
		if (str_starts(word, begun_words[i].word))
			return &begun_words[i];
	for (size_t i = 0; i < ARRAY_SIZE(known_words); i++)
		if (str_eq(known_words[i].word, word))
			return &known_words[i];
	return NULL;
}

static int unknown_word(const char *text, const char *word, struct error *err)
{
	error_set(err, ERR_INVALID, 0, "volume %s: unknown option \"%s\"", text, word);
	return error_hint(
		err,
		"Known: ro, rw, bind, rbind, [no]suid, [no]dev, [no]exec, [r]private, "
		"[r]shared, [r]slave, [r]unbindable, idmap, U, O, z, Z, [no]copy, "
		"upperdir=, workdir=");
}

/* Read-only means the whole tree: a mount below the source must not stay writable. */
static void finish_options(struct volume *v, const char *const given[GROUPS])
{
	bool is_volume = v->kind == VOLUME_NAMED;

	v->writable = !str_eq(given[GROUP_ACCESS], "ro");
	v->give = given[GROUP_OWNER] != NULL;
	v->no_copy = str_eq(given[GROUP_COPY], "nocopy");
	strv_add(&v->options, given[GROUP_BIND] ? given[GROUP_BIND] : "rbind");
	strv_add(&v->options, v->writable ? "rw" : "ro");
	if (!v->writable)
		strv_add(&v->options, "rro");
	strv_add(&v->options,
		 given[GROUP_PROPAGATION] ? given[GROUP_PROPAGATION] : "rprivate");
	if (is_volume && !given[GROUP_SUID])
		strv_add(&v->options, "nosuid");
	if (is_volume && !given[GROUP_DEV])
		strv_add(&v->options, "nodev");
	for (int g = GROUP_SUID; g <= GROUP_IDMAP; g++)
		if (given[g])
			strv_add(&v->options, given[g]);
}

/* What is written on top of a source that stays as it is. */
static int take_overlay(const char *text, struct volume *v,
			const char *const given[GROUPS], struct error *err)
{
	const char *upper = given[GROUP_UPPER], *work = given[GROUP_WORK];

	v->overlay = given[GROUP_OVERLAY] != NULL;
	if (!v->overlay && (upper || work))
		return error_set(err, ERR_INVALID, 0, "volume %s: %s needs O too", text,
				 upper ? upper : work);
	if (!v->overlay)
		return 0;
	if (!upper != !work)
		return error_set(err, ERR_INVALID, 0,
				 "volume %s: upperdir= and workdir= need each other",
				 text);
	if (given[GROUP_ACCESS] || given[GROUP_IDMAP])
		return error_set(err, ERR_INVALID, 0, "volume %s: both O and %s", text,
				 given[GROUP_ACCESS] ? given[GROUP_ACCESS]
						     : given[GROUP_IDMAP]);
	if (upper) {
		v->upper = xstrdup(upper + strlen("upperdir="));
		v->work = xstrdup(work + strlen("workdir="));
	}
	return 0;
}

int volume_words(const char *text, char *const *words, struct volume *v,
		 struct error *err)
{
	const char *given[GROUPS] = {0};
	int r;

	strv_foreach (word, words) {
		const struct volume_word *known = find_word(*word);

		if (!known)
			return unknown_word(text, *word, err);
		if (given[known->group] && !str_eq(given[known->group], *word))
			return error_set(err, ERR_INVALID, 0, "volume %s: both %s and %s",
					 text, given[known->group], *word);
		given[known->group] = *word;
	}
	if (given[GROUP_OWNER] && given[GROUP_IDMAP])
		return error_set(
			err, ERR_INVALID, 0,
			"volume %s: both U, which changes the files' owners, and %s, which shows other ones",
			text, given[GROUP_IDMAP]);
	r = take_overlay(text, v, given, err);
	if (r >= 0)
		finish_options(v, given);
	return r;
}

bool volume_is_path(const char *source)
{
	return source[0] == '/' || source[0] == '.';
}

const char *volume_shown(const struct volume *v)
{
	return v->name ? v->name : v->source;
}

static int take_source(const char *text, const char *source, struct volume *v,
		       struct error *err)
{
	if (source[0] == '\0')
		return error_set(err, ERR_INVALID, 0,
				 "volume %s: the host directory is empty", text);
	v->kind = volume_is_path(source) ? VOLUME_BIND : VOLUME_NAMED;
	if (v->kind == VOLUME_BIND)
		v->source = xstrdup(source);
	else
		v->name = xstrdup(source);
	return 0;
}

int volume_parse(struct volumes *list, const char *text, struct error *err)
{
	cleanup_strv char **parts = str_split(text, ':'), **words = NULL;
	cleanup(volume_release) struct volume v = {.kind = VOLUME_NAMED};
	size_t n = strv_len(parts);
	int r = 0;

	if (n > 3 || (n == 1 && text[0] != '/')) {
		error_set(err, ERR_INVALID, 0,
			  "volume %s: expected [SOURCE:]CONTAINER-DIR[:OPTIONS]", text);
		return error_hint(err,
				  "For example: -v /srv/data:/data:ro, -v data:/data");
	}
	v.anonymous = n == 1;
	if (n > 1)
		r = take_source(text, parts[0], &v, err);
	if (r < 0)
		return r;
	r = volume_take_destination(parts[n > 1], &v, err);
	if (r < 0)
		return error_wrap(err, "volume %s", text);
	words = n == 3 ? str_split(parts[2], ',') : NULL;
	r = volume_words(text, words, &v, err);
	if (r < 0)
		return r;
	r = volumes_add(list, &v, err);
	return r < 0 ? error_wrap(err, "volume %s", text) : 0;
}

static bool is_tmpfs_word(const char *word)
{
	static const char *const plain[] = {
		"rw",        "ro",       "exec",    "noexec",     "suid",
		"nosuid",    "dev",      "nodev",   "sync",       "async",
		"noatime",   "relatime", "private", "rprivate",   "shared",
		"rshared",   "slave",    "rslave",  "unbindable", "runbindable",
		"tmpcopyup", "noswap",   "size",    "mode",       "nr_inodes",
		"nr_blocks", "uid",      "gid",     "huge",       "mpol",
		NULL,
	};
	size_t len = strcspn(word, "=");

	for (size_t i = 0; plain[i]; i++)
		if (strlen(plain[i]) == len && strncmp(plain[i], word, len) == 0)
			return true;
	return false;
}

int tmpfs_words(const char *text, char *const *words, struct volume *v, struct error *err)
{
	bool copy_up = !strv_has(words, "notmpcopyup");

	strv_foreach (word, words) {
		if (str_eq(*word, "notmpcopyup") || str_eq(*word, "tmpcopyup") ||
		    str_eq(*word, "U"))
			continue;
		if (!is_tmpfs_word(*word))
			return error_set(err, ERR_INVALID, 0,
					 "tmpfs %s: unknown option \"%s\"", text, *word);
		strv_add(&v->options, *word);
	}
	if (!strv_has(words, "suid"))
		strv_add(&v->options, "nosuid");
	if (!strv_has(words, "dev"))
		strv_add(&v->options, "nodev");
	if (copy_up)
		strv_add(&v->options, "tmpcopyup");
	v->writable = !strv_has(words, "ro");
	v->give = strv_has(words, "U");
	return 0;
}

int tmpfs_parse(struct volumes *list, const char *text, struct error *err)
{
	cleanup_free char *destination = xstrndup(text, strcspn(text, ":"));
	const char *colon = strchr(text, ':');
	cleanup_strv char **words = colon ? str_split(colon + 1, ',') : NULL;
	cleanup(volume_release) struct volume v = {.kind = VOLUME_FS};
	int r;

	r = volume_take_destination(destination, &v, err);
	if (r < 0)
		return error_wrap(err, "tmpfs %s", text);
	r = tmpfs_words(text, words, &v, err);
	if (r < 0)
		return r;
	r = volumes_add(list, &v, err);
	return r < 0 ? error_wrap(err, "tmpfs %s", text) : 0;
}

void volumes_add_empty(struct volumes *list, const char *data_dir,
		       const char *destination, mode_t mode)
{
	static const char *const words[] = {"rbind", "rprivate", "nosuid", "nodev"};
	struct volume v = {
		.source = xasprintf("%s/volume%zu", data_dir, list->n),
		.destination = xstrdup(destination),
		.writable = true,
		.kind = VOLUME_OWN,
		.mode = mode,
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		strv_add(&v.options, words[i]);
	list->items = xreallocarray(list->items, list->n + 1, sizeof(*list->items));
	list->items[list->n++] = v;
}
