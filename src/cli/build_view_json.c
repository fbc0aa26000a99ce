/* SPDX-License-Identifier: Apache-2.0 */
/* An object a line, for programs: docs/build.md has the members. */
#include <stdlib.h>
#include <string.h>

#include "cli/build_view_kind.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

static const char *const words[] = {
	[BUILD_EVENT_STEP] = "step",         [BUILD_EVENT_OUTPUT] = "output",
	[BUILD_EVENT_PROGRESS] = "progress", [BUILD_EVENT_NOTE] = "note",
	[BUILD_EVENT_DONE] = "done",         [BUILD_EVENT_FAILED] = "failed",
	[BUILD_EVENT_SKIPPED] = "skipped",   [BUILD_EVENT_COMMIT] = "commit",
	[BUILD_EVENT_IMAGE] = "image",       [BUILD_EVENT_TICK] = NULL,
};

static void *json_make(int fd _unused_)
{
	return NULL;
}

static void json_drop(void *data _unused_)
{
}

/* JSON is UTF-8, and a program's output is what it likes. */
static void add_text(struct json_object *o, const struct build_event *e)
{
	cleanup_free char *copy = NULL, *text = NULL;

	if (!e->text)
		return;
	copy = e->kind == BUILD_EVENT_OUTPUT ? xstrndup(e->text, e->size)
					     : xstrdup(e->text);
	text = str_visible(copy, "\t\n\r\x1b");
	json_add_str(o, "text", text);
}

static void json_event(void *data _unused_, const struct build_event *e, struct buf *out)
{
	cleanup_json struct json_object *o = NULL;
	cleanup_free char *line = NULL;
	char now[TIME_TEXT_MAX];

	if (!words[e->kind])
		return;
	o = json_object_new_object();
	json_add_str(o, "event", words[e->kind]);
	json_add_str(o, "time", time_rfc3339(time_now_usec(), now));
	if (e->n_stages) {
		json_add_u64(o, "stage", e->stage + 1);
		json_add_u64(o, "stages", e->n_stages);
		json_add_str(o, "stageName", e->stage_name);
	}
	if (e->n_steps) {
		json_add_u64(o, "step", e->step);
		json_add_u64(o, "steps", e->n_steps);
	}
	if (e->kind == BUILD_EVENT_OUTPUT)
		json_add_i64(o, "stream", e->stream);
	if (e->kind == BUILD_EVENT_DONE)
		json_add_bool(o, "cached", e->cached);
	if (e->kind == BUILD_EVENT_PROGRESS) {
		json_add_i64(o, "done", e->done);
		json_add_i64(o, "total", e->total);
	}
	add_text(o, e);
	json_add_str(o, "id", e->id);
	line = json_text(o, false);
	(void)!buf_add_str(out, line);
	(void)!buf_add_str(out, "\n");
}

const struct build_view_methods build_view_json = {
	.make = json_make,
	.event = json_event,
	.drop = json_drop,
};
