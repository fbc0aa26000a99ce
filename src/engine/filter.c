/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/filter.h"

#include <regex.h>
#include <string.h>

#include "util/mem.h"
#include "util/str.h"

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

static bool match_id(const struct question *q)
{
	return str_starts(q->c->record.id, q->value);
}

static bool match_name(const struct question *q)
{
	return match_regex(q->value, q->c->record.name);
}

static bool match_status(const struct question *q)
{
	return str_eq(status_word(q->c->status), q->value) ||
	       (str_eq(q->value, "stopped") && q->c->status == CONTAINER_EXITED);
}

static bool match_exited(const struct question *q)
{
	int64_t code;

	return q->c->status == CONTAINER_EXITED && str_to_i64(q->value, &code) >= 0 &&
	       code == q->c->record.exit_code;
}

static bool match_label(const struct question *q)
{
	cleanup_free char *key = xstrndup(q->value, strcspn(q->value, "="));
	const char *equals = strchr(q->value, '=');
	const char *value = container_config_label(&q->c->config, key);

	return value && (!equals || str_eq(value, equals + 1));
}

static bool match_no_label(const struct question *q)
{
	return !match_label(q);
}

static bool match_network(const struct question *q)
{
	return str_eq(q->c->config.network, q->value);
}

static bool match_volume(const struct question *q)
{
	strv_foreach (bind, q->c->config.binds) {
		cleanup_strv char **parts = str_split(*bind, ':');

		if (str_eq(parts[0], q->value) || str_eq(parts[1], q->value))
			return true;
	}
	return false;
}

static const struct container *reference(const struct question *q)
{
	for (size_t i = 0; i < q->all->n; i++)
		if (str_eq(q->all->items[i].record.name, q->value) ||
		    str_starts(q->all->items[i].record.id, q->value))
			return &q->all->items[i];
	return NULL;
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
	{"id", match_id, false},           {"name", match_name, false},
	{"status", match_status, false},   {"exited", match_exited, false},
	{"label", match_label, true},      {"label!", match_no_label, true},
	{"network", match_network, false}, {"volume", match_volume, false},
	{"before", match_before, false},   {"since", match_since, false},
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

static int check_value(const char *filter, const struct filter_key *key,
		       const char *value, struct error *err)
{
	static const char *const known[] = {"created", "running", "exited",
					    "stopped", "paused",  NULL};
	int64_t number;

	if (key->matches == match_status && !strv_has((char *const *)known, value))
		return error_set(err, ERR_INVALID, 0, "filter \"%s\": unknown status",
				 filter);
	if (key->matches == match_exited && str_to_i64(value, &number) < 0)
		return error_set(err, ERR_INVALID, 0,
				 "filter \"%s\": expected an exit status", filter);
	return 0;
}

int filter_check(char *const *filters, struct error *err)
{
	strv_foreach (filter, filters) {
		const struct filter_key *key = find_key(*filter);
		const char *equals = strchr(*filter, '=');
		int r;

		if (!equals)
			return error_set(err, ERR_INVALID, 0,
					 "filter \"%s\": expected KEY=VALUE", *filter);
		if (!key) {
			error_set(err, ERR_INVALID, 0, "filter \"%s\": unknown key",
				  *filter);
			return error_hint(
				err,
				"Known: id name status exited label label! network volume before since");
		}
		r = check_value(*filter, key, equals + 1, err);
		if (r < 0)
			return r;
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
