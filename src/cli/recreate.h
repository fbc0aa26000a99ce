/* SPDX-License-Identifier: Apache-2.0 */
/* The command line that made a container, read once more: what `container clone` starts from. */
#pragma once

#include "cli/command.h"
#include "cli/create_table.h"
#include "engine/container.h"
#include "util/cleanup.h"
#include "util/error.h"

struct recreation {
	void *values; /* owned; of `run` or `create`: begins with a struct create_values */
	struct create_values *create; /* in it */
	const struct command *command;
	struct spec_resources *limits;      /* owned; see recreate_limits() */
	char **argv, **args, **global_args; /* owned; what the values point into */
};
void recreation_release(struct recreation *r);
#define cleanup_recreation cleanup(recreation_release)

/*
 * recreate() - the values as `run` or `create` had them, with the settings of today. Paths in them are relative to
 * where the user was then: that is made the working directory. ERR_UNSUPPORTED: something else made it.
 */
int recreate(const struct command_call *call, const struct container *c,
	     struct recreation *ret, struct error *err) _must_check_;

/* recreate_limits() - those that it has now instead of those of its command line: `update` may have changed them. `more` (may be
 * NULL) goes on top; it is copied. */
int recreate_limits(const struct engine *e, const struct container *c,
		    const struct limit_options *more, struct recreation *ret,
		    struct error *err) _must_check_;
