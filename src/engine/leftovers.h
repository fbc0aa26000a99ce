/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container whose processes are not in a pid namespace of its own (--pid host, container:NAME, ns:PATH) may end and leave
 * some: no kernel ends them with its first process.
 */
#pragma once

#include "engine/engine.h"
#include "store/container_record.h"

/* leftovers_kill() - those that see this container's own files, by its id; nothing for a container with a pid namespace of
 * its own. For who holds the container's lock and is about to record its end: its run directory is still there. What can't
 * be looked at or killed is left. */
void leftovers_kill(const struct container_record *r);
