/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/event_text.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

static struct json_object *pairs(char *const *words)
{
	struct json_object *o = json_object_new_object();

	strv_foreach (word, words) {
		size_t len = strcspn(*word, "=");
		cleanup_free char *key = xstrndup(*word, len);

		json_add_str(o, key, (*word)[len] ? *word + len + 1 : "");
	}
	return o;
}

static char *text_of(const struct event *ev, bool with_attributes)
{
	cleanup_json struct json_object *o = json_object_new_object();
	char when[TIME_TEXT_MAX];

	json_add_str(o, "ID", ev->id);
	json_add_str(o, "Image", ev->image);
	json_add_str(o, "Name", ev->name);
	json_add_str(o, "Status", event_status_word(ev->status));
	json_add_str(o, "Time", time_rfc3339(ev->time_usec, when));
	json_add_str(o, "Type", event_type_word(ev->type));
	if (ev->has_exit_code)
		json_add_i64(o, "ContainerExitCode", ev->exit_code);
	json_add_str(o, "PodID", ev->pod_id);
	json_add_str(o, "HealthStatus", ev->health_status);
	if (with_attributes && ev->attributes)
		json_add(o, "Attributes", pairs(ev->attributes));
	return json_text(o, false);
}

char *event_text(const struct event *ev)
{
	char *text = text_of(ev, true);

	if (strlen(text) <= EVENT_TEXT_MAX)
		return text;
	free(text);
	return text_of(ev, false);
}

void past_event_release(struct past_event *p)
{
	free(p->id);
	free(p->name);
	free(p->image);
	free(p->pod_id);
	free(p->health_status);
	strv_free(p->attributes);
	*p = (struct past_event){0};
}

static char *copy_member(struct json_object *o, const char *key)
{
	const char *text = json_get_str(o, key);

	return text ? xstrdup(text) : NULL;
}

static void read_attributes(struct json_object *o, char ***ret)
{
	if (!json_object_is_type(o, json_type_object))
		return;
	json_object_object_foreach (o, key, value) {
		const char *text = value ? json_get_str(o, key) : NULL;

		if (text)
			strv_addf(ret, "%s=%s", key, text);
	}
}

static int read_kind(struct json_object *o, struct event *ev, struct error *err)
{
	const char *type = json_get_str(o, "Type"), *status = json_get_str(o, "Status"),
		   *when = json_get_str(o, "Time");

	if (!type || event_type_parse(type, &ev->type) < 0 || !status ||
	    event_status_parse(status, &ev->status) < 0 || !when ||
	    time_parse(when, &ev->time_usec) < 0)
		return error_set(err, ERR_INVALID, EBADMSG,
				 "read an event: its type, status or time");
	return 0;
}

static int read_exit_code(struct json_object *o, struct event *ev, struct error *err)
{
	struct json_object *value = json_get(o, "ContainerExitCode");
	int64_t code;
	int r;

	if (!value)
		return 0;
	r = json_to_i64(value, "ContainerExitCode", &code, err);
	if (r < 0)
		return r;
	if (code < INT_MIN || code > INT_MAX)
		return error_set(err, ERR_INVALID, EBADMSG,
				 "read an event: its exit code");
	ev->has_exit_code = true;
	ev->exit_code = (int)code;
	return 0;
}

int event_text_parse(const char *text, size_t len, struct past_event *ret,
		     struct error *err)
{
	cleanup_json struct json_object *o = NULL;
	struct past_event p = {0};
	int r = json_parse_own(text, len, "event", &o, err);

	if (r >= 0)
		r = read_kind(o, &p.event, err);
	if (r >= 0)
		r = read_exit_code(o, &p.event, err);
	if (r < 0)
		return -EBADMSG;
	p.event.id = p.id = copy_member(o, "ID");
	p.event.name = p.name = copy_member(o, "Name");
	p.event.image = p.image = copy_member(o, "Image");
	p.event.pod_id = p.pod_id = copy_member(o, "PodID");
	p.event.health_status = p.health_status = copy_member(o, "HealthStatus");
	read_attributes(json_get(o, "Attributes"), &p.attributes);
	p.event.attributes = p.attributes;
	*ret = p;
	return 0;
}
