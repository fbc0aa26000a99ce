/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/volume_view.h"

#include <fnmatch.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "engine/disk_usage.h"
#include "engine/volume_driver.h"
#include "engine/volume_store.h"
#include "runtime/mount_fs.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

static struct json_object *parse_pairs(const char *text)
{
	cleanup_error struct error err = ERROR_INIT;
	struct json_object *o = NULL;

	if (json_parse_own(text, strlen(text), "the volume's record", &o, &err) < 0) {
		error_drop(&err, "then there are none");
		return json_object_new_object();
	}
	return o;
}

/* Only what has a file system of its own is ever mounted, by `volume mount`. */
static int mount_count(const char *path, const struct json_object *options)
{
	return json_object_object_length(options) > 0 && mount_is_at(path);
}

struct json_object *volume_summary(const struct engine *e, const struct volume_record *r)
{
	struct json_object *o = json_object_new_object();
	struct json_object *options = parse_pairs(r->options);
	cleanup_free char *path = volume_data_path(e, r->name);
	char created[TIME_TEXT_MAX];

	json_add_str(o, "Name", r->name);
	json_add_str(o, "Driver", r->driver);
	json_add_str(o, "Mountpoint", path);
	json_add_str(o, "CreatedAt", time_rfc3339(r->created_usec, created));
	json_add(o, "Labels", parse_pairs(r->labels));
	json_add_str(o, "Scope", "local");
	json_add_i64(o, "MountCount", mount_count(path, options));
	json_add(o, "Options", options);
	if (r->anonymous)
		json_add_bool(o, "Anonymous", true);
	if (r->uid > 0)
		json_add_i64(o, "UID", r->uid);
	if (r->gid > 0)
		json_add_i64(o, "GID", r->gid);
	if (r->fresh) {
		json_add_bool(o, "NeedsCopyUp", true);
		json_add_bool(o, "NeedsChown", true);
	}
	return o;
}

int volume_sizes(const struct engine *e, const struct volume_records *list, int64_t *ret,
		 struct error *err)
{
	cleanup_strv char **paths = NULL;

	for (size_t i = 0; i < list->n; i++)
		strv_add_take(&paths, volume_data_path(e, list->items[i].name));
	return paths ? disk_usage(e, paths, ret, err) : 0;
}

struct filter_key {
	const char *key;
	bool (*matches)(const struct volume_filter *f, const struct volume_record *r);
	int (*prepare)(struct volume_filter *f, struct error *err);
	bool all; /* every value must hold, not just one */
};

struct volume_filter {
	const struct filter_key *key;
	bool negated; /* KEY!=VALUE */
	char *value;  /* owned */
	bool boolean; /* of dangling and the like */
	int64_t usec; /* of until and since */
	regex_t pattern;
	bool has_pattern;
};

static bool match_dangling(const struct volume_filter *f, const struct volume_record *r)
{
	return (r->n_users == 0) == f->boolean;
}

static bool match_anonymous(const struct volume_filter *f, const struct volume_record *r)
{
	return r->anonymous == f->boolean;
}

static bool match_driver(const struct volume_filter *f, const struct volume_record *r)
{
	return str_eq(r->driver, f->value);
}

static bool match_name(const struct volume_filter *f, const struct volume_record *r)
{
	return regexec(&f->pattern, r->name, 0, NULL, 0) == 0;
}

static bool match_scope(const struct volume_filter *f, const struct volume_record *r)
{
	(void)r;
	return str_eq(f->value, "local");
}

static bool match_pair(const char *text, const char *wanted)
{
	cleanup_json struct json_object *pairs = parse_pairs(text);
	cleanup_free char *key = xstrndup(wanted, strcspn(wanted, "="));
	const char *equals = strchr(wanted, '='), *value = json_get_str(pairs, key);

	return value && (!equals || fnmatch(equals + 1, value, 0) == 0);
}

static bool match_label(const struct volume_filter *f, const struct volume_record *r)
{
	return match_pair(r->labels, f->value);
}

static bool match_opt(const struct volume_filter *f, const struct volume_record *r)
{
	return match_pair(r->options, f->value);
}

static bool match_until(const struct volume_filter *f, const struct volume_record *r)
{
	return r->created_usec < f->usec;
}

static bool match_since(const struct volume_filter *f, const struct volume_record *r)
{
	return r->created_usec > f->usec;
}

static int prepare_bool(struct volume_filter *f, struct error *err)
{
	f->boolean = str_eq(f->value, "true") || str_eq(f->value, "1");
	if (f->boolean || str_eq(f->value, "false") || str_eq(f->value, "0"))
		return 0;
	return error_set(
		err, ERR_INVALID, 0,
		"\"%s\" is not a valid value for the \"%s\" filter - must be true or false",
		f->value, f->key->key);
}

static int prepare_name(struct volume_filter *f, struct error *err)
{
	f->has_pattern = regcomp(&f->pattern, f->value, REG_EXTENDED | REG_NOSUB) == 0;
	return f->has_pattern ? 0
			      : error_set(err, ERR_INVALID, 0,
					  "filter \"name=%s\": not a regular expression",
					  f->value);
}

static int prepare_time(struct volume_filter *f, struct error *err)
{
	if (time_parse(f->value, &f->usec) >= 0)
		return 0;
	error_set(err, ERR_INVALID, 0, "filter \"%s=%s\": not a time", f->key->key,
		  f->value);
	return error_hint(
		err,
		"For example: 2026-11-24T10:00:00Z, 2026-11-24, or 24h for a day ago");
}

static const struct filter_key filter_keys[] = {
	{"anonymous", match_anonymous, prepare_bool, false},
	{"dangling", match_dangling, prepare_bool, false},
	{"driver", match_driver, NULL, false},
	{"label", match_label, NULL, true},
	{"name", match_name, prepare_name, false},
	{"opt", match_opt, NULL, false},
	{"scope", match_scope, NULL, false},
	{"since", match_since, prepare_time, false},
	{"until", match_until, prepare_time, false},
};

void volume_filters_release(struct volume_filters *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->items[i].value);
		if (f->items[i].has_pattern)
			regfree(&f->items[i].pattern);
	}
	free(f->items);
	*f = (struct volume_filters){0};
}

static int unknown_key(const char *key, struct error *err)
{
	const char *names[ARRAY_SIZE(filter_keys) + 1] = {0};
	cleanup_free char *list = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(filter_keys); i++)
		names[i] = filter_keys[i].key;
	list = strv_join((char *const *)names, ", ");
	error_set(err, ERR_INVALID, 0, "\"%s\" is an invalid volume filter", key);
	return error_hint(err, "The filters are %s", list);
}

static int prepare_one(const char *typed, struct volume_filter *f, struct error *err)
{
	const char *equals = strchr(typed, '=');
	cleanup_free char *key = xstrndup(typed, equals ? (size_t)(equals - typed) : 0);
	size_t len = strlen(key);

	if (!equals)
		return error_set(
			err, ERR_INVALID, 0,
			"filter input must be in the form of filter=value: %s is invalid",
			typed);
	f->negated = len && key[len - 1] == '!';
	if (f->negated)
		key[len - 1] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(filter_keys); i++)
		if (str_eq(filter_keys[i].key, key))
			f->key = &filter_keys[i];
	if (!f->key)
		return unknown_key(key, err);
	f->value = xstrdup(equals + 1);
	return f->key->prepare ? f->key->prepare(f, err) : 0;
}

int volume_filters_prepare(char *const *typed, struct volume_filters *ret,
			   struct error *err)
{
	int r = 0;

	ret->items = xcalloc(strv_len(typed) + 1, sizeof(*ret->items));
	strv_foreach (one, typed) {
		r = prepare_one(*one, &ret->items[ret->n++], err);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool is_alone(const struct volume_filter *f)
{
	return f->key->all || f->negated;
}

/* Whether one of those with the same key as f holds. */
static bool any_holds(const struct volume_filters *all, const struct volume_filter *f,
		      const struct volume_record *r)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct volume_filter *other = &all->items[i];

		if (other->key == f->key && !is_alone(other) &&
		    other->key->matches(other, r))
			return true;
	}
	return false;
}

bool volume_filters_match(const struct volume_filters *f, const struct volume_record *r)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct volume_filter *one = &f->items[i];
		bool holds = is_alone(one) ? one->key->matches(one, r) != one->negated
					   : any_holds(f, one, r);

		if (!holds)
			return false;
	}
	return true;
}
