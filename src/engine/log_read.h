/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a container's log (json-file: one JSON object a line), rotated files included,
 * and following it until the container has ended.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/container.h"
#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

struct log_record {
	const char *text; /* a line with its "\n", or a piece of a long one without */
	size_t len;
	const char *time;   /* RFC 3339 */
	const char *stream; /* "stdout" or "stderr" */
};

struct log_request {
	int64_t since_usec, until_usec; /* 0: no bound */
	int64_t tail;                   /* last lines only; -1: all */
	bool follow;
	/* record() - each in order; a negative return ends the reading and is returned.
	 */
	int (*record)(void *data, const struct log_record *record, struct error *err);
	/* idle() - before waiting for more: flush what was written. May be NULL. */
	void (*idle)(void *data);
	void *data;
};

/* log_read() - a container without a log (--log-driver none) is ERR_UNSUPPORTED. */
int log_read(const struct engine *e, const struct container *c,
	     const struct log_request *request, struct error *err) _must_check_;
