/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the logs of one or several containers, in the order of time, and following them
 * until the containers have ended.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/container.h"
#include "engine/engine.h"
#include "engine/log_line.h"
#include "engine/log_reader.h"
#include "util/cleanup.h"
#include "util/error.h"

struct log_request {
	struct log_range range; /* of each container's */
	/* record() - each in order; `index` is the container's. A negative return ends the
	 * reading and is returned. */
	int (*record)(void *data, size_t index, const struct log_record *record,
		      struct error *err);
	/* idle() - before waiting for more: flush what was written. May be NULL. */
	void (*idle)(void *data);
	void *data;
};

/* log_read() - a container without a log (--log-driver none) is ERR_UNSUPPORTED. Following
 * ends at range.until_usec, too. */
int log_read(const struct engine *e, const struct containers *list,
	     const struct log_request *request, struct error *err) _must_check_;
