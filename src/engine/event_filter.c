/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/event_filter.h"

#include <string.h>
#include <strings.h>

#include "util/str.h"

/* A thing of this type, by its name or the beginning of its id. */
static bool is_named(const struct event *ev, enum event_type type, const char *value)
{
	return ev->type == type && (str_eq(ev->name, value) ||
				    (*value && ev->id && str_starts(ev->id, value)));
}

static bool by_container(const struct event *ev, const char *value)
{
	return is_named(ev, EVENT_CONTAINER, value);
}

static bool by_image(const struct event *ev, const char *value)
{
	return is_named(ev, EVENT_IMAGE, value);
}

static bool by_network(const struct event *ev, const char *value)
{
	return is_named(ev, EVENT_NETWORK, value);
}

static bool by_pod(const struct event *ev, const char *value)
{
	return is_named(ev, EVENT_POD, value);
}

static bool by_secret(const struct event *ev, const char *value)
{
	return is_named(ev, EVENT_SECRET, value);
}

static bool by_volume(const struct event *ev, const char *value)
{
	return is_named(ev, EVENT_VOLUME, value);
}

static bool by_type(const struct event *ev, const char *value)
{
	return str_eq(event_type_word(ev->type), value);
}

/* Docker's words for two of them, too. */
static bool by_status(const struct event *ev, const char *value)
{
	if (str_eq(value, "die"))
		return ev->status == EVENT_DIED;
	if (str_eq(value, "destroy") || str_eq(value, "delete"))
		return ev->status == EVENT_REMOVE;
	return str_eq(event_status_word(ev->status), value);
}

/* "key" or "key=value" */
static bool by_label(const struct event *ev, const char *value)
{
	size_t len = strcspn(value, "=");

	strv_foreach (label, ev->attributes) {
		if (value[len] ? str_eq(*label, value)
			       : strcspn(*label, "=") == len &&
					 strncmp(*label, value, len) == 0)
			return true;
	}
	return false;
}

static const struct {
	const char *key;
	bool (*matches)(const struct event *ev, const char *value);
} keys[] = {
	{"container", by_container}, {"event", by_status},    {"image", by_image},
	{"label", by_label},         {"network", by_network}, {"pod", by_pod},
	{"secret", by_secret},       {"status", by_status},   {"type", by_type},
	{"volume", by_volume},
};

/* Index in keys, or -1. */
static int find_key(const char *filter)
{
	size_t len = strcspn(filter, "=");

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strlen(keys[i].key) == len &&
		    strncasecmp(keys[i].key, filter, len) == 0)
			return (int)i;
	return -1;
}

int event_filter_check(char *const *filters, struct error *err)
{
	strv_foreach (filter, filters) {
		size_t len = strcspn(*filter, "=");

		if (!(*filter)[len] || find_key(*filter) < 0) {
			error_set(err, ERR_INVALID, 0, "%s is an invalid filter",
				  *filter);
			return error_hint(
				err,
				"Filters: container, event, image, label, network, pod, "
				"secret, type, volume, as in --filter event=died");
		}
	}
	return 0;
}

bool event_filter_matches(char *const *filters, const struct event *ev)
{
	bool asked[ARRAY_SIZE(keys)] = {false}, found[ARRAY_SIZE(keys)] = {false};

	strv_foreach (filter, filters) {
		int i = find_key(*filter);

		if (i < 0)
			continue;
		asked[i] = true;
		found[i] = found[i] ||
			   keys[i].matches(ev, *filter + strcspn(*filter, "=") + 1);
	}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (asked[i] && !found[i])
			return false;
	return true;
}
