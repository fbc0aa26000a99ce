/* SPDX-License-Identifier: Apache-2.0 */
#include "build/run_mount_option.h"

#include <stdlib.h>
#include <string.h>

#include "engine/mount_option.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

#define SECRET_DIR   "/run/secrets"
#define SSH_ID       "default"
#define WORD_OF(bit) (1U << (bit))

enum {
	BIND = WORD_OF(RUN_MOUNT_BIND),
	CACHE = WORD_OF(RUN_MOUNT_CACHE),
	TMPFS = WORD_OF(RUN_MOUNT_TMPFS),
	SECRET = WORD_OF(RUN_MOUNT_SECRET),
	SSH = WORD_OF(RUN_MOUNT_SSH),
	ALL = BIND | CACHE | TMPFS | SECRET | SSH,
};

static const char *const type_words[RUN_MOUNT_TYPES + 1] = {"bind",   "cache", "tmpfs",
							    "secret", "ssh",   NULL};

const char *run_mount_word(enum run_mount_type type)
{
	return type_words[type];
}

void run_mount_release(struct run_mount *m)
{
	free(m->target);
	free(m->source);
	free(m->from);
	free(m->id);
	free(m->env);
	free(m->sharing);
	strv_free(m->words);
	*m = (struct run_mount){0};
}

/* One KEY=VALUE; value: expanded, NULL where there is none. */
struct pair {
	const char *text; /* of the whole option */
	const char *key, *value;
};

static int take_text(char **to, const struct pair *p, struct error *err)
{
	if (str_empty(p->value))
		return error_set(err, ERR_INVALID, 0, "--mount=%s: %s= has no value",
				 p->text, p->key);
	free(*to);
	*to = xstrdup(p->value);
	return 0;
}

static int take_target(struct run_mount *m, const struct pair *p, struct error *err)
{
	return take_text(&m->target, p, err);
}

static int take_source(struct run_mount *m, const struct pair *p, struct error *err)
{
	return take_text(&m->source, p, err);
}

static int take_from(struct run_mount *m, const struct pair *p, struct error *err)
{
	return take_text(&m->from, p, err);
}

static int take_id(struct run_mount *m, const struct pair *p, struct error *err)
{
	return take_text(&m->id, p, err);
}

static int take_env(struct run_mount *m, const struct pair *p, struct error *err)
{
	if (p->value && strchr(p->value, '='))
		return error_set(err, ERR_INVALID, 0,
				 "--mount=%s: env=%s: a variable's name has no \"=\"",
				 p->text, p->value);
	return take_text(&m->env, p, err);
}

static int take_sharing(struct run_mount *m, const struct pair *p, struct error *err)
{
	static const char *const words[] = {"shared", "private", "locked", NULL};
	int r = take_text(&m->sharing, p, err);

	if (r < 0 || strv_has((char *const *)words, m->sharing))
		return r;
	error_set(err, ERR_INVALID, 0, "--mount=%s: sharing=%s: no such word", p->text,
		  m->sharing);
	return error_hint(err, "There are shared, private and locked");
}

/* Go's strconv.ParseBool; alone it is true. */
static int take_bool(bool *to, const struct pair *p, bool yes, struct error *err)
{
	static const char *const trues[] = {"1", "t", "T", "true", "TRUE", "True", NULL};
	static const char *const falses[] = {"0",     "f",     "F", "false",
					     "FALSE", "False", NULL};
	bool is_true = !p->value || strv_has((char *const *)trues, p->value);

	if (!is_true && !strv_has((char *const *)falses, p->value))
		return error_set(err, ERR_INVALID, 0,
				 "--mount=%s: %s=%s: expected true or false", p->text,
				 p->key, p->value);
	*to = is_true ? yes : !yes;
	return 0;
}

static int take_read_only(struct run_mount *m, const struct pair *p, struct error *err)
{
	return take_bool(&m->writable, p, false, err);
}

static int take_writable(struct run_mount *m, const struct pair *p, struct error *err)
{
	return take_bool(&m->writable, p, true, err);
}

static int take_required(struct run_mount *m, const struct pair *p, struct error *err)
{
	return take_bool(&m->required, p, true, err);
}

static int bad_value(const struct pair *p, const char *expected, struct error *err)
{
	return error_set(err, ERR_INVALID, 0, "--mount=%s: %s=%s: expected %s", p->text,
			 p->key, p->value ? p->value : "", expected);
}

static int take_mode(struct run_mount *m, const struct pair *p, struct error *err)
{
	if (!p->value || str_to_mode(p->value, &m->mode) < 0)
		return bad_value(p, "an octal mode such as 0440", err);
	m->has_mode = true;
	return 0;
}

static int take_uid(struct run_mount *m, const struct pair *p, struct error *err)
{
	return p->value && str_to_u32(p->value, &m->uid) == 0 && m->uid != UINT32_MAX
		       ? 0
		       : bad_value(p, "a number", err);
}

static int take_gid(struct run_mount *m, const struct pair *p, struct error *err)
{
	return p->value && str_to_u32(p->value, &m->gid) == 0 && m->gid != UINT32_MAX
		       ? 0
		       : bad_value(p, "a number", err);
}

static int take_size(struct run_mount *m, const struct pair *p, struct error *err)
{
	return p->value && str_to_size(p->value, &m->size) == 0 && m->size
		       ? 0
		       : bad_value(p, "a size such as 64m", err);
}

/* What mounts of a build have anyway, or what is for SELinux: podman's words. */
static int take_nothing(struct run_mount *m, const struct pair *p, struct error *err)
{
	(void)m;
	return str_eq(p->key, "relabel") || !p->value ? 0 : bad_value(p, "no value", err);
}

static int take_word(struct run_mount *m, const struct pair *p, struct error *err)
{
	if (p->value)
		return bad_value(p, "no value", err);
	strv_add(&m->words, p->key);
	return 0;
}

static const struct {
	const char *key;
	unsigned int types;
	int (*take)(struct run_mount *m, const struct pair *p, struct error *err);
} keys[] = {
	{"type", ALL, NULL},
	{"target", ALL, take_target},
	{"dst", ALL, take_target},
	{"destination", ALL, take_target},
	{"source", BIND | CACHE, take_source},
	{"src", BIND | CACHE, take_source},
	{"from", BIND | CACHE, take_from},
	{"rw", BIND | CACHE, take_writable},
	{"readwrite", BIND | CACHE, take_writable},
	{"ro", BIND | CACHE, take_read_only},
	{"readonly", BIND | CACHE, take_read_only},
	{"id", CACHE | SECRET | SSH, take_id},
	{"sharing", CACHE, take_sharing},
	{"required", SECRET | SSH, take_required},
	{"env", SECRET, take_env},
	{"mode", CACHE | SECRET | SSH, take_mode},
	{"uid", CACHE | SECRET | SSH, take_uid},
	{"gid", CACHE | SECRET | SSH, take_gid},
	{"size", TMPFS, take_size},
	{"tmpfs-size", TMPFS, take_size},
	{"nosuid", BIND | CACHE | TMPFS, take_word},
	{"nodev", BIND | CACHE | TMPFS, take_word},
	{"noexec", BIND | CACHE | TMPFS, take_word},
	{"z", BIND | CACHE, take_nothing},
	{"Z", BIND | CACHE, take_nothing},
	{"relabel", BIND, take_nothing},
	{"private", BIND | CACHE, take_nothing},
	{"rprivate", BIND | CACHE, take_nothing},
};

static int unknown_key(const struct pair *p, enum run_mount_type type, struct error *err)
{
	const char *names[ARRAY_SIZE(keys) + 1] = {0};
	cleanup_free char *list = NULL;
	const char *nearest;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].types & WORD_OF(type))
			names[n++] = keys[i].key;
	list = strv_join((char *const *)names, ", ");
	nearest = str_nearest(p->key, names);
	error_set(err, ERR_INVALID, 0, "--mount=%s: a mount of type %s has no %s",
		  p->text, type_words[type], p->key);
	return nearest ? error_hint(err, "Did you mean %s?", nearest)
		       : error_hint(err, "It has %s", list);
}

/* Docker: from= is read before there are any variables. */
static int expand_value(const char *key, const char *value,
			const struct expand_scope *scope, char **ret, struct error *err)
{
	if (str_eq(key, "from") && value && strchr(value, '$')) {
		error_set(
			err, ERR_INVALID, 0,
			"--mount: from=%s: no variables there: stages are put in order before they have values",
			value);
		return error_hint(err, "FROM takes them: FROM %s AS name, and from=name",
				  value);
	}
	if (value && scope)
		return expand_word(value, scope, ret, err);
	*ret = value ? xstrdup(value) : NULL;
	return 0;
}

struct parsing {
	const char *text;
	const struct expand_scope *scope;
	enum run_mount_type type;
};

static int take_pair(const struct parsing *x, const char *word, struct run_mount *m,
		     struct error *err)
{
	const char *equals = strchr(word, '=');
	cleanup_free char *key = xstrndup(word, strcspn(word, "="));
	cleanup_free char *value = NULL;
	struct pair p = {.text = x->text, .key = key};
	int r = expand_value(key, equals ? equals + 1 : NULL, x->scope, &value, err);

	if (r < 0)
		return r;
	p.value = value;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (str_eq(keys[i].key, key) && (keys[i].types & WORD_OF(x->type)))
			return keys[i].take ? keys[i].take(m, &p, err) : 0;
	return unknown_key(&p, x->type, err);
}

static int find_type(const char *text, char *const *words, enum run_mount_type *ret,
		     struct error *err)
{
	const char *word = type_words[RUN_MOUNT_BIND];

	strv_foreach (w, words)
		if (str_starts(*w, "type="))
			word = *w + strlen("type=");
	for (enum run_mount_type t = 0; t < RUN_MOUNT_TYPES; t++) {
		if (!str_eq(type_words[t], word))
			continue;
		*ret = t;
		return 0;
	}
	error_set(err, ERR_INVALID, 0, "--mount=%s: there is no type %s", text, word);
	return error_hint(err, "Types: bind, cache, tmpfs, secret, ssh");
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int finish_secret(const char *text, struct run_mount *m, struct error *err)
{
	if (!m->id && !m->target)
		return error_set(err, ERR_INVALID, 0,
				 "--mount=%s: a secret needs id= or target=", text);
	if (!m->id)
		m->id = xstrdup(last_part(m->target));
	if (!m->target && !m->env)
		m->target = xasprintf(SECRET_DIR "/%s", last_part(m->id));
	return 0;
}

static int finish(const char *text, const char *workdir, struct run_mount *m,
		  struct error *err)
{
	cleanup_free char *rooted = NULL;
	int r = m->type == RUN_MOUNT_SECRET ? finish_secret(text, m, err) : 0;

	if (r < 0)
		return r;
	if (m->type == RUN_MOUNT_SSH && !m->id)
		m->id = xstrdup(SSH_ID);
	if (!m->target)
		return m->type == RUN_MOUNT_SECRET || m->type == RUN_MOUNT_SSH
			       ? 0
			       : error_set(err, ERR_INVALID, 0,
					   "--mount=%s: a mount of type %s needs target=",
					   text, type_words[m->type]);
	rooted = m->target[0] == '/'
			 ? xstrdup(m->target)
			 : xasprintf("/%s/%s", workdir ? workdir : "", m->target);
	free(m->target);
	m->target = path_clean(rooted);
	return str_eq(m->target, "/")
		       ? error_set(err, ERR_INVALID, 0,
				   "--mount=%s: nothing can be mounted on /", text)
		       : 0;
}

int run_mount_parse(const char *text, const char *workdir,
		    const struct expand_scope *scope, struct run_mount *ret,
		    struct error *err)
{
	cleanup_run_mount struct run_mount m = {0};
	cleanup_strv char **words = NULL;
	struct parsing x = {.text = text, .scope = scope};
	int r = csv_split(text, &words, err);

	if (r >= 0)
		r = find_type(text, words, &m.type, err);
	x.type = m.type;
	m.writable = m.type == RUN_MOUNT_CACHE || m.type == RUN_MOUNT_TMPFS;
	strv_foreach (word, words)
		if (r >= 0)
			r = take_pair(&x, *word, &m, err);
	if (r >= 0)
		r = finish(text, workdir, &m, err);
	if (r < 0)
		return r;
	*ret = m;
	m = (struct run_mount){0};
	return 0;
}
