/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is done to all containers of a pod. Each goes on after a failure: the last one is *err, the others are handed to
 * `report`, and the return is negative.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/pod.h"
#include "engine/start_plan.h"
#include "util/cleanup.h"
#include "util/error.h"

struct pod_talk {
	void (*report)(const struct error *err); /* may be NULL */
	struct start_talk start;
};

/* pod_start() - its infra container first, then those that do not run. */
int pod_start(const struct engine *e, const struct pod *p, const struct pod_talk *talk,
	      struct error *err) _must_check_;

/* pod_stop() - its infra container last. timeout_sec < 0: each container's own. */
int pod_stop(const struct engine *e, const struct pod *p, int64_t timeout_sec,
	     const struct pod_talk *talk, struct error *err) _must_check_;

/* pod_restart() - stop, then start. */
int pod_restart(const struct engine *e, const struct pod *p, const struct pod_talk *talk,
		struct error *err) _must_check_;

/* pod_kill() - those that run. */
int pod_kill(const struct engine *e, const struct pod *p, int sig,
	     const struct pod_talk *talk, struct error *err) _must_check_;

/* pod_pause(), pod_unpause() - those that run, or are paused. */
int pod_pause(const struct engine *e, const struct pod *p, const struct pod_talk *talk,
	      struct error *err) _must_check_;
int pod_unpause(const struct engine *e, const struct pod *p, const struct pod_talk *talk,
		struct error *err) _must_check_;

struct pod_remove_options {
	bool force;          /* running containers are stopped first */
	int64_t timeout_sec; /* for that; -1: each container's own */
};
/* pod_remove() - with all its containers; without force one that has running containers is ERR_CONFLICT. */
int pod_remove(const struct engine *e, const struct pod *p,
	       const struct pod_remove_options *options, struct error *err) _must_check_;
