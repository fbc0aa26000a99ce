/* SPDX-License-Identifier: Apache-2.0 */
/* A program in a container with a time limit, and what it says. */
#pragma once

#include "engine/container.h"
#include "engine/engine.h"
#include "engine/health_record.h"
#include "util/cleanup.h"
#include "util/error.h"

struct health_probe {
	const struct container *container;
	char *const *command;
	int64_t timeout_usec; /* then it is killed */
	size_t max_output;    /* bytes; what comes then is dropped */
};

/* health_probe_run() - what can't be executed is a result as well. */
int health_probe_run(const struct engine *e, const struct health_probe *p,
		     struct health_result *ret, struct error *err) _must_check_;
