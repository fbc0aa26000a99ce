/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jobs done by forked processes, several at once. This process hands them out in order, one a worker at a
 * time, and passes on to the engine what the workers say; so only it speaks to the engine. A job
 * that is busy (another cubby does the same) is put off until nothing else is left to do; only then a
 * worker waits for it. The first failure ends all workers, whatever they are doing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "util/cleanup.h"
#include "util/error.h"

struct json_object;
struct worker; /* opaque: in a worker, itself */

#define WORKERS_MAX 4

struct work {
	void *data;
	size_t n_jobs;
	bool remote; /* jobs wait for a network: several workers even on a single processor */

	/* In a worker, before its first job. May be NULL. */
	void (*begin)(void *data, struct worker *w);
	/* In a worker. Return: 1 done, with members for done() in *answer; 0 busy (not if it may wait); or
	 * -errno. */
	int (*run)(void *data, struct worker *w, size_t job, bool wait,
		   struct json_object *answer, struct error *err);
	/* In this process, as soon as a job is done. May be NULL. */
	int (*done)(void *data, size_t job, struct json_object *answer,
		    struct error *err);
};

int workers_run(const struct work *work, struct error *err) _must_check_;

/* worker_say() - in a worker: a packet for the engine ("blob", "progress"), with fds. */
int worker_say(struct worker *w, struct json_object *packet, const int *fds, size_t n_fds,
	       struct error *err) _must_check_;

/* worker_progress() - in a callback that cannot fail: the event "progress". Whoever listens no more
 * ends this process too. */
struct progress;
void worker_progress(struct worker *w, const struct progress *p);
