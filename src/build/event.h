/* SPDX-License-Identifier: Apache-2.0 */
/* What a build tells whoever watches. Stages run in processes of their own and beside each other: events of several stages come mixed,
 * those of one in order. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum build_event_kind {
	BUILD_EVENT_STEP, /* a step begins: text is the instruction */
	BUILD_EVENT_OUTPUT, /* bytes that the step's program wrote: text, size; stream 1 or 2 */
	BUILD_EVENT_PROGRESS, /* text: what goes on ("copying"), done and total in bytes (-1: unknown) */
	BUILD_EVENT_NOTE, /* a line for people: a warning */
	BUILD_EVENT_DONE, /* the step is done; cached; id: chain id of its layer or NULL */
	BUILD_EVENT_FAILED,  /* the step, and with it the build; text: the sentence */
	BUILD_EVENT_SKIPPED, /* a stage that nobody needs */
	BUILD_EVENT_COMMIT,  /* text: a name that the image gets */
	BUILD_EVENT_IMAGE,   /* id: the image's */
	BUILD_EVENT_TICK, /* nothing else happened for some tenths of a second; only at_usec counts. From the coordinator, so that clocks go on */
};

struct build_event {
	enum build_event_kind kind;
	size_t stage,
		n_stages; /* from 0, in the order of the file; up to the target's, those that are skipped count */
	const char *stage_name; /* AS; NULL: none */
	size_t step, n_steps;   /* from 1, of the stage */
	const char *text;
	size_t size;
	int stream;
	int cached; /* bool */
	int64_t done, total;
	int64_t at_usec; /* CLOCK_MONOTONIC */
	const char *id;
};

struct build_listener {
	void (*event)(void *data, const struct build_event *e);
	void *data;
};
