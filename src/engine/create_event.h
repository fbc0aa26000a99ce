/* SPDX-License-Identifier: Apache-2.0 */
/* Events of a container that is being made: its record has just been written, or goes again. */
#pragma once

#include "engine/create_plan.h"
#include "engine/engine.h"
#include "engine/event_kind.h"

/* create_event() - as event_container(). */
void create_event(const struct engine *e, const struct create_plan *p,
		  enum event_status status);

/* create_event_started() - init, start, and attach if somebody is attached from the beginning. */
void create_event_started(const struct engine *e, const struct create_plan *p,
			  bool attached);
