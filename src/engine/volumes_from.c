/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/volumes_from.h"

#include <string.h>

#include "engine/container.h"
#include "engine/mount_record.h"
#include "util/mem.h"
#include "util/str.h"

static int check_words(const char *text, char *const *words, struct error *err)
{
	bool ro = strv_has(words, "ro"), rw = strv_has(words, "rw");

	strv_foreach (word, words)
		if (!str_eq(*word, "ro") && !str_eq(*word, "rw") && !str_eq(*word, "z") &&
		    !str_eq(*word, "Z"))
			return error_set(
				err, ERR_INVALID, 0,
				"invalid options \"%s\", can only specify 'ro', 'rw', and 'z'",
				*word);
	return ro && rw ? error_set(err, ERR_INVALID, 0,
				    "volumes from %s: both ro and rw", text)
			: 0;
}

static bool is_access(const char *word)
{
	return str_eq(word, "ro") || str_eq(word, "rro") || str_eq(word, "rw");
}

static void set_access(struct volume *v, bool writable)
{
	cleanup_strv char **words = NULL;

	strv_foreach (word, v->options)
		if (!is_access(*word))
			strv_add(&words, *word);
	strv_add(&words, writable ? "rw" : "ro");
	if (!writable)
		strv_add(&words, "rro");
	strv_free(v->options);
	v->options = TAKE_PTR(words);
	v->writable = writable;
}

/* What was decided for the other container's start is decided anew for this one's. */
static void forget_decisions(struct volume *v)
{
	cleanup_strv char **words = NULL;

	strv_foreach (word, v->options)
		if (!str_starts(*word, "tmpcopyup") && !str_starts(*word, "subpath=") &&
		    (v->kind != VOLUME_NAMED || !str_eq(*word, "idmap")))
			strv_add(&words, *word);
	strv_free(v->options);
	v->options = TAKE_PTR(words);
	if (v->kind == VOLUME_NAMED) {
		free(v->source);
		v->source = NULL;
	}
}

static bool can_be_shared(const struct volume *v)
{
	return v->kind == VOLUME_BIND || v->kind == VOLUME_IMAGE ||
	       (v->kind == VOLUME_NAMED && !v->type);
}

int volumes_from(const struct engine *e, const char *text, struct volumes *volumes,
		 const struct volumes *tmpfs, struct error *err)
{
	cleanup_free char *name = xstrndup(text, strcspn(text, ":"));
	const char *colon = strchr(text, ':');
	cleanup_strv char **words = colon ? str_split(colon + 1, ',') : NULL;
	cleanup_volumes struct volumes theirs = {0};
	cleanup_container struct container c = {0};
	int r = check_words(text, words, err);

	if (r >= 0)
		r = container_find(e, name, &c, err);
	if (r < 0)
		return error_wrap(err, "volumes from %s", name);
	mount_records(&c.config, &theirs);
	for (size_t i = 0; r >= 0 && i < theirs.n; i++) {
		struct volume *v = &theirs.items[i];

		if (!can_be_shared(v) || volumes_find(volumes, v->destination) ||
		    volumes_find(tmpfs, v->destination))
			continue;
		forget_decisions(v);
		if (strv_has(words, "ro") || strv_has(words, "rw"))
			set_access(v, strv_has(words, "rw"));
		r = volumes_add(volumes, v, err);
	}
	return r;
}
