/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `generate systemd`: units for a container or for a pod with its containers. They start what exists, or (new) make it
 * each time by the command line that made it once.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "cli/command.h"
#include "engine/pod.h"
#include "util/cleanup.h"
#include "util/error.h"

struct unit_options {
	bool names, is_new, no_header, is_template;
	const char *container_prefix, *pod_prefix, *separator;
	char **after, **requires, **wants, **env;
	const char *restart; /* NULL: the container's, or on-failure */
	int64_t restart_sec, start_sec, stop_sec; /* < 0: not given */
};

struct made_unit {
	char *name, *text; /* owned; name without ".service" */
};
struct made_units {
	struct made_unit *items; /* owned */
	size_t n;
};
void made_units_release(struct made_units *u);
#define cleanup_made_units cleanup(made_units_release)

struct unit_request {
	const struct command_call *call; /* whose global options the units have too */
	const struct engine *engine;
	const struct unit_options *options;
	void (*warn)(const char *text);
};

/* unit_make_container() - one unit. */
int unit_make_container(const struct unit_request *r, const struct container *c,
			struct made_units *ret, struct error *err) _must_check_;

/* unit_make_pod() - the pod's, and one for each container in it. */
int unit_make_pod(const struct unit_request *r, const struct pod *p,
		  struct made_units *ret, struct error *err) _must_check_;
