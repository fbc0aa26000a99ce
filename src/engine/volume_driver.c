/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/volume_driver.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/idmap.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

void volume_source_release(struct volume_source *s)
{
	free(s->type);
	free(s->device);
	strv_free(s->options);
	*s = (struct volume_source){0};
}

static int take_id(const char *word, const char *key, int64_t *ret, struct error *err)
{
	uint32_t id;

	if (str_to_u32(word + strlen(key), &id) < 0 || id == IDMAP_NONE)
		return error_set(err, ERR_INVALID, 0,
				 "cannot convert %s to an id: invalid argument", word);
	*ret = id;
	return 0;
}

static int no_quota(struct error *err)
{
	error_set(
		err, ERR_UNSUPPORTED, 0,
		"volume options size and inodes not supported for directories: Cubby sets no quotas");
	return error_hint(err, "For one in memory: --opt type=tmpfs --opt device=tmpfs "
			       "--opt o=size=10m");
}

/* A word of o= that is the volume's, not the mount's: 1; 0: the mount's. */
static int take_own_word(const char *word, bool is_tmpfs, int64_t *uid, int64_t *gid,
			 struct error *err)
{
	int r;

	if (str_starts(word, "uid=") || str_starts(word, "gid=")) {
		r = take_id(word,
			    word[0] == 'u' ? "uid=" : "gid=", word[0] == 'u' ? uid : gid,
			    err);
		return r < 0 ? r : 1;
	}
	if (!is_tmpfs && (str_starts(word, "size=") || str_starts(word, "inodes=")))
		return no_quota(err);
	return str_eq(word, "noquota");
}

static bool is_bind(const char *type, char *const *words)
{
	return str_eq(type, "bind") || strv_has(words, "bind") ||
	       strv_has(words, "rbind");
}

static int take_o(const char *text, struct volume_source *s, int64_t *uid, int64_t *gid,
		  struct error *err)
{
	cleanup_strv char **words = str_split(text, ',');
	int r;

	strv_foreach (word, words) {
		r = take_own_word(*word, str_eq(s->type, "tmpfs"), uid, gid, err);
		if (r < 0)
			return r;
		if (r == 0 && **word)
			strv_add(&s->options, *word);
	}
	return 0;
}

static int finish(struct volume_source *s, struct error *err)
{
	if (is_bind(s->type, s->options)) {
		free(s->type);
		s->type = xstrdup("bind");
		if (!strv_has(s->options, "bind") && !strv_has(s->options, "rbind"))
			strv_add(&s->options, "rbind");
		if (!s->device || s->device[0] != '/')
			return error_set(
				err, ERR_INVALID, 0,
				"a bind needs device=DIRECTORY, an absolute path: invalid argument");
		return 0;
	}
	if (str_empty(s->type) && (s->device || s->options))
		return error_set(
			err, ERR_INVALID, 0,
			"%s needs type=FILESYSTEM or o=bind too: invalid argument",
			s->device ? "device" : s->options[0]);
	return 0;
}

struct option_pair {
	const char *key, *value;
};

static int take_pair(const struct option_pair *p, struct volume_source *s, char **o,
		     struct error *err)
{
	if (str_eq(p->key, "type") && p->value) {
		free(s->type);
		s->type = str_eq(p->value, "none") ? NULL : xstrdup(p->value);
	} else if (str_eq(p->key, "device") && p->value) {
		free(s->device);
		s->device = xstrdup(p->value);
	} else if (str_eq(p->key, "o") && p->value) {
		free(*o);
		*o = xstrdup(p->value);
	} else if (str_eq(p->key, "nocopy") || str_eq(p->key, "copy")) {
		s->no_copy = p->key[0] == 'n';
	} else {
		return error_set(
			err, ERR_INVALID, 0,
			"invalid mount option %s for driver 'local': invalid argument",
			p->key);
	}
	return 0;
}

int volume_driver_check(const char *driver, char *const *options, int64_t *uid,
			int64_t *gid, struct error *err)
{
	cleanup_volume_source struct volume_source s = {0};
	cleanup_free char *o = NULL;
	int r = 0;

	if (!str_eq(driver, VOLUME_DRIVER)) {
		error_set(
			err, ERR_UNSUPPORTED, 0,
			"no volume plugin with name %s available: required plugin missing",
			driver);
		return error_hint(err, "The driver is 'local'");
	}
	strv_foreach (word, options) {
		size_t len = strcspn(*word, "=");
		cleanup_free char *key = xstrndup(*word, len);
		const struct option_pair p = {key, (*word)[len] ? *word + len + 1 : NULL};

		r = take_pair(&p, &s, &o, err);
		if (r < 0)
			return r;
	}
	if (o)
		r = take_o(o, &s, uid, gid, err);
	return r < 0 ? r : finish(&s, err);
}

int volume_driver_source(const char *options, struct volume_source *ret,
			 struct error *err)
{
	cleanup_json struct json_object *object = NULL;
	cleanup_volume_source struct volume_source s = {0};
	cleanup_free char *o = NULL;
	int64_t uid = -1, gid = -1;
	int r = json_parse_own(options, strlen(options), "the volume's options", &object,
			       err);

	if (r < 0)
		return r;
	json_object_object_foreach (object, key, value) {
		const struct option_pair p = {key, json_get_str(object, key)};

		(void)value;
		r = take_pair(&p, &s, &o, err);
		if (r < 0)
			return r;
	}
	if (o)
		r = take_o(o, &s, &uid, &gid, err);
	if (r >= 0 && str_eq(s.type, "tmpfs")) {
		if (uid >= 0)
			strv_addf(&s.options, "uid=%lld", (long long)uid);
		if (gid >= 0)
			strv_addf(&s.options, "gid=%lld", (long long)gid);
	}
	if (r >= 0)
		r = finish(&s, err);
	if (r < 0)
		return r;
	*ret = s;
	s = (struct volume_source){0};
	return 0;
}
