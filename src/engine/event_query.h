/* SPDX-License-Identifier: Apache-2.0 */
/* Reading what is on record, and what happens from now on. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"
#include "engine/event_kind.h"
#include "util/cleanup.h"
#include "util/error.h"

struct event_query {
	int64_t since_usec, until_usec; /* INT64_MIN, INT64_MAX: no such limit */
	bool past;                      /* what is on record */
	bool stream;                    /* go on until until_usec */
	int reader_fd; /* whose other end's closing ends a stream; -EBADF: none */
	/* Return: 0, or -errno with *err, which ends it. The event lives as long as the call. */
	int (*each)(void *data, const struct event *ev, struct error *err);
	void *data;
};

/*
 * event_query_run() - by the engine's `events`. Lines that are no event are passed over.
 * Without events on record (none) it is ERR_UNSUPPORTED; where journald's reader is missing,
 * ERR_NOT_FOUND.
 */
int event_query_run(const struct engine *e, const struct event_query *q,
		    struct error *err) _must_check_;
