/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/status.h"

const char *status_word(enum container_status status)
{
	static const char *const words[] = {
		[CONTAINER_CREATED] = "created",         [CONTAINER_RUNNING] = "running",
		[CONTAINER_INITIALIZED] = "initialized", [CONTAINER_PAUSED] = "paused",
		[CONTAINER_EXITED] = "exited",
	};

	return words[status];
}

bool status_is_up(enum container_status status)
{
	return status == CONTAINER_RUNNING || status == CONTAINER_PAUSED ||
	       status == CONTAINER_INITIALIZED;
}

static struct status_verdict verdict(enum container_status status,
				     enum status_repair repair)
{
	return (struct status_verdict){.status = status, .repair = repair};
}

struct status_verdict status_judge(const struct status_facts *f)
{
	if (f->ended)
		return verdict(f->started ? CONTAINER_EXITED : CONTAINER_CREATED,
			       f->auto_remove ? REPAIR_REMOVE : REPAIR_NONE);
	if (f->at_rest)
		return verdict(CONTAINER_CREATED, REPAIR_NONE);
	if (!f->has_run_dir)
		return verdict(CONTAINER_EXITED, REPAIR_RECORD_LOST);
	if (f->has_exit)
		return verdict(CONTAINER_EXITED, REPAIR_RECORD);
	if (!f->has_init)
		return verdict(f->again && f->started ? CONTAINER_EXITED
						      : CONTAINER_CREATED,
			       f->again ? REPAIR_REST : REPAIR_FORGET);
	if (!f->this_boot)
		return verdict(CONTAINER_EXITED, REPAIR_RECORD_LOST);
	/* an init that ended a moment ago: its monitor still empties the pipes */
	if (f->monitor_alive)
		return verdict(f->waits    ? CONTAINER_INITIALIZED
			       : f->paused ? CONTAINER_PAUSED
					   : CONTAINER_RUNNING,
			       REPAIR_NONE);
	if (f->init_alive)
		return verdict(CONTAINER_EXITED, REPAIR_KILL);
	return verdict(CONTAINER_EXITED, REPAIR_RECORD_KILL);
}
