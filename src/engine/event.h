/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record of what happened: `cubby events` prints it. Whoever changes something says so
 * afterwards, in one call that can't fail its caller. Where the events go is the engine's
 * `events`.
 */
#pragma once

#include <stdbool.h>

#include "engine/container_config.h"
#include "engine/engine.h"
#include "engine/event_kind.h"
#include "store/container_record.h"

/* event_emit() - on record at once. A failure is logged at debug and forgotten. */
void event_emit(const struct engine *e, const struct event *ev);

/* event_image() - name: what the user called it, NULL: not known. */
void event_image(const struct engine *e, enum event_status status, const char *id,
		 const char *name);

/* event_container() - with its name, image and labels. config NULL: read from the record's. */
void event_container(const struct engine *e, const struct container_record *r,
		     const struct container_config *config, enum event_status status);

/* event_container_started() - init, start, and attach if somebody is attached from the beginning. */
void event_container_started(const struct engine *e, const struct container_record *r,
			     const struct container_config *config, bool attached);

/* event_container_exit() - as event_container() with an exit code: exec_died. */
void event_container_exit(const struct engine *e, const struct container_record *r,
			  enum event_status status, int exit_code);

/* event_container_end() - oom if memory ran out, died with the record's exit code, then cleanup, or remove if it
 * was a --rm container. For who has recorded the end. */
void event_container_end(const struct engine *e, const struct container_record *r);
