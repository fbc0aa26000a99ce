/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/network_filter.h"

#include <fnmatch.h>
#include <regex.h>
#include <string.h>

#include "engine/network_words.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

struct question {
	const struct network *n;
	bool is_used;
	const char *value;
};

static bool match_driver(const struct question *q)
{
	return str_eq(q->value, NETWORK_DRIVER);
}

static bool match_id(const struct question *q)
{
	return str_starts(q->n->id, q->value);
}

static bool match_name(const struct question *q)
{
	regex_t regex;
	bool matches;

	if (regcomp(&regex, q->value, REG_EXTENDED | REG_NOSUB) != 0)
		return false;
	matches = regexec(&regex, q->n->name, 0, NULL, 0) == 0;
	regfree(&regex);
	return matches;
}

static bool match_label(const struct question *q)
{
	cleanup_free char *key = xstrndup(q->value, strcspn(q->value, "="));
	const char *equals = strchr(q->value, '=');

	strv_foreach (label, q->n->labels) {
		size_t len = strcspn(*label, "=");

		if (strlen(key) == len && strncmp(*label, key, len) == 0)
			return !equals || fnmatch(equals + 1, *label + len + 1, 0) == 0;
	}
	return false;
}

static bool match_no_label(const struct question *q)
{
	return !match_label(q);
}

static bool match_until(const struct question *q)
{
	int64_t usec;

	return time_parse(q->value, &usec) >= 0 && q->n->created_usec < usec;
}

static bool is_true(const char *value)
{
	return str_eq(value, "true") || str_eq(value, "1");
}

static bool match_dangling(const struct question *q)
{
	return is_true(q->value) != q->is_used;
}

static bool check_name(const char *value)
{
	regex_t regex;

	if (regcomp(&regex, value, REG_EXTENDED | REG_NOSUB) != 0)
		return false;
	regfree(&regex);
	return true;
}

static bool check_until(const char *value)
{
	int64_t usec;

	return time_parse(value, &usec) >= 0;
}

static bool check_bool(const char *value)
{
	return is_true(value) || str_eq(value, "false") || str_eq(value, "0");
}

static const struct filter_key {
	const char *key;
	bool (*matches)(const struct question *q);
	bool (*check)(const char *value);
	bool all, prune; /* every value must hold; prune has it too */
} filter_keys[] = {
	{"dangling", match_dangling, check_bool, false, false},
	{"driver", match_driver, NULL, false, false},
	{"id", match_id, NULL, false, false},
	{"label", match_label, NULL, true, true},
	{"label!", match_no_label, NULL, true, true},
	{"name", match_name, check_name, false, false},
	{"until", match_until, check_until, true, true},
};

static const struct filter_key *find(const char *typed)
{
	size_t len = strcspn(typed, "=");

	for (size_t i = 0; i < ARRAY_SIZE(filter_keys); i++)
		if (strlen(filter_keys[i].key) == len &&
		    strncmp(filter_keys[i].key, typed, len) == 0)
			return &filter_keys[i];
	return NULL;
}

static int unknown(const char *typed, bool for_prune, struct error *err)
{
	error_set(err, ERR_INVALID, 0, "invalid filter \"%.*s\"",
		  (int)strcspn(typed, "="), typed);
	return error_hint(err, for_prune ? "The filters are label, label!, until"
					 : "The filters are dangling, driver, id, label, "
					   "label!, name, until");
}

int network_filter_check(char *const *typed, bool for_prune, struct error *err)
{
	strv_foreach (one, typed) {
		const char *equals = strchr(*one, '=');
		const struct filter_key *key = find(*one);

		if (!equals)
			return error_set(
				err, ERR_INVALID, 0,
				"filter input must be in the form of filter=value: %s is invalid",
				*one);
		if (!key || (for_prune && !key->prune))
			return unknown(*one, for_prune, err);
		if (key->check && !key->check(equals + 1))
			return error_set(err, ERR_INVALID, 0,
					 "filter \"%s\": not a value of this filter",
					 *one);
	}
	return 0;
}

/* Whether one of those with the key holds. */
static bool any_holds(char *const *typed, const struct filter_key *key,
		      struct question *q)
{
	strv_foreach (one, typed) {
		q->value = strchr(*one, '=') + 1;
		if (find(*one) == key && key->matches(q))
			return true;
	}
	return false;
}

bool network_filter_matches(char *const *typed, const struct network *n, bool is_used)
{
	struct question q = {.n = n, .is_used = is_used};

	strv_foreach (one, typed) {
		const struct filter_key *key = find(*one);

		q.value = strchr(*one, '=') + 1;
		if (key->all ? !key->matches(&q) : !any_holds(typed, key, &q))
			return false;
	}
	return true;
}
