/* SPDX-License-Identifier: Apache-2.0 */
/* The options of a new container, of `run` and `create`: create_table, and the image's. */
#pragma once

#include <stdbool.h>

#include "cli/options.h"
#include "cli/registry_table.h"
#include "engine/create_options.h"
#include "runtime/process.h"
#include "util/cleanup.h"
#include "util/error.h"

struct create_values {
	struct create_options create;
	struct registry_values registry;
	struct platform_values platform;
	bool quiet, single_id;
	int preserve_fd[PROCESS_KEEP_MORE_MAX];
};

/* Rows for OPT_INCLUDE_AT; those of create_table fill a struct create_options, those of create_values_table a
 * struct create_values, those of the first included. */
extern const struct option_spec create_table[], create_values_table[];

/* create_options_defaults(), create_values_defaults() - what is not zero. */
void create_options_defaults(struct create_options *o);
void create_values_defaults(struct create_values *v);

/* create_values_fill() - what follows from the options, and the words after them: "--rootfs DIR COMMAND..." or
 * "IMAGE COMMAND...". create_values_clear() afterwards. */
struct command_call;
int create_values_fill(struct create_values *v, const struct command_call *call,
		       struct error *err) _must_check_;
void create_values_clear(struct create_values *v);
