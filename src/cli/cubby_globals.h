/* SPDX-License-Identifier: Apache-2.0 */
/* What the options before the command, and the files of settings, have said. */
#pragma once

#include <stdbool.h>

#include "engine/settings.h"

struct cubby_globals {
	bool version;
	const char *root, *runroot; /* as typed, NULL: default */
	const char *log_level;
	int log_format; /* enum log_format */
	int events;     /* enum event_backend */
	bool events_given;
	int cgroup_manager; /* 0: systemd, 1: cgroupfs */
	bool cgroup_manager_given;
	const char *out;
	bool no_out;
	char **modules;    /* of containers.conf */
	bool has_settings; /* they were read */
	struct settings settings;
	char **words;        /* texts that options point to; owned */
	int n_inherited_fds; /* 3 .. 3+N-1 were open when the program began, without a gap
			      */
};

/* cubby_globals_init() - first of all: counts what the caller passed on. */
void cubby_globals_init(struct cubby_globals *g);
void cubby_globals_release(struct cubby_globals *g);
