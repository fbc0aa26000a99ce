/* SPDX-License-Identifier: Apache-2.0 */
/* Which pods a command means, and doing something to each, where one failure does not stop the rest. */
#pragma once

#include <stdbool.h>

#include "cli/command.h"
#include "engine/pod.h"
#include "util/cleanup.h"
#include "util/error.h"

struct pod_select {
	bool all, latest, ignore;
	char **id_files; /* --pod-id-file */
};

/* Rows for OPT_INCLUDE_AT: --all, --latest; --latest alone; --ignore, --pod-id-file. */
extern const struct option_spec pod_select_table[], pod_latest_table[],
	pod_ignore_table[];

/* pod_select_one() - the only argument, or --latest. */
int pod_select_one(const struct command_call *call, const struct engine *e, bool latest,
		   struct pod *ret, struct error *err) _must_check_;

struct pod_job {
	const struct pod_select *select;
	/* act() - on one; `typed` is the name as given, its id with --all. */
	int (*act)(const struct engine *e, const struct pod *p, const char *typed,
		   void *data, struct error *err);
	void *data;
};

/* pod_select_each() - failures but the last are printed here, the last is *err. */
int pod_select_each(const struct command_call *call, const struct engine *e,
		    const struct pod_job *job, struct error *err) _must_check_;

/* pod_select_report() - one failure of several, on stderr. */
void pod_select_report(const struct error *err);
