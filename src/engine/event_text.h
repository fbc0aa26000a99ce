/* SPDX-License-Identifier: Apache-2.0 */
/* An event as JSON, with the members that podman's file of events has, and back. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/event_kind.h"
#include "util/cleanup.h"
#include "util/error.h"

#define EVENT_TEXT_MAX (64 * 1024) /* one with more labels has none */

/* event_text() - one line without its end. Caller frees. */
char *event_text(const struct event *ev);

/* An event that was read; strings owned. */
struct past_event {
	struct event event; /* points into the rest */
	char *id, *name, *image, *pod_id, *health_status;
	char **attributes;
};
void past_event_release(struct past_event *p);
#define cleanup_past_event cleanup(past_event_release)

/* event_text_parse() - -EBADMSG with *err: not a whole event of a kind that is known. */
int event_text_parse(const char *text, size_t len, struct past_event *ret,
		     struct error *err) _must_check_;
