/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bringing a container's record and directories to what the kernel says: the clean-up
 * after its end, and the repair of whatever a kill -9 left behind. Safe to repeat and to
 * run in several processes at once: each step is done under the container's lock, and
 * looks first.
 */
#pragma once

#include "engine/engine.h"
#include "engine/status.h"
#include "monitor/protocol.h"
#include "store/container_record.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/proc.h"

/* What the run directory and the kernel say. */
struct observation {
	struct status_facts facts;
	struct proc_id init, monitor;
	int64_t started_usec;     /* when the init's identity was written, 0: unknown */
	struct monitor_exit exit; /* with facts.has_exit */
};

/* container_observe() - look, change nothing. */
void container_observe(const struct engine *e, const struct container_record *r,
		       struct observation *ret);

/* observation_end() - fill in r's end from the observation and the verdict on it. */
void observation_end(const struct observation *o, enum status_repair repair,
		     struct container_record *r);

/*
 * container_settle() - do what status_judge() asks for. wait: for somebody else's lock;
 * without it a container in other hands is ERR_UNAVAILABLE. A container that is gone is
 * settled.
 */
int container_settle(const struct engine *e, const char *id, bool wait,
		     struct error *err) _must_check_;

/* container_purge() - all traces away, under the lock: record, data, run directory. */
int container_purge(const struct engine *e, const char *id,
		    struct error *err) _must_check_;

/* container_sweep() - purge the directories that have no record and no living maker. */
int container_sweep(const struct engine *e, struct error *err) _must_check_;
