/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/image_change.h"

#include <string.h>
#include <strings.h>

#include "util/buf.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define BLANKS " \t"

/* An instruction on its way. */
struct change {
	const char *typed; /* the whole, for messages */
	const char *rest;  /* what follows the word */
	struct json_object *config;
	struct error *err;
};

static int fail(const struct change *c, const char *what)
{
	return error_set(c->err, ERR_INVALID, 0, "--change \"%s\": %s", c->typed, what);
}

/* A quoted or escaped part goes on as what it stands for. *at moves past the word. */
static int take_word(const struct change *c, const char **at, char **ret)
{
	cleanup_buf struct buf word = {0};
	const char *p = *at;
	char quote = '\0';

	buf_init(&word, strlen(p) + 1);
	for (; *p && (quote || !strchr(BLANKS, *p)); p++) {
		bool escaped = *p == '\\' && quote != '\'' && p[1];

		if (escaped) {
			p++;
		} else if (quote ? *p == quote : *p == '"' || *p == '\'') {
			quote = quote ? '\0' : *p;
			continue;
		}
		(void)!buf_add(&word, p, 1);
	}
	if (quote)
		return fail(c, "a quote is not closed");
	*at = p + strspn(p, BLANKS);
	*ret = buf_take(&word);
	return 0;
}

static int take_words(const struct change *c, char ***ret)
{
	const char *at = c->rest;

	while (*at) {
		char *word;
		int r = take_word(c, &at, &word);

		if (r < 0)
			return r;
		strv_add_take(ret, word);
	}
	return 0;
}

/* ["a", "b"] as JSON, false if it is none. */
static bool take_array(const struct change *c, char ***ret)
{
	cleanup_json struct json_object *o = NULL;
	cleanup_error struct error other = ERROR_INIT;

	return c->rest[0] == '[' &&
	       json_parse(c->rest, strlen(c->rest), "array", &o, &other) >= 0 &&
	       json_to_strv(o, "array", ret, &other) >= 0;
}

/* An argument vector: a JSON array, or a line for the shell. */
static int set_command(const struct change *c, const char *member)
{
	cleanup_strv char **words = NULL;

	if (!take_array(c, &words)) {
		strv_add(&words, "/bin/sh");
		strv_add(&words, "-c");
		strv_add(&words, c->rest);
	}
	json_add_strv(c->config, member, words);
	return 0;
}

static int change_cmd(const struct change *c)
{
	return set_command(c, "Cmd");
}

static int change_entrypoint(const struct change *c)
{
	return set_command(c, "Entrypoint");
}

/* A member that is an object or array, made if it is not there. */
static struct json_object *member_of(struct json_object *o, const char *name,
				     enum json_type type)
{
	struct json_object *member = json_get(o, name);

	if (json_object_is_type(member, type))
		return member;
	member = type == json_type_array ? json_object_new_array()
					 : json_object_new_object();
	json_add(o, name, member);
	return member;
}

/* "NAME=value" into the list, in the place of another of that name. */
static void set_env(struct json_object *list, const char *pair)
{
	size_t name = strcspn(pair, "=") + 1;

	for (size_t i = 0; i < json_object_array_length(list); i++) {
		cleanup_error struct error other = ERROR_INIT;
		const char *old = "";

		(void)!json_to_str(json_object_array_get_idx(list, i), "", &old, &other);
		if (strncmp(old, pair, name) == 0) {
			json_object_array_put_idx(list, i, json_object_new_string(pair));
			return;
		}
	}
	json_object_array_add(list, json_object_new_string(pair));
}

/* Words NAME=VALUE, or the old form "NAME VALUE" for one. */
static int take_pairs(const struct change *c, char ***ret)
{
	size_t name = strcspn(c->rest, "=" BLANKS);
	int r;

	if (c->rest[name] && c->rest[name] != '=') {
		const char *value = c->rest + name + strspn(c->rest + name, BLANKS);

		strv_addf(ret, "%.*s=%s", (int)name, c->rest, value);
		return 0;
	}
	r = take_words(c, ret);
	if (r < 0)
		return r;
	strv_foreach (pair, *ret)
		if (!strchr(*pair, '=') || **pair == '=')
			return fail(c, "expected NAME=VALUE");
	return 0;
}

static int change_env(const struct change *c)
{
	struct json_object *list = member_of(c->config, "Env", json_type_array);
	cleanup_strv char **pairs = NULL;
	int r = take_pairs(c, &pairs);

	if (r < 0)
		return r;
	strv_foreach (pair, pairs)
		set_env(list, *pair);
	return 0;
}

static int change_label(const struct change *c)
{
	struct json_object *labels = member_of(c->config, "Labels", json_type_object);
	cleanup_strv char **pairs = NULL;
	int r = take_pairs(c, &pairs);

	if (r < 0)
		return r;
	strv_foreach (pair, pairs) {
		cleanup_free char *key = xstrndup(*pair, strcspn(*pair, "="));

		json_add_str(labels, key, *pair + strlen(key) + 1);
	}
	return 0;
}

static int add_port(const struct change *c, struct json_object *ports, const char *word)
{
	cleanup_strv char **parts = str_split(word, '/');
	cleanup_free char *port = NULL;
	uint32_t number;

	if (strv_len(parts) > 2 || str_to_u32(parts[0], &number) < 0 || number == 0 ||
	    number > 65535 ||
	    (parts[1] && !str_eq(parts[1], "tcp") && !str_eq(parts[1], "udp") &&
	     !str_eq(parts[1], "sctp")))
		return fail(c, "expected PORT[/tcp|/udp|/sctp]");
	port = xasprintf("%s/%s", parts[0], parts[1] ? parts[1] : "tcp");
	json_add(ports, port, json_object_new_object());
	return 0;
}

static int change_expose(const struct change *c)
{
	struct json_object *ports =
		member_of(c->config, "ExposedPorts", json_type_object);
	cleanup_strv char **words = NULL;
	int r = take_words(c, &words);

	strv_foreach (word, words)
		if (r >= 0)
			r = add_port(c, ports, *word);
	return r;
}

static int change_volume(const struct change *c)
{
	struct json_object *volumes = member_of(c->config, "Volumes", json_type_object);
	cleanup_strv char **words = NULL;
	int r = take_array(c, &words) ? 0 : take_words(c, &words);

	strv_foreach (word, words)
		if (r >= 0)
			json_add(volumes, *word, json_object_new_object());
	return r;
}

static int change_onbuild(const struct change *c)
{
	struct json_object *list = member_of(c->config, "OnBuild", json_type_array);

	json_object_array_add(list, json_object_new_string(c->rest));
	return 0;
}

/* Members that are one word. */
static int set_word(const struct change *c, const char *member)
{
	cleanup_strv char **words = NULL;
	int r = take_words(c, &words);

	if (r < 0)
		return r;
	if (!words || words[1])
		return fail(c, "expected one word");
	json_add_str(c->config, member, words[0]);
	return 0;
}

static int change_stopsignal(const struct change *c)
{
	return set_word(c, "StopSignal");
}

static int change_user(const struct change *c)
{
	return set_word(c, "User");
}

/* A relative directory is below the one that was set before. */
static int change_workdir(const struct change *c)
{
	struct json_object *old = json_get(c->config, "WorkingDir");
	cleanup_error struct error other = ERROR_INIT;
	cleanup_free char *path = NULL;
	const char *below = "/", *dir = NULL;
	int r = set_word(c, "new");

	if (r < 0)
		return r;
	(void)!json_to_str(old, "", &below, &other);
	error_release(&other);
	(void)!json_to_str(json_get(c->config, "new"), "", &dir, &other);
	path = dir[0] == '/'          ? xstrdup(dir)
	       : str_ends(below, "/") ? xasprintf("%s%s", below, dir)
				      : xasprintf("%s/%s", below, dir);
	json_add_str(c->config, "WorkingDir", path);
	json_object_object_del(c->config, "new");
	return 0;
}

static const struct {
	const char *word;
	int (*change)(const struct change *c);
} instructions[] = {
	{"CMD", change_cmd},
	{"ENTRYPOINT", change_entrypoint},
	{"ENV", change_env},
	{"EXPOSE", change_expose},
	{"LABEL", change_label},
	{"ONBUILD", change_onbuild},
	{"STOPSIGNAL", change_stopsignal},
	{"USER", change_user},
	{"VOLUME", change_volume},
	{"WORKDIR", change_workdir},
};

/* "CMD a b" and "CMD=a b", as podman takes them. */
static int apply(const char *typed, struct json_object *config, struct error *err)
{
	const char *start = typed + strspn(typed, BLANKS);
	size_t len = strcspn(start, "=" BLANKS);
	struct change c = {.typed = typed, .config = config, .err = err};

	c.rest = start + len;
	c.rest += *c.rest == '=';
	c.rest += strspn(c.rest, BLANKS);
	for (size_t i = 0; i < ARRAY_SIZE(instructions); i++) {
		if (strlen(instructions[i].word) != len ||
		    strncasecmp(instructions[i].word, start, len) != 0)
			continue;
		return *c.rest ? instructions[i].change(&c) : fail(&c, "it says nothing");
	}
	fail(&c, "not an instruction that can change an image");
	return error_hint(err, "There are CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, ONBUILD, "
			       "STOPSIGNAL, USER, VOLUME, WORKDIR");
}

int image_change_apply(char *const *changes, struct json_object *config,
		       struct error *err)
{
	int r = 0;

	strv_foreach (change, changes) {
		r = apply(*change, config, err);
		if (r < 0)
			break;
	}
	return r;
}
