/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `auto-update` does: one task a container that has a policy. Tasks of one unit of systemd are one restart of the
 * unit; without a unit, or without systemd, a container is replaced by one that the same command line makes.
 */
#pragma once

#include <stdbool.h>

#include "cli/command.h"
#include "engine/auto_update.h"
#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

enum update_status {
	UPDATE_NONE, /* there is nothing newer */
	UPDATE_PENDING,
	UPDATE_DONE,
	UPDATE_FAILED,
	UPDATE_ROLLED_BACK,
};

struct update_task {
	struct container *container; /* borrowed */
	enum auto_policy policy;
	const char *unit; /* NULL: none that could be asked */
	char *new_image;  /* owned */
	enum update_status status;
};

struct update_tasks {
	struct containers containers; /* owned */
	struct update_task *items;    /* owned */
	size_t n;
};
void update_tasks_release(struct update_tasks *t);
#define cleanup_update_tasks cleanup(update_tasks_release)

struct update_job {
	const struct command_call *call;
	struct engine *engine;
	bool only_look, rollback;
	const char *authfile;
	struct transfer_registry_options registry;
	const struct image_progress *progress;
	void (*failed)(const struct error *err); /* each failure of a task */
};

/* update_tasks_run() - failures of tasks are told to job->failed. */
int update_tasks_run(const struct update_job *job, struct update_tasks *ret,
		     struct error *err) _must_check_;

/* update_replace() - by hand: stop, make anew, start; what was there is started again if the new one is not well, and
 * *ret_rolled_back set. In auto_update_replace.c. */
int update_replace(const struct update_job *job, const struct container *c,
		   bool *ret_rolled_back, struct error *err) _must_check_;
