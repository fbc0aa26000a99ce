/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/filter.h"

#include <fnmatch.h>
#include <regex.h>
#include <string.h>

#include "engine/inspect_network.h"
#include "engine/mount_record.h"
#include "engine/restart_policy.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

struct question {
	const struct container *c;
	const struct containers *all;
	const char *value;
};

static bool match_regex(const char *pattern, const char *text)
{
	regex_t regex;
	bool matched;

	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return false;
	matched = regexec(&regex, text, 0, NULL, 0) == 0;
	regfree(&regex);
	return matched;
}

/* The beginning of an id; what cannot be one is a regular expression. */
static bool match_id(const struct question *q)
{
	if (strspn(q->value, "0123456789abcdef") != strlen(q->value))
		return match_regex(q->value, q->c->record.id);
	return str_starts(q->c->record.id, q->value);
}

static bool match_name(const struct question *q)
{
	return match_regex(q->value, q->c->record.name);
}

static bool match_pod(const struct question *q)
{
	return (q->c->record.pod && str_starts(q->c->record.pod, q->value)) ||
	       str_eq(q->c->config.pod_name, q->value);
}

static bool match_status(const struct question *q)
{
	const char *wanted = str_eq(q->value, "stopped")      ? "exited"
			     : str_eq(q->value, "configured") ? "created"
							      : q->value;

	return str_eq(status_word(q->c->status), wanted);
}

static bool match_health(const struct question *q)
{
	return str_eq(q->c->health ? q->c->health : "none", q->value);
}

static bool match_exited(const struct question *q)
{
	int64_t code;

	return q->c->status == CONTAINER_EXITED && str_to_i64(q->value, &code) >= 0 &&
	       code == q->c->record.exit_code;
}

/* Both key and value may have '*' and '?'. */
static bool match_label(const struct question *q)
{
	cleanup_free char *key = xstrndup(q->value, strcspn(q->value, "="));
	const char *equals = strchr(q->value, '=');

	strv_foreach (label, q->c->config.labels) {
		cleanup_free char *own = xstrndup(*label, strcspn(*label, "="));
		const char *value = strchr(*label, '=');

		if (fnmatch(key, own, 0) == 0 &&
		    (!equals || fnmatch(equals + 1, value ? value + 1 : "", 0) == 0))
			return true;
	}
	return false;
}

static bool match_no_label(const struct question *q)
{
	return !match_label(q);
}

static bool match_network(const struct question *q)
{
	return container_is_at_network(&q->c->config, q->value);
}

/* A volume's name, a source, or a destination. */
static bool match_volume(const struct question *q)
{
	cleanup_volumes struct volumes all = {0};

	mount_records(&q->c->config, &all);
	for (size_t i = 0; i < all.n; i++) {
		const struct volume *v = &all.items[i];

		if (str_eq(v->name, q->value) || str_eq(v->source, q->value) ||
		    str_eq(v->destination, q->value))
			return true;
	}
	return false;
}

/* The image by the beginning of its id, or a regular expression for its name. */
static bool match_ancestor(const struct question *q)
{
	const char *id = q->c->record.image, *name = q->c->config.image;

	return (id && *q->value && str_starts(id, q->value)) ||
	       (name && match_regex(q->value, name));
}

static bool match_command(const struct question *q)
{
	return q->c->config.command && match_regex(q->value, q->c->config.command[0]);
}

static bool match_until(const struct question *q)
{
	int64_t until_usec;

	return time_parse(q->value, &until_usec) >= 0 &&
	       q->c->record.created_usec < until_usec;
}

static const struct container *find_named(const struct containers *all, const char *name)
{
	for (size_t i = 0; i < all->n; i++)
		if (str_eq(all->items[i].record.name, name))
			return &all->items[i];
	for (size_t i = 0; i < all->n; i++)
		if (*name && str_starts(all->items[i].record.id, name))
			return &all->items[i];
	return NULL;
}

static struct restart_policy policy_of(const struct container *c)
{
	cleanup_error struct error err = ERROR_INIT;
	struct restart_policy policy = {0};

	if (c->config.restart &&
	    restart_policy_parse(c->config.restart, &policy, &err) < 0)
		error_drop(&err, "it has none that we know");
	return policy;
}

static bool match_restart_policy(const struct question *q)
{
	return str_eq(restart_policy_word(policy_of(q->c).when), q->value);
}

/* What podman calls so: those that ran when the host went down, as far as their policy wants them back. */
static bool match_start_on_boot(const struct question *q)
{
	enum restart_when when = policy_of(q->c).when;
	bool starts = when == RESTART_ALWAYS ||
		      (when == RESTART_UNLESS_STOPPED && !q->c->record.stopped);

	return starts == str_eq(q->value, "true");
}

static const struct container *reference(const struct question *q)
{
	return find_named(q->all, q->value);
}

static bool match_before(const struct question *q)
{
	const struct container *other = reference(q);

	return other && q->c->record.created_usec < other->record.created_usec;
}

static bool match_since(const struct question *q)
{
	const struct container *other = reference(q);

	return other && q->c->record.created_usec > other->record.created_usec;
}

static const struct filter_key {
	const char *key;
	bool (*matches)(const struct question *q);
	bool all; /* every value must hold, not just one */
} filter_keys[] = {
	{"ancestor", match_ancestor, false},
	{"before", match_before, false},
	{"command", match_command, false},
	{"exited", match_exited, false},
	{"health", match_health, false},
	{"id", match_id, false},
	{"label", match_label, true},
	{"label!", match_no_label, true},
	{"name", match_name, false},
	{"network", match_network, false},
	{"pod", match_pod, false},
	{"restart-policy", match_restart_policy, false},
	{"should-start-on-boot", match_start_on_boot, false},
	{"since", match_since, false},
	{"status", match_status, false},
	{"until", match_until, true},
	{"volume", match_volume, false},
};

static const struct filter_key *find_key(const char *filter)
{
	size_t len = strcspn(filter, "=");

	for (size_t i = 0; i < ARRAY_SIZE(filter_keys); i++)
		if (strlen(filter_keys[i].key) == len &&
		    strncmp(filter, filter_keys[i].key, len) == 0)
			return &filter_keys[i];
	return NULL;
}

static int check_regex(const char *filter, const char *pattern, struct error *err)
{
	regex_t regex;
	char words[128];
	int code = regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB);

	if (code == 0) {
		regfree(&regex);
		return 0;
	}
	(void)regerror(code, NULL, words, sizeof(words));
	return error_set(err, ERR_INVALID, 0, "filter \"%s\": %s", filter, words);
}

static int check_value(const char *filter, const struct filter_key *key,
		       const char *value, struct error *err)
{
	static const char *const known[] = {
		"created",    "running",  "paused",   "exited",  "stopped",
		"configured", "stopping", "removing", "unknown", NULL};
	int64_t number;

	if (key->matches == match_status && !strv_has((char *const *)known, value))
		return error_set(err, ERR_INVALID, 0,
				 "filter \"%s\": unknown container state: %s", filter,
				 value);
	if (key->matches == match_exited && str_to_i64(value, &number) < 0)
		return error_set(err, ERR_INVALID, 0,
				 "filter \"%s\": expected an exit status", filter);
	if (key->matches == match_until && time_parse(value, &number) < 0)
		return error_set(
			err, ERR_INVALID, 0,
			"filter \"%s\": failed to parse value as time or duration",
			filter);
	if (key->matches == match_name || key->matches == match_ancestor ||
	    key->matches == match_command)
		return check_regex(filter, value, err);
	return 0;
}

static int unknown_key(const char *filter, struct error *err)
{
	cleanup_buf struct buf known = {0};

	buf_init(&known, 4096);
	for (size_t i = 0; i < ARRAY_SIZE(filter_keys); i++)
		(void)!buf_printf(&known, " %s", filter_keys[i].key);
	error_set(err, ERR_INVALID, 0, "%.*s is an invalid filter",
		  (int)strcspn(filter, "="), filter);
	return error_hint(err, "Known:%s", known.data);
}

int filter_check(char *const *filters, struct error *err)
{
	strv_foreach (filter, filters) {
		const struct filter_key *key = find_key(*filter);
		const char *equals = strchr(*filter, '=');
		int r;

		if (!equals) {
			error_set(err, ERR_INVALID, 0, "invalid filter \"%s\"", *filter);
			return error_hint(err, "A filter is KEY=VALUE, as in name=web");
		}
		if (!key)
			return unknown_key(*filter, err);
		r = check_value(*filter, key, equals + 1, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int filter_check_against(char *const *filters, const struct containers *all,
			 struct error *err)
{
	strv_foreach (filter, filters) {
		const char *value = strchr(*filter, '=') + 1;

		if ((str_starts(*filter, "before=") || str_starts(*filter, "since=")) &&
		    !find_named(all, value))
			return error_set(
				err, ERR_NOT_FOUND, 0,
				"no container with name or ID \"%s\" found: no such container",
				value);
	}
	return 0;
}

static bool key_holds(const struct filter_key *key, char *const *filters,
		      struct question *q)
{
	bool given = false, any = false;

	strv_foreach (filter, filters) {
		bool holds;

		if (find_key(*filter) != key)
			continue;
		given = true;
		q->value = strchr(*filter, '=') + 1;
		holds = key->matches(q);
		if (key->all && !holds)
			return false;
		any = any || holds;
	}
	return !given || any;
}

bool filter_matches(char *const *filters, const struct container *c,
		    const struct containers *all)
{
	struct question q = {.c = c, .all = all};

	for (size_t i = 0; i < ARRAY_SIZE(filter_keys); i++)
		if (!key_holds(&filter_keys[i], filters, &q))
			return false;
	return true;
}
