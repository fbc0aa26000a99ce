/* SPDX-License-Identifier: Apache-2.0 */
#include "build/config.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/environment.h"
#include "spec/image.h"
#include "spec/spec.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/signals.h"
#include "util/str.h"
#include "util/time.h"

#define DEFAULT_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define PORTS_MAX    65535

/* --- lists that are maps in the document: sorted, each name once --- */

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_sorted(char ***v, const char *word)
{
	if (strv_has(*v, word))
		return;
	strv_add(v, word);
	qsort(*v, strv_len(*v), sizeof(**v), compare);
}

static size_t pair_at(const struct spec_key_value *pairs, size_t n, const char *name)
{
	size_t at = 0;

	while (at < n && strcmp(pairs[at].key, name) < 0)
		at++;
	return at;
}

void config_set_pair(struct spec_key_value **pairs, size_t *n, const char *name,
		     const char *value)
{
	size_t at = pair_at(*pairs, *n, name);

	if (at < *n && str_eq((*pairs)[at].key, name)) {
		char *copy = xstrdup(value); /* it may be the old one */

		free((*pairs)[at].value);
		(*pairs)[at].value = copy;
		return;
	}
	*pairs = xreallocarray(*pairs, *n + 1, sizeof(**pairs));
	memmove(*pairs + at + 1, *pairs + at, (*n - at) * sizeof(**pairs));
	(*pairs)[at] = (struct spec_key_value){xstrdup(name), xstrdup(value)};
	(*n)++;
}

void config_drop_pair(struct spec_key_value **pairs, size_t *n, const char *name)
{
	size_t at = pair_at(*pairs, *n, name);

	if (at == *n || !str_eq((*pairs)[at].key, name))
		return;
	free((*pairs)[at].key);
	free((*pairs)[at].value);
	memmove(*pairs + at, *pairs + at + 1, (*n - at - 1) * sizeof(**pairs));
	if (--*n > 0)
		return;
	/* none is another document than an empty map */
	free(*pairs);
	*pairs = NULL;
}

void config_set_label(struct image_config *config, const char *name, const char *value)
{
	config_set_pair(&config->config.labels, &config->config.n_labels, name, value);
}

void config_drop_label(struct image_config *config, const char *name)
{
	config_drop_pair(&config->config.labels, &config->config.n_labels, name);
}

void config_set_env(struct image_config *config, const char *pair)
{
	environment_set(&config->config.env, pair);
}

void config_unset_env(struct image_config *config, const char *name)
{
	environment_unset(&config->config.env, name);
}

/* --- one instruction --- */

static void set_text(char **to, const char *text)
{
	char *copy = text ? xstrdup(text) : NULL;

	free(*to);
	*to = copy;
}

static void set_words(char ***to, char *const *words)
{
	char **copy = strv_copy(words);

	strv_free(*to);
	*to = copy;
}

/* The shown line is added by who called. */
static _printf_(2, 3) int invalid(struct error *err, const char *fmt, ...)
{
	cleanup_free char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = xstrdup(fmt);
	va_end(args);
	return error_set(err, ERR_INVALID, 0, "%s", text);
}

static int one_word(const struct config_change *c, char **ret, struct error *err)
{
	int r = expand_word(c->instruction->args[0], c->scope, ret, err);

	/* USER $nobody is that of nobody in particular, and WORKDIR $nowhere stays, as in Docker and buildah. */
	if (r >= 0 && str_empty(*ret) && c->instruction->kind == INSTRUCTION_STOPSIGNAL)
		r = invalid(err, "%s: there is nothing behind it",
			    instruction_word(c->instruction->kind));
	return r;
}

/* All words are expanded with what was before the instruction: ENV a=1 b=$a has the old a. */
static int all_words(const struct config_change *c, char ***ret, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < c->instruction->n_args && r >= 0; i++) {
		char *word = NULL;

		r = expand_word(c->instruction->args[i], c->scope, &word, err);
		if (r >= 0)
			strv_add_take(ret, word);
	}
	return r;
}

static int apply_env(const struct config_change *c, struct error *err)
{
	cleanup_strv char **pairs = NULL;
	int r = all_words(c, &pairs, err);

	strv_foreach (pair, pairs)
		if (r >= 0 && (**pair == '=' || !strchr(*pair, '=')))
			r = invalid(err, "ENV: expected NAME=VALUE, not \"%s\"", *pair);
	strv_foreach (pair, pairs)
		if (r >= 0)
			config_set_env(c->config, *pair);
	return r;
}

static int apply_label(const struct config_change *c, struct error *err)
{
	cleanup_strv char **pairs = NULL;
	int r = all_words(c, &pairs, err);

	strv_foreach (pair, pairs)
		if (r >= 0 && (**pair == '=' || !strchr(*pair, '=')))
			r = invalid(err, "LABEL: expected NAME=VALUE, not \"%s\"", *pair);
	strv_foreach (pair, pairs) {
		cleanup_free char *name = xstrndup(*pair, strcspn(*pair, "="));

		if (r >= 0)
			config_set_label(c->config, name, *pair + strlen(name) + 1);
	}
	return r;
}

/* The words of a command, or the shell's with the line as its last one. */
static char **command_of(const struct config_change *c)
{
	char **words = NULL;

	if (c->instruction->is_exec)
		return strv_copy(c->instruction->args);
	words = strv_copy(config_shell(c->config));
	strv_add(&words, c->instruction->args[0]);
	return words;
}

static int apply_cmd(const struct config_change *c, struct error *err)
{
	(void)err;
	strv_free(c->config->config.cmd);
	c->config->config.cmd = command_of(c);
	*c->cmd_set = true;
	return 0;
}

static int apply_entrypoint(const struct config_change *c, struct error *err)
{
	(void)err;
	strv_free(c->config->config.entrypoint);
	c->config->config.entrypoint = command_of(c);
	if (!*c->cmd_set)
		set_words(&c->config->config.cmd, NULL);
	return 0;
}

static int apply_shell(const struct config_change *c, struct error *err)
{
	if (!c->instruction->is_exec || c->instruction->n_args == 0)
		return invalid(err,
			       "SHELL: expected a JSON array, such as [\"/bin/bash\", "
			       "\"-c\"]");
	set_words(&c->config->config.shell, c->instruction->args);
	return 0;
}

/* "80", "80-82"; a range becomes its ports, so that everybody who reads the config knows them. */
static int add_ports(const char *numbers, const char *protocol, char ***ports)
{
	cleanup_strv char **ends = str_split(numbers, '-');
	uint32_t first, last;

	if (strv_len(ends) > 2 || str_to_u32(ends[0], &first) < 0)
		return -EINVAL;
	last = first;
	if (ends[1] && str_to_u32(ends[1], &last) < 0)
		return -EINVAL;
	if (first == 0 || last < first || last > PORTS_MAX)
		return -EINVAL;
	for (uint32_t port = first; port <= last; port++)
		strv_addf(ports, "%u/%s", port, protocol);
	return 0;
}

static int add_exposed(const struct config_change *c, const char *word, struct error *err)
{
	cleanup_strv char **parts = str_split(word, '/'), **ports = NULL;
	const char *protocol = parts[1] ? parts[1] : "tcp";
	static const char *const known[] = {"tcp", "udp", "sctp"};
	const char *lower = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strcasecmp(known[i], protocol) == 0)
			lower = known[i];
	if (strv_len(parts) > 2 || !lower || add_ports(parts[0], lower, &ports) < 0)
		return invalid(err,
			       "EXPOSE: \"%s\": expected PORT[-PORT][/tcp|/udp|/sctp]",
			       word);
	strv_foreach (port, ports)
		if (strv_len(c->config->config.exposed_ports) < 3 * PORTS_MAX)
			strv_add(&c->config->config.exposed_ports, *port);
	return 0;
}

/* Sorted, each once. */
static void tidy(char **v)
{
	size_t n = strv_len(v), kept = 0;

	if (n > 0)
		qsort(v, n, sizeof(*v), compare);
	for (size_t i = 0; i < n; i++) {
		if (kept > 0 && str_eq(v[kept - 1], v[i]))
			free(v[i]);
		else
			v[kept++] = v[i];
	}
	if (v)
		v[kept] = NULL;
}

static int apply_expose(const struct config_change *c, struct error *err)
{
	cleanup_strv char **words = NULL;
	int r = 0;

	for (size_t i = 0; i < c->instruction->n_args && r >= 0; i++)
		r = expand_fields(c->instruction->args[i], c->scope, &words, err);
	strv_foreach (word, words)
		if (r >= 0)
			r = add_exposed(c, *word, err);
	tidy(c->config->config.exposed_ports);
	return r;
}

static int apply_volume(const struct config_change *c, struct error *err)
{
	cleanup_strv char **words = NULL;
	int r = all_words(c, &words, err);

	strv_foreach (word, words) {
		if (r >= 0 && !**word)
			r = invalid(err, "VOLUME: a path is empty");
		if (r >= 0)
			add_sorted(&c->config->config.volumes, *word);
	}
	return r;
}

static int apply_user(const struct config_change *c, struct error *err)
{
	cleanup_free char *user = NULL;
	int r = one_word(c, &user, err);

	if (r >= 0)
		set_text(&c->config->config.user, *user ? user : NULL);
	return r;
}

static int apply_stopsignal(const struct config_change *c, struct error *err)
{
	cleanup_free char *word = NULL;
	int r = one_word(c, &word, err), signal;

	if (r >= 0 && signal_parse(word, &signal) < 0)
		r = invalid(err, "STOPSIGNAL: there is no signal %s", word);
	if (r >= 0)
		set_text(&c->config->config.stop_signal, word);
	return r;
}

static int apply_maintainer(const struct config_change *c, struct error *err)
{
	(void)err;
	set_text(&c->config->author, c->instruction->args[0]);
	return 0;
}

/* --- HEALTHCHECK --- */

static int take_time(const struct config_change *c, const char *name, int64_t *ret_nsec,
		     struct error *err)
{
	const struct instruction_flag *f = instruction_flag(c->instruction, name);
	int64_t usec;

	if (!f)
		return 0;
	if (str_empty(f->value) || time_parse_duration(f->value, &usec) < 0 || usec < 0 ||
	    usec > INT64_MAX / 1000 || (usec > 0 && usec < 1000))
		return invalid(err,
			       "HEALTHCHECK --%s: \"%s\": expected a time of at least a "
			       "millisecond, such as 30s or 1m30s",
			       name, f->value ? f->value : "");
	*ret_nsec = usec * 1000;
	return 0;
}

static int take_retries(const struct config_change *c, int64_t *ret, struct error *err)
{
	const struct instruction_flag *f = instruction_flag(c->instruction, "retries");
	uint32_t number;

	if (!f)
		return 0;
	if (str_empty(f->value) || str_to_u32(f->value, &number) < 0)
		return invalid(err, "HEALTHCHECK --retries: \"%s\" is no number",
			       f->value ? f->value : "");
	*ret = number;
	return 0;
}

static int apply_healthcheck(const struct config_change *c, struct error *err)
{
	char *const *words = c->instruction->args;
	struct image_healthcheck check = {0};
	int r = take_time(c, "interval", &check.interval, err);

	if (r >= 0)
		r = take_time(c, "timeout", &check.timeout, err);
	if (r >= 0)
		r = take_time(c, "start-period", &check.start_period, err);
	if (r >= 0)
		r = take_time(c, "start-interval", &check.start_interval, err);
	if (r >= 0)
		r = take_retries(c, &check.retries, err);
	if (r < 0)
		return r;
	if (str_eq(words[0], "NONE"))
		check = (struct image_healthcheck){0};
	if (str_eq(words[0], "CMD") && !c->instruction->is_exec) {
		strv_add(&check.test, "CMD-SHELL");
		strv_add(&check.test, words[1]);
	} else {
		check.test = strv_copy(words);
	}
	struct image_run_config *run = &c->config->config;
	if (run->healthcheck)
		strv_free(run->healthcheck->test);
	else
		run->healthcheck = xcalloc(1, sizeof(*run->healthcheck));
	*run->healthcheck = check;
	return 0;
}

/* --- ONBUILD, WORKDIR --- */

static int apply_onbuild(const struct config_change *c, struct error *err)
{
	(void)err;
	strv_add(&c->config->config.on_build, c->instruction->args[0]);
	return 0;
}

int config_workdir(const struct config_change *c, char **ret, struct error *err)
{
	cleanup_free char *word = NULL, *path = NULL;
	const char *old = c->config->config.working_dir;
	int r = one_word(c, &word, err);

	if (r < 0)
		return dockerfile_wrap(c->dockerfile, c->instruction->places[0], err);
	/* an old one without a slash in front is whoever's made the base image */
	path = word[0] == '/' ? xstrdup(word) : xasprintf("/%s/%s", old ? old : "", word);
	*ret = path_clean(path);
	return 0;
}

void config_set_workdir(struct image_config *config, const char *path)
{
	set_text(&config->config.working_dir, path);
}

char *config_time(int64_t usec)
{
	char text[TIME_TEXT_MAX], *fraction;

	time_rfc3339(usec, text);
	fraction = strstr(text, ".000000Z");
	if (fraction)
		memcpy(fraction, "Z", 2);
	return xstrdup(text);
}

void config_set_created(struct image_config *config, int64_t usec)
{
	cleanup_free char *text = config_time(usec);

	set_text(&config->created, text);
}

static void drop_word(char **v, const char *word)
{
	char **to = v;

	for (; v && *v; v++) {
		if (str_eq(*v, word))
			free(*v);
		else
			*to++ = *v;
	}
	if (to)
		*to = NULL;
}

void config_set_os(struct image_config *config, const char *version,
		   char *const *features)
{
	if (version)
		set_text(&config->os_version, version);
	strv_foreach (feature, features) {
		cleanup_free char *name = xstrdup(*feature);
		bool away = str_ends(name, "-");

		if (away)
			name[strlen(name) - 1] = '\0';
		drop_word(config->os_features, name);
		if (!away)
			strv_add(&config->os_features, name);
	}
}

char *const *config_shell(const struct image_config *config)
{
	static char sh[] = "/bin/sh", c[] = "-c";
	static char *const usual[] = {sh, c, NULL};

	return strv_len(config->config.shell) > 0 ? config->config.shell : usual;
}

/* --- all of them --- */

static const struct {
	enum instruction_kind kind;
	int (*apply)(const struct config_change *c, struct error *err);
} table[] = {
	{INSTRUCTION_CMD, apply_cmd},
	{INSTRUCTION_ENTRYPOINT, apply_entrypoint},
	{INSTRUCTION_ENV, apply_env},
	{INSTRUCTION_EXPOSE, apply_expose},
	{INSTRUCTION_HEALTHCHECK, apply_healthcheck},
	{INSTRUCTION_LABEL, apply_label},
	{INSTRUCTION_MAINTAINER, apply_maintainer},
	{INSTRUCTION_ONBUILD, apply_onbuild},
	{INSTRUCTION_SHELL, apply_shell},
	{INSTRUCTION_STOPSIGNAL, apply_stopsignal},
	{INSTRUCTION_USER, apply_user},
	{INSTRUCTION_VOLUME, apply_volume},
};

bool config_applies(enum instruction_kind kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i].kind == kind)
			return true;
	return false;
}

int config_apply(const struct config_change *c, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (table[i].kind != c->instruction->kind)
			continue;
		if (table[i].apply(c, err) < 0)
			return dockerfile_wrap(c->dockerfile,
					       instruction_place(c->instruction), err);
		return 0;
	}
	return 0;
}

static void sort_labels(struct image_run_config *run)
{
	struct spec_key_value *sorted = NULL;
	size_t n = 0;

	for (size_t i = 0; i < run->n_labels; i++) {
		config_set_pair(&sorted, &n, run->labels[i].key, run->labels[i].value);
		free(run->labels[i].key);
		free(run->labels[i].value);
	}
	free(run->labels);
	run->labels = sorted;
	run->n_labels = n;
}

void config_adopt(struct image_config *config)
{
	json_put(config->document);
	config->document = NULL;
	sort_labels(&config->config);
	tidy(config->config.exposed_ports);
	tidy(config->config.volumes);
	if (!environment_get(config->config.env, "PATH"))
		config_set_env(config, DEFAULT_PATH);
}
