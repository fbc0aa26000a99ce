/* SPDX-License-Identifier: Apache-2.0 */
/* The options of a new container: of `run` today, of `create` as well tomorrow. */
#pragma once

#include "cli/options.h"
#include "engine/create_options.h"
#include "util/cleanup.h"
#include "util/error.h"

/* Rows for OPT_INCLUDE_AT; they fill a struct create_options. */
extern const struct option_spec create_table[];

/* create_table_defaults() - what is not zero. */
void create_table_defaults(struct create_options *o);

/* create_table_arguments() - "--rootfs DIR COMMAND..." or "IMAGE COMMAND...": the words
 * after the options. argv: the whole command line. */
int create_table_arguments(struct create_options *o, char *const *args, char *const *argv,
			   struct error *err) _must_check_;
