/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far a pull, push, load or save is, on stderr: on a terminal a line a layer, redrawn in place at
 * most ten times a second; elsewhere a line for each that is done, as podman's are. The cursor is
 * never hidden and always stands below the lines, so there is nothing to be restored, however the
 * process ends.
 */
#pragma once

#include <stdbool.h>

#include "engine/image_fetch.h"
#include "util/cleanup.h"

struct progress; /* opaque; heap */

enum progress_kind { PROGRESS_FETCH, PROGRESS_SEND };

/* progress_new() - quiet: says nothing at all. */
struct progress *progress_new(enum progress_kind kind, bool quiet);

/* progress_callbacks() - to be given to the engine; valid as long as p. */
const struct image_progress *progress_callbacks(struct progress *p);

/* progress_line() - a line of text, above the moving ones. */
void progress_line(struct progress *p, const char *text);

/* progress_end() - draw the last state. success: what is left was done. Nothing is drawn
 * afterwards. Who lets something else write to the terminal meanwhile leaves it out. */
void progress_end(struct progress *p, bool success);

void progress_free(struct progress *p);
DEFINE_CLEANUP(struct progress *, progress_free)
#define cleanup_progress cleanup(progress_freep)
