/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Setting a created container in motion. A launcher is forked; it makes the init, writes
 * both processes' identities into the run directory, lets the init go, and becomes the
 * monitor by exec, so that the monitor is the init's parent without ever having been
 * told.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "engine/engine.h"
#include "engine/start_plan.h"
#include "util/cleanup.h"
#include "util/error.h"

struct create_root;
struct network_start;
struct spec;

struct start_request {
	const struct engine *engine;
	const struct start_plan *plan;
	struct spec *spec;  /* the launcher, a process of its own, adds to it */
	int lock_fd;        /* the container's run directory, locked */
	char *const *gifts; /* strv; paths that the container's root is given */
	struct network_start *network; /* what network_start_begin() made */
	bool waits;      /* the init is made, and left waiting at START_SOCKET */
	bool foreground; /* this process is the owner: attached from the first byte */
	const struct create_root *
		root; /* it runs in this, and is killed when this process ends; NULL: in its own */
};

struct started {
	pid_t init_pid,
		monitor_pid; /* the monitor is our child until it or we end, or its service manager's */
	int owner_fd; /* SEQPACKET to the monitor (monitor/protocol.h), -EBADF in the
			 background; owned */
};
#define STARTED_INIT ((struct started){.owner_fd = -EBADF})

/* A launcher at work: it makes the init complete, then waits for the word to let it go.
 */
struct starting {
	pid_t launcher_pid;
	int launcher_fd; /* owned; a pidfd of one that is not our child, else -EBADF */
	int report_fd, owner_fd; /* owned */
	int sdnotify;            /* enum sdnotify_mode */
};
#define STARTING_INIT       \
	((struct starting){ \
		.launcher_fd = -EBADF, .report_fd = -EBADF, .owner_fd = -EBADF})

/*
 * container_start_begin() - fork the launcher. Most of a start is waiting for newuidmap
 * and for the kernel, so the caller does its own work meanwhile (the record).
 *
 * container_start_finish() - let the container go; returns when the user's program has
 * been exec'd and the monitor runs, or with the sentence why not (ERR_NO_PROGRAM 127,
 * ERR_NOT_EXECUTABLE 126); then nothing is left running.
 *
 * starting_release() - of one that was not finished: launcher and init end.
 */
int container_start_begin(const struct start_request *request, struct starting *ret,
			  struct error *err) _must_check_;
int container_start_finish(struct starting *s, struct started *ret,
			   struct error *err) _must_check_;
void starting_release(struct starting *s);
#define cleanup_starting cleanup(starting_release)
