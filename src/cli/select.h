/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which containers a command means: names and ids, --all, --latest, --cidfile, --filter;
 * and doing something to each of them, where one failure does not stop the rest.
 */
#pragma once

#include <stdbool.h>

#include "cli/command.h"
#include "cli/options.h"
#include "engine/container.h"
#include "util/cleanup.h"
#include "util/error.h"

struct select_options {
	bool all, latest, ignore;
	char **cidfiles, **filters;
};

/* Rows for OPT_INCLUDE_AT. select_table: all of them; cidfile_table and latest_table: one of them. */
extern const struct option_spec select_table[], cidfile_table[], latest_table[];

/* select_one() - the only argument, or --latest. */
int select_one(const struct command_call *call, const struct engine *e, bool latest,
	       struct container *ret, struct error *err) _must_check_;

/* select_cidfile() - the id in a file that --cidfile names. Caller frees. */
int select_cidfile(const char *path, char **ret_id, struct error *err) _must_check_;

struct select_job {
	const struct select_options *options;
	bool needed_last; /* to remove them: what others need comes after them, and of all that
			     are listed infra containers are left to their pods */
	bool running_only, paused_only; /* of --all and --filter: those only */
	/* act() - on one; `typed` is the name as given, to be printed. */
	int (*act)(const struct engine *e, const struct container *c, const char *typed,
		   void *data, struct error *err);
	/* ignored() - of one that does not exist, with --ignore; may be NULL. */
	void (*ignored)(const char *typed, void *data);
	void *data;
	/* exit status if one was missing, else if one was in the wrong state; 0: as any failure */
	int missing_status, conflict_status;
};

/*
 * select_each() - failures but the last are printed here, the last is *err; with a status of its own it
 * is printed as well and the status returned. Return: exit status or -errno with *err.
 */
int select_each(const struct command_call *call, const struct engine *e,
		const struct select_job *job, struct error *err) _must_check_;
