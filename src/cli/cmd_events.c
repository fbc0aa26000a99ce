/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cubby.h"
#include "cli/format.h"
#include "cli/human.h"
#include "engine/event_filter.h"
#include "engine/event_query.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define SHORT_DIGITS 12

struct events_values {
	char **filters;
	const char *format, *since, *until;
	bool no_trunc, stream;
};

static const struct option_spec options[] = {
	OPT_STRV(struct events_values, filters, "filter", 'f', "KEY=VALUE",
		 "only these: container, event, image, label, pod, type, volume"),
	OPT_STRING(struct events_values, format, "format", 0, "FORMAT",
		   "json (a line each), or a template such as '{{.Status}} {{.Name}}'"),
	OPT_BOOL(struct events_values, no_trunc, "no-trunc", 0,
		 "whole ids (default true)"),
	OPT_STRING(struct events_values, since, "since", 0, "TIME",
		   "what happened since then: a time, or 10m for ten minutes ago"),
	OPT_BOOL(struct events_values, stream, "stream", 0,
		 "go on with what happens from now on (default true)"),
	OPT_STRING(struct events_values, until, "until", 0, "TIME",
		   "end then: a time, 10m for in ten minutes, -10m for ten minutes ago"),
	OPT_END,
};

static void defaults(void *values)
{
	struct events_values *v = values;

	v->no_trunc = true;
	v->stream = true;
}

/* A duration counts backwards for --since, forwards for --until, as podman has it. */
static int parse_time(const char *option, const char *text, int direction, int64_t *ret,
		      struct error *err)
{
	bool negative = *text == '-';
	int64_t span;

	if (isalpha((unsigned char)text[strlen(text) - 1]) &&
	    time_parse_duration(text + negative, &span) >= 0) {
		*ret = time_now_usec() + span * direction * (negative ? -1 : 1);
		return 0;
	}
	if (time_parse(text, ret) >= 0)
		return 0;
	error_set(err, ERR_INVALID, 0, "%s %s: not a time", option, text);
	return error_hint(err,
			  "A time is 2026-11-24T10:00:00Z, 2026-11-24, seconds since "
			  "1970, or a span such as 10m");
}

static int parse_times(const struct events_values *v, struct event_query *q,
		       struct error *err)
{
	int r = 0;

	if (v->since && *v->since)
		r = parse_time("--since", v->since, -1, &q->since_usec, err);
	if (r >= 0 && v->until && *v->until)
		r = parse_time("--until", v->until, 1, &q->until_usec, err);
	return r;
}

static char *id_text(const struct events_values *v, const struct event *ev)
{
	return v->no_trunc ? xstrdup(ev->id ? ev->id : "")
			   : xasprintf("%.*s", SHORT_DIGITS, ev->id ? ev->id : "");
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

/* What stands in brackets after the id of a container or pod. */
static char *details(const struct event *ev)
{
	cleanup_strv char **parts = NULL;

	strv_addf(&parts, "image=%s", or_empty(ev->image));
	strv_addf(&parts, "name=%s", or_empty(ev->name));
	if (ev->pod_id)
		strv_addf(&parts, "pod_id=%s", ev->pod_id);
	if (ev->health_status)
		strv_addf(&parts, "health_status=%s", ev->health_status);
	strv_foreach (attribute, ev->attributes)
		strv_add(&parts, *attribute);
	return strv_join(parts, ", ");
}

/* podman's line. Names and labels are other people's. */
static char *line_of(const struct events_values *v, const struct event *ev)
{
	char when[HUMAN_TEXT_MAX];
	cleanup_free char *id = id_text(v, ev), *rest = NULL, *line = NULL;

	switch (ev->type) {
	case EVENT_CONTAINER:
	case EVENT_POD: {
		cleanup_free char *inner = details(ev);

		rest = xasprintf(" %s (%s)", id, inner);
		break;
	}
	case EVENT_IMAGE:
		rest = xasprintf(" %s %s", id, or_empty(ev->name));
		break;
	case EVENT_NETWORK:
		if (ev->status == EVENT_REFUSED) {
			cleanup_free char *to = strv_join(ev->attributes, ", ");

			rest = xasprintf(" %s (name=%s, %s)", id, or_empty(ev->name), to);
			break;
		}
		rest = xasprintf(" %s (container=%s, name=%s)", id, id,
				 or_empty(ev->name));
		break;
	case EVENT_SECRET:
		rest = xasprintf(" %s", id);
		break;
	case EVENT_VOLUME:
		rest = xasprintf(" %s", or_empty(ev->name));
		break;
	case EVENT_SYSTEM:
		rest = ev->name ? xasprintf(" %s", ev->name) : xstrdup("");
		break;
	}
	line = xasprintf("%s %s %s%s", human_go_local_time(ev->time_usec, when),
			 event_type_word(ev->type), event_status_word(ev->status), rest);
	return str_visible(line, "");
}

static struct json_object *attributes(const struct event *ev)
{
	struct json_object *o = json_object_new_object();

	strv_foreach (attribute, ev->attributes) {
		cleanup_free char *key = xstrndup(*attribute, strcspn(*attribute, "="));

		json_add_str(o, key, *attribute + strlen(key) + 1);
	}
	return o;
}

static void add_unless_empty(struct json_object *o, const char *key, const char *value)
{
	if (!str_empty(value))
		json_add_str(o, key, value);
}

/* As podman's, with Docker's timeNano. */
static struct json_object *json_of(const struct event *ev)
{
	struct json_object *o = json_object_new_object();
	char when[TIME_TEXT_MAX];

	add_unless_empty(o, "ID", ev->id);
	add_unless_empty(o, "Image", ev->image);
	add_unless_empty(o, "Name", ev->name);
	json_add_str(o, "Status", event_status_word(ev->status));
	json_add_str(o, "Time", time_rfc3339(ev->time_usec, when));
	json_add_i64(o, "timeNano", ev->time_usec * 1000);
	json_add_str(o, "Type", event_type_word(ev->type));
	if (ev->has_exit_code)
		json_add_i64(o, "ContainerExitCode", ev->exit_code);
	add_unless_empty(o, "PodID", ev->pod_id);
	add_unless_empty(o, "health_status", ev->health_status);
	json_add(o, "Attributes", attributes(ev));
	return o;
}

static struct json_object *template_object(const struct events_values *v,
					   const struct event *ev)
{
	struct json_object *o = json_object_new_object();
	cleanup_free char *id = id_text(v, ev);
	char when[HUMAN_TEXT_MAX];

	json_add_str(o, "ID", id);
	json_add_str(o, "Image", or_empty(ev->image));
	json_add_str(o, "Name", or_empty(ev->name));
	json_add_str(o, "Network", ev->type == EVENT_NETWORK ? or_empty(ev->name) : "");
	json_add_str(o, "Status", event_status_word(ev->status));
	json_add_str(o, "Time", human_go_local_time(ev->time_usec, when));
	json_add_i64(o, "TimeNano", ev->time_usec * 1000);
	json_add_str(o, "Type", event_type_word(ev->type));
	json_add_i64(o, "ContainerExitCode", ev->exit_code);
	json_add_str(o, "PodID", or_empty(ev->pod_id));
	json_add_str(o, "HealthStatus", or_empty(ev->health_status));
	json_add(o, "Attributes", attributes(ev));
	return o;
}

static int print(const struct events_values *v, const struct event *ev, struct error *err)
{
	cleanup_json struct json_object *o = NULL;
	cleanup_free char *line = NULL;

	if (format_is_json(v->format)) {
		o = json_of(ev);
		line = json_text(o, false);
	} else if (v->format) {
		o = template_object(v, ev);
		return format_print_object(v->format, o, err);
	} else {
		line = line_of(v, ev);
	}
	printf("%s\n", line);
	return 0;
}

static int on_event(void *data, const struct event *ev, struct error *err)
{
	const struct events_values *v = data;
	int r;

	if (!event_filter_matches(v->filters, ev))
		return 0;
	r = print(v, ev, err);
	if (r >= 0 && fflush(stdout) != 0)
		r = error_set(err, ERR_SYSTEM, errno, "write to stdout");
	return r;
}

static int check_format(const struct events_values *v, struct error *err)
{
	cleanup_template struct template *t = NULL;

	if (!v->format || format_is_json(v->format))
		return 0;
	return template_parse(v->format, 0, &t, err);
}

static int run(const struct command_call *call, struct error *err)
{
	struct events_values *v = call->values;
	cleanup_engine struct engine e = ENGINE_INIT;
	struct event_query q = {
		.since_usec = INT64_MIN,
		.until_usec = INT64_MAX,
		.past = !v->stream || v->since || v->until,
		.stream = v->stream,
		.reader_fd = STDOUT_FILENO,
		.each = on_event,
		.data = v,
	};
	int r = event_filter_check(v->filters, err);

	if (r >= 0)
		r = check_format(v, err);
	if (r >= 0)
		r = parse_times(v, &q, err);
	if (r >= 0)
		r = cubby_open_dirs(call, &e, err);
	return r < 0 ? r : event_query_run(&e, &q, err);
}

const struct command cmd_events = {
	.name = "events",
	.group = "Cubby itself",
	.usage = "[options]",
	.summary = "show what happens to containers, images, volumes and pods",
	.description =
		"Without --since and --until: from now on, until Ctrl-C. Filters with the "
		"same key are alternatives, those with different keys must all hold.",
	.examples = "cubby events\n"
		    "cubby events --since 10m --stream=false\n"
		    "cubby events --filter event=died --filter container=web\n"
		    "cubby events --format json --until 30s",
	.options = options,
	.values_size = sizeof(struct events_values),
	.defaults = defaults,
	.run = run,
};
