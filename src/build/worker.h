/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process of a stage, and what it tells the coordinator: packets over a SOCK_SEQPACKET pair. It has a connection to the store of its own,
 * dies with the coordinator, and whatever it starts dies with it.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "build/event.h"
#include "build/stage.h"
#include "build/state.h"
#include "util/buf.h"
#include "util/cleanup.h"
#include "util/error.h"

struct worker {
	pid_t pid; /* 0: none */
	int fd;    /* owned */
	size_t stage;
	struct buf state; /* text of the result, as far as it came */
	bool has_result;  /* all of it came */
	char *image_id;   /* owned; of the target */
	struct error err; /* what it said when it failed */
	int run_status;
	char **replaced; /* owned; as in struct stage_job */
};
#define WORKER_INIT ((struct worker){.fd = -EBADF})

/* What the process does: job->engine and job->listener are set there. finish() - after the stage, in the process too (the target's
 * image); may be NULL. */
struct worker_task {
	const struct stage_job *job;
	const struct engine *engine; /* whose directories; its store must be closed */
	int (*finish)(void *data, const struct stage_job *job, struct build_state *state,
		      char **ret_image_id, struct error *err);
	void *data;
};

/* worker_start() - fork. The caller's store is closed: a connection must not cross a fork. */
int worker_start(const struct worker_task *task, struct worker *ret,
		 struct error *err) _must_check_;

/*
 * worker_hear() - one packet; an event goes to the listener, completed by names that the plan has. Return: 1, 0 at the end: then
 * worker_end() says how it went.
 */
int worker_hear(struct worker *w, const struct plan *plan,
		const struct build_listener *listener);

/* worker_end() - wait for it; *ret: the state. */
int worker_end(struct worker *w, struct build_state *ret, struct error *err) _must_check_;

/* worker_kill() - it and what it started, at once, and wait. worker_release() - the same where it was not waited for. */
void worker_kill(struct worker *w);
void worker_release(struct worker *w);
