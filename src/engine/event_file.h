/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of events: EVENT_FILE in the engine's run directory, so that it ends with the host's
 * uptime, as podman's does. Each event is one write(2) at the end: a new line, the event
 * (event_text.h), a new line. The first ends what a writer that was killed in the middle has
 * left, so a line is either whole or no JSON. When the file is longer than EVENT_FILE_MAX it
 * becomes EVENT_FILE_OLD, which replaces the one before: what is kept has bounds.
 */
#pragma once

#include <stdint.h>

#include "engine/event_kind.h"
#include "util/cleanup.h"
#include "util/error.h"

#define EVENT_FILE     "events.log"
#define EVENT_FILE_OLD "events.log.1"
#define EVENT_FILE_MAX (1000 * 1000)

/* event_file_append() - run_dirfd: <run>/containers. A file that has more than max_size bytes is put aside first. */
int event_file_append(int run_dirfd, const struct event *ev, int64_t max_size,
		      struct error *err) _must_check_;
