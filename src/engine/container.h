/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container as found: its record, and what the kernel says of it now. Finding one
 * repairs it first, so what a command sees is true: a container whose maker was killed is
 * gone, one without a monitor is dead, a finished --rm container is removed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/container_config.h"
#include "engine/engine.h"
#include "engine/status.h"
#include "store/container_record.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/proc.h"

struct container {
	struct container_record record; /* exit_code, started and finished are filled in
					   while a clean-up is under way, too */
	struct container_config config;
	enum container_status status;
	struct proc_id init, monitor; /* pid 0 unless running */
	const char
		*health; /* "starting", "healthy", "unhealthy"; NULL: it has no check */
};
void container_release(struct container *c);
#define cleanup_container cleanup(container_release)

struct containers {
	struct container *items; /* owned */
	size_t n;
};
void containers_release(struct containers *list);
#define cleanup_containers cleanup(containers_release)

/* container_find() - by name, id or the beginning of an id. Waits while it is being made
 * or cleaned up. */
int container_find(const struct engine *e, const char *name_or_id, struct container *ret,
		   struct error *err) _must_check_;

/* container_reload() - the same by whole id. */
int container_reload(const struct engine *e, const char *id, struct container *ret,
		     struct error *err) _must_check_;

/* container_list() - all, oldest first; does not wait: one being made is "created". What
 * has no record is swept away. */
int container_list(const struct engine *e, struct containers *ret,
		   struct error *err) _must_check_;

/* container_short_id() - the first SHORT_ID_LEN digits, into buf; returns buf. */
char *container_short_id(const char *id, char buf[static 13]);
