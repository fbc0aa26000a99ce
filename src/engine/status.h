/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container's status is, and what has to be mended, judged from what was found.
 * Pure.
 *
 * The record says what should be; the run directory names the processes; the kernel says
 * which of them live. A creator, cleaner or remover holds the run directory's lock, so an
 * unfinished state with a free lock means that its maker has died.
 */
#pragma once

#include <stdbool.h>

enum container_status {
	CONTAINER_CREATED, /* not started, or about to be */
	CONTAINER_RUNNING,
	CONTAINER_INITIALIZED, /* its processes but the program itself are there */
	CONTAINER_PAUSED,      /* running, and stopped for now */
	CONTAINER_EXITED,
};
#define CONTAINER_STATUSES (CONTAINER_EXITED + 1)

struct status_facts {
	bool ended;   /* the record has an end... */
	bool started; /* ...and a start */
	bool at_rest; /* the record knows of no process... */
	bool again;   /* ...or of one that `start` made, or was about to */
	bool auto_remove;
	bool has_run_dir;
	bool has_exit;  /* the monitor's exit record is there */
	bool has_init;  /* the init was made and its identity written down... */
	bool this_boot; /* ...since this boot */
	bool init_alive, monitor_alive;
	bool waits;  /* the init has not been let go */
	bool paused; /* a mark says so of this init */
};

enum status_repair {
	REPAIR_NONE,
	REPAIR_FORGET,      /* never got as far as an init: remove all traces */
	REPAIR_REST,        /* a start that got as far: nothing of it runs, as before */
	REPAIR_RECORD,      /* ended properly: write the end to the record */
	REPAIR_KILL,        /* runs without a monitor: kill it, record 137 */
	REPAIR_RECORD_KILL, /* died together with its monitor: record 137 */
	REPAIR_RECORD_LOST, /* how it ended cannot be known (the host went down): record
			       255 */
	REPAIR_REMOVE,      /* --rm, ended, but still there */
};

struct status_verdict {
	enum container_status status; /* once the repair is done (FORGET, REMOVE: as long
					 as it isn't) */
	enum status_repair repair;    /* needed unless somebody holds the lock */
};

struct status_verdict status_judge(const struct status_facts *f);

/* status_is_up() - it has processes: running, paused, or initialized. */
bool status_is_up(enum container_status status);

/* status_word() - podman's: "created", "running", "paused", "exited". */
const char *status_word(enum container_status status);
