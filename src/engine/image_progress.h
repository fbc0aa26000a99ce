/* SPDX-License-Identifier: Apache-2.0 */
/* How far a transfer is, from the transfer program's events to who shows it. */
#pragma once

#include <stdint.h>

/* What happens meanwhile, for a person. All may be NULL. */
struct image_progress {
	/* id: a digest, the same for all states of one layer; total -1: unknown. state: a word of
	 * transfer/protocol.h, or "unpacking", "unpacked", "copying", "copied". text: why, for "retry". */
	void (*update)(void *data, const char *id, const char *state, int64_t done,
		       int64_t total, const char *text);
	void (*note)(void *data, const char *line);
	void *data;
};

/* image_progress_show(), image_progress_note() - pass on the transfer program's events. */
struct json_object;
void image_progress_show(const struct image_progress *p, struct json_object *packet);
void image_progress_note(const struct image_progress *p, struct json_object *packet);
